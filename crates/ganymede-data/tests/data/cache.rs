//! The cache: built once, noticed when outdated or damaged, safe under several processes at once.

use super::common::{all, put};
use ganymede_data::{DataOptions, Dataset, Fit, Progress, Resolution, Samples, Source, cache_files};
use ganymede_tensor::{DType, TensorType};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Remembers what work was done.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Progress for Log {
    fn start(&self, what: &str, _total: Option<u64>) {
        self.0.lock().unwrap().push(what.into());
    }
    fn advance(&self, _units: u64) {}
    fn finish(&self) {}
}

/// A folder with two small files of numbers, and a folder for the cache.
fn setup() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (data, cache) = (folder.path().join("set.npy"), folder.path().join("cache"));
    write(&data, 1);
    (folder, data, cache)
}

/// Two images 2 x 2.
fn write(path: &Path, first: u8) {
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }\n";
    let values = [first, 2, 3, 4, 5, 6, 7, 255];
    put(path, &[b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), &values].concat());
}

/// Opens with the cache; also gives whether it was decoded again, and what else was said.
fn open(data: &Path, cache: &Path, options: &DataOptions) -> (Dataset, bool, Vec<String>) {
    let log = Log::default();
    let dataset = Dataset::open_with(&Source::parse(data).unwrap(), options, Some(cache), &log).unwrap();
    let said = log.0.into_inner().unwrap();
    (dataset, said.iter().any(|what| what == "reading samples"), said)
}

#[test]
fn the_second_opening_reads_the_file() {
    let (_folder, data, cache) = setup();
    let options = DataOptions::default();
    let (first, decoded, _) = open(&data, &cache, &options);
    assert!(decoded);
    let (second, decoded, _) = open(&data, &cache, &options);
    assert!(!decoded);
    assert_eq!(all(&first), [1, 2, 3, 4, 5, 6, 7, 255]);
    assert_eq!(all(&second), all(&first));
    assert_eq!(second.report(), first.report());
    assert_eq!(second.codec(), first.codec());
    assert_eq!(second.fingerprint(), first.fingerprint());
    let memory = Dataset::open_with(&Source::parse(&data).unwrap(), &options, None, &()).unwrap();
    assert_eq!(memory.fingerprint(), first.fingerprint());
    assert_eq!(memory.cache_file(), None);
    assert!(first.cache_file().unwrap().starts_with(&cache));
    let names: Vec<_> = cache.read_dir().unwrap().map(|e| e.unwrap().path().extension().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 2, "one cache and one lock, nothing half written: {names:?}");
}

#[test]
fn other_options_and_changed_files_are_decoded_again() {
    let (_folder, data, cache) = setup();
    let options = DataOptions::default();
    open(&data, &cache, &options);
    let small = DataOptions { resolution: Some(Resolution::square(1)), fit: Fit::Stretch, ..options.clone() };
    assert_eq!(open(&data, &cache, &small).0.sample_type().to_string(), "u8[1,1,1]");
    assert!(!open(&data, &cache, &options).1, "each choice of options has a file of its own");
    let unrelated = DataOptions { mirror: true, holdout: Some(0.5), ..options.clone() };
    assert!(!open(&data, &cache, &unrelated).1);
    write(&data, 99);
    let file = std::fs::File::options().write(true).open(&data).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(7)).unwrap();
    let files = || cache.read_dir().unwrap().count();
    let before = files();
    let (changed, decoded, _) = open(&data, &cache, &options);
    assert!(decoded);
    assert_eq!(all(&changed)[0], 99);
    assert_eq!(files(), before, "what is outdated is replaced");
}

#[test]
fn a_file_that_was_replaced_with_the_same_size_and_time_is_decoded_again() {
    let (folder, data, cache) = setup();
    let options = DataOptions::default();
    open(&data, &cache, &options);
    let time = data.metadata().unwrap().modified().unwrap();
    let back = |path: &Path| std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    // Another file in its place, as `cp -p` and archives make them.
    let other = folder.path().join("other.npy");
    write(&other, 77);
    back(&other);
    std::fs::rename(&other, &data).unwrap();
    let (replaced, decoded, _) = open(&data, &cache, &options);
    assert!(decoded && all(&replaced)[0] == 77);
    // The same file, written over, its time set back.
    write(&data, 78);
    back(&data);
    let (rewritten, decoded, _) = open(&data, &cache, &options);
    assert!(decoded && all(&rewritten)[0] == 78);
    assert_eq!(data.metadata().unwrap().modified().unwrap(), time);
}

#[test]
fn the_way_a_path_is_typed_does_not_matter() {
    let (folder, data, cache) = setup();
    let options = DataOptions::default();
    open(&data, &cache, &options);
    let images = folder.path().join("images");
    let pixels = TensorType::new(DType::U8, [2, 2, 1]);
    let samples =
        Samples { sample: &pixels, bytes: &[9; 8], labels: Some(&[0, 1]), classes: &["a".into(), "b".into()] };
    ganymede_data::write("image-folder", &images, &samples).unwrap();
    let (first, ..) = open(&images, &cache, &options);
    for (path, known) in [
        (folder.path().join("images/../set.npy"), data.clone()),
        (folder.path().join("./set.npy"), data.clone()),
        (images.join("."), images.clone()),
        (images.join("a/.."), images.clone()),
    ] {
        let source = Source::parse(&path).unwrap();
        let again = Dataset::open_with(&source, &options, Some(&cache), &()).unwrap();
        assert_eq!(again.cache_file(), open(&known, &cache, &options).0.cache_file(), "{}", path.display());
        let (_, decoded, said) = open(&path, &cache, &options);
        assert!(!decoded && !said.iter().any(|what| what.contains("images")), "{said:?}");
    }
    assert_eq!(first.len(), 2);
}

#[test]
fn a_damaged_file_is_noticed_and_built_again() {
    let (_folder, data, cache) = setup();
    let options = DataOptions::default();
    let (first, _, _) = open(&data, &cache, &options);
    let path = first.cache_file().unwrap().to_path_buf();
    let good = std::fs::read(&path).unwrap();
    // Another file in its place: the set that is open keeps its own.
    std::fs::remove_file(&path).unwrap();
    for at in (0..24).chain((24..good.len() - 40).step_by(7)).chain(good.len() - 40..good.len()) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bad).unwrap();
        let (again, decoded, said) = open(&data, &cache, &options);
        assert!(decoded, "byte {at}: {said:?}");
        assert_eq!(all(&again), all(&first), "byte {at}");
        assert_eq!(again.report(), first.report());
        assert_eq!(std::fs::read(&path).unwrap(), good, "byte {at}");
    }
    for length in (0..good.len()).step_by(11) {
        std::fs::write(&path, &good[..length]).unwrap();
        let (again, decoded, said) = open(&data, &cache, &options);
        assert!(decoded && said.iter().any(|what| what.contains("damaged")), "length {length}: {said:?}");
        assert_eq!(all(&again), all(&first));
    }
    assert_eq!(all(&first), [1, 2, 3, 4, 5, 6, 7, 255], "a set that is open keeps its file");
}

#[test]
fn many_at_once_get_the_same() {
    let (_folder, data, cache) = setup();
    let sets: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| all(&open(&data, &cache, &DataOptions::default()).0))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(sets.iter().all(|set| *set == [1, 2, 3, 4, 5, 6, 7, 255]));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_a_way_out() {
    let (folder, data, _) = setup();
    put(&folder.path().join("file"), b"");
    let cache = folder.path().join("file/cache");
    let error =
        Dataset::open_with(&Source::parse(&data).unwrap(), &DataOptions::default(), Some(&cache), &()).unwrap_err();
    assert!(error.to_string().contains("file/cache"), "{error}");
}

#[test]
fn what_is_computed_is_not_cached() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::parse("ring2d").unwrap();
    let data = Dataset::open_with(&source, &DataOptions::default(), Some(folder.path()), &()).unwrap();
    assert_eq!((data.cache_file(), std::fs::read_dir(folder.path()).unwrap().count()), (None, 0));
}

/// A look reads what is there, and leaves nothing.
#[test]
fn a_look_leaves_no_file() {
    let (_folder, data, cache) = setup();
    let options = DataOptions::default();
    let look = || {
        // The folder of the cache is a variable of the process: the same through the function that takes a folder.
        let source = Source::parse(&data).unwrap();
        Dataset::look_with(&source, &options, &cache, &()).unwrap()
    };
    let first = look();
    assert_eq!(all(&first), [1, 2, 3, 4, 5, 6, 7, 255]);
    assert_eq!(cache.read_dir().unwrap().count(), 0);
    let (kept, decoded, _) = open(&data, &cache, &options);
    assert!(decoded && kept.fingerprint() == first.fingerprint());
    assert_eq!(look().cache_file(), kept.cache_file());
    assert_eq!(all(&first), all(&look()));
}

#[test]
fn files_of_the_cache_are_listed_and_removed_but_while_they_are_built() {
    let (_folder, data, cache) = setup();
    assert_eq!(cache_files(&cache).unwrap(), []);
    let (dataset, ..) = open(&data, &cache, &DataOptions::default());
    put(&cache.join("notes.cache"), b"of another program");
    put(&cache.join("left-behind.part"), b"gnymdata and no more");
    let files = cache_files(&cache).unwrap();
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!((&files[0].path, files[0].bytes), (&cache.join("left-behind.part"), 20));
    assert_eq!(files[1].bytes, std::fs::metadata(dataset.cache_file().unwrap()).unwrap().len());
    let lock = std::fs::File::open(files[1].path.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    assert!(!files[1].remove().unwrap() && files[1].path.exists());
    drop(lock);
    assert!(files.iter().all(|file| file.remove().unwrap() && file.remove().unwrap()));
    assert_eq!(cache_files(&cache).unwrap(), []);
    assert!(cache.join("notes.cache").exists());
    assert_eq!(all(&dataset), [1, 2, 3, 4, 5, 6, 7, 255], "whoever reads it goes on");
    assert!(open(&data, &cache, &DataOptions::default()).1);
}
