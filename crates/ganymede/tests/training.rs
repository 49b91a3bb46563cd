//! A training from its first step to its samples, through the command alone.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::{PROGRAM, Ran, ganymede};
use tempfile::TempDir;

/// `train ring2d --preset mlp` with small networks' batch, in a folder of its own.
fn train(outdir: &Path, more: &[&str]) -> Ran {
    let mut words = vec!["train", "ring2d", "--preset", "mlp", "--batch", "32", "--outdir", outdir.to_str().unwrap()];
    words.extend(more);
    ganymede(&words)
}

fn trained(steps: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let ran = train(folder.path(), &["--steps", steps, "--checkpoint-every", "10", "--snapshot-every", "10"]).ok();
    narrow(&ran);
    let run = folder.path().join("00000-mlp-ring2d");
    (folder, run)
}

/// Nothing that was printed is wider than 80 columns, but for lines with a path.
fn narrow(ran: &Ran) {
    let lines = ran.stdout.lines().filter(|line| !line.contains('/')).chain([ran.longest.as_str()]);
    lines.for_each(|line| assert!(line.chars().count() <= 80, "{line}"));
}

fn generator(run: &Path, step: u64) -> Vec<u8> {
    std::fs::read(run.join(format!("checkpoints/step-{step:08}/generator.safetensors"))).unwrap()
}

#[test]
fn a_run_is_trained_resumed_sampled_and_verified() {
    let (folder, run) = trained("30");
    let path = run.to_str().unwrap();
    for file in ["spec.toml", "codec.json", "env.json", "events.jsonl", "log.txt", "samples/step-00000030.png"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert_eq!(std::fs::read_to_string(run.join("checkpoints/latest")).unwrap().trim(), "step-00000030");
    assert!(std::fs::read_to_string(run.join("log.txt")).unwrap().contains("step 30/30"));

    let ran = ganymede(&["verify", path]).ok();
    narrow(&ran);
    assert!(ran.stdout.contains("the same bits"), "{}", ran.stdout);

    let ran = ganymede(&["resume", path, "--steps", "40", "--threads", "1", "--json"]).ok();
    let last = ran.json().pop().unwrap();
    // The time goes on where the first process ended.
    let seconds = |key: &str| last[key].as_f64().unwrap();
    let before = seconds("total_seconds") - seconds("seconds");
    assert!(before > 0.0, "{last}");
    let times = |kind: &str| {
        let lines = ran.json();
        lines.iter().find(|line| line["kind"] == kind).unwrap()["time"].as_f64().unwrap()
    };
    assert!(times("resume") >= before && times("end") > times("resume"), "{before}");
    assert_eq!((&last["kind"], &last["step"], &last["reason"]), (&"result".into(), &40.into(), &"steps".into()));
    assert!(Path::new(last["model"].as_str().unwrap()).is_file());
    let unbroken = tempfile::tempdir().unwrap();
    train(unbroken.path(), &["--steps", "40"]).ok();
    assert_eq!(generator(&run, 40), generator(&unbroken.path().join("00000-mlp-ring2d"), 40));

    let grid = folder.path().join("grid.png");
    let ran = ganymede(&["sample", path, "-n", "100", "--grid", grid.to_str().unwrap()]).ok();
    assert_eq!(ran.stdout.trim(), grid.to_str().unwrap());
    assert!(grid.is_file());
    let out = folder.path().join("out");
    let ran = ganymede(&["sample", path, "--seed", "7-9", "--checkpoint", "30", "--out", out.to_str().unwrap()]).ok();
    assert_eq!(ran.stdout, format!("3 samples in {}\n", out.display()));
    let files =
        std::fs::read_dir(&out).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension().unwrap() != "json");
    assert_eq!(files.count(), 3);
    let words = ["sample", path, "--seed", "7-9", "--checkpoint", "30", "--json", "--out", out.to_str().unwrap()];
    let lines = ganymede(&words).ok().json();
    assert!(
        lines.len() == 3 && lines.iter().all(|line| Path::new(line["file"].as_str().unwrap()).is_file()),
        "{lines:?}"
    );
}

#[test]
fn an_evaluation_is_a_function_of_the_run_and_lies_above_its_floor() {
    let (_folder, run) = trained("10");
    let words = ["evaluate", run.to_str().unwrap(), "--n", "500", "--json"];
    let found = ganymede(&words).ok().json().pop().unwrap();
    let scores = found["scores"].as_array().unwrap();
    let score = |name: &str| scores.iter().find(|score| score["metric"] == name).unwrap_or_else(|| panic!("{name}"));
    for name in ["sliced_wasserstein", "frechet"] {
        let number = |key: &str| score(name)[key].as_f64().unwrap();
        assert!(number("low") <= number("value") && number("value") <= number("high"), "{found}");
        assert!(0.0 < number("reference") && number("reference") < number("value"), "{found}");
    }
    assert_eq!(score("modes")["reference"], 8.0);
    assert_eq!((&found["n"], &found["reference_n"], &score("frechet")["n"]), (&500.into(), &500.into(), &500.into()));
    let again = ganymede(&[&words[..], &["--threads", "1"]].concat()).ok().json().pop().unwrap();
    assert_eq!(found, again);
    let fewer =
        ganymede(&["evaluate", words[1], "-n", "400", "--metric", "frechet", "--json"]).ok().json().pop().unwrap();
    let fewer = fewer["scores"].as_array().unwrap();
    assert_eq!(fewer.len(), 1);
    assert_ne!(fewer[0]["protocol"], score("frechet")["protocol"]);
    let shown = ganymede(&words[..4]).ok();
    narrow(&shown);
    assert!(shown.stdout.contains("\n  sliced_wasserstein ") && !shown.stdout.contains("protocol"), "{}", shown.stdout);
    let shown = ganymede(&[&words[..4], &["--protocols"]].concat()).ok().stdout;
    let protocol = format!("\n    protocol {}, n 500\n", score("frechet")["protocol"].as_str().unwrap());
    assert!(shown.contains(&protocol), "{shown}");
    // What points do not have is said, and is no success when nothing else was asked for.
    let unfit =
        ganymede(&["evaluate", words[1], "--n", "200", "--metric", "ms_ssim", "--metric", "frechet", "--json"]).ok();
    let unfit = unfit.json().pop().unwrap();
    assert!(unfit["left_out"][0].as_str().unwrap().contains("ms_ssim: it measures images"), "{unfit}");
    let refused = ganymede(&["evaluate", words[1], "--n", "200", "--metric", "ms_ssim"]);
    assert!(refused.code == 1 && refused.stderr.contains("ms_ssim: it measures images"), "{}", refused.stderr);
    // Samples of another training of other seeds compare: the real ones are the same.
    let other = tempfile::tempdir().unwrap();
    train(other.path(), &["--steps", "10", "--seed", "8"]).ok();
    let other = other.path().join("00000-mlp-ring2d");
    let whole = |run: &Path| {
        let words = ["evaluate", run.to_str().unwrap(), "ring2d", "-n", "400", "--metric", "frechet", "--json"];
        ganymede(&words).ok().json().pop().unwrap()["scores"][0].clone()
    };
    let (one, two) = (whole(&run), whole(&other));
    assert_eq!((&one["protocol"], &one["reference"]), (&two["protocol"], &two["reference"]));
    assert_ne!((&one["protocol"], &one["value"]), (&fewer[0]["protocol"], &two["value"]));
    let refused = ganymede(&["evaluate", words[1], "--metric", "inception"]);
    assert!(refused.code == 2 && refused.stderr.contains("frechet"), "{}", refused.stderr);
    let refused = ganymede(&["evaluate", words[1], "grid2d", "--n", "200", "--metric", "modes", "--json"]).ok();
    assert_eq!(refused.json().pop().unwrap()["scores"][0]["reference"], 25.0);
    let refused = ganymede(&["evaluate", run.to_str().unwrap(), "--n", "4000000000"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("found 4000000000"), "{}", refused.stderr);
}

/// The metrics are in the events, and the training ends with the bytes that it ends with otherwise.
#[test]
fn metrics_while_it_trains_change_nothing() {
    let (_plain, plain) = trained("20");
    let folder = tempfile::tempdir().unwrap();
    let evaluate = "evaluate={every_kimg=0.3,samples=300,metrics=['modes','frechet']}";
    let ran = train(folder.path(), &["--steps", "20", "--set", evaluate]).ok();
    assert!(ran.stderr.contains("metrics     frechet") && ran.stderr.contains("modes"), "{}", ran.stderr);
    let run = folder.path().join("00000-mlp-ring2d");
    assert_eq!(generator(&run, 20), generator(&plain, 20));
    let events = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    let lines: Vec<&str> = events.lines().filter(|line| line.contains("\"kind\":\"metrics\"")).collect();
    // 20 steps of 32 are 0.64 thousand: after 0.3 and after 0.6.
    assert_eq!(lines.len(), 2, "{events}");
    assert!(lines[0].contains("\"protocol\":") && lines[0].contains("\"metric\":\"modes\""), "{}", lines[0]);
    // The best of both is kept, whatever is newer, and is what `--best` takes; so it is when the run goes on.
    let scores: Vec<(u64, f64)> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| {
            let frechet = line["scores"].as_array().unwrap().iter().find(|score| score["metric"] == "frechet").unwrap();
            (line["step"].as_u64().unwrap(), frechet["value"].as_f64().unwrap())
        })
        .collect();
    let (best, _) = scores.iter().copied().reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap();
    let best = format!("checkpoints/step-{best:08}");
    assert!(ran.stderr.contains(&best) && ran.stderr.contains("summary     "), "{best}: {}", ran.stderr);
    let path = run.to_str().unwrap();
    let resumed = ganymede(&["resume", path, "--steps", "24", "--checkpoint-every", "1"]).ok();
    assert!(resumed.stderr.contains(&format!("best        {}", run.join(&best).display())), "{}", resumed.stderr);
    assert_eq!(generator(&run, 24), {
        train(&plain, &["--steps", "24"]).ok();
        generator(&plain, 24)
    });
    assert!(run.join(&best).is_dir() && !run.join("checkpoints/step-00000020").exists());
    let grid = folder.path().join("best.png");
    let sampled = ganymede(&["sample", path, "--best", "-n", "4", "--grid", grid.to_str().unwrap()]).ok();
    assert!(sampled.stderr.contains(&best), "{}", sampled.stderr);
    let refused = ganymede(&["sample", plain.to_str().unwrap(), "--best"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("--best: expected a run that evaluated itself"),
        "{}",
        refused.stderr
    );
    // The flag writes the same table, of quick metrics that fit.
    let flagged = tempfile::tempdir().unwrap();
    let ran = train(flagged.path(), &["--steps", "20", "--evaluate-every", "0.3"]).ok();
    assert!(ran.stderr.contains("best        ") && !ran.stderr.contains("left out"), "{}", ran.stderr);
    let spec = std::fs::read_to_string(
        std::fs::read_dir(flagged.path()).unwrap().next().unwrap().unwrap().path().join("spec.toml"),
    );
    assert!(spec.unwrap().contains("every_kimg = 0.3"));
    // Of 300 samples as there they compare, of 200 they do not.
    let evaluate =
        |n: &str| ganymede(&["evaluate", run.to_str().unwrap(), "--n", n, "--metric", "frechet"]).ok().stderr;
    assert!(!evaluate("300").contains("warning"), "{}", evaluate("300"));
    assert!(
        evaluate("200").contains("warning: frechet of step 19 in events.jsonl have another protocol"),
        "{}",
        evaluate("200")
    );
}

#[test]
fn an_outdir_that_is_a_run_goes_on_and_lists_what_may_not_change() {
    let (_folder, run) = trained("10");
    let before = std::fs::read(run.join("spec.toml")).unwrap();
    let ran = train(&run, &["--steps", "20", "--seed", "3", "--mirror", "--keep", "5"]);
    assert_eq!(ran.code, 1);
    for change in ["seed: 0 -> 3", "data.mirror", "train.keep: 3 -> 5"] {
        assert!(ran.stderr.contains(change), "{change}: {}", ran.stderr);
    }
    // Nothing is written down by what is refused, or only tried.
    assert_eq!(train(&run, &["--set", "train.kimg=-3"]).code, 1);
    train(&run, &["--steps", "20", "--dry-run"]).ok();
    assert_eq!(std::fs::read(run.join("spec.toml")).unwrap(), before);
    train(&run, &["--steps", "20"]).ok();
    assert!(run.join("checkpoints/step-00000020").is_dir());
}

#[test]
fn networks_of_another_run_are_taken_where_they_fit() {
    let (folder, run) = trained("10");
    let from = run.to_str().unwrap();
    let ran = train(folder.path(), &["--steps", "1", "--from", from, "--seed", "5"]).ok();
    assert!(ran.stdout.contains("00001-mlp-ring2d"), "{}", ran.stdout);
    assert_eq!(generator(&folder.path().join("00001-mlp-ring2d"), 0), generator(&run, 10));
    let ran = train(folder.path(), &["--from", from, "--set", "networks.generator.layers.1.units=5"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: the checkpoint is of other networks"), "{}", ran.stderr);
    assert!(!folder.path().join("00002-mlp-ring2d").exists());
    // A look at the training says what the training would.
    let units = "networks.generator.layers.1.units=5";
    let dry = train(folder.path(), &["--from", from, "--set", units, "--dry-run"]);
    assert!(dry.code == 1 && dry.stderr.contains("of other networks"), "{}", dry.stderr);
}

#[test]
fn a_number_that_is_not_finite_exits_4_and_names_what_and_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let ran = train(folder.path(), &["--steps", "30", "--set", "phases.0.optimizer.learning_rate=1e38"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("error: numbers became NaN at step 0, first in phase `g`: the loss non_saturating, the gradient of generator/"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("checkpoints/step-00000000"), "{}", ran.stderr);
    assert!(ran.stderr.contains("more (events.jsonl names all)"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("the gradient of").count(), 2, "{}", ran.stderr);
    let run = folder.path().join("00000-mlp-edited-ring2d");
    assert!(ran.stderr.contains("(now 1e38)"), "{}", ran.stderr);
    let lower = format!("--from {} --set phases.0.optimizer.learning_rate=0.0002`", run.display());
    assert!(ran.stderr.contains(&lower), "{}", ran.stderr);
    // Resumed it says so before it fails again.
    let again = ganymede(&["resume", run.to_str().unwrap()]);
    let warned = again.stderr.find("warning: the run ended because numbers became NaN or infinite at step 0");
    assert!(again.code == 4 && warned < again.stderr.find("numbers became NaN at step 0"), "{}", again.stderr);
    assert!(warned.is_some() && again.stderr.matches(&lower).count() == 2, "{}", again.stderr);
}

/// Finite and absurd: with such a rate losses are beyond all bounds from the first steps on, and nothing is NaN.
#[test]
fn a_loss_beyond_all_bounds_exits_4_and_the_state_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ran = train(folder.path(), &["--steps", "400", "--set", "phases.0.optimizer.learning_rate=10.0"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("was beyond ±1e6 for 50 steps: the training has run away"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: start a new run with a lower learning rate"), "{}", ran.stderr);
    let run = folder.path().join("00000-mlp-edited-ring2d");
    let log = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    assert!(log.contains("\"kind\":\"runaway\"") && log.contains("\"reason\":\"diverged\""), "{log}");
    ganymede(&["sample", run.to_str().unwrap(), "-n", "4", "--grid", folder.path().join("x.png").to_str().unwrap()])
        .ok();
}

#[test]
fn samples_of_two_runs_do_not_mix_in_a_folder() {
    let (folder, run) = trained("10");
    let out = folder.path().join("so");
    let draw = |seeds: &str, more: &[&str]| {
        let words = ["sample", run.to_str().unwrap(), "--seed", seeds, "--out", out.to_str().unwrap()];
        ganymede(&[&words, more].concat())
    };
    draw("0-9", &[]).ok();
    let first = std::fs::read(out.join("000000.csv")).ok();
    draw("5-19", &[]).ok();
    for other in [&["--checkpoint", "0"][..], &["--last-weights"], &["--truncation", "0.5"]] {
        let ran = draw("0-2", other);
        assert_eq!(ran.code, 1, "{other:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("expected an empty folder, or one with samples of this generator"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("step-00000010") && ran.stderr.contains("--overwrite"), "{}", ran.stderr);
    }
    assert_eq!(std::fs::read(out.join("000000.csv")).ok(), first);
    draw("0-2", &["--checkpoint", "0", "--overwrite"]).ok();
    assert_ne!(std::fs::read(out.join("000000.csv")).ok(), first);
}

#[test]
fn a_checkpoint_that_would_not_be_finite_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let sgd = "phases.1.optimizer={class_name='SGD', learning_rate=3e38}";
    let ran = train(folder.path(), &["--steps", "1", "--set", sgd, "--set", "phases.1.terms.0.weight=1e6"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error: numbers became infinite at step 1, first in phase `g`: generator/"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("checkpoints/step-00000000"), "{}", ran.stderr);
    assert!(!folder.path().join("00000-mlp-edited-ring2d/checkpoints/step-00000001").exists());
}

/// Starts the command with its results as lines of JSON.
fn start(words: &[&str], more: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    let (out, err) = (Stdio::piped(), Stdio::null());
    let mut child = Command::new(PROGRAM).args(words).arg(more).stdout(out).stderr(err).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    (child, lines)
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Signals until it has ended: the system may make one of two that come close together.
fn interrupt_again(child: &mut Child) {
    while child.try_wait().unwrap().is_none() {
        interrupt(child);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_finishes_the_step_saves_and_exits_130() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["train", "ring2d", "--preset", "mlp", "--batch", "32", "--steps", "1000000", "--json", "--outdir"];
    let (mut child, mut lines) = start(&words, folder.path());
    assert!(lines.any(|line| line.contains("\"tick\"")), "{:?}", child.wait());
    interrupt(&child);
    let last: serde_json::Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(last["reason"], "interrupted");
    let step = last["step"].as_u64().unwrap();
    assert!(step > 0 && Path::new(last["checkpoint"].as_str().unwrap()).ends_with(format!("step-{step:08}")));
    let run = last["run"].as_str().unwrap();
    ganymede(&["verify", run]).ok();
}

/// A step of a thousand updates lasts far longer than it takes to send signals: whoever waits for its end
/// saves, and says so.
#[test]
fn a_second_signal_leaves_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let long = ["--batch", "512", "--set", "train.n_critic=1000", "--steps", "2", "--json", "--outdir"];
    let words = [&["train", "ring2d", "--preset", "mlp"], &long[..]].concat();
    let (mut child, mut lines) = start(&words, folder.path());
    // The grid of step 0 comes after its checkpoint.
    assert!(lines.any(|line| line.contains("\"snapshot\"")), "{:?}", child.wait());
    interrupt_again(&mut child);
    assert_eq!(lines.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = folder.path().join("00000-mlp-edited-ring2d");
    let ran = ganymede(&["verify", run.to_str().unwrap()]).ok();
    assert!(ran.stdout.contains("step-00000000"), "{}", ran.stdout);
}

#[test]
fn two_signals_while_checkpoints_are_written_damage_none() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["train", "ring2d", "--preset", "mlp", "--batch", "32", "--checkpoint-every", "1"];
    let words = [&words[..], &["--steps", "1000000", "--json", "--outdir"]].concat();
    let run = folder.path().join("00000-mlp-ring2d");
    let mut reached = 0;
    for round in 0..4 {
        // What is a run goes on.
        let outdir = if round == 0 { folder.path() } else { &run };
        let (mut child, mut lines) = start(&words, outdir);
        let saved = lines.by_ref().filter(|line| line.contains("\"checkpoint\"")).nth(2 + round);
        assert!(saved.is_some(), "it ended before: {:?}", child.wait());
        interrupt(&child);
        interrupt(&child);
        lines.for_each(drop); // What reads no more ends a training too, and well.
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let ran = ganymede(&["verify", run.to_str().unwrap(), "--json"]).ok();
        let name = ran.json()[0]["checkpoint"].as_str().unwrap().to_string();
        let step: u64 = name.rsplit('-').next().unwrap().parse().unwrap();
        assert!(step > reached, "{reached}, then {name}");
        reached = step;
    }
}

/// Averages do not reach back into the training: the last weights are those of one that takes none.
#[test]
fn last_weights_are_those_of_a_training_without_averages() {
    let folder = tempfile::tempdir().unwrap();
    let spec = ganymede(&["presets", "mlp", "--coordinates", "2"]).ok().stdout;
    let (before, after) = spec.split_once("[ema]").unwrap();
    let (_, after) = after.split_once("\n[").unwrap();
    let grid_of = |name: &str, spec: &str, more: &[&str]| {
        let path = |file: String| folder.path().join(file).to_str().unwrap().to_string();
        let (config, outdir, grid) = (path(format!("{name}.toml")), path(name.into()), path(format!("{name}.png")));
        if !Path::new(&outdir).exists() {
            std::fs::write(&config, spec).unwrap();
            ganymede(&["train", "ring2d", "--config", &config, "--steps", "20", "--outdir", &outdir, "--name", "x"])
                .ok();
        }
        let run = format!("{outdir}/00000-x");
        let words = ["sample", &run, "--grid", &grid];
        ganymede(&[&words, more].concat()).ok();
        std::fs::read(grid).unwrap()
    };
    let averages = grid_of("with", &spec, &[]);
    let last = grid_of("with", &spec, &["--last-weights"]);
    let without = format!("{before}[{after}");
    assert_ne!(averages, last);
    assert_eq!(last, grid_of("without", &without, &[]));
    assert_eq!(last, grid_of("without", &without, &["--last-weights"]));
}

/// The spec of `mlp` with networks of other names: everything that a run goes through finds them by their roles.
#[test]
fn networks_of_other_names_are_checked_trained_resumed_sampled_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let mut text = ganymede(&["presets", "mlp", "--coordinates", "2"]).ok().stdout;
    for (role, name) in [("generator", "G"), ("discriminator", "D")] {
        text = text.replace(&format!("\"{role}\""), &format!("\"{name}\""));
        text = text.replace(&format!("networks.{role}."), &format!("networks.{name}."));
        let layers = format!("[[networks.{name}.layers]]");
        text = text.replacen(&layers, &format!("[networks.{name}]\nrole = \"{role}\"\n\n{layers}"), 1);
    }
    let config = path("spec.toml");
    std::fs::write(&config, text).unwrap();
    ganymede(&["check", &config, "--data", "ring2d"]).ok();
    let words = ["train", "ring2d", "--config", &config, "--steps", "20", "--outdir", &path("runs"), "--name", "x"];
    ganymede(&[&words[..], &["--batch", "32", "--checkpoint-every", "10"]].concat()).ok();
    let run = std::fs::read_dir(path("runs")).unwrap().next().unwrap().unwrap().path();
    for network in ["G", "G_ema", "D"] {
        let file = run.join(format!("checkpoints/step-00000020/{network}.safetensors"));
        assert!(file.is_file(), "{}", file.display());
    }
    let run = run.to_str().unwrap();
    let last = ganymede(&["resume", run, "--steps", "30", "--json"]).ok().json().pop().unwrap();
    assert!(last["model"].as_str().unwrap().ends_with("step-00000030/G_ema.safetensors"), "{last}");
    assert!(ganymede(&["verify", run]).ok().stdout.contains("the same bits"));
    ganymede(&["sample", run, "-n", "9", "--grid", &path("grid.png")]).ok();
    assert!(Path::new(&path("grid.png")).is_file());
}
