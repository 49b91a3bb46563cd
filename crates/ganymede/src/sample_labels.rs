//! `labels.csv` beside generated files: the class that each was generated as, in the form that `ganymede train` reads. Not
//! here: whose samples a folder holds (`samples_folder.rs`).

use crate::failure::{Failure, USER};
use ganymede_data::write_whole;
use std::collections::BTreeMap;
use std::path::Path;

/// Its name.
pub const FILE: &str = "labels.csv";

/// Adds files with their classes to those that the folder's table has; a file that has one gets the new one.
///
/// # Errors
/// When the table cannot be read or written.
pub fn add(folder: &Path, labels: impl IntoIterator<Item = (String, String)>) -> Result<(), Failure> {
    let path = folder.join(FILE);
    let failed =
        |doing: &str, reason: String| Failure::new(USER, format!("cannot {doing} {}: {reason}", path.display()));
    let mut all = BTreeMap::new();
    if path.exists() {
        let mut known = csv::Reader::from_path(&path).map_err(|e| failed("read", e.to_string()))?;
        for row in known.deserialize::<(String, String)>() {
            let (file, class) = row.map_err(|e| failed("read", e.to_string()))?;
            all.insert(file, class);
        }
    }
    all.extend(labels);
    let mut table = csv::Writer::from_writer(Vec::new());
    let rows =
        std::iter::once(("file", "label")).chain(all.iter().map(|(file, class)| (file.as_str(), class.as_str())));
    for row in rows {
        table.serialize(row).map_err(|e| failed("write", e.to_string()))?;
    }
    let bytes = table.into_inner().map_err(|e| failed("write", e.to_string()))?;
    Ok(write_whole(&path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_added_in_the_order_of_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let rows = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
            rows.iter().map(|(file, class)| (file.to_string(), class.to_string())).collect()
        };
        add(folder.path(), rows(&[("000002.png", "T-shirt, top"), ("000001.png", "cat")])).unwrap();
        add(folder.path(), rows(&[("000000.png", "dog"), ("000001.png", "dog")])).unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(text, "file,label\n000000.png,dog\n000001.png,dog\n000002.png,\"T-shirt, top\"\n");
        std::fs::write(folder.path().join(FILE), "file,label\nonly one\n").unwrap();
        assert!(add(folder.path(), rows(&[("a", "b")])).is_err(), "a table of another form is no table of labels");
    }
}
