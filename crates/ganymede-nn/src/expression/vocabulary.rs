//! What surrounds a text: the names and functions that it may use beyond those of every text. Not here: what those are for a layer
//! (`layers/expression.rs`) or a loss (`ganymede-gan`).

use super::call::Call;
use super::functions::{Applied, Function};
use super::value::Value;
use ganymede_graph::{Builder, Expr};

/// Names and functions beyond those of every text, as far as they are known without tensors.
pub trait Vocabulary {
    /// What the text is the value of, in messages: `loss`, `layer`.
    fn whole(&self) -> &'static str;

    /// What a name stands for; none where it has none.
    fn about(&self, name: &str) -> Option<&'static str>;

    /// Judges a name that has a meaning.
    ///
    /// # Errors
    /// Why it may not stand in this text.
    fn judge(&self, name: &str) -> Result<(), String> {
        let _ = name;
        Ok(())
    }

    /// Whether there are names that only the evaluation knows.
    fn is_open(&self) -> bool {
        false
    }

    /// Names that may have been meant by another one.
    fn names(&self) -> Vec<String>;

    /// That there is no such name; `meant` is most like it.
    fn unknown(&self, name: &str, meant: Option<String>) -> String;

    /// Functions of this text alone.
    fn functions(&self) -> Vec<&'static Function> {
        Vec::new()
    }

    /// Why this text has not a function that others have.
    fn without(&self, function: &str) -> Option<&'static str> {
        let _ = function;
        None
    }
}

/// What a text is evaluated over.
pub trait Surroundings<'g> {
    /// What the text may say.
    fn vocabulary(&self) -> &dyn Vocabulary;

    /// The builder of the graph.
    fn builder(&self) -> &'g Builder;

    /// Where the text stands, for messages; none where the builder's scope says it.
    fn place(&self) -> Option<&str> {
        None
    }

    /// The value of a name that no line gives; none where there is no such name.
    fn value(&self, name: &str) -> Option<Applied<'g>>;

    /// What one of its [`functions`](Vocabulary::functions) gives in a line of this name.
    ///
    /// # Errors
    /// What it was not given.
    fn apply(&self, function: &str, line: &str, call: &Call<'g>) -> Applied<'g> {
        let _ = (line, call);
        Err(format!("expected a function, found `{function}`"))
    }

    /// The tensor of the last line.
    ///
    /// # Errors
    /// Why its value is not one of this text.
    fn result(&self, value: Value<'g>) -> Result<Expr<'g>, String>;
}
