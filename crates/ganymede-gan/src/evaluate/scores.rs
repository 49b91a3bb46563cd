//! The metrics of an evaluation's sets. Not here: which samples they hold (`sets.rs`), the metrics of two sets (`metrics/`).

use super::protocol::Protocol;
use super::sets::{Sets, read};
use super::{SEED, Score};
use crate::error::GanError;
use crate::metrics::features::{Classifier, Labelled, RandomFeatures};
use crate::metrics::{self, Better, Entry, Estimate, METRICS, Matrix, Mixture, Of, Value};
use ganymede_data::{DataOptions, Dataset, Resolution, Source, cache_folder};
use ganymede_runtime::Backend;
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Images in a picture of `stacked-fashion-mnist`, and the combinations of their ten classes.
const STACKED: usize = 3;
const COMBINATIONS: usize = 1000;

/// What an evaluation came to.
#[derive(Default)]
pub(super) struct Found {
    pub scores: Vec<Score>,
    /// What could not be computed, and why.
    pub left_out: Vec<String>,
    /// What such samples do not have.
    pub unfit: Vec<String>,
}

/// Samples that a number and its reference are of.
#[derive(Clone, Copy)]
struct Sizes {
    n: usize,
    reference_n: usize,
}

impl Found {
    /// Numbers with their references.
    fn add(&mut self, values: Vec<Value>, references: &[Value], of: &str, sizes: Sizes, protocol: &Protocol) {
        let protocol = protocol.clone().with(&format!("{of} {}", sizes.n)).digits();
        for value in values {
            let reference = references.iter().find(|other| other.name == value.name);
            self.scores.push(Score {
                metric: value.name.into(),
                of: of.into(),
                estimate: value.estimate,
                better: value.better,
                reference: reference.map(|value| value.estimate.value),
                n: sizes.n,
                reference_n: sizes.reference_n,
                note: value.note,
                protocol: protocol.clone(),
            });
        }
    }
}

/// Features of the sets in one space: real, generated, both parts of the reference.
struct Space {
    name: &'static str,
    protocol: Protocol,
    sets: [Matrix; 4],
}

impl Sets<'_> {
    /// Every metric that is wanted.
    pub fn scores(&self, wanted: &dyn Fn(&str) -> bool, backend: &dyn Backend) -> Result<Found, GanError> {
        let pictures = self.real.shape().rank() == 4;
        let sizes = Sizes { n: self.count(), reference_n: self.reference() };
        let mut found = Found::default();
        let chosen: Vec<&Entry> = METRICS.iter().filter(|entry| wanted(entry.name)).collect();
        let halves = self.halves()?;
        let [first, second] = &halves;
        for entry in &chosen {
            let of = match entry.of {
                Of::Samples(of) => of,
                Of::Pictures(of) if pictures => of,
                Of::Pictures(_) => {
                    found.unfit.push(format!("{}: it is of pictures, and these samples are points", entry.name));
                    continue;
                }
                Of::Features(_) => continue,
            };
            match of(&self.real, &self.fake, SEED) {
                Ok(values) => {
                    let references = of(first, second, SEED).unwrap_or_default();
                    found.add(values, &references, "samples", sizes, &self.protocol);
                }
                Err(error) => found.left_out.push(format!("{}: {error}", entry.name)),
            }
        }
        let features = chosen.iter().any(|entry| matches!(entry.of, Of::Features(_)));
        let of_classes = wanted("classes") && self.asked.is_some();
        let mut classifier = None;
        if pictures && (features || of_classes) {
            match self.classifier(backend) {
                Ok(known) => classifier = Some(known),
                Err(Left::Out(reason)) if features => {
                    found.left_out.push(format!("features of a classifier: {reason}"));
                }
                Err(Left::Out(_)) => {}
                Err(Left::Failed(error)) => return Err(error),
            }
        }
        if features {
            for Space { name, protocol, sets: [real, fake, first, second] } in
                self.spaces(pictures, &halves, classifier.as_mut(), backend)?
            {
                for entry in &chosen {
                    let Of::Features(of) = entry.of else { continue };
                    match of(&real, &fake, SEED) {
                        Ok(values) => {
                            let references = of(&first, &second, SEED).unwrap_or_default();
                            found.add(values, &references, name, sizes, &protocol);
                        }
                        Err(error) => found.left_out.push(format!("{} of {name}: {error}", entry.name)),
                    }
                }
            }
        }
        if wanted("modes") {
            self.modes(pictures, &mut found, backend)?;
        }
        if wanted("classes") {
            match (&mut classifier, &self.asked) {
                (Some(classifier), Some(asked)) => self.classes(classifier, asked, &mut found, backend)?,
                (None, Some(_)) => found.left_out.push("classes: there is no classifier".into()),
                (_, None) => {
                    let reason = self.in_turn.as_deref().unwrap_or("the generator draws none");
                    found.unfit.push(format!("classes: {reason}"));
                }
            }
        }
        if let Some(reason) = &self.in_turn {
            found
                .left_out
                .push(format!("drawing the classes of the real samples: {reason}; each class in turn was drawn"));
        }
        Ok(found)
    }

    /// A classifier of the data's own classes, learned once: it is kept in the cache.
    fn classifier(&self, backend: &dyn Backend) -> Result<Classifier, Left> {
        let classes = self.dataset.classes().len();
        let Some((numbers, labels)) = self.learned().filter(|_| classes > 0) else {
            return Err(Left::Out("the data has no classes".into()));
        };
        if classes < 2 {
            return Err(Left::Out("the data has one class alone".into()));
        }
        let sample = &self.real.shape()[1..];
        // What its weights depend on beside the network, which has the sizes of samples and the number of classes.
        let key =
            Protocol::of(self.dataset, self.dataset.codec(), numbers, "classifier").with(&backend.name()).digits();
        let folder = cache_folder().filter(|_| self.use_cache);
        let learn = || {
            let samples = self.read(numbers)?;
            Classifier::learn(Labelled { samples: &samples, labels: &labels }, classes, backend)
        };
        Classifier::kept(folder.as_deref(), &key, sample, classes, backend, learn).map_err(|error| match error {
            error @ GanError::Data(_) => Left::Failed(error),
            error => Left::Out(error.to_string()),
        })
    }

    /// The features that metrics compare: of pictures those of networks, of points the points themselves.
    fn spaces(
        &self,
        pictures: bool,
        [_, second]: &[Tensor; 2],
        classifier: Option<&mut Classifier>,
        backend: &dyn Backend,
    ) -> Result<Vec<Space>, GanError> {
        let first: Vec<usize> = (0..self.reference()).collect();
        let space = |name, digest: &str, of: &mut dyn FnMut(&Tensor) -> Result<Matrix, GanError>| {
            let real = of(&self.real)?;
            let sets = [real.clone(), of(&self.fake)?, real.take(&first), of(second)?];
            Ok::<Space, GanError>(Space { name, protocol: self.protocol.clone().with(digest), sets })
        };
        if !pictures {
            return Ok(vec![space("samples", "", &mut |x| whole(x))?]);
        }
        let mut random = RandomFeatures::new(&self.real.shape()[1..], backend)?;
        let digest = random.digest().to_string();
        let mut spaces = vec![space("random", &digest, &mut |x| random.features(x))?];
        if let Some(classifier) = classifier {
            let digest = classifier.digest().to_string();
            spaces.push(space("classifier", &digest, &mut |x| classifier.features(x))?);
        }
        Ok(spaces)
    }

    /// How many modes of a mixture, or combinations of stacked images, generated samples reach.
    fn modes(&self, pictures: bool, found: &mut Found, backend: &dyn Backend) -> Result<(), GanError> {
        let sizes = Sizes { n: self.count(), reference_n: self.count() };
        if self.dataset.codec().format == "stacked-fashion-mnist" {
            let (values, references, protocol) = self.combinations(backend)?;
            found.add(values, &references, "classifier", sizes, &protocol);
            return Ok(());
        }
        if pictures {
            found.unfit.push("modes: they are of points with classes, and of stacked-fashion-mnist".into());
            return Ok(());
        }
        let Some((numbers, labels)) = self.learned() else {
            found.left_out.push("modes: the data has no classes".into());
            return Ok(());
        };
        let classes = self.dataset.classes().len();
        let mixture = match Mixture::of(&self.read(numbers)?, &labels, classes) {
            Ok(mixture) => mixture,
            Err(error) => {
                found.left_out.push(error.to_string());
                return Ok(());
            }
        };
        let of = |set: &Tensor| metrics::modes(&metrics::covered(&mixture, set.as_f32().unwrap_or(&[])), classes, SEED);
        let protocol = self.protocol.clone().with_rows(numbers);
        found.add(of(&self.fake), &of(&self.real), "samples", sizes, &protocol);
        Ok(())
    }

    /// How many combinations of classes the three images of generated and of real pictures reach: by a classifier of the images
    /// that they are stacked from. And what these numbers depend on.
    fn combinations(&self, backend: &dyn Backend) -> Result<(Vec<Value>, Vec<Value>, Protocol), GanError> {
        let shape = self.real.shape();
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let resolution = Resolution { width: side(shape[2]), height: side(shape[1]) };
        let options = DataOptions { resolution: Some(resolution), channels: Some(1), ..DataOptions::default() };
        let images = Dataset::open(&Source::parse("fashion-mnist")?, &options, &())?;
        let all: Vec<u32> = (0..images.len() as u32).collect();
        let samples = read(&images, images.codec(), &all)?;
        let labels = images.labels().unwrap_or(&[]);
        let classes = images.classes().len();
        let mut classifier = Classifier::learn(Labelled { samples: &samples, labels }, classes, backend)?;
        let protocol = self.protocol.clone().with(classifier.digest());
        let mut of = |set: &Tensor| -> Result<Vec<Value>, GanError> {
            let values = set.as_f32().unwrap_or(&[]);
            let sizes: Vec<usize> = set.shape()[..3].iter().copied().chain([1]).collect();
            let mut found = vec![0; sizes[0]];
            for channel in 0..STACKED {
                let plane = values.iter().skip(channel).step_by(STACKED).copied().collect();
                let plane = Tensor::from_f32(sizes.clone(), plane)
                    .map_err(|e| GanError::Argument { what: "modes".into(), reason: e.to_string() })?;
                let said = classifier.classify(&plane)?;
                found.iter_mut().zip(said).for_each(|(number, class)| *number = *number * classes + class as usize);
            }
            let found: Vec<Option<usize>> = found.into_iter().map(Some).collect();
            Ok(metrics::modes(&found, COMBINATIONS, SEED))
        };
        Ok((of(&self.fake)?, of(&self.real)?, protocol))
    }

    /// Whether generated samples are of the classes that they were drawn for, by a classifier of real ones; and how many
    /// real samples a classifier tells that learned from generated ones alone, beside one that learned from as many real.
    /// None of them has learned from the real samples that it is tested on.
    fn classes(
        &self,
        classifier: &mut Classifier,
        asked: &[u32],
        found: &mut Found,
        backend: &dyn Backend,
    ) -> Result<(), GanError> {
        let (tested, labels) = (&self.tested, self.labels(&self.tested).unwrap_or_default());
        if tested.is_empty() || !self.all_learnable() {
            let reason = "classes: too few real samples are left to test a classifier on; ask for fewer with --n";
            found.left_out.push(reason.into());
            return Ok(());
        }
        let mut rng = Rng::new(SEED, stream_of("metrics/classes"));
        let (tests, real_labels) = (self.read(tested)?, self.real_labels().unwrap_or_default());
        let test = Labelled { samples: &tests, labels: &labels };
        let real = Labelled { samples: &self.real, labels: &real_labels };
        let fake = Labelled { samples: &self.fake, labels: asked };
        let classes = self.dataset.classes().len();
        let mut value =
            |name, each: Vec<f64>| Value::new(name, Better::Higher, Estimate::mean(&each, &mut rng).within(0.0, 1.0));
        let (n, reference_n) = (self.count(), tested.len());
        let protocol = self.protocol.clone().with(classifier.digest()).with_rows(tested);
        let (values, references) = (classifier.right(fake)?, classifier.right(test)?);
        let (values, references) = (vec![value("class_accuracy", values)], [value("class_accuracy", references)]);
        found.add(values, &references, "classifier", Sizes { n, reference_n }, &protocol);
        let learned = |from| Classifier::learn(from, classes, backend)?.right(test);
        let name = "train_synthetic_test_real";
        let (values, references) = (learned(fake)?, learned(real)?);
        let (mut values, references) = (vec![value(name, values)], [value(name, references)]);
        values[0].note = Some(format!("learned from {n}"));
        found.add(
            values,
            &references,
            "classifier",
            Sizes { n: reference_n, reference_n },
            &protocol.with(&n.to_string()),
        );
        Ok(())
    }
}

/// Why there is no classifier.
enum Left {
    /// There can be none: metrics of its features are left out.
    Out(String),
    /// The data could not be read.
    Failed(GanError),
}

/// Samples as they are, as rows.
fn whole(samples: &Tensor) -> Result<Matrix, GanError> {
    let columns = samples.shape().iter().skip(1).product();
    let values = samples.as_f32().map_err(|e| GanError::Argument { what: "samples".into(), reason: e.to_string() })?;
    Matrix::new(columns, values.to_vec())
}
