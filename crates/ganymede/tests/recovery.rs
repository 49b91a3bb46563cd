//! Runs that were killed, damaged, pruned or started from another: they go on to the same bytes. Not here: trainings that
//! nothing disturbs (`training.rs`).

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{PROGRAM, Ran, ganymede};
use tempfile::TempDir;

fn words<'a>(outdir: &'a Path, steps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["train", "ring2d", "--preset", "mlp", "--batch", "16", "--threads", "1", "--steps", steps];
    words.extend(["--checkpoint-every", "10", "--snapshot-every", "0", "--outdir", outdir.to_str().unwrap()]);
    words.extend(more);
    words
}

/// A run of so many steps in a folder of its own.
fn trained(steps: &str, more: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    ganymede(&words(folder.path(), steps, more)).ok();
    let run = folder.path().join("00000-mlp-ring2d");
    (folder, run)
}

fn resume(run: &Path, more: &[&str]) -> Ran {
    ganymede(&[&["resume", run.to_str().unwrap(), "--threads", "1"], more].concat())
}

/// Everything that a checkpoint holds.
fn bytes(run: &Path, step: u64) -> Vec<(&'static str, Vec<u8>)> {
    let folder = run.join(format!("checkpoints/step-{step:08}"));
    ["generator", "generator_ema", "discriminator", "state"]
        .map(|name| (name, std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap()))
        .into()
}

/// Names in `checkpoints/`, in order.
fn checkpoints(run: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run.join("checkpoints")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Makes a run what a kill before its first checkpoint leaves.
fn forget_checkpoints(run: &Path) {
    let folder = run.join("checkpoints");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir_all(folder.join(".step-00000000.tmp")).unwrap();
    std::fs::write(folder.join(".step-00000000.tmp/generator.safetensors"), b"torn").unwrap();
    let log = run.join("events.jsonl");
    let first = std::fs::read_to_string(&log).unwrap().lines().next().unwrap().to_string();
    std::fs::write(log, first + "\n{\"v\":1,\"ki").unwrap();
}

/// The step of the newest checkpoint of a run, if it has one.
fn newest(run: &Path) -> Option<u64> {
    let latest = std::fs::read_to_string(run.join("checkpoints/latest")).ok()?;
    latest.trim().strip_prefix("step-")?.parse().ok()
}

/// Every kill meets a training that runs: it has a million steps to go, and one that ended would not end by a signal. Every
/// second kill waits for a further checkpoint, so that the run gets on.
#[test]
fn a_run_killed_at_any_moment_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let run_in = |folder: &Path| {
        let runs = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        runs.filter(|run| run.join("spec.toml").is_file()).max()
    };
    let mut seed = 20_u64;
    for kill in 0..10 {
        let run = run_in(folder.path());
        let before = run.as_deref().and_then(newest);
        let start = words(folder.path(), "1000000", &[]);
        let go_on = run.as_ref().map(|run| vec!["resume", run.to_str().unwrap(), "--threads", "1"]);
        let mut command = Command::new(PROGRAM);
        let mut child =
            command.args(go_on.unwrap_or(start)).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let asked = Instant::now();
        while kill % 2 == 1 && run_in(folder.path()).as_deref().and_then(newest) <= before {
            assert!(asked.elapsed() < Duration::from_secs(120), "no checkpoint after {before:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis((seed >> 33) % 100));
        child.kill().unwrap(); // SIGKILL, as by `kill -9`
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, -1, "kill {kill} met a training that had ended: {}", ran.stderr);
    }
    let run = run_in(folder.path()).unwrap();
    let last = newest(&run).unwrap() + 35;
    // The first of them may have been that of step 0.
    assert!(last >= 75, "five kills came after a further checkpoint each: {last}");
    let last = last.to_string();
    resume(&run, &["--steps", &last]).ok();
    let (_unbroken, unbroken) = trained(&last, &[]);
    let step = last.parse().unwrap();
    assert_eq!(bytes(&run, step), bytes(&unbroken, step));
    assert_eq!(checkpoints(&run), checkpoints(&unbroken));
    let ran = ganymede(&["verify", run.to_str().unwrap()]).ok();
    assert!(ran.stdout.contains("the same bits"), "{}", ran.stdout);
}

#[test]
fn a_run_killed_before_its_first_checkpoint_starts_again() {
    let (_folder, run) = trained("20", &[]);
    let before = bytes(&run, 20);
    forget_checkpoints(&run);
    resume(&run, &[]).ok();
    assert_eq!(bytes(&run, 20), before);
    assert_eq!(checkpoints(&run), ["latest", "step-00000000", "step-00000010", "step-00000020"]);
    let log = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    assert_eq!(log.matches("\"kind\":\"start\"").count(), 1, "{log}");
}

#[test]
fn a_run_from_another_starts_with_its_networks_also_after_a_kill() {
    let (_first, first) = trained("20", &[]);
    let (_folder, run) = trained("10", &["--seed", "7", "--from", first.to_str().unwrap()]);
    for network in [0, 1, 2] {
        assert_eq!(bytes(&run, 0)[network], bytes(&first, 20)[network]);
    }
    let before = bytes(&run, 10);
    forget_checkpoints(&run);
    resume(&run, &[]).ok();
    assert_eq!(bytes(&run, 10), before);
    let (_alone, alone) = trained("10", &["--seed", "7"]);
    assert_ne!(bytes(&alone, 10), before);

    forget_checkpoints(&run);
    std::fs::remove_dir_all(first.join("checkpoints/step-00000020")).unwrap();
    let ran = resume(&run, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("step-00000020"), "{}", ran.stderr);
}

#[test]
fn a_damaged_checkpoint_is_set_aside_for_the_newest_whole_one() {
    let (_folder, run) = trained("30", &[]);
    let before = bytes(&run, 30);
    let checkpoint = |step: u64| run.join(format!("checkpoints/step-{step:08}"));
    std::fs::remove_file(checkpoint(30).join("manifest.json")).unwrap();
    let file = checkpoint(20).join("state.safetensors");
    let torn = std::fs::read(&file).unwrap();
    std::fs::write(&file, &torn[..torn.len() / 2]).unwrap();
    let ran = resume(&run, &[]).ok();
    for word in ["warning", "step-00000030/manifest.json", "step-00000020/state.safetensors", "step-00000010"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert_eq!(bytes(&run, 30), before);
    assert!(run.join("checkpoints/damaged-step-00000030").is_dir());
    ganymede(&["verify", run.to_str().unwrap()]).ok();

    for step in [0, 10, 20, 30] {
        std::fs::write(checkpoint(step).join("manifest.json"), "{").unwrap();
    }
    let ran = resume(&run, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("step-00000030/manifest.json"), "{}", ran.stderr);

    let later = "{\"format_version\": 99}";
    std::fs::write(checkpoint(30).join("manifest.json"), later).unwrap();
    let ran = resume(&run, &[]);
    assert!(ran.code == 1 && ran.stderr.contains("format_version 1 or lower, found 99"), "{}", ran.stderr);
    assert!(checkpoint(30).is_dir(), "a later version's checkpoint is not damaged");
}

#[test]
fn the_first_every_tenth_and_the_newest_checkpoints_stay() {
    let (_folder, run) = trained("230", &["--keep", "2"]);
    let mut kept = vec!["latest"];
    kept.extend(["step-00000000", "step-00000100", "step-00000200", "step-00000220", "step-00000230"]);
    assert_eq!(checkpoints(&run), kept);
    // A kill while one was written and another was removed.
    for name in [".step-00000240.tmp", ".step-00000210.removed.tmp"] {
        std::fs::create_dir(run.join("checkpoints").join(name)).unwrap();
    }
    resume(&run, &[]).ok();
    assert_eq!(checkpoints(&run), kept);
}

#[test]
fn what_was_promised_to_stay_stays_with_other_intervals() {
    let (_folder, run) = trained("230", &["--keep", "2"]);
    resume(&run, &["--checkpoint-every", "7", "--steps", "290"]).ok();
    let mut kept = vec!["latest"];
    // 0, 100 and 200 of every tenth, 210 and 280 of every seventh; then the newest.
    kept.extend(["step-00000000", "step-00000100", "step-00000200", "step-00000280", "step-00000287", "step-00000290"]);
    assert_eq!(checkpoints(&run), kept);
}

/// After a power cut a file may have its new length and zeros where its last lines were.
#[test]
fn a_log_of_zeros_does_not_end_a_run() {
    let (_folder, run) = trained("20", &[]);
    let (log, before) = (run.join("events.jsonl"), bytes(&run, 20));
    let whole = std::fs::read(&log).unwrap();
    let half = whole.len() / 2;
    let zeros = |from: usize| [&whole[..from], &vec![0; whole.len() - from]].concat();
    for torn in [zeros(half), zeros(0), [&whole[..], &[0; 4096]].concat(), [&whole[..half], b"\xffgarbage"].concat()] {
        std::fs::write(&log, torn).unwrap();
        std::fs::remove_dir_all(run.join("checkpoints/step-00000020")).unwrap();
        resume(&run, &[]).ok();
        assert_eq!(bytes(&run, 20), before);
        ganymede(&["verify", run.to_str().unwrap()]).ok();
    }
}

/// The step after the end is only for `verify`: here its learning rate ends the numbers.
#[test]
fn a_training_that_ended_well_stays_so_when_one_step_more_would_not() {
    let rate = "{class_name = 'PiecewiseConstantDecay', boundaries = [2], values = [0.0001, 1e38]}";
    let set = format!("phases.0.optimizer.learning_rate={rate}");
    let (_folder, run) = trained("3", &["--set", &set, "--name", "mlp-ring2d"]);
    let log = std::fs::read_to_string(run.join("events.jsonl")).unwrap();
    assert!(log.contains("\"reason\":\"steps\"") && !log.contains("non_finite"), "{log}");
    let ran = ganymede(&["verify", run.to_str().unwrap()]).ok();
    assert!(ran.stdout.contains("holds no replay"), "{}", ran.stdout);
    assert_eq!(resume(&run, &["--steps", "4"]).code, 4);
}

#[test]
fn a_seed_is_what_a_spec_can_hold() {
    let folder = tempfile::tempdir().unwrap();
    let ran = ganymede(&words(folder.path(), "1", &["--seed", "18446744073709551615"]));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("of at most 9,223,372,036,854,775,807"), "{}", ran.stderr);
    assert!(!folder.path().join("00000-mlp-ring2d").exists());
    let (_folder, run) = trained("1", &["--seed", "9223372036854775807"]);
    ganymede(&["verify", run.to_str().unwrap()]).ok();
}

#[test]
fn numerics_are_written_down_and_may_change() {
    let (_folder, run) = trained("10", &["--numerics", "strict"]);
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(run.join(name)).unwrap()).unwrap()
    };
    assert_eq!(read("env.json")["numerics"], "strict");
    assert_eq!(read("checkpoints/step-00000010/manifest.json")["numerics"], "strict");
    assert!(std::fs::read_to_string(run.join("spec.toml")).unwrap().contains("numerics = \"strict\""));
    resume(&run, &["--steps", "20", "--numerics", "fast"]).ok();
    assert_eq!(read("checkpoints/step-00000020/manifest.json")["numerics"], "fast");
    ganymede(&["verify", run.to_str().unwrap()]).ok();
    let refused = ganymede(&["verify", run.to_str().unwrap(), "--checkpoint", "0"]);
    assert!(refused.code != 0 && refused.stderr.contains("expected strict numerics, found fast"), "{refused:?}");
    assert!(ganymede(&["resume", run.to_str().unwrap(), "--numerics", "exact"]).stderr.contains("strict"));
}

#[test]
fn a_run_is_not_cut_to_a_length_that_it_has_passed() {
    let (_folder, run) = trained("20", &[]);
    let spec = || std::fs::read_to_string(run.join("spec.toml")).unwrap();
    let before = spec();
    for (length, told) in [
        (["--steps", "10"], "already at step 20; --steps is the total, found 10"),
        (["--kimg", "0.2"], "already at step 20 (0.32 kimg); --kimg is the total, found 0.2"),
    ] {
        for ran in
            [resume(&run, &length), ganymede(&["train", "--outdir", run.to_str().unwrap(), length[0], length[1]])]
        {
            assert_eq!(ran.code, 1, "{}", ran.stderr);
            assert!(ran.stderr.contains(told), "{}", ran.stderr);
        }
        assert_eq!(spec(), before);
    }
    resume(&run, &["--steps", "20"]).ok();
    resume(&run, &["--kimg", "0.4"]).ok();
    assert!(checkpoints(&run).contains(&"step-00000025".to_string()));
}

#[test]
fn a_run_goes_on_with_data_that_was_moved() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (64, 2), }";
    let mut file = [&b"\x93NUMPY\x01\x00"[..], &(118u16).to_le_bytes(), format!("{header:<117}\n").as_bytes()].concat();
    file.extend((0..128).flat_map(|i| ((i * 37 % 64) as f32 / 32.0 - 1.0).to_le_bytes()));
    std::fs::write(place("a.npy"), &file).unwrap();
    let (outdir, run) = (place("runs"), place("runs/00000-mlp-a"));
    let train = |data: &str, outdir: &str, steps: &str| {
        let words = ["train", data, "--outdir", outdir, "--steps", steps, "--threads", "1"];
        ganymede(&[&words[..], if outdir == run { &[] } else { &["--preset", "mlp", "--batch", "16"] }].concat())
    };
    train(&place("a.npy"), &outdir, "5").ok();
    std::fs::rename(place("a.npy"), place("b.npy")).unwrap();
    for ran in ["resume", "verify", "evaluate"].map(|command| ganymede(&[command, &run])) {
        assert_eq!(ran.code, 1);
        assert!(
            ran.stderr.contains(&format!("`ganymede train PLACE --outdir {run}` goes on with it")),
            "{}",
            ran.stderr
        );
    }
    file.extend_from_within(file.len() - 8..);
    let other = [&file[..10], format!("{:<117}\n", header.replace("64", "65")).as_bytes(), &file[128..]].concat();
    std::fs::write(place("c.npy"), other).unwrap();
    let ran = train(&place("c.npy"), &run, "8");
    assert!(ran.code == 1 && ran.stderr.contains("found 65 samples instead of 64"), "{}", ran.stderr);
    // As many samples, another value: no number tells it but the fingerprint.
    let mut changed = file[..file.len() - 8].to_vec();
    changed[200] ^= 1;
    std::fs::write(place("d.npy"), &changed).unwrap();
    let told = "found as many samples of the same type with other values or labels";
    std::fs::write(place("a.npy"), &changed).unwrap();
    for command in ["resume", "verify", "evaluate"] {
        let ran = ganymede(&[command, &run]);
        assert!(ran.code == 1 && ran.stderr.contains(told), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("`ganymede evaluate {run} DATA`")), "{command}: {}", ran.stderr);
    }
    ganymede(&["evaluate", &run, &place("d.npy"), "--metric", "frechet"]).ok();
    std::fs::remove_file(place("a.npy")).unwrap();
    train(&place("b.npy"), &run, "8").ok();
    ganymede(&["resume", &run, "--steps", "9"]).ok();
    ganymede(&["verify", &run]).ok();
}

/// A table: the same rows for any number of threads and after a stop, from the run alone, with what is asked for in every row.
#[test]
fn rows_of_a_table_are_the_same_for_any_threads_and_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let table = path("people.csv");
    let row = |i: u32| {
        let (city, country) = [("Lyon", "FR"), ("Ulm", "DE"), ("Oslo", "NO")][(i * 7 % 11 % 3) as usize];
        let low = i * 13 % 50;
        format!(
            "{}, {city},{country},{low},{},{}\n",
            20 + i % 40,
            low + i * 5 % 9,
            if i.is_multiple_of(4) { "yes" } else { "no" }
        )
    };
    let lines: String = (0..400).map(row).collect();
    std::fs::write(&table, format!("age, city,country,low,high,rich\n{lines}")).unwrap();
    let train = |outdir: &str, steps: &str, threads: &str| {
        let words = ["train", &table, "--target", "rich", "--steps", steps, "--batch", "16", "--threads", threads];
        let more = ["--set", "train.decay_from=1.0", "--no-cache", "--outdir", outdir, "--name", "x"];
        ganymede(&[&words[..], &more].concat()).ok();
        format!("{outdir}/00000-x")
    };
    let (one, three) = (train(&path("one"), "6", "1"), train(&path("three"), "4", "3"));
    ganymede(&["resume", &three, "--steps", "6", "--threads", "2"]).ok();
    ganymede(&["verify", &three]).ok();
    let moved = path("moved.csv");
    std::fs::rename(&table, &moved).unwrap();
    let rows = |run: &str, threads: &str, name: &str, asked: &[&str]| {
        let file = path(name);
        ganymede(&[&["sample", run, "-n", "90", "--threads", threads, "--out", &file], asked].concat()).ok();
        std::fs::read_to_string(file).unwrap()
    };
    let first = rows(&one, "1", "a.csv", &[]);
    assert_eq!(first, rows(&three, "4", "b.csv", &[]));
    assert_eq!((first.lines().next(), first.lines().count()), (Some("age, city,country,low,high,rich"), 91));
    let cells = |text: &str| -> Vec<Vec<String>> {
        text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.trim().to_string()).collect()).collect()
    };
    for row in cells(&first) {
        assert!([["Lyon", "FR"], ["Ulm", "DE"], ["Oslo", "NO"]].contains(&[&row[1][..], &row[2][..]]), "{row:?}");
        assert!(row[3].parse::<u32>().unwrap() <= row[4].parse::<u32>().unwrap(), "{row:?}");
    }
    let rich = cells(&rows(&one, "2", "c.csv", &["--where", "rich=yes", "--where", "low>=10"]));
    assert!(rich.len() == 90 && rich.iter().all(|row| row[5] == "yes" && row[3].parse::<u32>().unwrap() >= 10));
    let balanced = cells(&rows(&one, "1", "d.csv", &["--balance", "rich"]));
    assert_eq!(balanced.iter().filter(|row| row[5] == "yes").count(), 45);
    // What needs the data is told where it is; else the run alone is enough.
    let chosen = rows(&one, "1", "e.csv", &[&moved, "--select", "3", "--no-copies"]);
    assert_eq!(chosen, rows(&three, "4", "f.csv", &[&moved, "--select", "3", "--no-copies"]));
    let real = cells(&std::fs::read_to_string(&moved).unwrap());
    assert!(chosen.lines().count() == 91 && cells(&chosen).iter().all(|row| !real.contains(row)));
    let (given, other) = (path("given.csv"), path("other.csv"));
    std::fs::write(&other, format!("age, city,country,low,high,rich\n{}", (0..200).map(row).collect::<String>()))
        .unwrap();
    std::fs::write(&given, "city,high,low\nUlm,,40\n,7 ,\n,,\n").unwrap();
    ganymede(&["sample", &one, "--fill", &given, "--out", &path("g.csv")]).ok();
    let filled = std::fs::read_to_string(path("g.csv")).unwrap();
    assert_eq!((filled.lines().next(), filled.lines().count()), (Some("city,high,low,age,country,rich"), 4));
    for (row, (high, low)) in cells(&filled).iter().zip([(None, Some(40)), (Some(7), None), (None, None)]) {
        assert!([["Lyon", "FR"], ["Ulm", "DE"], ["Oslo", "NO"]].contains(&[&row[0][..], &row[4][..]]), "{row:?}");
        let [found_high, found_low] = [&row[1], &row[2]].map(|cell| cell.parse::<u32>().unwrap());
        assert!(
            found_low <= found_high
                && [(high, found_high), (low, found_low)].iter().all(|(a, b)| a.is_none_or(|a| a == *b))
        );
    }
    assert!(filled.contains("\nUlm,") && filled.contains(",7 ,"), "{filled}");
    for (asked, words) in [
        (&["--select", "3"][..], "`ganymede sample RUN DATA` says where it lies"),
        (&["--no-copies"], "`ganymede sample RUN DATA` says where it lies"),
        (&[&other, "--select", "3"], "expected the data that the run was started on"),
        (&[&moved], "DATA: expected --select or --no-copies"),
        (&["--select", "3", "--grid", &path("x.png")], "cannot be used with"),
    ] {
        let ran = ganymede(&[&["sample", &one, "-n", "5"], asked].concat());
        assert!(ran.code != 0 && ran.stderr.contains(words), "{asked:?}: {}", ran.stderr);
    }
    for (asked, words) in [
        (&["--where", "rihc=yes"][..], "did you mean `rich`"),
        (&["--where", "rich=perhaps"], "expected a value of the column, found `perhaps`"),
        (&["--balance", "city"], "train with --target city"),
        (&["--out", &path("a.csv")], "expected a new file, found one"),
    ] {
        let ran = ganymede(&[&["sample", &one, "-n", "5"], asked].concat());
        assert!(ran.code != 0 && ran.stderr.contains(words), "{asked:?}: {}", ran.stderr);
    }
}
