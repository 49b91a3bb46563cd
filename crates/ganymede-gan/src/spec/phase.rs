//! `[[phases]]`: what is trained by which loss with which optimizer. Not here: the losses (`objectives/`, `regularizers/`).

use ganymede_nn::OptimizerConfig;
use serde::{Deserialize, Serialize};

/// One of `[[phases]]`: a loss, the networks it trains and their optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// Its name: `d`, `g`, `d_reg` …
    pub name: String,
    /// Names of the networks that it trains.
    pub trains: Vec<String>,
    /// It runs in steps that this divides.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// The optimizer; none is an error that `check` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<OptimizerConfig>,
    /// Its loss is the weighted sum of these.
    #[serde(default)]
    pub terms: Vec<TermSpec>,
}

/// One term of a phase's loss: an objective, a Keras loss or a regularizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermSpec {
    /// An objective (`non_saturating` …), a Keras loss (`BinaryCrossentropy`) or a regularizer (`gradient_penalty` …).
    pub class_name: String,
    /// Its factor in the loss.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub weight: f64,
    /// What a Keras loss compares: `["real", "fake"]` (real with 1, fake with 0) for a discriminator,
    /// `["fake"]` (fake with 1) for a generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// The term's own arguments.
    #[serde(flatten)]
    pub arguments: toml::Table,
}

impl TermSpec {
    /// A term of weight 1 without arguments.
    pub fn new(class_name: &str) -> Self {
        TermSpec { class_name: class_name.into(), weight: 1.0, args: None, arguments: toml::Table::new() }
    }
}

fn one() -> u64 {
    1
}

fn is_one(every: &u64) -> bool {
    *every == 1
}

fn unit() -> f64 {
    1.0
}

fn is_unit(weight: &f64) -> bool {
    *weight == 1.0
}
