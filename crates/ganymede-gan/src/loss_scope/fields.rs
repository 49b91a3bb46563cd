//! Fields of the data as networks take them, and which input of a network is bound to which. Not here: what fields there
//! are (`ganymede-data`), the names in a spec (`spec/roles.rs`).

use super::Trace;
use ganymede_data::{Field, LABEL, SAMPLE};
use ganymede_graph::Expr;
use ganymede_tensor::{DType, TensorType};

impl<'g> Trace<'g> {
    /// A field of the batch, when the data has it. Made when it is first asked for.
    ///
    /// # Shapes
    /// (N, …): classes as the `i32` that they are, all else as `f32`, raw·scale + offset.
    #[track_caller]
    pub fn field(&self, name: &str) -> Option<Expr<'g>> {
        if let Some(&known) = self.fields.borrow().get(name) {
            return Some(known);
        }
        let field = self.codec?.field(name)?;
        let raw = self.builder.input(name, field.in_batch(self.batch));
        let value = if is_class(field) { raw } else { scaled(field, raw) };
        self.fields.borrow_mut().insert(name.to_string(), value);
        Some(value)
    }

    /// The batch of real samples in the networks' range.
    #[track_caller]
    pub fn real(&self) -> Expr<'g> {
        let real = self.field(SAMPLE);
        real.unwrap_or_else(|| self.builder.error("expected a batch of real samples here, found none".into(), None))
    }

    /// The labels of the real samples, (N,), when the data has any.
    #[track_caller]
    pub fn label(&self) -> Option<Expr<'g>> {
        self.field(LABEL)
    }

    /// What a network takes: these, and then the fields that its further inputs are bound to.
    ///
    /// # Errors
    /// Recorded for an input that no field is bound to.
    #[track_caller]
    pub fn with_conditions(&self, network: &str, given: &[Expr<'g>]) -> Vec<Expr<'g>> {
        let mut inputs = given.to_vec();
        let Some(model) = self.networks.models.get(network) else { return inputs };
        let types = model.input_types(self.batch);
        let second = vec![Some(LABEL.to_string())];
        let bound = self.names.conditions.get(network).unwrap_or(&second);
        for at in given.len()..model.input_count() {
            let bound = at.checked_sub(1).and_then(|further| bound.get(further)?.as_deref());
            let value = bound.and_then(|name| self.field(name));
            inputs.push(value.unwrap_or_else(|| self.unbound(network, at, bound, types.get(at))));
        }
        inputs
    }

    #[track_caller]
    fn unbound(&self, network: &str, at: usize, bound: Option<&str>, ty: Option<&TensorType>) -> Expr<'g> {
        let fields: Vec<&str> =
            self.codec.into_iter().flat_map(|codec| codec.fields()).map(|f| f.name.as_str()).collect();
        let fields =
            format!("fields of the data: {}", if fields.is_empty() { "none".into() } else { fields.join(", ") });
        let (message, hint) = match bound {
            Some(LABEL) => (
                format!("`{network}` takes labels beside its first input, and the data has no classes"),
                "sub-folders of images are classes; or train a preset without labels, such as dcgan".to_string(),
            ),
            Some(name) => (
                format!("expected a field of the data for the input `{name}` of `{network}`, found none of that name"),
                format!("{fields}; name the layer after one of them"),
            ),
            None => (
                format!(
                    "expected the input {at} of `{network}` to have the name of a field of the data, found no name"
                ),
                format!("{fields}; give the layer the name of one of them"),
            ),
        };
        let ty = ty.cloned().unwrap_or_else(|| TensorType::f32([self.batch]));
        self.builder.error_as(message, Some(hint), ty)
    }
}

/// Whether a field says which class a sample is of: an index, whose size means nothing.
fn is_class(field: &Field) -> bool {
    field.name == LABEL || !field.categories.is_empty()
}

/// Raw values as a network's.
fn scaled<'g>(field: &Field, raw: Expr<'g>) -> Expr<'g> {
    let (raw, (scale, offset)) = (raw.convert(DType::F32), field.scale());
    if (scale, offset) == (1.0, 0.0) { raw } else { raw * scale + offset }
}
