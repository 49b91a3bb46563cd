//! `[[augment]]`: what is done to samples before the discriminator sees them. Not here: the changes (`augment/`).

use serde::{Deserialize, Serialize};

/// One of `[[augment]]`, in the order in which they are applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugmentSpec {
    /// Its name: `instance_noise` …
    pub class_name: String,
    /// Its own arguments.
    #[serde(flatten)]
    pub arguments: toml::Table,
}
