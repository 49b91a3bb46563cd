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
use crate::table::table;
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
    let of = |spec: &AugmentSpec| match make(&spec.class_name, &spec.arguments) {
        Some(made) => {
            let what = || format!("augmentation `{}`", spec.class_name);
            made.map_err(|reason| GanError::Argument { what: what(), reason })
        }
        None => {
            let known = AUGMENTATIONS.iter().map(|entry| entry.name.to_string()).collect();
            Err(GanError::Unknown { kind: "an augmentation", name: spec.class_name.clone(), known })
        }
    };
    specs.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
