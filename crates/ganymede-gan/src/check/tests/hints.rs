//! What is unusual and no error.

use super::*;

/// The hints for `mlp` on points, changed.
fn hints_of_points(edits: &[&str]) -> Vec<(&'static str, String)> {
    let (draft, errors) = errors_of_points(edits);
    assert!(errors.is_empty(), "{errors:?}");
    check(&draft, Some(&points())).of(Severity::Hint).map(|f| (f.rule, f.place.clone())).collect()
}

#[test]
fn a_critic_of_any_slope_is_hinted_at() {
    let critic = ["phases.0.terms.0.class_name=wasserstein", "phases.1.terms.0.class_name=wasserstein"];
    let with = |more: &str| hints_of_points(&[critic[0], critic[1], more]);
    assert_eq!(with("seed=1"), [("lipschitz", "phases.0.terms.0 (wasserstein)".to_string())]);
    let penalties = ["gradient_penalty", "lipschitz_penalty", "zero_centered_penalty", "dragan", "r1", "r2"];
    for penalty in penalties {
        let terms = format!("phases.0.terms=[{{class_name=\"wasserstein\"}},{{class_name=\"{penalty}\"}}]");
        assert_eq!(with(&terms), [], "{penalty}");
    }
    assert_eq!(with("phases.0.clip_weights=0.01"), []);
    let layer =
        "networks.discriminator.layers.1={class_name=\"SpectralNormalization\",layer={class_name=\"Dense\",units=8}}";
    assert_eq!(with(layer), []);
    assert_eq!(hints_of_points(&["seed=1"]), [], "another objective");
}

#[test]
fn averages_that_nothing_uses_and_players_without_an_objective_are_hinted_at() {
    let averaged = hints_of_points(&["ema={network=\"discriminator\"}"]);
    assert_eq!(averaged, [("references", "ema.network".to_string())]);
    let alone = |player: usize, term: &str| format!("phases.{player}.terms=[{{class_name=\"{term}\"}}]");
    assert_eq!(hints_of_points(&[&alone(0, "r1")]), [("terms", "phases.0 (`d`)".to_string())]);
    assert_eq!(hints_of_points(&[&alone(1, "path_length")]), [("terms", "phases.1 (`g`)".to_string())]);
    let features = "networks.discriminator.outputs=[\"dense_3\",\"dense_2\"]";
    assert_eq!(hints_of_points(&[&alone(1, "feature_matching"), features]), []);
}

#[test]
fn presets_hint_at_nothing_but_the_kernels_of_the_tutorial() {
    use crate::presets::{PRESETS, PresetInput, preset_for};
    for entry in PRESETS {
        for shape in [vec![2], vec![28, 28, 1], vec![32, 32, 3], vec![48, 48, 3]] {
            let Ok(spec) = preset_for(entry.name, &PresetInput::of(shape.clone())) else { continue };
            let data = facts("data", &shape, 10_000, 10);
            let report = check(&Draft::from(spec), Some(&data));
            let unexpected: Vec<&Finding> =
                report.of(Severity::Hint).filter(|f| !(f.rule == "kernel_stride" && entry.name == "dcgan")).collect();
            assert!(unexpected.is_empty(), "{}: {unexpected:?}", entry.name);
        }
    }
}
