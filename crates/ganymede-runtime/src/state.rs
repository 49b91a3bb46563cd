//! Which states a store holds, and in what order. Not here: their values (each backend's store).

use crate::RuntimeError;
use ganymede_graph::Graph;
use ganymede_tensor::TensorType;
use std::collections::{HashMap, HashSet};

/// One state: a parameter, an optimizer slot, a statistic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    /// Its name, such as `generator/dense/kernel`.
    pub name: String,
    /// Element type and shape.
    pub ty: TensorType,
    /// Entries of one group lie side by side, in order: `generator/parameters`, `generator/velocity` …
    pub group: String,
}

/// The states of a store, in order.
///
/// ```
/// use ganymede_runtime::StateLayout;
/// use ganymede_tensor::TensorType;
///
/// let mut layout = StateLayout::default();
/// layout.push("generator/dense/kernel", TensorType::f32([4, 8]), "generator/parameters");
/// assert_eq!((layout.bytes(), layout.entries.len()), (128, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateLayout {
    /// The states.
    pub entries: Vec<StateEntry>,
}

impl StateLayout {
    /// Appends a state.
    pub fn push(&mut self, name: impl Into<String>, ty: TensorType, group: impl Into<String>) {
        self.entries.push(StateEntry { name: name.into(), ty, group: group.into() });
    }

    /// The states that `graph` reads, all in one group, in order of their nodes.
    pub fn of_graph(graph: &Graph, group: &str) -> StateLayout {
        let mut layout = StateLayout::default();
        for (name, ty) in graph.states() {
            layout.push(name, ty.clone(), group);
        }
        layout
    }

    /// The state of this name.
    pub fn find(&self, name: &str) -> Option<&StateEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Sum of the states' sizes in bytes.
    pub fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.ty.bytes()).fold(0, usize::saturating_add)
    }

    /// This layout with `more` after it.
    ///
    /// # Errors
    /// [`RuntimeError::DuplicateState`] when a name stands twice.
    pub(crate) fn joined(&self, more: &StateLayout) -> Result<StateLayout, RuntimeError> {
        let entries: Vec<StateEntry> = self.entries.iter().chain(&more.entries).cloned().collect();
        let mut names = HashSet::new();
        match entries.iter().find(|entry| !names.insert(entry.name.as_str())) {
            Some(twice) => Err(RuntimeError::DuplicateState { name: twice.name.clone() }),
            None => Ok(StateLayout { entries }),
        }
    }

    /// Checks that every state that `graph` reads or assigns is here with its type.
    pub(crate) fn check(&self, graph: &Graph) -> Result<(), RuntimeError> {
        let known: HashMap<&str, &TensorType> = self.entries.iter().map(|e| (e.name.as_str(), &e.ty)).collect();
        let read = graph.states();
        let assigned = graph.assigns.iter().map(|(name, id)| (name.as_str(), graph.ty(*id)));
        for (name, ty) in read.chain(assigned) {
            match known.get(name) {
                None => return Err(RuntimeError::unknown("state", name, known.keys().copied())),
                Some(&expected) if expected != ty => {
                    return Err(RuntimeError::Type {
                        kind: "state",
                        name: name.to_string(),
                        expected: expected.clone(),
                        found: ty.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
