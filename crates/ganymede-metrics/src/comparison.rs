//! Two sets side by side, and what a metric may ask for beside them. Not here: the metrics (`metrics/`), which samples
//! the sets hold (the caller).

use crate::metrics::{METRICS, Metric, Value};
use crate::spaces::{Classifier, Features, SPACES};
use crate::{Facts, Matrix, MetricError, Set, Stop};
use ganymede_runtime::Backend;
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;

/// The sets that are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// Real samples.
    pub real: Set,
    /// Generated ones, as many.
    pub fake: Set,
    /// Other real samples: the references compare them with as many of the first samples of `real`.
    pub second: Set,
}

/// How many samples there are of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Generated ones, and as many real ones.
    pub samples: usize,
    /// Other real ones, for the references.
    pub reference: usize,
    /// Those that classifiers and mixtures learn from.
    pub learned: usize,
    /// Those that nothing learns from.
    pub tested: usize,
}

impl Sizes {
    /// The most bytes of samples that measuring takes at a time: the sets, their features, and what the metrics that are wanted
    /// work with.
    pub fn bytes(&self, data: &Facts, wanted: &dyn Fn(&str) -> bool) -> u64 {
        let sample = data.elements() * size_of::<f32>();
        let rows = 2 * self.samples + self.reference;
        let label = if data.classes > 0 { size_of::<i32>() } else { 0 };
        let sets = (rows * (sample + label)) as u64;
        // The first of the real samples once more, while a reference is measured.
        let half = (self.reference * sample) as u64;
        let chosen = || chosen(data, wanted);
        let work = chosen().map(|metric| half + metric.bytes(data, self)).max().unwrap_or(0);
        let needed = chosen().any(|metric| metric.of_features());
        let spaces = || SPACES.iter().filter(|space| needed && space.fits(data));
        let features: u64 = spaces().map(|space| (rows * space.columns(data) * size_of::<f32>()) as u64).sum();
        sets + features + work.max(spaces().map(|space| space.bytes(data, self)).max().unwrap_or(0))
    }
}

/// The metrics that are wanted and fit.
fn chosen<'a>(
    data: &'a Facts,
    wanted: &'a dyn Fn(&str) -> bool,
) -> impl Iterator<Item = &'static &'static dyn Metric> + 'a {
    METRICS.iter().filter(move |metric| wanted(metric.name()) && metric.unfit(data).is_none())
}

/// Bytes that a computation takes with its networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Those of its own.
    pub own: u64,
    /// Values of a run: all programs of one backend share this memory, and the largest counts.
    pub shared: u64,
}

/// Bytes of the largest network that the metrics which are wanted need of such data.
///
/// # Errors
/// What compiling them gives.
pub fn program_bytes(data: &Facts, wanted: &dyn Fn(&str) -> bool, backend: &dyn Backend) -> Result<Taken, MetricError> {
    let needed = chosen(data, wanted).any(|metric| metric.of_features());
    let fitting = SPACES.iter().filter(|space| needed && space.fits(data));
    fitting.map(|space| space.program_bytes(data, backend)).try_fold(Taken::default(), |most, taken| {
        let taken = taken?;
        Ok(Taken { own: most.own.max(taken.own), shared: most.shared.max(taken.shared) })
    })
}

/// Where samples come from that are not compared, and what is kept from one evaluation to the next.
pub trait Others {
    /// Labelled real samples that classifiers and mixtures learn from: none of those that are compared, nor of the tested.
    ///
    /// # Errors
    /// [`MetricError::Missing`] with the reason where there are none or too few.
    fn learned(&self) -> Result<Set, MetricError>;

    /// Labelled real samples that nothing learns from.
    ///
    /// # Errors
    /// As [`Others::learned`].
    fn tested(&self) -> Result<Set, MetricError>;

    /// Real samples that the generator was trained on, and of which it may hold copies: none of those that are tested.
    ///
    /// # Errors
    /// As [`Others::learned`].
    fn trained(&self) -> Result<Set, MetricError> {
        self.learned()
    }

    /// Labelled images that the channels of samples are, one each ([`Facts::stacked`]).
    ///
    /// # Errors
    /// As [`Others::learned`].
    fn parts(&self) -> Result<Set, MetricError>;

    /// States that were kept for what was learned from [`Others::learned`] in the way that `what` says.
    fn recall(&self, what: &str) -> Option<BTreeMap<String, Tensor>>;

    /// Keeps them. What cannot be kept is learned again.
    fn keep(&self, what: &str, states: &BTreeMap<String, Tensor>);
}

/// What is computed, for somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage<'a> {
    /// In a few words.
    pub what: &'a str,
    /// Parts of it that are done.
    pub done: usize,
    /// Its parts; 0 where it has none.
    pub of: usize,
}

/// One number of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The number of the generated samples.
    pub value: Value,
    /// The features that were compared: `samples`, or the name of a space.
    pub of: &'static str,
    /// The same of real samples beside other real ones.
    pub reference: Option<f64>,
    /// Number of samples that it was computed from, on both sides where two sets are compared.
    pub n: usize,
    /// Number of samples that its reference was computed from.
    pub reference_n: usize,
    /// What it depends on beside the samples, such as a network's weights.
    pub depends: String,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The numbers, in the order of the table.
    pub numbers: Vec<Number>,
    /// What could not be measured, and why.
    pub left_out: Vec<String>,
    /// Metrics that such samples do not have, and why.
    pub unfit: Vec<String>,
}

/// Two sets, and what a metric may ask for beside them: each thing is made when it is first asked for.
pub struct Comparison<'a> {
    /// What the samples are.
    pub data: &'a Facts,
    /// The sets.
    pub sides: &'a Sides,
    /// Other samples.
    pub others: &'a dyn Others,
    /// Where networks run.
    pub backend: &'a dyn Backend,
    /// Seed of what is random in a metric.
    pub seed: u64,
    /// Tells whether to go on.
    pub stop: Stop<'a>,
    watch: &'a dyn Fn(Stage<'_>),
    references: bool,
    spaces: Option<Vec<Features>>,
    classifier: Option<Classifier>,
    left_out: Vec<String>,
}

impl<'a> Comparison<'a> {
    /// A comparison of these sets.
    pub fn new(
        data: &'a Facts,
        sides: &'a Sides,
        others: &'a dyn Others,
        backend: &'a dyn Backend,
        seed: u64,
        stop: Stop<'a>,
    ) -> Comparison<'a> {
        let (spaces, classifier, left_out) = (None, None, Vec::new());
        let (watch, references) = (&|_: Stage<'_>| {}, true);
        Comparison { data, sides, others, backend, seed, stop, watch, references, spaces, classifier, left_out }
    }

    /// The same, which tells `watch` what it computes.
    #[must_use]
    pub fn watched(self, watch: &'a dyn Fn(Stage<'_>)) -> Comparison<'a> {
        Comparison { watch, ..self }
    }

    /// The same, which leaves out the references of whole samples: they are known already.
    #[must_use]
    pub fn without_references(self) -> Comparison<'a> {
        Comparison { references: false, ..self }
    }

    /// Numbers of whole samples: `of` is given two sets, real then generated, the seed and the flag.
    ///
    /// # Errors
    /// What `of` gives; a reference that cannot be had is none.
    pub fn samples(
        &mut self,
        of: impl Fn(&Tensor, &Tensor, u64, Stop<'_>) -> Result<Vec<Value>, MetricError>,
    ) -> Result<Vec<Number>, MetricError> {
        let Sides { real, fake, second } = self.sides;
        let values = of(real.samples(), fake.samples(), self.seed, self.stop)?;
        let references = match self.references {
            true => known(of(&real.samples().rows(0..second.len()), second.samples(), self.seed, self.stop))?,
            false => Vec::new(),
        };
        Ok(numbers(values, &references, "samples", [real.len(), second.len()], ""))
    }

    /// Numbers of features, in each space that fits: `of` is given those of two sets, real then generated.
    ///
    /// # Errors
    /// What running networks and telling to stop give; what is wrong in one space is told, and the others are measured.
    pub fn features(
        &mut self,
        name: &str,
        of: impl Fn(&Matrix, &Matrix, u64, Stop<'_>) -> Result<Vec<Value>, MetricError>,
    ) -> Result<Vec<Number>, MetricError> {
        let mut found = Vec::new();
        let spaces = match self.spaces.take() {
            Some(known) => known,
            None => self.open()?,
        };
        for Features { space, digest, real, fake, second } in &spaces {
            match of(real, fake, self.seed, self.stop) {
                Ok(values) => {
                    let first: Vec<usize> = (0..second.rows()).collect();
                    let references = known(of(&real.take(&first), second, self.seed, self.stop))?;
                    found.extend(numbers(values, &references, space, [real.rows(), second.rows()], digest));
                }
                Err(error) if error.leaves_out() => self.left_out.push(format!("{name} of {space}: {error}")),
                Err(error) => return Err(error),
            }
        }
        self.spaces = Some(spaces);
        Ok(found)
    }

    /// The features of the sets in every space that fits.
    fn open(&mut self) -> Result<Vec<Features>, MetricError> {
        let mut found = Vec::new();
        for space in SPACES.iter().filter(|space| space.fits(self.data)) {
            self.tell(&format!("features of {}", space.describe()), 0, 0);
            match space.features(self) {
                Ok(features) => found.push(features),
                Err(error) if error.leaves_out() => {
                    self.left_out.push(format!("features of {}: {error}", space.describe()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Says that a number of a metric is left out, and why; the metric's other numbers are there.
    pub(crate) fn leave_out(&mut self, reason: String) {
        self.left_out.push(reason);
    }

    /// Says what is computed now: the step of so many, 0 where it is not known of how many.
    pub(crate) fn tell(&self, what: &str, done: usize, of: usize) {
        (self.watch)(Stage { what, done, of });
    }

    /// A classifier of the data's own classes, which has seen no sample that is compared. It is learned once, and kept.
    ///
    /// # Errors
    /// [`MetricError::Missing`] where there is nothing to learn from; what learning gives.
    pub fn classifier(&mut self) -> Result<&mut Classifier, MetricError> {
        let known = match self.classifier.take() {
            Some(known) => known,
            None => Classifier::known(self)?,
        };
        Ok(self.classifier.insert(known))
    }
}

/// The values of a reference: none where the sets do not have it.
fn known(found: Result<Vec<Value>, MetricError>) -> Result<Vec<Value>, MetricError> {
    match found {
        Err(error) if error.leaves_out() => Ok(Vec::new()),
        found => found,
    }
}

/// Values with their references, by name.
pub(crate) fn numbers(
    values: Vec<Value>,
    references: &[Value],
    of: &'static str,
    [n, reference_n]: [usize; 2],
    depends: &str,
) -> Vec<Number> {
    let number = |value: Value| {
        let reference = references.iter().find(|other| other.name == value.name);
        let reference = reference.map(|value| value.estimate.value);
        Number { value, of, reference, n, reference_n, depends: depends.into() }
    };
    values.into_iter().map(number).collect()
}

/// Every metric of the table that is wanted and fits.
///
/// # Errors
/// What makes all numbers impossible: networks that do not run, samples that cannot be read, [`MetricError::Stopped`]. What
/// concerns one metric alone is told in [`Measured::left_out`].
pub fn measure(mut compared: Comparison<'_>, wanted: &dyn Fn(&str) -> bool) -> Result<Measured, MetricError> {
    let mut measured = Measured::default();
    let asked: Vec<_> = METRICS.iter().filter(|metric| wanted(metric.name())).collect();
    for (done, metric) in asked.iter().enumerate() {
        compared.stop.check()?;
        if let Some(reason) = metric.unfit(compared.data) {
            measured.unfit.push(format!("{}: {reason}", metric.name()));
            continue;
        }
        compared.tell(&format!("metric {}", metric.name()), done, asked.len());
        match metric.measure(&mut compared) {
            Ok(numbers) => measured.numbers.extend(numbers),
            Err(error) if error.leaves_out() => {
                let text = error.to_string();
                let named = text.starts_with(&format!("{}:", metric.name()));
                measured.left_out.push(if named { text } else { format!("{}: {text}", metric.name()) });
            }
            Err(error) => return Err(error),
        }
    }
    measured.left_out.splice(0..0, compared.left_out);
    Ok(measured)
}
