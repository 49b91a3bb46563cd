//! Rows of which some cells are given: what follows from these, and whether the row breaks a rule. Not here: rows that a network
//! makes as a whole (`plan.rs`).

use super::plan::{Check, Gap, Lookup, Plan, Step, Way};
use super::rules::{key, place};

/// Part of a number by which two may differ that follow from each other at full precision.
const SAME: f64 = 1e-9;

impl Plan {
    /// Gives the open cells of a row that follow from others these values: what is looked up, copied or computed.
    pub fn follow(&self, row: &mut [f64], is_open: impl Fn(usize) -> bool) {
        for Step { column, way } in self.steps.iter().filter(|step| is_open(step.column)) {
            if let Some(cell) = way.follows(row) {
                row[*column] = cell;
            }
        }
    }

    /// Whether a row breaks a rule, whatever its cells came from.
    pub fn breaks(&self, row: &[f64]) -> bool {
        let broken = |step: &Step| match &step.way {
            Way::Learned => false,
            Way::Gap(gap) => gap.breaks(row, row[step.column]),
            way => way.follows(row).is_some_and(|cell| !same(cell, row[step.column])),
        };
        let unchecked = |check: &Check| match check {
            Check::Fixes { lookup, to } => lookup.says(row).is_some_and(|cell| !same(cell, row[*to])),
            Check::AtMost { low, high } => beyond(row[*low], row[high.column], high.strict),
        };
        self.steps.iter().any(broken) || self.checks.iter().any(unchecked)
    }
}

impl Way {
    /// The cell that others of the row say; none where the column is learned, or nothing is known of their values.
    fn follows(&self, row: &[f64]) -> Option<f64> {
        match self {
            Way::Learned | Way::Gap(_) => None,
            Way::Lookup(lookup) => lookup.says(row),
            Way::Copy { from } => Some(row[*from]),
            Way::Affine { from, factor, offset, grid } => Some(grid.nearest(factor * row[*from] + offset)),
        }
    }
}

impl Lookup {
    /// The cell that the row's value says; none for a value that was never seen.
    fn says(&self, row: &[f64]) -> Option<f64> {
        place(row[self.from], self.cells.len() - 1).map(|_| self.cell(row[self.from]))
    }
}

impl Gap {
    fn breaks(&self, row: &[f64], cell: f64) -> bool {
        self.others.iter().any(|other| match self.above {
            true => beyond(row[other.column], cell, other.strict),
            false => beyond(cell, row[other.column], other.strict),
        })
    }
}

/// Whether the first is above the second, or not below it. What is missing is on neither side.
fn beyond(low: f64, high: f64, strict: bool) -> bool {
    low > high || strict && low == high
}

/// Whether two cells are the same; missing ones are.
fn same(a: f64, b: f64) -> bool {
    key(a) == key(b) || (a - b).abs() <= SAME * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::super::grid::Grid;
    use super::super::plan::Bound;
    use super::*;

    /// Column 0 is a category of two that says column 1 (7 or 8); column 2 is a number, 3 is twice that plus 1, and 4 is above 2.
    fn plan() -> Plan {
        let lookup = Lookup { from: 0, cells: vec![Some(7.0), Some(8.0), None] };
        let others = vec![Bound { column: 2, strict: true }];
        let gap = Gap { above: true, others, usual: 0.0, places: Some(0), grid: Grid::Free, least: 0.0, most: 9.0 };
        let affine = Way::Affine { from: 2, factor: 2.0, offset: 1.0, grid: Grid::Free };
        let ways = [Way::Learned, Way::Lookup(lookup), Way::Learned, affine, Way::Gap(gap)];
        let steps = ways.into_iter().enumerate().map(|(column, way)| Step { column, way }).collect();
        Plan { steps, checks: vec![Check::AtMost { low: 2, high: Bound { column: 1, strict: false } }] }
    }

    #[test]
    fn what_follows_is_filled_and_what_is_given_stays() {
        let mut row = [1.0, 0.0, 3.0, 0.0, 0.0];
        plan().follow(&mut row, |at| at != 3);
        assert_eq!(row, [1.0, 8.0, 3.0, 0.0, 0.0], "a learned column is not touched, nor is one that is not open");
        plan().follow(&mut row, |at| at == 3);
        assert_eq!(row[3], 7.0);
    }

    #[test]
    fn rows_that_break_a_rule_are_told() {
        let broken = |row: [f64; 5]| plan().breaks(&row);
        assert!(!broken([1.0, 8.0, 3.0, 7.0, 4.0]));
        assert!(broken([0.0, 8.0, 3.0, 7.0, 4.0]), "the first says 7");
        assert!(broken([1.0, 8.0, 3.0, 7.5, 4.0]), "twice 3 and 1 is 7");
        assert!(!broken([1.0, 8.0, 3.0, 7.0 + 1e-12, 4.0]));
        assert!(broken([1.0, 8.0, 3.0, 7.0, 3.0]), "the last is above the third");
        assert!(!broken([1.0, 8.0, 3.0, 7.0, 400.0]), "a range is no rule");
        assert!(broken([1.0, 8.0, 9.0, 19.0, 10.0]), "the third is at most the second");
        assert!(!broken([-1.0, 8.0, 3.0, 7.0, 4.0]), "a value that was never seen says nothing");
        assert!(!broken([1.0, 8.0, f64::NAN, f64::NAN, 10.0]), "what is missing is in no order");
    }
}
