//! Under which conditions the samples that are compared are generated: those of the real ones. Not here: which real samples
//! (`sets.rs`), generating alone (`sampler/`).

use super::sets::{CHUNK, misshapen};
use crate::error::GanError;
use crate::metrics::{Stage, Stop};
use crate::sampler::Sampler;
use ganymede_data::{Codec, Dataset, LABEL, Wish};
use ganymede_tensor::Tensor;

/// Where each field comes from that a generator is given beside latents.
pub(super) struct Conditions {
    /// Fields that are those of the real samples, one by one.
    pub of_real: Vec<String>,
    /// Fields whose classes or examples are taken in turn, and why.
    pub in_turn: Vec<(String, String)>,
}

impl Conditions {
    /// For the samples of a data set, which may be another than the run's.
    pub fn of(sampler: &Sampler, codec: &Codec, dataset: &Dataset) -> Conditions {
        let (mut of_real, mut in_turn) = (Vec::new(), Vec::new());
        for name in sampler.given() {
            match same_field(name, codec, dataset.codec()) {
                Ok(()) => of_real.push(name.to_string()),
                Err(reason) => in_turn.push((name.to_string(), reason)),
            }
        }
        Conditions { of_real, in_turn }
    }

    /// Whether generated samples are of the real ones' classes; else why not.
    pub fn asked(&self) -> Result<(), String> {
        if self.of_real.iter().any(|name| name == LABEL) {
            return Ok(());
        }
        let reason = self.in_turn.iter().find(|(name, _)| name == LABEL).map(|(_, reason)| reason.clone());
        Err(reason.unwrap_or_else(|| "the generator takes no classes".into()))
    }

    /// What a protocol says of them: nothing where labels alone are those of the real samples.
    pub fn of_protocol(&self) -> String {
        let further = self.of_real.iter().filter(|name| *name != LABEL).map(|name| format!("{name} of the samples"));
        let in_turn = self.in_turn.iter().map(|(name, _)| match name.as_str() {
            LABEL => "classes in turn".to_string(),
            name => format!("{name} in turn"),
        });
        further.chain(in_turn).collect::<Vec<_>>().join(", ")
    }

    /// What was done otherwise than asked for.
    pub fn said(&self) -> Vec<String> {
        let said = |(name, reason): &(String, String)| match name.as_str() {
            LABEL => {
                format!("generating under the classes of the real samples: {reason}; each class in turn was taken")
            }
            name => {
                format!(
                    "generating under `{name}` of the real samples: {reason}; the run's examples were taken in turn"
                )
            }
        };
        self.in_turn.iter().map(said).collect()
    }

    /// The conditions as text for the reader.
    pub fn words(&self) -> String {
        let real = self.of_real.iter().map(|name| format!("`{name}` of the real samples"));
        let in_turn = self.in_turn.iter().map(|(name, _)| format!("`{name}` in turn"));
        real.chain(in_turn).collect::<Vec<_>>().join(", ")
    }

    /// Generated samples of seeds 0, 1, …, each under the conditions of one of the real samples `rows`.
    ///
    /// # Errors
    /// What reading and generating give.
    pub fn draw(
        &self,
        sampler: &mut Sampler,
        codec: &Codec,
        dataset: &Dataset,
        rows: &[u32],
        (stop, watch): (Stop<'_>, &dyn Fn(Stage<'_>)),
    ) -> Result<Tensor, GanError> {
        let mut values = Vec::with_capacity(rows.len() * sampler.shape().iter().product::<usize>());
        let mut first = 0;
        let count = rows.len();
        for rows in rows.chunks(CHUNK) {
            stop.check()?;
            watch(Stage { what: "generating samples", done: first as usize, of: count });
            let seeds = first..first + rows.len() as u64;
            let mut given = Vec::new();
            for name in &self.of_real {
                given.push((name.clone(), dataset.gather_field(name, rows)?));
            }
            if !self.in_turn.is_empty() {
                let wanted = |name: &String| self.in_turn.iter().any(|(other, _)| other == name);
                let all = codec.conditions(&Wish::in_turn(), seeds.clone())?;
                given.extend(all.into_iter().filter(|(name, _)| wanted(name)));
            }
            first = seeds.end;
            let latents = sampler.latents(seeds)?;
            values.extend_from_slice(sampler.generate(&latents, &given)?.as_f32().map_err(misshapen)?);
        }
        let shape: Vec<usize> = [rows.len()].iter().chain(sampler.shape()).copied().collect();
        Tensor::from_f32(shape, values).map_err(misshapen)
    }
}

/// Whether a field of other data means what it means in the run; the error is the reason.
fn same_field(name: &str, codec: &Codec, other: &Codec) -> Result<(), String> {
    let (own, found) = match (codec.field(name), other.field(name)) {
        (Some(own), Some(found)) => (own, found),
        _ if name == LABEL => return Err("the data has no classes".into()),
        _ => return Err(format!("the data has no field `{name}`")),
    };
    let names = |classes: &[String]| classes.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if own.categories != found.categories {
        let (own, found) = (names(&own.categories), names(&found.categories));
        return Err(format!("the run's classes ({own} …) have other names than the data's ({found} …)"));
    }
    if own.ty != found.ty {
        return Err(format!("expected {}, as the run's, found {}", own.ty, found.ty));
    }
    Ok(())
}
