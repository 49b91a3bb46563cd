//! Tables: rows whose cells are of columns of several kinds. A table is read as text; what each column is, and how its cells are
//! written, is learned from all of them (`Schema`), so that a number becomes the text that the file would have. Not here:
//! how cells become a network's numbers (`modalities`), the files (`formats`).
//!
//! A cell is one `f64`: the number of a number column, the days or seconds of a date, the place of a category in the list of
//! its column; NaN where it is missing. Columns that are not learned have the cell 0.

mod column;
mod date_format;
mod date_guess;
mod date_text;
mod dates;
mod filter;
mod grid;
mod id_mask;
mod ids;
mod words;

pub use column::{Column, Kind, Listed, Missing};
pub use dates::DateForm;
pub use grid::Grid;
pub use ids::IdForm;
pub use words::WordsForm;
