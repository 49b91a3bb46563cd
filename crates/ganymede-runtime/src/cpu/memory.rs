//! Memory that counts against what a backend may use. Not here: what lies where (`store.rs`, `plan.rs`).

use crate::RuntimeError;
use ganymede_kernels::arena::Memory;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much a backend and everything it made may use, and uses.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    used: AtomicUsize,
}

/// Memory, given back to the budget when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pub memory: Memory,
    budget: Arc<Budget>,
}

impl Budget {
    pub fn new(limit: Option<usize>) -> Arc<Budget> {
        Arc::new(Budget { limit: limit.unwrap_or(usize::MAX), used: AtomicUsize::new(0) })
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Zeroed memory for `what`.
    pub fn take(self: &Arc<Self>, what: &str, bytes: usize) -> Result<Held, RuntimeError> {
        let fits = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= self.limit);
        if let Err(used) = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            return Err(RuntimeError::MemoryLimit { what: what.to_string(), needed: bytes, limit: self.limit, used });
        }
        match Memory::new(bytes) {
            Ok(memory) => Ok(Held { memory, budget: Arc::clone(self) }),
            Err(source) => {
                self.used.fetch_sub(bytes, Ordering::Relaxed);
                Err(RuntimeError::Memory { what: what.to_string(), source })
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.memory.len(), Ordering::Relaxed);
    }
}

/// The next multiple of the alignment of memory; saturating.
pub(super) fn aligned(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(ganymede_kernels::arena::ALIGNMENT).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_and_what_is_dropped_can_be_taken_again() {
        let budget = Budget::new(Some(1000));
        let first = budget.take("the store", 600).unwrap();
        let refused = budget.take("program `d`", 500).unwrap_err();
        assert_eq!(refused.to_string(), "program `d` needs 500 bytes; of the 1000 allowed, 600 are in use");
        drop(first);
        assert_eq!(budget.used(), 0);
        assert!(budget.take("program `d`", 500).is_ok());
        let endless = Budget::new(None);
        assert!(matches!(endless.take("the store", usize::MAX), Err(RuntimeError::Memory { .. })));
        assert_eq!(endless.used(), 0);
    }
}
