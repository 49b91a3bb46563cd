//! Kinds of objects that are chosen by name: initializers, constraints, regularizers, losses, optimizers,
//! schedules. [`family!`] makes the one table of a kind: an enum over its structs that is read from and written
//! as Keras's class name and arguments. Not here: one struct's arguments (`config.rs`), layers (`layers/mod.rs`).

use crate::config::{Arguments, ConfigError, Invalid, shown};
use ganymede_graph::Expr;
use serde_json::{Map, Value};

/// Requires `holds`, which says that `found` is what is `expected`.
///
/// # Errors
/// When it does not hold.
pub(crate) fn require(
    argument: &'static str,
    holds: bool,
    expected: &str,
    found: impl std::fmt::Display,
) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid { argument, expected: expected.into(), found: found.to_string() }) }
}

/// Requires a finite number above 0.
pub(crate) fn positive(argument: &'static str, value: f64) -> Result<(), Invalid> {
    require(argument, value > 0.0 && value.is_finite(), "a number above 0", value)
}

/// Requires a finite number that is not below 0.
pub(crate) fn not_negative(argument: &'static str, value: f64) -> Result<(), Invalid> {
    require(argument, value >= 0.0 && value.is_finite(), "a number not below 0", value)
}

/// A kind of objects that are chosen by name; implemented by [`family!`].
pub(crate) trait Family: Sized {
    /// The kind with its article: `an initializer`.
    const KIND: &'static str;

    /// Keras's class name, and the arguments that differ from their defaults.
    fn named(&self) -> (&str, Map<String, Value>);

    /// The object of a class name (Keras's, in any case, with or without underscores) and the arguments that it
    /// left over.
    ///
    /// # Errors
    /// When there is no such class.
    fn read_class(class: &str, values: Map<String, Value>) -> Result<(Self, Arguments), ConfigError>;
}

/// What is read from and written as a name or a table with a class name.
pub(crate) trait Written: Sized {
    /// Reads `"name"`, `{class_name, …}` or `{class_name, config: {…}}`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read_value(value: Value) -> Result<Self, Vec<ConfigError>>;

    /// The written form.
    fn write_value(&self) -> Value;
}

impl<F: Family> Written for F {
    fn read_value(value: Value) -> Result<Self, Vec<ConfigError>> {
        let (class, values) = parts(Self::KIND, value).map_err(|error| vec![error])?;
        let (object, mut arguments) = Self::read_class(&class, values).map_err(|error| vec![error])?;
        arguments.ignore("name");
        arguments.finish()?;
        Ok(object)
    }

    fn write_value(&self) -> Value {
        let (class, arguments) = self.named();
        name_or_table(class, arguments)
    }
}

/// Class name and arguments of a written object: `"zeros"`, `{class_name, …}`, or Keras's
/// `{class_name, config: {…}}`.
///
/// # Errors
/// When it has none of these forms.
pub(crate) fn parts(kind: &'static str, value: Value) -> Result<(String, Map<String, Value>), ConfigError> {
    let form = |found: String| Err(ConfigError::Form { kind, found });
    let mut table = match value {
        Value::String(class) => return Ok((class, Map::new())),
        Value::Object(table) => table,
        other => return form(shown(&other)),
    };
    let class = match table.shift_remove("class_name") {
        Some(Value::String(class)) => class,
        Some(other) => return form(format!("class_name = {}", shown(&other))),
        None => return form("a table without class_name".into()),
    };
    match table.shift_remove("config") {
        Some(Value::Object(arguments)) => Ok((class, arguments)),
        Some(Value::Null) => Ok((class, Map::new())),
        Some(other) => form(format!("config = {}", shown(&other))),
        None => Ok((class, table)),
    }
}

/// `"Name"`, or `{class_name, …}` where there are arguments.
pub(crate) fn name_or_table(class: &str, arguments: Map<String, Value>) -> Value {
    if arguments.is_empty() { class.into() } else { table(class, arguments) }
}

/// `{class_name, …}`.
pub(crate) fn table(class: &str, arguments: Map<String, Value>) -> Value {
    Value::Object(std::iter::once(("class_name".to_string(), class.into())).chain(arguments).collect())
}

/// Whether two names are the same but for case and underscores: `GlorotUniform`, `glorot_uniform`.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let letters = |s: &str| s.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect::<String>();
    letters(a) == letters(b)
}

/// All errors with their hints, in one line.
pub(crate) fn errors_text(errors: &[ConfigError]) -> String {
    let one = |error: &ConfigError| match error.hint() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    };
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A name that was given in Rust and that there is not: an error with the nearest name wherever it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Misspelt {
    name: String,
    error: ConfigError,
}

impl Misspelt {
    /// `name`, which could not be read.
    pub(crate) fn new(name: &str, kind: &'static str, errors: Vec<ConfigError>) -> Self {
        let form = || ConfigError::Form { kind, found: name.to_string() };
        Misspelt { name: name.to_string(), error: errors.into_iter().next().unwrap_or_else(form) }
    }

    /// The name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with it.
    pub fn error(&self) -> &ConfigError {
        &self.error
    }

    /// Its arguments: none.
    pub(crate) fn no_arguments() -> Map<String, Value> {
        Map::new()
    }

    /// Records the error; the result has the type of `like`.
    pub(crate) fn record<'g>(&self, like: Expr<'g>) -> Expr<'g> {
        like.builder().error_as(self.error.to_string(), self.error.hint(), like.ty())
    }
}

/// Makes the enum of a kind of objects: the one table with a line for each. The trait is what they have in
/// common; it has `check(&self) -> Result<(), Invalid>`. What layers take by name in Rust ends with `; Misspelt`, for
/// which the trait is implemented, too.
macro_rules! family {
    (
        $(#[$doc:meta])*
        pub enum $family:ident: $trait:ident, $kind:literal { $($class:ident,)* $(; $misspelt:ident)? }
        $(aliases { $($alias:literal => $target:ident,)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $family {
            $(#[doc = concat!("[`", stringify!($class), "`](struct@", stringify!($class), ").")] $class($class),)*
            $(
                /// A name that there is not.
                $misspelt($crate::family::$misspelt),
            )?
        }

        $(impl From<$class> for $family {
            fn from(object: $class) -> Self {
                $family::$class(object)
            }
        })*

        $(
            impl $crate::arguments::IntoArgument<$family> for $class {
                fn into_argument(self) -> $family {
                    self.into()
                }
            }

            impl $crate::arguments::IntoArgument<Option<$family>> for $class {
                fn into_argument(self) -> Option<$family> {
                    Some(self.into())
                }
            }
        )*

        $(
            impl $crate::arguments::IntoArgument<$family> for &str {
                /// The object of a name; a name that there is not is an error where it is used.
                fn into_argument(self) -> $family {
                    <$family as $crate::family::Written>::read_value(self.into()).unwrap_or_else(|errors| {
                        $family::$misspelt($crate::family::$misspelt::new(self, $kind, errors))
                    })
                }
            }

            impl $crate::arguments::IntoArgument<Option<$family>> for &str {
                /// The object of a name; a name that there is not is an error where it is used.
                fn into_argument(self) -> Option<$family> {
                    Some($crate::arguments::IntoArgument::<$family>::into_argument(self))
                }
            }
        )?

        impl $family {
            /// All class names, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($class)),*];

            /// Keras's class name.
            pub fn class_name(&self) -> &str {
                match self {
                    $($family::$class(_) => stringify!($class),)*
                    $($family::$misspelt(given) => given.name(),)?
                }
            }

            /// The arguments that differ from their defaults, in Keras's order.
            pub fn arguments(&self) -> serde_json::Map<String, serde_json::Value> {
                match self {
                    $($family::$class(object) => $crate::config::Configured::write(object),)*
                    $($family::$misspelt(_) => <$crate::family::$misspelt>::no_arguments(),)?
                }
            }

            $(
                /// The name that there is not, where it is one.
                pub(crate) fn misspelt(&self) -> Option<&$crate::family::$misspelt> {
                    match self {
                        $family::$misspelt(given) => Some(given),
                        _ => None,
                    }
                }
            )?

            fn object(&self) -> &dyn $trait {
                match self {
                    $($family::$class(object) => object,)*
                    $($family::$misspelt(object) => object,)?
                }
            }
        }

        impl $crate::family::Family for $family {
            const KIND: &'static str = $kind;

            fn named(&self) -> (&str, serde_json::Map<String, serde_json::Value>) {
                (self.class_name(), self.arguments())
            }

            fn read_class(
                class: &str,
                values: serde_json::Map<String, serde_json::Value>,
            ) -> Result<(Self, $crate::config::Arguments), $crate::config::ConfigError> {
                let aliases: &[(&str, &str)] = &[$($(($alias, stringify!($target)),)*)?];
                let alias = aliases.iter().find(|(alias, _)| $crate::family::same_name(alias, class));
                let target = alias.map_or(class, |(_, target)| target);
                $(if $crate::family::same_name(target, stringify!($class)) {
                    let mut arguments = $crate::config::Arguments::new(stringify!($class), values);
                    let object = <$class as $crate::config::Configured>::read(&mut arguments);
                    if let Err(invalid) = $trait::check(&object) {
                        arguments.refuse(invalid);
                    }
                    return Ok((object.into(), arguments));
                })*
                Err($crate::config::ConfigError::Class {
                    kind: $kind,
                    found: class.to_string(),
                    nearest: $crate::config::nearest(class, Self::NAMES.iter().copied()),
                    known: Self::NAMES,
                })
            }
        }
    };
}
pub(crate) use family;

/// Makes a [`Written`] type an argument of layers, and gives it `serde`'s traits.
macro_rules! by_value {
    ($type:ty, $kind:literal) => {
        impl $type {
            /// Reads `"name"`, `{class_name, …}` or Keras's `{class_name, config: {…}}`.
            ///
            /// # Errors
            /// Everything that is wrong with it.
            pub fn from_value(value: serde_json::Value) -> Result<Self, Vec<$crate::config::ConfigError>> {
                <Self as $crate::family::Written>::read_value(value)
            }
        }

        impl $crate::arguments::Argument for $type {
            fn expected() -> String {
                $kind.into()
            }
            fn read(value: &serde_json::Value) -> Result<Self, $crate::config::Misread> {
                <Self as $crate::family::Written>::read_value(value.clone()).map_err($crate::config::Misread::inside)
            }
            fn write(&self) -> serde_json::Value {
                $crate::family::Written::write_value(self)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::family::Written::write_value(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                <Self as $crate::family::Written>::read_value(value)
                    .map_err(|errors| serde::de::Error::custom($crate::family::errors_text(&errors)))
            }
        }
    };
}
pub(crate) use by_value;
