//! Files are read back by the record, with their checksums. `reference/tensorboard/check.py` has TensorBoard's own reader read them.

use super::messages::{Content, EventMessage, Session, What};
use super::*;
use ganymede_data::Dataset;
use ganymede_gan::Training;
use ganymede_gan::events::Observer;
use prost::Message;
use std::collections::BTreeMap;
use std::fs;

/// The messages of a folder's files, in the order in which readers take them.
fn read(folder: &Path) -> Vec<EventMessage> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut messages = Vec::new();
    for file in files {
        let bytes = fs::read(file).unwrap();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            messages.push(EventMessage::decode(&rest[12..12 + length]).unwrap());
            rest = &rest[length + 16..];
        }
    }
    messages
}

/// (step, value) of each scalar by its tag, as a reader has them in the end.
fn scalars(messages: &[EventMessage]) -> BTreeMap<String, Vec<(i64, f32)>> {
    let mut found: BTreeMap<String, Vec<(i64, f32)>> = BTreeMap::new();
    for message in messages {
        match &message.what {
            Some(What::Session(Session { status: 1 })) => {
                found.values_mut().for_each(|values| values.retain(|(step, _)| *step < message.step));
            }
            Some(What::Summary(summary)) => {
                for value in &summary.value {
                    if let Some(Content::Scalar(number)) = value.content {
                        found.entry(value.tag.clone()).or_default().push((message.step, number));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// What the log says.
fn losses(run: &Path) -> Vec<(i64, f32)> {
    let lines = events::read(&run.join("events.jsonl")).unwrap();
    let loss = |line: &Line| match &line.event {
        Event::Tick { losses, .. } => Some((line.step as i64, losses["g/non_saturating"] as f32)),
        _ => None,
    };
    lines.iter().filter_map(loss).collect()
}

struct Watch(Option<TensorBoard>, PathBuf);

impl Observer for Watch {
    fn line(&mut self, line: &Line) {
        let log = fs::read_dir(&self.1).unwrap().map(|run| run.unwrap().path()).next().unwrap();
        let board = self.0.get_or_insert_with(|| TensorBoard::new(&log, &log.join(FOLDER)));
        board.line(line).unwrap();
    }
}

fn data() -> Dataset {
    let images: Vec<u8> = (0..8 * 16 * 16).map(|i| (i * 7 % 251) as u8).collect();
    Dataset::from_samples("stripes", images, [16, 16, 1]).build().unwrap()
}

fn training(folder: &Path) -> Training {
    let training = Training::preset_of_width("dcgan", Some(8), data()).unwrap().batch(4).steps(6).outdir(folder);
    training.set("train.tick_every=2").unwrap().set("train.checkpoint_every=4").unwrap()
}

#[test]
fn a_training_that_goes_on_has_each_step_once() {
    let folder = tempfile::tempdir().unwrap();
    let watch = || Watch(None, folder.path().into());
    let mut trainer = training(folder.path()).compile().unwrap().start(watch()).unwrap();
    let run = trainer.run_dir().path().to_path_buf();
    trainer.advance_to(6, &false.into()).unwrap();
    // As if it were killed here: steps 5 and 6 are done again.
    drop(trainer);
    let board = run.join(FOLDER);
    assert_eq!(fs::read_dir(&board).unwrap().count(), 1);
    let lock = ganymede_gan::run_dir::RunDir::open(&run).unwrap();
    let spec = ganymede_gan::run_dir::read_spec(&run).unwrap();
    let again = Training::resume_on(lock, spec, data()).unwrap().compile().unwrap().start(watch()).unwrap();
    again.run(&false.into()).unwrap();
    assert_eq!(fs::read_dir(&board).unwrap().count(), 2);
    let messages = read(&board);
    assert_eq!(
        messages.iter().filter(|m| matches!(&m.what, Some(What::FileVersion(v)) if v == "brain.Event:2")).count(),
        2
    );
    let found = scalars(&messages);
    assert_eq!(found["Loss/g/non_saturating"], losses(&run));
    assert_eq!(found["Loss/g/non_saturating"].iter().map(|(step, _)| *step).collect::<Vec<_>>(), [2, 4, 6]);
    assert_eq!(found["Scalars/d/learning_rate"][0], (2, 0.0002));
    assert!(found["Timing/steps_per_sec"].iter().all(|(_, speed)| *speed > 0.0));

    // The same afterwards from the log alone.
    let trained = Trained::open(&run, None, false).unwrap();
    let out = folder.path().join("out");
    let notes = write(&trained, &ExportOptions::default(), &out).unwrap();
    assert_eq!(scalars(&read(&out)), found);
    assert!(!notes.iter().any(|note| note.starts_with("missing")), "{notes:?}");
    assert!(read(&out).windows(2).all(|pair| pair[0].wall_time <= pair[1].wall_time));

    // A folder without event files gets the history first.
    let late = folder.path().join("late");
    let mut board = TensorBoard::new(&run, &late);
    board.line(events::read(&run.join("events.jsonl")).unwrap().last().unwrap()).unwrap();
    assert_eq!(scalars(&read(&late)), found);
}

#[test]
fn grids_are_pictures_with_their_sizes_and_the_spec_is_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let run = training(folder.path()).start().unwrap().train().unwrap().run;
    let trained = Trained::open(&run, None, false).unwrap();
    write(&trained, &ExportOptions::default(), &folder.path().join("out")).unwrap();
    let (mut pictures, mut texts) = (Vec::new(), Vec::new());
    for message in read(&folder.path().join("out")) {
        let Some(What::Summary(summary)) = message.what else { continue };
        for value in summary.value {
            match value.content {
                Some(Content::Image(image)) => pictures.push((message.step, image)),
                Some(Content::Tensor(tensor)) => texts.push((value.tag, value.metadata.unwrap(), tensor)),
                _ => {}
            }
        }
    }
    assert_eq!(pictures.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [0, 6]);
    for (step, image) in &pictures {
        let file = fs::read(run.join(format!("samples/step-{step:08}.png"))).unwrap();
        assert_eq!(image.encoded, file);
        // 64 images in rows of 8, each enlarged to 96 pixels, with 2 pixels between them.
        assert_eq!((image.height, image.width, image.colorspace), (782, 782, 1));
    }
    let [(tag, metadata, spec)] = &texts[..] else { panic!("{texts:?}") };
    assert_eq!((tag.as_str(), metadata.plugin.as_ref().unwrap().name.as_str()), ("Spec", "text"));
    let spec = std::str::from_utf8(&spec.texts[0]).unwrap();
    assert!(spec.starts_with("```toml\n") && spec.contains("preset = \"dcgan\""), "{spec}");
}

#[test]
fn the_probability_of_an_augmentation_is_that_of_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let training = training(folder.path()).set("augment=[{class_name='adaptive',target=-1.0,speed_kimg=1.0}]").unwrap();
    let run = training.start().unwrap().train().unwrap().run;
    let state =
        ganymede_gan::checkpoint::read_tensors(&run.join("checkpoints/step-00000006/state.safetensors")).unwrap();
    write(&Trained::open(&run, None, false).unwrap(), &ExportOptions::default(), &folder.path().join("out")).unwrap();
    let found = scalars(&read(&folder.path().join("out")));
    let last = found["Scalars/augment/0/p"].last().unwrap();
    assert!(last.1 > 0.0 && *last == (6, state["augment/0/p"].to_f64()[0] as f32), "{found:?}");
}

/// A folder that cannot be written is told of once, and nothing more is tried.
#[test]
fn what_cannot_be_written_is_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let note = |step| {
        let event = Event::Note { text: "calm".into() };
        Line { v: events::VERSION, step, kimg: 0.0, time: 1.0, event }
    };
    let mut board = TensorBoard::new(folder.path(), &file);
    let error = board.line(&note(1)).unwrap_err().to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
    board.line(&note(2)).unwrap();
}
