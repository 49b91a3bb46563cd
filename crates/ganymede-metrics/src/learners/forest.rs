//! A random forest on codes in their order. Not here: the codes (`bins.rs`), boosting (`boosting.rs`).

use super::Goal;
use super::bins::Bins;
use crate::{MetricError, Stop};
use ganymede_tensor::{Rng, stream_of};
use std::ops::Range;

/// Trees for classes; for a number.
const TREES: [usize; 2] = [100, 60];
/// Fewest rows of a leaf.
const LEAST: u32 = 2;
/// Codes of a byte.
const CODES: usize = 256;

/// What rows of a node or of a code sum up to: how often they are taken, then for each target that times its value.
struct Sums {
    times: f64,
    targets: Vec<f64>,
    rows: u32,
}

impl Sums {
    fn new(targets: usize) -> Sums {
        Sums { times: 0.0, targets: vec![0.0; targets], rows: 0 }
    }

    fn clear(&mut self) {
        (self.times, self.rows) = (0.0, 0);
        self.targets.fill(0.0);
    }

    fn add(&mut self, times: f64, class: usize, value: f64) {
        self.times += times;
        self.targets[class] += times * value;
        self.rows += 1;
    }

    fn add_all(&mut self, other: &Sums) {
        self.times += other.times;
        self.rows += other.rows;
        self.targets.iter_mut().zip(&other.targets).for_each(|(own, other)| *own += other);
    }

    /// Σ S²/W, of which more means less impurity (Gini's, or the variance).
    fn purity(&self) -> f64 {
        self.targets.iter().map(|sum| sum * sum).sum::<f64>() / self.times
    }

    /// The same of these without some.
    fn purity_without(&self, part: &Sums) -> f64 {
        let rest = self.targets.iter().zip(&part.targets).map(|(all, part)| (all - part) * (all - part));
        rest.sum::<f64>() / (self.times - part.times)
    }
}

/// Learns the goal of some rows, and predicts that of others: the mean of 100 trees (60 for a number), each of rows drawn again,
/// splits by Gini's impurity or the variance in the best of √C columns (half of them for a number), and leaves of at least two rows.
///
/// # Source
/// Breiman (2001), "Random forests"; with scikit-learn's `RandomForestClassifier` and `RandomForestRegressor` as they were chosen
/// for tables: 100 and 60 trees, `min_samples_leaf` 2, `max_features` √C and 0.5.
///
/// # Differs
/// Columns have 255 intervals at most.
pub(super) fn predict(
    [learned, asked]: [&Bins; 2],
    goal: &Goal,
    seed: u64,
    stop: Stop<'_>,
) -> Result<Vec<f64>, MetricError> {
    let width = goal.width();
    let columns = learned.codes.len();
    let (trees, tried) = match goal {
        Goal::Classes { .. } => (TREES[0], columns.isqrt()),
        Goal::Numbers(_) => (TREES[1], columns / 2),
    };
    let mut found = vec![0.0; asked.rows * width];
    for tree in 0..trees {
        let rng = Rng::new(seed, stream_of(&format!("learners/forest/{tree}")));
        Tree::new([learned, asked], goal, tried.max(1), rng).grow(&mut found, stop)?;
    }
    found.iter_mut().for_each(|share| *share /= trees as f64);
    Ok(found)
}

/// A tree while it grows: the rows that are asked for go down with those that are learned from.
struct Tree<'a> {
    learned: &'a Bins,
    asked: &'a Bins,
    goal: &'a Goal,
    tried: usize,
    rng: Rng,
    /// How often each row is taken.
    times: Vec<u32>,
    /// Rows that are taken, those of a node together; the same of those that are asked for.
    order: [Vec<u32>; 2],
    sums: Vec<Sums>,
}

/// The best split of a node so far: codes up to `code` are on the left.
#[derive(Clone, Copy)]
struct Split {
    purity: f64,
    column: usize,
    code: u8,
}

impl<'a> Tree<'a> {
    fn new([learned, asked]: [&'a Bins; 2], goal: &'a Goal, tried: usize, mut rng: Rng) -> Tree<'a> {
        let mut times = vec![0; learned.rows];
        (0..learned.rows).for_each(|_| times[rng.below(learned.rows as u32) as usize] += 1);
        let taken = (0..learned.rows as u32).filter(|row| times[*row as usize] > 0).collect();
        let order = [taken, (0..asked.rows as u32).collect()];
        let sums = (0..CODES).map(|_| Sums::new(goal.width())).collect();
        Tree { learned, asked, goal, tried, rng, times, order, sums }
    }

    /// Grows it, and adds what its leaves say of the rows that are asked for.
    fn grow(mut self, found: &mut [f64], stop: Stop<'_>) -> Result<(), MetricError> {
        stop.check()?;
        let width = self.goal.width();
        let mut open = vec![[0..self.order[0].len(), 0..self.order[1].len()]];
        while let Some([rows, asked]) = open.pop() {
            if asked.is_empty() {
                continue;
            }
            let (all, pure) = self.node(&rows);
            let split = if pure || all.rows < 2 * LEAST { None } else { self.best(&rows, &all) };
            let Some(split) = split else {
                let leaf: Vec<f64> = all.targets.iter().map(|sum| sum / all.times).collect();
                for row in &self.order[1][asked] {
                    let own = &mut found[*row as usize * width..(*row as usize + 1) * width];
                    own.iter_mut().zip(&leaf).for_each(|(sum, share)| *sum += share);
                }
                continue;
            };
            let middle = part(&mut self.order[0], &rows, &self.learned.codes[split.column], split.code);
            let middle_asked = part(&mut self.order[1], &asked, &self.asked.codes[split.column], split.code);
            open.push([middle..rows.end, middle_asked..asked.end]);
            open.push([rows.start..middle, asked.start..middle_asked]);
        }
        Ok(())
    }

    /// The target and value of a row.
    fn target(&self, row: u32) -> (usize, f64) {
        match self.goal {
            Goal::Classes { labels, .. } => (labels[row as usize] as usize, 1.0),
            Goal::Numbers(numbers) => (0, numbers[row as usize]),
        }
    }

    /// What the rows of a node sum up to, and whether they all have one target.
    fn node(&self, rows: &Range<usize>) -> (Sums, bool) {
        let mut all = Sums::new(self.goal.width());
        let rows = &self.order[0][rows.clone()];
        for row in rows {
            let (class, value) = self.target(*row);
            all.add(f64::from(self.times[*row as usize]), class, value);
        }
        (all, rows.iter().all(|row| self.target(*row) == self.target(rows[0])))
    }

    /// The best split in some columns by chance; in more, until the cells of one differ.
    fn best(&mut self, rows: &Range<usize>, all: &Sums) -> Option<Split> {
        let mut columns: Vec<usize> = (0..self.learned.codes.len()).collect();
        let (mut differ, mut best) = (false, None);
        for at in 0..columns.len() {
            if at >= self.tried && differ {
                break;
            }
            let other = at + self.rng.below((columns.len() - at) as u32) as usize;
            columns.swap(at, other);
            differ |= self.of_column(columns[at], rows, all, &mut best);
        }
        best
    }

    /// Looks for a better split in a column; whether its cells differ.
    fn of_column(&mut self, column: usize, rows: &Range<usize>, all: &Sums, best: &mut Option<Split>) -> bool {
        let (codes, rows) = (&self.learned.codes[column], &self.order[0][rows.clone()]);
        let mut seen = [false; CODES];
        for row in rows {
            let code = usize::from(codes[*row as usize]);
            if !seen[code] {
                seen[code] = true;
                self.sums[code].clear();
            }
            let (class, value) = self.target(*row);
            self.sums[code].add(f64::from(self.times[*row as usize]), class, value);
        }
        let mut left = Sums::new(all.targets.len());
        let mut there = (0..CODES).filter(|code| seen[*code]).peekable();
        while let Some(code) = there.next() {
            left.add_all(&self.sums[code]);
            let Some(next) = there.peek() else { break };
            if left.rows >= LEAST && all.rows - left.rows >= LEAST {
                let purity = left.purity() + all.purity_without(&left);
                if best.is_none_or(|best| purity > best.purity) {
                    // Halfway to the next code of the node.
                    *best = Some(Split { purity, column, code: ((code + next) / 2) as u8 });
                }
            }
        }
        seen.iter().filter(|seen| **seen).count() > 1
    }
}

/// Puts the rows with codes up to `most` first; the place of the first of the others.
fn part(order: &mut [u32], rows: &Range<usize>, codes: &[u8], most: u8) -> usize {
    let mut left = rows.start;
    for at in rows.clone() {
        if codes[order[at] as usize] <= most {
            order.swap(left, at);
            left += 1;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(codes: Vec<Vec<u8>>) -> Bins {
        Bins { rows: codes[0].len(), categories: vec![false; codes.len()], counts: vec![CODES - 1; codes.len()], codes }
    }

    /// Σ S²/W of three rows of one class and one of the other is (9 + 1)/4; parted by class it is 3 + 1.
    #[test]
    fn purity_is_that_of_hand() {
        let mut all = Sums::new(2);
        [0, 0, 0, 1].into_iter().for_each(|class| all.add(1.0, class, 1.0));
        let mut part = Sums::new(2);
        (0..3).for_each(|_| part.add(1.0, 0, 1.0));
        assert_eq!((all.purity(), part.purity() + all.purity_without(&part)), (2.5, 4.0));
    }

    /// Two columns of which only both together tell the class: trees of several levels find it, from rows that noise is in.
    #[test]
    fn what_two_columns_tell_together_is_found() {
        let codes = |salt: u32| -> Vec<u8> {
            (0..600u32).map(|at| ((at * 7 + salt).wrapping_mul(2_654_435_761) >> 28) as u8).collect()
        };
        let (a, b) = (codes(1), codes(5));
        let labels: Vec<u32> = a.iter().zip(&b).map(|(a, b)| u32::from((*a > 7) != (*b > 7))).collect();
        let goal = Goal::Classes { labels: labels.clone(), count: 2 };
        let found = predict([&bins(vec![a.clone(), b.clone()]), &bins(vec![a, b])], &goal, 1, Stop::NEVER).unwrap();
        let right = found.chunks_exact(2).zip(&labels).filter(|(row, label)| (row[1] > 0.5) == (**label == 1)).count();
        assert!(right > 580, "{right}");
    }

    /// Numbers by code: the mean of each, but for the leaves of a tree that the rows of a code are not in.
    #[test]
    fn numbers_are_means_of_leaves() {
        let codes: Vec<u8> = (0..200).map(|at| (at % 4) as u8).collect();
        let goal = Goal::Numbers(codes.iter().map(|code| 3.0 * f64::from(*code)).collect());
        let found = predict([&bins(vec![codes]), &bins(vec![vec![0, 1, 2, 3]])], &goal, 1, Stop::NEVER).unwrap();
        for (code, found) in found.iter().enumerate() {
            assert!((found - 3.0 * code as f64).abs() < 1e-9, "{found} of {code}");
        }
    }
}
