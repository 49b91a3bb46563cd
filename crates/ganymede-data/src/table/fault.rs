//! What is wrong with a table, and where in it. Not here: the file that it came from ([`DataError::Table`] names it).
//!
//! [`DataError::Table`]: crate::DataError::Table

use crate::error::DataError;
use std::fmt;
use std::path::Path;

/// What is wrong with a table: the line and the column, as far as they are known, what was expected and found, and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableError {
    /// The line of the file, from 1.
    pub line: Option<u64>,
    /// The name of the column.
    pub column: Option<String>,
    /// Expected and found.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl TableError {
    /// An error of the table as a whole.
    pub fn new(reason: impl Into<String>) -> TableError {
        TableError { reason: reason.into(), ..TableError::default() }
    }

    /// The same in a line.
    pub fn line(self, line: u64) -> TableError {
        TableError { line: Some(line), ..self }
    }

    /// The same in a column.
    pub fn column(self, column: impl Into<String>) -> TableError {
        TableError { column: Some(column.into()), ..self }
    }

    /// The same with what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> TableError {
        TableError { hint: Some(hint.into()), ..self }
    }

    /// The same of a file.
    pub fn of(self, path: &Path) -> DataError {
        DataError::Table { path: path.into(), fault: Box::new(self) }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column `{}`: ", shown(column))?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, Some(column)) => write!(f, "column `{}`: ", shown(column))?,
            (None, None) => {}
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for TableError {}

/// Most letters of a cell that a message shows.
const SHOWN: usize = 40;

/// A cell for a message: without line breaks and what else cannot be seen, and cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(SHOWN)
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}
