//! Cells as small numbers: intervals of columns of numbers, and places of categories. Not here: which cell is which
//! (`encoding.rs`), what trees do with them (`boosting.rs`, `forest.rs`).

/// The code of a missing number, or of a category that is not known.
pub(super) const ABSENT: u8 = 255;
/// Most intervals of a column of numbers.
const MOST: usize = 255;

/// Rows as codes, a list for each column.
pub(super) struct Bins {
    /// The code of each row.
    pub codes: Vec<Vec<u8>>,
    /// Whether codes of the column are categories, which have no order.
    pub categories: Vec<bool>,
    /// Codes of the column but for [`ABSENT`].
    pub counts: Vec<usize>,
    /// Number of rows.
    pub rows: usize,
}

/// Codes of which each is a member or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Members([u64; 4]);

impl Members {
    /// Adds a code.
    pub fn add(&mut self, code: u8) {
        self.0[usize::from(code >> 6)] |= 1 << (code & 63);
    }

    /// Whether a code is a member.
    pub fn has(&self, code: u8) -> bool {
        self.0[usize::from(code >> 6)] >> (code & 63) & 1 == 1
    }
}

/// Where intervals of numbers begin, ascending: between each two different numbers where there are 255 at most, else at the
/// quantiles. A number is in the interval of as many as are not greater.
pub(super) fn edges(cells: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = cells.iter().copied().filter(|cell| !cell.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut different = sorted.clone();
    different.dedup();
    // Above the middle where it is rounded to the lower number: no number of the rows is on an edge from below.
    let between = |low: f32, high: f32| {
        let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
        if middle > low { middle } else { high }
    };
    let mut edges: Vec<f32> = if different.len() <= MOST {
        different.windows(2).map(|pair| between(pair[0], pair[1])).collect()
    } else {
        let last = sorted.len() - 1;
        let quantile = |at: usize| {
            let place = at * last / MOST;
            if (at * last).is_multiple_of(MOST) { sorted[place] } else { between(sorted[place], sorted[place + 1]) }
        };
        (1..MOST).map(quantile).collect()
    };
    edges.dedup();
    edges
}

/// The interval of a number.
pub(super) fn interval(edges: &[f32], cell: f32) -> u8 {
    if cell.is_nan() { ABSENT } else { edges.partition_point(|edge| *edge <= cell).min(MOST - 1) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_hand() {
        assert_eq!(edges(&[3.0, 1.0, f32::NAN, 1.0, 2.0]), [1.5, 2.5]);
        let codes = [0.0, 1.5, 2.0, 9.0, f32::NAN].map(|cell| interval(&[1.5, 2.5], cell));
        assert_eq!(codes, [0, 1, 1, 2, ABSENT]);
        assert_eq!((edges(&[]), edges(&[f32::NAN]), interval(&[], 4.0)), (vec![], vec![], 0));
        // 2,551 numbers: ten in each interval, and an end.
        let many: Vec<f32> = (0..2551).map(|at| at as f32).collect();
        let found = edges(&many);
        assert_eq!((found.len(), found[0], found[253]), (254, 10.0, 2540.0));
        assert_eq!((interval(&found, 9.0), interval(&found, 10.0), interval(&found, 2550.0)), (0, 1, 254));
        // Half of the numbers are the same: their quantiles are one edge.
        let heaped: Vec<f32> = many.iter().map(|x| x.min(1275.0)).collect();
        assert!(edges(&heaped).len() < 130);
        // Neighbours in f32 have nothing between them.
        let next = f32::from_bits(1.0f32.to_bits() + 1);
        let found = edges(&[1.0, next]);
        assert_eq!((interval(&found, 1.0), interval(&found, next)), (0, 1));
    }

    #[test]
    fn members_are_those_that_were_added() {
        let mut members = Members::default();
        [0, 63, 64, ABSENT].into_iter().for_each(|code| members.add(code));
        let found: Vec<u8> = (0..=255).filter(|code| members.has(*code)).collect();
        assert_eq!(found, [0, 63, 64, ABSENT]);
    }
}
