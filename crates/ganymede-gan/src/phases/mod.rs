//! From a spec to programs: which phases run together, what each computes and assigns, which states
//! there are. Not here: running them (`step.rs`), generating samples (`sampler.rs`).

mod freeze;
mod groups;
mod layout;
mod loss;
mod reach;
mod sample;
mod update;

pub(crate) use freeze::{Unmatched, unfrozen};
pub use sample::{sampled, trace_discriminator, trace_generator, trace_latents, trace_standing};

use crate::augment;
use crate::error::GanError;
use crate::loss_scope::{LossScope, Names, Networks, Trace};
use crate::objectives;
use crate::regularizers::{self, Player};
use crate::spec::{PhaseSpec, Role, TrainSpec, Update};
use ganymede_data::Codec;
use ganymede_graph::{BuildErrors, Builder, Expr, Graph, Randomness, concat};
use ganymede_nn::schedules::Scheduled;
use ganymede_nn::{Mode, Model, ModelConfig, OptimizerConfig, Parameter};
use ganymede_runtime::StateLayout;
use ganymede_tensor::TensorType;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The suffix of an averaged network's name.
pub const EMA_SUFFIX: &str = "_ema";

/// Most discriminator updates in a step: their batches are in memory together.
pub const MAX_N_CRITIC: u64 = 1000;

/// Most different intervals of the terms of phases that run as one program: each combination is a program of its own.
pub const MAX_INTERVALS: usize = 4;

/// Phases that run together: one program, or one of several by what is due.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepGroup {
    /// The programs, of which one runs at a time.
    pub programs: Vec<StepProgram>,
    /// It runs in steps that this divides.
    pub every: u64,
    /// How often it runs in such a step, each time on a batch of its own.
    pub repeat: u64,
    /// Whether it reads a batch of the data: real samples, or what else the data says of them.
    pub reads_batch: bool,
}

/// A program of the training step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepProgram {
    /// The graph, not yet optimised.
    pub graph: Graph,
    /// Its phases, in order.
    pub phases: Vec<PhaseInfo>,
    /// It runs when the number of the group's run is a multiple of each of these …
    pub due: Vec<u64>,
    /// … and of none of these.
    pub not_due: Vec<u64>,
    /// Which part of a batch it is for.
    pub part: Part,
    /// Names of its outputs that are losses: `<phase>/<term>`.
    pub terms: Vec<String>,
    /// Names of its outputs that are shown beside the losses: `<phase>/<term>/<number>`.
    pub shown: Vec<String>,
    /// The scalar inputs that follow the number of the step.
    pub numbers: Vec<(String, Scheduled)>,
    /// What each element of the output `flags` says is not finite.
    pub flags: Vec<Flag>,
    /// Whether it updates the averaged network: it then reads the scalar `ema/rate`.
    pub averages: bool,
}

/// Which part of a batch a program computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Any part but the last: its gradients are added to a state.
    Accumulate,
    /// The last part: with its gradients and those of the state the networks are updated.
    Apply,
}

/// One phase of a program.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PhaseInfo {
    /// Its name; scalars of its optimizer are named `<phase>/<scalar>`.
    pub name: String,
    /// Its optimizer.
    pub optimizer: OptimizerConfig,
}

/// What one finite flag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flag {
    /// The phase.
    pub phase: String,
    /// `term non_saturating` or `gradient of generator/dense/kernel`.
    pub what: String,
}

/// Everything that a training runs, traced and checked, with its states.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Traced {
    /// What runs in a step, in order.
    pub groups: Vec<StepGroup>,
    /// Parameters and statistics of each network, in Keras's order.
    pub parameters: BTreeMap<String, Vec<Parameter>>,
    /// All states, a network's parameters and each slot side by side.
    pub layout: StateLayout,
}

/// What tracing a program notes down.
#[derive(Default)]
struct Recorder<'g> {
    terms: Vec<String>,
    flags: Vec<Flag>,
    finite: Vec<Expr<'g>>,
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
    let mut traced = Traced { groups: Vec::new(), parameters: BTreeMap::new(), layout: StateLayout::default() };
    let groups = groups::groups(spec);
    let averaging = groups::averaging(spec, &groups);
    for (at, group) in groups.iter().enumerate() {
        trace_group(spec, codec, &networks, (group, averaging == Some(at)), &mut traced)?;
    }
    layout::lay_out(spec, &mut traced)?;
    Ok(traced)
}

/// Refuses repetitions, parts and roles that no step can have; `check` says the same with a fix.
fn countable(spec: &TrainSpec) -> Result<(), GanError> {
    let refuse = |what: &str, reason: String| Err(GanError::Argument { what: what.into(), reason });
    let (n_critic, parts, batch) = (spec.train.n_critic, spec.train.micro_batches, spec.train.batch);
    if !(1..=MAX_N_CRITIC).contains(&n_critic) {
        return refuse("train.n_critic", format!("expected 1 to {MAX_N_CRITIC}, found {n_critic}"));
    }
    if parts == 0 || !batch.is_multiple_of(parts) {
        let reason = format!("expected a number that divides the batch of {batch}, found {parts}");
        return refuse("train.micro_batches", reason);
    }
    if parts > 1 && spec.train.update == Update::Simultaneous {
        let reason = "expected 1 with simultaneous updates, whose phases run as one program; use `alternating`".into();
        return refuse("train.micro_batches", reason);
    }
    if let Some((name, reason)) = spec.name_faults().into_iter().next() {
        return refuse(&format!("networks.{name:?}"), reason);
    }
    for role in [Role::Generator, Role::Discriminator] {
        let found: Vec<&str> = spec.networks_of(role).collect();
        if found.len() > 1 {
            let reason =
                format!("expected one {}, found `{}`; give the others another role", role.name(), found.join("`, `"));
            return refuse("networks", reason);
        }
    }
    for phase in &spec.phases {
        // It is part of names of outputs and of noise.
        let is_name = |name: &str| {
            let letter = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            (1..=64).contains(&name.len()) && name.chars().all(letter) && !name.starts_with(['.', '-'])
        };
        if let Some(name) = phase.terms.iter().filter_map(|term| term.name.as_ref()).find(|name| !is_name(name)) {
            let reason =
                format!("expected a term's `name` of 1 to 64 letters, digits, `_`, `-` or `.`, found {name:?}");
            return refuse(&format!("phase `{}`", phase.name), reason);
        }
        let every = phase.terms.iter().map(|term| term.every).chain([phase.every]);
        if every.min() == Some(0) {
            return refuse(&format!("phase `{}`", phase.name), "expected `every` to be at least 1, found 0".into());
        }
    }
    Ok(())
}

fn trace_group(
    spec: &TrainSpec,
    codec: &Codec,
    networks: &Networks,
    (group, averages): (&[&PhaseSpec], bool),
    traced: &mut Traced,
) -> Result<(), GanError> {
    let intervals: BTreeSet<u64> =
        group.iter().flat_map(|phase| &phase.terms).map(|term| term.every).filter(|&every| every > 1).collect();
    if intervals.len() > MAX_INTERVALS {
        let reason = format!("expected at most {MAX_INTERVALS} different intervals of terms, found {intervals:?}");
        return Err(GanError::Argument { what: format!("phase `{}`", group[0].name), reason });
    }
    let parts: &[Part] = if spec.train.micro_batches > 1 { &[Part::Accumulate, Part::Apply] } else { &[Part::Whole] };
    let mut programs = Vec::new();
    for (due, not_due) in groups::combinations(&intervals) {
        for &part in parts {
            let program = trace_program(spec, codec, networks, (group, averages), (&due, part), traced)?;
            programs.push(StepProgram { not_due: not_due.clone(), ..program });
        }
    }
    // Scalars and the seed are the host's.
    let of_batch = |(name, ty): (&str, &TensorType)| ty.shape.rank() > 0 && name != "seed";
    let reads_batch = programs.iter().any(|program| program.graph.inputs().any(of_batch));
    let repeat =
        if group.iter().any(|phase| spec.player_of(phase) == Player::Generator) { 1 } else { spec.train.n_critic };
    traced.groups.push(StepGroup { programs, every: group[0].every, repeat, reads_batch });
    Ok(())
}

fn trace_program(
    spec: &TrainSpec,
    codec: &Codec,
    networks: &Networks,
    (group, averages): (&[&PhaseSpec], bool),
    (due, part): (&[u64], Part),
    traced: &mut Traced,
) -> Result<StepProgram, GanError> {
    let name: Vec<&str> = group.iter().map(|p| p.name.as_str()).collect();
    let randomness = if part == Part::Whole { Randomness::Batch } else { Randomness::Part };
    let builder = Builder::with_randomness(name.join("+"), randomness);
    let batch = spec.train.batch / spec.train.micro_batches;
    let mut trace = Trace::new(&builder, networks, Mode::Train, batch, spec.latent.distribution);
    trace.codec = Some(codec);
    trace.augment = augment::augmentations(&spec.augment)?;
    trace.names_classes = names_classes(spec);
    (trace.parts, trace.accumulates) = (spec.train.micro_batches, part == Part::Accumulate);
    trace.names = Names::of(spec);
    let trace = Rc::new(trace);
    let (mut recorder, mut phases, mut pending) = (Recorder::default(), Vec::new(), Vec::new());
    for phase in group {
        let Some(optimizer) = phase.optimizer.clone() else {
            let reason = "expected an optimizer, found none".into();
            return Err(GanError::Argument { what: format!("phase `{}`", phase.name), reason });
        };
        phases.push(PhaseInfo { name: phase.name.clone(), optimizer });
        let scope = LossScope::of_phase(&trace, phase, spec.player_of(phase));
        let gradients = match loss::differentiate(phase, &scope, due, &mut recorder) {
            // What is missing is so because of what was found before.
            Err(_) if builder.has_errors() => return Err(BuildErrors(builder.take_errors()).into()),
            gradients => gradients?,
        };
        let gradients = update::parts(phase, &scope, gradients, part, spec.train.micro_batches);
        if spec.train.update == Update::Simultaneous {
            pending.push((*phase, gradients));
        } else if part != Part::Accumulate {
            update::update(phase, &scope, &gradients, traced);
            trace.networks_changed(&phase.trains);
        }
        if spec.train.fresh_fakes {
            trace.fresh_fakes();
        }
    }
    for (phase, gradients) in pending {
        let scope = LossScope::of_phase(&trace, phase, spec.player_of(phase));
        update::update(phase, &scope, &gradients, traced);
    }
    let averages = spec.averaged().filter(|_| averages && part != Part::Accumulate);
    if let Some(network) = averages {
        update::average(&trace, network);
    }
    let Recorder { terms, flags, finite } = recorder;
    if !finite.is_empty() && !builder.has_errors() {
        let columns: Vec<Expr> = finite.iter().map(|f| f.reshape([1])).collect();
        let flags = concat(&columns, 0); // (flags,), 0 where all is finite
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
    let (numbers, shown) = (trace.numbers.take(), trace.shown.take());
    drop(trace);
    let graph = builder.finish()?;
    layout::note_states(&graph, traced);
    let (due, averages) = (due.to_vec(), averages.is_some());
    Ok(StepProgram { graph, phases, due, not_due: Vec::new(), part, terms, shown, numbers, flags, averages })
}

/// Whether the discriminator's second output are logits of classes, which a term of the spec is of.
fn names_classes(spec: &TrainSpec) -> bool {
    spec.phases.iter().flat_map(|p| &p.terms).any(|term| term.class_name == "auxiliary_classifier")
}

/// Names of everything that a term can be.
pub(crate) fn term_names() -> Vec<String> {
    let regularizers = regularizers::REGULARIZERS.iter().map(|e| e.name.to_string());
    objectives::names().into_iter().chain(regularizers).collect()
}

/// Whether a state is a batch normalization's mean or variance.
fn is_batch_statistic(state: &str) -> bool {
    state.ends_with("/moving_mean") || state.ends_with("/moving_variance")
}

/// The name of the averaged copy of a state: `generator/dense/kernel` → `generator_ema/dense/kernel`.
pub(crate) fn averaged(network: &str, state: &str) -> String {
    let rest = state.strip_prefix(network).unwrap_or(state);
    format!("{network}{EMA_SUFFIX}{rest}")
}
