//! Gradient boosting of trees on histograms of codes. Not here: the codes (`bins.rs`), which split is best
//! (`splits.rs`), when to stop (`stopped.rs`), forests (`forest.rs`).

use super::bins::{Bins, Members};
use super::splits::{Split, Sums, of_categories, of_numbers};
use super::{Goal, Predicted, sigmoid, softmax};
use crate::table::{TableColumn, TableKind};
use crate::{MetricError, Stop};
use std::ops::Range;

/// Trees for each output.
const TREES: usize = 100;
/// Part of a tree's step that is taken.
const RATE: f64 = 0.1;
/// Most leaves of a tree.
const LEAVES: usize = 31;

/// A node whose rows may be split.
struct Open {
    place: usize,
    rows: Range<usize>,
    sums: Sums,
    histogram: Vec<Sums>,
    split: Option<Split>,
}

/// A node of a tree that has grown.
#[derive(Clone, Copy)]
pub(super) enum Node {
    Leaf(f64),
    Split { column: usize, left: Members, children: [usize; 2] },
}

/// Learns the goal of some rows, and predicts that of others: 100 trees of 31 leaves for each output, with steps of Newton's method
/// on the logistic loss, the cross-entropy, or the squared error.
///
/// # Source
/// Friedman (2001), "Greedy function approximation: a gradient boosting machine"; Ke et al. (2017), "LightGBM"; with the defaults
/// of scikit-learn's `HistGradientBoostingClassifier` and `HistGradientBoostingRegressor` without early stopping.
pub(super) fn predict([learned, asked]: [&Bins; 2], goal: &Goal, stop: Stop<'_>) -> Result<Predicted, MetricError> {
    let outputs = goal.outputs();
    let first = first_scores(goal, learned.rows);
    let mut scores: Vec<Vec<f64>> = first.iter().map(|score| vec![*score; learned.rows]).collect();
    let mut found: Vec<Vec<f64>> = first.iter().map(|score| vec![*score; asked.rows]).collect();
    let mut grower = Grower::new(learned);
    let mut derivatives = vec![vec![(0.0f32, 0.0f32); learned.rows]; outputs];
    for _ in 0..TREES {
        differentiate(goal, &scores, &mut derivatives);
        for output in 0..outputs {
            stop.check()?;
            let tree = grower.grow(&derivatives[output], &mut scores[output]);
            for (row, score) in found[output].iter_mut().enumerate() {
                *score += value(&tree, asked, row);
            }
        }
    }
    let mut rows = Vec::with_capacity(asked.rows * goal.width());
    for row in 0..asked.rows {
        let mut own: Vec<f64> = found.iter().map(|scores| scores[row]).collect();
        match goal {
            Goal::Classes { .. } if outputs == 1 => own = vec![1.0 - sigmoid(own[0]), sigmoid(own[0])],
            Goal::Classes { .. } => softmax(&mut own),
            Goal::Numbers(_) => {}
        }
        rows.extend(own);
    }
    Ok(Predicted { rows, gains: grower.gains })
}

/// Codes, scores and derivatives of rows, and the histograms of the leaves.
pub(super) fn bytes(columns: &[TableColumn], learned: usize, asked: usize, outputs: usize) -> u64 {
    let codes = |column: &TableColumn| match column.kind {
        TableKind::Number { .. } => learned.min(255) + 1,
        TableKind::Category { values, .. } => values.min(250) + 1,
    };
    let histograms = LEAVES * columns.iter().map(codes).sum::<usize>() * size_of::<Sums>();
    let of_learned = columns.len() + outputs * (size_of::<f64>() + 2 * size_of::<f32>()) + 4 * size_of::<u32>();
    let of_asked = columns.len() + 2 * outputs * size_of::<f64>();
    (histograms + learned * of_learned + asked * of_asked) as u64
}

/// The best constants: the mean, or the logarithms of the classes' shares.
pub(super) fn first_scores(goal: &Goal, rows: usize) -> Vec<f64> {
    let n = rows.max(1) as f64;
    match goal {
        Goal::Numbers(numbers) => vec![numbers.iter().sum::<f64>() / n],
        Goal::Classes { labels, count } => {
            let share = |class: usize| labels.iter().filter(|label| **label as usize == class).count() as f64 / n;
            let shares: Vec<f64> = (0..*count).map(|class| libm::log(share(class).max(1e-15))).collect();
            if goal.outputs() == 1 { vec![shares[1] - shares[0]] } else { shares }
        }
    }
}

/// First and second derivatives of each row's loss by its scores.
pub(super) fn differentiate(goal: &Goal, scores: &[Vec<f64>], into: &mut [Vec<(f32, f32)>]) {
    match goal {
        Goal::Numbers(numbers) => {
            let rows = into[0].iter_mut().zip(&scores[0]).zip(numbers);
            rows.for_each(|((into, score), number)| *into = ((score - number) as f32, 1.0));
        }
        Goal::Classes { labels, .. } => {
            let mut own = vec![0.0; scores.len()];
            for (row, label) in labels.iter().enumerate() {
                own.iter_mut().zip(scores).for_each(|(own, scores)| *own = scores[row]);
                if let [score] = own[..] {
                    let share = sigmoid(score);
                    into[0][row] = ((share - f64::from(*label)) as f32, (share * (1.0 - share)) as f32);
                    continue;
                }
                softmax(&mut own);
                for (class, (share, into)) in own.iter().zip(into.iter_mut()).enumerate() {
                    let of = if class == *label as usize { 1.0 } else { 0.0 };
                    into[row] = ((share - of) as f32, (share * (1.0 - share)) as f32);
                }
            }
        }
    }
}

/// What a tree adds to the score of a row.
pub(super) fn value(tree: &[Node], bins: &Bins, row: usize) -> f64 {
    let mut at = 0;
    loop {
        match tree[at] {
            Node::Leaf(value) => return value,
            Node::Split { column, left, children } => at = children[usize::from(!left.has(bins.codes[column][row]))],
        }
    }
}

/// Grows trees on the same rows.
pub(super) struct Grower<'a> {
    bins: &'a Bins,
    /// Where the histogram of each column begins; the last is the end.
    starts: Vec<usize>,
    /// Rows in an order in which those of a node are together.
    order: Vec<u32>,
    spare: Vec<u32>,
    gains: Vec<f64>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(bins: &'a Bins) -> Grower<'a> {
        // A place for each code, and for that of what is missing.
        let mut starts = vec![0];
        bins.counts.iter().for_each(|count| starts.push(starts[starts.len() - 1] + count + 1));
        let (order, spare) = ((0..bins.rows as u32).collect(), vec![0; bins.rows]);
        Grower { bins, starts, order, spare, gains: vec![0.0; bins.codes.len()] }
    }

    /// A tree, whose values are added to the scores of its rows.
    pub(super) fn grow(&mut self, derivatives: &[(f32, f32)], scores: &mut [f64]) -> Vec<Node> {
        let rows = 0..self.bins.rows;
        let sums = derivatives.iter().fold(Sums::default(), |sums, d| sums.plus(Sums::one(*d)));
        let histogram = self.histogram(&rows, derivatives);
        let split = self.best(&histogram, sums);
        let mut tree = vec![Node::Leaf(0.0)];
        let mut open = vec![Open { place: 0, rows, sums, histogram, split }];
        while open.len() < LEAVES {
            let gain = |node: &Open| node.split.map_or(0.0, |split| split.gain);
            let best = (0..open.len()).fold(0, |best, at| if gain(&open[at]) > gain(&open[best]) { at } else { best });
            let Some(split) = open[best].split else { break };
            let node = open.swap_remove(best);
            self.gains[split.column] += split.gain;
            let middle = self.part(&node.rows, split);
            let children = [tree.len(), tree.len() + 1];
            tree[node.place] = Node::Split { column: split.column, left: split.left, children };
            tree.extend([Node::Leaf(0.0); 2]);
            let parts = [node.rows.start..middle, middle..node.rows.end];
            let sums = [split.left_sums, node.sums.minus(split.left_sums)];
            // The histogram of the smaller part is counted, and taken from that of both.
            let small = usize::from(parts[1].len() < parts[0].len());
            let counted = self.histogram(&parts[small], derivatives);
            let mut rest = node.histogram;
            rest.iter_mut().zip(&counted).for_each(|(all, part)| *all = all.minus(*part));
            let mut histograms = if small == 0 { [counted, rest] } else { [rest, counted] };
            for side in 0..2 {
                let mut histogram = std::mem::take(&mut histograms[side]);
                let split = self.best(&histogram, sums[side]);
                if split.is_none() {
                    histogram = Vec::new();
                }
                let (place, rows) = (children[side], parts[side].clone());
                open.push(Open { place, rows, sums: sums[side], histogram, split });
            }
        }
        for node in open {
            let value = RATE * node.sums.step();
            tree[node.place] = Node::Leaf(value);
            self.order[node.rows].iter().for_each(|row| scores[*row as usize] += value);
        }
        tree
    }

    /// The sums of each code of each column.
    fn histogram(&self, rows: &Range<usize>, derivatives: &[(f32, f32)]) -> Vec<Sums> {
        let mut found = vec![Sums::default(); self.starts[self.starts.len() - 1]];
        let rows = &self.order[rows.clone()];
        let own: Vec<(f32, f32)> = rows.iter().map(|row| derivatives[*row as usize]).collect();
        for (codes, window) in self.bins.codes.iter().zip(self.starts.windows(2)) {
            let part = &mut found[window[0]..window[1]];
            let last = part.len() - 1;
            for (row, (slope, bend)) in rows.iter().zip(&own) {
                let sums = &mut part[usize::from(codes[*row as usize]).min(last)];
                sums.slope += f64::from(*slope);
                sums.bend += f64::from(*bend);
                sums.rows += 1;
            }
        }
        found
    }

    /// The split of a node that takes most of the loss away.
    fn best(&self, histogram: &[Sums], all: Sums) -> Option<Split> {
        if !all.can_split() {
            return None;
        }
        let mut best: Option<Split> = None;
        for column in 0..self.bins.codes.len() {
            let own = &histogram[self.starts[column]..self.starts[column + 1]];
            match self.bins.categories[column] {
                true => of_categories(column, own, all, &mut best),
                false => of_numbers(column, own, all, &mut best),
            }
        }
        best
    }

    /// Puts the rows of the left part first; the place of the first of the others.
    fn part(&mut self, rows: &Range<usize>, split: Split) -> usize {
        let codes = &self.bins.codes[split.column];
        let (mut left, mut right) = (rows.start, 0);
        for at in rows.clone() {
            let row = self.order[at];
            if split.left.has(codes[row as usize]) {
                self.order[left] = row;
                left += 1;
            } else {
                self.spare[right] = row;
                right += 1;
            }
        }
        self.order[left..rows.end].copy_from_slice(&self.spare[..right]);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::super::bins::ABSENT;
    use super::*;

    fn bins(codes: Vec<Vec<u8>>, categories: &[bool], counts: &[usize]) -> Bins {
        let rows = codes[0].len();
        Bins { codes, categories: categories.to_vec(), counts: counts.to_vec(), rows }
    }

    /// Numbers 0 and 10 on both sides of a code: a tree takes a tenth of what is left, so after 100 it is 0.9¹⁰⁰ of 5.
    #[test]
    fn a_step_is_learned_tenth_by_tenth() {
        let codes: Vec<u8> = (0..80).map(|at| at / 20).collect();
        let goal = Goal::Numbers(codes.iter().map(|code| if *code < 2 { 0.0 } else { 10.0 }).collect());
        let table = bins(vec![codes], &[false], &[4]);
        let found = predict([&table, &bins(vec![vec![0, 1, 2, 3]], &[false], &[4])], &goal, Stop::NEVER).unwrap();
        let left = 5.0 * 0.9f64.powi(100);
        for (found, expected) in found.rows.iter().zip([left, left, 10.0 - left, 10.0 - left]) {
            assert!((found - expected).abs() < 1e-4, "{found}, expected {expected}");
        }
        // Fewer rows than two leaves need: the mean.
        let few = bins(vec![(0..39).map(|at| at / 20).collect()], &[false], &[2]);
        let found = predict([&few, &few], &Goal::Numbers((0..39).map(f64::from).collect()), Stop::NEVER).unwrap();
        assert!(found.rows.iter().all(|row| (row - 19.0).abs() < 1e-9));
    }

    /// Categories 0 and 2 beside 1 and 3, and missing ones as those of the right: neither is an interval of codes.
    #[test]
    fn categories_and_missing_ones_are_told_apart() {
        let codes: Vec<u8> = (0..200).map(|at| if at % 5 == 4 { ABSENT } else { at % 5 }).collect();
        let high = |code: u8| code == ABSENT || code % 2 == 1;
        let goal = Goal::Numbers(codes.iter().map(|code| f64::from(u8::from(high(*code)))).collect());
        let asked = bins(vec![vec![0, 1, 2, 3, ABSENT]], &[true], &[4]);
        let found = predict([&bins(vec![codes.clone()], &[true], &[4]), &asked], &goal, Stop::NEVER).unwrap();
        for (found, expected) in found.rows.iter().zip([0.0, 1.0, 0.0, 1.0, 1.0]) {
            assert!((found - expected).abs() < 1e-3, "{found}, expected {expected}");
        }
        // As numbers: those that are missing go to the higher side, and to the lower one.
        for missing_is in [0.0, 1.0] {
            let number = |code: u8| if code == ABSENT { missing_is } else { f64::from(u8::from(code > 1)) };
            let goal = Goal::Numbers(codes.iter().map(|code| number(*code)).collect());
            let table = bins(vec![codes.clone()], &[false], &[4]);
            let found = predict([&table, &bins(vec![vec![ABSENT, 0, 3]], &[false], &[4])], &goal, Stop::NEVER).unwrap();
            assert!((found.rows[0] - missing_is).abs() < 1e-3 && found.rows[2] > 0.99, "{:?}", found.rows);
        }
    }

    #[test]
    fn what_helps_is_told() {
        let codes: Vec<u8> = (0..400).map(|at| (at % 2) as u8).collect();
        let noise: Vec<u8> = (0..400u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 30) as u8).collect();
        let goal = Goal::Classes { labels: codes.iter().map(|code| u32::from(*code)).collect(), count: 2 };
        let table = bins(vec![noise, codes], &[false, false], &[4, 2]);
        let found = predict([&table, &table], &goal, Stop::NEVER).unwrap();
        assert!(found.gains[1] > 100.0 * found.gains[0].max(1e-9), "{:?}", found.gains);
    }
}
