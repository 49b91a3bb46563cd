//! What an evaluation computes, for somebody who waits: a spinner on a terminal, else a line every few seconds. Not here: the
//! computing (`ganymede-gan`).

use crate::numbers::grouped;
use crate::terminal::Terminal;
use ganymede_gan::metrics::Stage;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Time between two lines.
const SPACING: Duration = Duration::from_secs(5);
/// Time between two pictures of the spinner.
const TURN: Duration = Duration::from_millis(150);

/// Shows stages until it is dropped.
pub struct Stages<'t> {
    terminal: &'t Terminal,
    spinner: Option<ProgressBar>,
    /// When the last line was shown.
    last: Cell<Option<Instant>>,
}

impl<'t> Stages<'t> {
    /// Shows stages on this terminal.
    pub fn new(terminal: &'t Terminal) -> Stages<'t> {
        let spinner = terminal.is_interactive().then(|| {
            let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            spinner.enable_steady_tick(TURN);
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            spinner.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Stages { terminal, spinner, last: Cell::new(None) }
    }

    /// Shows what is computed now.
    pub fn show(&self, stage: Stage<'_>) {
        let text = words(stage);
        if let Some(spinner) = &self.spinner {
            spinner.set_message(text);
        } else if self.last.get().is_none_or(|last| last.elapsed() >= SPACING) {
            self.terminal.show(&format!("computing   {text}"));
            self.last.set(Some(Instant::now()));
        }
    }
}

impl Drop for Stages<'_> {
    fn drop(&mut self) {
        self.spinner.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// `generating samples, 2,560 of 5,000`.
fn words(Stage { what, done, of, .. }: Stage<'_>) -> String {
    match of {
        0 => what.into(),
        of => format!("{what}, {} of {}", grouped(done as u64), grouped(of as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_where_there_are_any() {
        assert_eq!(
            words(Stage { what: "generating samples", done: 2560, of: 5000 }),
            "generating samples, 2,560 of 5,000"
        );
        assert_eq!(words(Stage { what: "reading", done: 0, of: 0 }), "reading");
    }
}
