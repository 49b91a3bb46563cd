//! How rows of a boosted tree are best parted by the codes of a column. Not here: the trees (`boosting.rs`).

use super::bins::{ABSENT, Members};

/// Fewest rows of a leaf.
const LEAST: u32 = 20;
/// Least sum of second derivatives of a leaf.
const BEND: f64 = 1e-3;
/// Rows of which a category needs as many, by second derivatives, to be told from the others; and what its own are damped by.
const SUPPORT: f64 = 10.0;

/// Sums over rows: of the loss's first and second derivatives, and the number of rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub slope: f64,
    pub bend: f64,
    pub rows: u32,
}

impl Sums {
    /// Those of one row.
    pub fn one((slope, bend): (f32, f32)) -> Sums {
        Sums { slope: f64::from(slope), bend: f64::from(bend), rows: 1 }
    }

    pub fn plus(self, other: Sums) -> Sums {
        Sums { slope: self.slope + other.slope, bend: self.bend + other.bend, rows: self.rows + other.rows }
    }

    pub fn minus(self, other: Sums) -> Sums {
        Sums { slope: self.slope - other.slope, bend: self.bend - other.bend, rows: self.rows - other.rows }
    }

    /// Twice the loss that the best step of these rows takes away.
    fn gain(self) -> f64 {
        self.slope * self.slope / (self.bend + 1e-15)
    }

    fn is_leaf(self) -> bool {
        self.rows >= LEAST && self.bend >= BEND
    }

    /// Whether these rows may be two leaves.
    pub fn can_split(self) -> bool {
        self.rows >= 2 * LEAST && self.bend >= BEND
    }

    /// The step that takes most of the loss away.
    pub fn step(self) -> f64 {
        -self.slope / (self.bend + 1e-15)
    }
}

/// Two parts of a node's rows, by the code of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub gain: f64,
    pub column: usize,
    /// The codes of the left part.
    pub left: Members,
    pub left_sums: Sums,
}

/// Takes the split if it is better than the best one: its left part has these sums, of all rows, of which some are missing.
fn offer(
    best: &mut Option<Split>,
    column: usize,
    [all, missing, left_sums]: [Sums; 3],
    left: impl FnOnce() -> Members,
) {
    let right = all.minus(left_sums);
    let gain = left_sums.gain() + right.gain() - all.gain();
    if gain > best.map_or(0.0, |best| best.gain) {
        let mut left = left();
        // What was never missing goes where more rows are.
        if missing.rows == 0 && left_sums.rows > right.rows {
            left.add(ABSENT);
        }
        *best = Some(Split { gain, column, left, left_sums });
    }
}

/// Splits between two intervals, with the missing numbers on either side.
pub(super) fn of_numbers(column: usize, own: &[Sums], all: Sums, best: &mut Option<Split>) {
    let (missing, known) = (own[own.len() - 1], &own[..own.len() - 1]);
    let sides = if missing.rows > 0 { &[false, true][..] } else { &[false][..] };
    for with_missing in sides {
        let mut left = if *with_missing { missing } else { Sums::default() };
        for (code, sums) in known.iter().enumerate() {
            left = left.plus(*sums);
            if sums.rows == 0 || !left.is_leaf() {
                continue;
            }
            if !all.minus(left).is_leaf() {
                break;
            }
            let members = || {
                let mut members = Members::default();
                (0..=code).for_each(|code| members.add(code as u8));
                if *with_missing {
                    members.add(ABSENT);
                }
                members
            };
            offer(best, column, [all, missing, left], members);
        }
    }
}

/// Splits of the categories in the order of their best steps: the first ones or the last ones, at most half of them.
///
/// # Source
/// Fisher (1958), "On grouping for maximum homogeneity"; with the support that scikit-learn asks for.
pub(super) fn of_categories(column: usize, own: &[Sums], all: Sums, best: &mut Option<Split>) {
    let per_bend = f64::from(all.rows) / all.bend;
    let code = |at: usize| if at == own.len() - 1 { ABSENT } else { at as u8 };
    let mut used: Vec<usize> = (0..own.len()).filter(|at| own[*at].bend * per_bend >= SUPPORT).collect();
    if used.len() < 2 {
        return;
    }
    let step = |at: usize| own[at].slope / (own[at].bend + SUPPORT);
    used.sort_by(|a, b| step(*a).total_cmp(&step(*b)));
    let half = used.len().div_ceil(2);
    for from_end in [false, true] {
        let mut left = Sums::default();
        for count in 1..=half {
            let at = if from_end { used[used.len() - count] } else { used[count - 1] };
            left = left.plus(own[at]);
            if !left.is_leaf() {
                continue;
            }
            if !all.minus(left).is_leaf() {
                break;
            }
            let members = || {
                let mut members = Members::default();
                let chosen = if from_end { &used[used.len() - count..] } else { &used[..count] };
                chosen.iter().for_each(|at| members.add(code(*at)));
                members
            };
            offer(best, column, [all, own[own.len() - 1], left], members);
        }
    }
}
