//! Points drawn as an image. Not here: images made of pixels (`grid.rs`).

use super::{Image, Pixels};

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
pub(crate) fn scatter(real: &[[f64; 2]], fake: &[[f64; 2]], range: [f64; 2]) -> Image {
    let mut canvas = vec![[255.0; 3]; SIDE * SIDE];
    dots(&mut canvas, real, range, [170.0, 170.0, 170.0], 0.7);
    dots(&mut canvas, fake, range, [31.0, 90.0, 180.0], 0.6);
    let values = canvas.into_iter().flatten().map(|v| v.round() as u8).collect();
    Image { width: SIDE as u32, height: SIDE as u32, channels: 3, pixels: Pixels::U8(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_stands_where_its_coordinates_say() {
        let image = scatter(&[], &[[1.0, 1.0], [f64::NAN, 0.0], [1e300, 0.0]], [-1.0, 1.0]);
        let Pixels::U8(v) = image.pixels else { panic!() };
        let red = |row: usize, column: usize| v[(row * SIDE + column) * 3];
        assert!(red(0, SIDE - 1) < 200, "the top right corner is (1, 1)");
        assert_eq!(red(SIDE - 1, 0), 255);
        assert_eq!(v.iter().filter(|&&x| x < 250).count() % 3, 0);
    }

    /// A dot of radius 2, whose edge fades over a pixel: 0.6 of the way to its colour, half of that at a distance of 2, nothing at
    /// 3. Of grey 0.7 of the way from 255 to 170.
    #[test]
    fn dots_have_their_colour_and_their_edge() {
        // A pixel to each unit: (100, 311) is in column 100 and row 511 - 311.
        let range = [0.0, (SIDE - 1) as f64];
        let pixel = |image: &Image, row: usize, column: usize| {
            let Pixels::U8(v) = &image.pixels else { panic!() };
            let at = (row * SIDE + column) * 3;
            [v[at], v[at + 1], v[at + 2]]
        };
        let blue = scatter(&[], &[[100.0, 311.0]], range);
        assert_eq!((blue.width, blue.height, blue.channels), (512, 512, 3));
        for (row, column) in [(200, 100), (199, 100), (201, 101), (200, 101)] {
            // 255 - 0.6·224, 255 - 0.6·165, 255 - 0.6·75
            assert_eq!(pixel(&blue, row, column), [121, 156, 210], "{row}, {column}");
        }
        for (row, column) in [(198, 100), (202, 100), (200, 98), (200, 102)] {
            assert_eq!(pixel(&blue, row, column), [188, 206, 233], "{row}, {column}");
        }
        for (row, column) in [(197, 100), (203, 100), (200, 97), (200, 103), (202, 102), (311, 100)] {
            assert_eq!(pixel(&blue, row, column), [255; 3], "{row}, {column}");
        }
        let grey = scatter(&[[100.0, 311.0]], &[], range);
        assert_eq!(pixel(&grey, 200, 100), [196; 3]);
        // A dot at the edge is drawn as far as there are pixels, one beyond it not at all.
        let edge = scatter(&[], &[[0.0, 0.0], [-10.0, 5.0], [5.0, 600.0]], range);
        assert_eq!(pixel(&edge, 511, 0), [121, 156, 210]);
        let Pixels::U8(v) = &edge.pixels else { panic!() };
        // A quarter of a dot: three pixels of the inside a side but the corner, and what fades.
        assert_eq!(v.chunks(3).filter(|p| p[0] < 255).count(), 8);
    }
}
