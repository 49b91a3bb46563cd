//! The memory that a training is said to take beside what its process took: real processes of a few steps. Not here: the
//! plan of one program (`ganymede-graph`, `ganymede-runtime`).

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{PROGRAM, Ran};

const MIB: f64 = (1 << 20) as f64;

/// The most resident memory that a process has had so far, in bytes; `None` when it has ended.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// Trains in a process of its own: the peak that was planned and the one that was measured, in bytes.
fn trained(folder: &Path, words: &[&str]) -> (u64, u64) {
    let outdir = folder.join("runs");
    let mut command = Command::new(PROGRAM);
    command.args(["train"]).args(words).args(["--outdir", outdir.to_str().unwrap(), "--threads", "2"]);
    let mut child = command.env("NO_COLOR", "1").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut measured = 0;
    while let (Some(bytes), Ok(None)) = (peak(child.id()), child.try_wait()) {
        measured = measured.max(bytes);
        // The system keeps the peak: it is only to be read before the end, which comes long after the steps.
        std::thread::sleep(Duration::from_millis(4));
    }
    Ran::of(child.wait_with_output().unwrap()).ok();
    let run = std::fs::read_dir(&outdir).unwrap().map(|e| e.unwrap().path()).max().unwrap();
    let log = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    let start: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    std::fs::remove_dir_all(&outdir).unwrap();
    (start["planned_bytes"].as_u64().unwrap(), measured)
}

/// An array of `samples` samples of a shape as `.npy`, of bytes or of floats in −1..1.
fn array(folder: &Path, name: &str, samples: usize, shape: &[usize], floats: bool) -> PathBuf {
    let sizes: Vec<String> = [samples].iter().chain(shape).map(usize::to_string).collect();
    let descr = if floats { "<f4" } else { "|u1" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sizes.join(", "));
    let mut file = [&b"\x93NUMPY\x01\x00"[..], &(118u16).to_le_bytes(), format!("{header:<117}\n").as_bytes()].concat();
    let values = (0..samples * shape.iter().product::<usize>()).map(|i| (i * 7919 % 251) as u8);
    match floats {
        true => file.extend(values.flat_map(|v| (f32::from(v) / 125.0 - 1.0).to_le_bytes())),
        false => file.extend(values),
    }
    let path = folder.join(name);
    std::fs::write(&path, file).unwrap();
    path
}

/// A generator and a discriminator of volumes of 16×16×16, which come as rows of 4096 numbers.
const VOLUMES: &str = r#"
seed = 1
train = { batch = 32, steps = 2 }
data = { source = "SOURCE" }

[networks.generator]
layers = [
    { class_name = "Input", shape = [16] },
    { class_name = "Dense", units = 4096 },
    { class_name = "Reshape", target_shape = [4, 4, 4, 64] },
    { class_name = "Conv3DTranspose", filters = 32, kernel_size = 4, strides = 2, padding = "same", activation = "relu" },
    { class_name = "Conv3DTranspose", filters = 1, kernel_size = 4, strides = 2, padding = "same", activation = "tanh" },
    { class_name = "Flatten" },
]
[networks.discriminator]
layers = [
    { class_name = "Input", shape = [4096] },
    { class_name = "Reshape", target_shape = [16, 16, 16, 1] },
    { class_name = "Conv3D", filters = 32, kernel_size = 4, strides = 2, padding = "same", activation = "leaky_relu" },
    { class_name = "Conv3D", filters = 64, kernel_size = 4, strides = 2, padding = "same", activation = "leaky_relu" },
    { class_name = "Flatten" },
    { class_name = "Dense", units = 1 },
]
[[phases]]
name = "d"
trains = ["discriminator"]
optimizer = { class_name = "Adam" }
terms = [{ class_name = "non_saturating" }]
[[phases]]
name = "g"
trains = ["generator"]
optimizer = { class_name = "Adam" }
terms = [{ class_name = "non_saturating" }]
"#;

#[test]
fn the_planned_peak_is_within_a_tenth_of_the_measured_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_string();
    let grey = text(&array(folder.path(), "grey.npy", 400, &[28, 28, 1], false));
    let colour = text(&array(folder.path(), "colour.npy", 200, &[64, 64, 3], false));
    let wide = text(&array(folder.path(), "wide.npy", 60, &[128, 128, 3], false));
    let rows = text(&array(folder.path(), "rows.npy", 3000, &[4096], true));
    let volumes = folder.path().join("volumes.toml");
    std::fs::write(&volumes, VOLUMES.replace("SOURCE", &rows)).unwrap();
    let volumes = text(&volumes);

    let evaluate = |metric: &str, n: usize| format!("evaluate={{every_kimg=0.01,samples={n},metrics=['{metric}']}}");
    let (of_images, of_rows) = (evaluate("frechet", 100), evaluate("sliced_wasserstein", 400));

    // What a process takes before a training of almost nothing, and that training's part of it.
    let (planned, measured) = trained(folder.path(), &["ring2d", "--preset", "mlp", "--steps", "2", "--batch", "4"]);
    let base = measured - planned;
    assert!(base < 40 << 20, "{:.1} MiB", base as f64 / MIB);

    let cases: [(&str, Vec<&str>); 14] = [
        ("dcgan 28", vec![&grey, "--preset", "dcgan", "--batch", "256"]),
        ("dcgan 64", vec![&colour, "--preset", "dcgan", "--batch", "32"]),
        ("dcgan 64 in parts", vec![&colour, "--preset", "dcgan", "--batch", "32", "--set", "train.micro_batches=4"]),
        ("wgan_gp, n_critic 5", vec![&grey, "--preset", "wgan_gp", "--batch", "128", "--set", "train.n_critic=5"]),
        ("r1", vec![&colour, "--preset", "r3gan", "--batch", "8"]),
        ("sngan", vec![&grey, "--preset", "sngan", "--batch", "64"]),
        ("lsgan", vec![&grey, "--preset", "lsgan", "--batch", "128"]),
        (
            "augmented",
            vec![&grey, "--preset", "dcgan", "--batch", "128", "--set", "augment=[{class_name='diff_augment'}]"],
        ),
        ("dcgan 128", vec![&wide, "--preset", "dcgan", "--resolution", "128", "--width", "32", "--batch", "16"]),
        ("rows", vec![&rows, "--preset", "mlp", "--batch", "1000"]),
        ("rows, many critics", vec![&rows, "--preset", "mlp", "--batch", "256", "--set", "train.n_critic=5"]),
        ("volumes", vec!["--config", &volumes]),
        ("images, evaluated", vec![&colour, "--preset", "dcgan", "--batch", "16", "--set", &of_images]),
        ("rows, evaluated", vec![&rows, "--preset", "mlp", "--batch", "16", "--set", &of_rows]),
    ];
    // The step that is tried after the last one is the second. Two processes at a time: each knows its own peak alone.
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let judge = |(name, words): &(&str, Vec<&str>)| {
        let (planned, measured) = trained(&folder.path().join(name), &[&words[..], &["--steps", "1"]].concat());
        let ratio = planned as f64 / (measured - base) as f64;
        let line = format!(
            "{name:<28} {:>7.1} MiB planned, {:>7.1} measured: {ratio:.3}",
            planned as f64 / MIB,
            (measured - base) as f64 / MIB
        );
        println!("{line}");
        if !(0.9..=1.1).contains(&ratio) {
            wrong.lock().unwrap().push(line);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    judge(case);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
