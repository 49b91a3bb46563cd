//! From a spec to programs: which phases run together, what each computes and assigns, which states
//! there are. Not here: running them (`step.rs`), drawing samples (`sampler.rs`).

mod freeze;
mod layout;
mod loss;
mod reach;
mod sample;
mod update;

pub(crate) use freeze::{Unmatched, unfrozen};
pub(crate) use sample::sampled;
pub use sample::{trace_sample, trace_standing};

use crate::augment;
use crate::error::GanError;
use crate::loss_scope::{LossScope, Networks, Trace};
use crate::objectives;
use crate::regularizers;
use crate::spec::{PhaseSpec, TrainSpec, Update};
use ganymede_data::Codec;
use ganymede_graph::{BuildErrors, Builder, Expr, Graph, Randomness, concat};
use ganymede_nn::schedules::Scheduled;
use ganymede_nn::{Mode, Model, ModelConfig, OptimizerConfig, Parameter};
use ganymede_runtime::StateLayout;
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
pub struct StepGroup {
    /// The programs, of which one runs at a time.
    pub programs: Vec<StepProgram>,
    /// It runs in steps that this divides.
    pub every: u64,
    /// How often it runs in such a step, each time on a batch of its own.
    pub repeat: u64,
    /// Whether it reads a batch of real samples, or their labels.
    pub reads_batch: bool,
}

/// A program of the training step.
#[derive(Clone, Debug)]
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
pub struct PhaseInfo {
    /// Its name; scalars of its optimizer are named `<phase>/<scalar>`.
    pub name: String,
    /// Its optimizer.
    pub optimizer: OptimizerConfig,
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
    let groups = groups(spec);
    let averaging = averaging(spec, &groups);
    for (at, group) in groups.iter().enumerate() {
        trace_group(spec, codec, &networks, (group, averaging == Some(at)), &mut traced)?;
    }
    layout::lay_out(spec, &mut traced)?;
    Ok(traced)
}

/// Refuses repetitions and parts that no step can have; `check` says the same with a fix.
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
    for phase in &spec.phases {
        let every = phase.terms.iter().map(|term| term.every).chain([phase.every]);
        if every.min() == Some(0) {
            return refuse(&format!("phase `{}`", phase.name), "expected `every` to be at least 1, found 0".into());
        }
    }
    Ok(())
}

/// Which phases run as one program: all that run every step, when one critic update goes with one
/// generator update, they share their fakes or their parameters, and take the batch in one part; else each alone.
fn groups(spec: &TrainSpec) -> Vec<Vec<&PhaseSpec>> {
    let train = &spec.train;
    let shares = train.update == Update::Simultaneous || !train.fresh_fakes;
    let (mut joined, mut groups): (Vec<&PhaseSpec>, Vec<Vec<&PhaseSpec>>) = (Vec::new(), Vec::new());
    for phase in &spec.phases {
        if shares && train.n_critic == 1 && train.micro_batches == 1 && phase.every == 1 {
            joined.push(phase);
        } else {
            groups.push(vec![phase]);
        }
    }
    // At the place of the first of them.
    let first = spec.phases.iter().position(|phase| joined.first().is_some_and(|known| std::ptr::eq(*known, phase)));
    if let Some(at) = first {
        groups.insert(at, joined);
    }
    groups
}

/// The group after which the average is taken: of those that train the network the one that runs most often, the last of
/// such.
fn averaging(spec: &TrainSpec, groups: &[Vec<&PhaseSpec>]) -> Option<usize> {
    let network = &spec.ema.as_ref()?.network;
    let trains = |group: &[&PhaseSpec]| group.iter().any(|phase| phase.trains.contains(network));
    let of = groups.iter().enumerate().filter(|(_, group)| trains(group));
    of.min_by_key(|(at, group)| (group[0].every, usize::MAX - at)).map(|(at, _)| at)
}

/// The sets of intervals that can be due at once, and at such a time no other: a set is one if none of the rest divides
/// its least common multiple.
fn combinations(intervals: &BTreeSet<u64>) -> Vec<(Vec<u64>, Vec<u64>)> {
    let all: Vec<u64> = intervals.iter().copied().collect();
    let split = |bits: usize| (0..all.len()).partition::<Vec<usize>, _>(|i| bits >> i & 1 == 1);
    let of = |at: &[usize]| at.iter().map(|&i| all[i]).collect::<Vec<u64>>();
    (0..1usize << all.len())
        .map(split)
        .map(|(due, rest)| (of(&due), of(&rest)))
        .filter(|(due, rest)| {
            // Beyond u64 no step comes.
            let multiple = due.iter().try_fold(1u64, |a, &b| (a / gcd(a, b)).checked_mul(b));
            multiple.is_some_and(|multiple| rest.iter().all(|k| !multiple.is_multiple_of(*k)))
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
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
    for (due, not_due) in combinations(&intervals) {
        for &part in parts {
            let program = trace_program(spec, codec, networks, (group, averages), (&due, part), traced)?;
            programs.push(StepProgram { not_due: not_due.clone(), ..program });
        }
    }
    let reads = |(name, _): (&str, _)| matches!(name, "real" | "label");
    let reads_batch = programs.iter().any(|program| program.graph.inputs().any(reads));
    let repeat = if group.iter().any(|p| p.trains.iter().any(|n| n == "generator")) { 1 } else { spec.train.n_critic };
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
    trace.names_classes =
        spec.phases.iter().flat_map(|p| &p.terms).any(|term| term.class_name == "auxiliary_classifier");
    (trace.parts, trace.accumulates) = (spec.train.micro_batches, part == Part::Accumulate);
    let trace = Rc::new(trace);
    let (mut recorder, mut phases, mut pending) = (Recorder::default(), Vec::new(), Vec::new());
    for phase in group {
        let Some(optimizer) = phase.optimizer.clone() else {
            let reason = "expected an optimizer, found none".into();
            return Err(GanError::Argument { what: format!("phase `{}`", phase.name), reason });
        };
        phases.push(PhaseInfo { name: phase.name.clone(), optimizer });
        let scope = LossScope::of_phase(&trace, phase, loss::player(phase));
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
        let scope = LossScope::of_phase(&trace, phase, loss::player(phase));
        update::update(phase, &scope, &gradients, traced);
    }
    let averages = spec.ema.as_ref().filter(|_| averages && part != Part::Accumulate);
    if let Some(ema) = averages {
        update::average(&trace, &ema.network);
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
    let numbers = trace.numbers.take();
    drop(trace);
    let graph = builder.finish()?;
    layout::note_states(&graph, traced);
    let (due, averages) = (due.to_vec(), averages.is_some());
    Ok(StepProgram { graph, phases, due, not_due: Vec::new(), part, terms, numbers, flags, averages })
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
