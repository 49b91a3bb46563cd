//! Columns as a drawing, real rows beside generated ones: each column alone, then the pairs that depend on each other most. Not here:
//! the numbers that are drawn (`encoder.rs`, `pairs.rs`), one pair (`pair_picture.rs`).

use super::pair_picture;
use super::{Made, Table};
use crate::error::DataError;
use crate::raster::Image;
use crate::raster::canvas::{Canvas, Rgb, shortened, width};

/// Width and height of the drawing of one column, in pixels.
const PANEL: [usize; 2] = [240, 128];
/// Panels in a row.
const COLUMNS: usize = 5;
/// Panels at most.
const MOST: usize = 60;
/// Bars of a column at most.
const BARS: usize = 24;
/// Pixels above the panels, and of a name.
const LEGEND: usize = 30;
const NAME: usize = 24;
/// Pixels at the sides of a panel.
const MARGIN: usize = 8;
/// Colours of real and generated rows, of lines, and of names.
pub(super) const REAL: Rgb = [120, 120, 120];
pub(super) const FAKE: Rgb = [31, 90, 180];
pub(super) const LINE: Rgb = [215, 215, 215];
pub(super) const INK: Rgb = [50, 50, 50];

/// A panel for each column: the shares of its values, or of parts of its range, real in grey and generated in blue beside them; and
/// below, pairs of columns in the same colours.
pub(super) fn columns(table: &Table, samples: &[f32]) -> Result<Image, DataError> {
    let (coder, mut all) = (table.coder(), Vec::new());
    for (number, values) in (0..).zip(samples.chunks_exact(table.width().max(1))) {
        all.extend(coder.decode(values, number));
    }
    let columns = table.schema()?.columns();
    let rows = Made::of(&table.plan, table.label(), &all, columns.len()).cells;
    let shown = table.learned.len().clamp(1, MOST);
    let [wide, high] = pair_picture::BLOCK;
    let beside = (COLUMNS * PANEL[0] / wide).min(table.pairs.len());
    let below = LEGEND + shown.div_ceil(COLUMNS) * PANEL[1];
    let size =
        [(COLUMNS.min(shown) * PANEL[0]).max(beside * wide), below + table.pairs.len().div_ceil(beside.max(1)) * high];
    let mut sheet = Canvas::new(size[0], size[1]);
    legend(&mut sheet);
    for (at, ((place, encoder), column)) in table.learned.iter().zip(&rows).take(MOST).enumerate() {
        let corner = [(at % COLUMNS) * PANEL[0], LEGEND + (at / COLUMNS) * PANEL[1]];
        let name = columns.get(*place).map_or("", |column| column.name.trim());
        let name = if table.plan.gap(*place).is_some() { format!("{name} (gap)") } else { name.into() };
        panel(&mut sheet, corner, &name, &encoder.bars(column, BARS));
    }
    for (at, pair) in table.pairs.iter().enumerate() {
        let corner = [(at % beside) * wide, below + (at / beside) * high];
        let counts = pair.counted(columns, all.chunks_exact(columns.len()));
        pair_picture::block(&mut sheet, corner, columns, pair, &counts);
    }
    Ok(sheet.image())
}

/// Which colour is what.
fn legend(sheet: &mut Canvas) {
    let mut x = MARGIN;
    for (name, colour) in [("real", REAL), ("generated", FAKE)] {
        sheet.area([x, 8], [14, 14], colour);
        sheet.words([x + 20, 6], 2, INK, name);
        x += 20 + width(name, 2) + 24;
    }
}

/// Draws pairs of shares, real and generated, below a name.
fn panel(sheet: &mut Canvas, [left, top]: [usize; 2], name: &str, bars: &[[f64; 2]]) {
    let [width, height] = PANEL;
    let room = width - 2 * MARGIN;
    sheet.words([left + MARGIN, top], 2, INK, &shortened(name, 2, room));
    let base = top + height - 8;
    sheet.area([left + MARGIN, base], [room, 1], LINE);
    let most = bars.iter().flatten().fold(1e-9, |most: f64, &share| most.max(share));
    for (at, pair) in bars.iter().enumerate() {
        let (from, to) = (at * room / bars.len(), (at + 1) * room / bars.len());
        let half = ((to - from).max(2) - 1).div_ceil(2).max(1);
        for (which, (share, colour)) in pair.iter().zip([REAL, FAKE]).enumerate() {
            let bar = (share / most * (height - NAME - 10) as f64).round() as usize;
            let from = from + which * half;
            sheet.area([left + MARGIN + from, base - bar], [half.min(room.saturating_sub(from)), bar], colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Pixels;
    use crate::sources::SourceOptions;
    use crate::{DataOptions, Dataset, Source};
    use std::sync::Arc;

    /// What a table learned of all its rows, and the rows as a network makes them.
    fn learned(text: &str) -> (Table, Vec<f32>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let options = DataOptions::default();
        let data = Arc::new(Dataset::open_with(&Source::parse(&path).unwrap(), &options, None, &()).unwrap());
        let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
        let rows: Vec<u32> = (0..data.len() as u32).collect();
        let mut batches = codec.batches(Arc::clone(&data), rows, &SourceOptions::new(data.len(), 1)).unwrap();
        let batch = batches.batch(0).unwrap();
        let table: Table = serde_json::from_value(codec.modality().learned()).unwrap();
        (table, batch.get("real").unwrap().as_f32().unwrap().to_vec())
    }

    fn names(table: &Table) -> Vec<[usize; 2]> {
        table.pairs.iter().map(|pair| [pair.down.column, pair.across.column]).collect()
    }

    /// Whatever the table and however many rows are generated: as many panels as columns, and no end that is reached.
    #[test]
    fn any_table_is_drawn() {
        let column = |cell: &dyn Fn(usize, usize) -> String, columns: usize, rows: usize| {
            let line = |of: &dyn Fn(usize) -> String| (0..columns).map(of).collect::<Vec<_>>().join(",") + "\n";
            let mut text = line(&|at| format!("name of column {at}"));
            (0..rows).for_each(|row| text += &line(&|at| cell(row, at)));
            text
        };
        let number = |row: usize, at: usize| format!("{}.5", row * (at + 3) * 7919 % 1013);
        let alone = column(&|row, _| number(row, 0), 1, 200);
        let wide = column(&number, 200, 60);
        let few = column(&|row, at| format!("{}{at}", ["a", "b", "a"][row]), 3, 3);
        let missing = column(&|row, at| if at == 0 { number(row, 0) } else { String::new() }, 3, 200);
        for (text, panels, most) in
            [(alone, [240, 128], 0), (wide, [1200, 12 * 128], 12), (few, [720, 128], 0), (missing, [240, 128], 0)]
        {
            let (table, rows) = learned(&text);
            let whole = columns(&table, &rows).unwrap();
            assert!(table.pairs.len() <= most, "{:.80}: {:?}", text, names(&table));
            let high = panels[1] + 30 + table.pairs.len().div_ceil(2) as u32 * 280;
            assert_eq!([whole.width, whole.height], [panels[0], high], "{:.80}", text);
            let width = table.width();
            assert_eq!(columns(&table, &[]).unwrap().width, whole.width);
            columns(&table, &rows[..width]).unwrap();
            columns(&table, &vec![f32::NAN; 3 * width]).unwrap();
        }
    }

    /// `kind` follows from `x`, and `y` from both but for its own part; `apart` from none. The same rows look the same on both sides.
    #[test]
    fn columns_that_depend_on_each_other_are_drawn_together() {
        let mut text = "x,kind,y,apart\n".to_string();
        for row in 0..600 {
            let x = row * 7919 % 599;
            let kind = ["low", "middle", "high"][x / 200];
            text += &format!("{x}.25,{kind},{}.5,{}\n", x + row * 31 % 400, ["left", "right"][row % 2]);
        }
        let (table, rows) = learned(&text);
        // The strongest first; the list stands from top to bottom.
        assert_eq!(names(&table), [[1, 0], [1, 2], [2, 0]]);
        let pair = &table.pairs[0];
        assert_eq!((pair.across.len(), pair.down.len(), pair.counts.iter().sum::<u64>()), (16, 3, 600));
        // Values are in their order in the list: high, low, middle; and each has its own third of the range.
        let parts = |row: usize| (0..16).filter(|at| pair.counts[row * 16 + at] > 0).collect::<Vec<_>>();
        assert_eq!(parts(0)[0], parts(2)[parts(2).len() - 1]);
        assert!(parts(1).contains(&0) && parts(0).contains(&15) && parts(2).contains(&8));
        let image = columns(&table, &rows).unwrap();
        let Pixels::U8(values) = &image.pixels else { panic!() };
        let blue = |x: usize, y: usize| {
            let pixel = &values[(y * image.width as usize + x) * 3..][..3];
            (255 - pixel[0] > 40, 255 - pixel[2] > 40)
        };
        // The first block begins below one row of panels; its maps at (104, 36) and 252 pixels further.
        let top = 30 + 128 + 36;
        for (row, y) in [33, 98, 163].into_iter().enumerate() {
            for at in 0..16 {
                let x = 104 + at * 236 / 16 + 7;
                assert_eq!(blue(x, top + y).0, blue(x + 252, top + y).0, "{row} {at}");
            }
        }
        assert!(blue(104 + 7, top + 98).0 && !blue(104 + 7, top + 33).0 && blue(104 + 228, top + 33).0);
    }

    /// What a rule says is kept by construction: a drawing of it tells nothing.
    #[test]
    fn pairs_of_rules_are_left_out() {
        let mut text = "city,country,size\n".to_string();
        for row in 0..300 {
            let city = row * 7919 % 5;
            text += &format!("c{city},k{},{}\n", city / 2, ["small", "large"][usize::from(city > 2)]);
        }
        let (table, _) = learned(&text);
        assert!(!table.rules.is_empty());
        assert!(names(&table).iter().all(|pair| !pair.contains(&0)), "{:?} {:?}", names(&table), table.rules);
    }
}
