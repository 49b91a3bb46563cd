//! Runs as `.keras` files.

use crate::common::run;
use ganymede_data::{Codec, Dataset, Wish};
use ganymede_gan::{Sampler, SamplerOptions, Training};
use ganymede_interop::{ExportOptions, Network, Trained, export, format, keras};
use ganymede_runtime::{CpuBackend, CpuOptions};

#[test]
fn a_generator_of_a_file_gives_the_samples_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    for preset in ["dcgan", "sngan", "projection"] {
        let images: Vec<u8> = (0..8 * 16 * 16).map(|i| (i * 7 % 251) as u8).collect();
        let data =
            Dataset::from_samples("stripes", images, [16, 16, 1]).labels(vec![0, 1, 0, 1, 0, 1, 0, 1], ["a", "b"]);
        let training = Training::preset_of_width(preset, Some(8), data.build().unwrap()).unwrap().batch(4).steps(1);
        let folder = folder.path().join(preset);
        let path = training.outdir(&folder).start().unwrap().train().unwrap().run;
        let trained = Trained::open(&path, None, false).unwrap();
        let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
        let (mut sampler, codec, _): (Sampler, Codec, _) =
            Sampler::open(&path, SamplerOptions::default(), &backend).unwrap();
        let latents = sampler.latents(0..4).unwrap();
        let mut given = codec.conditions(&Wish::in_turn(), 0..4).unwrap();
        given.retain(|(name, _)| sampler.given().contains(&name.as_str()));
        let samples = sampler.generate(&latents, &given).unwrap();

        let out = folder.join("g.keras");
        let written = export(&trained, format("keras").unwrap(), &ExportOptions::default(), &out, false);
        // A layer that Keras does not have is told of; such a preset has no file.
        if let Err(error) = written {
            assert!(error.to_string().contains("expected a layer that Keras has"), "{preset}: {error}");
            assert_ne!(preset, "dcgan");
            continue;
        }
        let network = keras::read(&out).unwrap();
        assert_eq!(network.name, "generator");
        let inputs: Vec<Vec<f64>> = std::iter::once(&latents)
            .chain(given.iter().map(|(_, tensor)| tensor))
            .map(|tensor| tensor.to_f64())
            .collect();
        let made = run(&network, &inputs, 4);
        let worst = made[0].iter().zip(samples.to_f64()).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst <= 1e-4, "{preset}: {worst}");

        let mut options = ExportOptions::default();
        options.network = Some(Network::Discriminator);
        let out = folder.join("d.keras");
        match export(&trained, format("keras").unwrap(), &options, &out, false) {
            Ok(_) => assert_eq!(keras::read(&out).unwrap().name, "discriminator"),
            Err(error) => assert!(error.to_string().contains("expected a layer that Keras has"), "{preset}: {error}"),
        }
    }
}
