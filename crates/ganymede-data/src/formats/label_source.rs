//! Which of the things that lie beside images says their classes: a table, or the folders.
//! Not here: what a table says (`class_table.rs`), what folders say (`folder_classes.rs`).
//!
//! The rule: `dataset.json` of StyleGAN's tool, then `labels.csv`; then `metadata.jsonl`, `metadata.csv` and any other table of files
//! and classes, but only where the folders give no classes or differ in numbers alone; of several the highest, then by name. A table
//! that names less than half of the images is none, nor is one of captions. What could have been used is said, and `--labels` and
//! `--label-column` overrule.

use super::class_table::{ClassTable, Index};
use super::files;
use super::sheet::{self, Fault, Sheet, Stylegan};
use super::tree::Tree;
use crate::error::{DataError, Position};
use crate::options::DataOptions;
use crate::text::{self, NotText};

/// Words of `--labels` beside names of files.
const NONE: &str = "none";
const FOLDERS: &str = "folders";
/// Part of the images that a table must name to be used without being asked for.
const ENOUGH: f64 = 0.5;
/// Tables that are read to see what they are.
const READ: usize = 32;

/// How sure it is that a table is one of classes, by its name; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Stylegan,
    Labels,
    Metadata,
    Other,
}

/// Whether a file is a table that may name classes, by its name.
fn rank(path: &[u8]) -> Option<Rank> {
    let base = files::base(path);
    if base.eq_ignore_ascii_case(b"dataset.json") {
        return Some(Rank::Stylegan);
    }
    let ending = files::ending(base)?;
    if !matches!(&ending[..], "csv" | "tsv" | "jsonl") {
        return None;
    }
    Some(match &files::stem(base).to_ascii_lowercase()[..] {
        b"labels" | b"label" => Rank::Labels,
        b"metadata" => Rank::Metadata,
        _ => Rank::Other,
    })
}

/// Where the classes come from.
#[derive(Debug)]
pub(crate) enum Labels {
    Table(Box<ClassTable>),
    Folders,
    None,
}

/// What the folders say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByFolder {
    Nothing,
    /// Their names differ in numbers alone: they may be classes, or storage.
    Alike,
    Classes,
}

/// What was found.
pub(crate) struct Found {
    pub(crate) labels: Labels,
    pub(crate) notes: Vec<String>,
    /// The file that is used.
    pub(crate) file: Option<usize>,
    /// Whether the table is to name every image, because it was asked for; else those without a row are left out.
    pub(crate) strict: bool,
}

/// A file that may be a table, as it was read.
enum Parsed {
    Sheet(Sheet),
    Unlabelled,
    /// None of classes, and why.
    Another(String),
}

/// Finds what says the classes of the images `used`, among all whose paths are `paths`. `folders` is what the folders say, `left`
/// whether a file lies in a part of the set that is left out.
///
/// # Errors
/// When the table that is asked for, or one called `labels` or `dataset.json`, cannot be used.
pub(crate) fn find(
    tree: &Tree<'_>,
    paths: &[Vec<u8>],
    used: &[usize],
    options: &DataOptions,
    folders: ByFolder,
    left: &dyn Fn(&[u8]) -> bool,
) -> Result<Found, DataError> {
    let found = search(tree, paths, used, options, folders, left)?;
    match (&options.label_column, &found.labels) {
        (Some(column), Labels::Folders | Labels::None) => {
            let reason = format!("expected a table of files and classes to take the column `{column}` of, found none");
            Err(DataError::Option { name: "label_column", reason })
        }
        _ => Ok(found),
    }
}

fn search(
    tree: &Tree<'_>,
    paths: &[Vec<u8>],
    used: &[usize],
    options: &DataOptions,
    folders: ByFolder,
    left: &dyn Fn(&[u8]) -> bool,
) -> Result<Found, DataError> {
    let plain = |labels, notes| Ok(Found { labels, notes, file: None, strict: false });
    match options.labels.as_deref() {
        Some(NONE) => return plain(Labels::None, Vec::new()),
        Some(FOLDERS) => return plain(Labels::Folders, Vec::new()),
        Some(asked) => return asked_for(tree, paths, asked, options),
        None => {}
    }
    // What `sample` wrote below the folder is left out, and so are the classes of its samples.
    let mut written = tree.written();
    written.remove(&b""[..]);
    let mut tables: Vec<(Rank, usize)> = (0..tree.names.len())
        .filter(|&file| !left(files::folder(&tree.names[file])))
        .filter(|&file| !written.contains(files::folder(&tree.names[file])))
        .filter_map(|file| Some((rank(&tree.names[file])?, file)))
        .collect();
    let key = |&(rank, file): &(Rank, usize)| (rank, files::parts(&tree.names[file]).len());
    tables.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| files::natural(&tree.names[a.1], &tree.names[b.1])));
    // Only made where a table asks for it: it takes more memory than the names.
    let spelled = if tables.is_empty() { Vec::new() } else { spelled(tree, paths) };
    let index = Index::new(&spelled);
    // Who names the column wants a table.
    let asked = options.label_column.as_deref();
    let mut found: Option<Found> = None;
    let mut also: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for (rank, file) in tables.into_iter().take(READ) {
        let name = files::text(&tree.names[file]);
        let strict = rank <= Rank::Labels && found.is_none();
        let refused = |error: DataError| format!("{name} is not used for classes: {error}");
        let parsed = match parse(tree, file) {
            Ok(parsed) => parsed,
            Err(error) if strict => return Err(error),
            Err(error) => {
                notes.push(refused(error));
                continue;
            }
        };
        let labels = match parsed {
            Parsed::Another(why) => {
                notes.push(format!("{name} is not used for classes: {why}"));
                continue;
            }
            Parsed::Unlabelled => Labels::None,
            Parsed::Sheet(sheet) => match ClassTable::of(&sheet, &tree.spelled(&tree.names[file]), &index, asked) {
                Ok(table) => Labels::Table(Box::new(table)),
                // What is called `dataset.json` may be another tool's.
                Err(fault) if strict && rank == Rank::Labels => return Err(tree.fault(file, fault)),
                Err(fault) => {
                    notes.push(format!("{name} is not used for classes: line {}: {}", fault.line, fault.reason));
                    continue;
                }
            },
        };
        let mut few = false;
        if let Labels::Table(table) = &labels {
            let share = table.share(used);
            few = share < ENOUGH;
            // One called `labels` was put there for these images: that it names few of them has to be mended.
            if few && rank != Rank::Labels {
                if share > 0.0 || rank == Rank::Stylegan {
                    let share = share * 100.0;
                    notes.push(format!(
                        "{name} is not used for classes: it names {share:.0} % of the images; --labels {name} takes it"
                    ));
                }
                continue;
            }
            if let Some(why) = table.captions(used).filter(|_| asked.is_none()) {
                let column = &table.column;
                notes.push(format!("{name} is not used for classes: {why}; --label-column {column} takes them"));
                continue;
            }
        }
        if found.is_some() || (rank >= Rank::Metadata && folders == ByFolder::Classes && asked.is_none()) {
            also.push(name);
            continue;
        }
        if let Labels::None = labels {
            notes.push(format!(
                "{name} says that there are no labels: its folders are no classes; --labels {FOLDERS} takes them"
            ));
        }
        found = Some(Found { labels, notes: Vec::new(), file: Some(file), strict: few });
    }
    let mut found = found.unwrap_or(Found { labels: Labels::Folders, notes: Vec::new(), file: None, strict: false });
    if !also.is_empty() {
        let by = match &found.labels {
            Labels::Table(table) => table.name.clone(),
            _ => "the folders".into(),
        };
        notes.push(format!(
            "the classes are those of {by}; {} also names some (--labels NAME takes it)",
            files::few(&also)
        ));
    } else if let (Labels::Table(table), true) = (&found.labels, folders != ByFolder::Nothing) {
        notes
            .push(format!("the classes are those of {}, not the folders (--labels {FOLDERS} takes these)", table.name));
    }
    if let (Labels::Folders, ByFolder::Alike) = (&found.labels, folders) {
        notes.push(format!(
            "the folders, which differ in numbers alone, are taken for classes; --labels {NONE} if they only store"
        ));
    }
    found.notes = notes;
    Ok(found)
}

/// Paths as they are compared with those in a table.
fn spelled(tree: &Tree<'_>, paths: &[Vec<u8>]) -> Vec<Vec<u8>> {
    paths.iter().map(|path| tree.spelled(path)).collect()
}

/// The table that is named, by its path or the end of it.
fn asked_for(tree: &Tree<'_>, paths: &[Vec<u8>], asked: &str, options: &DataOptions) -> Result<Found, DataError> {
    let wanted = files::composed(asked.trim_start_matches("./")).into_owned().into_bytes();
    let names: Vec<Vec<u8>> = spelled(tree, &tree.names);
    let mut fitting: Vec<usize> = (0..names.len()).filter(|&file| names[file] == wanted).collect();
    if fitting.is_empty() {
        fitting = (0..names.len()).filter(|&file| files::base(&names[file]).eq_ignore_ascii_case(&wanted)).collect();
    }
    let refuse = |reason| Err(DataError::Option { name: "labels", reason });
    let [file] = fitting[..] else {
        let tables: Vec<String> =
            tree.names.iter().filter(|name| rank(name).is_some()).map(|name| files::text(name)).collect();
        let there = if tables.is_empty() { "no table".into() } else { files::few(&tables) };
        let several = if fitting.is_empty() { "" } else { " (several have that name: say the path)" };
        return refuse(format!(
            "expected a table in the data ({there}), `{FOLDERS}` or `{NONE}`, found `{asked}`{several}"
        ));
    };
    let labels = match parse(tree, file)? {
        Parsed::Sheet(sheet) => {
            let spelled = spelled(tree, paths);
            let table = ClassTable::of(&sheet, &names[file], &Index::new(&spelled), options.label_column.as_deref());
            Labels::Table(Box::new(table.map_err(|fault| tree.fault(file, fault))?))
        }
        Parsed::Unlabelled => Labels::None,
        Parsed::Another(why) => {
            return refuse(format!("expected a table of files and classes, found `{asked}`: {why}"));
        }
    };
    Ok(Found { labels, notes: Vec::new(), file: Some(file), strict: true })
}

fn parse(tree: &Tree<'_>, file: usize) -> Result<Parsed, DataError> {
    let refused = |reason| DataError::Malformed { path: tree.path(file), at: Position::Whole, reason };
    let bytes = tree.table(file).map_err(refused)?;
    let text = text::decode(&bytes).map_err(|e| DataError::Unsupported {
        path: tree.path(file),
        what: format!("line {}: {}", e.line, e.reason),
        hint: NotText::HINT,
    })?;
    let fault = |fault: Fault| tree.fault(file, fault);
    let name = files::base(&tree.names[file]);
    Ok(match files::ending(name).as_deref() {
        Some("json") => match sheet::stylegan(&text).map_err(fault)? {
            Stylegan::Labels(sheet) => Parsed::Sheet(sheet),
            Stylegan::None => Parsed::Unlabelled,
            Stylegan::Another(lacks) => Parsed::Another(lacks),
        },
        Some("jsonl") => Parsed::Sheet(sheet::lines_of_json(&text).map_err(fault)?),
        _ => Parsed::Sheet(sheet::separated(&text).map_err(fault)?),
    })
}
