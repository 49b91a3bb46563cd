//! Showing what happens: a bar while data is decoded, the lines and the bar of a training. Not here: what a status line
//! says and when one comes (`status.rs`), measuring it (`ganymede-gan`), where lines go (`terminal.rs`).

use crate::numbers::{duration, grouped};
use crate::status::{Gate, Memory, Status, losses_by_phase};
use crate::terminal::{Colour, Terminal};
use ganymede_data::Progress;
use ganymede_gan::events::{Event, Line, Observer};
use ganymede_gan::profile::Profile;
use ganymede_gan::spec::TrainSection;
use ganymede_interop::TensorBoard;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};
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

/// Shows a training: what regularly happens by time, all else at once, and below them a bar when it is a terminal.
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
    memory: Memory,
    gates: Gates,
    /// The run's folder as the user typed it.
    run: PathBuf,
    /// Step of the newest tick.
    ticked: u64,
    /// The newest status line, if it was not shown.
    hidden: Option<String>,
    /// The machine's peak in GFLOPS, if a profile was asked for that has not come yet.
    pub peak: Option<f64>,
    /// Who writes the same for TensorBoard.
    pub tensorboard: Option<TensorBoard>,
}

/// What comes regularly is shown by time, each kind by itself.
#[derive(Default)]
struct Gates {
    ticks: Gate,
    snapshots: Gate,
    checkpoints: Gate,
    metrics: Gate,
}

/// Units of the bar: thousandths of the whole.
const WHOLE: u64 = 1000;

impl<'t> Show<'t> {
    /// Shows a training in its run's folder.
    pub fn new(
        terminal: &'t mut Terminal,
        run: &Path,
        train: &TrainSection,
        json: bool,
        stop: Arc<AtomicBool>,
    ) -> Show<'t> {
        let bar = terminal.is_interactive().then(|| {
            let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr());
            bar.with_style(style("[{bar:40}] {msg}"))
        });
        terminal.set_bar(bar.clone());
        Show {
            terminal,
            json,
            stop,
            last_step: train.last_step(),
            limit: train.minutes.map(|m| Duration::from_secs_f64((m * 60.0).min(1e15))),
            started: Instant::now(),
            pace: Pace::default(),
            bar,
            memory: Memory::default(),
            gates: Gates::default(),
            run: run.into(),
            ticked: 0,
            hidden: None,
            peak: None,
            tensorboard: None,
        }
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

    /// The training is at a step that it did not come to by training.
    fn begin(&mut self, step: u64) {
        self.pace.begin(step);
        self.ticked = step;
    }

    /// Says what regularly happens, if it is time for its kind.
    fn say_by_time(&mut self, gate: fn(&mut Gates) -> &mut Gate, text: &str) {
        if gate(&mut self.gates).opens(self.started.elapsed()) {
            self.terminal.say(text);
        }
    }

    /// Shows the newest status line if it was not.
    fn show_hidden(&mut self) {
        self.hidden.take().iter().for_each(|line| self.terminal.say(line));
    }

    fn steps(&self) -> String {
        match self.last_step {
            Some(last) => {
                let (done, last) = (grouped(self.pace.step), grouped(last));
                format!("{done:>width$}/{last}", width = last.len())
            }
            None => grouped(self.pace.step),
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
        if let Some(Err(error)) = self.tensorboard.as_mut().map(|board| board.line(line)) {
            let text = format!("{error}: the training goes on without TensorBoard");
            self.terminal.labelled("warning", Colour::Yellow, &text);
        }
        match &line.event {
            Event::Tick { losses, sec_per_kimg, sec_per_step, pause, wait, resident_bytes, .. } => {
                let steps = line.step.saturating_sub(self.ticked) as f64;
                let status = Status {
                    steps: self.steps(),
                    kimg: line.kimg,
                    time: Duration::from_secs_f64(line.time.clamp(0.0, 1e15)),
                    left: self.left(),
                    sec_per_kimg: *sec_per_kimg,
                    losses: losses_by_phase(losses),
                    wait: *wait,
                    pause: (*pause, sec_per_step * steps),
                    memory: self.memory.grown(*resident_bytes),
                };
                self.ticked = line.step;
                self.hidden = Some(status.line());
                if self.gates.ticks.opens(self.started.elapsed()) {
                    self.show_hidden();
                }
            }
            Event::Snapshot { file } => {
                let text = format!("samples     {}", self.run.join(file).display());
                self.say_by_time(|gates| &mut gates.snapshots, &text);
            }
            Event::Metrics { scores, left_out, .. } => {
                let number = |s: &ganymede_gan::Score| match s.of.as_str() {
                    "samples" => format!("{} {:.4}", s.metric, s.estimate.value),
                    of => format!("{} of {of} {:.4}", s.metric, s.estimate.value),
                };
                let numbers: Vec<String> = scores.iter().map(number).collect();
                self.say_by_time(|gates| &mut gates.metrics, &format!("metrics     {}", numbers.join(", ")));
                left_out.iter().for_each(|reason| self.terminal.say(&format!("left out    {reason}")));
            }
            Event::Checkpoint { name, seconds } => {
                let path = self.run.join("checkpoints").join(name);
                let text = format!("saved       {} ({seconds:.2} s)", path.display());
                self.say_by_time(|gates| &mut gates.checkpoints, &text);
            }
            Event::Resume { checkpoint, other_isa, damaged } => {
                self.begin(line.step);
                for damage in damaged {
                    let text = format!("a newer checkpoint is damaged and was set aside: {damage}");
                    self.terminal.labelled("warning", Colour::Yellow, &text);
                }
                let path = self.run.join("checkpoints").join(checkpoint);
                self.terminal.say(&format!("resume      from {}", path.display()));
                if *other_isa {
                    let text =
                        "another instruction set than the checkpoint's: the bits may differ from an unbroken run";
                    self.terminal.labelled("warning", Colour::Yellow, text);
                }
            }
            Event::Note { text } => self.terminal.say(&format!("note        {text}")),
            Event::SetScalar { name, value } => self.terminal.say(&format!("set         {name} to {value}")),
            Event::RollBack { from, checkpoint, scalars } => {
                self.begin(line.step);
                let changed: Vec<String> = scalars.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                let path = self.run.join("checkpoints").join(checkpoint);
                let with = if changed.is_empty() { String::new() } else { format!(" with {}", changed.join(", ")) };
                let text = format!("back        from step {from} to {}{with}", path.display());
                self.terminal.say(&text);
            }
            // Whatever the losses were at last is told.
            Event::End { .. } => self.show_hidden(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

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
        let mut show = Show::new(&mut terminal, Path::new("run"), &train, false, Arc::default());
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
}
