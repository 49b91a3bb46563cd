//! The table of formats, and what is refused.

use crate::common::{generated, images};
use ganymede_gan::checkpoint::read_tensors;
use ganymede_interop::{ExportOptions, FORMATS, InteropError, Layout, Place, Trained, export, format};
use std::fs;

#[test]
fn every_format_is_found_by_its_name_and_others_are_told_of() {
    for entry in FORMATS {
        assert_eq!(format(entry.name).unwrap().name, entry.name);
    }
    let error = format("onxx").unwrap_err().to_string();
    assert!(error.contains("did you mean `onnx`?") && error.contains("torch"), "{error}");
}

#[test]
fn nothing_that_is_there_is_lost_and_options_are_of_their_formats() {
    let folder = tempfile::tempdir().unwrap();
    let run = images(&folder.path().join("runs"), "dcgan");
    let trained = Trained::open(&run, None, false).unwrap();
    for entry in FORMATS {
        let out = folder.path().join(entry.name);
        let plain = ExportOptions::default();
        let notes = export(&trained, entry, &plain, &out, false).unwrap();
        assert!(!notes.is_empty() && out.is_dir() == matches!(entry.place, Place::Folder(_)), "{notes:?}");
        let error = export(&trained, entry, &plain, &out, false).unwrap_err();
        assert!(matches!(error, InteropError::Exists { .. }), "{error}");
        assert!(error.hint().unwrap().contains("--overwrite"));
        export(&trained, entry, &plain, &out, true).unwrap();
    }
    // A folder where a file is to be, and the other way round.
    for (entry, there) in [("onnx", "torch"), ("torch", "onnx")] {
        let error =
            export(&trained, format(entry).unwrap(), &ExportOptions::default(), &folder.path().join(there), true);
        assert!(matches!(error, Err(InteropError::Exists { .. })));
    }
    let mut options = ExportOptions::default();
    options.layout = Some(Layout::Nhwc);
    let out = folder.path().join("new");
    let error = export(&trained, format("torch").unwrap(), &options, &out, false).unwrap_err().to_string();
    assert!(error.contains("--layout: expected the format onnx, found torch") && !out.exists(), "{error}");
}

#[test]
fn runs_without_a_checkpoint_and_other_folders_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let error = Trained::open(folder.path(), None, false).unwrap_err().to_string();
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
    let run = images(&folder.path().join("runs"), "dcgan");
    let error = Trained::open(&run, Some(77), false).unwrap_err().to_string();
    assert!(error.contains("77"), "{error}");
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    assert!(Trained::open(&run, None, false).is_err());
}

#[test]
fn our_own_weights_come_back_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (trained, ..) = generated(&images(&folder.path().join("runs"), "dcgan"), 1);
    let out = folder.path().join("weights.safetensors");
    export(&trained, format("safetensors").unwrap(), &ExportOptions::default(), &out, false).unwrap();
    let found = read_tensors(&out).unwrap();
    let wanted = trained.weights("generator_ema").unwrap();
    assert!(!found.is_empty() && found.len() == wanted.len());
    assert!(found.iter().all(|(name, tensor)| wanted[&format!("generator_ema/{name}")] == *tensor));
}
