//! Which columns of a table are those of files and of classes: by their headings, else by the values that name images.
//! Not here: which image a row means (`class_table.rs`).

use super::class_table::Index;
use super::files;
use super::sheet::{Fault, Sheet};

/// Headings of the column of files, the surest first: in small letters, without what is neither letter nor digit.
const FILES: [&str; 26] = [
    "filename",
    "filenames",
    "file",
    "files",
    "filepath",
    "filepaths",
    "path",
    "paths",
    "imagepath",
    "imagepaths",
    "imagefile",
    "imagename",
    "image",
    "images",
    "imageid",
    "img",
    "imgname",
    "imgpath",
    "imgid",
    "fileid",
    "picture",
    "photo",
    "photoid",
    "id",
    "name",
    "key",
];
/// Headings of the column of classes, the surest first.
const CLASSES: [&str; 25] = [
    "class",
    "label",
    "labels",
    "category",
    "target",
    "classname",
    "labelname",
    "categoryname",
    "classlabel",
    "classes",
    "categories",
    "species",
    "breed",
    "variety",
    "diagnosis",
    "dx",
    "genre",
    "style",
    "emotion",
    "kind",
    "type",
    "y",
    "classid",
    "labelid",
    "categoryid",
];
/// Rows that are looked at to tell columns apart.
const HEAD: usize = 200;

/// Which columns of a sheet are those of files and classes, and from which row on.
pub(super) struct Columns {
    pub(super) file: usize,
    pub(super) class: usize,
    /// The first row that is none of headings.
    pub(super) first: usize,
    /// The column of classes as `--label-column` names it.
    pub(super) name: String,
    /// What was chosen.
    pub(super) said: Option<String>,
}

impl Columns {
    /// Tells the columns of a table in the folder `folder`; `asked` is the column of classes, by its heading or number from 1.
    ///
    /// # Errors
    /// For columns that cannot be told.
    pub(super) fn of(sheet: &Sheet, folder: &[u8], index: &Index<'_>, asked: Option<&str>) -> Result<Columns, Fault> {
        let means =
            |row: &[String], column: usize| row.get(column).is_some_and(|file| !index.find(folder, file).is_empty());
        let hits = |column: usize, from: usize| {
            sheet.rows.iter().skip(from).take(HEAD).filter(|(_, row)| means(row, column)).count()
        };
        let Some((line, top)) = sheet.rows.first() else {
            return Err(Fault::new(1, "expected rows of a file and a class, found nothing"));
        };
        let (line, width) = (*line, sheet.header.as_ref().unwrap_or(top).len());
        let named =
            |row: &[String]| row.iter().any(|field| known(&FILES, field).is_some() || known(&CLASSES, field).is_some());
        // A first row of names that means no image; or of other texts, where the second row means one.
        let (header, first): (Option<&[String]>, usize) = match &sheet.header {
            Some(header) => (Some(header), 0),
            None if named(top) && !(0..width).any(|column| means(top, column)) => (Some(top), 1),
            None if asked.is_some_and(|asked| top.iter().any(|field| normal(field) == normal(asked))) => (Some(top), 1),
            None => {
                let plain =
                    !(0..width).any(|column| means(top, column)) && (0..width).any(|column| hits(column, 1) > 0);
                if plain && width > 2 { (Some(top), 1) } else { (None, 0) }
            }
        };
        let names = header.unwrap_or_default();
        let class = match asked {
            Some(asked) => {
                let by_name = names.iter().position(|name| normal(name) == normal(asked));
                let by_number =
                    || asked.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|at| *at < width);
                let missing =
                    || Fault::new(line, format!("expected a column `{asked}`, found {}", columns(names, width)));
                Some(by_name.or_else(by_number).ok_or_else(missing)?)
            }
            None => surest(&CLASSES, names).or_else(|| {
                // `Finding Labels`, `primary_label`: one such column, by its last word.
                let last = |name: &String| {
                    let mut words = name.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
                    words.next().is_some_and(|word| CLASSES[..8].contains(&&normal(word)[..]))
                };
                let mut named = (0..names.len()).filter(|&at| last(&names[at]));
                named.next().filter(|_| named.next().is_none())
            }),
        };
        // Of several columns of files, the one that means most images.
        let mut candidates: Vec<usize> =
            FILES.iter().flat_map(|known| (0..names.len()).filter(|&at| normal(&names[at]) == *known)).collect();
        if candidates.iter().all(|&column| hits(column, first) == 0) {
            candidates.extend((0..width.min(16)).filter(|&column| hits(column, first) > 0));
        }
        candidates.retain(|column| Some(*column) != class);
        let best = candidates.iter().copied().rev().max_by_key(|&column| hits(column, first));
        let refuse = |reason: String| Err(Fault::new(line, reason));
        let file = match (best, header) {
            (Some(file), _) => file,
            (None, None) if width == 2 => usize::from(class == Some(0)),
            (None, None) => {
                return refuse(format!(
                    "expected two columns, file and class, or a header with these names, found {width} columns"
                ));
            }
            (None, Some(_)) => {
                return refuse(format!(
                    "expected a column of files, such as `file` or `image`, found {}",
                    columns(names, width)
                ));
            }
        };
        let class = match class {
            Some(class) => class,
            None => {
                // pandas' index has no name.
                let index = |at: usize| {
                    matches!(names.get(at).map(|name| normal(name)).as_deref(), Some("" | "unnamed0" | "index"))
                };
                let others: Vec<usize> =
                    (0..width).filter(|&at| at != file && !(names.len() > 2 && index(at))).collect();
                match others[..] {
                    [one] => one,
                    _ if header.is_none() => {
                        return refuse(format!(
                            "expected two columns, file and class, or a header with these names, found {width} columns"
                        ));
                    }
                    [] => {
                        return refuse(format!("expected a column of classes, found {} alone", columns(names, width)));
                    }
                    _ => {
                        let named: Vec<String> = others.iter().map(|&at| names[at].clone()).collect();
                        return refuse(format!(
                            "expected a column of classes, such as `class` or `label`, found {}: say which with --label-column",
                            named.join(", ")
                        ));
                    }
                }
            }
        };
        let also: Vec<&str> = names
            .iter()
            .enumerate()
            .filter(|(at, name)| *at != class && *at != file && known(&CLASSES, name).is_some())
            .map(|(_, name)| &name[..])
            .collect();
        let said = match header {
            None => None,
            Some(_) if asked.is_none() && !also.is_empty() => Some(format!(
                "the classes are those of the column `{}`; there is also {} (--label-column)",
                names[class],
                also.join(", ")
            )),
            Some(_) if asked.is_none() && known(&CLASSES, &names[class]).is_none() => {
                Some(format!("the column `{}` is taken for that of the classes (--label-column)", names[class]))
            }
            Some(_) => None,
        };
        let name = names.get(class).filter(|name| !name.is_empty());
        let name = name.cloned().unwrap_or_else(|| (class + 1).to_string());
        Ok(Columns { file, class, first, name, said })
    }
}

/// A heading in small letters, without what is neither letter nor digit.
fn normal(name: &str) -> String {
    files::composed(name).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a column's heading says that it holds classes.
pub(super) fn is_of_classes(heading: &str) -> bool {
    known(&CLASSES, heading).is_some()
}

fn known(headings: &[&str], name: &str) -> Option<usize> {
    let name = normal(name);
    headings.iter().position(|heading| *heading == name)
}

/// The column with the surest of some headings.
fn surest(headings: &[&str], names: &[String]) -> Option<usize> {
    headings.iter().find_map(|heading| names.iter().position(|name| normal(name) == *heading))
}

fn columns(names: &[String], width: usize) -> String {
    let shown: Vec<&str> = names.iter().map(|name| if name.is_empty() { "(no name)" } else { name }).collect();
    if shown.is_empty() { format!("{width} columns without names") } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::class_table::ClassTable;
    use super::super::sheet::separated;
    use super::*;

    #[test]
    fn the_column_of_classes_is_told_by_its_name_or_asked_for() {
        let paths = ["a.png", "b.png"].map(|path| path.as_bytes().to_vec());
        let index = Index::new(&paths);
        let of =
            |text: &str, column: Option<&str>| ClassTable::of(&separated(text).unwrap(), b"labels.csv", &index, column);
        let class = |table: &ClassTable| table.class(0).unwrap().to_string();
        let table = of("id,breed,x\na,pug,1\nb,dingo,2\n", None).unwrap();
        assert_eq!(class(&table), "pug");
        let table = of("id,label,class_name\na,0,pug\nb,1,dingo\n", None).unwrap();
        assert_eq!(class(&table), "0");
        assert_eq!(
            table.notes,
            ["labels.csv: the classes are those of the column `label`; there is also class_name (--label-column)"]
        );
        assert_eq!(class(&of("id,label,class_name\na,0,pug\nb,1,dingo\n", Some("class_name")).unwrap()), "pug");
        assert_eq!(class(&of("a,0,pug\nb,1,dingo\n", Some("3")).unwrap()), "pug");
        let fault = of("id,colour,x\na,red,1\nb,blue,2\n", None).unwrap_err();
        assert_eq!(
            fault.reason,
            "expected a column of classes, such as `class` or `label`, found colour, x: say which with --label-column"
        );
        let column = |text: &str| Columns::of(&separated(text).unwrap(), b"", &index, None).unwrap().name;
        assert_eq!([column("id,breed\na,pug\n"), column("pug,a.png\n")], ["breed", "1"]);
        let fault = of("id,colour\na,red\n", Some("size")).unwrap_err();
        assert_eq!(fault.reason, "expected a column `size`, found id, colour");
    }
}
