//! Rows of known distributions: a generator that has nothing to learn. Keras has no such layer.

use super::{ColumnActivation, Columns, Layer};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};
use ganymede_tensor::{DType, TensorType};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

configured! {
    /// Groups of columns with these distributions, of standard normal numbers z: with a factor A they are first mixed, A·z,
    /// so that they have the correlations AAᵀ; each group takes the next of them. A `linear` group is that number. A
    /// `choice`, an `ordered` one, and the choice of `atoms` is the one on whose part of (0, 1) Φ(z) falls, where each has a
    /// part as wide as its share, one after the other, those of a `choice` the largest first; the number of `atoms` is the one after that, where the last choice
    /// is taken.
    ///
    /// Where classes are given, the numbers are followed by a class as one-hot, and the first of them, which no
    /// group takes, is brought to the part of the class: Φ⁻¹(a + Φ(z)·share), a the sum of the shares before it.
    ///
    /// # Shapes
    /// (N, L), L one for each group, one more for each of `atoms`, and one where classes are given; then (N, L + classes).
    /// → (N, F), as `ganymede>TabularActivation` has it.
    ///
    /// # Source
    /// Patki, Wedge, Veeramachaneni (2016), "The Synthetic Data Vault", section III.
    pub struct GaussianCopula {
        /// The groups in order, of one column each where they are `linear`.
        columns: Vec<Columns> = Vec::new(),
        /// The share of each choice of a group; none of a `linear` one.
        shares: Vec<Vec<f64>> = Vec::new(),
        ;
        /// The rows of A; none where the numbers are not mixed.
        factor: Vec<Vec<f64>> = Vec::new(),
        /// The share of each class that is given; none where none is.
        given: Vec<f64> = Vec::new(),
    }
}

/// Φ.
fn share(z: Expr<'_>) -> Expr<'_> {
    ((z * FRAC_1_SQRT_2).erf() + 1.0) * 0.5
}

/// Where each of some shares begins and ends on (0, 1), those of a list the largest first. Whatever is rounded, something is chosen;
/// what has no share never is.
fn parts(shares: &[f64], by_size: bool) -> [Vec<f64>; 2] {
    let mut order: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > 0.0).collect();
    if by_size {
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    }
    let (all, mut done) = (shares.iter().sum::<f64>(), 0.0);
    let mut ends = [2.0, 2.0].map(|beyond| vec![beyond; shares.len()]);
    for (number, at) in order.iter().enumerate() {
        ends[0][*at] = if number == 0 { 0.0 } else { done / all };
        done += shares[*at];
        ends[1][*at] = if number + 1 == order.len() { 1.0 } else { done / all };
    }
    ends
}

impl GaussianCopula {
    /// Numbers that groups take.
    fn taken(&self) -> usize {
        let of = |group: &Columns| if group.activation == ColumnActivation::Atoms { 2 } else { 1 };
        self.columns.iter().map(of).sum::<usize>() + usize::from(!self.given.is_empty())
    }

    /// What is wrong with the arguments.
    fn fault(&self) -> Option<String> {
        let is_right = |group: &Columns, shares: &Vec<f64>| match group.activation {
            ColumnActivation::Linear => group.width == 1 && shares.is_empty(),
            ColumnActivation::Choice | ColumnActivation::Ordered => shares.len() == group.width,
            ColumnActivation::Atoms => shares.len() + 1 == group.width,
            _ => false,
        };
        let is_share = |share: &f64| share.is_finite() && *share >= 0.0;
        let are_shares = |shares: &Vec<f64>| shares.iter().all(is_share) && shares.iter().sum::<f64>() > 0.0;
        let taken = self.taken();
        if self.columns.is_empty() || self.columns.len() != self.shares.len() {
            return Some(format!(
                "expected shares for each of {} groups, found {}",
                self.columns.len(),
                self.shares.len()
            ));
        }
        let wrong = self
            .columns
            .iter()
            .zip(&self.shares)
            .position(|(group, shares)| !is_right(group, shares) || !(shares.is_empty() || are_shares(shares)));
        if let Some(at) = wrong {
            let (group, shares) = (&self.columns[at], self.shares[at].len());
            let expected = "expected a `linear` group of one column, or one of `choice`, `ordered` or `atoms` with a share of 0 \
                            or more for each choice";
            return Some(format!(
                "{expected}, found {:?} of {} columns with {shares} shares",
                group.activation, group.width
            ));
        }
        let square = self.factor.len() == taken && self.factor.iter().all(|row| row.len() == taken);
        if !(self.factor.is_empty() || square) || !self.factor.iter().flatten().all(|value| value.is_finite()) {
            return Some(format!(
                "expected a factor of {taken} rows of as many numbers, found {} rows",
                self.factor.len()
            ));
        }
        let given = self.given.is_empty() || are_shares(&self.given);
        (!given).then(|| "expected a share of 0 or more for each class, found others".into())
    }
}

impl Layer for GaussianCopula {
    described!("ganymede>GaussianCopula");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let (builder, taken, classes) = (scope.builder(), self.taken(), self.given.len());
        if let Some(fault) = self.fault() {
            return builder.error_as(fault, None, x.ty());
        }
        if x.rank() != 2 || x.shape()[1] != taken + classes {
            let message = format!("expected an input (batch, {}), found {}", taken + classes, x.shape());
            return builder.error_as(message, None, x.ty());
        }
        let row = |values: &[f64]| builder.constant_tensor(TensorType::f32([1, values.len()]), values);
        let column = |values: &[f64]| builder.constant_tensor(TensorType::f32([values.len(), 1]), values);
        let mut z = x.slice_axis(1, 0..taken); // (N, L)
        if classes > 0 {
            let class = x.slice_axis(1, taken..taken + classes);
            let [from, to] = parts(&self.given, true);
            let wide: Vec<f64> = from.iter().zip(&to).map(|(from, to)| to - from).collect();
            let place = class.matmul(column(&from)) + share(z.slice_axis(1, 0..1)) * class.matmul(column(&wide));
            let first = (place * 2.0 - 1.0).erf_inv() * SQRT_2;
            let rest = (taken > 1).then(|| z.slice_axis(1, 1..taken));
            z = concat(&[first].into_iter().chain(rest).collect::<Vec<_>>(), 1);
        }
        if !self.factor.is_empty() {
            let values: Vec<f64> = self.factor.iter().flatten().copied().collect();
            let factor = builder.constant_tensor(TensorType::f32([taken, taken]), &values);
            z = z.matmul_transposed(factor, false, true);
        }
        let mut at = usize::from(classes > 0);
        let mut next = || {
            at += 1;
            z.slice_axis(1, at - 1..at) // (N, 1)
        };
        let mut groups = Vec::with_capacity(self.columns.len());
        for (group, shares) in self.columns.iter().zip(&self.shares) {
            let number = next();
            let choice = || {
                let [from, mut to] = parts(shares, group.activation == ColumnActivation::Choice);
                // Φ of a large number is 1.
                to.iter_mut().filter(|to| **to == 1.0).for_each(|to| *to = 2.0);
                let place = share(number); // (N, 1)
                place.greater_equal(row(&from)).and(place.less(row(&to))).convert(DType::F32)
            };
            groups.push(match group.activation {
                ColumnActivation::Ordered => {
                    let choice = choice();
                    concat(&[choice, choice.matmul(column(&group.values))], 1)
                }
                ColumnActivation::Atoms => {
                    let choice = choice();
                    let last = shares.len() - 1;
                    concat(&[choice, next() * choice.slice_axis(1, last..last + 1)], 1)
                }
                ColumnActivation::Choice => choice(),
                _ => number,
            });
        }
        concat(&groups, 1)
    }
}
