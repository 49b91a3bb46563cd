//! Samples come back in the data's unit and form: written as files and read again, they have the codec of the data.

use super::common::{all, open, put};
use ganymede_data::{Codec, DataOptions, Dataset, Fit, Layout, Resolution, Samples, Source, write};
use ganymede_tensor::{DType, Tensor, TensorType};
use std::path::Path;

/// All samples in the network's range.
fn network(data: &Dataset) -> Tensor {
    let raw = data.gather(&(0..data.len() as u32).collect::<Vec<_>>()).unwrap();
    let (scale, offset) = data.codec().scaling();
    let values = raw.to_f64().iter().map(|v| (v * scale + offset) as f32).collect();
    Tensor::from_f32(raw.shape().clone(), values).unwrap()
}

/// Samples out of the run's codec alone, in two parts, read again with the same options.
fn round_trip(data: &Dataset, options: &DataOptions, folder: &Path) -> Dataset {
    let file = folder.join("codec.json");
    data.codec().save(&file).unwrap();
    let codec = Codec::load(&file).unwrap();
    assert_eq!(&codec, data.codec());
    let samples = network(data);
    let (out, count) = (folder.join("out"), data.len());
    let seeds = 100..100 + count as u64;
    for (from, to) in [(0, count / 2), (count / 2, count)] {
        codec.write_samples(&out, seeds.clone(), 100 + from as u64, &samples.rows(from..to)).unwrap();
    }
    let again = open(&out, options).unwrap();
    assert_eq!(again.codec().fields(), data.codec().fields());
    again
}

/// A `.npy` file of values v(i), i = 0, 1, …
fn npy(descr: &str, shape: &[usize], value: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size}, ")).collect();
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}\n", sizes.concat());
    let values: Vec<u8> = (0..shape.iter().product()).flat_map(value).collect();
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &values].concat()
}

/// The header's text and the values of a `.npy` file.
fn parts(file: &[u8]) -> (String, Vec<u8>) {
    let end = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    (String::from_utf8(file[10..end].to_vec()).unwrap(), file[end..].to_vec())
}

#[test]
fn arrays_come_back_as_the_arrays_they_were() {
    type Value = fn(usize) -> Vec<u8>;
    let u8s: Value = |i| vec![(i * 7 % 59) as u8];
    let u12: Value = |i| ((i * 37 % 4096) as u16).to_le_bytes().to_vec();
    let u16s: Value = |i| ((i * 977 % 65_536) as u16).to_le_bytes().to_vec();
    let i64s: Value = |i| ((i * 7 % 256) as i64).to_le_bytes().to_vec();
    let hounsfield: Value = |i| ((i * 37 % 4000) as i16 - 1000).to_le_bytes().to_vec();
    let unit: Value = |i| ((i * 7 % 256) as f32 / 255.0).to_le_bytes().to_vec();
    let signed: Value = |i| ((i * 7 % 256) as f64 / 127.5 - 1.0).to_le_bytes().to_vec();
    let half: Value = |i| half::f16::from_f32((i * 7 % 256) as f32 / 256.0).to_le_bytes().to_vec();
    let free: Value = |i| ((i * 7 % 101) as f32 / 9.0 - 3.0).to_le_bytes().to_vec();
    let truth: Value = |i| vec![(i * 7 % 5 < 2) as u8];
    let shaped = |sizes: &[usize]| DataOptions { reshape: Some(sizes.to_vec()), ..DataOptions::default() };
    let plain = DataOptions::default();
    let cases: [(&str, &[usize], Value, DataOptions, &str); 19] = [
        ("|u1", &[6, 9, 10], u8s, plain.clone(), "u8[9,10,1]"),
        ("|u1", &[6, 9, 10, 1], u8s, plain.clone(), "u8[9,10,1]"),
        ("|u1", &[6, 9, 10, 2], u8s, plain.clone(), "u8[9,10,2]"),
        ("|u1", &[6, 9, 10, 3], u8s, plain.clone(), "u8[9,10,3]"),
        ("|u1", &[6, 9, 10, 4], u8s, plain.clone(), "u8[9,10,4]"),
        ("|u1", &[6, 9, 10, 8], u8s, plain.clone(), "u8[9,10,8]"),
        ("|u1", &[6, 3, 9, 10], u8s, plain.clone(), "u8[9,10,3]"),
        ("<f4", &[6, 5, 9, 10], unit, plain.clone(), "f32[9,10,5]"),
        ("<u2", &[6, 9, 10], u12, plain.clone(), "u16[9,10,1]"),
        ("<u2", &[6, 9, 10, 3], u16s, plain.clone(), "u16[9,10,3]"),
        ("<i8", &[6, 9, 10], i64s, plain.clone(), "f32[9,10,1]"),
        ("<i2", &[6, 9, 10], hounsfield, plain.clone(), "f32[9,10,1]"),
        ("<f8", &[6, 9, 10, 3], signed, plain.clone(), "f32[9,10,3]"),
        ("<f2", &[6, 9, 10, 3], half, plain.clone(), "f32[9,10,3]"),
        ("|b1", &[6, 9, 10], truth, plain.clone(), "u8[9,10,1]"),
        ("|u1", &[6, 810], u8s, shaped(&[9, 10, 9]), "not"),
        ("|u1", &[6, 720], u8s, shaped(&[9, 10, 8]), "u8[9,10,8]"),
        ("|u1", &[6, 9, 10], u8s, DataOptions { layout: Some(Layout::Whc), ..plain.clone() }, "u8[10,9,1]"),
        ("<f4", &[6, 3], free, plain.clone(), "f32[3]"),
    ];
    for (descr, shape, value, options, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let file = npy(descr, shape, value);
        put(&path, &file);
        let Ok(data) = open(&path, &options) else {
            assert_eq!(expected, "not", "{descr} {shape:?}");
            continue;
        };
        assert_eq!(data.sample_type().to_string(), expected, "{descr} {shape:?}");
        let again = round_trip(&data, &options, folder.path());
        assert_eq!(again.codec().modality().learned(), data.codec().modality().learned(), "{descr} {shape:?}");
        let written = std::fs::read(folder.path().join("out/samples.npy")).unwrap();
        let ((text, values), (own, raw)) = (parts(&written), parts(&file));
        assert!(text.contains(&format!("'descr': '{descr}'")), "{text}");
        let of_shape = |text: &str| text.split("'shape'").nth(1).unwrap().replace(' ', "").trim().to_string();
        assert_eq!(of_shape(&text), of_shape(&own), "{descr}");
        match descr {
            "<f4" | "<f8" | "<f2" => {
                // To the precision of a network's numbers.
                let (found, raw) = (network(&again), network(&data));
                let pairs = found.as_f32().unwrap().iter().zip(raw.as_f32().unwrap());
                assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5), "{descr} {shape:?}");
            }
            _ => assert_eq!(values, raw, "{descr} {shape:?}"),
        }
    }
}

#[test]
fn arrays_of_other_formats_come_back_as_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<u8> = (0..6 * 9 * 10).map(|i| (i * 7 % 256) as u8).collect();
    let idx = [&[0, 0, 8, 3][..], &[0, 0, 0, 6, 0, 0, 0, 9, 0, 0, 0, 10], &values].concat();
    put(&folder.path().join("x-images-idx3-ubyte"), &idx);
    let data = open(&folder.path().join("x-images-idx3-ubyte"), &DataOptions::default()).unwrap();
    let again = round_trip(&data, &DataOptions::default(), folder.path());
    assert_eq!((all(&again), again.fingerprint()), (values.clone(), data.fingerprint()));
    let sample = TensorType::new(DType::U8, [9, 10, 1]);
    let samples = Samples { sample: &sample, bytes: &values, labels: None, classes: &[] };
    let folder = tempfile::tempdir().unwrap();
    write("npz", &folder.path().join("x.npz"), &samples).unwrap();
    let data = open(&folder.path().join("x.npz"), &DataOptions::default()).unwrap();
    assert_eq!(all(&round_trip(&data, &DataOptions::default(), folder.path())), values);
}

#[test]
fn what_ships_comes_back_as_images() {
    let folder = tempfile::tempdir().unwrap();
    let data = Dataset::open(&Source::parse("fashion-mnist").unwrap(), &DataOptions::default(), &()).unwrap();
    let one = data.gather(&[7]).unwrap();
    let values: Vec<f32> = one.to_f64().iter().map(|v| (v / 127.5 - 1.0) as f32).collect();
    let samples = Tensor::from_f32(one.shape().clone(), values).unwrap();
    let files = data.codec().write_samples(folder.path(), 3..4, 3, &samples).unwrap();
    assert_eq!(files, [folder.path().join("000003.png")]);
    assert_eq!(all(&open(&files[0], &DataOptions::default()).unwrap()), one.to_le_bytes());
}

#[test]
fn image_files_come_back_in_their_depth_and_unit() {
    for (dtype, channels, most) in
        [(DType::U8, 1, 58), (DType::U8, 3, 255), (DType::U16, 1, 4095), (DType::U16, 3, 65_535)]
    {
        let folder = tempfile::tempdir().unwrap();
        let sample = TensorType::new(dtype, [9, 10, channels]);
        let values = (0..6 * sample.elements()).map(|i| i * 977 % (most + 1));
        let bytes: Vec<u8> = match dtype {
            DType::U8 => values.map(|v| v as u8).collect(),
            _ => values.flat_map(|v| (v as u16).to_le_bytes()).collect(),
        };
        let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
        write("image-folder", &folder.path().join("data"), &samples).unwrap();
        let data = open(&folder.path().join("data"), &DataOptions::default()).unwrap();
        let again = round_trip(&data, &DataOptions::default(), folder.path());
        assert_eq!((all(&again), again.codec().range()), (bytes, data.codec().range()), "{dtype} to {most}");
        assert!(folder.path().join("out/000100.png").exists());
    }
}

#[test]
fn float_images_come_back_as_floats() {
    use tiff::encoder::{TiffEncoder, colortype};
    let folder = tempfile::tempdir().unwrap();
    for number in 0..4 {
        let values: Vec<f32> = (0..90).map(|i| ((i * 7 + number * 31) % 256) as f32 / 255.0).collect();
        let mut file = std::io::Cursor::new(Vec::new());
        TiffEncoder::new(&mut file).unwrap().write_image::<colortype::Gray32Float>(10, 9, &values).unwrap();
        put(&folder.path().join(format!("data/{number}.tif")), &file.into_inner());
    }
    let data = open(&folder.path().join("data"), &DataOptions::default()).unwrap();
    assert_eq!((data.sample_type().to_string(), data.codec().range()), ("f32[9,10,1]".into(), [0.0, 1.0]));
    let again = round_trip(&data, &DataOptions::default(), folder.path());
    let (found, expected) = (network(&again), network(&data));
    assert!(found.as_f32().unwrap().iter().zip(expected.as_f32().unwrap()).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn integers_of_another_range_are_comparable_and_floats_are_not() {
    let codec = |dtype, range| Codec::stand_in(TensorType::new(dtype, [4, 4, 1]), range, Vec::new());
    let full = codec(DType::U16, [0.0, 65_535.0]);
    assert_eq!(full.comparable(&codec(DType::U16, [0.0, 4095.0])), Ok(()), "a run of before on the same files");
    assert!(full.comparable(&codec(DType::U8, [0.0, 255.0])).is_err());
    let unit = codec(DType::F32, [0.0, 1.0]);
    assert_eq!(unit.comparable(&codec(DType::F32, [0.0, 1.0])), Ok(()));
    assert!(unit.comparable(&codec(DType::F32, [0.0, 255.0])).unwrap_err().contains("from 0 to 1, as the run's"));
}

#[test]
fn resized_and_padded_images_of_12_bits_stay_in_their_range() {
    let folder = tempfile::tempdir().unwrap();
    let sample = TensorType::new(DType::U16, [9, 12, 1]);
    // Stripes at both ends of the range, where filters overshoot.
    let bytes: Vec<u8> = (0..108u16).flat_map(|i| (i % 12 / 6 * 4095).to_le_bytes()).collect();
    write("image-folder", folder.path(), &Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] })
        .unwrap();
    for fit in [Fit::Stretch, Fit::Pad] {
        let options =
            DataOptions { resolution: Some(Resolution { width: 17, height: 17 }), fit, ..DataOptions::default() };
        let data = open(folder.path(), &options).unwrap();
        assert_eq!((data.codec().range(), data.report().outside), ([0.0, 4095.0], 0));
        let most = network(&data).as_f32().unwrap().iter().fold(0f32, |most, v| most.max(v.abs()));
        assert!((most - 1.0).abs() < 1e-6, "{fit}: {most}");
    }
}

#[test]
fn channels_that_are_no_colours_stand_side_by_side_in_previews() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    // Channel c of every pixel is 50 c.
    put(&path, &npy("|u1", &[4, 9, 10, 5], |i| vec![(i % 5 * 50) as u8]));
    let data = open(&path, &DataOptions::default()).unwrap();
    let grid = folder.path().join("grid/a.png");
    data.codec().write_grid(&grid, &network(&data), 2).unwrap();
    let seen = open(&grid, &DataOptions::default()).unwrap();
    assert_eq!(seen.sample_type().to_string(), "u8[20,102,1]");
    let sample: Vec<u8> = (0..5).flat_map(|c| [c * 50; 10]).collect();
    let row = [&sample[..], &[96; 2], &sample].concat();
    assert!(all(&seen).chunks(102).enumerate().all(|(y, found)| found == row || (9..11).contains(&y)));
}
