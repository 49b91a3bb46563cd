//! Keras's activation functions by name, and those with arguments as functions. Not here: the layers
//! that hold one (`layers/activation.rs`, `layers/leaky_relu.rs` …).

use crate::arguments::{Argument, IntoArgument};
use crate::config::nearest;
use ganymede_graph::Expr;
use serde_json::{Value, json};

type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// Every activation that Keras knows by name, with its default arguments.
const TABLE: &[(&str, Function)] = &[
    ("linear", |x| x),
    ("relu", |x| x.relu()),
    ("leaky_relu", |x| leaky_relu(x, 0.2)),
    ("sigmoid", |x| x.sigmoid()),
    ("tanh", |x| x.tanh()),
];

/// The names of all activations.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// An activation by its Keras name, such as `relu`.
///
/// A name that does not exist is an error when a configuration is read, or a layer built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation(String);

impl Activation {
    /// The identity, Keras's default.
    pub fn linear() -> Self {
        Activation("linear".into())
    }

    /// Its Keras name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The function at every element (softmax and its kin: along the last axis).
    ///
    /// # Errors
    /// Recorded when there is no activation of this name.
    pub fn apply<'g>(&self, x: Expr<'g>) -> Expr<'g> {
        if x.is_poison() {
            return x;
        }
        match TABLE.iter().find(|(name, _)| *name == self.0) {
            Some((_, function)) => function(x),
            None => {
                let hint = nearest(&self.0, names()).map(|n| format!("did you mean `{n}`?"));
                let message = format!("expected the name of an activation, found `{}`", self.0);
                x.builder().error_as(message, hint, x.ty())
            }
        }
    }
}

impl IntoArgument<Activation> for &str {
    fn into_argument(self) -> Activation {
        Activation(self.into())
    }
}

impl Argument for Activation {
    fn expected() -> String {
        "the name of an activation".into()
    }
    fn read(value: &Value) -> Result<Self, Option<String>> {
        let name = value.as_str().ok_or(None)?;
        if names().any(|n| n == name) {
            return Ok(Activation(name.into()));
        }
        Err(Some(match nearest(name, names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known are {}", names().collect::<Vec<_>>().join(", ")),
        }))
    }
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// x where x > 0, else `negative_slope`·x.
pub fn leaky_relu<'g>(x: Expr<'g>, negative_slope: f64) -> Expr<'g> {
    x.greater(0.0).select(x, x * negative_slope)
}
