//! `[data]`: what is trained on. Not here: reading it (`ganymede-data`).

use ganymede_data::DataOptions;
use serde::{Deserialize, Serialize};

/// `[data]`: the source and how it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// A name (`fashion-mnist`, `ring2d` …) or a path; empty when the spec does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Sizes of a sample as the networks take it, such as `[28, 28, 1]`; filled in from the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<usize>,
    /// How it is read.
    #[serde(flatten)]
    pub options: DataOptions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_also_beside_the_options() {
        let spec: DataSpec = toml::from_str("source = \"ring2d\"\nmirror = true\n").unwrap();
        assert!(spec.options.mirror);
        let error = toml::from_str::<DataSpec>("source = \"ring2d\"\nmiror = true\n").unwrap_err();
        assert!(error.to_string().contains("miror"), "{error}");
    }
}
