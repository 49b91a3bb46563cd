//! Damaged files: every one either loads or gives an error that names the file or line; none panics.

use ganymede_gan::checkpoint;
use ganymede_gan::presets::{PresetInput, preset_for};
use ganymede_gan::spec::TrainSpec;
use ganymede_runtime::{Backend, Numerics, ReferenceBackend, StateLayout};
use ganymede_tensor::{Rng, TensorType};

const CASES: u64 = 300;

/// Truncated, bit-flipped, overwritten or lengthened, by the seed.
fn damage(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed, 77);
    let mut bytes = bytes.to_vec();
    let place = |rng: &mut Rng, len: usize| rng.below(len.max(1) as u32) as usize;
    match seed % 4 {
        0 => bytes.truncate(place(&mut rng, bytes.len())),
        1 => {
            for _ in 0..1 + place(&mut rng, 8) {
                let (i, bit) = (place(&mut rng, bytes.len()), rng.below(8));
                bytes[i] ^= 1 << bit;
            }
        }
        2 => {
            // The first bytes say how long everything is.
            let i = place(&mut rng, bytes.len().min(64));
            bytes[i] = rng.bits() as u8;
        }
        _ => {
            let i = place(&mut rng, bytes.len());
            let extra: Vec<u8> = (0..place(&mut rng, 64)).map(|_| rng.bits() as u8).collect();
            bytes.splice(i..i, extra);
        }
    }
    bytes
}

/// A run with one checkpoint of two small networks.
fn checkpoint_in(folder: &std::path::Path) -> std::path::PathBuf {
    let mut layout = StateLayout::default();
    for name in ["generator/dense/kernel", "generator/dense/bias", "discriminator/dense/kernel", "d/velocity/x"] {
        layout.push(name, TensorType::f32([3, 5]), name.split('/').next().unwrap_or(""));
    }
    let store = ReferenceBackend.store(&layout).unwrap();
    let networks = ["generator".into(), "discriminator".into()];
    let facts = checkpoint::Facts { step: 7, isa: "portable", numerics: Numerics::Fast, stays: false };
    checkpoint::save(folder, facts, store.as_ref(), &networks).unwrap()
}

#[test]
fn damaged_safetensors_load_or_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_in(folder.path());
    let good = std::fs::read(checkpoint.join("generator.safetensors")).unwrap();
    let path = folder.path().join("damaged.safetensors");
    let mut refused = 0;
    for seed in 0..CASES {
        std::fs::write(&path, damage(&good, seed)).unwrap();
        if let Err(error) = checkpoint::read_tensors(&path) {
            refused += 1;
            assert!(error.to_string().contains("damaged.safetensors"), "{error}");
        }
    }
    assert!(refused > CASES / 4, "only {refused} of {CASES} were refused");
}

#[test]
fn a_damaged_checkpoint_is_never_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_in(folder.path());
    let path = checkpoint.join("state.safetensors");
    let good = std::fs::read(&path).unwrap();
    for seed in 0..CASES {
        let bytes = damage(&good, seed);
        std::fs::write(&path, &bytes).unwrap();
        let checked = checkpoint::check(&checkpoint);
        assert_eq!(checked.is_ok(), bytes == good, "seed {seed}: {checked:?}");
    }
}

/// What the hint says to do fits what is wrong: damage, other networks, no checkpoint.
#[test]
fn the_hint_of_a_checkpoint_fits_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_in(folder.path());
    let mut layout = StateLayout::default();
    layout.push("generator/dense/other", TensorType::f32([3, 5]), "generator");
    let mut store = ReferenceBackend.store(&layout).unwrap();
    let mut of = |network: &str| {
        let error = checkpoint::load_network(&checkpoint, network, store.as_mut()).unwrap_err();
        (error.to_string(), error.hint().unwrap())
    };
    let (text, hint) = of("generator");
    assert!(text.contains("expected tensor `generator/dense/other` of type f32[3,5], found none"), "{text}");
    assert!(hint.contains("other networks") && !hint.contains("spec.toml"), "{hint}");
    let (text, hint) = of("generator_ema");
    assert!(text.contains("expected a network `generator_ema`, found only discriminator.safetensors"), "{text}");
    assert!(hint.contains("other networks"), "{hint}");
    std::fs::write(checkpoint.join("generator.safetensors"), "short").unwrap();
    let (text, hint) = of("generator");
    assert!(text.contains("expected SHA-256") && hint.contains("changed after it was written"), "{text}: {hint}");
    let error = checkpoint::find(folder.path(), Some(3)).unwrap_err();
    assert!(error.to_string().ends_with("expected a checkpoint of step 7, found 3"), "{error}");
    let empty = folder.path().join("empty");
    let error = checkpoint::find(&empty, None).unwrap_err();
    assert!(error.to_string().ends_with("expected a run, found no such folder"), "{error}");
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(empty.join("spec.toml"), "").unwrap();
    let error = checkpoint::find(&empty, None).unwrap_err();
    assert!(error.hint().unwrap().contains("ended before anything was saved"), "{error}");
}

#[test]
fn damaged_manifests_are_read_or_refused_with_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_in(folder.path());
    let path = checkpoint.join("manifest.json");
    let good = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for seed in 0..CASES {
        let bytes = damage(&good, seed);
        std::fs::write(&path, &bytes).unwrap();
        if let Err(error) = checkpoint::check(&checkpoint) {
            refused += 1;
            // Still a manifest: then it is a file that it names.
            let manifest = serde_json::from_slice::<checkpoint::Manifest>(&bytes).ok();
            let files = manifest.into_iter().flat_map(|m| m.files.into_keys().map(|file| checkpoint.join(file)));
            let error = error.to_string();
            let named = files.chain([path.clone()]).any(|file| error.contains(&file.display().to_string()));
            assert!(named, "seed {seed}: {error}");
        }
    }
    assert!(refused > CASES / 2, "only {refused} of {CASES} were refused");
}

#[test]
fn damaged_specs_are_read_or_refused_with_their_line() {
    let spec = preset_for("dcgan", &PresetInput::of(vec![28, 28, 1])).unwrap();
    let good = spec.to_toml();
    let mut refused = 0;
    for seed in 0..CASES {
        let text = String::from_utf8_lossy(&damage(good.as_bytes(), seed)).into_owned();
        if let Err(error) = TrainSpec::draft(&text) {
            refused += 1;
            let error = error.to_string();
            assert!(error.starts_with("line ") || error.contains("format_version"), "seed {seed}: {error}");
        }
    }
    assert!(refused > CASES / 4, "only {refused} of {CASES} were refused");
}

/// What is read as a spec is checked, and perhaps built: neither may panic.
#[test]
fn damaged_specs_can_be_checked() {
    use ganymede_gan::check::{DataFacts, check};
    let spec = preset_for("mlp", &PresetInput::of(vec![2])).unwrap();
    let good = spec.to_toml();
    let data =
        DataFacts { name: "ring2d".into(), shape: vec![2], samples: 1000, classes: Some(0), ..DataFacts::default() };
    for seed in 0..CASES {
        let text = String::from_utf8_lossy(&damage(good.as_bytes(), seed)).into_owned();
        if let Ok(draft) = TrainSpec::draft(&text) {
            let report = check(&draft, Some(&data));
            assert!(!report.to_string().is_empty());
        }
    }
}
