//! The tables of what a spec names: objectives, regularizers, augmentations. An entry is one file and one line; the name
//! in specs is the file's. Not here: what the entries do.

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
            make: fn(toml::Table) -> Result<Box<dyn $Trait>, toml::de::Error>,
        }

        $(#[$doc])*
        pub const $TABLE: &[Entry] = &[$(Entry {
            name: stringify!($module),
            summary: $module::SUMMARY,
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
