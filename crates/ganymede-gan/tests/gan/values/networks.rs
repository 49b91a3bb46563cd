//! Rules of `check` that look at networks: what their fixes build, and what a wrong reference or optimizer becomes. Not here:
//! numbers (`rules.rs`).

use super::rules::{data, draft, found, of_rule};
use ganymede_gan::check::{DataFacts, Severity, check, fix};
use ganymede_gan::spec::{Draft, TrainSpec};
use serde_json::json;

/// The generator of a preset beside a discriminator for other samples: what the first fix says, and the layers that it makes.
fn paired(preset: &str, shape: &[usize], taken: &[usize]) -> (String, TrainSpec, usize) {
    let mut draft = draft(preset, shape, &[]);
    let input = &mut draft.spec.networks.get_mut("discriminator").unwrap().layers[0];
    input.arguments.insert("shape".into(), json!(taken));
    let report = check(&draft, Some(&data(taken, 5000)));
    let [finding] = of_rule(&report, "pairing")[..] else { panic!("{report}") };
    assert_eq!(finding.place, "networks.generator -> networks.discriminator");
    let what = finding.fixes[0].what.clone();
    (what, finding.fixes[0].apply(&draft.spec), finding.fixes.len())
}

/// What a generator gives, by a report of a discriminator that it does not fit.
fn given(spec: &TrainSpec) -> String {
    let mut spec = spec.clone();
    let input = &mut spec.networks.get_mut("discriminator").unwrap().layers[0];
    input.arguments.insert("shape".into(), json!([99, 98, 97]));
    let report = check(&Draft::from(spec), None);
    let [finding] = of_rule(&report, "pairing")[..] else { panic!("{report}") };
    finding.reason.split(' ').nth(3).unwrap().to_string()
}

#[test]
fn a_generator_of_stages_starts_where_it_comes_out_right() {
    for (taken, what, units, stages) in [
        // Half, quarter …: of 32 the start nearest to 7 rows is 8, of 64 it is 8 with one stage more, of 56 x 28 only 14 x 7 is whole.
        (
            [32, 32, 3],
            "start from 8x8x256: Dense of 16384 units, Reshape to it, set filters of its last Conv2D to 3",
            16_384,
            2,
        ),
        (
            [64, 64, 3],
            "start from 8x8x256: Dense of 16384 units, Reshape to it, set filters of its last Conv2D to 3, add 1 more Conv2DTranspose \
             of that kind",
            16_384,
            3,
        ),
        ([56, 28, 1], "start from 14x7x256: Dense of 25088 units, Reshape to it", 25_088, 2),
        (
            [128, 256, 1],
            "start from 8x16x256: Dense of 32768 units, Reshape to it, add 2 more Conv2DTranspose of that kind",
            32_768,
            4,
        ),
    ] {
        let (found, spec, fixes) = paired("article", &[28, 28, 1], &taken);
        assert_eq!((found.as_str(), fixes), (what, 2));
        let layers = &spec.networks["generator"].layers;
        assert_eq!(layers[1].arguments["units"], json!(units));
        assert_eq!(layers.iter().filter(|layer| layer.class_name == "Conv2DTranspose").count(), stages);
        assert_eq!(given(&spec), taken.map(|n| n.to_string()).join("x"));
    }
    // Where no start is whole, the discriminator follows.
    let (what, spec, _) = paired("article", &[28, 28, 1], &[30, 30, 1]);
    assert_eq!(what, "set the discriminator's Input to 28x28x1");
    assert_eq!(spec.networks["discriminator"].layers[0].arguments["shape"], json!([28, 28, 1]));
    // What pads nothing is made to.
    let mut draft = draft("article", &[28, 28, 1], &[]);
    for (index, padding) in [(3, "valid"), (5, "valid")] {
        let layer = &mut draft.spec.networks.get_mut("generator").unwrap().layers[index];
        layer.arguments.insert("padding".into(), json!(padding));
    }
    let report = check(&draft, Some(&data(&[28, 28, 1], 5000)));
    let mended = of_rule(&report, "pairing")[0].fixes[0].apply(&draft.spec);
    assert_eq!(mended.networks["generator"].layers[3].arguments["padding"], json!("same"));
    assert_eq!(given(&mended), "28x28x1");
}

#[test]
fn a_dense_generator_gets_other_units() {
    let (what, spec, _) = paired("mlp", &[8, 8, 1], &[4, 4, 2]);
    assert_eq!(what, "set units of the generator's last Dense to 32, Reshape to 4x4x2");
    assert_eq!(given(&spec), "4x4x2");
    let (what, spec, _) = paired("mlp", &[2], &[5]);
    assert_eq!(what, "set units of the generator's last Dense to 5");
    assert_eq!(given(&spec), "5");
    let (what, spec, _) = paired("mlp", &[2], &[4, 6, 3]);
    assert_eq!(what, "set units of the generator's last Dense to 72, Reshape to 4x6x3");
    assert_eq!(given(&spec), "4x6x3");
    assert_eq!(spec.networks["generator"].layers.last().unwrap().class_name, "Reshape");
}

#[test]
fn a_dense_layer_before_a_reshape_gets_its_units() {
    let draft = draft("article", &[28, 28, 1], &["networks.generator.layers.1.units=100"]);
    let report = check(&draft, Some(&data(&[28, 28, 1], 5000)));
    let shapes = of_rule(&report, "shapes");
    assert_eq!(shapes.len(), 1, "{report}");
    assert!(shapes[0].reason.contains("expected 12544 values") && shapes[0].reason.contains("found 100"), "{report}");
    assert_eq!(shapes[0].fixes[0].what, "set units of the Dense before it to 12544");
    let mended = shapes[0].fixes[0].apply(&draft.spec);
    assert_eq!(mended.networks["generator"].layers[1].arguments["units"], json!(12_544));
    let missing = Draft::from(TrainSpec {
        networks: draft.spec.networks.clone().into_iter().filter(|(name, _)| name != "generator").collect(),
        ..draft.spec.clone()
    });
    let report = check(&missing, None);
    let reasons: Vec<&str> = of_rule(&report, "shapes").iter().map(|finding| finding.reason.as_str()).collect();
    assert_eq!(reasons, ["expected a network `generator` or one with role = \"generator\", found `discriminator`"]);
}

#[test]
fn optimizers_are_there_and_move_something() {
    let facts = data(&[2], 1000);
    let findings = |edits: &[&str]| found(&draft("mlp", &[2], edits), Some(&facts), "optimizers");
    assert!(findings(&[]).is_empty());
    {
        let found = findings(&["phases.0.optimizer={class_name='SGD',learning_rate=0.0}"]);
        let [(Severity::Error, told, Some((what, spec)))] = &found[..] else { panic!("{found:?}") };
        assert_eq!(told, "the learning rate is 0: nothing would move");
        assert_eq!(what, "use an Adam with learning_rate 0.0002");
        let optimizer = spec.phases[0].optimizer.as_ref().unwrap();
        assert_eq!(
            (optimizer.learning_rate.value(0), spec.phases[1].clone()),
            (2e-4, draft("mlp", &[2], &[]).spec.phases[1].clone())
        );
    }
    // It moves something in the end, or in the first update alone.
    for rate in [
        "{class_name='PiecewiseConstantDecay',boundaries=[1000],values=[0.0,0.1]}",
        "{class_name='PiecewiseConstantDecay',boundaries=[0],values=[0.1,0.0]}",
    ] {
        assert!(
            findings(&[&format!("phases.0.optimizer={{class_name='SGD',learning_rate={rate}}}")]).is_empty(),
            "{rate}"
        );
    }
    let both = findings(&["phases.0.trains=['discriminator','generator']"]);
    let [(_, reason, Some((_, spec)))] = &both[..] else { panic!("{both:?}") };
    assert!(reason.starts_with("one optimizer and one loss for both networks"), "{reason}");
    let phases: Vec<(&str, &[String])> =
        spec.phases.iter().map(|phase| (phase.name.as_str(), &phase.trains[..])).collect();
    let expected = [("d", ["discriminator".to_string()]), ("d_g", ["generator".into()]), ("g", ["generator".into()])];
    assert_eq!(phases, expected.iter().map(|(name, trains)| (*name, &trains[..])).collect::<Vec<_>>());
    let stranger = found(&draft("mlp", &[2], &["phases.0.trains=['discriminator','encoder']"]), Some(&facts), "trains");
    assert!(
        matches!(&stranger[..], [(Severity::Error, reason, None)] if reason.contains("it trains `encoder`, which is no network"))
    );
    let mut untrained = draft("mlp", &[2], &[]);
    untrained.spec.phases.pop();
    let found = found(&untrained, Some(&facts), "untrained");
    let [(Severity::Error, _, Some((what, spec)))] = &found[..] else { panic!("{found:?}") };
    assert_eq!(what, "add a phase that trains it");
    let phase = &spec.phases[1];
    assert_eq!((phase.name.as_str(), &phase.trains[..]), ("g", &["generator".to_string()][..]));
    assert!(phase.optimizer.is_some() && phase.terms[0].class_name == "non_saturating");
}

#[test]
fn names_of_phases_and_networks_are_their_own() {
    let facts = data(&[2], 1000);
    let finding = |edits: &[&str]| {
        let found = found(&draft("mlp", &[2], edits), Some(&facts), "references");
        let [(severity, reason, fix)] = &found[..] else { panic!("{edits:?}: {found:?}") };
        (*severity, reason.clone(), fix.clone().expect("a fix"))
    };
    let (_, reason, (what, spec)) = finding(&["phases.1.name='d'"]);
    assert_eq!(
        (reason.as_str(), what.as_str()),
        ("expected a name of its own, found `d`, the name of phases.0", "name it `d_2`")
    );
    assert_eq!(spec.phases[1].name, "d_2");
    let (_, _, (_, spec)) = finding(&["phases.0.trains=['discriminator','discriminator']"]);
    assert_eq!(spec.phases[0].trains, ["discriminator"]);
    let (severity, reason, (what, spec)) = finding(&["ema.network='generatr'"]);
    assert_eq!((severity, what.as_str()), (Severity::Error, "average `generator`"), "{reason}");
    assert_eq!(spec.averaged(), Some("generator"));
    let (severity, _, (_, spec)) = finding(&["ema.network='discriminator'"]);
    assert_eq!((severity, spec.averaged()), (Severity::Hint, Some("generator")));
    let (_, _, (what, spec)) = finding(&["phases.0.freeze=['discriminator/denze_1']"]);
    assert_eq!(
        (what.as_str(), &spec.phases[0].freeze[..]),
        ("use `discriminator/dense_1`", &["discriminator/dense_1".to_string()][..])
    );
}

#[test]
fn classes_of_layers_are_those_of_the_data() {
    let draft = draft("projection", &[28, 28, 1], &[]);
    let facts = |classes: usize| DataFacts { classes: Some(classes), ..data(&[28, 28, 1], 5000) };
    assert!(found(&draft, Some(&facts(10)), "labels").is_empty());
    // Four normalizations of the generator, and the discriminator's vectors under spectral normalization.
    let more = found(&draft, Some(&facts(12)), "labels");
    assert_eq!(more.len(), 5, "{more:?}");
    assert!(
        more.iter().all(|(severity, reason, _)| *severity == Severity::Error && reason.contains("of 12, the number")),
        "{more:?}"
    );
    let (spec, _) = fix(&draft, Some(&facts(12))).whole().unwrap();
    assert!(found(&Draft::from(spec), Some(&facts(12)), "labels").is_empty());
    let fewer = found(&draft, Some(&facts(3)), "labels");
    assert!(fewer.len() == 5 && fewer.iter().all(|(severity, ..)| *severity == Severity::Hint), "{fewer:?}");
    let none = found(&draft, Some(&facts(0)), "labels");
    assert!(none.len() == 2 && none.iter().all(|(_, reason, fix)| reason.contains("takes labels") && fix.is_none()));
    let unknown = DataFacts { classes: None, ..facts(0) };
    assert!(found(&draft, Some(&unknown), "labels").is_empty());
}
