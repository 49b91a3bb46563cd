//! Data sets of samples in memory: equal to those of files, and what is wrong with them is told.

use super::common::{all, open, random_samples};
use ganymede_data::{DataError, DataOptions, Dataset, Samples, SourceOptions, Wish, write};
use ganymede_tensor::{DType, Data, TensorType};
use std::sync::Arc;

#[test]
fn samples_in_memory_are_those_of_a_file() {
    for (sample, values) in [
        (TensorType::new(DType::U8, [4, 3, 3]), "u8"),
        (TensorType::new(DType::U16, [4, 3, 1]), "u16"),
        (TensorType::f32([5]), "f32"),
    ] {
        let bytes = random_samples(&sample, 12, 9);
        let labels: Vec<u32> = (0..12).map(|i| i % 2).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npz");
        let classes = ["0".to_string(), "1".to_string()];
        write("npz", &path, &Samples { sample: &sample, bytes: &bytes, labels: Some(&labels), classes: &classes })
            .unwrap();
        let file = open(&path, &DataOptions::default()).unwrap();
        let shape = sample.shape.to_vec();
        let memory = match values {
            "u8" => Dataset::from_samples("x", bytes, shape),
            "u16" => {
                let values: Vec<u16> = bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
                Dataset::from_samples("x", values, shape)
            }
            _ => {
                let values: Vec<f32> = bytes.chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
                Dataset::from_samples("x", values, shape)
            }
        };
        let memory = memory.labels(labels, ["0", "1"]).build().unwrap();
        assert_eq!(all(&memory), all(&file), "{sample}");
        assert_eq!(memory.fingerprint(), file.fingerprint());
        assert_eq!(memory.codec().fields(), file.codec().fields());
        assert_eq!(memory.codec().modality().name(), file.codec().modality().name());
        assert_eq!(memory.report().classes, file.report().classes);
        assert_eq!((memory.report().source.as_str(), memory.report().format.as_str()), ("x", "memory"));
    }
}

/// Sizes from which the order of the axes could be guessed otherwise: they were said.
#[test]
fn images_in_memory_have_the_order_that_was_said() {
    for shape in [[3, 40, 5], [2, 2, 1], [4, 6, 3]] {
        let each: usize = shape.iter().product();
        let pixels: Vec<u8> = (0..each * 4).map(|i| (i * 7) as u8).collect();
        let set =
            Dataset::from_images("mine", pixels.clone(), shape).labels(vec![0, 1, 1, 0], ["a", "b"]).build().unwrap();
        assert_eq!(set.sample_type(), &TensorType::new(DType::U8, shape));
        assert_eq!(
            set.gather(&[1, 3]).unwrap().data(),
            &Data::U8([&pixels[each..2 * each], &pixels[3 * each..]].concat())
        );
        assert_eq!((set.labels().unwrap(), set.codec().modality().name()), (&[0, 1, 1, 0][..], "images"));
        assert_eq!((set.codec().range(), &set.report().notes[..]), ([0.0, 255.0], &[][..]));
    }
    let error = Dataset::from_images("mine", vec![0u8; 18], [3, 3, 1]).labels(vec![0], ["a"]).build().unwrap_err();
    assert!(error.to_string().contains("expected 2 labels, found 1"), "{error}");
}

/// A clone shares the samples; what one is told of its classes the other does not hear.
#[test]
fn clones_of_a_set_go_their_own_ways() {
    let data = Dataset::from_samples("x", vec![[1.0f32], [2.0]], [1]).labels(vec![0, 1], ["a", "b"]).build().unwrap();
    let turned = data.clone().with_class_order(&["b".into(), "a".into()]).unwrap();
    assert_eq!((data.labels().unwrap(), turned.labels().unwrap()), (&[0, 1][..], &[1, 0][..]));
    assert_eq!(data.gather(&[1]).unwrap(), turned.gather(&[1]).unwrap());
    assert_ne!(data.fingerprint(), turned.fingerprint());
}

#[test]
fn whole_numbers_of_32_bits_are_read_as_such() {
    let data = Dataset::from_samples("x", vec![0i32, 70_000, -5, 12], [2]).build().unwrap();
    assert_eq!(data.gather(&[0, 1]).unwrap().to_f64(), [0.0, 70_000.0, -5.0, 12.0]);
    assert_eq!(data.codec().range(), [-5.0, 70_000.0]);
}

#[test]
fn further_fields_go_with_their_samples_by_name() {
    let points: Vec<[f32; 2]> = (0..100).map(|i| [i as f32, -(i as f32)]).collect();
    let build = |angles: Vec<f32>| {
        Dataset::from_samples("turned", points.clone(), [2])
            .labels((0..100).map(|i| i % 4).collect(), ["n", "e", "s", "w"])
            .condition("angle", angles, [])
            .auxiliary("pixel", (0..200).map(|i| i as u8).collect::<Vec<_>>(), [2])
            .groups((0..100).map(|i| i / 10).collect())
            .build()
            .unwrap()
    };
    let data = Arc::new(build((0..100).map(|i| i as f32 / 4.0).collect()));
    let other = build(vec![0.0; 100]);
    assert_ne!(data.fingerprint(), other.fingerprint());
    assert_eq!(data.report().groups, 10);
    assert_eq!(data.report().fields, ["angle f32[]", "pixel u8[2]"]);
    let split = data.split(Some(0.2), 5);
    assert_eq!(split.holdout.len(), 20);
    assert!(split.holdout.chunks(10).all(|group| group.iter().all(|i| i / 10 == group[0] / 10)), "{:?}", split.holdout);
    let codec = data.learn(&split).unwrap();
    let mut batches = codec.batches(data.clone(), split.train.clone(), &SourceOptions::new(16, 1)).unwrap();
    let types: Vec<String> = batches.types().iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    assert_eq!(types, ["real f32[16,2]", "label i32[16]", "angle f32[16]", "pixel u8[16,2]"]);
    let batch = batches.batch(3).unwrap();
    let numbers: Vec<f32> = batch.get("real").unwrap().as_f32().unwrap().chunks(2).map(|p| p[0]).collect();
    let expected: Vec<f32> = numbers.iter().map(|n| n / 4.0).collect();
    assert_eq!(batch.get("angle").unwrap().as_f32().unwrap(), expected);
    let Data::U8(pixels) = batch.get("pixel").unwrap().data() else { panic!() };
    assert!(pixels.chunks(2).zip(&numbers).all(|(p, &n)| p == [(2.0 * n) as u8, (2.0 * n) as u8 + 1]));
    // A condition of numbers is fed with examples of samples that are trained on, or a value.
    let examples = &codec.field("angle").unwrap().examples;
    assert!((40..=64).contains(&examples.len()), "{}", examples.len());
    assert!(examples.iter().all(|e| split.train.iter().any(|&i| f64::from(i) / 4.0 == e[0])));
    let fed = codec.conditions(&Wish::in_turn(), 0..3).unwrap();
    assert_eq!(fed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["label", "angle"]);
    assert_eq!(fed[1].1.to_f64(), examples[..3].concat());
    let asked = Wish::in_turn().with(&codec, "angle", "0.75").unwrap();
    assert_eq!(codec.conditions(&asked, 0..2).unwrap()[1].1.to_f64(), [0.75, 0.75]);
    for (value, words) in [("x", "a number"), ("1,2", "expected 1 values, found 2"), ("nan", "a number")] {
        let error = Wish::in_turn().with(&codec, "angle", value).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(
        data.codec().conditions(&Wish::in_turn(), 0..2).is_err(),
        "no examples are known before anything is learned"
    );
}

#[test]
fn what_does_not_fit_together_is_told_with_a_way_out() {
    let numbers = || vec![0.5f32; 12];
    let set = || Dataset::from_samples("mine", numbers(), [2]);
    for (found, words) in [
        (Dataset::from_samples("mine", numbers(), [5]).build(), "expected a multiple of 5 values"),
        (Dataset::from_samples("mine", numbers(), [0]).build(), "expected sizes above 0"),
        (Dataset::from_samples("mine", Vec::<f32>::new(), [2]).build(), "expected a multiple of 2"),
        (set().labels(vec![0; 5], ["a"]).build(), "expected 6 labels, found 5"),
        (set().labels(vec![0, 0, 0, 0, 0, 1], ["a"]).build(), "expected labels below 1"),
        (set().groups(vec![1]).build(), "expected 6 groups, found 1"),
        (set().condition("angle", vec![1.0f32; 5], []).build(), "field `angle`: expected 6 times"),
        (set().condition("real", vec![1.0f32; 6], []).build(), "two fields called `real`"),
        (set().condition("angle", vec![f32::NAN; 6], []).build(), "expected finite values"),
    ] {
        let error = found.unwrap_err();
        assert!(matches!(error, DataError::Samples { .. }), "{error}");
        assert!(error.to_string().contains("samples `mine`") && error.to_string().contains(words), "{error}");
        assert!(error.hint().is_some());
    }
    for (kind, shape, words) in [
        ("smells", vec![2], "expected one of images, points"),
        ("points", vec![3, 2, 1], "expected the shape of a point"),
        ("images", vec![2], "expected an array"),
    ] {
        let error = Dataset::from_samples("mine", numbers(), shape).modality(kind).build().unwrap_err();
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
    let broken = vec![0.0, f32::NAN, 1.0, 2.0];
    let error = Dataset::from_samples("mine", broken, [2]).build().unwrap_err();
    assert!(matches!(error, DataError::TooManyBad { bad: 1, total: 2, .. }), "{error}");
}
