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
        Formula { text: text.into(), read: Expression::parse(text, &Words).map(Arc::new) }
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
            let hint = "give it the outputs of layers, each (N, …)".to_string();
            return vec![builder.error(format!("expected inputs of one batch, found {found}"), Some(hint))];
        };
        vec![match &self.value.read {
            Ok(expression) => expression.evaluate("value", &Inside { builder, inputs, batch }),
            Err(error) => builder.error(error.of("value"), None),
        }]
    }
}

/// What a layer's text may say; how many inputs there are is known when it is built.
struct Words;

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
        ["x", "x1", "x2", "batch"].map(String::from).to_vec()
    }

    fn unknown(&self, name: &str, meant: Option<String>) -> String {
        let hint = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "the input is `x`; several are `x1`, `x2`, …".into(),
        };
        format!("expected a name of a line before or of an input, found `{name}` ({hint})")
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
}

impl<'g> Surroundings<'g> for Inside<'_, 'g> {
    fn vocabulary(&self) -> &dyn Vocabulary {
        &Words
    }

    fn builder(&self) -> &'g Builder {
        self.builder
    }

    fn value(&self, name: &str) -> Option<Applied<'g>> {
        Words.about(name)?;
        let input = match (name, self.inputs) {
            ("batch", _) => return Some(Ok(Value::Number(self.batch as f64))),
            ("x", [x]) => Some(x),
            ("x", _) | (_, [_]) => None,
            _ => place(name).and_then(|at| self.inputs.get(at)),
        };
        let expected = match self.inputs.len() {
            1 => "`x`, the only input".into(),
            number => format!("`x1` to `x{number}`, the inputs"),
        };
        Some(input.map(|x| Value::Tensor(*x)).ok_or_else(|| format!("expected {expected}, found `{name}`")))
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
