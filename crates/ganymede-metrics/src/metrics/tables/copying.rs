//! Metric `copying`: whether rows are those that the generator learned from. Not here: how near rows are (`nearest.rs`).

use super::{LEAST, NAMED, no_table};
use crate::estimate::{Estimate, MANY, mean, multiplicities};
use crate::metrics::{Better, Metric, Value};
use crate::nearest::nearest;
use crate::table::Table;
use crate::{Comparison, Facts, MetricError, Number, Sizes, Stop};
use ganymede_tensor::{Rng, stream_of};
use std::cmp::Ordering;

/// Most generated rows whose nearest real ones are sought.
const MOST: usize = 10_000;
/// Most real rows that they are sought among, of each kind.
const AMONG: usize = 50_000;
/// Distances that are the same.
const SAME: f64 = 1e-6;

/// Rows of a table in the order of their cells.
struct Sorted<'a> {
    table: &'a Table<'a>,
    order: Vec<u32>,
}

/// Compares rows of two tables by their cells, each by what stands for it.
fn compare(a: &Table<'_>, i: usize, b: &Table<'_>, j: usize) -> Ordering {
    let cells = a.cells.iter().zip(&b.cells);
    cells.map(|(a, b)| a[i].to_bits().cmp(&b[j].to_bits())).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl<'a> Sorted<'a> {
    fn new(table: &'a Table<'a>) -> Sorted<'a> {
        let mut order: Vec<u32> = (0..table.rows as u32).collect();
        order.sort_by(|a, b| compare(table, *a as usize, table, *b as usize));
        Sorted { table, order }
    }

    /// Rows of another table that are equal to one of these.
    fn equal(&self, other: &Table<'_>) -> Vec<usize> {
        let known =
            |row: &usize| self.order.binary_search_by(|own| compare(self.table, *own as usize, other, *row)).is_ok();
        (0..other.rows).filter(known).collect()
    }

    /// How many rows repeat an earlier one.
    fn repeated(&self) -> usize {
        let same = |pair: &&[u32]| compare(self.table, pair[0] as usize, self.table, pair[1] as usize).is_eq();
        self.order.windows(2).filter(same).count()
    }
}

/// The share of rows that are nearer to one set than to another, in units where a half is what rows have that know neither:
/// `fair` is the share that the first set has of both. One that is as near to both counts that much.
fn nearer(to_first: &[f64], to_second: &[f64], fair: f64) -> Estimate {
    let closer = |(a, b): (&f64, &f64)| match a - b {
        difference if difference.abs() < SAME => fair,
        difference => f64::from(u8::from(difference < 0.0)),
    };
    let each: Vec<f64> = to_first.iter().zip(to_second).map(closer).collect();
    let found = Estimate::share_of(mean(&each), each.len());
    let scaled =
        |share: f64| if share <= fair { share / fair / 2.0 } else { 0.5 + (share - fair) / (1.0 - fair) / 2.0 };
    Estimate { value: scaled(found.value), low: scaled(found.low), high: scaled(found.high) }
}

/// The number that a share of sorted ones is below, between two of them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let next = sorted[(low + 1).min(sorted.len() - 1)];
    sorted[low] + part * (next - sorted[low])
}

/// The same where row i stands `times[i]` times.
fn quantile_of(sorted: &[f64], times: &[u32], share: f64) -> f64 {
    let mut left = share * (sorted.len() - 1) as f64;
    for (number, times) in sorted.iter().zip(times) {
        left -= f64::from(*times);
        if left < 0.0 {
            return *number;
        }
    }
    sorted[sorted.len() - 1]
}

/// A number with what real rows have beside it.
type Beside = (Value, f64);

fn share(name: &'static str, hits: usize, of: usize, note: Option<String>, reference: f64) -> Beside {
    let estimate = Estimate::share(hits, of);
    (Value { note, ..Value::new(name, Better::Near, estimate) }, reference)
}

/// Which rows these are, in a few words.
fn named(rows: &[usize]) -> Option<String> {
    let some: Vec<String> = rows.iter().take(NAMED).map(|row| (row + 1).to_string()).collect();
    let more = if rows.len() > NAMED { format!(" and {} more", rows.len() - NAMED) } else { String::new() };
    (!rows.is_empty()).then(|| format!("rows {}{more}", some.join(", ")))
}

fn values([real, fake, learned, held]: [&Table<'_>; 4], seed: u64, stop: Stop<'_>) -> Result<Vec<Beside>, MetricError> {
    for (table, what) in
        [(fake, "generated rows"), (learned, "rows that were learned from"), (held, "rows that were held out")]
    {
        if table.rows < LEAST {
            let reason = format!("expected at least {LEAST} {what}, found {}", table.rows);
            return Err(MetricError::argument("copying", reason));
        }
    }
    let mut rng = Rng::new(seed, stream_of("metrics/copying"));
    let mut some = |table: &Table<'_>, most: usize| rng.permutation(table.rows)[..most.min(table.rows)].to_vec();
    let (asked, among, beside) = (some(fake, MOST), some(learned, AMONG), some(held, AMONG));
    let (asked, among, beside) = (fake.take(&asked), learned.take(&among), held.take(&beside));
    let fair = |others: usize| among.rows as f64 / (among.rows + others) as f64;
    let (near, far) = (nearest(&asked, &among, stop)?, nearest(&asked, &beside, stop)?);
    // Held-out rows, and whether they are nearer to those that were learned from than to the other half of them.
    let first: Vec<usize> = (0..(beside.rows / 2).min(MOST)).collect();
    let rest: Vec<usize> = (beside.rows / 2..beside.rows).collect();
    let (first, rest) = (beside.take(&first), beside.take(&rest));
    let mut of_held = nearest(&first, &among, stop)?;
    let share_of_held = nearer(&of_held, &nearest(&first, &rest, stop)?, fair(rest.rows)).value;
    let note = Some(format!("0.5 is no copying, 1 all copies; among {} rows that were learned from", among.rows));
    let share_of_fake = nearer(&near, &far, fair(beside.rows));
    let mut found = vec![(Value { note, ..Value::new("nearest_share", Better::Near, share_of_fake) }, share_of_held)];
    let sorted = Sorted::new(learned);
    let (copies, of_others) = (sorted.equal(fake), sorted.equal(held).len() as f64 / held.rows as f64);
    found.push(share("exact_copies", copies.len(), fake.rows, named(&copies), of_others));
    let of_real = Sorted::new(real).repeated() as f64 / real.rows.max(1) as f64;
    found.push(share("repeated_rows", Sorted::new(fake).repeated(), fake.rows, None, of_real));
    let mut sorted = near;
    sorted.sort_by(f64::total_cmp);
    of_held.sort_by(f64::total_cmp);
    let times: Vec<Vec<u32>> = (0..MANY).map(|_| multiplicities(sorted.len(), &mut rng)).collect();
    for (name, part) in [("distance_5th", 0.05), ("distance_median", 0.5)] {
        let resampled: Vec<f64> = times.iter().map(|times| quantile_of(&sorted, times, part)).collect();
        let estimate = Estimate::resampled(quantile(&sorted, part), &resampled).within(0.0, f64::INFINITY);
        found.push((Value::new(name, Better::Near, estimate), quantile(&of_held, part)));
    }
    Ok(found)
}

/// The line of the table.
pub(in crate::metrics) struct Copying;

impl Metric for Copying {
    fn name(&self) -> &'static str {
        "copying"
    }

    fn summary(&self) -> &'static str {
        "whether rows are copies of those that the generator learned from, beside held-out ones; no proof of anonymity"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        no_table(data)
    }

    /// Beside the rows that the generator learned from, and those that were held out (50,000 at most of each), of 10,000 generated
    /// rows at most:
    ///
    /// - `nearest_share`: the share of rows that are nearer to one that was learned from than to any that was held out, scaled for
    ///   the sizes of the two: 0.5 for rows that know neither, 1 for copies;
    /// - `exact_copies`: the share of rows that are equal to one that was learned from, of all generated ones;
    /// - `repeated_rows`: the share of rows that repeat another generated one;
    /// - `distance_5th`, `distance_median`: the 5th percentile and the median of the distances to the nearest row that was learned
    ///   from.
    ///
    /// The references are those of held-out rows (half of them, beside the other half); of `repeated_rows` that of real ones. The
    /// square of a distance is 1 for each category that differs, and the square of numbers' differences in units of the real range;
    /// a missing number is at −0.5. Intervals are those of the generated rows, beside these real ones.
    ///
    /// # Source
    /// Zhao, Kunar, Birke, Chen (2021), "CTAB-GAN", arXiv:2102.08369, section 4.4, on the distance to the closest record; Platzer,
    /// Reutterer (2021), "Holdout-based empirical assessment of mixed-type synthetic data", on its share beside held-out rows.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        let (data, sides, seed, stop) = (compared.data, compared.sides, compared.seed, compared.stop);
        stop.check()?;
        let (learned, held) = (compared.others.trained()?, compared.others.tested()?);
        let read = |samples| Table::of(self.name(), samples, &data.columns);
        let (real, fake) = (read(sides.real.samples())?, read(sides.fake.samples())?);
        let (learned, held) = (read(learned.samples())?, read(held.samples())?);
        let n = fake.rows;
        let number = |(value, reference): Beside| {
            let reference_n = if value.name == "repeated_rows" { real.rows } else { held.rows };
            Number { value, of: "samples", reference: Some(reference), n, reference_n, depends: String::new() }
        };
        Ok(values([&real, &fake, &learned, &held], seed, stop)?.into_iter().map(number).collect())
    }

    /// Cells of all rows, and of those that are compared twice again; resampled rows.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        let cells = data.elements() * size_of::<f32>();
        let (asked, among, beside) = (sizes.samples.min(MOST), sizes.learned.min(AMONG), sizes.tested.min(AMONG));
        let read = 2 * (sizes.samples + sizes.learned + sizes.tested) * cells;
        let taken = (2 * (asked + among) + 2 * beside) * cells;
        (read + taken + asked * MANY * size_of::<u32>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tables::reference;

    /// Of four rows two are nearer to the first, one is as near to both; of as many rows in both that is 2.5/4 of … scaled by itself.
    #[test]
    fn shares_and_quantiles_are_those_of_hand() {
        let found = nearer(&[1.0, 1.0, 3.0, 2.0], &[2.0, 2.0, 1.0, 2.0], 0.5);
        assert_eq!(found.value, 2.5 / 4.0);
        // Of four rows in five the first set's: half of 0.5/0.8; above it half and half of what is left.
        assert!((nearer(&[1.0, 3.0], &[2.0, 1.0], 0.8).value - 0.5 * 0.5 / 0.8).abs() < 1e-12);
        assert!((nearer(&[1.0, 2.0], &[2.0, 2.0], 0.8).value - (0.5 + 0.5 * 0.1 / 0.2)).abs() < 1e-12);
        let all = nearer(&[0.0; 100], &[1.0; 100], 0.8);
        assert!(all.value == 1.0 && all.high == 1.0 && all.low > 0.8 && all.low < 1.0, "{all:?}");
        assert_eq!((quantile(&[1.0, 2.0, 4.0], 0.5), quantile(&[1.0, 2.0, 4.0], 0.75)), (2.0, 3.0));
        assert_eq!(quantile_of(&[1.0, 2.0, 4.0], &[0, 0, 3], 0.05), 4.0);
        assert_eq!(quantile_of(&[1.0, 2.0, 4.0], &[1, 1, 1], 0.5), 2.0);
        assert_eq!(named(&[0, 4, 6, 9, 10]).unwrap(), "rows 1, 5, 7 and 2 more");
        assert_eq!((named(&[2]), named(&[])), (Some("rows 3".into()), None));
    }

    /// Copies of what was learned from, and of what was held out, and rows that know neither.
    #[test]
    fn copies_are_told_from_rows_of_their_own() {
        let columns = reference::columns("class");
        let table = |salt: u32, rows: usize| reference::table(&columns, salt, rows, false);
        let (learned, held, others) = (table(1, 900), table(2, 300), table(3, 600));
        let found = |fake: &Table<'_>| values([&learned, fake, &learned, &held], 1, Stop::NEVER).unwrap();
        let names: Vec<&str> = found(&others).iter().map(|(value, _)| value.name).collect();
        assert_eq!(names, ["nearest_share", "exact_copies", "repeated_rows", "distance_5th", "distance_median"]);
        let (copies, own, new) = (found(&learned), found(&held), found(&others));
        let number = |found: &[Beside], at: usize| found[at].0.estimate.value;
        assert!(number(&copies, 0) > 0.95 && number(&own, 0) < 0.1, "{copies:?} {own:?}");
        assert!((number(&new, 0) - 0.5).abs() < 0.06 && (new[0].1 - 0.5).abs() < 0.08, "{new:?}");
        assert!(new[0].0.estimate.low < number(&new, 0) && number(&new, 0) < new[0].0.estimate.high, "{new:?}");
        assert_eq!(number(&copies, 1), 1.0);
        assert_eq!(copies[1].0.note.as_deref(), Some("rows 1, 2, 3 and 897 more"));
        assert!(number(&new, 1) < 0.05 && new[1].1 < 0.05);
        assert_eq!((number(&copies, 3), number(&copies, 4)), (0.0, 0.0));
        let (median, reference) = (number(&new, 4), new[4].1);
        assert!((median - reference).abs() < 0.1 && median > 0.1, "{median}, {reference}");
        // One row again and again.
        let once = found(&others.take(&[7; 50]));
        assert_eq!((number(&once, 2), number(&new, 2) < 0.05), (49.0 / 50.0, true));
        let few = values([&learned, &others, &learned, &held.take(&[0; 19])], 1, Stop::NEVER).unwrap_err().to_string();
        assert!(few.contains("at least 20 rows that were held out, found 19"), "{few}");
    }
}
