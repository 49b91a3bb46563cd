//! The program that draws samples. Not here: running it (`sampler.rs`).

use super::{EMA_SUFFIX, networks};
use crate::error::GanError;
use crate::loss_scope::Trace;
use crate::spec::TrainSpec;
use ganymede_graph::{Builder, Graph, Randomness};
use ganymede_nn::{Layer, Mode, Scope};

/// Traces the program that draws `batch` samples, each from a seed of its own, with the averaged
/// generator when there is one. Output `sample` (batch, …).
///
/// # Errors
/// As [`trace`].
pub fn trace_sample(spec: &TrainSpec, batch: usize) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::with_randomness("sample", Randomness::PerSample(batch));
    let trace = Trace::new(&builder, &networks, Mode::Infer, batch, spec.latent.distribution);
    let averaged = spec.ema.as_ref().is_some_and(|ema| ema.network == "generator");
    let name = if averaged { format!("generator{EMA_SUFFIX}") } else { "generator".into() };
    let latent = trace.latent();
    let sample = match networks.models.get("generator") {
        Some(model) => model.build(&Scope::root(&builder, &name, Mode::Infer), &[latent])[0],
        None => builder.error("expected a network `generator` in the spec, found none".into(), None),
    };
    builder.output("sample", sample);
    drop(trace);
    Ok(builder.finish()?)
}
