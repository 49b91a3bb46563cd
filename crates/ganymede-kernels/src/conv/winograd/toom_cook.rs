//! The matrices of Toom-Cook convolution, from points, in exact fractions.
//!
//! m outputs of a correlation with r taps need n = m + r − 1 multiplications: y = Aᵀ((G w) ⊙ (Bᵀ x)).
//! With the points a₀ … aₙ₋₂ and ∞: Aᵀ and G hold powers of the points, Bᵀ the coefficients of the polynomials that
//! vanish at all other points. Not here: applying them (`transform.rs`).
//!
//! # Source
//! Winograd (1980), "Arithmetic complexity of computations"; Lavin, Gray (2016), "Fast algorithms for convolutional
//! neural networks", arXiv:1509.09308; Barabasz, Anderson, Soodhalter, Gregg (2020), "Error analysis and improving the
//! accuracy of Winograd convolution for deep neural networks", arXiv:1803.10986 (on the choice of points).

use std::ops::{Add, Mul, Sub};

/// The most points.
pub const MAX_POINTS: usize = 8;

/// An exact fraction, reduced, with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    over: i64,
    under: i64,
}

impl Fraction {
    const ZERO: Fraction = Fraction { over: 0, under: 1 };
    const ONE: Fraction = Fraction { over: 1, under: 1 };

    fn new(over: i64, under: i64) -> Fraction {
        let (mut a, mut b) = (over.abs(), under.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = under.signum();
        Fraction { over: sign * over / a.max(1), under: sign * under / a.max(1) }
    }

    fn inverse(self) -> Fraction {
        Fraction::new(self.under, self.over)
    }

    fn power(self, exponent: usize) -> Fraction {
        (0..exponent).fold(Fraction::ONE, |product, _| product * self)
    }

    fn value(self) -> f32 {
        (self.over as f64 / self.under as f64) as f32
    }
}

impl Add for Fraction {
    type Output = Fraction;
    fn add(self, other: Fraction) -> Fraction {
        Fraction::new(self.over * other.under + other.over * self.under, self.under * other.under)
    }
}

impl Sub for Fraction {
    type Output = Fraction;
    fn sub(self, other: Fraction) -> Fraction {
        self + Fraction::new(-other.over, other.under)
    }
}

impl Mul for Fraction {
    type Output = Fraction;
    fn mul(self, other: Fraction) -> Fraction {
        Fraction::new(self.over * other.over, self.under * other.under)
    }
}

/// The finite points for n products. Small and paired, so that powers stay near 1; the sets with the least error of
/// those that were tried against f64.
fn points(n: usize) -> Vec<Fraction> {
    let points: &[(i64, i64)] = match n {
        0 | 1 => &[],
        2 => &[(0, 1)],
        3 => &[(0, 1), (1, 1)],
        4 => &[(0, 1), (1, 1), (-1, 1)],
        5 => &[(0, 1), (1, 1), (-1, 1), (1, 2)],
        6 => &[(0, 1), (3, 4), (-3, 4), (4, 3), (-4, 3)],
        7 => &[(0, 1), (1, 1), (-1, 1), (1, 2), (2, 1), (-3, 2)],
        _ => &[(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2)],
    };
    points.iter().map(|(over, under)| Fraction::new(*over, *under)).collect()
}

type Rows = Vec<Vec<Fraction>>;

/// (Aᵀ, G, Bᵀ) in fractions.
fn exact(m: usize, r: usize) -> (Rows, Rows, Rows) {
    let n = m + r - 1;
    let points = points(n);
    // The coefficients of Π (x − a) over the points for which `keep` holds.
    let vanishing = |keep: &dyn Fn(usize) -> bool| {
        let mut product = vec![Fraction::ZERO; n];
        product[0] = Fraction::ONE;
        for (_, point) in points.iter().enumerate().filter(|(i, _)| keep(*i)) {
            for power in (0..n).rev() {
                let shifted = if power > 0 { product[power - 1] } else { Fraction::ZERO };
                product[power] = shifted - *point * product[power];
            }
        }
        product
    };
    let (mut output, mut weight, mut input) = (vec![vec![Fraction::ZERO; n]; m], Rows::new(), Rows::new());
    for (i, point) in points.iter().enumerate() {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        let scale = others.fold(Fraction::ONE, |product, (_, other)| product * (*point - *other)).inverse();
        output.iter_mut().enumerate().for_each(|(power, row)| row[i] = point.power(power));
        weight.push((0..r).map(|power| point.power(power) * scale).collect());
        input.push(vanishing(&|j| j != i));
    }
    output[m - 1][n - 1] = Fraction::ONE;
    weight.push((0..r).map(|power| if power == r - 1 { Fraction::ONE } else { Fraction::ZERO }).collect());
    input.push(vanishing(&|_| true));
    (output, weight, input)
}

/// A small matrix by rows, without its zeros.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// For each row its (column, value).
    pub rows: Vec<Vec<(usize, f32)>>,
    /// How many columns.
    pub columns: usize,
}

impl Matrix {
    fn new(rows: &Rows) -> Matrix {
        let sparse = |row: &Vec<Fraction>| {
            row.iter().enumerate().filter(|(_, x)| x.over != 0).map(|(j, x)| (j, x.value())).collect()
        };
        Matrix { rows: rows.iter().map(sparse).collect(), columns: rows.first().map_or(0, Vec::len) }
    }

    fn transposed(&self) -> Matrix {
        let mut rows = vec![Vec::new(); self.columns];
        for (i, row) in self.rows.iter().enumerate() {
            row.iter().for_each(|(j, x)| rows[*j].push((i, *x)));
        }
        Matrix { rows, columns: self.rows.len() }
    }

    /// How many entries are not zero.
    pub fn terms(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}

/// The three matrices of m outputs and r taps, and their transposes, which gradients use.
#[derive(Clone, Debug)]
pub struct ToomCook {
    /// Products in one dimension, m + r − 1.
    pub n: usize,
    /// Outputs in one dimension.
    pub m: usize,
    /// Bᵀ (n, n): of inputs.
    pub input: Matrix,
    /// G (n, r): of weights.
    pub weight: Matrix,
    /// Aᵀ (m, n): to outputs.
    pub output: Matrix,
    /// B (n, n): to the gradient of inputs.
    pub input_grad: Matrix,
    /// Gᵀ (r, n): to the gradient of weights.
    pub weight_grad: Matrix,
    /// A (n, m): of the gradient of outputs.
    pub output_grad: Matrix,
}

impl ToomCook {
    /// The matrices for `m` outputs and `r` taps, m + r − 1 ≤ [`MAX_POINTS`].
    pub fn new(m: usize, r: usize) -> ToomCook {
        let (output, weight, input) = exact(m, r);
        let (output, weight, input) = (Matrix::new(&output), Matrix::new(&weight), Matrix::new(&input));
        ToomCook {
            n: m + r - 1,
            m,
            input_grad: input.transposed(),
            weight_grad: weight.transposed(),
            output_grad: output.transposed(),
            input,
            weight,
            output,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_matrices_give_the_exact_correlation() {
        for r in 1..=7 {
            for m in 1..=MAX_POINTS + 1 - r {
                let (output, weight, input) = exact(m, r);
                let n = m + r - 1;
                let whole = |i: usize, step: i64| Fraction::new((i as i64 * step + 3) % 11 - 5, 1);
                let x: Vec<Fraction> = (0..n).map(|i| whole(i, 7)).collect();
                let w: Vec<Fraction> = (0..r).map(|i| whole(i, 4)).collect();
                let dot = |row: &[Fraction], v: &[Fraction]| {
                    row.iter().zip(v).fold(Fraction::ZERO, |sum, (a, b)| sum + *a * *b)
                };
                let products: Vec<Fraction> =
                    (0..n).map(|point| dot(&weight[point], &w) * dot(&input[point], &x)).collect();
                for (i, row) in output.iter().enumerate() {
                    assert_eq!(dot(row, &products), dot(&w, &x[i..i + r]), "F({m}, {r}), output {i}");
                }
            }
        }
    }
}
