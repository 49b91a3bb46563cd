//! The programs that generate samples. Not here: running them (`sampler.rs`).

use super::{EMA_SUFFIX, is_batch_statistic, names_classes, networks};
use crate::error::GanError;
use crate::loss_scope::{Names, Trace};
use crate::spec::{LatentDistribution, TrainSpec};
use ganymede_data::Codec;
use ganymede_graph::{Builder, Graph, Randomness};
use ganymede_nn::{Layer, Mode, Scope};
use ganymede_tensor::TensorType;
use std::f64::consts::{FRAC_1_SQRT_2 as SQRT_1_2, SQRT_2};

/// Traces the program that runs the sampling generator on a batch as in training: its batch statistics
/// take the scalar `rate` of the batch in. With 1, ½, ⅓ … they become the means over all batches. Nothing else changes.
///
/// `None` when the generator has no batch statistics.
///
/// # Errors
/// As [`trace`](super::trace).
///
/// # Source
/// Brock, Donahue, Simonyan (2019), "Large scale GAN training for high fidelity natural image synthesis",
/// arXiv:1809.11096 (standing statistics).
pub fn trace_standing(spec: &TrainSpec, codec: &Codec, batch: usize) -> Result<Option<Graph>, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::new("standing");
    let mut trace = Trace::new(&builder, &networks, Mode::Train, batch, spec.latent.distribution);
    (trace.codec, trace.names) = (Some(codec), Names::of(spec));
    let inputs = [trace.latent()];
    let inputs = trace.with_conditions(spec.generator(), &inputs);
    let scope = Scope::root(&builder, &sampled(spec), Mode::Train).with_standing(builder.scalar("rate"));
    if let Some(model) = networks.models.get(spec.generator()) {
        model.build(&scope, &inputs);
    }
    drop((trace, scope));
    let mut graph = builder.finish()?;
    graph.assigns.retain(|(name, _)| is_batch_statistic(name));
    Ok((!graph.assigns.is_empty()).then_some(graph))
}

/// The name of the sampling generator: the averaged one where there is one.
pub fn sampled(spec: &TrainSpec) -> String {
    let generator = spec.generator();
    if spec.averaged() == Some(generator) { format!("{generator}{EMA_SUFFIX}") } else { generator.into() }
}

/// Traces the program that draws `batch` latents, each from a seed of its own: input `seed` (batch, 2), output `latent`
/// (batch, …). Truncated ones lie within ±t: it reads the scalar `truncation`, which is t for uniform latents and
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
pub fn trace_latents(spec: &TrainSpec, batch: usize, truncated: bool) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::with_randomness("latents", Randomness::PerSample(batch));
    let mut trace = Trace::new(&builder, &networks, Mode::Infer, batch, spec.latent.distribution);
    trace.names = Names::of(spec);
    let mut latent = trace.latent();
    if truncated {
        let within = builder.scalar("truncation");
        latent = match spec.latent.distribution {
            LatentDistribution::Normal => ((latent * SQRT_1_2).erf() * within).erf_inv() * SQRT_2,
            LatentDistribution::Uniform => latent * within,
        };
    }
    builder.output("latent", latent);
    drop(trace);
    Ok(builder.finish()?)
}

/// Traces the discriminator alone as a function of its inputs: `sample` (batch, …) in the networks' range, and for each further
/// input the field that is bound to it, raw as in the data, under the field's name. The output `logits` says how real it takes each
/// sample to be; `class_logits` (batch, classes) and `features_1` … are there where it has them. Nothing is augmented.
///
/// # Errors
/// As [`trace`](super::trace).
pub fn trace_discriminator(spec: &TrainSpec, codec: &Codec, batch: usize) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::with_randomness("discriminator", Randomness::PerSample(batch));
    let mut trace = Trace::new(&builder, &networks, Mode::Infer, batch, spec.latent.distribution);
    (trace.codec, trace.names) = (Some(codec), Names::of(spec));
    trace.names_classes = names_classes(spec);
    let sample = builder.input("sample", TensorType::f32([&[batch], codec.shape()].concat()));
    let verdict = trace.judge(sample, || sample);
    builder.output("logits", verdict.logits);
    if let Some(classes) = verdict.class_logits {
        builder.output("class_logits", classes);
    }
    for (at, features) in verdict.features.iter().enumerate() {
        builder.output(&format!("features_{}", at + 1), *features);
    }
    drop((trace, verdict));
    Ok(builder.finish()?)
}

/// Traces the generator alone, the averaged one when there is one, as a function of its inputs: `latent` (batch, …), and for
/// each further input the field that is bound to it, raw as in the data, under the field's name. Output `sample` (batch, …).
/// Noise that its layers draw is of each sample's own seed, as its latent: then it has the input `seed` (batch, 2).
///
/// # Errors
/// As [`trace`](super::trace).
pub fn trace_generator(spec: &TrainSpec, codec: &Codec, batch: usize) -> Result<Graph, GanError> {
    let networks = networks(spec)?;
    let builder = Builder::with_randomness("generator", Randomness::PerSample(batch));
    let mut trace = Trace::new(&builder, &networks, Mode::Infer, batch, spec.latent.distribution);
    (trace.codec, trace.names) = (Some(codec), Names::of(spec));
    let sample = match networks.models.get(spec.generator()) {
        Some(model) => {
            let sizes = model.input_shapes().first().cloned().unwrap_or_default();
            let shape: Vec<usize> = [batch].into_iter().chain(sizes.iter().copied()).collect();
            let latent = builder.input("latent", TensorType::f32(shape));
            let inputs = trace.with_conditions(spec.generator(), &[latent]);
            model.build(&Scope::root(&builder, &sampled(spec), Mode::Infer), &inputs)[0]
        }
        None => builder.error(format!("expected a network `{}` in the spec, found none", spec.generator()), None),
    };
    builder.output("sample", sample);
    drop(trace);
    Ok(builder.finish()?)
}
