//! A layer whose value is a text over its inputs. Keras's `Lambda` holds a function's byte code instead. Not here: what a text may
//! say and how it is evaluated (`crate::expression`).

use super::Layer;
use crate::arguments::{Argument, IntoArgument};
use crate::config::{ConfigError, Misread, configured};
use crate::expression::{Applied, Expression, ExpressionError, Surroundings, Value, Vocabulary, float};
use crate::scope::Scope;
use ganymede_graph::{Builder, Expr};
use std::sync::Arc;

configured! {
    /// The value of lines `name = expression`, of which the last has no name: `x * sigmoid(x)`. The input is `x`; several are `x1`,
    /// `x2`, … in their order; `batch` is the number N of samples. Functions are those of `keras.ops` and Keras's losses, of which
    /// docs/reference/expressions.md has a list; `grad` gives derivatives of any order.
    ///
    /// # Shapes
    /// One or more tensors (N, …) → (N, …), of numbers. What is computed over the first axis is a statistic of the batch: of the
    /// samples that are in use together, of each part of a batch in parts.
    ///
    /// # Errors
    /// A text that is none is refused where it is read, with its line. Recorded with the line: shapes that do not fit; a value that
    /// is no tensor of N samples. `normal` and `uniform` are refused: noise that is drawn in training alone is `GaussianNoise`'s.
    pub struct ExpressionLayer {
        /// The text.
        value: Formula = Formula::from("x"),
        ;
    }
}

/// A text over inputs of a layer, as it was read. One that is wrong is told when a layer with it is built.
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    read: Result<Arc<Expression>, ExpressionError>,
}

impl PartialEq for Formula {
    fn eq(&self, other: &Formula) -> bool {
        self.text == other.text
    }
}

impl From<&str> for Formula {
    fn from(text: &str) -> Formula {
        Formula { text: text.into(), read: Expression::parse(text, &Words { inputs: None }).map(Arc::new) }
    }
}

impl IntoArgument<Formula> for &str {
    fn into_argument(self) -> Formula {
        self.into()
    }
}

impl Argument for Formula {
    fn expected() -> String {
        "lines `name = expression` over the inputs, the last without a name".into()
    }
    fn read(value: &serde_json::Value) -> Result<Self, Misread> {
        let formula = Formula::from(value.as_str().ok_or_else(Misread::default)?);
        match &formula.read {
            Ok(_) => Ok(formula),
            Err(ExpressionError { line, reason }) => {
                let found = format!("lines of which line {line} is wrong: {reason}");
                Err(Misread { inside: vec![ConfigError::Form { kind: "a text", found }], ..Misread::default() })
            }
        }
    }
    fn write(&self) -> serde_json::Value {
        self.text.as_str().into()
    }
}

impl Layer for ExpressionLayer {
    described!("ganymede>Expression");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        let builder = scope.builder();
        if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
            return vec![*poison];
        }
        let batch = inputs.first().and_then(|x| x.shape().first().copied());
        let Some(batch) = batch.filter(|batch| inputs.iter().all(|x| x.shape().first() == Some(batch))) else {
            let found: Vec<String> = inputs.iter().map(|x| x.shape().to_string()).collect();
            let found = if found.is_empty() { "none".into() } else { found.join(" and ") };
            return vec![builder.error(format!("expected inputs of one batch, found {found}"), None)];
        };
        let words = Words { inputs: Some(inputs.len()) };
        vec![match &self.value.read {
            Ok(expression) => expression.evaluate("value", &Inside { builder, inputs, batch, words }),
            Err(error) => builder.error(error.of("value"), None),
        }]
    }
}

/// What a layer's text may say; how many inputs there are is known when it is built.
struct Words {
    inputs: Option<usize>,
}

/// The place of an input among several: that of `x2` is 1.
fn place(name: &str) -> Option<usize> {
    let number = name.strip_prefix('x').filter(|number| !number.starts_with(['0', '+']))?;
    number.parse::<usize>().ok()?.checked_sub(1)
}

impl Vocabulary for Words {
    fn whole(&self) -> &'static str {
        "layer"
    }

    fn about(&self, name: &str) -> Option<&'static str> {
        match name {
            "batch" => Some("the number of samples"),
            "x" => Some("the input"),
            _ => place(name).map(|_| "an input"),
        }
    }

    fn names(&self) -> Vec<String> {
        let several = || (1..=self.inputs.unwrap_or(2)).map(|number| format!("x{number}"));
        let one = (self.inputs.unwrap_or(1) == 1).then(|| "x".to_string());
        one.into_iter().chain(several().filter(|_| self.inputs != Some(1))).chain(["batch".into()]).collect()
    }

    fn unknown(&self, name: &str, meant: Option<String>) -> String {
        let what = format!("expected a name of a line before or of the layer, found `{name}`");
        match meant {
            Some(meant) => format!("{what} (did you mean `{meant}`?)"),
            None => format!("{what} (the layer has {})", self.names().join(", ")),
        }
    }

    fn without(&self, function: &str) -> Option<&'static str> {
        let draws = matches!(function, "normal" | "uniform" | "mix");
        draws.then_some("a layer GaussianNoise before this one draws noise, in training alone")
    }
}

/// A text inside a layer.
struct Inside<'e, 'g> {
    builder: &'g Builder,
    inputs: &'e [Expr<'g>],
    batch: usize,
    words: Words,
}

impl<'g> Surroundings<'g> for Inside<'_, 'g> {
    fn vocabulary(&self) -> &dyn Vocabulary {
        &self.words
    }

    fn builder(&self) -> &'g Builder {
        self.builder
    }

    fn value(&self, name: &str) -> Option<Applied<'g>> {
        if name == "batch" {
            return Some(Ok(Value::Number(self.batch as f64)));
        }
        match (name, self.inputs) {
            ("x", [x]) => Some(Ok(Value::Tensor(*x))),
            (_, [_]) => None,
            _ => self.inputs.get(place(name)?).map(|x| Ok(Value::Tensor(*x))),
        }
    }

    fn result(&self, value: Value<'g>) -> Result<Expr<'g>, String> {
        let batch = self.batch;
        let expected = format!("expected a tensor of {batch} samples as the value of the layer, (N, …)");
        match value {
            Value::Tensor(value) if value.shape().first() == Some(&batch) => Ok(float(value)),
            Value::Tensor(value) => Err(format!(
                "{expected}, found shape {}: leave the first axis as it is, as in mean(x, axis=-1) and reshape(x, [batch, -1])",
                value.shape()
            )),
            other => Err(format!("{expected}, found {other}, which depends on no input")),
        }
    }
}
