//! Names and arguments of terms, augmentations and layers, and what tracing would refuse.

use super::*;

#[test]
fn what_tracing_would_refuse_is_found_with_its_place() {
    use crate::presets::{PresetInput, preset_for};
    use crate::spec::edit;
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let data = points();
    let penalty = |at: usize, more: &str| {
        format!("phases.{at}.terms=[{{class_name=\"non_saturating\"}},{{class_name=\"gradient_penalty\"{more}}}]")
    };
    let losses = "phases.0.terms=[{class_name=\"BinaryCrossentropy\",from_logits=true,reduction=\"none\"}]";
    for (bad, place, mendable) in [
        ("phases.1.name=d".to_string(), "phases.1.name", true),
        ("phases.0.trains=[\"discriminator\",\"discriminator\"]".into(), "phases.0.trains", true),
        ("ema.network=generatr".into(), "ema.network", true),
        (penalty(0, ",strength=3"), "phases.0.terms.1 (gradient_penalty).strength", false),
        (penalty(0, ",args=[\"real\"]"), "phases.0.terms.1 (gradient_penalty)", false),
        (penalty(1, ""), "phases.1.terms.1 (gradient_penalty)", false),
        (losses.into(), "phases.0.terms.0 (BinaryCrossentropy)", true),
    ] {
        let draft = Draft::from(edit(&spec, &bad).unwrap());
        for data in [None, Some(&data)] {
            let report = check(&draft, data);
            let errors: Vec<&Finding> = report.of(Severity::Error).collect();
            assert_eq!(errors.len(), 1, "{bad}: {report}");
            assert_eq!(errors[0].place, place, "{report}");
            assert!(!report.to_string().contains(".rs"), "{report}");
            assert_eq!(fix(&draft, data).whole().is_some(), mendable, "{bad}");
        }
    }
    let good = Draft::from(edit(&spec, &penalty(0, "")).unwrap());
    assert!(!check(&good, Some(&data)).has_errors());
}

#[test]
fn a_misspelt_argument_is_one_error_and_gets_its_name() {
    use crate::presets::{PresetInput, preset_for};
    let good = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let mut spec = good.clone();
    let layer = &mut spec.networks.get_mut("generator").unwrap().layers[1];
    let units = layer.arguments.shift_remove("units").unwrap();
    layer.arguments.insert("unitz".into(), units);
    let draft = Draft::from(spec);
    let report = check(&draft, None);
    let errors: Vec<&Finding> = report.of(Severity::Error).collect();
    assert_eq!((errors.len(), errors[0].fixes[0].what.as_str()), (1, "rename `unitz` to `units`"), "{report}");
    assert!(report.to_string().ends_with("\n1 error, 1 hint"), "{report}");
    let (mended, _) = fix(&draft, None).whole().unwrap();
    assert_eq!(mended.networks, good.networks);
}

/// Layers of which each has something wrong: each is told in the line of its key, and the sizes are judged all the same.
#[test]
fn one_fault_of_a_network_hides_no_other() {
    let text = r#"
[train]
steps = 10
[[networks.discriminator.layers]]
class_name = "Input"
shape = [8, 8, 1]
[[networks.discriminator.layers]]
class_name = "SpectralNormalization"
[networks.discriminator.layers.layer]
class_name = "nn.Conv2d"
filter = "4"
kernel_size = [0, 0]
[[networks.discriminator.layers]]
class_name = "Conv2D"
filters = [4]
kernel_size = 3
padding = "smae"
[networks.discriminator.layers.kernel_initializer]
class_name = "RandomNormal"
std = 0.02
[[networks.discriminator.layers]]
units = 1
[[networks.generator.layers]]
class_name = "Input"
name = "latent"
shape = [4]
[[networks.generator.layers]]
class_name = "Dense"
input_shape = [4]
units = 63
inputs = ["latnet"]
[[networks.generator.layers]]
class_name = "Tanh"
nmae = "squashed"
[[networks.generator.layers]]
class_name = "Reshape"
target_shape = [8, 8, 1]
"#;
    let draft = TrainSpec::lenient(text).unwrap();
    let report = check(&draft, None);
    let layers = report.of(Severity::Error).filter(|finding| finding.place.starts_with("networks."));
    let mut found: Vec<(usize, String, String)> = layers
        .map(|f| {
            let fix = f.fixes.first().map(|fix| fix.what.clone()).unwrap_or_default();
            (f.line.unwrap(), f.place.clone(), fix)
        })
        .collect();
    found.retain(|(_, place, _)| place.contains(".layers."));
    found.sort();
    let (d, g) = ("networks.discriminator.layers", "networks.generator.layers");
    let expected = [
        (10, format!("{d}.1 (SpectralNormalization).layer.class_name"), "write \"Conv2D\""),
        (11, format!("{d}.1 (SpectralNormalization).layer.filter"), "rename `filter` to `filters`"),
        (11, format!("{d}.1 (SpectralNormalization).layer.filter"), "write 4"),
        (12, format!("{d}.1 (SpectralNormalization).layer.kernel_size"), ""),
        (15, format!("{d}.2 (Conv2D).filters"), "write 4"),
        (17, format!("{d}.2 (Conv2D).padding"), "write \"same\""),
        (20, format!("{d}.2 (Conv2D).kernel_initializer.std"), "rename `std` to `stddev`"),
        (21, format!("{d}.3.class_name"), ""),
        (29, format!("{g}.1 (Dense).input_shape"), "leave `input_shape` out"),
        (31, format!("{g}.1 (Dense).inputs"), "write \"latent\""),
        (33, format!("{g}.2 (Tanh).class_name"), "write class_name = \"Activation\" and activation = \"tanh\""),
        (34, format!("{g}.2 (Tanh).nmae"), "rename `nmae` to `name`"),
        (35, format!("{g}.3 (Reshape)"), "set units of the Dense before it to 64"),
    ];
    let expected = expected.map(|(line, place, fix)| (line, place, fix.to_string()));
    assert_eq!(found, expected, "{report}");
}

/// The name that another layer asks for is missing because its layer has that of another: that is one error.
#[test]
fn a_layer_with_the_name_of_another_is_one_error() {
    let layer = |text: &str| format!("[[networks.generator.layers]]\n{text}\n");
    let text = [
        "class_name = 'Input'\nname = 'latent'\nshape = [4]",
        "class_name = 'Dense'\nname = 'a_1'\nunits = 2\ninputs = ['latent']",
        "class_name = 'Dense'\nname = 'a_1'\nunits = 2\ninputs = ['latent']",
        "class_name = 'Add'\ninputs = ['a_1', 'a_2']",
    ];
    let text: String = text.into_iter().map(layer).collect();
    let report = check(&TrainSpec::lenient(&text).unwrap(), None);
    let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.place.contains(".layers.")).collect();
    let [one] = found[..] else { panic!("{report}") };
    assert_eq!(
        (one.place.as_str(), one.fixes[0].what.as_str()),
        ("networks.generator.layers.2 (Dense).name", "name it `a_2`")
    );
}

#[test]
fn only_a_name_that_is_near_becomes_a_fix() {
    for (name, near) in [
        ("r1_penalty", ""),
        ("wgan", "use `wasserstein`"),
        ("spectral_normalization", ""),
        ("non_saturatin", "use `non_saturating`"),
    ] {
        let (draft, errors) = errors_of_points(&[&format!("phases.0.terms.0.class_name={name}")]);
        let [[_, reason, fixed]] = &errors[..] else { panic!("{errors:?}") };
        assert_eq!(fixed, near, "{name}");
        assert_eq!(reason.contains("(known: non_saturating, "), near.is_empty(), "{reason}");
        assert_eq!(fix(&draft, Some(&points())).whole().is_some(), !near.is_empty(), "{name}");
    }
}

#[test]
fn an_argument_that_a_term_has_not_gets_the_name_of_one_that_it_has() {
    let term = |text: &str| format!("phases.0.terms=[{{class_name=\"non_saturating\"}},{{{text}}}]");
    for (text, reason, fixed) in [
        (
            "class_name=\"non_saturating\",wieght=2.0",
            "it has no argument `wieght` (did you mean `weight`?)",
            "rename `wieght` to `weight`",
        ),
        ("class_name=\"r1\",evry=4", "it has no argument `evry` (did you mean `every`?)", "rename `evry` to `every`"),
        (
            "class_name=\"non_saturating\",real_lable=0.9",
            "it has no argument `real_lable` (did you mean `real_label`?)",
            "rename `real_lable` to `real_label`",
        ),
        ("class_name=\"r1\",strength=4", "it has no argument `strength` (it takes name, weight, every)", ""),
        ("class_name=\"r1\",evry=\"often\"", "it has no argument `evry` (did you mean `every`?)", ""),
        (
            "class_name=\"BinaryCrossentropy\",from_logits=true,label_smothing=0.1",
            "it has no argument `label_smothing` (did you mean `label_smoothing`?)",
            "rename `label_smothing` to `label_smoothing`",
        ),
    ] {
        let (draft, errors) = errors_of_points(&[&term(text)]);
        let [[place, found, fix_found]] = &errors[..] else { panic!("{text}: {errors:?}") };
        assert!(place.starts_with("phases.0.terms.1 ("), "{place}");
        assert_eq!((found.as_str(), fix_found.as_str()), (reason, fixed));
        if !fixed.is_empty() {
            let (mended, _) = fix(&draft, Some(&points())).whole().unwrap();
            let term = &mended.phases[0].terms[1];
            let value = |name: &str| term.arguments.get(name).and_then(toml::Value::as_float);
            let moved = term.weight == 2.0.into() || term.every == 4;
            assert!(moved || value("real_label") == Some(0.9) || value("label_smoothing") == Some(0.1), "{term:?}");
        }
    }
}

#[test]
fn what_follows_from_an_error_is_no_error_of_its_own() {
    let lazy = "phases.0.terms=[{class_name=\"non_saturating\"},{class_name=\"r1\",every=4}]";
    let with = |term: &str| format!("phases.0.terms=[{{class_name=\"non_saturating\"}},{{class_name=\"{term}\"}}]");
    let (consistency, orthogonal) = (with("consistency"), with("orthogonal"));
    let both = consistency.replace("},{", "},{class_name=\"orthogonal\"},{");
    let began = ["phases.0.terms.0.class_name=began", "phases.1.terms.0.class_name=began"];
    let swapped = [lazy, "phases.0.trains=[\"generator\"]", "phases.1.trains=[\"discriminator\"]"];
    for (edits, place, reason) in [
        (&[consistency.as_str()][..], "phases.0.terms.1 (consistency)", "`consistency` expected images"),
        (&[both.as_str()], "phases.0.terms.2 (consistency)", "`consistency` expected images"),
        (&swapped, "phases.0.terms.1 (r1)", "`r1` is a term of the discriminator's loss"),
    ] {
        let (_, errors) = errors_of_points(edits);
        let [[found, told, _]] = &errors[..] else { panic!("{edits:?}: {errors:?}") };
        assert_eq!(found, place);
        assert!(told.contains(reason), "{told}");
    }
    let (_, errors) = errors_of_points(&began);
    assert!(errors.iter().all(|[_, reason, _]| reason.contains("`began` expected a discriminator that gives")));
    assert_eq!(errors.len(), 1, "{errors:?}");
    for good in [lazy, orthogonal.as_str()] {
        assert!(errors_of_points(&[good]).1.is_empty(), "{good}");
    }
}

#[test]
fn what_is_wrong_with_an_augmentation_is_told_once_at_its_place() {
    for (augment, place, reason, fixed) in [
        ("class_name=\"diff_augment\"", "augment.0 (diff_augment)", "expected images", "leave augment.0 out"),
        (
            "class_name=\"difaugment\"",
            "augment.0.class_name",
            "expected an augmentation, found `difaugment`",
            "use `diff_augment`",
        ),
        ("class_name=\"cutmix\"", "augment.0.class_name", "(known: diff_augment, adaptive, instance_noise)", ""),
        (
            "class_name=\"instance_noise\",sigm=0.1",
            "augment.0 (instance_noise).sigm",
            "it has no argument `sigm` (did you mean `sigma`?)",
            "rename `sigm` to `sigma`",
        ),
        ("class_name=\"instance_noise\",sigma=-1.0", "augment.0 (instance_noise).sigma", "found -1", ""),
        (
            "class_name=\"diff_augment\",policy=[\"colour\"]",
            "augment.0 (diff_augment).policy",
            "expected one of `color`, `translation`, `cutout`, found `colour`",
            "write [\"color\"]",
        ),
    ] {
        let (draft, errors) = errors_of_points(&[&format!("augment=[{{{augment}}}]")]);
        let [[found, told, fix_found]] = &errors[..] else { panic!("{augment}: {errors:?}") };
        assert_eq!((found.as_str(), fix_found.as_str()), (place, fixed));
        assert!(told.contains(reason), "{told}");
        assert_eq!(fix(&draft, Some(&points())).whole().is_some(), !fixed.is_empty(), "{augment}");
    }
}

#[test]
fn what_is_wrong_with_freeze_is_told_at_its_place() {
    for (freeze, reason, fixed) in [
        ("discriminator/dens", "found `discriminator/dens`", "use `discriminator/dense`"),
        ("head", "(known: discriminator/dense, discriminator/dense_1", ""),
        ("discriminator", "expected `freeze` to leave something to train", ""),
    ] {
        let (_, errors) = errors_of_points(&[&format!("phases.0.freeze=[\"{freeze}\"]")]);
        let [[place, told, fix_found]] = &errors[..] else { panic!("{freeze}: {errors:?}") };
        assert_eq!((place.as_str(), fix_found.as_str()), ("phases.0.freeze", fixed));
        assert!(told.contains(reason), "{told}");
    }
    let twice = "phases.0.freeze=[\"discriminator/dense\",\"discriminator/dense\"]";
    assert!(errors_of_points(&[twice]).1.is_empty());
}
