//! The contract of every format that is written: recognised, read back as written, in order, and told apart.

use super::common::{all, open, put, random_samples};
use flate2::{Compression, write::GzEncoder};
use ganymede_data::{Codec, DataError, DataOptions, Dataset, Layout, Resolution, Samples, Source, supported, write};
use ganymede_tensor::TensorType;
use std::io::Write;
use std::path::Path;

/// Formats that are written: name, file name (none for a folder), types they hold, whether they keep labels.
const WRITTEN: [(&str, &str, &[&str], bool); 5] = [
    ("idx", "", &["u8[5,7,1]", "u8[5,7,3]", "f32[4]", "f32[5,7,1]"], true),
    ("npy", "x.npy", &["u8[5,7,1]", "u8[5,7,2]", "u16[5,7,3]", "u8[5,7,4]", "f32[9,7,8]", "f32[3]"], false),
    ("npz", "x.npz", &["u8[5,7,1]", "u8[5,7,2]", "u16[5,7,3]", "u8[5,7,4]", "f32[9,7,8]", "f32[3]"], true),
    ("image-zip", "x.zip", &["u8[5,7,1]", "u8[5,7,3]", "u16[5,7,1]", "u16[5,7,3]"], true),
    ("image-folder", "", &["u8[5,7,1]", "u8[5,7,3]", "u16[5,7,1]", "u16[5,7,3]"], true),
];

fn ty(text: &str) -> TensorType {
    let (dtype, sizes) = text.trim_end_matches(']').split_once('[').unwrap();
    TensorType::new(dtype.parse().unwrap(), sizes.split(',').map(|s| s.parse().unwrap()).collect::<Vec<usize>>())
}

#[test]
fn what_is_written_is_read_back() {
    for (format, file, types, keeps_labels) in WRITTEN {
        for (case, text) in types.iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("set").join(file);
            let sample = ty(text);
            let bytes = random_samples(&sample, 12, case as u64);
            // Ascending, because folders are read class by class.
            let labels: Vec<u32> = (0..12).map(|i| i / 4).collect();
            let classes: Vec<String> = ["0", "1", "2"].map(String::from).to_vec();
            let samples = Samples { sample: &sample, bytes: &bytes, labels: Some(&labels), classes: &classes };
            write(format, &path, &samples).unwrap();
            let data = open(&path, &DataOptions::default()).unwrap();
            assert_eq!(data.report().format, format);
            assert_eq!(data.sample_type(), &sample, "{format}");
            assert_eq!(all(&data), bytes, "{format} {text}");
            if keeps_labels {
                assert_eq!(data.labels().unwrap(), labels, "{format} {text}");
                assert_eq!(data.classes(), classes);
            }
            let again = open(&path, &DataOptions::default()).unwrap();
            assert_eq!(again.fingerprint(), data.fingerprint());
            assert_eq!(data.report().bad, 0);
        }
    }
}

#[test]
fn what_a_format_cannot_hold_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let sample = ty("f32[2]");
    let bytes = random_samples(&sample, 3, 1);
    let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
    for format in ["image-zip", "image-folder", "ring2d", "nonsense"] {
        assert!(write(format, &folder.path().join("x"), &samples).is_err(), "{format}");
    }
    let wrong = Samples { labels: Some(&[1]), ..samples };
    assert!(matches!(write("npz", &folder.path().join("x"), &wrong), Err(DataError::Mismatch { .. })));
}

/// An IDX file of `u8`.
fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|size| bytes.extend_from_slice(&size.to_be_bytes()));
    bytes.extend_from_slice(values);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_folder_of_idx_uses_the_training_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    put(&path("t10k-images-idx3-ubyte"), &idx(&[1, 2, 2], &[9; 4]));
    put(&path("t10k-labels-idx1-ubyte"), &idx(&[1], &[9]));
    assert_eq!(all(&open(folder.path(), &DataOptions::default()).unwrap()), [9; 4]);
    put(&path("train-images-idx3-ubyte.gz"), &gzip(&idx(&[2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 200])));
    put(&path("train-labels-idx1-ubyte"), &idx(&[2], &[7, 3]));
    let data = open(folder.path(), &DataOptions::default()).unwrap();
    assert_eq!(all(&data), [1, 2, 3, 4, 5, 6, 7, 200]);
    assert_eq!((data.labels().unwrap(), data.classes()), (&[1, 0][..], &["3".to_string(), "7".to_string()][..]));
    // The file itself, and the same beside a plain copy.
    assert_eq!(open(&path("train-images-idx3-ubyte.gz"), &DataOptions::default()).unwrap().len(), 2);
    put(&path("train-images-idx3-ubyte"), &idx(&[2, 2, 2], &[0; 8]));
    assert_eq!(all(&open(folder.path(), &DataOptions::default()).unwrap()), [0; 8]);
    put(&path("more-train-images-idx3-ubyte"), &idx(&[2, 2, 2], &[0; 8]));
    assert!(matches!(open(folder.path(), &DataOptions::default()), Err(DataError::Ambiguous { .. })));
}

#[test]
fn errors_of_idx_name_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a-images-idx3-ubyte");
    let good = idx(&[2, 2, 2], &[7; 8]);
    for (bytes, words) in [
        (good[..good.len() - 3].to_vec(), "byte 21"),
        ([&good[..], &[0]].concat(), "byte 25"),
        (good[..6].to_vec(), "byte 6"),
        (idx(&[0, 2, 2], &[]), "at least one sample"),
        (idx(&[u32::MAX, 0xffff, 0xffff], &[]), "268435456 bytes a sample"),
        (idx(&[1, 1, 0xffff], &[0; 0xffff]), "16384 pixels"),
        (idx(&[u32::MAX, 8, 8], &[0; 64]), "row 1"),
        (vec![0, 0, 8, 200], "axes"),
        (vec![0, 0, 7, 3], "magic"),
    ] {
        put(&path, &bytes);
        let error = open(&path, &DataOptions::default()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("a-images"), "{error}");
    }
    put(&path, &good);
    put(&folder.path().join("a-labels-idx1-ubyte"), &idx(&[3], &[1, 2, 3]));
    assert!(matches!(open(&path, &DataOptions::default()), Err(DataError::LabelCount { images: 2, labels: 3, .. })));
}

/// A `.npy` file.
fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), values].concat()
}

#[test]
fn every_number_type_of_numpy_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values = [0, 1, 3, 2, 100, 7];
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("<u4", values.iter().flat_map(|v| (*v as u32).to_le_bytes()).collect()),
        (">u4", values.iter().flat_map(|v| (*v as u32).to_be_bytes()).collect()),
        ("<i8", values.iter().flat_map(|v| i64::from(*v).to_le_bytes()).collect()),
        (">i2", values.iter().flat_map(|v| (*v as i16).to_be_bytes()).collect()),
        ("<f8", values.iter().flat_map(|v| f64::from(*v).to_le_bytes()).collect()),
        (">f4", values.iter().flat_map(|v| (*v as f32).to_be_bytes()).collect()),
        ("|i1", values.iter().map(|v| *v as u8).collect()),
        ("<u8", values.iter().flat_map(|v| (*v as u64).to_le_bytes()).collect()),
    ];
    files.push(("<f2", values.iter().flat_map(|v| half::f16::from_f32(*v as f32).to_le_bytes()).collect()));
    files.push((">f2", values.iter().flat_map(|v| half::f16::from_f32(*v as f32).to_be_bytes()).collect()));
    for (descr, bytes) in files.drain(..) {
        put(&path, &npy(descr, "(1, 2, 3)", &bytes));
        let data = open(&path, &DataOptions::default()).unwrap();
        assert_eq!(data.sample_type().to_string(), "f32[2,3,1]", "{descr}");
        let expected: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        assert_eq!(data.gather(&[0]).unwrap().as_f32().unwrap(), expected, "{descr}");
        assert_eq!(data.report().range, if descr == "|i1" { [-128.0, 127.0] } else { [0.0, 255.0] }, "{descr}");
    }
    put(&path, &npy("|b1", "(1, 1, 4)", &[1, 0, 0, 1]));
    let data = open(&path, &DataOptions::default()).unwrap();
    assert_eq!((all(&data), data.report().range), (vec![1, 0, 0, 1], [0.0, 1.0]));
}

#[test]
fn channels_of_arrays_stay_as_they_are_unless_others_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    put(&path, &npy("|u1", "(1, 3, 2, 5)", &(0..30).collect::<Vec<u8>>()));
    let data = open(&path, &DataOptions::default()).unwrap();
    assert_eq!(data.sample_type().to_string(), "u8[2,5,3]");
    assert_eq!(all(&data)[..6], [0, 10, 20, 1, 11, 21]);
    let rgba = [10, 20, 30, 255, 10, 20, 30, 0];
    put(&path, &npy("|u1", "(1, 2, 1, 4)", &rgba));
    let hwc = DataOptions { layout: Some(Layout::Hwc), ..DataOptions::default() };
    let data = open(&path, &hwc).unwrap();
    assert_eq!((data.sample_type().to_string(), all(&data)), ("u8[2,1,4]".into(), rgba.to_vec()));
    assert!(noted(&data, "--channels 3"), "{:?}", data.report().notes);
    let over = DataOptions { channels: Some(3), ..hwc.clone() };
    assert_eq!(all(&open(&path, &over).unwrap()), [10, 20, 30, 255, 255, 255]);
    assert_eq!(open(&path, &DataOptions { channels: Some(1), ..hwc.clone() }).unwrap().len(), 1);
    let own = DataOptions { channels: Some(4), ..hwc.clone() };
    assert_eq!(all(&open(&path, &own).unwrap()), rgba);
    let error = open(&path, &DataOptions { channels: Some(2), ..hwc.clone() }).unwrap_err().to_string();
    assert!(error.contains("expected 4, as the array has") && error.contains("found 2"), "{error}");
    // Two channels, and float ones, are laid over nothing either.
    put(&path, &npy("|u1", "(1, 9, 1, 2)", &(0..18).collect::<Vec<u8>>()));
    assert_eq!(all(&open(&path, &hwc).unwrap()), (0..18).collect::<Vec<u8>>());
    let floats: Vec<u8> = (0..72).flat_map(|i| (i as f32 / 71.0).to_le_bytes()).collect();
    put(&path, &npy("<f4", "(1, 9, 2, 4)", &floats));
    assert_eq!(open(&path, &hwc).unwrap().sample_type().to_string(), "f32[9,2,4]");
    let error = open(&path, &over).unwrap_err();
    assert!(error.hint().unwrap().contains("leave out --channels"), "{error}");
}

fn noted(data: &Dataset, words: &str) -> bool {
    data.report().notes.iter().any(|note| note.contains(words))
}

#[test]
fn arrays_in_column_major_order_are_the_same_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    // a[n, h, w, c] = 24 n + 12 h + 3 w + c of shape (3, 2, 4, 3), row by row and column by column.
    let value = |[n, h, w, c]: [u8; 4]| 24 * n + 12 * h + 3 * w + c;
    let fortran: Vec<u8> = (0..3u8)
        .flat_map(|c| (0..4u8).flat_map(move |w| (0..2u8).flat_map(move |h| (0..3u8).map(move |n| [n, h, w, c]))))
        .flat_map(|at| u16::from(value(at)).to_be_bytes())
        .collect();
    let plain: Vec<u8> = (0..72u16).flat_map(u16::to_be_bytes).collect();
    put(&path, &npy(">u2", "(3, 2, 4, 3)", &plain));
    let expected = open(&path, &DataOptions::default()).unwrap();
    let text = "{'descr': '>u2', 'fortran_order': True, 'shape': (3, 2, 4, 3), }\n";
    put(&path, &[b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &fortran].concat());
    let data = open(&path, &DataOptions::default()).unwrap();
    assert_eq!((all(&data), data.fingerprint()), (all(&expected), expected.fingerprint()));
    put(
        &path,
        &[b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &fortran[..99]].concat(),
    );
    assert!(open(&path, &DataOptions::default()).unwrap_err().to_string().contains("ends after 99"));
}

#[test]
fn the_shape_of_a_sample_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values: Vec<u8> = (0..128).collect();
    put(&path, &npy("|u1", "(2, 64)", &values));
    let points = open(&path, &DataOptions::default()).unwrap();
    assert_eq!(points.sample_type().to_string(), "f32[64]");
    assert!(noted(&points, "--shape 8x8x1"), "{:?}", points.report().notes);
    // Also when the values were standardised.
    let floats: Vec<u8> = (0..128).flat_map(|i| ((i % 64) as f32 / 18.5 - 1.7).to_le_bytes()).collect();
    put(&folder.path().join("z.npy"), &npy("<f4", "(2, 64)", &floats));
    assert!(noted(&open(&folder.path().join("z.npy"), &DataOptions::default()).unwrap(), "--shape 8x8x1"));
    let shaped = |sizes: &[usize]| DataOptions { reshape: Some(sizes.to_vec()), ..DataOptions::default() };
    let images = open(&path, &shaped(&[8, 8, 1])).unwrap();
    assert_eq!((images.sample_type().to_string(), all(&images)), ("u8[8,8,1]".into(), values.clone()));
    let error = open(&path, &shaped(&[8, 9])).unwrap_err().to_string();
    assert!(error.contains("expected 64 values a sample") && error.contains("72"), "{error}");
    let emnist = folder.path().join("emnist-letters.npy");
    std::fs::copy(&path, &emnist).unwrap();
    let turned = DataOptions { layout: Some(Layout::Whc), ..shaped(&[8, 8]) };
    assert!(noted(&open(&emnist, &shaped(&[8, 8])).unwrap(), "--layout whc") && !noted(&images, "EMNIST"));
    assert!(!noted(&open(&emnist, &turned).unwrap(), "EMNIST"));
    assert_eq!(all(&open(&path, &turned).unwrap())[..3], [0, 8, 16]);
    // One image alone is asked about, and either reading can be said.
    put(&path, &npy("|u1", "(8, 8, 2)", &values));
    let error = open(&path, &DataOptions::default()).unwrap_err();
    assert!(matches!(error, DataError::Unclear { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--shape 8x8x2 reads one image, --shape 8x2 reads 8"), "{error}");
    assert_eq!(open(&path, &shaped(&[8, 8, 2])).unwrap().len(), 1);
    assert_eq!(open(&path, &shaped(&[8, 2])).unwrap().len(), 8);
    // Options of arrays are refused where there are none.
    put(&folder.path().join("a.ppm"), b"P6 1 1 255\n\x01\x02\x03");
    let refused = [
        shaped(&[1, 1, 3]),
        DataOptions { key: Some("x".into()), ..DataOptions::default() },
        DataOptions { channels: Some(4), ..DataOptions::default() },
    ];
    for options in refused {
        assert!(matches!(open(&folder.path().join("a.ppm"), &options), Err(DataError::Option { .. })));
    }
}

#[test]
fn outliers_are_clamped_when_they_are_read_and_stay_in_the_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let mut values: Vec<f32> = (0..256).map(|i| i as f32 / 255.0).collect();
    let written = |values: &[f32]| {
        put(&path, &npy("<f4", "(4, 8, 8)", &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()));
        open(&path, &DataOptions::default()).unwrap()
    };
    let plain = written(&values);
    assert_eq!((plain.report().range, plain.report().outside), ([0.0, 1.0], 0));
    values[200] = 1.0004;
    let one = written(&values);
    assert_eq!((one.report().range, one.report().outside), ([0.0, 1.0], 1));
    assert!(one.report().to_string().contains("1 value outside, clamped"), "{}", one.report());
    assert_eq!(one.gather(&[3]).unwrap().as_f32().unwrap()[8], 1.0);
    assert_ne!(one.fingerprint(), plain.fingerprint());
    let range = Some([0.0, 2.0]);
    let other = open(&path, &DataOptions { range, ..DataOptions::default() }).unwrap();
    assert_eq!(other.fingerprint(), one.fingerprint(), "the range is no part of what is stored");
    assert_eq!(other.gather(&[3]).unwrap().as_f32().unwrap()[8], 1.0004);
    // A run whose range an earlier rule chose reads what it has read.
    let codec = |range| Codec::stand_in(ty("f32[8,8,1]"), range, Vec::new());
    let one = one.in_range_of(&codec([0.0, 1.0]));
    assert_eq!(one.gather(&[3]).unwrap().as_f32().unwrap()[8], 1.0);
    assert_eq!(one.in_range_of(&codec([0.0, 255.0])).gather(&[3]).unwrap().as_f32().unwrap()[8], 1.0004);
}

#[test]
fn dark_arrays_are_as_dark_as_dark_images() {
    let folder = tempfile::tempdir().unwrap();
    let sample = ty("u8[8,8,1]");
    let bytes: Vec<u8> = (0..128).map(|i| i % 59).collect();
    let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
    write("image-folder", &folder.path().join("png"), &samples).unwrap();
    write("npy", &folder.path().join("x.npy"), &samples).unwrap();
    let [images, array] =
        ["png", "x.npy"].map(|name| open(&folder.path().join(name), &DataOptions::default()).unwrap());
    assert_eq!((images.report().range, images.report().in_use), ([0.0, 255.0], [0.0, 58.0]));
    assert_eq!((array.report().range, array.report().in_use), ([0.0, 255.0], [0.0, 58.0]));
    assert_eq!(array.fingerprint(), images.fingerprint());
    // 12 bits in a container of 16 likewise.
    let sample = ty("u16[8,8,1]");
    let bytes: Vec<u8> = (0..128u16).flat_map(|i| (i * 32).to_le_bytes()).collect();
    let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
    write("image-folder", &folder.path().join("deep"), &samples).unwrap();
    write("npy", &folder.path().join("y.npy"), &samples).unwrap();
    for name in ["deep", "y.npy"] {
        let data = open(&folder.path().join(name), &DataOptions::default()).unwrap();
        assert_eq!((data.report().range, data.report().in_use), ([0.0, 4095.0], [0.0, 4064.0]), "{name}");
        assert!(noted(&data, "--range 0,65535"));
        let full = DataOptions { range: Some([0.0, 65_535.0]), ..DataOptions::default() };
        assert_eq!(open(&folder.path().join(name), &full).unwrap().report().range, [0.0, 65_535.0]);
    }
}

#[test]
fn rows_that_are_not_finite_are_bad() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values: Vec<u8> = (0..200u32).flat_map(|i| if i == 7 { f32::NAN } else { i as f32 }.to_le_bytes()).collect();
    put(&path, &npy("<f4", "(100, 2)", &values));
    let data = open(&path, &DataOptions::default()).unwrap();
    assert_eq!((data.len(), data.report().bad), (99, 1));
    assert_eq!(data.report().first_bad[0].path, "row 3");
    assert_eq!(data.codec().modality().name(), "points");
    assert_eq!(data.report().range, [0.0, 199.0]);
    let strict = DataOptions { max_bad: Some(0.001), ..DataOptions::default() };
    assert!(matches!(open(&path, &strict), Err(DataError::TooManyBad { bad: 1, total: 100, .. })));
    let resized = DataOptions { resolution: Some(Resolution::square(4)), ..DataOptions::default() };
    assert!(matches!(open(&path, &resized), Err(DataError::Option { name: "resolution", .. })));
}

/// A stored zip archive.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn archives_of_arrays_follow_the_usual_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let images = |v: u8| npy("|u1", "(2, 1, 1)", &[v, v]);
    let labels = npy("<i8", "(2, 1)", &[5i64.to_le_bytes(), 4i64.to_le_bytes()].concat());
    type Case<'a> = (&'a [(&'a str, Vec<u8>)], Vec<u8>, bool);
    let cases: [Case<'_>; 5] = [
        (
            &[("test_images.npy", images(1)), ("train_images.npy", images(2)), ("train_labels.npy", labels.clone())],
            vec![2, 2],
            true,
        ),
        (&[("x_test.npy", images(1)), ("y_train.npy", labels.clone()), ("X_train.npy", images(2))], vec![2, 2], true),
        (&[("arr_0.npy", images(3)), ("arr_1.npy", labels.clone())], vec![3, 3], true),
        (&[("whatever.npy", images(4))], vec![4, 4], false),
        (&[("images.npy", images(4)), ("labels.npy", npy("|u1", "(2, 3)", &[0; 6]))], vec![4, 4], false),
    ];
    for (members, expected, labelled) in cases {
        put(&path, &archive(members));
        let data = open(&path, &DataOptions::default()).unwrap();
        assert_eq!(all(&data), expected);
        assert_eq!(data.labels(), labelled.then_some(&[1, 0][..]));
    }
    // `latest` is no word for tests.
    put(&path, &archive(&[("latest_images.npy", images(4))]));
    assert!(!noted(&open(&path, &DataOptions::default()).unwrap(), "array to train on"));
    let lone = npy("|u1", "(2, 8, 8)", &[7; 128]);
    let words = npy("<U3", "(2,)", &"catowl".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>());
    put(&path, &archive(&[("imgs.npy", lone.clone()), ("lbls.npy", words.clone()), ("extra.npy", images(1))]));
    let error = open(&path, &DataOptions::default()).unwrap_err();
    let (text, hint) = (error.to_string(), error.hint().unwrap());
    assert!(text.contains("imgs [2, 8, 8], lbls [2], extra [2, 1, 1]"), "{text}");
    assert!(hint.ends_with("such as --key imgs --label-key lbls"), "{hint}");
    let keys = |key: &str, label: Option<&str>| DataOptions {
        key: Some(key.into()),
        label_key: label.map(Into::into),
        ..DataOptions::default()
    };
    let data = open(&path, &keys("imgs", Some("lbls"))).unwrap();
    assert_eq!(
        (all(&data).len(), data.labels(), data.classes()),
        (128, Some(&[0, 1][..]), &["cat".into(), "owl".into()][..])
    );
    assert!(noted(&data, "other arrays were left out: extra"));
    assert_eq!(open(&path, &keys("imgs", None)).unwrap().labels(), None);
    assert!(open(&path, &keys("nothing", None)).unwrap_err().to_string().contains("`nothing`"));
    let error = open(&path, &keys("lbls", None)).unwrap_err().to_string();
    assert!(error.contains("found texts"), "{error}");
    // Tests alone are taken, and said; labels that are none are said, and refused when they were asked for.
    let members = [("x_test.npy", lone.clone()), ("y_test.npy", npy("<f4", "(2,)", &[0, 0, 0, 63, 0, 0, 128, 63]))];
    put(&path, &archive(&members));
    let data = open(&path, &DataOptions::default()).unwrap();
    assert!(
        noted(&data, "there is no array to train on") && noted(&data, "y_test was left out: expected whole numbers")
    );
    let error = open(&path, &keys("x_test", Some("y_test"))).unwrap_err().to_string();
    assert!(
        error.contains("labels in the array y_test: expected whole numbers as labels, found 0.5 in row 0"),
        "{error}"
    );
    // Python objects: what to do depends on whether they are samples or labels.
    let objects = npy("|O", "(2,)", b"pickle");
    put(&path, &archive(&[("images.npy", lone.clone()), ("labels.npy", objects.clone())]));
    let error = open(&path, &DataOptions::default()).unwrap_err();
    assert!(error.to_string().contains("expected labels in the array labels of a type"), "{error}");
    assert!(error.hint().unwrap().contains("astype(str)"));
    put(&path, &archive(&[("images.npy", objects), ("labels.npy", words)]));
    let error = open(&path, &DataOptions::default()).unwrap_err();
    assert!(error.to_string().contains("expected samples of a type"), "{error}");
    assert!(error.hint().unwrap().contains("numpy.stack"));
    // Too few labels.
    put(&path, &archive(&[("images.npy", lone), ("labels.npy", npy("|u1", "(1,)", &[0]))]));
    let error = open(&path, &DataOptions::default()).unwrap_err().to_string();
    assert!(error.contains("`labels.npy`: expected 2 labels, one for each sample, found 1"), "{error}");
    put(&path, &archive(&[("a.npy", images(1)), ("b.npy", images(2))]));
    assert!(matches!(open(&path, &DataOptions::default()), Err(DataError::Unclear { .. })));
    // Under another name, in a folder of its own.
    put(&folder.path().join("alone/set.bin"), &archive(&[("arr_0.npy", images(3))]));
    assert_eq!(open(&folder.path().join("alone"), &DataOptions::default()).unwrap().report().format, "npz");
}

#[test]
fn unknown_data_says_what_lies_there_and_what_is_supported() {
    let folder = tempfile::tempdir().unwrap();
    let look = |path: &Path| match open(path, &DataOptions::default()) {
        Err(error @ DataError::UnknownData { .. }) => error,
        other => panic!("{other:?}"),
    };
    assert!(look(folder.path()).to_string().contains("an empty folder"));
    put(&folder.path().join("a.weird"), b"1,2\n");
    assert!(look(&folder.path().join("a.weird")).to_string().contains("31 2c 32 0a"));
    put(&folder.path().join("b.weird"), b"");
    assert!(look(&folder.path().join("b.weird")).to_string().contains("an empty file"));
    put(&folder.path().join("c/readme"), b"hello");
    let error = look(folder.path());
    assert!(error.to_string().contains("2 .weird, 1 folder"), "{error}");
    assert!(supported().iter().all(|line| error.hint().unwrap().contains(line)));
    assert!(matches!(Source::parse(folder.path().join("nothing")), Err(DataError::NotFound { .. })));
}

#[test]
fn bombs_meet_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    // 400 MiB of zeros in 400 kB: more than a hundredfold and more than 256 MiB.
    let mut zeros = GzEncoder::new(Vec::new(), Compression::fast());
    let chunk = vec![0u8; 1 << 20];
    zeros.write_all(&idx(&[400, 1024, 1024], &[])).unwrap();
    (0..400).for_each(|_| zeros.write_all(&chunk).unwrap());
    let path = folder.path().join("bomb-images-idx3-ubyte.gz");
    put(&path, &zeros.finish().unwrap());
    let error = open(&path, &DataOptions::default()).unwrap_err().to_string();
    assert!(error.contains("expands to more than"), "{error}");
    let path = folder.path().join("x.npy");
    put(&path, &npy("|u1", "(1, 16000, 16000, 4)", &[0; 100]));
    assert!(open(&path, &DataOptions::default()).is_err());
    put(&path, &npy("<f8", "(18446744073709551615, 18446744073709551615, 2)", &[0; 100]));
    assert!(open(&path, &DataOptions::default()).is_err());
}

/// Who brings something else is told what there is, each kind of file by what it is known by.
#[test]
fn what_is_read_is_told_by_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.weird");
    std::fs::write(&path, "hi").unwrap();
    let error = open(&path, &DataOptions::default()).err().unwrap();
    let DataError::UnknownData { supported, .. } = &error else { panic!("{error}") };
    let known = [
        ("fashion-mnist", "clothes"),
        ("adult", "32,561 people of a census"),
        ("ring2d", "eight Gaussians on a circle"),
        ("grid2d", "25 Gaussians on a grid"),
        ("stacked-fashion-mnist", "three images"),
        ("idx", "train-images-idx3-ubyte"),
        ("npy", "(N, H, W, C)"),
        ("npz", "x_train"),
        ("csv", ".csv or .tsv"),
        ("parquet", ".parquet file"),
        ("image-zip", "a zip archive"),
        ("image-folder", "PNG, JPEG, WebP, GIF, BMP, TIFF or PNM"),
    ];
    assert_eq!(supported.len(), known.len(), "{supported:?}");
    for (line, (name, part)) in supported.iter().zip(known) {
        assert!(line.starts_with(&format!("{name}: ")) && line.contains(part), "{line}");
    }
}
