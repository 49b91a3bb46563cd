//! How right predictions are: ROC-AUC, F1, R², also of rows that are taken several times. Not here: who predicts (`learners/`).

use crate::learners::Goal;

/// Scores in ascending order.
pub(super) struct Ranking {
    /// Rows by their scores.
    order: Vec<u32>,
    /// Whether the next one in the order has another score.
    last: Vec<bool>,
}

impl Ranking {
    /// Of these scores, one for each row.
    pub fn new(scores: impl Iterator<Item = f64>) -> Ranking {
        let scores: Vec<f64> = scores.collect();
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|a, b| scores[*a as usize].total_cmp(&scores[*b as usize]));
        let score = |at: usize| order.get(at).map(|row| scores[*row as usize]);
        let last = (0..order.len()).map(|at| score(at) != score(at + 1)).collect();
        Ranking { order, last }
    }

    /// The area under the curve of true over false positives: the share of pairs of a positive and a negative row in which the
    /// positive one has the higher score; equal scores count half. None where there are not both.
    pub fn auc(&self, positive: impl Fn(usize) -> bool, times: &[u32]) -> Option<f64> {
        let (mut below, mut positives, mut pairs) = (0.0, 0.0, 0.0);
        let mut equal = [0.0; 2];
        for (row, last) in self.order.iter().zip(&self.last) {
            equal[usize::from(positive(*row as usize))] += f64::from(times[*row as usize]);
            if *last {
                pairs += equal[1] * (below + equal[0] / 2.0);
                below += equal[0];
                positives += equal[1];
                equal = [0.0; 2];
            }
        }
        (below > 0.0 && positives > 0.0).then(|| pairs / (below * positives))
    }
}

/// What a model said of rows.
pub(super) enum Said {
    /// The most probable class of each row, and the order of rows by the probability of a class.
    Classes { hits: Vec<u32>, rankings: Vec<(u32, Ranking)> },
    /// A number for each row.
    Numbers(Vec<f64>),
}

impl Said {
    /// Of predictions in the width of the goal.
    pub fn new(goal: &Goal, predicted: Vec<f64>) -> Said {
        let Goal::Classes { count, .. } = goal else { return Said::Numbers(predicted) };
        let rows = || predicted.chunks_exact((*count).max(1));
        let most = |row: &[f64]| (1..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best }) as u32;
        // Of two classes one says all.
        let classes = if *count == 2 { 1..2 } else { 0..*count };
        let ranking = |class: usize| (class as u32, Ranking::new(rows().map(|row| row[class])));
        Said::Classes { hits: rows().map(most).collect(), rankings: classes.map(ranking).collect() }
    }

    /// The mean F1 of the classes, F1 of the class `rarest`, and the mean AUC of each class against the others; R² of numbers.
    /// Rows are taken so often; a class that is neither there nor predicted has an F1 of 1, and AUC is ½ where there is one class.
    pub fn scores(&self, truth: &Goal, rarest: usize, times: &[u32]) -> Vec<f64> {
        match (self, truth) {
            (Said::Classes { hits, rankings }, Goal::Classes { labels, count }) => {
                let f1 = f1(labels, hits, *count, times);
                let of_class = |(class, ranking): &(u32, Ranking)| ranking.auc(|row| labels[row] == *class, times);
                let aucs: Vec<f64> = rankings.iter().filter_map(of_class).collect();
                let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
                vec![mean(&f1), f1[rarest], if aucs.is_empty() { 0.5 } else { mean(&aucs) }]
            }
            (Said::Numbers(said), Goal::Numbers(truth)) => vec![r2(truth, said, times)],
            _ => Vec::new(),
        }
    }
}

/// 2·TP / (2·TP + FP + FN) of each class.
fn f1(labels: &[u32], hits: &[u32], count: usize, times: &[u32]) -> Vec<f64> {
    // Right ones, and those that are or are said to be of the class.
    let mut counts = vec![(0.0, 0.0); count];
    for ((label, hit), times) in labels.iter().zip(hits).zip(times) {
        let times = f64::from(*times);
        counts[*label as usize].1 += times;
        counts[*hit as usize].1 += times;
        if label == hit {
            counts[*label as usize].0 += times;
        }
    }
    counts.iter().map(|(right, of)| if *of > 0.0 { 2.0 * right / of } else { 1.0 }).collect()
}

/// 1 − Σ (y − ŷ)² / Σ (y − ȳ)²; 0 where all y are the same.
fn r2(truth: &[f64], said: &[f64], times: &[u32]) -> f64 {
    let rows = || truth.iter().zip(said).zip(times).map(|((y, said), times)| (*y, *said, f64::from(*times)));
    let n: f64 = rows().map(|(_, _, times)| times).sum();
    let mean = rows().map(|(y, _, times)| times * y).sum::<f64>() / n;
    let wrong: f64 = rows().map(|(y, said, times)| times * (y - said) * (y - said)).sum();
    let spread: f64 = rows().map(|(y, _, times)| times * (y - mean) * (y - mean)).sum();
    if spread > 0.0 { 1.0 - wrong / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two positive and two negative rows three pairs of four are in order, and one is equal: (3 + ½)/4.
    #[test]
    fn areas_are_those_of_hand() {
        let ranking = Ranking::new([0.1, 0.4, 0.4, 0.8].into_iter());
        let positive = |row: usize| [false, false, true, true][row];
        assert_eq!(ranking.auc(positive, &[1; 4]), Some(3.5 / 4.0));
        // The equal negative row three times: of eight pairs five are in order, three are equal.
        assert_eq!(ranking.auc(positive, &[1, 3, 1, 1]), Some((5.0 + 1.5) / 8.0));
        assert_eq!(ranking.auc(positive, &[1, 1, 0, 0]), None);
        assert_eq!(ranking.auc(|row| row == 0, &[1; 4]), Some(0.0));
    }

    /// Class 0: one right of two, and one said wrongly; class 1: one right of two, two said; class 2: one of one.
    #[test]
    fn scores_are_those_of_hand() {
        let truth = Goal::Classes { labels: vec![0, 0, 1, 1, 2], count: 4 };
        let one = |class: usize| (0..4).map(|at| if at == class { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
        let said = Said::new(&truth, [0, 1, 1, 0, 2].map(one).concat());
        let found = said.scores(&truth, 2, &[1; 5]);
        assert!((found[0] - (0.5 + 0.5 + 1.0 + 1.0) / 4.0).abs() < 1e-12 && found[1] == 1.0, "{found:?}");
        // AUC: 0 has 1 right, 2 wrong pairs equal … by pairs: class 0 and 1 (½·… ), class 2 is told.
        let pairs = (1.0 * 2.0 + 0.5 * (1.0 + 2.0)) / 6.0;
        assert!((found[2] - (2.0 * pairs + 1.0) / 3.0).abs() < 1e-12, "{found:?}");
        // The last row is not taken: its class is not there, and is not said.
        assert_eq!(said.scores(&truth, 2, &[1, 1, 1, 1, 0])[1], 1.0);
        let two = Goal::Classes { labels: vec![0, 1, 1], count: 2 };
        let found = Said::new(&two, vec![0.6, 0.4, 0.7, 0.3, 0.2, 0.8]).scores(&two, 0, &[1; 3]);
        assert_eq!((found[1], found[2]), (2.0 / 3.0, 0.5));
        let numbers = Goal::Numbers(vec![1.0, 2.0, 3.0]);
        let found = Said::new(&numbers, vec![1.0, 2.0, 4.0]).scores(&numbers, 0, &[1; 3]);
        assert_eq!(found, [0.5]);
        let same = Goal::Numbers(vec![2.0; 2]);
        assert_eq!(Said::new(&same, vec![1.0; 2]).scores(&same, 0, &[1; 2]), [0.0]);
    }
}
