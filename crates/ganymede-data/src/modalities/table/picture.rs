//! The distributions of columns as a drawing. Not here: the numbers that are drawn (`encoder.rs`).

use super::{Made, Table};
use crate::error::DataError;
use crate::raster::{Image, Pixels};

/// Width and height of the drawing of one column, in pixels.
const PANEL: [usize; 2] = [160, 96];
/// Panels in a row.
const COLUMNS: usize = 5;
/// Panels at most.
const MOST: usize = 60;
/// Bars of a column at most.
const BARS: usize = 24;
/// Colours of real and generated rows, and of lines.
const REAL: [u8; 3] = [175, 175, 175];
const FAKE: [u8; 3] = [31, 90, 180];
const LINE: [u8; 3] = [215, 215, 215];

/// A panel for each column: the shares of its values, or of parts of its range, real in grey and generated in blue beside them.
pub(super) fn columns(table: &Table, samples: &[f32]) -> Result<Image, DataError> {
    let (coder, mut all) = (table.coder(), Vec::new());
    for (number, values) in (0..).zip(samples.chunks_exact(table.width())) {
        all.extend(coder.decode(values, number));
    }
    let columns = table.schema()?.columns().len();
    let rows = Made::of(&table.plan, table.target, &all, columns).cells;
    let shown = table.learned.len().clamp(1, MOST);
    let (width, height) = (COLUMNS.min(shown) * PANEL[0], shown.div_ceil(COLUMNS) * PANEL[1]);
    let mut pixels = vec![255; width * height * 3];
    for (at, ((_, encoder), column)) in table.learned.iter().zip(&rows).take(MOST).enumerate() {
        let (left, top) = ((at % COLUMNS) * PANEL[0], (at / COLUMNS) * PANEL[1]);
        let bars = encoder.bars(column, BARS);
        panel(&bars, &mut |x, y, colour| pixels[((top + y) * width + left + x) * 3..][..3].copy_from_slice(&colour));
    }
    Ok(Image { width: width as u32, height: height as u32, channels: 3, pixels: Pixels::U8(pixels) })
}

/// Draws pairs of shares, real and generated.
fn panel(bars: &[[f64; 2]], dot: &mut dyn FnMut(usize, usize, [u8; 3])) {
    let [width, height] = PANEL;
    (4..width - 4).for_each(|x| dot(x, height - 5, LINE));
    let most = bars.iter().flatten().fold(1e-9, |most: f64, &share| most.max(share));
    let room = width - 12;
    for (at, pair) in bars.iter().enumerate() {
        let (from, to) = (at * room / bars.len(), (at + 1) * room / bars.len());
        let half = ((to - from).max(2) - 1).div_ceil(2).max(1);
        for (which, (&share, colour)) in pair.iter().zip([REAL, FAKE]).enumerate() {
            let bar = (share / most * (height - 16) as f64).round() as usize;
            for x in from + which * half..(from + (which + 1) * half).min(room) {
                (0..bar).for_each(|y| dot(6 + x, height - 6 - y, colour));
            }
        }
    }
}
