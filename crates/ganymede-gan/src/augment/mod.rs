//! Augmentations: what is done to samples, real and generated alike, before the discriminator sees them; derivatives
//! flow through it. To add one: a file here with a sentence and a struct that implements [`Augmentation`], and a line in
//! [`AUGMENTATIONS`]. Not here: what is done to the data once (`ganymede-data`).

mod colour;
mod geometry;
mod pixels;

pub(crate) use pixels::Pixels;

use crate::error::GanError;
use crate::loss_scope::LossScope;
use crate::spec::AugmentSpec;
use crate::table::{self, table};
use ganymede_graph::Expr;

/// A differentiable change of samples.
pub trait Augmentation {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument, what was expected and what was found.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// The samples as the discriminator sees them: of the same shape, with noise of their own for each call.
    ///
    /// # Shapes
    /// x (N, …sample), the same out.
    fn apply<'g>(&self, s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g>;

    /// Learns how sure the discriminator is of real samples (`margin`, see [`GanObjective::margin`]; none where the objective
    /// does not say), once for each discriminator update, and may give a number to be shown with the losses under this name.
    /// Most do neither.
    ///
    /// [`GanObjective::margin`]: crate::objectives::GanObjective::margin
    fn observe<'g>(&self, s: &LossScope<'g>, margin: Option<Expr<'g>>) -> Option<(&'static str, Expr<'g>)> {
        let _ = (s, margin);
        None
    }
}

table! {
    /// Every augmentation.
    AUGMENTATIONS: dyn Augmentation {
        diff_augment::DiffAugment,
        adaptive::Adaptive,
        instance_noise::InstanceNoise,
    }
}

/// The augmentations of a spec, in order.
///
/// # Errors
/// [`GanError::Unknown`] for a name that is not in the table, [`GanError::Argument`] for arguments that are not its.
pub fn augmentations(specs: &[AugmentSpec]) -> Result<Vec<Box<dyn Augmentation>>, GanError> {
    let augmentation = |spec: &AugmentSpec| {
        let refuse = |reason| GanError::Argument { what: format!("augmentation `{}`", spec.class_name), reason };
        match make(&spec.class_name, &spec.arguments) {
            Some(made) => match table::strays_text(&strays(spec)) {
                Some(reason) => Err(refuse(reason)),
                None => made.map_err(refuse),
            },
            None => Err(GanError::Unknown { kind: KIND, name: spec.class_name.clone(), known: names() }),
        }
    };
    specs.iter().map(augmentation).collect()
}

/// What the table holds, in messages.
pub(crate) const KIND: &str = "an augmentation";

/// Every name in the table.
pub(crate) fn names() -> Vec<String> {
    AUGMENTATIONS.iter().map(|entry| entry.name.to_string()).collect()
}

/// Arguments of an augmentation that it has not.
pub(crate) fn strays(spec: &AugmentSpec) -> Vec<table::Stray> {
    let entry = AUGMENTATIONS.iter().find(|entry| entry.name == spec.class_name);
    entry.map_or(Vec::new(), |entry| table::strays(&spec.arguments, (entry.arguments)()))
}

#[cfg(test)]
mod tests;
