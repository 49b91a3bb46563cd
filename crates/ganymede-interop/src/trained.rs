//! A trained run as what is exported from it: its spec, its codec and the weights of a checkpoint. Not here: sampling
//! (`ganymede-gan`'s `Sampler`).

use crate::error::InteropError;
use ganymede_data::Codec;
use ganymede_gan::spec::{LatentDistribution, TrainSpec};
use ganymede_gan::{GanError, checkpoint, phases, run_dir};
use ganymede_nn::{Model, ModelConfig};
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which network of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// That which samples are generated with: the averaged one where there is one.
    #[default]
    Generator,
    /// That which judges samples.
    Discriminator,
}

impl Network {
    /// Both.
    pub const ALL: [Network; 2] = [Network::Generator, Network::Discriminator];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Network::Generator => "generator",
            Network::Discriminator => "discriminator",
        }
    }
}

/// A run at one of its checkpoints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trained {
    /// The run's folder.
    pub run: PathBuf,
    /// The checkpoint's folder.
    pub checkpoint: PathBuf,
    /// Steps done.
    pub step: u64,
    /// What it trained.
    pub spec: TrainSpec,
    /// What is known of its data.
    pub codec: Codec,
}

impl Trained {
    /// The checkpoint after `step`, the newest without one. With `last_weights` the generator is that of this step itself and
    /// not the averaged one.
    ///
    /// # Errors
    /// [`InteropError::Gan`] when the folder is no run, has no such checkpoint, or the checkpoint is damaged.
    pub fn open(run: &Path, step: Option<u64>, last_weights: bool) -> Result<Trained, InteropError> {
        let mut spec = run_dir::read_spec(run)?;
        if last_weights {
            spec.ema = None;
        }
        let codec = run_dir::read_codec(run)?;
        let checkpoint = checkpoint::find(run, step)?;
        let step = checkpoint::check(&checkpoint)?.step;
        Ok(Trained { run: run.into(), checkpoint, step, spec, codec })
    }

    /// The name of a network in the spec; of a generator that is averaged the name of the average.
    pub fn network(&self, which: Network) -> String {
        match which {
            Network::Generator => phases::sampled(&self.spec),
            Network::Discriminator => self.spec.discriminator().into(),
        }
    }

    /// Parameters and statistics of a network by their full names: `generator_ema/dense/kernel`.
    ///
    /// # Errors
    /// [`InteropError::Gan`] when the checkpoint has no such network, or its file is none.
    pub fn weights(&self, network: &str) -> Result<BTreeMap<String, Tensor>, InteropError> {
        let path = self.checkpoint.join(format!("{network}.safetensors"));
        if !path.exists() {
            let reason = format!("expected a network `{network}`, found no {network}.safetensors");
            return Err(GanError::Misfit { path: self.checkpoint.clone(), reason }.into());
        }
        let tensors = checkpoint::read_tensors(&path)?;
        Ok(tensors.into_iter().map(|(name, tensor)| (format!("{network}/{name}"), tensor)).collect())
    }

    /// What latents are drawn from, in words.
    pub fn latents(&self) -> &'static str {
        match self.spec.latent.distribution {
            LatentDistribution::Normal => "standard normal",
            LatentDistribution::Uniform => "uniform in [-1, 1)",
            _ => "as the spec says",
        }
    }

    /// The name of its data: of a path the last part, for the rest is nobody else's business.
    pub fn data(&self) -> String {
        last_part(&self.codec.source).into()
    }

    /// The run's name: that of its folder.
    pub fn name(&self) -> String {
        let folder = self.run.canonicalize().unwrap_or_else(|_| self.run.clone());
        folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "run".into())
    }
}

/// The last part of a path of any system; a name as it is.
pub(crate) fn last_part(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The model of a network of a run under the name `network`, which may be that of its average.
///
/// # Errors
/// [`InteropError::Gan`] when the spec has no such network, or its layers are none.
pub(crate) fn model(trained: &Trained, network: &str) -> Result<Model, InteropError> {
    let named = trained.spec.networks.get(network);
    let spec = named.or_else(|| trained.spec.networks.get(trained.spec.generator())).ok_or_else(|| {
        let reason = format!("expected a network `{network}` in the spec, found none");
        GanError::Run { path: trained.run.clone(), reason }
    })?;
    let config = ModelConfig { layers: spec.layers.clone(), outputs: spec.outputs.clone() };
    let failed = |source| GanError::Model { network: network.into(), source };
    Ok(Model::from_config(network, &config).map_err(failed)?)
}
