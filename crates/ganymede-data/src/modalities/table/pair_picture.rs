//! One pair of columns as a drawing: where rows lie, real ones at the left and generated ones at the right. Not here: which pairs
//! (`pairs.rs`), the whole sheet (`picture.rs`).

use super::pairs::{Axis, Pair, Parts};
use super::picture::{FAKE, INK, LINE, REAL};
use crate::raster::canvas::{Canvas, Rgb, shortened, width};
use crate::table::{Column, Kind};

/// Width and height of the drawing of one pair, in pixels.
pub(super) const BLOCK: [usize; 2] = [600, 280];
/// Of each of its maps; pixels between them.
const MAP: [usize; 2] = [236, 196];
const GAP: usize = 16;
/// Where the first one begins: behind names, and below the title.
const LEFT: usize = 104;
const TOP: usize = 36;
/// Height of a line of names, and pixels between names and maps.
const ROW: usize = 12;
const BESIDE: usize = 4;
/// Height of small letters.
const LETTER: usize = 9;

/// The shares of counts: of a list from top to bottom, of each of its values; else of all rows.
fn shares(pair: &Pair, counts: &[u64]) -> Vec<f64> {
    let wide = pair.across.len();
    let share = |of: &[u64], all: u64| of.iter().map(|count| *count as f64 / all.max(1) as f64).collect::<Vec<f64>>();
    match pair.down.is_list() {
        true => counts.chunks_exact(wide).flat_map(|row| share(row, row.iter().sum())).collect(),
        false => share(counts, counts.iter().sum()),
    }
}

/// Draws a pair; `fake` are the counts of generated rows.
pub(super) fn block(sheet: &mut Canvas, [left, top]: [usize; 2], columns: &[Column], pair: &Pair, fake: &[u64]) {
    let name = |axis: &Axis| columns.get(axis.column).map_or("", |column| column.name.trim());
    let [down, across] = [name(&pair.down), name(&pair.across)].map(|name| shortened(name, 2, 252));
    sheet.words([left + 8, top + 6], 2, INK, &format!("{down} by {across}"));
    let maps = [shares(pair, &pair.counts), shares(pair, fake)];
    let most = maps.iter().flatten().fold(1e-9, |most: f64, share| most.max(*share));
    for (at, (shares, colour)) in maps.iter().zip([REAL.map(|value| value / 2), FAKE]).enumerate() {
        let corner = [left + LEFT + at * (MAP[0] + GAP), top + TOP];
        map(sheet, corner, pair, &shares.iter().map(|share| share / most).collect::<Vec<f64>>(), colour);
        below(sheet, [corner[0], corner[1] + MAP[1] + BESIDE], &labels(&pair.across, columns));
    }
    beside(sheet, [left, top + TOP], &pair.down, &labels(&pair.down, columns));
}

/// Where a place begins and ends of so many pixels.
fn span(at: usize, of: usize, room: usize) -> [usize; 2] {
    [at * room / of.max(1), (at + 1) * room / of.max(1)]
}

/// The row of a place: numbers ascend from the bottom to the top.
fn row(axis: &Axis, at: usize) -> usize {
    if axis.is_list() { at } else { axis.len() - 1 - at }
}

/// Shares as darkness, brought nearer to each other so that small ones are seen: those of all rows by their square root.
fn map(sheet: &mut Canvas, [left, top]: [usize; 2], pair: &Pair, shares: &[f64], colour: Rgb) {
    let (wide, high) = (pair.across.len(), pair.down.len());
    let power = if pair.down.is_list() { 0.75 } else { 0.5 };
    for (at, share) in shares.iter().enumerate() {
        let [x, right] = span(at % wide, wide, MAP[0]);
        let [y, bottom] = span(row(&pair.down, at / wide), high, MAP[1]);
        let part = libm::pow(share.clamp(0.0, 1.0), power);
        let shade = colour.map(|value| (255.0 - part * (255.0 - f64::from(value))).round() as u8);
        sheet.area([left + x, top + y], [right - x, bottom - y], shade);
    }
    sheet.edge([left, top], MAP, LINE);
}

/// Names of places with the places that they stand at.
fn labels(axis: &Axis, columns: &[Column]) -> Vec<(usize, String)> {
    let Some(column) = columns.get(axis.column) else { return Vec::new() };
    match &axis.parts {
        Parts::Numbers { low, high, missing } => {
            let last = axis.len() - 1 - usize::from(*missing);
            let ends = [(0, written(column, *low)), (last, written(column, *high))];
            let missing = missing.then(|| (axis.len() - 1, "missing".to_string()));
            ends.into_iter().chain(missing).collect()
        }
        Parts::Values { values, others } => {
            let named = values.iter().map(|value| value_name(column, *value as usize));
            named.chain(others.then(|| "others".to_string())).enumerate().collect()
        }
    }
}

/// A number as the file writes it.
fn written(column: &Column, number: f64) -> String {
    match &column.kind {
        Kind::Number { form, .. } => form.text(number),
        Kind::Date { form, .. } => form.write(number),
        _ => number.to_string(),
    }
}

fn value_name(column: &Column, value: usize) -> String {
    let Kind::Category { values, .. } = &column.kind else { return String::new() };
    match values.get(value).map_or("", |value| value.text.trim()) {
        "" => "missing".into(),
        text => text.into(),
    }
}

/// Names below a map: those of a list in the middle of their places, by turns in two lines where they have no room in one; of numbers
/// the ends.
fn below(sheet: &mut Canvas, [left, top]: [usize; 2], labels: &[(usize, String)]) {
    let places = labels.last().map_or(0, |(at, _)| at + 1);
    let is_list = labels.len() == places;
    let room = MAP[0] / labels.len().max(1);
    let lines = if is_list && labels.iter().any(|(_, text)| width(text, 1) + 2 > room) { 2 } else { 1 };
    for (number, (at, text)) in labels.iter().enumerate() {
        let text = shortened(text, 1, (room * lines).saturating_sub(2).min(MAP[0]));
        let [from, to] = span(*at, places, MAP[0]);
        let wide = width(&text, 1);
        let middle = ((from + to) / 2).saturating_sub(wide / 2);
        let x = if is_list {
            middle
        } else if *at == 0 {
            0
        } else {
            to.saturating_sub(wide)
        };
        // The greatest number stands above the word for missing ones.
        let line = if is_list { number % lines } else { number / 2 };
        sheet.words([left + x.min(MAP[0].saturating_sub(wide)), top + line * ROW], 1, INK, &text);
    }
}

/// Names at the left of a map.
fn beside(sheet: &mut Canvas, [left, top]: [usize; 2], axis: &Axis, labels: &[(usize, String)]) {
    let mut last: Option<usize> = None;
    let mut rows: Vec<(usize, &String)> = labels.iter().map(|(at, text)| (row(axis, *at), text)).collect();
    rows.sort_unstable_by_key(|(row, _)| *row);
    for (at, text) in rows {
        let text = shortened(text, 1, LEFT - 8 - BESIDE);
        let [from, to] = span(at, axis.len(), MAP[1]);
        let middle = ((from + to) / 2).saturating_sub(LETTER / 2);
        let y = last.map_or(middle, |last| middle.max(last + ROW)).min(MAP[1].saturating_sub(LETTER));
        last = Some(y);
        sheet.words([left + LEFT - BESIDE - width(&text, 1), top + y], 1, INK, &text);
    }
}
