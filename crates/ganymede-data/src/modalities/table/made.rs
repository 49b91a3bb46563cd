//! Which columns a network makes, and how the others follow from them. Not here: the rules themselves (`crate::table`), one column
//! as values (`encoder.rs`).

use crate::table::{Grid, Kind, Plan, Rule, RuleColumn, RuleKind, RuleOptions, Schema, find_rules, structure};

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

/// How the rules of a table are kept, and what the report says of them.
pub(super) fn plan(
    schema: &Schema,
    cells: &[f64],
    target: Option<usize>,
    options: &RuleOptions,
) -> Result<(Plan, Vec<Rule>, Vec<String>), String> {
    let width = schema.columns().len();
    let learned = || schema.columns().iter().enumerate().filter(|(_, column)| column.kind.is_learned());
    let columns: Vec<Vec<f64>> =
        learned().map(|(at, _)| cells.iter().skip(at).step_by(width).copied().collect()).collect();
    let of_rules: Vec<RuleColumn<'_>> = learned()
        .zip(&columns)
        .map(|((index, column), cells)| {
            let kind = match &column.kind {
                Kind::Category { values, .. } => RuleKind::Category { count: values.len() },
                Kind::Date { .. } => RuleKind::Date,
                _ => RuleKind::Number,
            };
            RuleColumn { index, kind, grid: grid_of(&column.kind), cells }
        })
        .collect();
    let names: Vec<String> = schema.columns().iter().map(|column| column.name.clone()).collect();
    let ruled = options.apply(&names, &of_rules, find_rules)?;
    let mut notes = ruled.notes;
    notes.extend(ruled.rules.iter().map(|rule| format!("rule        {}", rule.describe(&names))));
    let plan = structure(&ruled.rules, &of_rules, target);
    Ok((plan, ruled.rules, notes))
}

/// Which numbers a column can write.
pub(super) fn grid_of(kind: &Kind) -> Grid {
    match kind {
        Kind::Number { form, .. } => form.most_decimals().map_or(Grid::Free, |places| Grid::Decimals { places }),
        Kind::Date { form, .. } => form.grid(),
        _ => Grid::Free,
    }
}
