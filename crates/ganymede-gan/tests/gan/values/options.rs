//! Options of phases and of the step, on critics of known logits and on one of one weight. Not here: their combination on
//! larger networks (`phases.rs`, `step.rs`).

use super::bench::{Bench, N, close, codec, spec};
use super::critics::{FAKES, KERNEL, at_logits, by_fake_logits, logits_spec};
use super::objectives::terms;
use ganymede_data::Batch;
use ganymede_gan::Stepper;
use ganymede_gan::spec::{TrainSpec, edit};
use ganymede_runtime::ReferenceBackend;
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;

const REAL: [f64; N] = [0.3, -1.25, 2.0, -0.2];
const FAKE: [f64; N] = [-0.6, -1.4, -1.3, -0.5];

/// What the generator learns by each fake's logit.
fn learned(objective: &str, option: &str, fake: [f64; N]) -> Vec<f64> {
    let lines = format!("{option}\n{}", terms(objective, ""));
    let spec = logits_spec(&terms("wasserstein", ""), &lines, &[]);
    by_fake_logits(&at_logits(&spec, "g", REAL, fake).run().gradient(FAKES), &[REAL, fake].concat())
}

/// −E l over the k = ⌈share·4⌉ fakes of the highest logits: −1/k each, and 0 for the others.
#[test]
fn the_best_fakes_alone_are_learned_from() {
    let third = 1.0 / 3.0;
    for (share, expected) in [
        ("1.0", [-0.25; N]),
        ("0.75", [-third, 0.0, -third, -third]),
        ("0.5", [-0.5, 0.0, 0.0, -0.5]),
        ("0.3", [-0.5, 0.0, 0.0, -0.5]),
        ("0.25", [0.0, 0.0, 0.0, -1.0]),
        ("0.01", [0.0, 0.0, 0.0, -1.0]),
    ] {
        close(share, &learned("wasserstein", &format!("top_k = {share}"), FAKE), &expected);
    }
    // Of equals the first.
    close("equal", &learned("wasserstein", "top_k = 0.5", [1.0, 1.0, 1.0, 0.0]), &[-0.5, -0.5, 0.0, 0.0]);
    // Each against its own real sample: −sigmoid(l_real − l_fake)/2 at 0.9 and 0.3.
    let expected = [-0.710_949_502_625_004 / 2.0, 0.0, 0.0, -0.574_442_516_811_659 / 2.0];
    close("paired", &learned("relativistic_paired", "top_k = 0.5", FAKE), &expected);
}

/// The first and third pair change places: E l_fake − E l_real = (0.3 − 1.4 + 2 − 0.5)/4 − (−0.6 − 1.25 − 1.3 − 0.2)/4.
#[test]
fn flipped_pairs_change_places() {
    let trained = |share: &str, drawn: [f64; N]| {
        let lines = format!("label_flip = {share}\n{}", terms("wasserstein", ""));
        let spec = logits_spec(&lines, &terms("wasserstein", ""), &[]);
        let mut bench = at_logits(&spec, "d", REAL, FAKE);
        bench.noise("d/label_flip#0", &drawn);
        let ran = bench.run();
        (ran.loss("d/wasserstein"), ran.gradient(KERNEL))
    };
    let (loss, gradient) = trained("0.5", [0.1, 0.9, 0.4, 0.5]);
    close("loss", &[loss], &[0.9375]);
    close("gradient", &gradient, &[0.25, -0.25, 0.25, -0.25, -0.25, 0.25, -0.25, 0.25]);
    let (_, none) = trained("0.05", [0.1, 0.9, 0.4, 0.5]);
    close("none", &none, &[-0.25, -0.25, -0.25, -0.25, 0.25, 0.25, 0.25, 0.25]);
}

/// Each logit moves by a quarter, up if real, and is cut to ±0.3.
#[test]
fn weights_are_cut_after_the_update() {
    let lines = format!("clip_weights = 0.3\n{}", terms("wasserstein", ""));
    let spec = logits_spec(&lines, &terms("wasserstein", ""), &[]);
    let ran = at_logits(&spec, "d", REAL, [0.4, 0.6, -0.01, -0.5]).run();
    close("weights", &ran.state(KERNEL), &[0.3, -0.3, 0.3, 0.05, 0.15, 0.3, -0.26, -0.3]);
    close("no others", &ran.gradient(FAKES), &[0.0; 2 * N * N]);
}

/// wasserstein: −¼ and ¼. hinge: −¼ where 1 − l_real > 0, ¼ where 1 + l_fake > 0. L2: 2·0.1·w.
#[test]
fn terms_add_up_by_weight_and_interval() {
    let wasserstein = [-0.25, -0.25, -0.25, -0.25, 0.25, 0.25, 0.25, 0.25];
    let hinge = [-0.25, -0.25, 0.0, -0.25, 0.25, 0.0, 0.0, 0.25];
    let gradient = |hinge: &str, edits: &[&str]| {
        let lines =
            format!("terms = [{{ class_name = 'wasserstein', weight = 2.5 }}, {{ class_name = 'hinge'{hinge} }}]");
        let spec = logits_spec(&lines, &terms("wasserstein", ""), edits);
        at_logits(&spec, "d", REAL, FAKE).run().gradient(KERNEL)
    };
    let sum = |factor: f64| -> Vec<f64> { wasserstein.iter().zip(hinge).map(|(a, b)| 2.5 * a + factor * b).collect() };
    close("two", &gradient("", &[]), &sum(1.0));
    close("weight", &gradient(", weight = 0.5", &[]), &sum(0.5));
    // It is due: it counts three times.
    close("every", &gradient(", weight = 0.5, every = 3", &[]), &sum(1.5));
    let squares = "networks.discriminator.layers.1.kernel_regularizer={class_name='L2',l2=0.1}";
    let held: Vec<f64> = sum(1.0).iter().zip([REAL, FAKE].concat()).map(|(g, w)| g + 0.2 * w).collect();
    close("regularizer", &gradient("", &[squares]), &held);
}

/// D(x) = w·x at w = 1, real samples 1, 2, 3, 6; G(z) = v·z at v = 0.5, z = 2, 2, 4, 4.
fn joined(edits: &[&str]) -> Bench {
    let spec = edits.iter().fold(line(), |spec, change| edit(&spec, change).unwrap());
    let mut bench = Bench::new(&spec, &codec(&[1], 0), "d");
    bench.set(KERNEL, &[1.0]);
    bench.set(FAKES, &[0.5]);
    bench.set("real", &[1.0, 2.0, 3.0, 6.0]);
    bench.noise("latent#0", &[2.0, 2.0, 4.0, 4.0]);
    bench
}

#[test]
fn phases_see_what_the_step_says_that_they_see() {
    // E x = 3, E G(z) = 1.5: w goes to 1 + 1.5. The generator then sees that, −2.5·1.5, or still 1: −1.5.
    let alternating = joined(&["train.fresh_fakes=false"]);
    let ran = alternating.run();
    assert!(!alternating.draws("latent#1"), "both phases are of one batch of fakes");
    close("alternating", &[ran.loss("d/wasserstein"), ran.loss("g/wasserstein")], &[-1.5, -3.75]);
    close("alternating", &[ran.state(KERNEL), ran.state(FAKES)].concat(), &[2.5, 0.5 + 2.5 * 3.0]);
    let ran = joined(&["train.fresh_fakes=false", "train.update=simultaneous"]).run();
    close("simultaneous", &[ran.loss("d/wasserstein"), ran.loss("g/wasserstein")], &[-1.5, -1.5]);
    close("simultaneous", &[ran.state(KERNEL), ran.state(FAKES)].concat(), &[2.5, 0.5 + 1.0 * 3.0]);
    // Latents of their own: z = 8, 0, 0, 0 has the mean 2.
    let mut bench = joined(&["train.update=simultaneous"]);
    bench.noise("latent#1", &[8.0, 0.0, 0.0, 0.0]);
    let ran = bench.run();
    close("fresh", &[ran.loss("d/wasserstein"), ran.loss("g/wasserstein")], &[-1.5, -1.0]);
    close("fresh", &ran.state(FAKES), &[0.5 + 2.0]);
}

#[test]
fn latents_are_of_the_distribution_that_the_spec_says() {
    let mut bench = joined(&["train.fresh_fakes=false", "latent.distribution='uniform'"]);
    // 0, ¼, ½, 1 of a uniform draw are −1, −½, 0, 1.
    bench.noise("latent#0", &[0.0, 0.25, 0.5, 0.75]);
    close("uniform", &[bench.run().loss("d/wasserstein")], &[-3.0 + 0.5 * -0.25]);
}

#[test]
fn frozen_layers_stay_and_hand_derivatives_on() {
    let stack = "layers = [{ class_name = 'Input', shape = [1] }, \
                 { class_name = 'Dense', units = 1, use_bias = false, name = 'first' }, \
                 { class_name = 'Dense', units = 1, use_bias = false, name = 'first_again' }]";
    let lines = |layer: &str| format!("freeze = ['{layer}']\n{}", terms("wasserstein", ""));
    let trained = |d: &str, g: &str, phase: &str| {
        let mut bench = Bench::new(&spec(stack, stack, d, g), &codec(&[1], 0), phase);
        for (name, value) in [("discriminator/first", 2.0), ("discriminator/first_again", 3.0)] {
            bench.set(&format!("{name}/kernel"), &[value]);
        }
        for (name, value) in [("generator/first", 0.5), ("generator/first_again", 1.0)] {
            bench.set(&format!("{name}/kernel"), &[value]);
        }
        if phase == "d" {
            bench.set("real", &[1.0, 2.0, 3.0, 6.0]);
        }
        bench.noise("latent#0", &[2.0, 2.0, 4.0, 4.0]);
        let ran = bench.run();
        ["discriminator/first", "discriminator/first_again", "generator/first", "generator/first_again"]
            .map(|name| ran.gradient(&format!("{name}/kernel"))[0])
    };
    // E fake − E real = 1.5 − 3, times the other weight.
    let plain = terms("wasserstein", "");
    close("none", &trained(&plain, &plain, "d"), &[-4.5, -3.0, 0.0, 0.0]);
    close("first", &trained(&lines("discriminator/first"), &plain, "d"), &[0.0, -3.0, 0.0, 0.0]);
    close("second", &trained(&lines("discriminator/first_again"), &plain, "d"), &[-4.5, 0.0, 0.0, 0.0]);
    // −2·3·E z, times the other weight.
    close("generator", &trained(&plain, &lines("generator/first_again"), "g"), &[0.0, 0.0, -18.0, 0.0]);
}

/// D(x) = w·x from w = 0 and G = 0 for good; each update adds the mean of its real samples to w.
fn line() -> TrainSpec {
    let stack = "layers = [{ class_name = 'Input', shape = [1] }, \
                 { class_name = 'Dense', units = 1, use_bias = false, kernel_initializer = 'zeros' }]";
    spec(stack, stack, &terms("wasserstein", ""), &terms("wasserstein", ""))
}

/// Steps of it, the first batch all ones, the second all twos and so on; the generator stays as it is.
pub struct Line {
    stepper: Stepper,
    next: u64,
}

impl Line {
    pub fn new(edits: &[&str]) -> Line {
        let still = "phases.1.optimizer.learning_rate=0.0";
        let spec = edits.iter().chain([&still]).fold(line(), |spec, change| edit(&spec, change).unwrap());
        Line::of(&spec)
    }

    pub fn of(spec: &TrainSpec) -> Line {
        let mut stepper = Stepper::new(spec, &codec(&[1], 0), &ReferenceBackend).unwrap();
        stepper.initialise().unwrap();
        Line { stepper, next: 1 }
    }

    pub fn step(&mut self, step: u64) -> BTreeMap<String, f64> {
        let next = &mut self.next;
        let batch = || {
            let number = *next;
            *next += 1;
            Ok(Batch::new(number, [("real", Tensor::from_f32([N, 1], vec![number as f32; N]).unwrap())]))
        };
        let result = self.stepper.run(step, batch).unwrap();
        assert_eq!(result.non_finite, []);
        result.losses.into_iter().map(|(name, loss)| (name, f64::from(loss))).collect()
    }

    pub fn state(&self, name: &str) -> f64 {
        self.stepper.store().read(name).unwrap().to_f64()[0]
    }

    /// The critic's weight after each of so many steps.
    fn weights(&mut self, steps: u64) -> Vec<f64> {
        let step = |step| {
            self.step(step);
            self.state(KERNEL)
        };
        (0..steps).map(step).collect()
    }
}

#[test]
fn phases_run_as_often_as_they_are_said_to() {
    assert_eq!(Line::new(&[]).weights(3), [1.0, 3.0, 6.0]);
    assert_eq!(Line::new(&["train.n_critic=3"]).weights(2), [6.0, 21.0]);
    // What is not run takes its batch all the same, as in other steps.
    assert_eq!(Line::new(&["phases.0.every=2"]).weights(4), [1.0, 1.0, 4.0, 4.0]);
    // Numbers of a phase follow the steps, those of its optimizer its runs.
    let rising = |what: &str| {
        format!("phases.0.{what}={{class_name='PiecewiseConstantDecay',boundaries=[0],values=[1.0,10.0]}}")
    };
    let (rate, weight) = (rising("optimizer.learning_rate"), rising("terms.0.weight"));
    assert_eq!(Line::new(&[&rate]).weights(3), [1.0, 21.0, 51.0]);
    assert_eq!(Line::new(&[&rate, "train.n_critic=2"]).weights(1), [21.0]);
    assert_eq!(Line::new(&[&rate, "phases.0.every=2"]).weights(3), [1.0, 1.0, 31.0]);
    assert_eq!(Line::new(&[&weight, "train.n_critic=2"]).weights(2), [3.0, 73.0]);
    assert_eq!(Line::new(&[&weight, "phases.0.every=2"]).weights(3), [1.0, 1.0, 31.0]);
    // A lazy term counts the runs: due in the first and third.
    let lazy = "phases.0.terms=[{class_name='wasserstein'},{class_name='hinge',every=2}]";
    let shown = |edits: &[&str], steps: u64| -> Vec<bool> {
        let mut line = Line::new(&[&[lazy], edits].concat());
        (0..steps).map(|step| line.step(step).contains_key("d/hinge")).collect()
    };
    assert_eq!(shown(&[], 4), [true, false, true, false]);
    assert_eq!(shown(&["phases.0.every=3"], 7), [true, false, false, false, false, false, true]);
}

/// The hinge of the generator's loss is 1 + w·x, of the batch that it reads.
#[test]
fn phases_take_batches_of_their_own_where_the_spec_says_so() {
    let start = "networks.discriminator.layers.1.kernel_initializer='ones'";
    let pairs = ["phases.1.terms=[{class_name='relativistic_hinge'}]", "phases.0.optimizer.learning_rate=0.0", start];
    let taken = |edits: &[&str]| {
        let mut line = Line::new(&[&pairs[..], edits].concat());
        let batches = line.stepper.batches_per_step();
        let losses = line.step(0);
        assert_eq!(line.next - 1, batches);
        (batches, losses["d/wasserstein"], losses["g/relativistic_hinge"])
    };
    assert_eq!(taken(&[]), (1, -1.0, 2.0));
    assert_eq!(taken(&["train.fresh_reals=true"]), (2, -1.0, 3.0));
    // What is shown of several updates is the last.
    assert_eq!(taken(&["train.n_critic=2"]), (2, -2.0, 2.0));
    assert_eq!(taken(&["train.n_critic=2", "train.fresh_reals=true"]), (3, -2.0, 4.0));
}

/// Parts 1, 2 and 3, 6: the mean of both means, once.
#[test]
fn parts_of_a_batch_make_one_update() {
    let edits = ["train.micro_batches=2", "phases.1.optimizer.learning_rate=0.0"];
    let spec = edits.iter().fold(line(), |spec, change| edit(&spec, change).unwrap());
    let mut stepper = Stepper::new(&spec, &codec(&[1], 0), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    for (step, expected) in [(0, (0.0, 3.0)), (1, (-9.0, 6.0)), (2, (-18.0, 9.0))] {
        let real = Tensor::from_f32([N, 1], vec![1.0, 2.0, 3.0, 6.0]).unwrap();
        let result = stepper.run(step, || Ok(Batch::new(0, [("real", real.clone())]))).unwrap();
        let loss = result.losses.iter().find(|(name, _)| name == "d/wasserstein").unwrap().1;
        let weight = stepper.store().read(KERNEL).unwrap().to_f64()[0];
        assert_eq!((f64::from(loss), weight), expected, "step {step}");
    }
}
