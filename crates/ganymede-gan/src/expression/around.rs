//! What a loss gives its text: names, fields of the data, functions, and the rule that its value is a scalar. Not here: the names
//! (`names.rs`) and functions (`functions.rs`) themselves.

use super::{functions, names};
use crate::loss_scope::LossScope;
use ganymede_graph::{Builder, Expr};
use ganymede_nn::expression::{Applied, Call, Function, Surroundings, Value, Vocabulary, float};

/// The logits that an objective is of; none in a penalty, which asks for its own.
#[derive(Default)]
pub(crate) struct Verdicts<'g> {
    pub real: Option<Expr<'g>>,
    pub fake: Option<Expr<'g>>,
}

/// What the text of a loss may say.
pub(super) struct Words {
    of_objective: bool,
    /// Fields of the data, known when it is evaluated.
    fields: Vec<String>,
}

impl Words {
    pub fn new(of_objective: bool) -> Words {
        Words { of_objective, fields: Vec::new() }
    }
}

impl Vocabulary for Words {
    fn whole(&self) -> &'static str {
        "loss"
    }

    fn about(&self, name: &str) -> Option<&'static str> {
        names::find(name).map(|known| known.about)
    }

    fn judge(&self, name: &str) -> Result<(), String> {
        match names::find(name) {
            Some(known) if known.of_objective && !self.of_objective => Err(format!(
                "expected a name of a penalty, found `{name}`, which is of an objective: ask for discriminator(real) or \
                 discriminator(fake)"
            )),
            _ => Ok(()),
        }
    }

    fn is_open(&self) -> bool {
        true
    }

    fn names(&self) -> Vec<String> {
        names::NAMES.iter().map(|known| known.name.to_string()).chain(self.fields.iter().cloned()).collect()
    }

    fn unknown(&self, name: &str, meant: Option<String>) -> String {
        let what = format!("expected a name of a line before, of the loss or a field of the data, found `{name}`");
        match meant {
            Some(meant) => format!("{what} (did you mean `{meant}`?)"),
            None => format!("{what} (fields: {})", self.fields.join(", ")),
        }
    }

    fn functions(&self) -> Vec<&'static Function> {
        functions::OWN.iter().map(|(function, _)| function).collect()
    }
}

/// A text inside a loss.
pub(super) struct Around<'e, 'g> {
    words: Words,
    s: &'e LossScope<'g>,
    verdicts: &'e Verdicts<'g>,
}

impl<'e, 'g> Around<'e, 'g> {
    pub fn new(s: &'e LossScope<'g>, verdicts: &'e Verdicts<'g>) -> Self {
        let fields = s.trace.codec.into_iter().flat_map(|codec| codec.fields()).map(|field| field.name.clone());
        Around { words: Words { of_objective: true, fields: fields.collect() }, s, verdicts }
    }
}

impl<'g> Surroundings<'g> for Around<'_, 'g> {
    fn vocabulary(&self) -> &dyn Vocabulary {
        &self.words
    }

    fn builder(&self) -> &'g Builder {
        self.s.builder()
    }

    fn place(&self) -> Option<&str> {
        Some(self.s.prefix())
    }

    fn value(&self, name: &str) -> Option<Applied<'g>> {
        match names::find(name) {
            Some(known) => Some((known.value)(self.s, self.verdicts)),
            None if self.words.fields.iter().any(|field| field == name) => Some(Ok(Value::Tensor(self.s.field(name)))),
            None => None,
        }
    }

    fn apply(&self, function: &str, line: &str, call: &Call<'g>) -> Applied<'g> {
        match functions::OWN.iter().find(|(own, _)| own.name == function) {
            Some((_, apply)) => apply(self.s, line, call),
            None => Err(format!("expected a function, found `{function}`")),
        }
    }

    fn result(&self, value: Value<'g>) -> Result<Expr<'g>, String> {
        let refuse = |found: String| Err(format!("expected a scalar as the value of the loss, found {found}"));
        match value {
            Value::Tensor(value) if value.rank() == 0 => Ok(float(value)),
            Value::Tensor(value) => refuse(format!("shape {}: take its mean", value.shape())),
            other => refuse(format!("{other}, which depends on nothing")),
        }
    }
}
