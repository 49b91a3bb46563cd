//! Checkpoints: one safetensors file a network, `state.safetensors` for the rest, `manifest.json` with
//! hashes. Written beside, to disk, then renamed; the same step gives the same bytes. Loading one runs no
//! code. Not here: the tensor files (`tensors.rs`), which checkpoints stay (`keep.rs`, `unneeded.rs`), when they are written (`trainer/`).
//!
//! ```
//! use ganymede_data::{DataOptions, Dataset, Source};
//! use ganymede_gan::{Training, checkpoint};
//!
//! # let folder = std::env::temp_dir().join("ganymede-doc-checkpoint");
//! # let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
//! # let run = Training::preset("mlp", data)?.steps(1).outdir(&folder).start()?.finish()?.run;
//! let newest = checkpoint::find(&run, None)?;
//! assert_eq!(checkpoint::check(&newest)?.step, 0); // Every hash is right.
//! let weights = checkpoint::read_tensors(&newest.join("generator.safetensors"))?;
//! assert!(weights.keys().any(|name| name.ends_with("/kernel")));
//! # std::fs::remove_dir_all(run)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keep;
mod tensors;
mod unneeded;

pub use keep::{find, list, prune};
pub(crate) use keep::{newest_whole, point_to, sweep};
pub(crate) use tensors::hex;
pub use tensors::read_tensors;
pub use unneeded::{Unneeded, remove_unneeded, unneeded};

use crate::durable::{create_folders, remove_folder, rename, sync_folder, write_synced};
use crate::error::GanError;
use crate::spec::numerics;
use ganymede_runtime::{Numerics, Store};
use ganymede_tensor::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tensors::{StateView, hash, write_states};

/// The file of a checkpoint for all that belongs to no network.
pub(crate) const STATE: &str = "state";

/// Version of a checkpoint's form; every older one loads.
pub const FORMAT_VERSION: u32 = 1;

/// The file that holds the newest checkpoint's name.
pub const LATEST: &str = "latest";

/// What a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Steps done.
    pub step: u64,
    /// Instruction set that computed it.
    pub isa: String,
    /// How exact its convolutions were.
    #[serde(default, with = "numerics")]
    pub numerics: Numerics,
    /// Whether it was written as one that stays, whatever intervals come later. A manifest without this key is older,
    /// and its checkpoint stays.
    #[serde(default = "stays")]
    pub stays: bool,
    /// Each file with its SHA-256.
    pub files: BTreeMap<String, String>,
}

fn stays() -> bool {
    true
}

/// What a checkpoint is written with, besides the states.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Steps done.
    pub step: u64,
    /// Instruction set that computed it.
    pub isa: &'a str,
    /// How exact its convolutions were.
    pub numerics: Numerics,
    /// Whether it stays: step 0, and every tenth of the interval of its time.
    pub stays: bool,
}

/// The name of the checkpoint after `step`.
pub fn name(step: u64) -> String {
    format!("step-{step:08}")
}

/// Writes a checkpoint of `run`; a state belongs to the network in `networks` that its name starts with. A checkpoint
/// that is written again still stays if it stayed before.
///
/// # Errors
/// [`GanError::Io`]; then the checkpoints that were there are untouched.
pub fn save(run: &Path, facts: Facts<'_>, store: &dyn Store, networks: &[String]) -> Result<PathBuf, GanError> {
    let Facts { step, isa, numerics, stays } = facts;
    let folder = run.join("checkpoints");
    let (target, temporary) = (folder.join(name(step)), folder.join(format!(".{}.tmp", name(step))));
    remove_folder(&temporary)?;
    create_folders(&temporary)?;
    let mut files: BTreeMap<String, Vec<(String, StateView<'_>)>> = BTreeMap::new();
    networks.iter().for_each(|n| drop(files.insert(n.clone(), Vec::new())));
    files.insert(STATE.into(), Vec::new());
    for entry in &store.layout().entries {
        let owner = entry.name.split_once('/').map(|(n, rest)| (n.to_string(), rest.to_string()));
        let (file, key) = owner.filter(|(n, _)| files.contains_key(n)).unwrap_or((STATE.into(), entry.name.clone()));
        files.entry(file).or_default().push((key, StateView::of(store, entry)));
    }
    let stays = stays || target.exists() && keep::stays(&target);
    let (isa, hashes) = (isa.into(), BTreeMap::new());
    let mut manifest = Manifest { format_version: FORMAT_VERSION, step, isa, numerics, stays, files: hashes };
    for (file, states) in files {
        let file = format!("{file}.safetensors");
        let hash = write_states(&temporary.join(&file), states)?;
        manifest.files.insert(file, hash);
    }
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| GanError::io(&temporary, "write", e.into()))?;
    write_synced(&temporary.join("manifest.json"), (text + "\n").as_bytes())?;
    sync_folder(&temporary)?;
    if target.exists() {
        keep::remove(run, step)?;
    }
    rename(&temporary, &target)?;
    point_to(run, step)?;
    Ok(target)
}

/// Reads a checkpoint's manifest, and none of its files.
///
/// # Errors
/// [`GanError::Version`] before anything else is read, [`GanError::Damaged`] when it is no manifest, [`GanError::Io`].
pub fn manifest(checkpoint: &Path) -> Result<Manifest, GanError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let path = checkpoint.join("manifest.json");
    let text = std::fs::read(&path).map_err(|e| GanError::io(&path, "read", e))?;
    // The version first: the rest of a later one may have another form.
    if let Ok(Version { format_version: found }) = serde_json::from_slice(&text)
        && found > FORMAT_VERSION
    {
        return Err(GanError::Version { what: "a checkpoint", expected: FORMAT_VERSION, found }.in_file(&path));
    }
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|e| GanError::Damaged { path: path.clone(), reason: format!("expected a manifest, found {e}") })?;
    // A manifest of unknown origin must not lead out of its folder.
    let plain = |file: &str| file.ends_with(".safetensors") && !file.contains(['/', '\\', '\0']);
    if let Some(file) = manifest.files.keys().find(|file| !plain(file)) {
        let reason = format!("expected names of safetensors files beside it, found `{}`", file.escape_debug());
        return Err(GanError::Damaged { path, reason });
    }
    Ok(manifest)
}

/// Reads and checks a checkpoint's manifest and the hash of each file.
///
/// # Errors
/// As [`manifest`], and [`GanError::Damaged`] with the file and both hashes when one differs.
pub fn check(checkpoint: &Path) -> Result<Manifest, GanError> {
    let manifest = manifest(checkpoint)?;
    for (file, expected) in &manifest.files {
        let path = checkpoint.join(file);
        let found = hash(&std::fs::read(&path).map_err(|e| GanError::io(&path, "read", e))?);
        if found != *expected {
            return Err(GanError::Damaged { path, reason: format!("expected SHA-256 {expected}, found {found}") });
        }
    }
    Ok(manifest)
}

/// Loads a checkpoint into a store: every state of the store must be in it.
///
/// # Errors
/// What [`check`] finds; [`GanError::Misfit`] for a missing tensor or one of another type.
pub fn load(checkpoint: &Path, store: &mut dyn Store) -> Result<Manifest, GanError> {
    let manifest = check(checkpoint)?;
    let mut states = BTreeMap::new();
    for file in manifest.files.keys() {
        let network = file.trim_end_matches(".safetensors");
        for (key, tensor) in read_tensors(&checkpoint.join(file))? {
            states.insert(if network == STATE { key } else { format!("{network}/{key}") }, tensor);
        }
    }
    fill(checkpoint, store, "", |name| states.get(name))?;
    Ok(manifest)
}

/// Loads one network of a checkpoint into the states of the store that belong to it.
///
/// # Errors
/// As [`load`], and [`GanError::Misfit`] when it has no such network.
pub fn load_network(checkpoint: &Path, network: &str, store: &mut dyn Store) -> Result<(), GanError> {
    let manifest = check(checkpoint)?;
    let file = format!("{network}.safetensors");
    if !manifest.files.contains_key(&file) {
        let files: Vec<&str> = manifest.files.keys().map(String::as_str).collect();
        let reason = format!("expected a network `{network}`, found only {}", files.join(", "));
        return Err(GanError::Misfit { path: checkpoint.into(), reason });
    }
    let tensors = read_tensors(&checkpoint.join(file))?;
    let prefix = format!("{network}/");
    fill(checkpoint, store, &prefix, |name| tensors.get(name.strip_prefix(&prefix)?))
}

fn fill<'a>(
    checkpoint: &Path,
    store: &mut dyn Store,
    prefix: &str,
    find: impl Fn(&str) -> Option<&'a Tensor>,
) -> Result<(), GanError> {
    let misfit = |reason: String| GanError::Misfit { path: checkpoint.into(), reason };
    for entry in store.layout().clone().entries.into_iter().filter(|e| e.name.starts_with(prefix)) {
        match find(&entry.name) {
            None => return Err(misfit(format!("expected tensor `{}` of type {}, found none", entry.name, entry.ty))),
            Some(tensor) if tensor.ty() != entry.ty => {
                return Err(misfit(format!("tensor `{}`: expected {}, found {}", entry.name, entry.ty, tensor.ty())));
            }
            Some(tensor) => store.write(&entry.name, tensor)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_does_not_lead_out_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.safetensors"), "").unwrap();
        let inner = folder.path().join("step-00000000");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a.safetensors"), "").unwrap();
        let judge = |file: &str| {
            let files = BTreeMap::from([(file.to_string(), hash(b""))]);
            let (isa, numerics) = ("avx2".into(), Numerics::Fast);
            let manifest = Manifest { format_version: FORMAT_VERSION, step: 0, isa, numerics, stays: false, files };
            std::fs::write(inner.join("manifest.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
            check(&inner)
        };
        assert!(judge("a.safetensors").is_ok());
        let outside = folder.path().join("a.safetensors").display().to_string();
        for file in ["../a.safetensors", outside.as_str(), "/dev/null", "manifest.json", ".."] {
            let error = judge(file).unwrap_err().to_string();
            assert!(error.contains("expected names of safetensors files"), "{error}");
        }
    }

    #[test]
    fn a_manifest_without_the_key_stays_and_a_later_version_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("manifest.json"), text).unwrap();
        write(r#"{"format_version":1,"step":5,"isa":"avx2","files":{}}"#);
        assert!(manifest(folder.path()).unwrap().stays);
        write(r#"{"format_version":1,"step":5,"isa":"avx2","stays":false,"files":{}}"#);
        assert!(!manifest(folder.path()).unwrap().stays);
        write(r#"{"format_version":2,"step":"five","files":[],"weather":"fine"}"#);
        let error = manifest(folder.path()).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("update ganymede"), "{error}");
    }
}
