//! `ganymede data`: what is in some data, as a training would see it.

use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::flags::DataFlags;
use crate::numbers::{bytes, grouped};
use crate::setup;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_data::{DataOptions, Dataset, cache_files, cache_folder};
use ganymede_gan::spec::DataSpec;
use serde_json::json;
use std::ffi::OsString;

/// `ganymede data`.
#[derive(Args, Debug)]
pub struct Data {
    /// A folder, file or name of data
    data: OsString,
    #[command(flatten)]
    data_flags: DataFlags,
    /// Seed that decides which samples are held out
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

impl Command for Data {
    const NAME: &'static str = "data";
    const ABOUT: &'static str = "Read data and report what is in it";
    const EXAMPLES: Examples = &[
        ("A folder of images", &["ganymede data photos --resolution 64"]),
        ("The images that ship with ganymede", &["ganymede data fashion-mnist"]),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut options = DataOptions::default();
        self.data_flags.apply(&mut options)?;
        let Some(source) = self.data.to_str() else {
            let text = format!("expected a path in Unicode, found {:?}", self.data);
            return Err(Failure::new(USER, text).with_hint("rename it; `convmv` and `detox` do so for many"));
        };
        let data = DataSpec { source: source.into(), options, ..DataSpec::default() };
        let dataset = setup::open_data(&data, terminal)?;
        let split = dataset.split(data.options.holdout, self.seed);
        let cache = Cache::of(&dataset)?;
        if self.json {
            let value = json!({
                "kind": "data", "report": dataset.report(), "train": split.train.len(), "holdout": split.holdout.len(),
                "fingerprint": dataset.fingerprint(), "cache_bytes": cache.own, "all_caches_bytes": cache.all,
            });
            return terminal.result(&value.to_string());
        }
        let (train, holdout) = (grouped(split.train.len() as u64), grouped(split.holdout.len() as u64));
        terminal.result(&format!("{}\nsplit       {train} to train on, {holdout} held out", dataset.report()))?;
        cache.line().map_or(Ok(()), |line| terminal.result(&line))
    }
}

/// What the decoded data take on the disk: those that were read, and those of all data.
struct Cache {
    own: Option<u64>,
    all: u64,
}

impl Cache {
    fn of(dataset: &Dataset) -> Result<Cache, Failure> {
        let files = cache_folder().map(|folder| cache_files(&folder)).transpose()?.unwrap_or_default();
        let own = files.iter().find(|file| Some(file.path.as_path()) == dataset.cache_file()).map(|file| file.bytes);
        Ok(Cache { own, all: files.iter().map(|file| file.bytes).sum() })
    }

    fn line(&self) -> Option<String> {
        let own = bytes(self.own?);
        Some(match self.all {
            all if Some(all) == self.own => format!("cache       {own} (`ganymede clean --cache` removes it)"),
            all => format!("cache       {own}, of all data {} (`ganymede clean --cache` removes it)", bytes(all)),
        })
    }
}
