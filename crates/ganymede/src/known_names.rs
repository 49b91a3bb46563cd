//! A word of the command line that is one of a list, with an answer for words that mean something elsewhere. Not here: the lists.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use ganymede_gan::presets;
use ganymede_nn::config::nearest;
use std::ffi::OsStr;

/// A parser of one of these names.
#[derive(Clone)]
pub struct KnownName {
    what: &'static str,
    names: Vec<&'static str>,
    elsewhere: fn(&str) -> Option<String>,
}

/// The name of a preset.
pub fn preset() -> KnownName {
    let names = presets::PRESETS.iter().map(|entry| entry.name).collect();
    KnownName { what: "a preset", names, elsewhere: presets::elsewhere }
}

/// What computes.
pub fn device() -> KnownName {
    KnownName { what: "a device", names: vec!["cpu"], elsewhere: |name| is_gpu(name).then(|| NO_GPU.into()) }
}

/// The name of a format to export in.
pub fn export_format() -> KnownName {
    let names = ganymede_interop::FORMATS.iter().map(|format| format.name).collect();
    KnownName { what: "a format", names, elsewhere: format_elsewhere }
}

/// What a format is called elsewhere, or which one is of no use here.
fn format_elsewhere(name: &str) -> Option<String> {
    match name.to_lowercase().trim_start_matches('.') {
        "pytorch" | "pt" | "pth" | "torchscript" => Some("did you mean `torch`?".into()),
        "huggingface" | "hugging-face" | "hf" | "huggingface_hub" | "modelcard" => Some("did you mean `hub`?".into()),
        "tb" | "tfevents" | "events" => Some("did you mean `tensorboard`?".into()),
        "onnxruntime" | "ort" => Some("did you mean `onnx`?".into()),
        "png" | "csv" | "npy" => Some("`ganymede sample` writes samples".into()),
        _ => None,
    }
}

const NO_GPU: &str = "ganymede computes on the CPU: there is no GPU yet";

fn is_gpu(name: &str) -> bool {
    let name = name.to_lowercase();
    ["cuda", "gpu", "rocm", "mps", "metal", "vulkan", "hip", "tpu", "xpu"].iter().any(|other| name.starts_with(other))
}

impl TypedValueParser for KnownName {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let value = value.to_string_lossy();
        if self.names.iter().any(|name| *name == value) {
            return Ok(value.into_owned());
        }
        let meant = (self.elsewhere)(&value)
            .or_else(|| nearest(&value, self.names.iter().copied()).map(|name| format!("did you mean `{name}`?")));
        let meant = meant.map(|meant| format!("hint: {meant}\n")).unwrap_or_default();
        let (what, all) = (self.what, self.names.join(", "));
        let flag = argument.map(|argument| format!("{argument}: ")).unwrap_or_default();
        let text = format!("{flag}expected {what}, found `{value}`\n{meant}known: {all}\n");
        Err(Error::raw(ErrorKind::InvalidValue, text).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().map(PossibleValue::new)))
    }
}
