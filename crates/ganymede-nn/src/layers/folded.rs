//! Convolutions of repeated positions, without the repetition. Not here: the layer (`conv.rs`).
//!
//! With u the positions of x repeated twice and w a kernel of k taps with p positions before it,
//! y\[o\] = Σₜ w\[t\] u\[o + t − p\] = Σᵢ x\[i\] (w\[2i − o + p\] + w\[2i + 1 − o + p\]): a transposed convolution of x with stride 2
//! and the k + 1 taps w\[k − 1 − j\] + w\[k − j\]. It multiplies (k + 1)² / 4 instead of k² times for an output of an image,
//! and the repeated positions are never stored.

use ganymede_graph::Expr;
use ganymede_graph::ops::Window;

/// x convolved with the kernel, where x repeats each position twice along every spatial axis and the result is as long;
/// none where x or the window is something else.
pub(super) fn convolve<'g>(x: Expr<'g>, kernel: Expr<'g>, window: &Window) -> Option<Expr<'g>> {
    let rank = window.rank();
    let sizes = kernel.shape();
    let plain = window.groups == 1 && (0..rank).all(|a| window.strides[a] == 1 && window.dilation[a] == 1);
    let same = (0..rank).all(|a| window.low[a] + window.high[a] + 1 == sizes[a]);
    if !plain || !same {
        return None;
    }
    let mut source = x;
    for axis in (1..=rank).rev() {
        let (from, repeated, times) = source.repeated_from()?;
        if repeated != axis || times != 2 {
            return None;
        }
        source = from;
    }
    if sizes[..rank].iter().all(|&k| k == 1) {
        // One tap sees one position: what is computed of it can be repeated instead.
        let y = source.conv(kernel, window.clone());
        return Some((1..=rank).fold(y, |y, axis| y.repeat(axis, 2)));
    }
    let axes: Vec<usize> = (0..rank).collect();
    let order: Vec<usize> = axes.iter().copied().chain([rank + 1, rank]).collect();
    let mut taps = kernel.reverse(&axes).transpose(&order); // (k…, C_out, C_in)
    for axis in axes {
        let index = |here: usize| (0..rank + 2).map(|a| if a == axis { here } else { 0 }).collect::<Vec<_>>();
        taps = taps.pad(&index(0), &index(1), &index(0), 0.0) + taps.pad(&index(1), &index(0), &index(0), 0.0);
    }
    let folded = Window {
        strides: vec![2; rank],
        low: window.high.clone(),
        high: window.low.clone(),
        dilation: vec![1; rank],
        groups: 1,
    };
    Some(source.conv_input_grad(taps, folded, &x.shape()[1..=rank]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_tensor::TensorType;
    use std::collections::BTreeMap;

    fn cubes(y: Expr<'_>) -> Expr<'_> {
        (y.square() * y).sum()
    }

    /// The largest difference between the folded and the plain convolution and their gradients, over the largest entry.
    fn difference(spatial: &[usize], kernel: &[usize], low: &[usize]) -> f64 {
        let rank = spatial.len();
        let (ins, outs) = (3, 2);
        let builder = Builder::new("folded");
        let x_shape: Vec<usize> = [2].into_iter().chain(spatial.iter().copied()).chain([ins]).collect();
        let w_shape: Vec<usize> = kernel.iter().copied().chain([ins, outs]).collect();
        let x = builder.input("x", TensorType::f32(x_shape.clone()));
        let w = builder.input("w", TensorType::f32(w_shape.clone()));
        let window = Window {
            strides: vec![1; rank],
            low: low.to_vec(),
            high: kernel.iter().zip(low).map(|(k, l)| k - 1 - l).collect(),
            dilation: vec![1; rank],
            groups: 1,
        };
        let repeated = (1..=rank).fold(x, |x, axis| x.repeat(axis, 2));
        let folded = convolve(repeated, w, &window).expect("it can be folded");
        let plain = repeated.conv(w, window);
        assert_eq!(folded.shape(), plain.shape());
        let mut pairs = vec![(folded, plain)];
        let (a, b) = (cubes(folded).grad(&[x, w]), cubes(plain).grad(&[x, w]));
        pairs.extend(a.into_iter().zip(b));
        for (i, (a, b)) in pairs.iter().enumerate() {
            builder.output(&format!("a{i}"), *a);
            builder.output(&format!("b{i}"), *b);
        }
        let count = pairs.len();
        let values = |shape: &[usize], step: usize| {
            let n = shape.iter().product::<usize>();
            Array::new(shape.to_vec(), (0..n).map(|i| ((i * step) % 17) as f64 / 8.0 - 1.0).collect())
        };
        let inputs = [("x".to_string(), values(&x_shape, 5)), ("w".to_string(), values(&w_shape, 7))];
        let outputs = run(&builder.finish().unwrap(), &inputs.into(), &mut BTreeMap::new()).unwrap();
        let mut worst = 0.0f64;
        for i in 0..count {
            let (a, b) = (&outputs[&format!("a{i}")].data, &outputs[&format!("b{i}")].data);
            let scale = b.iter().fold(1e-9f64, |m, x| m.max(x.abs()));
            worst = a.iter().zip(b).fold(worst, |m, (a, b)| m.max((a - b).abs() / scale));
        }
        worst
    }

    #[test]
    fn it_is_the_convolution_of_the_repeated_positions() {
        assert!(difference(&[3, 4], &[3, 3], &[1, 1]) < 1e-12);
        assert!(difference(&[2, 3], &[5, 4], &[2, 1]) < 1e-12);
        assert!(difference(&[3, 2], &[1, 1], &[0, 0]) < 1e-12);
        assert!(difference(&[4], &[3], &[1]) < 1e-12);
        assert!(difference(&[2, 2, 3], &[3, 3, 3], &[1, 1, 1]) < 1e-12);
    }

    #[test]
    fn other_inputs_and_windows_are_left_alone() {
        let builder = Builder::new("plain");
        let x = builder.input("x", TensorType::f32([1, 4, 4, 2]));
        let w = builder.input("w", TensorType::f32([3, 3, 2, 2]));
        let window = |stride, low, groups| Window {
            strides: vec![stride; 2],
            low: vec![low; 2],
            high: vec![1; 2],
            dilation: vec![1; 2],
            groups,
        };
        let twice = x.repeat(1, 2).repeat(2, 2);
        assert!(convolve(twice, w, &window(1, 1, 1)).is_some());
        assert!(convolve(x, w, &window(1, 1, 1)).is_none(), "nothing is repeated");
        assert!(convolve(x.repeat(2, 2).repeat(1, 2), w, &window(1, 1, 1)).is_none(), "another order");
        assert!(convolve(x.repeat(1, 3).repeat(2, 3), w, &window(1, 1, 1)).is_none(), "three times");
        assert!(convolve(twice, w, &window(2, 1, 1)).is_none(), "a stride");
        assert!(convolve(twice, w, &window(1, 0, 1)).is_none(), "a shorter result");
    }
}
