//! Rows of a file whose missing cells are filled: what is given of them, and how they are written. Not here: which cells they get
//! (`nearby.rs`), where the rows that these come from are made (the caller).

use super::Table;
use super::cell_rows::no_row;
use super::nearby::Filled;
use crate::error::DataError;
use crate::table::{CellReader, Column, Kind, Reading, Schema, Table as Text, TableError, nearest, shown};
use std::collections::{BTreeMap, HashSet};

/// The cell of a number that the list of its column does not have: no place in it.
const UNSEEN: f64 = -1.0;

/// Rows of a file that has columns of a table, of which cells may be missing.
#[derive(Debug)]
pub struct GivenRows<'t> {
    pub(super) table: &'t Table,
    text: Text,
    /// For each column of the table that of the file.
    places: Vec<Option<usize>>,
    /// The cells of all rows, also of those columns that the file does not have; what is open is NaN.
    pub(super) cells: Vec<f64>,
    /// Which of them are open: missing, and to be filled.
    pub(super) open: Vec<bool>,
    /// The places among the cells of numbers that their list does not have, whose cell is [`UNSEEN`].
    pub(super) unseen: Vec<(usize, f64)>,
    /// What was filled.
    pub(super) filled: Filled,
    is_exact: bool,
}

impl<'t> GivenRows<'t> {
    /// Reads a file.
    ///
    /// # Errors
    /// With line and column: what reading a table gives, a column that there is not, and a cell that its column cannot have.
    pub(super) fn read(table: &'t Table, file: Vec<u8>) -> Result<GivenRows<'t>, TableError> {
        let schema = table.schema().map_err(|error| TableError::new(error.to_string()))?;
        let header = Some(schema.dialect().header.is_some());
        let text = Text::read(file.clone(), &Reading { header, empty_rows: true, ..Reading::default() })?;
        let matched = schema.matched(&text);
        if let Some(other) = matched.others.first() {
            return Err(unknown(schema, other, &matched.lacking(schema)));
        }
        let places = matched.places;
        let (width, reader) = (schema.columns().len(), schema.reader());
        let (mut cells, mut open) = (vec![f64::NAN; text.rows() * width], vec![false; text.rows() * width]);
        let mut unseen = Vec::new();
        for row in 0..text.rows() {
            for (at, column) in schema.columns().iter().enumerate() {
                let cell = places[at].map_or("", |place| text.cell(row, place));
                let place = row * width + at;
                open[place] = is_open(column, cell, places[at].is_some());
                if open[place] {
                    continue;
                }
                match number_beside(column, cell)
                    .filter(|_| reader.cell(at, cell).is_none() && table.target != Some(at))
                {
                    Some(number) => {
                        cells[place] = UNSEEN;
                        unseen.push((place, number));
                    }
                    None => {
                        let found = read_cell(&reader, column, at, cell);
                        cells[place] = found.map_err(|error| error.line(text.line(row)))?;
                    }
                }
            }
        }
        let mut given =
            GivenRows { table, text, places, cells, open, unseen, filled: Filled::default(), is_exact: true };
        let mut again = Vec::new();
        let columns: Vec<usize> = (0..given.text.columns()).collect();
        given.lines(&mut again, &columns, |row, column| (given.text.cell(row, column).into(), None));
        given.is_exact = again == file;
        Ok(given)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.text.rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.text.rows() == 0
    }

    /// What was assumed.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.text.notes.clone();
        let lacking: Vec<&str> = self.lacking().map(|at| &self.columns()[at].name[..]).collect();
        if !lacking.is_empty() {
            notes.push(format!("the file lacks {}: filled in every row, behind its own columns", lacking.join(", ")));
        }
        if let Some((place, _)) = self.unseen.first() {
            let (row, at) = (place / self.columns().len(), place % self.columns().len());
            notes.push(format!(
                "numbers that were not in the run's data, the first in line {}, column `{}`: compared by their size ({})",
                self.line(row),
                self.columns()[at].name,
                self.unseen.len()
            ));
        }
        if !self.is_exact {
            notes.push(
                "quotes or ends of lines are not the same throughout: written as most are, texts as given".into(),
            );
        }
        notes
    }

    /// The rows that have open cells, by the class of the target that is given, if one is.
    pub fn by_class(&self) -> BTreeMap<Option<u32>, Vec<usize>> {
        let (width, mut found) = (self.columns().len(), BTreeMap::<Option<u32>, Vec<usize>>::new());
        for (row, open) in self.open.chunks_exact(width).enumerate().filter(|(_, open)| open.contains(&true)) {
            let class = self.table.target.filter(|at| !open[*at]).map(|at| self.cells[row * width + at] as u32);
            found.entry(class).or_default().push(row);
        }
        found
    }

    /// How many cells are open.
    pub fn open_cells(&self) -> usize {
        self.open.iter().filter(|open| **open).count()
    }

    /// The line of a row in the file.
    pub fn line(&self, row: usize) -> u64 {
        self.text.line(row)
    }

    /// Appends the whole file: what was given byte for byte, in its order, and the columns that it lacks behind them.
    ///
    /// # Errors
    /// [`DataError::Mismatch`] where a cell is open that was not filled, or ids run out.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), DataError> {
        let (columns, width) = (self.columns(), self.columns().len());
        // What is made anew is never missing, and never what another row has.
        let anew: Vec<Column> =
            columns.iter().map(|column| Column { missing: Default::default(), ..column.clone() }).collect();
        let mut taken = columns.iter().enumerate().map(|(at, column)| self.taken(at, column)).collect::<Vec<_>>();
        let mut next = vec![0; width];
        let mut fault = None;
        let order: Vec<usize> = self.order();
        let mut text_of = |row: usize, at: usize| {
            let (cell, column) = (self.cells[row * width + at], &columns[at]);
            let found = match &column.kind {
                Kind::Id { .. } => loop {
                    match anew[at].text(0.0, next[at]) {
                        Ok((text, quoted)) => {
                            next[at] += 1;
                            if taken[at].insert(text.trim().into()) {
                                break Ok((text, quoted));
                            }
                        }
                        Err(reason) => break Err(reason),
                    }
                },
                Kind::Text { .. } => anew[at].text(0.0, row as u64),
                _ => column.text(cell, row as u64),
            };
            found.map(|(text, quoted)| (text.into_owned(), Some(quoted))).unwrap_or_else(|reason| {
                fault.get_or_insert_with(|| TableError::new(reason).line(self.line(row)).column(&column.name));
                (String::new(), None)
            })
        };
        self.lines(out, &order, |row, column| match self.place(column) {
            at if self.open[row * width + at] => text_of(row, at),
            at => (self.places[at].map_or("", |place| self.text.cell(row, place)).into(), None),
        });
        fault.map_or(Ok(()), |fault| Err(no_row(fault)))
    }

    pub(super) fn columns(&self) -> &'t [Column] {
        self.table.schema.as_ref().map_or(&[][..], |schema| schema.columns())
    }

    /// The columns of the table that the file does not have.
    fn lacking(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().enumerate().filter(|(_, place)| place.is_none()).map(|(at, _)| at)
    }

    /// Numbers of columns as they are written: those of the file, and behind them what it lacks.
    fn order(&self) -> Vec<usize> {
        (0..self.text.columns() + self.lacking().count()).collect()
    }

    /// The column of the table that a written one is.
    fn place(&self, column: usize) -> usize {
        let own = self.places.iter().position(|place| *place == Some(column));
        own.or_else(|| self.lacking().nth(column.saturating_sub(self.text.columns()))).unwrap_or(0)
    }

    /// The ids that are given.
    fn taken(&self, at: usize, column: &Column) -> HashSet<Box<str>> {
        match (&column.kind, self.places[at]) {
            (Kind::Id { .. }, Some(place)) => {
                (0..self.len()).map(|row| self.text.cell(row, place).trim().into()).collect()
            }
            _ => HashSet::new(),
        }
    }

    /// Writes lines of these columns; `text_of` a row and a column is a text, and whether it stands in quotes, where that is not as
    /// given.
    fn lines(
        &self,
        out: &mut Vec<u8>,
        columns: &[usize],
        mut text_of: impl FnMut(usize, usize) -> (String, Option<bool>),
    ) {
        let dialect = &self.text.dialect;
        let end = dialect.line_end.text();
        out.extend_from_slice(dialect.encoding.mark());
        let mut line = String::new();
        if dialect.says_delimiter {
            line.extend(["sep=", dialect.delimiter.encode_utf8(&mut [0; 4]), end]);
        }
        if let Some(header) = &dialect.header {
            line.push_str(header);
            for column in columns.iter().filter(|column| **column >= self.text.columns()) {
                line.push(dialect.delimiter);
                dialect.cell(&mut line, &self.columns()[self.place(*column)].name, false, false);
            }
            line.push_str(end);
        }
        out.extend(dialect.encoding.encode(std::mem::take(&mut line)));
        for row in 0..self.len() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    line.push(dialect.delimiter);
                }
                let (text, quoted) = text_of(row, *column);
                let as_given = *column < self.text.columns() && self.text.is_quoted(row, *column);
                dialect.cell(&mut line, &text, quoted.unwrap_or(as_given), columns.len() == 1);
            }
            if row + 1 < self.len() || dialect.last_line_ends {
                line.push_str(end);
            }
            out.extend(dialect.encoding.encode(std::mem::take(&mut line)));
        }
    }
}

/// Whether a text stands for a missing cell that can be filled; in a file that lacks the column every cell is one.
fn is_open(column: &Column, text: &str, is_there: bool) -> bool {
    let text = text.trim();
    match column.kind {
        Kind::Empty | Kind::Ignored => !is_there,
        _ => text.is_empty() || column.missing.place(text).is_some(),
    }
}

/// The number that a text is in a column of a list of numbers.
fn number_beside(column: &Column, text: &str) -> Option<f64> {
    let is_numbers = matches!(column.kind, Kind::Category { numbers: Some(_), .. });
    text.trim().parse::<f64>().ok().filter(|number| is_numbers && number.is_finite())
}

fn read_cell(reader: &CellReader<'_>, column: &Column, at: usize, text: &str) -> Result<f64, TableError> {
    reader.cell(at, text).ok_or_else(|| {
        let reason = format!("expected {}, or nothing, found `{}`", column.expected(), shown(text.trim()));
        TableError::new(reason).column(&column.name).hint("correct it, or empty the cell: then it is filled")
    })
}

/// A column of a file that the table does not have.
fn unknown(schema: &Schema, name: &str, lacking: &[&str]) -> TableError {
    let reason = format!("expected columns of the table that the run was trained on, found `{}`", shown(name));
    let hint = match (nearest(name, lacking.iter().copied()), &schema.dialect().header) {
        (Some(meant), _) => format!("rename it to `{meant}` if that is meant, or leave the column out"),
        (None, Some(_)) => {
            let names: Vec<&str> = schema.columns().iter().map(|column| &column.name[..]).take(20).collect();
            format!("leave the column out; the first line names the columns: {}", names.join(", "))
        }
        (None, None) => format!("leave the column out: the table has {} columns without names", schema.columns().len()),
    };
    TableError::new(reason).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modalities::{NumberedRows, RowCells};
    use crate::table::{RuleOptions, Wishes, infer};

    /// Eighty rows: a city fixes its country, sizes are 10 to 17 in Bern, 20 to 27 in Basel and so on, and `NA` in every tenth row.
    fn table(target: Option<&str>) -> (Table, NumberedRows) {
        let cities = [("Bern", "CH"), ("Basel", "CH"), ("Wien", "AT"), ("Graz", "AT")];
        let row = |at: usize| {
            let ((city, country), size) = (cities[at % 4], 10 + 10 * (at % 4) + at % 8);
            let size = if at % 10 == 9 { "NA".into() } else { format!("{size}.5") };
            format!("k{at:03},{city},{country},{size},\"{}\"\n", ["no", "yes"][at / 4 % 2])
        };
        let text: String = (0..80).map(row).collect();
        let text = Text::read(format!("id,city,country,size,member\n{text}").into(), &Reading::default()).unwrap();
        let schema = infer(&text, &Wishes::default()).unwrap();
        let target = target.map(|name| schema.place(name).unwrap());
        let cells = schema.cells(&text).unwrap();
        let (table, cells, notes) =
            Table::of(schema, cells, target, Default::default(), &RuleOptions::default()).unwrap();
        assert!(notes.iter().any(|note| note.contains("city fixes country")), "{notes:?}");
        let pool = NumberedRows { numbers: (0..80).collect(), cells };
        (table, pool)
    }

    fn filled(table: &Table, pool: &NumberedRows, file: &str) -> (String, Filled) {
        let mut given = table.given(file.into()).unwrap();
        for (class, rows) in given.by_class() {
            let mut pool = pool.clone();
            pool.retain(|row| class.is_none() || RowCells::class_of(table, row) == class);
            given.fill(&rows, &pool);
        }
        let mut out = Vec::new();
        given.write(&mut out).unwrap();
        (String::from_utf8(out).unwrap(), given.filled().clone())
    }

    /// What is given is written byte for byte, in the file's order; what is missing is of the nearest rows, and keeps the rule.
    #[test]
    fn missing_cells_are_filled_and_the_rule_is_kept() {
        let (table, pool) = table(None);
        let file = "size;country;city;member;id\r\n\
                    11.5;AT;;\"yes\"; x1 \r\n\
                    ; CH;Bern;;\r\n\
                    12.50;CH;Bern;no;k001\r\n\
                    NA;;\"Wien\";no;x9\r\n\
                    ;;;;";
        let (found, how) = filled(&table, &pool, file);
        let lines: Vec<Vec<&str>> = found.split("\r\n").map(|line| line.split(';').collect()).collect();
        assert_eq!((lines.len(), lines[0].join(";").as_str()), (6, "size;country;city;member;id"));
        // The nearest rows by size are in Bern and Basel, which are not in AT.
        assert_eq!((lines[1][0], lines[1][1], lines[1][3], lines[1][4]), ("11.5", "AT", "\"yes\"", " x1 "));
        assert!(["Wien", "Graz"].contains(&lines[1][2]), "{found}");
        let size: f64 = lines[2][0].parse().unwrap();
        assert!((10.5..=17.5).contains(&size) && lines[2][1..3] == [" CH", "Bern"], "{found}");
        assert!(lines[2][3].contains("no") || lines[2][3].contains("yes"), "{found}");
        assert_eq!(lines[3].join(";"), "12.50;CH;Bern;no;k001", "a whole row stays as it is");
        // A country follows from its city, and no missing size is filled by a missing one.
        assert_eq!((lines[4][1], lines[4][2]), ("AT", "\"Wien\""));
        assert!(lines[4][0].parse::<f64>().is_ok_and(|size| (30.5..=37.5).contains(&size)), "{found}");
        assert!(lines[5].iter().all(|cell| !cell.is_empty()), "a row of nothing is filled, too: {found}");
        let ids = [lines[2][4], lines[5][4]];
        assert!(ids.iter().all(|id| id.starts_with('k') && *id != "k001") && ids[0] != ids[1], "{found}");
        assert_eq!((how.distances.len(), how.unfit), (4, vec![]));
        assert!(how.distances.iter().all(|distance| (0.0..0.4).contains(distance)), "{:?}", how.distances);
        assert_eq!(filled(&table, &pool, file).0, found, "the same again");
    }

    /// Rows that contradict themselves are told; columns that the file lacks are filled behind the others; classes that are given
    /// are those of the pool.
    #[test]
    fn what_cannot_fit_is_told_and_whole_columns_are_filled() {
        let (table, pool) = table(Some("member"));
        let (found, how) = filled(&table, &pool, "city,country,member\nBern,AT,\nBasel,CH,yes\n");
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines[0], "city,country,member,id,size");
        assert!(lines[1].starts_with("Bern,AT,\"") && lines[2].starts_with("Basel,CH,yes,k"), "{found}");
        assert_eq!(how.unfit, [0]);
        let given = table.given(b"city,country,member\nBern,AT,\nBasel,CH,yes\n".to_vec()).unwrap();
        let classes: Vec<(Option<u32>, Vec<usize>)> = given.by_class().into_iter().collect();
        assert_eq!((classes, given.open_cells()), (vec![(None, vec![0]), (Some(1), vec![1])], 5));
        assert!(given.notes().iter().any(|note| note.contains("the file lacks id, size")), "{:?}", given.notes());
        // Another row number takes another of the five nearest rows.
        let many = format!("city,size\n{}", "Bern,\n".repeat(60));
        let (found, _) = filled(&table, &pool, &many);
        let sizes: HashSet<&str> = found.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert!(sizes.len() > 1, "{sizes:?}");
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_place() {
        let (table, _) = table(None);
        for (file, told) in [
            ("city,cuontry\nBern,CH\n", ["found `cuontry`", "rename it to `country`"]),
            ("city,age\nBern,3\n", ["found `age`", "leave the column out"]),
            ("city,size\nBern,1\nRom,2\n", ["line 3, column `city`: expected one of `Basel`", "empty the cell"]),
            (
                "city,size\nBern,big\n",
                ["line 2, column `size`: expected a number such as `10.5`, or nothing, found `big`", "empty the cell"],
            ),
        ] {
            let error = table.given(file.into()).unwrap_err();
            let text = format!("{error} {}", error.hint.clone().unwrap_or_default());
            assert!(told.iter().all(|told| text.contains(told)), "{text}");
        }
    }

    /// Numbers that the list of their column does not have are compared by their size; of the target they are refused.
    #[test]
    fn unseen_numbers_are_near_what_is_near_to_them() {
        let row = |at: usize| format!("{},{}\n", 100 * (at % 12) + at % 2, ["low", "high"][usize::from(at % 12 > 5)]);
        let text: String = (0..800).map(row).collect();
        let text = Text::read(format!("size,kind\n{text}").into(), &Reading::default()).unwrap();
        let schema = infer(&text, &Wishes::default()).unwrap();
        assert_eq!(schema.columns()[0].kind.name(), "ordered");
        let cells = schema.cells(&text).unwrap();
        let of = |target| {
            Table::of(schema.clone(), cells.clone(), target, Default::default(), &RuleOptions::default()).unwrap().0
        };
        let pool = NumberedRows { numbers: (0..800).collect(), cells: cells.clone() };
        let (table, file) = (of(None), "size,kind\n150,\n1050,\n99999,\n-5,\n");
        let (found, how) = filled(&table, &pool, file);
        assert_eq!(found, "size,kind\n150,low\n1050,high\n99999,high\n-5,low\n");
        assert!(how.unfit.is_empty(), "{how:?}");
        let notes = table.given(file.into()).unwrap().notes();
        assert!(notes[0].contains("line 2, column `size`: compared by their size (4)"), "{notes:?}");
        let error = of(Some(0)).given(file.into()).unwrap_err();
        assert!(error.to_string().starts_with("line 2, column `size`: expected one of `0`"), "{error}");
    }

    /// Where no cell is missing the file comes back as it is: marks, quotes, ends of lines and what stands behind the last.
    #[test]
    fn whole_files_come_back_byte_for_byte() {
        let (table, pool) = table(None);
        for file in [
            "\u{feff}city,member\r\n Bern ,\"no\"\r\nWien,yes",
            "sep=;\ncity;member\n\"Bern\";no\nWien;yes\n",
            "id\tcity\n\"a\"\"b\"\tBern\n c \tWien\n",
        ] {
            let given = table.given(file.into()).unwrap();
            assert!(given.is_exact, "{file}");
            let lacking = given.lacking().count();
            let (found, _) = filled(&table, &pool, file);
            for (found, line) in found.split('\n').zip(file.split('\n')) {
                let (found, line) = (found.trim_end_matches('\r'), line.trim_end_matches('\r'));
                let behind =
                    found.strip_prefix(line).unwrap_or_else(|| panic!("{found:?} does not begin with {line:?}"));
                let added = behind.matches(['\t', ';', ',']).count();
                assert!(added == lacking || line.is_empty() || line.starts_with("sep="), "{found:?}");
            }
            assert_eq!(found.ends_with('\n'), file.ends_with('\n'));
        }
        let mixed = table.given(b"city,member\r\nBern,no\nWien,yes\n".to_vec()).unwrap();
        assert!(mixed.notes().iter().any(|note| note.contains("ends of lines")), "{:?}", mixed.notes());
    }
}
