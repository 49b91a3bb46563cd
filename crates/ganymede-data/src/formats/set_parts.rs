//! Which of the images are those to train on: `train` beside `test`, images beside their `masks`. At every level of the
//! folders. Not here: what is said of it (`part_notes.rs`), what a name means (`folder_names.rs`), which folders are
//! masks (`mask_folders.rs`), classes (`folder_classes.rs`).

use super::files;
use super::folder_names::{FolderName, Part, image_of, part_of};
use super::mask_folders::beside;
use super::part_notes::Tally;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Deeper folders are not looked at on their own: names of archives may have any number of parts.
const DEEPEST: usize = 64;
/// The word for everything.
pub(crate) const ALL: &str = "all";

/// What is used of some images, by the folders that they lie in.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Chosen {
    /// For each image whether it is used.
    pub(crate) used: Vec<bool>,
    /// Folders that only say a part, with the word that stands for them among classes, if any.
    pub(crate) parts: BTreeMap<Vec<u8>, Option<String>>,
    /// Folders that are another part of the set.
    left: BTreeSet<Vec<u8>>,
    /// Folders that belong to the images beside them.
    beside: BTreeSet<Vec<u8>>,
    /// What was chosen and left out.
    pub(crate) notes: Vec<String>,
}

impl Chosen {
    /// The folders of a path that may name a class: those that say a part alone are left out.
    pub(crate) fn class_folders<'a>(&'a self, folder: &'a [u8]) -> Vec<&'a [u8]> {
        let mut out = Vec::new();
        let mut end = 0;
        for part in files::parts(folder) {
            end = folder[end..]
                .windows(part.len())
                .position(|w| w == part)
                .map_or(folder.len(), |at| end + at + part.len());
            match self.parts.get(&folder[..end]) {
                None => out.push(part),
                Some(Some(word)) => out.push(word.as_bytes()),
                Some(None) => {}
            }
        }
        out
    }

    /// Whether a folder, or one above it, gives no image: it is another part of the set, or belongs to images.
    pub(crate) fn is_left(&self, folder: &[u8]) -> bool {
        is_below(folder, &self.left) || is_below(folder, &self.beside)
    }

    /// Whether a folder, or one above it, is another part of the set.
    pub(crate) fn is_other_part(&self, folder: &[u8]) -> bool {
        is_below(folder, &self.left)
    }
}

/// Whether a folder is one of some, or lies in one.
fn is_below(folder: &[u8], of: &BTreeSet<Vec<u8>>) -> bool {
    let ends = (1..=folder.len()).filter(|&end| end == folder.len() || folder[end] == b'/');
    !of.is_empty() && ends.into_iter().any(|end| of.contains(&folder[..end]))
}

/// A folder with what lies in it.
#[derive(Default)]
pub(super) struct Folder<'a> {
    pub(super) children: BTreeMap<&'a [u8], Folder<'a>>,
    pub(super) images: Vec<usize>,
}

impl<'a> Folder<'a> {
    fn put(&mut self, folders: &[&'a [u8]], image: Option<usize>) {
        let mut at = self;
        for folder in folders.iter().take(DEEPEST) {
            at = at.children.entry(folder).or_default();
        }
        at.images.extend(image);
    }

    pub(super) fn count(&self) -> usize {
        self.images.len() + self.children.values().map(Folder::count).sum::<usize>()
    }

    /// The images in it and below.
    pub(super) fn all(&self) -> Vec<usize> {
        let mut all = self.images.clone();
        self.children.values().for_each(|child| all.extend(child.all()));
        all
    }
}

/// Chooses among images, given by the relative paths of their files; `folders` are others that lie there.
///
/// # Errors
/// When `asked`, a part or the name of a folder, is nowhere.
pub(crate) fn choose(images: &[&[u8]], folders: &[&[u8]], asked: Option<&str>) -> Result<Chosen, String> {
    let mut root = Folder::default();
    images.iter().enumerate().for_each(|(i, path)| root.put(&files::parts(files::folder(path)), Some(i)));
    folders.iter().for_each(|folder| root.put(&files::parts(folder), None));
    let mut chosen = Chosen { used: vec![true; images.len()], ..Chosen::default() };
    let mut tally = Tally::default();
    level(&root, &[], images, asked, &mut chosen, &mut tally);
    if asked.is_none() {
        let stems: BTreeSet<&[u8]> = images.iter().map(|path| files::stem(path)).collect();
        for (image, path) in images
            .iter()
            .enumerate()
            .filter(|(_, path)| image_of(files::stem(path)).is_some_and(|image| stems.contains(image)))
        {
            if std::mem::replace(&mut chosen.used[image], false) {
                *tally
                    .beside
                    .entry(format!("files named as an image is with more behind, such as {}", files::text(path)))
                    .or_default() += 1;
            }
        }
    }
    if let Some(asked) = asked.filter(|asked| *asked != ALL && !tally.found) {
        let mut names = BTreeSet::new();
        known(&root, &mut names);
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let there = if names.is_empty() { "none".into() } else { files::few(&names) };
        let wanted =
            format!("expected `{ALL}`, a part such as train or test, or the name of a folder with images ({there})");
        return Err(format!("{wanted}, found `{asked}`"));
    }
    chosen.notes = tally.notes();
    Ok(chosen)
}

/// Names of all folders with images.
fn known(folder: &Folder<'_>, names: &mut BTreeSet<String>) {
    for (name, child) in folder.children.iter().filter(|(_, child)| child.count() > 0) {
        names.insert(files::text(name));
        known(child, names);
    }
}

/// Chooses among what lies in the folder `path`, then in those below.
fn level(at: &Folder<'_>, path: &[u8], images: &[&[u8]], asked: Option<&str>, out: &mut Chosen, tally: &mut Tally) {
    let names: Names<'_> = at.children.keys().map(|name| (*name, FolderName::of(name))).collect();
    let full = |name: &[u8]| if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() };
    let beside = beside(at, &names, images);
    let parts = parts(at, &names, &beside);
    let all = || at.children.keys().copied().collect::<BTreeSet<&[u8]>>();
    let only = |wanted: &dyn Fn(&[u8]) -> bool| -> BTreeSet<&[u8]> {
        at.children.iter().filter(|(name, child)| child.count() > 0 && wanted(name)).map(|(name, _)| *name).collect()
    };
    let asked_for = only(&|name| asked.is_some_and(|asked| is_asked(name, &names[name], asked)));
    let train = only(&|name| parts.contains(name) && names[name].part == Some(Part::Train));
    let has_part = !only(&|name| names[name].part.is_some() && !beside.contains(name)).is_empty();
    // What is used, and whether that is a choice among parts: then images beside them are left out too.
    let (used, chosen) = match asked {
        Some(ALL) => (all(), false),
        Some(_) if !asked_for.is_empty() => (asked_for, true),
        // There are parts, and none of them is this one.
        Some(asked) if !parts.is_empty() || part_of(&asked.to_lowercase()).is_some_and(|_| has_part) => {
            (BTreeSet::new(), true)
        }
        None if !train.is_empty() => (train, true),
        _ => (&all() - &beside, false),
    };
    if chosen {
        tally.found |= !used.is_empty();
        for (name, child) in at.children.iter().filter(|(name, _)| used.contains(*name) || !beside.contains(*name)) {
            let side = if used.contains(name) { &mut tally.used } else { &mut tally.left };
            *side.entry(files::text(name)).or_default() += child.count();
        }
        tally.strays += at.images.len();
        at.images.iter().for_each(|&image| out.used[image] = false);
    } else if asked.is_none() {
        let bare = only(&|name| used.contains(name) && names[name].part.is_some() && names[name].rest.is_empty());
        let several = only(&|name| used.contains(name)).len() > 1;
        let side = if parts.is_empty() { &mut tally.classes } else { &mut tally.wholes };
        side.extend(bare.iter().filter(|_| several).map(|name| files::text(name)));
        let masks =
            only(&|name| names[name].beside == Some(true) && names[name].rest.is_empty() && !beside.contains(name));
        tally.masks.extend(masks.iter().filter(|_| several).map(|name| files::text(name)));
    }
    for name in beside.iter().filter(|name| !used.contains(*name)) {
        *tally.beside.entry(files::text(name)).or_default() += at.children[name].count();
    }
    // All of `car`, `train` and `test`, without folders in them: three classes.
    let flat = asked == Some(ALL)
        && !only(&|name| names[name].part.is_none() && !beside.contains(name)).is_empty()
        && only(&|name| at.children[name].children.values().any(|child| child.count() > 0)).is_empty();
    // A folder that only says a part names no class; of several, what else their names say may.
    let is_part = |name: &[u8]| !flat && (parts.contains(name) || (chosen && names[name].part.is_some()));
    let words: BTreeMap<&[u8], String> =
        used.iter().filter(|name| is_part(name)).map(|name| (*name, names[name].rest.join(" "))).collect();
    let differ = words.values().collect::<BTreeSet<_>>().len() > 1;
    out.parts.extend(
        words.into_iter().map(|(name, word)| (full(name), Some(word).filter(|word| differ && !word.is_empty()))),
    );
    for (name, child) in &at.children {
        if used.contains(name) {
            level(child, &full(name), images, asked, out, tally);
        } else {
            child.all().into_iter().for_each(|image| out.used[image] = false);
            let side = if beside.contains(name) { &mut out.beside } else { &mut out.left };
            side.insert(full(name));
        }
    }
}

/// What the names of the folders in one folder say.
pub(super) type Names<'a> = BTreeMap<&'a [u8], FolderName>;

/// Whether a folder is the one that was asked for, by its name or its part.
fn is_asked(name: &[u8], read: &FolderName, asked: &str) -> bool {
    let part = part_of(&asked.to_lowercase());
    files::composed(&files::text(name)).eq_ignore_ascii_case(&files::composed(asked))
        || (part.is_some() && read.part == part)
}

/// The folders that are parts of one set: one to train on with another beside it, or nothing but parts.
fn parts<'a>(at: &Folder<'a>, names: &Names<'a>, beside: &BTreeSet<&[u8]>) -> BTreeSet<&'a [u8]> {
    let full: Vec<&[u8]> = at
        .children
        .iter()
        .filter(|(name, child)| child.count() > 0 && !beside.contains(*name))
        .map(|(name, _)| *name)
        .collect();
    let kind = |name: &[u8]| names[name].part;
    let named: Vec<(&[u8], String)> =
        full.iter().filter(|name| kind(name).is_some()).map(|name| (*name, names[*name].key())).collect();
    // `cars_train` and `cars_test`, `trainA` and `testA`; also `trainA` and `test`. Not `bullet train` and `test tube`.
    let is_other = |part| matches!(part, Some(Part::Validation | Part::Test | Part::Unlabelled));
    let keys = |of: &dyn Fn(Option<Part>) -> bool| -> HashSet<&str> {
        named.iter().filter(|(name, _)| of(kind(name))).map(|(_, key)| &key[..]).collect()
    };
    let (trains, others) = (keys(&|part| part == Some(Part::Train)), keys(&is_other));
    let meets = |key: &str, with: &HashSet<&str>| {
        !with.is_empty() && (key.is_empty() || with.contains(key) || with.contains(""))
    };
    let paired = |(name, key): &&(&[u8], String)| match kind(name) {
        Some(Part::Train) => meets(key, &others),
        part => is_other(part) && meets(key, &trains),
    };
    let kinds: BTreeSet<Option<Part>> = named.iter().map(|(name, _)| kind(name)).collect();
    let is_used = |one: &&(&[u8], String)| paired(one) || kind(one.0) == Some(Part::Train);
    if named.iter().any(|one| paired(&one)) {
        named.iter().filter(is_used).map(|(name, _)| *name).collect()
    } else if named.len() == full.len() && kinds.len() > 1 && named.iter().all(|(_, key)| *key == named[0].1) {
        named.into_iter().map(|(name, _)| name).collect()
    } else {
        BTreeSet::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is used of some paths, and the notes.
    fn used(paths: &str, asked: Option<&str>) -> (String, Vec<String>) {
        let paths: Vec<&[u8]> = paths.split_whitespace().map(str::as_bytes).collect();
        let chosen = choose(&paths, &[], asked).unwrap();
        let used = paths.iter().zip(&chosen.used).filter(|(_, used)| **used).map(|(path, _)| files::text(path));
        (used.collect::<Vec<_>>().join(" "), chosen.notes)
    }

    #[test]
    fn of_parts_the_one_to_train_on_is_used() {
        for (paths, wanted) in [
            ("Training/a/1 Training/b/2 Testing/a/3", "Training/a/1 Training/b/2"),
            ("s/train/a/1 s/test/a/2 s/train/b/3", "s/train/a/1 s/train/b/3"),
            ("train_images/1 test_images/2", "train_images/1"),
            ("train2017/1 val2017/2", "train2017/1"),
            ("TRAIN/1 VALIDATION/2 TEST/3", "TRAIN/1"),
            ("seg_train/seg_train/a/1 seg_test/seg_test/a/2 seg_pred/seg_pred/3", "seg_train/seg_train/a/1"),
            ("cars_train/1 cars_test/2", "cars_train/1"),
            ("trainA/1 trainB/2 testA/3 testB/4", "trainA/1 trainB/2"),
            // Strays and other folders beside them.
            ("train/a/1 train/b/2 test/a/3 cover.png", "train/a/1 train/b/2"),
            ("train/1 test/2 docs/figure.png", "train/1"),
            ("train/1 test/2 extra/3", "train/1"),
            ("train-jpg/1 test-jpg-v2/2", "train-jpg/1"),
            ("stage1_train/1 stage1_test/2 stage2_test_final/3", "stage1_train/1"),
            ("bounding_box_train/1 bounding_box_test/2 query/3", "bounding_box_train/1"),
            ("train/1 unlabeled/2", "train/1"),
            ("train/a/1 train/b/2 test_stg1/3", "train/a/1 train/b/2"),
            ("Training/a/1 PublicTest/a/2 PrivateTest/a/3 Training/b/4", "Training/a/1 Training/b/4"),
            // Deeper, in each class.
            ("cat/train/1 cat/test/2 dog/train/3 dog/test/4", "cat/train/1 dog/train/3"),
            // With masks inside of each part.
            ("train/images/1 train/masks/1 test/images/2", "train/images/1"),
            ("train_images/1 train_masks/1 test_images/2", "train_images/1"),
        ] {
            let (found, notes) = used(paths, None);
            assert_eq!(found, wanted, "{paths}");
            assert!(!notes.is_empty(), "{paths}");
        }
        let notes = used("Training/a/1 Training/b/2 Testing/a/3 x", None).1;
        assert_eq!(
            notes,
            [
                "images of one part of the set are used (Training: 2), those of others left out (Testing: 1, beside these folders: 1): 2; --part all takes all, --part NAME another"
            ]
        );
    }

    #[test]
    fn classes_with_such_names_stay_classes() {
        for paths in [
            "test/1 cat/2 dog/3",
            "train/1 plane/2 car/3",
            "bullet_train/1 test_tube/2",
            "mask/1 without_mask/1",
            "with_mask/1 without_mask/1",
            "mask/1 helmet/2",
            "label/1 stamp/1",
            "masks/1",
            "train/1",
            "train/1 x",
            "seg_a/1 seg_b/2",
            "train/1 extra/2 car/3",
        ] {
            assert_eq!(used(paths, None).0, paths);
        }
        let note = &used("test/1 cat/2 dog/3", None).1[0];
        assert!(note.starts_with("the folder test is taken for a class"), "{note}");
        assert!(used("mask/1 helmet/2", None).1.is_empty());
    }

    #[test]
    fn classes_of_vehicles_are_told_from_parts() {
        // A train is no part where no other part stands beside it, and that is said.
        let (found, notes) = used("bus/1 car/2 plane/3 train/4", None);
        assert_eq!(found, "bus/1 car/2 plane/3 train/4");
        assert_eq!(
            notes,
            ["the folder train is taken for a class and not for a part of the set; --part NAME takes it alone"]
        );
        // Beside `test` it is one, which is said too; all of them are classes where all are asked for.
        let (found, notes) = used("car/1 train/2 test/3", None);
        assert_eq!(found, "train/2");
        assert!(notes[0].contains("(train: 1)") && notes[0].contains("(car: 1, test: 1)"), "{notes:?}");
        assert!(notes[0].contains("--part all takes all"), "{notes:?}");
        assert_eq!(class_folders("car/1 train/2 test/3", Some("all")), "car train test");
        assert_eq!(class_folders("car/1 train/a/2 test/a/3", Some("all")), "car a a");
    }

    #[test]
    fn parts_pair_as_their_names_say() {
        let name = |i: u8| format!("q{}{}", (b'a' + i / 26) as char, (b'a' + i % 26) as char);
        let many: Vec<String> = (0..200).map(|i| format!("{0}_train/1 {0}_test/2", name(i))).collect();
        let wanted: Vec<String> = (0..200).map(|i| format!("{}_train/1", name(i))).collect();
        assert_eq!(used(&many.join(" "), None).0, wanted.join(" "));
        for (paths, wanted) in [
            ("trainA/1 test/2 b/3", "trainA/1"),
            ("train/1 testB/2 b/3", "train/1"),
            ("cars_train/1 pets_train/2 cars_test/3", "cars_train/1 pets_train/2"),
            ("cars_train/1 pets_test/2 b/3", "cars_train/1 pets_test/2 b/3"),
            ("val/1 test/2 b/3", "val/1 test/2 b/3"),
            ("train/1 pred/2 b/3", "train/1 pred/2 b/3"),
        ] {
            assert_eq!(used(paths, None).0, wanted, "{paths}");
        }
    }

    #[test]
    fn what_belongs_to_images_is_left_out() {
        for (paths, wanted) in [
            ("images/1 masks/1", "images/1"),
            ("s/imgs/1 s/mask/1", "s/imgs/1"),
            ("JPEGImages/1 SegmentationClass/1 Annotations/1", "JPEGImages/1"),
            ("cat/1 dog/2 masks/1 masks/2", "cat/1 dog/2"),
            ("cat/images/1 cat/groundtruth/1 dog/images/2 dog/groundtruth/2", "cat/images/1 dog/images/2"),
            ("1.jpg 2.jpg masks/1_mask.png masks/2_mask.png", "1.jpg 2.jpg"),
            ("CelebA-HQ-img/1 CelebAMask-HQ-mask-anno/7", "CelebA-HQ-img/1"),
            ("imagesTr/1 labelsTr/1 imagesTs/2", "imagesTr/1"),
            ("leftImg8bit/train/a/1 gtFine/train/a/2 leftImg8bit/val/a/3 gtFine/val/a/4", "leftImg8bit/train/a/1"),
            ("images/1 annotations/trimaps/1 annotations/trimaps/x/2", "images/1"),
        ] {
            let (found, notes) = used(paths, None);
            assert_eq!(found, wanted, "{paths}");
            assert!(notes.iter().any(|note| note.contains("belong to others")), "{paths}: {notes:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_used() {
        let paths = "Training/1 Testing/2 masks/3";
        for (asked, wanted) in [
            ("all", paths),
            ("test", "Testing/2"),
            ("Testing", "Testing/2"),
            ("train", "Training/1"),
            ("masks", "masks/3"),
        ] {
            assert_eq!(used(paths, Some(asked)).0, wanted, "{asked}");
        }
        assert_eq!(used("a/test/1 b/train/2", Some("test")).0, "a/test/1 b/train/2".replace(" b/train/2", ""));
        let error = choose(&[b"Training/1", b"Testing/2"], &[], Some("val")).unwrap_err();
        assert!(error.contains("`Testing`, `Training`") && error.contains("found `val`"), "{error}");
    }

    /// The folders of each image that may name a class.
    fn class_folders(paths: &str, asked: Option<&str>) -> String {
        let paths: Vec<&[u8]> = paths.split_whitespace().map(str::as_bytes).collect();
        let chosen = choose(&paths, &[], asked).unwrap();
        let one = |path: &&[u8]| String::from_utf8(chosen.class_folders(files::folder(path)).join(&b'/')).unwrap();
        paths.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts_name_no_class() {
        assert_eq!(class_folders("train/a/1 test/a/2", Some("all")), "a a");
        assert_eq!(class_folders("a/train/1 a/test/2 b/train/3 b/test/4", Some("all")), "a a b b");
        let folders = class_folders("trainA/1 trainB/2 testA/3", None);
        assert_eq!(folders.split(' ').take(2).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(class_folders("s/test/a/1 s/val/b/2", None), "s/a s/b");
    }

    /// A folder of masks that holds no images takes none away.
    #[test]
    fn what_belongs_to_images_and_holds_none_is_not_noted() {
        let notes = |more: &[&[u8]], folders: &[&[u8]]| {
            let paths: Vec<&[u8]> = [&b"images/a.png"[..], b"images/b.png"].iter().chain(more).copied().collect();
            choose(&paths, folders, None).unwrap().notes.join("\n")
        };
        assert!(!notes(&[], &[b"masks"]).contains("belong to others"));
        let told = notes(&[b"masks/a.png", b"masks/b.png"], &[]);
        assert!(told.contains("images that belong to others are left out (masks: 2): 2"), "{told}");
    }

    /// A part of something is not plainly the images that masks belong to: their names have to say it.
    #[test]
    fn masks_beside_a_part_of_something_are_named_alike() {
        let (all, _) = used("cars_train/1.png cars_train/2.png masks/x.png masks/y.png", None);
        assert_eq!(all, "cars_train/1.png cars_train/2.png masks/x.png masks/y.png");
        let (images, _) = used("cars_train/a.png cars_train/b.png masks/a.png masks/b.png", None);
        assert_eq!(images, "cars_train/a.png cars_train/b.png");
    }

    #[test]
    fn strays_are_noted_where_there_are_some() {
        let note = |paths: &str| used(paths, None).1.join("\n");
        let (without, with) = (note("train/a.png test/b.png"), note("train/a.png test/b.png c.png d.png"));
        assert!(
            without.contains("those of others left out (") && !without.contains("beside these folders"),
            "{without}"
        );
        assert!(with.contains("beside these folders: 2"), "{with}");
    }
}
