//! Tables of classes beside images, in folders and archives: which is used, and of which images.

use super::common::{all, both, default, images, open, put, random_samples, same, with};
use ganymede_data::{DataOptions, Dataset, Samples, Source, write};
use ganymede_tensor::{DType, TensorType};
use std::io::Write;

#[test]
fn a_source_of_labels_that_lies_there_is_read() {
    let set = || images("0.png 1.png 2.png 3.png");
    let csv = "file,class\n0.png,x\n1.png,y\n2.png,x\n3.png,y\n";
    let plain: Vec<(&str, String)> = vec![
        ("labels.csv", csv.into()),
        ("Labels.CSV", csv.into()),
        ("labels.tsv", csv.replace(',', "\t")),
        ("metadata.csv", csv.replace("file", "file_name").replace("class", "label")),
        ("train.csv", csv.replace("file", "image_id").replace(".png", "")),
        ("annotations.csv", format!("sep=;\r\n{}", csv.replace(',', ";"))),
        ("labels.csv", format!("{csv},\n,\n")),
        (
            "metadata.jsonl",
            (0..4).map(|i| format!("{{\"file_name\": \"{i}.png\", \"label\": \"{}\"}}\n", ["x", "y"][i % 2])).collect(),
        ),
        ("dataset.json", r#"{"labels": [["0.png", "x"], ["1.png", "y"], ["2.png", "x"], ["3.png", "y"]]}"#.into()),
    ];
    for (name, text) in plain {
        let mut encodings: Vec<Vec<u8>> = vec![text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes()];
        for little in [true, false] {
            let unit = |u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() };
            encodings.push(format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect());
        }
        for bytes in encodings {
            let found = same(&with(set(), name, bytes), &default());
            assert_eq!(
                (found.classes.join(" "), found.bad, found.left_out.as_str()),
                ("x y x y".into(), 0, ""),
                "{name}"
            );
        }
    }
    // One folder up or down, and beside it.
    for (paths, name) in [
        ("pets/0.png pets/1.png pets/2.png pets/3.png", "pets/labels.csv"),
        ("pets/0.png pets/1.png pets/2.png pets/3.png", "labels.csv"),
        ("images/0.png images/1.png images/2.png images/3.png", "meta/labels.csv"),
        ("images/0.png images/1.png images/2.png images/3.png", "annotations/train.csv"),
    ] {
        assert_eq!(same(&with(images(paths), name, csv), &default()).classes.join(" "), "x y x y", "{name}");
    }
    // Kaggle's: a column of a name of its own, and a test set.
    let kaggle = images("train/0a.jpg train/0b.jpg test/0c.jpg");
    let found = same(&with(kaggle, "labels.csv", "id,breed\n0a,pug\n0b,dingo\n"), &default());
    assert_eq!((found.classes.join(" "), found.values), ("pug dingo".into(), vec![0, 1]));
}

/// A table that speaks of something else is not worth a word; one that names a few of the images is.
#[test]
fn a_table_of_other_things_is_not_noted() {
    let set = || images("a.png b.png c.png d.png e.png");
    let notes = |text: &str| same(&with(set(), "things.csv", text), &default()).notes.join("\n");
    assert!(!notes("file,class\nx.png,1\ny.png,2\n").contains("things.csv"));
    let told = notes("file,class\na.png,1\ny.png,2\n");
    assert!(told.contains("things.csv is not used for classes: it names 20 % of the images"), "{told}");
}

#[test]
fn stylegans_folders_are_storage() {
    let set = || images("00000/img0.png 00000/img1.png 00001/img2.png 00001/img3.png");
    let labels =
        r#"{"labels": [["00000/img0.png", 2], ["00000/img1.png", 10], ["00001/img2.png", 2], ["00001/img3.png", 10]]}"#;
    let found = same(&with(set(), "dataset.json", labels), &default());
    assert_eq!((found.classes.join(" "), found.names.join(" ")), ("2 10 2 10".into(), "2 10".into()));
    let found = same(&with(set(), "dataset.json", r#"{"labels": null}"#), &default());
    assert_eq!(found.names.len(), 0);
    assert!(found.notes[0].contains("dataset.json says that there are no labels"), "{:?}", found.notes);
    let folders = DataOptions { labels: Some("folders".into()), ..default() };
    assert_eq!(same(&with(set(), "dataset.json", labels), &folders).names, ["00000", "00001"]);
    // Another file of this name.
    assert_eq!(same(&with(set(), "dataset.json", "{\"name\": 3}"), &default()).names, ["00000", "00001"]);
}

#[test]
fn of_several_sources_one_is_used_and_the_others_are_named() {
    let set = || with(images("a/0.png b/1.png"), "labels.csv", "0,x\n1,y\n");
    let found = same(&set(), &default());
    assert_eq!(found.names, ["x", "y"]);
    assert_eq!(found.notes, ["the classes are those of labels.csv, not the folders (--labels folders takes these)"]);
    let files = with(set(), "sub/metadata.csv", "file_name,label\n0.png,p\n1.png,q\n");
    let found = same(&files, &default());
    assert_eq!(
        found.notes,
        ["the classes are those of labels.csv; sub/metadata.csv also names some (--labels NAME takes it)"]
    );
    for (labels, names) in [
        ("metadata.csv", vec!["p", "q"]),
        ("sub/metadata.csv", vec!["p", "q"]),
        ("folders", vec!["a", "b"]),
        ("none", vec![]),
    ] {
        let options = DataOptions { labels: Some(labels.into()), ..default() };
        assert_eq!(same(&files, &options).names, names, "{labels}");
    }
    // A table of another name does not come before folders of classes.
    let birds = with(images("a/0.png b/1.png"), "birds.csv", "filepaths,labels\na/0.png,x\nb/1.png,y\n");
    let found = same(&birds, &default());
    assert_eq!((found.names.join(" "), found.notes.len()), ("a b".into(), 1));
    let (error, _) = both(&birds, &DataOptions { labels: Some("bird.csv".into()), ..default() });
    assert!(error.unwrap_err().to_string().contains("birds.csv"));
    let column = DataOptions { label_column: Some("z".into()), ..default() };
    let table = with(images("0.png 1.png"), "labels.csv", "id,c,z\n0,p,q\n1,p,r\n");
    assert_eq!(same(&table, &column).names, ["q", "r"]);
    let (folder, archive) = both(&table, &default());
    for error in [folder.unwrap_err(), archive.unwrap_err()] {
        assert!(error.to_string().contains("line 1: expected a column of classes, such as `class` or `label`, found c, z: say which with --label-column"), "{error}");
    }
}

#[test]
fn folders_that_only_store_do_not_hide_a_table() {
    let chest = |table: &str| {
        with(
            images("images_001/a.png images_001/b.png images_002/c.png images_002/d.png"),
            table,
            "Image Index,Finding Labels,Age\na.png,x,1\nb.png,y,2\nc.png,x,3\nd.png,y,4\n",
        )
    };
    let found = same(&chest("Data_Entry_2017.csv"), &default());
    assert_eq!((found.names.join(" "), found.classes.join(" ")), ("x y".into(), "x y x y".into()));
    assert!(
        found.notes[0].contains("the classes are those of Data_Entry_2017.csv, not the folders"),
        "{:?}",
        found.notes
    );
    let found = same(&images("images_001/a.png images_002/b.png"), &default());
    assert_eq!(
        found.notes,
        ["the folders, which differ in numbers alone, are taken for classes; --labels none if they only store"]
    );
    for plain in ["1/a.png 2/b.png", "class1/a.png class2/b.png", "cats/a.png dogs/b.png"] {
        assert!(same(&images(plain), &default()).notes.is_empty(), "{plain}");
    }
}

#[test]
fn tables_in_another_encoding_are_refused() {
    let cp1251 = b"file;class\r\n0.png;\xea\xee\xf2\r\n1.png;\xef\xe5\xf1\r\n";
    let (folder, archive) = both(&with(images("0.png 1.png"), "labels.csv", cp1251), &default());
    for error in [folder.unwrap_err(), archive.unwrap_err()] {
        assert!(error.to_string().contains("labels.csv: line 2: expected UTF-8, found the byte ea"), "{error}");
        assert!(error.hint().unwrap().contains("save it as UTF-8"), "{error}");
    }
}

#[test]
fn a_table_beside_images_names_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    let (root, cache) = (folder.path().join("set"), folder.path().join("cache"));
    let sample = TensorType::new(DType::U8, [5, 7, 1]);
    let bytes = random_samples(&sample, 4, 3);
    let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
    write("image-folder", &root, &samples).unwrap();
    let rows = "file,class\n000000.png,shoe\n000001.png,bag\n000002.png,shoe\n000003.png,bag\nmore.png,hat\n";
    put(&root.join("labels.csv"), rows.as_bytes());
    let cached = |max_bad: f64| {
        let options = DataOptions { max_bad: Some(max_bad), ..DataOptions::default() };
        Dataset::open_with(&Source::parse(&root).unwrap(), &options, Some(&cache), &())
    };
    let data = cached(0.0).unwrap();
    assert_eq!((data.labels().unwrap(), data.classes()), (&[1, 0, 1, 0][..], &["bag".into(), "shoe".into()][..]));
    let hat = "no image is of these classes of labels.csv: hat";
    assert_eq!(data.report().notes, ["1 row of labels.csv names no image", hat]);
    // The table is part of what the cache depends on.
    put(&root.join("labels.csv"), b"000000,a\n000001,b\n000002,c\n");
    let data = cached(0.0).unwrap();
    assert_eq!((data.labels().unwrap(), data.report().bad), (&[0, 1, 2][..], 0));
    let left =
        "of 4 images 1 has no row in labels.csv and is left out: 000003.png; --labels none takes all, without classes";
    assert_eq!(data.report().notes, [left]);
    // One that is asked for, and one that names few of them, is to name all.
    let options = DataOptions { labels: Some("labels.csv".into()), max_bad: Some(0.0), ..DataOptions::default() };
    let asked = Dataset::open_with(&Source::parse(&root).unwrap(), &options, None, &()).unwrap_err();
    assert!(asked.to_string().contains("000003.png (expected a row with its class in labels.csv"), "{asked}");
    put(&root.join("labels.csv"), b"000000,a\n");
    let error = cached(0.0).unwrap_err();
    assert!(error.hint().unwrap().starts_with("add rows for them to labels.csv"), "{error}");
    let error = error.to_string();
    assert!(error.contains("000003.png (expected a row with its class in labels.csv, found none)"), "{error}");
    assert_eq!(cached(0.8).unwrap().report().bad, 3);
    put(&root.join("labels.csv"), b"000000.png\n");
    let error = cached(0.0).unwrap_err().to_string();
    assert!(error.contains("labels.csv, line 1: expected two columns"), "{error}");
}

#[test]
fn a_table_in_an_archive_names_classes_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let sample = TensorType::new(DType::U8, [5, 7, 1]);
    let bytes = random_samples(&sample, 3, 3);
    let samples = Samples { sample: &sample, bytes: &bytes, labels: None, classes: &[] };
    write("image-folder", &folder.path().join("set"), &samples).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("set/labels.csv", b"000000.png;2\n000001.png;10\n000002.png;2\n");
    for i in 0..3 {
        add(&format!("set/00000{i}.png"), &std::fs::read(folder.path().join(format!("set/00000{i}.png"))).unwrap());
    }
    zip.finish().unwrap();
    let data = open(&path, &DataOptions::default()).unwrap();
    assert_eq!((data.labels().unwrap(), data.classes()), (&[0, 1, 0][..], &["2".into(), "10".into()][..]));
    assert_eq!((all(&data), data.report().notes.len()), (bytes, 0));
}

/// A table of a column `text` in which every image has a caption of its own.
fn captions(paths: &str) -> String {
    let row = |(i, path): (usize, &str)| {
        format!("{{\"file_name\": \"{path}\", \"text\": \"a photo of a dog, number {i}\"}}\n")
    };
    paths.split_whitespace().enumerate().map(row).collect()
}

#[test]
fn captions_are_no_classes() {
    for paths in ["0.png 1.png 2.png", "0.png 1.png 2.png 3.png 4.png 5.png 6.png 7.png 8.png"] {
        let n = paths.split(' ').count();
        for name in ["metadata.jsonl", "labels.jsonl", "prompts.jsonl"] {
            let files = with(images(paths), name, captions(paths));
            let found = same(&files, &default());
            assert_eq!((found.names.len(), found.bad), (0, 0), "{name}");
            let said = format!(
                "{name} is not used for classes: of {n} images {n} have a value of the column `text` that no other has, as captions \
                 do; --label-column text takes them"
            );
            assert_eq!(found.notes, [said]);
            let asked = DataOptions { label_column: Some("text".into()), ..default() };
            assert_eq!(same(&files, &asked).names.len(), n);
            let asked = DataOptions { labels: Some(name.into()), ..default() };
            assert_eq!(same(&files, &asked).names.len(), n);
        }
    }
    // Folders of classes stay classes.
    let paths = "cats/0.png cats/1.png dogs/2.png dogs/3.png";
    assert_eq!(same(&with(images(paths), "metadata.jsonl", captions(paths)), &default()).names, ["cats", "dogs"]);
}

#[test]
fn folders_of_classes_come_before_a_table_that_was_only_found() {
    let paths = "cats/0.png cats/1.png dogs/2.png dogs/3.png";
    let files = with(images(paths), "metadata.csv", "file_name,label\n0.png,x\n1.png,y\n2.png,x\n3.png,y\n");
    let found = same(&files, &default());
    assert_eq!(found.classes.join(" "), "cats cats dogs dogs");
    assert_eq!(
        found.notes,
        ["the classes are those of the folders; metadata.csv also names some (--labels NAME takes it)"]
    );
    for asked in [
        DataOptions { labels: Some("metadata.csv".into()), ..default() },
        DataOptions { label_column: Some("label".into()), ..default() },
    ] {
        assert_eq!(same(&files, &asked).classes.join(" "), "x y x y");
    }
}

#[test]
fn images_that_a_table_does_not_name_are_left_out_by_name() {
    let rows = |n: usize| -> String {
        let row = |i| format!("{i}.png,{}\n", ["x", "y"][i % 2]);
        format!("file_name,label\n{}", (0..n).map(row).collect::<String>())
    };
    for (n, left) in [(2, "2.png, 3.png"), (3, "3.png")] {
        for name in ["metadata.csv", "train.csv", "labels.csv"] {
            let files = with(images("0.png 1.png 2.png 3.png"), name, rows(n));
            let found = same(&files, &default());
            assert_eq!((found.values.len(), found.bad, found.names.join(" ")), (n, 0, "x y".into()), "{name}");
            assert!(
                found.notes[0].contains(&format!("no row in {name}")) && found.notes[0].contains(left),
                "{:?}",
                found.notes
            );
            let none = DataOptions { labels: Some("none".into()), ..default() };
            assert_eq!(same(&files, &none).values.len(), 4);
            // One that is asked for has to name all.
            let (error, _) = both(&files, &DataOptions { labels: Some(name.into()), ..default() });
            assert!(error.unwrap_err().to_string().contains("expected a row with its class"), "{name}");
        }
    }
    let found = same(&with(images("0.png 1.png 2.png"), "metadata.csv", rows(1)), &default());
    assert_eq!(
        (found.values.len(), &found.notes[0][..]),
        (3, "metadata.csv is not used for classes: it names 33 % of the images; --labels metadata.csv takes it")
    );
}

#[test]
fn a_dataset_json_of_another_tool_is_no_table_of_classes() {
    let set = || images("cats/0.png dogs/1.png");
    for (text, lacks) in [
        (r#"{"name": "pets", "images": 2}"#, "expected a JSON object with \"labels\", found none"),
        (r#"{"labels": ["cat", "dog"]}"#, "expected \"labels\" as a list of [file, class number]"),
        (r#"{"labels": 2}"#, "expected \"labels\" as a list of [file, class number]"),
        (r#"{"labels": []}"#, "line 1: expected rows of a file and a class, found nothing"),
        (r#"{"labels": {"a": "cat", "b": "dog"}}"#, "it names 0 % of the images"),
        (r#"[{"file": "0.png"}]"#, "found something else"),
        ("{\"file\": 1}\n{\"file\": 2}\n", "expected JSON: trailing characters"),
    ] {
        let files = with(set(), "dataset.json", text);
        let found = same(&files, &default());
        assert_eq!((found.names.join(" "), found.bad), ("cats dogs".into(), 0), "{text}");
        let [note] = &found.notes[..] else { panic!("{text}: {:?}", found.notes) };
        assert!(note.starts_with("dataset.json is not used for classes: ") && note.contains(lacks), "{note}");
        let (error, _) = both(&files, &DataOptions { labels: Some("dataset.json".into()), ..default() });
        assert!(error.is_err(), "{text}");
    }
    // StyleGAN's own, cut off.
    let (error, _) = both(&with(set(), "dataset.json", "{\"labels\": [[\"cats/0.png\", 0], [\"do"), &default());
    assert!(error.unwrap_err().to_string().contains("dataset.json, line 1: expected JSON"));
}

#[test]
fn a_table_means_names_in_any_form_of_their_letters() {
    // The letter é, and e with an accent, as macOS stores it.
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    for (file, row) in [(decomposed, composed), (composed, decomposed)] {
        let files = images(&format!("{file}/1.png {file}/2.png {file}.png 3.png"));
        let table = format!("file,class\n{row}/1.png,x\n{row}/2,y\n{row}.png,x\n3.png,y\n");
        let found = same(&with(files, "labels.csv", table), &default());
        assert_eq!((found.bad, found.classes.len()), (0, 4), "{found:?}");
        // By its own name likewise.
        let files = with(images("1.png 2.png"), &format!("{file}.csv"), "1.png,x\n2.png,y\n");
        let asked = DataOptions { labels: Some(format!("{row}.csv")), ..default() };
        assert_eq!(same(&files, &asked).names, ["x", "y"]);
    }
}
