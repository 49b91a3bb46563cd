//! Checking a spec before it is trained: every defect at once, each with its place, the reason in a
//! sentence and a fix that can be applied. To add a rule: a file here with a function and a line in
//! [`RULES`]. Not here: what is no TOML of a spec at all (`spec/`).
//!
//! ```
//! use ganymede_gan::check::{self, Severity};
//! use ganymede_gan::presets::{PresetInput, preset_for};
//! use ganymede_gan::spec::Draft;
//!
//! let mut spec = preset_for("mlp", &PresetInput::of(vec![2]))?;
//! spec.train.n_critic = 0;
//! let report = check::check(&Draft::from(spec.clone()), None);
//! let finding = report.of(Severity::Error).next().expect("no step has no discriminator update");
//! assert_eq!(finding.place, "train.n_critic");
//! assert_eq!(finding.fixes[0].apply(&spec).train.n_critic, 1);
//! # Ok::<(), ganymede_gan::GanError>(())
//! ```

mod augment;
mod batch;
mod beta_1;
mod cycle;
mod data;
mod data_shape;
mod generator_range;
mod kernel_stride;
mod labels;
mod layers;
mod lipschitz;
mod logits;
mod loss_args;
mod numbers;
mod one_logit;
mod optimizers;
mod pairing;
mod reading;
mod references;
mod repair;
mod shapes;
mod subject;
mod terms;
mod tracing;
mod train_table;
mod trains;
mod unusual;

pub use repair::{Repaired, fix};
pub use subject::{DataFacts, Subject};

use crate::error::GanError;
use crate::spec::{Draft, SpecFault, TrainSpec};
use serde::Serialize;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// It cannot be trained, or cannot work.
    Error,
    /// It works, and could work better.
    Hint,
}

/// A change of the spec that mends a finding.
pub struct Fix {
    /// What it changes, in words.
    pub what: String,
    apply: Box<dyn Fn(&mut TrainSpec)>,
}

impl Fix {
    fn new(what: impl Into<String>, apply: impl Fn(&mut TrainSpec) + 'static) -> Self {
        Fix { what: what.into(), apply: Box::new(apply) }
    }

    /// The spec with the change.
    pub fn apply(&self, spec: &TrainSpec) -> TrainSpec {
        let mut spec = spec.clone();
        (self.apply)(&mut spec);
        spec
    }
}

impl fmt::Debug for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// One thing that a rule found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The line of the text that the place begins in; none where there is no text.
    pub line: Option<usize>,
    /// Where: a dotted key of the spec, with the name of the layer, phase or term in brackets.
    pub place: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Changes that mend it, the best first.
    pub fixes: Vec<Fix>,
    /// The key that has its line, where that is not the place.
    key: Option<String>,
}

impl Finding {
    fn error(place: impl Into<String>, reason: impl Into<String>, fixes: Vec<Fix>) -> Self {
        let (place, reason) = (place.into(), reason.into());
        Finding { rule: "", severity: Severity::Error, line: None, place, reason, fixes, key: None }
    }

    fn hint(place: impl Into<String>, reason: impl Into<String>, fixes: Vec<Fix>) -> Self {
        Finding { severity: Severity::Hint, ..Finding::error(place, reason, fixes) }
    }

    /// The same with the line of a key.
    fn at(self, key: impl Into<String>) -> Self {
        Finding { key: Some(key.into()), ..self }
    }

    /// The same as an error of those who do not train it.
    pub(crate) fn as_error(&self) -> GanError {
        let fixes = self.fixes.iter().map(|fix| fix.what.clone()).collect();
        GanError::Defect { place: self.place.clone(), reason: self.reason.clone(), fixes }
    }
}

impl fmt::Display for Finding {
    /// One line, without the fixes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "hint" };
        let line = self.line.map(|line| format!("line {line}"));
        // A text that is no TOML has lines and no keys.
        let place = Some(self.place.clone()).filter(|place| !place.is_empty());
        let place: Vec<String> = line.into_iter().chain(place).collect();
        write!(f, "{severity}[{}] {}: {}", self.rule, place.join(", "), self.reason)
    }
}

/// An entry of the table: name, one sentence, function.
pub struct Rule {
    /// Its name in reports.
    pub name: &'static str,
    /// What it looks for.
    pub summary: &'static str,
    /// Keys without which it would find what the text has: values that could not be read. `*` stands for any word of a place, `**` at
    /// the end for all that is inside.
    needs: &'static [&'static [&'static str]],
    run: fn(&Subject) -> Vec<Finding>,
}

/// Keys that say how long a training is; one that is not known may have meant it.
const LENGTH: &[&str] = &["train", "train.*"];
/// The networks and how their layers hang together. Of a layer that could not be read is known that nothing is known of it.
const NETWORKS: &[&str] = &[
    "networks",
    "networks.*",
    "networks.*.role",
    "networks.*.layers",
    "networks.*.outputs",
    "networks.*.layers.*.name",
    "networks.*.layers.*.inputs",
];
/// All of the data.
const DATA: &[&str] = &["data.**"];
/// What the phases are, and what they train.
const PHASES: &[&str] = &["phases", "phases.*", "phases.*.name", "phases.*.trains", "phases.*.player"];
/// The phases' losses.
const TERMS: &[&str] = &["phases.*.terms", "phases.*.terms.*", "phases.*.terms.*.class_name", "phases.*.terms.*.args"];
/// Their optimizers.
const OPTIMIZERS: &[&str] = &["phases.*.optimizer", "phases.*.optimizer.class_name"];

/// Every rule, in the order of a report.
pub const RULES: &[Rule] = &[
    Rule { name: "train_table", summary: "the spec says how long to train", needs: &[LENGTH], run: train_table::run },
    Rule {
        name: "numbers",
        summary: "lengths, intervals, weights and averages are in their ranges",
        needs: &[],
        run: numbers::run,
    },
    Rule { name: "data", summary: "what is said of the data is in range", needs: &[], run: data::run },
    Rule { name: "layers", summary: "numbers of layers let something through", needs: &[], run: layers::run },
    Rule { name: "shapes", summary: "layers of a network fit each other", needs: &[NETWORKS], run: shapes::run },
    Rule {
        name: "pairing",
        summary: "the generator's output has the shape of the discriminator's input",
        needs: &[NETWORKS],
        run: pairing::run,
    },
    Rule {
        name: "data_shape",
        summary: "the discriminator's input has the shape of the data",
        needs: &[NETWORKS, DATA],
        run: data_shape::run,
    },
    Rule {
        name: "labels",
        summary: "networks with a label input get the labels of every class",
        needs: &[NETWORKS, DATA],
        run: labels::run,
    },
    Rule {
        name: "generator_range",
        summary: "the generator's last activation covers the data's range",
        needs: &[NETWORKS],
        run: generator_range::run,
    },
    Rule {
        name: "references",
        summary: "phases have names of their own, networks are trained once, frozen and averaged where there are",
        needs: &[NETWORKS, PHASES],
        run: references::run,
    },
    Rule {
        name: "terms",
        summary: "every phase has losses that exist, every player an objective",
        needs: &[TERMS, PHASES],
        run: terms::run,
    },
    Rule {
        name: "loss_args",
        summary: "the `args` of a Keras loss fit the player of its phase",
        needs: &[TERMS, PHASES],
        run: loss_args::run,
    },
    Rule {
        name: "augment",
        summary: "augmentations exist, have the arguments that are written, and take the samples",
        needs: &[],
        run: augment::run,
    },
    Rule {
        name: "logits",
        summary: "losses of logits get logits, losses of probabilities probabilities",
        needs: &[NETWORKS, TERMS, PHASES],
        run: logits::run,
    },
    Rule {
        name: "optimizers",
        summary: "every network has an optimizer of its own that moves it",
        needs: &[OPTIMIZERS, PHASES],
        run: optimizers::run,
    },
    Rule {
        name: "trains",
        summary: "phases train networks that there are",
        needs: &[&["networks", "networks.*"]],
        run: trains::known,
    },
    Rule {
        name: "untrained",
        summary: "every phase trains a network, every network is trained",
        needs: &[&["phases", "phases.*", "phases.*.trains", "networks", "networks.*"]],
        run: trains::all,
    },
    Rule {
        name: "batch",
        summary: "the batch is a size that can be trained, not larger than the data",
        needs: &[DATA],
        run: batch::run,
    },
    Rule {
        name: "kernel_stride",
        summary: "strides divide the kernels of transposed convolutions",
        needs: &[NETWORKS],
        run: kernel_stride::run,
    },
    Rule {
        name: "lipschitz",
        summary: "a Wasserstein critic is held to a bounded slope",
        needs: &[TERMS, PHASES],
        run: lipschitz::run,
    },
    Rule {
        name: "one_logit",
        summary: "the discriminator gives one logit for a sample",
        needs: &[],
        run: one_logit::run,
    },
    Rule { name: "unusual", summary: "learning rates and weights are what is usual", needs: &[], run: unusual::run },
    Rule { name: "beta_1", summary: "Adam's beta_1 suits adversarial training", needs: &[], run: beta_1::run },
];

/// The name of the last rule, which looks at what no rule of [`RULES`] found an error in: the programs of a step can be made of it.
pub const LAST: &str = "tracing";

impl Rule {
    fn findings(&self, subject: &Subject) -> Vec<Finding> {
        (self.run)(subject).into_iter().map(|f| Finding { rule: self.name, ..f }).collect()
    }
}

/// Everything that the rules found.
#[derive(Debug, Default)]
pub struct Report {
    /// Errors first, then hints, each in the order of the rules.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The findings of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |f| f.severity == severity)
    }

    /// Whether there is an error, which forbids training.
    pub fn has_errors(&self) -> bool {
        self.of(Severity::Error).next().is_some()
    }
}

impl From<&[SpecFault]> for Report {
    /// What is wrong with a text of which no spec can be read.
    fn from(faults: &[SpecFault]) -> Report {
        Report { findings: reading::findings(faults) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
            for fix in &finding.fixes {
                writeln!(f, "    fix: {}", fix.what)?;
            }
        }
        let (errors, hints) = (self.of(Severity::Error).count(), self.of(Severity::Hint).count());
        let s = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{errors} error{}, {hints} hint{}", s(errors), s(hints))
    }
}

/// Words in the place of a layer: `networks`, its network, `layers`, its number.
const LAYER: usize = 4;

/// Runs every rule on a spec that may be incomplete.
pub fn check(draft: &Draft, data: Option<&DataFacts>) -> Report {
    let subject = Subject::new(draft, data);
    let mut findings = reading::findings(&draft.faults);
    // Arguments of layers that cannot be what they are: of what stands in for them nothing is said.
    let mut arguments: Vec<String> = Vec::new();
    for rule in RULES {
        let mut found = rule.findings(&subject);
        found.retain(|finding| !reading::follows(draft, finding, rule) && !arguments.contains(&key(&finding.place)));
        let of_argument = |key: &String| key.starts_with("networks.") && key.split('.').count() > LAYER;
        arguments.extend(found.iter().map(|finding| key(&finding.place)).filter(of_argument));
        findings.extend(found);
    }
    let wrong: Vec<String> = findings.iter().filter(|f| f.severity == Severity::Error).map(|f| key(&f.place)).collect();
    if let Some((spec, phases)) = tracing::sound(&draft.spec, &wrong) {
        let traced = tracing::run(&Subject { spec: &spec, ..subject }, &phases);
        findings.extend(traced.into_iter().map(|finding| Finding { rule: LAST, ..finding }));
    }
    for finding in findings.iter_mut().filter(|finding| finding.line.is_none()) {
        finding.line = draft.line(&finding.key.clone().unwrap_or_else(|| key(&finding.place)));
    }
    findings.sort_by_key(|f| f.severity);
    Report { findings }
}

/// The dotted key in a place: `phases.0.optimizer` in "phases.0 (`d`).optimizer".
fn key(place: &str) -> String {
    let mut key = String::new();
    let mut parts = place.split(' ');
    key.push_str(parts.next().unwrap_or(place));
    // What stands in brackets is a name; a key goes on right behind it.
    for part in parts {
        match part.strip_prefix('(').and_then(|part| part.split_once(')')) {
            Some((_, rest)) => key.push_str(rest),
            None => break,
        }
    }
    key
}

#[cfg(test)]
mod tests;
