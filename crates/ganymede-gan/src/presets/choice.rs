//! The default preset: what was measured to be best for such data in such a time. Not here: the measurements (`measured.rs`),
//! the presets.

use super::measured::MEASURED;
use crate::error::GanError;
use crate::presets::{self, PresetInput};
use crate::spec::{AugmentSpec, TrainSpec};
use ganymede_data::Codec;

/// The best preset of a kind of images after so many minutes of one thread; each share beside that of real images.
#[derive(Debug)]
pub(super) struct Measured {
    /// What the images show.
    pub data: &'static str,
    /// Height and width.
    pub side: usize,
    pub channels: usize,
    /// Whether the data has classes; without them, presets that need classes are no candidates.
    pub classes: bool,
    pub minutes: f64,
    pub preset: &'static str,
    /// Its width, where it is not the preset's own.
    pub width: Option<usize>,
    pub coverage: [f64; 2],
    pub precision: [f64; 2],
}

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
    /// What it reached where it was measured, at its own width and not on few images, in a clause.
    pub measured: Option<String>,
}

impl Choice {
    /// The spec for samples like `codec`'s, at another width than the preset's if one is wanted.
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
/// Minutes of one thread whose row counts where nobody says how long: presets train about so long by themselves.
const MINUTES: f64 = 10.0;

/// The preset for so many samples like `codec`'s and a training of so many minutes; none for as long as the preset says.
///
/// Of images it is the one that was best on the measured kind of data that is most like them: grey or colour, with classes or
/// without, then the nearest number of pixels; in the longest measured time that is not longer than theirs, which goes with the
/// pixels. Of other samples it is the first that the modality names.
pub fn choose(codec: &Codec, samples: usize, minutes: Option<f64>) -> Choice {
    let shape = codec.shape();
    let first = codec.modality().presets(codec.sample_type()).first().copied().unwrap_or("mlp");
    let sizes = shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let plain = |why: &str| Choice { preset: first, width: None, augment: false, why: why.into(), measured: None };
    let &[height, width, channels] = shape else {
        return plain(&if first == "ring2d" {
            "points in the plane".into()
        } else if codec.modality().rows().is_some() {
            "rows of a table".into()
        } else {
            format!("samples of shape {sizes}")
        });
    };
    let classes = codec.classes().len();
    let mut why = format!("images of {sizes}");
    if classes > 1 {
        why += &format!(" in {classes} classes");
    }
    let augment = samples < FEW;
    if augment {
        why += &format!(", diff_augment because there are only {samples}");
    }
    let input = PresetInput { classes: Some(classes), ..PresetInput::of([height, width, channels]) };
    match nearest(MEASURED, [height, width, channels], classes > 1, minutes) {
        Some(row) if presets::preset_for(row.preset, &input).is_ok() => {
            let [[coverage, all], [precision, real]] = [row.coverage, row.precision];
            if let Some(width) = row.width {
                why += &format!(", width {width} because of the time");
            }
            let unlabelled = PresetInput { classes: Some(0), ..input };
            if classes > 1 && presets::preset_for(row.preset, &unlabelled).is_ok() {
                why += "; it does not generate by class: `--preset quick_projection` does";
            }
            let measured = format!(
                "on {} of {} pixels this preset reached coverage {coverage:.2} and precision {precision:.2} in {} minute{} of one \
                 core; real images have {all:.2} and {real:.2}",
                row.data,
                row.side,
                row.minutes,
                if row.minutes == 1.0 { "" } else { "s" }
            );
            Choice { preset: row.preset, width: row.width, augment, why, measured: (!augment).then_some(measured) }
        }
        Some(row) => {
            why += &format!(
                "; `{}`, which was best where it was measured, does not take this size: it wants sides of 16 to 256 that halve to 4 to 7",
                row.preset
            );
            Choice { augment, ..plain(&why) }
        }
        None => Choice { augment, ..plain(&why) },
    }
}

/// The measured row for such images and so many minutes, or for as long as a preset trains by itself.
fn nearest(
    table: &[Measured],
    [height, width, channels]: [usize; 3],
    classes: bool,
    minutes: Option<f64>,
) -> Option<&Measured> {
    let pixels = (height * width).max(1) as f64;
    let distance = |row: &Measured| ((row.side * row.side) as f64 / pixels).ln().abs();
    let alike = || table.iter().filter(|row| row.classes == classes && (row.channels == 1) == (channels == 1));
    let kind = alike().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let rows = || alike().filter(|row| (row.data, row.side) == (kind.data, kind.side));
    let longest = minutes.map_or(MINUTES, |minutes| minutes * (kind.side * kind.side) as f64 / pixels);
    let within = rows().filter(|row| row.minutes <= longest).max_by(|a, b| a.minutes.total_cmp(&b.minutes));
    within.or_else(|| rows().min_by(|a, b| a.minutes.total_cmp(&b.minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::TensorType;

    fn like(shape: &[usize], classes: usize) -> Codec {
        let classes = (0..classes).map(|class| class.to_string()).collect();
        Codec::stand_in(TensorType::f32(shape), [-1.0, 1.0], classes)
    }

    fn row(side: usize, channels: usize, classes: bool, minutes: f64, preset: &'static str) -> Measured {
        let [coverage, precision] = [[0.9, 0.97], [0.8, 0.96]];
        Measured { data: "things", side, channels, classes, minutes, preset, width: None, coverage, precision }
    }

    #[test]
    fn the_nearest_kind_counts_in_the_longest_time_that_there_is() {
        let table = [
            row(28, 1, false, 1.0, "a"),
            row(28, 1, false, 10.0, "b"),
            row(28, 1, true, 1.0, "c"),
            row(32, 3, false, 3.0, "d"),
            row(64, 3, false, 3.0, "e"),
            row(64, 3, false, 30.0, "f"),
        ];
        let found = |shape, classes, minutes: f64| nearest(&table, shape, classes, Some(minutes)).map(|row| row.preset);
        for (shape, classes, minutes, preset) in [
            ([28, 28, 1], false, 0.2, Some("a")),
            ([28, 28, 1], false, 9.9, Some("a")),
            ([28, 28, 1], false, 10.0, Some("b")),
            ([28, 28, 1], true, 10.0, Some("c")),
            ([256, 256, 1], false, 10.0, Some("a")),
            ([32, 32, 3], false, 10.0, Some("d")),
            // Between 32² and 64² stand 2048 pixels.
            ([32, 63, 3], false, 10.0, Some("d")),
            ([32, 65, 3], false, 10.0, Some("e")),
            // Half of 64² pixels in half of the minutes.
            ([32, 66, 4], false, 15.4, Some("e")),
            ([32, 66, 4], false, 15.6, Some("f")),
            ([32, 32, 3], true, 10.0, None),
        ] {
            assert_eq!(found(shape, classes, minutes), preset, "{shape:?} {classes} {minutes}");
        }
        // Larger images train longer by themselves.
        assert_eq!(nearest(&table, [56, 56, 1], false, None).map(|row| row.preset), Some("b"));
        assert_eq!(found([56, 56, 1], false, 10.0), Some("a"));
    }

    #[test]
    fn a_choice_says_why_and_what_was_measured() {
        let choice = choose(&like(&[28, 28, 1], 10), 5000, Some(10.0));
        assert!(choice.why.starts_with("images of 28x28x1 in 10 classes"), "{}", choice.why);
        let measured = choice.measured.unwrap();
        assert!(
            measured.starts_with("on ") && measured.contains("minutes of one core; real images have 0.9"),
            "{measured}"
        );
        let few = choose(&like(&[32, 32, 3], 0), 500, Some(3.0));
        assert!(few.augment && few.why.contains("diff_augment because there are only 500"), "{}", few.why);
        for (shape, preset) in [(&[2][..], "ring2d"), (&[7], "mlp")] {
            let choice = choose(&like(shape, 0), 20, None);
            assert_eq!((choice.preset, choice.augment, choice.measured), (preset, false, None));
        }
        // 100 pixels cannot be halved to 4 to 7: `dcgan`, which takes them, stands in for what was best.
        let other = choose(&like(&[100, 100, 3], 0), 5000, None);
        assert!(presets::preset(other.preset, &like(&[100, 100, 3], 0)).is_ok(), "{}", other.preset);
        assert!(other.why.contains("does not take this size: it wants") && other.measured.is_none(), "{}", other.why);
    }

    #[test]
    fn every_measured_preset_takes_what_it_was_measured_on() {
        assert!(MEASURED.iter().any(|row| row.classes) && MEASURED.iter().any(|row| !row.classes));
        for row in MEASURED {
            let codec = like(&[row.side, row.side, row.channels], if row.classes { 4 } else { 0 });
            presets::preset_of_width(row.preset, &codec, row.width).unwrap();
        }
    }

    #[test]
    fn what_a_modality_names_is_there() {
        for shape in [&[2][..], &[7], &[28, 28, 1]] {
            let codec = like(shape, 3);
            for name in codec.modality().presets(codec.sample_type()) {
                presets::preset(name, &codec).unwrap();
            }
        }
    }
}
