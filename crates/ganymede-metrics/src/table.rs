//! What rows of tables are to a metric: their columns, their rules, and the cells of a set by column. Not here: the metrics of
//! tables (`metrics/tables/`), how a file's text becomes cells (the caller).

use crate::MetricError;
use ganymede_tensor::Tensor;

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    /// Its name, for notes and errors.
    pub name: String,
    /// What its cells are.
    pub kind: TableKind,
    /// Whether it is what models are to predict from the other columns; of one column at most.
    pub target: bool,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq)]
pub enum TableKind {
    /// A number, brought to [0, 1] of the real range by `(value − low) / (high − low)`: cells of generated rows may lie outside.
    /// NaN is a missing one. A column of numbers is one of numbers here even where the generator has a category for each value.
    Number {
        /// Whether its values are whole numbers.
        whole: bool,
        /// The values of which the cells are 0 and 1. Where both are equal, a cell is the difference from them.
        range: [f64; 2],
    },
    /// The place of a category in its list.
    Category {
        /// Number of categories in the list.
        values: usize,
        /// The place of that which stands for a missing cell.
        missing: Option<usize>,
    },
}

/// What real rows never break. Columns are given by their places.
#[derive(Clone, Debug, PartialEq)]
pub enum TableRule {
    /// Each value of one column goes with one value of the other.
    Fixes {
        /// The column that fixes.
        from: usize,
        /// The column that is fixed.
        to: usize,
    },
    /// A number is not greater than the other in its row.
    AtMost {
        /// The smaller one.
        low: usize,
        /// The greater one.
        high: usize,
    },
    /// Two columns have the same value in a row.
    Equal {
        /// One of them.
        a: usize,
        /// The other.
        b: usize,
    },
}

impl TableColumn {
    /// Whether its cells are numbers.
    pub fn is_number(&self) -> bool {
        matches!(self.kind, TableKind::Number { .. })
    }

    /// Whether a cell is a missing one.
    pub(crate) fn is_missing(&self, cell: f32) -> bool {
        match self.kind {
            TableKind::Number { .. } => cell.is_nan(),
            TableKind::Category { missing, .. } => missing.is_some_and(|place| cell == place as f32),
        }
    }

    /// The value of a number's cell.
    pub(crate) fn value(&self, cell: f32) -> f64 {
        match self.kind {
            TableKind::Number { range: [low, high], .. } if high > low => low + f64::from(cell) * (high - low),
            TableKind::Number { range: [low, _], .. } => low + f64::from(cell),
            TableKind::Category { .. } => f64::from(cell),
        }
    }

    /// How far numbers of the column are apart; 0 where they are all the same.
    pub(crate) fn span(&self) -> f64 {
        match self.kind {
            TableKind::Number { range: [low, high], .. } => (high - low).max(0.0),
            TableKind::Category { .. } => 0.0,
        }
    }

    /// Why a cell cannot be one of the column.
    fn refuse(&self, cell: f32) -> Option<String> {
        match self.kind {
            TableKind::Number { .. } if cell.is_infinite() => Some("a finite number or NaN".into()),
            TableKind::Category { values, .. } if !(cell >= 0.0 && cell.fract() == 0.0 && (cell as usize) < values) => {
                Some(format!("a place below {values}"))
            }
            _ => None,
        }
    }
}

impl TableRule {
    /// In words.
    pub(crate) fn words(&self, columns: &[TableColumn]) -> String {
        let name = |at: usize| columns.get(at).map_or("?", |column| &column.name);
        match *self {
            TableRule::Fixes { from, to } => format!("{} fixes {}", name(from), name(to)),
            TableRule::AtMost { low, high } => format!("{} <= {}", name(low), name(high)),
            TableRule::Equal { a, b } => format!("{} = {}", name(a), name(b)),
        }
    }

    /// The places of its columns.
    pub(crate) fn places(&self) -> [usize; 2] {
        match *self {
            TableRule::Fixes { from: a, to: b } | TableRule::AtMost { low: a, high: b } | TableRule::Equal { a, b } => {
                [a, b]
            }
        }
    }
}

/// The cells of a set, a list for each column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table<'a> {
    /// Its columns.
    pub columns: &'a [TableColumn],
    /// The cells of each. Missing numbers are NaN, and no number is −0.
    pub cells: Vec<Vec<f32>>,
    /// Number of rows.
    pub rows: usize,
}

impl<'a> Table<'a> {
    /// The cells of samples (N, C), for the metric `name`.
    ///
    /// # Errors
    /// [`MetricError::Argument`] where they are not as many as there are columns, or not of their kind.
    pub fn of(name: &str, samples: &Tensor, columns: &'a [TableColumn]) -> Result<Table<'a>, MetricError> {
        let refuse = |reason: String| MetricError::argument(name, reason);
        let values = samples.as_f32().map_err(|e| refuse(e.to_string()))?;
        let [rows, width] = samples.shape()[..] else {
            return Err(refuse(format!("expected rows of {} cells, found {}", columns.len(), samples.shape())));
        };
        if width != columns.len() || width == 0 {
            return Err(refuse(format!("expected rows of {} cells, found {width}", columns.len())));
        }
        let cells = columns.iter().enumerate().map(|(at, column)| {
            let own = values.iter().skip(at).step_by(width);
            let cell = |(row, &cell): (usize, &f32)| match column.refuse(cell) {
                None if cell.is_nan() => Ok(f32::NAN),
                None => Ok(cell + 0.0),
                Some(expected) => Err(refuse(format!(
                    "expected {expected} in column {}, found {cell} in row {}",
                    column.name,
                    row + 1
                ))),
            };
            own.enumerate().map(cell).collect()
        });
        Ok(Table { columns, cells: cells.collect::<Result<_, _>>()?, rows })
    }

    /// Refuses a table of fewer rows.
    pub fn at_least(self, name: &str, least: usize) -> Result<Table<'a>, MetricError> {
        if self.rows < least {
            let reason = format!("expected at least {least} rows on both sides, found {}", self.rows);
            return Err(MetricError::argument(name, reason));
        }
        Ok(self)
    }

    /// These rows, in this order.
    pub fn take(&self, rows: &[usize]) -> Table<'a> {
        let cells = self.cells.iter().map(|cells| rows.iter().map(|&row| cells[row]).collect());
        Table { columns: self.columns, cells: cells.collect(), rows: rows.len() }
    }

    /// These rows, and those of another table of the same columns below.
    pub fn with(mut self, other: &Table<'_>) -> Table<'a> {
        self.cells.iter_mut().zip(&other.cells).for_each(|(own, more)| own.extend_from_slice(more));
        self.rows += other.rows;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};

    #[test]
    fn cells_are_read_by_column_and_refused_by_place() {
        let columns = [number("age"), category("sex", 2)];
        let read = |cells: &[f32]| {
            Table::of("shapes", &Tensor::from_f32([cells.len() / 2, 2], cells.to_vec()).unwrap(), &columns)
        };
        let found = read(&[-0.0, 1.0, f32::NAN, 0.0, 1.5, 1.0]).unwrap();
        assert_eq!((found.rows, &found.cells[1]), (3, &vec![1.0, 0.0, 1.0]));
        assert!(found.cells[0][0].to_bits() == 0 && found.cells[0][1].is_nan() && found.cells[0][2] == 1.5);
        assert_eq!(found.take(&[2, 0]).with(&found.take(&[0])).cells[0], [1.5, 0.0, 0.0]);
        for (cells, expected) in [
            (&[0.0, 0.0, 0.5, 2.0], "expected a place below 2 in column sex, found 2 in row 2"),
            (&[0.0, 0.5, 0.5, 1.0], "a place below 2 in column sex, found 0.5 in row 1"),
            (&[0.0, f32::NAN, 0.5, 1.0], "a place below 2 in column sex, found NaN in row 1"),
            (&[0.0, 0.0, f32::INFINITY, 1.0], "a finite number or NaN in column age, found inf in row 2"),
        ] {
            let error = read(cells).unwrap_err().to_string();
            assert!(error.starts_with("shapes: ") && error.contains(expected), "{error}");
        }
        let wide = Tensor::from_f32([1, 3], vec![0.0; 3]).unwrap();
        let error = Table::of("shapes", &wide, &columns).unwrap_err().to_string();
        assert_eq!(error, "shapes: expected rows of 2 cells, found 3");
        assert!(read(&[0.0, 0.0]).unwrap().at_least("shapes", 2).unwrap_err().to_string().contains("at least 2 rows"));
    }

    #[test]
    fn values_of_cells_are_those_of_the_range() {
        let of = |range| TableColumn { kind: TableKind::Number { whole: true, range }, ..number("x") };
        assert_eq!(
            (of([17.0, 90.0]).value(1.0), of([17.0, 90.0]).value(0.5), of([17.0, 90.0]).span()),
            (90.0, 53.5, 73.0)
        );
        assert_eq!((of([3.0, 3.0]).value(0.5), of([3.0, 3.0]).span()), (3.5, 0.0));
    }
}
