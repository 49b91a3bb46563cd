//! Random orthogonal matrices. Not here: the identity (`identity.rs`).

use super::Initialize;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// `gain` · Q of the QR decomposition of a normal matrix, with the signs that make R's diagonal positive, so
    /// that Q is uniform among orthogonal matrices. Axes before the last are taken together; the shorter of rows and columns
    /// are orthonormal (times `gain`).
    ///
    /// # Source
    /// Saxe, McClelland, Ganguli (2013), "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    /// networks", arXiv:1312.6120; the signs: Mezzadri (2007), arXiv:math-ph/0609050.
    pub struct Orthogonal {
        ;
        /// Factor of the matrix.
        gain: f64 = 1.0,
        /// A seed of its own.
        seed: Option<u64> = None,
    }
}

impl Initialize for Orthogonal {
    fn check_shape(&self, shape: &Shape) -> Result<(), String> {
        if shape.rank() >= 2 { Ok(()) } else { Err("2 axes or more".into()) }
    }

    fn own_seed(&self) -> Option<u64> {
        self.seed
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        let columns = shape[shape.rank() - 1];
        if shape.elements() == 0 {
            return Vec::new();
        }
        let rows = shape.elements() / columns;
        let (long, short) = (rows.max(columns), rows.min(columns));
        let matrix = (0..short).map(|_| (0..long).map(|_| rng.normal()).collect()).collect();
        let q = orthonormal(matrix);
        let element = |row: usize, column: usize| if rows < columns { q[row][column] } else { q[column][row] };
        (0..rows * columns).map(|i| self.gain * element(i / columns, i % columns)).collect()
    }
}

/// The orthonormal factor Q of a tall matrix, given and returned as its columns, by Householder reflections, with the
/// signs that make the diagonal of R positive.
///
/// # Source
/// Golub, Van Loan (2013), "Matrix Computations", 4th edition, algorithm 5.2.1.
fn orthonormal(mut columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = columns.len();
    let mut signs = Vec::with_capacity(n);
    for k in 0..n {
        let (done, rest) = columns.split_at_mut(k + 1);
        let v = &mut done[k][k..];
        let norm = dot(v, v).sqrt();
        let diagonal = if v[0] > 0.0 { -norm } else { norm };
        v[0] -= diagonal;
        let squared = dot(v, v);
        if squared > 0.0 {
            // Scaled to length √2, so that the reflection is x − v·(v·x).
            let scale = (2.0 / squared).sqrt();
            v.iter_mut().for_each(|x| *x *= scale);
        }
        for column in rest {
            reflect(v, &mut column[k..]);
        }
        signs.push(if diagonal < 0.0 { -1.0 } else { 1.0 });
    }
    let length = columns.first().map_or(0, Vec::len);
    let factor = |j: usize| {
        let mut column = vec![0.0; length];
        column[j] = signs[j];
        for k in (0..=j).rev() {
            reflect(&columns[k][k..], &mut column[k..]);
        }
        column
    };
    (0..n).map(factor).collect()
}

fn reflect(v: &[f64], x: &mut [f64]) {
    let s = dot(v, x);
    x.iter_mut().zip(v).for_each(|(x, v)| *x -= s * v);
}

/// Σ a·b in eight interleaved sums: fast, and the same on every machine.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}
