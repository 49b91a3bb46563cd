//! What holds of every modality of the table: its codec, its batches, its files, its conditions.

use super::common::{all, open, random_samples};
use ganymede_data::{
    BatchSource, Codec, DataError, DataOptions, Dataset, Samples, Shuffled, SourceOptions, Split, Wish, modalities,
    write,
};
use ganymede_tensor::{DType, Data, Tensor, TensorType};
use std::path::Path;
use std::sync::Arc;

/// Options that say what kind of data it is.
fn said(name: &str) -> DataOptions {
    DataOptions { modality: Some(name.into()), ..DataOptions::default() }
}

/// A small data set of a modality, with labels: of the first of these samples that it takes.
fn example(name: &str, folder: &Path) -> Dataset {
    let samples = [TensorType::new(DType::U8, [4, 3, 3]), TensorType::f32([6, 2]), TensorType::f32([3])];
    let labels: Vec<u32> = (0..20).map(|i| i % 3).collect();
    let classes = ["0".to_string(), "1".to_string(), "2".to_string()];
    let path = folder.join("set.npz");
    let read = |sample: &TensorType| {
        let bytes = random_samples(sample, 20, 5);
        write("npz", &path, &Samples { sample, bytes: &bytes, labels: Some(&labels), classes: &classes }).unwrap();
        open(&path, &said(name)).ok()
    };
    samples.iter().find_map(read).unwrap_or_else(|| panic!("{name} takes none of {samples:?}: add one that it does"))
}

/// Every modality with its data, split, and learned codec.
fn each(test: impl Fn(&str, &Arc<Dataset>, &Split, &Codec, &Path)) {
    for name in modalities() {
        let folder = tempfile::tempdir().unwrap();
        let data = Arc::new(example(name, folder.path()));
        let split = data.split(Some(0.3), 1);
        let codec = data.learn(&split).unwrap();
        assert_eq!(codec.modality().name(), name);
        test(name, &data, &split, &codec, folder.path());
    }
}

/// Raw values of all samples.
fn raw(data: &Dataset) -> Vec<f64> {
    data.gather(&(0..data.len() as u32).collect::<Vec<_>>()).unwrap().to_f64()
}

/// Raw samples in a network's range.
fn network(data: &Dataset) -> Tensor {
    let raw = data.gather(&(0..data.len() as u32).collect::<Vec<_>>()).unwrap();
    let (scale, offset) = data.codec().scaling();
    let values = raw.to_f64().iter().map(|v| (v * scale + offset) as f32).collect();
    Tensor::from_f32(raw.shape().clone(), values).unwrap()
}

#[test]
fn a_codec_survives_its_file() {
    each(|name, _, _, codec, folder| {
        let path = folder.join("codec.json");
        codec.save(&path).unwrap();
        assert_eq!(Codec::load(&path).unwrap(), *codec, "{name}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"format_version\": 2") && text.contains(&format!("\"name\": \"{name}\"")), "{text}");
        assert!(!codec.modality().presets(codec.sample_type()).is_empty());
    });
}

#[test]
fn nothing_is_learned_of_samples_that_are_kept_out() {
    each(|name, data, split, codec, _| {
        // The same data but for the samples that are kept out.
        let size = data.sample_type().bytes();
        let mut bytes = all(data);
        for &i in &split.holdout {
            bytes[i as usize * size..(i as usize + 1) * size].rotate_left(4);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.npz");
        let labels = data.labels();
        write("npz", &path, &Samples { sample: data.sample_type(), bytes: &bytes, labels, classes: data.classes() })
            .unwrap();
        let other = open(&path, &said(name)).unwrap();
        let learned = other.learn(split).unwrap().modality().learned();
        assert_eq!(learned, codec.modality().learned(), "{name}");
    });
}

#[test]
fn batches_are_pure_in_their_number() {
    each(|name, data, split, codec, _| {
        let options = SourceOptions::new(8, 3);
        let start = || codec.batches(data.clone(), split.train.clone(), &options).unwrap();
        let mut forward = start();
        let batches: Vec<_> = (0..6).map(|b| forward.batch(b).unwrap()).collect();
        let mut backward = start();
        for b in (0..6u64).rev() {
            assert_eq!(backward.batch(b).unwrap(), batches[b as usize], "{name}");
        }
        for batch in &batches {
            let types: Vec<_> = batch.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.ty())).collect();
            assert_eq!(types, forward.types());
        }
        let other =
            codec.batches(data.clone(), split.train.clone(), &SourceOptions::new(8, 4)).unwrap().batch(0).unwrap();
        assert_ne!(other, batches[0], "{name}: another seed draws other batches");
    });
}

#[test]
fn samples_become_files_that_are_read_again() {
    each(|name, data, _, codec, folder| {
        let out = folder.join("out");
        let files = codec.write_samples(&out, 0..20, 0, &network(data)).unwrap();
        assert!(files.iter().all(|file| file.is_file()), "{name}");
        let again = open(&out, &said(name)).unwrap();
        assert_eq!(again.sample_type(), data.sample_type(), "{name}");
        // Bytes are equal; floats pass through the network's range and are rounded twice.
        let [low, high] = data.codec().range();
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-6 * (high - low));
        assert!(near(&raw(&again), &raw(data)) && near(&again.codec().range(), &[low, high]), "{name}");
        assert!(data.sample_type().dtype != DType::U8 || all(&again) == all(data));
        let path = folder.join("shown/a.png");
        let preview = codec.modality().preview();
        codec.write_grid(&path, &network(data), 8).unwrap();
        assert_eq!(preview.files[0], "png");
        assert!(
            preview.samples > 0 && preview.files.iter().all(|ending| path.with_extension(ending).is_file()),
            "{name}"
        );
    });
}

#[test]
fn conditions_are_fed_in_turn_by_value_and_from_a_file() {
    each(|name, _, _, codec, folder| {
        let labels = |wish: &Wish, seeds| match codec.conditions(wish, seeds).unwrap().remove(0) {
            (field, tensor) if field == "label" => match tensor.data() {
                Data::I32(labels) => labels.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(labels(&Wish::in_turn(), 4..9), [1, 2, 0, 1, 2], "{name}");
        assert_eq!(labels(&Wish::label(2), 0..2), [2, 2]);
        assert_eq!(labels(&Wish::in_turn().with(codec, "label", "1").unwrap(), 7..9), [1, 1]);
        let table = folder.join("wish.csv");
        std::fs::write(&table, "label\n2\n0\n0\n").unwrap();
        assert_eq!(labels(&Wish::from_file(codec, &table).unwrap(), 0..5), [2, 0, 0, 2, 0]);
        // As Excel saves it, and in an encoding that is not read.
        let wide: Vec<u8> = "\u{feff}label\r\n2\r\n0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&table, wide).unwrap();
        assert_eq!(labels(&Wish::from_file(codec, &table).unwrap(), 0..3), [2, 0, 2]);
        std::fs::write(&table, b"label\n2\n\xe9\n").unwrap();
        let error = Wish::from_file(codec, &table).unwrap_err();
        assert!(error.to_string().contains("line 3: expected UTF-8") && error.hint().is_some(), "{error}");
        std::fs::write(&table, "label\n2\n9\n").unwrap();
        let error = Wish::from_file(codec, &table).unwrap_err();
        assert!(error.to_string().contains("line 3") && error.to_string().contains('9'), "{error}");
        let error = Wish::in_turn().with(codec, "label", "9").unwrap_err();
        assert!(error.hint().unwrap().contains("#2 2"), "{:?}", error.hint());
        let error = Wish::in_turn().with(codec, "angle", "9").unwrap_err();
        assert!(matches!(&error, DataError::Condition { known, .. } if known == &["label"]), "{error}");
        assert!(Wish::in_turn().with(codec, "real", "9").is_err());
    });
}

#[test]
fn files_of_version_1_load_for_ever() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/codec-v1");
    let load = |name: &str| Codec::load(&folder.join(name)).unwrap();
    for (name, modality, sample, range, classes) in [
        ("images-u8.json", "images", "u8[8,8,3]", [0.0, 255.0], 0),
        ("images-u16.json", "images", "u16[8,8,1]", [0.0, 65_535.0], 0),
        ("images-f32.json", "images", "f32[8,8,1]", [0.0, 1.0], 0),
        ("images-u8-classes.json", "images", "u8[8,8,3]", [0.0, 255.0], 3),
        ("points-f32.json", "points", "f32[3]", [-2.9905903339385986, 5.936026096343994], 0),
        ("points-f32-classes.json", "points", "f32[2]", [-2.5, 2.5], 8),
    ] {
        let codec = load(name);
        assert_eq!(codec.modality().name(), modality, "{name}");
        assert_eq!((codec.sample_type().to_string().as_str(), codec.range()), (sample, range));
        assert_eq!(codec.classes().len(), classes);
        assert_eq!(codec.fields().len(), 1 + usize::from(classes > 0));
        // What is written of it now is read again as the same.
        let again = tempfile::tempdir().unwrap();
        let path = again.path().join("codec.json");
        codec.save(&path).unwrap();
        assert_eq!(Codec::load(&path).unwrap(), codec);
    }
    let points = load("points-f32-classes.json");
    assert_eq!(points.classes()[3], "mode 3");
    assert_eq!(points.modality().learned()["reference"].as_array().unwrap().len(), 511);
    assert_eq!(load("images-u8.json").modality().learned()["background"], serde_json::json!([255, 255, 255]));
    assert_eq!(load("images-u8.json").modality().learned()["fit"], "crop");
}

#[test]
fn a_source_around_another_keeps_its_batches() {
    // What a table's sampling by condition or a crop of volumes will be: a source of its own, that the loader reads ahead.
    struct Doubled(Shuffled);
    impl BatchSource for Doubled {
        fn types(&self) -> &[(String, TensorType)] {
            self.0.types()
        }
        fn batch(&mut self, number: u64) -> Result<ganymede_data::Batch, DataError> {
            let mut batch = self.0.batch(number / 2)?;
            batch.number = number;
            Ok(batch)
        }
    }
    let data = Dataset::from_samples("numbers", (0..40).map(|i| i as f32).collect::<Vec<_>>(), [2]).build().unwrap();
    let data = Arc::new(data);
    let shuffled = || Shuffled::new(data.clone(), (0..20).collect(), &SourceOptions::new(4, 1)).unwrap();
    let mut loader = ganymede_data::Loader::new(Box::new(Doubled(shuffled())), 2, 3).unwrap();
    let mut plain = shuffled();
    for number in 2..8 {
        let batch = loader.next().unwrap();
        assert_eq!((batch.number, batch.tensors), (number, plain.batch(number / 2).unwrap().tensors));
    }
}
