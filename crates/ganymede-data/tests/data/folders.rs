//! What lies in folders and archives as people have them: each case is opened as both, and must give the same.

use super::common::{all, both, default, flat, images, open, put, same, with, zip_of};
use ganymede_data::{DataOptions, Pages, Source};
use image::{DynamicImage, ImageFormat};
use std::io::Cursor;

#[test]
fn of_a_set_in_parts_the_training_part_is_used() {
    for (train, test) in [
        ("Training", "Testing"),
        ("train", "val"),
        ("TRAIN", "Test_Set"),
        ("train_images", "test-images"),
        ("train2017", "val2017"),
        ("trainset", "holdout"),
    ] {
        let paths =
            format!("{test}/a/0 {test}/b/1 {train}/a/2 {train}/b/3 {train}/b/4 cover.png").replace("/0", "/0.png");
        let found = same(&with(images(&paths), "README.md", "words"), &default());
        assert_eq!(
            (found.classes.join(" "), found.names.join(" "), found.left_out),
            ("a b b".into(), "a b".into(), ".md 1".into()),
            "{train}"
        );
        assert_eq!(found.values, [2, 3, 4]);
        assert!(
            found.notes[0].contains(&format!("{train}: 3")) && found.notes[0].contains(&format!("{test}: 2")),
            "{:?}",
            found.notes
        );
        for (part, values) in [("all", 6), ("test", 2), (test, 2)] {
            let options = DataOptions { part: Some(part.into()), ..default() };
            if part != "test" || !matches!(test, "val" | "val2017" | "holdout") {
                assert_eq!(same(&images(&paths), &options).values.len(), values, "{test} {part}");
            }
        }
    }
    let found = same(&images("cat/train/0 cat/test/1 dog/train/2 dog/test/3"), &default());
    assert_eq!((found.classes.join(" "), found.values), ("cat dog".into(), vec![0, 2]));
    let found = same(&images("test/0 cat/1 dog/2"), &default());
    assert_eq!(found.names, ["cat", "dog", "test"]);
    assert!(found.notes[0].contains("the folder test is taken for a class"), "{:?}", found.notes);
    let asked = DataOptions { part: Some("val".into()), ..default() };
    let (folder, archive) = both(&images("train/0 test/1"), &asked);
    for error in [folder.unwrap_err(), archive.unwrap_err()] {
        assert!(error.to_string().contains("`test`, `train`"), "{error}");
    }
}

#[test]
fn masks_beside_images_are_left_out() {
    let files = with(images("images/1.png images/2.png masks/1.png masks/2.png"), "labels/1.txt", "0 1 2");
    let found = same(&files, &default());
    assert_eq!((found.values, found.names.len(), found.left_out.as_str()), (vec![0, 1], 0, ".txt 1"));
    assert_eq!(
        found.notes,
        ["images that belong to others are left out (masks: 2): 2; --part all takes them too, --part NAME them alone"]
    );
    let found = same(&images("a/1.png a/1_mask.png b/2.png b/2_mask.png"), &default());
    assert_eq!((found.classes.join(" "), found.values), ("a b".into(), vec![0, 2]));
    let asked = DataOptions { part: Some("masks".into()), ..default() };
    assert_eq!(same(&files, &asked).values, [2, 3]);
}

/// A PNG that says that ganymede generated it.
fn drawn(value: u8) -> Vec<u8> {
    let chunk = b"tEXtSoftware\0ganymede sample";
    let png = flat(value);
    [&png[..33], &(chunk.len() as u32 - 4).to_be_bytes(), chunk, &crc32fast::hash(chunk).to_be_bytes(), &png[33..]]
        .concat()
}

#[test]
fn what_ganymede_writes_is_no_data() {
    let plain = images("a.png b.png c.png");
    let before = same(&plain, &default());
    let mut files = with(plain, "runs/00000-x/spec.toml", "");
    for (name, bytes) in [
        ("runs/00000-x/codec.json", b"{}".to_vec()),
        ("runs/00000-x/samples/step-0.png", flat(9)),
        ("runs/00000-x/log.txt", b"words".to_vec()),
        ("so/000000.png", drawn(9)),
        ("so/ganymede-samples.json", b"{}".to_vec()),
        ("so/labels.csv", b"file,label\n000000.png,cat\n".to_vec()),
        ("00000-x-seeds-0-63.png", drawn(8)),
    ] {
        files = with(files, name, bytes);
    }
    let found = same(&files, &default());
    assert_eq!((&found.values, &found.names, found.left_out.as_str()), (&before.values, &before.names, ""));
    assert_eq!(
        found.notes,
        [
            "1 run of ganymede below the folder is left out",
            "2 images that ganymede generated (samples and their grids) are left out"
        ]
    );
    // Drawn images alone were meant.
    let found = same(&with(with(Vec::new(), "x/1.png", drawn(3)), "x/2.png", drawn(4)), &default());
    assert_eq!(
        (found.values, found.notes),
        (vec![3, 4], vec!["ganymede generated all of these images (2)".to_string()])
    );
    // A run itself, and a folder of runs.
    let place = tempfile::tempdir().unwrap();
    let run = place.path().join("runs/00000-x");
    for (name, bytes) in [("spec.toml", &b""[..]), ("events.jsonl", b""), ("samples/a.png", &flat(1))] {
        put(&run.join(name), bytes);
    }
    let error = open(&run, &default()).unwrap_err();
    assert!(error.to_string().contains("found a run of ganymede"), "{error}");
    let error = open(&place.path().join("runs"), &default()).unwrap_err();
    assert!(error.hint().unwrap().contains("these are runs of ganymede"), "{error}");
}

#[test]
fn written_grids_and_samples_say_that_they_are_drawn() {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in images("a.png b.png") {
        put(&place.path().join(name), &bytes);
    }
    let data = open(place.path(), &default()).unwrap();
    let sample = [0.5f32; 4];
    let codec = data.codec();
    let one = ganymede_tensor::Tensor::from_f32([1, 2, 2, 1], sample.to_vec()).unwrap();
    codec.write_samples(&place.path().join("so"), 3..4, 3, &one).unwrap();
    codec.write_grid(&place.path().join("grid.png"), &one, 1).unwrap();
    let again = open(place.path(), &default()).unwrap();
    assert_eq!((again.len(), again.fingerprint()), (2, data.fingerprint()));
    assert_eq!(open(&place.path().join("so"), &default()).unwrap().len(), 1);
}

#[test]
fn options_that_nothing_answers_are_refused() {
    let none = DataOptions { label_column: Some("breed".into()), ..default() };
    let (folder, archive) = both(&images("a/0.png b/1.png"), &none);
    for error in [folder.unwrap_err(), archive.unwrap_err()] {
        assert!(error.to_string().contains("option `label_column`: expected a table of files and classes"), "{error}");
    }
    let place = tempfile::tempdir().unwrap();
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[9; 4]].concat();
    let path = place.path().join("x-images-idx3-ubyte");
    put(&path, &idx);
    for options in [
        DataOptions { part: Some("train".into()), ..default() },
        DataOptions { labels: Some("none".into()), ..default() },
        DataOptions { label_column: Some("2".into()), ..default() },
        DataOptions { pages: Pages::All, ..default() },
    ] {
        let error = open(&path, &options).unwrap_err().to_string();
        assert!(error.contains("expected a folder or zip file of images, found data of the format idx"), "{error}");
    }
}

#[test]
fn folders_that_are_no_utf8_stay_two_classes() {
    use std::os::unix::ffi::OsStrExt;
    let place = tempfile::tempdir().unwrap();
    for (value, name) in [(1, &b"\xea\xee\xf2"[..]), (2, b"\xef\xe5\xf1")] {
        put(&place.path().join(std::ffi::OsStr::from_bytes(name)).join("1.png"), &flat(value));
    }
    assert_eq!(open(place.path(), &default()).unwrap().classes(), ["\\xea\\xee\\xf2", "\\xef\\xe5\\xf1"]);
}

#[test]
fn an_empty_class_is_named() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    let files = with(with(images("a/1.png c/1.png e/"), "b/1.heic", heic), "b/2.heic", heic);
    let found = same(&files, &DataOptions { max_bad: Some(0.5), ..default() });
    assert_eq!((found.names.join(" "), found.left_out.as_str()), ("a c".into(), ".heic 2"));
    assert!(
        found.notes[0].starts_with("2 of 4 images (50 %) are of kinds that are not read: HEIC (2): convert it"),
        "{:?}",
        found.notes
    );
    assert_eq!(found.notes[1..], ["the folder b is no class: .heic 2", "the folder e is no class: it is empty"]);
    let broken = with(images("a/1.png c/1.png"), "b/1.png", b"nothing");
    let found = same(&broken, &DataOptions { max_bad: Some(0.5), ..default() });
    assert_eq!((found.notes.join(""), found.bad), ("the folder b is no class: image that cannot be read 1".into(), 1));
}

#[test]
fn numbers_are_in_their_order() {
    let found = same(&images("1/0.png 2/0.png 10/0.png 11/0.png 9/0.png"), &default());
    assert_eq!(found.names, ["1", "2", "9", "10", "11"]);
    // Samples stay in the order of their paths: it is part of what a run was started on.
    assert_eq!((found.values, found.classes.join(" ")), (vec![0, 2, 3, 1, 4], "1 10 11 2 9".into()));
    assert_eq!(same(&images("class2/0.png class10/0.png"), &default()).names, ["class2", "class10"]);
}

#[test]
fn a_run_keeps_the_order_of_its_classes() {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes) in images("1/0.png 2/0.png 10/0.png") {
        put(&place.path().join(name), &bytes);
    }
    let now = open(place.path(), &default()).unwrap();
    assert_eq!((now.classes().join(" "), now.labels().unwrap()), ("1 2 10".into(), &[0, 2, 1][..]));
    let now_fingerprint = now.fingerprint().to_string();
    let order = ["1", "10", "2"].map(String::from);
    let old = now.with_class_order(&order).unwrap();
    assert_eq!((old.classes(), old.labels().unwrap()), (&order[..], &[0, 1, 2][..]));
    // What version 1 had for this folder: the samples and labels 0, 1, 2.
    assert_ne!(old.fingerprint(), now_fingerprint);
    let list = ["a", "b", "c"].map(String::from);
    let table = place.path().join("labels.csv");
    std::fs::write(&table, "1/0.png,a\n10/0.png,b\n2/0.png,c\n").unwrap();
    let by_table = open(place.path(), &default()).unwrap();
    assert_eq!(
        (by_table.classes(), by_table.fingerprint()),
        (&list[..], old.fingerprint()),
        "labels 0, 1, 2 by another way"
    );
    // Back again, and an order of other classes, which changes nothing.
    std::fs::remove_file(&table).unwrap();
    let back = old.with_class_order(&["1", "2", "10"].map(String::from)).unwrap();
    assert_eq!(back.fingerprint(), now_fingerprint);
    let other = back.with_class_order(&["1", "2"].map(String::from)).unwrap();
    assert_eq!((other.fingerprint(), other.classes().len()), (&now_fingerprint[..], 3));
}

#[test]
fn the_content_decides_what_is_an_image() {
    let files = with(
        with(with(images("a.png b c.avif d.dat"), "e.txt", "hello"), "f.NEF", b"II*\0\x08\0\0\0"),
        "g.png",
        "<!DOCTYPE html>",
    );
    let found = same(&files, &DataOptions { max_bad: Some(0.5), ..default() });
    assert_eq!((found.values, found.bad, found.left_out.as_str()), (vec![0, 1, 2, 3], 1, ".nef 1 .txt 1"));
    let (error, _) = both(&with(images("a.png"), "g.png", "<!DOCTYPE html>"), &default());
    assert!(error.unwrap_err().to_string().contains("found a web page (HTML): fetch the image again"));
}

#[test]
fn names_of_an_archive_may_have_other_slashes() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x.zip");
    zip_of(&path, &images("pets\\cats\\1.png pets\\dogs\\2.png pets\\cats\\3.png"));
    let data = open(&path, &default()).unwrap();
    assert_eq!((data.classes(), data.labels().unwrap()), (&["cats".to_string(), "dogs".into()][..], &[0, 0, 1][..]));
    assert_eq!(data.report().notes[..1], ["3 names in the archive have \\ between their folders, which is read as /"]);
}

/// Bytes with one text in place of another, of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    (0..=bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from))
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|at| {
            bytes[at..at + from.len()].copy_from_slice(to);
        });
    bytes
}

#[test]
fn names_of_an_archive_may_be_of_other_letters() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x.zip");
    // The second byte of a letter of Shift-JIS is that of \.
    zip_of(&path, &images("aQQ1.png bQQ2.png set/c\\3.png"));
    put(&path, &replaced(&std::fs::read(&path).unwrap(), b"QQ", b"\x83\x5c"));
    let data = open(&path, &default()).unwrap();
    assert_eq!((data.len(), data.classes().len()), (3, 0));
    assert_eq!(
        data.report().notes[0],
        "2 names in the archive are no UTF-8: \\ is taken for a part of a letter there, not for a folder"
    );
    assert!(!data.report().notes.iter().any(|note| note.contains("read as /")), "beside / it is a part of a name");
    // A table names what lies there in the code page of the format, where ä is 0x84.
    zip_of(&path, &with(images("bQr.png kQse.png"), "labels.csv", "b\u{e4}r.png,x\nk\u{e4}se,y\n"));
    put(&path, &replaced(&std::fs::read(&path).unwrap(), b"Q", b"\x84"));
    let data = open(&path, &default()).unwrap();
    assert_eq!((data.classes().join(" "), data.report().bad), ("x y".into(), 0));
}

/// An animation of frames of these values.
fn animation(values: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut file);
    for &value in values {
        let frame = image::RgbaImage::from_pixel(2, 2, image::Rgba([value, value, value, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    file
}

/// A TIFF of pages, 2x2 grey of 8 bits.
fn pages(values: &[u8]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut out).unwrap();
    values.iter().for_each(|&value| encoder.write_image::<tiff::encoder::colortype::Gray8>(2, 2, &[value; 4]).unwrap());
    out.into_inner()
}

#[test]
fn pages_and_frames_beyond_the_first_are_told_or_read() {
    let files = with(with(images("a.png"), "b.tif", pages(&[10, 20, 30])), "c.gif", animation(&[40, 50]));
    let found = same(&files, &default());
    assert_eq!(found.values, [0, 10, 40]);
    assert_eq!(
        found.notes,
        [
            "files with several pages or frames: 2; the first of each is used, 3 more left out; --pages all takes them too"
        ]
    );
    let found = same(&files, &DataOptions { pages: Pages::All, ..default() });
    assert_eq!(found.values, [0, 10, 20, 30, 40, 50]);
    let classes = with(with(Vec::new(), "x/b.tif", pages(&[10, 20])), "y/c.gif", animation(&[40, 50]));
    assert_eq!(same(&classes, &DataOptions { pages: Pages::All, ..default() }).classes.join(" "), "x x y y");
}

/// A TIFF of 2x1 grey values of a type.
fn tiff_of<C: tiff::encoder::colortype::ColorType>(values: &[C::Inner]) -> Vec<u8>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let mut out = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut out).unwrap().write_image::<C>(2, 1, values).unwrap();
    out.into_inner()
}

#[test]
fn floats_and_wide_integers_of_tiff_are_read_as_they_are() {
    use tiff::encoder::colortype::{Gray32, Gray32Float, Gray64Float, GrayI16, RGBA32Float};
    let files: [(&str, Vec<u8>, [f32; 2]); 4] = [
        ("f32", tiff_of::<Gray32Float>(&[0.25, -1.5]), [0.25, -1.5]),
        ("f64", tiff_of::<Gray64Float>(&[0.5, 2.0]), [0.5, 2.0]),
        ("u32", tiff_of::<Gray32>(&[7, 100_000]), [7.0, 100_000.0]),
        ("i16", tiff_of::<GrayI16>(&[-7, 300]), [-7.0, 300.0]),
    ];
    for (name, file, values) in files {
        let place = tempfile::tempdir().unwrap();
        put(&place.path().join("x.tif"), &file);
        let data = open(place.path(), &default()).unwrap();
        assert_eq!(data.sample_type().to_string(), "f32[1,2,1]", "{name}");
        assert_eq!(data.gather(&[0]).unwrap().as_f32().unwrap(), values, "{name}");
    }
    // Among others they have no common scale.
    let mixed = with(images("a.png b.png"), "c.tif", tiff_of::<Gray32Float>(&[0.25, 0.5]));
    let (error, _) = both(&mixed, &default());
    assert!(error.unwrap_err().to_string().contains(
        "c.tif (expected 8 or 16 bits as most images have, found grey 32 bit float TIFF: save it with 8 or 16 bits)"
    ));
    let (error, _) = both(&with(Vec::new(), "c.tif", tiff_of::<Gray32Float>(&[f32::NAN, 0.5])), &default());
    assert!(error.unwrap_err().to_string().contains("expected finite values, found NaN in row 0, column 0"));
    let (error, _) = both(&with(Vec::new(), "c.tif", tiff_of::<RGBA32Float>(&[0.5; 8])), &default());
    assert!(error.unwrap_err().to_string().contains("found it with alpha"));
    // What `sample` wrote, beside its word of it; not what others put there.
    let place = tempfile::tempdir().unwrap();
    put(&place.path().join("out/ganymede-samples.json"), b"{}");
    for name in ["a.tif", "out/000000.tiff", "out/photo.tiff", "000001.tiff"] {
        put(&place.path().join(name), &tiff_of::<Gray32Float>(&[0.25, 0.5]));
    }
    assert_eq!(open(place.path(), &default()).unwrap().len(), 3);
}

#[test]
fn archives_that_are_not_read_are_named() {
    let place = tempfile::tempdir().unwrap();
    for (name, bytes, words, hint) in [
        ("x.tar.gz", &b"\x1f\x8b\x08\x08\0\0\0\0"[..], "a gzip archive", "tar xf x.tar.gz"),
        ("x.rar", b"Rar!\x1a\x07\x01\0", "a RAR archive", "unrar x x.rar"),
        ("x.7z", b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive", "7z x x.7z"),
        ("x.pkl", b"\x80\x04\x95", "a pickle", "numpy.savez"),
    ] {
        put(&place.path().join(name), bytes);
        let error = open(&place.path().join(name), &default()).unwrap_err();
        assert!(
            error.to_string().contains(words) && error.hint().unwrap().contains(hint),
            "{error} {:?}",
            error.hint()
        );
    }
    // A method of compression that is not known: bzip2 has the number 12.
    let path = place.path().join("x.zip");
    zip_of(&path, &images("a.png"));
    let mut bytes = std::fs::read(&path).unwrap();
    for magic in [&b"PK\x03\x04"[..], b"PK\x01\x02"] {
        let at = bytes.windows(4).position(|w| w == magic).unwrap() + if magic[2] == 3 { 8 } else { 10 };
        bytes[at..at + 2].copy_from_slice(&[12, 0]);
    }
    put(&path, &bytes);
    let error = open(&path, &default()).unwrap_err();
    assert!(error.to_string().contains("expected members that are stored or deflated, found bzip2"), "{error}");
    assert!(error.hint().unwrap().contains("zip -r"));
}

#[test]
fn a_folder_that_is_not_data_says_where_data_lies() {
    let place = tempfile::tempdir().unwrap();
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[9; 4]].concat();
    put(&place.path().join("MNIST/raw/train-images-idx3-ubyte"), &idx);
    let error = open(place.path(), &default()).unwrap_err();
    assert!(error.hint().unwrap().ends_with("MNIST/raw"), "{:?}", error.hint());
    // A file in a folder of its own name.
    let kaggle = tempfile::tempdir().unwrap();
    put(&kaggle.path().join("train-images-idx3-ubyte/train-images-idx3-ubyte"), &idx);
    put(&kaggle.path().join("train-labels-idx1-ubyte/train-labels-idx1-ubyte"), &[0, 0, 8, 1, 0, 0, 0, 1, 7]);
    let data = open(kaggle.path(), &default()).unwrap();
    assert_eq!((data.len(), data.classes().join(" ")), (1, "7".into()));
    put(&kaggle.path().join("emnist-train-images-idx3-ubyte"), &idx);
    let data = open(&kaggle.path().join("emnist-train-images-idx3-ubyte"), &default()).unwrap();
    assert!(data.report().notes[0].contains("EMNIST"), "{:?}", data.report().notes);
    let heic = tempfile::tempdir().unwrap();
    put(&heic.path().join("1.heic"), b"\0\0\0\x18ftypheic");
    let error = open(heic.path(), &default()).unwrap_err();
    assert!(error.hint().unwrap().contains("heif-convert"), "{:?}", error.hint());
    assert!(Source::parse(heic.path()).is_ok());
}

#[test]
fn a_jpeg_with_bytes_between_its_segments_is_read_as_without() {
    let mut clean = Vec::new();
    jpeg_encoder::Encoder::new(&mut clean, 100)
        .encode(&[9, 200, 30].repeat(64), 8, 8, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    let one = |bytes: &[u8]| {
        let place = tempfile::tempdir().unwrap();
        put(&place.path().join("x.jpg"), bytes);
        all(&open(place.path(), &default()).unwrap())
    };
    let expected = one(&clean);
    for stray in [&[0, 0][..], &[0], &[1, 2, 3, 4, 5]] {
        let dirty = [&clean[..20], stray, &clean[20..]].concat();
        assert_eq!(one(&dirty), expected, "{stray:?}");
    }
}

#[test]
fn one_deep_image_among_others_is_told() {
    let deep = DynamicImage::ImageLuma16(image::ImageBuffer::from_pixel(2, 2, image::Luma([40_000u16])));
    let mut bytes = Cursor::new(Vec::new());
    deep.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let found = same(&with(images("a.png b.png"), "c.png", bytes.into_inner()), &default());
    assert_eq!(found.notes, ["of 3 images 1 with 16 bits a channel made all of them so: c.png"]);
}
