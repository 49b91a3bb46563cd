//! Where words go: results on stdout, progress and logs on stderr and in the run's `log.txt`. Not here:
//! what is said (`progress.rs`, `commands/`).

use crate::failure::Failure;
use crate::wrap;
use indicatif::ProgressBar;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// A colour of a label.
#[derive(Clone, Copy, Debug)]
pub enum Colour {
    Red,
    Yellow,
    Cyan,
}

/// The two streams, and the log of a run.
pub struct Terminal {
    interactive: bool,
    colours: bool,
    bar: Option<ProgressBar>,
    log: Log,
    started: Instant,
}

/// What was said: kept until there is a run to keep it in.
enum Log {
    Waiting(String),
    File(File),
}

impl Terminal {
    /// The process's streams. Colours unless stderr is no terminal or `NO_COLOR` is set.
    pub fn new() -> Terminal {
        let interactive = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let colours = interactive && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Terminal { interactive, colours, bar: None, log: Log::Waiting(String::new()), started: Instant::now() }
    }

    /// How long ago the process started, but for the loading of the program.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether someone looks at a terminal: only then are there bars.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// From now on lines are written above this bar.
    pub fn set_bar(&mut self, bar: Option<ProgressBar>) {
        self.bar = bar;
    }

    /// A line of progress or log, in 80 columns. When nobody reads stderr any more it only goes to the log.
    pub fn say(&mut self, text: &str) {
        let text = wrap::wrapped(text);
        self.write_error(&text);
        self.write_log(&text);
    }

    /// A line of progress that is no part of a log, in 80 columns.
    pub fn show(&self, text: &str) {
        self.write_error(&wrap::wrapped(text));
    }

    /// A line with a coloured label: `error: …`.
    pub fn labelled(&mut self, label: &str, colour: Colour, text: &str) {
        let number = match colour {
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Cyan => 36,
        };
        let label = format!("{label}:");
        let text = wrap::labelled(&label, text);
        let painted = if self.colours { format!("\x1b[1;{number}m{label}\x1b[0m") } else { label.clone() };
        self.write_error(&format!("{painted}{}", &text[label.len()..]));
        self.write_log(&text);
    }

    /// Whether somebody can answer.
    pub fn can_ask(&self) -> bool {
        self.interactive && std::io::stdin().is_terminal()
    }

    /// Asks for yes or no; whatever is not yes is no.
    pub fn ask(&mut self, question: &str) -> bool {
        drop(write!(std::io::stderr().lock(), "{question} [y/N] "));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        self.write_log(&format!("{question} {}", answer.trim()));
        read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// A result, as a line on stdout.
    ///
    /// # Errors
    /// A quiet [`Failure`] when nobody reads any more.
    pub fn result(&mut self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let mut write =
            || out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
        let done = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        done.map_err(|e| match e.kind() {
            ErrorKind::BrokenPipe => Failure::quiet(0),
            _ => Failure::new(crate::failure::USER, format!("cannot write to stdout: {e}")),
        })
    }

    /// Whatever was and will be said also goes to the end of this file.
    ///
    /// # Errors
    /// When it cannot be opened or written.
    pub fn log_to(&mut self, path: &Path) -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if let Log::Waiting(text) = &self.log {
            file.write_all(text.as_bytes())?;
        }
        self.log = Log::File(file);
        Ok(())
    }

    fn write_error(&self, text: &str) {
        // There is nowhere left to complain when stderr is closed.
        let write = || drop(writeln!(std::io::stderr().lock(), "{text}"));
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn write_log(&mut self, text: &str) {
        match &mut self.log {
            Log::Waiting(waiting) => {
                waiting.push_str(text);
                waiting.push('\n');
            }
            // The log explains a run and is no part of it: training goes on without.
            Log::File(file) => drop(file.write_all(format!("{text}\n").as_bytes())),
        }
    }
}
