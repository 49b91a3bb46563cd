//! Folders that `ganymede sample --out` fills: a small file says what generated the samples, so that those of two generators
//! do not mix under names that are seeds. Not here: generating, and the samples' own files.

use crate::failure::{Failure, USER};
use crate::numbers::counted;
use ganymede_data::{ARRAY, write_whole};
use ganymede_gan::checkpoint;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::Path;

/// The file that says it. Readers of images do not count it, and take float images beside it for generated ones.
pub const FILE: &str = "ganymede-samples.json";

/// What the sample of a seed depends on, and which there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The run, for people: it may be moved.
    pub run: String,
    /// Name of the checkpoint.
    pub checkpoint: String,
    /// SHA-256 of the generator's weights.
    pub weights: String,
    /// How it is asked: class, truncation, statistics.
    pub options: String,
    /// SHA-256 of the table of conditions that it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// Seeds of the samples, from one to another, in order.
    #[serde(default)]
    pub seeds: Vec<[u64; 2]>,
}

impl Origin {
    /// That of a run's checkpoint, for the samples of these seeds.
    ///
    /// # Errors
    /// When its manifest or the table of conditions cannot be read.
    pub fn of(
        run: &Path,
        at: &Path,
        network: &str,
        (options, conditions): (String, Option<&Path>),
        seeds: &RangeInclusive<u64>,
    ) -> Result<Origin, Failure> {
        let manifest = checkpoint::manifest(at)?;
        let weights = manifest.files.get(&format!("{network}.safetensors")).cloned().unwrap_or_default();
        let run = std::path::absolute(run).unwrap_or_else(|_| run.into()).display().to_string();
        let digest = |file: &Path| {
            let bytes = std::fs::read(file);
            let bytes = bytes.map_err(|e| Failure::new(USER, format!("cannot read {}: {e}", file.display())))?;
            Ok::<String, Failure>(format!("{:x}", Sha256::digest(bytes)))
        };
        let conditions = conditions.map(digest).transpose()?;
        let (checkpoint, seeds) = (checkpoint::name(manifest.step), vec![[*seeds.start(), *seeds.end()]]);
        Ok(Origin { run, checkpoint, weights, options, conditions, seeds })
    }

    /// Whether both generate the same sample for a seed.
    fn draws_as(&self, other: &Origin) -> bool {
        (&self.weights, &self.options, &self.conditions) == (&other.weights, &other.options, &other.conditions)
    }

    /// The samples in words.
    fn words(&self, own: &Origin) -> String {
        let mut told = Vec::new();
        if self.options != own.options {
            told.push(if self.options.is_empty() { "no options".into() } else { self.options.clone() });
        }
        if self.conditions != own.conditions {
            told.push(
                if self.conditions.is_none() { "no table of conditions" } else { "another table of conditions" }.into(),
            );
        }
        let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
        format!("samples of {} at {}{told}", self.run, self.checkpoint)
    }

    /// Takes a folder for samples of this origin: one that is empty or not there, or that has samples of it already. Another is
    /// refused unless `overwrite`, and so is one with an array of other seeds: that is one file of all.
    ///
    /// # Errors
    /// When it is refused, and when it cannot be read or written.
    pub fn claim(&self, folder: &Path, overwrite: bool) -> Result<(), Failure> {
        let failed =
            |doing: &str, e: std::io::Error| Failure::new(USER, format!("cannot {doing} {}: {e}", folder.display()));
        std::fs::create_dir_all(folder).map_err(|e| failed("create", e))?;
        let file = folder.join(FILE);
        let known = match std::fs::read(&file) {
            Ok(bytes) => Some(serde_json::from_slice::<Origin>(&bytes).ok()),
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(failed("read", e)),
        };
        let mut seeds = self.seeds.clone();
        let found = match known {
            Some(Some(known)) if self.draws_as(&known) => {
                if folder.join(ARRAY).exists() {
                    let of = if known.seeds.is_empty() { "unknown seeds".into() } else { listed(&known.seeds) };
                    (known.seeds != self.seeds).then(|| format!("{ARRAY} of {of}, which is one file of all"))
                } else {
                    seeds = joined([known.seeds, seeds].concat());
                    None
                }
            }
            Some(Some(known)) => Some(known.words(self)),
            Some(None) => Some(format!("a {FILE} that cannot be read")),
            None => {
                let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
                let entries = std::fs::read_dir(folder).map_err(|e| failed("read", e))?;
                let files = entries.filter_map(Result::ok).filter(|e| visible(&e.file_name())).count();
                (files > 0).then(|| format!("{} of unknown origin", counted(files as u64, "file")))
            }
        };
        if let Some(found) = found.filter(|_| !overwrite) {
            let text = format!(
                "{}: expected an empty folder, or one with samples of this generator, found {found}",
                folder.display()
            );
            return Err(Failure::new(USER, text)
                .with_hint("take another --out; --overwrite writes there all the same, over files of the same names"));
        }
        let told = Origin { seeds, ..self.clone() };
        let text = serde_json::to_string_pretty(&told).map_err(|e| failed("write", e.into()))?;
        Ok(write_whole(&file, (text + "\n").as_bytes())?)
    }
}

/// `seeds 0-9, 20-29`.
fn listed(seeds: &[[u64; 2]]) -> String {
    let words: Vec<String> = seeds.iter().map(|[first, last]| format!("{first}-{last}")).collect();
    format!("seeds {}", words.join(", "))
}

/// The same seeds in order, each once.
fn joined(mut seeds: Vec<[u64; 2]>) -> Vec<[u64; 2]> {
    seeds.sort_unstable();
    let mut all: Vec<[u64; 2]> = Vec::new();
    for [first, last] in seeds {
        match all.last_mut() {
            Some(before) if first <= before[1].saturating_add(1) => before[1] = before[1].max(last),
            _ => all.push([first, last]),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(weights: &str, options: &str) -> Origin {
        let (run, checkpoint, seeds) = ("runs/a".into(), "step-5".into(), vec![[0, 9]]);
        Origin { run, checkpoint, weights: weights.into(), options: options.into(), conditions: None, seeds }
    }

    #[test]
    fn a_folder_takes_samples_of_one_origin() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("so/much");
        origin("a", "").claim(&out, false).unwrap();
        std::fs::write(out.join("000000.png"), "x").unwrap();
        // The run may be moved, and more samples be generated.
        for seeds in [[20, 29], [5, 14]] {
            let more = Origin { run: "elsewhere".into(), seeds: vec![seeds], ..origin("a", "") };
            more.claim(&out, false).unwrap();
        }
        let told: Origin = serde_json::from_slice(&std::fs::read(out.join(FILE)).unwrap()).unwrap();
        assert_eq!(told.seeds, [[0, 14], [20, 29]]);
        let table = Origin { conditions: Some("0a".into()), ..origin("a", "") };
        for other in [origin("b", ""), origin("a", "class cat"), table] {
            assert!(other.claim(&out, false).is_err());
        }
        origin("b", "").claim(&out, true).unwrap();
        assert!(origin("a", "").claim(&out, false).is_err(), "the folder is the newer one's");
        std::fs::write(out.join(FILE), "{").unwrap();
        assert!(origin("b", "").claim(&out, false).is_err());
    }

    #[test]
    fn files_of_others_are_not_mixed_with_samples() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".DS_Store"), "").unwrap();
        origin("a", "").claim(folder.path(), false).unwrap();
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        std::fs::write(folder.path().join("000000.png"), "x").unwrap();
        assert!(origin("a", "").claim(folder.path(), false).is_err());
        origin("a", "").claim(folder.path(), true).unwrap();
    }

    /// An array holds all samples: those of other seeds would take their place.
    #[test]
    fn an_array_of_other_seeds_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        origin("a", "").claim(folder.path(), false).unwrap();
        std::fs::write(folder.path().join(ARRAY), "x").unwrap();
        origin("a", "").claim(folder.path(), false).unwrap();
        let other = Origin { seeds: vec![[5, 14]], ..origin("a", "") };
        assert!(other.claim(folder.path(), false).is_err());
        other.claim(folder.path(), true).unwrap();
        assert!(origin("a", "").claim(folder.path(), false).is_err(), "the array is of the newer seeds");
        let old = r#"{"run":"runs/a","checkpoint":"step-5","weights":"a","options":""}"#;
        std::fs::write(folder.path().join(FILE), old).unwrap();
        assert!(origin("a", "").claim(folder.path(), false).is_err(), "nothing says of which seeds it is");
    }
}
