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
//! - [`Dataset::split`]: the numbers of the samples to train on and of those kept out.
//! - [`Loader::new`], [`Loader::next`]: endless batches `real` (N, …sample) and `label` (N,), read ahead;
//!   batch b is a function of (samples, N, seed, b). [`Loader::waited`] says how long the caller stood still.
//! - [`Dataset::codec`]: what is needed to turn a network's samples into files without the data:
//!   [`Codec::save`], [`Codec::load`], [`Codec::write_grid`], [`Codec::write_sample`].
//! - [`write()`]: raw samples as files that [`Dataset::open`] reads back.
//! - [`Progress`]: told how far decoding is; `()` ignores it.
//! - [`DataError`]: every failure, with [`DataError::hint`].
//!
//! ```
//! use ganymede_data::{DataOptions, Dataset, Loader, LoaderOptions, Source};
//! let data = std::sync::Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
//! let split = data.split(None, 1);
//! let mut loader = Loader::new(data.clone(), split.train, 64, 1, 0, LoaderOptions::default())?;
//! assert_eq!(loader.next()?.get("real").unwrap().ty().to_string(), "f32[64,2]");
//! # Ok::<(), ganymede_data::DataError>(())
//! ```
#![forbid(unsafe_code)]

mod cache;
mod codec;
mod dataset;
mod error;
mod formats;
pub mod limits;
mod loader;
mod options;
mod order;
mod picture;
mod progress;
mod report;
mod sink;
mod source;
mod split;

pub use cache::cache_folder;
pub use codec::{CODEC_VERSION, Codec, Kind};
pub use dataset::Dataset;
pub use error::{BadFile, DataError, Position};
pub use formats::{Samples, names, supported, write};
pub use loader::{Batch, Loader, LoaderOptions};
pub use options::{DataOptions, Fit, Resolution, parse_background};
pub use progress::Progress;
pub use report::DataReport;
pub use source::Source;
pub use split::Split;
