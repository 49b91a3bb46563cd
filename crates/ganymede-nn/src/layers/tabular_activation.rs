//! The end of a generator of tables: groups of columns, each with an activation of its own. Keras has no such layer.

use super::Layer;
use crate::arguments::Argument;
use crate::config::{Misread, configured};
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};
use ganymede_tensor::{DType, TensorType};
use serde_json::{Value, json};

/// Neighbouring columns with one activation; written `["choice", 14]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The activation of these columns.
    pub activation: ColumnActivation,
    /// Number of columns that it takes.
    pub width: usize,
    /// The number of each choice of [`ColumnActivation::Ordered`]; none of others.
    pub values: Vec<f64>,
}

/// The activation of a group of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnActivation {
    /// They stay: `linear`.
    Linear,
    /// Each its hyperbolic tangent: `tanh`.
    Tanh,
    /// One choice among them, nearly, by Gumbel-softmax: `softmax`.
    Softmax,
    /// One choice among them: `choice`.
    Choice,
    /// One choice among them, and its number behind it: `ordered`.
    Ordered,
    /// One choice among all but the last, and the last where the last of these is chosen, else 0: `atoms`.
    Atoms,
}

impl ColumnActivation {
    const ALL: [(&str, ColumnActivation); 6] = [
        ("linear", ColumnActivation::Linear),
        ("tanh", ColumnActivation::Tanh),
        ("softmax", ColumnActivation::Softmax),
        ("choice", ColumnActivation::Choice),
        ("ordered", ColumnActivation::Ordered),
        ("atoms", ColumnActivation::Atoms),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, activation)| *activation == self).map_or("", |(name, _)| name)
    }
}

impl Columns {
    /// So many columns with this activation.
    pub fn new(activation: ColumnActivation, width: usize) -> Columns {
        Columns { activation, width, values: Vec::new() }
    }

    /// A choice among these numbers.
    pub fn ordered(values: Vec<f64>) -> Columns {
        Columns { activation: ColumnActivation::Ordered, width: values.len(), values }
    }

    /// As it stands in a configuration.
    pub fn written(&self) -> Value {
        self.write()
    }

    /// Number of columns that it takes which are a choice.
    fn choices(&self) -> usize {
        match self.activation {
            ColumnActivation::Linear | ColumnActivation::Tanh => 0,
            ColumnActivation::Softmax | ColumnActivation::Choice | ColumnActivation::Ordered => self.width,
            ColumnActivation::Atoms => self.width - 1,
        }
    }

    /// Its columns: `part` (N, width) and the noise of its choices, where there are any.
    fn call<'g>(&self, part: Expr<'g>, noise: Option<Expr<'g>>, temperature: f64) -> Expr<'g> {
        let soft = |logits: Expr<'g>| match noise {
            Some(noise) => ((logits + noise) / temperature).softmax(1),
            None => logits,
        };
        match self.activation {
            ColumnActivation::Linear => part,
            ColumnActivation::Tanh => part.tanh(),
            ColumnActivation::Softmax => soft(part),
            ColumnActivation::Choice => straight_through(soft(part)),
            ColumnActivation::Ordered => {
                let choice = straight_through(soft(part));
                let values = part.builder().constant_tensor(TensorType::f32([self.width, 1]), &self.values);
                concat(&[choice, choice.matmul(values)], 1)
            }
            ColumnActivation::Atoms => {
                let last = self.width - 1;
                let choice = straight_through(soft(part.slice_axis(1, 0..last)));
                let number = part.slice_axis(1, last..last + 1) * choice.slice_axis(1, last - 1..last);
                concat(&[choice, number], 1)
            }
        }
    }
}

/// 1 where the largest share is and 0 elsewhere, with the derivative of the shares.
fn straight_through(shares: Expr<'_>) -> Expr<'_> {
    let largest = shares.greater_equal(shares.max_keep(&[1])).convert(DType::F32);
    // The difference is exactly 0: what is judged is a choice.
    largest + (shares - shares.stop_gradient())
}

impl Argument for Columns {
    fn expected() -> String {
        "a pair [activation, number of columns], the activation \"linear\", \"tanh\", \"softmax\", \"choice\" or \"atoms\"; \
         or [\"ordered\", [number of each choice]]"
            .into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        let Some([name, what]) = value.as_array().map(Vec::as_slice) else { return Err(Misread::default()) };
        let known = ColumnActivation::ALL.iter().find(|(known, _)| Some(*known) == name.as_str());
        let Some((_, activation)) = known else { return Err(Misread::default()) };
        if *activation == ColumnActivation::Ordered {
            let values: Option<Vec<f64>> = what.as_array().and_then(|all| all.iter().map(Value::as_f64).collect());
            return values.filter(|all| !all.is_empty()).map(Columns::ordered).ok_or_else(Misread::default);
        }
        let least = if *activation == ColumnActivation::Atoms { 2 } else { 1 };
        match usize::read(what) {
            Ok(width) if width >= least => Ok(Columns::new(*activation, width)),
            _ => Err(Misread::default()),
        }
    }
    fn write(&self) -> Value {
        match self.activation {
            ColumnActivation::Ordered => json!([self.activation.name(), self.values]),
            _ => json!([self.activation.name(), self.width]),
        }
    }
}

configured! {
    /// Each group of columns gets its activation: `linear` x, `tanh` tanh x, `softmax` s = softmax((x + g) / temperature)
    /// over the group, with Gumbel noise g = −ln(−ln u), u ~ U(0, 1), for each column, in training and in use: the group
    /// is a choice that is nearly one-hot and can be differentiated. `choice` is one-hot where s is largest, with the
    /// derivative of s (straight through); `ordered` the same, and behind it the number of what was chosen; `atoms` a
    /// choice among all columns but the last, and behind it the last column where the last of them is chosen, else 0: a
    /// number that is often one of a few values.
    ///
    /// # Shapes
    /// (N, F) → (N, F'), F the sum of the groups' widths; F' is F and one for each `ordered` group.
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
        let choices: usize = self.columns.iter().map(Columns::choices).sum();
        let gumbel = (choices > 0).then(|| -(-builder.uniform([batch, choices]).maximum(1e-20).log()).log());
        let (mut column, mut choice) = (0, 0);
        let parts: Vec<Expr> = self
            .columns
            .iter()
            .map(|group| {
                let part = x.slice_axis(1, column..column + group.width); // (N, width)
                column += group.width;
                let (from, count) = (choice, group.choices());
                choice += count;
                let noise = gumbel.filter(|_| count > 0).map(|gumbel| gumbel.slice_axis(1, from..from + count));
                group.call(part, noise, self.temperature)
            })
            .collect();
        concat(&parts, 1)
    }
}
