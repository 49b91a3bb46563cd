//! Exit codes, messages and streams of the command. Not here: training (`training.rs`), `--help` (its
//! snapshots are beside the commands).

mod support;

use std::process::{Command, Stdio};
use support::{Ran, ganymede};

#[test]
fn wrong_words_exit_2_and_go_to_stderr() {
    for words in [
        &[][..],
        &["trian"],
        &["train", "--stepz", "3"],
        &["train", "--steps", "0"],
        &["train", "--steps", "3", "--kimg", "1"],
        &["train", "--kimg", "nan"],
        &["train", "--preset", "none"],
        &["train", "--preset", "mlp", "--config", "x.toml"],
        &["train", "ring2d", "--set", "train.batch"],
        &["train", "ring2d", "--set", "train.btach=3"],
        &["train", "--isa", "mmx"],
        &["train", "--device", "tpu"],
        &["train", "--resolution", "0"],
        &["train", "--background", "#12"],
        &["sample", "x", "--seed", "9-4"],
        &["sample", "x", "--grid", "x.jpg"],
        &["sample", "x", "--grid", "x"],
        &["completions", "tcsh"],
    ] {
        let ran = ganymede(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn what_a_user_can_fix_exits_1_with_a_hint() {
    for words in [
        &["train", "no-such-data"][..],
        &["train", "--config", "no-such.toml"],
        &["train", "ring2d", "--preset", "dcgan"],
        &["resume", "no-such-run"],
        &["sample", "no-such-run"],
        &["verify", "no-such-run"],
        &["summary", "no-such-preset"],
        &["presets", "dcgan", "--coordinates", "2"],
    ] {
        let ran = ganymede(words);
        assert_eq!(ran.code, 1, "{words:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{words:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains('\x1b'), "no colours without a terminal: {}", ran.stderr);
    }
    assert!(ganymede(&["train", "no-such-data"]).stderr.contains("\nhint: "));
}

#[test]
fn data_that_cannot_be_used_exits_3() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "no data at all").unwrap();
    let ran = ganymede(&["data", file.to_str().unwrap()]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("notes.txt"), "{}", ran.stderr);
}

#[test]
fn numbers_out_of_range_are_refused_before_there_is_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let outdir = folder.path().to_str().unwrap();
    for (set, place) in [
        ("train.kimg=-3", "train.kimg: expected a number above 0"),
        ("train.minutes=-1", "train.minutes: expected a number above 0"),
        ("train.n_critic=9000000000000000000", "train.n_critic: expected 1 to 1000"),
        ("train.batch=9000000000000000000", "train.batch: expected 1 to 65536"),
        ("ema.half_life_kimg=-10", "ema.half_life_kimg: expected a number above 0"),
        ("phases.0.every=0", "phases.0.every: expected at least 1"),
    ] {
        let ran = ganymede(&["train", "ring2d", "--outdir", outdir, "--set", set]);
        let said = ran.stdout + &ran.stderr;
        assert_eq!(ran.code, 1, "{set}: {said}");
        assert!(said.contains(place) && said.contains("fix: set "), "{set}: {said}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

/// The only image cannot be decoded: whoever gets as far as that exits 3.
#[test]
fn sizes_that_cannot_be_trained_are_refused_before_data_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.png"), b"\x89PNG\r\n\x1a\n and no more").unwrap();
    let data = folder.path().to_str().unwrap();
    let train = |more: &[&str]| ganymede(&[&["train", data, "--no-cache", "--dry-run"], more].concat());
    assert_eq!(train(&["--resolution", "32"]).code, 3);
    for (words, code, part) in [
        (&["--resolution", "16384"][..], 1, "expected at most 67108864 pixels"),
        (&["--resolution", "20000x8"], 1, "expected 1 to 16384 pixels a side"),
        (&["--resolution", "4096"], 1, "expected sides that are multiples of 4 from 8 to 256"),
        (&["--resolution", "2048", "--preset", "mlp"], 1, "expected samples of 1 to 12288 values"),
        (&["--resolution", "256", "--batch", "65536"], 5, " GiB\nhint: take a smaller --batch or --resolution"),
        (
            &["--resolution", "32", "--set", "networks.generator.layers.5.filters=1000000000"],
            5,
            "found one of at least",
        ),
        (&["--resolution", "256", "--batch", "65536"], 5, "network     generator: "),
    ] {
        let ran = train(words);
        assert_eq!(ran.code, code, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{words:?}: {}", ran.stderr);
    }
    let spec = folder.path().join("spec.toml");
    std::fs::write(&spec, ganymede(&["presets", "dcgan"]).ok().stdout).unwrap();
    let ran = train(&["--resolution", "4096", "--config", spec.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("the discriminator takes 28x28x1"), "{}", ran.stderr);
}

#[test]
fn help_and_version_go_to_stdout() {
    for words in [&["--help"][..], &["--version"], &["train", "--help"], &["help", "sample"]] {
        let ran = ganymede(words);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}");
        assert!(!ran.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn results_are_on_stdout_and_json_is_one_object_a_line() {
    let list = ganymede(&["presets"]).ok().stdout;
    let objects = ganymede(&["presets", "--json"]).ok().json();
    // What is too long for a line goes on below.
    let firsts = || list.lines().filter(|line| !line.starts_with(' '));
    assert_eq!(firsts().count(), objects.len());
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    for (line, object) in firsts().zip(&objects) {
        assert!(line.starts_with(object["name"].as_str().unwrap()), "{line}");
    }
    let networks = ganymede(&["summary", "dcgan", "--json"]).ok().json();
    let count = |i: usize| networks[i]["trainable"].as_u64().unwrap();
    // As the TensorFlow tutorial's summaries say: 212,865 and 2,305,472 + 25,472.
    assert_eq!((networks[0]["name"].as_str(), count(0)), (Some("discriminator"), 212_865));
    assert_eq!((networks[1]["name"].as_str(), count(1)), (Some("generator"), 2_305_472));
    let report = ganymede(&["data", "fashion-mnist", "--json"]).ok().json();
    assert_eq!(report[0]["report"]["samples"], 10_000);
    assert_eq!((&report[0]["train"], &report[0]["holdout"]), (&9_500.into(), &500.into()));
}

#[test]
fn a_presets_spec_is_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, ganymede(&["presets", "mlp", "--coordinates", "2"]).ok().stdout).unwrap();
    let file = file.to_str().unwrap();
    let ran = ganymede(&["train", "ring2d", "--config", file, "--dry-run", "--json"]).ok();
    assert_eq!(ran.json()[0]["kind"], "plan");
    let ran = ganymede(&["train", "--config", file]);
    assert_eq!((ran.code, ran.stderr.contains("hint: ")), (1, true), "{}", ran.stderr);
    std::fs::write(file, "[train]\nstepz = 3\n").unwrap();
    let ran = ganymede(&["train", "ring2d", "--config", file]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("mine.toml") && ran.stderr.contains("line 2"), "{}", ran.stderr);
}

#[test]
fn the_length_of_a_training_is_said_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let outdir = folder.path().join("runs");
    let dry = |more: &[&str]| {
        let words = ["train", "ring2d", "--outdir", outdir.to_str().unwrap(), "--dry-run", "--json"];
        ganymede(&[&words, more].concat()).ok()
    };
    let ran = dry(&["--steps", "4000", "--batch", "100"]);
    let plan = &ran.json()[0];
    let (step, seconds) = (plan["seconds_a_step"].as_f64().unwrap(), plan["seconds"].as_f64().unwrap());
    assert!(step > 0.0 && (seconds - 4000.0 * step).abs() < 1e-6 * seconds, "{plan}");
    assert_eq!(plan["steps"], 4000);
    assert!(ran.stderr.contains("length      4,000 steps of 100 = 400 kimg, about "), "{}", ran.stderr);
    assert!(ran.stderr.contains(" s a step, measured on ") && ran.stderr.contains(" steps)"), "{}", ran.stderr);
    let minutes = dry(&["--minutes", "2"]).json()[0]["seconds"].as_f64().unwrap();
    assert!((119.9..121.0).contains(&minutes), "{minutes}");
    assert!(!outdir.exists(), "nothing is written");
    // What takes long says how it is shorter; of a run that goes on what is left counts.
    let long = dry(&["--steps", "100000000"]).stderr;
    assert!(long.contains("shorter: --minutes N"), "{long}");
    ganymede(&["train", "ring2d", "--steps", "5", "--outdir", outdir.to_str().unwrap()]).ok();
    let run = outdir.join("00000-mlp-ring2d");
    let run = std::fs::read_dir(&outdir).unwrap().map(|entry| entry.unwrap().path()).next().unwrap_or(run);
    let more = ganymede(&["train", "--outdir", run.to_str().unwrap(), "--steps", "9", "--dry-run"]).ok().stderr;
    assert!(more.contains("length      9 steps of ") && more.contains(" from step 5 on ("), "{more}");
}

#[test]
fn a_spec_without_data_takes_what_comes_along_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let dcgan = ganymede(&["presets", "dcgan", "--resolution", "8"]).ok().stdout;
    std::fs::write(&file, dcgan).unwrap();
    let ran = ganymede(&["train", "--config", file.to_str().unwrap(), "--dry-run", "--no-cache"]).ok();
    assert!(ran.stderr.contains("data        the spec names none: fashion-mnist by default"), "{}", ran.stderr);
    assert!(ran.stderr.contains("samples     10,000 of u8[8,8,1]"), "{}", ran.stderr);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for words in [&["presets", "dcgan"][..], &["completions", "bash"], &["summary", "mlp"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = Command::new(support::PROGRAM).args(words).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}");
    }
}

#[test]
fn completions_know_the_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ganymede(&["completions", shell]).ok().stdout;
        assert!(script.contains("checkpoint-every") && script.contains("verify"), "{shell}");
    }
}

#[test]
fn the_tutorials_program_is_refused_with_every_defect() {
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/article-verbatim.toml");
    let ran = ganymede(&["check", spec]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let findings = Ran { code: 0, ..ganymede(&["check", spec, "--json"]) }.json();
    let errors = findings.iter().filter(|f| f["severity"] == "error").count();
    assert!(errors >= 5, "{}", ran.stdout);
    let folder = tempfile::tempdir().unwrap();
    let repaired = folder.path().join("repaired.toml");
    let repaired = repaired.to_str().unwrap();
    ganymede(&["check", "--fix", repaired, spec]).ok();
    assert_eq!(ganymede(&["check", repaired]).code, 0);
}

#[test]
fn what_has_no_fix_stays_in_the_file_and_is_listed_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let spec = ganymede(&["presets", "mlp", "--coordinates", "2"]).ok().stdout;
    let broken = spec.replace("[train]", "[trian]").replacen("every = 1", "every = \"often\"", 1);
    let broken = broken.replace("[data]", "[data]\nsource = \"rnig2d\"\nholdout = 1.5");
    std::fs::write(place("broken.toml"), &broken).unwrap();
    let ran = ganymede(&["check", "--fix", &place("out.toml"), &place("broken.toml")]);
    let (code, out) = (ran.code, ran.stdout.as_str());
    assert!(code == 1 && out.contains("fixed: name it `train`") && out.contains("fixed: write \"ring2d\""), "{ran:?}");
    let written = std::fs::read_to_string(place("out.toml")).unwrap();
    assert_eq!(written, broken.replace("[trian]", "[train]").replace("rnig2d", "ring2d"), "{ran:?}");
    let line = written.lines().position(|line| line.starts_with("holdout")).unwrap() + 1;
    assert!(out.contains(&format!("error[data] line {line}, data.holdout: expected a fraction")), "{ran:?}");
    let again = ganymede(&["check", &place("out.toml"), "--json"]);
    let told = Ran { code: 0, ..again }.json();
    assert_eq!(told.iter().filter(|finding| finding["severity"] == "error").count(), 1, "{told:?}");
    // So is every place that is no TOML.
    std::fs::write(place("none.toml"), "seed = \n[train]\nbatch = 3x\n").unwrap();
    let told = Ran { code: 0, ..ganymede(&["check", &place("none.toml"), "--json"]) }.json();
    let lines: Vec<Option<u64>> = told.iter().map(|finding| finding["line"].as_u64()).collect();
    assert_eq!(lines, [Some(1), Some(3)], "{told:?}");
    assert!(ganymede(&["check", &place("none.toml")]).stdout.starts_with("error[reading] line 1: "), "{told:?}");
    // Where it is not clear which line is meant, nothing is written and nothing said to be fixed.
    std::fs::write(place("twice.toml"), spec.replace("[train]", "[train]\nbatch = 7")).unwrap();
    let ran = ganymede(&["check", "--fix", &place("no.toml"), &place("twice.toml")]);
    assert!(ran.code == 1 && ran.stderr.contains("is not written") && !ran.stdout.contains("fixed: "), "{ran:?}");
    assert!(!std::path::Path::new(&place("no.toml")).exists());
    // A later version's defects are told, too.
    std::fs::write(place("later.toml"), broken.replace("format_version = 2", "format_version = 3\nfrom = \"nowhere\""))
        .unwrap();
    let told = Ran { code: 0, ..ganymede(&["check", &place("later.toml"), "--json"]) }.json();
    let place_of =
        |place: &str| told.iter().find(|finding| finding["place"] == place).map(|finding| finding["line"].clone());
    assert_eq!(place_of("format_version").and_then(|line| line.as_u64()), Some(1), "{told:?}");
    assert!(place_of("from").is_some() && place_of("data.source").is_some() && place_of("trian").is_some(), "{told:?}");
}

#[test]
fn without_data_the_images_that_come_along_are_trained_at_their_own_size() {
    let parameters = |arguments: &[&str]| {
        let ran = ganymede(&[arguments, &["--dry-run", "--json", "--no-cache"]].concat()).ok();
        ran.json()[0]["parameters"]["generator"][0].as_u64().unwrap()
    };
    // 7x7x256, 128, 64, 1 with kernels of 5x5: the network of TensorFlow's tutorial, which `presets dcgan` prints, too.
    let tutorial = 100 * 12544 + 25 * (256 * 128 + 128 * 64 + 64) + 2 * (12544 + 128 + 64);
    assert_eq!(parameters(&["train", "--preset", "dcgan"]), tutorial);
    assert_eq!(parameters(&["train", "fashion-mnist", "--preset", "dcgan"]), tutorial);
    let chosen = parameters(&["train"]);
    assert_eq!(parameters(&["train", "fashion-mnist"]), chosen);
    assert_eq!(parameters(&["train", "--resolution", "28"]), chosen);
    assert_ne!(parameters(&["train", "--resolution", "32"]), chosen);
}

#[test]
fn data_of_a_spec_is_found_from_another_folder() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let run_in = |at: &std::path::Path, words: &[&str]| {
        let mut command = Command::new(support::PROGRAM);
        Ran::of(command.args(words).current_dir(at).env("NO_COLOR", "1").output().unwrap())
    };
    std::fs::create_dir(place("photos")).unwrap();
    for n in 0..8 {
        let mut image = b"P5 28 28 255\n".to_vec();
        image.extend((0..28 * 28).map(|i| (i * (n + 1) % 251) as u8));
        std::fs::write(folder.path().join("photos").join(format!("{n}.pgm")), image).unwrap();
    }
    let mlp = ganymede(&["presets", "mlp", "--resolution", "28"]).ok().stdout;
    std::fs::write(place("mine.toml"), mlp).unwrap();
    // `check --fix` writes the data that it was judged on.
    run_in(folder.path(), &["check", "mine.toml", "--fix", "out.toml", "--data", "photos", "--channels", "1"]).ok();
    let more = ["--no-cache", "--batch", "4", "--steps", "1", "--outdir"];
    run_in(other.path(), &[&["train", "--config", &place("out.toml")], &more[..], &["."]].concat()).ok();
    // A relative source is one from the folder where the training started.
    let out = std::fs::read_to_string(place("out.toml")).unwrap();
    assert!(out.contains(&place("photos")), "{out}");
    std::fs::write(place("near.toml"), out.replace(&place("photos"), "photos")).unwrap();
    run_in(folder.path(), &[&["train", "--config", "near.toml"], &more[..], &["runs", "--name", "near"]].concat()).ok();
    let run = folder.path().join("runs").join("00000-near");
    run_in(other.path(), &["resume", run.to_str().unwrap(), "--steps", "2"]).ok();
}

#[test]
fn hints_of_a_spec_with_errors_name_what_there_is() {
    let words = &["train", "ring2d", "--dry-run", "--set", "train.keep=0"];
    let preset = ganymede(words);
    assert!(
        preset.stderr.contains("hint: change the flags") && !preset.stderr.contains("FILE` writes"),
        "{}",
        preset.stderr
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let spec = ganymede(&["presets", "mlp", "--coordinates", "2"]).ok().stdout;
    std::fs::write(
        &file,
        spec.replace("trains = [\"discriminator\"]", "trains = [\"discriminator\", \"discriminator\"]"),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let ran = ganymede(&["train", "ring2d", "--dry-run", "--config", file]);
    assert!(ran.stderr.contains(&format!("--fix OUT.toml {file}`")), "{}", ran.stderr);
}

#[test]
fn a_summary_keeps_the_outputs_of_a_spec() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let spec = "[networks.generator]\noutputs = [\"nothing\"]\nlayers = [{ class_name = \"Input\", shape = [2] }, \
                { class_name = \"Dense\", units = 2 }]\n";
    std::fs::write(&file, spec).unwrap();
    let ran = ganymede(&["summary", file.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.stderr.contains("nothing"), "{}", ran.stderr);
    std::fs::write(&file, spec.replace("nothing", "dense")).unwrap();
    ganymede(&["summary", file.to_str().unwrap()]).ok();
}

#[test]
fn messages_about_what_is_not_there_say_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ran = ganymede(&["check", path]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("expected a spec or the folder of a run, found a folder without spec.toml"), "{ran:?}");
    let ran = ganymede(&["train", "--preset", "dcgan", "--resolution", "30x34", "--outdir", path]);
    assert!(ran.code == 1 && ran.stderr.contains("found 30x34 (width x height)"), "{ran:?}");
    let words = ["train", "fashion-mnist", "--preset", "dcgan", "--steps", "1", "--dry-run", "--outdir", path];
    let ran = ganymede(&words).ok();
    assert!(ran.stderr.contains("no errors, hints: 2"), "{ran:?}");
    assert!(ran.stderr.contains("hint[kernel_stride] networks.generator.layers."), "{ran:?}");
}

/// Flags for what is changed most often do what `--set` does, with presets and files; the plan says it, and the run's name.
#[test]
fn what_is_changed_of_a_preset_is_said_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let outdir = folder.path().to_str().unwrap();
    let train = |more: &[&str]| ganymede(&[&["train", "ring2d", "--outdir", outdir, "--threads", "1"], more].concat());
    let plan = |more: &[&str]| {
        let ran = train(&[more, &["--dry-run", "--json"]].concat()).ok();
        (ran.json().remove(0), ran.stderr)
    };
    let (flags, told) =
        plan(&["--preset", "mlp", "--lr", "d=1e-4,g=0.5", "--objective", "hinge", "--augment", "instance_noise"]);
    let set = [
        "phases.0.optimizer.learning_rate=0.0001",
        "phases.1.optimizer.learning_rate=0.5",
        "phases.0.terms.0={class_name='hinge'}",
    ];
    let more = ["phases.1.terms.0={class_name='hinge'}", "augment=[{class_name='instance_noise'}]"];
    let words: Vec<&str> = set.iter().chain(&more).flat_map(|one| ["--set", one]).collect();
    assert_eq!(flags["changed"], plan(&[&["--preset", "mlp"], &words[..]].concat()).0["changed"]);
    assert!(told.contains("changed     from the preset mlp: "), "{told}");
    assert!(told.contains(" phases.0.optimizer.learning_rate=0.0001 (was "), "{told}");
    assert!(!plan(&["--preset", "mlp"]).1.contains("changed "), "nothing was");
    // 7 epochs of the samples to train on in batches of 1,000, the last begun.
    let samples = ganymede(&["data", "ring2d", "--json"]).ok().json()[0]["train"].as_u64().unwrap();
    let (epochs, told) = plan(&["--preset", "mlp", "--epochs", "7", "--batch", "1000"]);
    assert_eq!(epochs["steps"], (7 * samples).div_ceil(1000));
    assert!(told.contains("epochs      7 epochs of "), "{told}");
    for (words, code, part) in [
        (&["--lr", "0.1", "--set", "phases.0.optimizer.learning_rate=0.2"][..], 2, "found a flag's"),
        (&["--epochs", "2", "--set", "train.steps=5"], 2, "leave one of them out"),
        (&["--epochs", "2", "--steps", "5"], 2, "cannot be used with"),
        (&["--objective", "hing"], 2, "did you mean `hinge`?"),
        (&["--augment", "noise"], 2, "known: diff_augment"),
        (&["--lr", "critic=0.1"], 2, "the phases: d, g"),
    ] {
        let ran = train(&[&["--preset", "mlp", "--dry-run"], words].concat());
        assert_eq!(ran.code, code, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{words:?}: {}", ran.stderr);
    }
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, ganymede(&["presets", "mlp"]).ok().stdout).unwrap();
    let config = ["--config", file.to_str().unwrap(), "--steps", "1"];
    let told = train(&[&config[..], &["--lr", "0.001"]].concat()).ok().stderr;
    assert!(told.contains("changed     from ") && told.contains("mine.toml: phases.0.optimizer"), "{told}");
    train(&["--preset", "mlp", "--steps", "1", "--lr", "0.001"]).ok();
    train(&["--preset", "mlp", "--steps", "1", "--seed", "3", "--batch", "8"]).ok();
    for run in ["00000-mine-ring2d", "00001-mlp-edited-ring2d", "00002-mlp-ring2d"] {
        assert!(folder.path().join(run).is_dir(), "{run}");
    }
    let run = folder.path().join("00002-mlp-ring2d");
    let ran = ganymede(&["train", "--outdir", run.to_str().unwrap(), "--lr", "0.1"]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot change phases.0.optimizer.learning_rate"), "{}", ran.stderr);
}

#[test]
fn names_of_elsewhere_are_answered() {
    for (words, parts) in [
        (
            &["train", "--preset", "stylegan2"][..],
            &["expected a preset, found `stylegan2`", "nearest in kind: `r3gan`"][..],
        ),
        (&["train", "--preset", "pix2pix"], &["images of other images"]),
        (&["train", "--preset", "wgan-gp"], &["`wgan_gp`"]),
        (&["train", "--preset", "hinge"], &["--objective hinge"]),
        (&["presets", "dcgann"], &["did you mean `dcgan`?", "known: dcgan, quick"]),
        (&["train", "--device", "cuda"], &["there is no GPU yet"]),
        (
            &["train", "ring2d", "--preset", "mlp", "--dry-run", "--objective", "lsgan"],
            &["did you mean `least_squares`?"],
        ),
    ] {
        let ran = ganymede(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        assert!(parts.iter().all(|part| ran.stderr.contains(part)), "{words:?}: {}", ran.stderr);
    }
    let ran = ganymede(&["summary", "stylegan"]);
    assert!(ran.code == 1 && ran.stderr.contains("nearest in kind"), "{}", ran.stderr);
}

/// Without RUN, and by `last`, commands take the newest run and say which.
#[test]
fn the_newest_run_is_the_one_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let here = |words: &[&str]| {
        let mut command = Command::new(support::PROGRAM);
        Ran::of(command.args(words).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap())
    };
    for words in [&["evaluate"][..], &["verify"], &["resume"], &["summary"], &["sample"], &["check", "last"]] {
        let ran = here(words);
        assert!(ran.code != 0 && ran.stderr.contains("found none"), "{words:?}: {}", ran.stderr);
    }
    let train = ["train", "ring2d", "--preset", "mlp", "--batch", "8", "--threads", "1", "--steps"];
    here(&[&train[..], &["1"]].concat()).ok();
    here(&[&train[..], &["1", "--name", "second"]].concat()).ok();
    let newest = "runs/00001-second";
    for words in [
        &["evaluate", "-n", "20", "--metric", "sliced_wasserstein"][..],
        &["evaluate", "last", "-n", "20", "--metric", "sliced_wasserstein"],
        &["verify"],
        &["resume", "--steps", "2"],
        &["summary"],
        &["summary", "last"],
        &["sample", "-n", "2"],
        &["train", "--outdir", "last", "--steps", "3"],
    ] {
        let ran = here(words).ok();
        assert!(ran.stderr.contains(newest), "{words:?}: {}", ran.stderr);
    }
    assert!(here(&["check", "last"]).ok().stdout.contains("0 errors"));
    assert!(here(&["runs", "last"]).ok().stdout.starts_with("00001-second "));
    let from = here(&[&train[..], &["1", "--from", "last", "--dry-run"]].concat()).ok().stderr;
    assert!(from.contains("check       no errors"), "{from}");
    here(&[&train[..], &["1", "--from", "last"]].concat()).ok();
    let spec = std::fs::read_to_string(folder.path().join("runs/00002-mlp-ring2d/spec.toml")).unwrap();
    assert!(spec.contains("runs/00001-second/checkpoints/step-00000003"), "{spec}");
}
