//! What reading the data found, for people and programs. Not here: the events of a run (`ganymede-gan`).

use crate::error::BadFile;
use crate::range::{Range, number, percent, rounded};
use crate::report_columns::{self, ColumnReport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many files of a kind the report names.
pub(crate) const NAMED_FILES: usize = 5;
/// How many duplicates the report names.
pub(crate) const NAMED_EQUAL: usize = 1000;
/// How many its text names.
const NAMED_DUPLICATES: usize = 3;

/// What reading the data found. Shown before training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Where the data came from, as the user named it.
    pub source: String,
    /// Name of the format.
    pub format: String,
    /// Number of samples.
    pub samples: u64,
    /// Type of one sample, e.g. `u8[28,28,1]`.
    pub sample_type: String,
    /// Raw values that become −1 and 1 for a network.
    pub range: [f64; 2],
    /// Why this range was chosen: the type of the values as they were, and what was seen or said of them.
    #[serde(default)]
    pub range_from: String,
    /// The smallest and the largest value in the range.
    #[serde(default)]
    pub in_use: [f64; 2],
    /// Values outside the range, which are clamped to it.
    #[serde(default)]
    pub outside: u64,
    /// Whether samples are clamped when they are read: for these values, or for what resizing made of others.
    #[serde(default)]
    pub clamps: bool,
    /// The columns of a table; empty of other data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnReport>,
    /// Sizes of the images as they were, `WxH`, with their counts.
    pub sizes: BTreeMap<String, u64>,
    /// Colour types as they were, with their counts.
    pub colours: BTreeMap<String, u64>,
    /// Classes in the order of their labels, with their counts.
    pub classes: Vec<(String, u64)>,
    /// Fields beside the sample and its label, with their types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Groups of samples that belong together (one patient, one song); 0 when every sample stands for itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub groups: u64,
    /// Samples equal to an earlier one, byte for byte.
    pub duplicates: u64,
    /// The first of them, at most 1,000, each with the sample that it equals: names of files, or rows from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equal: Vec<[String; 2]>,
    /// Files (rows of an array) that were skipped.
    pub bad: u64,
    /// The first of them.
    pub first_bad: Vec<BadFile>,
    /// Files beside the samples that were left out, by kind, such as `.txt`, with their counts.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
    /// Names of the first of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_left_out: Vec<String>,
    /// What a reader must know before training: much of the data is not read.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What else a reader should know: what was chosen, converted or left out.
    pub notes: Vec<String>,
}

impl DataReport {
    /// Notes the range of the values, and what is to be known of it.
    pub(crate) fn set_range(&mut self, range: &Range) {
        (self.range, self.in_use, self.outside) = (range.ends, range.in_use, range.outside);
        self.clamps = range.clamps;
        self.range_from.clone_from(&range.why);
        self.notes.extend(range.notes.iter().cloned());
    }

    /// The range with its reason, and how much of it is in use.
    fn range_line(&self) -> String {
        let [low, high] = self.range;
        let [least, most] = self.in_use;
        let mut line = format!("{} to {}", number(low), number(high));
        if self.range_from.is_empty() {
            return line;
        }
        let share = percent((most - least) / (high - low));
        line += &format!(" ({}); in use {} to {}, {share}", self.range_from, rounded(least, 4), rounded(most, 4));
        match self.outside {
            0 => {}
            1 => line += "; 1 value outside, clamped",
            n => line += &format!("; {} values outside, clamped", grouped(n)),
        }
        line
    }

    /// Notes a skipped file.
    pub(crate) fn add_bad(&mut self, path: String, reason: String) {
        self.bad += 1;
        if self.first_bad.len() < NAMED_FILES {
            self.first_bad.push(BadFile { path, reason });
        }
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// `12345` as `12,345`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The most frequent entries, `name: count`, and how many more there are.
fn counts<'a>(entries: impl Iterator<Item = (&'a String, u64)>, most: usize, by_count: bool) -> String {
    let mut entries: Vec<_> = entries.collect();
    if by_count {
        entries.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    }
    let more = entries.len().saturating_sub(most);
    let mut text: Vec<String> = entries.iter().take(most).map(|(name, n)| format!("{name}: {}", grouped(*n))).collect();
    if more > 0 {
        text.push(format!("{more} more"));
    }
    text.join(", ")
}

impl fmt::Display for DataReport {
    /// One fact a line, without a final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "data        {} ({})", self.source, self.format)?;
        match self.columns.len() {
            0 => {
                writeln!(f, "samples     {} of {}", grouped(self.samples), self.sample_type)?;
                write!(f, "range       {}", self.range_line())?;
            }
            columns => {
                let (rows, plural) = (grouped(self.samples), if columns == 1 { "" } else { "s" });
                writeln!(f, "samples     {rows} rows of {} column{plural}", grouped(columns as u64))?;
                write!(f, "{}", report_columns::lines(&self.columns).trim_end_matches('\n'))?;
            }
        }
        if !self.sizes.is_empty() {
            let sizes = counts(self.sizes.iter().map(|(name, &n)| (name, n)), 6, true);
            write!(f, "\nsizes       {sizes}")?;
        }
        if !self.colours.is_empty() {
            let colours = counts(self.colours.iter().map(|(name, &n)| (name, n)), 8, true);
            write!(f, "\ncolours     {colours}")?;
        }
        if !self.classes.is_empty() {
            let classes = counts(self.classes.iter().map(|(name, n)| (name, *n)), 12, false);
            write!(f, "\nclasses     {} ({classes})", self.classes.len())?;
        }
        if !self.fields.is_empty() {
            write!(f, "\nfields      {}", self.fields.join(", "))?;
        }
        if self.groups > 0 {
            write!(f, "\ngroups      {}", grouped(self.groups))?;
        }
        write!(f, "\nduplicates  {}", grouped(self.duplicates))?;
        for [again, first] in self.equal.iter().take(NAMED_DUPLICATES) {
            write!(f, "\n            {again} equals {first}")?;
        }
        if let more @ 1.. = self.duplicates.saturating_sub(NAMED_DUPLICATES as u64)
            && !self.equal.is_empty()
        {
            write!(
                f,
                "\n            and {} more; `ganymede data` with --json names them under `equal`",
                grouped(more)
            )?;
        }
        if !self.equal.is_empty() {
            write!(
                f,
                "\n            --duplicates drop leaves them out; so does removing what is named first in a line"
            )?;
        }
        write!(f, "\nbad files   {}", grouped(self.bad))?;
        for bad in &self.first_bad {
            write!(f, "\n            {}: {}", bad.path, bad.reason)?;
        }
        if let more @ 1.. = self.bad.saturating_sub(self.first_bad.len() as u64)
            && !self.first_bad.is_empty()
        {
            write!(f, "\n            and {} more", grouped(more))?;
        }
        if !self.left_out.is_empty() {
            write!(f, "\nleft out    {}", crate::formats::left_out::counts(&self.left_out))?;
            let more = self.left_out.values().sum::<u64>().saturating_sub(self.first_left_out.len() as u64);
            let more = (more > 0).then(|| format!("{} more", grouped(more)));
            let names: Vec<&str> = self.first_left_out.iter().chain(&more).map(String::as_str).collect();
            if !self.first_left_out.is_empty() {
                write!(f, ": {}", names.join(", "))?;
            }
        }
        for warning in &self.warnings {
            write!(f, "\nwarning     {warning}")?;
        }
        for note in &self.notes {
            write!(f, "\nnote        {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_every_fact() {
        let mut report = DataReport {
            source: "tiles".into(),
            format: "image folder".into(),
            samples: 12_345,
            sample_type: "u8[32,32,3]".into(),
            range: [0.0, 4095.0],
            range_from: "u16, no value above 4095".into(),
            in_use: [3.0, 3017.0],
            sizes: BTreeMap::from([("32x32".into(), 12_000), ("48x32".into(), 345)]),
            classes: vec![("b".into(), 1), ("a".into(), 12_344)],
            duplicates: 3,
            ..DataReport::default()
        };
        report.add_bad("x.png".into(), "cut off".into());
        report.left_out = BTreeMap::from([(".txt".into(), 2), (".heic".into(), 34)]);
        report.warnings.push("much is missing".into());
        report.notes.push("a fact".into());
        assert_eq!(
            report.to_string(),
            "data        tiles (image folder)\n\
             samples     12,345 of u8[32,32,3]\n\
             range       0 to 4095 (u16, no value above 4095); in use 3 to 3017, 74 %\n\
             sizes       32x32: 12,000, 48x32: 345\n\
             classes     2 (b: 1, a: 12,344)\n\
             duplicates  3\n\
             bad files   1\n            x.png: cut off\n\
             left out    .heic 34, .txt 2\n\
             warning     much is missing\n\
             note        a fact"
        );
        report.equal = (2..5).map(|n| [format!("{n}.png"), "1.png".into()]).collect();
        (report.duplicates, report.bad) = (52, 1_001);
        report.first_left_out = vec!["a.txt".into(), "b.heic".into()];
        for part in [
            "duplicates  52\n            2.png equals 1.png\n            3.png equals 1.png\n            4.png equals 1.png\n            \
             and 49 more; `ganymede data` with --json names them under `equal`\n",
            "x.png: cut off\n            and 1,000 more\n",
            "left out    .heic 34, .txt 2: a.txt, b.heic, 34 more\n",
        ] {
            assert!(report.to_string().contains(part), "{report}");
        }
        report.outside = 1;
        assert!(report.to_string().contains("74 %; 1 value outside, clamped\n"));
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<DataReport>(&json).unwrap(), report);
    }

    /// Groups are written where there are some, and read where they are written.
    #[test]
    fn groups_are_written_where_there_are_some() {
        let report = |groups: u64| DataReport { groups, ..DataReport::default() };
        let written = |groups: u64| serde_json::to_value(report(groups)).unwrap();
        assert_eq!((written(0).get("groups"), written(7)["groups"].as_u64()), (None, Some(7)));
        for groups in [0, 7] {
            assert_eq!(serde_json::from_value::<DataReport>(written(groups)).unwrap(), report(groups));
        }
    }
}
