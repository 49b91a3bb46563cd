//! Samples of a network as files, read back or compared with what they were made from.

use super::common::{all, open, put, random_samples};
use ganymede_data::{Codec, DataError, DataOptions, Dataset, Samples, Source, write};
use ganymede_tensor::{DType, Tensor, TensorType};
use std::path::Path;

/// Raw samples in a network's range.
fn network(data: &Dataset) -> Tensor {
    let raw = data.gather(&(0..data.len() as u32).collect::<Vec<_>>()).unwrap();
    let (scale, offset) = data.codec().scaling();
    let values = raw.to_f64().iter().map(|v| (v * scale + offset) as f32).collect();
    Tensor::from_f32(raw.shape().clone(), values).unwrap()
}

/// Random images of a type, written as files and opened.
fn dataset(folder: &Path, sample: TensorType, n: usize) -> Dataset {
    let bytes = random_samples(&sample, n, 3);
    let path = folder.join("data");
    write("image-folder", &path, &Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] }).unwrap();
    open(&path, &DataOptions::default()).unwrap()
}

#[test]
fn images_come_back_from_a_grid_and_one_by_one() {
    for (dtype, channels) in [(DType::U8, 1), (DType::U8, 3), (DType::U16, 1), (DType::U16, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let data = dataset(folder.path(), TensorType::new(dtype, [4, 3, channels]), 5);
        let samples = network(&data);
        // Through the file, as a run without its data does.
        let file = folder.path().join("codec.json");
        data.codec().save(&file).unwrap();
        let codec = Codec::load(&file).unwrap();
        // In two parts of one call.
        for part in [0..3, 3..5] {
            let out = folder.path().join("out");
            let paths = codec.write_samples(&out, 0..5, part.start as u64, &samples.rows(part.clone())).unwrap();
            assert_eq!(paths, part.map(|i| out.join(format!("{i:06}.png"))).collect::<Vec<_>>());
        }
        let again = open(&folder.path().join("out"), &DataOptions::default()).unwrap();
        assert_eq!(again.sample_type(), data.sample_type());
        assert_eq!(all(&again), all(&data), "{dtype} in {channels}");
        let grid = folder.path().join("grids/a.png");
        codec.write_grid(&grid, &samples, 2).unwrap();
        let whole = open(&grid, &DataOptions::default()).unwrap();
        // Three rows of two images of 4 by 3, each pixel 8 by 8, and gaps of 2.
        let (high, wide) = (3 * 32 + 4, 2 * 24 + 2);
        assert_eq!(whole.sample_type().to_string(), format!("u8[{high},{wide},{channels}]"));
        if dtype == DType::U8 {
            for pixel in 0..3 {
                let first = |at: usize| all(&whole)[at * channels..][..channels].to_vec();
                assert_eq!(first(pixel * 8), all(&data)[pixel * channels..][..channels]);
                assert_eq!(first(wide + pixel * 8 + 7), all(&data)[pixel * channels..][..channels]);
            }
            assert!(
                all(&whole)[high * wide * channels - channels..].iter().all(|&v| v == 96),
                "the sixth place is empty"
            );
        }
    }
}

#[test]
fn points_come_back_as_rows_over_real_ones() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Dataset::open(&Source::parse("ring2d").unwrap(), &DataOptions::default(), &()).unwrap();
    let raw = ring.gather(&[0, 1, 2]).unwrap();
    let (scale, offset) = ring.codec().scaling();
    let values: Vec<f32> = raw.to_f64().iter().map(|v| (v * scale + offset) as f32).collect();
    let path = folder.path().join("a.png");
    let codec = ring.learn(&ring.split(None, 0)).unwrap();
    codec.write_grid(&path, &Tensor::from_f32([3, 2], values.clone()).unwrap(), 8).unwrap();
    let rows = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
    let mut lines = rows.lines();
    assert_eq!(lines.next(), Some("x,y"));
    for (line, expected) in lines.zip(raw.as_f32().unwrap().chunks(2)) {
        let found: Vec<f32> = line.split(',').map(|v| v.parse().unwrap()).collect();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{line} for {expected:?}");
    }
    assert_eq!(rows.lines().count(), 4);
    let drawn = all(&open(&path, &DataOptions::default()).unwrap());
    let grey = drawn.chunks(3).filter(|p| p[0] == p[1] && p[1] == p[2] && p[0] < 250).count();
    let blue = drawn.chunks(3).filter(|p| p[2] > p[0].saturating_add(40)).count();
    assert!(grey > 100 && (10..200).contains(&blue), "{grey} grey, {blue} blue");
    let one = Tensor::from_f32([1, 2], values[..2].to_vec()).unwrap();
    let [one] = &codec.write_samples(folder.path(), 7..8, 7, &one).unwrap()[..] else { panic!("a file") };
    assert!(one.ends_with("000007.csv") && std::fs::read_to_string(one).unwrap().lines().count() == 2);
}

#[test]
fn samples_of_another_shape_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = dataset(folder.path(), TensorType::new(DType::U8, [4, 3, 1]), 2);
    let codec = data.codec();
    let path = folder.path().join("x.png");
    for wrong in [Tensor::full([2, 3, 4, 1], 0.0), Tensor::full([0, 4, 3, 1], 0.0), Tensor::full([4], 0.0)] {
        assert!(matches!(codec.write_grid(&path, &wrong, 2), Err(DataError::Mismatch { .. })));
    }
    let integers = Tensor::zeros(&TensorType::new(DType::U8, [2, 4, 3, 1]));
    assert!(codec.write_grid(&path, &integers, 2).is_err());
    let one = Tensor::full([1, 4, 3, 1], 0.0);
    assert!(codec.write_samples(folder.path(), 0..1, 0, &Tensor::full([1, 11], 0.0)).is_err());
    assert!(
        codec.write_samples(folder.path(), 3..4, 2, &one).is_err()
            && codec.write_samples(folder.path(), 3..4, 4, &one).is_err()
    );
    assert!(!path.exists());
    put(&folder.path().join("file"), b"");
    let full = Tensor::full([1, 4, 3, 1], 0.0);
    assert!(matches!(codec.write_grid(&folder.path().join("file/x.png"), &full, 1), Err(DataError::Io { .. })));
}
