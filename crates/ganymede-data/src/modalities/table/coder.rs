//! A row of cells as values of a network, and back. Not here: one column (`encoder.rs`), the table that says which columns there are
//! (`mod.rs`).

use super::made::grid_of;
use super::{Table, largest};
use ganymede_tensor::{Rng, stream_of};

/// Rows of cells as values of a network, and back.
pub(super) struct RowCoder<'a> {
    table: &'a Table,
    /// The columns that are learned, the target among them.
    learned: Vec<usize>,
    /// Values of each column that a network makes.
    widths: Vec<usize>,
}

impl<'a> RowCoder<'a> {
    /// For the rows of a table.
    pub(super) fn of(table: &'a Table) -> RowCoder<'a> {
        let widths = table.learned.iter().map(|(_, encoder)| encoder.width()).collect();
        RowCoder { table, learned: table.plan.learned(), widths }
    }

    /// Writes the cells of a row as values of a network.
    pub(super) fn encode(&self, cells: &[f64], rng: &mut Rng, out: &mut [f32]) {
        let RowCoder { table, learned, widths } = self;
        let mut rest = out;
        let reduced = table.plan.reduce(cells);
        let made = learned.iter().zip(reduced).filter(|(at, _)| Some(**at) != table.label());
        for (((_, cell), (_, encoder)), width) in made.zip(&table.learned).zip(widths) {
            let (own, others) = rest.split_at_mut(*width);
            encoder.encode(cell, rng.uniform(), own);
            rest = others;
        }
        rest.fill(0.0);
        if let Some(place) = table.label().and_then(|at| rest.get_mut(cells[at] as usize)) {
            *place = 1.0;
        }
    }

    /// The cells of a row of values of a network; what shares a place is decided by the row's number.
    pub(super) fn decode(&self, values: &[f32], number: u64) -> Vec<f64> {
        let RowCoder { table, learned, widths } = self;
        let columns = table.schema.as_ref().map_or(&[][..], |schema| schema.columns());
        let mut rng = Rng::at(number, stream_of("table/shared"), 0);
        let (mut rest, mut makers) = (values, table.learned.iter().zip(widths));
        let target = &values[values.len() - table.classes.len()..];
        let cell = |at: &usize| {
            if Some(*at) == table.label() {
                return largest(target) as f64;
            }
            let Some(((_, encoder), width)) = makers.next() else { return f64::NAN };
            let (own, others) = rest.split_at(*width);
            rest = others;
            let made = encoder.decode(own, rng.uniform());
            // A gap is rounded with what it is the gap of.
            if table.plan.gap(*at).is_some() { made } else { grid_of(&columns[*at].kind).nearest(made) }
        };
        let cells: Vec<f64> = learned.iter().map(cell).collect();
        table.plan.expand(&cells, columns.len())
    }
}
