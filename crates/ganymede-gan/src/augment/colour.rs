//! Changing colours by luma, hue and saturation. Not here: when (`adaptive.rs`).

use super::adaptive::Chance;
use ganymede_graph::{Expr, concat};
use std::f64::consts::{LN_2, PI};

/// The images in other colours, (N, H, W, C) with C = 1 or 3. A pixel is its luma m, the mean of its channels, and the rest
/// d = x − m, which a change of hue turns about the grey axis v = (1, 1, 1)/√3: d cos θ + (v × d) sin θ.
pub(super) fn changed<'g>(chance: &Chance<'_, 'g>, x: Expr<'g>) -> Expr<'g> {
    let channels = x.shape()[3];
    if channels != 1 && channels != 3 {
        let message = format!("`adaptive` with `colour` expected images of 1 or 3 channels, found {channels}");
        return x.builder().error(message, Some("set groups = [\"blit\", \"geometry\"]".into()));
    }
    let each = |number: Expr<'g>| number.reshape([x.shape()[0], 1, 1, 1]);
    let power = |deviation: f64| (chance.normal() * (deviation * LN_2)).exp();
    let brightness = each(chance.maybe(chance.normal() * 0.2, 0.0));
    let contrast = each(chance.maybe(power(0.5), 1.0));
    let turned_over = each(chance.maybe(chance.uniform().less(0.5).select(-1.0, 1.0), 1.0));
    if channels == 1 {
        return (x + brightness) * contrast * turned_over;
    }
    let angle = each(chance.maybe((chance.uniform() * 2.0 - 1.0) * PI, 0.0));
    let saturation = each(chance.maybe(power(1.0), 1.0));
    let luma = x.mean_keep(&[3]); // (N, H, W, 1)
    let rest = x - luma;
    let channel = |c: usize| rest.slice_axis(3, c..c + 1);
    let parts = [channel(2) - channel(1), channel(0) - channel(2), channel(1) - channel(0)];
    let across = concat(&parts, 3) * (1.0f64 / 3.0).sqrt(); // v × d
    (luma + brightness) * contrast * turned_over + (rest * angle.cos() + across * angle.sin()) * (contrast * saturation)
}
