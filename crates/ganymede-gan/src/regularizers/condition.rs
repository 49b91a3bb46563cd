//! The generated row has the category that it was asked for, a term of the generator.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_data::CONDITION;
use ganymede_graph::{Expr, concat};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "a generated row has the category that it was asked for; Xu et al. 2019";

/// The cross-entropy of the category that a row was asked for with the shares that the generated row has of it:
///
/// −E ln d̂ₖ, d̂ the generated shares of the column that the condition is of, k the category of the condition.
///
/// Shares are those of `softmax` columns of `ganymede>TabularActivation`, with their noise and temperature. Exact choices have no other
/// shares than 0 and 1: the term says nothing of them.
///
/// # Errors
/// Recorded for data whose rows are not conditioned on a category of any column.
///
/// # Source
/// Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, section 4.3 and
/// algorithm 1.
///
/// # Differs
/// A share counts as 10⁻³⁰ at least, so that its logarithm is finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {}

/// Least share.
const LEAST: f64 = 1e-30;

impl Regularizer for Condition {
    fn players(&self) -> &'static [Player] {
        &[Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let places = s.rows().map_or(Vec::new(), |rows| rows.conditions);
        let (fake, last) = (s.fake(), places.last().map_or(0, |place| place.end));
        if last == 0 || fake.rank() != 2 || fake.shape()[1] < last {
            let message =
                "`condition` expected rows of a table that are conditioned on a category of any column, found others";
            let hint = "set data.condition=category, or leave the term out";
            return s.builder().error(message.into(), Some(hint.into()));
        }
        let shares: Vec<Expr> = places.into_iter().map(|place| fake.slice_axis(1, place)).collect();
        let asked = (concat(&shares, 1) * s.field(CONDITION)).sum_axes(&[1]); // (N,)
        -asked.maximum(LEAST).log().mean() // ()
    }
}
