//! Batches: their order, their contents, mirroring. The oracle is the stated definition, written out naively.

use ganymede_data::{
    BatchSource, DataError, DataOptions, Dataset, Loader, Mirrored, PREFETCH, Shuffled, Source, SourceOptions,
};
use ganymede_tensor::{Data, Rng, Tensor, philox4x32_10, stream_of};
use std::sync::Arc;

fn shipped() -> Arc<Dataset> {
    let source = Source::parse("fashion-mnist").unwrap();
    Arc::new(Dataset::open(&source, &DataOptions::default(), &()).unwrap())
}

fn batches(data: &Arc<Dataset>, indices: &[u32], n: usize, first: u64, count: usize, mirror: bool) -> Vec<Tensor> {
    let options = SourceOptions { mirror, ..SourceOptions::new(n, 9) };
    let source = data.codec().batches(data.clone(), indices.to_vec(), &options).unwrap();
    let mut loader = Loader::new(source, first, 2).unwrap();
    (0..count).map(|_| loader.next().unwrap().tensors.remove(0).1).collect()
}

#[test]
fn the_shipped_data_is_what_its_makers_say() {
    let data = shipped();
    assert_eq!(data.len(), 10_000);
    assert_eq!(data.sample_type().to_string(), "u8[28,28,1]");
    assert_eq!(data.classes()[9], "Ankle boot");
    assert!(data.report().classes.iter().all(|(_, n)| *n == 1_000), "{:?}", data.report().classes);
    assert_eq!(data.labels().unwrap()[0], 9, "the first test image is an ankle boot");
    assert_eq!(data.report().bad, 0);
    assert_eq!(data.split(None, 1).holdout.len(), 500);
}

#[test]
fn batches_follow_one_endless_stream_across_epochs() {
    let data = shipped();
    let indices = [5u32, 17, 99, 100, 101, 4000, 9999];
    let n = 4;
    let stream: Vec<u32> = (0..6u32)
        .flat_map(|epoch| Rng::at(9, stream_of("data/order"), epoch).permutation(indices.len()))
        .map(|i| indices[i])
        .collect();
    for (b, batch) in batches(&data, &indices, n, 0, 10, false).iter().enumerate() {
        assert_eq!(*batch, data.gather(&stream[b * n..(b + 1) * n]).unwrap(), "batch {b}");
    }
    assert_eq!(batches(&data, &indices, n, 7, 3, false), batches(&data, &indices, n, 0, 10, false)[7..]);
    // A set smaller than the batch is repeated, each time in another order.
    let small = batches(&data, &indices[..3], 8, 0, 1, false);
    assert_eq!(small[0].shape()[0], 8);
}

#[test]
fn labels_go_with_their_images() {
    let data = shipped();
    let all: Vec<u32> = (0..data.len() as u32).collect();
    let source = data.codec().batches(data.clone(), all, &SourceOptions::new(32, 1)).unwrap();
    let mut loader = Loader::new(source, 0, PREFETCH).unwrap();
    let types: Vec<String> = loader.types().iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    assert_eq!(types, ["real u8[32,28,28,1]", "label i32[32]"]);
    let batch = loader.next().unwrap();
    let (Data::U8(real), Data::I32(labels)) = (batch.get("real").unwrap().data(), batch.get("label").unwrap().data())
    else {
        panic!("expected u8 and i32");
    };
    for (image, &label) in real.chunks(784).zip(labels) {
        let found = (0..data.len() as u32).find(|&i| {
            let mut one = vec![0; 784];
            data.read(&[i], &mut one).unwrap();
            one == image
        });
        assert_eq!(data.labels().unwrap()[found.unwrap() as usize] as i32, label);
    }
}

/// Colours stay together.
#[test]
fn mirroring_turns_pixels_not_their_channels() {
    // Images of 4 x 4 in colour: value 10·(column + 1) + channel, in every row.
    let row =
        |columns: [u16; 4]| columns.into_iter().flat_map(|column| (0..3).map(move |channel| 10 * column + channel));
    let image = |columns: [u16; 4]| -> Vec<u16> { (0..4).flat_map(|_| row(columns)).collect() };
    let (plain, turned) = (image([1, 2, 3, 4]), image([4, 3, 2, 1]));
    let data = Arc::new(Dataset::from_samples("x", plain.repeat(64), [4, 4, 3]).build().unwrap());
    let indices: Vec<u32> = (0..64).collect();
    let mirrored = batches(&data, &indices, 64, 0, 1, true).remove(0).to_f64();
    let is = |found: &[f64], image: &[u16]| found.iter().zip(image).all(|(a, b)| *a == f64::from(*b));
    let count = |image: &[u16]| mirrored.chunks(48).filter(|found| is(found, image)).count();
    assert_eq!(count(&plain) + count(&turned), 64);
    assert!(count(&turned) > 16, "{}", count(&turned));
}

#[test]
fn mirroring_flips_some_and_only_left_to_right() {
    let data = shipped();
    let indices: Vec<u32> = (0..64).collect();
    let plain = batches(&data, &indices, 64, 0, 1, false).remove(0);
    let mirrored = batches(&data, &indices, 64, 0, 1, true).remove(0);
    let (Data::U8(plain), Data::U8(mirrored)) = (plain.data(), mirrored.data()) else { panic!() };
    let mut flipped = 0;
    for (a, b) in plain.chunks(784).zip(mirrored.chunks(784)) {
        let turned: Vec<u8> = a.chunks(28).flat_map(|row| row.iter().rev().copied()).collect();
        assert!(b == a || b == turned);
        flipped += usize::from(b == turned && a != turned);
    }
    assert!((16..=48).contains(&flipped), "{flipped} of 64");
    // The same by hand, over the same shuffled batches: element k of batch b is turned by the coin of position 64·b + k.
    let by_hand = Shuffled::new(data.clone(), indices.clone(), &SourceOptions::new(64, 9)).unwrap();
    let mut by_hand = Mirrored::new(Box::new(by_hand), 9);
    let again = batches(&data, &indices, 64, 2, 1, true).remove(0);
    assert_eq!(by_hand.batch(2).unwrap().get("real"), Some(&again));
    let Data::U8(again) = again.data() else { panic!() };
    let straight = batches(&data, &indices, 64, 2, 1, false).remove(0);
    let Data::U8(straight) = straight.data() else { panic!() };
    for (k, (a, b)) in straight.chunks(784).zip(again.chunks(784)).enumerate() {
        let coin = philox4x32_10([128 + k as u32, 0, stream_of("data/mirror"), 0], [9, 0])[0] & 1 == 1;
        let turned: Vec<u8> = a.chunks(28).flat_map(|row| row.iter().rev().copied()).collect();
        assert_eq!(b, if coin { &turned } else { a }, "element {k}");
    }
}

#[test]
fn channels_of_a_stacked_sample_are_images() {
    let open = |name: &str, options: &DataOptions| Dataset::open(&Source::parse(name).unwrap(), options, &());
    let options = DataOptions { use_cache: false, ..DataOptions::default() };
    let (images, stacked) =
        (open("fashion-mnist", &options).unwrap(), open("stacked-fashion-mnist", &options).unwrap());
    assert_eq!((stacked.len(), stacked.sample_type().to_string()), (30_000, "u8[28,28,3]".into()));
    assert!(stacked.labels().is_none() && stacked.classes().is_empty());
    let all: Vec<u32> = (0..images.len() as u32).collect();
    let known: std::collections::HashSet<Vec<u8>> =
        images.gather(&all).unwrap().to_le_bytes().chunks(784).map(<[u8]>::to_vec).collect();
    let some: Vec<u32> = (0..200).map(|i| i * 149).collect();
    let samples = stacked.gather(&some).unwrap().to_le_bytes();
    let mut planes = std::collections::HashSet::new();
    for sample in samples.chunks(784 * 3) {
        for channel in 0..3 {
            let plane: Vec<u8> = sample.iter().skip(channel).step_by(3).copied().collect();
            assert!(known.contains(&plane));
            planes.insert(plane);
        }
    }
    assert!(planes.len() > 550, "{} of 600 drawn from 10,000", planes.len());
    let error = open("stacked-fashion-mnist", &DataOptions { channels: Some(1), ..options }).err().unwrap();
    assert!(error.to_string().contains("three channels"), "{error}");
}

#[test]
fn points_lie_where_the_mixtures_say() {
    for (name, modes, sigma) in [("ring2d", 8, 0.02), ("grid2d", 25, 0.05)] {
        let data = Dataset::open(&Source::parse(name).unwrap(), &DataOptions::default(), &()).unwrap();
        assert_eq!(data.classes().len(), modes);
        let all: Vec<u32> = (0..data.len() as u32).collect();
        let points = data.gather(&all).unwrap();
        let points: Vec<[f32; 2]> = points.as_f32().unwrap().chunks(2).map(|p| [p[0], p[1]]).collect();
        for mode in 0..modes as u32 {
            let mine: Vec<[f32; 2]> =
                points.iter().zip(data.labels().unwrap()).filter(|(_, l)| **l == mode).map(|(p, _)| *p).collect();
            let n = mine.len() as f64;
            assert!((n / data.len() as f64 * modes as f64 - 1.0).abs() < 0.1);
            for axis in 0..2 {
                let mean = mine.iter().map(|p| f64::from(p[axis])).sum::<f64>() / n;
                let variance = mine.iter().map(|p| (f64::from(p[axis]) - mean).powi(2)).sum::<f64>() / n;
                assert!((variance.sqrt() / sigma - 1.0).abs() < 0.05, "{name} mode {mode}");
                if name == "grid2d" {
                    assert!((mean / 2.0 - (mean / 2.0).round()).abs() < 0.01 && mean.abs() < 4.1);
                }
            }
            if name == "ring2d" {
                let radius = f64::from(mine[0][0]).hypot(f64::from(mine[0][1]));
                assert!((radius - 2.0).abs() < 0.1);
            }
        }
        let [low, high] = data.codec().range();
        assert!(points.iter().flatten().all(|&v| f64::from(v) > low && f64::from(v) < high));
    }
}

#[test]
fn what_cannot_be_is_an_error() {
    let data = shipped();
    let start = |indices: Vec<u32>, n| data.codec().batches(data.clone(), indices, &SourceOptions::new(n, 0));
    assert!(matches!(start(vec![], 4).err(), Some(DataError::Option { .. })));
    assert!(matches!(start(vec![1], 0).err(), Some(DataError::Option { .. })));
    let mut loader = Loader::new(start(vec![10_000], 2).unwrap(), 0, PREFETCH).unwrap();
    assert!(matches!(loader.next(), Err(DataError::Mismatch { .. })));
    assert!(matches!(loader.next(), Err(DataError::LoaderStopped)));
    let points = Arc::new(Dataset::open(&Source::parse("ring2d").unwrap(), &DataOptions::default(), &()).unwrap());
    let mirror = SourceOptions { mirror: true, ..SourceOptions::new(1, 0) };
    let error = points.codec().batches(points.clone(), vec![0], &mirror).err().unwrap();
    assert!(error.to_string().contains("expected images, found points"), "{error}");
    let mut last = start(vec![1, 2], 4).unwrap();
    assert!(last.batch(u64::MAX / 4).is_err(), "a position beyond 2^64");
}
