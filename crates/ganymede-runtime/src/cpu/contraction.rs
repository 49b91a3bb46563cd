//! Lowering of matrix products and convolutions. Not here: how they are computed (`ganymede-kernels`).

use super::kernel::Draft;
use ganymede_graph::Op;
use ganymede_kernels::gemm::MatmulSpec;

/// The kernel of a contraction with operands of these shapes; `None` if there is none.
pub(super) fn draft(op: &Op, a: &[usize], b: &[usize]) -> Option<Draft> {
    match op {
        Op::MatMul(op) => {
            let (batch, a) = a.split_at(a.len() - 2);
            let b = &b[b.len() - 2..];
            let (m, k) = if op.transpose_a { (a[1], a[0]) } else { (a[0], a[1]) };
            let n = if op.transpose_b { b[0] } else { b[1] };
            let batch = batch.iter().product();
            let spec = MatmulSpec { batch, m, n, k, transpose_a: op.transpose_a, transpose_b: op.transpose_b };
            Some(Draft::Matmul { spec, epilogue: None })
        }
        _ => None,
    }
}
