//! DiffAugment: the same kinds of changes always, of all samples.

use super::{Augmentation, Pixels};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "colours, places and holes by chance, in all images; Zhao et al. 2020";

/// Changes of all images, each by numbers of its own, in the order of `policy`:
///
/// - `color`: brightness x + b, b ~ U(−½, ½); then saturation, from a pixel's mean, times s ~ U(0, 2); then contrast, from
///   the image's mean, times c ~ U(½, 3⁄2);
/// - `translation`: by whole pixels, up to ⅛ of each side, with zeros outside;
/// - `cutout`: a hole of half of each side, zeros, about a place by chance.
///
/// # Shapes
/// Images (N, H, W, C); saturation changes nothing where C is 1.
///
/// # Errors
/// Recorded for samples of other shapes.
///
/// # Source
/// Zhao, Liu, Lin, Zhu, Han (2020), "Differentiable augmentation for data-efficient GAN training", arXiv:2006.10738.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffAugment {
    /// Which changes, in order.
    #[serde(default = "all")]
    pub policy: Vec<Change>,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Brightness, saturation, contrast.
    Color,
    /// Moving.
    Translation,
    /// A hole.
    Cutout,
}

fn all() -> Vec<Change> {
    vec![Change::Color, Change::Translation, Change::Cutout]
}

/// Largest translation as a part of a side.
const MOVED: f64 = 0.125;
/// A hole's side as a part of the image's.
const HOLE: f64 = 0.5;

impl Augmentation for DiffAugment {
    fn check(&self) -> Result<(), String> {
        match self.policy.is_empty() {
            true => Err("policy: expected one or more of color, translation, cutout, found none".into()),
            false => Ok(()),
        }
    }

    fn apply<'g>(&self, s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
        let change = |x: Expr<'g>, change: &Change| {
            let pixels = match Pixels::of(s, x, "diff_augment") {
                Ok(pixels) => pixels,
                Err(poison) => return poison,
            };
            match change {
                Change::Color => color(s, x),
                Change::Translation => translation(s, &pixels),
                Change::Cutout => x * cutout(s, &pixels),
            }
        };
        self.policy.iter().fold(x, change)
    }
}

/// Uniform in [low, high), one for each image, (N, 1, 1, 1).
fn between<'g>(s: &LossScope<'g>, batch: usize, low: f64, high: f64) -> Expr<'g> {
    s.builder().uniform([batch, 1, 1, 1]) * (high - low) + low
}

fn color<'g>(s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
    let batch = x.shape()[0];
    let x = x + between(s, batch, -0.5, 0.5);
    let grey = x.mean_keep(&[3]);
    let x = grey + (x - grey) * between(s, batch, 0.0, 2.0);
    let mean = x.mean_keep(&[1, 2, 3]);
    mean + (x - mean) * between(s, batch, 0.5, 1.5)
}

/// A whole number from −most to most, one for each image, (N, 1, 1).
fn steps<'g>(s: &LossScope<'g>, batch: usize, most: f64) -> Expr<'g> {
    (s.builder().uniform([batch, 1, 1]) * (2.0 * most + 1.0)).floor() - most
}

fn translation<'g>(s: &LossScope<'g>, pixels: &Pixels<'g>) -> Expr<'g> {
    let offsets = |size: usize| steps(s, pixels.batch, (size as f64 * MOVED + 0.5).floor());
    let (down, right) = (offsets(pixels.height), offsets(pixels.width));
    pixels.at(pixels.row + down, pixels.column + right)
}

/// 0 in the hole, 1 elsewhere, (N, H, W, 1).
fn cutout<'g>(s: &LossScope<'g>, pixels: &Pixels<'g>) -> Expr<'g> {
    let hidden = |place: Expr<'g>, size: usize| {
        let side = (size as f64 * HOLE + 0.5).floor();
        // An even hole has its middle between two pixels.
        let places = size as f64 + (1.0 - side % 2.0);
        let low = (s.builder().uniform([pixels.batch, 1, 1]) * places).floor() - (side / 2.0).floor();
        place.greater_equal(low).and(place.less(low + side))
    };
    let hole = hidden(pixels.row, pixels.height).and(hidden(pixels.column, pixels.width));
    hole.select(0.0, 1.0).reshape([pixels.batch, pixels.height, pixels.width, 1])
}
