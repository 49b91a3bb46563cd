//! The tables of what a spec names: objectives, regularizers, augmentations. An entry is one file and one line; the name
//! in specs is the file's. Also here: what arguments an entry has, and those that it has not. Not here: what the entries do.

use ganymede_nn::config::nearest;
use serde::Serialize;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use std::cell::Cell;
use std::fmt;

/// Declares the modules of a room, its `Entry`, its table, and `make`, which finds an entry by name.
macro_rules! table {
    ($(#[$doc:meta])* $TABLE:ident: dyn $Trait:ident { $($module:ident::$Type:ident,)* }) => {
        $(mod $module;
        pub use $module::$Type;)*

        /// An entry of the table: name, one sentence, constructor from arguments.
        pub struct Entry {
            /// Name in specs.
            pub name: &'static str,
            /// One sentence for lists.
            pub summary: &'static str,
            /// Names of its own arguments.
            pub arguments: fn() -> &'static [&'static str],
            /// Those of them that have a default, with it.
            pub defaults: fn() -> toml::Table,
            make: fn(toml::Table) -> Result<Box<dyn $Trait>, toml::de::Error>,
        }

        $(#[$doc])*
        pub const $TABLE: &[Entry] = &[$(Entry {
            name: stringify!($module),
            summary: $module::SUMMARY,
            arguments: $crate::table::fields::<$Type>,
            defaults: $crate::table::defaults::<$Type>,
            make: |arguments| {
                let made: $Type = toml::Value::Table(arguments).try_into()?;
                made.check().map_err(serde::de::Error::custom)?;
                Ok(Box::new(made))
            },
        },)*];

        /// What an entry makes of arguments; none if no entry has this name.
        fn make(name: &str, arguments: &toml::Table) -> Option<Result<Box<dyn $Trait>, String>> {
            let entry = $TABLE.iter().find(|entry| entry.name == name)?;
            Some((entry.make)(arguments.clone()).map_err(|error| error.message().to_string()))
        }
    };
}

pub(crate) use table;

/// An argument that its owner has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stray {
    /// As it is written.
    pub argument: String,
    /// The known one that is most like it, where one is like enough and not given too.
    pub nearest: Option<String>,
    known: Vec<String>,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has no argument `{}` ", self.argument)?;
        match &self.nearest {
            Some(nearest) => write!(f, "(did you mean `{nearest}`?)"),
            None if self.known.is_empty() => write!(f, "(it takes none)"),
            None => write!(f, "(it takes {})", self.known.join(", ")),
        }
    }
}

/// The arguments that are none of the `known`.
pub(crate) fn strays(arguments: &toml::Table, known: &[&str]) -> Vec<Stray> {
    let unknown = arguments.keys().filter(|argument| !known.contains(&argument.as_str()));
    let stray = |argument: &String| Stray {
        argument: argument.clone(),
        nearest: nearest(argument, known.iter().copied()).filter(|meant| !arguments.contains_key(meant)),
        known: known.iter().map(|name| name.to_string()).collect(),
    };
    unknown.map(stray).collect()
}

/// The same in one line; none where there is no such argument.
pub(crate) fn strays_text(strays: &[Stray]) -> Option<String> {
    (!strays.is_empty()).then(|| strays.iter().map(Stray::to_string).collect::<Vec<_>>().join("; "))
}

/// Names of the fields of a struct, as serde reads it.
pub(crate) fn fields<T: DeserializeOwned>() -> &'static [&'static str] {
    let names = Cell::new(&[][..]);
    // It notes the names and refuses: there is nothing to read.
    let _ = T::deserialize(Fields(&names));
    names.get()
}

/// What an entry has where nothing is said; nothing where something must be.
pub(crate) fn defaults<T: DeserializeOwned + Serialize>() -> toml::Table {
    let made: Result<T, _> = toml::Value::Table(toml::Table::new()).try_into();
    made.ok().and_then(|made| toml::Table::try_from(made).ok()).unwrap_or_default()
}

struct Fields<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.set(fields);
        Err(Error::custom("the names are known"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("expected a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
