//! Matrix products and convolutions in all their forms, with element-wise work around them.

use super::support::agree;
use ganymede_graph::ops::Window;
use ganymede_tensor::TensorType;

#[test]
fn matrix_products_of_every_transposition() {
    for (name, batch) in [("matmul", vec![]), ("batched", vec![2, 3])] {
        agree(name, |b| {
            for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                for (at, [m, k, n]) in [[1, 1, 1], [7, 13, 5], [64, 100, 33]].into_iter().enumerate() {
                    let shape = |rows: usize, columns: usize, transposed: bool| {
                        let sizes = if transposed { [columns, rows] } else { [rows, columns] };
                        TensorType::f32([&batch[..], &sizes].concat())
                    };
                    let (x, y) = (
                        b.input(&format!("x{ta}{at}"), shape(m, k, ta)),
                        b.input(&format!("y{tb}{at}"), shape(k, n, tb)),
                    );
                    b.output(&format!("z{ta}{tb}{at}"), x.matmul_transposed(y, ta, tb));
                }
            }
        });
    }
}

#[test]
fn a_dense_layer_with_bias_and_activation_and_its_gradients() {
    agree("dense", |b| {
        let (x, w) = (b.input("x", TensorType::f32([20, 50])), b.state("w", TensorType::f32([50, 30])));
        let bias = b.state("bias", TensorType::f32([30]));
        let y = (x.matmul(w) + bias).tanh();
        b.output("y", y);
        for (name, gradient) in ["dx", "dw", "dbias"].into_iter().zip(y.square().mean().grad(&[x, w, bias])) {
            b.output(name, gradient);
        }
    });
}

/// Output, both gradients, and the gradient of a gradient.
fn convolution(name: &str, x: &[usize], kernel: &[usize], window: Window) {
    agree(name, |b| {
        let (x, k) = (b.input("x", TensorType::f32(x)), b.input("k", TensorType::f32(kernel)));
        let y = x.conv(k, window.clone());
        b.output("y", y);
        let g = y.square().sum().grad(&[x, k]);
        b.output("dx", g[0]);
        b.output("dk", g[1]);
        b.output("second", g[0].square().sum().grad(&[k])[0]);
    });
}

fn window(strides: &[usize], low: &[usize], high: &[usize], dilation: &[usize], groups: usize) -> Window {
    Window { strides: strides.into(), low: low.into(), high: high.into(), dilation: dilation.into(), groups }
}

#[test]
fn convolutions_in_one_dimension() {
    convolution("plain", &[2, 11, 3], &[3, 3, 5], Window::plain(1));
    convolution("causal", &[2, 11, 3], &[3, 3, 5], window(&[1], &[4], &[0], &[2], 1));
}

#[test]
fn convolutions_in_two_dimensions() {
    convolution("plain", &[2, 6, 7, 3], &[3, 2, 3, 4], Window::plain(2));
    convolution("strided", &[3, 8, 8, 5], &[4, 4, 5, 6], window(&[2, 2], &[1, 1], &[1, 1], &[1, 1], 1));
    convolution("wide", &[2, 7, 7, 16], &[5, 5, 16, 17], window(&[2, 2], &[2, 2], &[2, 2], &[1, 1], 1));
    convolution("uneven", &[1, 9, 6, 2], &[3, 1, 2, 3], window(&[2, 1], &[0, 1], &[3, 2], &[2, 3], 1));
    convolution("pointwise", &[2, 5, 5, 8], &[1, 1, 8, 20], Window::plain(2));
}

#[test]
fn convolutions_in_three_dimensions() {
    convolution("volume", &[2, 4, 5, 6, 2], &[2, 3, 3, 2, 3], window(&[1, 2, 2], &[0, 1, 1], &[1, 1, 1], &[1; 3], 1));
}

#[test]
fn convolutions_in_groups() {
    convolution("groups", &[2, 6, 6, 6], &[3, 3, 2, 9], window(&[1, 1], &[1, 1], &[1, 1], &[1, 1], 3));
    convolution("depthwise", &[2, 6, 6, 20], &[3, 3, 1, 20], window(&[2, 2], &[1, 1], &[1, 1], &[1, 1], 20));
}

#[test]
fn a_transposed_convolution_with_its_epilogue() {
    agree("transposed", |b| {
        let (x, k) = (b.input("x", TensorType::f32([2, 4, 4, 6])), b.state("k", TensorType::f32([5, 5, 3, 6])));
        let bias = b.state("bias", TensorType::f32([3]));
        let y = (x.conv_input_grad(k, window(&[2, 2], &[1, 1], &[2, 2], &[1, 1], 1), &[8, 8]) + bias).tanh();
        b.output("y", y);
        for (name, gradient) in ["dx", "dk", "dbias"].into_iter().zip(y.square().mean().grad(&[x, k, bias])) {
            b.output(name, gradient);
        }
    });
}
