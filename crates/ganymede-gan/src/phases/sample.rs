//! The program that draws samples. Not here: running it (`sampler.rs`).

use super::{EMA_SUFFIX, is_batch_statistic, networks};
use crate::error::GanError;
use crate::loss_scope::Trace;
use crate::spec::{LatentDistribution, TrainSpec};
use ganymede_graph::{Builder, Graph, Randomness};
use ganymede_nn::{Layer, Mode, Scope};
use ganymede_tensor::{DType, TensorType};
use std::f64::consts::{FRAC_1_SQRT_2 as SQRT_1_2, SQRT_2};

/// Traces the program that runs the generator that samples are drawn from on a batch as in training: its batch statistics
/// take the scalar `rate` of the batch in. With 1, ½, ⅓ … they become the means over all batches. Nothing else changes.
///
/// # Errors
/// As [`trace`](super::trace), and [`GanError::Argument`] when the generator has no batch statistics.
///
/// # Source
/// Brock, Donahue, Simonyan (2019), "Large scale GAN training for high fidelity natural image synthesis",
/// arXiv:1809.11096 (standing statistics).
pub fn trace_standing(spec: &TrainSpec, batch: usize) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::new("standing");
    let trace = Trace::new(&builder, &networks, Mode::Train, batch, spec.latent.distribution);
    let mut inputs = vec![trace.latent()];
    if networks.takes_labels("generator") {
        inputs.push(builder.input("label", TensorType::new(DType::I32, [batch])));
    }
    let scope = Scope::root(&builder, &sampled(spec), Mode::Train).with_standing(builder.scalar("rate"));
    if let Some(model) = networks.models.get("generator") {
        model.build(&scope, &inputs);
    }
    drop((trace, scope));
    let mut graph = builder.finish()?;
    graph.assigns.retain(|(name, _)| is_batch_statistic(name));
    if graph.assigns.is_empty() {
        let reason =
            "expected a generator with batch normalization, whose statistics can be taken anew, found none".into();
        return Err(GanError::Argument { what: "standing statistics".into(), reason });
    }
    Ok(graph)
}

/// The name of the generator that samples are drawn from: the averaged one where there is one.
pub(crate) fn sampled(spec: &TrainSpec) -> String {
    let averaged = spec.ema.as_ref().is_some_and(|ema| ema.network == "generator");
    if averaged { format!("generator{EMA_SUFFIX}") } else { "generator".into() }
}

/// Traces the program that draws `batch` samples, each from a seed of its own, with the averaged
/// generator when there is one. Output `sample` (batch, …); a generator of classes reads the input `label` (batch,).
/// A truncated one draws latents within ±t: it reads the scalar `truncation`, which is t for uniform latents and
/// erf(t/√2), the share of a normal distribution within ±t, for normal ones.
///
/// # Errors
/// As [`trace`](super::trace).
///
/// # Source
/// Truncation: Brock, Donahue, Simonyan (2019), "Large scale GAN training for high fidelity natural image synthesis",
/// arXiv:1809.11096, section 3.1.
///
/// # Differs
/// The paper draws again what lies outside; here the distribution function carries each latent to where it lies within,
/// so that a seed stays the sample that it was while t falls.
pub fn trace_sample(spec: &TrainSpec, batch: usize, truncated: bool) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::with_randomness("sample", Randomness::PerSample(batch));
    let trace = Trace::new(&builder, &networks, Mode::Infer, batch, spec.latent.distribution);
    let name = sampled(spec);
    let mut inputs = vec![trace.latent()];
    if truncated {
        let within = builder.scalar("truncation");
        inputs[0] = match spec.latent.distribution {
            LatentDistribution::Normal => ((inputs[0] * SQRT_1_2).erf() * within).erf_inv() * SQRT_2,
            LatentDistribution::Uniform => inputs[0] * within,
        };
    }
    if networks.takes_labels("generator") {
        inputs.push(builder.input("label", TensorType::new(DType::I32, [batch])));
    }
    let sample = match networks.models.get("generator") {
        Some(model) => model.build(&Scope::root(&builder, &name, Mode::Infer), &inputs)[0],
        None => builder.error("expected a network `generator` in the spec, found none".into(), None),
    };
    builder.output("sample", sample);
    drop(trace);
    Ok(builder.finish()?)
}
