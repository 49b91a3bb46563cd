//! Consistency of the discriminator on real samples (CR). Not here: on generated ones too (`balanced_consistency.rs`).

use super::{Player, Regularizer};
use crate::augment::Pixels;
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "the discriminator's logits stay when real images are moved and mirrored; Zhang et al. 2020";

/// E (D(x) − D(T(x)))² at real images x, where T mirrors each with probability ½ and moves it by up to `shift` pixels,
/// with what comes in repeated from the edge.
///
/// # Shapes
/// Images (N, H, W, C).
///
/// # Errors
/// Recorded for samples of other shapes.
///
/// # Source
/// Zhang, Zhang, Odena, Lee (2020), "Consistency regularization for generative adversarial networks",
/// arXiv:1910.12027, equation 2; its weight there is 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Largest number of pixels that an image is moved by.
    #[serde(default = "four")]
    pub shift: usize,
}

pub(super) fn four() -> usize {
    4
}

impl Regularizer for Consistency {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        said_of_moved(s, s.real(), self.shift)
    }
}

/// E (D(x) − D(T(x)))².
pub(super) fn said_of_moved<'g>(s: &LossScope<'g>, x: Expr<'g>, shift: usize) -> Expr<'g> {
    let moved = mirrored_and_moved(s, x, shift);
    (s.discriminator(x).logits - s.discriminator(moved).logits).square().mean()
}

/// Images of which each is mirrored by chance and moved by whole pixels.
fn mirrored_and_moved<'g>(s: &LossScope<'g>, x: Expr<'g>, shift: usize) -> Expr<'g> {
    let _scope = s.enter("consistency");
    let pixels = match Pixels::of(s, x, "consistency") {
        Ok(pixels) => pixels,
        Err(poison) => return poison,
    };
    let chance = || s.builder().uniform([pixels.batch, 1, 1]);
    let offset = || (chance() * (2 * shift + 1) as f64).floor() - shift as f64;
    let mirrored = chance().less(0.5);
    let (last_row, last_column) = ((pixels.height - 1) as f64, (pixels.width - 1) as f64);
    let row = (pixels.row + offset()).clamp(0.0, last_row);
    let column = (pixels.column + offset()).clamp(0.0, last_column);
    pixels.at(row, mirrored.select(last_column - column, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_scope::{Networks, Trace};
    use crate::spec::LatentDistribution;
    use ganymede_graph::Builder;
    use ganymede_graph::interpret::{Array, run};
    use ganymede_nn::Mode;
    use ganymede_tensor::{DType, TensorType};
    use std::collections::BTreeMap;
    use std::rc::Rc;

    /// Each image is what it was, moved by whole pixels with its edges repeated, mirrored or not; and all ways come up.
    #[test]
    fn images_are_mirrored_and_moved() {
        const SHIFT: i64 = 1;
        let (count, height, width) = (200, 3, 4);
        let builder = Builder::new("moved");
        let networks = Networks { models: BTreeMap::new() };
        let trace = Trace::new(&builder, &networks, Mode::Train, count, LatentDistribution::default());
        let scope = LossScope::new(&Rc::new(trace), "d", Player::Discriminator);
        let x = builder.input("x", TensorType::f32([count, height, width, 1]));
        builder.output("moved", mirrored_and_moved(&scope, x, SHIFT as usize));
        drop(scope);
        let pixel = |n: usize, row: i64, column: i64| (n * 100) as f64 + (row * 10 + column) as f64;
        let all = |n: usize| (0..height as i64).flat_map(move |r| (0..width as i64).map(move |c| pixel(n, r, c)));
        let x = Array::new([count, height, width, 1], (0..count).flat_map(all).collect());
        let seed = Array { ty: TensorType::new(DType::U32, [2]), data: vec![3.0, 0.0] };
        let draw = Array { ty: TensorType::new(DType::U32, [0; 0]), data: vec![0.0] };
        let inputs = [("x", x), ("seed", seed), ("draw", draw)].map(|(name, value)| (name.to_string(), value));
        let moved = run(&builder.finish().unwrap(), &inputs.into(), &mut BTreeMap::new()).unwrap();
        let mut seen = BTreeMap::new();
        for (n, image) in moved["moved"].data.chunks(height * width).enumerate() {
            let ways = (-SHIFT..=SHIFT).flat_map(|down| (-SHIFT..=SHIFT).map(move |right| (down, right)));
            let ways = ways.flat_map(|(down, right)| [(down, right, false), (down, right, true)]);
            let same = |&(down, right, mirrored): &(i64, i64, bool)| {
                image.iter().enumerate().all(|(at, &value)| {
                    let (row, column) = ((at / width) as i64, (at % width) as i64);
                    let column = (column + right).clamp(0, width as i64 - 1);
                    let column = if mirrored { width as i64 - 1 - column } else { column };
                    value == pixel(n, (row + down).clamp(0, height as i64 - 1), column)
                })
            };
            let way = ways.clone().find(same);
            *seen.entry(way.unwrap_or_else(|| panic!("image {n} is none of the ways: {image:?}"))).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 18, "{seen:?}");
    }
}
