//! What rows are asked to be: `income=>50K`, `age>=30`. Not here: the flags (the command), what the generator is given of it
//! (`wish.rs`).

use super::Table;
use crate::error::DataError;
use crate::table::{Kind, Schema};

/// What rows are asked to be. A row is kept if it is all of this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowFilter {
    tests: Vec<Test>,
}

/// What one column is asked to be.
#[derive(Clone, Debug, PartialEq)]
struct Test {
    column: usize,
    relation: Relation,
    /// The cell, or where values are numbers of a list, the number.
    value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// Signs, longer ones before those that they begin with.
const SIGNS: [(&str, Relation); 6] = [
    ("!=", Relation::Different),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("=", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

impl Relation {
    fn holds(self, cell: f64, value: f64) -> bool {
        match self {
            Relation::Equal => cell == value || (cell.is_nan() && value.is_nan()),
            Relation::Different => !Relation::Equal.holds(cell, value),
            Relation::Less => cell < value,
            Relation::AtMost => cell <= value,
            Relation::Greater => cell > value,
            Relation::AtLeast => cell >= value,
        }
    }

    /// Whether no row has it: the value is beyond the range of the column.
    fn excludes(self, kind: &Kind, value: f64) -> bool {
        let (Kind::Number { low, high, .. } | Kind::Date { low, high, .. }) = kind else { return false };
        match self {
            Relation::Equal => value < *low || value > *high,
            Relation::Different => false,
            Relation::Less => value <= *low,
            Relation::AtMost => value < *low,
            Relation::Greater => value >= *high,
            Relation::AtLeast => value > *high,
        }
    }

    fn orders(self) -> bool {
        !matches!(self, Relation::Equal | Relation::Different)
    }
}

impl RowFilter {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// The columns that are asked to be one cell, with this cell.
    pub(super) fn equal(&self) -> impl Iterator<Item = (usize, f64)> {
        let equal = self.tests.iter().filter(|test| test.relation == Relation::Equal);
        equal.map(|test| (test.column, test.value))
    }

    /// Whether a row of cells is kept.
    pub(super) fn keeps(&self, schema: &Schema, cells: &[f64]) -> bool {
        self.tests.iter().all(|test| {
            let cell = cells[test.column];
            let number = match &schema.columns()[test.column].kind {
                Kind::Category { numbers: Some(numbers), .. } if test.relation.orders() => {
                    numbers.get(cell as usize).copied().flatten().unwrap_or(f64::NAN)
                }
                _ => cell,
            };
            test.relation.holds(number, test.value)
        })
    }
}

impl Table {
    /// What these texts ask of rows: the class of the target, which the generator is given, and what the rows are tested by.
    ///
    /// # Errors
    /// [`DataError::Condition`] for a column that there is not, or a value that is none of its own.
    pub(super) fn asked(&self, texts: &[String]) -> Result<(Option<u32>, RowFilter), DataError> {
        let (schema, mut class, mut filter) = (self.schema()?, None, RowFilter::default());
        for text in texts {
            let test = test(schema, text)?;
            if Some(test.column) == self.label() && test.relation == Relation::Equal && class.is_none() {
                class = Some(test.value as u32);
            } else {
                filter.tests.push(test);
            }
        }
        Ok((class, filter))
    }
}

fn test(schema: &Schema, text: &str) -> Result<Test, DataError> {
    let fail =
        |field: &str, reason: String, known: Vec<String>| DataError::Condition { field: field.into(), reason, known };
    let names = || schema.columns().iter().map(|column| column.name.clone()).take(40).collect::<Vec<_>>();
    // The longest name that stands in front of a sign: names may have signs in them.
    let parts = schema.columns().iter().enumerate().filter_map(|(at, column)| {
        let rest = text.trim_start().strip_prefix(&column.name[..])?.trim_start();
        let (sign, relation) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        Some((column.name.len(), at, *relation, rest[sign.len()..].trim()))
    });
    let Some((_, at, relation, value)) = parts.max_by_key(|part| part.0) else {
        let name = text.split(['=', '<', '>', '!']).next().unwrap_or_default().trim();
        let reason = match schema.place(name) {
            Ok(_) => format!("expected COLUMN=VALUE, or with !=, <, <=, > or >=, found `{text}`"),
            Err(error) => error.to_string(),
        };
        return Err(fail(name, reason, names()));
    };
    let column = &schema.columns()[at];
    let value_of = |reason: String| match &column.kind {
        Kind::Category { values, .. } => {
            fail(&column.name, reason, values.iter().take(40).map(|value| value.text.trim().into()).collect())
        }
        _ => fail(&column.name, reason, Vec::new()),
    };
    if !column.kind.is_learned() {
        return Err(value_of(format!("expected a column that is learned, found one of kind {}", column.kind.name())));
    }
    let listed = matches!(column.kind, Kind::Category { numbers: None, .. });
    if relation.orders() && listed {
        return Err(value_of("expected `=` or `!=`, as its values have no order".into()));
    }
    if let (Kind::Category { numbers: Some(_), .. }, true) = (&column.kind, relation.orders()) {
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| value_of(format!("expected a number, found `{value}`")))?;
        return Ok(Test { column: at, relation, value: number });
    }
    match schema.reader().cell(at, value) {
        Some(cell) if relation.excludes(&column.kind, cell) => {
            Err(value_of(format!("expected what a row can have, found `{}`: {}", text.trim(), column.reason)))
        }
        Some(cell) => Ok(Test { column: at, relation, value: cell }),
        None => Err(value_of(format!("expected a value of the column, found `{value}`"))),
    }
}
