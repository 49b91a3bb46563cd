//! Reads batches ahead on a thread of its own. Not here: what a batch is and which samples it has (`sources`).

use crate::error::DataError;
use crate::sources::{Batch, BatchSource};
use ganymede_tensor::TensorType;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Batches that are read ahead where nothing else is asked for.
pub const PREFETCH: usize = 4;

/// The batches of a source in order, read ahead.
#[derive(Debug)]
pub struct Loader {
    batches: Option<Receiver<Result<Batch, DataError>>>,
    thread: Option<JoinHandle<()>>,
    types: Vec<(String, TensorType)>,
    waited: Duration,
}

impl Loader {
    /// Starts to read the batches of `source`, from batch `first` on, at most `prefetch` (at least 1) ahead.
    ///
    /// # Errors
    /// [`DataError::Io`] when no thread can be started.
    pub fn new(mut source: Box<dyn BatchSource>, first: u64, prefetch: usize) -> Result<Loader, DataError> {
        let types = source.types().to_vec();
        let (sender, receiver) = sync_channel(prefetch.max(1));
        let thread = std::thread::Builder::new()
            .name("ganymede-data".into())
            .spawn(move || {
                for number in first.. {
                    let batch = source.batch(number);
                    let failed = batch.is_err();
                    if sender.send(batch).is_err() || failed {
                        return;
                    }
                }
            })
            .map_err(crate::error::io_error("ganymede-data", "start the thread"))?;
        Ok(Loader { batches: Some(receiver), thread: Some(thread), types, waited: Duration::ZERO })
    }

    /// Name and type of every tensor of a batch, in order.
    pub fn types(&self) -> &[(String, TensorType)] {
        &self.types
    }

    /// The next batch. Not an `Iterator`: the sequence has no end, and an error is no item of it.
    ///
    /// # Errors
    /// What reading the samples gave; [`DataError::LoaderStopped`] after an error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Batch, DataError> {
        let start = Instant::now();
        let batch = self.batches.as_ref().and_then(|batches| batches.recv().ok());
        self.waited += start.elapsed();
        batch.unwrap_or(Err(DataError::LoaderStopped))
    }

    /// How long callers have waited in [`Loader::next`], all together.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, and it ends.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
