//! Checkpoints: one safetensors file a network, `state.safetensors` for the rest, `manifest.json` with
//! hashes. Written beside, to disk, then renamed; the same step gives the same bytes. Loading one runs no
//! code. Not here: when they are written (`trainer.rs`).

use crate::error::GanError;
use crate::run_dir::write_whole;
use crate::spec::numerics;
use ganymede_runtime::{Numerics, Store};
use ganymede_tensor::{DType, Tensor, TensorType};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Version of a checkpoint's form; every older one loads.
pub const FORMAT_VERSION: u32 = 1;

/// The file that holds the newest checkpoint's name.
pub const LATEST: &str = "latest";

/// What a checkpoint holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Each file with its SHA-256.
    pub files: BTreeMap<String, String>,
}

/// The name of the checkpoint after `step`.
pub fn name(step: u64) -> String {
    format!("step-{step:08}")
}

/// Writes the checkpoint after `step` of `run`, computed with (instruction set, numerics); a state belongs to the network in `networks` that its name starts with.
///
/// # Errors
/// [`GanError::Io`]; then the checkpoints that were there are untouched.
pub fn save(
    run: &Path,
    step: u64,
    (isa, numerics): (&str, Numerics),
    store: &dyn Store,
    networks: &[String],
) -> Result<PathBuf, GanError> {
    let folder = run.join("checkpoints");
    let (target, temporary) = (folder.join(name(step)), folder.join(format!(".{}.tmp", name(step))));
    clear(&temporary)?;
    std::fs::create_dir_all(&temporary).map_err(|e| GanError::io(&temporary, "create", e))?;
    let mut files: BTreeMap<String, Vec<(String, StateView<'_>)>> = BTreeMap::new();
    networks.iter().for_each(|n| drop(files.insert(n.clone(), Vec::new())));
    files.insert("state".into(), Vec::new());
    for entry in &store.layout().entries {
        let owner = entry.name.split_once('/').map(|(n, rest)| (n.to_string(), rest.to_string()));
        let (file, key) = owner.filter(|(n, _)| files.contains_key(n)).unwrap_or(("state".into(), entry.name.clone()));
        let view = StateView { store, name: &entry.name, ty: &entry.ty, shape: entry.ty.shape.to_vec() };
        files.entry(file).or_default().push((key, view));
    }
    let mut manifest =
        Manifest { format_version: FORMAT_VERSION, step, isa: isa.into(), numerics, files: BTreeMap::new() };
    for (file, states) in files {
        let file = format!("{file}.safetensors");
        let hash = write_states(&temporary.join(&file), states)?;
        manifest.files.insert(file, hash);
    }
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| GanError::io(&temporary, "write", e.into()))?;
    write_synced(&temporary.join("manifest.json"), (text + "\n").as_bytes())?;
    sync_folder(&temporary)?;
    if target.exists() {
        remove(run, step)?;
    }
    std::fs::rename(&temporary, &target).map_err(|e| GanError::io(&target, "rename", e))?;
    sync_folder(&folder)?;
    point_to(run, step)?;
    Ok(target)
}

/// Says in [`LATEST`] that the newest checkpoint is that after `step`.
pub(crate) fn point_to(run: &Path, step: u64) -> Result<(), GanError> {
    write_whole(&run.join("checkpoints").join(LATEST), (name(step) + "\n").as_bytes())
}

/// Removes a folder, if there is one.
fn clear(path: &Path) -> Result<(), GanError> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(GanError::io(path, "remove", e)),
        _ => Ok(()),
    }
}

/// Removes a checkpoint: first its name in one move, then what it holds, so that no crash leaves a part under its name.
fn remove(run: &Path, step: u64) -> Result<(), GanError> {
    let folder = run.join("checkpoints");
    let (path, temporary) = (folder.join(name(step)), folder.join(format!(".{}.removed.tmp", name(step))));
    clear(&temporary)?;
    std::fs::rename(&path, &temporary).map_err(|e| GanError::io(&path, "rename", e))?;
    clear(&temporary)
}

/// Removes what a crash left while a checkpoint was written or removed.
///
/// # Errors
/// [`GanError::Io`].
pub(crate) fn sweep(run: &Path) -> Result<(), GanError> {
    let left = |name: &str| name.starts_with(".step-") && name.ends_with(".tmp");
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|e| e.file_name().to_str().is_some_and(left)).try_for_each(|e| clear(&e.path()))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), GanError> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| GanError::io(path, "write", e))
}

fn sync_folder(path: &Path) -> Result<(), GanError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| GanError::io(path, "sync", e))
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// A state as safetensors wants it: read when it is written, so that a checkpoint takes the memory of one state.
struct StateView<'a> {
    store: &'a dyn Store,
    name: &'a str,
    ty: &'a TensorType,
    shape: Vec<usize>,
}

impl View for StateView<'_> {
    fn dtype(&self) -> Dtype {
        match self.ty.dtype {
            DType::F32 => Dtype::F32,
            DType::I32 => Dtype::I32,
            DType::U32 => Dtype::U32,
            DType::U16 => Dtype::U16,
            DType::U8 => Dtype::U8,
            DType::Bool => Dtype::BOOL,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.store.read(self.name).expect("the name is of the store's own layout").to_le_bytes())
    }

    fn data_len(&self) -> usize {
        self.ty.bytes()
    }
}

/// Writes a safetensors file through to the disk; its hash.
fn write_states(path: &Path, states: Vec<(String, StateView<'_>)>) -> Result<String, GanError> {
    safetensors::serialize_to_file(states, None, path).map_err(|error| match error {
        SafeTensorError::IoError(error) => GanError::io(path, "write", error),
        error => GanError::io(path, "write", std::io::Error::other(error)),
    })?;
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        file.sync_all()?;
        let mut hasher = Sha256::new();
        std::io::copy(&mut file, &mut hasher)?;
        Ok(hex(&hasher.finalize()))
    };
    read().map_err(|e| GanError::io(path, "sync", e))
}

/// Writes all states of a store as one safetensors file: beside it, to disk, renamed. Processes may do so at the same time.
///
/// # Errors
/// [`GanError::Io`].
pub(crate) fn write_tensors(path: &Path, store: &dyn Store) -> Result<(), GanError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let states = store.layout().entries.iter().map(|entry| {
        let (name, ty) = (entry.name.as_str(), &entry.ty);
        (entry.name.clone(), StateView { store, name, ty, shape: ty.shape.to_vec() })
    });
    write_states(&temporary, states.collect())?;
    std::fs::rename(&temporary, path).map_err(|e| GanError::io(path, "write", e))
}

/// The tensors of a safetensors file.
///
/// # Errors
/// [`GanError::Io`]; [`GanError::Damaged`] when it is none, or has a type that ganymede does not write.
pub fn read_tensors(path: &Path) -> Result<BTreeMap<String, Tensor>, GanError> {
    let bytes = std::fs::read(path).map_err(|e| GanError::io(path, "read", e))?;
    from_bytes(path, &bytes)
}

fn from_bytes(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, GanError> {
    let broken = |reason: String| GanError::Damaged { path: path.into(), reason };
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| broken(format!("expected a safetensors file, found {} bytes that are none: {e}", bytes.len())))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.tensors() {
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::I32 => DType::I32,
            Dtype::U32 => DType::U32,
            Dtype::U16 => DType::U16,
            Dtype::U8 => DType::U8,
            Dtype::BOOL => DType::Bool,
            other => {
                return Err(broken(format!(
                    "tensor `{name}`: expected f32, i32, u32, u16, u8 or bool, found {other:?}"
                )));
            }
        };
        let tensor = Tensor::from_le_bytes(&TensorType::new(dtype, view.shape()), view.data());
        tensors.insert(name.clone(), tensor.map_err(|e| broken(format!("tensor `{name}`: {e}")))?);
    }
    Ok(tensors)
}

/// Names of the checkpoints of a run, oldest first.
///
/// # Errors
/// [`GanError::Io`].
pub fn list(run: &Path) -> Result<Vec<(u64, PathBuf)>, GanError> {
    let folder = run.join("checkpoints");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(GanError::io(&folder, "read", e)),
    };
    let mut found: Vec<(u64, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|e| Some((e.file_name().to_str()?.strip_prefix("step-")?.parse().ok()?, e.path())))
        .collect();
    found.sort();
    Ok(found)
}

/// The checkpoint after `step`, or the newest.
///
/// # Errors
/// [`GanError::NoCheckpoint`] when there is none.
pub fn find(run: &Path, step: Option<u64>) -> Result<PathBuf, GanError> {
    let known = list(run)?;
    let found = match step {
        Some(step) => known.iter().find(|(s, _)| *s == step),
        None => known.last(),
    };
    found.map(|(_, path)| path.clone()).ok_or_else(|| GanError::NoCheckpoint {
        path: run.into(),
        asked: step,
        known: known.iter().map(|(step, _)| *step).collect(),
    })
}

/// Reads and checks a checkpoint's manifest and the hash of each file.
///
/// # Errors
/// [`GanError::Damaged`] with the file and both hashes when one differs, [`GanError::Version`].
pub fn check(checkpoint: &Path) -> Result<Manifest, GanError> {
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
    for (file, expected) in &manifest.files {
        let path = checkpoint.join(file);
        let found = hash(&std::fs::read(&path).map_err(|e| GanError::io(&path, "read", e))?);
        if found != *expected {
            return Err(GanError::Damaged { path, reason: format!("expected SHA-256 {expected}, found {found}") });
        }
    }
    Ok(manifest)
}

/// The newest checkpoint of a run that is whole, `None` for a run without any. Newer ones that are damaged lose
/// their name (`step-N` becomes `damaged-step-N`) and are listed, each with its damage.
///
/// # Errors
/// What is wrong with the newest one when none is whole, and when one cannot be read.
pub(crate) fn newest_whole(run: &Path) -> Result<Option<(PathBuf, Vec<String>)>, GanError> {
    let mut damaged: Vec<(u64, PathBuf, GanError)> = Vec::new();
    for (step, path) in list(run)?.into_iter().rev() {
        let missing = |e: &std::io::Error| e.kind() == ErrorKind::NotFound;
        match check(&path) {
            Ok(_) => {
                for (step, from, _) in &damaged {
                    let to = run.join("checkpoints").join(format!("damaged-{}", name(*step)));
                    clear(&to)?;
                    std::fs::rename(from, &to).map_err(|e| GanError::io(from, "rename", e))?;
                }
                return Ok(Some((path, damaged.iter().map(|(_, _, damage)| damage.to_string()).collect())));
            }
            Err(damage @ GanError::Damaged { .. }) => damaged.push((step, path, damage)),
            Err(GanError::Io { path: part, action, source }) if missing(&source) => {
                damaged.push((step, path, GanError::Io { path: part, action, source }));
            }
            // A later version wrote it, or it cannot be read for now: nothing to set aside.
            Err(other) => return Err(other),
        }
    }
    damaged.into_iter().next().map_or(Ok(None), |(_, _, newest)| Err(newest))
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
            states.insert(if network == "state" { key } else { format!("{network}/{key}") }, tensor);
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

/// Removes what need not stay: all but step 0, the newest `keep`, and every tenth of `every` steps.
///
/// # Errors
/// [`GanError::Io`].
pub fn prune(run: &Path, keep: usize, every: u64) -> Result<(), GanError> {
    let known = list(run)?;
    let newest = known.len().saturating_sub(keep.max(1));
    for (step, _) in &known[..newest] {
        let tenth = *step == 0 || every.checked_mul(10).is_some_and(|ten| ten > 0 && step.is_multiple_of(ten));
        if !tenth {
            remove(run, *step)?;
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
            let manifest = Manifest { format_version: FORMAT_VERSION, step: 0, isa, numerics, files };
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
}
