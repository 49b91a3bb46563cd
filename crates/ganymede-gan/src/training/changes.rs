//! What was changed of the spec that a training was made of, and the name that its run has by it
//! (docs/decisions/0041-a-run-is-named-after-what-it-trains.md). Not here: changing it (`spec/edit.rs`).

use super::Training;
use crate::spec::{Difference, TrainSpec, differences};
use ganymede_data::Source;

/// Keys of a preset that may be changed without its name: how long it trains, on how much at once, and what is seen of it.
const KEEPS_NAME: &[&str] = &[
    "seed",
    "train.batch",
    "train.steps",
    "train.kimg",
    "train.minutes",
    "train.most_kimg",
    "train.micro_batches",
    "train.numerics",
    "train.tick_every",
    "train.snapshot_every",
    "train.checkpoint_every",
    "train.keep",
];

impl Training {
    /// What was changed of the preset or the spec that it was made of; what its data is and where its networks come from is no
    /// change.
    pub fn changes(&self) -> Vec<Difference> {
        let mut all = differences(&self.began, &self.spec);
        all.retain(|change| change.key != "from" && !change.key.starts_with("data."));
        all
    }

    /// The name that its run gets by default: `dcgan-photos`, and `dcgan-edited-photos` where it is no longer what the preset is.
    pub fn usual_name(&self) -> String {
        let same = |key: &str| KEEPS_NAME.contains(&key) || key.starts_with("evaluate");
        let edited = !self.spec.preset.is_empty() && self.changes().iter().any(|change| !same(&change.key));
        run_name(&self.spec, &format!("{}{}", self.spec.preset, if edited { "-edited" } else { "" }))
    }
}

/// `dcgan-fashion-mnist`: what is trained, and the data.
pub fn run_name(spec: &TrainSpec, what: &str) -> String {
    let data = Source::parse(&spec.data.source).map_or_else(|_| spec.data.source.clone(), |source| source.stem());
    if what.is_empty() { data } else { format!("{what}-{data}") }
}
