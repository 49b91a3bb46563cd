//! The matrix product as its definition says.

use crate::gemm::MatmulSpec;

/// C(b, i, j) = Σₖ A(b, i, k) · B(b, k, j), summed in `f64`.
pub fn matmul(spec: &MatmulSpec, a: &[f32], b: &[f32]) -> Vec<f32> {
    matmul_f64(spec, a, b).into_iter().map(|sum| sum as f32).collect()
}

/// As [`matmul`], not rounded.
pub fn matmul_f64(spec: &MatmulSpec, a: &[f32], b: &[f32]) -> Vec<f64> {
    let MatmulSpec { batch, m, n, k, transpose_a, transpose_b } = *spec;
    let mut c = vec![0.0; batch * m * n];
    for p in 0..batch {
        for i in 0..m {
            for j in 0..n {
                let mut sum = 0.0;
                for l in 0..k {
                    let x = if transpose_a { a[(p * k + l) * m + i] } else { a[(p * m + i) * k + l] };
                    let y = if transpose_b { b[(p * n + j) * k + l] } else { b[(p * k + l) * n + j] };
                    sum += x as f64 * y as f64;
                }
                c[(p * m + i) * n + j] = sum;
            }
        }
    }
    c
}
