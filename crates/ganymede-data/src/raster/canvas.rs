//! A sheet that areas and words are drawn on, in colour. Not here: images in a grid (`labelled_grid.rs`), the letters (`letters.rs`).

use super::{Image, Pixels, letters};

/// A colour.
pub(crate) type Rgb = [u8; 3];

/// A sheet of white pixels. What lies beyond its edges is not drawn.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Canvas {
    /// An empty one.
    pub(crate) fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, values: vec![255; width * height * 3] }
    }

    /// An area from (x, y) on.
    pub(crate) fn area(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], colour: Rgb) {
        let (from, to) = (x.min(self.width), (x + width).min(self.width));
        for row in y..(y + height).min(self.height) {
            let line = &mut self.values[(row * self.width + from) * 3..(row * self.width + to) * 3];
            line.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }

    /// The edge of an area, one pixel wide.
    pub(crate) fn edge(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], colour: Rgb) {
        let [right, bottom] = [x + width.saturating_sub(1), y + height.saturating_sub(1)];
        [[x, y], [x, bottom]].into_iter().for_each(|at| self.area(at, [width, 1], colour));
        [[x, y], [right, y]].into_iter().for_each(|at| self.area(at, [1, height], colour));
    }

    /// Words whose letters are `by` times as large, from (x, y) on.
    pub(crate) fn words(&mut self, [x, y]: [usize; 2], by: usize, colour: Rgb, text: &str) {
        for (place, letter) in text.chars().enumerate() {
            for (row, line) in letters::pixels(letter).iter().enumerate() {
                for (column, _) in line.iter().enumerate().filter(|(_, set)| **set) {
                    self.area([x + (place * letters::ADVANCE + column) * by, y + row * by], [by, by], colour);
                }
            }
        }
    }

    /// The sheet as an image.
    pub(crate) fn image(self) -> Image {
        let (width, height) = (self.width as u32, self.height as u32);
        Image { width, height, channels: 3, pixels: Pixels::U8(self.values) }
    }
}

/// How many pixels wide words are.
pub(crate) fn width(text: &str, by: usize) -> usize {
    (text.chars().count() * letters::ADVANCE).saturating_sub(1) * by
}

/// Words that are at most so many pixels wide: of longer ones the first letters.
pub(crate) fn shortened(text: &str, by: usize, most: usize) -> String {
    let room = (most / by.max(1) + 1) / letters::ADVANCE;
    match text.chars().count() <= room {
        true => text.into(),
        false => text.chars().take(room.saturating_sub(1)).chain((room > 0).then_some('…')).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_stay_on_the_sheet_and_words_in_their_room() {
        let mut sheet = Canvas::new(12, 10);
        sheet.area([10, 8], [9, 9], [1, 2, 3]);
        sheet.edge([0, 0], [3, 3], [9, 9, 9]);
        sheet.words([5, 0], 1, [7, 7, 7], "TT");
        let Pixels::U8(values) = sheet.image().pixels else { panic!() };
        let pixel = |x: usize, y: usize| &values[(y * 12 + x) * 3..][..3];
        assert_eq!((pixel(10, 8), pixel(9, 8), pixel(11, 9)), (&[1, 2, 3][..], &[255; 3][..], &[1, 2, 3][..]));
        assert!(pixel(0, 2) == [9; 3] && pixel(2, 1) == [9; 3] && pixel(1, 1) == [255; 3]);
        // The bar of a T, and the first pixel of the next, which has no more room.
        assert!(pixel(5, 0) == [7; 3] && pixel(9, 0) == [7; 3] && pixel(11, 0) == [7; 3] && pixel(10, 0) == [255; 3]);
        assert_eq!((width("ab", 2), width("", 2)), (22, 0));
        assert_eq!(
            (shortened("abc", 1, 17), shortened("abc", 1, 16), shortened("abc", 2, 3)),
            ("abc".into(), "a…".into(), String::new())
        );
    }
}
