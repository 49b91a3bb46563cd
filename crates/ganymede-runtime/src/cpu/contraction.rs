//! Lowering of matrix products and convolutions. Not here: how they are computed (`ganymede-kernels`).

use super::kernel::{ConvPass, Draft};
use ganymede_graph::Op;
use ganymede_graph::ops::Window;
use ganymede_kernels::conv::{ConvAxis, ConvSpec};
use ganymede_kernels::gemm::MatmulSpec;

/// The kernel of a contraction with operands of these shapes; `None` if there is none.
pub(super) fn draft(op: &Op, a: &[usize], b: &[usize], result: &[usize]) -> Option<Draft> {
    let conv = |pass, window: &Window, x: &[usize], kernel: &[usize]| {
        Some(Draft::Conv { pass, spec: spec(window, x, kernel), epilogue: None })
    };
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
        Op::Conv(op) => conv(ConvPass::Forward, &op.window, a, b),
        Op::ConvInputGrad(op) => conv(ConvPass::InputGrad, &op.window, result, b),
        Op::ConvWeightGrad(op) => conv(ConvPass::WeightGrad, &op.window, a, result),
        _ => None,
    }
}

fn spec(window: &Window, x: &[usize], kernel: &[usize]) -> ConvSpec {
    let rank = window.rank();
    let axis = |a: usize| ConvAxis {
        input: x[1 + a],
        kernel: kernel[a],
        stride: window.strides[a],
        dilation: window.dilation[a],
        pad_low: window.low[a],
        pad_high: window.high[a],
    };
    ConvSpec {
        batch: x[0],
        axes: (0..rank).map(axis).collect(),
        in_channels: x[rank + 1],
        out_channels: kernel[rank + 1],
        groups: window.groups,
    }
}
