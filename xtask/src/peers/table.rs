//! Measurements of a work as a Markdown table. Not here: taking them (`contest.rs`).

use super::contest::Run;
use super::works::{Measure, Work};

/// The runs of one contestant, one a round.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its runs; as many as ganymede's, or it is left out.
    pub runs: Vec<Run>,
}

impl Entry {
    fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.value).collect()
    }

    fn memory(&self) -> f64 {
        self.runs.iter().map(|run| run.memory).fold(0.0, f64::max)
    }
}

/// The median: of an even number, the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// The best peer's median over ours, the smallest and largest of that over the rounds, and our memory as a part of
/// the least that a peer takes. `entries` has ganymede first.
pub fn ratios(entries: &[Entry]) -> Option<(&'static str, f64, [f64; 2], f64)> {
    let (own, peers) = entries.split_first()?;
    let best = peers.iter().min_by(|a, b| median(&a.values()).total_cmp(&median(&b.values())))?;
    let each: Vec<f64> = best.values().iter().zip(own.values()).map(|(peer, own)| peer / own).collect();
    let spread = [each.iter().copied().fold(f64::INFINITY, f64::min), each.iter().copied().fold(0.0, f64::max)];
    let least = peers.iter().map(Entry::memory).fold(f64::INFINITY, f64::min);
    Some((best.name, median(&best.values()) / median(&own.values()), spread, own.memory() / least))
}

/// What is measured, for the head of a table.
fn unit(measure: Measure) -> String {
    match measure {
        Measure::Step => "ms a step".into(),
        Measure::Samples(count) => format!("s for {count} samples"),
        Measure::FirstStep => "ms to the end of the first step".into(),
    }
}

/// A number with three digits that count.
fn shown(value: f64) -> String {
    let decimals = if value >= 100.0 { 0 } else { 2 - value.max(1.0).log10().floor() as usize };
    format!("{value:.decimals$}")
}

/// All contestants of a work.
pub fn work(work: &Work, entries: &[Entry]) -> String {
    let own = median(&entries.first().map(Entry::values).unwrap_or_default());
    let update = |entry: &Entry| entry.runs.first().and_then(|run| run.update.clone()).unwrap_or_else(|| "–".into());
    let mut text = format!(
        "| {}, batch {} | {} | medians of the rounds | ratio to ganymede | peak memory, MiB | update |\n|---|---|---|---|---|---|\n",
        work.name,
        work.batch,
        unit(work.measure)
    );
    for entry in entries {
        let (values, middle) = (entry.values(), median(&entry.values()));
        let rounds: Vec<String> = values.iter().map(|&v| shown(v)).collect();
        let (ratio, memory) = (middle / own, entry.memory());
        let (name, middle, rounds, update) = (entry.name, shown(middle), rounds.join(", "), update(entry));
        text += &format!("| {name} | {middle} | {rounds} | {ratio:.2} | {memory:.0} | {update} |\n");
    }
    text
}

/// One line a work.
pub fn summary(all: &[(&Work, Vec<Entry>)]) -> String {
    let mut text = String::from(
        "| work | best peer | ratio of the medians | over the rounds | memory of the smallest peer |\n|---|---|---|---|---|\n",
    );
    for (work, entries) in all {
        if let Some((best, ratio, [low, high], memory)) = ratios(entries) {
            let name = work.name;
            text += &format!("| {name} | {best} | {ratio:.2} | {low:.2} to {high:.2} | {memory:.2} |\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &'static str, values: &[f64], memory: f64) -> Entry {
        let run = |&value: &f64| Run { value, memory, update: Some("both".into()), versions: String::new() };
        Entry { name, runs: values.iter().map(run).collect() }
    }

    #[test]
    fn the_best_peer_is_compared_round_by_round() {
        let entries = [
            entry("ganymede", &[10.0, 8.0, 12.0], 50.0),
            entry("a", &[30.0, 31.0, 32.0], 100.0),
            entry("b", &[20.0, 24.0, 21.0], 400.0),
        ];
        let (best, ratio, spread, memory) = ratios(&entries).unwrap();
        assert_eq!((best, ratio, spread, memory), ("b", 2.1, [1.75, 3.0], 0.5));
        assert!(ratios(&entries[..1]).is_none());
    }

    #[test]
    fn tables_are_markdown() {
        assert_eq!([shown(1234.5), shown(99.94), shown(9.994), shown(0.5)], ["1234", "99.9", "9.99", "0.50"]);
        let text = work(&super::super::works::WORKS[0], &[entry("ganymede", &[10.0, 12.0], 50.0)]);
        assert!(text.ends_with("| ganymede | 11.0 | 10.0, 12.0 | 1.00 | 50 | both |\n"), "{text}");
        assert_eq!(median(&[]).to_string(), "NaN");
    }
}
