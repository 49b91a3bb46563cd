//! Which preset is taken when nobody names one: a function of what a sample is and of the time that there is. Not here: the
//! presets.

/// A preset, why it, and what can be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub preset: &'static str,
    /// Its width, where it is not its own.
    pub width: Option<usize>,
    /// Why, in a clause.
    pub why: String,
    /// What that usually buys on two processor cores, in a clause.
    pub buys: &'static str,
}

/// A row of the table for pictures: up to so many minutes for each 32 x 32 pixels, this width.
struct Row {
    minutes: f64,
    width: Option<usize>,
    buys: &'static str,
}

/// By the minutes for each 32 x 32 pixels of a picture: a step's time goes with the pixels and with the square of the width.
const PICTURES: &[Row] = &[
    Row { minutes: 1.0, width: Some(16), buys: "rough shapes, no details" },
    Row { minutes: 4.0, width: Some(32), buys: "shapes that can be recognised, many of them blurred" },
    Row { minutes: 15.0, width: None, buys: "most samples can be recognised" },
    Row { minutes: f64::INFINITY, width: None, buys: "samples close to the data, if there are some thousand pictures" },
];

/// The preset for samples of a shape and a training of so many minutes; none for as long as the preset says.
pub fn choose(shape: &[usize], minutes: Option<f64>) -> Choice {
    let sizes = shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    match shape {
        [2] => Choice {
            preset: "ring2d",
            width: None,
            why: "points in the plane".into(),
            buys: "all modes of a mixture within a minute",
        },
        [height, width, _] => {
            let Some(minutes) = minutes else {
                let (why, buys) = (format!("pictures of {sizes}"), PICTURES[2].buys);
                return Choice { preset: "dcgan", width: None, why, buys };
            };
            let each = minutes * 1024.0 / (height * width).max(1) as f64;
            let row = PICTURES.iter().find(|row| each < row.minutes).unwrap_or(&PICTURES[PICTURES.len() - 1]);
            let narrow = row.width.map_or(String::new(), |width| format!(", width {width} because of the time"));
            let why = format!("pictures of {sizes}, {minutes} minutes{narrow}");
            Choice { preset: "dcgan", width: row.width, why, buys: row.buys }
        }
        _ => Choice {
            preset: "mlp",
            width: None,
            why: format!("samples of shape {sizes}"),
            buys: "the distribution of each number; less of how they hang together",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let choice = choose(shape, minutes);
            assert_eq!((choice.preset, choice.width), (preset, width), "{shape:?} {minutes:?}");
            assert!(!choice.why.is_empty() && !choice.buys.is_empty());
        }
    }
}
