//! What rows are compared by: their cells as metrics take them. Not here: the metrics (`ganymede-metrics`), the cells (`mod.rs`).

use super::Table;
use crate::modalities::{RowColumn, RowKind, RowRule};
use crate::table::{Kind, Rule};

/// Different whole numbers above which a list of them is compared as numbers.
const FEW: usize = 10;

impl Table {
    /// The columns that rows are compared by, with their places in the table.
    pub(super) fn compared_columns(&self) -> Vec<(usize, RowColumn)> {
        let columns = self.schema.iter().flat_map(|schema| schema.columns().iter().enumerate());
        let compared = columns.filter_map(|(at, column)| {
            let kind = match &column.kind {
                Kind::Number { form, low, high } => RowKind::Number { whole: form.is_whole(), range: [*low, *high] },
                Kind::Date { low, high, .. } => RowKind::Number { whole: false, range: [*low, *high] },
                Kind::Category { numbers: Some(numbers), .. } if numbers.len() > FEW => {
                    let known = || numbers.iter().flatten().copied();
                    let range = [known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max)];
                    RowKind::Number { whole: known().all(|number| number.fract() == 0.0), range }
                }
                Kind::Category { values, .. } => {
                    let is_missing = |text: &str| {
                        column.missing.spellings.iter().any(|spelling| spelling.text.trim() == text.trim())
                    };
                    let missing = values.iter().position(|value| is_missing(&value.text));
                    RowKind::Category { values: values.len(), missing }
                }
                _ => return None,
            };
            Some((at, RowColumn { name: column.name.clone(), kind, target: Some(at) == self.target.or(self.goal) }))
        });
        compared.collect()
    }

    /// A row of cells as metrics take them.
    pub(super) fn compared_row(&self, columns: &[(usize, RowColumn)], cells: &[f64]) -> Vec<f32> {
        let kinds = self.schema.as_ref().map_or(&[][..], |schema| schema.columns());
        let compared = columns.iter().map(|(at, column)| {
            let number = match (&kinds[*at].kind, &column.kind) {
                (Kind::Category { numbers: Some(numbers), .. }, RowKind::Number { .. }) => {
                    numbers.get(cells[*at] as usize).copied().flatten().unwrap_or(f64::NAN)
                }
                _ => cells[*at],
            };
            match &column.kind {
                RowKind::Number { range: [low, high], .. } if high > low => ((number - low) / (high - low)) as f32,
                RowKind::Number { range: [low, _], .. } => (number - low) as f32,
                RowKind::Category { .. } => number as f32,
            }
        });
        compared.collect()
    }

    /// The rules, by the places among what is compared.
    pub(super) fn compared_rules(&self) -> Vec<RowRule> {
        let columns = self.compared_columns();
        let place = |at: &usize| columns.iter().position(|(known, _)| known == at);
        let number = |at: &usize| place(at).filter(|&place| matches!(columns[place].1.kind, RowKind::Number { .. }));
        let rule = |rule: &Rule| match rule {
            Rule::Fixes { from, to, .. } => Some(RowRule::Fixes(place(from)?, place(to)?)),
            Rule::AtMost { low, high, .. } => Some(RowRule::AtMost(number(low)?, number(high)?)),
            Rule::Equal { a, b } => Some(RowRule::Equal(number(a)?, number(b)?)),
            _ => None,
        };
        self.rules.iter().filter_map(rule).collect()
    }
}
