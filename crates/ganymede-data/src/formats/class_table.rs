//! A table that names the class of each image: which image a row means, and whether the values are classes at all.
//! Not here: its bytes (`sheet.rs`), its columns (`class_columns.rs`), which table is used (`label_source.rs`), classes by folders
//! (`folder_classes.rs`).
//!
//! Two columns, file and class, or a header that names them. A row means the image that lies, from the table on, where the row
//! says; else, without the ending and in large or small letters; else the only one whose path ends like the row's, or whose
//! name is the row's.

use super::class_columns::{Columns, is_of_classes};
use super::files;
use super::sheet::{Fault, Sheet};
use crate::raster::content;
use crate::raster::decode::has_image_ending;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// Most classes.
const MAX_CLASSES: usize = 65_536;
/// Images from which on values that no two of them share are no classes; of fewer, only sentences are none.
const FEW: usize = 8;
/// The same of a column that is called `label` or the like: a few images of many classes have one each.
const FEW_OF_CLASSES: usize = 100;
/// Words of a sentence, at least.
const SENTENCE: usize = 4;

/// Images of one name that are compared with a row; of more, a row must say the folder.
const MAX_NAMESAKES: usize = 256;

/// The images that rows may mean, by their paths in the spelling of [`Tree::spelled`](super::tree::Tree::spelled).
pub(crate) struct Index<'a> {
    paths: &'a [Vec<u8>],
    by_path: HashMap<&'a [u8], usize>,
    /// By their path without an ending, in small letters.
    by_stem: HashMap<String, Vec<usize>>,
    /// By their name in small letters, without an ending and with it.
    by_name: HashMap<String, Vec<usize>>,
}

impl<'a> Index<'a> {
    /// The images of these paths.
    pub(crate) fn new(paths: &'a [Vec<u8>]) -> Index<'a> {
        let mut index = Index { paths, by_path: HashMap::new(), by_stem: HashMap::new(), by_name: HashMap::new() };
        let mut twins: Vec<&[u8]> = Vec::new();
        for (image, path) in paths.iter().enumerate() {
            let base = files::base(path);
            if index.by_path.insert(path, image).is_some() {
                twins.push(path);
            }
            index
                .by_stem
                .entry(fold(&path[..path.len() - base.len() + files::stem(base).len()]))
                .or_default()
                .push(image);
            index.by_name.entry(fold(files::stem(base))).or_default().push(image);
            if files::stem(base) != base {
                index.by_name.entry(fold(base)).or_default().push(image);
            }
        }
        // Two images of one spelling: a row means both, which the other ways to find them give.
        twins.into_iter().for_each(|path| _ = index.by_path.remove(path));
        index
    }

    /// The images that may be meant by a row's file, with how well each fits; the best alone.
    pub(super) fn find(&self, folder: &[u8], file: &str) -> Vec<(Fit, usize)> {
        let row = parts(&files::composed(file));
        let Some(base) = row.last() else { return Vec::new() };
        let whole = [folder, if folder.is_empty() { b"" } else { b"/" }, row.join("/").as_bytes()].concat();
        if let Some(&image) = self.by_path.get(&whole[..]) {
            return vec![(Fit { place: 2, common: row.len(), exact: 3 }, image)];
        }
        let known = has_image_ending(base.as_bytes())
            || files::ending(base.as_bytes()).and_then(|e| content::of_ending(&e)).is_some_and(|kind| kind.image);
        let stem = if known { files::stem(base.as_bytes()) } else { base.as_bytes() };
        let all = |of: &HashMap<String, Vec<usize>>, long: &[u8], short: &[u8]| {
            let names = BTreeSet::from([fold(long), fold(short)]);
            let found: BTreeSet<usize> = names.iter().filter_map(|name| of.get(name)).flatten().copied().collect();
            found.into_iter().collect::<Vec<usize>>()
        };
        let mut found = all(&self.by_stem, &whole, &whole[..whole.len() - base.len() + stem.len()]);
        if found.is_empty() {
            found = all(&self.by_name, base.as_bytes(), stem);
        }
        if found.len() > MAX_NAMESAKES {
            return Vec::new();
        }
        let alone = found.len() == 1;
        let fits =
            found.into_iter().filter_map(|image| Some((fit(&self.paths[image], folder, &row, stem, alone)?, image)));
        let fits: Vec<(Fit, usize)> = fits.collect();
        let best = fits.iter().map(|(fit, _)| *fit).max();
        fits.into_iter().filter(|(fit, _)| Some(*fit) == best).collect()
    }
}

/// How well a row fits an image: where it lies, how much of the paths agree from the end on, its ending and letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// 2: it lies where the row says; 1: one path ends like the other; 0: only the name is the same.
    place: u8,
    common: usize,
    exact: u8,
}

fn fit(path: &[u8], folder: &[u8], row: &[String], stem: &[u8], alone: bool) -> Option<Fit> {
    let (base, image) = (files::base(path), files::parts(path));
    let whole = row.last().is_some_and(|last| last.as_bytes() == base);
    let exact = u8::from(whole) * 2 + u8::from(files::stem(base) == stem);
    let above = |parts: &mut dyn DoubleEndedIterator<Item = String>| parts.rev().skip(1).collect::<Vec<_>>();
    let rows = above(&mut row.iter().map(|part| fold(part.as_bytes())));
    let images = above(&mut image.iter().map(|part| fold(part)));
    let common = rows.iter().zip(&images).take_while(|(a, b)| a == b).count();
    let place =
        if common == rows.len() && images.len() - common == files::parts(folder).len() && path.starts_with(folder) {
            2
        } else if common == rows.len() || common == images.len() {
            1
        } else if alone {
            0
        } else {
            return None;
        };
    Some(Fit { place, common, exact })
}

/// A row's file as the parts of its path, whatever separates them.
fn parts(file: &str) -> Vec<String> {
    let parts = file.split(['/', '\\']).filter(|part| !part.is_empty() && *part != "." && *part != "..");
    parts.map(String::from).collect()
}

fn fold(name: &[u8]) -> String {
    files::text(name).to_lowercase()
}

/// A table that was read, on the images that there are.
#[derive(Debug, PartialEq)]
pub(crate) struct ClassTable {
    /// The table's path, for messages.
    pub(crate) name: String,
    /// The class of each image of the index.
    of: Vec<Option<u32>>,
    /// Names of all classes in the table, as they came.
    names: Vec<String>,
    /// Rows that mean no image, or one of several.
    pub(crate) unused: usize,
    /// The column of the classes, as `--label-column` names it.
    pub(crate) column: String,
    /// What was chosen.
    pub(crate) notes: Vec<String>,
}

impl ClassTable {
    /// Finds the images that the rows of the table `name` mean; `column` says which column is that of the classes.
    ///
    /// # Errors
    /// For columns that cannot be told, empty fields, and an image with two classes.
    pub(crate) fn of(sheet: &Sheet, name: &[u8], index: &Index<'_>, column: Option<&str>) -> Result<ClassTable, Fault> {
        let folder = files::folder(name);
        let name = files::text(name);
        let base = name.rsplit('/').next().unwrap_or_default().to_string();
        let columns = Columns::of(sheet, folder, index, column)?;
        let mut notes = Vec::new();
        if let Some(said) = columns.said {
            notes.push(format!("{base}: {said}"));
        }
        let rows = &sheet.rows[columns.first..];
        let mut numbers = HashMap::<Cow<'_, str>, u32>::new();
        let mut names = Vec::new();
        let mut best: Vec<Option<(Fit, u32, bool)>> = vec![None; index.paths.len()];
        let mut unused = 0;
        let mut seen = HashMap::<&str, u32>::new();
        for (line, row) in rows {
            let (Some(file), Some(class)) = (row.get(columns.file), row.get(columns.class)) else {
                return Err(Fault::new(*line, format!("expected a file and a class, found {} columns", row.len())));
            };
            if file.is_empty() || class.is_empty() {
                return Err(Fault::new(*line, "expected a file and a class, found an empty field"));
            }
            let class = files::composed(class);
            let number = *numbers.entry(class.clone()).or_insert_with(|| {
                names.push(class.to_string());
                names.len() as u32 - 1
            });
            if let Some(before) = seen.insert(file, number).filter(|before| *before != number) {
                let classes = format!("`{}` and `{class}`", names[before as usize]);
                return Err(Fault::new(*line, format!("expected one class of {file}, found {classes}")));
            }
            let found = index.find(folder, file);
            // Several images of one name in one folder, such as a.png and a.jpg, are all meant; in several folders, none is.
            let folders: BTreeSet<&[u8]> = found.iter().map(|(_, image)| files::folder(&index.paths[*image])).collect();
            if folders.len() != 1 {
                unused += 1;
                continue;
            }
            for (fit, image) in found {
                match &mut best[image] {
                    Some((before, other, clear)) if *before == fit => *clear &= *other == number,
                    Some((before, ..)) if *before > fit => {}
                    slot => *slot = Some((fit, number, true)),
                }
            }
        }
        if rows.is_empty() {
            let found = if columns.first > 0 || sheet.header.is_some() { "a header alone" } else { "nothing" };
            return Err(Fault::new(1, format!("expected rows of a file and a class, found {found}")));
        }
        let of = best.into_iter().map(|best| best.filter(|(.., clear)| *clear).map(|(_, number, _)| number)).collect();
        Ok(ClassTable { name, of, names, unused, column: columns.name, notes })
    }

    /// The class of an image.
    pub(crate) fn class(&self, image: usize) -> Option<&str> {
        self.of[image].map(|number| &self.names[number as usize][..])
    }

    /// The part of these images that have a class.
    pub(crate) fn share(&self, images: &[usize]) -> f64 {
        images.iter().filter(|&&image| self.of[image].is_some()).count() as f64 / images.len().max(1) as f64
    }

    /// Why the values are rather captions, numbers or names of these images than classes: most images have one of their own.
    pub(crate) fn captions(&self, images: &[usize]) -> Option<String> {
        let numbers: Vec<u32> = images.iter().filter_map(|&image| self.of[image]).collect();
        let mut counts = vec![0u32; self.names.len()];
        numbers.iter().for_each(|&number| counts[number as usize] += 1);
        let alone: Vec<u32> = numbers.iter().copied().filter(|&number| counts[number as usize] == 1).collect();
        let is_sentence = |number: &&u32| self.names[**number as usize].split_whitespace().count() >= SENTENCE;
        let sentences = alone.iter().filter(is_sentence).count();
        let few = if is_of_classes(&self.column) { FEW_OF_CLASSES } else { FEW };
        (alone.len() * 2 > numbers.len() && (numbers.len() >= few || sentences * 2 > alone.len())).then(|| {
            let (all, alone, column) = (numbers.len(), alone.len(), &self.column);
            format!("of {all} images {alone} have a value of the column `{column}` that no other has, as captions do")
        })
    }

    /// One label for each of these images, which all have a class, and the names of the classes in their order.
    ///
    /// # Errors
    /// When there are more classes than make sense.
    pub(crate) fn classes(&self, images: &[usize]) -> Result<(Vec<u32>, Vec<String>), String> {
        let of: Vec<&str> = images.iter().filter_map(|&image| self.class(image)).collect();
        let mut names: Vec<&str> = of.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if names.len() > MAX_CLASSES {
            return Err(format!("at most {MAX_CLASSES} classes"));
        }
        files::sort_classes(&mut names);
        let labels: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
        Ok((of.iter().map(|class| labels[class]).collect(), names.into_iter().map(String::from).collect()))
    }

    /// The classes of the table that none of these images has.
    pub(crate) fn without(&self, images: &[usize]) -> Vec<String> {
        let had: BTreeSet<u32> = images.iter().filter_map(|&image| self.of[image]).collect();
        (0..).zip(&self.names).filter(|(number, _)| !had.contains(number)).map(|(_, name)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::separated;
    use super::*;

    fn paths(names: &str) -> Vec<Vec<u8>> {
        names.split_whitespace().map(|name| name.as_bytes().to_vec()).collect()
    }

    /// The classes of some images by a table, `-` for none.
    fn classes(name: &str, text: &str, images: &str) -> Result<String, Fault> {
        let paths = paths(images);
        let table = ClassTable::of(&separated(text)?, name.as_bytes(), &Index::new(&paths), None)?;
        Ok((0..paths.len()).map(|image| table.class(image).unwrap_or("-")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rows_mean_images_by_path_stem_or_name() {
        for text in [
            "a.png,cat\nsub/b.png,dog\n",
            "file,class\na.png,cat\n./sub/b.png,dog\n",
            "label;id\r\ncat;a\r\ndog;sub\\b\r\n",
            "width\tname\tclass\n3\ta\tcat\n4\t\"sub/b.png\"\t dog \n",
            "a.png,cat\nsub/b.png,\"dog\"\nc.png,\"a \"\"cat\"\", or\na dog\"\nd.png,5\"\n",
            "id,breed\na,cat\nb,dog\n",
            "A.PNG,cat\nB,dog\n",
            "a.jpg,cat\nb.JPEG,dog\n",
            "image,label\n/kaggle/input/set/a.png,cat\n/kaggle/input/set/sub/b.png,dog\n",
            "path,label\nC:\\data\\a.png,cat\nC:\\data\\sub\\b.png,dog\n",
            "Image Index,Finding Labels,Age\na.png,cat,58\nb.png,dog,3\n",
            ",image,target,x\n0,a.png,cat,1\n1,b.png,dog,2\n,,,\n",
            "cat,a.png\ndog,b.png\n",
            "datei,klasse,breite\na.png,cat,3\nb.png,dog,3\n".replace("klasse", "class").as_str(),
        ] {
            assert_eq!(classes("labels.csv", text, "a.png sub/b.png z.png").unwrap(), "cat dog -", "{text}");
        }
        // The table lies beside the images, above them, or below.
        assert_eq!(classes("set/labels.csv", "a.png,cat\n", "set/a.png other/z.png").unwrap(), "cat -");
        assert_eq!(classes("meta/labels.csv", "a,cat\n", "set/a.png set/b.png").unwrap(), "cat -");
    }

    #[test]
    fn an_image_is_not_taken_for_another_of_its_name() {
        // In two folders: by the folder, or not at all.
        assert_eq!(classes("labels.csv", "x/1.png,a\ny/1.png,b\n", "x/1.png y/1.png z/1.png").unwrap(), "a b -");
        assert_eq!(classes("labels.csv", "1.png,a\n", "x/1.png y/1.png").unwrap(), "- -");
        assert_eq!(classes("labels.csv", "w/1.png,a\n", "x/1.png y/1.png").unwrap(), "- -");
        // A row of the test set, whose image lies in the test set.
        assert_eq!(classes("labels.csv", "train/1.png,a\ntest/1.png,b\n", "train/1.png test/1.png").unwrap(), "a b");
        assert_eq!(classes("labels.csv", "train/1.png,a\ntest/1.png,b\n", "1.png 2.png").unwrap(), "- -");
        // With and without ending, large and small letters: the exact one first.
        assert_eq!(classes("labels.csv", "a.png,1\nA.png,2\n", "a.png A.png").unwrap(), "1 2");
        assert_eq!(classes("labels.csv", "a,1\n", "a.png a.jpg").unwrap(), "1 1");
        assert_eq!(classes("labels.csv", "a.png,1\na.jpg,2\n", "a.png a.jpg").unwrap(), "1 2");
        assert_eq!(classes("labels.csv", "v1.2,1\nv1.3,2\n", "v1.2.png v1.3.png").unwrap(), "1 2");
    }

    #[test]
    fn classes_are_in_the_order_in_which_people_count() {
        let paths = paths("1.png 2.png 3.png 4.png");
        let index = Index::new(&paths);
        let parsed = |text: &str| ClassTable::of(&separated(text).unwrap(), b"labels.csv", &index, None).unwrap();
        let table = parsed("1.png,10\n2.png,9\n3.png,10\n7.png,1\n8.png,1\n");
        assert_eq!(table.classes(&[0, 1, 2]).unwrap(), (vec![1, 0, 1], ["9", "10"].map(String::from).to_vec()));
        assert_eq!((table.unused, table.without(&[0, 1, 2])), (2, vec!["1".to_string()]));
        let table = parsed("1.png,class10\n2.png,class9\n");
        assert_eq!(table.classes(&[0, 1]).unwrap().1, ["class9", "class10"]);
        assert_eq!(table.share(&[0, 1, 2, 3]), 0.5);
    }

    #[test]
    fn values_that_hardly_two_images_share_are_captions() {
        let captions_in = |column: &str, of: &dyn Fn(usize) -> String, n: usize| {
            let paths: Vec<Vec<u8>> = (0..n).map(|i| format!("{i}.png").into_bytes()).collect();
            let text: String = (0..n).map(|i| format!("{i}.png,{}\n", of(i))).collect();
            let sheet = separated(&format!("file_name,{column}\n{text}")).unwrap();
            let table = ClassTable::of(&sheet, b"metadata.csv", &Index::new(&paths), None).unwrap();
            table.captions(&(0..n).collect::<Vec<usize>>())
        };
        let captions = |of: &dyn Fn(usize) -> String, n: usize| captions_in("text", of, n);
        let said = "of 8 images 8 have a value of the column `text` that no other has, as captions do";
        assert_eq!(captions(&|i| format!("x{i}"), 8).as_deref(), Some(said));
        assert_eq!(
            captions(&|i| format!("a photo of {i}"), 2).map(|said| said.starts_with("of 2 images 2")),
            Some(true)
        );
        // Of 40 images 20 have a value of their own, and 21.
        assert!(captions(&|i| format!("x{}", i.max(19)), 40).is_none());
        assert!(captions(&|i| format!("x{}", i.max(18)), 40).is_some());
        // A column of labels may have one of each; a hundred are numbers or names of the images.
        assert_eq!(captions_in("label", &|i| format!("x{i}"), 99), None);
        assert!(captions_in("label", &|i| format!("x{i}"), 100).is_some());
        assert!(captions_in("label", &|i| format!("a photo of {i}"), 9).is_some());
        // Few images, of a class each; many classes of two.
        assert_eq!(captions(&|i| format!("x{i}"), 7), None);
        assert_eq!(captions(&|i| format!("a photo of {}", i / 2), 40), None);
    }

    #[test]
    fn names_are_compared_in_their_composed_form() {
        // The table was written on macOS: e and an accent.
        assert_eq!(classes("labels.csv", "cafe\u{301}.png,a\nx.png,b\n", "caf\u{e9}.png x.png").unwrap(), "a b");
        // One class in two spellings is one.
        let two = "1.png,caf\u{e9}\n2.png,cafe\u{301}\n3.png,x\n";
        assert_eq!(classes("labels.csv", two, "1.png 2.png 3.png").unwrap(), "caf\u{e9} caf\u{e9} x");
        // Two images of one spelling are both meant.
        assert_eq!(classes("labels.csv", "a.png,1\nb.png,2\n", "a.png a.png b.png").unwrap(), "1 1 2");
    }

    #[test]
    fn tables_that_say_too_little_or_too_much_are_refused() {
        let rows = "expected rows of a file and a class, found";
        for (text, line, reason) in [
            ("a.png\n", 1, "expected two columns, file and class, or a header with these names, found 1 columns"),
            ("a.png,1,cat\n", 1, "found 3 columns"),
            ("a.png,cat\nb.png\n", 2, "expected a file and a class, found 1 columns"),
            ("a.png,cat\r\n\r\nb.png,\r\n", 3, "an empty field"),
            ("file,class\na.png,cat\na.png,dog\n", 3, "expected one class of a.png, found `cat` and `dog`"),
            ("file,class\na.png,\"cat\nb.png,dog\nc.png,dog\n", 2, "expected a second quote, found none"),
            ("a.png,\"the \"\"cat\"\"\nb.png,dog\n", 1, "expected a second quote, found none"),
            ("", 1, &format!("{rows} nothing")),
            ("\n\n", 1, &format!("{rows} nothing")),
            ("file,class\n", 1, &format!("{rows} a header alone")),
        ] {
            let fault = classes("labels.csv", text, "a.png b.png").unwrap_err();
            assert!(fault.line == line && fault.reason.contains(reason), "{text}: {fault:?}");
        }
    }

    /// Whichever row comes first.
    #[test]
    fn the_row_that_fits_an_image_best_says_its_class() {
        for rows in ["a.png,x\na,y\n", "a,y\na.png,x\n"] {
            let (sheet, paths) =
                (separated(&format!("file,class\n{rows}")).unwrap(), [b"a.png".to_vec(), b"a.jpg".to_vec()]);
            let table = ClassTable::of(&sheet, b"labels.csv", &Index::new(&paths), None).unwrap();
            assert_eq!((table.class(0), table.class(1)), (Some("x"), Some("y")), "{rows}");
        }
    }

    /// A column by its number in a table without headings: its first row is one like the others.
    #[test]
    fn a_numbered_column_makes_no_headings() {
        let (sheet, paths) = (separated("a.png,x\nb.png,y\n").unwrap(), [b"a.png".to_vec(), b"b.png".to_vec()]);
        let table = ClassTable::of(&sheet, b"labels.csv", &Index::new(&paths), Some("2")).unwrap();
        assert_eq!((table.class(0), table.class(1)), (Some("x"), Some("y")));
    }

    /// The heading says which column is that of the files, though another one names images as well.
    #[test]
    fn the_column_of_files_is_the_one_that_is_called_so() {
        let sheet = separated("previous,file,label\nb.png,a.png,x\na.png,b.png,y\n").unwrap();
        let paths = [b"a.png".to_vec(), b"b.png".to_vec()];
        let table = ClassTable::of(&sheet, b"labels.csv", &Index::new(&paths), None).unwrap();
        assert_eq!((table.class(0), table.class(1)), (Some("x"), Some("y")));
        // Also where it names fewer of them.
        let sheet = separated("previous,file,label\nb.png,a.png,x\na.png,gone.png,y\n").unwrap();
        let table = ClassTable::of(&sheet, b"labels.csv", &Index::new(&paths), None).unwrap();
        assert_eq!((table.class(0), table.class(1)), (Some("x"), None));
    }
}
