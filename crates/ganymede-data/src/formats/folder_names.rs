//! What the name of a folder says: a part of a set (`Training`, `val2017`, `test-set`), or what belongs to images
//! without being some (`masks`, `annotations`). Not here: what follows from it (`set_parts.rs`).

use super::files;

/// A part of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Train,
    Validation,
    Test,
    /// Images without labels.
    Unlabelled,
    /// What is neither learned from nor measured with, and only known beside other parts: predictions, more images.
    Other,
}

/// Words for parts, each in the forms that people write.
const PARTS: [(Part, &[&str]); 5] = [
    (Part::Train, &["train", "training", "trainval", "trn", "trains"]),
    (Part::Validation, &["val", "valid", "validation", "validate", "vali", "dev", "eval", "evaluation", "holdout"]),
    (Part::Test, &["test", "testing", "tst", "tests"]),
    (Part::Unlabelled, &["unlabeled", "unlabelled"]),
    (Part::Other, &["pred", "predict", "prediction", "predictions", "extra", "inference"]),
];

/// Words for what belongs to images that can hardly be a class of them.
const BESIDE: [&str; 18] = [
    "masks",
    "labels",
    "annotations",
    "annots",
    "annotation",
    "annot",
    "anno",
    "annos",
    "segmentation",
    "segmentations",
    "groundtruth",
    "groundtruths",
    "gt",
    "trimaps",
    "trimap",
    "mattes",
    "bboxes",
    "contours",
];
/// Such words that may be one.
const PERHAPS_BESIDE: [&str; 11] =
    ["mask", "label", "seg", "segs", "segmented", "depth", "depths", "normals", "edges", "matte", "lbl"];

/// Words that say nothing.
const FILLERS: [&str; 49] = [
    "set",
    "sets",
    "image",
    "images",
    "img",
    "imgs",
    "data",
    "dataset",
    "datasets",
    "pic",
    "pics",
    "picture",
    "pictures",
    "photo",
    "photos",
    "split",
    "splits",
    "part",
    "folder",
    "file",
    "files",
    "sample",
    "samples",
    "x",
    "rgb",
    "input",
    "inputs",
    "jpg",
    "jpeg",
    "png",
    "tif",
    "tiff",
    "original",
    "originals",
    "orig",
    "raw",
    "color",
    "colour",
    "the",
    "full",
    "subset",
    "jpegimages",
    "class",
    "classes",
    "object",
    "objects",
    "v",
    "fine",
    "coarse",
];

/// What a folder's name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FolderName {
    /// The part of a set.
    pub(crate) part: Option<Part>,
    /// Whether it has a word for what belongs to images, and whether that can hardly be a class.
    pub(crate) beside: Option<bool>,
    /// The words that remain, in small letters; as they were written for people.
    pub(crate) rest: Vec<String>,
}

impl FolderName {
    /// Reads the name of a folder.
    pub(crate) fn of(name: &[u8]) -> FolderName {
        let mut read = FolderName::default();
        let mut parts: Vec<Part> = Vec::new();
        let all = words(&files::text(name));
        let mut fillers = 0;
        let mut short = None;
        for (at, word) in all.iter().enumerate() {
            let small = word.to_lowercase();
            if let Some(part) = part_of(&small) {
                parts.push(part);
            } else if small == "truth" && at > 0 && all[at - 1].eq_ignore_ascii_case("ground") {
                read.rest.pop();
                read.beside = Some(true);
            } else if BESIDE.contains(&&small[..]) {
                read.beside = Some(true);
            } else if PERHAPS_BESIDE.contains(&&small[..]) {
                read.beside = read.beside.or(Some(false));
            } else if FILLERS.contains(&&small[..]) || small.bytes().all(|b| b.is_ascii_digit()) {
                fillers += 1;
            } else {
                short = match &small[..] {
                    "tr" => Some(Part::Train),
                    "ts" => Some(Part::Test),
                    _ => short,
                };
                read.rest.push(word.clone());
            }
        }
        // `imagesTr` and `labelsTs`: too short to be a word without another beside it.
        if let (Some(part), true, [_]) = (short, fillers > 0 || read.beside.is_some(), &read.rest[..]) {
            parts.push(part);
            read.rest.clear();
        }
        parts.sort_unstable();
        parts.dedup();
        read.part = match parts[..] {
            [part] => Some(part),
            // What is learned from and chosen with; with the test beside, it is a folder of parts.
            [Part::Train, Part::Validation] => Some(Part::Train),
            _ => None,
        };
        read
    }

    /// The words that remain, to be compared.
    pub(crate) fn key(&self) -> String {
        self.rest.join(" ").to_lowercase()
    }

    /// Whether the name says no more than that these are images: `images`, `RGB`, `leftImg8bit`.
    pub(crate) fn is_plain(&self) -> bool {
        let says_nothing = |word: &String| matches!(&word.to_lowercase()[..], "left" | "bit");
        self.part.is_none() && self.beside.is_none() && self.rest.iter().all(says_nothing)
    }
}

/// Whether names of folders differ in numbers and words that say nothing alone: `images_001`, `part_2`, `00003`.
pub(crate) fn are_alike(names: &[String]) -> bool {
    let key = |name: &String| FolderName::of(name.as_bytes()).key();
    names.first().is_some_and(|first| names.iter().all(|name| key(name) == key(first)))
}

/// The part that a word means, also with a word without meaning before or behind it: `trainset`, `testimages`.
pub(crate) fn part_of(word: &str) -> Option<Part> {
    let known = |word: &str| PARTS.iter().find(|(_, words)| words.contains(&word)).map(|(part, _)| *part);
    known(word).or_else(|| {
        FILLERS.iter().filter(|filler| filler.len() > 1).find_map(|filler| {
            let without = word.strip_suffix(filler).or_else(|| word.strip_prefix(filler));
            without.filter(|word| word.len() > 2).and_then(known)
        })
    })
}

/// Whether a file is named as another of the same folder is, with a word for what belongs to it behind: the other's stem.
pub(crate) fn image_of(stem: &[u8]) -> Option<&[u8]> {
    let mut end = stem.len();
    let mut found = None;
    while let Some(at) = stem[..end].iter().rposition(|b| b"_-. ".contains(b)).filter(|&at| at > 0) {
        let word = files::text(&stem[at + 1..end]).to_lowercase();
        if BESIDE.contains(&&word[..]) || PERHAPS_BESIDE.contains(&&word[..]) {
            found = Some(&stem[..at]);
        } else if !(word.bytes().all(|b| b.is_ascii_digit()) && found.is_none()) {
            break;
        }
        end = at;
    }
    found
}

/// Words of a name: split where letters end, where small letters become large, and between letters and digits.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        // `trainSet`, `JPEGImages`, `val2017`.
        let small_follows = letters.peek().is_some_and(|next| next.is_lowercase());
        let starts = match before {
            Some(b) if b.is_alphanumeric() => {
                (letter.is_uppercase() && (b.is_lowercase() || (b.is_uppercase() && small_follows)))
                    || b.is_ascii_digit() != letter.is_ascii_digit()
            }
            _ => true,
        };
        if letter.is_alphanumeric() {
            match words.last_mut().filter(|_| !starts) {
                Some(word) => word.push(letter),
                None => words.push(letter.into()),
            }
        }
        before = Some(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_part_is_known() {
        for (part, names) in [
            (
                Part::Train,
                "train Train TRAIN training Training TRAINING train_images images_train train-set Train_Set trainset \
                 TrainSet train2017 train_2 01_train trainval trainval2012 training-data traindata trainimages \
                 TrainImages imagesTr train.images train+val TRAINING_SET imgs_train train_jpg",
            ),
            (
                Part::Validation,
                "val valid validation Validation VAL val2017 valset dev dev-set valid_images eval holdout",
            ),
            (Part::Test, "test Test TEST testing Testing test-set test_images testset test2017 TestImages imagesTs"),
            (Part::Unlabelled, "unlabeled unlabelled unlabeled2017"),
            (Part::Other, "pred prediction extra"),
        ] {
            for name in names.split_whitespace() {
                let read = FolderName::of(name.as_bytes());
                assert_eq!((read.part, read.key().as_str()), (Some(part), ""), "{name}");
            }
        }
        for name in [
            "cat",
            "rain",
            "strain",
            "contest",
            "latest",
            "train_test",
            "testtrain",
            "tr",
            "ts",
            "protest",
            "attestation",
        ] {
            assert_eq!(FolderName::of(name.as_bytes()).part, None, "{name}");
        }
        for (name, part, rest) in [
            ("trainA", Part::Train, "a"),
            ("seg_test", Part::Test, ""),
            ("cars_train", Part::Train, "cars"),
            ("DIV2K_valid_HR", Part::Validation, "div k hr"),
            ("bullet train", Part::Train, "bullet"),
            ("test tube", Part::Test, "tube"),
        ] {
            let read = FolderName::of(name.as_bytes());
            assert_eq!((read.part, read.key().as_str()), (Some(part), rest), "{name}");
        }
    }

    #[test]
    fn files_named_after_an_image_are_known() {
        for (stem, image) in [
            ("benign (1)_mask", Some("benign (1)")),
            ("benign (1)_mask_2", Some("benign (1)")),
            ("x_ground-truth", None),
            ("x_seg_mask", Some("x")),
            ("x-gt", Some("x")),
            ("with_mask_12", Some("with")),
            ("mask", None),
            ("_mask", None),
            ("x_2", None),
        ] {
            assert_eq!(image_of(stem.as_bytes()), image.map(str::as_bytes), "{stem}");
        }
    }

    #[test]
    fn what_belongs_to_images_is_known() {
        for name in [
            "masks",
            "Masks",
            "train_masks",
            "labelsTr",
            "annotations",
            "ground_truth",
            "GroundTruth",
            "gt",
            "groundtruth_images",
        ] {
            let read = FolderName::of(name.as_bytes());
            assert_eq!((read.beside, read.rest.len()), (Some(true), 0), "{name}");
        }
        assert_eq!(FolderName::of(b"mask").beside, Some(false));
        assert_eq!(FolderName::of(b"without_mask").rest, ["without"]);
        assert!(FolderName::of(b"images_512").is_plain() && FolderName::of(b"RGB").is_plain());
        assert!(!FolderName::of(b"cats").is_plain() && FolderName::of(b"leftImg8bit").is_plain());
        assert_eq!(FolderName::of(b"gtFine"), FolderName { beside: Some(true), ..FolderName::default() });
    }

    #[test]
    fn folders_that_store_are_alike() {
        let alike = |names: &str| are_alike(&names.split(' ').map(String::from).collect::<Vec<_>>());
        for names in ["images_001 images_002", "00000 00001", "HAM10000_images_part_1 HAM10000_images_part_2", "1 2 10"]
        {
            assert!(alike(names), "{names}");
        }
        assert!(!alike("cats dogs") && !alike("part_a part_b") && !alike("n02_cat n03_dog"));
    }

    #[test]
    fn truth_alone_is_a_word_like_any_other() {
        assert_eq!((FolderName::of(b"truth").beside, FolderName::of(b"truth").key().as_str()), (None, "truth"));
        assert_eq!(FolderName::of(b"ground truth").beside, Some(true));
    }
}
