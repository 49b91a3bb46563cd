//! Folders that `ganymede sample --out` fills: a small file says what drew the samples, so that those of two generators
//! do not mix under names that are seeds. Not here: drawing, and the samples' own files.

use crate::failure::{Failure, USER};
use ganymede_gan::checkpoint;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

/// The file that says it. Readers of images do not count it, and take float images beside it for drawn ones.
pub const FILE: &str = "ganymede-samples.json";

/// What the sample of a seed depends on.
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
}

impl Origin {
    /// That of a run's checkpoint.
    ///
    /// # Errors
    /// When its manifest cannot be read.
    pub fn of(run: &Path, at: &Path, network: &str, options: String) -> Result<Origin, Failure> {
        let manifest = checkpoint::manifest(at)?;
        let weights = manifest.files.get(&format!("{network}.safetensors")).cloned().unwrap_or_default();
        let run = std::path::absolute(run).unwrap_or_else(|_| run.into()).display().to_string();
        Ok(Origin { run, checkpoint: checkpoint::name(manifest.step), weights, options })
    }

    /// Whether both draw the same sample for a seed.
    fn draws_as(&self, other: &Origin) -> bool {
        (&self.weights, &self.options) == (&other.weights, &other.options)
    }

    /// Takes a folder for samples of this origin: one that is empty or not there, or that has samples of it already.
    /// Another is refused unless `overwrite`.
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
        let found = match known {
            Some(Some(known)) if self.draws_as(&known) => return Ok(()),
            Some(Some(known)) => Some(format!(
                "samples of {} at {}{}",
                known.run,
                known.checkpoint,
                if known.options == self.options { String::new() } else { format!(" ({})", known.options) }
            )),
            Some(None) => Some(format!("a {FILE} that says nothing")),
            None => {
                let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
                let entries = std::fs::read_dir(folder).map_err(|e| failed("read", e))?;
                let files = entries.filter_map(Result::ok).filter(|e| visible(&e.file_name())).count();
                (files > 0).then(|| format!("{files} files of unknown origin"))
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
        let text = serde_json::to_string_pretty(self).map_err(|e| failed("write", e.into()))?;
        std::fs::write(&file, text + "\n").map_err(|e| failed("write", e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(weights: &str, options: &str) -> Origin {
        Origin { run: "runs/a".into(), checkpoint: "step-5".into(), weights: weights.into(), options: options.into() }
    }

    #[test]
    fn a_folder_takes_samples_of_one_origin() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("so/much");
        origin("a", "").claim(&out, false).unwrap();
        std::fs::write(out.join("000000.png"), "x").unwrap();
        // The run may be moved, and more be drawn.
        Origin { run: "elsewhere".into(), ..origin("a", "") }.claim(&out, false).unwrap();
        for other in [origin("b", ""), origin("a", "class cat")] {
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
}
