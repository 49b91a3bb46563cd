//! What the caller may choose about data. Not here: flags (the command) and the rest of a spec (`ganymede-gan`).

use crate::error::DataError;
use crate::formats::layout::Layout;
use crate::limits::{MAX_PIXELS, MAX_SIDE};
use crate::table::{Condition, Numbers, RuleOptions, Wishes};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Most channels of an image.
pub(crate) const MAX_CHANNELS: usize = 8;

/// The keys of a spec's `[data]` table beside `source`.
///
/// A struct of the spec may hold it with `#[serde(flatten)]` next to `source` under `deny_unknown_fields`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataOptions {
    /// Size of every sample; `None` takes the images' own size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// How an image of another shape becomes that size.
    pub fit: Fit,
    /// Image files: 1 (grey) or 3 (RGB); `None` decides by the images: 1 when all are grey. Arrays: 1 or 3, where alpha is
    /// laid over the background; `None` keeps the 1 to 8 channels that there are as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Raw values low and high that become −1 and 1 for a network; what lies outside is clamped. `None` decides by the
    /// type and the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// Sizes of one sample in an array, such as `[28, 28, 1]` for rows of 784 values; `None` takes the array's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reshape: Option<Vec<usize>>,
    /// Order of the axes of an image in an array; `None` decides by their sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Name of the array of samples in an `.npz`; `None` takes the first usual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Name of the array of labels in an `.npz`; `None` takes the usual one beside the samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_key: Option<String>,
    /// What kind of data an array holds, by the name of its modality; `None` decides by its sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modality: Option<String>,
    /// Red, green and blue under transparent pixels and around padded images.
    pub background: [u8; 3],
    /// Whether the loader mirrors each image with probability ½.
    pub mirror: bool,
    /// Fraction of bad files, or of bad lines of a table, above which reading is an error; `None` is 5 % of files and no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bad: Option<f64>,
    /// The part of the set that is used, where folders are parts of it (`Training`, `test`): its name, that of a folder, or `all`;
    /// `None` takes what is to be trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Where the classes of images come from: a table among them, `folders` or `none`; `None` chooses by what the data
    /// has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// The column of that table with the classes, by its name or number from 1; `None` finds it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "name_or_number")]
    pub label_column: Option<String>,
    /// Which pages and frames of files with several are samples.
    #[serde(skip_serializing_if = "Pages::is_first")]
    pub pages: Pages,
    /// What columns of a table are, by their names; of others it is found.
    #[serde(skip_serializing_if = "Wishes::is_empty")]
    pub columns: Wishes,
    /// What separates the cells of a table; `None` finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether the first line of a table names its columns; `None` finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Rules between columns of a table that rows keep, and whether more are looked for.
    #[serde(skip_serializing_if = "RuleOptions::is_usual")]
    pub rules: RuleOptions,
    /// The column of a table that models are to predict; where it is one of a list of few values, rows are asked for by it. `None`
    /// for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How numbers of a table become values of a network.
    #[serde(skip_serializing_if = "Numbers::is_default")]
    pub numbers: Numbers,
    /// What rows of a table are conditioned on in training.
    #[serde(skip_serializing_if = "Condition::is_default")]
    pub condition: Condition,
    /// Fraction kept out of training; `None` is 5 % from 1,000 samples up, else nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holdout: Option<f64>,
    /// What becomes of samples that equal an earlier one byte for byte.
    #[serde(skip_serializing_if = "Duplicates::are_kept")]
    pub duplicates: Duplicates,
    /// Whether decoded samples go to a cache file; otherwise they stay in memory.
    pub use_cache: bool,
}

/// A column by its name or its number.
fn name_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    struct Column;
    impl<'de> Visitor<'de> for Column {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a name, or a number from 1")
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
            if number == 0 {
                Err(E::invalid_value(Unexpected::Unsigned(0), &self))
            } else {
                Ok(Some(number.to_string()))
            }
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
            let whole = u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self));
            self.visit_u64(whole?)
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
            Ok(Some(name.into()))
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_any(self)
        }
    }
    from.deserialize_any(Column)
}

impl Default for DataOptions {
    fn default() -> Self {
        DataOptions {
            resolution: None,
            fit: Fit::Crop,
            channels: None,
            range: None,
            reshape: None,
            layout: None,
            key: None,
            label_key: None,
            modality: None,
            background: [255; 3],
            mirror: false,
            max_bad: None,
            part: None,
            labels: None,
            label_column: None,
            pages: Pages::First,
            columns: Wishes::default(),
            delimiter: None,
            header: None,
            rules: RuleOptions::default(),
            target: None,
            numbers: Numbers::Scores,
            condition: Condition::Target,
            holdout: None,
            duplicates: Duplicates::Keep,
            use_cache: true,
        }
    }
}

impl DataOptions {
    /// Fraction of bad files above which reading is an error.
    pub fn most_bad_files(&self) -> f64 {
        self.max_bad.unwrap_or(0.05)
    }

    /// Checks every option's range.
    ///
    /// # Errors
    /// [`DataError::Option`] names the first that is out of range.
    pub fn validate(&self) -> Result<(), DataError> {
        self.faults().into_iter().next().map_or(Ok(()), Err)
    }

    /// A [`DataError::Option`] for each option that is out of range.
    pub fn faults(&self) -> Vec<DataError> {
        let mut faults: Vec<DataError> = crate::modalities::asked(self).err().into_iter().collect();
        let mut fail = |name, reason| faults.push(DataError::Option { name, reason });
        if let Some(size) = self.resolution
            && (size.width.min(size.height) == 0 || size.width.max(size.height) > MAX_SIDE)
        {
            fail("resolution", format!("expected 1 to {MAX_SIDE} pixels a side, found {size}"));
        } else if let Some(size) = self.resolution
            && u64::from(size.width) * u64::from(size.height) > MAX_PIXELS
        {
            fail("resolution", format!("expected at most {MAX_PIXELS} pixels, such as 32 or 64 a side, found {size}"));
        }
        if let Some(channels) = self.channels
            && !(1..=MAX_CHANNELS).contains(&channels)
        {
            fail("channels", format!("expected 1 or 3, or those of an array, 1 to {MAX_CHANNELS}, found {channels}"));
        }
        if let Some([low, high]) = self.range
            && !(low < high && (high - low).is_finite())
        {
            fail("range", format!("expected a low value and a higher one, found {low} and {high}"));
        }
        if let Some(sizes) = &self.reshape
            && (!(1..=3).contains(&sizes.len()) || sizes.iter().any(|size| !(1..=MAX_PIXELS as usize).contains(size)))
        {
            fail("shape", format!("expected 1 to 3 sizes such as 28x28x1, found {sizes:?}"));
        }
        if let Some(most) = self.max_bad.filter(|most| !(0.0..=1.0).contains(most)) {
            fail("max_bad", format!("expected a fraction from 0 to 1, found {most}"));
        }
        if let Some(holdout) = self.holdout
            && !(0.0..1.0).contains(&holdout)
        {
            fail("holdout", format!("expected a fraction from 0 to less than 1, found {holdout}"));
        }
        faults
    }
}

/// How an image whose shape differs from the resolution becomes that size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Scale until both sides are covered, cut off what sticks out, equally on both ends.
    #[default]
    Crop,
    /// Scale until it fits inside, fill the rest with the background.
    Pad,
    /// Scale each side on its own.
    Stretch,
}

impl Fit {
    /// Every choice, the default first.
    pub const ALL: [Fit; 3] = [Fit::Crop, Fit::Pad, Fit::Stretch];

    /// Name as in a spec and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Fit::Crop => "crop",
            Fit::Pad => "pad",
            Fit::Stretch => "stretch",
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fit {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Fit::ALL
            .into_iter()
            .find(|fit| fit.name() == text)
            .ok_or_else(|| format!("expected crop, pad or stretch, found `{text}`"))
    }
}

/// Which images of a file that holds several, such as a scan of many pages or an animation, are samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pages {
    /// The first alone.
    #[default]
    First,
    /// All of them, each a sample.
    All,
}

impl Pages {
    /// Every choice, the default first.
    pub const ALL: [Pages; 2] = [Pages::First, Pages::All];

    /// Name as in a spec and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Pages::First => "first",
            Pages::All => "all",
        }
    }

    fn is_first(&self) -> bool {
        *self == Pages::First
    }
}

impl FromStr for Pages {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Pages::ALL.into_iter().find(|pages| pages.name() == text);
        found.ok_or_else(|| format!("expected first or all, found `{text}`"))
    }
}

/// What becomes of samples that equal an earlier one byte for byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// They are samples as the others are.
    #[default]
    Keep,
    /// They are neither trained on nor held out.
    Drop,
}

impl Duplicates {
    /// Every choice, the default first.
    pub const ALL: [Duplicates; 2] = [Duplicates::Keep, Duplicates::Drop];

    /// Name as in a spec and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Duplicates::Keep => "keep",
            Duplicates::Drop => "drop",
        }
    }

    fn are_kept(&self) -> bool {
        *self == Duplicates::Keep
    }
}

impl FromStr for Duplicates {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Duplicates::ALL.into_iter().find(|choice| choice.name() == text);
        found.ok_or_else(|| format!("expected keep or drop, found `{text}`"))
    }
}

/// A size in pixels; written `32` (square) or `48x32` (width x height).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resolution {
    /// Pixels along a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl Resolution {
    /// A square of `side` x `side`.
    pub fn square(side: u32) -> Self {
        Resolution { width: side, height: side }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Resolution {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once('x').unwrap_or((text, text));
        match (width.parse(), height.parse()) {
            (Ok(width), Ok(height)) if width > 0 && height > 0 => Ok(Resolution { width, height }),
            _ => Err(format!("expected a size such as 32 or 48x32, found `{text}`")),
        }
    }
}

impl Serialize for Resolution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.width == self.height { serializer.serialize_u32(self.width) } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for Resolution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Resolution;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as 32 or \"48x32\"")
            }
            fn visit_u64<E: Error>(self, side: u64) -> Result<Resolution, E> {
                match u32::try_from(side) {
                    Ok(side) if side > 0 => Ok(Resolution::square(side)),
                    _ => Err(E::custom(format!("expected a size such as 32 or \"48x32\", found {side}"))),
                }
            }
            fn visit_i64<E: Error>(self, side: i64) -> Result<Resolution, E> {
                u64::try_from(side)
                    .map_err(|_| E::custom(format!("expected a size above 0, found {side}")))
                    .and_then(|side| self.visit_u64(side))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Resolution, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Reads a colour: `#rrggbb`, `r,g,b` or `black`, `grey`, `white`.
///
/// # Errors
/// A message with the text when it is none of them.
pub fn parse_background(text: &str) -> Result<[u8; 3], String> {
    let fail = || format!("expected a colour such as white, #ffcc00 or 255,204,0, found `{text}`");
    match text {
        "black" => return Ok([0; 3]),
        "grey" | "gray" => return Ok([128; 3]),
        "white" => return Ok([255; 3]),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix('#') {
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fail());
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| fail())?;
        let [_, red, green, blue] = value.to_be_bytes();
        return Ok([red, green, blue]);
    }
    let parts: Vec<u8> = text.split(',').map(|p| p.trim().parse()).collect::<Result<_, _>>().map_err(|_| fail())?;
    parts.try_into().map_err(|_| fail())
}

/// Reads a range: `LOW,HIGH`.
///
/// # Errors
/// A message with the text when it is not two numbers, the second above the first.
pub fn parse_range(text: &str) -> Result<[f64; 2], String> {
    let ends: Option<[f64; 2]> =
        text.split_once(',').and_then(|(low, high)| Some([low.trim().parse().ok()?, high.trim().parse().ok()?]));
    ends.filter(|[low, high]| low < high && (high - low).is_finite())
        .ok_or_else(|| format!("expected a low value and a higher one such as 0,4095 or -1,1, found `{text}`"))
}

/// Reads the sizes of a sample: `HxWxC`, or fewer.
///
/// # Errors
/// A message with the text when it is not one to three sizes.
pub fn parse_sizes(text: &str) -> Result<Vec<usize>, String> {
    let sizes: Option<Vec<usize>> = text.split('x').map(|size| size.trim().parse().ok().filter(|&n| n > 0)).collect();
    sizes
        .filter(|sizes| sizes.len() <= 3)
        .ok_or_else(|| format!("expected one to three sizes such as 28x28x1, found `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        source: String,
        #[serde(flatten)]
        options: DataOptions,
    }

    #[test]
    fn a_column_is_a_name_or_a_number() {
        let read = |text: &str| toml::from_str::<Table>(&format!("source = 'x'\nlabel_column = {text}"));
        for (text, column) in [("2", "2"), ("'2'", "2"), ("'age'", "age")] {
            assert_eq!(read(text).unwrap().options.label_column.as_deref(), Some(column));
        }
        for text in ["0", "-1", "[2]", "1.5"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("expected a name, or a number from 1"), "{error}");
        }
    }

    #[test]
    fn options_round_trip_through_toml_beside_a_source() {
        let mut options = DataOptions { fit: Fit::Pad, holdout: Some(0.1), ..DataOptions::default() };
        (options.part, options.labels, options.pages) = (Some("all".into()), Some("x.csv".into()), Pages::All);
        options.range = Some([-0.5, 4095.0]);
        options.reshape = Some(vec![28, 28, 1]);
        options.layout = Some(Layout::Whc);
        (options.key, options.label_key) = (Some("imgs".into()), Some("lbls".into()));
        for resolution in [None, Some(Resolution::square(32)), Some(Resolution { width: 48, height: 32 })] {
            options.resolution = resolution;
            let table = Table { source: "x".into(), options: options.clone() };
            let text = toml::to_string(&table).unwrap();
            assert_eq!(toml::from_str::<Table>(&text).unwrap(), table, "{text}");
        }
        assert!(toml::from_str::<Table>("source = 'x'\nmiror = true").unwrap_err().to_string().contains("miror"));
        assert!(toml::from_str::<Table>("source = 'x'\nresolution = 0").is_err());
        assert!(toml::from_str::<Table>("source = 'x'\nresolution = -3").is_err());
    }

    #[test]
    fn ranges_are_checked() {
        let good = DataOptions::default();
        assert!(good.validate().is_ok());
        for bad in [
            DataOptions { channels: Some(9), ..good.clone() },
            DataOptions { modality: Some("smells".into()), ..good.clone() },
            DataOptions { channels: Some(0), ..good.clone() },
            DataOptions { range: Some([1.0, 1.0]), ..good.clone() },
            DataOptions { range: Some([0.0, f64::NAN]), ..good.clone() },
            DataOptions { range: Some([-1e308, 1e308]), ..good.clone() },
            DataOptions { reshape: Some(vec![28, 0]), ..good.clone() },
            DataOptions { reshape: Some(vec![]), ..good.clone() },
            DataOptions { reshape: Some(vec![usize::MAX, usize::MAX]), ..good.clone() },
            DataOptions { max_bad: Some(f64::NAN), ..good.clone() },
            DataOptions { holdout: Some(1.0), ..good.clone() },
            DataOptions { resolution: Some(Resolution { width: 20_000, height: 4 }), ..good.clone() },
            DataOptions { resolution: Some(Resolution { width: 4, height: 0 }), ..good.clone() },
            DataOptions { resolution: Some(Resolution { width: 16_384, height: 16_384 }), ..good.clone() },
        ] {
            assert!(bad.validate().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn colours_and_sizes_are_read() {
        assert_eq!(parse_background("#ff8000"), Ok([255, 128, 0]));
        assert_eq!(parse_background("1, 2,3"), Ok([1, 2, 3]));
        assert!(parse_background("#ff80").is_err());
        assert!(parse_background("#€ab").is_err());
        assert!(parse_background("1,2,256").is_err());
        assert_eq!("48x32".parse(), Ok(Resolution { width: 48, height: 32 }));
        assert!("x".parse::<Resolution>().is_err());
        assert_eq!(parse_range("-1, 1"), Ok([-1.0, 1.0]));
        assert!(["1", "1,1", "2,1", "a,b", "0,inf", "0,nan", "1,2,3"].iter().all(|text| parse_range(text).is_err()));
        assert_eq!(parse_sizes("28x28x1"), Ok(vec![28, 28, 1]));
        assert!(["", "28x", "0x3", "1x2x3x4", "-1"].iter().all(|text| parse_sizes(text).is_err()));
    }

    #[test]
    fn ranges_have_their_ends() {
        let good = DataOptions::default();
        let size = |width, height| DataOptions { resolution: Some(Resolution { width, height }), ..good.clone() };
        for options in [
            DataOptions { channels: Some(1), ..good.clone() },
            DataOptions { channels: Some(3), ..good.clone() },
            DataOptions { max_bad: Some(0.0), ..good.clone() },
            DataOptions { max_bad: Some(1.0), ..good.clone() },
            DataOptions { holdout: Some(0.0), ..good.clone() },
            DataOptions { holdout: Some(0.99), ..good.clone() },
            size(1, 1),
            size(MAX_SIDE, 1),
            size(1, MAX_SIDE),
            size(8192, 8192),
        ] {
            assert!(options.validate().is_ok(), "{options:?}");
        }
        for (options, name) in [
            (DataOptions { max_bad: Some(-0.1), ..good.clone() }, "max_bad"),
            (DataOptions { max_bad: Some(1.1), ..good.clone() }, "max_bad"),
            (DataOptions { holdout: Some(-0.1), ..good.clone() }, "holdout"),
            (size(0, 4), "resolution"),
            (size(MAX_SIDE + 1, 1), "resolution"),
            (size(1, MAX_SIDE + 1), "resolution"),
            (size(8192, 8193), "resolution"),
        ] {
            let error = options.validate().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for fit in Fit::ALL {
            assert_eq!((fit.to_string().parse(), format!("{fit}")), (Ok(fit), fit.name().to_string()));
        }
        assert_eq!("cropped".parse::<Fit>(), Err("expected crop, pad or stretch, found `cropped`".into()));
        assert_eq!("32".parse(), Ok(Resolution::square(32)));
        assert_eq!(Resolution { width: 48, height: 32 }.to_string(), "48x32");
        for bad in ["0", "0x3", "3x0", "3x", "-3", "3x4x5", ""] {
            assert!(bad.parse::<Resolution>().is_err(), "{bad}");
        }
        for (text, colour) in [("black", [0; 3]), ("grey", [128; 3]), ("gray", [128; 3]), ("white", [255; 3])] {
            assert_eq!(parse_background(text), Ok(colour));
        }
        assert_eq!(parse_background("#010203"), Ok([1, 2, 3]));
        for bad in ["#0102030", "#01020", "#01020g", "1,2", "1,2,3,4", "red"] {
            assert!(parse_background(bad).is_err(), "{bad}");
        }
        let default = DataOptions::default();
        assert_eq!((default.background, default.most_bad_files(), default.use_cache), ([255; 3], 0.05, true));
        let number: Resolution = serde_json::from_str("7").unwrap();
        assert_eq!((number, serde_json::to_string(&number).unwrap()), (Resolution::square(7), "7".into()));
        let error = serde_json::from_str::<Resolution>("-7").unwrap_err().to_string();
        assert!(error.contains("expected a size above 0, found -7"), "{error}");
        let error = serde_json::from_str::<Resolution>("4294967296").unwrap_err().to_string();
        assert!(error.contains("found 4294967296"), "{error}");
    }
}
