//! The program of the tutorial that ganymede grew from: all of its defects, and their repair.

use super::*;

fn verbatim() -> Draft {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/article-verbatim.toml");
    TrainSpec::draft(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_defect_of_the_tutorial_is_found_at_once() {
    let report = check(&verbatim(), None);
    let text = report.to_string();
    let expected = [
        ("train_table", "there is no loop"),
        ("shapes", "expected 4096 values for (4, 4, 256), found 256"),
        ("pairing", "the generator gives 7x7x3 where the discriminator takes 28x28x3"),
        ("logits", "`sigmoid` meets a loss of logits"),
        ("logits", "could not fall below 1.006"),
        ("loss_args", "a generator has no target of its own"),
        ("loss_args", "a discriminator's loss has two parts"),
        ("data_shape", "28x28x3 fits neither"),
        ("kernel_stride", "not divisible by stride"),
        ("beta_1", "beta_1 is 0.9"),
    ];
    for (rule, part) in expected {
        let found = report.findings.iter().any(|f| f.rule == rule && f.reason.contains(part));
        assert!(found, "{rule}: {part} is not in\n{text}");
    }
    assert!(report.of(Severity::Error).all(|f| !f.fixes.is_empty()), "{text}");
    assert_eq!(report.of(Severity::Error).count(), 6, "{text}");
}

#[test]
fn what_concerns_the_data_is_an_error_when_it_is_named() {
    for shape in [vec![28, 28, 1], vec![32, 32, 3]] {
        let data = facts("data", &shape, 1000, 0);
        let report = check(&verbatim(), Some(&data));
        assert!(report.of(Severity::Error).any(|f| f.rule == "data_shape"), "{shape:?}");
        let repaired = fix(&verbatim(), Some(&data));
        // At 32 pixels it is the data that is read otherwise.
        let data = repaired.data.clone();
        let (spec, _) = repaired.whole().unwrap();
        let again = check(&Draft { missing: vec!["data"], ..Draft::from(spec) }, data.as_ref());
        assert!(!again.has_errors(), "{again}");
    }
}

#[test]
fn the_repaired_program_keeps_its_layers_in_order() {
    let (spec, changes) = fix(&verbatim(), None).whole().unwrap();
    assert!(changes.len() >= 6, "{changes:?}");
    let classes = |spec: &TrainSpec, network: &str| -> Vec<String> {
        spec.networks[network].layers.iter().map(|l| l.class_name.clone()).collect()
    };
    assert_eq!(
        classes(&spec, "generator"),
        ["Input", "Dense", "Reshape", "Conv2DTranspose", "Conv2DTranspose", "Conv2D"]
    );
    assert_eq!(classes(&spec, "discriminator"), classes(&verbatim().spec, "discriminator"));
    assert_eq!(spec.networks["generator"].layers[2].arguments["target_shape"], serde_json::json!([7, 7, 256]));
    let text = spec.to_toml();
    assert_eq!(TrainSpec::from_toml(&text).unwrap(), spec);
}
