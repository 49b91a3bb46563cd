//! One spatial dimension of a gather: which positions of the output share the same taps, and where these read.
//!
//! Positions near the border see fewer taps, and in an input gradient with stride s each position sees only the taps of
//! its phase. Positions with the same taps form a class, so no product with a zero is ever computed.

use super::spec::ConvAxis;

/// Output positions `start + i · step`, i < count, that see the same taps: `taps` of them from `slot` on in the packed
/// kernel, which read the positions `at + i · read_step + t · tap_step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The first position.
    pub start: usize,
    /// The distance between positions.
    pub step: usize,
    /// How many positions.
    pub count: usize,
    /// How far the read positions move from one element to the next.
    pub read_step: usize,
    /// The first tap's place in the packed kernel; the others follow it.
    pub slot: usize,
    /// The position that the first tap reads for the first element.
    pub at: usize,
    /// How many taps; may be 0.
    pub taps: usize,
    /// How far the read position moves from one tap to the next.
    pub tap_step: usize,
}

/// A dimension of the gather.
#[derive(Clone, Debug)]
pub struct Gather {
    /// The classes; together they cover every output position once.
    pub classes: Vec<Class>,
    /// For each slot of the packed kernel the tap that stands there.
    pub taps: Vec<usize>,
}

impl Gather {
    /// The forward pass: outputs read the input.
    pub fn forward(axis: &ConvAxis) -> Gather {
        let mut gather = Gather { classes: Vec::new(), taps: (0..axis.kernel).collect() };
        for o in 0..axis.output() {
            let inside = |k: &usize| (0..axis.input as isize).contains(&axis.position(o, *k));
            let (mut taps, mut first) = (0, None);
            for k in (0..axis.kernel).filter(inside) {
                first = first.or(Some((k, axis.position(o, k) as usize)));
                taps += 1;
            }
            let (slot, at) = first.unwrap_or_default();
            let (read_step, tap_step) = (axis.stride, axis.dilation);
            gather.add(Class { start: o, step: 1, count: 1, read_step, slot, at, taps, tap_step });
        }
        gather
    }

    /// The input gradient: positions of the input read the gradient of the output.
    pub fn input_grad(axis: &ConvAxis) -> Gather {
        let ConvAxis { input, kernel, stride, dilation, pad_low, .. } = *axis;
        // Taps of one phase stand together, the last first: they read ascending positions.
        let common = gcd(stride, dilation);
        let (period, tap_step) = (stride / common, dilation / common);
        let mut order: Vec<usize> = (0..kernel).collect();
        order.sort_by_key(|k| (k % period, kernel - k));
        let outputs = axis.output();
        let mut gather = Gather { classes: Vec::new(), taps: order };
        for phase in 0..stride.min(input) {
            for i in (phase..input).step_by(stride) {
                let (mut taps, mut first) = (0, None);
                for (slot, k) in gather.taps.iter().enumerate() {
                    let reach = (i + pad_low).checked_sub(k * dilation);
                    if let Some(reach) = reach.filter(|r| r % stride == 0 && r / stride < outputs) {
                        first = first.or(Some((slot, reach / stride)));
                        taps += 1;
                    }
                }
                let (slot, at) = first.unwrap_or_default();
                gather.add(Class { start: i, step: stride, count: 1, read_step: 1, slot, at, taps, tap_step });
            }
        }
        gather
    }

    /// Joins a position to the last class if it sees the same taps one `read_step` further.
    fn add(&mut self, mut new: Class) {
        if new.taps == 0 {
            // It reads nothing, so it must not point anywhere.
            new.read_step = 0;
        }
        if let Some(class) = self.classes.last_mut() {
            let next = new.start == class.start + class.count * class.step;
            let at = class.at + class.count * new.read_step;
            if next && (new.slot, new.taps, new.at) == (class.slot, class.taps, at) {
                class.count += 1;
                return;
            }
        }
        self.classes.push(new);
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (output position, tap, read position) of every product.
    fn products(gather: &Gather) -> Vec<(usize, usize, usize)> {
        let mut all = Vec::new();
        for class in &gather.classes {
            for i in 0..class.count {
                for t in 0..class.taps {
                    let read = class.at + i * class.read_step + t * class.tap_step;
                    all.push((class.start + i * class.step, gather.taps[class.slot + t], read));
                }
            }
        }
        all.sort();
        all
    }

    #[test]
    fn gathers_are_the_definition() {
        for input in [1, 2, 5, 8, 11] {
            for kernel in 1..=5 {
                for (stride, dilation) in [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2), (2, 3), (4, 6)] {
                    for (pad_low, pad_high) in [(0, 0), (1, 2), (3, 0), (6, 7)] {
                        let axis = ConvAxis { input, kernel, stride, dilation, pad_low, pad_high };
                        let mut forward = Vec::new();
                        for o in 0..axis.output() {
                            for k in 0..kernel {
                                let i = axis.position(o, k);
                                if i >= 0 && (i as usize) < input {
                                    forward.push((o, k, i as usize));
                                }
                            }
                        }
                        let mut backward: Vec<_> = forward.iter().map(|&(o, k, i)| (i, k, o)).collect();
                        forward.sort();
                        backward.sort();
                        assert_eq!(products(&Gather::forward(&axis)), forward, "{axis:?}");
                        let gather = Gather::input_grad(&axis);
                        assert_eq!(products(&gather), backward, "{axis:?}");
                        assert_eq!(gather.classes.iter().map(|c| c.count).sum::<usize>(), input);
                    }
                }
            }
        }
    }

    #[test]
    fn few_classes_cover_many_positions() {
        let axis = ConvAxis { input: 28, kernel: 5, stride: 1, dilation: 1, pad_low: 2, pad_high: 2 };
        assert_eq!(Gather::forward(&axis).classes.len(), 5);
        assert_eq!(Gather::input_grad(&axis).classes.len(), 5);
        let strided = ConvAxis { stride: 2, pad_low: 1, ..axis };
        assert_eq!(Gather::input_grad(&strided).classes.len(), 5);
    }
}
