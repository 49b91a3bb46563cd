//! A training from its first step to its samples, through the command alone.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
    train(folder.path(), &["--steps", steps, "--checkpoint-every", "10", "--snapshot-every", "10"]).ok();
    let run = folder.path().join("00000-mlp-ring2d");
    (folder, run)
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
    assert!(ran.stdout.contains("the same bits"), "{}", ran.stdout);

    let ran = ganymede(&["resume", path, "--steps", "40", "--threads", "1", "--json"]).ok();
    let last = ran.json().pop().unwrap();
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
    assert_eq!(ran.stdout.lines().filter(|line| Path::new(line).is_file()).count(), 3, "{}", ran.stdout);
}

#[test]
fn an_outdir_that_is_a_run_goes_on_and_lists_what_may_not_change() {
    let (_folder, run) = trained("10");
    let before = std::fs::read(run.join("spec.toml")).unwrap();
    let ran = train(&run, &["--steps", "20", "--seed", "3", "--mirror"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("seed: 0 -> 3") && ran.stderr.contains("data.mirror"), "{}", ran.stderr);
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
    assert!(!folder.path().join("00002-mlp-ring2d").exists());
}

#[test]
fn a_number_that_is_not_finite_exits_4_and_names_what_and_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let ran = train(folder.path(), &["--steps", "30", "--set", "phases.0.optimizer.learning_rate=1e38"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("error: step 0, phase `g`: term non_saturating"), "{}", ran.stderr);
    assert!(ran.stderr.contains("checkpoints/step-00000000"), "{}", ran.stderr);
}

#[test]
fn a_signal_finishes_the_step_saves_and_exits_130() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["train", "ring2d", "--preset", "mlp", "--batch", "32", "--steps", "1000000", "--json", "--outdir"];
    let mut child = Command::new(PROGRAM)
        .args(words)
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("\"tick\"")), "{:?}", child.wait_with_output());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let last: serde_json::Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(last["reason"], "interrupted");
    let step = last["step"].as_u64().unwrap();
    assert!(step > 0 && Path::new(last["checkpoint"].as_str().unwrap()).ends_with(format!("step-{step:08}")));
    let run = last["run"].as_str().unwrap();
    ganymede(&["verify", run]).ok();
}
