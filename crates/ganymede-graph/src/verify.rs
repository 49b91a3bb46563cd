//! What is always true of a graph; checked after every pass in every build (it is linear).
//! Not here: errors of whoever builds a graph (`error.rs`).

use crate::graph::Graph;
use crate::ops::Op;
use ganymede_tensor::TensorType;
use std::collections::HashSet;

/// A broken graph: a bug of ours, with the node that shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("graph `{graph}`, node %{node}: {reason}")]
pub struct VerifyError {
    /// Name of the graph.
    pub graph: String,
    /// Index of the node (or of the output, when that is what is broken).
    pub node: usize,
    /// Which invariant is broken.
    pub reason: String,
}

impl Graph {
    /// Checks every invariant: operands come first, types are what the primitives infer, names are
    /// unique, scopes and roots exist, assigned values have their state's type.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let broken = |node: usize, reason: String| Err(VerifyError { graph: self.name.clone(), node, reason });
        let (mut inputs, mut states) = (HashSet::new(), std::collections::HashMap::new());
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(late) = node.inputs.iter().find(|i| i.index() >= index) {
                return broken(index, format!("operand %{} does not come first", late.0));
            }
            if node.scope.0 as usize >= self.scopes.len() {
                return broken(index, format!("scope {} does not exist", node.scope.0));
            }
            match &node.op {
                Op::Input(input) if !inputs.insert(&input.name) => {
                    return broken(index, format!("input `{}` stands twice", input.name));
                }
                Op::State(state) if states.insert(state.name.as_ref(), &node.ty).is_some() => {
                    return broken(index, format!("state `{}` stands twice", state.name));
                }
                Op::Input(_) | Op::State(_) => continue,
                _ => {}
            }
            let types: Vec<TensorType> = node.inputs.iter().map(|&i| self.ty(i).clone()).collect();
            match node.op.primitive().infer(&types) {
                Ok(ty) if ty == node.ty => {}
                Ok(ty) => {
                    return broken(index, format!("type is {}, `{}` gives {ty}", node.ty, node.op.primitive().name()));
                }
                Err(error) => return broken(index, error.to_string()),
            }
        }
        for (at, (name, id)) in self.outputs.iter().chain(&self.assigns).enumerate() {
            if id.index() >= self.nodes.len() {
                return broken(at, format!("`{name}` names node %{}, which does not exist", id.0));
            }
        }
        let mut assigned = HashSet::new();
        for (name, id) in &self.assigns {
            if !assigned.insert(name) {
                return broken(id.index(), format!("state `{name}` is assigned twice"));
            }
            if states.get(name.as_str()).is_some_and(|ty| *ty != self.ty(*id)) {
                return broken(id.index(), format!("state `{name}` is assigned a value of type {}", self.ty(*id)));
            }
        }
        Ok(())
    }
}
