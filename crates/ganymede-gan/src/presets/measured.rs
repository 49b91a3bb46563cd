//! What `cargo xtask choice-table` measured, which writes this file: the best preset of each kind of data and time.
//! Not here: what follows from it (`choice.rs`).

use super::choice::Measured;

/// By kind of data, minutes of one thread, and whether the preset knows classes.
#[rustfmt::skip]
pub(super) const MEASURED: &[Measured] = &[
];
