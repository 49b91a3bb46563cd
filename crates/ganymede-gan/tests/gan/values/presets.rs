//! Presets: their numbers of parameters, counted by hand or published, how long and with what they train, and which is taken
//! when nobody names one. Not here: that they train (`presets.rs` beside this folder).

use super::bench::codec;
use ganymede_gan::phases::trace;
use ganymede_gan::presets::{PresetInput, choose, preset_for, sample_of};
use ganymede_gan::spec::{TrainSpec, Update};

fn spec(preset: &str, shape: &[usize]) -> TrainSpec {
    preset_for(preset, &PresetInput::of(shape)).unwrap()
}

/// Trained numbers of the generator and of the discriminator.
fn trained(preset: &str, shape: &[usize]) -> [usize; 2] {
    let traced = trace(&spec(preset, shape), &codec(shape, 10)).unwrap();
    ["generator", "discriminator"].map(|network| {
        let of_network = traced.parameters[network].iter().filter(|p| p.trainable);
        of_network.map(|p| p.shape.elements()).sum()
    })
}

#[test]
fn networks_have_the_parameters_that_were_counted_by_hand() {
    for (preset, shape, expected) in [
        // What PyTorch's DCGAN example prints of images of 64 pixels.
        ("dcgan", &[64, 64, 3][..], [3_576_704, 2_765_568]),
        // 100·256·16 + 512 + 256·128·16 + 256 + 128·64·16 + 128 + 64·3·16; 3·64·16 + 64·128·16 + 256 + 128·256·16 + 512 + 256·16.
        ("dcgan", &[32, 32, 3], [1_068_928, 663_296]),
        // The first kernel, and the last of the discriminator, is of 4 x 8 pixels.
        ("dcgan", &[16, 32, 3], [544_128, 138_496]),
        // What TensorFlow's DCGAN tutorial prints.
        ("dcgan", &[28, 28, 1], [2_305_472, 212_865]),
        // The same from 7 x 8: one side alone is a power of two.
        ("dcgan", &[28, 32, 1], [2_488_256, 213_761]),
        // 16·128 + 128, twice 128·128 + 128, 128·2 + 2; 2·128 + 128, the same twice, 129.
        ("mlp", &[2], [35_458, 33_537]),
        ("ring2d", &[2], [35_458, 33_537]),
        // 64·512 + 512, twice 512·512 + 512, 512·64 + 64; the same with 513 at the end.
        ("mlp", &[8, 8, 1], [591_424, 559_105]),
        // 100·7·7·256 + 512 + 256·64·16 + 128 + 64·16; 64·16 + 64·128·16 + 256 + 7·7·128 + 1.
        ("lsgan", &[28, 28, 1], [1_518_208, 138_625]),
        // The critic without its batch normalization.
        ("wgan_gp", &[28, 28, 1], [1_518_208, 138_369]),
        // 128·6272 + 6272, then 256 + 128·64·16 + 64 + 128 + 64·64·9 + 64 + 128·64 + 64, the same from 64 to 32, 64 + 32·9 + 1;
        // 64·16, 64·128·16 + 256, 128·256·16 + 512, 4·4·256 + 1.
        ("quick", &[28, 28, 1], [1_030_465, 661_249]),
        // Four normalizations of 288 filters in all for each of ten classes; 1·32·16 + 32 + 32·32·9 + 32, the same to 64 and to
        // 128, 129, and a vector of 128 for each class.
        ("quick_projection", &[28, 28, 1], [1_035_649, 359_745]),
        // A vector of 100 for each class, and a layer of ten units.
        ("acgan", &[28, 28, 1], [1_519_208, 201_355]),
        // Dense 128·6272 + 6272; two blocks of 312,192: two normalizations of 256, two kernels of 147,584, one of 16,512.
        ("sngan", &[28, 28, 1], [1_434_881, 263_489]),
        // Blocks of 1024, 512, 256, 128 and 128 filters; of 64, 128, 256, 512 and 512.
        ("sngan", &[64, 64, 3], [12_415_363, 9_578_689]),
        // Four normalizations of ten classes, and a vector of 64 for each.
        ("projection", &[28, 28, 1], [1_444_097, 264_129]),
        // A block of f filters has 4f² + 292f, here 256, 128, 64.
        ("r3gan", &[28, 28, 1], [1_318_721, 528_769]),
        // 100·12544 + 12544, 256·128·16 + 128, 128·64·16 + 64, 64·9 + 1; 25·64 + 64, 64·128·25 + 128, 4·4·128 + 1.
        ("article", &[28, 28, 1], [1_923_073, 208_641]),
    ] {
        assert_eq!(trained(preset, shape), expected, "{preset} for {shape:?}");
    }
}

#[test]
fn trainings_are_as_long_as_documented() {
    for (preset, shape, steps, batch, n_critic, update) in [
        ("dcgan", &[28, 28, 1][..], 3600, 32, 1, Update::Simultaneous),
        ("dcgan", &[32, 32, 3], 3600, 32, 1, Update::Alternating),
        ("mlp", &[2], 4000, 256, 1, Update::Alternating),
        ("mlp", &[8, 8, 1], 2000, 64, 1, Update::Alternating),
        ("ring2d", &[2], 7000, 256, 1, Update::Alternating),
        ("lsgan", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("wgan_gp", &[28, 28, 1], 1500, 32, 5, Update::Alternating),
        ("sngan", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("r3gan", &[28, 28, 1], 3600, 16, 1, Update::Alternating),
        ("quick", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("quick_projection", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("acgan", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("projection", &[28, 28, 1], 3600, 32, 1, Update::Alternating),
        ("article", &[28, 28, 1], 1500, 32, 1, Update::Simultaneous),
    ] {
        let spec = spec(preset, shape);
        let train = &spec.train;
        let found = (train.steps, train.batch, train.n_critic, train.update);
        assert_eq!(found, (Some(steps), batch, n_critic, update), "{preset}");
        assert_eq!((spec.preset.as_str(), spec.data.shape.as_slice()), (preset, shape));
        let apart = ["r3gan", "ring2d"].contains(&preset);
        assert_eq!((train.fresh_fakes, train.fresh_reals), (apart, false), "{preset}");
        let half_life = if preset == "ring2d" { 20.0 } else { 10.0 };
        assert_eq!(spec.ema.unwrap().half_life_kimg.value(0), half_life, "{preset}");
    }
}

#[test]
fn losses_and_optimizers_are_those_of_the_papers() {
    let numbers = |preset: &str, phase: usize| {
        let spec = spec(preset, &sample_of(preset, None, None));
        let phase = &spec.phases[phase];
        let terms: Vec<String> = phase.terms.iter().map(|term| term.class_name.clone()).collect();
        let optimizer = phase.optimizer.as_ref().unwrap();
        let scalar = |name: &str| {
            let json = serde_json::to_value(optimizer).unwrap();
            json.get(name).and_then(serde_json::Value::as_f64)
        };
        (terms.join(" "), optimizer.learning_rate.value(0), scalar("beta_1"), phase.terms.clone())
    };
    for (preset, d, g, rate, beta) in [
        ("dcgan", "non_saturating", "non_saturating", 2e-4, 0.5),
        ("mlp", "non_saturating", "non_saturating", 2e-4, 0.5),
        ("lsgan", "least_squares", "least_squares", 2e-4, 0.5),
        ("wgan_gp", "wasserstein gradient_penalty", "wasserstein", 4e-4, 0.5),
        ("sngan", "hinge", "hinge", 5e-4, 0.0),
        ("projection", "hinge", "hinge", 5e-4, 0.0),
        ("r3gan", "relativistic_paired r1 r2", "relativistic_paired", 1e-3, 0.0),
        ("ring2d", "relativistic_paired r1 r2", "relativistic_paired", 1e-2, 0.5),
        ("quick", "non_saturating r1", "non_saturating", 2e-4, 0.5),
        ("quick_projection", "hinge", "hinge", 2e-4, 0.5),
        ("acgan", "non_saturating auxiliary_classifier", "non_saturating auxiliary_classifier", 2e-4, 0.5),
        ("article", "non_saturating", "non_saturating", 2e-4, 0.5),
    ] {
        for (phase, terms) in [(0, d), (1, g)] {
            let (found, found_rate, found_beta, _) = numbers(preset, phase);
            assert_eq!((found.as_str(), found_rate, found_beta), (terms, rate, Some(beta)), "{preset}");
        }
    }
    let weights = |preset: &str| -> Vec<(f64, u64)> {
        numbers(preset, 0).3.iter().map(|term| (term.weight.value(0), term.every)).collect()
    };
    assert_eq!(weights("wgan_gp"), [(1.0, 1), (10.0, 1)]);
    assert_eq!(weights("quick"), [(1.0, 1), (0.3, 16)]);
    assert_eq!(weights("r3gan"), [(1.0, 1), (5.0, 4), (5.0, 4)]);
    assert_eq!(weights("ring2d"), [(1.0, 1), (0.03, 4), (0.03, 4)]);
    // The weights of penalties fall to a tenth in 4000 steps, and to 0.03 in 7000.
    for (preset, step, last) in [("r3gan", 4000, 0.5), ("ring2d", 7000, 0.0009)] {
        let found = numbers(preset, 0).3[1].weight.value(step);
        assert!((found - last).abs() < 1e-9, "{preset}: {found}");
    }
}

/// Sides are halved until the short one is 4 to 7, at least twice and at most to 256.
#[test]
fn images_are_halved_to_their_start() {
    for (shape, start) in [
        ([28, 28, 1], [7, 7]),
        ([16, 16, 1], [4, 4]),
        ([24, 24, 3], [6, 6]),
        ([64, 32, 3], [8, 4]),
        ([48, 96, 1], [6, 12]),
        ([256, 256, 3], [4, 4]),
    ] {
        let spec = spec("sngan", &shape);
        let layers = &spec.networks["generator"].layers;
        let reshape = layers.iter().find(|layer| layer.class_name == "Reshape").unwrap();
        let target: Vec<usize> = serde_json::from_value(reshape.arguments["target_shape"].clone()).unwrap();
        assert_eq!(target[..2], start, "{shape:?}");
    }
    for shape in
        [[12, 12, 1], [14, 14, 1], [28, 30, 1], [30, 28, 1], [100, 100, 1], [16, 272, 1], [272, 16, 1], [512, 512, 1]]
    {
        assert!(preset_for("sngan", &PresetInput::of(shape)).is_err(), "{shape:?}");
    }
    // dcgan takes sides that 4 divides from 8 to 256, article from 16 to 64.
    for (preset, taken, refused) in [
        (
            "dcgan",
            vec![[8, 8, 1], [12, 8, 1], [256, 256, 1], [16, 256, 1], [252, 8, 1]],
            vec![[4, 4, 1], [260, 8, 1], [10, 12, 1], [12, 10, 1], [512, 512, 1], [8, 512, 1]],
        ),
        (
            "article",
            vec![[16, 16, 1], [64, 64, 1], [16, 64, 1]],
            vec![[12, 16, 1], [16, 12, 1], [68, 16, 1], [16, 68, 1], [18, 16, 1], [16, 18, 1]],
        ),
    ] {
        for shape in taken {
            assert!(preset_for(preset, &PresetInput::of(shape)).is_ok(), "{preset} {shape:?}");
        }
        for shape in refused {
            assert!(preset_for(preset, &PresetInput::of(shape)).is_err(), "{preset} {shape:?}");
        }
    }
    // Powers of two from 16 up have the paper's networks, whose kernels are of 4 pixels; others the tutorial's.
    for (shape, kernel) in [([16, 16, 1], 4), ([8, 8, 1], 5), ([8, 16, 1], 5), ([24, 24, 1], 5), ([256, 16, 1], 4)] {
        let spec = spec("dcgan", &shape);
        let convolution = &spec.networks["discriminator"].layers[1];
        assert_eq!(convolution.arguments["kernel_size"], serde_json::json!([kernel, kernel]), "{shape:?}");
    }
    assert!(preset_for("mlp", &PresetInput::of([64 * 64 * 3])).is_ok());
    assert!(preset_for("mlp", &PresetInput::of([64 * 64 * 3 + 1])).is_err());
    assert!(preset_for("mlp", &PresetInput::of([0])).is_err());
    for (coordinates, taken) in [(0, false), (1, true), (64, true), (65, false)] {
        assert_eq!(preset_for("ring2d", &PresetInput::of([coordinates])).is_ok(), taken, "{coordinates}");
    }
    let wide = |width| preset_for("mlp", &PresetInput { width: Some(width), ..PresetInput::of([2]) }).is_ok();
    assert_eq!([0, 1, 2048, 2049].map(wide), [false, true, true, false]);
    let grouped =
        |width| preset_for("r3gan", &PresetInput { width: Some(width), ..PresetInput::of([28, 28, 1]) }).is_ok();
    assert_eq!([4, 8, 12, 16].map(grouped), [false, true, false, true]);
}

#[test]
fn samples_without_data_are_what_a_preset_is_made_for() {
    assert_eq!(sample_of("ring2d", None, None), [2]);
    assert_eq!(sample_of("dcgan", None, None), [28, 28, 1]);
    assert_eq!(sample_of("ring2d", None, Some(3)), [28, 28, 3]);
    assert_eq!(sample_of("mlp", Some([8, 6]), None), [8, 6, 1]);
    assert_eq!(sample_of("no preset", None, None), [28, 28, 1]);
}

/// Below 2,000 images the discriminator sees them augmented, at the width that is asked for.
#[test]
fn few_images_are_augmented() {
    let images = codec(&[32, 32, 3], 0);
    assert_eq!([1999, 2000].map(|samples| choose(&images, samples, None).augment), [true, false]);
    let choice = choose(&images, 500, Some(3.0));
    let spec = choice.spec(&images, None).unwrap();
    assert_eq!((spec.augment.len(), spec.augment[0].class_name.as_str()), (1, "diff_augment"));
    assert_ne!(choice.spec(&images, Some(48)).unwrap().networks, spec.networks);
    assert!(choose(&images, 5000, None).spec(&images, None).unwrap().augment.is_empty());
}

/// What each kind of data says that trains on it is there, and takes its samples.
#[test]
fn every_kind_of_data_names_presets_that_take_it() {
    for (shape, first) in [(&[28, 28, 1][..], "dcgan"), (&[2], "ring2d"), (&[5], "mlp"), (&[64, 1], "mlp")] {
        let data = codec(shape, 10);
        let presets = data.modality().presets(data.sample_type());
        assert_eq!(presets.first(), Some(&first), "{}", data.modality().name());
        for preset in presets {
            trace(&spec(preset, shape), &data).unwrap_or_else(|error| panic!("{preset} on {shape:?}: {error}"));
        }
    }
}
