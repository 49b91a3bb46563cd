//! One traced program: the networks, and what its phases share of them: the batch, the fakes, the verdicts. Not here: what
//! of it a term of a loss may ask for (`mod.rs`), the order of updates (`phases/`).

use super::Verdict;
use crate::augment::Augmentation;
use crate::spec::{LatentDistribution, TrainSpec};
use ganymede_data::Codec;
use ganymede_graph::{Builder, Expr};
use ganymede_nn::schedules::Scheduled;
use ganymede_nn::{Layer, Mode, Model, Scope};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

/// The networks of a spec, built and ready to be applied.
pub(crate) struct Networks {
    pub models: BTreeMap<String, Model>,
}

/// What the names in a spec mean.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub generator: String,
    pub discriminator: String,
    /// The fields that each network's inputs beyond the first are bound to; of a network that is not here, the second is
    /// the label.
    pub conditions: BTreeMap<String, Vec<Option<String>>>,
    /// Whether the names of the discriminator's outputs say what they are.
    pub of_outputs: bool,
}

impl Names {
    pub fn of(spec: &TrainSpec) -> Names {
        Names {
            generator: spec.generator().into(),
            discriminator: spec.discriminator().into(),
            conditions: spec.networks.keys().map(|name| (name.clone(), spec.conditions_of(name))).collect(),
            of_outputs: spec.names_of_layers_count(),
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Names::of(&TrainSpec::default())
    }
}

/// A batch of generated samples.
#[derive(Clone, Copy)]
pub(crate) struct Fakes<'g> {
    /// z.
    pub latent: Expr<'g>,
    /// G(z).
    pub fake: Expr<'g>,
    /// Which generator they came from: derivatives flow to its parameters and to no later ones.
    version: u64,
}

/// One traced program: what its phases share.
pub(crate) struct Trace<'g> {
    pub builder: &'g Builder,
    pub networks: &'g Networks,
    pub scopes: BTreeMap<String, Scope<'g>>,
    pub batch: usize,
    /// What a batch of real samples is; none where samples are only generated.
    pub codec: Option<&'g Codec>,
    pub latent: LatentDistribution,
    /// What the names of networks and layers mean.
    pub names: Names,
    /// What is done to samples before the discriminator sees them.
    pub augment: Vec<Box<dyn Augmentation>>,
    /// Whether the discriminator's second output are logits of classes, which a term of the spec is of.
    pub names_classes: bool,
    /// Parts that a batch comes in.
    pub parts: usize,
    /// Whether it computes on a part of a batch that is not the last: states of terms stay as they are.
    pub accumulates: bool,
    /// Whether the augmentations were told of a verdict.
    observed: Cell<bool>,
    packed: Cell<Option<usize>>,
    /// The scalar inputs that follow the number of the step.
    pub numbers: RefCell<Vec<(String, Scheduled)>>,
    /// Fields of the batch that were asked for.
    pub(super) fields: RefCell<BTreeMap<String, Expr<'g>>>,
    /// Numbers that terms show beside their losses.
    pub shown: RefCell<Vec<String>>,
    /// Raised when a network changes: a verdict of the old parameters is not reused.
    version: Cell<u64>,
    /// The version at which the generator changed last.
    generator_version: Cell<u64>,
    /// Number of the batch of fakes in use.
    draw: Cell<u64>,
    fakes: RefCell<HashMap<u64, Fakes<'g>>>,
    verdicts: RefCell<HashMap<(u64, u32), Verdict<'g>>>,
}

impl<'g> Trace<'g> {
    pub fn new(
        builder: &'g Builder,
        networks: &'g Networks,
        mode: Mode,
        batch: usize,
        latent: LatentDistribution,
    ) -> Self {
        let scope = |name: &String| (name.clone(), Scope::root(builder, name, mode));
        Trace {
            builder,
            networks,
            scopes: networks.models.keys().map(scope).collect(),
            batch,
            codec: None,
            latent,
            names: Names::default(),
            augment: Vec::new(),
            names_classes: false,
            parts: 1,
            accumulates: false,
            observed: Cell::new(false),
            packed: Cell::new(None),
            numbers: RefCell::default(),
            fields: RefCell::default(),
            shown: RefCell::default(),
            version: Cell::new(0),
            generator_version: Cell::new(0),
            draw: Cell::new(0),
            fakes: RefCell::default(),
            verdicts: RefCell::default(),
        }
    }

    /// Applies a network.
    #[track_caller]
    pub fn apply(&self, network: &str, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        match (self.networks.models.get(network), self.scopes.get(network)) {
            (Some(model), Some(scope)) => model.build(scope, inputs),
            _ => {
                let known: Vec<&str> = self.scopes.keys().map(String::as_str).collect();
                let hint = format!("networks: {}", known.join(", "));
                vec![self.builder.error(format!("expected a network `{network}` in the spec, found none"), Some(hint))]
            }
        }
    }

    /// Later verdicts see changed networks, and fakes that derivatives flow through come from the changed generator.
    pub fn networks_changed(&self, trained: &[String]) {
        self.version.set(self.version.get() + 1);
        if trained.contains(&self.names.generator) {
            self.generator_version.set(self.version.get());
        }
    }

    /// Later fakes come from new latents.
    pub fn fresh_fakes(&self) {
        self.draw.set(self.draw.get() + 1);
    }

    /// A latent for each sample of the batch.
    #[track_caller]
    pub fn latent(&self) -> Expr<'g> {
        let _scope = self.builder.enter_path("latent");
        let sizes = self.networks.models.get(&self.names.generator).and_then(|m| m.input_shapes().first().cloned());
        let Some(sizes) = sizes else {
            return self
                .builder
                .error(format!("expected a network `{}` with an Input, found none", self.names.generator), None);
        };
        let shape: Vec<usize> = [self.batch].into_iter().chain(sizes.iter().copied()).collect();
        match self.latent {
            LatentDistribution::Normal => self.builder.normal(shape),
            LatentDistribution::Uniform => self.builder.uniform(shape) * 2.0 - 1.0,
        }
    }

    /// The latents and generated samples in use. With `newest` they come from the generator as the phases before have left
    /// it; else they may be those that a phase before it has made, which cost nothing. The latents are the same.
    #[track_caller]
    pub fn fake(&self, newest: bool) -> Fakes<'g> {
        let (key, version) = (self.draw.get(), self.generator_version.get());
        let known = self.fakes.borrow().get(&key).copied();
        if let Some(known) = known.filter(|known| !newest || known.version == version) {
            return known;
        }
        let latent = known.map_or_else(|| self.latent(), |known| known.latent);
        let made = Fakes { latent, fake: self.generator(latent), version };
        self.fakes.borrow_mut().insert(key, made);
        made
    }

    #[track_caller]
    pub fn generator(&self, latent: Expr<'g>) -> Expr<'g> {
        self.apply(&self.names.generator, &self.with_conditions(&self.names.generator, &[latent]))[0]
    }

    /// Samples that the discriminator judges as one: what its batch comes to, built alone.
    pub fn packed(&self) -> usize {
        if let Some(known) = self.packed.get() {
            return known;
        }
        let verdicts = self.networks.models.get(&self.names.discriminator).and_then(|model| {
            let apart = Builder::new("packed");
            let types = model.input_types(self.batch).into_iter().enumerate();
            let inputs: Vec<_> = types.map(|(at, ty)| apart.input(&at.to_string(), ty)).collect();
            let outputs = model.build(&Scope::root(&apart, &self.names.discriminator, Mode::Train), &inputs);
            outputs.first().filter(|logits| !logits.is_poison()).and_then(|logits| logits.shape().first().copied())
        });
        let packed = verdicts.filter(|&n| n > 0 && self.batch.is_multiple_of(n)).map_or(1, |n| self.batch / n);
        self.packed.set(Some(packed));
        packed
    }

    /// The discriminator's verdict on `x`, of which it sees `seen`.
    #[track_caller]
    pub fn judge(&self, x: Expr<'g>, seen: impl FnOnce() -> Expr<'g>) -> Verdict<'g> {
        let key = (self.version.get(), x.id().0);
        if let Some(known) = self.verdicts.borrow().get(&key) {
            return known.clone();
        }
        let seen = seen();
        let discriminator = &self.names.discriminator;
        let outputs = self.apply(discriminator, &self.with_conditions(discriminator, &[seen]));
        let names = self.networks.models.get(discriminator).map_or(Vec::new(), Model::output_names);
        let names = names.into_iter().map(String::from).chain(std::iter::repeat(String::new()));
        let named = names.zip(outputs).collect();
        let verdict = Verdict::of(seen, named, self.names.of_outputs, self.names_classes);
        self.verdicts.borrow_mut().insert(key, verdict.clone());
        verdict
    }

    /// Whether the augmentations are told of a verdict for the first time.
    pub fn first_observation(&self) -> bool {
        !self.observed.replace(true)
    }
}
