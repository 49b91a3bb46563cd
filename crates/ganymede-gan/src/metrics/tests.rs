//! What every metric of the table must do.

use super::*;
use ganymede_tensor::Rng;

/// `n` pictures of 24 x 24 x 1: blots of deviation 0.5 around `mean`.
fn gaussian(stream: u32, n: usize, mean: f64) -> Vec<f32> {
    let mut rng = Rng::new(7, stream);
    (0..n * 576).map(|_| (mean + 0.5 * rng.normal()) as f32).collect()
}

fn set(values: Vec<f32>) -> Tensor {
    Tensor::from_f32([values.len() / 576, 24, 24, 1], values).unwrap()
}

/// The values of a metric; features are the first 20 pixels.
fn values(entry: &Entry, a: &Tensor, b: &Tensor) -> Result<Vec<Value>, GanError> {
    let matrix = |x: &Tensor| {
        let values = x.as_f32().unwrap();
        Matrix::new(20, values.chunks(576).flat_map(|row| row[..20].to_vec()).collect())
    };
    match entry.of {
        Of::Samples(of) | Of::Pictures(of) => of(a, b, 3),
        Of::Features(of) => of(&matrix(a)?, &matrix(b)?, 3),
    }
}

#[test]
fn every_metric_is_best_on_identical_sets_and_worse_the_more_noise_there_is() {
    for entry in METRICS {
        let real = gaussian(1, 120, 0.2);
        let noisy = |share: f32| {
            let noise = gaussian(2, 120, 0.0);
            set(real.iter().zip(&noise).map(|(x, n)| x + share * 4.0 * n).collect())
        };
        let real = set(real.clone());
        let sets = [real.clone(), noisy(0.25), noisy(0.5), noisy(1.0)];
        let found: Vec<Vec<Value>> = sets.iter().map(|fake| values(entry, &real, fake).unwrap()).collect();
        for (at, first) in found[0].iter().enumerate() {
            let series: Vec<f64> = found.iter().map(|values| values[at].estimate.value).collect();
            let name = first.name;
            assert!(
                first.estimate.low <= first.estimate.value && first.estimate.value <= first.estimate.high,
                "{name}"
            );
            match first.better {
                Better::Lower => assert!(series.is_sorted_by(|a, b| a < b), "{name}: {series:?}"),
                // Samples far apart have large balls, in which every real one is.
                Better::Higher if name == "recall" => assert_eq!(series[0], 1.0),
                Better::Higher => assert!(series[0] > series[3] && series[0] >= series[1], "{name}: {series:?}"),
                Better::Near => assert!(series[0] > series[3], "{name}: {series:?}"),
            }
        }
    }
}

#[test]
fn the_order_of_samples_does_not_matter() {
    for entry in METRICS.iter().filter(|entry| !matches!(entry.name, "laplacian" | "ms_ssim")) {
        let (a, b) = (gaussian(1, 51, 0.0), gaussian(2, 51, 0.5));
        let turned: Vec<f32> = b.chunks_exact(576).rev().flatten().copied().collect();
        let (a, b, turned) = (set(a), set(b), set(turned));
        for (x, y) in values(entry, &a, &b).unwrap().iter().zip(values(entry, &a, &turned).unwrap()) {
            let (x, y) = (x.estimate.value, y.estimate.value);
            assert!((x - y).abs() <= 1e-9 * x.abs().max(1.0), "{}: {x} and {y}", entry.name);
        }
        let again = values(entry, &a, &b).unwrap();
        assert_eq!(again, values(entry, &a, &b).unwrap(), "{}: the same twice", entry.name);
    }
}

#[test]
fn sets_that_cannot_be_compared_are_errors() {
    for entry in METRICS {
        let (few, more) = (set(gaussian(1, 7, 0.0)), set(gaussian(2, 8, 0.0)));
        let mut broken = gaussian(1, 7, 0.0);
        broken[3] = f32::NAN;
        let broken = set(broken);
        let error = values(entry, &broken, &broken).unwrap_err().to_string();
        assert!(error.contains("finite"), "{}: {error}", entry.name);
        if matches!(entry.name, "sliced_wasserstein" | "laplacian") {
            let error = values(entry, &few, &more).unwrap_err().to_string();
            assert!(error.contains("expected two sets of one shape"), "{}: {error}", entry.name);
        }
    }
    let tiny = Tensor::from_f32([4, 5, 5, 1], vec![0.0; 100]).unwrap();
    for name in ["laplacian", "ms_ssim"] {
        let entry = METRICS.iter().find(|entry| entry.name == name).unwrap();
        assert!(values(entry, &tiny, &tiny).is_err(), "{name}");
    }
    let one = Matrix::new(2, vec![0.0; 2]).unwrap();
    for error in [frechet(&one, &one).unwrap_err(), kernel_distance(&one, &one).unwrap_err()] {
        assert!(error.to_string().contains("expected at least 2 samples"), "{error}");
    }
    let error = neighbours(&one, &one, 5).unwrap_err().to_string();
    assert!(error.contains("expected at least 6 samples"), "{error}");
}
