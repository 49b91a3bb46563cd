//! Iterative proportional fitting: weights by which each margin has its shares. Not here: which margins (`margins.rs`).

use super::weights::probabilities;

/// Most rounds.
const ROUNDS: usize = 100;
/// The largest difference of a share that is left.
const NEAR: f64 = 1e-5;

/// Candidates by the parts of one margin, and the shares that these are to have.
pub(super) struct Codes<'a> {
    /// The part that each candidate is in.
    pub parts: Vec<u32>,
    /// The share of each part.
    pub shares: &'a [f64],
}

/// Changes weights until each part of each margin has its share of their sum, `sum`, as nearly as it can be with no weight above 1: of one
/// margin after the other, the last exactly. Parts without a candidate have none. Gives the largest difference of a share that is
/// left.
///
/// # Source
/// Deming, Stephan (1940), "On a least squares adjustment of a sampled frequency table when the expected marginal totals are
/// known"; weights are trimmed in each round.
pub(super) fn rake(weights: &mut [f64], margins: &[Codes<'_>], sum: f64) -> f64 {
    let mut off = f64::INFINITY;
    for _ in 0..ROUNDS {
        probabilities(weights, sum);
        off = 0.0;
        for Codes { parts, shares } in margins {
            let mut sums = vec![0.0; shares.len()];
            parts.iter().zip(&*weights).for_each(|(part, weight)| sums[*part as usize] += weight);
            let all: f64 = sums.iter().sum();
            let reached: f64 = shares.iter().zip(&sums).filter(|(_, own)| **own > 0.0).map(|(share, _)| share).sum();
            if all <= 0.0 || reached <= 0.0 {
                continue;
            }
            let factor = |(share, own): (&f64, &f64)| if *own > 0.0 { share / reached * all / own } else { 1.0 };
            let differences = shares.iter().zip(&sums).filter(|(_, own)| **own > 0.0);
            off = differences.fold(off, |off, (share, own)| off.max((share / reached - own / all).abs()));
            let factors: Vec<f64> = shares.iter().zip(&sums).map(factor).collect();
            weights.iter_mut().zip(parts).for_each(|(weight, part)| *weight *= factors[*part as usize]);
        }
        if off < NEAR {
            break;
        }
    }
    off
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four candidates, one in each cell of a table of two rows and two columns.
    fn raked(weights: [f64; 4], rows: [f64; 2], columns: [f64; 2], sum: f64) -> Vec<f64> {
        let mut weights = weights.to_vec();
        let margins =
            [Codes { parts: vec![0, 0, 1, 1], shares: &rows }, Codes { parts: vec![0, 1, 0, 1], shares: &columns }];
        rake(&mut weights, &margins, sum);
        let all: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / all).collect()
    }

    /// Even weights become products of the shares; the ratio a·d / (b·c) of any weights stays: 0.1 x 0.4 / (0.2 x 0.3) = 2/3.
    #[test]
    fn tables_of_two_by_two_are_those_of_hand() {
        let found = raked([1.0; 4], [0.3, 0.7], [0.6, 0.4], 1.0);
        for (found, expected) in found.iter().zip([0.18, 0.12, 0.42, 0.28]) {
            assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
        }
        let found = raked([0.1, 0.2, 0.3, 0.4], [0.5, 0.5], [0.5, 0.5], 1.0);
        // x (1/2 − b) … by symmetry a = d, b = c = 1/2 − a and (a/b)² = 2/3.
        let ratio = (2f64 / 3.0).sqrt();
        let a = 0.5 * ratio / (1.0 + ratio);
        for (found, expected) in found.iter().zip([a, 0.5 - a, 0.5 - a, a]) {
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
        }
    }

    #[test]
    fn parts_without_candidates_are_left_out_and_no_weight_is_above_one() {
        let mut weights = vec![1.0, 1.0, 2.0];
        let shares = [0.25, 0.5, 0.25];
        let off = rake(&mut weights, &[Codes { parts: vec![0, 0, 2], shares: &shares }], 1.0);
        assert!(off < 1e-5 && (weights[2] - 0.5).abs() < 1e-5, "{weights:?}");
        // 0.9 of two is more than one candidate can have.
        let mut weights = vec![1.0; 3];
        let off = rake(&mut weights, &[Codes { parts: vec![0, 1, 1], shares: &[0.9, 0.1] }], 2.0);
        probabilities(&mut weights, 2.0);
        assert!(off > 0.3 && weights[0] == 1.0, "{weights:?} {off}");
        assert_eq!(rake(&mut [], &[], 1.0), 0.0);
    }
}
