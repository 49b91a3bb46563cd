//! A training that Python drives: it lives in a thread of its own, so that signals and other threads of Python go on meanwhile. Not
//! here: the loop itself (`ganymede-gan`'s trainer), callbacks (Python).

use crate::arrays::{array, named, tensor, tensors};
use crate::errors::{raised, refused};
use crate::process::{Home, cpu};
use crate::specs;
use ganymede::gan::events::{Line, Observer};
use ganymede::gan::{GanError, Labels, Outcome, Trainer, Training};
use ganymede::tensor::Tensor;
use ganymede_interop::{TensorBoard, tensorboard};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often Python is asked whether a signal came.
const LISTEN: Duration = Duration::from_millis(50);

/// What the training's thread is asked.
enum Ask {
    Advance(u64),
    Draw { seeds: std::ops::Range<u64>, labels: Option<Vec<u32>> },
    Generate { latents: Tensor, given: Vec<(String, Tensor)> },
    Weights(String),
    Finish,
}

/// What it answers.
enum Answer {
    Began(Began),
    Advanced { step: u64, reason: Option<&'static str> },
    Samples(Tensor),
    Weights(Vec<(String, Tensor)>),
    Finished(Outcome),
    Failed(GanError),
}

/// What is known when it has begun.
struct Began {
    run: PathBuf,
    spec: String,
    /// Bytes at the peak, and floating-point operations of a step.
    plan: (u64, u64),
    last: Option<u64>,
    epoch: f64,
    step: u64,
}

/// The lines of the log that Python has not seen.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, line: &impl serde::Serialize) {
        if let Ok(text) = serde_json::to_string(line) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }
    }
}

/// Who is told of a training: Python, and TensorBoard if it was asked for.
struct Told {
    lines: Lines,
    tensorboard: Option<TensorBoard>,
}

impl Observer for Told {
    fn line(&mut self, line: &Line) {
        self.lines.push(line);
        if let Some(Err(error)) = self.tensorboard.as_mut().map(|board| board.line(line)) {
            let text = format!("{error}: the training goes on without TensorBoard");
            self.lines.push(&serde_json::json!({ "kind": "warning", "text": text }));
        }
    }
}

/// A training between two calls.
#[pyclass(frozen)]
pub struct Session {
    ask: Mutex<Sender<Ask>>,
    answers: Mutex<Receiver<Answer>>,
    stop: Arc<AtomicBool>,
    lines: Lines,
    began: Began,
    home: Home,
}

#[pymethods]
impl Session {
    /// Starts the training of a spec (TOML), whose data is read as its table `data` says, in a new run below `outdir`. `weights` are
    /// first values of networks. What is logged is written for TensorBoard into the folder `tensorboard`, into that of the run where it is
    /// an empty path.
    #[new]
    #[pyo3(signature = (spec, outdir, name, weights, tensorboard))]
    fn new(
        py: Python<'_>,
        spec: &str,
        outdir: PathBuf,
        name: Option<String>,
        weights: BTreeMap<String, Vec<Bound<'_, PyAny>>>,
        tensorboard: Option<PathBuf>,
    ) -> PyResult<Session> {
        let mut first = Vec::new();
        for (network, arrays) in weights {
            first.push((network, tensors(&arrays)?));
        }
        let spec = spec.to_string();
        Session::of(py, tensorboard, move || {
            let (spec, data) = specs::with_data(&spec)?;
            let training = Training::new(spec, data).outdir(outdir).cpu(cpu());
            let training = match name {
                Some(name) => training.name(name),
                None => training,
            };
            Ok(first.into_iter().fold(training, |training, (network, weights)| training.begin_with(network, weights)))
        })
    }

    /// Goes on with a run, to another end where one is given.
    #[staticmethod]
    #[pyo3(signature = (run, steps, minutes, tensorboard))]
    fn resume(
        py: Python<'_>,
        run: PathBuf,
        steps: Option<u64>,
        minutes: Option<f64>,
        tensorboard: Option<PathBuf>,
    ) -> PyResult<Session> {
        Session::of(py, tensorboard, move || {
            let training = Training::resume(&run)?.cpu(cpu());
            Ok(match (steps, minutes) {
                (Some(steps), _) => training.steps(steps),
                (None, Some(minutes)) => training.minutes(minutes),
                (None, None) => training,
            })
        })
    }

    /// The run's folder.
    fn run(&self) -> String {
        self.began.run.display().to_string()
    }

    /// The spec as the run has it.
    fn spec(&self) -> &str {
        &self.began.spec
    }

    /// Bytes at the peak, and floating-point operations of a step.
    fn plan(&self) -> (u64, u64) {
        self.began.plan
    }

    /// The step after which it ends, where that is known.
    fn last_step(&self) -> Option<u64> {
        self.began.last
    }

    /// Steps in which each sample is seen once, in the mean.
    fn steps_per_epoch(&self) -> f64 {
        self.began.epoch
    }

    /// Steps that were done when it began.
    fn first_step(&self) -> u64 {
        self.began.step
    }

    /// Trains until so many steps are done or it ends; the steps done, and the reason of an end. A signal of Python's ends it after the
    /// step that is being done: the reason is `interrupted`.
    fn advance(&self, py: Python<'_>, step: u64) -> PyResult<(u64, Option<&'static str>)> {
        match self.asked(py, Ask::Advance(step))? {
            Answer::Advanced { step, reason } => Ok((step, reason)),
            _ => Err(gone()),
        }
    }

    /// Lines of the log since the last call, as JSON; warnings are lines of the kind `warning`.
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Samples of seeds from the generator as it is now.
    #[pyo3(signature = (first, count, labels))]
    fn draw<'py>(
        &self,
        py: Python<'py>,
        first: u64,
        count: u64,
        labels: Option<Vec<u32>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.samples(py, Ask::Draw { seeds: first..first.saturating_add(count), labels })
    }

    /// Samples of latents from the generator as it is now.
    fn generate<'py>(
        &self,
        py: Python<'py>,
        latents: Bound<'py, PyAny>,
        given: BTreeMap<String, Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.samples(py, Ask::Generate { latents: tensor(&latents)?, given: named(&given)? })
    }

    /// The weights of a network as they are now, in the order of its layers.
    fn weights<'py>(&self, py: Python<'py>, network: String) -> PyResult<Vec<Bound<'py, PyAny>>> {
        match self.asked(py, Ask::Weights(network))? {
            Answer::Weights(all) => all.into_iter().map(|(_, value)| array(py, value)).collect(),
            _ => Err(gone()),
        }
    }

    /// Saves and ends it: the steps done, the reason, the seconds in all, and the checkpoint.
    fn finish(&self, py: Python<'_>) -> PyResult<(u64, &'static str, f64, String)> {
        match self.asked(py, Ask::Finish)? {
            Answer::Finished(outcome) => {
                let checkpoint = outcome.checkpoint.display().to_string();
                Ok((outcome.step, outcome.reason.name(), outcome.total.as_secs_f64(), checkpoint))
            }
            _ => Err(gone()),
        }
    }
}

impl Session {
    /// A training in a thread of its own.
    fn of(
        py: Python<'_>,
        tensorboard: Option<PathBuf>,
        training: impl FnOnce() -> Result<Training, GanError> + Send + 'static,
    ) -> PyResult<Session> {
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        let (stop, lines) = (Arc::new(AtomicBool::new(false)), Lines::default());
        let (own, log) = (Arc::clone(&stop), lines.clone());
        let thread = std::thread::Builder::new().name("ganymede".into());
        let spawned = thread.spawn(move || {
            let trainer = training().and_then(|training| begin(training, log, tensorboard));
            match trainer {
                Ok((trainer, began)) => {
                    if answer.send(Answer::Began(began)).is_ok() {
                        serve(trainer, &asked, &answer, &own);
                    }
                }
                // Nobody listens any more: there is nobody to tell.
                Err(error) => drop(answer.send(Answer::Failed(error))),
            }
        });
        spawned?;
        let answers = Mutex::new(answers);
        match wait(py, &answers, &stop)? {
            Answer::Began(began) => {
                py.check_signals()?;
                Ok(Session { ask: Mutex::new(ask), answers, stop, lines, began, home: Home::here() })
            }
            Answer::Failed(error) => Err(raised(error)),
            _ => Err(gone()),
        }
    }

    fn samples<'py>(&self, py: Python<'py>, ask: Ask) -> PyResult<Bound<'py, PyAny>> {
        match self.asked(py, ask)? {
            Answer::Samples(samples) => array(py, samples),
            _ => Err(gone()),
        }
    }

    fn asked(&self, py: Python<'_>, ask: Ask) -> PyResult<Answer> {
        self.home.check()?;
        self.ask.lock().unwrap_or_else(PoisonError::into_inner).send(ask).map_err(|_| gone())?;
        match wait(py, &self.answers, &self.stop)? {
            Answer::Failed(error) => Err(raised(error)),
            answer => Ok(answer),
        }
    }
}

/// Waits for an answer; a signal meanwhile asks the training to stop after its step. The exception of the signal stays with Python: it is
/// raised by whoever called, when the answer is there.
fn wait(py: Python<'_>, answers: &Mutex<Receiver<Answer>>, stop: &AtomicBool) -> PyResult<Answer> {
    loop {
        let answer = py.detach(|| answers.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LISTEN));
        match answer {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            Err(RecvTimeoutError::Timeout) => {
                if py.check_signals().is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

fn gone() -> PyErr {
    refused("the training has ended: it does nothing more", Some("`ganymede.resume(run)` goes on with it".into()))
}

fn begin(
    training: Training,
    lines: Lines,
    tensorboard: Option<PathBuf>,
) -> Result<(Trainer<'static>, Began), GanError> {
    let (plan, epoch, spec, last);
    let compiled = training.compile()?;
    {
        let training = compiled.training();
        let own = training.spec();
        epoch = specs::epoch(own, training.data());
        (spec, last) = (own.to_toml(), own.train.last_step());
        plan = (compiled.plan().peak_bytes(), compiled.plan().flops);
    }
    let (setup, resumes) = compiled.setup()?;
    let run = setup.run.path().to_path_buf();
    let board = |folder: PathBuf| match folder.as_os_str().is_empty() {
        true => TensorBoard::new(&run, &run.join(tensorboard::FOLDER)),
        false => TensorBoard::new(&run, &folder),
    };
    let told = Told { lines, tensorboard: tensorboard.map(board) };
    let trainer = if resumes { Trainer::resume(setup, told) } else { Trainer::start(setup, told) }?;
    let began =
        Began { run: trainer.run_dir().path().to_path_buf(), spec, plan, last, epoch, step: trainer.steps_done() };
    Ok((trainer, began))
}

/// Answers until it is asked to finish or nobody asks any more.
fn serve(mut trainer: Trainer<'static>, asked: &Receiver<Ask>, answer: &Sender<Answer>, stop: &AtomicBool) {
    let mut ended = None;
    while let Ok(ask) = asked.recv() {
        let result = match ask {
            Ask::Advance(step) => trainer.advance_to(step, stop).map(|reason| {
                ended = reason.or(ended.take());
                Answer::Advanced { step: trainer.steps_done(), reason: ended.as_ref().map(|reason| reason.name()) }
            }),
            Ask::Draw { seeds, labels } => {
                let labels = labels.as_deref().map_or(Labels::InTurn, Labels::Each);
                trainer.draw(seeds, labels).map(Answer::Samples)
            }
            Ask::Generate { latents, given } => {
                trainer.now().and_then(|sampler| sampler.generate(&latents, &given)).map(Answer::Samples)
            }
            Ask::Weights(network) => trainer.weights(&network).map(Answer::Weights),
            Ask::Finish => {
                let outcome = match ended {
                    Some(reason) => trainer.finish_for(reason),
                    None => trainer.finish(),
                };
                drop(answer.send(outcome.map_or_else(Answer::Failed, Answer::Finished)));
                return;
            }
        };
        if answer.send(result.unwrap_or_else(Answer::Failed)).is_err() {
            return;
        }
    }
}
