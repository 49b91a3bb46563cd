//! The texts of a table's cells, in one piece of memory. Not here: how they are found in a file (`read.rs`).

/// Marks the end of a cell that stood in quotes.
const QUOTED: u32 = 1 << 31;

/// The cells of rows of equal width: one text, and where each cell of it ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    width: usize,
    text: String,
    /// Where the text of each row begins.
    starts: Vec<u64>,
    /// Where each cell ends, from the beginning of its row; with [`QUOTED`].
    ends: Vec<u32>,
    lines: Lines,
    any_quoted: bool,
}

/// The lines of rows: only those are kept that do not follow on the row before.
#[derive(Clone, Debug, Default)]
struct Lines(Vec<(u32, u64)>);

impl Lines {
    fn of(&self, row: usize) -> u64 {
        let at = self.0.partition_point(|(first, _)| *first as usize <= row);
        self.0[..at].last().map_or(0, |(first, line)| line + (row - *first as usize) as u64)
    }
}

impl Cells {
    /// Most bytes of the text of one row.
    pub(super) const MAX_ROW: usize = QUOTED as usize - 1;

    /// No rows of so many cells.
    pub(super) fn new(width: usize) -> Cells {
        Cells { width, ..Cells::default() }
    }

    /// Adds a row: the text of all its cells, and where each of them ends. A row has at most [`Cells::MAX_ROW`] bytes.
    pub(super) fn push(&mut self, line: u64, text: &str, ends: impl Iterator<Item = usize>, quoted: &[bool]) {
        let row = self.starts.len();
        if self.lines.0.is_empty() || self.lines.of(row) != line {
            self.lines.0.push((row as u32, line));
        }
        self.starts.push(self.text.len() as u64);
        self.text.push_str(text);
        for (at, end) in ends.enumerate() {
            let mark = if quoted.get(at) == Some(&true) { QUOTED } else { 0 };
            self.any_quoted |= mark != 0;
            self.ends.push(end as u32 | mark);
        }
    }

    /// Takes the last row away.
    pub(super) fn pop(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.text.truncate(start as usize);
            self.ends.truncate(self.starts.len() * self.width);
        }
    }

    /// Takes the first row away.
    pub(super) fn take_first(&mut self) {
        if self.starts.is_empty() {
            return;
        }
        let second = self.lines.of(1);
        self.starts.remove(0);
        self.ends.drain(..self.width);
        self.lines.0.remove(0);
        self.lines.0.iter_mut().for_each(|(row, _)| *row -= 1);
        if self.lines.0.first().is_none_or(|(row, _)| *row > 0) {
            self.lines.0.insert(0, (0, second));
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The line in which a row begins, from 1.
    pub(super) fn line(&self, row: usize) -> u64 {
        self.lines.of(row)
    }

    /// A cell as the file has it, without quotes around it.
    pub(super) fn get(&self, row: usize, column: usize) -> &str {
        let (start, at) = (self.starts[row] as usize, row * self.width + column);
        let from = if column == 0 { 0 } else { (self.ends[at - 1] & !QUOTED) as usize };
        &self.text[start + from..start + (self.ends[at] & !QUOTED) as usize]
    }

    /// Whether a cell stands in quotes.
    pub(super) fn is_quoted(&self, row: usize, column: usize) -> bool {
        self.any_quoted && self.ends[row * self.width + column] & QUOTED != 0
    }

    /// Whether any cell does.
    pub(super) fn any_quoted(&self) -> bool {
        self.any_quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_texts_quotes_and_lines() {
        let mut cells = Cells::new(2);
        for (line, text, ends, quoted) in [
            (1, "name", [2, 4], [false, false]),
            (3, "xyé", [1, 4], [true, false]),
            (4, "", [0, 0], [false, true]),
            (9, "zzz", [3, 3], [false, false]),
            (10, "", [0, 0], [false, false]),
        ] {
            cells.push(line, text, ends.into_iter(), &quoted);
        }
        let lines = |cells: &Cells| (0..cells.rows()).map(|row| cells.line(row)).collect::<Vec<_>>();
        assert_eq!((cells.get(1, 0), cells.get(1, 1), cells.get(3, 0), cells.get(3, 1)), ("x", "yé", "zzz", ""));
        assert_eq!(lines(&cells), [1, 3, 4, 9, 10]);
        cells.pop();
        cells.take_first();
        assert_eq!((lines(&cells), cells.rows(), cells.get(0, 1)), (vec![3, 4, 9], 3, "yé"));
        assert!(cells.is_quoted(0, 0) && !cells.is_quoted(0, 1) && cells.is_quoted(1, 1) && !cells.is_quoted(2, 0));
        cells.take_first();
        assert_eq!((lines(&cells), cells.get(1, 0)), (vec![4, 9], "zzz"));
        cells.take_first();
        cells.take_first();
        cells.take_first();
        cells.pop();
        assert_eq!(cells.rows(), 0);
    }
}
