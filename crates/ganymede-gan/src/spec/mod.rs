//! The spec: everything that decides a training, as one TOML document. A preset is a function that
//! returns one, flags edit one, a run directory keeps one. One section a file. Not here: whether it
//! makes sense (`check/`), what it becomes (`phases/`).

mod augment;
mod data;
mod edit;
mod ema;
mod evaluate;
mod in_place;
mod keys;
mod lenient;
mod network;
pub(crate) mod numerics;
mod objects;
#[cfg(test)]
mod page;
mod phase;
mod rewrite;
mod roles;
mod syntax;
mod train;
mod tree;
pub(crate) mod words;

pub use augment::AugmentSpec;
pub use data::DataSpec;
pub use edit::{Difference, differences, edit, numbered};
pub use ema::EmaSpec;
pub use evaluate::{ENOUGH_HELD_OUT, EvaluateSpec};
pub use keys::{KEYS, Key};
pub use lenient::SpecFault;
pub use network::{LatentDistribution, LatentSpec, NetworkSpec};
pub use phase::{PhaseSpec, TermSpec};
pub use roles::Role;
pub use train::{TrainSection, Update};

use crate::error::GanError;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The version of the spec's form that this program writes.
pub const FORMAT_VERSION: u32 = 2;

/// The largest integer that a spec holds: TOML's are those of `i64`.
pub const LARGEST_INTEGER: u64 = i64::MAX as u64;

/// Everything that decides a training: the same spec, data and instruction set give the same bytes.
///
/// # Differs
/// Thread count and device are not part of it: they do not change the result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// [`FORMAT_VERSION`] of the writer.
    #[serde(default)]
    pub format_version: FormatVersion,
    /// Name of the preset that it came from, for run names; empty for a spec written by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preset: String,
    /// Seed of all random numbers, at most [`LARGEST_INTEGER`].
    #[serde(default, deserialize_with = "seed")]
    pub seed: u64,
    /// Path of a checkpoint whose networks replace the initial ones; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What is trained on.
    #[serde(default)]
    pub data: DataSpec,
    /// When a training ends, and how a step goes.
    #[serde(default)]
    pub train: TrainSection,
    /// The distribution of the latents.
    #[serde(default)]
    pub latent: LatentSpec,
    /// Augmentations of the samples that the discriminator sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub augment: Vec<AugmentSpec>,
    /// Averaged weights (EMA) of the generator; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<EmaSpec>,
    /// Metrics while it runs; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<EvaluateSpec>,
    /// The networks by name.
    #[serde(default)]
    pub networks: BTreeMap<String, NetworkSpec>,
    /// The phases of a step, in order.
    #[serde(default)]
    pub phases: Vec<PhaseSpec>,
}

/// The version of a spec's form; [`FORMAT_VERSION`] where the text does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormatVersion(pub u32);

impl Default for FormatVersion {
    fn default() -> Self {
        FormatVersion(FORMAT_VERSION)
    }
}

fn seed<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    struct Seed;
    impl Visitor<'_> for Seed {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "a seed from 0 to {LARGEST_INTEGER}")
        }

        fn visit_i64<E: Error>(self, v: i64) -> Result<u64, E> {
            u64::try_from(v).map_err(|_| E::invalid_value(Unexpected::Signed(v), &self))
        }

        fn visit_u64<E: Error>(self, v: u64) -> Result<u64, E> {
            if v <= LARGEST_INTEGER { Ok(v) } else { Err(E::invalid_value(Unexpected::Unsigned(v), &self)) }
        }
    }
    from.deserialize_any(Seed)
}

/// A spec as it was read, with the names of the tables that a training needs and the text leaves out
/// (they have their defaults in `spec`).
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The spec, filled with defaults.
    pub spec: TrainSpec,
    /// Which of `data`, `train`, `networks`, `phases` the text does not have.
    pub missing: Vec<&'static str>,
    /// What of the text is no spec, in its order: `spec` has it mended where that was clear, and lacks the rest.
    pub faults: Vec<SpecFault>,
    /// The line of every value of the text, by its dotted key.
    pub lines: BTreeMap<String, usize>,
    /// The text; where it was no TOML, with that mended.
    pub text: String,
}

impl Draft {
    /// Adds a fault of a value that the text alone does not show, such as data that there is not; `mend` says what was changed in
    /// `spec` for it.
    pub fn refuse(&mut self, place: &str, reason: impl Into<String>, mend: Option<String>) {
        let (line, reason) = (self.line(place).unwrap_or(1), reason.into());
        self.faults.push(SpecFault { line, column: 1, place: place.into(), reason, mend });
    }

    /// The line of a value, or of the innermost table around it that the text has.
    pub fn line(&self, key: &str) -> Option<usize> {
        let mut ends = std::iter::once(key.len()).chain(key.rmatch_indices('.').map(|(at, _)| at));
        ends.find_map(|end| self.lines.get(&key[..end]).copied())
    }
}

impl From<TrainSpec> for Draft {
    /// A spec that lacks nothing.
    fn from(spec: TrainSpec) -> Draft {
        let text = spec.to_toml();
        Draft { spec, missing: Vec::new(), faults: Vec::new(), lines: BTreeMap::new(), text }
    }
}

/// The version of a text of a later version.
fn later(text: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Head {
        format_version: i64,
    }
    let Head { format_version } = toml::from_str(text).ok()?;
    (format_version > i64::from(FORMAT_VERSION)).then(|| u32::try_from(format_version).unwrap_or(u32::MAX))
}

impl TrainSpec {
    /// Reads a spec that may be incomplete: missing tables take their defaults and are named.
    ///
    /// # Errors
    /// [`GanError::Spec`] with every unknown key and every value of a wrong type, or every place that is no TOML;
    /// [`GanError::Version`] for a spec of a later version.
    pub fn draft(text: &str) -> Result<Draft, GanError> {
        // The version first: what a later one may say is unknown here.
        if let Some(found) = later(text) {
            return Err(GanError::Version { what: "a spec", expected: FORMAT_VERSION, found });
        }
        let draft = TrainSpec::lenient(text)?;
        if draft.faults.is_empty() { Ok(draft) } else { Err(GanError::Spec { faults: draft.faults }) }
    }

    /// Reads what can be read of a spec, so that all that is wrong with it can be told at once.
    ///
    /// # Errors
    /// [`GanError::Spec`] with every place that is no TOML.
    pub fn lenient(text: &str) -> Result<Draft, GanError> {
        let read = lenient::read(text).map_err(|faults| GanError::Spec { faults })?;
        let lenient::Read { spec, faults, lines, text, .. } = read;
        let missing = ["data", "train", "networks", "phases"].into_iter().filter(|table| !lines.contains_key(*table));
        let mut draft = Draft { missing: missing.collect(), spec, faults, lines, text };
        let FormatVersion(version) = draft.spec.format_version;
        if !(1..=FORMAT_VERSION).contains(&version) && !draft.faults.iter().any(|fault| fault.place == "format_version")
        {
            let hint = if version > 0 { " (update ganymede)" } else { "" };
            draft.refuse("format_version", format!("expected 1 to {FORMAT_VERSION}, found {version}{hint}"), None);
            draft.faults.sort_by_key(|fault| (fault.line, fault.column));
        }
        Ok(draft)
    }

    /// Reads a complete spec.
    ///
    /// # Errors
    /// As [`TrainSpec::draft`], and [`GanError::SpecIncomplete`] when a table is missing.
    pub fn from_toml(text: &str) -> Result<TrainSpec, GanError> {
        let draft = TrainSpec::draft(text)?;
        match draft.missing.iter().find(|key| **key != "data") {
            None => Ok(draft.spec),
            Some(_) => Err(GanError::SpecIncomplete { missing: draft.missing }),
        }
    }

    /// Reads the complete spec in a file.
    ///
    /// # Errors
    /// As [`TrainSpec::from_toml`], and [`GanError::Io`].
    pub fn load(path: &Path) -> Result<TrainSpec, GanError> {
        TrainSpec::from_toml(&TrainSpec::text(path)?).map_err(|e| e.in_file(path))
    }

    /// The text of a spec's file: UTF-8, or UTF-16 as PowerShell writes it.
    ///
    /// # Errors
    /// [`GanError::Io`]; [`GanError::Text`] with the line for another encoding.
    pub fn text(path: &Path) -> Result<String, GanError> {
        let bytes = std::fs::read(path).map_err(|e| GanError::io(path, "read", e))?;
        ganymede_data::text::decode(&bytes).map_err(|e| GanError::Text(e).in_file(path))
    }

    /// The spec as TOML; reading it gives the same spec.
    ///
    /// # Panics
    /// Never: every field has a TOML form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field of a spec has a TOML form")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_names_everything_that_is_missing() {
        let draft = TrainSpec::draft("seed = 3").unwrap();
        assert_eq!(draft.missing, ["data", "train", "networks", "phases"]);
        assert_eq!(draft.spec.seed, 3);
        assert!(TrainSpec::from_toml("seed = 3").is_err());
    }

    #[test]
    fn a_later_version_is_told_before_its_keys() {
        let later = FORMAT_VERSION + 1;
        for text in ["weather = 3\n[train]\nbatch = 'many'\n", ""] {
            let error = TrainSpec::draft(&format!("format_version = {later}\n{text}")).unwrap_err();
            assert_eq!(error.hint().as_deref(), Some("update ganymede"), "{error}");
        }
        assert!(TrainSpec::draft("format_version = 99999999999").unwrap_err().hint().is_some());
        assert!(TrainSpec::draft("format_version = 'new'").unwrap_err().to_string().contains("line 1"));
        TrainSpec::draft("format_version = 1").unwrap();
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = TrainSpec::draft("seed = 1\n[train]\nstepz = 5\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("stepz"), "{error}");
    }

    #[test]
    fn a_layers_argument_that_is_no_number_is_written_as_it_was_read() {
        let layers = "{ class_name = 'Dense', activation = nan, kernel_initializer = { class_name = 'RandomNormal', \
                      stddev = nan } }, { class_name = 'LeakyReLU', negative_slope = 0.2 }";
        let text = format!("[networks.generator]\nlayers = [{layers}]");
        let spec = TrainSpec::draft(&text).unwrap().spec;
        let written = spec.to_toml();
        for line in ["activation = nan", "stddev = nan", "negative_slope = 0.2"] {
            assert!(written.contains(line), "{written}");
        }
        assert_eq!(TrainSpec::draft(&written).unwrap().spec, spec);
    }

    #[test]
    fn a_seed_is_what_toml_can_hold() {
        assert_eq!(TrainSpec::draft("seed = 9223372036854775807").unwrap().spec.seed, LARGEST_INTEGER);
        for bad in ["9223372036854775808", "18446744073709551615", "-1", "0.5", "'x'"] {
            let error = TrainSpec::draft(&format!("seed = {bad}")).unwrap_err().to_string();
            assert!(error.contains("line 1") && error.contains("a seed from 0 to 9223372036854775807"), "{error}");
        }
    }
}
