//! What rows of a table are to metrics. Not here: the cells themselves (`ganymede-data`), which rows are compared (`sets.rs`).

use super::sets::misshapen;
use crate::error::GanError;
use crate::metrics::{TableColumn, TableKind, TableRule};
use ganymede_data::{RowKind, RowLines, RowRule};
use ganymede_tensor::Tensor;

/// The columns and rules of a table.
pub(crate) fn facts(table: &dyn RowLines) -> (Vec<TableColumn>, Vec<TableRule>) {
    let columns = table.columns().into_iter().map(|column| {
        let kind = match column.kind {
            RowKind::Number { whole, range } => TableKind::Number { whole, range },
            RowKind::Category { values, missing } => TableKind::Category { values, missing },
        };
        TableColumn { name: column.name, kind, target: column.target }
    });
    let rules = table.rules().into_iter().map(|rule| match rule {
        RowRule::Fixes(from, to) => TableRule::Fixes { from, to },
        RowRule::AtMost(low, high) => TableRule::AtMost { low, high },
        RowRule::Equal(a, b) => TableRule::Equal { a, b },
    });
    (columns.collect(), rules.collect())
}

/// The cells of rows as a tensor (N, columns).
pub(crate) fn rows(table: &dyn RowLines, cells: Vec<f32>) -> Result<Tensor, GanError> {
    let columns = table.columns().len();
    Tensor::from_f32([cells.len() / columns.max(1), columns], cells).map_err(misshapen)
}
