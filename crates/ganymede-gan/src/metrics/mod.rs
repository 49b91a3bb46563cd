//! Metrics: how far generated samples are from real ones. To add one: a file here with a function of two sets of
//! samples and a seed, and a line in [`METRICS`]; the tests below and `ganymede evaluate` follow from the table.
//! Not here: which samples are compared (`evaluate.rs`).

mod sliced_wasserstein;

pub use sliced_wasserstein::sliced_wasserstein;

use crate::error::GanError;
use ganymede_tensor::Tensor;

/// An entry of the table: name, one sentence, function.
pub struct Entry {
    /// Name in results.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    /// The distance of two sets of samples (N, …), each `f32`; what is random in it is a function of the seed.
    pub distance: fn(&Tensor, &Tensor, u64) -> Result<f64, GanError>,
}

/// Every metric.
pub const METRICS: &[Entry] = &[Entry {
    name: "sliced_wasserstein",
    summary: "mean Wasserstein-1 distance of projections on random directions; Rabin et al. 2011",
    distance: sliced_wasserstein,
}];

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::Rng;

    /// `n` samples of 6 numbers: a Gaussian with deviation 0.5 around `mean`.
    fn gaussian(stream: u32, n: usize, mean: f64) -> Vec<f32> {
        let mut rng = Rng::new(7, stream);
        (0..n * 6).map(|_| (mean + 0.5 * rng.normal()) as f32).collect()
    }

    fn set(values: Vec<f32>) -> Tensor {
        Tensor::from_f32([values.len() / 6, 2, 3], values).unwrap()
    }

    #[test]
    fn every_metric_is_best_on_identical_sets_and_worse_the_more_noise_there_is() {
        for Entry { name, distance, .. } in METRICS {
            let real = gaussian(1, 400, 0.2);
            let noisy = |share: f32| {
                let noise = gaussian(2, 400, 0.0);
                set(real.iter().zip(&noise).map(|(x, n)| x + share * 4.0 * n).collect())
            };
            let real = set(real.clone());
            let of = |other: &Tensor| distance(&real, other, 3).unwrap();
            assert_eq!(of(&real), 0.0, "{name}");
            let distances = [of(&real), of(&noisy(0.25)), of(&noisy(0.5)), of(&noisy(1.0))];
            assert!(distances.is_sorted_by(|a, b| a < b), "{name}: {distances:?}");
            let again = of(&set(gaussian(3, 400, 0.2)));
            assert!(again < 0.25 * distances[3], "{name}: {again} between two draws of one distribution");
        }
    }

    #[test]
    fn the_order_of_samples_and_sets_does_not_matter_and_the_seed_decides() {
        for Entry { name, distance, .. } in METRICS {
            let (a, b) = (gaussian(1, 101, 0.0), gaussian(2, 101, 0.5));
            let turned: Vec<f32> = b.chunks_exact(6).rev().flatten().copied().collect();
            let (a, b, turned) = (set(a), set(b), set(turned));
            let found = distance(&a, &b, 3).unwrap();
            assert_eq!(found, distance(&a, &turned, 3).unwrap(), "{name}");
            assert_eq!(found, distance(&b, &a, 3).unwrap(), "{name}");
        }
    }

    #[test]
    fn sets_that_cannot_be_compared_are_errors() {
        for Entry { name, distance, .. } in METRICS {
            let few = set(gaussian(1, 3, 0.0));
            let error = |a: &Tensor, b: &Tensor| distance(a, b, 0).unwrap_err().to_string();
            let counts = error(&few, &set(gaussian(1, 4, 0.0)));
            assert!(
                counts.contains("expected two sets of one shape, found (3, 2, 3) and (4, 2, 3)"),
                "{name}: {counts}"
            );
            let broken = set(vec![f32::NAN; 18]);
            assert!(error(&few, &broken).contains("finite"), "{name}");
            let none = set(Vec::new());
            assert!(error(&none, &none).contains("at least one sample"), "{name}");
        }
    }
}
