//! Convolutions and their borders: what Keras calls "same" is not always the same before and behind.

use super::layers::activated;
use super::module::{Given, Written};
use crate::error::InteropError;
use ganymede_graph::ops::{Op, Window};

/// Sizes as a tuple of Python.
pub(super) fn tuple(sizes: &[usize]) -> String {
    match sizes {
        [one] => one.to_string(),
        _ => format!("({})", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// The order of a kernel (k…, in, out) as (out, in, k…).
fn turned(rank: usize) -> Vec<usize> {
    [rank + 1, rank].into_iter().chain(0..rank).collect()
}

/// Arguments that a window adds, without those that are torch's defaults.
fn arguments(window: &Window, padding: &[usize]) -> String {
    let mut words = String::new();
    let all = |sizes: &[usize], size: usize| sizes.iter().all(|&s| s == size);
    for (name, sizes, default) in
        [("stride", &window.strides[..], 1), ("padding", padding, 0), ("dilation", &window.dilation[..], 1)]
    {
        if !all(sizes, default) {
            words.push_str(&format!(", {name}={}", tuple(sizes)));
        }
    }
    if window.groups != 1 {
        words.push_str(&format!(", groups={}", window.groups));
    }
    words
}

/// The window of a convolution: of a border of zeros that is "same" and uneven, the larger half is behind.
fn window(given: &Given<'_>, taps: &[usize]) -> Result<Window, InteropError> {
    let rank = taps.len();
    let list = |name: &str| given.list(name, &vec![1; rank]).iter().map(|&v| v.max(1) as usize).collect::<Vec<_>>();
    let mut window = Window::plain(rank);
    (window.strides, window.dilation) = (list("strides"), list("dilation_rate"));
    window.groups = given.number("groups", 1.0) as usize;
    let padding = given.word("padding", "valid");
    for (axis, taps) in taps.iter().enumerate() {
        let (size, stride) = (given.x().sizes[axis], window.strides[axis]);
        let reach = window.dilation[axis] * (taps - 1) + 1;
        let total = (size.div_ceil(stride).saturating_sub(1) * stride + reach).saturating_sub(size);
        (window.low[axis], window.high[axis]) = match padding.as_str() {
            "valid" => (0, 0),
            "same" => (total / 2, total - total / 2),
            "causal" => (reach - 1, 0),
            other => return Err(given.refuse(format!("expected padding valid, same or causal, found `{other}`"))),
        };
    }
    Ok(window)
}

/// `Conv1D`, `Conv2D` and `Conv3D`.
pub(super) fn conv(given: &Given<'_>) -> Result<Written, InteropError> {
    let rank = given.x().sizes.len().saturating_sub(1);
    let kernel = given.weight_as("kernel", &turned(rank))?;
    let sizes = kernel.shape()[2..].to_vec();
    let window = window(given, &sizes)?;
    let taken = kernel.shape()[1] * window.groups;
    let even = window.low == window.high;
    let padding = if even { window.low.clone() } else { vec![0; rank] };
    let bias = given.flag("use_bias", true);
    let mut written = Written::default();
    let bias_word = if bias { "" } else { ", bias=False" };
    let made = format!(
        "nn.Conv{rank}d({taken}, {}, {}{}{bias_word})",
        kernel.shape()[0],
        tuple(&sizes),
        arguments(&window, &padding)
    );
    written.parts.push(("", made));
    written.weights.push((".weight".into(), kernel));
    if bias {
        written.weights.push((".bias".into(), given.weight("bias")?));
    }
    let mut x = given.x().name.clone();
    if !even {
        // Torch counts from the last axis.
        let pads: Vec<String> =
            (0..rank).rev().flat_map(|axis| [window.low[axis].to_string(), window.high[axis].to_string()]).collect();
        x = format!("F.pad({x}, ({}))", pads.join(", "));
    }
    written.forward = activated(given, format!("self.{}({x})", given.name), 1)?;
    Ok(written)
}

/// `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose`. Where the cut before and behind differ, torch cuts off the smaller, and a
/// slice the rest.
pub(super) fn conv_transpose(given: &Given<'_>) -> Result<Written, InteropError> {
    let found = given.primitive(|op| match op {
        Op::ConvInputGrad(conv) => Some((conv.window.clone(), conv.spatial.clone())),
        _ => None,
    });
    let (window, output) = found.ok_or_else(|| given.refuse("expected a transposed convolution, found none"))?;
    let rank = window.rank();
    // (k…, out, in) as (in, out, k…).
    let kernel = given.weight_as("kernel", &turned(rank))?;
    let sizes = kernel.shape()[2..].to_vec();
    let input = &given.x().sizes;
    let smaller: Vec<usize> = (0..rank).map(|axis| window.low[axis].min(window.high[axis])).collect();
    let missing: Vec<usize> = (0..rank)
        .map(|axis| {
            let reach = (input[axis] - 1) * window.strides[axis] + window.dilation[axis] * (sizes[axis] - 1) + 1;
            (output[axis] + window.low[axis] + window.high[axis]).saturating_sub(reach)
        })
        .collect();
    let bias = given.flag("use_bias", true);
    let mut words = arguments(&window, &smaller);
    if missing.iter().any(|&m| m > 0) {
        words.push_str(&format!(", output_padding={}", tuple(&missing)));
    }
    if !bias {
        words.push_str(", bias=False");
    }
    let mut written = Written::default();
    let (taken, filters) = (kernel.shape()[0], kernel.shape()[1]);
    written.parts.push(("", format!("nn.ConvTranspose{rank}d({taken}, {filters}, {}{words})", tuple(&sizes))));
    written.weights.push((".weight".into(), kernel));
    if bias {
        written.weights.push((".bias".into(), given.weight("bias")?));
    }
    let mut y = format!("self.{}({})", given.name, given.x().name);
    if window.low != window.high {
        let cut = |axis: usize| {
            let before = window.low[axis] - smaller[axis];
            format!("{}:{}", before, before + output[axis])
        };
        y = format!("{y}[:, :, {}]", (0..rank).map(cut).collect::<Vec<_>>().join(", "));
    }
    written.forward = activated(given, y, 1)?;
    Ok(written)
}
