//! Tables of text: read, taken for columns, written, and read again to the same cells.
#![no_main]

use ganymede_data::table::{Reading, Schema, Table, Wishes, infer};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(table) = Table::read(data.into(), &Reading::default()) else { return };
    let Ok(schema) = infer(&table, &Wishes::default()) else { return };
    let cells = schema.cells(&table).expect("the cells of its own table");
    let width = schema.columns().len();
    let mut file = Vec::new();
    schema.write_header(&mut file);
    for (number, row) in (0..).zip(cells.chunks(width)) {
        // Ids may end.
        if schema.write_row(&mut file, row, number).is_err() {
            return;
        }
    }
    schema.end(&mut file);
    let dialect = schema.dialect();
    let how = Reading {
        delimiter: Some(dialect.delimiter),
        header: Some(dialect.header.is_some()),
        max_bad: 0.0,
        ..Reading::default()
    };
    // Where a row without any text stands last, or quotes are letters, other rows are read.
    let Ok(again) = Table::read(file, &how) else { return };
    if again.rows() == table.rows() && again.dialect.quotes == dialect.quotes {
        let read = schema.cells(&again).expect("the cells that were written");
        for (at, (old, new)) in cells.iter().zip(&read).enumerate() {
            if schema.columns()[at % width].kind.is_learned() {
                assert!(
                    old.to_bits() == new.to_bits() || schema.notes().iter().any(|note| note.contains("another way"))
                );
            }
        }
    }
    let saved = serde_json::to_string(&schema).expect("a schema as text");
    let loaded: Schema = serde_json::from_str(&saved).expect("the schema that was saved");
    assert_eq!(loaded, schema);
});
