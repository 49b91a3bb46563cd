//! `numerics = "fast" | "strict"` as TOML has it. Not here: what it means (`ganymede-kernels`, `conv/numerics.rs`).

use ganymede_runtime::Numerics;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub fn serialize<S: Serializer>(numerics: &Numerics, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(numerics.name())
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Numerics, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
