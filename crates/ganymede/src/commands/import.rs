//! `ganymede import`: a network of another program as a part of a spec. Which arrays it begins with says `train --weights`. Not here:
//! how such a file is read (`ganymede-interop`).

use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::terminal::Terminal;
use clap::Args;
use ganymede_gan::GanError;
use ganymede_gan::spec::{NetworkSpec, TrainSpec};
use ganymede_interop::keras::{self, KerasNetwork};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `ganymede import`.
#[derive(Args, Debug)]
pub struct Import {
    /// A `.keras` file, which Keras 3 writes, or a folder with what is in one
    #[arg(value_name = "FILE.keras")]
    file: PathBuf,
    /// Name that the network has in the spec
    #[arg(long = "as", value_name = "NETWORK", default_value = "generator")]
    network: String,
    /// A spec whose network of this name is replaced [default: only the network is printed]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Write to this path [default: print]
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    /// Replace the file at the path
    #[arg(long, requires = "out")]
    overwrite: bool,
}

impl Command for Import {
    const NAME: &'static str = "import";
    const ABOUT: &'static str = "Take a network from a .keras file";
    const EXAMPLES: Examples = &[
        (
            "The layers of a generator, as a spec has them",
            &["ganymede export runs/00000-quick-fashion-mnist keras --out g.keras", "ganymede import g.keras"],
        ),
        (
            "Train it further, with the discriminator and the losses of a spec",
            &[
                "ganymede import g.keras --spec runs/00000-quick-fashion-mnist/spec.toml --out spec.toml",
                "ganymede train --config spec.toml --weights generator=g.keras",
            ],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let read = keras::read(&self.file)?;
        let numbers: usize = read.weights.iter().map(|tensor| tensor.data().len()).sum();
        let (layers, arrays) = (read.config.layers.len(), read.weights.len());
        terminal.say(&format!("network     {}: {layers} layers, {numbers} numbers in {arrays} arrays", read.name));
        let text = match &self.spec {
            Some(path) => self.whole(path, &read)?,
            None => part(&self.network, &read),
        };
        let weights = format!("--weights {}={}", self.network, self.file.display());
        terminal.say(&format!("begin with  ganymede train DATA --config SPEC {weights}"));
        let Some(out) = &self.out else { return terminal.result(text.trim_end()) };
        if out.exists() && !self.overwrite {
            let failure = Failure::new(USER, format!("{}: expected a new path, found a file", out.display()));
            return Err(failure.with_hint("--overwrite replaces it; --out names another"));
        }
        let failed = |source| GanError::Io { path: out.clone(), action: "write", source };
        std::fs::write(out, text).map_err(failed)?;
        terminal.result(&out.display().to_string())
    }
}

impl Import {
    /// A spec with the network in place of its own.
    fn whole(&self, path: &Path, read: &KerasNetwork) -> Result<String, Failure> {
        let mut spec = TrainSpec::load(path)?;
        let known = spec.networks.keys().cloned().collect::<Vec<_>>().join(", ");
        let Some(replaced) = spec.networks.get_mut(&self.network) else {
            let text = format!("{}: expected a network `{}`, found {known}", path.display(), self.network);
            return Err(Failure::new(USER, text).with_hint("--as names the network that is replaced"));
        };
        *replaced = NetworkSpec { role: replaced.role, ..network(read) };
        Ok(spec.to_toml())
    }
}

fn network(read: &KerasNetwork) -> NetworkSpec {
    NetworkSpec { layers: read.config.layers.clone(), outputs: read.config.outputs.clone(), ..NetworkSpec::default() }
}

/// The part of a spec that is the network.
fn part(name: &str, read: &KerasNetwork) -> String {
    let networks = BTreeMap::from([(name, network(read))]);
    toml::to_string(&json!({ "networks": networks })).unwrap_or_default()
}
