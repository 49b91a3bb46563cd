//! What can be wrong with a configuration, where, and what was meant. Not here: reading it (`config.rs`), the changes (`mend.rs`).

use crate::mend::{Change, Mend};
use crate::nearest::{REDUNDANT, likest, nearest};
use serde_json::Value;

/// What is wrong with a configuration.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is neither a name nor a table with a class name.
    #[error("expected {kind} (a name, or a table with class_name), found {found}")]
    Form {
        /// What it would be: `an initializer` …
        kind: &'static str,
        /// What stands there.
        found: String,
    },
    /// There is no such class.
    #[error("expected the name of {kind}, found `{found}`")]
    Class {
        /// What the class would be: `a layer`, `an initializer` …
        kind: &'static str,
        /// The name given.
        found: String,
        /// The known name that is most like it.
        nearest: Option<String>,
        /// The names there are.
        known: &'static [&'static str],
    },
    /// An argument without a default is not given.
    #[error("`{class}` expected the argument `{argument}`, found none")]
    Missing {
        /// Class name.
        class: String,
        /// Name of the argument.
        argument: &'static str,
        /// What it is.
        expected: String,
    },
    /// The class has no such argument.
    #[error("`{class}` has no argument `{argument}`")]
    Unknown {
        /// Class name.
        class: String,
        /// The argument given.
        argument: String,
        /// The known argument that is most like it.
        nearest: Option<String>,
        /// All arguments of the class.
        known: Vec<String>,
        /// The arguments that say the same, where it takes several.
        into: Box<[(String, Value)]>,
    },
    /// An argument has a value that it cannot have.
    #[error("`{class}` expected `{argument}` to be {expected}, found {found}")]
    Value {
        /// Class name.
        class: String,
        /// Name of the argument.
        argument: String,
        /// The values that are possible.
        expected: String,
        /// The value given.
        found: String,
        /// What to do.
        hint: Option<Box<str>>,
        /// The value that was meant, where that is clear.
        meant: Option<Box<Value>>,
    },
    /// Something is wrong inside an argument that is an object itself.
    #[error("{error}")]
    Inside {
        /// Name of the argument; the place where it is an item of a list.
        argument: String,
        /// What is wrong.
        error: Box<ConfigError>,
    },
}

ganymede_tensor::debug_as_text!(ConfigError, ConfigError::hint);

impl ConfigError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfigError::Form { .. } => None,
            ConfigError::Class { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            ConfigError::Class { known, .. } if known.len() <= SHORT => Some(format!("known: {}", known.join(", "))),
            ConfigError::Class { found, known, .. } => {
                let like = likest(found, known.iter().copied(), 3);
                let like = if like.is_empty() { String::new() } else { format!("most like it: {}; ", like.join(", ")) };
                Some(format!("{like}all are listed in docs/reference/spec.md"))
            }
            ConfigError::Missing { argument, expected, .. } => Some(format!("give `{argument}`: {expected}")),
            ConfigError::Unknown { into, .. } if !into.is_empty() => {
                let names: Vec<String> = into.iter().map(|(name, _)| format!("`{name}`")).collect();
                Some(format!("did you mean {}?", names.join(" and ")))
            }
            ConfigError::Unknown { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            ConfigError::Unknown { argument, known, .. } => {
                let redundant = REDUNDANT.iter().find(|(name, _)| name == argument).map(|(_, why)| (*why).to_string());
                redundant
                    .or_else(|| (known.is_empty()).then(|| "it takes none".into()))
                    .or_else(|| Some(format!("it takes {}", known.join(", "))))
            }
            ConfigError::Value { hint, .. } => hint.as_deref().map(String::from),
            ConfigError::Inside { error, .. } => error.hint(),
        }
    }

    /// The argument that it is of, after those that lead to it: `layer`, `filters`. None of a class name or a form.
    pub fn path(&self) -> Vec<&str> {
        match self {
            ConfigError::Form { .. } | ConfigError::Class { .. } => Vec::new(),
            ConfigError::Missing { argument, .. } => vec![argument],
            ConfigError::Unknown { argument, .. } | ConfigError::Value { argument, .. } => vec![argument],
            ConfigError::Inside { argument, error } => std::iter::once(argument.as_str()).chain(error.path()).collect(),
        }
    }

    /// The same as an error inside an argument.
    pub(crate) fn inside(self, argument: impl Into<String>) -> ConfigError {
        ConfigError::Inside { argument: argument.into(), error: Box::new(self) }
    }

    /// What is wrong, without the arguments that lead there.
    pub fn innermost(&self) -> &ConfigError {
        match self {
            ConfigError::Inside { error, .. } => error.innermost(),
            error => error,
        }
    }

    /// The change after which it is gone, where it is clear what was meant.
    pub fn mend(&self) -> Option<Mend> {
        let change = match self {
            ConfigError::Inside { argument, error } => {
                let Mend { mut path, change } = error.mend()?;
                path.insert(0, argument.clone());
                return Some(Mend { path, change });
            }
            ConfigError::Class { found, nearest: Some(nearest), .. } => {
                let mut into = vec![("class_name".to_string(), Value::from(nearest.as_str()))];
                if nearest == "Activation" && !found.eq_ignore_ascii_case(nearest) {
                    // Elsewhere `Tanh` is a layer.
                    into.push(("activation".into(), found.to_lowercase().into()));
                }
                if nearest == "GroupNormalization" && found.contains("Instance") {
                    // Each channel is a group of its own.
                    into.push(("groups".into(), (-1).into()));
                }
                Change::Replace { argument: "class_name".into(), into }
            }
            ConfigError::Unknown { argument, into, .. } if !into.is_empty() => {
                Change::Replace { argument: argument.clone(), into: into.to_vec() }
            }
            ConfigError::Unknown { argument, nearest: Some(nearest), .. } => {
                Change::Rename { from: argument.clone(), to: nearest.clone() }
            }
            ConfigError::Unknown { argument, .. } if REDUNDANT.iter().any(|(name, _)| name == argument) => {
                Change::Replace { argument: argument.clone(), into: Vec::new() }
            }
            ConfigError::Value { argument, meant: Some(meant), .. } => Change::write(argument, (**meant).clone()),
            _ => return None,
        };
        Some(Mend { path: Vec::new(), change })
    }
}

/// The longest list of names that a hint gives as a whole.
const SHORT: usize = 20;

/// Why a value is no argument of a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Misread {
    /// What to do.
    pub hint: Option<String>,
    /// The value that was meant.
    pub meant: Option<Value>,
    /// What is wrong inside it, where it is an object of its own or a list of such.
    pub inside: Vec<ConfigError>,
}

impl Misread {
    /// A name that is none of those that are known.
    pub fn word<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Misread {
        match nearest(found, known) {
            Some(near) => {
                Misread { hint: Some(format!("did you mean `{near}`?")), meant: Some(near.into()), inside: Vec::new() }
            }
            None => Misread::default(),
        }
    }

    /// An object in which something is wrong.
    pub fn inside(errors: Vec<ConfigError>) -> Misread {
        Misread { inside: errors, ..Misread::default() }
    }
}
