//! Which phases run together, and which of their lazy terms: a function of the spec alone. Not here: what they compute
//! (`mod.rs`, `loss.rs`), when each runs (`step.rs`).

use crate::spec::{PhaseSpec, TrainSpec, Update};
use std::collections::BTreeSet;

/// Which phases run as one program: all that run every step, when one critic update goes with one
/// generator update, they share their fakes or their parameters, and take the batch in one part; else each alone.
pub(super) fn groups(spec: &TrainSpec) -> Vec<Vec<&PhaseSpec>> {
    let train = &spec.train;
    let shares = train.update == Update::Simultaneous || !train.fresh_fakes;
    let (mut joined, mut groups): (Vec<&PhaseSpec>, Vec<Vec<&PhaseSpec>>) = (Vec::new(), Vec::new());
    for phase in &spec.phases {
        if shares && train.n_critic == 1 && train.micro_batches == 1 && phase.every == 1 {
            joined.push(phase);
        } else {
            groups.push(vec![phase]);
        }
    }
    // At the place of the first of them.
    let first = spec.phases.iter().position(|phase| joined.first().is_some_and(|known| std::ptr::eq(*known, phase)));
    if let Some(at) = first {
        groups.insert(at, joined);
    }
    groups
}

/// The group after which the average is taken: of those that train the network the one that runs most often, the last of
/// such.
pub(super) fn averaging(spec: &TrainSpec, groups: &[Vec<&PhaseSpec>]) -> Option<usize> {
    let network = spec.averaged()?;
    let trains = |group: &[&PhaseSpec]| group.iter().flat_map(|phase| &phase.trains).any(|name| name == network);
    let of = groups.iter().enumerate().filter(|(_, group)| trains(group));
    of.min_by_key(|(at, group)| (group[0].every, usize::MAX - at)).map(|(at, _)| at)
}

/// The sets of intervals that can be due at once, and at such a time no other: a set is one if none of the rest divides
/// its least common multiple.
pub(super) fn combinations(intervals: &BTreeSet<u64>) -> Vec<(Vec<u64>, Vec<u64>)> {
    let all: Vec<u64> = intervals.iter().copied().collect();
    let split = |bits: usize| (0..all.len()).partition::<Vec<usize>, _>(|i| bits >> i & 1 == 1);
    let intervals = |at: &[usize]| at.iter().map(|&i| all[i]).collect::<Vec<u64>>();
    (0..1usize << all.len())
        .map(split)
        .map(|(due, rest)| (intervals(&due), intervals(&rest)))
        .filter(|(due, rest)| {
            // Beyond u64 no step comes.
            let multiple = due.iter().try_fold(1u64, |a, &b| (a / gcd(a, b)).checked_mul(b));
            multiple.is_some_and(|multiple| rest.iter().all(|k| !multiple.is_multiple_of(*k)))
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
