//! What a loss can ask for: the networks, the samples, the labels, noise. It builds each verdict once
//! for as long as the networks do not change. Not here: the losses (`objectives/`, `regularizers/`),
//! the order of updates (`phases/`).

use crate::augment::Augmentation;
use crate::regularizers::Player;
use crate::spec::LatentDistribution;
use ganymede_data::Codec;
use ganymede_graph::{Builder, Expr, ScopeGuard};
use ganymede_nn::schedules::Scheduled;
use ganymede_nn::{Layer, Mode, Model, Scope};
use ganymede_tensor::{DType, TensorType};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What the discriminator says of a batch.
#[derive(Clone, Debug)]
pub struct Verdict<'g> {
    /// The samples as it saw them, after augmentation.
    pub input: Expr<'g>,
    /// Its logits, (N, …).
    pub logits: Expr<'g>,
    /// Logits of the classes (N, C): the second output, when a term is of them.
    pub class_logits: Option<Expr<'g>>,
    /// Its other outputs, which the spec names as features.
    pub features: Vec<Expr<'g>>,
}

/// The networks of a spec, built and ready to be applied.
pub(crate) struct Networks {
    pub models: BTreeMap<String, Model>,
}

impl Networks {
    /// Whether a network has a second input: the labels.
    pub fn takes_labels(&self, network: &str) -> bool {
        self.models.get(network).is_some_and(|model| model.input_count() > 1)
    }
}

/// One traced program: what its phases share.
pub(crate) struct Trace<'g> {
    pub builder: &'g Builder,
    pub networks: &'g Networks,
    pub scopes: BTreeMap<String, Scope<'g>>,
    pub batch: usize,
    /// What a batch of real samples is; none where samples are only drawn.
    pub codec: Option<&'g Codec>,
    pub latent: LatentDistribution,
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
    real: Cell<Option<Expr<'g>>>,
    /// Raised when a network changes: what was computed with the old parameters is not reused.
    version: Cell<u64>,
    /// Number of the batch of fakes in use.
    draw: Cell<u64>,
    fakes: RefCell<HashMap<u64, (Expr<'g>, Expr<'g>)>>,
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
            augment: Vec::new(),
            names_classes: false,
            parts: 1,
            accumulates: false,
            observed: Cell::new(false),
            packed: Cell::new(None),
            numbers: RefCell::default(),
            real: Cell::new(None),
            version: Cell::new(0),
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
            _ => vec![self.builder.error(format!("expected a network `{network}` in the spec, found none"), None)],
        }
    }

    /// Later verdicts see changed networks.
    pub fn networks_changed(&self) {
        self.version.set(self.version.get() + 1);
    }

    /// Later fakes come from new latents.
    pub fn fresh_fakes(&self) {
        self.draw.set(self.draw.get() + 1);
    }

    /// The batch of real samples in the networks' range: raw·scale + offset. Made when it is first asked for.
    #[track_caller]
    pub fn real(&self) -> Expr<'g> {
        if let Some(known) = self.real.get() {
            return known;
        }
        let Some(codec) = self.codec else {
            return self.builder.error("expected a batch of real samples here, found none".into(), None);
        };
        let shape: Vec<usize> = [self.batch].into_iter().chain(codec.shape().iter().copied()).collect();
        let raw = self.builder.input("real", TensorType::new(codec.dtype(), shape)).convert(DType::F32);
        let (scale, offset) = codec.scaling();
        let real = if (scale, offset) == (1.0, 0.0) { raw } else { raw * scale + offset };
        self.real.set(Some(real));
        real
    }

    /// The labels of the real samples, (N,), when the data has any.
    pub fn label(&self) -> Option<Expr<'g>> {
        let labelled = self.codec.is_some_and(|codec| !codec.classes().is_empty());
        labelled.then(|| self.builder.input("label", TensorType::new(DType::I32, [self.batch])))
    }

    /// A latent for each sample of the batch.
    #[track_caller]
    pub fn latent(&self) -> Expr<'g> {
        let _scope = self.builder.enter_path("latent");
        let sizes = self.networks.models.get("generator").and_then(|m| m.input_shapes().first().cloned());
        let Some(sizes) = sizes else {
            return self.builder.error("expected a network `generator` with an Input, found none".into(), None);
        };
        let shape: Vec<usize> = [self.batch].into_iter().chain(sizes.iter().copied()).collect();
        match self.latent {
            LatentDistribution::Normal => self.builder.normal(shape),
            LatentDistribution::Uniform => self.builder.uniform(shape) * 2.0 - 1.0,
        }
    }

    /// The latents and generated samples in use: (z, G(z)).
    #[track_caller]
    pub fn fake(&self) -> (Expr<'g>, Expr<'g>) {
        let key = self.draw.get();
        if let Some(&known) = self.fakes.borrow().get(&key) {
            return known;
        }
        let latent = self.latent();
        let fake = self.generator(latent);
        self.fakes.borrow_mut().insert(key, (latent, fake));
        (latent, fake)
    }

    #[track_caller]
    pub fn generator(&self, latent: Expr<'g>) -> Expr<'g> {
        self.apply("generator", &self.with_label("generator", latent))[0]
    }

    /// Samples that the discriminator judges as one: what its batch comes to, built alone.
    fn packed(&self) -> usize {
        if let Some(known) = self.packed.get() {
            return known;
        }
        let verdicts = self.networks.models.get("discriminator").and_then(|model| {
            let apart = Builder::new("packed");
            let types = model.input_types(self.batch).into_iter().enumerate();
            let inputs: Vec<_> = types.map(|(at, ty)| apart.input(&at.to_string(), ty)).collect();
            let outputs = model.build(&Scope::root(&apart, "discriminator", Mode::Train), &inputs);
            outputs.first().filter(|logits| !logits.is_poison()).and_then(|logits| logits.shape().first().copied())
        });
        let packed = verdicts.filter(|&n| n > 0 && self.batch.is_multiple_of(n)).map_or(1, |n| self.batch / n);
        self.packed.set(Some(packed));
        packed
    }

    /// The discriminator's verdict on `x`, of which it sees `seen`.
    #[track_caller]
    fn judge(&self, x: Expr<'g>, seen: impl FnOnce() -> Expr<'g>) -> Verdict<'g> {
        let key = (self.version.get(), x.id().0);
        if let Some(known) = self.verdicts.borrow().get(&key) {
            return known.clone();
        }
        let seen = seen();
        let outputs = self.apply("discriminator", &self.with_label("discriminator", seen));
        let classes = outputs.get(1).copied().filter(|second| self.names_classes && second.rank() == 2);
        let verdict = Verdict {
            input: seen,
            logits: outputs[0],
            class_logits: classes,
            features: outputs[1..].iter().skip(usize::from(classes.is_some())).copied().collect(),
        };
        self.verdicts.borrow_mut().insert(key, verdict.clone());
        verdict
    }

    /// A network with two inputs takes the labels as the second.
    #[track_caller]
    fn with_label(&self, network: &str, x: Expr<'g>) -> Vec<Expr<'g>> {
        if !self.networks.takes_labels(network) {
            return vec![x];
        }
        let label = self.label().unwrap_or_else(|| {
            let message = format!("`{network}` takes labels as its second input, and the data has no classes");
            let hint = "sub-folders of pictures are classes; or train a preset without labels, such as dcgan";
            self.builder.error_as(message, Some(hint.into()), TensorType::new(DType::I32, [self.batch]))
        });
        vec![x, label]
    }
}

/// What a term of a loss can ask for while a phase is traced. Cheap to clone.
#[derive(Clone)]
pub struct LossScope<'g> {
    pub(crate) trace: Rc<Trace<'g>>,
    pub(crate) phase: String,
    pub(crate) player: Player,
    /// What the names of numbers begin with: the phase, in a term the phase and the term.
    prefix: String,
}

impl<'g> LossScope<'g> {
    pub(crate) fn new(trace: &Rc<Trace<'g>>, phase: &str, player: Player) -> LossScope<'g> {
        LossScope { trace: Rc::clone(trace), phase: phase.to_string(), player, prefix: phase.to_string() }
    }

    /// The same for a term of the phase, whose numbers stand under its name.
    pub(crate) fn of_term(&self, term: &str) -> LossScope<'g> {
        LossScope { prefix: format!("{}/{term}", self.phase), ..self.clone() }
    }

    /// The same for an augmentation, which no phase owns.
    fn of_augmentation(&self, at: usize) -> LossScope<'g> {
        LossScope::new(&self.trace, &format!("augment/{at}"), self.player)
    }

    /// Whose loss it is.
    pub fn player(&self) -> Player {
        self.player
    }

    /// The discriminator's verdict on samples, at the parameters that it has in this phase. It sees them through the
    /// spec's augmentations, with noise of their own for each `x`.
    ///
    /// # Shapes
    /// x (N, …sample).
    #[track_caller]
    pub fn discriminator(&self, x: Expr<'g>) -> Verdict<'g> {
        self.trace.judge(x, || self.augmented(x))
    }

    /// Samples as the discriminator sees them.
    #[track_caller]
    fn augmented(&self, x: Expr<'g>) -> Expr<'g> {
        self.trace.augment.iter().enumerate().fold(x, |x, (at, augmentation)| {
            let _scope = self.trace.builder.enter_path(&format!("augment/{at}"));
            augmentation.apply(&self.of_augmentation(at), x)
        })
    }

    /// Tells the augmentations how sure the discriminator is of real samples, once in a program; gives the numbers that they
    /// show.
    pub(crate) fn observe(&self, margin: impl FnOnce() -> Option<Expr<'g>>) -> Vec<(String, Expr<'g>)> {
        if self.trace.augment.is_empty() || self.trace.observed.replace(true) {
            return Vec::new();
        }
        let (margin, mut shown) = (margin(), Vec::new());
        for (at, augmentation) in self.trace.augment.iter().enumerate() {
            let scope = self.of_augmentation(at);
            let _scope = self.trace.builder.enter_path(&scope.phase);
            let told = augmentation.observe(&scope, margin);
            shown.extend(told.map(|(name, value)| (format!("{}/{name}", scope.phase), value)));
        }
        shown
    }

    /// Puts noise that is drawn until the guard is dropped under a name of its own in this phase.
    #[must_use = "the scope ends when the guard is dropped"]
    pub fn enter(&self, name: &str) -> ScopeGuard<'g> {
        self.trace.builder.enter_path(&format!("{}/{name}", self.phase))
    }

    /// The builder, for constants and noise of shapes of one's own.
    pub fn builder(&self) -> &'g Builder {
        self.trace.builder
    }

    /// Samples of the batch in this program.
    pub fn batch(&self) -> usize {
        self.trace.batch
    }

    /// Parts that a batch comes in: an update is of so many times [`batch`](LossScope::batch) samples.
    pub fn parts(&self) -> usize {
        self.trace.parts
    }

    /// Samples that the discriminator judges as one, by `ganymede>Pack`.
    pub fn packed(&self) -> usize {
        self.trace.packed()
    }

    /// Number of classes of the data.
    pub fn classes(&self) -> usize {
        self.trace.codec.map_or(0, |codec| codec.classes().len())
    }

    /// Generated samples of a latent, (N, …sample).
    #[track_caller]
    pub fn generator(&self, latent: Expr<'g>) -> Expr<'g> {
        self.trace.generator(latent)
    }

    /// The batch of real samples in the networks' range, (N, …sample).
    ///
    /// # Errors
    /// Recorded when the program has no batch.
    #[track_caller]
    pub fn real(&self) -> Expr<'g> {
        self.trace.real()
    }

    /// The batch of generated samples of this phase, (N, …sample).
    #[track_caller]
    pub fn fake(&self) -> Expr<'g> {
        self.trace.fake().1
    }

    /// The latents that [`fake`](LossScope::fake) came from, (N, …).
    #[track_caller]
    pub fn latent(&self) -> Expr<'g> {
        self.trace.fake().0
    }

    /// The labels of the real samples, (N,) `i32`, when the data has any.
    pub fn label(&self) -> Option<Expr<'g>> {
        self.trace.label()
    }

    /// ε·a + (1 − ε)·b with one ε ~ U(0, 1) a sample.
    #[track_caller]
    pub fn mix(&self, a: Expr<'g>, b: Expr<'g>) -> Expr<'g> {
        let shape = a.shape();
        let _scope = self.trace.builder.enter_path(&format!("{}/mix", self.phase));
        let ones = std::iter::repeat_n(1, shape.rank().saturating_sub(1));
        let epsilon = self.trace.builder.uniform(shape.first().copied().into_iter().chain(ones).collect::<Vec<_>>());
        b + (a - b) * epsilon
    }

    /// A number of this term: a constant of the program, or one that follows its schedule as [`number`](LossScope::number).
    ///
    /// # Shapes
    /// ().
    #[track_caller]
    pub fn value(&self, name: &str, value: &Scheduled) -> Expr<'g> {
        match value {
            Scheduled::Constant(value) => self.trace.builder.constant(*value),
            Scheduled::Schedule(_) => self.number(name, value),
        }
    }

    /// A named number of this phase or term, which the host writes before each run: it follows its schedule over the steps.
    ///
    /// # Shapes
    /// ().
    #[track_caller]
    pub fn number(&self, name: &str, value: &Scheduled) -> Expr<'g> {
        let name = format!("{}/{name}", self.prefix);
        let mut numbers = self.trace.numbers.borrow_mut();
        if !numbers.iter().any(|(known, _)| *known == name) {
            numbers.push((name.clone(), value.clone()));
        }
        self.trace.builder.scalar(&name)
    }

    /// A scalar of this phase that the optimizer writes.
    #[track_caller]
    pub(crate) fn scalar(&self, name: &str) -> Expr<'g> {
        self.trace.builder.scalar(&format!("{}/{name}", self.phase))
    }

    /// The trained kernels of a network, at their values in this phase: those of the layers that were built so far.
    pub fn kernels(&self, network: &str) -> Vec<Expr<'g>> {
        let Some(scope) = self.trace.scopes.get(network) else { return Vec::new() };
        let kernels =
            scope.parameters().into_iter().filter(|p| p.trainable && p.shape.rank() > 1 && p.name.ends_with("kernel"));
        kernels.map(|p| self.trace.builder.state(&p.name, TensorType::f32(p.shape))).collect()
    }

    /// A named state of this phase, zero at first.
    #[track_caller]
    pub fn state(&self, name: &str, ty: TensorType) -> Expr<'g> {
        self.trace.builder.state(&format!("{}/{name}", self.phase), ty)
    }

    /// Gives a state of this phase a new value: once in an update, where a batch comes in parts by the last of them.
    #[track_caller]
    pub fn assign(&self, name: &str, value: Expr<'g>) {
        if self.trace.accumulates {
            return;
        }
        self.trace.builder.assign(&format!("{}/{name}", self.phase), value);
    }
}
