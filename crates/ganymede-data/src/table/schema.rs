//! What is known of a table: how it is written and what its columns are. Not here: how that is found (`read.rs`, `infer.rs`).

use super::column::Column;
use super::dialect::Dialect;
use super::fault::{TableError, shown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known of a table: enough to write rows of numbers as lines of the file, and to read them again.
///
/// A row is one `f64` for each column, also for those that are not learned ([`Kind::is_learned`]), whose cell is 0.
///
/// [`Kind::is_learned`]: super::Kind::is_learned
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Schema {
    dialect: Dialect,
    columns: Vec<Column>,
    notes: Vec<String>,
}

/// A [`Schema`] in a file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    dialect: Dialect,
    columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl TryFrom<Saved> for Schema {
    type Error = TableError;

    fn try_from(saved: Saved) -> Result<Schema, TableError> {
        Schema::new(saved.dialect, saved.columns, saved.notes)
    }
}

impl From<Schema> for Saved {
    fn from(schema: Schema) -> Saved {
        Saved { dialect: schema.dialect, columns: schema.columns, notes: schema.notes }
    }
}

impl Schema {
    /// A schema of these columns. `notes`: what was assumed.
    ///
    /// # Errors
    /// No column, two of one name, or a column or dialect that no table has.
    pub fn new(dialect: Dialect, columns: Vec<Column>, notes: Vec<String>) -> Result<Schema, TableError> {
        if let Some(fault) = dialect.fault() {
            return Err(TableError::new(fault));
        }
        if columns.is_empty() {
            return Err(TableError::new("expected at least one column, found none"));
        }
        let mut names = BTreeSet::new();
        for column in &columns {
            if !names.insert(&column.name[..]) {
                return Err(TableError::new(format!(
                    "expected columns of different names, found `{}` twice",
                    shown(&column.name)
                )));
            }
            if let Some(fault) = column.fault() {
                return Err(TableError::new(fault).column(&column.name));
            }
        }
        Ok(Schema { dialect, columns, notes })
    }

    /// How the table is written.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Its columns, in the order of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What was assumed, for the report.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The place of a column by its name, spaces around it aside.
    ///
    /// # Errors
    /// With the name that may be meant.
    pub fn place(&self, name: &str) -> Result<usize, TableError> {
        let names = || self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let place = self.columns.iter().position(|column| column.name == name.trim());
        place.ok_or_else(|| super::wishes::unknown(name, &names()))
    }
}
