//! Networks of any names in their roles, and a third one that terms ask for. Not here: fields of the data (`fields.rs`).

use super::common::{self, DISCRIMINATOR, GENERATOR, batch, codec, edited, networks, phases};
use ganymede_gan::check::{self, Severity};
use ganymede_gan::spec::{Draft, TrainSpec};
use ganymede_gan::{Labels, Sampler, Stepper};
use ganymede_runtime::{CpuBackend, CpuOptions, ReferenceBackend};

fn text() -> String {
    let orthogonal = r#"{ class_name = "non_saturating" }, { class_name = "orthogonal", weight = 0.1 }"#;
    let phases = phases(1.0).replacen(r#"{ class_name = "non_saturating" }"#, orthogonal, 1);
    let head = "train = { steps = 10, batch = 8 }\nema = { half_life_kimg = 0.1 }";
    common::text(head, &networks(GENERATOR, DISCRIMINATOR), &phases)
}

fn spec(edits: &[&str]) -> TrainSpec {
    edited(&text(), edits)
}

/// The same spec with networks of other names.
fn renamed() -> TrainSpec {
    let text = text().replace("[networks.generator]", "[networks.G]\nrole = \"generator\"");
    let text = text.replace("[networks.discriminator]", "[networks.D]\nrole = \"discriminator\"");
    TrainSpec::from_toml(&text.replace("\"generator\"]", "\"G\"]").replace("\"discriminator\"]", "\"D\"]")).unwrap()
}

fn report(spec: &TrainSpec) -> check::Report {
    check::check(&Draft::from(spec.clone()), None)
}

#[test]
fn networks_of_other_names_train_as_those_of_the_usual_ones() {
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let (usual, other) = (spec(&[]), renamed());
    let errors: Vec<String> = report(&other).of(Severity::Error).map(|finding| finding.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    let mut steppers = [&usual, &other].map(|spec| Stepper::new(spec, &codec(), &backend).unwrap());
    for stepper in &mut steppers {
        stepper.initialise().unwrap();
    }
    let name = |usual: &str| usual.replacen("generator", "G", 1).replacen("discriminator", "D", 1);
    assert_eq!(steppers[1].networks(), ["D", "G", "G_ema"]);
    // First values are a function of the name: the others start from the usual ones'.
    let [usual_one, other_one] = &mut steppers;
    let entries = usual_one.store().layout().entries.clone();
    for entry in &entries {
        let value = usual_one.store().read(&entry.name).unwrap();
        other_one.store_mut().write(&name(&entry.name), &value).unwrap();
    }
    for step in 0..3 {
        let results = [&mut *usual_one, &mut *other_one].map(|stepper| stepper.run(step, || Ok(batch(step))).unwrap());
        assert_eq!(results[0], results[1]);
    }
    for entry in &entries {
        let (a, b) =
            (usual_one.store().read(&entry.name).unwrap(), other_one.store().read(&name(&entry.name)).unwrap());
        assert_eq!(a, b, "{}", entry.name);
    }
    let samples = [(&usual, &*usual_one), (&other, &*other_one)].map(|(spec, stepper)| {
        let mut sampler = Sampler::new(spec, &codec(), None, &backend).unwrap();
        sampler.copy_from(stepper.store()).unwrap();
        sampler.draw(0..4, Labels::InTurn).unwrap()
    });
    assert_eq!(samples[0], samples[1]);
}

#[test]
fn a_role_that_two_networks_have_is_told_and_mended() {
    let mut two = renamed();
    two.networks.insert("generator".into(), spec(&[]).networks["generator"].clone());
    let report = report(&two);
    let told: Vec<String> = report.of(Severity::Error).map(|finding| finding.to_string()).collect();
    assert!(told.iter().any(|told| told.contains("expected one generator, found `G`, `generator`")), "{told:?}");
    let error = Stepper::new(&two, &codec(), &ReferenceBackend).err().unwrap().to_string();
    assert!(error.contains("expected one generator, found `G`, `generator`"), "{error}");
    let finding = report.of(Severity::Error).find(|finding| finding.place == "networks.generator").unwrap();
    let mended = finding.fixes[0].apply(&two);
    assert_eq!(mended.generator(), "G");
    assert_eq!(mended.networks_of(ganymede_gan::spec::Role::Auxiliary).collect::<Vec<_>>(), ["generator"]);
}

/// E(G(z)) = G(z) + 0.25 with G(z) = z: by hand, every element is 0.25 from the latent, and the sign of the distance is the
/// derivative by E's bias: 1 in the mean.
#[test]
fn a_third_network_is_reached_by_a_term_and_trained() {
    let own = "{class_name='Dense',units=3,kernel_initializer='identity'}";
    let generator = format!("networks.generator.layers=[{{class_name='Input',shape=[3]}},{own}]");
    let encoder = "networks.encoder.layers=[{class_name='Input',shape=[3]},{class_name='Dense',units=3,\
                   kernel_initializer='identity',bias_initializer={class_name='Constant',value=0.25}}]";
    let third = |term: &str| {
        let spec = spec(&[&generator, encoder]);
        let mut text = spec.to_toml();
        text.push_str(&format!(
            "\n[[phases]]\nname = 'e'\ntrains = ['encoder']\noptimizer = {{ class_name = 'SGD', learning_rate = 1.0 }}\nterms = [{term}]\n"
        ));
        TrainSpec::from_toml(&text).unwrap()
    };
    // Before the others, whose updates would change G.
    let mut spec = third("{ class_name = 'latent_regression' }");
    spec.phases.rotate_right(1);
    assert!(!report(&spec).has_errors(), "{}", report(&spec));
    let mut stepper = Stepper::new(&spec, &codec(), &ReferenceBackend).unwrap();
    stepper.initialise().unwrap();
    let result = stepper.run(0, || Ok(batch(0))).unwrap();
    let loss = result.losses.iter().find(|(name, _)| name == "e/latent_regression").unwrap().1;
    assert!((loss - 0.25).abs() < 1e-6, "{loss}");
    let bias = stepper.store().read("encoder/dense/bias").unwrap().to_f64();
    // Each of the three is a third of the mean.
    assert!(bias.iter().all(|b| (b - (0.25 - 1.0 / 3.0)).abs() < 1e-6), "{bias:?}");
    let unknown = third("{ class_name = 'latent_regression', network = 'coder' }");
    let error = Stepper::new(&unknown, &codec(), &ReferenceBackend).err().unwrap();
    assert!(error.to_string().contains("expected a network `coder` in the spec, found none"), "{error}");
    assert!(error.hint().unwrap().contains("discriminator, encoder, generator"), "{error}");
}

#[test]
fn terms_show_numbers_that_are_no_losses() {
    let path_length = "phases.1.terms=[{class_name='non_saturating'},{class_name='path_length'}]";
    let result = |edits: &[&str]| {
        let mut stepper = Stepper::new(&spec(edits), &codec(), &ReferenceBackend).unwrap();
        stepper.initialise().unwrap();
        stepper.run(0, || Ok(batch(0))).unwrap()
    };
    let shown = result(&[path_length]);
    let names: Vec<&str> = shown.numbers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["g/path_length/length"]);
    assert!(shown.numbers[0].1 > 0.0);
    assert!(!shown.losses.iter().any(|(name, _)| name.contains("length/length")));
    assert_eq!(result(&[]).numbers, []);
    // The mean of the parts of a batch, whose latents are those of the whole: lengths are of each sample alone.
    let fresh = "train.fresh_fakes=true";
    let (whole, parts) = (result(&[path_length, fresh]), result(&[path_length, fresh, "train.micro_batches=4"]));
    assert!((whole.numbers[0].1 - parts.numbers[0].1).abs() < 1e-5, "{:?}, {:?}", whole.numbers, parts.numbers);
}

#[test]
fn a_players_side_can_be_written() {
    let error = |edits: &[&str]| Stepper::new(&spec(edits), &codec(), &ReferenceBackend).err().map(|e| e.to_string());
    assert_eq!(error(&["phases.0.player=discriminator"]), None);
    // Spelt out, the discriminator's phase gets the generator's side: its regularizer of the discriminator is refused.
    let r1 = "phases.0.terms=[{class_name='non_saturating'},{class_name='r1'}]";
    assert_eq!(error(&[r1]), None);
    let refused = error(&[r1, "phases.0.player=generator"]).unwrap();
    assert!(refused.contains("`r1` is a term of the discriminator's loss"), "{refused}");
}
