//! The matrices of Toom-Cook convolution, from points, in exact fractions.
//!
//! m outputs of a correlation with r taps need n = m + r − 1 multiplications: y = Aᵀ((G w) ⊙ (Bᵀ x)).
//! With the points a₀ … aₙ₋₂ and ∞: Aᵀ and G hold powers of the points, Bᵀ the coefficients of the polynomials that
//! vanish at all other points. All of it is done by the compiler:
//! a transform is unrolled code with these numbers in it. Not here: applying them (`transform.rs`).
//!
//! # Source
//! Winograd (1980), "Arithmetic complexity of computations"; Lavin, Gray (2016), "Fast algorithms for convolutional
//! neural networks", arXiv:1509.09308; Barabasz, Anderson, Soodhalter, Gregg (2020), "Error analysis and improving the
//! accuracy of Winograd convolution for deep neural networks", arXiv:1803.10986 (on the choice of points).

/// The most points.
pub const MAX_POINTS: usize = 8;

/// An exact fraction, reduced, with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    over: i64,
    under: i64,
}

const ZERO: Fraction = Fraction { over: 0, under: 1 };
const ONE: Fraction = Fraction { over: 1, under: 1 };

impl Fraction {
    const fn new(over: i64, under: i64) -> Fraction {
        let (mut a, mut b) = (over.abs(), under.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = under.signum() * if a == 0 { 1 } else { a };
        Fraction { over: over / divisor, under: under / divisor }
    }

    const fn plus(self, other: Fraction) -> Fraction {
        Fraction::new(self.over * other.under + other.over * self.under, self.under * other.under)
    }

    const fn times(self, other: Fraction) -> Fraction {
        Fraction::new(self.over * other.over, self.under * other.under)
    }

    const fn minus(self, other: Fraction) -> Fraction {
        self.plus(other.times(Fraction::new(-1, 1)))
    }

    const fn power(self, exponent: usize) -> Fraction {
        if exponent == 0 { ONE } else { self.times(self.power(exponent - 1)) }
    }
}

/// The finite points for n products. Small and paired, so that powers stay near 1; the sets with the least error of
/// those that were tried against f64.
const fn points(n: usize) -> &'static [(i64, i64)] {
    match n {
        0 | 1 => &[],
        2 => &[(0, 1)],
        3 => &[(0, 1), (1, 1)],
        4 => &[(0, 1), (1, 1), (-1, 1)],
        5 => &[(0, 1), (1, 1), (-1, 2), (-2, 1)],
        6 => &[(0, 1), (3, 4), (-3, 4), (4, 3), (-4, 3)],
        7 => &[(0, 1), (1, 1), (-1, 1), (1, 2), (2, 1), (-3, 2)],
        _ => &[(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2)],
    }
}

const fn point(n: usize, i: usize) -> Fraction {
    let (over, under) = points(n)[i];
    Fraction::new(over, under)
}

type Square = [[Fraction; MAX_POINTS]; MAX_POINTS];

/// The coefficients of Π (x − a) over the points but number `left_out`.
const fn vanishing(n: usize, left_out: usize) -> [Fraction; MAX_POINTS] {
    let mut product = [ZERO; MAX_POINTS];
    product[0] = ONE;
    let mut i = 0;
    while i < points(n).len() {
        if i != left_out {
            let mut power = n;
            while power > 0 {
                power -= 1;
                let shifted = if power > 0 { product[power - 1] } else { ZERO };
                product[power] = shifted.minus(point(n, i).times(product[power]));
            }
        }
        i += 1;
    }
    product
}

/// Aᵀ (m, n), G (n, r), Bᵀ (n, n).
struct Exact {
    output: Square,
    weight: Square,
    input: Square,
}

const fn exact(m: usize, r: usize) -> Exact {
    let n = m + r - 1;
    let none = [[ZERO; MAX_POINTS]; MAX_POINTS];
    let mut exact = Exact { output: none, weight: none, input: none };
    let mut i = 0;
    while i < n - 1 {
        let mut scale = ONE;
        let mut other = 0;
        while other < n - 1 {
            if other != i {
                let distance = point(n, i).minus(point(n, other));
                scale = scale.times(Fraction::new(distance.under, distance.over));
            }
            other += 1;
        }
        let mut power = 0;
        while power < n {
            if power < m {
                exact.output[power][i] = point(n, i).power(power);
            }
            if power < r {
                exact.weight[i][power] = point(n, i).power(power).times(scale);
            }
            power += 1;
        }
        exact.input[i] = vanishing(n, i);
        i += 1;
    }
    exact.output[m - 1][n - 1] = ONE;
    exact.weight[n - 1][r - 1] = ONE;
    exact.input[n - 1] = vanishing(n, n);
    exact
}

/// The nearest `f32` of each entry, or of its transpose.
const fn rounded(exact: Square, transposed: bool) -> [[f32; MAX_POINTS]; MAX_POINTS] {
    let mut values = [[0.0; MAX_POINTS]; MAX_POINTS];
    let mut at = 0;
    while at < MAX_POINTS * MAX_POINTS {
        let (i, j) = (at / MAX_POINTS, at % MAX_POINTS);
        let x = if transposed { exact[j][i] } else { exact[i][j] };
        values[i][j] = (x.over as f64 / x.under as f64) as f32;
        at += 1;
    }
    values
}

/// A small matrix that the compiler knows.
pub trait Matrix {
    /// How many rows.
    const ROWS: usize;
    /// How many columns.
    const COLUMNS: usize;
    /// The entries; what lies outside is zero.
    const VALUES: [[f32; MAX_POINTS]; MAX_POINTS];

    /// How many entries are not zero.
    fn terms() -> usize {
        Self::VALUES.iter().flatten().filter(|x| **x != 0.0).count()
    }
}

macro_rules! matrices {
    ($($(#[$doc:meta])* $name:ident: ($rows:expr, $columns:expr) = $part:ident, $transposed:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name<const M: usize, const R: usize>;

        impl<const M: usize, const R: usize> Matrix for $name<M, R> {
            const ROWS: usize = $rows;
            const COLUMNS: usize = $columns;
            const VALUES: [[f32; MAX_POINTS]; MAX_POINTS] = rounded(exact(M, R).$part, $transposed);
        }
    )*};
}

matrices! {
    /// Bᵀ: of inputs.
    Input: (M + R - 1, M + R - 1) = input, false;
    /// B: to the gradient of inputs.
    InputGrad: (M + R - 1, M + R - 1) = input, true;
    /// G: of weights.
    Weight: (M + R - 1, R) = weight, false;
    /// Gᵀ: to the gradient of weights.
    WeightGrad: (R, M + R - 1) = weight, true;
    /// Aᵀ: to outputs.
    Output: (M, M + R - 1) = output, false;
    /// A: of the gradient of outputs.
    OutputGrad: (M + R - 1, M) = output, true;
}

/// m outputs from r taps in each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Outputs.
    pub m: usize,
    /// Taps.
    pub r: usize,
}

impl Size {
    /// Every size there is code for.
    pub const ALL: [Size; 12] = {
        let mut all = [Size { m: 0, r: 0 }; 12];
        let mut at = 0;
        while at < 12 {
            all[at] = Size { m: 2 + at % 3, r: 2 + at / 3 };
            at += 1;
        }
        all
    };

    /// Products in one dimension.
    pub fn n(self) -> usize {
        self.m + self.r - 1
    }
}

/// Evaluates an expression in which `$T` is one of the matrices, of a size that is known when it runs.
macro_rules! with_matrix {
    ($matrix:ident as $T:ident, $size:expr, $body:expr) => {
        with_matrix!(@ $matrix $T $size, $body; 2 2, 3 2, 4 2, 2 3, 3 3, 4 3, 2 4, 3 4, 4 4, 2 5, 3 5, 4 5)
    };
    (@ $matrix:ident $T:ident $size:expr, $body:expr; $($m:literal $r:literal),*) => {
        match ($size.m, $size.r) {
            $(($m, $r) => {
                type $T = crate::conv::winograd::toom_cook::$matrix<$m, $r>;
                $body
            })*
            (m, r) => unreachable!("F({m}, {r}) is not among Size::ALL"),
        }
    };
}
pub(super) use with_matrix;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_matrices_give_the_exact_correlation() {
        for Size { m, r } in Size::ALL {
            let Exact { output, weight, input } = exact(m, r);
            let n = m + r - 1;
            let whole = |i: usize, step: i64| Fraction::new((i as i64 * step + 3) % 11 - 5, 1);
            let x: Vec<Fraction> = (0..n).map(|i| whole(i, 7)).collect();
            let w: Vec<Fraction> = (0..r).map(|i| whole(i, 4)).collect();
            let dot =
                |row: &[Fraction], v: &[Fraction]| row.iter().zip(v).fold(ZERO, |sum, (a, b)| sum.plus(a.times(*b)));
            let products: Vec<Fraction> =
                (0..n).map(|point| dot(&weight[point], &w).times(dot(&input[point], &x))).collect();
            for (i, row) in output.iter().take(m).enumerate() {
                assert_eq!(dot(row, &products), dot(&w, &x[i..i + r]), "F({m}, {r}), output {i}");
            }
        }
    }

    #[test]
    fn every_size_has_its_code() {
        for size in Size::ALL {
            assert_eq!(with_matrix!(Output as T, size, (T::ROWS, T::COLUMNS)), (size.m, size.n()));
            assert_eq!(with_matrix!(WeightGrad as T, size, (T::ROWS, T::COLUMNS)), (size.r, size.n()));
        }
    }
}
