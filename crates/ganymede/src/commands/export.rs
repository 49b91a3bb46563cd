//! `ganymede export`: writes a run in another format. Which formats there are says the table of `ganymede-interop`.

use super::{Command, Examples};
use crate::failure::Failure;
use crate::flags::{CheckpointFlags, run};
use crate::known_names;
use crate::terminal::Terminal;
use crate::whole::whole;
use clap::Args;
use ganymede_interop::{ExportOptions, FORMATS, Layout, Network, Output, Place, Trained, export, format};
use serde_json::json;
use std::path::PathBuf;

/// `ganymede export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Folder of the run, or `last` for the newest run in runs/
    #[arg(value_parser = run)]
    run: PathBuf,
    /// What to write
    #[arg(value_name = "FORMAT", value_parser = known_names::export_format(), help = formats())]
    format: String,
    /// Write to this path [default: named after run and step, in the current folder]
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
    /// Replace the file at the path; in a folder, the files of the same names
    #[arg(long)]
    overwrite: bool,
    /// Checkpoint after this step [default: the newest]
    #[arg(long, value_name = "STEP")]
    checkpoint: Option<u64>,
    /// The best checkpoint by what the run evaluated while it trained (`train --evaluate-every`)
    #[arg(long, conflicts_with = "checkpoint")]
    best: bool,
    /// Use the weights of that step itself instead of the averaged weights (EMA)
    #[arg(long)]
    last_weights: bool,
    /// Which network [default: generator]
    #[arg(long, value_name = "NAME", value_parser = Network::ALL.map(Network::name))]
    network: Option<String>,
    /// Numbers of the samples: signed as the network makes them, unit 0 to 1, uint8 the bytes of a PNG, data the units of the data
    /// [default: signed]
    #[arg(long, value_name = "HOW", value_parser = Output::ALL.map(Output::name))]
    output: Option<String>,
    /// Order of an image's axes: (N, C, H, W) or (N, H, W, C) [default: nchw]
    #[arg(long, value_name = "ORDER", value_parser = Layout::ALL.map(Layout::name))]
    layout: Option<String>,
    /// Write the network for exactly N samples at a time, for networks that mix the samples of a batch [default: any number]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=4096))]
    batch: Option<u16>,
    /// Licence of the network on the card of `hub`, by its name there, such as mit [default: other]
    #[arg(long, value_name = "NAME")]
    license: Option<String>,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
}

/// What formats there are, for `--help`.
fn formats() -> String {
    let one = |format: &ganymede_interop::Format| format!("{} ({})", format.name, format.about);
    format!("What to write: {}", FORMATS.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// What has this name.
fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, asked: Option<&String>) -> Option<T> {
    all.iter().copied().find(|one| Some(name(*one)) == asked.map(String::as_str))
}

impl Command for Export {
    const NAME: &'static str = "export";
    const ABOUT: &'static str = "Write a trained network in another format, such as ONNX";
    const EXAMPLES: Examples = &[
        ("The generator for ONNX Runtime", &["ganymede export runs/00000-quick-fashion-mnist onnx --out clothes.onnx"]),
        (
            "The same as bytes, such as for a web page",
            &["ganymede export runs/00000-quick-fashion-mnist onnx --output uint8"],
        ),
        (
            "A folder for Hugging Face",
            &["ganymede export runs/00000-quick-fashion-mnist hub --license cc-by-4.0 --out clothes-hub"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let format = format(&self.format)?;
        let at = CheckpointFlags { run: self.run, checkpoint: self.checkpoint, best: self.best };
        let trained = Trained::open(&at.run, at.step()?, self.last_weights)?;
        let mut options = ExportOptions::default();
        options.network = named(&Network::ALL, Network::name, self.network.as_ref());
        options.output = named(&Output::ALL, Output::name, self.output.as_ref());
        options.layout = named(&Layout::ALL, Layout::name, self.layout.as_ref());
        options.batch = self.batch.map(usize::from);
        options.license = self.license;
        let usual = || {
            let network = options.network.filter(|network| *network != Network::Generator).map(Network::name);
            let network = network.map(|name| format!("-{name}")).unwrap_or_default();
            let name = format!("{}-step-{:08}{network}", trained.name(), trained.step);
            PathBuf::from(match format.place {
                Place::File(ending) => format!("{name}.{ending}"),
                Place::Folder(ending) => format!("{name}-{ending}"),
            })
        };
        let out = self.out.unwrap_or_else(usual);
        terminal.say(&format!("checkpoint  {}", trained.checkpoint.display()));
        let notes = export(&trained, format, &options, &out, self.overwrite)?;
        notes.iter().for_each(|note| terminal.say(note));
        let network = trained.network(options.network.unwrap_or_default());
        terminal.result(&match self.json {
            true => json!({ "kind": "export", "format": format.name, "network": network, "step": trained.step, "path": out })
                .to_string(),
            false => out.display().to_string(),
        })
    }
}
