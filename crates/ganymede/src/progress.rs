//! Showing what happens: a bar while data is decoded, the status lines and the bar of a training. Not
//! here: measuring it (`ganymede-gan`), where lines go (`terminal.rs`).

use crate::numbers::{bytes, duration};
use crate::terminal::{Colour, Terminal};
use ganymede_data::Progress;
use ganymede_gan::events::{Event, Line, Observer};
use ganymede_gan::profile::Profile;
use ganymede_gan::spec::TrainSection;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A bar for decoding; nothing where there is no terminal.
pub struct DataBar {
    interactive: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl DataBar {
    /// A bar that is drawn only when `terminal` is one.
    pub fn new(terminal: &Terminal) -> DataBar {
        DataBar { interactive: terminal.is_interactive(), bar: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for DataBar {
    fn start(&self, what: &str, total: Option<u64>) {
        if !self.interactive {
            return;
        }
        let form = match total {
            Some(_) => "{msg} [{bar:30}] {human_pos}/{human_len}, {eta} left",
            None => "{msg} {spinner} {human_pos}",
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let bar = bar.with_style(style(form)).with_message(what.to_string());
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, units: u64) {
        self.with(|slot| slot.iter().for_each(|bar| bar.inc(units)));
    }

    fn finish(&self) {
        self.with(|slot| slot.take().iter().for_each(ProgressBar::finish_and_clear));
    }
}

fn style(form: &str) -> ProgressStyle {
    ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// Shows a training: a line for each tick, and below them a bar when it is a terminal.
pub struct Show<'t> {
    terminal: &'t mut Terminal,
    json: bool,
    /// Set when nobody reads the results any more.
    stop: Arc<AtomicBool>,
    last_step: Option<u64>,
    limit: Option<Duration>,
    started: Instant,
    pace: Pace,
    bar: Option<ProgressBar>,
    /// The machine's peak in GFLOPS, if a profile was asked for that has not come yet.
    pub peak: Option<f64>,
}

/// Units of the bar: thousandths of the whole.
const WHOLE: u64 = 1000;

impl<'t> Show<'t> {
    /// Shows a training.
    pub fn new(terminal: &'t mut Terminal, train: &TrainSection, json: bool, stop: Arc<AtomicBool>) -> Show<'t> {
        let bar = terminal.is_interactive().then(|| {
            let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr());
            bar.with_style(style("[{bar:40}] {msg}"))
        });
        terminal.set_bar(bar.clone());
        let limit = train.minutes.map(|m| Duration::from_secs_f64((m * 60.0).min(1e15)));
        let last_step = train.last_step();
        Show { terminal, json, stop, last_step, limit, started: Instant::now(), pace: Pace::default(), bar, peak: None }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if self.peak.is_some() {
            let text = "there is no profile: the training ended before the steps that it measures";
            self.terminal.labelled("warning", Colour::Yellow, text);
        }
        self.terminal.set_bar(None);
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }

    /// What part of the training is done, by steps or by time, whichever ends first.
    fn part_done(&self) -> Option<f64> {
        let by_steps = self.last_step.map(|last| self.pace.step as f64 / last.max(1) as f64);
        let by_time = self.limit.map(|limit| self.started.elapsed().as_secs_f64() / limit.as_secs_f64());
        by_steps.into_iter().chain(by_time).reduce(f64::max)
    }

    /// The time that is left: of training by the mean of the steps so far, or to the limit on the clock.
    fn left(&self) -> Option<Duration> {
        let by_steps = self.last_step.and_then(|last| self.pace.left(last));
        let by_time = self.limit.map(|limit| limit.saturating_sub(self.started.elapsed()));
        by_steps.into_iter().chain(by_time).min()
    }

    fn steps(&self) -> String {
        match self.last_step {
            Some(last) => format!("{:>width$}/{last}", self.pace.step, width = last.to_string().len()),
            None => self.pace.step.to_string(),
        }
    }
}

/// How fast steps are done, from the step on where the training began, was resumed, or was rolled back to.
#[derive(Debug, Default)]
struct Pace {
    step: u64,
    /// Seconds of training in this process, without pauses.
    trained: f64,
    /// Both when it began to count.
    first: (u64, f64),
}

impl Pace {
    /// The training is at a step that it did not come to by training.
    fn begin(&mut self, step: u64) {
        (self.step, self.first) = (step, (step, self.trained));
    }

    /// What the steps to the last one take, by the mean of those that were counted.
    fn left(&self, last: u64) -> Option<Duration> {
        let (done, rest) = (self.step.saturating_sub(self.first.0), last.saturating_sub(self.step));
        let seconds = (self.trained - self.first.1) / done as f64 * rest as f64;
        (done > 0).then(|| Duration::from_secs_f64(seconds.clamp(0.0, 1e15)))
    }
}

impl Observer for Show<'_> {
    fn line(&mut self, line: &Line) {
        self.pace.step = line.step;
        if self.json {
            let written = serde_json::to_string(line).map(|text| self.terminal.result(&text));
            if !matches!(written, Ok(Ok(()))) {
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        match &line.event {
            Event::Tick { losses, sec_per_kimg, pause, wait, resident_bytes, .. } => {
                let mut text = format!(
                    "step {}  kimg {:.1}  time {}  sec/kimg {sec_per_kimg:.2}",
                    self.steps(),
                    line.kimg,
                    duration(Duration::from_secs_f64(line.time.clamp(0.0, 1e15))),
                );
                for (name, loss) in short(losses) {
                    text += &format!("  {name} {loss:.4}");
                }
                text += &format!("  memory {}", bytes(*resident_bytes));
                if *wait >= 0.01 {
                    text += &format!("  waited {:.0} % for data", wait * 100.0);
                }
                if *pause >= 1.0 {
                    text += &format!("  paused {}", duration(Duration::from_secs_f64(pause.min(1e15))));
                }
                if let Some(left) = self.left() {
                    text += &format!("  left {}", duration(left));
                }
                self.terminal.say(&text);
            }
            Event::Snapshot { file } => self.terminal.say(&format!("samples  {file}")),
            Event::Metrics { scores, left_out, .. } => {
                let number = |s: &ganymede_gan::Score| match s.of.as_str() {
                    "samples" => format!("{} {:.4}", s.metric, s.estimate.value),
                    of => format!("{} of {of} {:.4}", s.metric, s.estimate.value),
                };
                let numbers: Vec<String> = scores.iter().map(number).collect();
                self.terminal.say(&format!("metrics  {}", numbers.join(", ")));
                left_out.iter().for_each(|reason| self.terminal.say(&format!("left out {reason}")));
            }
            Event::Checkpoint { name, seconds } => {
                self.terminal.say(&format!("saved    checkpoints/{name} ({seconds:.2} s)"))
            }
            Event::Resume { checkpoint, other_isa, damaged } => {
                self.pace.begin(line.step);
                for damage in damaged {
                    let text = format!("a newer checkpoint is damaged and was set aside: {damage}");
                    self.terminal.labelled("warning", Colour::Yellow, &text);
                }
                self.terminal.say(&format!("resume   from checkpoints/{checkpoint}"));
                if *other_isa {
                    let text =
                        "another instruction set than the checkpoint's: the bits may differ from an unbroken run";
                    self.terminal.labelled("warning", Colour::Yellow, text);
                }
            }
            Event::Note { text } => self.terminal.say(&format!("note     {text}")),
            Event::SetScalar { name, value } => self.terminal.say(&format!("set      {name} to {value}")),
            Event::RollBack { from, checkpoint, scalars } => {
                self.pace.begin(line.step);
                let changed: Vec<String> = scalars.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                let text = format!("back     from step {from} to checkpoints/{checkpoint} with {}", changed.join(", "));
                self.terminal.say(&text);
            }
            // The first is told before, the others afterwards by whoever called.
            _ => {}
        }
    }

    fn profile(&mut self, profile: &Profile) {
        let Some(peak) = self.peak.take() else { return };
        crate::profile::table(profile, peak).iter().for_each(|line| self.terminal.say(line));
    }

    fn step(&mut self, step: u64, seconds: f64) {
        (self.pace.step, self.pace.trained) = (step, seconds);
        let Some(bar) = &self.bar else { return };
        bar.set_position((self.part_done().unwrap_or(0.0).min(1.0) * WHOLE as f64) as u64);
        let left = self.left().map_or(String::new(), |left| format!(", left {}", duration(left)));
        bar.set_message(format!("step {}{left}", self.steps()));
    }
}

/// Losses by phase where each phase has one term, else by phase and term.
fn short(losses: &BTreeMap<String, f64>) -> Vec<(String, f64)> {
    let phase = |name: &str| name.split('/').next().unwrap_or_default().to_string();
    let alone = |name: &str| losses.keys().filter(|other| phase(other) == phase(name)).count() == 1;
    losses.iter().map(|(name, loss)| (if alone(name) { phase(name) } else { name.clone() }, *loss)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_goes_by_the_seconds_of_training_alone() {
        let pace = |step, trained| Pace { step, trained, first: (0, 0.0) };
        assert_eq!(pace(5, 10.0).left(25), Some(Duration::from_secs(40)));
        assert_eq!(pace(0, 0.0).left(20), None);
        assert_eq!(pace(1, 3.0).left(1), Some(Duration::ZERO));
        assert!(pace(1, f64::MAX).left(u64::MAX).is_some(), "never longer than a Duration holds");
    }

    /// By a clock of two seconds a step, and of three after the roll-back.
    #[test]
    fn after_a_roll_back_only_the_steps_since_then_count() {
        let mut terminal = Terminal::new();
        let train = TrainSection { steps: Some(20), ..TrainSection::default() };
        let mut show = Show::new(&mut terminal, &train, false, Arc::default());
        (1..=10).for_each(|step| show.step(step, step as f64 * 2.0));
        assert_eq!(show.left(), Some(Duration::from_secs(20)));
        let event = Event::RollBack { from: 10, checkpoint: "step-00000005".into(), scalars: BTreeMap::new() };
        show.line(&Line { v: 1, step: 5, kimg: 0.0, time: 20.0, event });
        assert_eq!(show.left(), None, "nothing is known yet of the steps to come");
        show.step(6, 23.0);
        show.step(7, 26.0);
        // Two steps in six seconds, 13 are left.
        assert_eq!(show.left(), Some(Duration::from_secs(39)));
    }

    #[test]
    fn losses_have_their_phases_names_where_that_is_enough() {
        let losses = |names: &[&str]| names.iter().map(|n| (n.to_string(), 1.0)).collect();
        let names = |found: Vec<(String, f64)>| found.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(names(short(&losses(&["d/a", "g/a"]))), ["d", "g"]);
        assert_eq!(names(short(&losses(&["d/a", "d/b", "g/a"]))), ["d/a", "d/b", "g"]);
    }
}
