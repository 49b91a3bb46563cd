//! Convolutions as their definition says.

use crate::conv::ConvSpec;

/// Calls `body(x index, kernel index, y index)` for every product of the convolution.
fn products(spec: &ConvSpec, mut body: impl FnMut(usize, usize, usize)) {
    let rank = spec.axes.len();
    let outputs: Vec<usize> = spec.axes.iter().map(|a| a.output()).collect();
    let kernels: Vec<usize> = spec.axes.iter().map(|a| a.kernel).collect();
    let (ci_group, co_group) = (spec.in_channels / spec.groups, spec.out_channels / spec.groups);
    // The digits of a number in a mixed base, the last running fastest.
    let digits = |mut n: usize, base: &[usize]| {
        let mut d = vec![0; base.len()];
        for i in (0..base.len()).rev() {
            d[i] = n % base[i];
            n /= base[i];
        }
        d
    };
    for n in 0..spec.batch {
        for o in 0..outputs.iter().product() {
            let at = digits(o, &outputs);
            'taps: for k in 0..kernels.iter().product() {
                let tap = digits(k, &kernels);
                let mut position = n;
                for i in 0..rank {
                    let axis = &spec.axes[i];
                    let p = (at[i] * axis.stride + tap[i] * axis.dilation) as isize - axis.pad_low as isize;
                    if p < 0 || p as usize >= axis.input {
                        continue 'taps;
                    }
                    position = position * axis.input + p as usize;
                }
                for co in 0..spec.out_channels {
                    for ci in 0..ci_group {
                        let x = position * spec.in_channels + co / co_group * ci_group + ci;
                        let w = (k * ci_group + ci) * spec.out_channels + co;
                        body(x, w, (n * outputs.iter().product::<usize>() + o) * spec.out_channels + co);
                    }
                }
            }
        }
    }
}

fn round(sums: Vec<f64>) -> Vec<f32> {
    sums.into_iter().map(|s| s as f32).collect()
}

/// y from x and the kernel, summed in `f64`.
pub fn forward(spec: &ConvSpec, x: &[f32], kernel: &[f32]) -> Vec<f32> {
    round(forward_f64(spec, x, kernel))
}

/// As [`forward`], not rounded.
pub fn forward_f64(spec: &ConvSpec, x: &[f32], kernel: &[f32]) -> Vec<f64> {
    let mut y = vec![0.0; spec.y_len()];
    products(spec, |i, w, o| y[o] += x[i] as f64 * kernel[w] as f64);
    y
}

/// The gradient of x from that of y and the kernel, summed in `f64`.
pub fn input_grad(spec: &ConvSpec, dy: &[f32], kernel: &[f32]) -> Vec<f32> {
    round(input_grad_f64(spec, dy, kernel))
}

/// As [`input_grad`], not rounded.
pub fn input_grad_f64(spec: &ConvSpec, dy: &[f32], kernel: &[f32]) -> Vec<f64> {
    let mut dx = vec![0.0; spec.x_len()];
    products(spec, |i, w, o| dx[i] += dy[o] as f64 * kernel[w] as f64);
    dx
}

/// The gradient of the kernel from x and the gradient of y, summed in `f64`.
pub fn weight_grad(spec: &ConvSpec, x: &[f32], dy: &[f32]) -> Vec<f32> {
    round(weight_grad_f64(spec, x, dy))
}

/// As [`weight_grad`], not rounded.
pub fn weight_grad_f64(spec: &ConvSpec, x: &[f32], dy: &[f32]) -> Vec<f64> {
    let mut dw = vec![0.0; spec.kernel_len()];
    products(spec, |i, w, o| dw[w] += x[i] as f64 * dy[o] as f64);
    dw
}
