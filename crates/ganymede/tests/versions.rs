//! Runs of version 1 load for ever: two small ones as they were written then (of labelled images and of points), and the
//! data that they were trained on. Not here: what today's runs do.

mod support;

use std::path::{Path, PathBuf};
use support::{Ran, ganymede};
use tempfile::TempDir;

/// The runs and their data, copied to a folder where they may change. Git keeps no empty folder: neither do they.
fn copied() -> TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            let target = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &target),
                false => drop(std::fs::copy(entry.path(), target).unwrap()),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version-1"), folder.path());
    folder
}

const CASES: [(&str, &str, u64); 2] = [("run-images", "images", 12), ("run-points", "points.npy", 24)];

/// The command on one of the runs, with the instruction set that every machine has.
fn on(command: &str, run: &Path, more: &[&str]) -> Ran {
    ganymede(&[&[command, run.to_str().unwrap(), "--isa", "portable", "--threads", "1"], more].concat())
}

fn checkpoints(run: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn runs_of_version_1_are_sampled_resumed_verified_and_evaluated() {
    let folder = copied();
    for (run, data, step) in CASES {
        let (run, data) = (folder.path().join(run), folder.path().join(data).to_str().unwrap().to_string());
        let out = folder.path().join("out");
        let (grid, before) = (out.join("grid.png"), checkpoints(&run));
        std::fs::create_dir_all(&out).unwrap();
        on("sample", &run, &["-n", "4", "--grid", grid.to_str().unwrap()]).ok();
        let ran = on("sample", &run, &["-n", "2", "--out", out.join("each").to_str().unwrap()]).ok();
        assert!(ran.stdout.starts_with("2 samples in "), "{}", ran.stdout);
        std::fs::remove_dir_all(&out).unwrap();
        // Its data was moved since then; it goes on there, and what it promised to keep is kept.
        let (run_word, last) = (run.to_str().unwrap(), (step + 6).to_string());
        let words = ["train", &data, "--outdir", run_word, "--steps", &last, "--isa", "portable", "--threads", "1"];
        ganymede(&words).ok();
        let after = checkpoints(&run);
        assert!(before.iter().all(|name| after.contains(name)), "{before:?} {after:?}");
        assert!(after.contains(&format!("step-{:08}", step + 6)), "{after:?}");
        on("resume", &run, &["--steps", &(step + 8).to_string(), "--checkpoint-every", "3"]).ok();
        let ran = on("verify", &run, &[]).ok();
        assert!(ran.stdout.contains("the same bits"), "{}", ran.stdout);
        let ran = on("evaluate", &run, &["--metric", "frechet", "--json"]).ok();
        assert!(ran.json()[0]["scores"][0]["value"].as_f64().unwrap() >= 0.0, "{}", ran.stdout);
        let ran = on("evaluate", &run, &["--checkpoint", &step.to_string(), "--metric", "frechet"]).ok();
        assert!(ran.stdout.contains("frechet"), "{}", ran.stdout);
        let ran = ganymede(&["summary", run_word]).ok();
        assert!(ran.stdout.contains("generator"), "{}", ran.stdout);
    }
}

/// What the program of that time generated: a seed stays its sample.
#[test]
fn samples_of_a_run_of_version_1_are_what_they_were() {
    let folder = copied();
    let points = |seeds: &str, more: &[&str]| -> Vec<String> {
        let out = folder.path().join(format!("out-{seeds}-{}", more.len()));
        let words = [&["--seed", seeds, "--json", "--out", out.to_str().unwrap()], more].concat();
        let ran = on("sample", &folder.path().join("run-points"), &words).ok();
        let text = |line: &serde_json::Value| std::fs::read_to_string(line["file"].as_str().unwrap()).unwrap();
        ran.json().iter().map(|line| text(line).lines().nth(1).unwrap().to_string()).collect()
    };
    assert_eq!(points("3-5", &[]), ["-1.9881573,0.9493232", "-0.22720858,-0.6400225", "-0.027877873,-0.11465358"]);
    assert_eq!(
        points("3-5", &["--truncation", "0.7"]),
        ["-0.68619955,0.32548502", "-0.09023416,-0.2602818", "-0.024947431,-0.073465064"]
    );
    assert_eq!(
        points("100-102", &["--last-weights", "--checkpoint", "20"]),
        ["-0.08695422,-0.22105105", "-0.27476346,0.13255928", "-0.3597381,-0.39804056"]
    );
}

/// The version comes before all else: what a later one may hold is unknown here.
#[test]
fn what_a_later_version_wrote_says_to_update() {
    let folder = copied();
    let run = folder.path().join("run-points");
    let refused = |ran: Ran, file: &str| {
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        for word in [file, "99", "update ganymede"] {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
    };
    let with = |file: &str, text: &str, check: &dyn Fn()| {
        let path: PathBuf = run.join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        check();
        std::fs::write(&path, whole).unwrap();
    };
    with("spec.toml", "format_version = 99\n[weather]\nsun = true\n[[train]]\n", &|| {
        for command in ["sample", "resume", "verify", "evaluate"] {
            refused(on(command, &run, &[]), "spec.toml");
        }
    });
    with("codec.json", "{\"format_version\": 99, \"weather\": \"fine\"}", &|| {
        for command in ["sample", "resume"] {
            refused(on(command, &run, &[]), "codec.json");
        }
    });
    with("checkpoints/step-00000024/manifest.json", "{\"format_version\": 99, \"files\": []}", &|| {
        refused(on("sample", &run, &[]), "manifest.json");
    });
}
