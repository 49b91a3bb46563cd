//! The table that ships: 32,561 people of a census, inside the program. Not here: reading tables (`delimited.rs`); its
//! licence is in `data/adult/NOTICE`.
//!
//! # Source
//! Becker, Kohavi (1996), "Adult", UCI Machine Learning Repository, doi:10.24432/C5XW20.

use super::{Decoded, Format, Inputs, Job, delimited};
use crate::error::{DataError, io_error};
use crate::sink::Sink;
use crate::source::Source;
use std::io::Read;
use std::path::Path;

static TABLE: &[u8] = include_bytes!("../../data/adult/adult.csv.gz");

/// What the table is for: whether somebody earns more than 50,000 dollars a year.
const TARGET: &str = "income";

/// The shipped table under the name `adult`.
pub(crate) struct Adult;

impl Format for Adult {
    fn name(&self) -> &'static str {
        "adult"
    }

    fn reads(&self) -> &'static str {
        "the table of 32,561 people of a census, 15 columns, that ships with the program"
    }

    fn data_name(&self) -> Option<&'static str> {
        Some("adult")
    }

    fn recognises(&self, _path: &Path) -> bool {
        false
    }

    fn inputs(&self, _source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs::default())
    }

    /// Its target is `income` where none is asked for.
    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let path = Path::new("adult/adult.csv.gz");
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(TABLE).read_to_end(&mut bytes).map_err(io_error(path, "read"))?;
        delimited::decode_bytes(job, path, bytes, Some(job.options.target.as_deref().unwrap_or(TARGET)), sink)
    }

    fn holds_rows(&self) -> bool {
        true
    }
}
