//! How images stand in an array: the order of its axes, and what is needed to write samples as such an array again.
//! Not here: which layout an array has (`array.rs`), its elements (`element.rs`).

use super::element::Element;
use ganymede_tensor::TensorType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The order of the axes of one image in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Height, width, channels.
    Hwc,
    /// Channels first, as PyTorch has them.
    Chw,
    /// Width, height, channels: transposed, as EMNIST is stored.
    Whc,
    /// Channels first, transposed.
    Cwh,
}

impl Layout {
    /// Every order.
    pub const ALL: [Layout; 4] = [Layout::Hwc, Layout::Chw, Layout::Whc, Layout::Cwh];

    /// Name as in a spec and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Hwc => "hwc",
            Layout::Chw => "chw",
            Layout::Whc => "whc",
            Layout::Cwh => "cwh",
        }
    }

    /// Whether the channels come before the sides.
    pub(crate) fn channels_first(self) -> bool {
        matches!(self, Layout::Chw | Layout::Cwh)
    }

    /// (height, width, channels) of sizes in this order.
    pub(crate) fn of_sizes(self, [a, b, c]: [usize; 3]) -> [usize; 3] {
        match self {
            Layout::Hwc => [a, b, c],
            Layout::Chw => [b, c, a],
            Layout::Whc => [b, a, c],
            Layout::Cwh => [c, b, a],
        }
    }

    /// (height, width, channels) in this order.
    fn sizes(self, [h, w, c]: [usize; 3]) -> [usize; 3] {
        match self {
            Layout::Hwc => [h, w, c],
            Layout::Chw => [c, h, w],
            Layout::Whc => [w, h, c],
            Layout::Cwh => [c, w, h],
        }
    }

    /// Elements between neighbours along height, width and channels.
    fn strides(self, [h, w, c]: [usize; 3]) -> [usize; 3] {
        match self {
            Layout::Hwc => [w * c, c, 1],
            Layout::Chw => [w, 1, h * w],
            Layout::Whc => [c, h * c, 1],
            Layout::Cwh => [1, h, h * w],
        }
    }

    /// Places in an image of this order, in the order height, width, channels.
    fn places(self, sides: [usize; 3]) -> impl Iterator<Item = usize> {
        let [h, w, c] = sides;
        let [of_h, of_w, of_c] = self.strides(sides);
        (0..h).flat_map(move |y| {
            (0..w).flat_map(move |x| (0..c).map(move |channel| y * of_h + x * of_w + channel * of_c))
        })
    }

    /// The bytes of an image of this order as (height, width, channels).
    pub(crate) fn gathered(self, bytes: &[u8], sides: [usize; 3], element: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        self.places(sides).for_each(|at| out.extend_from_slice(&bytes[at * element..(at + 1) * element]));
        out
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Layout {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Layout::ALL.into_iter().find(|layout| layout.name() == text);
        found.ok_or_else(|| format!("expected hwc, chw, whc or cwh, found `{text}`"))
    }
}

/// The form of an array that samples came from, and in which they come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    /// Element type.
    pub(crate) element: Element,
    /// Order of the axes of an image.
    pub(crate) layout: Layout,
    /// Axes of one sample in the array: 1 for points and flattened images, 2 for grey images, 3 with channels.
    pub(crate) axes: usize,
}

impl Form {
    /// That of an array of raw samples as they are.
    pub(crate) fn of(sample: &TensorType) -> Form {
        Form { element: Element::of_dtype(sample.dtype), layout: Layout::Hwc, axes: sample.shape.len() }
    }

    /// The sizes of one sample of the shape (height, width, channels) or (coordinates,) in such an array.
    pub(crate) fn sizes(&self, shape: &[usize]) -> Vec<usize> {
        let &[h, w, c] = shape else { return shape.to_vec() };
        let [first, second, third] = self.layout.sizes([h, w, c]);
        match self.axes {
            1 => vec![h * w * c],
            // A grey image that became one of colours needs an axis more.
            2 if c == 1 && self.layout.channels_first() => vec![second, third],
            2 if c == 1 => vec![first, second],
            _ => vec![first, second, third],
        }
    }

    /// Raw values of one sample, channels last, as the bytes of such an array.
    pub(crate) fn bytes(&self, shape: &[usize], values: &[f64]) -> Vec<u8> {
        let mut out = Vec::with_capacity(values.len() * self.element.bytes());
        match *shape {
            [h, w, c] => {
                let mut ordered = vec![0.0; values.len()];
                self.layout.places([h, w, c]).zip(values).for_each(|(at, &value)| ordered[at] = value);
                ordered.iter().for_each(|&value| self.element.write(value, &mut out));
            }
            _ => values.iter().for_each(|&value| self.element.write(value, &mut out)),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image 2 x 3 with 2 channels whose values say their place: 100 y + 10 x + channel.
    const HWC: [u8; 12] = [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121];

    #[test]
    fn every_order_becomes_channels_last_and_comes_back() {
        let orders: [(Layout, [u8; 12], [usize; 3]); 4] = [
            (Layout::Hwc, HWC, [2, 3, 2]),
            (Layout::Chw, [0, 10, 20, 100, 110, 120, 1, 11, 21, 101, 111, 121], [2, 2, 3]),
            (Layout::Whc, [0, 1, 100, 101, 10, 11, 110, 111, 20, 21, 120, 121], [3, 2, 2]),
            (Layout::Cwh, [0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121], [2, 3, 2]),
        ];
        for (layout, bytes, sizes) in orders {
            assert_eq!(layout.of_sizes(sizes), [2, 3, 2], "{layout}");
            assert_eq!(layout.gathered(&bytes, [2, 3, 2], 1), HWC, "{layout}");
            let form = Form { element: Element::U8, layout, axes: 3 };
            assert_eq!(form.bytes(&[2, 3, 2], &HWC.map(f64::from)), bytes, "{layout}");
            assert_eq!(form.sizes(&[2, 3, 2]), sizes, "{layout}");
            assert_eq!(layout.name().parse(), Ok(layout));
        }
        let wide = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(Layout::Chw.gathered(&wide, [1, 2, 2], 2), [1, 2, 5, 6, 3, 4, 7, 8]);
    }

    #[test]
    fn sizes_are_those_of_the_array() {
        let sizes = |layout, axes, shape: &[usize]| Form { element: Element::F32, layout, axes }.sizes(shape);
        assert_eq!(sizes(Layout::Hwc, 1, &[28, 20, 1]), [560]);
        assert_eq!(sizes(Layout::Hwc, 2, &[28, 20, 1]), [28, 20]);
        assert_eq!(sizes(Layout::Whc, 2, &[28, 20, 1]), [20, 28]);
        assert_eq!(sizes(Layout::Chw, 2, &[28, 20, 1]), [28, 20]);
        assert_eq!(sizes(Layout::Hwc, 2, &[28, 20, 3]), [28, 20, 3]);
        assert_eq!(sizes(Layout::Hwc, 1, &[7]), [7]);
    }
}
