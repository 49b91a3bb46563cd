//! Adaptive discriminator augmentation (ADA). Not here: moving images (`geometry.rs`), colours (`colour.rs`).

use super::{Augmentation, Pixels, colour, geometry};
use crate::loss_scope::LossScope;
use crate::ranges::{FINITE, SHARE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "each change with a probability that follows how far the discriminator overfits; Karras et al. 2020";

/// Changes of images, each made with probability p and for each image anew:
///
/// - `blit`: mirrored, turned by quarters (where height and width differ, by halves), moved by whole pixels up to ⅛ of a side;
/// - `geometry`: scaled by 2^N(0, 0.2²), turned by any angle (before and after, so that one of both has probability p),
///   scaled along an axis by 2^N(0, 0.2²), moved by N(0, ⅛²) of a side;
/// - `colour`: brighter by N(0, 0.2²), contrast times 2^N(0, 0.5²), luma turned over, hue turned by any angle, saturation
///   times 2^N(0, 1).
///
/// Moves are one map for each image, read by linear interpolation, with the image mirrored at its edges. p is a state,
/// `augment/<at>/p`, 0 at first. After each discriminator update p ← p + sign(r − target)·N/(1000·speed_kimg), within
/// \[0, 1\], with r = E sign(D(x)) over the N augmented real samples, where D(x) stands for how sure the discriminator is by the
/// phase's objective: its logits, with least squares how far they are above the middle of both labels, with objectives of
/// differences how far they are above those of the fakes. With `p` it is that number instead.
///
/// # Shapes
/// Images (N, H, W, C); with `colour` C is 1 or 3, and of 1 hue and saturation are left alone.
///
/// # Units
/// `speed_kimg`: thousands of real samples in which p can go from 0 to 1.
///
/// # Errors
/// Recorded for samples of other shapes, and without `p` for an objective whose discriminator gives no score (`began`).
///
/// # Source
/// Karras, Aittala, Hellsten, Laine, Lehtinen, Aila (2020), "Training generative adversarial networks with limited data",
/// arXiv:2006.06676, sections 2.2 and 3.1, appendix B.
///
/// # Differs
/// Linear interpolation instead of a filter of twice the resolution; p moves at every update instead of every fourth, by a
/// fourth of the step. The groups of filters and corruptions are not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// Which groups of changes.
    #[serde(default = "all")]
    pub groups: Vec<Group>,
    /// The value at which r is held.
    #[serde(default = "target")]
    pub target: Scheduled,
    /// Thousands of real samples in which p can rise from 0 to 1.
    #[serde(default = "speed")]
    pub speed_kimg: Scheduled,
    /// A probability that does not adapt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<Scheduled>,
}

/// A group of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Mirrored, turned by quarters, moved by whole pixels.
    Blit,
    /// Scaled, turned, moved by any amount.
    Geometry,
    /// Colours.
    Colour,
}

fn all() -> Vec<Group> {
    vec![Group::Blit, Group::Geometry, Group::Colour]
}

fn target() -> Scheduled {
    Scheduled::Constant(0.6)
}

fn speed() -> Scheduled {
    500.0.into()
}

impl Adaptive {
    /// The probability of each change, ().
    fn probability<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        match &self.p {
            Some(p) => s.number("p", p).clamp(0.0, 1.0),
            None => s.state("p", TensorType::f32(Shape::scalar())),
        }
    }
}

impl Augmentation for Adaptive {
    fn check(&self) -> Result<(), String> {
        if self.groups.is_empty() {
            return Err("groups: expected one or more of blit, geometry, colour, found none".into());
        }
        within("target", &self.target, &FINITE)?;
        // 1e-3 is one sample.
        within("speed_kimg", &self.speed_kimg, &(1e-3..=1e9))?;
        self.p.as_ref().map_or(Ok(()), |p| within("p", p, &SHARE))
    }

    fn apply<'g>(&self, s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
        let pixels = match Pixels::of(s, x, "adaptive") {
            Ok(pixels) => pixels,
            Err(poison) => return poison,
        };
        let chance = Chance { s, batch: pixels.batch, p: self.probability(s) };
        let has = |group: Group| self.groups.contains(&group);
        let mut x = x;
        if has(Group::Blit) || has(Group::Geometry) {
            x = geometry::moved(&chance, &pixels, has(Group::Blit), has(Group::Geometry));
        }
        if has(Group::Colour) {
            x = colour::changed(&chance, x);
        }
        x
    }

    fn observe<'g>(&self, s: &LossScope<'g>, margin: Option<Expr<'g>>) -> Option<(&'static str, Expr<'g>)> {
        if self.p.is_none() {
            let Some(margin) = margin else {
                let message =
                    "`adaptive` expected an objective whose discriminator says how real a sample is, found another";
                s.builder().error(message.into(), Some("give it a probability that does not adapt: p = 0.2".into()));
                return None;
            };
            let step = (s.batch() * s.parts()) as f64 / 1000.0 / s.value("speed_kimg", &self.speed_kimg);
            let r = margin.stop_gradient().sign().mean();
            let p = self.probability(s) + (r - s.number("target", &self.target)).sign() * step;
            s.assign("p", p.clamp(0.0, 1.0));
        }
        Some(("p", self.probability(s)))
    }
}

/// Draws numbers, one for each image.
pub(super) struct Chance<'a, 'g> {
    s: &'a LossScope<'g>,
    batch: usize,
    p: Expr<'g>,
}

impl<'g> Chance<'_, 'g> {
    /// The same number for every image, (N, 1, 1).
    pub fn every(&self, number: f64) -> Expr<'g> {
        self.s.builder().full([self.batch, 1, 1], number)
    }

    /// Uniform in [0, 1), (N, 1, 1).
    pub fn uniform(&self) -> Expr<'g> {
        self.s.builder().uniform([self.batch, 1, 1])
    }

    /// Standard normal, (N, 1, 1).
    pub fn normal(&self) -> Expr<'g> {
        self.s.builder().normal([self.batch, 1, 1])
    }

    /// Whether there is a change, with probability p, (N, 1, 1).
    pub fn is_on(&self) -> Expr<'g> {
        self.uniform().less(self.p)
    }

    /// `changed` with probability p, else `neutral`, (N, 1, 1).
    pub fn maybe(&self, changed: Expr<'g>, neutral: f64) -> Expr<'g> {
        self.with(self.p, changed, neutral)
    }

    /// `changed` with probability 1 − √(1 − p): of two such changes at least one comes with probability p.
    pub fn one_of_two(&self, changed: Expr<'g>, neutral: f64) -> Expr<'g> {
        self.with(1.0 - (1.0 - self.p).sqrt(), changed, neutral)
    }

    fn with(&self, p: Expr<'g>, changed: Expr<'g>, neutral: f64) -> Expr<'g> {
        self.uniform().less(p).select(changed, neutral)
    }
}
