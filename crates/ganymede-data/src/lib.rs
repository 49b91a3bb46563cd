//! Readers and writers of samples, the decoded cache and the batch loader.
//!
//! It knows no graph and prints nothing: scaling raw values to a network's range is graph code
//! (`ganymede-graph` with the numbers of [`Codec::scaling`]), bars and text are the command's.
//!
//! The path of data:
//!
//! - [`Source::parse`]: a word (`fashion-mnist`, `ring2d`, `grid2d`) or a path.
//! - [`Dataset::open`] with [`DataOptions`]: decodes everything once, in parallel, into a file in
//!   [`cache_folder`] (or into memory without `use_cache`). Then
//!   [`Dataset::sample_type`] (`u8[28,28,1]`), [`Dataset::labels`], [`Dataset::classes`],
//!   [`Dataset::report`] (text and JSON), [`Dataset::fingerprint`], [`Dataset::read`], [`Dataset::gather`].
//!   [`Dataset::from_samples`] makes one of what a program has in memory.
//! - [`Dataset::split`]: the numbers of the samples to train on and of those kept out.
//! - [`Dataset::learn`]: the [`Codec`] of a run, with what its [`Modality`] learned of the samples to train on: its
//!   [`Field`]s, and how a network's samples become files without the data:
//!   [`Codec::save`], [`Codec::load`], [`Codec::write_grid`], [`Codec::write_samples`], [`Codec::conditions`].
//! - [`Codec::batches`]: a [`BatchSource`] of endless batches `real` (N, …sample), `label` (N,) and further fields by their
//!   names; batch b is a function of (samples, N, seed, b). [`Loader::new`], [`Loader::next`] read ahead;
//!   [`Loader::waited`] says how long the caller stood still.
//! - [`write()`]: raw samples as files that [`Dataset::open`] reads back.
//! - [`Progress`]: told how far decoding is; `()` ignores it.
//! - [`DataError`]: every failure, with [`DataError::hint`].
//!
//! ```
//! use ganymede_data::{DataOptions, Dataset, Loader, PREFETCH, Source, SourceOptions};
//! let data = std::sync::Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
//! let split = data.split(None, 1);
//! let codec = data.learn(&split)?;
//! let batches = codec.batches(data, split.train, &SourceOptions::new(64, 1))?;
//! let mut loader = Loader::new(batches, 0, PREFETCH)?;
//! assert_eq!(loader.next()?.get("real").unwrap().ty().to_string(), "f32[64,2]");
//! # Ok::<(), ganymede_data::DataError>(())
//! ```
#![forbid(unsafe_code)]

mod beside;
mod blocks;
mod cache;
mod cache_files;
mod class_name;
mod class_order;
mod codec;
mod dataset;
mod error;
mod field;
mod formats;
mod learn;
pub mod limits;
mod loader;
mod memory;
mod modalities;
mod options;
mod progress;
mod range;
mod raster;
mod report;
mod report_columns;
mod sink;
mod source;
mod sources;
mod split;
pub mod table;
pub mod text;
mod whole_file;

pub use cache::cache_folder;
pub use cache_files::{CacheFile, cache_files};
pub use class_name::{class_list, class_number};
pub use codec::{CODEC_VERSION, Codec};
pub use dataset::Dataset;
pub use error::{BadFile, DataError, Position};
pub use field::{CONDITION, Field, LABEL, Role, SAMPLE, Scaling};
pub use formats::layout::Layout;
pub use formats::{Samples, names, supported, write};
pub use learn::Rows;
pub use loader::{Loader, PREFETCH};
pub use memory::{FromSamples, Values};
pub use modalities::{
    ARRAY, Filled, GivenRows, GridRows, Head, KnownRows, Modality, NumberedRows, Preview, RowCells, RowColumn,
    RowFilter, RowKind, RowLines, RowRule, TableRows, Wish, names as modalities,
};
pub use options::{DataOptions, Duplicates, Fit, Pages, Resolution, parse_background, parse_range, parse_sizes};
pub use progress::Progress;
pub use report::DataReport;
pub use report_columns::ColumnReport;
pub use source::Source;
pub use sources::{Batch, BatchSource, Mirrored, Shuffled, SourceOptions};
pub use split::Split;
pub use whole_file::write_whole;
