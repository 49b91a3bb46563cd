//! Metric `classes`: whether generated samples are of the classes that they were generated for. Not here: the classifier
//! (`spaces/classifier.rs`).

use super::neighbours::recall_within_classes;
use super::{Better, Metric, Value};
use crate::comparison::numbers;
use crate::estimate::Estimate;
use crate::spaces::Classifier;
use crate::{Comparison, Facts, Matrix, MetricError, Number, Set, Sizes};

/// Recall within the classes, and that of real samples beside other real ones where there are enough.
fn class_recall(compared: &mut Comparison<'_>) -> Result<(Value, Option<Value>), MetricError> {
    let (sides, classes, seed, stop) = (compared.sides, compared.data.classes, compared.seed, compared.stop);
    let classifier = compared.classifier()?;
    let mut of = |set: &Set| {
        let labels =
            set.labels().ok_or_else(|| MetricError::Missing("class_recall: the samples have no classes".into()))?;
        Ok::<_, MetricError>((classifier.features(set.samples(), stop)?, labels))
    };
    let (real, fake, second) = (of(&sides.real)?, of(&sides.fake)?, of(&sides.second)?);
    let recall = |real: (&Matrix, &[u32]), fake: &(Matrix, Vec<u32>)| {
        let (estimate, by_class) = recall_within_classes([real, (&fake.0, &fake.1)], classes, seed, stop)?;
        Ok(Value { by_class, ..Value::new("class_recall", Better::Higher, estimate) })
    };
    let value = recall((&real.0, &real.1), &fake)?;
    let first: Vec<usize> = (0..second.1.len()).collect();
    match recall((&real.0.take(&first), &real.1[..first.len()]), &second) {
        Ok(reference) => Ok((value, Some(reference))),
        Err(error) if MetricError::leaves_out(&error) => Ok((value, None)),
        Err(error) => Err(error),
    }
}

/// The line of the table.
pub(super) struct Classes;

impl Metric for Classes {
    fn name(&self) -> &'static str {
        "classes"
    }

    fn summary(&self) -> &'static str {
        "whether a classifier sees the classes that were asked for, learns them from generated samples, and finds the variety of each"
    }

    fn unfit(&self, data: &Facts) -> Option<String> {
        data.expect("images").or_else(|| data.asked.as_ref().err().cloned())
    }

    /// - `class_accuracy`: the share of generated samples whose class a classifier of real ones says; its reference is that of
    ///   real samples which it has not seen.
    /// - `train_synthetic_test_real`: the share of those that a classifier tells which learned from generated samples alone; its
    ///   reference is that of one which learned from as many real ones.
    /// - `class_recall`: the recall of [`neighbours`](super::neighbours) within each class, by the classifier's features: 0 for a
    ///   generator that makes one image a class, however well it is recognised. It is left out where each class has too few samples.
    ///
    /// # Source
    /// Ravuri, Vinyals (2019), "Classification accuracy score for conditional generative models", arXiv:1905.10887.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError> {
        let (sides, classes, backend, stop) = (compared.sides, compared.data.classes, compared.backend, compared.stop);
        let tested = compared.others.tested()?;
        let classifier = compared.classifier()?;
        let digest = classifier.digest().to_string();
        let share = |name: &'static str, right: Vec<bool>| {
            let estimate = Estimate::share(right.iter().filter(|right| **right).count(), right.len());
            Value::new(name, Better::Higher, estimate)
        };
        let name = "class_accuracy";
        let value = share(name, classifier.right(&sides.fake, stop)?);
        let reference = share(name, classifier.right(&tested, stop)?);
        let (n, reference_n) = (sides.fake.len(), tested.len());
        let mut found = numbers(vec![value], &[reference], Classifier::NAME, [n, reference_n], &digest);
        let learned = |from: &Set| Classifier::learn(from, classes, backend, stop)?.right(&tested, stop);
        let name = "train_synthetic_test_real";
        let value = Value { note: Some(format!("learned from {n}")), ..share(name, learned(&sides.fake)?) };
        let reference = share(name, learned(&sides.real)?);
        let depends = format!("{digest} {n}");
        found.extend(numbers(vec![value], &[reference], Classifier::NAME, [reference_n; 2], &depends));
        match class_recall(compared) {
            Ok((value, reference)) => {
                let counts = [n, sides.second.len()];
                found.extend(numbers(vec![value], reference.as_slice(), Classifier::NAME, counts, &digest));
            }
            Err(error) if error.leaves_out() => compared.leave_out(error.to_string()),
            Err(error) => return Err(error),
        }
        Ok(found)
    }

    fn of_features(&self) -> bool {
        true
    }

    /// What is tested.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        (sizes.tested * data.elements() * size_of::<f32>()) as u64
    }
}
