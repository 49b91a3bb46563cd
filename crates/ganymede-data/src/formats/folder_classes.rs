//! Classes by the folders that images lie in. Not here: those that a table names (`class_table.rs`), parts of a set
//! (`set_parts.rs`).

use super::files;
use std::collections::{BTreeMap, BTreeSet};

/// Folders of a path, as far as they may name a class.
type Folders<'a> = Vec<&'a [u8]>;

/// Number of leading folders that all images share.
fn shared(images: &[Folders<'_>]) -> usize {
    let Some(first) = images.first() else { return 0 };
    (0..first.len()).find(|&d| images.iter().any(|p| p.get(d) != Some(&first[d]))).unwrap_or(first.len())
}

/// One label per image, and the names of the classes: the first level at which the folders differ.
/// `None` when an image lies outside such folders, or all in one.
pub(crate) fn classes(images: &[Folders<'_>]) -> Option<(Vec<u32>, Vec<String>)> {
    let depth = shared(images);
    let names: BTreeSet<&[u8]> = images.iter().map(|image| image.get(depth).copied()).collect::<Option<_>>()?;
    if names.len() < 2 {
        return None;
    }
    let mut names: Vec<&[u8]> = names.into_iter().collect();
    files::sort_classes(&mut names);
    let labels: BTreeMap<&[u8], u32> = names.iter().copied().zip(0..).collect();
    let label = |image: &Folders<'_>| labels[image[depth]];
    Some((images.iter().map(label).collect(), names.iter().map(|name| files::text(name)).collect()))
}

/// A note where images lie beside the folders of two classes or more, so that [`classes`] gives none.
pub(crate) fn beside(images: &[Folders<'_>], paths: &[&[u8]]) -> Option<String> {
    let depth = shared(images);
    let (beside, below): (Vec<usize>, Vec<usize>) = (0..paths.len()).partition(|&i| images[i].len() <= depth);
    let folders: BTreeSet<&[u8]> = below.iter().map(|&i| images[i][depth]).collect();
    if beside.is_empty() || folders.len() < 2 {
        return None;
    }
    let names: Vec<String> = beside.iter().map(|&i| files::text(paths[i])).collect();
    let s = if beside.len() == 1 { "" } else { "s" };
    let what = format!("{} image{s} outside of the class folders", beside.len());
    Some(format!("{what}, so that there are no classes: {}", files::few(&names)))
}

/// A folder that may have been meant as a class, and why it gives no image.
pub(crate) struct Bare<'a> {
    /// Its folders, and those above it, as far as they may name a class.
    pub(crate) folders: Folders<'a>,
    /// What lies in it instead, such as `.avif 8`.
    pub(crate) why: String,
}

/// Notes on the folders beside those of the classes that give no image.
pub(crate) fn without_images(images: &[Folders<'_>], bare: &[Bare<'_>]) -> Vec<String> {
    // With images of one folder alone, that folder is one of those that could be classes.
    let all = shared(images);
    let depth = if classes(images).is_some() { Some(all) } else { all.checked_sub(1) };
    let Some(depth) = depth.filter(|&depth| !images.is_empty() && images.iter().all(|image| image.len() > depth))
    else {
        return Vec::new();
    };
    let names: BTreeSet<&[u8]> = images.iter().map(|image| image[depth]).collect();
    let mut notes = BTreeMap::<&[u8], Vec<&str>>::new();
    for folder in bare {
        if folder.folders.len() > depth
            && folder.folders[..depth] == images[0][..depth]
            && !names.contains(folder.folders[depth])
        {
            notes.entry(folder.folders[depth]).or_default().push(&folder.why);
        }
    }
    let mut found: Vec<&[u8]> = notes.keys().copied().collect();
    files::sort_classes(&mut found);
    let what = if names.len() > 1 { "is no class" } else { "gives no image" };
    let mut lines: Vec<String> = Vec::new();
    for name in found.iter().take(NAMED) {
        let mut why = notes[name].clone();
        why.dedup();
        if why.len() > 1 {
            why.retain(|why| *why != EMPTY);
        }
        lines.push(format!("the folder {} {what}: {}", files::text(name), why.join(", ")));
    }
    if found.len() > NAMED {
        lines.push(format!("{} more folders give no image", found.len() - NAMED));
    }
    lines
}

/// Folders without images that are named.
const NAMED: usize = 8;
/// Why a folder with nothing in it gives no image.
pub(crate) const EMPTY: &str = "it is empty";

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(names: &'static str) -> Vec<Folders<'static>> {
        names.split_whitespace().map(|path| files::parts(files::folder(path.as_bytes()))).collect()
    }

    #[test]
    fn classes_are_the_first_folders_that_differ_as_people_count_them() {
        let (labels, names) = classes(&folders("set/b/1.png set/a/x/2.png set/b/c/3.png")).unwrap();
        assert_eq!((labels, names), (vec![1, 0, 1], vec!["a".to_string(), "b".to_string()]));
        let (labels, names) = classes(&folders("10/1 2/1 1/1")).unwrap();
        assert_eq!((labels, names), (vec![2, 1, 0], ["1", "2", "10"].map(String::from).to_vec()));
        for none in ["a/1.png 2.png", "a/1.png a/2.png", "1.png", "", "a/b/1 a/2"] {
            assert_eq!(classes(&folders(none)), None, "{none}");
        }
    }

    #[test]
    fn images_beside_the_folders_of_classes_are_told() {
        let note = |names: &'static str| {
            let paths: Vec<&[u8]> = names.split_whitespace().map(str::as_bytes).collect();
            beside(&folders(names), &paths)
        };
        assert_eq!(
            note("a/1.png b/2.png cover.png").unwrap(),
            "1 image outside of the class folders, so that there are no classes: cover.png"
        );
        assert_eq!(
            note("s/1.png s/2.png s/3.png s/4.png s/a/1.png s/b/c/2.png").unwrap(),
            "4 images outside of the class folders, so that there are no classes: s/1.png, s/2.png, s/3.png, 1 more"
        );
        for none in ["a/1.png b/2.png", "a/1.png 2.png", "1.png 2.png", ""] {
            assert_eq!(note(none), None, "{none}");
        }
    }

    #[test]
    fn folders_that_give_no_image_are_named() {
        let bare = |name: &'static str, why: &str| Bare { folders: files::parts(name.as_bytes()), why: why.into() };
        let notes = |images: &'static str, bare: &[Bare<'_>]| without_images(&folders(images), bare).join("; ");
        assert_eq!(notes("a/1 c/1", &[bare("b", ".avif 8")]), "the folder b is no class: .avif 8");
        assert_eq!(
            notes("s/a/1 s/c/1", &[bare("s/b/x", EMPTY), bare("t", EMPTY)]),
            "the folder b is no class: it is empty"
        );
        assert_eq!(notes("a/1 a/2", &[bare("b", EMPTY)]), "the folder b gives no image: it is empty");
        assert_eq!(notes("1 2", &[bare("b", EMPTY)]), "");
        assert_eq!(notes("1 a/2 b/3", &[bare("c", EMPTY)]), "");
        assert_eq!(notes("", &[bare("c", EMPTY)]), "");
    }
}
