//! Configurations as Keras writes them: a class name and arguments, without defaults and nulls.
//! Here are the reader, its errors, and the macro that gives a struct its arguments. Not here: the
//! types of single arguments (`arguments.rs`), the table of layers (`layers/mod.rs`).

use crate::arguments::Argument;
pub use crate::config_error::{ConfigError, Misread};
pub use crate::mend::{Change, Mend, shown, stands_for};
pub use crate::nearest::nearest;
use crate::nearest::split;
use serde_json::{Map, Value};

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
    given: Vec<String>,
    around: Vec<String>,
    errors: Vec<ConfigError>,
}

impl Arguments {
    /// The arguments `values` of `class`.
    pub fn new(class: impl Into<String>, values: Map<String, Value>) -> Self {
        let given = values.keys().cloned().collect();
        Arguments { class: class.into(), values, known: Vec::new(), given, around: Vec::new(), errors: Vec::new() }
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
        // A program writes 0 for 0.0.
        let same = value == *only || value.as_f64().is_some_and(|value| Some(value) == only.as_f64());
        if !same {
            self.errors.push(ConfigError::Value {
                class: self.class.clone(),
                argument: name.into(),
                expected: if only.is_null() { "absent".into() } else { only.to_string() },
                found: shown(&value),
                hint: Some(hint.into()),
                meant: None,
            });
        }
    }

    /// Leaves an argument of Keras's that has no meaning here aside.
    pub fn ignore(&mut self, name: &'static str) {
        self.values.shift_remove(name);
    }

    /// A name that something around the class has, which an unknown argument may have meant.
    pub(crate) fn also(&mut self, name: &str) {
        self.around.push(name.into());
    }

    /// Keeps an error for a value that was read.
    pub fn refuse(&mut self, invalid: Invalid) {
        let Invalid { argument, expected, found } = invalid;
        // What could not be read has a stand-in, of which nothing is said.
        if self.errors.iter().any(|error| error.path().first() == Some(&argument)) {
            return;
        }
        let (class, argument) = (self.class.clone(), argument.into());
        self.errors.push(ConfigError::Value { class, argument, expected, found, hint: None, meant: None });
    }

    /// Ends the reading: what is left over is unknown.
    ///
    /// # Errors
    /// Everything that was wrong.
    pub fn finish(mut self) -> Result<(), Vec<ConfigError>> {
        for (argument, value) in std::mem::take(&mut self.values) {
            let names = self.known.iter().chain(&self.around);
            let free = names.filter(|name| !self.given.contains(name)).map(String::as_str);
            let (known, class) = (self.known.clone(), self.class.clone());
            let nearest = nearest(&argument, free);
            if let Some(nearest) = &nearest {
                // It is there, under another name.
                let missing =
                    |error: &ConfigError| matches!(error, ConfigError::Missing { argument, .. } if argument == nearest);
                self.errors.retain(|error| !missing(error));
                self.given.push(nearest.clone());
            }
            let into = split(&argument, &value, &known).into();
            self.errors.push(ConfigError::Unknown { class, argument, nearest, known, into });
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
            Err(Misread { hint, meant, inside }) => {
                let found = match &inside[..] {
                    [] => shown(value),
                    [ConfigError::Form { found, .. }] => found.clone(),
                    _ => {
                        let inside = inside.into_iter().map(|error| error.inside(name));
                        self.errors.extend(inside);
                        return None;
                    }
                };
                let another = || stands_for(value).iter().find_map(|value| T::read(value).ok());
                self.errors.push(ConfigError::Value {
                    class: self.class.clone(),
                    argument: name.into(),
                    expected: T::expected(),
                    found,
                    hint: hint.map(String::into_boxed_str),
                    meant: meant.or_else(|| another().map(|value| value.write())).map(Box::new),
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
