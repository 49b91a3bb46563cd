//! What lies at a path that no format reads, and what to do about it. Not here: kinds of files (`raster/content.rs`).

use super::{FORMATS, files, first_bytes, tree};
use crate::raster::content;
use std::path::{Path, PathBuf};

/// What lies at a path, in a few words.
pub(crate) fn describe(path: &Path) -> String {
    if path.is_dir() {
        let mut endings = std::collections::BTreeMap::<String, u64>::new();
        let mut folders = 0u64;
        for entry in path.read_dir().into_iter().flatten().flatten() {
            let name = entry.path();
            if name.is_dir() {
                folders += 1;
            } else {
                let ending = name.extension().map_or("without ending".into(), |e| format!(".{}", e.to_string_lossy()));
                *endings.entry(ending).or_default() += 1;
            }
        }
        let mut parts: Vec<String> = endings.iter().take(8).map(|(ending, n)| format!("{n} {ending}")).collect();
        if folders > 0 {
            parts.push(files::count(folders, "folder"));
        }
        return if parts.is_empty() { "an empty folder".into() } else { format!("a folder with {}", parts.join(", ")) };
    }
    match first_bytes(path, tree::HEAD) {
        Ok(bytes) if bytes.is_empty() => "an empty file".into(),
        Ok(bytes) => match kind(&bytes, path) {
            Kind::Is(kind) => kind.name.into(),
            Kind::IsNot(kind) => format!("a file with the ending of {}, which it is not", kind.name),
            Kind::Unknown => {
                let hex: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
                format!("a file that starts with the bytes {}", hex.join(" "))
            }
        },
        Err(error) => format!("nothing readable ({error})"),
    }
}

/// The kind that a file's ending speaks of.
fn of_ending(path: &Path) -> Option<content::Content> {
    files::ending(path.file_name()?.as_encoded_bytes()).and_then(|ending| content::of_ending(&ending))
}

/// What a file is by its bytes and its ending.
enum Kind {
    Is(content::Content),
    /// Its ending says so, but every such file begins otherwise.
    IsNot(content::Content),
    Unknown,
}

fn kind(bytes: &[u8], path: &Path) -> Kind {
    match (content::of_bytes(bytes), of_ending(path)) {
        (Some(kind), _) => Kind::Is(kind),
        (None, Some(kind)) if content::has_magic(&kind) => Kind::IsNot(kind),
        (None, Some(kind)) => Kind::Is(kind),
        (None, None) => Kind::Unknown,
    }
}

/// Entries of a folder that are looked at for advice, and how deep.
const LOOKED_AT: usize = 200;
const DEEP: usize = 3;

/// What to do about a path that no format reads, where what lies there says it.
pub(crate) fn advise(path: &Path) -> Option<String> {
    let of_file = |path: &Path| {
        let bytes = first_bytes(path, tree::HEAD).ok()?;
        match kind(&bytes, path) {
            Kind::Is(kind) => Some(kind.todo.replace("FILE", &path.file_name()?.to_string_lossy())),
            Kind::IsNot(_) => Some("it is damaged, or its ending is wrong: fetch it again".into()),
            Kind::Unknown => None,
        }
    };
    if !path.is_dir() {
        return of_file(path);
    }
    // What a format reads further down.
    let (mut level, mut files, mut runs) = (vec![path.to_path_buf()], Vec::new(), 0);
    for _ in 0..DEEP {
        let mut below: Vec<PathBuf> = Vec::new();
        for folder in &level {
            let entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
            let mut entries: Vec<PathBuf> = entries
                .filter(|path| !files::is_hidden(path.file_name().unwrap_or_default().as_encoded_bytes()))
                .collect();
            // A pipe or a device might be read for ever.
            entries.retain(|path| path.is_file() || path.is_dir());
            entries.sort();
            below.extend(entries.into_iter().take(LOOKED_AT));
        }
        let is_run =
            |path: &Path| tree::is_run(|name| path.join(std::str::from_utf8(name).unwrap_or_default()).is_file());
        runs += below.iter().filter(|path| is_run(path)).count();
        below.retain(|path| !is_run(path));
        let found: Vec<&PathBuf> =
            below.iter().filter(|path| FORMATS.iter().any(|format| format.recognises(path))).collect();
        if !found.is_empty() {
            let names: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
            let one = if names.len() == 1 { "" } else { "one of " };
            return Some(format!("name {one}{}", files::few(&names)));
        }
        files.extend(below.iter().filter(|path| path.is_file()).cloned());
        level = below.into_iter().filter(|path| path.is_dir()).take(LOOKED_AT).collect();
    }
    let is_cifar = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("data_batch"));
    if files.iter().any(|path| is_cifar(path)) {
        return Some(
            "CIFAR's batches are not read: write them as one file with numpy, `numpy.savez(\"cifar.npz\", images=…, labels=…)` \
             with images of (N, 32, 32, 3); or fetch the images as PNG files"
                .into(),
        );
    }
    if runs > 0 {
        return Some(
            "these are runs of ganymede: `ganymede sample RUN` generates samples from one; name data to train on"
                .into(),
        );
    }
    let mut kinds = std::collections::BTreeMap::<&str, (u64, String)>::new();
    for path in files.iter().take(LOOKED_AT) {
        let bytes = first_bytes(path, tree::HEAD).unwrap_or_default();
        if let Some(kind) = content::of_bytes(&bytes).or_else(|| of_ending(path)) {
            kinds.entry(kind.name).or_insert((0, kind.todo.into())).0 += 1;
        }
    }
    let most = kinds.into_iter().max_by_key(|(_, (n, _))| *n)?;
    Some(format!("the files are {}: {}", most.0, most.1.1))
}
