//! Presets: functions that return a complete spec for some data. To add one: a file here with a
//! function and a line in [`PRESETS`]; the lists of commands and documents and the contract tests follow
//! from the table. Not here: what a spec means (`spec/`).

mod acgan;
mod article;
mod blocks;
mod choice;
mod copula;
mod ctgan;
mod dcgan;
mod elsewhere;
mod lsgan;
mod measured;
mod mlp;
mod quick;
mod quick_projection;
mod r3gan;
mod ring2d;
mod sngan;
mod table;
mod wgan_gp;

pub use choice::{Choice, choose};
pub use elsewhere::elsewhere;

pub(crate) use blocks::layer;
pub(crate) use copula::refit;

use crate::error::GanError;
use crate::spec::{EmaSpec, NetworkSpec, PhaseSpec, TermSpec, TrainSection, TrainSpec};
use ganymede_data::table::{Condition, Numbers};
use ganymede_data::{Codec, DataOptions, TableRows};
use ganymede_nn::schedules::Scheduled;
use ganymede_nn::{LayerConfig, OptimizerConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a preset depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetInput {
    /// Sizes of a sample: (height, width, channels) of an image, (coordinates,) of a point.
    pub shape: Vec<usize>,
    /// Number of classes, 0 without labels; none where the data is not known yet.
    pub classes: Option<usize>,
    /// Base number of filters or units, which all layers of a preset scale with; `None` for its own number.
    pub width: Option<usize>,
    /// What rows of a table consist of; none of other data, and where the data is not known yet.
    pub rows: Option<TableRows>,
}

/// Classes of a spec that is asked for without data.
const CLASSES: usize = 10;
/// Largest width.
const WIDEST: usize = 2048;

impl PresetInput {
    /// Samples of a shape, of which no more is known, at a preset's own width.
    pub fn of(shape: impl Into<Vec<usize>>) -> PresetInput {
        PresetInput { shape: shape.into(), classes: None, width: None, rows: None }
    }

    /// The number of classes that a conditional preset learns.
    fn classes(&self, preset: &'static str) -> Result<usize, GanError> {
        match self.classes {
            Some(0) => Err(GanError::Argument {
                what: format!("preset `{preset}`"),
                reason: "expected data with classes (each image in a sub-folder, labels.csv beside them, or labels in IDX or npz), found none; \
                         `quick`, `dcgan` and `sngan` take none"
                    .into(),
            }),
            classes => Ok(classes.unwrap_or(CLASSES)),
        }
    }

    /// Height, width and channels, when samples are images.
    fn image(&self, preset: &'static str) -> Result<[usize; 3], GanError> {
        match self.shape[..] {
            [h, w, c] => Ok([h, w, c]),
            _ => Err(GanError::Argument {
                what: format!("preset `{preset}`"),
                reason: format!(
                    "expected images (height, width, channels), found samples of shape {:?}; use `mlp`",
                    self.shape
                ),
            }),
        }
    }
}

/// An entry of the table.
pub struct Entry {
    /// Name on the command line.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    /// Sizes of a sample of the kind that it is made for, where it is asked for without data.
    pub sample: &'static [usize],
    /// Sets what it wants of the data.
    data: fn(&mut DataOptions),
    make: fn(&PresetInput) -> Result<TrainSpec, GanError>,
}

/// Most presets take data as it is given.
fn as_given(_: &mut DataOptions) {}

/// Samples of presets for points, and of those for images.
const POINT: &[usize; 1] = &[2];
const IMAGE: &[usize; 3] = &[28, 28, 1];

/// Every preset.
pub const PRESETS: &[Entry] = &[
    Entry {
        name: "dcgan",
        summary: "convolutional GAN for images; Radford et al. 2015, at 28 pixels TensorFlow's tutorial",
        sample: IMAGE,
        data: as_given,
        make: dcgan::dcgan,
    },
    Entry {
        name: "quick",
        summary: "small residual generator against DCGAN's discriminator: made for minutes on a CPU",
        sample: IMAGE,
        data: as_given,
        make: quick::quick,
    },
    Entry {
        name: "quick_projection",
        summary: "conditional quick with a projection discriminator",
        sample: IMAGE,
        data: as_given,
        make: quick_projection::quick_projection,
    },
    Entry {
        name: "mlp",
        summary: "dense GAN for points and very small images; Goodfellow et al. 2014",
        sample: POINT,
        data: as_given,
        make: mlp::mlp,
    },
    Entry {
        name: "lsgan",
        summary: "DCGAN's networks with least squares; Mao et al. 2017",
        sample: IMAGE,
        data: as_given,
        make: lsgan::lsgan,
    },
    Entry {
        name: "wgan_gp",
        summary: "Wasserstein GAN with a gradient penalty, five critic updates a step; Gulrajani et al. 2017",
        sample: IMAGE,
        data: as_given,
        make: wgan_gp::wgan_gp,
    },
    Entry {
        name: "sngan",
        summary: "residual networks, spectral normalization, hinge; Miyato et al. 2018",
        sample: IMAGE,
        data: as_given,
        make: sngan::sngan,
    },
    Entry {
        name: "r3gan",
        summary: "residual networks without normalization, relativistic, R1 and R2; wants hours; Huang et al. 2024",
        sample: IMAGE,
        data: as_given,
        make: r3gan::r3gan,
    },
    Entry {
        name: "acgan",
        summary: "conditional: the discriminator also names the class; Odena et al. 2017",
        sample: IMAGE,
        data: as_given,
        make: acgan::acgan,
    },
    Entry {
        name: "projection",
        summary: "conditional sngan with a projection discriminator; Miyato, Koyama 2018",
        sample: IMAGE,
        data: as_given,
        make: sngan::projection,
    },
    Entry {
        name: "ring2d",
        summary: "dense GAN that finds all modes of points in the plane",
        sample: POINT,
        data: as_given,
        make: ring2d::ring2d,
    },
    Entry {
        name: "table",
        summary: "dense GAN for rows of a table, with exact choices and second moments",
        sample: POINT,
        data: as_given,
        make: table::table,
    },
    Entry {
        name: "ctgan",
        summary: "conditional GAN for rows of a table; Xu et al. 2019",
        sample: POINT,
        data: |options| (options.numbers, options.condition) = (Numbers::Modes, Condition::Category),
        make: ctgan::ctgan,
    },
    Entry {
        name: "marginals",
        summary: "rows of a table with the distribution of each column: to compare trained ones with",
        sample: POINT,
        data: as_given,
        make: copula::marginals,
    },
    Entry {
        name: "copula",
        summary: "the same with the correlations of a Gaussian copula",
        sample: POINT,
        data: as_given,
        make: copula::copula,
    },
    Entry {
        name: "article",
        summary: "the program of the tutorial that ganymede grew from, repaired",
        sample: IMAGE,
        data: as_given,
        make: article::article,
    },
];

/// Sizes of the samples that a preset is asked for without data: images where a size or a number of channels is given, else
/// what it is made for.
pub fn sample_of(name: &str, sides: Option<[usize; 2]>, channels: Option<usize>) -> Vec<usize> {
    match PRESETS.iter().find(|entry| entry.name == name) {
        Some(entry) if sides.is_none() && channels.is_none() => entry.sample.to_vec(),
        _ => {
            let [height, width] = sides.unwrap_or([IMAGE[0], IMAGE[1]]);
            vec![height, width, channels.unwrap_or(IMAGE[2])]
        }
    }
}

/// The spec of a preset for samples like `codec`'s; its seed is 0 and its source is the codec's.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::check::{Severity, check};
/// use ganymede_gan::presets::preset;
/// use ganymede_gan::spec::{Draft, TrainSpec};
///
/// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// let mut spec = preset("mlp", data.codec())?;
/// assert_eq!(TrainSpec::from_toml(&spec.to_toml())?, spec);
/// spec.phases[0].terms.clear();
/// let report = check(&Draft::from(spec), None);
/// assert!(report.of(Severity::Error).any(|finding| finding.rule == "terms"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`GanError::Unknown`]; [`GanError::Argument`] when the preset does not take such samples.
pub fn preset(name: &str, codec: &Codec) -> Result<TrainSpec, GanError> {
    preset_of_width(name, codec, None)
}

/// The same at another width than its own.
///
/// # Errors
/// As [`preset`].
pub fn preset_of_width(name: &str, codec: &Codec, width: Option<usize>) -> Result<TrainSpec, GanError> {
    let (classes, rows) = (Some(codec.classes().len()), codec.modality().rows());
    let input = PresetInput { shape: codec.shape().to_vec(), classes, width, rows };
    let mut spec = preset_for(name, &input)?;
    spec.data.source.clone_from(&codec.source);
    Ok(spec)
}

/// The spec of a preset for samples of some shape, without a source.
///
/// # Errors
/// As [`preset`].
pub fn preset_for(name: &str, input: &PresetInput) -> Result<TrainSpec, GanError> {
    let Some(entry) = PRESETS.iter().find(|e| e.name == name) else {
        let known = PRESETS.iter().map(|e| e.name.to_string()).collect();
        return Err(GanError::Unknown { kind: PRESET, name: name.into(), known });
    };
    if let Some(width) = input.width.filter(|width| !(1..=WIDEST).contains(width)) {
        let reason = format!("expected a width from 1 to {WIDEST}, found {width}");
        return Err(GanError::Argument { what: format!("preset `{name}`"), reason });
    }
    let mut spec = (entry.make)(input)?;
    spec.preset = name.into();
    spec.data.shape.clone_from(&input.shape);
    (entry.data)(&mut spec.data.options);
    Ok(spec)
}

/// Sets what a preset wants of its data before this is read: `ctgan` wants numbers by modes and a category as the condition. What a user
/// asks for is set after it.
pub fn ask_of_data(name: &str, options: &mut DataOptions) {
    if let Some(entry) = PRESETS.iter().find(|entry| entry.name == name) {
        (entry.data)(options);
    }
}

/// What a preset's name is of, in errors.
pub(crate) const PRESET: &str = "a preset";
/// Size of the latent of the convolutional presets.
const LATENT: usize = 100;

/// The spec of images: batches of 32, since progress in a short training goes with the number of steps.
fn image_spec(networks: BTreeMap<String, NetworkSpec>, phases: Vec<PhaseSpec>) -> TrainSpec {
    TrainSpec {
        train: TrainSection { steps: Some(3600), batch: 32, ..TrainSection::default() },
        ema: Some(EmaSpec::of("generator")),
        networks,
        phases,
        ..TrainSpec::default()
    }
}

/// A phase that trains one network.
fn phase(name: &str, network: &str, optimizer: OptimizerConfig, terms: Vec<TermSpec>) -> PhaseSpec {
    PhaseSpec::new(name, &[network], Some(optimizer), terms)
}

/// A term with a weight.
fn term(name: &str, weight: f64) -> TermSpec {
    TermSpec { weight: weight.into(), ..TermSpec::new(name) }
}

/// A number that follows a schedule.
fn scheduled(schedule: Value) -> Scheduled {
    serde_json::from_value(schedule).expect("the schedules of presets are Keras's")
}

fn networks(generator: Vec<LayerConfig>, discriminator: Vec<LayerConfig>) -> BTreeMap<String, NetworkSpec> {
    let network = |layers| NetworkSpec { layers, ..NetworkSpec::default() };
    BTreeMap::from([("generator".into(), network(generator)), ("discriminator".into(), network(discriminator))])
}

/// The two phases of a GAN with one objective and an Adam for each network.
fn phases(objective: &str, learning_rate: f64, beta_1: f64) -> Vec<PhaseSpec> {
    let phase = |name, network| phase(name, network, adam(learning_rate, beta_1), vec![TermSpec::new(objective)]);
    vec![phase("d", "discriminator"), phase("g", "generator")]
}

fn adam(learning_rate: f64, beta_1: f64) -> OptimizerConfig {
    adam_with(json!({ "learning_rate": learning_rate, "beta_1": beta_1 }))
}

/// Adam with these arguments.
fn adam_with(mut arguments: Value) -> OptimizerConfig {
    arguments["class_name"] = "Adam".into();
    serde_json::from_value(arguments).expect("the arguments of presets are Adam's")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [&[usize]; 9] = [
        &[2],
        &[16, 16, 1],
        &[28, 28, 1],
        &[28, 28, 3],
        &[32, 32, 3],
        &[48, 96, 1],
        &[64, 32, 3],
        &[128, 128, 4],
        &[256, 256, 3],
    ];

    /// What a preset that takes images does not take.
    fn beyond(name: &str, shape: &[usize]) -> bool {
        // Dense layers of all pixels; the tutorial's sides.
        match name {
            "mlp" => shape.iter().product::<usize>() > 64 * 64 * 3,
            "article" => shape.iter().max() > Some(&64),
            "table" | "ctgan" | "marginals" | "copula" => shape.len() != 1,
            _ => false,
        }
    }

    #[test]
    fn every_preset_reads_back_from_its_toml() {
        for entry in PRESETS {
            for shape in SHAPES {
                for width in [None, Some(8)] {
                    let input = PresetInput { width, ..PresetInput::of(shape) };
                    match preset_for(entry.name, &input) {
                        Ok(spec) => assert_eq!(TrainSpec::from_toml(&spec.to_toml()).unwrap(), spec, "{}", entry.name),
                        Err(error) => {
                            let points = (shape.len() == 1) == (entry.name != "ring2d");
                            assert!(points || beyond(entry.name, shape), "{} for {shape:?}: {error}", entry.name);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_width_goes_through_all_layers() {
        for entry in PRESETS {
            let spec =
                |width| preset_for(entry.name, &PresetInput { width: Some(width), ..PresetInput::of(entry.sample) });
            let texts = [8, 16].map(|width| spec(width).unwrap().to_toml());
            assert_ne!(texts[0], texts[1], "{}", entry.name);
            let error = spec(0).unwrap_err().to_string();
            assert!(error.contains("expected a width from 1 to 2048, found 0"), "{}: {error}", entry.name);
        }
    }

    #[test]
    fn conditional_presets_want_classes_and_sides_that_can_be_halved() {
        for name in ["quick_projection", "acgan", "projection"] {
            let input = PresetInput { classes: Some(0), ..PresetInput::of([28, 28, 1]) };
            let error = preset_for(name, &input).unwrap_err().to_string();
            assert!(error.contains("expected data with classes"), "{error}");
            let seven = PresetInput { classes: Some(7), ..input };
            assert!(preset_for(name, &seven).unwrap().to_toml().contains("input_dim = 7"), "{name}");
        }
        for shape in [[27, 28, 1], [512, 512, 3], [16, 512, 1], [100, 100, 3]] {
            let error = preset_for("sngan", &PresetInput::of(shape)).unwrap_err().to_string();
            assert!(error.contains("expected sides from 16 to 256") && error.contains("--resolution"), "{error}");
        }
    }
}
