//! The CPU backend's store: states in aligned memory, group after group. A state never moves; states that are added
//! later get memory of their own. Not here: which states there are (`state.rs`).

use super::memory::{Budget, Held, aligned};
use crate::convert::{check_type, copy_elements, tensor_of};
use crate::{RuntimeError, StateLayout, Store};
use ganymede_kernels::arena::{Memory, Span};
use ganymede_tensor::{Tensor, TensorType};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many memories a store can have: the first and its extensions.
pub(super) const SEGMENTS: usize = 14;

static STORES: AtomicU64 = AtomicU64::new(0);

/// States in main memory.
#[derive(Debug)]
pub(super) struct CpuStore {
    layout: StateLayout,
    segments: Vec<Held>,
    places: HashMap<String, (Span, TensorType)>,
    budget: Arc<Budget>,
    /// Tells this store from every other of the process.
    pub id: u64,
}

impl CpuStore {
    pub fn new(layout: &StateLayout, budget: &Arc<Budget>) -> Result<CpuStore, RuntimeError> {
        let mut store = CpuStore {
            layout: StateLayout::default(),
            segments: Vec::new(),
            places: HashMap::new(),
            budget: Arc::clone(budget),
            id: STORES.fetch_add(1, Ordering::Relaxed),
        };
        store.extend(layout)?;
        Ok(store)
    }

    /// Where a state lies: `memory` counts the store's own memories.
    pub fn span(&self, name: &str) -> Option<Span> {
        self.places.get(name).map(|(span, _)| *span)
    }

    /// The memories, in order.
    pub fn memories(&mut self) -> impl Iterator<Item = &mut Memory> {
        self.segments.iter_mut().map(|held| &mut held.memory)
    }

    fn find(&self, name: &str) -> Result<&(Span, TensorType), RuntimeError> {
        let known = || self.layout.entries.iter().map(|e| e.name.as_str());
        self.places.get(name).ok_or_else(|| RuntimeError::unknown("state", name, known()))
    }
}

impl Store for CpuStore {
    fn layout(&self) -> &StateLayout {
        &self.layout
    }

    fn read(&self, name: &str) -> Result<Tensor, RuntimeError> {
        let (span, ty) = self.find(name)?;
        let bytes = &self.segments[usize::from(span.memory)].memory.bytes()[span.offset..span.offset + span.bytes];
        Ok(tensor_of(ty, bytes))
    }

    fn write(&mut self, name: &str, value: &Tensor) -> Result<(), RuntimeError> {
        let (span, ty) = self.find(name)?;
        check_type("state", name, ty, value)?;
        let span = *span;
        let memory = &mut self.segments[usize::from(span.memory)].memory;
        copy_elements(value, &mut memory.bytes_mut()[span.offset..span.offset + span.bytes]);
        Ok(())
    }

    fn extend(&mut self, more: &StateLayout) -> Result<(), RuntimeError> {
        let layout = self.layout.joined(more)?;
        if more.entries.is_empty() {
            return Ok(());
        }
        if self.segments.len() == SEGMENTS {
            return Err(RuntimeError::Extensions { limit: SEGMENTS });
        }
        let mut groups: Vec<&str> = Vec::new();
        for entry in &more.entries {
            if !groups.contains(&entry.group.as_str()) {
                groups.push(&entry.group);
            }
        }
        let memory = self.segments.len() as u8;
        let (mut places, mut offset) = (Vec::new(), 0usize);
        for group in groups {
            for entry in more.entries.iter().filter(|e| e.group == group) {
                let bytes = entry.ty.bytes();
                places.push((entry.name.clone(), (Span { memory, offset, bytes }, entry.ty.clone())));
                offset = offset.saturating_add(aligned(bytes));
            }
        }
        self.segments.push(self.budget.take("the store", offset)?);
        self.places.extend(places);
        self.layout = layout;
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
