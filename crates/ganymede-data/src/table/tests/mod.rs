//! Whole tables, there and back. Not here: single parts, whose tests stand in their files.

mod numbers;
mod odd_files;
mod round_trip;

use super::*;

/// A text that is read as it is found.
fn read(text: &str) -> Table {
    Table::read(text.into(), &Reading::default()).unwrap_or_else(|e| panic!("{e}: {text:?}"))
}

fn schema(text: &str) -> Schema {
    infer(&read(text), &Wishes::default()).unwrap()
}

/// The bytes of a file, read, made cells, and written.
fn there_and_back(bytes: &[u8]) -> Vec<u8> {
    let table = Table::read(bytes.into(), &Reading::default()).unwrap();
    let schema = infer(&table, &Wishes::default()).unwrap();
    let saved = serde_json::to_string(&schema).unwrap();
    let loaded: Schema = serde_json::from_str(&saved).unwrap_or_else(|e| panic!("{e}: {saved}"));
    assert_eq!(loaded, schema);
    let cells = schema.cells(&table).unwrap();
    let mut out = Vec::new();
    schema.write_header(&mut out);
    for (number, row) in (0..).zip(cells.chunks(schema.columns().len())) {
        schema.write_row(&mut out, row, number).unwrap();
    }
    schema.end(&mut out);
    out
}

/// A column of these cells, beside one that is never empty.
fn column(cells: &[&str]) -> Column {
    let mut text = String::from("x|other\n");
    cells.iter().for_each(|cell| text.push_str(&format!("{cell}|a\n")));
    schema(&text).columns()[0].clone()
}
