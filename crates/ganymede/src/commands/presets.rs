//! `ganymede presets`: the list, or the complete spec of one.

use super::{Command, Examples};
use crate::failure::Failure;
use crate::known_names;
use crate::terminal::Terminal;
use crate::whole::whole;
use crate::wrap::wrapped;
use clap::Args;
use ganymede_data::Resolution;
use ganymede_gan::presets::{self, PRESETS, PresetInput};
use ganymede_gan::spec::TrainSpec;
use serde_json::json;

/// `ganymede presets`.
#[derive(Args, Debug)]
pub struct Presets {
    /// Print this preset's spec
    #[arg(value_parser = known_names::preset())]
    name: Option<String>,
    #[command(flatten)]
    sample: SampleFlags,
    /// Print the list as JSON, one object per line
    #[arg(long)]
    json: bool,
}

/// The samples that a preset is made for when no data is given.
#[derive(Args, Clone, Debug)]
pub struct SampleFlags {
    /// Size of the images, such as 64 or 48x32 (width x height) [default: 28]
    #[arg(long, value_name = "N|WxH", value_parser = clap::value_parser!(Resolution))]
    resolution: Option<Resolution>,
    /// Channels of the images [default: 1]
    #[arg(long, value_name = "N", value_parser = whole::<u8>(1..=u8::MAX as u64))]
    channels: Option<u8>,
    /// Coordinates of a sample, for points instead of images [default: 2, for presets that are made for points]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=u16::MAX as u64), conflicts_with_all = ["resolution", "channels"])]
    coordinates: Option<u16>,
    /// Number of classes, for presets whose generator takes a class [default: 10]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=u16::MAX as u64))]
    classes: Option<u16>,
    /// Base number of filters or units, which all layers scale with [default: the preset's own]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=2048))]
    width: Option<u16>,
}

impl SampleFlags {
    /// The preset's spec for such samples.
    ///
    /// # Errors
    /// When the preset does not take them.
    pub fn spec(&self, preset: &str) -> Result<TrainSpec, Failure> {
        let side = self.resolution.map(|resolution| [resolution.height as usize, resolution.width as usize]);
        let shape = match self.coordinates {
            Some(n) => vec![usize::from(n)],
            None => presets::sample_of(preset, side, self.channels.map(usize::from)),
        };
        let (classes, width) = (self.classes.map(usize::from), self.width.map(usize::from));
        let input = PresetInput { classes, width, ..PresetInput::of(shape) };
        Ok(presets::preset_for(preset, &input)?)
    }
}

/// Names of all presets.
pub fn names() -> Vec<&'static str> {
    PRESETS.iter().map(|entry| entry.name).collect()
}

impl Command for Presets {
    const NAME: &'static str = "presets";
    const ABOUT: &'static str = "List the presets, or print the spec of one";
    const EXAMPLES: Examples = &[
        ("All of them", &["ganymede presets"]),
        (
            "A spec to change and to train",
            &[
                "ganymede presets dcgan --resolution 64 --channels 3 > mine.toml",
                "ganymede train photos --resolution 64 --config mine.toml",
            ],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        if let Some(name) = &self.name {
            return terminal.result(self.sample.spec(name)?.to_commented_toml().trim_end());
        }
        let longest = PRESETS.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
        for entry in PRESETS {
            terminal.result(&match self.json {
                true => json!({ "kind": "preset", "name": entry.name, "summary": entry.summary }).to_string(),
                false => wrapped(&format!("{:<longest$}  {}", entry.name, entry.summary)),
            })?;
        }
        Ok(())
    }
}
