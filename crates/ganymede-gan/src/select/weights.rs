//! Weights of candidates: tempered, made probabilities, and rows drawn by them. Not here: where they come from (`selector.rs`).

/// Steps of a bisection.
const STEPS: usize = 50;

/// How many rows of equal weight tell as much: (Σw)² / Σw².
///
/// # Source
/// Kish (1965), "Survey sampling".
pub(super) fn effective(weights: &[f64]) -> f64 {
    let (sum, squares) = weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Weights exp(t · odds), for the largest t up to 1 with which as many as `least` are effective; and t. The largest weight is 1.
pub(super) fn tempered(log_odds: &[f64], least: f64) -> (Vec<f64>, f64) {
    let most = log_odds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = |t: f64| log_odds.iter().map(|odds| libm::exp(t * (odds - most))).collect::<Vec<f64>>();
    let whole = weights(1.0);
    if effective(&whole) >= least {
        return (whole, 1.0);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = (low + high) / 2.0;
        if effective(&weights(middle)) >= least { low = middle } else { high = middle }
    }
    (weights(low), low)
}

/// Makes weights probabilities of being taken, with this sum where there are as many, none above 1.
pub(super) fn probabilities(weights: &mut [f64], sum: f64) {
    let mut is_full = vec![false; weights.len()];
    loop {
        let full = is_full.iter().filter(|full| **full).count() as f64;
        let free: f64 = weights.iter().zip(&is_full).filter(|(_, full)| !**full).map(|(weight, _)| weight).sum();
        if free <= 0.0 {
            return;
        }
        let factor = (sum - full).max(0.0) / free;
        let mut more = false;
        for (weight, full) in weights.iter_mut().zip(&mut is_full).filter(|(_, full)| !**full) {
            *weight *= factor;
            if *weight >= 1.0 {
                (*weight, *full, more) = (1.0, true, true);
            }
        }
        if !more {
            return;
        }
    }
}

/// Probabilities of being taken, with the sum `count`: within each class its share of that, as far as it has as many candidates;
/// what a class lacks is of the others.
pub(super) fn by_class(weights: &mut [f64], classes: &[usize], shares: &[f64], count: usize) {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); shares.len()];
    classes.iter().enumerate().for_each(|(at, class)| members[*class].push(at));
    // A class without weight has rows that weigh the same.
    for own in &members {
        if own.iter().all(|at| weights[*at] <= 0.0) {
            own.iter().for_each(|at| weights[*at] = 1.0);
        }
    }
    let mut quotas = vec![0.0; shares.len()];
    let mut open: Vec<usize> = (0..shares.len()).filter(|class| !members[*class].is_empty()).collect();
    let mut left = count as f64;
    loop {
        let all: f64 = open.iter().map(|class| shares[*class]).sum();
        let quota = |class: usize| if all > 0.0 { left * shares[class] / all } else { left / open.len() as f64 };
        let (short, rest): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|class| quota(**class) > members[**class].len() as f64);
        if short.is_empty() || rest.is_empty() {
            open.iter().for_each(|class| quotas[*class] = quota(*class).min(members[*class].len() as f64));
            break;
        }
        for class in &short {
            quotas[*class] = members[*class].len() as f64;
            left -= quotas[*class];
        }
        open = rest;
    }
    for (own, quota) in members.iter().zip(quotas) {
        let mut part: Vec<f64> = own.iter().map(|at| weights[*at]).collect();
        probabilities(&mut part, quota);
        own.iter().zip(part).for_each(|(at, probability)| weights[*at] = probability);
    }
}

/// Takes `count` rows, in the given order of places, with these probabilities: wherever their running sum passes start, start + 1, ….
/// So of any neighbours in the order as many are taken as they are expected to be, to less than one. The places, ascending.
///
/// # Source
/// Madow (1949), "On the theory of systematic sampling, II".
pub(super) fn systematic(probabilities: &[f64], order: &[usize], count: usize, start: f64) -> Vec<usize> {
    let (mut taken, mut sum) = (Vec::with_capacity(count), 0.0);
    for (at, &place) in order.iter().enumerate() {
        sum += probabilities[place];
        let needed = count - taken.len();
        // Rounding never takes a row twice, nor one too few.
        let is_passed = sum > taken.len() as f64 + start && probabilities[place] > 0.0;
        if needed > 0 && (is_passed || order.len() - at <= needed) {
            taken.push(place);
        }
    }
    taken.sort_unstable();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effective_numbers_are_those_of_hand() {
        assert_eq!(effective(&[2.0; 7]), 7.0);
        // (1 + 3)² / (1 + 9).
        assert_eq!(effective(&[1.0, 3.0]), 1.6);
        assert_eq!(effective(&[]), 0.0);
    }

    /// Odds of 1 and 3: as they are where 1.6 are enough; for 1.9 flatter, and never below.
    #[test]
    fn odds_are_tempered_no_more_than_needed() {
        let odds = [0.0, 3f64.ln()];
        let (weights, t) = tempered(&odds, 1.599);
        assert!((weights[0] - 1.0 / 3.0).abs() < 1e-12 && weights[1] == 1.0 && t == 1.0);
        let (weights, t) = tempered(&odds, 1.9);
        assert!((effective(&weights) - 1.9).abs() < 1e-9 && t > 0.3 && t < 0.7, "{weights:?} {t}");
        // More than there are: all the same.
        assert_eq!(tempered(&odds, 5.0), (vec![1.0, 1.0], 0.0));
    }

    /// 6 : 1 : 1 for two rows would be 1.5, 0.25, 0.25: the first is sure, and the others share what is left.
    #[test]
    fn no_probability_is_above_one() {
        let mut weights = vec![6.0, 1.0, 1.0];
        probabilities(&mut weights, 2.0);
        assert_eq!(weights, [1.0, 0.5, 0.5]);
        let mut weights = vec![1.0, 1.0];
        probabilities(&mut weights, 3.0);
        assert_eq!(weights, [1.0, 1.0]);
    }

    #[test]
    fn classes_get_their_shares_as_far_as_they_can() {
        let classes = [0, 0, 0, 1, 1, 1];
        let mut weights = vec![1.0, 1.0, 2.0, 5.0, 5.0, 5.0];
        by_class(&mut weights, &classes, &[0.25, 0.75], 4);
        assert_eq!(weights, [0.25, 0.25, 0.5, 1.0, 1.0, 1.0]);
        // The second class would get 4.5 and has three, the first gets two.
        let mut weights = vec![1.0, 1.0, 1.0, 5.0, 5.0, 5.0];
        by_class(&mut weights, &classes, &[0.1, 0.9], 5);
        assert!((weights[..3].iter().sum::<f64>() - 2.0).abs() < 1e-12 && weights[3..] == [1.0; 3], "{weights:?}");
        // A class of which no candidate is, and a weight of nothing.
        let mut weights = vec![0.0, 0.0];
        by_class(&mut weights, &[1, 1], &[0.5, 0.5], 1);
        assert_eq!(weights, [0.5, 0.5]);
    }

    /// With the start at each of 1,000 places of its range a row is taken as often as its probability says.
    #[test]
    fn rows_are_taken_as_often_as_expected_and_never_twice() {
        let probabilities = [0.5, 1.0, 0.25, 0.25, 0.9, 0.1];
        let order = [5, 3, 1, 0, 2, 4];
        let mut counts = [0; 6];
        for start in 0..1000 {
            let taken = systematic(&probabilities, &order, 3, (f64::from(start) + 0.5) / 1000.0);
            assert!(taken.len() == 3 && taken.windows(2).all(|pair| pair[0] < pair[1]), "{taken:?}");
            taken.iter().for_each(|at| counts[*at] += 1);
        }
        for (count, expected) in counts.iter().zip(probabilities) {
            assert!((f64::from(*count) / 1000.0 - expected).abs() < 2e-3, "{counts:?}");
        }
        // As many as there are.
        assert_eq!(systematic(&[1.0; 3], &[2, 1, 0], 3, 0.999), [0, 1, 2]);
        assert_eq!(systematic(&[0.1, 0.1], &[0, 1], 2, 0.5), [0, 1], "what is lacking is made up for");
    }
}
