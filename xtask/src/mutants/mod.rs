//! `cargo xtask mutants`: small faults put into the sources, one at a time, each of which a test has to notice. A seeded sample
//! of all that `cargo mutants` knows, in a copy of the sources; outcomes are kept, so that a run can be stopped and resumed.
//! Not here: what a mutant is (`cargo install cargo-mutants --locked`).

mod judge;
mod outcomes;
mod sample;
mod survivors;
mod tree;

use judge::{Judge, Mutant};
use outcomes::{Outcome, Outcomes};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tree::Tree;

pub const USAGE: &str = "[--sample COUNT] [--seed SEED] [--shard K/N] [--only WORD]… [--resume | --report]";

/// A crate that is mutated, and the test targets that are quick enough to judge a mutant: those that notice most, and those that
/// are built only for what the first let pass.
struct Suite {
    package: &'static str,
    stages: &'static [&'static [&'static str]],
}

const SUITES: &[Suite] = &[
    Suite { package: "ganymede-gan", stages: &[&["--lib"], &["--test=gan"]] },
    Suite { package: "ganymede-data", stages: &[&["--lib"], &["--test=data"]] },
    Suite {
        package: "ganymede-metrics",
        stages: &[&["--lib", "--test=contract"], &["--test=libraries", "--test=spaces"]],
    },
];

/// Most mutants that may survive, of those that compile.
const MOST: f64 = 0.1;

/// What the words after the command say.
#[derive(Debug, PartialEq)]
struct Options {
    sample: usize,
    seed: u64,
    /// Number of the shard, from 0, and how many there are.
    shard: (usize, usize),
    /// Words of which a mutant's name must have one; all when empty.
    only: Vec<String>,
    /// Go on with what an earlier run left.
    resume: bool,
    /// Only say what earlier runs found.
    report: bool,
}

impl Options {
    fn parse(words: &[String]) -> Result<Options, String> {
        let mut options =
            Options { sample: 400, seed: 1, shard: (0, 1), only: Vec::new(), resume: false, report: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--resume" => options.resume = true,
                "--report" => options.report = true,
                "--sample" | "--seed" | "--shard" | "--only" => {
                    let value = words.next().ok_or(format!("expected a value after {word}"))?;
                    let refuse = |expected: &str| format!("{word}: expected {expected}, found `{value}`");
                    match word.as_str() {
                        "--sample" => {
                            let count = value.parse().ok().filter(|count| *count > 0);
                            options.sample = count.ok_or(refuse("a number above 0"))?;
                        }
                        "--seed" => options.seed = value.parse().map_err(|_| refuse("a whole number"))?,
                        "--shard" => {
                            let both =
                                value.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
                            let both = both.filter(|(k, n)| k < n);
                            options.shard = both.ok_or(refuse("K/N with K from 0 to N - 1"))?;
                        }
                        _ => options.only.push(value.clone()),
                    }
                }
                _ => return Err(format!("expected {USAGE}, found `{word}`")),
            }
        }
        match options.resume && options.report {
            true => Err("expected --resume or --report, found both".into()),
            false => Ok(options),
        }
    }

    /// What a sample is of: outcomes of another are not continued.
    fn recipe(&self, sources: &str) -> String {
        format!("sources {sources}, seed {}, sample {}, only {:?}", self.seed, self.sample, self.only)
    }
}

/// Runs the command; whether few enough mutants survived, each with its reason.
pub fn mutants(root: &Path, words: &[String]) -> bool {
    run(root, words).unwrap_or_else(|reason| {
        eprintln!("error: {reason}");
        false
    })
}

fn run(root: &Path, words: &[String]) -> Result<bool, String> {
    let options = Options::parse(words)?;
    let home = root.join("target/mutants");
    let recipe = match options.report {
        true => None,
        false => Some(run_shard(root, &home, &options)?),
    };
    report(root, &home, recipe.as_deref())
}

/// Where a shard's copy and outcomes are.
fn shard_folder(home: &Path, (k, n): (usize, usize)) -> PathBuf {
    home.join(format!("shard-{k}-of-{n}"))
}

/// Runs what is left of a shard; gives what its sample is of.
fn run_shard(root: &Path, home: &Path, options: &Options) -> Result<String, String> {
    let folder = shard_folder(home, options.shard);
    let tree = Tree::copy(root, &folder.join("tree"))?;
    let recipe = options.recipe(&tree.sources);
    let path = folder.join("outcomes.jsonl");
    let mut outcomes = match options.resume {
        true => Outcomes::resume(&path, &recipe)?,
        false => Outcomes::begin(&path, &recipe)?,
    };
    let packages: Vec<&Suite> = SUITES.iter().filter(|suite| tree.has(suite.package)).collect();
    let all = list(&tree, &packages)?;
    let chosen = sample::choose(&all, options.seed, options.sample, options.shard, &options.only);
    println!("{} mutants in all, {} in this shard of the sample", all.len(), chosen.len());
    for suite in packages {
        let of_suite = |mutant: &&&Mutant| mutant.package == suite.package && !outcomes.knows(&mutant.name);
        let left: Vec<&Mutant> = chosen.iter().filter(of_suite).copied().collect();
        if left.is_empty() {
            continue;
        }
        let judge = Judge::new(&tree, suite)?;
        let begin = Instant::now();
        for (at, mutant) in left.iter().enumerate() {
            let summary = judge.judge(mutant)?;
            println!("{}/{} {summary}: {}", at + 1, left.len(), mutant.name);
            outcomes.add(&mutant.name, Outcome { summary: summary.into(), line: tree.line(&mutant.name) })?;
        }
        let each = begin.elapsed().as_secs_f64() / left.len() as f64;
        println!("{}: {each:.1} s for a mutant", suite.package);
    }
    Ok(recipe)
}

/// All mutants of these crates, as `cargo mutants` knows them.
fn list(tree: &Tree, packages: &[&Suite]) -> Result<Vec<Mutant>, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["mutants", "--list", "--json", "--dir"]).arg(&tree.root).current_dir(&tree.root);
    command.args(packages.iter().flat_map(|suite| ["--package", suite.package]));
    let output = command.output().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}\nhint: cargo install cargo-mutants --locked", said.trim()));
    }
    let values: Vec<Value> =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo mutants --list: {e}"))?;
    values.iter().map(Mutant::read).collect()
}

/// Says what all shards of a sample found: of this one, or of the only one that there is.
fn report(root: &Path, home: &Path, recipe: Option<&str>) -> Result<bool, String> {
    let folders = std::fs::read_dir(home).map_err(|e| format!("cannot read {}: {e}", home.display()))?;
    let mut paths: Vec<PathBuf> = folders.flatten().map(|entry| entry.path().join("outcomes.jsonl")).collect();
    paths.retain(|path| path.exists());
    paths.sort();
    let shards: Vec<Outcomes> = paths.iter().map(|path| Outcomes::read(path)).collect::<Result<_, _>>()?;
    let wanted = recipe.or(shards.first().map(|shard| shard.recipe.as_str())).unwrap_or("");
    if let (None, Some(other)) = (recipe, shards.iter().position(|shard| shard.recipe != wanted)) {
        let (first, other) = (paths[0].display(), paths[other].display());
        return Err(format!(
            "expected outcomes of one sample, found others in {first} and {other}\nhint: remove the older"
        ));
    }
    let found: Vec<&(String, Outcome)> =
        shards.iter().filter(|shard| shard.recipe == wanted).flat_map(|shard| &shard.found).collect();
    let count = |wanted: &str| found.iter().filter(|(_, outcome)| outcome.summary == wanted).count();
    let [caught, survived, timeout, unviable] = ["caught", "missed", "timeout", "unviable"].map(count);
    let compiled = caught + survived + timeout;
    let share = survived as f64 / compiled.max(1) as f64;
    let known = survivors::read(&root.join("reference/mutants/survivors.json"))?;
    let missed = || found.iter().filter(|(_, outcome)| outcome.summary == "missed").copied();
    let bare: Vec<&(String, Outcome)> = missed().filter(|(name, o)| !survivors::explains(&known, name, o)).collect();
    for (name, outcome) in &bare {
        println!("survived: {name}\n    {}", outcome.line);
    }
    println!(
        "\ncaught {caught}, survived {survived} ({} explained), timeout {timeout}, unviable {unviable}: {:.1} % of {compiled} survive",
        survived - bare.len(),
        share * 100.0
    );
    if !bare.is_empty() {
        println!("kill each that is shown with a test, or explain it in reference/mutants/survivors.json");
    }
    Ok(bare.is_empty() && share <= MOST && compiled > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        Options::parse(&text.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_or_refused() {
        let options = parse("--shard 1/2 --sample 50 --seed 7 --only order.rs --resume").unwrap();
        assert_eq!((options.sample, options.seed, options.shard, options.resume), (50, 7, (1, 2), true));
        assert_eq!(options.only, ["order.rs"]);
        for (text, reason) in [
            ("--shard 2/2", "K from 0 to N - 1, found `2/2`"),
            ("--shard 2", "K/N"),
            ("--sample 0", "above 0"),
            ("--sample", "expected a value after --sample"),
            ("--seed x", "a whole number"),
            ("--resume --report", "found both"),
            ("--what", "found `--what`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_sample_of_other_sources_is_another() {
        let options = parse("--seed 3").unwrap();
        assert_ne!(options.recipe("aa"), options.recipe("bb"));
        assert_ne!(options.recipe("aa"), parse("--seed 4").unwrap().recipe("aa"));
        assert_eq!(options.recipe("aa"), parse("--seed 3 --resume").unwrap().recipe("aa"));
    }
}
