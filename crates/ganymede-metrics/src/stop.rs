//! Telling a long computation to stop. Not here: who tells (a signal).

use crate::MetricError;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that long loops look at.
#[derive(Clone, Copy, Debug)]
pub struct Stop<'a>(Option<&'a AtomicBool>);

impl<'a> Stop<'a> {
    /// Goes on to the end.
    pub const NEVER: Stop<'static> = Stop(None);

    /// Stops soon after the flag is set.
    pub fn when(flag: &'a AtomicBool) -> Stop<'a> {
        Stop(Some(flag))
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`MetricError::Stopped`] once the flag is set.
    pub fn check(self) -> Result<(), MetricError> {
        match self.0 {
            Some(flag) if flag.load(Ordering::Relaxed) => Err(MetricError::Stopped),
            _ => Ok(()),
        }
    }
}
