//! Tables: rows as values of a network and back as lines of the file; what is learned, asked for and compared.

use super::common::open;
use ganymede_data::{Codec, DataError, DataOptions, Dataset, LABEL, RowFilter, RowKind, RowRule, SourceOptions, Wish};
use std::sync::Arc;

/// Rows of the table: rules of order are looked for from 100 on.
const ROWS: u32 = 120;

/// A table of so many rows: few whole numbers, spaces before texts, prices with a frequent zero, a missing number, columns that fix each
/// other, two ordered numbers, a constant and an empty column.
fn text() -> String {
    let mut text = "age, city,country,gain,low,high,unit,unused,income\r\n".to_string();
    for i in 0..ROWS {
        let (city, country) =
            [("Lyon", "FR"), ("Paris", "FR"), ("Ulm", "DE"), ("Oslo", "NO")][(i * 7 % 11 % 4) as usize];
        let gain = if i % 3 == 0 { "0".to_string() } else { format!("{}.5", 100 + i * 37 % 900) };
        let low = f64::from(i * 13 % 50) / 10.0;
        let high = if i % 10 == 9 { "?".into() } else { format!("{:.1}", low + f64::from(i * 7 % 30) / 10.0) };
        let income = if i % 4 == 0 { ">50K" } else { "<=50K" };
        text += &format!("{}, {city},{country},{gain},{low:.1},{high},EU,,{income}\r\n", 20 + i % 5);
    }
    text
}

fn dataset(folder: &std::path::Path, text: &str, target: Option<&str>) -> Result<Dataset, DataError> {
    let path = folder.join("table.csv");
    std::fs::write(&path, text).unwrap();
    open(&path, &DataOptions { target: target.map(String::from), ..DataOptions::default() })
}

fn learned(target: Option<&str>) -> (Arc<Dataset>, Codec) {
    let folder = tempfile::tempdir().unwrap();
    let data = dataset(folder.path(), &text(), target).unwrap();
    let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
    (Arc::new(data), codec)
}

/// The values of all rows, in the order of a batch.
fn values(data: &Arc<Dataset>, codec: &Codec) -> Vec<f32> {
    let rows = (0..data.len() as u32).collect();
    let mut batches = codec.batches(Arc::clone(data), rows, &SourceOptions::new(data.len(), 3)).unwrap();
    let batch = batches.batch(0).unwrap();
    assert_eq!(batch.get("real").unwrap().ty(), codec.sample().in_batch(data.len()));
    batch.get("real").unwrap().as_f32().unwrap().to_vec()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines[1..].sort_unstable();
    lines
}

/// Whatever the columns are: values of a network are the very lines that they came from, and the header stays the first.
#[test]
fn rows_come_back_as_the_lines_that_they_were() {
    for target in [None, Some("income"), Some("city")] {
        let (data, codec) = learned(target);
        let values = values(&data, &codec);
        let table = codec.modality().lines().unwrap();
        let mut out = Vec::new();
        table.begin(&mut out);
        let [seen, kept] = table.rows(&values, 0, (&RowFilter::default(), u64::MAX), &mut out).unwrap();
        table.end(&mut out);
        assert_eq!([seen, kept], [u64::from(ROWS); 2]);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(sorted(&written), sorted(&text()), "{target:?}");
    }
}

/// In several parts the file is the same, also through the codec's own file.
#[test]
fn a_file_is_written_in_parts_by_the_run_alone() {
    let (data, codec) = learned(Some("income"));
    let folder = tempfile::tempdir().unwrap();
    codec.save(&folder.path().join("codec.json")).unwrap();
    let codec = Codec::load(&folder.path().join("codec.json")).unwrap();
    let values = values(&data, &codec);
    let width = codec.shape()[0];
    let part = |from: usize, to: usize| {
        ganymede_tensor::Tensor::from_f32([to - from, width], values[from * width..to * width].to_vec()).unwrap()
    };
    let write = |name: &str, parts: &[(usize, usize)]| {
        let out = folder.path().join(name);
        parts.iter().for_each(|&(from, to)| {
            codec.write_samples(&out, 0..u64::from(ROWS), from as u64, &part(from, to)).unwrap();
        });
        std::fs::read_to_string(out.join("samples.csv")).unwrap()
    };
    let rows = ROWS as usize;
    let whole = write("whole", &[(0, rows)]);
    assert_eq!(whole, write("parts", &[(0, 1), (1, 40), (40, rows)]));
    assert_eq!(sorted(&whole), sorted(&text()));
}

/// What a network makes, whatever it is: the rules hold, cells are of the columns, and numbers are in their range.
#[test]
fn any_values_are_rows_that_keep_the_rules() {
    let (data, codec) = learned(Some("income"));
    let table = codec.modality().lines().unwrap();
    assert!(data.report().notes.iter().any(|note| note.contains("city fixes country")), "{:?}", data.report().notes);
    let mut rng = ganymede_tensor::Rng::new(5, 5);
    let wild: Vec<f32> = (0..400 * codec.shape()[0])
        .map(|i| match i % 97 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            _ => rng.uniform_in(-6.0, 6.0) as f32,
        })
        .collect();
    let mut out = Vec::new();
    table.rows(&wild, 0, (&RowFilter::default(), u64::MAX), &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.lines().count(), 400);
    for line in out.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        let country = [("Lyon", "FR"), ("Paris", "FR"), ("Ulm", "DE"), ("Oslo", "NO")];
        assert!(country.contains(&(cells[1].trim(), cells[2])), "{line}");
        assert!(cells[1].starts_with(' ') && cells[6] == "EU" && cells[7].is_empty(), "{line}");
        assert!((20..25).contains(&cells[0].parse::<u32>().unwrap()), "{line}");
        let gain: f64 = cells[3].parse().unwrap();
        assert!(
            (0.0..1000.0).contains(&gain) && (cells[3] == "0" || cells[3].ends_with(|c: char| c.is_ascii_digit())),
            "{line}"
        );
        let low: f64 = cells[4].parse().unwrap();
        assert!((0.0..=4.9).contains(&low) && cells[4].split('.').nth(1).unwrap().len() == 1, "{line}");
        if cells[5] != "?" {
            assert!(cells[5].parse::<f64>().unwrap() >= low, "{line}");
        }
    }
}

/// The rows that are kept out change nothing of what is learned, but for what all rows decide: the columns and their lists.
#[test]
fn distributions_are_those_of_the_rows_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = dataset(folder.path(), &text(), Some("income")).unwrap();
    let split = data.split(Some(0.3), 1);
    let learned = data.learn(&split).unwrap();
    // Rows that are kept out become copies of one that is not.
    let lines: Vec<String> = text().split_inclusive('\n').map(String::from).collect();
    let mut other = lines.clone();
    for &row in &split.holdout {
        other[row as usize + 1].clone_from(&lines[split.train[0] as usize + 1]);
    }
    let again = dataset(folder.path(), &other.concat(), Some("income")).unwrap();
    let again = again.learn(&split).unwrap();
    let counts = |codec: &Codec| codec.modality().learned()["classes"].clone();
    assert_eq!(counts(&learned), counts(&again));
    let (a, b) = (learned.modality().feature_moments().unwrap(), again.modality().feature_moments().unwrap());
    if a.0.len() == b.0.len() {
        assert!(a.0.iter().zip(&b.0).all(|(a, b)| (a - b).abs() < 1e-9));
    }
    let all: u64 = counts(&learned).as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(all, split.train.len() as u64);
}

/// Batches are a function of seed and number, their labels are those of their rows, and every row comes once an epoch.
#[test]
fn batches_are_pure_and_carry_their_target() {
    let (data, codec) = learned(Some("income"));
    let start = |seed| codec.batches(Arc::clone(&data), (0..ROWS).collect(), &SourceOptions::new(8, seed)).unwrap();
    let mut forward = start(3);
    let batches: Vec<_> = (0..10).map(|number| forward.batch(number).unwrap()).collect();
    let mut backward = start(3);
    for number in (0..10u64).rev() {
        assert_eq!(backward.batch(number).unwrap(), batches[number as usize]);
    }
    assert_ne!(start(4).batch(0).unwrap(), batches[0]);
    let width = codec.shape()[0];
    for batch in &batches {
        let labels = batch.get(LABEL).unwrap().to_f64();
        for (row, label) in batch.get("real").unwrap().as_f32().unwrap().chunks_exact(width).zip(labels) {
            let target = &row[width - 2..];
            assert_eq!((target[label as usize], target[1 - label as usize]), (1.0, 0.0));
        }
    }
    let mirror = SourceOptions { mirror: true, ..SourceOptions::new(8, 1) };
    assert!(codec.batches(Arc::clone(&data), vec![0], &mirror).is_err());
}

/// Without a word classes come as often as in the table: in 25 % of the rows; asked for, only that one, or each in turn.
#[test]
fn classes_are_drawn_by_their_share_or_as_they_are_asked_for() {
    let (_, codec) = learned(Some("income"));
    let labels = |wish: &Wish| codec.conditions(wish, 0..4000).unwrap().remove(0).1.to_f64();
    let rare = codec.classes().iter().position(|class| class == ">50K").unwrap() as f64;
    let share = |labels: &[f64]| labels.iter().filter(|label| **label == rare).count() as f64 / 4000.0;
    assert!((share(&labels(&Wish::in_turn())) - 0.25).abs() < 0.03);
    assert_eq!(share(&labels(&Wish::labels_in_turn(2))), 0.5);
    let (class, filter) = codec.modality().lines().unwrap().asked(&["income=>50K".into()]).unwrap();
    assert!(filter.is_empty());
    assert_eq!(share(&labels(&Wish::label(class.unwrap()))), 1.0);
}

/// Rows are kept that are as asked for; what cannot be asked says what can.
#[test]
fn rows_are_asked_for_by_any_column() {
    let (data, codec) = learned(None);
    let values = values(&data, &codec);
    let table = codec.modality().lines().unwrap();
    let rows = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let (class, filter) = table.asked(&texts).unwrap();
        assert_eq!(class, None);
        let mut out = Vec::new();
        let [seen, kept] = table.rows(&values, 0, (&filter, u64::MAX), &mut out).unwrap();
        assert_eq!((seen, kept as usize), (u64::from(ROWS), out.split(|b| *b == b'\n').count() - 1));
        String::from_utf8(out).unwrap()
    };
    let count = |test: &dyn Fn(&[&str]) -> bool| {
        text().lines().skip(1).filter(|line| test(&line.split(',').map(str::trim).collect::<Vec<_>>())).count()
    };
    for (asked, expected) in [
        (&["income=>50K"][..], count(&|c| c[8] == ">50K")),
        (&["age>=22", "city=Paris"], count(&|c| c[0] >= "22" && c[1] == "Paris")),
        (&["age<22"], count(&|c| c[0] < "22")),
        (&["gain = 0"], count(&|c| c[3] == "0")),
        (&["gain>500"], count(&|c| c[3].parse::<f64>().unwrap() > 500.0)),
        (&["high=?"], count(&|c| c[5] == "?")),
        (&["country!=FR"], count(&|c| c[2] != "FR")),
    ] {
        assert_eq!(rows(asked).lines().count(), expected, "{asked:?}");
        assert!(expected > 0);
    }
    for (asked, words) in [
        ("incme=>50K", "did you mean `income`"),
        ("income", "expected COLUMN=VALUE"),
        ("income=rich", "expected a value of the column, found `rich`"),
        ("city>Lyon", "its values have no order"),
        ("gain>much", "expected a value of the column, found `much`"),
        ("age>old", "expected a number, found `old`"),
        ("unit=EU", "expected a column that is learned, found one of kind constant"),
    ] {
        let error = table.asked(&[asked.into()]).unwrap_err().to_string();
        assert!(error.contains(words), "{asked}: {error}");
    }
}

/// Metrics see numbers as parts of the range and categories as places, of real and generated rows alike.
#[test]
fn real_and_generated_rows_are_compared_by_the_same_cells() {
    let (data, codec) = learned(Some("income"));
    let table = codec.modality().lines().unwrap();
    let columns = table.columns();
    let names: Vec<&str> = columns.iter().map(|column| &column.name[..]).collect();
    assert_eq!(names, ["age", "city", "country", "gain", "low", "high", "income"]);
    assert!(columns[6].target && columns.iter().filter(|column| column.target).count() == 1);
    assert_eq!(columns[4].kind, RowKind::Number { whole: false, range: [0.0, 4.9] });
    assert!(matches!(columns[1].kind, RowKind::Category { values: 4, missing: None }));
    assert!(table.rules().contains(&RowRule::Fixes(1, 2)), "{:?}", table.rules());
    let mut bytes = vec![0; ROWS as usize * data.sample_type().bytes()];
    data.read(&(0..ROWS).collect::<Vec<_>>(), &mut bytes).unwrap();
    let sorted = |cells: Vec<f32>| {
        let mut rows: Vec<Vec<u32>> =
            cells.chunks_exact(7).map(|row| row.iter().map(|c| c.to_bits()).collect()).collect();
        rows.sort_unstable();
        rows.into_iter().map(|row| row.into_iter().map(f32::from_bits).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let (real, made) = (sorted(table.compared_stored(&bytes)), sorted(table.compared(&values(&data, &codec))));
    for (real, made) in real.iter().zip(&made) {
        assert!(real.iter().zip(made).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())), "{real:?} {made:?}");
    }
    assert!(real.iter().all(|row| (0.0..=1.0).contains(&row[4])));
}

#[test]
fn a_target_is_a_list_of_few_values() {
    let folder = tempfile::tempdir().unwrap();
    for (target, words) in [
        ("incme", "did you mean `income`"),
        ("unit", "expected a target of categories or numbers, found `unit`, which is constant"),
    ] {
        let error = dataset(folder.path(), &text(), Some(target)).unwrap_err().to_string();
        assert!(error.contains(words), "{target}: {error}");
    }
    let error = dataset(folder.path(), "a,b\n1,x\n", None).unwrap_err().to_string();
    assert!(error.contains("expected a column that can be learned, found none"), "{error}");
}

/// What is said of lines and rules holds: rows that break a given rule are no samples, further rules are not looked for, bad lines
/// are left out where they may be, and a header can be denied.
#[test]
fn what_is_said_of_rows_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let opened = |text: &str, options: DataOptions| {
        std::fs::write(&path, text).unwrap();
        open(&path, &options)
    };
    let rules = |texts: &[&str], find: bool| {
        let given = texts.iter().fold(ganymede_data::table::RuleOptions::default(), |all, one| all.with(one).unwrap());
        DataOptions { rules: ganymede_data::table::RuleOptions { find, ..given }, ..DataOptions::default() }
    };
    let data = opened(&text(), rules(&["gain > 0"], false)).unwrap();
    assert_eq!(data.len(), 80, "a third of the rows has no gain");
    assert!(data.report().notes.iter().any(|note| note.contains("40 exceptions; rows 1, 4, 7, 10, 13 and 35 more")));
    let codec = data.learn(&data.split(Some(0.0), 1)).unwrap();
    assert_eq!(codec.modality().lines().unwrap().rules(), [], "no other is looked for");
    let refused = opened(&text(), rules(&["low <= gains"], true)).unwrap_err().to_string();
    assert!(refused.contains("\"gains\"") && refused.contains("age, city, country"), "{refused}");

    let ragged = text().replacen("\r\n22", "\r\n1,2\r\n22", 1);
    let error = opened(&ragged, DataOptions::default()).unwrap_err().to_string();
    assert!(error.contains("line 4") && error.contains("found 2"), "{error}");
    let lax = DataOptions { max_bad: Some(0.02), ..DataOptions::default() };
    assert_eq!(opened(&ragged, lax).unwrap().len(), ROWS as usize);

    let lines: String = (0..40).map(|i| format!("{}.5;{}\n", i * 3, i % 7)).collect();
    let plain = DataOptions { header: Some(false), delimiter: Some(';'), ..DataOptions::default() };
    assert_eq!(opened(&lines, plain.clone()).unwrap().len(), 40);
    assert_eq!(opened(&lines, DataOptions { header: Some(true), ..plain }).unwrap().len(), 39);
}

/// A number can be what models are to predict; rows are not asked for by it.
#[test]
fn a_number_can_be_predicted() {
    let (data, codec) = learned(Some("gain"));
    assert!(data.labels().is_none() && codec.field(LABEL).is_none());
    assert!(data.report().notes.iter().any(|note| note.contains("`gain` is a number")));
    let table = codec.modality().lines().unwrap();
    assert_eq!(table.target(), None);
    let predicted: Vec<String> = table.columns().into_iter().filter(|c| c.target).map(|c| c.name).collect();
    assert_eq!(predicted, ["gain"]);
    assert_eq!(values(&data, &codec).len() / data.len(), codec.shape()[0]);
}

/// What no row can have is refused at once. `gain` goes from 0 to 989.5.
#[test]
fn what_is_beyond_the_range_of_a_column_is_refused() {
    let (_, codec) = learned(None);
    let table = codec.modality().lines().unwrap();
    let asked = |text: &str| table.asked(&[text.to_string()]);
    for good in ["gain>=989.5", "gain<=0", "gain=0", "gain>989", "gain<1", "gain!=5000"] {
        assert!(asked(good).is_ok(), "{good}: {:?}", asked(good).err());
    }
    for bad in ["gain>=989.6", "gain>989.5", "gain<0", "gain<=-1", "gain=1000"] {
        let error = asked(bad).unwrap_err().to_string();
        assert!(error.contains(bad) && error.contains("from 0"), "{error}");
    }
}
