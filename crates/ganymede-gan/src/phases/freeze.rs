//! Which parameters a phase leaves as they are. Not here: what is trained (`loss.rs`).

use std::fmt;

/// Why a phase cannot leave these layers as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmatched {
    /// Nothing that the phase trains is in a layer of this name.
    NoLayer(String),
    /// Everything that it trains is.
    Everything,
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmatched::NoLayer(name) => {
                let expected = "expected `freeze` to name layers that it trains, such as `discriminator/conv2d`";
                write!(f, "{expected}, found `{name}`")
            }
            Unmatched::Everything => {
                f.write_str("expected `freeze` to leave something to train, found every layer in it")
            }
        }
    }
}

/// Which of the parameters that a phase trains are in none of the layers `freeze`.
///
/// # Errors
/// When one of them has none of the parameters, and when all parameters are in them.
pub(crate) fn unfrozen(parameters: &[&str], freeze: &[String]) -> Result<Vec<bool>, Unmatched> {
    let inside = |parameter: &str, layer: &String| {
        parameter.strip_prefix(layer.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    if let Some(layer) = freeze.iter().find(|layer| !parameters.iter().any(|parameter| inside(parameter, layer))) {
        return Err(Unmatched::NoLayer(layer.clone()));
    }
    let kept: Vec<bool> =
        parameters.iter().map(|parameter| !freeze.iter().any(|layer| inside(parameter, layer))).collect();
    if kept.contains(&true) { Ok(kept) } else { Err(Unmatched::Everything) }
}
