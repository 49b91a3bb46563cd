//! What models see of a row's cells, by what is learned of the columns of some rows. Not here: the models.

use super::bins::{ABSENT, Bins, edges, interval};
use crate::table::{Table, TableKind};

/// Rows that a category needs to have a weight of its own in linear models.
pub(super) const FREQUENT: usize = 5;
/// Most codes of a column of categories: the rarer ones share the last.
const CODES: usize = 250;
/// No weight.
pub(super) const NONE: u32 = u32::MAX;

/// What is known of a column.
enum Feature {
    Number {
        column: usize,
        median: f32,
        /// Mean and deviation where the median stands for missing ones.
        scale: (f64, f64),
        /// The same of 0 and 1 for missing ones, where some are.
        absent: Option<(f64, f64)>,
        edges: Vec<f32>,
    },
    Category {
        column: usize,
        /// For each category the place of its weight.
        weights: Vec<u32>,
        /// For each category its code.
        codes: Vec<u8>,
    },
}

/// Columns of a table as models see them.
pub(crate) struct Encoder {
    features: Vec<Feature>,
    /// Numbers of a row, and places of weights of its categories.
    numbers: usize,
    /// Weights of categories.
    weights: usize,
}

/// Rows for linear models: numbers with mean 0 and deviation 1, and the place of a weight for each column of categories.
pub(super) struct Wide {
    pub rows: usize,
    /// Numbers of a row.
    pub numbers: usize,
    /// Rows of numbers.
    pub values: Vec<f32>,
    /// Columns of categories.
    pub categories: usize,
    /// Rows of places, after those of the numbers; [`NONE`] for a category that is not known.
    pub places: Vec<u32>,
    /// Number of weights.
    pub weights: usize,
}

/// Mean and deviation of numbers; 1 for a deviation of 0.
fn scale(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = numbers.clone().count().max(1) as f64;
    let mean = numbers.clone().sum::<f64>() / n;
    let deviation = (numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    (mean, if deviation > 0.0 { deviation } else { 1.0 })
}

fn median(cells: &[f32]) -> f32 {
    let mut known: Vec<f32> = cells.iter().copied().filter(|cell| !cell.is_nan()).collect();
    known.sort_unstable_by(f32::total_cmp);
    let half = known.len() / 2;
    match (known.len(), known.len() % 2) {
        (0, _) => 0.0,
        (_, 1) => known[half],
        _ => ((f64::from(known[half - 1]) + f64::from(known[half])) / 2.0) as f32,
    }
}

impl Encoder {
    /// Learns these columns of the rows.
    pub fn new(table: &Table<'_>, columns: &[usize]) -> Encoder {
        let (mut numbers, mut weights) = (0, 0);
        let feature = |&column: &usize| {
            let cells = &table.cells[column];
            match table.columns[column].kind {
                TableKind::Number { .. } => {
                    let median = median(cells);
                    let filled = cells.iter().map(|cell| f64::from(if cell.is_nan() { median } else { *cell }));
                    let flags = cells.iter().map(|cell| f64::from(u8::from(cell.is_nan())));
                    let absent = cells.iter().any(|cell| cell.is_nan()).then(|| scale(flags));
                    numbers += if absent.is_some() { 2 } else { 1 };
                    Feature::Number { column, median, scale: scale(filled), absent, edges: edges(cells) }
                }
                TableKind::Category { values, .. } => {
                    let mut counts = vec![0usize; values];
                    cells.iter().for_each(|cell| counts[*cell as usize] += 1);
                    let places = places(&counts, |_, count| count >= FREQUENT);
                    let used = places.iter().filter(|place| **place != NONE).max().map_or(0, |most| most + 1);
                    let own = places.iter().map(|place| if *place == NONE { NONE } else { place + weights }).collect();
                    weights += used;
                    let most =
                        if counts.iter().filter(|count| **count > 0).count() > CODES { CODES - 1 } else { CODES };
                    let codes = self::places(&counts, |rank, _| rank < most);
                    let codes = codes.iter().map(|code| if *code == NONE { ABSENT } else { *code as u8 }).collect();
                    Feature::Category { column, weights: own, codes }
                }
            }
        };
        let features = columns.iter().map(feature).collect();
        Encoder { features, numbers, weights: weights as usize }
    }

    /// Rows for linear models.
    pub(super) fn wide(&self, table: &Table<'_>) -> Wide {
        let categories = self.features.iter().filter(|feature| matches!(feature, Feature::Category { .. })).count();
        let mut wide = Wide {
            rows: table.rows,
            numbers: self.numbers,
            values: Vec::with_capacity(table.rows * self.numbers),
            categories,
            places: Vec::with_capacity(table.rows * categories),
            weights: self.numbers + self.weights,
        };
        for row in 0..table.rows {
            for feature in &self.features {
                match feature {
                    Feature::Number { column, median, scale, absent, .. } => {
                        let cell = table.cells[*column][row];
                        let filled = f64::from(if cell.is_nan() { *median } else { cell });
                        wide.values.push(((filled - scale.0) / scale.1) as f32);
                        let flag = f64::from(u8::from(cell.is_nan()));
                        wide.values.extend(absent.map(|(mean, deviation)| ((flag - mean) / deviation) as f32));
                    }
                    Feature::Category { column, weights, .. } => {
                        let place = weights[table.cells[*column][row] as usize];
                        wide.places.push(if place == NONE { NONE } else { place + self.numbers as u32 });
                    }
                }
            }
        }
        wide
    }

    /// Codes for boosting: a missing number is one of its own, as is a category that is not known.
    pub(super) fn bins(&self, table: &Table<'_>) -> Bins {
        self.coded(table, false)
    }

    /// Codes for forests, which take them all in their order: the median stands for missing numbers, 0 for unknown categories.
    pub(super) fn ordered(&self, table: &Table<'_>) -> Bins {
        self.coded(table, true)
    }

    fn coded(&self, table: &Table<'_>, ordered: bool) -> Bins {
        let (mut codes, mut categories, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for feature in &self.features {
            match feature {
                Feature::Number { column, median, edges, .. } => {
                    let code = |cell: &f32| interval(edges, if ordered && cell.is_nan() { *median } else { *cell });
                    codes.push(table.cells[*column].iter().map(code).collect());
                    categories.push(false);
                    counts.push(edges.len() + 1);
                }
                Feature::Category { column, codes: known, .. } => {
                    let shift = u8::from(ordered);
                    let code = |cell: &f32| match known[*cell as usize] {
                        ABSENT if ordered => 0,
                        ABSENT => ABSENT,
                        code => code + shift,
                    };
                    codes.push(table.cells[*column].iter().map(code).collect());
                    categories.push(!ordered);
                    let most =
                        known.iter().filter(|code| **code != ABSENT).max().map_or(0, |most| usize::from(*most) + 1);
                    counts.push(most + usize::from(shift));
                }
            }
        }
        Bins { codes, categories, counts, rows: table.rows }
    }
}

/// For each category that a row has a place: one of its own, in the order of the list, where `own` says so by its rank (the most
/// frequent has 0) and count; the others share the last.
fn places(counts: &[usize], own: impl Fn(usize, usize) -> bool) -> Vec<u32> {
    let mut ranked: Vec<usize> = (0..counts.len()).filter(|at| counts[*at] > 0).collect();
    ranked.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
    let mut found = vec![NONE; counts.len()];
    let ranked = ranked.into_iter().enumerate();
    let (mut kept, rest): (Vec<_>, Vec<_>) = ranked.partition(|(rank, at)| own(*rank, counts[*at]));
    kept.sort_by_key(|(_, at)| *at);
    kept.iter().enumerate().for_each(|(place, (_, at))| found[*at] = place as u32);
    rest.iter().for_each(|(_, at)| found[*at] = kept.len() as u32);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};

    #[test]
    fn rows_are_encoded_by_hand() {
        let columns = [number("x"), category("kind", 4)];
        // Known 0, 2, 2 and a missing one: the median is 2, mean 1.5, deviation √0.75.
        let cells = vec![vec![0.0, 2.0, 2.0, f32::NAN], vec![0.0, 0.0, 2.0, 2.0]];
        let table = Table { columns: &columns, cells, rows: 4 };
        let encoder = Encoder::new(&table, &[1, 0]);
        let wide = encoder.wide(&table);
        let deviation = 0.75f32.sqrt();
        let expected = [-1.5 / deviation, 0.5 / deviation, 0.5 / deviation, 0.5 / deviation];
        let flags = [-0.25, -0.25, -0.25, 0.75].map(|x| x / (0.1875f32).sqrt());
        for (row, (value, flag)) in expected.iter().zip(flags).enumerate() {
            let found = &wide.values[2 * row..2 * row + 2];
            assert!((found[0] - value).abs() < 1e-6 && (found[1] - flag).abs() < 1e-6, "{found:?}");
        }
        // Both categories are rare: they share one weight after the two of numbers.
        assert_eq!((wide.places, wide.weights), (vec![2; 4], 3));
        let bins = encoder.bins(&table);
        assert_eq!((bins.codes, bins.counts), (vec![vec![0, 0, 1, 1], vec![0, 1, 1, ABSENT]], vec![2, 2]));
        let other = Table { columns: &columns, cells: vec![vec![0.5, f32::NAN], vec![3.0, 2.0]], rows: 2 };
        assert_eq!(encoder.bins(&other).codes, [[ABSENT, 1], [0, ABSENT]]);
        assert_eq!(encoder.ordered(&other).codes, [[0, 2], [0, 1]]);
        assert_eq!(encoder.wide(&other).places, [NONE, 2]);
    }

    #[test]
    fn rare_categories_share_a_place() {
        assert_eq!(places(&[7, 0, 2, 9, 1], |_, count| count >= 5), [0, NONE, 2, 1, 2]);
        assert_eq!(places(&[7, 0, 2, 9, 1], |rank, _| rank < 3), [0, NONE, 1, 2, 3]);
        assert_eq!(places(&[7, 8], |rank, _| rank < 2), [0, 1]);
    }

    /// Of 300 categories the 249 most frequent have a code of their own.
    #[test]
    fn codes_fit_into_a_byte() {
        let columns = [category("kind", 300)];
        let cells = (0..300u32).flat_map(|kind| vec![kind as f32; 1 + usize::from(kind < 249)]).collect::<Vec<f32>>();
        let table = Table { columns: &columns, rows: cells.len(), cells: vec![cells] };
        let bins = Encoder::new(&table, &[0]).bins(&table);
        let mut different = bins.codes[0].clone();
        different.dedup();
        assert_eq!((different.len(), bins.counts[0], different[249]), (250, 250, 249));
    }
}
