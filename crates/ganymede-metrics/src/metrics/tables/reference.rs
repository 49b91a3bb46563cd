//! Tables by the formula of `reference/tables.py`, and what other libraries give of them, for the tests of this crate. Not here:
//! tables for other crates (`testing.rs`).

use crate::table::{Table, TableColumn, TableKind};
use crate::testing::uniform;
use serde_json::Value;

/// Two tables and the numbers of libraries.
pub(crate) struct Case {
    columns: Vec<TableColumn>,
    real: Vec<Vec<f32>>,
    fake: Vec<Vec<f32>>,
    numbers: Value,
}

/// Columns of the formula: name, number of categories (0: a number), least and greatest number.
const COLUMNS: [(&str, usize, f64, f64); 9] = [
    ("class", 2, 0.0, 0.0),
    ("age", 0, 17.0, 90.0),
    ("school", 8, 0.0, 0.0),
    ("years", 0, 1.0, 15.0),
    ("hours", 0, 10.0, 70.0),
    ("gain", 0, 0.0, 12_000.0),
    ("weight", 0, -1.0, 7.1),
    ("country", 20, 0.0, 0.0),
    ("job", 6, 0.0, 0.0),
];

/// A row of the formula, its numbers not yet in [0, 1].
fn row(salt: u32, i: usize) -> [f64; 9] {
    let u = |k: u32| uniform(16 * salt + k, i);
    let rich = if u(0) > 0.5 { 1.0 } else { 0.0 };
    let age = (53.5 + 20.0 * u(1) + 12.0 * rich + 0.5).floor().clamp(17.0, 90.0);
    let school = (4.0 + 2.5 * u(2) + 1.5 * rich).floor().clamp(0.0, 7.0);
    let hours = if u(3) > 0.0 { 40.0 } else { (40.0 + 30.0 * u(4) + 0.5).floor() };
    let gain = if u(5) < 0.8 { 0.0 } else { (5000.0 + 4000.0 * u(6) + 3000.0 * rich + 0.5).floor() };
    let weight = if u(7) > 0.9 { f64::NAN } else { 2.0 + u(8) + u(9) + u(10) + 0.3 * school };
    let country = (20.0 * ((u(11) + 1.0) / 2.0).powi(4)).floor().min(19.0);
    let job = (school + (1.5 * (u(12) + 1.0)).floor() + rich) % 6.0;
    [rich, age, school, 2.0 * school + 1.0, hours, gain, weight, country, job]
}

/// Cells of so many rows; `apart`: each column is of other rows, so that they do not depend on each other.
fn cells(salt: u32, rows: usize, apart: bool) -> Vec<Vec<f32>> {
    let cell = |at: usize, i: usize| {
        let (_, values, low, high) = COLUMNS[at];
        let value = row(if apart { salt + 100 + at as u32 } else { salt }, i)[at];
        (if values > 0 { value } else { (value - low) / (high - low) }) as f32
    };
    (0..COLUMNS.len()).map(|at| (0..rows).map(|i| cell(at, i)).collect()).collect()
}

/// The columns of the formula, `target` that which is predicted.
pub(crate) fn columns(target: &str) -> Vec<TableColumn> {
    let column = |&(name, values, low, high): &(&str, usize, f64, f64)| TableColumn {
        name: name.into(),
        kind: match values {
            0 => TableKind::Number { whole: name != "weight", range: [low, high] },
            values => TableKind::Category { values, missing: None },
        },
        target: name == target,
    };
    COLUMNS.iter().map(column).collect()
}

/// A table of the formula.
pub(crate) fn table(columns: &[TableColumn], salt: u32, rows: usize, apart: bool) -> Table<'_> {
    Table { columns, cells: cells(salt, rows, apart), rows }
}

/// What libraries give, by part: `similarity`, `detection`, `utility`.
pub(crate) fn numbers(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../reference/tables.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

/// Every pair of tables that SDMetrics compared.
pub(crate) fn tables() -> Vec<Case> {
    let case = |numbers: Value| {
        let number = |name: &str| numbers[name].as_u64().unwrap();
        let side = |side: &str| {
            let salt = number(&format!("{side}_salt")) as u32;
            cells(salt, number(&format!("{side}_rows")) as usize, numbers["apart"].as_bool().unwrap() && side == "fake")
        };
        Case { columns: columns("class"), real: side("real"), fake: side("fake"), numbers: numbers.clone() }
    };
    numbers("similarity").into_iter().map(case).collect()
}

impl Case {
    /// The real table, and the generated one.
    pub fn tables(&self) -> [Table<'_>; 2] {
        [&self.real, &self.fake].map(|cells| Table {
            columns: &self.columns,
            cells: cells.clone(),
            rows: cells[0].len(),
        })
    }

    /// Holds what was found beside a list of the library, or a single number of it.
    pub fn same(&self, name: &str, found: &[Option<f64>]) {
        let expected = match &self.numbers[name] {
            Value::Array(list) => list.clone(),
            number => vec![number.clone()],
        };
        assert_eq!(expected.len(), found.len(), "{name}");
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let close = match (found, expected.as_f64()) {
                (Some(found), Some(expected)) => (found - expected).abs() <= 1e-3,
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(close, "{name} {at}: {found:?}, expected {expected}");
        }
    }
}
