//! Augmentations: what is done to samples, real and generated alike, before the discriminator sees them; derivatives
//! flow through it. To add one: a file here with a struct that implements [`Augmentation`] and a line in
//! [`AUGMENTATIONS`]. Not here: what is done to the data once (`ganymede-data`).

mod instance_noise;

pub use instance_noise::InstanceNoise;

use crate::error::GanError;
use crate::loss_scope::{LossScope, Verdict};
use crate::spec::AugmentSpec;
use ganymede_graph::Expr;
use serde::de::DeserializeOwned;

/// A differentiable change of samples.
pub trait Augmentation {
    /// The samples as the discriminator sees them: of the same shape, with noise of their own for each call.
    ///
    /// # Shapes
    /// x (N, …sample), the same out.
    fn apply<'g>(&self, s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g>;

    /// Learns from the verdict on real samples, once for each discriminator update. Most do not.
    fn observe<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>) {
        let _ = (s, real);
    }
}

/// An entry of the table: name, one sentence, constructor from arguments.
pub struct Entry {
    /// Name in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    make: fn(toml::Table) -> Result<Box<dyn Augmentation>, toml::de::Error>,
}

/// Every augmentation.
pub const AUGMENTATIONS: &[Entry] = &[Entry {
    name: "instance_noise",
    summary: "normal noise on all that the discriminator sees; Sønderby et al. 2016",
    make: make::<InstanceNoise>,
}];

fn make<A: Augmentation + DeserializeOwned + 'static>(
    arguments: toml::Table,
) -> Result<Box<dyn Augmentation>, toml::de::Error> {
    toml::Value::Table(arguments).try_into().map(|a: A| Box::new(a) as Box<dyn Augmentation>)
}

/// The augmentations of a spec, in order.
///
/// # Errors
/// [`GanError::Unknown`] for a name that is not in the table, [`GanError::Argument`] for arguments that are not its.
pub fn augmentations(specs: &[AugmentSpec]) -> Result<Vec<Box<dyn Augmentation>>, GanError> {
    let of = |spec: &AugmentSpec| {
        let Some(entry) = AUGMENTATIONS.iter().find(|e| e.name == spec.class_name) else {
            let known = AUGMENTATIONS.iter().map(|e| e.name.to_string()).collect();
            return Err(GanError::Unknown { kind: "an augmentation", name: spec.class_name.clone(), known });
        };
        (entry.make)(spec.arguments.clone()).map_err(|e| GanError::Argument {
            what: format!("augmentation `{}`", spec.class_name),
            reason: e.message().to_string(),
        })
    };
    specs.iter().map(of).collect()
}
