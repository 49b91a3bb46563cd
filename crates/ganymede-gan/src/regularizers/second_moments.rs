//! Second moments of the features of samples, a term of the generator.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "generated rows have the means and second moments of real ones, without bias";

/// Generated samples have the means and the mean products of pairs of features that real ones have:
///
/// mean over pairs (i, j) of (A − R)ᵢⱼ·(B − R)ᵢⱼ + mean over i of aᵢ·bᵢ
///
/// Features f are the values of a sample, each less its mean in the data and divided by its deviation there, which counts as
/// 0.03 at least. A and a are the means of f·fᵀ and of f over the first half of the
/// generated batch, B and b over the second half, R the mean of f·fᵀ over all real samples seen so far, a state of the
/// phase. The halves are independent, so the expectation is the squared distance itself: batches of a small variance gain
/// nothing, as they would by the square of one difference.
///
/// # Errors
/// Recorded for samples that are no rows of features with known means and deviations.
///
/// # Source
/// Matching moments of marginals and of pairs: MargCTGAN, arXiv:2307.07997; a loss of correlations and means: arXiv:2405.16971.
///
/// # Differs
/// Both take the square of one batch's difference; here two halves make it unbiased, and the real side is an average over the
/// training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondMoments {}

/// Least deviation of a feature.
const LEAST_DEVIATION: f64 = 0.03;
/// Least share of a batch in the average of real moments: it goes on following the weights of rounding.
const LEAST_SHARE: f64 = 1e-4;

impl Regularizer for SecondMoments {
    fn players(&self) -> &'static [Player] {
        &[Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let Some((means, deviations)) = s.feature_moments() else {
            let message =
                "`second_moments` expected rows of a table, whose features have known means, found other data";
            return s.builder().error(message.into(), Some("leave the term out".into()));
        };
        let width = means.len();
        let row = |values: Vec<f64>| s.builder().constant_tensor(TensorType::f32([1, width]), &values);
        let scales = deviations.iter().map(|deviation| 1.0 / deviation.max(LEAST_DEVIATION)).collect();
        let (means, scales) = (row(means), row(scales));
        let features = |x: Expr<'g>| (x - means) * scales; // (N, F)
        let products = |f: Expr<'g>| f.matmul_transposed(f, true, false) / f.shape()[0] as f64; // (F, F)
        let (real, fake) = (features(s.real()), features(s.fake()));
        let half = s.batch() / 2;
        if half == 0 || fake.shape()[..] != [s.batch(), width] {
            let found = format!(
                "`second_moments` expected samples (N, {width}) with N of at least 2, found {}",
                s.fake().shape()
            );
            return s.builder().error(found, Some("set train.batch to 2 or more".into()));
        }
        let seen = s.state("batches", TensorType::f32(Shape::scalar()));
        let share = (seen + 1.0).reciprocal().maximum(LEAST_SHARE);
        let before = s.state("products", TensorType::f32([width, width]));
        let known = before.lerp(products(real), share).stop_gradient();
        s.assign("batches", seen + 1.0);
        s.assign("products", known);
        let [first, second] = [0..half, half..2 * half].map(|rows| fake.slice_axis(0, rows));
        let pairs = ((products(first) - known) * (products(second) - known)).mean();
        pairs + (first.mean_axes(&[0]) * second.mean_axes(&[0])).mean() // ()
    }
}
