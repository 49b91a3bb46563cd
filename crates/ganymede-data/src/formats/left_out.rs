//! Files beside the images that are read, counted by kind, with what to do about images of kinds that are not read. Not
//! here: what kinds there are (`raster/content.rs`).

use super::files;
use crate::raster::content::{self, Content};
use crate::report::{DataReport, NAMED_FILES};
use std::collections::BTreeMap;

/// Above this part of all images, leaving some out is a warning.
const MANY: f64 = 0.05;

/// What was left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOut {
    counts: BTreeMap<String, u64>,
    /// Names of the first ones.
    first: Vec<String>,
    images: BTreeMap<&'static str, (Content, u64)>,
}

/// The kind of a file for people: its ending, else what it holds.
pub(crate) fn kind(name: &[u8], content: Option<Content>) -> String {
    let content = || content.map(|kind| kind.name.to_string());
    files::ending(files::base(name))
        .map(|ending| format!(".{ending}"))
        .or_else(content)
        .unwrap_or_else(|| "without ending".into())
}

/// Counts of kinds as a text: `.heic 34, .txt 2`, the most frequent first.
pub(crate) fn counts(of: &BTreeMap<String, u64>) -> String {
    const NAMED: usize = 8;
    let mut kinds: Vec<_> = of.iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let more: u64 = kinds.iter().skip(NAMED).map(|(_, n)| **n).sum();
    let mut shown: Vec<String> = kinds.iter().take(NAMED).map(|(kind, n)| format!("{kind} {n}")).collect();
    if more > 0 {
        shown.push(format!("others {more}"));
    }
    shown.join(", ")
}

impl LeftOut {
    /// Counts a file by its name and what its first bytes say.
    pub(crate) fn add(&mut self, name: &[u8], content: Option<Content>) {
        *self.counts.entry(kind(name, content)).or_default() += 1;
        if self.first.len() < NAMED_FILES {
            self.first.push(files::text(name));
        }
        let by_ending = || files::ending(files::base(name)).and_then(|ending| content::of_ending(&ending));
        if let Some(kind) = content.filter(|kind| kind.image).or_else(by_ending).filter(|kind| kind.image) {
            self.images.entry(kind.name).or_insert((kind, 0)).1 += 1;
        }
    }

    /// Writes the counts into the report, with what to do about images; `read` is the number of those that are read.
    pub(crate) fn tell(self, read: u64, report: &mut DataReport) {
        let left: u64 = self.images.values().map(|(_, n)| n).sum();
        let all = read + left;
        let mut todo: Vec<String> = Vec::new();
        for (kind, n) in self.images.values() {
            todo.push(format!("{} ({n}): {}", kind.name, kind.todo));
        }
        if left > 0 {
            let text = format!(
                "{left} of {all} images ({:.0} %) are of kinds that are not read: {}",
                left as f64 / all as f64 * 100.0,
                todo.join("; ")
            );
            let many = left as f64 > MANY * all as f64;
            if many { report.warnings.push(text) } else { report.notes.push(text) }
        }
        (report.left_out, report.first_left_out) = (self.counts, self.first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_and_many_images_are_a_warning() {
        let heic = content::of_bytes(b"\0\0\0\x18ftypheic\0\0\0\0");
        let mut left = LeftOut::default();
        (0..34).for_each(|i| left.add(format!("a/IMG_{i}.HEIC").as_bytes(), heic));
        left.add(b"notes.txt", None);
        left.add(b"readme", None);
        left.add(b"photo", heic);
        let mut report = DataReport::default();
        left.clone().tell(6, &mut report);
        assert_eq!(counts(&report.left_out), ".heic 34, .txt 1, HEIC 1, without ending 1");
        assert_eq!(
            report.first_left_out,
            ["a/IMG_0.HEIC", "a/IMG_1.HEIC", "a/IMG_2.HEIC", "a/IMG_3.HEIC", "a/IMG_4.HEIC"]
        );
        assert_eq!(report.warnings.len(), 1);
        assert!(
            report.warnings[0].starts_with(
                "35 of 41 images (85 %) are of kinds that are not read: HEIC (35): convert it with `heif-convert"
            ),
            "{:?}",
            report.warnings
        );
        let mut report = DataReport::default();
        left.tell(10_000, &mut report);
        assert_eq!((report.warnings.len(), report.notes.len()), (0, 1));
    }
}
