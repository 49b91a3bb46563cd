//! Configurations as Keras writes them: a class name and arguments, without defaults and nulls.
//! Here are the reader, its errors, and the macro that gives a struct its arguments. Not here: the
//! types of single arguments (`arguments.rs`), the table of layers (`layers/mod.rs`).

use crate::arguments::Argument;
pub use crate::nearest::nearest;
use serde_json::{Map, Value};

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
        hint: Option<String>,
    },
}

ganymede_tensor::debug_as_text!(ConfigError, ConfigError::hint);

impl ConfigError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfigError::Form { .. } => None,
            ConfigError::Class { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            ConfigError::Class { known, .. } => Some(format!("known: {}", known.join(", "))),
            ConfigError::Missing { argument, expected, .. } => Some(format!("give `{argument}`: {expected}")),
            ConfigError::Unknown { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            ConfigError::Unknown { known, .. } if known.is_empty() => Some("it takes none".into()),
            ConfigError::Unknown { known, .. } => Some(format!("it takes {}", known.join(", "))),
            ConfigError::Value { hint, .. } => hint.clone(),
        }
    }
}

/// An argument whose value a class does not take.
#[derive(Clone, Debug, PartialEq)]
pub struct Invalid {
    /// Name of the argument.
    pub argument: &'static str,
    /// The values that are possible.
    pub expected: String,
    /// The value it has.
    pub found: String,
}

/// The arguments of one class, taken out one by one; every error is kept until [`Arguments::finish`].
#[derive(Debug)]
pub struct Arguments {
    class: String,
    values: Map<String, Value>,
    known: Vec<String>,
    errors: Vec<ConfigError>,
}

impl Arguments {
    /// The arguments `values` of `class`.
    pub fn new(class: impl Into<String>, values: Map<String, Value>) -> Self {
        Arguments { class: class.into(), values, known: Vec::new(), errors: Vec::new() }
    }

    /// The class name.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// The names that were asked for so far.
    pub fn known(&self) -> &[String] {
        &self.known
    }

    /// An argument without a default; where it is missing or wrong, an error is kept and `fallback` returned.
    pub fn required<T: Argument>(&mut self, name: &'static str, fallback: T) -> T {
        match self.take(name) {
            Some(value) => self.read(name, &value).unwrap_or(fallback),
            None => {
                let error = ConfigError::Missing { class: self.class.clone(), argument: name, expected: T::expected() };
                self.errors.push(error);
                fallback
            }
        }
    }

    /// An argument with a default. A null is an argument only where the type has one: a TOML `nan` becomes a null on
    /// its way here, and must not become the default.
    pub fn optional<T: Argument>(&mut self, name: &'static str, default: T) -> T {
        self.known.push(name.to_string());
        match self.values.shift_remove(name) {
            Some(Value::Null) if T::null().is_some() => T::null().unwrap_or(default),
            Some(value) => self.read(name, &value).unwrap_or(default),
            None => default,
        }
    }

    /// An argument of Keras's that has one meaning here: any other value than `only` (or null) is an error.
    pub fn fixed(&mut self, name: &'static str, only: &Value, hint: &str) {
        let Some(value) = self.take(name) else { return };
        if value != *only {
            self.errors.push(ConfigError::Value {
                class: self.class.clone(),
                argument: name.into(),
                expected: if only.is_null() { "absent".into() } else { only.to_string() },
                found: value.to_string(),
                hint: Some(hint.into()),
            });
        }
    }

    /// Leaves an argument of Keras's that has no meaning here aside.
    pub fn ignore(&mut self, name: &'static str) {
        self.values.shift_remove(name);
    }

    /// Keeps an error for a value that was read.
    pub fn refuse(&mut self, invalid: Invalid) {
        let Invalid { argument, expected, found } = invalid;
        let (class, argument) = (self.class.clone(), argument.into());
        self.errors.push(ConfigError::Value { class, argument, expected, found, hint: None });
    }

    /// Ends the reading: what is left over is unknown.
    ///
    /// # Errors
    /// Everything that was wrong.
    pub fn finish(mut self) -> Result<(), Vec<ConfigError>> {
        for (argument, _) in std::mem::take(&mut self.values) {
            let nearest = nearest(&argument, self.known.iter().map(String::as_str));
            let known = self.known.clone();
            self.errors.push(ConfigError::Unknown { class: self.class.clone(), argument, nearest, known });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name.to_string());
        self.values.shift_remove(name).filter(|v| !v.is_null())
    }

    fn read<T: Argument>(&mut self, name: &str, value: &Value) -> Option<T> {
        match T::read(value) {
            Ok(read) => Some(read),
            Err(hint) => {
                self.errors.push(ConfigError::Value {
                    class: self.class.clone(),
                    argument: name.into(),
                    expected: T::expected(),
                    found: value.to_string(),
                    hint,
                });
                None
            }
        }
    }
}

/// A struct that is made from and written as Keras's arguments.
pub trait Configured: Sized {
    /// Reads the arguments; errors stay in `arguments`.
    fn read(arguments: &mut Arguments) -> Self;

    /// The arguments that differ from their defaults, in Keras's order.
    fn write(&self) -> Map<String, Value>;
}

/// Defines a struct from Keras's arguments: fields, `new` with the arguments that have no default, a
/// method that sets each of the others, and [`Configured`].
///
/// `fixed` names arguments of Keras that have one meaning here, with that value and what to do instead.
macro_rules! configured {
    (
        $(#[$doc:meta])*
        pub struct $name:ident $(<const $n:ident: usize>)? {
            $($(#[$required_doc:meta])* $required:ident: $required_ty:ty = $fallback:expr,)*
            ;
            $($(#[$optional_doc:meta])* $optional:ident: $optional_ty:ty = $default:expr,)*
            $(; fixed $($fixed:ident = $only:tt, $hint:literal;)*)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name $(<const $n: usize>)? {
            $($(#[$required_doc])* pub $required: $required_ty,)*
            $($(#[$optional_doc])* pub $optional: $optional_ty,)*
        }

        impl $(<const $n: usize>)? $name $(<$n>)? {
            /// With Keras's defaults.
            #[allow(clippy::new_without_default, reason = "as Keras's constructor")]
            pub fn new($($required: impl $crate::arguments::IntoArgument<$required_ty>),*) -> Self {
                $name { $($required: $required.into_argument(),)* $($optional: $default,)* }
            }

            $(
                $(#[$optional_doc])*
                #[must_use]
                pub fn $optional(mut self, $optional: impl $crate::arguments::IntoArgument<$optional_ty>) -> Self {
                    self.$optional = $optional.into_argument();
                    self
                }
            )*
        }

        impl $(<const $n: usize>)? $crate::config::Configured for $name $(<$n>)? {
            #[allow(unused_variables, reason = "a class may have no arguments")]
            fn read(arguments: &mut $crate::config::Arguments) -> Self {
                let read = $name {
                    $($required: arguments.required(stringify!($required), $fallback),)*
                    $($optional: arguments.optional(stringify!($optional), $default),)*
                };
                $($(arguments.fixed(stringify!($fixed), &serde_json::json!($only), $hint);)*)?
                read
            }

            #[allow(unused_mut, reason = "a class may have no arguments")]
            fn write(&self) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_imports, reason = "a class may have no arguments")]
                use $crate::arguments::Argument;
                let mut map = serde_json::Map::new();
                $(map.insert(stringify!($required).to_string(), self.$required.write());)*
                $(
                    let default: $optional_ty = $default;
                    if self.$optional != default {
                        map.insert(stringify!($optional).to_string(), self.$optional.write());
                    }
                )*
                map
            }
        }
    };
}
pub(crate) use configured;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let known = ["units", "activation", "use_bias", "kernel_initializer"];
        assert_eq!(nearest("unit", known).as_deref(), Some("units"));
        assert_eq!(nearest("activatoin", known).as_deref(), Some("activation"));
        assert_eq!(nearest("useBias", known).as_deref(), Some("use_bias"));
        assert_eq!(nearest("padding", known), None);
    }
}
