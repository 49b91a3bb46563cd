//! What is said of a choice among parts of a set: what is used, what is left out, and how to have it otherwise. Not here: the
//! choice (`set_parts.rs`).

use super::files;
use super::set_parts::ALL;
use std::collections::{BTreeMap, BTreeSet};

/// What the levels gave together, by the names of folders.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) used: BTreeMap<String, usize>,
    pub(super) left: BTreeMap<String, usize>,
    pub(super) strays: usize,
    pub(super) beside: BTreeMap<String, usize>,
    /// Folders taken for classes that are called as what belongs to images is.
    pub(super) masks: BTreeSet<String>,
    pub(super) classes: BTreeSet<String>,
    pub(super) wholes: BTreeSet<String>,
    pub(super) found: bool,
}

impl Tally {
    /// What was chosen and left out, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let counts = |of: &BTreeMap<String, usize>| {
            let named: Vec<String> =
                of.iter().filter(|(_, n)| **n > 0).map(|(name, n)| format!("{name}: {n}")).collect();
            files::few(&named)
        };
        let names = |of: &BTreeSet<String>| files::few(&of.iter().cloned().collect::<Vec<_>>());
        let mut notes = Vec::new();
        let left = self.left.values().sum::<usize>() + self.strays;
        if left > 0 {
            let used = if self.used.is_empty() { "none".into() } else { counts(&self.used) };
            let mut others = counts(&self.left);
            if self.strays > 0 {
                let and = if others.is_empty() { "" } else { ", " };
                others += &format!("{and}beside these folders: {}", self.strays);
            }
            notes.push(format!(
                "images of one part of the set are used ({used}), those of others left out ({others}): {left}; --part {ALL} takes \
                 all, --part NAME another"
            ));
        }
        if self.beside.values().any(|n| *n > 0) {
            let count: usize = self.beside.values().sum();
            notes.push(format!(
                "images that belong to others are left out ({}): {count}; --part {ALL} takes them too, --part NAME them alone",
                counts(&self.beside)
            ));
        }
        if !self.masks.is_empty() {
            notes.push(format!(
                "the folder {} is taken for a class and not for what belongs to the images beside it; --part NAME takes one \
                 folder alone",
                names(&self.masks)
            ));
        }
        if !self.wholes.is_empty() {
            notes.push(format!(
                "the folders {} are parts of one set without one to train on: all are used; --part NAME takes one",
                names(&self.wholes)
            ));
        }
        if !self.classes.is_empty() {
            notes.push(format!(
                "the folder {} is taken for a class and not for a part of the set; --part NAME takes it alone",
                names(&self.classes)
            ));
        }
        notes
    }
}
