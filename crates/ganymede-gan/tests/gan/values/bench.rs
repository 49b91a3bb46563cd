//! One program of a training on the `f64` interpreter, with every input, noise and state given by the test.

use ganymede_data::Codec;
use ganymede_gan::phases::{StepProgram, trace};
use ganymede_gan::spec::TrainSpec;
use ganymede_graph::interpret::{Array, run};
use ganymede_graph::ops::{Input, Op};
use ganymede_tensor::{TensorType, stream_of};
use std::collections::{BTreeMap, HashMap};

/// Samples in a batch.
pub const N: usize = 4;

/// Data of `f32` in the networks' range.
pub fn codec(shape: &[usize], classes: usize) -> Codec {
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Codec::stand_in(TensorType::f32(shape.to_vec()), [-1.0, 1.0], classes)
}

/// A spec of two stacks of layers and the lines of two phases, `d` and `g`, each with plain gradient descent at a rate of 1:
/// a parameter's change is its gradient. The phases are programs of their own.
pub fn spec(generator: &str, discriminator: &str, d: &str, g: &str) -> TrainSpec {
    let phase = |name: &str, network: &str, lines: &str| {
        format!(
            "[[phases]]\nname = '{name}'\ntrains = ['{network}']\n\
             optimizer = {{ class_name = 'SGD', learning_rate = 1.0 }}\n{lines}\n"
        )
    };
    let text = format!(
        "train = {{ steps = 1, batch = {N}, fresh_fakes = true }}\n\
         [networks.generator]\n{generator}\n[networks.discriminator]\n{discriminator}\n{}{}",
        phase("d", "discriminator", d),
        phase("g", "generator", g)
    );
    TrainSpec::from_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A program and what it is given.
pub struct Bench {
    program: StepProgram,
    types: BTreeMap<String, TensorType>,
    inputs: HashMap<String, Array>,
    states: BTreeMap<String, Array>,
}

/// What a program gave.
pub struct Ran {
    outputs: BTreeMap<String, Array>,
    before: BTreeMap<String, Array>,
    after: BTreeMap<String, Array>,
}

/// The input that noise becomes.
fn noise(stream: u32) -> String {
    format!("noise of stream {stream}")
}

impl Bench {
    /// The program of a phase that computes on the whole batch with every term.
    pub fn new(spec: &TrainSpec, codec: &Codec, phase: &str) -> Bench {
        let traced = trace(spec, codec).unwrap_or_else(|e| panic!("{e} {}", e.hint().unwrap_or_default()));
        let all = traced.groups.into_iter().flat_map(|group| group.programs);
        let of_phase = all.filter(|program| program.phases.iter().any(|known| known.name == phase));
        let mut program = of_phase.max_by_key(|program| program.due.len()).expect("a program of the phase");
        for node in &mut program.graph.nodes {
            if let Op::Random(random) = &node.op {
                node.op = Op::Input(Input { name: noise(random.stream).into(), scalar: false });
                node.inputs.clear();
            }
        }
        let graph = &program.graph;
        let types = graph.inputs().chain(graph.states()).map(|(name, ty)| (name.to_string(), ty.clone())).collect();
        let layout = traced.layout.entries.iter();
        let states = layout.map(|entry| (entry.name.clone(), Array::zeros(&entry.ty))).collect();
        let mut bench = Bench { types, inputs: HashMap::new(), states, program };
        let mut scalars = vec![("seed".to_string(), vec![0.0; 2]), ("draw".to_string(), vec![0.0])];
        for phase in &bench.program.phases {
            let of_optimizer = phase.optimizer.scalars(0).into_iter();
            scalars.extend(of_optimizer.map(|(name, value)| (format!("{}/{name}", phase.name), vec![value])));
        }
        let numbers = bench.program.numbers.iter();
        scalars.extend(numbers.map(|(name, number)| (name.clone(), vec![number.value(0)])));
        for (name, values) in scalars {
            if bench.types.contains_key(&name) {
                bench.set(&name, &values);
            }
        }
        bench
    }

    /// Gives an input or a state its values.
    pub fn set(&mut self, name: &str, values: &[f64]) {
        let ty = self.types.get(name).or_else(|| self.states.get(name).map(|state| &state.ty));
        let known: Vec<&String> = self.types.keys().chain(self.states.keys()).collect();
        let ty = ty.unwrap_or_else(|| panic!("expected one of {known:?}, found {name}")).clone();
        assert_eq!(ty.elements(), values.len(), "{name} is {ty}");
        let value = Array { ty, data: values.to_vec() };
        match self.states.get_mut(name) {
            Some(state) => *state = value,
            None => drop(self.inputs.insert(name.to_string(), value)),
        }
    }

    /// Gives the noise its numbers that is drawn under this path: `latent#0` is the first that is drawn under `latent`.
    pub fn noise(&mut self, path: &str, values: &[f64]) {
        self.set(&noise(stream_of(path)), values);
    }

    /// Whether it has an input of this name.
    pub fn reads(&self, input: &str) -> bool {
        self.types.contains_key(input) && !self.states.contains_key(input)
    }

    /// Whether noise is drawn under this path.
    pub fn draws(&self, path: &str) -> bool {
        self.types.contains_key(&noise(stream_of(path)))
    }

    /// Runs it once; what it was given stays.
    pub fn run(&self) -> Ran {
        let mut after = self.states.clone();
        let outputs = run(&self.program.graph, &self.inputs, &mut after).unwrap();
        assert!(outputs["flags"].data.iter().all(|flag| *flag == 0.0), "a number is not finite");
        Ran { outputs, before: self.states.clone(), after }
    }
}

impl Ran {
    /// The value of a term, `<phase>/<term>`.
    pub fn loss(&self, name: &str) -> f64 {
        self.outputs.get(name).unwrap_or_else(|| panic!("{name} is none of {:?}", self.outputs.keys())).data[0]
    }

    /// A state after it.
    pub fn state(&self, name: &str) -> Vec<f64> {
        self.after[name].data.clone()
    }

    /// What a parameter's change says that its gradient was.
    pub fn gradient(&self, name: &str) -> Vec<f64> {
        self.before[name].data.iter().zip(&self.after[name].data).map(|(before, after)| before - after).collect()
    }
}

/// Compares lists of numbers.
#[track_caller]
pub fn close(what: &str, found: &[f64], expected: &[f64]) {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    let same = found.len() == expected.len() && found.iter().zip(expected).all(near);
    assert!(same, "{what}: {found:?}, expected {expected:?}");
}
