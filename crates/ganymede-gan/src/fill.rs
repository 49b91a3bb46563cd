//! Fills the missing cells of given rows by those of generated ones. Not here: which row each takes them from, and the file
//! (`ganymede-data`'s `GivenRows`), rows that are generated as a whole (`select/`).

use crate::error::GanError;
use crate::sampler::Sampler;
use crate::select::{RowDraws, RowsAsked};
use ganymede_data::{GivenRows, RowLines};

/// Generated rows among which the nearest are sought.
const POOL: u64 = 16_384;

/// Fills all open cells of the rows: those of a class that is given from 16,384 generated rows of this class, all others from as many
/// of any class. The generated rows are those of the seeds from `first` on. [`GivenRows::filled`] says how near they were.
///
/// # Errors
/// What generating gives.
pub fn fill_rows(
    (sampler, table): (&mut Sampler, &dyn RowLines),
    given: &mut GivenRows<'_>,
    first: u64,
) -> Result<(), GanError> {
    for (class, rows) in given.by_class() {
        let asked = RowsAsked { class, ..RowsAsked::default() };
        let pool = RowDraws::new((&mut *sampler, table), &asked, None, first).take(POOL, POOL)?;
        given.fill(&rows, &pool);
    }
    Ok(())
}
