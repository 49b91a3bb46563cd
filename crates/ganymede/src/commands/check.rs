//! `ganymede check`: every defect of a spec at once, and `--fix`. The rules are `ganymede_gan::check`.

use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::flags::DataFlags;
use crate::numbers::counted;
use crate::setup;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_gan::check::{self, DataFacts};
use ganymede_gan::run_dir;
use ganymede_gan::spec::{Draft, TrainSpec};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `ganymede check`.
#[derive(Args, Debug)]
pub struct Check {
    /// A spec, complete or not, or the folder of a run; `last` is the newest run in runs/
    #[arg(value_parser = crate::flags::run)]
    file: PathBuf,
    /// Check the spec against this data [default: the data that the spec names, if any]
    #[arg(long, value_name = "DATA")]
    data: Option<OsString>,
    /// Apply the first fix of every error until no error is left, and write the repaired spec
    #[arg(long, value_name = "OUT.toml")]
    fix: Option<PathBuf>,
    #[command(flatten)]
    data_flags: DataFlags,
    /// Print JSON, one finding per line
    #[arg(long)]
    json: bool,
}

impl Command for Check {
    const NAME: &'static str = "check";
    const ABOUT: &'static str = "Find every defect of a spec before it is trained; exit 1 when there is an error";
    const EXAMPLES: Examples = &[
        ("List everything that is wrong with a spec", &["ganymede check examples/article-verbatim.toml"]),
        ("Repair a spec", &["ganymede check --fix repaired.toml examples/article-verbatim.toml"]),
        (
            "Check a spec against data",
            &[
                "ganymede presets dcgan --resolution 64 --channels 3 > mine.toml",
                "ganymede check mine.toml --data photos --resolution 64",
            ],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let file = if run_dir::is_run(&self.file) { self.file.join("spec.toml") } else { self.file.clone() };
        let mut draft = read(&file)?;
        self.name_data(&mut draft)?;
        let facts = facts(&draft, terminal)?;
        if let Some(out) = &self.fix {
            let (spec, changes) = check::fix(&draft, facts.as_ref())?;
            for change in &changes {
                self.tell(&json!({ "kind": "fix", "what": change }), &format!("fixed: {change}"), terminal)?;
            }
            let write = std::fs::write(out, spec.to_toml());
            write.map_err(|e| Failure::new(USER, format!("cannot write {}: {e}", out.display())))?;
            let text = format!("wrote {} with {}", out.display(), counted(changes.len() as u64, "change"));
            return self.tell(&json!({ "kind": "written", "file": out }), &text, terminal);
        }
        let report = check::check(&draft, facts.as_ref());
        if self.json {
            for finding in &report.findings {
                let fixes: Vec<&str> = finding.fixes.iter().map(|f| f.what.as_str()).collect();
                let line = json!({
                    "kind": "finding", "rule": finding.rule, "severity": finding.severity, "line": finding.line,
                    "place": finding.place,
                    "reason": finding.reason, "fixes": fixes,
                });
                terminal.result(&line.to_string())?;
            }
        } else {
            terminal.result(&report.to_string())?;
        }
        if report.has_errors() { Err(Failure::quiet(USER)) } else { Ok(()) }
    }
}

impl Check {
    fn tell(&self, json: &serde_json::Value, text: &str, terminal: &mut Terminal) -> Result<(), Failure> {
        terminal.result(&if self.json { json.to_string() } else { text.to_string() })
    }

    /// The data that the flags or else the spec name becomes the spec's, from the root.
    fn name_data(&self, draft: &mut Draft) -> Result<(), Failure> {
        let data = &mut draft.spec.data;
        let named = self.data.clone().or_else(|| Some(data.source.clone().into()).filter(|_| !data.source.is_empty()));
        if let Some(source) = named {
            data.source = setup::source_name(&source)?;
            draft.missing.retain(|table| *table != "data");
        }
        self.data_flags.apply(&mut data.options);
        Ok(())
    }
}

/// What is known of the data that a spec names.
fn facts(draft: &Draft, terminal: &Terminal) -> Result<Option<DataFacts>, Failure> {
    let data = &draft.spec.data;
    if data.source.is_empty() {
        return Ok(None);
    }
    let dataset = setup::open_data(data, terminal)?;
    let samples = dataset.split(data.options.holdout, draft.spec.seed).train.len();
    Ok(Some(DataFacts { name: data.source.clone(), ..DataFacts::of(dataset.codec(), samples) }))
}

fn read(file: &Path) -> Result<Draft, Failure> {
    if file.is_dir() {
        let text =
            format!("{}: expected a spec or the folder of a run, found a folder without spec.toml", file.display());
        let hint = "name the spec's file (`ganymede presets NAME` prints one); `ganymede data` reads a folder of data";
        return Err(Failure::new(USER, text).with_hint(hint));
    }
    Ok(TrainSpec::lenient(&TrainSpec::text(file)?).map_err(|e| e.in_file(file))?)
}
