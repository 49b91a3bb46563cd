//! Names of pictures in folders and archives: which of them count, and which class they are of.
//! Not here: reading them (`image_folder.rs`, `image_zip.rs`).

use std::collections::BTreeSet;

/// Folders beside `train` that hold other parts of the same set.
const OTHER_PARTS: [&str; 6] = ["val", "valid", "validation", "test", "eval", "dev"];

/// Whether the last part of a path is one that people do not see: `.DS_Store`, `Thumbs.db`, `__MACOSX` …
pub(crate) fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
        || [&b"Thumbs.db"[..], b"desktop.ini", b"__MACOSX"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The folders of a relative path, and its file name.
pub(crate) fn parts(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/').filter(|part| !part.is_empty() && *part != b".").collect()
}

/// Number of leading folders that all paths share.
fn shared(paths: &[Vec<&[u8]>]) -> usize {
    let Some(first) = paths.first() else { return 0 };
    let folders = first.len() - 1;
    (0..folders).find(|&d| paths.iter().any(|p| p.len() <= d + 1 || p[d] != first[d])).unwrap_or(folders)
}

/// Which of the relative paths are used: only those under `train` when that stands beside `val` or `test` alone.
/// Gives a note when some are left out.
pub(crate) fn training_part(paths: &[Vec<u8>]) -> (Vec<bool>, Option<String>) {
    let split: Vec<Vec<&[u8]>> = paths.iter().map(|path| parts(path)).collect();
    let depth = shared(&split);
    let all = (vec![true; paths.len()], None);
    if split.iter().any(|path| path.len() <= depth + 1) {
        return all;
    }
    let top: BTreeSet<String> = split.iter().map(|path| String::from_utf8_lossy(path[depth]).to_lowercase()).collect();
    if !top.contains("train") || top.len() < 2 || !top.iter().all(|t| t == "train" || OTHER_PARTS.contains(&&t[..])) {
        return all;
    }
    let used: Vec<bool> = split.iter().map(|path| path[depth].eq_ignore_ascii_case(b"train")).collect();
    let others: Vec<String> = top.into_iter().filter(|t| t != "train").collect();
    (used, Some(format!("only the folder train is used, not {}", others.join(", "))))
}

/// One label per path, and the names of the classes: the first level at which the folders differ.
/// `None` when a picture lies outside such folders, or all in one.
pub(crate) fn classes(paths: &[Vec<u8>]) -> Option<(Vec<u32>, Vec<String>)> {
    let split: Vec<Vec<&[u8]>> = paths.iter().map(|path| parts(path)).collect();
    let depth = shared(&split);
    if split.iter().any(|path| path.len() <= depth + 1) {
        return None;
    }
    let names: BTreeSet<&[u8]> = split.iter().map(|path| path[depth]).collect();
    if names.len() < 2 {
        return None;
    }
    let names: Vec<&[u8]> = names.into_iter().collect();
    let label = |path: &Vec<&[u8]>| names.binary_search(&path[depth]).map(|at| at as u32).unwrap_or_default();
    Some((split.iter().map(label).collect(), names.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()))
}

/// A note where pictures lie beside the folders of two classes or more, so that [`classes`] gives none.
pub(crate) fn beside_classes(paths: &[Vec<u8>]) -> Option<String> {
    const NAMED: usize = 3;
    let split: Vec<Vec<&[u8]>> = paths.iter().map(|path| parts(path)).collect();
    let depth = shared(&split);
    let (beside, below): (Vec<usize>, Vec<usize>) = (0..paths.len()).partition(|&i| split[i].len() <= depth + 1);
    let folders: BTreeSet<&[u8]> = below.iter().map(|&i| split[i][depth]).collect();
    if beside.is_empty() || folders.len() < 2 {
        return None;
    }
    let mut names: Vec<String> =
        beside.iter().take(NAMED).map(|&i| String::from_utf8_lossy(&paths[i]).into_owned()).collect();
    if beside.len() > NAMED {
        names.push(format!("{} more", beside.len() - NAMED));
    }
    let s = if beside.len() == 1 { "" } else { "s" };
    let what = format!("{} picture{s} outside of the class folders", beside.len());
    Some(format!("{what}, so that there are no classes: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn classes_are_the_first_folders_that_differ() {
        let (labels, names) = classes(&paths(&["set/b/1.png", "set/a/x/2.png", "set/b/c/3.png"])).unwrap();
        assert_eq!((labels, names), (vec![1, 0, 1], vec!["a".to_string(), "b".to_string()]));
        assert_eq!(classes(&paths(&["a/1.png", "2.png"])), None);
        assert_eq!(classes(&paths(&["a/1.png", "a/2.png"])), None);
        assert_eq!(classes(&paths(&["1.png"])), None);
        assert_eq!(classes(&[]), None);
    }

    #[test]
    fn pictures_beside_the_folders_of_classes_are_told() {
        assert_eq!(
            beside_classes(&paths(&["a/1.png", "b/2.png", "cover.png"])).unwrap(),
            "1 picture outside of the class folders, so that there are no classes: cover.png"
        );
        assert_eq!(
            beside_classes(&paths(&["s/1.png", "s/2.png", "s/3.png", "s/4.png", "s/a/1.png", "s/b/c/2.png"])).unwrap(),
            "4 pictures outside of the class folders, so that there are no classes: s/1.png, s/2.png, s/3.png, 1 more"
        );
        for none in [&["a/1.png", "b/2.png"][..], &["a/1.png", "2.png"], &["1.png", "2.png"], &[]] {
            assert_eq!(beside_classes(&paths(none)), None, "{none:?}");
        }
    }

    #[test]
    fn only_the_training_part_is_used() {
        let (used, note) = training_part(&paths(&["s/train/a/1.png", "s/test/a/2.png", "s/train/b/3.png"]));
        assert_eq!(used, [true, false, true]);
        assert_eq!(note.unwrap(), "only the folder train is used, not test");
        for all in [&["train/1.png", "plane/2.png"][..], &["train/1.png"], &["train/1.png", "2.png"]] {
            assert_eq!(training_part(&paths(all)), (vec![true; all.len()], None));
        }
    }

    #[test]
    fn hidden_files_are_known() {
        assert!(is_hidden(b".DS_Store") && is_hidden(b"thumbs.db") && is_hidden(b"__MACOSX"));
        assert!(!is_hidden(b"a.png"));
    }
}
