//! `ganymede bench` and `train --profile`: what they give. Not here: that numbers are small (no test times anything).

mod support;

use serde_json::Value;
use support::ganymede;

fn bench(more: &[&str]) -> Value {
    let steps = if more.contains(&"--steps") { &[][..] } else { &["--steps", "3"] };
    let words = [&["bench", "mlp", "--batch", "16", "--threads", "1", "--json"], steps, more].concat();
    let mut lines = ganymede(&words).ok().json();
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

#[test]
fn the_result_is_one_object() {
    let found = bench(&["--numerics", "strict", "--isa", "portable"]);
    let step = |key: &str| found["ms_per_step"][key].as_f64().unwrap();
    assert!(0.0 < step("min") && step("min") <= step("median") && step("median") <= step("max"), "{found}");
    for key in ["first_step_ms", "peak_rss_mb", "planned_mb", "peak_gflops"] {
        assert!(found[key].as_f64().unwrap() > 0.0, "{key}: {found}");
    }
    for (key, value) in [("isa", "portable"), ("numerics", "strict"), ("work", "mlp"), ("update", "alternating")] {
        assert_eq!(found[key], value);
    }
    for (key, value) in [("threads", 1), ("batch", 16), ("steps", 3)] {
        assert_eq!(found[key], value);
    }
    assert!(found.get("sample").is_none());
}

#[test]
fn kernels_are_parts_of_one_whole() {
    let found = bench(&[]);
    let peak = found["peak_gflops"].as_f64().unwrap();
    let kernels = found["kernels"].as_array().unwrap();
    let all = |key: &str| -> Vec<f64> { kernels.iter().map(|k| k[key].as_f64().unwrap()).collect() };
    assert!((all("share").iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let total: f64 = all("ms").iter().sum();
    for kernel in kernels {
        let number = |key: &str| kernel[key].as_f64().unwrap();
        assert!((number("share") - number("ms") / total).abs() < 1e-9);
        assert!((number("percent_of_peak") - 100.0 * number("gflops") / peak).abs() < 1e-6);
        assert_eq!(kernel["algorithm"].is_null(), kernel["reason"].is_null());
    }
    assert!(kernels.iter().any(|kernel| kernel["algorithm"] == "gemm"), "{found}");
    let sizes: Vec<u64> = found["not_fused"].as_array().unwrap().iter().map(|m| m["bytes"].as_u64().unwrap()).collect();
    assert!(!sizes.is_empty() && sizes.is_sorted_by(|a, b| a >= b));
}

#[test]
fn samples_are_drawn_and_runs_of_kernels_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let found = bench(&["--sample", "70", "--trace", file.to_str().unwrap()]);
    assert_eq!(found["sample"]["count"], 70);
    assert!(found["sample"]["seconds"].as_f64().unwrap() > 0.0);
    let events: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let events = events.as_array().unwrap();
    // Three steps are measured: every kernel ran three times.
    assert_eq!(events.len(), 3 * found["kernels"].as_array().unwrap().len());
    let mut end = 0.0;
    for event in events {
        let (start, time) = (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap());
        assert!(start >= end - 1e-3 && time >= 0.0 && event["ph"] == "X", "{event}");
        end = start + time;
    }
    // Generating alone: no step, and the memory of the generator only.
    let drawn = bench(&["--steps", "0", "--sample", "5"]);
    assert!(drawn["ms_per_step"].is_null() && drawn["kernels"].as_array().unwrap().is_empty(), "{drawn}");
    assert!(drawn["planned_mb"].as_f64().unwrap() < found["planned_mb"].as_f64().unwrap());
    assert_eq!(ganymede(&["bench", "mlp", "--steps", "0"]).code, 2);
    let unwritable = folder.path().join("no/trace.json");
    let ran = ganymede(&["bench", "mlp", "--steps", "1", "--trace", unwritable.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot write"), "{ran:?}");
}

#[test]
fn without_a_work_there_is_a_list_and_other_names_are_errors() {
    let listed = ganymede(&["bench", "--json"]).ok().json();
    assert!(listed.iter().any(|line| line["name"] == "dcgan") && listed.iter().any(|line| line["name"] == "wgan_gp"));
    let ran = ganymede(&["bench", "wgan-gp"]);
    assert!(ran.code == 1 && ran.stderr.contains("did you mean `wgan_gp`?"), "{ran:?}");
    let ran = ganymede(&["bench", "wgan_gp", "--resolution", "64"]);
    assert!(ran.code == 1 && ran.stderr.contains("its samples are"), "{ran:?}");
    let ran = ganymede(&["bench", "dcgan", "--resolution", "256", "--batch", "65536", "--steps", "1"]);
    assert_eq!(ran.code, 5, "{ran:?}");
}

#[test]
fn a_training_says_where_its_time_goes() {
    let folder = tempfile::tempdir().unwrap();
    let train = |steps: &str, name: &str| {
        let fixed = ["train", "ring2d", "--preset", "mlp", "--batch", "16", "--threads", "1", "--profile", "4"];
        let words = ["--steps", steps, "--name", name, "--outdir", folder.path().to_str().unwrap()];
        ganymede(&[&fixed[..], &words].concat()).ok().stderr
    };
    let said = train("9", "whole");
    assert!(said.contains("profile     4 steps of ") && said.contains("[gemm: "), "{said}");
    // It ends in the fifth step: two were measured.
    assert!(train("5", "cut").contains("profile     2 steps of "));
    assert!(train("3", "short").contains("warning: there is no profile"));
    // Measuring changes no byte.
    let bytes = |name: &str| {
        let run = folder.path().read_dir().unwrap().map(|e| e.unwrap().path());
        let run = run.into_iter().find(|p| p.to_str().unwrap().ends_with(name)).unwrap();
        std::fs::read(run.join("checkpoints/step-00000005/generator.safetensors")).unwrap()
    };
    let outdir = folder.path().to_str().unwrap();
    let plain = ["train", "ring2d", "--preset", "mlp", "--batch", "16", "--steps", "5", "--name", "plain"];
    ganymede(&[&plain[..], &["--outdir", outdir]].concat()).ok();
    assert_eq!(bytes("cut"), bytes("plain"));
}
