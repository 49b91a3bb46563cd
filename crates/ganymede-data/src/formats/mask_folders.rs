//! Which folders belong to the images beside them: masks, annotations, depth maps. Not here: what a name means
//! (`folder_names.rs`), what is used (`set_parts.rs`).

use super::files;
use super::folder_names::FolderName;
use super::set_parts::{Folder, Names};
use std::collections::{BTreeSet, HashMap};

/// The folders that belong to the images beside them: their names say so, and these are plainly the images, or the files are named
/// alike and that says something.
pub(super) fn beside<'a>(at: &Folder<'a>, names: &Names<'a>, images: &[&[u8]]) -> BTreeSet<&'a [u8]> {
    if names.values().all(|read| read.beside.is_none()) {
        return BTreeSet::new();
    }
    let full = |name: &[u8]| at.children[name].count() > 0;
    let others: Vec<&[u8]> =
        names.iter().filter(|(name, read)| read.beside.is_none() && full(name)).map(|(name, _)| *name).collect();
    let keys: BTreeSet<String> = others.iter().map(|name| names[name].key()).collect();
    let belongs = |read: &FolderName| read.rest.is_empty() || keys.contains(&read.key());
    // `mask` beside `without mask`: classes.
    let are_classes = names.iter().any(|(name, read)| read.beside.is_some() && full(name) && !belongs(read));
    if (others.is_empty() && at.images.is_empty()) || are_classes {
        return BTreeSet::new();
    }
    let plain =
        others.iter().any(|name| names[name].is_plain() || (names[name].part.is_some() && names[name].rest.is_empty()));
    let siblings = Siblings::of(at, others, images);
    let found = names.iter().filter(|(name, read)| {
        let Some(sure) = read.beside.filter(|_| belongs(read)) else { return false };
        match full(name) {
            true => plain || !read.rest.is_empty() || (sure && siblings.are_of(&at.children[*name])),
            false => sure,
        }
    });
    found.map(|(name, _)| *name).collect()
}

/// The images beside a folder that may belong to them.
struct Siblings<'s> {
    images: &'s [&'s [u8]],
    /// Their folders.
    folders: Vec<&'s [u8]>,
    /// Stems of their files, with the number of folders that have one.
    stems: HashMap<Vec<u8>, usize>,
    /// Endings of their files.
    endings: BTreeSet<Option<String>>,
    /// Whether the files of several folders are named alike, as each is counted on its own.
    counted: bool,
    /// Whether there are some outside of folders.
    loose: bool,
}

impl<'s> Siblings<'s> {
    fn of(at: &Folder<'_>, folders: Vec<&'s [u8]>, images: &'s [&'s [u8]]) -> Siblings<'s> {
        let mut stems = HashMap::<Vec<u8>, usize>::new();
        let own: Vec<BTreeSet<Vec<u8>>> =
            folders.iter().map(|name| stems_of(&at.children[name].all(), images)).collect();
        own.iter().flatten().for_each(|stem| *stems.entry(stem.clone()).or_default() += 1);
        let alike = |own: &BTreeSet<Vec<u8>>| own.iter().filter(|stem| stems[*stem] > 1).count() * 2 >= own.len();
        let counted = own.iter().any(alike);
        stems_of(&at.images, images).into_iter().for_each(|stem| *stems.entry(stem).or_default() += 1);
        let all = folders.iter().flat_map(|name| at.children[name].all()).chain(at.images.iter().copied());
        let endings = all.map(|image| files::ending(images[image])).collect();
        Siblings { images, folders, stems, endings, counted, loose: !at.images.is_empty() }
    }

    /// Whether the files of a folder belong to these: most are named as they are, or with something behind, and that is no accident.
    fn are_of(&self, folder: &Folder<'_>) -> bool {
        let all = folder.all();
        let own = stems_of(&all, self.images);
        let pairs = |stem: &&Vec<u8>| (1..=stem.len()).rev().any(|end| self.stems.contains_key(&stem[..end]));
        if own.iter().filter(pairs).count() * 2 < own.len() {
            return false;
        }
        // A folder for each of theirs: `masks/cat` beside `cat`.
        if folder.children.keys().any(|name| self.folders.contains(name)) {
            return true;
        }
        // Folders of classes may be counted alike, `gloves/001.jpg` and `masks/001.jpg`: of several, one is as the others; of
        // one, other names than numbers or another kind of file make the difference.
        let differs = |image: &usize| {
            let path = self.images[*image];
            !is_number(files::stem(files::base(path))) || !self.endings.contains(&files::ending(path))
        };
        let differ = all.iter().filter(|image| differs(image)).count();
        match self.folders.len() {
            1 if !self.loose => differ * 2 >= all.len(),
            _ => !self.counted,
        }
    }
}

/// File names without their endings, in small letters.
fn stems_of(all: &[usize], images: &[&[u8]]) -> BTreeSet<Vec<u8>> {
    all.iter().map(|&image| files::stem(files::base(images[image])).to_ascii_lowercase()).collect()
}

/// Whether the name of a file is a number, or says no more: `0017`, `image_17`.
fn is_number(stem: &[u8]) -> bool {
    FolderName::of(stem) == FolderName::default()
}

#[cfg(test)]
mod tests {
    use super::super::set_parts::choose;

    #[test]
    fn folders_that_are_counted_alike_are_classes() {
        let files = |folder: &str, n: usize, ending: &str| -> Vec<String> {
            (1..=n).map(|i| format!("{folder}/{i:03}{ending}")).collect()
        };
        let set = |folders: &[(&str, usize, &str)]| -> Vec<String> {
            folders.iter().flat_map(|(folder, n, ending)| files(folder, *n, ending)).collect()
        };
        let left = |paths: &[String]| {
            let paths: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
            let chosen = choose(&paths, &[], None).unwrap();
            (chosen.used.iter().filter(|used| !**used).count(), chosen.notes)
        };
        let said = "the folder masks is taken for a class and not for what belongs to the images beside it; --part NAME takes one \
                    folder alone";
        for classes in [
            &[("gloves", 4, ".jpg"), ("helmets", 4, ".jpg"), ("masks", 4, ".jpg")][..],
            &[("gloves", 2, ".jpg"), ("helmets", 9, ".jpg"), ("masks", 7, ".jpg")],
            &[("gloves", 4, ".jpg"), ("masks", 4, ".jpg")],
        ] {
            assert_eq!(left(&set(classes)), (0, vec![said.to_string()]), "{classes:?}");
        }
        for (masks, n) in [
            // Another kind of file, names that are no numbers, a folder for each of the classes.
            (set(&[("cats", 4, ".jpg"), ("masks", 4, ".png")]), 4),
            (set(&[("cats", 3, "_tom.jpg"), ("masks", 3, "_tom.jpg")]), 3),
            (set(&[("cats", 3, ".jpg"), ("masks", 3, "_mask.jpg")]), 3),
            (set(&[("cats", 2, ".jpg"), ("dogs", 2, ".jpg"), ("masks/cats", 2, ".jpg"), ("masks/dogs", 2, ".jpg")]), 4),
            (set(&[("images", 4, ".jpg"), ("masks", 4, ".jpg")]), 4),
        ] {
            let (found, notes) = left(&masks);
            assert_eq!(found, n, "{masks:?}");
            assert!(notes[0].contains("belong to others"), "{notes:?}");
        }
    }
}
