//! Rows of cells as lines of the file. Not here: the text of one cell (`column.rs`).

use super::fault::TableError;
use super::schema::Schema;

impl Schema {
    /// Appends what stands before the rows: the byte order mark, `sep=;` and the names of the columns, as far as the file had them.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let dialect = self.dialect();
        out.extend_from_slice(dialect.encoding.mark());
        let mut text = String::new();
        if dialect.says_delimiter {
            text.extend(["sep=", dialect.delimiter.encode_utf8(&mut [0; 4]), dialect.line_end.text()]);
        }
        if let Some(header) = &dialect.header {
            text.extend([header, dialect.line_end.text()]);
        }
        out.extend(dialect.encoding.encode(text));
    }

    /// Appends a row, with the end of its line. `number`: that of the sample, from 0, for ids and other texts that are made anew.
    ///
    /// # Errors
    /// Another number of cells than columns, or a cell that its column cannot have; nothing is appended then.
    pub fn write_row(&self, out: &mut Vec<u8>, cells: &[f64], number: u64) -> Result<(), TableError> {
        let (dialect, columns) = (self.dialect(), self.columns());
        if cells.len() != columns.len() {
            return Err(TableError::new(format!("expected {} cells of a row, found {}", columns.len(), cells.len())));
        }
        let mut line = String::new();
        for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
            if at > 0 {
                line.push(dialect.delimiter);
            }
            let (text, quoted) =
                column.text(*cell, number).map_err(|fault| TableError::new(fault).column(&column.name))?;
            dialect.cell(&mut line, &text, quoted, columns.len() == 1);
        }
        line.push_str(dialect.line_end.text());
        out.extend(dialect.encoding.encode(line));
        Ok(())
    }

    /// Takes the end of the last line away, where the last line of the file had none: to be called once, with the last rows.
    pub fn end(&self, out: &mut Vec<u8>) {
        let dialect = self.dialect();
        let end = dialect.encoding.encode(dialect.line_end.text().into());
        if !dialect.last_line_ends && out.ends_with(&end) {
            out.truncate(out.len() - end.len());
        }
    }
}
