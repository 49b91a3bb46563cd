//! The contract of phases: each moves what it trains, by what it would move alone. The oracle runs them one by one in the
//! interpreter. Not here: what a phase can do beside its loss (`phases.rs`).

use super::common::{self, DISCRIMINATOR, GENERATOR, batch, codec, networks, phase};
use ganymede_gan::phases::{StepProgram, trace};
use ganymede_gan::spec::{PhaseSpec, TrainSpec, Update, edit};
use ganymede_gan::{GanError, Stepper};
use ganymede_graph::interpret::{Array, run};
use ganymede_graph::{Graph, NodeId, Op};
use ganymede_runtime::ReferenceBackend;
use ganymede_tensor::{DType, TensorType};
use std::collections::{BTreeMap, HashMap};

/// Each network has two phases; the second one's optimizer keeps a state of its own.
fn text() -> String {
    let phases = [
        phase("d", "discriminator", "learning_rate = 0.5", r#"class_name = "non_saturating""#),
        phase("d_reg", "discriminator", "learning_rate = 0.5, momentum = 0.5", r#"class_name = "r2", weight = 2.0"#),
        phase("g", "generator", "learning_rate = 0.5", r#"class_name = "non_saturating""#),
        phase("g_reg", "generator", "learning_rate = 0.5, momentum = 0.5", r#"class_name = "path_length""#),
    ];
    common::text("train = { batch = 8, steps = 10 }", &networks(GENERATOR, DISCRIMINATOR), &phases.concat())
}

const STEPS: u64 = 3;

type States = BTreeMap<String, Array>;

fn states(stepper: &Stepper) -> States {
    let store = stepper.store();
    let read = |name: &str| store.read(name).unwrap().to_f64();
    store.layout().entries.iter().map(|e| (e.name.clone(), Array { ty: e.ty.clone(), data: read(&e.name) })).collect()
}

/// The nodes of a graph that draw latents, in order.
fn latents(graph: &Graph) -> Vec<NodeId> {
    graph.ids().filter(|&id| graph.scope(id) == "latent" && matches!(graph.node(id).op, Op::Random(_))).collect()
}

/// What a phase does to what it trains and keeps when it runs alone on these states: the differences.
fn alone(spec: &TrainSpec, phase: &PhaseSpec, at: &Moment, states: &States) -> States {
    let phase = PhaseSpec { every: 1, ..phase.clone() };
    let alone = TrainSpec { phases: vec![phase.clone()], ..spec.clone() };
    let traced = trace(&alone, &codec()).unwrap();
    let program: &StepProgram = &traced.groups[0].programs[0];
    let mut graph = program.graph.clone();
    // With latents of its own, it has those that it has in the program of all.
    if let (Some(latent), Some(own)) = (&at.latent, latents(&graph).first().copied()) {
        graph.nodes[own.index()].op = latent.clone();
    }
    let scalar = |value: f64| Array { ty: TensorType::f32([]), data: vec![value] };
    let word = |shape: &[usize], data: Vec<f64>| Array { ty: TensorType::new(DType::U32, shape.to_vec()), data };
    let real = batch(at.step).tensors[0].1.to_f64();
    let mut inputs = HashMap::from([
        ("real".to_string(), Array::new([8, 3], real)),
        ("seed".to_string(), word(&[2], vec![spec.seed as f64, 0.0])),
        ("draw".to_string(), word(&[], vec![at.draw as f64])),
    ]);
    inputs.extend(program.numbers.iter().map(|(name, number)| (name.clone(), scalar(number.value(at.step)))));
    let of_optimizer = phase.optimizer.as_ref().unwrap().scalars(0).into_iter();
    inputs.extend(of_optimizer.map(|(name, value)| (format!("{}/{name}", phase.name), scalar(value))));
    let mut after = states.clone();
    run(&graph, &inputs, &mut after).unwrap();
    let own = |name: &str| phase.trains.iter().chain([&phase.name]).any(|of| name.starts_with(&format!("{of}/")));
    let difference = |(name, value): (String, Array)| {
        let before = states[&name].data.iter();
        let data = value.data.iter().zip(before).map(|(after, before)| after - before).collect();
        (name, Array { data, ..value })
    };
    after.into_iter().filter(|(name, _)| own(name)).map(difference).collect()
}

/// When a phase runs.
struct Moment {
    step: u64,
    draw: u64,
    latent: Option<Op>,
}

fn add(states: &mut States, differences: &States) {
    for (name, difference) in differences {
        let values = states.get_mut(name).unwrap().data.iter_mut();
        values.zip(&difference.data).for_each(|(value, difference)| *value += difference);
    }
}

fn of_generator(states: &States) -> impl Iterator<Item = (&String, &Array)> {
    states.iter().filter(|(name, _)| name.starts_with("generator/"))
}

/// The states after a step, from phases that run one by one; those of a group are one program.
fn step_of_phases_alone(spec: &TrainSpec, groups: &[Vec<&str>], step: u64, states: &mut States) {
    let traced = trace(spec, &codec()).unwrap().groups;
    let programs: Vec<Vec<&str>> =
        traced.iter().map(|group| group.programs[0].phases.iter().map(|phase| phase.name.as_str()).collect()).collect();
    assert_eq!(programs, groups);
    let runs = groups.len() as u64;
    let phase = |name: &str| spec.phases.iter().find(|phase| phase.name == name).unwrap();
    for (number, group) in groups.iter().enumerate().filter(|(_, group)| step.is_multiple_of(phase(group[0]).every)) {
        let graph = &traced[number].programs[0].graph;
        let latents = latents(graph);
        let before = states.clone();
        // The generator that the fakes come from.
        let mut source: Option<States> = None;
        for (at, name) in group.iter().enumerate() {
            let phase = phase(name);
            let latent = latents.get(if spec.train.fresh_fakes { at } else { 0 });
            let latent = latent.map(|&id| graph.node(id).op.clone());
            let moment = Moment { step, draw: step * runs + number as u64, latent };
            let mut seen = if spec.train.update == Update::Simultaneous { before.clone() } else { states.clone() };
            match &source {
                // Fakes that are there already do for whom they are samples only.
                Some(source) if phase.trains == ["discriminator"] && !spec.train.fresh_fakes => {
                    seen.extend(of_generator(source).map(|(name, value)| (name.clone(), value.clone())));
                }
                _ => source = Some(seen.clone()),
            }
            let moved = alone(spec, phase, &moment, &seen);
            for network in &phase.trains {
                let largest = moved.iter().filter(|(name, _)| name.starts_with(network.as_str()));
                let largest = largest.flat_map(|(_, value)| &value.data).fold(0.0f64, |most, v| most.max(v.abs()));
                assert!(largest > 1e-3, "`{}` moves `{network}` by {largest} at most", phase.name);
            }
            add(states, &moved);
        }
    }
}

fn compare(spec: &TrainSpec, groups: &[Vec<&str>], what: &str) {
    let mut stepper = Stepper::new(spec, &codec(), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    let mut expected = states(&stepper);
    for step in 0..STEPS {
        let result = stepper.run(step, || Ok(batch(step))).unwrap();
        assert_eq!(result.non_finite, []);
        step_of_phases_alone(spec, groups, step, &mut expected);
        for (name, found) in states(&stepper) {
            for (found, expected) in found.data.iter().zip(&expected[&name].data) {
                // The store holds f32.
                let near = (found - expected).abs() <= 1e-5 * expected.abs().max(1.0);
                assert!(near, "{what}, step {step}, {name}: expected {expected}, found {found}");
            }
        }
    }
}

#[test]
fn every_phase_moves_what_it_trains_by_what_it_would_move_alone() {
    let all = TrainSpec::from_toml(&text()).unwrap();
    // The order of the phases, and by hand the programs of those that do not all run in every step.
    for (order, lazy) in [
        (["d", "d_reg", "g", "g_reg"], [&["d", "g"][..], &["d_reg"], &["g_reg"]]),
        (["d", "g", "d_reg", "g_reg"], [&["d", "g"], &["d_reg"], &["g_reg"]]),
        (["d_reg", "d", "g", "g_reg"], [&["d_reg"], &["d", "g"], &["g_reg"]]),
        (["g", "g_reg", "d", "d_reg"], [&["g", "d"], &["g_reg"], &["d_reg"]]),
    ] {
        for (second_d, second_g) in [(false, false), (true, false), (false, true), (true, true)] {
            for (update, every, fresh) in ["alternating", "simultaneous"]
                .iter()
                .flat_map(|u| [1, 2].map(|e| (u, e)))
                .flat_map(|(u, e)| [false, true].map(|fresh| (u, e, fresh)))
            {
                let changes = [format!("train.update={update}"), format!("train.fresh_fakes={fresh}")];
                let mut spec = changes.iter().fold(all.clone(), |spec, change| edit(&spec, change).unwrap());
                let taken = |name: &str| (name != "d_reg" || second_d) && (name != "g_reg" || second_g);
                let phase = |name: &str| all.phases.iter().find(|phase| phase.name == name).unwrap().clone();
                spec.phases = order.into_iter().filter(|name| taken(name)).map(phase).collect();
                for phase in spec.phases.iter_mut().filter(|phase| phase.name.ends_with("_reg")) {
                    phase.every = every;
                }
                let names: Vec<&str> = order.into_iter().filter(|name| taken(name)).collect();
                let groups: Vec<Vec<&str>> = match (every, *update, fresh) {
                    (_, "alternating", true) => names.iter().map(|name| vec![*name]).collect(),
                    (1, ..) => vec![names.clone()],
                    _ => lazy.iter().filter(|group| taken(group[0])).map(|group| group.to_vec()).collect(),
                };
                compare(&spec, &groups, &format!("{names:?}, {update}, every {every}, fresh_fakes {fresh}"));
            }
        }
    }
}

/// A generator's second phase goes through the generator as the first one left it, on the same latents; the fakes that
/// the discriminator and the generator's first phase look at are made once.
#[test]
fn fakes_are_made_anew_only_for_whom_they_would_be_old() {
    let all = TrainSpec::from_toml(&text()).unwrap();
    let forwards = |names: &[&str]| {
        let phases = all.phases.iter().filter(|phase| names.contains(&phase.name.as_str())).cloned().collect();
        let traced = trace(&TrainSpec { phases, ..all.clone() }, &codec()).unwrap();
        let graph = &traced.groups[0].programs[0].graph;
        let of_generator =
            |&id: &NodeId| graph.scope(id) == "generator/dense" && matches!(graph.node(id).op, Op::Tanh(_));
        (graph.ids().filter(of_generator).count(), latents(graph).len())
    };
    assert_eq!(forwards(&["d", "g"]), (1, 1));
    assert_eq!(forwards(&["d", "d_reg", "g"]), (1, 1));
    assert_eq!(forwards(&["d", "g", "g_reg"]), (2, 1));
}

#[test]
fn a_loss_that_depends_on_nothing_that_its_phase_trains_is_refused() {
    let all = TrainSpec::from_toml(&text()).unwrap();
    let refused = |changes: &[&str]| {
        let spec = changes.iter().fold(all.clone(), |spec, change| edit(&spec, change).unwrap());
        match trace(&spec, &codec()) {
            Err(GanError::Argument { what, reason }) => format!("{what}: {reason}"),
            other => panic!("{changes:?}: expected an error of an argument, found {:?}", other.map(drop)),
        }
    };
    let branched = "networks.discriminator={layers=[{class_name='Input',shape=[3]},{class_name='Dense',units=7},\
                    {class_name='Dense',name='logits',units=1},{class_name='Dense',units=2,inputs=['dense']}],\
                    outputs=['logits','dense_1']}";
    for (changes, parts) in [
        // The slope of the logits does not depend on the other branch.
        (
            &[branched, "phases.1.freeze=['discriminator/dense','discriminator/logits']"][..],
            &["phase `d_reg`", "`r2`", "(`discriminator` without `discriminator/dense`, `discriminator/logits`)"][..],
        ),
        // A network that nothing goes through.
        (
            &[
                "networks.third.layers=[{class_name='Input',shape=[3]},{class_name='Dense',units=1}]",
                "phases.0.trains=['discriminator','third']",
            ],
            &["phase `d`", "none of `third`", "`non_saturating` does not depend"],
        ),
        // The loss of a generator goes through its own parameters, not through the discriminator's.
        (
            &["phases.3.trains=['generator','discriminator']"],
            &["phase `g_reg`", "none of `discriminator`", "`path_length` does not depend"],
        ),
    ] {
        let error = refused(changes);
        for part in parts {
            assert!(error.contains(part), "{changes:?}: expected {part} in: {error}");
        }
    }
}
