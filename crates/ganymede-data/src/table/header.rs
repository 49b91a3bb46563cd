//! Whether the first row of a table names its columns. Not here: what the columns are (`infer.rs`).

use super::cells::Cells;
use std::collections::BTreeSet;

/// How many rows below the first are looked at.
const BELOW: usize = 100;

/// Whether the first row names the columns. Most tables have such a row, so that it is one unless it looks like the rows below:
///
/// - a text over numbers, or another form over dates, says that it is one;
/// - else it is none if all of it are numbers, if it has numbers over numbers, or if half of its texts are values below too.
///
/// Whole numbers in equal steps (`0,1,2`, `country,1960,1961`) are names, as data frames and wide tables have them.
pub(super) fn is_header(cells: &Cells) -> bool {
    let rows = 1..cells.rows().min(BELOW + 1);
    let (mut names, mut fits, mut texts, mut recurs) = (0, Vec::new(), 0, 0);
    for column in 0..cells.width() {
        let first = cells.get(0, column).trim();
        let below: Vec<&str> =
            rows.clone().map(|row| cells.get(row, column).trim()).filter(|t| !t.is_empty()).collect();
        let shapes: BTreeSet<String> = below.iter().filter_map(|text| shape(text)).collect();
        let data = below.iter().filter(|text| shape(text).is_some()).count();
        match shape(first) {
            _ if first.is_empty() => {}
            shape if data * 10 >= below.len() * 9 && data > 0 => match shape {
                Some(shape) if shapes.contains(&shape) => fits.push(first),
                _ => names += 1,
            },
            // Nothing below says what the column is.
            Some(_) if below.is_empty() => fits.push(first),
            _ if below.contains(&first) => recurs += 1,
            _ => texts += 1,
        }
    }
    if names > 0 {
        return true;
    }
    let all_numbers = texts + recurs == 0 && !fits.is_empty();
    let starts_at_0 = fits.first() == Some(&"0") && fits.len() > 1;
    match () {
        () if all_numbers => in_steps(&fits) && starts_at_0,
        () if recurs > 0 => fits.is_empty() && recurs * 2 < texts + recurs,
        () => fits.is_empty() || in_steps(&fits),
    }
}

/// Whether texts are whole numbers in equal steps up; two of them in a step of 1.
fn in_steps(texts: &[&str]) -> bool {
    let Some(numbers) = texts.iter().map(|text| text.parse::<i32>().ok()).collect::<Option<Vec<i32>>>() else {
        return false;
    };
    let mut steps = numbers.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0]));
    match steps.next() {
        // One number over a column of numbers, beside texts.
        None => numbers.iter().all(|year| (1800..2200).contains(year)),
        Some(step) => (step == 1 || step > 0 && numbers.len() > 2) && steps.all(|next| next == step),
    }
}

/// The form of a number or date: `n` for a plain number, else what stands between digits, `9/9/9`. `None` for other texts.
fn shape(text: &str) -> Option<String> {
    let body = text.trim_start_matches(|c: char| "+-($".contains(c) || (!c.is_alphanumeric() && !c.is_ascii()));
    let starts = body.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !starts || digits * 2 < text.chars().filter(|c| !c.is_whitespace()).count() || text.len() > 64 {
        return None;
    }
    if text.parse::<f64>().is_ok()
        || text.bytes().all(|b| b.is_ascii_digit() || b"., +-".contains(&b)) && text.bytes().skip(1).all(|b| b != b'-')
    {
        return Some("n".into());
    }
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('9') => {}
            '0'..='9' => out.push('9'),
            c => out.push(c),
        }
    }
    Some(out)
}
