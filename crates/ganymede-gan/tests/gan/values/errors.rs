//! Errors: what they say, and that each has the hint of its kind. Not here: when they come.

use ganymede_data::DataError;
use ganymede_data::text::NotText;
use ganymede_gan::check::check;
use ganymede_gan::presets::{PresetInput, preset_for};
use ganymede_gan::spec::{SpecFault, TrainSpec, Update};
use ganymede_gan::{GanError, HighestRate};
use std::path::{Path, PathBuf};

fn nowhere() -> DataError {
    DataError::NotFound { text: "x".into(), names: vec!["ring2d".into()] }
}

fn runaway(before: Option<PathBuf>) -> GanError {
    GanError::Runaway { step: 60, loss: "d/hinge".into(), value: 2.5e7, steps: 50, checkpoint: "c".into(), before }
}

#[test]
fn every_kind_of_error_says_what_to_do() {
    let known = || vec!["hinge".to_string(), "wasserstein".into()];
    let path = || "runs/00001".into();
    for (error, text, hint) in [
        (
            GanError::Version { what: "a spec", expected: 1, found: 9 },
            "expected a spec of format_version 1 or lower, found 9",
            "update ganymede",
        ),
        (
            GanError::SpecIncomplete { missing: vec!["train", "phases"] },
            "found none of: train, phases",
            "ganymede check FILE",
        ),
        (
            GanError::Edit { assignment: "x=1".into(), reason: "no".into() },
            "cannot set `x=1`: no",
            "such as train.batch=32",
        ),
        (
            GanError::Unknown { kind: "a loss", name: "hing".into(), known: known() },
            "expected a loss, found `hing`",
            "did you mean `hinge`? known: hinge, wasserstein",
        ),
        (
            GanError::Unknown { kind: "a loss", name: "xyz".into(), known: known() },
            "found `xyz`",
            "known: hinge, wasserstein",
        ),
        (
            GanError::Memory { needed: 5 << 20, available: 3 << 20, limit: "available memory" },
            "at most 3.0 MiB (available memory), found one of at least 5.0 MiB",
            "--batch",
        ),
        (
            GanError::Memory { needed: 200 << 30, available: 103 << 20, limit: "the cgroup's limit" },
            "at most 0.1 GiB (the cgroup's limit), found one of at least 200.0 GiB",
            "--batch",
        ),
        (GanError::Locked { path: path() }, "the run is locked by another process", "train into another --outdir"),
        (
            GanError::Changed { path: path(), changes: vec!["a: 1 -> 2".into(), "b: 3 -> 4".into()] },
            "cannot change a: 1 -> 2; b: 3 -> 4",
            "--from RUN",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: Some(3), known: vec![5, 10] },
            "expected a checkpoint of step 5, 10, found 3",
            "name one of those",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: Some(3), known: vec![] },
            "expected a checkpoint in checkpoints/, found none",
            "before anything was saved",
        ),
        (
            GanError::NoCheckpoint { path: path(), asked: None, known: vec![] },
            "expected a checkpoint in checkpoints/, found none",
            "before anything was saved",
        ),
        (
            GanError::Damaged { path: path(), reason: "short".into() },
            "runs/00001: short",
            "it changed after it was written",
        ),
        (
            GanError::Misfit { path: path(), reason: "other".into() },
            "runs/00001: other",
            "the checkpoint is of other networks",
        ),
        (GanError::Run { path: path(), reason: "no".into() }, "runs/00001: no", "a run is a folder with a spec.toml"),
        (
            GanError::Text(NotText { line: 7, reason: "expected UTF-8".into() }),
            "line 7: expected UTF-8",
            "save it as UTF-8",
        ),
        (GanError::Data(nowhere()), "expected a path or one of ring2d, found `x`", "check the spelling"),
        (
            GanError::DataMoved { run: path(), source: Box::new(nowhere()) },
            "expected a path or one of ring2d, found `x`",
            "`ganymede train PLACE --outdir runs/00001` goes on with it",
        ),
        (
            GanError::DataChanged { run: path(), source_name: "pics".into(), changes: vec!["5 samples".into()] },
            "pics: expected the data that the run was started on, found 5 samples",
            "`ganymede evaluate runs/00001 DATA` compares",
        ),
        (
            GanError::NonFinite {
                step: 3,
                value: None,
                phase: "g".into(),
                what: vec!["x".into()],
                checkpoint: "runs/a/checkpoints/step-2".into(),
                rate: HighestRate::of(&preset_for("mlp", &PresetInput::of(vec![2])).unwrap()),
            },
            "numbers became NaN or infinite at step 3, first in phase `g`: x; nothing of that step was saved",
            "the same step fails again unless something is changed. `--from runs/a --set phases.0.optimizer.learning_rate=",
        ),
        (
            runaway(None),
            "the loss d/hinge is 2.500e7, and was beyond ±1e6 for 50 steps",
            "lower learning rate; the last",
        ),
        (
            runaway(Some("c/step-1".into())),
            "step 60: the loss",
            "for instance from c/step-1; the last state is kept in c",
        ),
        (
            GanError::Defect { place: "d".into(), reason: "bad".into(), fixes: vec!["do a".into(), "do b".into()] },
            "d: bad",
            "do a; or do b",
        ),
        (
            GanError::Passed { run: path(), step: 9, kimg: Some(0.5), length: "--kimg", asked: "0.2".into() },
            "runs/00001: already at step 9 (0.5 kimg); --kimg is the total, found 0.2",
            "give a larger --kimg;",
        ),
    ] {
        let (found, found_hint) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(found.contains(text), "{found}");
        assert!(found_hint.contains(hint), "{found}: {found_hint}");
        // The same in a file.
        let inside = error.in_file(Path::new("spec.toml"));
        assert_eq!(
            (inside.to_string(), inside.hint().unwrap_or_default()),
            (format!("spec.toml: {found}"), found_hint)
        );
    }
    let without = GanError::Argument { what: "phase `d`".into(), reason: "expected one".into() };
    assert_eq!((without.to_string().as_str(), without.hint()), ("phase `d`: expected one", None));
    assert_eq!(GanError::Defect { place: "d".into(), reason: "bad".into(), fixes: vec![] }.hint(), None);
}

/// Every fault at once: its place, what was expected in words, and what is written instead where that is clear.
#[test]
fn all_that_is_wrong_with_a_text_is_told_at_once() {
    let text = r#"
seed = -1
[train]
batch = 64.0
steps = "many"
update = "simultanous"
stepz = 5
[latnet]
distribution = "normal"
[data]
source = 7
resolution = "x"
mirror = "true"
[ema]
half_life_kimg = []
[networks.generator]
layers = [
    { class_name = "Input", shape = 3 },
    { class_name = 5, units = 3 },
]
[[phases]]
name = "d"
trains = "discriminator"
every = 0.5
optimizer = { class_name = "Adom", lr = 1.0 }
terms = [{ class_name = "hinge", weight = "1.0", every = "often" }]
[[phases]]
trains = ["generator"]
tops = 3
"#;
    let draft = TrainSpec::lenient(text).unwrap();
    let fault_line = |fault: &SpecFault| {
        let mend = fault.mend.as_ref().map_or(String::new(), |mend| format!(" -> {mend}"));
        format!("{} {}: {}{mend}", fault.line, fault.place, fault.reason)
    };
    let found: Vec<String> = draft.faults.iter().map(fault_line).collect();
    assert_eq!(
        found,
        [
            "2 seed: expected a seed from 0 to 9223372036854775807, found `-1`",
            "4 train.batch: expected a whole number above 0, found `64.0` -> write 64",
            "5 train.steps: expected a whole number above 0, found `\"many\"`",
            "6 train.update: expected one of `alternating`, `simultaneous`, found `\"simultanous\"` -> write \"simultaneous\"",
            "7 train.stepz: expected a key of this table, found `stepz` -> name it `steps`",
            "8 latnet: expected a key of this table, found `latnet` -> name it `latent`",
            "11 data.source: expected a name such as `ring2d`, or a path, found `7`",
            "12 data.resolution: expected a size such as 32 or 48x32, found `x`",
            "13 data.mirror: expected `true`, `false`, found `\"true\"` -> write true",
            "15 ema.half_life_kimg: expected a number or a schedule, found `[]`",
            "19 networks.generator.layers.1.class_name: expected a text in quotes, found `5`",
            "23 phases.0.trains: expected names of networks, found `\"discriminator\"` -> write [\"discriminator\"]",
            "24 phases.0.every: expected a whole number above 0, found `0.5`",
            "25 phases.0.optimizer.class_name: expected the name of an optimizer, found `Adom` -> write \"Adam\"",
            "25 phases.0.optimizer.lr: expected a key of this table, found `lr` -> name it `learning_rate`",
            "26 phases.0.terms.0.weight: expected a number or a schedule, found `\"1.0\"` -> write 1.0",
            "26 phases.0.terms.0.every: expected a whole number above 0, found `\"often\"`",
            "27 phases.1.name: expected `name` (a text), found none",
            "29 phases.1.tops: expected a key of this table, found `tops` -> name it `top_k`",
        ]
    );
    // What was clear is read as it was meant, and what was not is left out.
    let spec = &draft.spec;
    assert_eq!((spec.train.batch, spec.train.steps, spec.train.update), (64, Some(5), Update::Simultaneous));
    assert_eq!((spec.phases[0].trains.as_slice(), spec.phases.len()), (&["discriminator".to_string()][..], 2));
    assert_eq!(spec.phases[0].optimizer.as_ref().unwrap().learning_rate, 1.0.into());
    assert!(spec.data.options.mirror && spec.ema.is_some());
    // Who wants a spec gets none, and all of this.
    let error = TrainSpec::draft(text).unwrap_err();
    assert_eq!(error.to_string().lines().count(), found.len());
    assert!(error.hint().unwrap().contains("name it `steps`"), "{error}");
}

fn told(text: &str) -> Vec<String> {
    let line = |fault: &SpecFault| {
        let mend = fault.mend.as_ref().map_or(String::new(), |mend| format!(" -> {mend}"));
        format!("{} {}: {}{mend}", fault.line, fault.place, fault.reason)
    };
    TrainSpec::lenient(text).unwrap().faults.iter().map(line).collect()
}

/// A key that has to be there and is not, or cannot be read, is one fault; the rest stays.
#[test]
fn what_has_to_be_there_is_missed_once() {
    let text = "[train]\nbatch = 32\n[evaluate]\nsamples = 500\n[[phases]]\nname = 'd'\n";
    assert_eq!(told(text), ["5 phases.0.trains: expected `trains` (names of networks), found none"]);
    let draft = TrainSpec::lenient(text).unwrap();
    assert_eq!((draft.spec.train.batch, draft.spec.evaluate.unwrap().samples, draft.spec.phases.len()), (32, 500, 1));
    assert_eq!(
        told("[evaluate]\nevery_kimg = 'ten'\n"),
        ["2 evaluate.every_kimg: expected a number from 0, found `'ten'`"]
    );
    // Of the stand-in no rule says anything.
    let report = check(&TrainSpec::lenient(text).unwrap(), None);
    let of_it = report.findings.iter().filter(|finding| finding.place.contains("every_kimg"));
    assert_eq!(of_it.count(), 1, "{report}");
}

/// Inside an optimizer or a schedule every fault has its own line, and what it leaves behind is no fault.
#[test]
fn optimizers_and_schedules_are_told_by_argument() {
    let phase = |optimizer: &str| {
        format!("[[phases]]\nname = 'd'\ntrains = ['discriminator']\n[phases.optimizer]\n{optimizer}")
    };
    let schedule = "class_name = 'Adam'\n[phases.optimizer.learning_rate]\nclass_name = 'CosineDecay'\n";
    for (optimizer, expected) in [
        (
            "class_name = 'Adam'\nbetas = [0.5, 0.999]".to_string(),
            &["6 phases.0.optimizer.betas: `Adam` has no argument `betas` -> write beta_1 = 0.5 and beta_2 = 0.999"][..],
        ),
        (
            "class_name = 'torch.optim.Adam'\nlearning_rate = [0.0002]\nbeta_1 = 1".into(),
            &[
                "5 phases.0.optimizer.class_name: expected the name of an optimizer, found `torch.optim.Adam` -> write \"Adam\"",
                "6 phases.0.optimizer.learning_rate: `Adam` expected `learning_rate` to be a number or a schedule, found [0.0002] -> write 0.0002",
                "7 phases.0.optimizer.beta_1: `Adam` expected `beta_1` to be a number from 0 to below 1, found 1 -> write 0.5 (usual here)",
            ],
        ),
        (
            format!("{schedule}initial_learning_rate = 0.1\ndecay_steps = 0\nalhpa = 0.5"),
            &[
                "9 phases.0.optimizer.learning_rate.decay_steps: `CosineDecay` expected `decay_steps` to be a number above 0, found 0",
                "10 phases.0.optimizer.learning_rate.alhpa: expected a key of this table, found `alhpa` -> name it `alpha`",
            ],
        ),
        (
            "class_name = 'Adam'\n[phases.optimizer.learning_rate]\ninitial_learning_rate = 0.1".into(),
            &[
                "6 phases.0.optimizer.learning_rate: `Adam` expected `learning_rate` to be a number or a schedule, found a table without class_name",
            ],
        ),
        (
            "class_name = 'Adam'\nlearning_rate = nan".into(),
            &[
                "6 phases.0.optimizer.learning_rate: `Adam` expected `learning_rate` to be a number or a schedule, found nan or inf",
            ],
        ),
    ] {
        assert_eq!(told(&phase(&optimizer)), expected);
    }
    let spec = TrainSpec::lenient(&phase("class_name = 'Adam'\nbetas = [0.4, 0.9]")).unwrap().spec;
    let right = TrainSpec::draft(&phase("class_name = 'Adam'\nbeta_1 = 0.4\nbeta_2 = 0.9")).unwrap().spec;
    assert_eq!(spec, right);
}

#[test]
fn other_forms_of_values_are_told_in_words() {
    for (text, expected) in [
        ("[data]\nmirror = 'yes'", "2 data.mirror: expected `true`, `false`, found `'yes'` -> write true"),
        ("[data]\nbackground = [1, 2]", "2 data.background: expected red, green, blue from 0 to 255, found `[1, 2]`"),
        (
            "[data]\nbackground = [1, 2, 300]",
            "2 data.background: expected red, green, blue from 0 to 255, found `[1, 2, 300]`",
        ),
        ("[data]\nrange = [0, 1, 2]", "2 data.range: expected two numbers, the lower first, found `[0, 1, 2]`"),
        ("[train]\nn_critic = -3", "2 train.n_critic: expected a whole number above 0, found `-3`"),
        ("[train]\nbatch = [64]", "2 train.batch: expected a whole number above 0, found `[64]` -> write 64"),
        (
            "[train]\nnumerics = 'fsat'",
            "2 train.numerics: expected fast or strict numerics, found `fsat` -> write \"fast\"",
        ),
        (
            "[latent]\ndistribution = 'gaussian'",
            "2 latent.distribution: expected one of `normal`, `uniform`, found `'gaussian'` -> write \"normal\"",
        ),
        ("[[ema]]\nnetwork = 'g'", "1 ema: expected one table, found `[[ema]]` -> write [ema]"),
        (
            "[phases]\nname = 'd'\ntrains = []",
            "1 phases: expected a list of tables, found `[phases]` -> write [[phases]]",
        ),
        (
            "augment = 'diff_augment'",
            "1 augment: expected a list of tables, found `'diff_augment'` -> write [{ class_name = \"diff_augment\" }]",
        ),
        (
            "[[networks.g.layers]]\nclass_name = 'Flatten'\ninputs = 'image'",
            "3 networks.g.layers.0.inputs: expected a list in brackets, found `'image'` -> write [\"image\"]",
        ),
    ] {
        assert_eq!(told(text), [expected], "{text}");
    }
    assert_eq!(
        TrainSpec::draft("[data]\nlabel_column = 2").unwrap().spec.data.options.label_column.as_deref(),
        Some("2")
    );
}

/// What is no TOML: one sentence for each mistake, not for what follows from it, and the rest of the text is read.
#[test]
fn mistakes_of_the_form_hide_nothing() {
    let found = told("[train]\nbatch = 3\nsteps = 4.5\nbatch = 5\n");
    assert_eq!(
        found,
        [
            "3 train.steps: expected a whole number above 0, found `4.5`",
            "4 : expected every key once, found `batch` again, which is on line 2 already",
        ]
    );
    let text = r#"
[data]
fit = "crop  # how
[train]
steps = 7
steps = 7
[[networks.g.layers]
class_name = "Conv2D"
strides = [2, 2  # steps
filters = 3
[phases]
name = 'd'
[phases.optimizer]
class_name = 'Adom'
[phases]
name = 'g'
trains = []
"#;
    assert_eq!(
        told(text),
        [
            "3 : expected a text that ends with a quote, found `\"crop` -> write \"crop\"",
            "6 : expected every key once, found `steps` again, which is on line 5 already -> leave the second `steps` out",
            "7 : expected as many brackets behind a name as before it, found `[[networks.g.layers]` -> write [[networks.g.layers]]",
            "9 : expected a list that ends with a bracket, found `[2, 2` -> write [2, 2]",
            "11 phases.0.trains: expected `trains` (names of networks), found none",
            "14 phases.0.optimizer.class_name: expected the name of an optimizer, found `Adom` -> write \"Adam\"",
            "15 : expected a list of tables, found [phases] again, which is on line 11 already -> write [[phases]] each time",
        ]
    );
    let draft = TrainSpec::lenient(text).unwrap();
    let layer = &draft.spec.networks["g"].layers[0];
    assert_eq!((layer.arguments.len(), draft.spec.train.steps, draft.spec.phases.len()), (2, Some(7), 2));
    assert_eq!(draft.text.lines().count(), text.lines().count());
    assert_eq!(told("[train]\nsteps = 1e400\n"), ["2 train.steps: expected a number up to 1.8e308, found `1e400`"]);
    // What cannot be mended is told as it is, beside what can.
    let error = TrainSpec::lenient("[train\nsteps = \n").unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().map(|line| line.split(", ").next().unwrap()).collect();
    assert_eq!(lines, ["line 1", "line 2"], "{error}");
}

/// A list of many lines without its end is one fault, which says where it begins.
#[test]
fn a_list_without_its_end_is_told_once() {
    let text = "[networks.g]\nlayers = [\n{ class_name = 'Flatten' },\n[train]\nsteps = 3\nbatch = 4\nkeep = 1\n";
    let error = TrainSpec::lenient(text).unwrap_err().to_string();
    assert_eq!(error, "line 2, column 10: expected a list that ends with a bracket, found `layers = [`");
}

/// Whatever is done to a text: its reading ends, its lines stay, and what is told has a line of it.
#[test]
fn every_text_is_read_to_its_end() {
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap().to_commented_toml();
    let letters: Vec<char> = spec.chars().collect();
    for (number, at) in (0..letters.len()).step_by(23).enumerate() {
        let mut changed = letters.clone();
        match ["", "\"", "]", "[", "=", "ü", "\n", "#"][number % 8] {
            "" => drop(changed.remove(at)),
            other => changed.splice(at..at + number % 2, other.chars()).for_each(drop),
        }
        let text: String = changed.iter().collect();
        let lines = text.split('\n').count();
        let faults = match TrainSpec::lenient(&text) {
            Ok(draft) => {
                assert_eq!(draft.text.split('\n').count(), lines, "{text}");
                check(&draft, None);
                draft.faults
            }
            Err(GanError::Spec { faults }) => faults,
            Err(error) => panic!("{error}: {text}"),
        };
        assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "{faults:?}");
    }
}

/// What was not read is not missed, what has nothing to do with it is judged.
#[test]
fn rules_judge_what_was_read() {
    let text = "[train]\nbatch = -1\nsteps = 'many'\n\
                [[networks.generator.layers]]\nclass_name = 'Input'\nshape = [4]\n\
                [[networks.generator.layers]]\nclass_name = 'DropOut'\nrate = 0.5\n\
                [[phases]]\nname = 'd'\ntrains = ['discriminator']\nterms = [{ class_name = 'hing' }]\n\
                optimizer = { class_name = 'Adam', learning_rate = 'fast', beta_1 = 1 }\n";
    let report = check(&TrainSpec::lenient(text).unwrap(), None);
    let found: Vec<(&str, &str)> = report.findings.iter().map(|f| (f.rule, f.reason.as_str())).collect();
    let has = |rule: &str, part: &str| found.iter().any(|(name, reason)| *name == rule && reason.contains(part));
    assert!(has("reading", "a whole number above 0, found `-1`") && has("reading", "found `'many'`"), "{found:?}");
    assert!(has("reading", "`learning_rate` to be a number or a schedule"), "{found:?}");
    assert!(has("reading", "`beta_1` to be a number from 0 to below 1, found 1"), "{found:?}");
    assert!(has("shapes", "`DropOut`") && has("terms", "hing"), "{found:?}");
    assert!(!has("train_table", ""), "{found:?}");
    assert_eq!(found.iter().filter(|(rule, _)| *rule == "reading").count(), 4, "{found:?}");
}

#[test]
fn every_place_that_is_no_toml_is_told() {
    let error = TrainSpec::draft("seed = \n[train]\nbatch = 3x\nsteps = 5\n[data\n").unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().map(|line| line.split(", ").next().unwrap()).collect();
    assert_eq!(lines, ["line 1", "line 3", "line 5"], "{error}");
}

#[test]
fn places_in_a_spec_are_counted_from_one() {
    for (text, place) in [
        ("stepz = 5", "line 1, column 1: "),
        ("seed = 1\n[train]\n  stepz = 5\n", "line 3, column 3: "),
        ("seed = 1\n[train]\nbatch = 'x'\n", "line 3, column 9: "),
        ("seed = 1\nseed = 2\n", "line 2, column 1: "),
    ] {
        let error = TrainSpec::draft(text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{text:?}: {error}");
    }
}

/// A misspelt name whose right one is there too is not renamed over it: what it says is told and left out, and the other stays.
#[test]
fn a_name_that_is_there_already_is_not_given_twice() {
    let text = "[train]\nsteps = 7\nstepz = 5\n[[phases]]\nname = 'd'\ntrains = ['discriminator']\n\
                optimizer = { class_name = 'Adam', lr = 1.0, learning_rate = 0.5 }\n";
    let draft = TrainSpec::lenient(text).unwrap();
    let told: Vec<(usize, &str, Option<&str>)> =
        draft.faults.iter().map(|fault| (fault.line, fault.place.as_str(), fault.mend.as_deref())).collect();
    assert_eq!(told, [(3, "train.stepz", None), (7, "phases.0.optimizer.lr", None)]);
    let reason = "expected a key of this table, found `stepz` (did you mean `steps`, which is there already?)";
    assert_eq!(draft.faults[0].reason, reason);
    assert_eq!(draft.spec.train.steps, Some(7));
    assert_eq!(draft.spec.phases[0].optimizer.as_ref().unwrap().learning_rate, 0.5.into());
}

/// Each place is found once among the lines: a text of many is read in no more time than one of few, by the line.
#[test]
fn places_of_a_long_text_are_right() {
    let lines: String = (0..20_000).map(|n| format!("# {n}\n")).collect();
    let text = format!("{lines}seed = 'x'\r\n[train]\nbatch = 'many'\n");
    let draft = TrainSpec::lenient(&text).unwrap();
    let places: Vec<(usize, usize)> = draft.faults.iter().map(|fault| (fault.line, fault.column)).collect();
    assert_eq!((places, draft.line("train.batch")), (vec![(20_001, 8), (20_003, 9)], Some(20_003)));
}
