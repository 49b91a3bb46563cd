//! One column: its kind, and how its cells are read and written. Not here: how the kind is found (`infer.rs`), each form of
//! text (`numbers.rs`, `dates.rs`, `ids.rs`, `words.rs`).

use serde::{Deserialize, Serialize};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name: the heading without spaces around it.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// Why it is taken for that, in a few words: `whole numbers from 17 to 90, 73 different`.
    pub reason: String,
    /// Its missing cells.
    pub missing: Missing,
}

/// The missing cells of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// How they are written, the most frequent spelling first; none where no cell is missing.
    pub spellings: Vec<String>,
    /// How many there are.
    pub count: u64,
}

/// A value of a column of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// As the file writes it, spaces and all.
    pub text: String,
    /// In how many rows.
    pub count: u64,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// One of a list of values; the cell is the place in it. A missing cell is a value of its own.
    Category {
        /// The values, in natural order.
        values: Vec<Listed>,
        /// The number that each value is, where all but the missing ones are numbers: then they have an order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        numbers: Option<Vec<Option<f64>>>,
    },
    /// The same text in every row.
    Constant {
        /// As the file writes it.
        text: String,
    },
    /// Nothing in any row.
    Empty,
}
