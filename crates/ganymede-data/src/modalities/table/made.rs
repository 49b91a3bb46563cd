//! Which columns a network makes, and how the others follow from them. Not here: the rules themselves (`crate::table`), one column
//! as values (`encoder.rs`).

use crate::table::{Column, Grid, Kind, Plan, Rule, RuleColumn, RuleKind, RuleOptions, Schema, find_rules, structure};

/// The cells of what a network makes, column by column.
pub(super) struct Made {
    /// The places of the columns.
    pub(super) columns: Vec<usize>,
    /// A cell of each row, or its gap.
    pub(super) cells: Vec<Vec<f64>>,
}

impl Made {
    pub(super) fn of(plan: &Plan, target: Option<usize>, cells: &[f64], width: usize) -> Made {
        let learned = plan.learned();
        let keeps: Vec<bool> = learned.iter().map(|at| Some(*at) != target).collect();
        let columns: Vec<usize> = learned.into_iter().filter(|at| Some(*at) != target).collect();
        let mut made = vec![Vec::with_capacity(cells.len() / width.max(1)); columns.len()];
        for row in cells.chunks_exact(width) {
            let kept = plan.reduce(row).into_iter().zip(&keeps).filter(|(_, keeps)| **keeps);
            made.iter_mut().zip(kept).for_each(|(column, (cell, _))| column.push(cell));
        }
        Made { columns, cells: made }
    }
}

/// The rules of a table.
pub(super) struct Planned {
    /// How they are kept.
    pub(super) plan: Plan,
    pub(super) rules: Vec<Rule>,
    /// The rows that break none of those that were given.
    pub(super) cells: Vec<f64>,
    /// What the report says of them.
    pub(super) notes: Vec<String>,
}

impl Planned {
    /// The rules of these rows.
    pub(super) fn of(
        schema: &Schema,
        mut cells: Vec<f64>,
        target: Option<usize>,
        options: &RuleOptions,
    ) -> Result<Planned, String> {
        let names: Vec<String> = schema.columns().iter().map(|column| column.name.clone()).collect();
        let mut columns = by_column(schema, &cells);
        let ruled = options.apply(&names, &of_rules(schema, &columns), find_rules)?;
        let (rules, mut notes, left_out) = (ruled.rules, ruled.notes, ruled.left_out);
        notes.extend(rules.iter().map(|rule| format!("rule        {}", rule.describe(&names))));
        if !left_out.is_empty() {
            let rows = cells.chunks_exact(names.len()).enumerate();
            cells =
                rows.filter(|(at, _)| left_out.binary_search(at).is_err()).flat_map(|(_, row)| row.to_vec()).collect();
            columns = by_column(schema, &cells);
        }
        let plan = structure(&rules, &of_rules(schema, &columns), target);
        Ok(Planned { plan, rules, cells, notes })
    }
}

/// The columns that are learned, with their places.
fn learned(schema: &Schema) -> impl Iterator<Item = (usize, &Column)> {
    schema.columns().iter().enumerate().filter(|(_, column)| column.kind.is_learned())
}

/// The cells of each column that is learned.
fn by_column(schema: &Schema, cells: &[f64]) -> Vec<Vec<f64>> {
    let width = schema.columns().len();
    learned(schema).map(|(at, _)| cells.iter().skip(at).step_by(width).copied().collect()).collect()
}

/// Columns as rules see them.
fn of_rules<'a>(schema: &Schema, columns: &'a [Vec<f64>]) -> Vec<RuleColumn<'a>> {
    learned(schema)
        .zip(columns)
        .map(|((index, column), cells)| {
            let kind = match &column.kind {
                Kind::Category { values, .. } => RuleKind::Category { count: values.len() },
                Kind::Date { .. } => RuleKind::Date,
                _ => RuleKind::Number,
            };
            RuleColumn { index, kind, grid: grid_of(&column.kind), cells }
        })
        .collect()
}

/// Which numbers a column can write.
pub(super) fn grid_of(kind: &Kind) -> Grid {
    match kind {
        Kind::Number { form, .. } => form.most_decimals().map_or(Grid::Free, |places| Grid::Decimals { places }),
        Kind::Date { form, .. } => form.grid(),
        _ => Grid::Free,
    }
}
