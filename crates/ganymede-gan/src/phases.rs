//! From a spec to programs: which phases run together, what each computes and assigns, which states
//! there are. Not here: running them (`trainer.rs`), drawing samples (`sampler.rs`).

use crate::error::GanError;
use crate::loss_scope::{LossScope, Networks, Trace};
use crate::objectives::{self, GanObjective, objective};
use crate::regularizers::{self, Player, Regularizer, regularizer};
use crate::spec::{PhaseSpec, TermSpec, TrainSpec, Update};
use ganymede_data::Codec;
use ganymede_graph::{Builder, Expr, Graph, Randomness};
use ganymede_nn::{Layer, Mode, Model, ModelConfig, OptimizerConfig, Parameter, Scope, optimizers};
use ganymede_runtime::StateLayout;
use ganymede_tensor::TensorType;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The suffix of an averaged network's name.
pub const EMA_SUFFIX: &str = "_ema";

/// Most discriminator updates in a step: their batches are in memory together.
pub const MAX_N_CRITIC: u64 = 1000;

/// A program of the training step.
#[derive(Clone, Debug)]
pub struct StepProgram {
    /// The graph, not yet optimised.
    pub graph: Graph,
    /// Its phases, in order.
    pub phases: Vec<PhaseInfo>,
    /// It runs in steps that this divides.
    pub every: u64,
    /// How often it runs in such a step, each time on a batch of its own.
    pub repeat: u64,
    /// Whether it reads a batch of real samples.
    pub reads_real: bool,
    /// What each element of the output `flags` says is not finite.
    pub flags: Vec<Flag>,
    /// Whether it updates the averaged network: it then reads the scalar `ema/rate`.
    pub averages: bool,
}

/// One phase of a program.
#[derive(Clone, Debug)]
pub struct PhaseInfo {
    /// Its name; scalars of its optimizer are named `<phase>/<scalar>`.
    pub name: String,
    /// Its optimizer.
    pub optimizer: OptimizerConfig,
    /// Names of its terms; their losses are the outputs `<phase>/<term>`.
    pub terms: Vec<String>,
    /// The terms' weights, scalar inputs `<phase>/<term>/weight`.
    pub weights: Vec<f64>,
}

/// What one finite flag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The phase.
    pub phase: String,
    /// `term non_saturating` or `gradient of generator/dense/kernel`.
    pub what: String,
}

/// Everything that a training runs, traced and checked, with its states.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The programs of a step, in order.
    pub programs: Vec<StepProgram>,
    /// Parameters and statistics of each network, in Keras's order.
    pub parameters: BTreeMap<String, Vec<Parameter>>,
    /// All states, a network's parameters and each slot side by side.
    pub layout: StateLayout,
}

/// A term of a phase, made from the tables.
enum Term {
    Objective(Box<dyn GanObjective>),
    Regularizer(Box<dyn Regularizer>),
}

/// The models of a spec's networks.
///
/// # Errors
/// [`GanError::Model`] for the first network whose layers are none.
pub(crate) fn networks(spec: &TrainSpec) -> Result<Networks, GanError> {
    let mut models = BTreeMap::new();
    for (name, network) in &spec.networks {
        let config = ModelConfig { layers: network.layers.clone(), outputs: network.outputs.clone() };
        let model =
            Model::from_config(name, &config).map_err(|source| GanError::Model { network: name.clone(), source })?;
        models.insert(name.clone(), model);
    }
    Ok(Networks { models })
}

/// Traces the programs of a step on data that `codec` describes.
///
/// # Errors
/// Every shape, pairing and loss error that building found, [`GanError::Argument`] for terms and phases that make no sense.
pub fn trace(spec: &TrainSpec, codec: &Codec) -> Result<Traced, GanError> {
    countable(spec)?;
    let networks = networks(spec)?;
    let mut traced = Traced { programs: Vec::new(), parameters: BTreeMap::new(), layout: StateLayout::default() };
    for group in groups(spec) {
        trace_program(spec, codec, &networks, &group, &mut traced)?;
    }
    lay_out(spec, &mut traced)?;
    Ok(traced)
}

/// Refuses repetitions that no step can have; `check` says the same with a fix.
fn countable(spec: &TrainSpec) -> Result<(), GanError> {
    let n_critic = spec.train.n_critic;
    if !(1..=MAX_N_CRITIC).contains(&n_critic) {
        let reason = format!("expected 1 to {MAX_N_CRITIC}, found {n_critic}");
        return Err(GanError::Argument { what: "train.n_critic".into(), reason });
    }
    match spec.phases.iter().find(|phase| phase.every == 0) {
        None => Ok(()),
        Some(phase) => {
            let reason = "expected `every` to be at least 1, found 0".into();
            Err(GanError::Argument { what: format!("phase `{}`", phase.name), reason })
        }
    }
}

/// Which phases run as one program: all that run every step, when one critic update goes with one
/// generator update and they share their fakes or their parameters; else each alone.
fn groups(spec: &TrainSpec) -> Vec<Vec<&PhaseSpec>> {
    let shares = spec.train.update == Update::Simultaneous || !spec.train.fresh_fakes;
    let (mut joined, mut groups): (Vec<&PhaseSpec>, Vec<Vec<&PhaseSpec>>) = (Vec::new(), Vec::new());
    for phase in &spec.phases {
        if shares && spec.train.n_critic == 1 && phase.every == 1 {
            joined.push(phase);
        } else {
            groups.push(vec![phase]);
        }
    }
    if !joined.is_empty() {
        groups.insert(0, joined);
    }
    groups
}

fn trace_program(
    spec: &TrainSpec,
    codec: &Codec,
    networks: &Networks,
    group: &[&PhaseSpec],
    traced: &mut Traced,
) -> Result<(), GanError> {
    let name: Vec<&str> = group.iter().map(|p| p.name.as_str()).collect();
    let builder = Builder::new(name.join("+"));
    let mut trace = Trace::new(&builder, networks, Mode::Train, spec.train.batch, spec.latent.distribution);
    trace.codec = Some(codec);
    let trace = Rc::new(trace);
    let mut flags = Vec::new();
    let mut finite = Vec::new();
    let mut phases = Vec::new();
    let mut pending = Vec::new();
    for phase in group {
        let scope = LossScope { trace: Rc::clone(&trace), phase: phase.name.clone() };
        let gradients = differentiate(phase, &scope, &mut phases, &mut flags, &mut finite)?;
        if spec.train.update == Update::Simultaneous {
            pending.push((*phase, gradients));
        } else {
            update(phase, &scope, &gradients, traced);
            trace.networks_changed();
        }
        if spec.train.fresh_fakes {
            trace.fresh_fakes();
        }
    }
    for (phase, gradients) in pending {
        let scope = LossScope { trace: Rc::clone(&trace), phase: phase.name.clone() };
        update(phase, &scope, &gradients, traced);
    }
    let averages = spec.ema.as_ref().filter(|ema| group.iter().any(|p| p.trains.contains(&ema.network)));
    if let Some(ema) = averages {
        average(&trace, &ema.network);
    }
    if !finite.is_empty() && !builder.has_errors() {
        let columns: Vec<Expr> = finite.iter().map(|f| f.reshape([1])).collect();
        let flags = ganymede_graph::concat(&columns, 0); // (flags,), 0 where all is finite
        builder.guard_assigns(flags.sum().equal(0.0));
        builder.output("flags", flags);
    }
    for (network, scope) in &trace.scopes {
        let known = traced.parameters.entry(network.clone()).or_default();
        for parameter in scope.parameters() {
            if !known.iter().any(|k| k.name == parameter.name) {
                known.push(parameter);
            }
        }
    }
    drop(trace);
    let graph = builder.finish()?;
    let reads_real = graph.inputs().any(|(name, _)| name == "real");
    let repeat = if group.iter().any(|p| p.trains.iter().any(|n| n == "generator")) { 1 } else { spec.train.n_critic };
    let every = group[0].every;
    let averages = averages.is_some();
    traced.programs.push(StepProgram { graph, phases, every, repeat, reads_real, flags, averages });
    Ok(())
}

fn term(spec: &TermSpec) -> Result<Term, GanError> {
    if let Some(objective) = objective(spec)? {
        return Ok(Term::Objective(objective));
    }
    if let Some(regularizer) = regularizer(spec)? {
        return Ok(Term::Regularizer(regularizer));
    }
    Err(GanError::Unknown { kind: "a term of a loss", name: spec.class_name.clone(), known: term_names() })
}

/// Names of everything that a term can be.
pub(crate) fn term_names() -> Vec<String> {
    let regularizers = regularizers::REGULARIZERS.iter().map(|e| e.name.to_string());
    objectives::names().into_iter().chain(regularizers).collect()
}

/// The loss of a phase and its gradients: (parameter, current value, gradient) of what it trains.
fn differentiate<'g>(
    phase: &PhaseSpec,
    scope: &LossScope<'g>,
    phases: &mut Vec<PhaseInfo>,
    flags: &mut Vec<Flag>,
    finite: &mut Vec<Expr<'g>>,
) -> Result<Vec<(Parameter, Expr<'g>, Expr<'g>)>, GanError> {
    let refuse = |reason: String| GanError::Argument { what: format!("phase `{}`", phase.name), reason };
    let player = if phase.trains.iter().any(|n| n == "generator") { Player::Generator } else { Player::Discriminator };
    let Some(optimizer) = phase.optimizer.clone() else {
        return Err(refuse("expected an optimizer, found none".into()));
    };
    let builder = scope.trace.builder;
    let mut info = PhaseInfo { name: phase.name.clone(), optimizer, terms: Vec::new(), weights: Vec::new() };
    let mut loss: Option<Expr<'g>> = None;
    for spec in &phase.terms {
        let value = match (term(spec)?, player) {
            (Term::Objective(o), Player::Discriminator) => {
                o.discriminator_loss(scope, &scope.discriminator(scope.real()), &scope.discriminator(scope.fake()))
            }
            (Term::Objective(o), Player::Generator) => o.generator_loss(scope, &scope.discriminator(scope.fake())),
            (Term::Regularizer(r), player) if r.player() == player => r.penalty(scope),
            (Term::Regularizer(r), _) => {
                return Err(refuse(format!("`{}` belongs to the loss of the {:?}", spec.class_name, r.player())));
            }
        };
        let again = info.terms.iter().filter(|t| t.split('#').next() == Some(&spec.class_name)).count();
        let name = if again == 0 { spec.class_name.clone() } else { format!("{}#{again}", spec.class_name) };
        builder.output(&format!("{}/{name}", phase.name), value);
        flags.push(Flag { phase: phase.name.clone(), what: format!("term {name}") });
        finite.push(not_finite(value));
        let weighted = value * scope.scalar(&format!("{name}/weight"));
        loss = Some(loss.map_or(weighted, |sum| sum + weighted));
        info.terms.push(name);
        info.weights.push(spec.weight);
    }
    let Some(mut loss) = loss else { return Err(refuse("expected at least one term, found none".into())) };
    phases.push(info);
    let trained = trained(phase, scope)?;
    for (parameter, value) in &trained {
        if let Some(regularizer) = &parameter.regularizer {
            loss = loss + regularizer.penalty(*value);
        }
    }
    let values: Vec<Expr<'g>> = trained.iter().map(|(_, value)| *value).collect();
    let gradients = loss.grad(&values);
    for ((parameter, _), gradient) in trained.iter().zip(&gradients) {
        flags.push(Flag { phase: phase.name.clone(), what: format!("gradient of {}", parameter.name) });
        // Of the square: where it is no f32, Adam's step by an infinite velocity would be 0 for ever.
        finite.push(not_finite(gradient.square()));
    }
    Ok(trained.into_iter().zip(gradients).map(|((p, v), g)| (p, v, g)).collect())
}

/// 0 where every element is finite, else NaN, as a scalar: ∞ − ∞ and NaN − NaN are NaN. (Of x·0 the 0 would be taken out
/// of the sum, which may overflow.)
#[allow(clippy::eq_op)]
fn not_finite<'g>(x: Expr<'g>) -> Expr<'g> {
    (x - x).sum()
}

/// The trainable parameters of a phase's networks with their current values.
fn trained<'g>(phase: &PhaseSpec, scope: &LossScope<'g>) -> Result<Vec<(Parameter, Expr<'g>)>, GanError> {
    let mut found = Vec::new();
    for network in &phase.trains {
        let Some(scope) = scope.trace.scopes.get(network) else {
            let known = scope.trace.scopes.keys().cloned().collect();
            return Err(GanError::Unknown { kind: "a network of the spec", name: network.clone(), known });
        };
        for parameter in scope.parameters().into_iter().filter(|p| p.trainable) {
            let value = scope.builder().state(&parameter.name, TensorType::f32(parameter.shape.clone()));
            found.push((parameter, value));
        }
    }
    if found.is_empty() {
        let reason = format!("expected networks with parameters in the loss, found none in {:?}", phase.trains);
        return Err(GanError::Argument { what: format!("phase `{}`", phase.name), reason });
    }
    Ok(found)
}

/// The optimizer's update of what a phase trains.
fn update<'g>(
    phase: &PhaseSpec,
    scope: &LossScope<'g>,
    gradients: &[(Parameter, Expr<'g>, Expr<'g>)],
    traced: &mut Traced,
) {
    let Some(optimizer) = &phase.optimizer else { return };
    let builder = scope.trace.builder;
    let slots = optimizer.slots();
    let slot_name = |slot: &str, parameter: &Parameter| format!("{}/{slot}/{}", phase.name, parameter.name);
    for slot in &slots {
        for (parameter, value, _) in gradients {
            traced.layout.push(slot_name(slot, parameter), value.ty(), format!("{}/{slot}", phase.name));
        }
    }
    let _scope = builder.enter_path(&format!("{}/optimizer", phase.name));
    let inputs: Vec<optimizers::Update<'g>> = gradients
        .iter()
        .map(|(parameter, value, gradient)| optimizers::Update {
            parameter: *value,
            gradient: *gradient,
            slots: slots.iter().map(|slot| builder.state(&slot_name(slot, parameter), value.ty())).collect(),
            constraint: parameter.constraint.clone(),
        })
        .collect();
    let updated = optimizer.apply(&|name| scope.scalar(name), &inputs);
    for ((parameter, _, _), new) in gradients.iter().zip(updated) {
        builder.assign(&parameter.name, new.parameter);
        for (slot, value) in slots.iter().zip(new.slots) {
            builder.assign(&slot_name(slot, parameter), value);
        }
    }
}

/// Averages a network's parameters, a ← a + rate·(p − a) with the scalar `ema/rate` = 1 − β, and copies its statistics.
fn average(trace: &Trace<'_>, network: &str) {
    let Some(scope) = trace.scopes.get(network) else { return };
    let builder = trace.builder;
    let _scope = builder.enter_path("ema");
    let rate = builder.scalar("ema/rate");
    for parameter in scope.parameters() {
        let ty = TensorType::f32(parameter.shape.clone());
        let (name, value) = (averaged(network, &parameter.name), builder.state(&parameter.name, ty.clone()));
        let old = builder.state(&name, ty);
        builder.assign(&name, if parameter.trainable { old.lerp(value, rate) } else { value });
    }
}

/// The name of the averaged copy of a state: `generator/dense/kernel` → `generator_ema/dense/kernel`.
pub(crate) fn averaged(network: &str, state: &str) -> String {
    let rest = state.strip_prefix(network).unwrap_or(state);
    format!("{network}{EMA_SUFFIX}{rest}")
}

/// Puts parameters, statistics and averaged copies into the layout, each kind of a network side by side.
fn lay_out(spec: &TrainSpec, traced: &mut Traced) -> Result<(), GanError> {
    let slots = std::mem::take(&mut traced.layout);
    let mut layout = StateLayout::default();
    for (network, parameters) in &traced.parameters {
        for trainable in [true, false] {
            let kind = if trainable { "parameters" } else { "statistics" };
            for p in parameters.iter().filter(|p| p.trainable == trainable) {
                layout.push(&p.name, TensorType::f32(p.shape.clone()), format!("{network}/{kind}"));
            }
        }
    }
    layout.entries.extend(slots.entries);
    if let Some(ema) = &spec.ema {
        let Some(parameters) = traced.parameters.get(&ema.network) else {
            let known = traced.parameters.keys().cloned().collect();
            return Err(GanError::Unknown { kind: "a network to average", name: ema.network.clone(), known });
        };
        for p in parameters {
            let ty = TensorType::f32(p.shape.clone());
            layout.push(averaged(&ema.network, &p.name), ty, format!("{}{EMA_SUFFIX}/parameters", ema.network));
        }
    }
    traced.layout = layout;
    Ok(())
}

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
