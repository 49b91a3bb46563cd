//! How many values of a network the lists of a table may take. Not here: how a list becomes values (`encoder.rs`).

use crate::table::{Kind, Plan, Schema};
use std::collections::BTreeSet;

/// Values of a network that categories may take together: longer lists share a place for their rarer values.
const MOST_VALUES: usize = 1024;
/// The same of lists of numbers: the longest of more are numbers by their rank.
const MOST_ORDERED: usize = 4096;

/// Values of a network that a list may take, so that all columns together take at most [`MOST_VALUES`].
pub(super) fn places(schema: &Schema, learned: &[usize]) -> usize {
    let sizes: Vec<usize> = learned
        .iter()
        .filter_map(|&at| match &schema.columns()[at].kind {
            Kind::Category { values, numbers: None } => Some(values.len()),
            _ => None,
        })
        .collect();
    let total = |most: usize| sizes.iter().map(|&size| size.min(most)).sum::<usize>();
    let room = MOST_VALUES.saturating_sub(learned.len()).max(2 * sizes.len());
    let longest = sizes.iter().copied().max().unwrap_or(0);
    // The largest number of places that keeps within the room.
    let (mut low, mut high) = (2, longest.max(2));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if total(middle) <= room { low = middle } else { high = middle - 1 }
    }
    low
}

/// The longest list of numbers whose values have places of their own, so that all such columns together take at most
/// [`MOST_ORDERED`]: longer ones are numbers by their rank.
pub(super) fn longest_list(schema: &Schema, plan: &Plan, learned: &[usize]) -> usize {
    let listed = |&at: &usize| match (plan.gap(at), &schema.columns()[at].kind) {
        (None, Kind::Category { numbers: Some(numbers), .. }) => Some(numbers.len()),
        _ => None,
    };
    let sizes: Vec<usize> = learned.iter().filter_map(listed).collect();
    // One more for the number behind the choice.
    let taken = |longest: usize| sizes.iter().filter(|size| **size <= longest).map(|size| size + 1).sum::<usize>();
    let lengths: BTreeSet<usize> = sizes.iter().copied().collect();
    lengths.into_iter().rev().find(|longest| taken(*longest) <= MOST_ORDERED).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::options::DataOptions;
    use crate::source::Source;
    use crate::{Dataset, Head};
    use ganymede_tensor::Rng;

    /// So many columns of 0 to 4, drawn without any rule.
    fn heads(columns: usize) -> Vec<Head> {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut rng) = (folder.path().join("wide.csv"), Rng::new(1, 1));
        let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
        let mut text = names.join(",");
        for _ in 0..80 {
            let cells: Vec<String> = (0..columns).map(|_| rng.below(5).to_string()).collect();
            text.push_str(&format!("\n{}", cells.join(",")));
        }
        std::fs::write(&path, text + "\n").unwrap();
        let options = DataOptions { use_cache: false, ..DataOptions::default() };
        let data = Dataset::open(&Source::parse(&path).unwrap(), &options, &()).unwrap();
        data.codec().modality().rows().unwrap().heads
    }

    /// 600 columns take 3,600 values; 700 would take 4,200, and are numbers.
    #[test]
    fn lists_of_numbers_are_numbers_where_they_would_be_too_wide() {
        let (few, many) = (heads(600), heads(700));
        assert_eq!((few.len(), many.len()), (600, 700));
        assert!(few.iter().all(|head| matches!(head, Head::Ordered(numbers) if numbers.len() == 5)));
        assert!(many.iter().all(|head| *head == Head::Number));
    }
}
