//! What a loss can ask for: the networks, the samples, the labels, noise. Each verdict is built once for as long as the
//! networks do not change. Not here: how (`trace.rs`), the losses (`objectives/`, `regularizers/`), the order of updates
//! (`phases/`).

mod fields;
mod trace;
mod verdict;

pub(crate) use trace::{Names, Networks, Trace};
pub use verdict::Verdict;

use crate::regularizers::Player;
use crate::spec::PhaseSpec;
use ganymede_data::TableRows;
use ganymede_graph::{Builder, Expr, ScopeGuard};
use ganymede_nn::schedules::Scheduled;
use ganymede_tensor::TensorType;
use std::rc::Rc;

/// What a term of a loss can ask for while a phase is traced. Cheap to clone.
///
/// ```
/// use ganymede_gan::LossScope;
/// use ganymede_gan::regularizers::{Player, Regularizer};
/// use ganymede_graph::Expr;
///
/// /// The mean of D(real)² + D(fake)²: it keeps logits near 0.
/// struct SmallLogits;
///
/// impl Regularizer for SmallLogits {
///     fn players(&self) -> &'static [Player] {
///         &[Player::Discriminator]
///     }
///
///     fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
///         let (real, fake) = (s.discriminator(s.real()).logits, s.discriminator(s.fake()).logits);
///         (real * real + fake * fake).mean()
///     }
/// }
/// assert_eq!(SmallLogits.check(), Ok(()));
/// ```
#[derive(Clone)]
pub struct LossScope<'g> {
    pub(crate) trace: Rc<Trace<'g>>,
    pub(crate) phase: String,
    pub(crate) player: Player,
    /// Whether derivatives of the loss flow through the generator.
    through_generator: bool,
    /// What the names of numbers begin with: the phase, in a term the phase and the term.
    prefix: String,
}

impl<'g> LossScope<'g> {
    pub(crate) fn new(trace: &Rc<Trace<'g>>, phase: &str, player: Player) -> LossScope<'g> {
        let through_generator = player == Player::Generator;
        let (trace, phase, prefix) = (Rc::clone(trace), phase.to_string(), phase.to_string());
        LossScope { trace, phase, player, through_generator, prefix }
    }

    pub(crate) fn of_phase(trace: &Rc<Trace<'g>>, phase: &PhaseSpec, player: Player) -> LossScope<'g> {
        let through_generator = phase.trains.contains(&trace.names.generator);
        LossScope { through_generator, ..LossScope::new(trace, &phase.name, player) }
    }

    /// The same for a term of the phase, whose numbers stand under its name.
    pub(crate) fn of_term(&self, term: &str) -> LossScope<'g> {
        LossScope { prefix: format!("{}/{term}", self.phase), ..self.clone() }
    }

    /// The same for an augmentation, which no phase owns.
    fn of_augmentation(&self, at: usize) -> LossScope<'g> {
        LossScope::new(&self.trace, &format!("augment/{at}"), self.player)
    }

    /// The phase and the term.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The player whose loss this is.
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
        if self.trace.augment.is_empty() || !self.trace.first_observation() {
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

    /// Number of parts that a batch is computed in: an update uses so many times [`batch`](LossScope::batch) samples.
    pub fn parts(&self) -> usize {
        self.trace.parts
    }

    /// Number of samples that the discriminator takes as one, by `ganymede>Pack`.
    pub fn packed(&self) -> usize {
        self.trace.packed()
    }

    /// Number of classes of the data.
    pub fn classes(&self) -> usize {
        self.trace.codec.map_or(0, |codec| codec.classes().len())
    }

    /// Mean and deviation of each value of a sample in the data, where the data knows them ([`Modality::feature_moments`](ganymede_data::Modality::feature_moments)).
    pub fn feature_moments(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        self.trace.codec.and_then(|codec| codec.modality().feature_moments())
    }

    /// What rows of a table consist of; none of other data.
    pub fn rows(&self) -> Option<TableRows> {
        self.trace.codec.and_then(|codec| codec.modality().rows())
    }

    /// A network of the spec, at the parameters that it has in this phase. Its inputs beyond these are bound to fields of the
    /// data.
    ///
    /// # Errors
    /// Recorded when there is none of this name, or its inputs are others.
    #[track_caller]
    pub fn network(&self, name: &str, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        self.trace.apply(name, &self.trace.with_conditions(name, inputs))
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

    /// The batch of generated samples of this phase, (N, …sample). A phase that trains the generator gets them from it as it
    /// is now; another may get those that a phase before it has made, of the generator as it was then.
    #[track_caller]
    pub fn fake(&self) -> Expr<'g> {
        self.trace.fake(self.through_generator).fake
    }

    /// The same of the generator as it is now, which samples of [`generator`](LossScope::generator) can be compared with.
    #[track_caller]
    pub fn newest_fake(&self) -> Expr<'g> {
        self.trace.fake(true).fake
    }

    /// The latents that [`fake`](LossScope::fake) came from, (N, …).
    #[track_caller]
    pub fn latent(&self) -> Expr<'g> {
        self.trace.fake(self.through_generator).latent
    }

    /// The labels of the real samples, (N,) `i32`, when the data has any.
    pub fn label(&self) -> Option<Expr<'g>> {
        self.trace.label()
    }

    /// A field of the data for the samples of the batch, as networks take it.
    ///
    /// # Shapes
    /// (N, …): classes as `i32`, all else as `f32` in the networks' range.
    ///
    /// # Errors
    /// Recorded when the data has none of this name.
    #[track_caller]
    pub fn field(&self, name: &str) -> Expr<'g> {
        self.trace.field(name).unwrap_or_else(|| {
            let fields = self.trace.codec.into_iter().flat_map(|codec| codec.fields());
            let known: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
            let hint = format!("fields: {}", known.join(", "));
            self.builder().error(format!("expected a field `{name}` of the data, found none"), Some(hint))
        })
    }

    /// Gives a number to ticks and events, beside the losses: `<phase>/<term>/<name>`. It is no part of the loss.
    ///
    /// # Shapes
    /// ().
    ///
    /// # Errors
    /// Recorded when it is no scalar, or the term shows another one under this name.
    #[track_caller]
    pub fn show(&self, name: &str, value: Expr<'g>) {
        let name = format!("{}/{name}", self.prefix);
        if !value.is_poison() && value.rank() != 0 {
            self.builder().error(format!("expected one number to show as `{name}`, found {}", value.ty()), None);
            return;
        }
        self.builder().output(&name, value);
        self.trace.shown.borrow_mut().push(name);
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

    /// The name of the network that plays this side.
    pub fn network_of(&self, player: Player) -> &str {
        match player {
            Player::Discriminator => &self.trace.names.discriminator,
            Player::Generator => &self.trace.names.generator,
        }
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
