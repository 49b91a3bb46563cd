//! Tables: rows whose cells are of columns of several kinds. A table is read as text; what each column is, and how its cells are
//! written, is learned from all of them (`Schema`), so that a number becomes the text that the file would have. Not here:
//! how cells become a network's numbers (`modalities`), the files (`formats`).
//!
//! A cell is one `f64`: the number of a number column, the days or seconds of a date, the place of a category in the list of
//! its column; NaN where it is missing. Columns that are not learned have the cell 0.
//!
//! ```
//! use ganymede_data::table::{Reading, Table, Wishes, infer};
//! let table = Table::read(b"age,sex\n39,Male\n,Female\n50,Male\n39,Female\n".to_vec(), &Reading::default())?;
//! let schema = infer(&table, &Wishes::default())?;
//! let cells = schema.cells(&table)?;
//! assert_eq!(cells[1], 1.0, "`Male` is the second of the two texts");
//! let mut file = Vec::new();
//! schema.write_header(&mut file);
//! for (number, row) in (0..).zip(cells.chunks(schema.columns().len())) {
//!     schema.write_row(&mut file, row, number)?;
//! }
//! schema.end(&mut file);
//! assert_eq!(file, b"age,sex\n39,Male\n,Female\n50,Male\n39,Female\n");
//! # Ok::<(), ganymede_data::table::TableError>(())
//! ```

mod asked;
mod categories;
mod cell_reader;
mod cells;
mod coding;
mod column;
mod complete;
mod date_fit;
mod date_format;
mod date_guess;
mod date_text;
mod dates;
mod dialect;
mod different;
mod fault;
mod filter;
mod grid;
mod header;
mod id_mask;
mod ids;
mod infer;
mod number_fit;
mod number_parts;
mod number_survey;
mod numbers;
mod plan;
mod read;
mod rule_find;
mod rule_options;
mod rules;
mod schema;
mod structure;
mod wishes;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub use cell_reader::{CellReader, Matched};
pub use coding::{Condition, Numbers};
pub use column::{Column, Kind, Listed, Missing, Spaces, Spelling};
pub use dates::DateForm;
pub use dialect::{Dialect, LineEnd, Quotes};
pub use fault::TableError;
pub use grid::Grid;
pub use ids::IdForm;
pub use infer::infer;
pub use numbers::{Digits, Exponent, Minus, NumberForm, Plus};
pub use plan::{Bound, Check, Gap, Lookup, Plan, Step, Way};
pub use read::{BadLine, MAX_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Reading, Table};
pub use rule_find::find as find_rules;
pub use rule_options::{RuleOptions, Ruled};
pub use rules::{Rule, RuleColumn, RuleKind};
pub use schema::Schema;
pub use structure::structure;
pub use wishes::{ColumnWish, KindName, Wishes};
pub use words::WordsForm;

pub(crate) use dialect::{delimiter, said_delimiter};
pub(crate) use fault::shown;
pub(crate) use wishes::nearest;
