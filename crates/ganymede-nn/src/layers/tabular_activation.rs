//! The end of a generator of tables: groups of columns, each with an activation of its own. Keras has no such layer.

use super::Layer;
use crate::arguments::Argument;
use crate::config::{Misread, configured};
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};
use serde_json::{Value, json};

/// Neighbouring columns with one activation; written `["softmax", 14]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The activation of these columns.
    pub activation: ColumnActivation,
    /// Number of columns.
    pub width: usize,
}

/// The activation of a group of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnActivation {
    /// They stay: `linear`.
    Linear,
    /// Each its hyperbolic tangent: `tanh`.
    Tanh,
    /// One choice among them, by Gumbel-softmax: `softmax`.
    Softmax,
}

impl ColumnActivation {
    const ALL: [(&str, ColumnActivation); 3] = [
        ("linear", ColumnActivation::Linear),
        ("tanh", ColumnActivation::Tanh),
        ("softmax", ColumnActivation::Softmax),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, activation)| *activation == self).map_or("", |(name, _)| name)
    }
}

impl Argument for Columns {
    fn expected() -> String {
        "a pair [activation, number of columns], the activation \"linear\", \"tanh\" or \"softmax\"".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        let Some([name, width]) = value.as_array().map(Vec::as_slice) else { return Err(Misread::default()) };
        let known = ColumnActivation::ALL.iter().find(|(known, _)| Some(*known) == name.as_str());
        match (known, usize::read(width)) {
            (Some((_, activation)), Ok(width)) if width > 0 => Ok(Columns { activation: *activation, width }),
            _ => Err(Misread::default()),
        }
    }
    fn write(&self) -> Value {
        json!([self.activation.name(), self.width])
    }
}

configured! {
    /// Each group of columns gets its activation: `linear` x, `tanh` tanh x, `softmax` softmax((x + g) / temperature)
    /// over the group, with Gumbel noise g = −ln(−ln u), u ~ U(0, 1), for each column, in training and in use: the group
    /// is a choice that is nearly one-hot and can be differentiated.
    ///
    /// # Shapes
    /// (N, F) → (N, F), F the sum of the groups' widths.
    ///
    /// # Source
    /// Jang, Gu, Poole (2016), "Categorical reparameterization with Gumbel-softmax", arXiv:1611.01144, equation 2; Xu,
    /// Skoularidou, Cuesta-Infante, Veeramachaneni (2019), "Modeling tabular data using conditional GAN",
    /// arXiv:1907.00503, section 4.4.
    ///
    /// # Differs
    /// u is at least 10⁻²⁰, so that g is finite.
    pub struct TabularActivation {
        /// The groups in order.
        columns: Vec<Columns> = Vec::new(),
        ;
        /// How soft a choice is: towards 0 it is one-hot.
        temperature: f64 = 0.2,
    }
}

impl Layer for TabularActivation {
    described!("ganymede>TabularActivation");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let builder = scope.builder();
        let total = self.columns.iter().try_fold(0usize, |sum, group| sum.checked_add(group.width));
        let batch = match (x.shape()[..].to_vec().as_slice(), total) {
            (&[batch, features], Some(total)) if features == total && total > 0 => batch,
            (_, total) => {
                let total = total.map_or("more columns than there can be".into(), |n| n.to_string());
                let message = format!("expected an input (batch, {total}), found {}", x.shape());
                let hint = "the widths of the columns add up to the units of the layer in front";
                return builder.error_as(message, Some(hint.into()), x.ty());
            }
        };
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            let message = format!("expected a temperature above 0, found {}", self.temperature);
            return builder.error_as(message, None, x.ty());
        }
        let is_choice = |group: &&Columns| group.activation == ColumnActivation::Softmax;
        let choices: usize = self.columns.iter().filter(is_choice).map(|group| group.width).sum();
        let gumbel = (choices > 0).then(|| -(-builder.uniform([batch, choices]).maximum(1e-20).log()).log());
        let (mut column, mut choice) = (0, 0);
        let parts: Vec<Expr> = self
            .columns
            .iter()
            .map(|group| {
                let part = x.slice_axis(1, column..column + group.width); // (N, width)
                column += group.width;
                match (group.activation, gumbel) {
                    (ColumnActivation::Tanh, _) => part.tanh(),
                    (ColumnActivation::Softmax, Some(gumbel)) => {
                        let noise = gumbel.slice_axis(1, choice..choice + group.width);
                        choice += group.width;
                        ((part + noise) / self.temperature).softmax(1)
                    }
                    _ => part,
                }
            })
            .collect();
        concat(&parts, 1)
    }
}
