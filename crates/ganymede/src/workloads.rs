//! The work that `ganymede bench` times: presets, and the specs of `benches/workloads`, which the binary carries along.
//! To add one: a spec there, which begins with a comment that says what it is, and a line in [`WORKLOADS`]. Not here:
//! the same work in other frameworks (`benches/peers`).

use ganymede_gan::GanError;
use ganymede_gan::presets::{self, PRESETS, PresetInput};
use ganymede_gan::spec::TrainSpec;

/// Names and texts of the specs.
const WORKLOADS: &[(&str, &str)] = &[
    ("sngan", include_str!("../workloads/sngan.toml")),
    ("r3gan", include_str!("../workloads/r3gan.toml")),
    ("wgan_gp", include_str!("../workloads/wgan_gp.toml")),
    ("tabular", include_str!("../workloads/tabular.toml")),
    ("dcgan3d", include_str!("../workloads/dcgan3d.toml")),
];

/// Every work: its name, and what it is.
pub fn list() -> Vec<(&'static str, String)> {
    // Works of the name of a preset are of the sizes that others are compared at.
    let work = |name: &str| WORKLOADS.iter().any(|(known, _)| *known == name);
    let presets = PRESETS.iter().filter(|entry| !work(entry.name)).map(|entry| (entry.name, entry.summary.to_string()));
    presets.chain(WORKLOADS.iter().map(|(name, text)| (*name, summary(text)))).collect()
}

/// What the comment that a spec begins with says up to a colon or its first sentence's end.
fn summary(text: &str) -> String {
    let comment: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let comment = comment.join(" ");
    let sentence = comment.split_once(". ").map_or(comment.as_str(), |(first, _)| first);
    sentence.split_once(": ").map_or(sentence, |(first, _)| first).trim_end_matches('.').into()
}

/// The spec of a work: a preset's for images of a side and a number of channels, or one of `benches/workloads`, which
/// has its own.
///
/// # Errors
/// [`GanError::Unknown`] with the names there are; [`GanError::Argument`] when it does not take such images.
pub fn spec(name: &str, side: Option<usize>, channels: Option<usize>) -> Result<TrainSpec, GanError> {
    if let Some((_, text)) = WORKLOADS.iter().find(|(known, _)| *known == name) {
        let spec = TrainSpec::from_toml(text)?;
        if side.is_some() || channels.is_some() {
            let reason = format!("expected no --resolution or --channels: its samples are {:?}", spec.data.shape);
            return Err(GanError::Argument { what: format!("work `{name}`"), reason });
        }
        return Ok(spec);
    }
    if PRESETS.iter().all(|entry| entry.name != name) {
        let known = list().into_iter().map(|(name, _)| name.to_string()).collect();
        return Err(GanError::Unknown { kind: "a work", name: name.into(), known });
    }
    presets::preset_for(name, &PresetInput::of(presets::sample_of(name, side.map(|side| [side; 2]), channels)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_has_a_spec_and_says_what_it_is() {
        for (name, summary) in list() {
            let spec = spec(name, None, None).unwrap();
            assert!(!spec.data.shape.is_empty(), "{name}");
            assert!(summary.len() > 10 && summary.len() < 120, "{name}: {summary}");
        }
    }

    #[test]
    fn every_spec_of_the_folder_is_carried_along() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/workloads");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            assert!(WORKLOADS.iter().any(|(known, _)| *known == name), "{name}: expected a line in WORKLOADS");
        }
    }

    #[test]
    fn names_and_shapes_that_are_wrong_are_said() {
        let error = spec("wgan-gp", None, None).unwrap_err();
        assert!(error.hint().unwrap().starts_with("did you mean `wgan_gp`?"), "{:?}", error.hint());
        assert!(spec("wgan_gp", Some(64), None).unwrap_err().to_string().contains("[32, 32, 3]"));
        assert_eq!(spec("dcgan", Some(64), Some(3)).unwrap().data.shape, [64, 64, 3]);
    }
}
