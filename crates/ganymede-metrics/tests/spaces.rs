//! What stands for samples: it is the same for any number of threads, tells kinds apart, and is learned once. Not here: the
//! metrics that compare it.

use ganymede_metrics::spaces::{Classifier, RandomFeatures};
use ganymede_metrics::testing::{Ready, bright_sides, facts};
use ganymede_metrics::{Comparison, MetricError, Set, Sides, Stop, frechet};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::Tensor;
use std::sync::atomic::AtomicBool;

fn backend(threads: usize) -> CpuBackend {
    CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap()
}

#[test]
fn a_classifier_learns_labels_the_same_every_time() {
    let (samples, others) = (bright_sides("learned", 300), bright_sides("others", 100));
    let learn = |threads| {
        let mut classifier = Classifier::learn(&samples, 2, &backend(threads), Stop::NEVER).unwrap();
        let right = classifier.right(&others, Stop::NEVER).unwrap().into_iter().filter(|right| *right).count();
        assert!(right > 95, "{right} of 100");
        classifier.features(others.samples(), Stop::NEVER).unwrap()
    };
    let one = learn(1);
    assert_eq!((one.rows(), one.columns()), (100, 64));
    assert_eq!(one, learn(2));
    let unlabelled = Set::new("real", samples.samples().clone());
    let error = Classifier::learn(&unlabelled, 2, &backend(1), Stop::NEVER).err().unwrap().to_string();
    assert!(error.contains("expected a label below 2 for each of 300 images, found 0"), "{error}");
    let error = Classifier::learn(&samples, 1, &backend(1), Stop::NEVER).err().unwrap().to_string();
    assert!(error.contains("expected a label below 1 for each of 300 images, found the label 1"), "{error}");
    let flag = AtomicBool::new(true);
    let stopped = Classifier::learn(&samples, 2, &backend(1), Stop::when(&flag)).err().unwrap();
    assert!(matches!(stopped, MetricError::Stopped), "{stopped}");
}

#[test]
fn a_classifier_is_learned_once_from_samples_that_are_not_compared() {
    let set = |stream: &str| bright_sides(stream, 60);
    let sides = Sides { real: set("real"), fake: set("fake"), second: set("second") };
    let others = Ready { learned: Some(bright_sides("learned", 200)), ..Ready::default() };
    let (data, backend) = (facts("images", &[12, 12, 1], 2), backend(1));
    let digest = |others: &Ready| {
        let mut compared = Comparison::new(&data, &sides, others, &backend, 0, Stop::NEVER);
        compared.classifier().map(|classifier| classifier.digest().to_string())
    };
    let first = digest(&others).unwrap();
    assert_eq!((digest(&others).unwrap() == first, *others.asked.borrow(), others.kept.borrow().len()), (true, 1, 1));
    // It is that of the samples which are given to learn from, not of those that are compared.
    let own = Classifier::learn(others.learned.as_ref().unwrap(), 2, &backend, Stop::NEVER).unwrap();
    assert_eq!(first, own.digest());
    // Weights that are damaged count as none.
    others.kept.borrow_mut().values_mut().for_each(|states| drop(states.pop_first()));
    assert_eq!((digest(&others).unwrap() == first, *others.asked.borrow()), (true, 2));
    let none = Ready::default();
    assert_eq!(digest(&none).unwrap_err().to_string(), "none are left");
}

#[test]
fn random_features_tell_kinds_apart_and_never_change() {
    let (samples, same) = (bright_sides("one", 130), bright_sides("other", 130));
    let values = samples.samples().as_f32().unwrap();
    let other = Tensor::from_f32([130, 12, 12, 1], values.iter().map(|v| -v).collect()).unwrap();
    let mut random = RandomFeatures::new(&[12, 12, 1], &backend(1)).unwrap();
    let mut rows = |x: &Tensor| random.features(x, Stop::NEVER).unwrap();
    let features = rows(samples.samples());
    assert_eq!((features.rows(), features.columns()), (130, 160));
    let near = frechet(&features, &rows(same.samples())).unwrap();
    let far = frechet(&features, &rows(&other)).unwrap();
    assert!(near < 0.2 * far, "{near} and {far}");
    // A sample's features do not depend on those beside it.
    assert_eq!(rows(&samples.samples().rows(70..72)).row(1), features.row(71));
    let mut of_threads = RandomFeatures::new(&[12, 12, 1], &backend(2)).unwrap();
    assert_eq!(of_threads.features(samples.samples(), Stop::NEVER).unwrap(), features);
}
