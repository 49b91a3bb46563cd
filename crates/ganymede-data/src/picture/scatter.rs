//! Points drawn as a picture. Not here: pictures made of pixels (`grid.rs`).

use super::{Picture, Pixels};

/// Side of the drawing in pixels.
const SIDE: usize = 512;
/// Radius of a dot in pixels.
const RADIUS: f64 = 2.0;

/// Draws the dots of one colour, each laid over what is there with the given opacity.
fn dots(canvas: &mut [[f64; 3]], points: &[[f64; 2]], range: [f64; 2], colour: [f64; 3], opacity: f64) {
    let scale = (SIDE - 1) as f64 / (range[1] - range[0]);
    for &[x, y] in points {
        // Row 0 is the top: the second coordinate grows upwards.
        let (cx, cy) = ((x - range[0]) * scale, (range[1] - y) * scale);
        if !(cx.is_finite() && cy.is_finite()) {
            continue;
        }
        let pixels = |c: f64| {
            let low = (c - RADIUS - 1.0).floor().clamp(0.0, SIDE as f64) as usize;
            let high = (c + RADIUS + 2.0).ceil().clamp(0.0, SIDE as f64) as usize;
            low..high
        };
        for row in pixels(cy) {
            for column in pixels(cx) {
                let distance = (column as f64 - cx).hypot(row as f64 - cy);
                let cover = (RADIUS + 0.5 - distance).clamp(0.0, 1.0) * opacity;
                let pixel = &mut canvas[row * SIDE + column];
                for (value, target) in pixel.iter_mut().zip(colour) {
                    *value += (target - *value) * cover;
                }
            }
        }
    }
}

/// Real points in grey, generated ones in blue over them, on white; both coordinates from `range[0]` to `range[1]`.
pub(crate) fn scatter(real: &[[f64; 2]], fake: &[[f64; 2]], range: [f64; 2]) -> Picture {
    let mut canvas = vec![[255.0; 3]; SIDE * SIDE];
    dots(&mut canvas, real, range, [170.0, 170.0, 170.0], 0.7);
    dots(&mut canvas, fake, range, [31.0, 90.0, 180.0], 0.6);
    let values = canvas.into_iter().flatten().map(|v| v.round() as u8).collect();
    Picture { width: SIDE as u32, height: SIDE as u32, channels: 3, pixels: Pixels::U8(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_stands_where_its_coordinates_say() {
        let picture = scatter(&[], &[[1.0, 1.0], [f64::NAN, 0.0], [1e300, 0.0]], [-1.0, 1.0]);
        let Pixels::U8(v) = picture.pixels else { panic!() };
        let at = |row: usize, column: usize| v[(row * SIDE + column) * 3];
        assert!(at(0, SIDE - 1) < 200, "the top right corner is (1, 1)");
        assert_eq!(at(SIDE - 1, 0), 255);
        assert_eq!(v.iter().filter(|&&x| x < 250).count() % 3, 0);
    }
}
