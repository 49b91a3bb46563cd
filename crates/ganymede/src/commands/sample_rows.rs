//! Rows of a table from a run: what they are asked to be, and the file that they are written into. Not here: other samples
//! (`sample.rs`), rows that are filled (`sample_fill.rs`), how rows are made (`ganymede-gan`).

use super::sample::Sample;
use crate::failure::{Failure, USAGE, USER};
use crate::numbers::grouped;
use crate::setup;
use crate::terminal::Terminal;
use crate::whole::whole;
use clap::Args;
use ganymede_data::RowLines;
use ganymede_gan::spec::TrainSpec;
use ganymede_gan::{GanError, RealRows, RowOptions, RowReport, RowsAsked, Sampler, run_dir, sample_rows};
use serde_json::json;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Flags of rows of a table.
#[derive(Args, Debug)]
pub struct RowFlags {
    /// Where the data lies that the run was trained on, for --select and --no-copies [default: where it was]
    #[arg(value_name = "DATA")]
    data: Option<OsString>,
    /// Generate as many rows of each value of this column, the target
    #[arg(long, value_name = "COLUMN", conflicts_with = "class", help_heading = "Rows of a table")]
    balance: Option<String>,
    /// Generate K rows for each that is written, and choose those that are hardest to tell from the run's training data, with each
    /// column's shares as in these data; such as 10
    #[arg(long, value_name = "K", value_parser = whole::<u32>(2..=50), conflicts_with = "grid", help_heading = "Rows of a table")]
    select: Option<u32>,
    /// Drop rows that are identical to a row of the training data in all columns that are learned, and generate others
    #[arg(long, conflicts_with = "grid", help_heading = "Rows of a table")]
    no_copies: bool,
    /// Fill the missing cells of this file's rows by those of the nearest generated ones; all other cells stay as they are
    #[arg(
        long, value_name = "FILE", help_heading = "Rows of a table",
        conflicts_with_all = ["grid", "count", "class", "wishes", "balance", "conditions", "select", "no_copies", "data"]
    )]
    pub(super) fill: Option<PathBuf>,
}

impl RowFlags {
    /// The flag that was given first, of those that only rows have.
    pub(super) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--balance", self.balance.is_some()),
            ("--select", self.select.is_some()),
            ("--no-copies", self.no_copies),
            ("--fill", self.fill.is_some()),
            ("DATA", self.data.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }

    /// The column that is to be balanced.
    pub(super) fn balance(&self) -> Option<&str> {
        self.balance.as_deref()
    }

    /// How rows are made, with what `--where` says.
    ///
    /// # Errors
    /// A column or value that the table does not have; a class where the generator takes none; data that nothing needs.
    pub(super) fn options(&self, table: &dyn RowLines, wishes: &[String], classes: u64) -> Result<RowOptions, Failure> {
        let asked = asked(table, wishes, self.balance.as_deref(), classes)?;
        let options = RowOptions { asked, select: self.select, no_copies: self.no_copies };
        if self.data.is_some() && !options.needs_data() {
            let text = "DATA: expected --select or --no-copies, which compare with the training data, found neither";
            return Err(Failure::new(USAGE, text).with_hint("leave DATA out: a run generates rows without its data"));
        }
        Ok(options)
    }

    /// The real rows of a run.
    ///
    /// # Errors
    /// What reading gives; data that is not the run's.
    fn real(
        &self,
        run: &Path,
        spec: &TrainSpec,
        table: &dyn RowLines,
        terminal: &mut Terminal,
    ) -> Result<RealRows, Failure> {
        let mut data = spec.data.clone();
        if let Some(other) = &self.data {
            data.source = setup::source_name(other)?;
        }
        let hint = "--select and --no-copies compare with the data that the run was trained on: `ganymede sample RUN DATA` says \
                    where it lies; without these flags the run alone is enough";
        let dataset = setup::open_run_data(run, &data, terminal).map_err(|failure| failure.with_hint(hint))?;
        run_dir::same_data(run, &dataset).map_err(|error| Failure::from(error).with_hint(hint))?;
        Ok(RealRows::read(spec, &dataset, table)?)
    }
}

/// What `--where` and `--balance` say.
fn asked(table: &dyn RowLines, wishes: &[String], balance: Option<&str>, classes: u64) -> Result<RowsAsked, Failure> {
    let (class, filter) = table.asked(wishes)?;
    match (class, balance) {
        (Some(_), Some(_)) => {
            let text = "--balance: expected no --where of the same column, found both";
            Err(Failure::new(USAGE, text).with_hint("leave one of them out"))
        }
        (None, Some(column)) if table.target() != Some(column.trim()) || classes == 0 => {
            let target = table.target().map_or("none".into(), |target| format!("`{target}`"));
            let text =
                format!("--balance: expected the target that the run was trained with, {target}, found `{column}`");
            let hint = format!("train with --target {column}, then all of its values can be asked for");
            Err(Failure::new(USAGE, text).with_hint(hint))
        }
        (class, balance) => Ok(RowsAsked { class, balanced: balance.is_some(), filter }),
    }
}

/// Writes as many rows as there are seeds into a file; where rows are rejected, later seeds take their places.
///
/// # Errors
/// What generating and writing give; rows that are never as they are asked to be.
pub(super) fn write(
    sample: &Sample,
    (table, options): (&dyn RowLines, &RowOptions),
    file: &Path,
    seeds: &RangeInclusive<u64>,
    (sampler, spec): (&mut Sampler, &TrainSpec),
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let run = &sample.generator.at.run;
    let mut out = RowFile::create(file, table.ending(), sample.overwrite)?;
    let real = match options.needs_data() {
        true => Some(sample.rows.real(run, spec, table, terminal)?),
        false => None,
    };
    let mut bytes = Vec::new();
    table.begin(&mut bytes);
    let made = sample_rows((sampler, table), options, real.as_ref(), seeds, |cells, number| {
        // The end of the last line is known once there is no further row.
        out.write(&bytes)?;
        bytes.clear();
        table.write(cells, number, &mut bytes).map_err(GanError::from)?;
        Ok::<(), Failure>(())
    })?;
    table.end(&mut bytes);
    out.write(&bytes)?;
    out.finish()?;
    tell(options, &made, terminal);
    match sample.json {
        true => {
            let mut line = json!({
                "kind": "samples", "first": seeds.start(), "last": made.next.saturating_sub(1), "rows": made.rows,
                "generated": made.generated, "file": file,
            });
            if let Some(selected) = &made.selected {
                line["candidates"] = selected.candidates.into();
                line["effective"] = selected.effective.into();
                line["power"] = selected.power.into();
                line["off"] = selected.off.into();
            }
            if options.no_copies {
                line["copies"] = made.copies.into();
                line["held_out_copies"] = made.held_out[0].into();
                line["held_out"] = made.held_out[1].into();
            }
            terminal.result(&line.to_string())
        }
        false => terminal.result(&format!("{} rows in {}", grouped(made.rows), file.display())),
    }
}

/// Says what became of the rows that were generated.
fn tell(options: &RowOptions, made: &RowReport, terminal: &mut Terminal) {
    if made.generated > made.fit {
        let share = 100.0 * made.fit as f64 / made.generated as f64;
        terminal.say(&format!(
            "kept        {} of {} generated rows ({share:.1} %), those that are as asked for",
            grouped(made.fit),
            grouped(made.generated)
        ));
    }
    if options.no_copies {
        let [copies, rows] = made.held_out;
        // As many held-out rows as there were generated ones.
        let beside = match rows {
            0 => "no row was held out to compare with".into(),
            _ => format!(
                "of as many held-out rows {:.1} are ({} of {})",
                copies as f64 * made.fit as f64 / rows as f64,
                grouped(copies),
                grouped(rows)
            ),
        };
        let (copies, fit) = (grouped(made.copies), grouped(made.fit));
        terminal.say(&format!(
            "copies      {copies} of {fit} rows were copies of training rows and were dropped; {beside}"
        ));
    }
    let Some(selected) = &made.selected else { return };
    let shares = match selected.off {
        Some(off) => format!("shares of columns are those of the training data to {:.4}", off),
        None => "shares of columns are as they came, as too few training rows are as asked for".into(),
    };
    terminal.say(&format!(
        "selected    {} of {} candidates ({:.1} %), which counted as much as {} of equal weight (odds to the power {:.2}); {shares}",
        grouped(selected.rows),
        grouped(selected.candidates),
        100.0 * selected.rows as f64 / selected.candidates.max(1) as f64,
        grouped(selected.effective.round() as u64),
        selected.power
    ));
}

/// A file that is there whole or not at all: one of that name stays until all is written.
pub(super) struct RowFile {
    file: PathBuf,
    partial: PathBuf,
    out: Option<BufWriter<File>>,
}

impl RowFile {
    /// A new file; another one of that name is replaced if `overwrite`.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub(super) fn create(file: &Path, ending: &str, overwrite: bool) -> Result<RowFile, Failure> {
        if file.exists() && !overwrite {
            let text = format!("{}: expected a new file, found one", file.display());
            return Err(Failure::new(USER, text).with_hint("name another with --out, or add --overwrite"));
        }
        let partial = file.with_extension(format!("{ending}.part"));
        let mut made = RowFile { file: file.into(), partial, out: None };
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| made.failed(&error))?;
        }
        made.out = Some(BufWriter::new(File::create(&made.partial).map_err(|error| made.failed(&error))?));
        Ok(made)
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::new(USER, format!("{}: could not write: {error}", self.file.display()))
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.out.as_mut().map_or(Ok(()), |out| out.write_all(bytes));
        written.map_err(|error| self.failed(&error))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Some(out) = self.out.take() {
            let written = out.into_inner().map_err(|error| error.into_error()).and_then(|file| file.sync_all());
            let named = written.and_then(|()| std::fs::rename(&self.partial, &self.file));
            named.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }
}

impl Drop for RowFile {
    /// What was not finished is taken away.
    fn drop(&mut self) {
        if self.out.take().is_some() {
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// The file that rows are written into: `--out`, in the current folder where that is not given.
pub(super) fn file_of(table: &dyn RowLines, out: Option<&Path>, usual: PathBuf) -> PathBuf {
    match out {
        Some(path) if path.is_dir() || path.extension().is_none() => path.join(format!("samples.{}", table.ending())),
        Some(path) => path.into(),
        None => usual.with_extension(table.ending()),
    }
}
