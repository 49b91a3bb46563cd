//! The default preset: a function of what a sample is, how many there are, and of the time that there is. Not here: the
//! presets.

use crate::error::GanError;
use crate::presets;
use crate::spec::{AugmentSpec, TrainSpec};
use ganymede_data::Codec;

/// A preset that was chosen, the reason, and the quality to expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// Its name.
    pub preset: &'static str,
    /// Its width, where it is not the preset's own.
    pub width: Option<usize>,
    /// Whether what the discriminator sees is augmented, by `diff_augment`.
    pub augment: bool,
    /// Why, in a clause.
    pub why: String,
    /// The quality that this usually reaches on two processor cores, in a clause.
    pub buys: &'static str,
}

impl Choice {
    /// The spec for samples like `codec`'s, at another width if one is wanted.
    ///
    /// # Errors
    /// As [`presets::preset`].
    pub fn spec(&self, codec: &Codec, width: Option<usize>) -> Result<TrainSpec, GanError> {
        let mut spec = presets::preset_of_width(self.preset, codec, width.or(self.width))?;
        if self.augment {
            spec.augment.push(AugmentSpec { class_name: "diff_augment".into(), arguments: toml::Table::new() });
        }
        Ok(spec)
    }
}

/// Images below which the discriminator is better off with augmentation: with 500 it was in every measured training
/// (docs/reference/ablations.md).
const FEW: usize = 2000;
/// Images below which there is little to learn but these.
const TOO_FEW: usize = 100;

/// A row of the table for images: up to so many minutes for each 32 x 32 pixels, this width.
struct Row {
    minutes: f64,
    width: Option<usize>,
    buys: &'static str,
}

/// By the minutes for each 32 x 32 pixels of an image: a step's time goes with the pixels and with the square of the width.
const IMAGES: &[Row] = &[
    Row { minutes: 1.0, width: Some(16), buys: "rough shapes, no details" },
    Row { minutes: 4.0, width: Some(32), buys: "shapes that can be recognised, many of them blurred" },
    Row { minutes: 15.0, width: None, buys: "most samples can be recognised" },
    Row { minutes: f64::INFINITY, width: None, buys: "samples close to the data, if there are some thousand images" },
];

/// The preset for so many samples like `codec`'s and a training of so many minutes; none for as long as the preset says. It is the first
/// of those that the modality names, with what is known of it here.
pub fn choose(codec: &Codec, samples: usize, minutes: Option<f64>) -> Choice {
    let shape = codec.shape();
    let first = codec.modality().presets(codec.sample_type()).first().copied().unwrap_or("mlp");
    let sizes = shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    match (first, shape) {
        ("ring2d", _) => Choice {
            preset: first,
            width: None,
            augment: false,
            why: "points in the plane".into(),
            buys: "all modes of a mixture within a minute",
        },
        ("dcgan", [height, width, _]) => {
            let each = minutes.map(|minutes| minutes * 1024.0 / (height * width).max(1) as f64);
            let last = &IMAGES[IMAGES.len() - 1];
            let row = each.map_or(&IMAGES[2], |each| IMAGES.iter().find(|row| each < row.minutes).unwrap_or(last));
            let mut why = format!("images of {sizes}");
            why.extend(minutes.map(|minutes| format!(", {minutes} minute{}", if minutes == 1.0 { "" } else { "s" })));
            why.extend(row.width.map(|width| format!(", width {width} because of the time")));
            let augment = samples < FEW;
            if augment {
                why += &format!(", diff_augment because there are only {samples}");
            }
            let buys = if samples < TOO_FEW {
                "variations of these images, for a GAN learns from thousands"
            } else {
                row.buys
            };
            Choice { preset: first, width: row.width, augment, why, buys }
        }
        _ => Choice {
            preset: first,
            width: None,
            augment: false,
            why: format!("samples of shape {sizes}"),
            buys: "the distribution of each number, and less of how they correlate",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::TensorType;

    fn like(shape: &[usize]) -> Codec {
        Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], Vec::new())
    }

    #[test]
    fn the_choice_follows_data_and_time() {
        for (shape, minutes, preset, width) in [
            (&[2][..], None, "ring2d", None),
            (&[2], Some(5.0), "ring2d", None),
            (&[7], None, "mlp", None),
            (&[28, 28, 1], None, "dcgan", None),
            (&[28, 28, 1], Some(0.5), "dcgan", Some(16)),
            (&[32, 32, 3], Some(3.0), "dcgan", Some(32)),
            (&[32, 32, 3], Some(10.0), "dcgan", None),
            (&[128, 128, 3], Some(10.0), "dcgan", Some(16)),
            (&[128, 128, 3], Some(600.0), "dcgan", None),
            (&[64, 64, 3], Some(10.0), "dcgan", Some(32)),
        ] {
            let choice = choose(&like(shape), 10_000, minutes);
            assert_eq!((choice.preset, choice.width), (preset, width), "{shape:?} {minutes:?}");
            assert!(!choice.why.is_empty() && !choice.buys.is_empty() && !choice.augment);
        }
        let few = choose(&like(&[32, 32, 3]), 500, Some(3.0));
        assert!(few.augment && few.why.ends_with("diff_augment because there are only 500"), "{}", few.why);
        assert!(choose(&like(&[32, 32, 3]), 20, None).buys.starts_with("variations of these"));
        assert!(!choose(&like(&[2]), 20, None).augment);
    }

    #[test]
    fn what_a_modality_names_is_there() {
        for shape in [&[2][..], &[7], &[28, 28, 1]] {
            let classes = (0..3).map(|class| class.to_string()).collect();
            let codec = Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], classes);
            for name in codec.modality().presets(codec.sample_type()) {
                presets::preset(name, &codec).unwrap();
            }
        }
    }
}
