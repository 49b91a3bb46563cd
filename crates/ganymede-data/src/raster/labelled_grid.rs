//! Images side by side as people look at them: enlarged where they are small, with gaps, each row with its name. Not here:
//! images without anything between (`grid.rs`), the letters (`letters.rs`).

use super::{Image, Pixels, letters};

/// Pixels between two images.
const GAP: usize = 2;
/// Value of gaps and margins, and of letters on them.
const GREY: u8 = 96;
const WHITE: u8 = 255;
/// Letters of a name that are shown.
const LETTERS: usize = 12;
/// Pixels left and right of a name.
const MARGIN: usize = 4;
/// Side up to which small images are enlarged, and the most that each pixel becomes.
const SHOWN: usize = 96;
const LARGEST: usize = 8;
/// Side of a whole grid up to which its images are enlarged.
const WHOLE: usize = 4096;

/// How many pixels wide and high a pixel of an image becomes: as many as bring its longer side to at most 96, 8 at most, and fewer
/// where so many images would make the whole larger than 4096.
pub(crate) fn enlarged(image: [usize; 2], places: [usize; 2]) -> usize {
    let largest = (SHOWN / image[0].max(image[1]).max(1)).clamp(1, LARGEST);
    let fits = |by: &usize| image.iter().zip(places).all(|(side, places)| side * by * places <= WHOLE);
    (1..=largest).rev().find(fits).unwrap_or(1)
}

/// A name as it is shown: of longer ones the first letters.
fn shortened(name: &str) -> String {
    match name.chars().count() {
        0..=LETTERS => name.into(),
        _ => name.chars().take(LETTERS - 1).chain(['…']).collect(),
    }
}

/// A grid that is being drawn.
struct Canvas {
    width: usize,
    channels: usize,
    values: Vec<u8>,
}

impl Canvas {
    /// A pixel of an image as a square of `by` by `by`, from (x, y) on.
    fn square(&mut self, [x, y]: [usize; 2], by: usize, pixel: &[u8]) {
        for row in y..y + by {
            let begin = (row * self.width + x) * self.channels;
            let squares = self.values[begin..begin + by * self.channels].chunks_exact_mut(self.channels);
            squares.for_each(|square| square.copy_from_slice(pixel));
        }
    }

    fn image(&mut self, [x, y]: [usize; 2], by: usize, image: &[u8], width: usize) {
        for (at, pixel) in image.chunks_exact(self.channels).enumerate() {
            self.square([x + at % width * by, y + at / width * by], by, pixel);
        }
    }

    fn text(&mut self, [x, y]: [usize; 2], by: usize, text: &str) {
        let white = vec![WHITE; self.channels];
        for (place, letter) in text.chars().enumerate() {
            for (row, line) in letters::pixels(letter).iter().enumerate() {
                for (column, _) in line.iter().enumerate().filter(|(_, set)| **set) {
                    self.square([x + (place * letters::ADVANCE + column) * by, y + row * by], by, &white);
                }
            }
        }
    }
}

/// Images of one size in rows of `columns`. The names are those of the rows, from the first on; none for a grid without.
pub(crate) fn labelled_grid(
    images: &[Vec<u8>],
    [width, height, channels]: [usize; 3],
    columns: usize,
    names: &[String],
) -> Image {
    let columns = columns.clamp(1, images.len().max(1));
    let rows = images.len().div_ceil(columns).max(1);
    let by = enlarged([width, height], [columns, rows]);
    let (wide, high) = (width * by + GAP, height * by + GAP);
    let names: Vec<String> = names.iter().map(|name| shortened(name)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let scale = if height * by >= 2 * letters::LETTER[1] { 2 } else { 1 };
    let side = if longest == 0 { 0 } else { longest * letters::ADVANCE * scale + 2 * MARGIN };
    // Names that are higher than an image are not drawn over the next.
    let line = high.max(if longest == 0 { 0 } else { letters::LETTER[1] * scale + GAP });
    let (whole_width, whole_height) = (side + columns * wide - GAP, rows * line - GAP);
    let values = vec![GREY; whole_width * whole_height * channels];
    let mut canvas = Canvas { width: whole_width, channels, values };
    for (row, name) in names.iter().enumerate().take(rows) {
        let below = (line - GAP).saturating_sub(letters::LETTER[1] * scale) / 2;
        canvas.text([MARGIN, row * line + below], scale, name);
    }
    for (at, image) in images.iter().enumerate() {
        canvas.image([side + at % columns * wide, at / columns * line], by, image, width);
    }
    let (width, height) = (whole_width as u32, whole_height as u32);
    Image { width, height, channels, pixels: Pixels::U8(canvas.values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(image: &Image) -> Vec<u8> {
        let Pixels::U8(values) = &image.pixels else { panic!("8 bits") };
        values.clone()
    }

    #[test]
    fn small_images_are_enlarged_by_whole_numbers() {
        for (side, by) in [(4, 8), (16, 6), (28, 3), (32, 3), (33, 2), (48, 2), (49, 1), (64, 1), (256, 1)] {
            assert_eq!(enlarged([side, side], [8, 8]), by, "{side}");
            assert_eq!(enlarged([side / 2, side], [8, 8]), by, "the longer side counts: {side}");
        }
        // 100 rows of 28 are 2,800 pixels: twice that is too large.
        assert_eq!((enlarged([28, 28], [100, 100]), enlarged([28, 28], [8, 70])), (1, 2));
    }

    #[test]
    fn long_names_are_shortened() {
        assert_eq!(shortened("Sneaker"), "Sneaker");
        assert_eq!(shortened("twelve chars"), "twelve chars");
        assert_eq!(shortened("thirteen char"), "thirteen ch…");
    }

    #[test]
    fn images_stand_in_rows_with_gaps() {
        // Images of 64 by 1 pixels are shown as they are: two in a row, the last place is empty.
        let images: Vec<Vec<u8>> = (1..=3).map(|v| vec![v; 64]).collect();
        let image = labelled_grid(&images, [64, 1, 1], 2, &[]);
        assert_eq!((image.width, image.height), (64 + 2 + 64, 1 + 2 + 1));
        let row = |left: u8, right: u8| [[left; 64].as_slice(), &[GREY; 2], &[right; 64]].concat();
        assert_eq!(values(&image), [row(1, 2), row(GREY, GREY), row(GREY, GREY), row(3, GREY)].concat());
        // A pixel of a small colour image becomes a square of its colour.
        let image = labelled_grid(&[vec![1, 2, 3, 4, 5, 6]], [2, 1, 3], 5, &[]);
        assert_eq!((image.width, image.height), (16, 8));
        let line = [[1, 2, 3].repeat(8), [4, 5, 6].repeat(8)].concat();
        assert_eq!(values(&image), line.repeat(8));
        assert_eq!(
            (labelled_grid(&[], [64, 64, 3], 3, &[]).width, labelled_grid(&[], [64, 64, 3], 3, &[]).height),
            (64, 64)
        );
    }

    #[test]
    fn each_row_has_its_name_at_the_side() {
        let image = labelled_grid(&vec![vec![0; 64 * 64]; 4], [64, 64, 1], 2, &["T".into(), "up".into()]);
        // Two letters of 12 pixels and margins of 4, then the images.
        let side = 2 * 12 + 2 * 4;
        assert_eq!((image.width as usize, image.height), (side + 64 + 2 + 64, 64 + 2 + 64));
        let values = values(&image);
        let pixel = |x: usize, y: usize| values[y * image.width as usize + x];
        // The bar of the T: 10 pixels wide, 2 high, in the middle of the row.
        let top = (64 - 18) / 2;
        assert!((4..14).all(|x| pixel(x, top) == WHITE && pixel(x, top + 1) == WHITE));
        assert!((4..14).all(|x| pixel(x, top - 1) == GREY) && pixel(14, top) == GREY && pixel(4, top + 2) == GREY);
        assert!(pixel(8, top + 13) == WHITE && pixel(8, top + 14) == GREY);
        assert_eq!((pixel(side - 1, 0), pixel(side, 0)), (GREY, 0));
        // Rows lower than a letter are as high as a letter.
        let low = labelled_grid(&[vec![0; 64], vec![0; 64]], [64, 1, 1], 1, &["a".into(), "b".into()]);
        assert_eq!((low.width, low.height), (6 + 8 + 64, 9 + 2 + 9));
    }
}
