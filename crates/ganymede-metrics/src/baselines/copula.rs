//! Rows of a Gaussian copula: columns as in real ones, with correlations. Not here: columns that do not depend on each other
//! (`marginals.rs`).

use super::Cells;
use crate::table::{Table, TableColumn};
use crate::{MetricError, Stop};
use ganymede_tensor::{Rng, stream_of};
use nalgebra::{DMatrix, SymmetricEigen};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Most columns: the work grows with the cube of their number.
const COLUMNS: usize = 400;
/// The strongest correlation.
const STRONGEST: f64 = 0.999;
/// The least eigenvalue of the matrix of correlations.
const LEAST: f64 = 1e-6;

/// φ, the density of the standard normal distribution.
fn density(z: f64) -> f64 {
    libm::exp(-z * z / 2.0) / (2.0 * PI).sqrt()
}

/// Φ, its distribution function.
fn share(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// Φ⁻¹: a rational function, and two steps of Newton's method from there.
///
/// # Source
/// Abramowitz, Stegun (1964), "Handbook of mathematical functions", 26.2.23.
fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let t = (-2.0 * libm::log(p)).sqrt();
    let start =
        (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))) - t;
    (0..2).fold(start, |z, _| z - (share(z) - p) / density(z))
}

/// One column: its cells in an order, and what stands for each on the scale of a normal distribution.
struct Margin {
    /// Numbers ascending, missing ones first; categories by how many rows they have, the most frequent first.
    sorted: Vec<f32>,
    /// For each row the mean of a normal variable over the part that rows with its cell have of the order.
    scores: Vec<f64>,
    /// The variance of these.
    variance: f64,
}

impl Margin {
    fn of(column: &TableColumn, cells: &[f32]) -> Margin {
        let mut counts = std::collections::BTreeMap::<u32, i64>::new();
        cells.iter().for_each(|cell| *counts.entry(cell.to_bits()).or_default() += 1);
        let key = |cell: f32| match column.is_number() {
            true => (0, if cell.is_nan() { f32::NEG_INFINITY } else { cell }),
            false => (-counts.get(&cell.to_bits()).copied().unwrap_or_default(), cell),
        };
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (key(cells[*a]), key(cells[*b]));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let (n, mut done) = (cells.len() as f64, 0);
        let (mut scores, mut variance) = (vec![0.0; cells.len()], 0.0);
        for same in order.chunk_by(|a, b| cells[*a].to_bits() == cells[*b].to_bits()) {
            let [from, to] = [done, done + same.len()].map(|rows| density(quantile(rows as f64 / n)));
            let part = same.len() as f64 / n;
            let score = (from - to) / part;
            same.iter().for_each(|row| scores[*row] = score);
            variance += part * score * score;
            done += same.len();
        }
        Margin { sorted: order.into_iter().map(|row| cells[row]).collect(), scores, variance }
    }

    /// The cell at a score.
    fn cell(&self, score: f64) -> f32 {
        let at = (share(score) * self.sorted.len() as f64) as usize;
        self.sorted[at.min(self.sorted.len() - 1)]
    }
}

/// The correlations of the normal variables of which the columns are parts. That of two columns is the covariance of their scores
/// over the product of the scores' variances: the first term of its series of Hermite polynomials.
fn correlations(margins: &[Margin]) -> DMatrix<f64> {
    let rows = margins[0].scores.len();
    let scores = DMatrix::from_fn(rows, margins.len(), |row, at| margins[at].scores[row]);
    let covariances = scores.tr_mul(&scores) / rows as f64;
    DMatrix::from_fn(margins.len(), margins.len(), |a, b| match margins[a].variance * margins[b].variance {
        _ if a == b => 1.0,
        product if product > 1e-12 => (covariances[(a, b)] / product).clamp(-STRONGEST, STRONGEST),
        _ => 0.0,
    })
}

/// A matrix A with AAᵀ as near to the correlations as a matrix of correlations can be: negative eigenvalues become 0, and the
/// diagonal stays 1.
fn factor(correlations: DMatrix<f64>, stop: Stop<'_>) -> Result<DMatrix<f64>, MetricError> {
    stop.check()?;
    let most = 1000 + 100 * correlations.nrows();
    let eigen = SymmetricEigen::try_new(correlations, f64::EPSILON, most);
    let eigen = eigen.ok_or_else(|| MetricError::argument("copula", "the correlations have no eigenvalues"))?;
    let mut factor = eigen.eigenvectors;
    for (mut column, value) in factor.column_iter_mut().zip(eigen.eigenvalues.iter()) {
        column *= value.max(LEAST).sqrt();
    }
    for mut row in factor.row_iter_mut() {
        let length = row.norm();
        row /= length;
    }
    Ok(factor)
}

/// Rows of a normal distribution with the correlations of the columns, each column brought to the cells of real rows: as many have
/// each cell. A category takes a part of the scale as wide as its share, the most frequent first; so do missing numbers, below all
/// others.
///
/// # Source
/// Patki, Wedge, Veeramachaneni (2016), "The Synthetic Data Vault", section III, on categories as parts of a scale.
///
/// # Differs
/// Columns have their own cells instead of fitted distributions; correlations are those of the normal variables instead of those of
/// scores, which are weaker the fewer the different cells are.
pub(super) fn cells(table: &Table<'_>, count: usize, seed: u64, stop: Stop<'_>) -> Cells {
    let columns = table.columns.len();
    if columns > COLUMNS {
        let reason = format!("expected at most {COLUMNS} columns, found {columns}");
        return Err(MetricError::argument("copula", reason));
    }
    let margin = |(column, cells): (&TableColumn, &Vec<f32>)| {
        stop.check()?;
        Ok(Margin::of(column, cells))
    };
    let margins = table.columns.iter().zip(&table.cells).map(margin).collect::<Result<Vec<Margin>, MetricError>>()?;
    let factor = factor(correlations(&margins), stop)?.transpose();
    let mut rng = Rng::new(seed, stream_of("baselines/copula"));
    let mut found = vec![Vec::with_capacity(count); columns];
    for _ in 0..count {
        stop.check()?;
        let drawn: Vec<f64> = (0..columns).map(|_| rng.normal()).collect();
        for ((cells, margin), weights) in found.iter_mut().zip(&margins).zip(factor.column_iter()) {
            let score = weights.iter().zip(&drawn).map(|(weight, drawn)| weight * drawn).sum();
            cells.push(margin.cell(score));
        }
    }
    Ok(found)
}

/// Cells in their order, scores twice; correlations, eigenvectors and what the search works with.
pub(super) fn bytes(columns: usize, rows: usize) -> usize {
    if columns > COLUMNS {
        return 0;
    }
    rows * columns * (size_of::<f32>() + 2 * size_of::<f64>()) + 5 * columns * columns * size_of::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{category, number};

    /// Numbers of scipy 1.17, `scipy.stats.norm.ppf`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        let known = [
            (1e-6, -4.753_424_308_822_899),
            (0.001, -3.090_232_306_167_813),
            (0.025, -1.959_963_984_540_054),
            (0.3, -0.524_400_512_708_041),
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
        ];
        for (p, z) in known {
            assert!((quantile(p) - z).abs() < 1e-9, "{p}: {}", quantile(p));
            assert!((share(z) - p).abs() < 1e-12);
        }
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    }

    /// A half each: the scores are those of the halves of a normal distribution, ±√(2/π), whose variance is 2/π. Missing numbers are
    /// below all others, and the more frequent of two categories comes first.
    #[test]
    fn scores_are_means_of_parts() {
        let half = (2.0 / PI).sqrt();
        let margin = Margin::of(&number("x"), &[0.5, f32::NAN, f32::NAN, 0.5]);
        for (found, expected) in margin.scores.iter().zip([half, -half, -half, half]) {
            assert!((found - expected).abs() < 1e-9, "{:?}", margin.scores);
        }
        assert!((margin.variance - 2.0 / PI).abs() < 1e-9);
        assert!(margin.cell(-0.1).is_nan() && margin.cell(0.1) == 0.5 && margin.cell(f64::INFINITY) == 0.5);
        let margin = Margin::of(&category("x", 3), &[2.0, 0.0, 2.0, 2.0]);
        assert_eq!((margin.sorted.clone(), margin.cell(0.67), margin.cell(0.68)), (vec![2.0, 2.0, 2.0, 0.0], 2.0, 0.0));
        assert_eq!(Margin::of(&category("x", 3), &[1.0; 5]).variance, 0.0);
    }

    /// Two normal variables of the correlation 0.6, one of them cut into three categories: the correlation comes back although scores
    /// of parts have a weaker one, and so does it in rows that are made.
    #[test]
    fn correlations_are_those_of_the_variables() {
        let mut rng = Rng::new(3, stream_of("copula"));
        let columns = [number("x"), category("kind", 3), number("apart")];
        let mut own = vec![Vec::new(); 3];
        for _ in 0..20_000 {
            let [a, b, c] = [(); 3].map(|()| rng.normal());
            let z = 0.6 * a + 0.8 * b;
            // In the order of their shares: 50 %, 30 %, 20 %.
            let kind = f32::from(u8::from(z > 0.0)) + f32::from(u8::from(z > 0.841_621));
            own[0].push(a as f32);
            own[1].push(kind);
            own[2].push(c as f32);
        }
        let table = Table { columns: &columns, cells: own, rows: 20_000 };
        let found = |table: &Table<'_>| {
            let margins: Vec<Margin> =
                columns.iter().zip(&table.cells).map(|(c, cells)| Margin::of(c, cells)).collect();
            correlations(&margins)
        };
        let real = found(&table);
        assert!((real[(0, 1)] - 0.6).abs() < 0.03 && real[(0, 2)].abs() < 0.03, "{real}");
        let made = cells(&table, 20_000, 1, Stop::NEVER).unwrap();
        let made = found(&Table { columns: &columns, cells: made, rows: 20_000 });
        assert!((made[(0, 1)] - real[(0, 1)]).abs() < 0.03 && made[(0, 2)].abs() < 0.03, "{made}");
    }

    /// Correlations that three variables cannot have: the nearest ones still have 1 in the diagonal.
    #[test]
    fn what_cannot_be_is_brought_near() {
        let wrong = DMatrix::from_row_slice(3, 3, &[1.0, 0.9, 0.9, 0.9, 1.0, -0.9, 0.9, -0.9, 1.0]);
        let factor = factor(wrong, Stop::NEVER).unwrap();
        let found = &factor * factor.transpose();
        assert!((0..3).all(|at| (found[(at, at)] - 1.0).abs() < 1e-9), "{found}");
        assert!(found[(0, 1)] > 0.3 && found[(1, 2)] < -0.3 && (found[(0, 1)] - found[(0, 2)]).abs() < 1e-9, "{found}");
        let columns: Vec<TableColumn> = (0..401).map(|at| number(&at.to_string())).collect();
        let wide = Table { columns: &columns, cells: vec![vec![0.0]; 401], rows: 1 };
        let error = cells(&wide, 1, 1, Stop::NEVER).unwrap_err().to_string();
        assert_eq!(error, "copula: expected at most 400 columns, found 401");
    }
}
