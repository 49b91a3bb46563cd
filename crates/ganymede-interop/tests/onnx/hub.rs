//! The folder for Hugging Face: what its card says, and that nothing in it names a path. `reference/hub/check.py` loads it.

use crate::common::{images, points};
use ganymede_data::{DataOptions, Dataset, Source};
use ganymede_gan::Training;
use ganymede_interop::keras;
use ganymede_interop::{ExportOptions, Trained, export, format};
use std::fs;
use std::path::Path;

fn written(trained: &Trained, out: &Path, license: Option<&str>) -> (Vec<String>, String) {
    let mut options = ExportOptions::default();
    options.license = license.map(String::from);
    let notes = export(trained, format("hub").unwrap(), &options, out, false).unwrap();
    (notes, fs::read_to_string(out.join("README.md")).unwrap())
}

/// The front matter, which is made of plain lines.
fn front(card: &str) -> Vec<&str> {
    let mut parts = card.split("---\n");
    assert_eq!(parts.next(), Some(""));
    parts.next().unwrap().lines().collect()
}

#[test]
fn a_card_says_what_is_there_and_who_chose_the_licence() {
    let folder = tempfile::tempdir().unwrap();
    let run = images(&folder.path().join("runs"), "dcgan");
    let trained = Trained::open(&run, None, false).unwrap();
    let out = folder.path().join("hub");
    let (notes, card) = written(&trained, &out, None);
    let files =
        ["README.md", "config.json", "ganymede.json", "metadata.json", "model.onnx", "model.py", "model.safetensors"];
    let files = files.iter().chain(&["model.weights.h5", "samples.png"]);
    files.for_each(|name| assert!(out.join(name).is_file(), "{name}"));
    let front_lines = front(&card);
    assert_eq!(
        front_lines[..3],
        ["license: \"other\"", "library_name: keras", "pipeline_tag: unconditional-image-generation"]
    );
    assert!(front_lines.contains(&"- onnx") && !card.contains("model-index"), "{card}");
    assert!(
        card.contains("The run did not evaluate these weights.")
            && card.contains("![Samples of fixed seeds](samples.png)")
    );
    assert!(card.contains("Nobody has chosen a licence") && notes.iter().any(|note| note.starts_with("license other")));
    assert!(card.contains("| data | stripes |") && card.contains("np.random.randn(16, 100)"), "{card}");
    let (_, card) = written(&trained, &folder.path().join("mit"), Some("mit"));
    assert!(front(&card).contains(&"license: \"mit\"") && !card.contains("Nobody has chosen"), "{card}");
    // What Keras reads, ganymede reads: the folder is the file.
    let (folder_, file) = (keras::read(&out).unwrap(), folder.path().join("g.keras"));
    export(&trained, format("keras").unwrap(), &ExportOptions::default(), &file, false).unwrap();
    assert_eq!(folder_, keras::read(&file).unwrap());
    // The same run is the same bytes.
    let again = folder.path().join("again");
    written(&trained, &again, None);
    for entry in fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::read(&path).unwrap(), fs::read(again.join(path.file_name().unwrap())).unwrap(), "{path:?}");
    }
}

/// Points in a file of a folder with a telling name, evaluated after both of two steps.
#[test]
fn only_the_evaluation_of_these_weights_is_told_and_no_path_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("somebody").join("points.npy");
    fs::create_dir_all(data.parent().unwrap()).unwrap();
    let header = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 2), }");
    let values = (0..120).flat_map(|i| (i as f32).sin().to_le_bytes());
    fs::write(
        &data,
        b"\x93NUMPY\x01\x00\x76\x00".iter().copied().chain(header.bytes()).chain(values).collect::<Vec<u8>>(),
    )
    .unwrap();
    let source = Source::parse(data.to_str().unwrap()).unwrap();
    let opened = Dataset::open(&source, &DataOptions::default(), &()).unwrap();
    let training = Training::preset_of_width("mlp", Some(8), opened).unwrap().batch(10).steps(2);
    let training = training
        .outdir(folder.path().join("runs"))
        .set("evaluate={every_kimg=0.01,samples=20,metrics=['sliced_wasserstein','frechet']}")
        .unwrap();
    let run = training.start().unwrap().train().unwrap().run;
    let trained = Trained::open(&run, None, false).unwrap();
    let out = folder.path().join("hub");
    let (_, card) = written(&trained, &out, None);
    for entry in fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"somebody"), "{path:?}");
    }
    assert!(card.contains("points.npy"), "{card}");
    let lines = ganymede_gan::events::read(&run.join("events.jsonl")).unwrap();
    let scores = lines.iter().rev().find_map(|line| match &line.event {
        ganymede_gan::events::Event::Metrics { scores, .. } => Some((line.step, scores.clone())),
        _ => None,
    });
    let (step, scores) = scores.unwrap();
    assert!(step == 2 && !scores.is_empty(), "{card}");
    for score in &scores {
        assert!(card.contains(&format!("        protocol: \"{}\"", score.protocol)), "{card}");
        assert!(card.contains(&format!(
            "| {:.4} | {:.4} to {:.4} |",
            score.estimate.value, score.estimate.low, score.estimate.high
        )));
    }
    // Of another step, or of weights that are not averaged, it says nothing.
    let before = Trained::open(&run, Some(0), false).unwrap();
    let (_, card) = written(&before, &folder.path().join("before"), None);
    assert!(!card.contains("model-index") && card.contains("did not evaluate"), "{card}");
}

#[test]
fn a_form_that_cannot_be_written_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = points(&folder.path().join("runs"), "mlp");
    let mut trained = Trained::open(&run, None, false).unwrap();
    let layer = serde_json::from_str(r#"{"class_name": "UnitNormalization", "name": "unit"}"#).unwrap();
    trained.spec.networks.get_mut("generator").unwrap().layers.push(layer);
    let out = folder.path().join("hub");
    let (notes, card) = written(&trained, &out, None);
    assert!(!out.join("model.py").exists() && out.join("model.onnx").exists());
    assert!(notes.iter().any(|note| note.starts_with("without PyTorch: layer `unit`")), "{notes:?}");
    assert!(
        card.contains("- PyTorch: layer `unit` (UnitNormalization)") && !card.contains("from model import load"),
        "{card}"
    );
    assert!(!front(&card).contains(&"- pytorch"));
}
