//! Generated rows that are as they are asked to be, one seed after the other. Not here: choosing among them (`selector.rs`).

use super::{CHUNK, RowReport};
use crate::error::GanError;
use crate::sampler::Sampler;
use ganymede_data::{CONDITION, KnownRows, NumberedRows, RowFilter, RowLines, Wish};

/// Rows that are generated without one that is kept before it is given up.
const PATIENCE: u64 = 500_000;

/// What rows are asked to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsAsked {
    /// The class of the target that all are of.
    pub class: Option<u32>,
    /// Whether each class of the target is as frequent as any other.
    pub balanced: bool,
    /// What they are tested by.
    pub filter: RowFilter,
}

impl RowsAsked {
    /// What the generator is given, which knows so many classes.
    fn wish(&self, classes: u64) -> Wish {
        match self.class {
            _ if classes == 0 => Wish::in_turn(),
            Some(class) => Wish::label(class),
            None if self.balanced => Wish::labels_in_turn(u32::try_from(classes).unwrap_or(u32::MAX)),
            None => Wish::in_turn(),
        }
    }

    /// How much each real row counts beside generated ones: those that are as asked for, each class as much as any other where
    /// they are balanced.
    pub(super) fn weights(&self, table: &dyn RowLines, cells: &[f64]) -> Vec<f64> {
        let rows = cells.chunks_exact(table.width().max(1));
        let is_asked = |row: &[f64]| {
            table.is_kept(&self.filter, row) && self.class.is_none_or(|class| table.class_of(row) == Some(class))
        };
        let mut weights: Vec<f64> = rows.clone().map(|row| f64::from(u8::from(is_asked(row)))).collect();
        if self.balanced {
            let classes: Vec<usize> = rows.map(|row| table.class_of(row).unwrap_or(0) as usize).collect();
            let mut counts = vec![0.0; classes.iter().max().map_or(0, |most| most + 1)];
            classes.iter().zip(&weights).for_each(|(class, weight)| counts[*class] += weight);
            weights.iter_mut().zip(classes).filter(|(weight, _)| **weight > 0.0).for_each(|(w, c)| *w /= counts[c]);
        }
        weights
    }
}

/// Generates rows from a seed on.
pub struct RowDraws<'a> {
    sampler: &'a mut Sampler,
    table: &'a dyn RowLines,
    asked: &'a RowsAsked,
    wish: Wish,
    /// Rows that none may be a copy of.
    known: Option<&'a KnownRows>,
    next: u64,
    generated: u64,
    fit: u64,
    copies: u64,
}

impl<'a> RowDraws<'a> {
    /// From this seed on. Copies of the `known` rows are dropped.
    pub fn new(
        (sampler, table): (&'a mut Sampler, &'a dyn RowLines),
        asked: &'a RowsAsked,
        known: Option<&'a KnownRows>,
        first: u64,
    ) -> RowDraws<'a> {
        // A generator that takes a category of any column is given what is asked for; what it misses is not kept.
        let wish = match sampler.given().contains(&CONDITION) {
            true => table.wish(&asked.filter),
            false => asked.wish(sampler.classes()),
        };
        RowDraws { sampler, table, asked, wish, known, next: first, generated: 0, fit: 0, copies: 0 }
    }

    /// The next `count` rows that are as asked for. `wanted`: of how many an error speaks.
    ///
    /// # Errors
    /// [`GanError::Rare`] where too few are, [`GanError::Argument`] for seeds beyond 2⁶⁴; what generating gives.
    pub fn take(&mut self, count: u64, wanted: u64) -> Result<NumberedRows, GanError> {
        // A generator that is given no class makes rows of all of them.
        let class = self.asked.class.filter(|_| self.sampler.classes() == 0);
        let sure = self.asked.filter.is_empty() && self.known.is_none() && class.is_none();
        let mut rows = NumberedRows::default();
        let mut since = 0;
        while (rows.len() as u64) < count {
            let left = count - rows.len() as u64;
            let ask = if sure { CHUNK.min(left) } else { CHUNK };
            let end = self.next.checked_add(ask).ok_or_else(no_seeds)?;
            let drawn = self.sampler.draw_as(self.next..end, &self.wish)?;
            let values =
                drawn.as_f32().map_err(|e| GanError::Argument { what: "samples".into(), reason: e.to_string() })?;
            let mut part = NumberedRows::default();
            self.table.decoded(values, self.next, &self.asked.filter, &mut part)?;
            let mut end = end;
            let (table, known) = (self.table, self.known);
            if class.is_some() {
                part.retain(|row| table.class_of(row) == class);
            }
            let mut fit = part.len() as u64;
            let mut dropped: Vec<u64> = Vec::new();
            if let Some(known) = known {
                let mut at = 0..;
                let numbers = part.numbers.clone();
                part.retain(|row| {
                    let is_copy = known.has(table, row);
                    dropped.extend(at.next().filter(|_| is_copy).map(|at: usize| numbers[at]));
                    !is_copy
                });
            }
            if part.len() as u64 >= left {
                // What is behind the last row that is needed is left for the next.
                let width = part.cells.len() / part.len().max(1);
                let last = part.numbers[left as usize - 1];
                part.numbers.truncate(left as usize);
                part.cells.truncate(left as usize * width);
                dropped.retain(|number| *number < last);
                (fit, end) = (left + dropped.len() as u64, last + 1);
            }
            self.generated += end - self.next;
            since += end - self.next;
            self.fit += fit;
            self.copies += dropped.len() as u64;
            self.next = end;
            rows.numbers.extend(part.numbers);
            rows.cells.extend(part.cells);
            let found = rows.len() as u64;
            if found < count && since >= PATIENCE.max(found.saturating_mul(PATIENCE / 10)) {
                return Err(GanError::Rare { wanted, found, generated: since, copies: self.copies });
            }
        }
        Ok(rows)
    }

    /// The report with what was generated.
    pub(super) fn tell(self, report: RowReport) -> RowReport {
        RowReport { generated: self.generated, fit: self.fit, copies: self.copies, next: self.next, ..report }
    }
}

pub(super) fn no_seeds() -> GanError {
    GanError::Argument { what: "seeds".into(), reason: format!("expected seeds below {}, found more", u64::MAX) }
}
