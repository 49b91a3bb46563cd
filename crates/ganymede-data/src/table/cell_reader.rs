//! Texts of a table as cells of a schema. Not here: cells as texts (`column.rs`).

use super::column::{Column, Kind, Missing};
use super::fault::{TableError, shown};
use super::read::Table;
use super::schema::Schema;
use super::wishes::nearest;
use rayon::prelude::*;
use std::collections::HashMap;

/// Reads texts as cells of a schema; it holds the places of all categories.
pub struct CellReader<'s> {
    columns: &'s [Column],
    places: Vec<HashMap<&'s str, u32>>,
}

/// Which columns of a table are those of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// For each column of the schema the column of the table; `None` where the table does not have it.
    pub places: Vec<Option<usize>>,
    /// The columns of the table that the schema does not have.
    pub others: Vec<String>,
}

impl Matched {
    /// The names of the columns that a table does not have.
    pub fn lacking<'s>(&self, schema: &'s Schema) -> Vec<&'s str> {
        let columns = schema.columns().iter().zip(&self.places);
        columns.filter(|(_, place)| place.is_none()).map(|(column, _)| &column.name[..]).collect()
    }

    /// Requires every column.
    ///
    /// # Errors
    /// The first that a table does not have, and what may be meant instead.
    pub fn complete(&self, schema: &Schema) -> Result<(), TableError> {
        let Some(name) = self.lacking(schema).first().copied() else { return Ok(()) };
        let meant = nearest(name, self.others.iter().map(String::as_str));
        let meant = meant.map_or(String::new(), |near| format!("; it has `{}`", shown(near)));
        Err(TableError::new(format!("expected a column `{}`, found none{meant}", shown(name))))
    }
}

impl Schema {
    /// What reads texts as cells.
    pub fn reader(&self) -> CellReader<'_> {
        CellReader { columns: self.columns(), places: self.columns().iter().map(places_of).collect() }
    }

    /// Which columns of a table are those of the schema: by their names; by their order where neither has names.
    pub fn matched(&self, table: &Table) -> Matched {
        let by_name: HashMap<&str, usize> = table.names.iter().enumerate().map(|(at, name)| (&name[..], at)).collect();
        let places: Vec<Option<usize>> =
            self.columns().iter().map(|column| by_name.get(&column.name[..]).copied()).collect();
        let others = table
            .names
            .iter()
            .filter(|name| !self.columns().iter().any(|column| column.name == **name))
            .cloned()
            .collect();
        Matched { places, others }
    }

    /// All cells of a table with the columns of the schema, row by row: rows x columns numbers.
    ///
    /// # Errors
    /// A column that the table does not have; a cell that its column cannot have, with its line.
    pub fn cells(&self, table: &Table) -> Result<Vec<f64>, TableError> {
        let matched = self.matched(table);
        matched.complete(self)?;
        let reader = self.reader();
        let width = self.columns().len();
        let mut cells = vec![0.0; table.rows() * width];
        // The first error of all, whichever thread finds one first.
        let faults = cells.par_chunks_mut(width * 4096).enumerate().filter_map(|(block, cells)| {
            let mut rows = (block * 4096..).zip(cells.chunks_mut(width));
            rows.find_map(|(row, cells)| reader.row(table, &matched, row, cells).err())
        });
        match faults.min_by_key(|fault| fault.line) {
            Some(fault) => Err(fault),
            None => Ok(cells),
        }
    }
}

fn places_of(column: &Column) -> HashMap<&str, u32> {
    match &column.kind {
        Kind::Category { values, .. } => {
            values.iter().enumerate().map(|(at, value)| (value.text.trim(), at as u32)).collect()
        }
        _ => HashMap::new(),
    }
}

impl CellReader<'_> {
    /// The cell of a text in a column; `None` where the column cannot have it. Spaces around it do not matter.
    pub fn cell(&self, column: usize, text: &str) -> Option<f64> {
        let text = text.trim();
        let Column { kind, missing, .. } = &self.columns[column];
        let missing = || missing.place(text).map(Missing::cell);
        match kind {
            Kind::Number { form, .. } => form.parse(text).or_else(missing),
            Kind::Date { form, .. } => form.parse(text).or_else(missing),
            Kind::Category { .. } => self.places[column].get(text).map(|place| f64::from(*place)),
            Kind::Id { .. } | Kind::Text { .. } => Some(missing().unwrap_or(0.0)),
            Kind::Constant { .. } | Kind::Empty | Kind::Ignored => Some(0.0),
        }
    }

    /// Reads a row of a table into one cell for each column; a column that the table does not have stays as it is.
    ///
    /// # Errors
    /// A cell that its column cannot have, with its line.
    pub fn row(&self, table: &Table, matched: &Matched, row: usize, cells: &mut [f64]) -> Result<(), TableError> {
        for (at, (place, cell)) in matched.places.iter().zip(cells).enumerate() {
            let Some(place) = place else { continue };
            let text = table.cell(row, *place);
            *cell = self.cell(at, text).ok_or_else(|| {
                let column = &self.columns[at];
                let reason = format!("expected {}, found `{}`", column.expected(), shown(text.trim()));
                TableError::new(reason).line(table.line(row)).column(&column.name)
            })?;
        }
        Ok(())
    }
}
