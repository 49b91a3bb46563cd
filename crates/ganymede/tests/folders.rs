//! The command in folders as people have them: trained inside of the images, specs of other programs, classes by number.
//! Not here: what is read of a folder (`ganymede-data`).

mod support;

use ganymede_data::{Samples, write};
use ganymede_tensor::{DType, TensorType};
use std::path::Path;
use std::process::Command;
use support::{PROGRAM, Ran, ganymede};

/// Twelve small images, in folders of these classes when there are any.
fn images(folder: &Path, classes: &[&str]) {
    let sample = TensorType::new(DType::U8, [16, 16, 1]);
    let bytes: Vec<u8> = (0..12 * 256).map(|i| (i * 7 % 251) as u8).collect();
    let names: Vec<String> = classes.iter().map(|name| name.to_string()).collect();
    let labels: Vec<u32> = (0..12).map(|i| i % classes.len().max(1) as u32).collect();
    let labels = Some(&labels[..]).filter(|_| !classes.is_empty());
    write("image-folder", folder, &Samples { sample: &sample, bytes: &bytes, labels, classes: &names }).unwrap();
}

/// Runs the command in a folder of `place`, with the cache beside it.
fn within(place: &Path, folder: &str, words: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.env("NO_COLOR", "1").env("GANYMEDE_CACHE", place.join("cache"));
    Ran::of(command.current_dir(place.join(folder)).args(words).output().unwrap())
}

#[test]
fn training_inside_of_the_images_can_be_done_twice_and_resumed() {
    let place = tempfile::tempdir().unwrap();
    let pics = place.path().join("pics");
    images(&pics, &[]);
    let train = ["train", ".", "--preset", "dcgan", "--width", "8", "--batch", "8", "--steps", "2"];
    let fingerprint = |run: &str| {
        let text = std::fs::read_to_string(pics.join("runs").join(run).join("env.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["data"].as_str().unwrap().to_string()
    };
    assert!(within(place.path(), "pics", &train).ok().stderr.contains("samples     12 of"));
    let second = within(place.path(), "pics", &train).ok().stderr;
    assert!(
        second.contains("samples     12 of") && second.contains("1 run of ganymede below the folder is left out"),
        "{second}"
    );
    within(place.path(), "pics", &["sample", "runs/00000-dcgan-pics", "-n", "4"]).ok();
    within(place.path(), "pics", &["sample", "runs/00000-dcgan-pics", "-n", "4", "--out", "so"]).ok();
    let third = within(place.path(), "pics", &train).ok().stderr;
    assert!(
        third.contains("samples     12 of") && third.contains("2 runs of ganymede below the folder are left out"),
        "{third}"
    );
    assert!(third.contains("5 images that ganymede generated"), "{third}");
    assert_eq!(fingerprint("00000-dcgan-pics"), fingerprint("00002-dcgan-pics"));
    within(place.path(), "pics", &["resume", "runs/00000-dcgan-pics", "--steps", "3"]).ok();
    within(place.path(), "pics", &["verify", "runs/00000-dcgan-pics"]).ok();
    let run = within(place.path(), "pics", &["data", "runs/00000-dcgan-pics"]);
    assert!(run.code == 3 && run.stderr.contains("found a run of ganymede"), "{}", run.stderr);
}

#[test]
fn a_run_on_folders_of_numbers_keeps_the_order_that_it_began_with() {
    let place = tempfile::tempdir().unwrap();
    let (pics, out) = (place.path().join("num"), place.path().join("runs"));
    images(&pics, &["1", "2", "10"]);
    let (pics, out) = (pics.to_str().unwrap(), out.to_str().unwrap());
    let train = ["train", pics, "--preset", "quick_projection", "--width", "8", "--batch", "8", "--steps", "2"];
    within(place.path(), "", &[&train[..], &["--outdir", out]].concat()).ok();
    let run = format!("{out}/00000-quick_projection-num");
    // As version 1 had it: by the letters, with the fingerprint of those labels.
    let codec = Path::new(&run).join("codec.json");
    let text = std::fs::read_to_string(&codec).unwrap();
    let old = ganymede_data::Dataset::open_with(
        &ganymede_data::Source::parse(pics).unwrap(),
        &ganymede_data::DataOptions::default(),
        None,
        &(),
    );
    let old = old.unwrap().with_class_order(&["1", "10", "2"].map(String::from)).unwrap();
    let json: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(json.contains("\"1\", \"2\", \"10\""), "{json}");
    std::fs::write(&codec, json.replace("\"1\", \"2\", \"10\"", "\"1\", \"10\", \"2\"")).unwrap();
    let env = Path::new(&run).join("env.json");
    let mut value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&env).unwrap()).unwrap();
    value["data"] = old.fingerprint().into();
    std::fs::write(&env, value.to_string()).unwrap();
    let resumed = ganymede(&["resume", &run, "--steps", "3"]).ok();
    assert!(resumed.stderr.contains("classes     3 (1: 4, 10: 4, 2: 4)"), "{}", resumed.stderr);

    // The same folders named as other data: their classes have the run's numbers.
    let found = ganymede(&["evaluate", &run, pics, "-n", "4", "--metric", "sliced_wasserstein"]).ok().stdout;
    assert!(found.contains("generated   `label` of the real samples"), "{found}");

    let sample =
        |class: &str| ganymede(&["sample", &run, "-n", "1", "--class", class, "--out", &format!("{out}/{class}")]);
    assert!(sample("10").ok().stderr.contains("#1 10"));
    assert!(sample("#1").ok().stderr.contains("#1 10"));
    let where_of = |wish: &[&str], to: &str| {
        ganymede(&[&["sample", &run, "-n", "2", "--out", &format!("{out}/{to}")], wish].concat())
    };
    let table = format!("{out}/wish.csv");
    std::fs::write(&table, "label\n10\n2\n").unwrap();
    where_of(&["--where", "label=10"], "by-value").ok();
    where_of(&["--conditions", &table], "by-table").ok();
    where_of(&["--class", "2"], "by-class").ok();
    let image = |folder: &str, i: usize| std::fs::read(format!("{out}/{folder}/00000{i}.png")).unwrap();
    assert!(image("by-value", 0) == image("10", 0) && image("by-table", 0) == image("10", 0));
    assert!(image("by-table", 1) == image("by-class", 1) && image("by-table", 1) != image("by-value", 1));
    // A table is what stands in it: it may be moved, and may not change under samples that were generated by it.
    let moved = format!("{out}/moved.csv");
    std::fs::rename(&table, &moved).unwrap();
    where_of(&["--conditions", &moved], "by-table").ok();
    std::fs::write(&table, "label\n2\n2\n").unwrap();
    let refused = where_of(&["--conditions", &table], "by-table");
    assert!(refused.code == 1 && refused.stderr.contains("another table of conditions"), "{}", refused.stderr);
    for (wish, words) in
        [("label=7", "expected a class by its name"), ("angle=7", "there are: label"), ("x", "FIELD=VALUE")]
    {
        let refused = where_of(&["--where", wish], "none");
        assert!(refused.code != 0 && refused.stderr.contains(words), "{wish}: {}", refused.stderr);
    }
    let refused = sample("0");
    assert!(
        refused.code == 2 && refused.stderr.contains("`#0` is the class of number 0, called `1`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn specs_of_powershell_are_read_and_other_encodings_refused() {
    let place = tempfile::tempdir().unwrap();
    let text = ganymede(&["presets", "mlp"]).ok().stdout;
    let file = |name: &str, bytes: Vec<u8>| {
        let path = place.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_string()
    };
    let wide = file("u16.toml", format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect());
    let plain = file("plain.toml", text.clone().into_bytes());
    let (a, b) = (ganymede(&["check", &wide]), ganymede(&["check", &plain]));
    assert_eq!((a.code, a.stdout), (b.code, b.stdout));
    let latin = file("latin.toml", [b"# caf\xe9\n", text.as_bytes()].concat());
    for words in [&["check", &latin][..], &["train", "ring2d", "--config", &latin], &["summary", &latin]] {
        let ran = ganymede(words);
        assert!(ran.code == 1 && ran.stderr.contains("line 1: expected UTF-8, found the byte e9"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: save it as UTF-8"), "{}", ran.stderr);
    }
}

/// Width and height of a PNG.
fn size(path: &Path) -> (u32, u32) {
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// The classes that samples were asked to be stand beside them, and are read again; grids have a row for each.
#[test]
fn samples_of_classes_come_with_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let small = ["--preset", "quick_projection", "--resolution", "16", "--width", "4", "--batch", "8", "--no-cache"];
    ganymede(&[&["train", "fashion-mnist", "--steps", "10", "--outdir", &path("runs")], &small[..]].concat()).ok();
    let run = path("runs/00000-quick_projection-fashion-mnist");
    // 64 samples are 6 of each class; after step 10 there is a grid already. Images of 16 are shown as 96, with gaps of 2, behind the
    // names of the classes: 11 letters ("T-shirt/top") of 12 pixels and margins.
    assert_eq!(size(&Path::new(&run).join("samples/step-00000010.png")), (140 + 6 * 98 - 2, 10 * 98 - 2));
    ganymede(&["sample", &run, "-n", "12", "--out", &path("some")]).ok();
    ganymede(&["sample", &run, "--seed", "20-21", "--out", &path("some")]).ok();
    let labels = std::fs::read_to_string(path("some/labels.csv")).unwrap();
    let lines: Vec<&str> = labels.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[1]), (15, "file,label", "000000.png,T-shirt/top"), "{labels}");
    assert_eq!((lines[11], lines[13]), ("000010.png,T-shirt/top", "000020.png,T-shirt/top"), "{labels}");
    let read = ganymede(&["data", &path("some"), "--no-cache"]).ok();
    assert!(read.stdout.contains("classes     10 (") && read.stdout.contains("T-shirt/top: 3"), "{}", read.stdout);
    ganymede(&["sample", &run, "-n", "2", "--class", "Bag", "--out", &path("bags")]).ok();
    let bags = std::fs::read_to_string(path("bags/labels.csv")).unwrap();
    assert_eq!(bags, "file,label\n000000.png,Bag\n000001.png,Bag\n");
    // A table of conditions is as many samples as it has lines.
    std::fs::write(path("wish.csv"), "label\nBag\nSneaker\nBag\n").unwrap();
    ganymede(&["sample", &run, "--conditions", &path("wish.csv"), "--out", &path("wished")]).ok();
    let wished = std::fs::read_to_string(path("wished/labels.csv")).unwrap();
    assert_eq!(wished, "file,label\n000000.png,Bag\n000001.png,Sneaker\n000002.png,Bag\n");
    ganymede(&["sample", &run, "-n", "25", "--grid", &path("grid.png")]).ok();
    assert_eq!(size(Path::new(&path("grid.png"))), (140 + 3 * 98 - 2, 10 * 98 - 2));
}

/// What is in the folder of runs is listed, whatever it is; old checkpoints and the cache go when asked for, and no more.
#[test]
fn runs_are_listed_and_cleaned() {
    let place = tempfile::tempdir().unwrap();
    images(&place.path().join("pics"), &[]);
    let here = |words: &[&str]| within(place.path(), "", words);
    let train = ["train", "pics", "--preset", "dcgan", "--width", "8", "--batch", "8", "--threads", "1"];
    // A look at the data keeps nothing.
    here(&[&train[..], &["--dry-run"]].concat()).ok();
    let cached = || std::fs::read_dir(place.path().join("cache")).unwrap().count();
    assert_eq!(cached(), 0);
    assert!(here(&["runs"]).ok().stderr.contains("no run in runs/"));
    here(&[&train[..], &["--steps", "3", "--checkpoint-every", "1"]].concat()).ok();
    here(
        &[
            &train[..],
            &["--steps", "2", "--set", "evaluate={every_kimg=0.001,samples=6,metrics=['sliced_wasserstein']}"],
        ]
        .concat(),
    )
    .ok();
    std::fs::create_dir(place.path().join("runs/00002-cut-off")).unwrap();
    let list = here(&["runs"]).ok().stdout;
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let lines: Vec<&str> = list.lines().collect();
    assert!(
        lines[0].starts_with("00000-dcgan-pics  ") && lines[0].contains("  step 3 ") && lines[0].ends_with("finished"),
        "{list}"
    );
    assert_eq!(lines[1..3], ["    dcgan on pics", "    runs/00000-dcgan-pics/samples/step-00000003.png"]);
    assert!(list.contains("\n    dcgan on pics; sliced_wasserstein "), "{list}");
    assert!(list.contains("broken\n    no spec.toml"), "{list}");
    let objects = here(&["runs", "--json"]).ok().json();
    assert_eq!((objects.len(), &objects[0]["step"], &objects[2]["state"]), (3, &3.into(), &"broken".into()));
    assert_eq!(objects[1]["score"]["metric"], "sliced_wasserstein");

    // Without a terminal it says what there is, and takes --yes.
    let checkpoints = || {
        let entries = std::fs::read_dir(place.path().join("runs/00000-dcgan-pics/checkpoints")).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let all = ["latest", "step-00000000", "step-00000001", "step-00000002", "step-00000003"];
    let told = here(&["clean"]).ok();
    assert!(
        told.stdout.contains("checkpoints ") && told.stdout.contains(": 2 old ones of runs/00000-dcgan-pics"),
        "{}",
        told.stdout
    );
    assert!(told.stdout.contains("cache       ") && told.stderr.contains("nothing was removed: --yes"), "{told:?}");
    assert_eq!((checkpoints(), cached()), (all.map(String::from).to_vec(), 2));
    // A run that a process holds is left alone.
    let lock = std::fs::File::open(place.path().join("runs/00000-dcgan-pics/.lock")).unwrap();
    lock.lock().unwrap();
    assert!(here(&["runs"]).ok().stdout.contains("  running\n"));
    let told = here(&["clean", "--checkpoints", "--yes"]).ok();
    assert!(told.stderr.contains("a process trains it") && checkpoints() == all, "{told:?}");
    drop(lock);
    here(&["clean", "--checkpoints", "runs/00000-dcgan-pics", "--yes"]).ok();
    assert_eq!((checkpoints().join(" "), cached()), ("latest step-00000000 step-00000003".into(), 2));
    let report = here(&["data", "pics"]).ok().stdout;
    assert!(report.contains("\ncache       ") && report.contains("`ganymede clean --cache`"), "{report}");
    here(&["clean", "--cache", "--yes"]).ok();
    assert_eq!(cached(), 1, "the lock stays");
    assert!(here(&["clean"]).ok().stderr.contains("nothing to remove"));
    here(&["resume", "runs/00000-dcgan-pics", "--steps", "4"]).ok();
    here(&["verify", "runs/00000-dcgan-pics"]).ok();
}

/// What was best by the log stays, though newer ones do as well.
#[test]
fn the_best_checkpoint_is_not_cleaned_away() {
    let place = tempfile::tempdir().unwrap();
    images(&place.path().join("pics"), &[]);
    let here = |words: &[&str]| within(place.path(), "", words);
    let evaluate = "evaluate={every_kimg=0.008,samples=6,metrics=['sliced_wasserstein']}";
    let train =
        ["train", "pics", "--preset", "dcgan", "--width", "8", "--batch", "8", "--threads", "1", "--steps", "4"];
    here(&[&train[..], &["--checkpoint-every", "1", "--set", evaluate]].concat()).ok();
    let log = place.path().join("runs/00000-dcgan-pics/events.jsonl");
    let line = |text: &str| {
        let mut event: serde_json::Value = serde_json::from_str(text).unwrap();
        if event["kind"] == "metrics" {
            event["scores"][0]["value"] = if event["step"] == 2 { 0.25.into() } else { 0.5.into() };
        }
        event.to_string() + "\n"
    };
    let lines: String = std::fs::read_to_string(&log).unwrap().lines().map(line).collect();
    std::fs::write(&log, lines).unwrap();
    here(&["clean", "--checkpoints", "--yes"]).ok();
    let left = |step: u64| place.path().join(format!("runs/00000-dcgan-pics/checkpoints/step-{step:08}")).is_dir();
    assert_eq!([0, 1, 2, 3, 4].map(left), [true, false, true, false, true]);
}
