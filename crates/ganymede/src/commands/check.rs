//! `ganymede check`: every defect of a spec at once, and `--fix`. The rules are `ganymede_gan::check`.

use super::{Command, Examples};
use crate::failure::{Failure, USER};
use crate::flags::DataFlags;
use crate::numbers::counted;
use crate::progress::DataBar;
use crate::setup;
use crate::terminal::Terminal;
use clap::Args;
use ganymede_data::{DataError, Dataset, Source};
use ganymede_gan::GanError;
use ganymede_gan::check::{self, DataFacts, Report, Severity};
use ganymede_gan::run_dir;
use ganymede_gan::spec::{Draft, SpecFault, TrainSpec};
use ganymede_nn::config::nearest;
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
    /// Write the spec with every fix applied; errors that have none are listed, and the exit code is 1
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
        let mut draft = match read(&file)? {
            Ok(draft) => draft,
            Err(faults) => {
                // Of what is no TOML nothing else is known, and nothing is written.
                self.show(&Report::from(&faults[..]), terminal)?;
                return Err(Failure::quiet(USER));
            }
        };
        let mut refused = self.outside(&mut draft)?;
        let known = !refused.iter().any(|what| what.place == SOURCE && what.mend.is_none());
        let facts = match if known { facts(&draft, terminal) } else { Ok(None) } {
            Ok(facts) => facts,
            // What the file names is the file's defect.
            Err(error)
                if self.data.is_none() && !matches!(error, DataError::Io { .. } | DataError::MemoryLimit { .. }) =>
            {
                let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                refused.push(Refused { place: SOURCE, reason: format!("{error}{hint}"), mend: None });
                None
            }
            Err(error) => return Err(error.into()),
        };
        refuse(&mut draft, &refused);
        if let Some(out) = &self.fix {
            return self.repair(out, &draft, &refused, facts.as_ref(), terminal);
        }
        let report = check::check(&draft, facts.as_ref());
        self.show(&report, terminal)?;
        if report.has_errors() { Err(Failure::quiet(USER)) } else { Ok(()) }
    }
}

/// The errors alone.
fn errors_of(report: Report) -> Report {
    Report { findings: report.findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect() }
}

/// The key of the data's name.
const SOURCE: &str = "data.source";

/// What a spec names that is not there, and what stands in its draft instead.
struct Refused {
    place: &'static str,
    reason: String,
    mend: Option<String>,
}

fn refuse(draft: &mut Draft, refused: &[Refused]) {
    for what in refused {
        draft.refuse(what.place, what.reason.clone(), what.mend.clone());
    }
}

impl Check {
    fn tell(&self, json: &serde_json::Value, text: &str, terminal: &mut Terminal) -> Result<(), Failure> {
        terminal.result(&if self.json { json.to_string() } else { text.to_string() })
    }

    fn show(&self, report: &Report, terminal: &mut Terminal) -> Result<(), Failure> {
        if !self.json {
            return terminal.result(&report.to_string());
        }
        for finding in &report.findings {
            let fixes: Vec<&str> = finding.fixes.iter().map(|f| f.what.as_str()).collect();
            let line = json!({
                "kind": "finding", "rule": finding.rule, "severity": finding.severity, "line": finding.line,
                "place": finding.place,
                "reason": finding.reason, "fixes": fixes,
            });
            terminal.result(&line.to_string())?;
        }
        Ok(())
    }

    /// Writes what could be mended, and says what could not.
    fn repair(
        &self,
        out: &Path,
        draft: &Draft,
        refused: &[Refused],
        facts: Option<&DataFacts>,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let repaired = check::fix(draft, facts);
        let unread = draft.faults.iter().any(|fault| fault.mend.is_none());
        // Written anew, it would lack what could not be read.
        let anew = || toml::to_string(&repaired.spec).ok().filter(|_| !unread);
        let in_place = draft.rewritten(&repaired.spec).map(|text| (text, ""));
        let written = in_place.or_else(|| Some((anew()?, ", written anew: its comments are not kept")));
        let Some((text, how)) = written else {
            self.show(&errors_of(check::check(draft, facts)), terminal)?;
            let text = format!("{} is not written: it would lack what could not be read", out.display());
            return Err(Failure::new(USER, text).with_hint("mend what has no fix in the list, and check again"));
        };
        for change in &repaired.changes {
            self.tell(&json!({ "kind": "fix", "what": change }), &format!("fixed: {change}"), terminal)?;
        }
        let write = std::fs::write(out, &text);
        write.map_err(|e| Failure::new(USER, format!("cannot write {}: {e}", out.display())))?;
        let data = if self.data.is_some() { " and the data of --data" } else { "" };
        let said =
            format!("wrote {} with {}{data}{how}", out.display(), counted(repaired.changes.len() as u64, "change"));
        self.tell(&json!({ "kind": "written", "file": out }), &said, terminal)?;
        if !repaired.left.has_errors() {
            return Ok(());
        }
        // What is left is told with the lines of the file that was written.
        let report = match TrainSpec::lenient(&text) {
            Ok(mut written) => {
                refuse(&mut written, refused);
                written.faults.retain(|fault| fault.mend.is_none());
                check::check(&written, repaired.data.as_ref())
            }
            Err(_) => repaired.left,
        };
        self.show(&errors_of(report), terminal)?;
        Err(Failure::quiet(USER))
    }

    /// The data that the flags or else the spec name becomes the spec's, from the root; gives what the spec names that is not there.
    fn outside(&self, draft: &mut Draft) -> Result<Vec<Refused>, Failure> {
        let mut refused = Vec::new();
        if let Some(from) = draft.spec.from.as_ref().filter(|from| !Path::new(from).exists()) {
            let reason = format!("expected the folder of a checkpoint, found nothing at `{from}`");
            refused.push(Refused { place: "from", reason, mend: None });
        }
        let data = &mut draft.spec.data;
        let own = Some(data.source.clone()).filter(|source| !source.is_empty() && self.data.is_none());
        match (&self.data, own.map(|own| (Source::parse(&own), own))) {
            (Some(flag), _) => data.source = setup::source_name(flag)?,
            (None, Some((Err(error @ DataError::NotFound { .. }), own))) => {
                let near = nearest(&own, ganymede_data::names());
                let mend = near.as_ref().map(|near| format!("write \"{near}\""));
                data.source = near.unwrap_or(own);
                refused.push(Refused { place: SOURCE, reason: error.to_string(), mend });
            }
            (None, Some((_, own))) => data.source = setup::source_name(own.as_ref())?,
            (None, None) => {}
        }
        if !data.source.is_empty() {
            draft.missing.retain(|table| *table != "data");
        }
        self.data_flags.apply(&mut draft.spec.data.options)?;
        Ok(refused)
    }
}

/// What is known of the data that a spec names; none where it names none, and where options are out of range, which a rule tells.
fn facts(draft: &Draft, terminal: &Terminal) -> Result<Option<DataFacts>, DataError> {
    let data = &draft.spec.data;
    if data.source.is_empty() || !data.options.faults().is_empty() {
        return Ok(None);
    }
    let dataset = Dataset::open(&Source::parse(&data.source)?, &data.options, &DataBar::new(terminal))?;
    let samples = dataset.split(data.options.holdout, draft.spec.seed).train.len();
    Ok(Some(DataFacts { name: data.source.clone(), ..DataFacts::of(dataset.codec(), samples) }))
}

/// A spec as far as it can be read, or every place where its text is no TOML.
fn read(file: &Path) -> Result<Result<Draft, Vec<SpecFault>>, Failure> {
    if file.is_dir() {
        let text =
            format!("{}: expected a spec or the folder of a run, found a folder without spec.toml", file.display());
        let hint = "name the spec's file (`ganymede presets NAME` prints one); `ganymede data` reads a folder of data";
        return Err(Failure::new(USER, text).with_hint(hint));
    }
    match TrainSpec::lenient(&TrainSpec::text(file)?) {
        Ok(draft) => Ok(Ok(draft)),
        Err(GanError::Spec { faults }) => Ok(Err(faults)),
        Err(error) => Err(error.in_file(file).into()),
    }
}
