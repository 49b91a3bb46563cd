//! The value range: which raw values stand for −1 and 1 in a network. One rule for arrays and image files.
//! Not here: counting values (`census.rs`); scaling itself, which is graph code with the numbers of `Codec::scaling`; the report's
//! words (`report.rs`).
//!
//! | values | range |
//! |---|---|
//! | `bool`; `u8`; `i8` | 0 to 1; 0 to 255; −128 to 127, whatever is in use: a dark set stays dark |
//! | `u16` | 0 to 2ᵇ − 1 when the files say b bits; else to the first of 255, 1023, 4095 that no value is above; else to 65535 |
//! | wider integers, whole floats | 0 to the first of 1, 255, 1023, 4095, 65535 that no value is above; −1 to 1; else their own |
//! | floats | the first of \[0, 1\], \[−0.5, 0.5\], \[−1, 1\], \[0, 255\] that they fit but for outliers; 0 to 1023, 4095, 65535; else their own |
//! | points | their own low and high |
//!
//! An outlier is *near* within an eighth of the span (filters that resize overshoot by that): at most 5 % of the values may be.
//! *Far* ones (hot pixels) are at most one for 500 values that speak for the range. Outliers are counted, and clamped when
//! samples are read ([`clamp`]); what is stored, and so the fingerprint, keeps them.

mod census;

pub(crate) use census::Census;

use crate::formats::element::Element;
use ganymede_tensor::DType;

/// Ranges that people scale images to, which a few floats may miss.
const USUAL: [[f64; 2]; 4] = [[0.0, 1.0], [-0.5, 0.5], [-1.0, 1.0], [0.0, 255.0]];
/// Places of some in [`USUAL`].
const UNIT: usize = 0;
const HALF: usize = 1;
const BYTE: usize = 3;
/// Largest values of depths in bits.
const DEPTHS: [f64; 5] = [1.0, 255.0, 1023.0, 4095.0, 65_535.0];
/// Part of the span that near outliers are within.
const NEAR: f64 = 0.125;
/// Most near outliers, as a part of all values (1 / this).
const NEAR_PART: u64 = 20;
/// Values that speak for a range, to one far outlier.
const FAR_PART: u64 = 500;
/// Part of a range that values must reach, or they are said to use little of it.
const LITTLE: f64 = 0.1;

/// A range with the reason for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    /// Raw values that become −1 and 1.
    pub(crate) ends: [f64; 2],
    /// Why these, in a few words.
    pub(crate) why: String,
    /// The smallest and the largest value inside.
    pub(crate) in_use: [f64; 2],
    /// Values outside, which are clamped.
    pub(crate) outside: u64,
    /// Whether anything is to be clamped: these, or what resizing and padding made of others.
    pub(crate) clamps: bool,
    /// What a reader should know of the choice.
    pub(crate) notes: Vec<String>,
    /// Whether it is one that images are usually scaled to, and not the values' own.
    pub(crate) usual: bool,
}

impl Census {
    /// The range of images whose values were of this type. `bits` is the depth that all of their files say they have.
    pub(crate) fn range(&self, element: Element, bits: Option<u32>) -> Range {
        let name = element.name();
        let chosen = |ends: [f64; 2], why: String, usual| self.chosen(ends, why, usual);
        if self.total == 0 {
            return chosen([0.0, 1.0], name.into(), false);
        }
        if let Some(ends) = self.given {
            return chosen(ends, format!("{name}, --range"), true);
        }
        let mut range = match element {
            Element::Bool => chosen([0.0, 1.0], name.into(), true),
            Element::U8 => chosen([0.0, 255.0], name.into(), true),
            Element::I8 => chosen([-128.0, 127.0], name.into(), true),
            Element::U16 => self.deep(bits),
            _ => match self.usual(element) {
                Some(ends) if self.is_whole(element) => self.whole(name, ends),
                Some(ends) => chosen(ends, name.into(), true),
                None => self.own_of(name),
            },
        };
        range.notes.extend(self.little(&range));
        range
    }

    /// The values' own low and high, as points have it.
    pub(crate) fn own(&self) -> Range {
        match self.given {
            Some(ends) => self.chosen(ends, "--range".into(), true),
            None if self.total == 0 => self.chosen([0.0, 1.0], "no values".into(), false),
            None => self.chosen(self.extent(), "the values' own".into(), false),
        }
    }

    /// A range that is known without the values.
    pub(crate) fn known(&self, ends: [f64; 2], why: &str) -> Range {
        match self.given {
            Some(ends) => self.chosen(ends, "--range".into(), true),
            None => self.chosen(ends, why.into(), true),
        }
    }

    /// The low and the high, widened when they are the same.
    fn extent(&self) -> [f64; 2] {
        if self.low < self.high { [self.low, self.high] } else { [self.low - 1.0, self.low + 1.0] }
    }

    fn own_of(&self, name: &str) -> Range {
        let mut range = self.chosen(self.extent(), format!("{name}, the values' own"), false);
        let [low, high] = range.ends.map(number);
        range.notes.push(format!(
            "the values fit no range that images are usually scaled to (0 to 1, -1 to 1, 0 to 255 …): their own low and \
             high, {low} and {high}, became the range; --range LOW,HIGH says another"
        ));
        range
    }

    /// 16 bits: what the files say, else the smallest usual depth that no value is above, else all of them.
    fn deep(&self, bits: Option<u32>) -> Range {
        let full = DEPTHS[DEPTHS.len() - 1];
        if let Some(bits) = bits.filter(|bits| (1..=16).contains(bits)) {
            let most = f64::from((1u32 << bits) - 1);
            // Values above it were scaled to 16 bits, as PNG's sBIT has it.
            let end = if self.high <= most { most } else { full };
            return self.chosen([0.0, end], format!("u16, the files say {bits} bits"), true);
        }
        let shallow = DEPTHS[1..].iter().copied().find(|&depth| self.high <= depth).filter(|&depth| depth < full);
        let Some(depth) = shallow else { return self.chosen([0.0, full], "u16".into(), true) };
        let most = number(depth);
        let mut range = self.chosen([0.0, depth], format!("u16, no value above {most}"), true);
        range.notes.push(format!(
            "no 16-bit value is above {most}, so that 0 to {most} became the range; --range 0,65535 keeps the full scale"
        ));
        range
    }

    /// Whether the values are whole numbers, whatever type holds them.
    fn is_whole(&self, element: Element) -> bool {
        element.is_whole() || self.fractional == 0
    }

    /// Whole numbers whose type says too little: their range is that of the values, which is said.
    fn whole(&self, name: &str, ends: [f64; 2]) -> Range {
        let [low, high] = ends.map(number);
        let bound = if ends[0] < 0.0 { format!("outside {low} to {high}") } else { format!("above {high}") };
        let mut range = self.chosen(ends, format!("{name}, no value {bound}"), true);
        range.notes.push(format!(
            "the values are whole numbers and none is {bound}, so that {low} to {high} became the range; --range LOW,HIGH says \
             another"
        ));
        range
    }

    /// The range that people scale images of such values to.
    fn usual(&self, element: Element) -> Option<[f64; 2]> {
        let covering = || DEPTHS.iter().copied().find(|&depth| self.low >= 0.0 && self.high <= depth);
        if self.is_whole(element) {
            let signed = (self.low >= -1.0 && self.high <= 1.0).then_some([-1.0, 1.0]);
            return covering().map(|depth| [0.0, depth]).or(signed);
        }
        let fits = |&at: &usize| {
            let [near, far] = self.outliers[at];
            let speak = match at {
                BYTE => self.outliers[UNIT].iter().sum::<u64>().saturating_sub(near + far),
                _ => self.inner,
            };
            let reached = match at {
                HALF => self.low <= 0.9 * USUAL[at][0] && self.high >= 0.9 * USUAL[at][1],
                BYTE => self.high >= LITTLE * USUAL[at][1],
                _ => true,
            };
            reached && near <= self.total / NEAR_PART && far <= speak / FAR_PART
        };
        // Of few values one may be a little outside, as long as others are inside.
        let single = |&at: &usize| {
            (8..NEAR_PART).contains(&self.total) && at != BYTE && at != HALF && self.outliers[at] == [1, 0]
        };
        let found = (0..USUAL.len()).find(|at| fits(at) || single(at)).map(|at| USUAL[at]);
        found.or_else(|| covering().filter(|depth| self.high >= LITTLE * depth).map(|depth| [0.0, depth]))
    }

    /// Notes on a range of which little is in use, or little by most values.
    fn little(&self, range: &Range) -> Option<String> {
        let [low, high] = range.ends;
        let [least, most] = range.in_use;
        if !range.usual || least == most {
            return (least == most).then(|| format!("every value is {}: there is nothing to learn", number(least)));
        }
        let share = (most - least) / (high - low);
        if share < LITTLE {
            let (share, least, most) = (percent(share), number(least), number(most));
            return Some(format!(
                "the values use {share} of their range; if {least} to {most} is all that there can be, --range {least},{most} \
                 spreads them over the whole of it"
            ));
        }
        // A few high values hide that nearly all are low.
        let hidden = |&at: &usize| {
            let counted = at > 0 || self.fractional > self.total / 2;
            counted && DEPTHS[at] < LITTLE * high && self.above[at] <= self.total / 100 && self.low >= 0.0
        };
        let at = (0..DEPTHS.len()).find(hidden)?;
        let (part, most) = (percent(1.0 - self.above[at] as f64 / self.total as f64), number(DEPTHS[at]));
        Some(format!("{part} of the values are at most {most}; --range 0,{most} spreads these, and clamps the others"))
    }

    fn chosen(&self, ends: [f64; 2], why: String, usual: bool) -> Range {
        let [low, high] = ends;
        let outside = match self.given {
            Some(_) => self.outside,
            None => USUAL.iter().position(|usual| *usual == ends).map_or(0, |at| self.outliers[at].iter().sum()),
        };
        let in_use = if self.total == 0 { ends } else { [self.low, self.high].map(|v| v.clamp(low, high)) };
        let mut notes = Vec::new();
        if outside > 0 {
            let (s, are) = if outside == 1 { ("", "is") } else { ("s", "are") };
            let reach = [(self.low < low, "down to", self.low), (self.high > high, "up to", self.high)];
            let reach: Vec<String> =
                reach.iter().filter(|r| r.0).map(|(_, way, v)| format!("{way} {}", number(*v))).collect();
            let (reach, low, high) = (reach.join(" and "), number(low), number(high));
            notes.push(format!(
                "{outside} value{s} outside {low} to {high} ({reach}) {are} clamped; --range LOW,HIGH says another range"
            ));
        }
        let clamps = outside > 0 || self.stored[0] < low || self.stored[1] > high;
        Range { ends, why, in_use, outside, clamps, notes, usual }
    }
}

/// Clamps raw little-endian values to a range, when samples are read that have values outside.
pub(crate) fn clamp(bytes: &mut [u8], dtype: DType, [low, high]: [f64; 2]) {
    match dtype {
        DType::U8 => bytes.iter_mut().for_each(|v| *v = f64::from(*v).clamp(low, high) as u8),
        DType::U16 => bytes.chunks_exact_mut(2).for_each(|b| {
            let value = f64::from(u16::from_le_bytes([b[0], b[1]])).clamp(low, high) as u16;
            b.copy_from_slice(&value.to_le_bytes());
        }),
        _ => bytes.chunks_exact_mut(4).for_each(|b| {
            let value = f32::from_le_bytes([b[0], b[1], b[2], b[3]]).clamp(low as f32, high as f32);
            b.copy_from_slice(&value.to_le_bytes());
        }),
    }
}

/// A value for people: at most 6 digits that count.
pub(crate) fn number(value: f64) -> String {
    rounded(value, 6)
}

/// A value for people, with at most so many digits that count; whole numbers with all of theirs.
pub(crate) fn rounded(value: f64, most: usize) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value}");
    }
    let digits = most as i32 - 1 - (value.abs().log10().floor() as i32);
    if !(0..=12).contains(&digits) {
        return format!("{value:.*e}", most - 1);
    }
    format!("{value:.*}", digits as usize).trim_end_matches('0').trim_end_matches('.').into()
}

/// A part for people.
pub(crate) fn percent(part: f64) -> String {
    let part = part * 100.0;
    if part < 9.95 || (99.5..100.0).contains(&part) { format!("{part:.1} %") } else { format!("{part:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Pixels;

    fn floats(values: &[f32]) -> Range {
        Census::of(&Pixels::F32(values.to_vec()), None).range(Element::F32, None)
    }

    /// Evenly spread values from a low to a high.
    fn ramp(low: f32, high: f32, n: usize) -> Vec<f32> {
        (0..n).map(|i| low + (high - low) * i as f32 / (n - 1) as f32).collect()
    }

    fn with(mut values: Vec<f32>, more: &[f32]) -> Vec<f32> {
        values.extend(more);
        values
    }

    #[test]
    fn integers_have_the_range_of_their_type() {
        let u8s = |values: &[u8], element| Census::of(&Pixels::U8(values.to_vec()), None).range(element, None);
        assert_eq!(u8s(&[3, 58], Element::U8).ends, [0.0, 255.0]);
        assert_eq!(u8s(&[0, 1], Element::U8).ends, [0.0, 255.0]);
        assert_eq!(u8s(&[0, 1], Element::Bool).ends, [0.0, 1.0]);
        assert_eq!(Census::of(&Pixels::F32(vec![-3.0, 5.0]), None).range(Element::I8, None).ends, [-128.0, 127.0]);
        let u16s = |values: &[u16], bits| Census::of(&Pixels::U16(values.to_vec()), None).range(Element::U16, bits);
        for (high, end) in [(4096, 65_535.0), (4095, 4095.0), (1024, 4095.0), (1023, 1023.0), (255, 255.0)] {
            let range = u16s(&[9, high], None);
            assert_eq!((range.ends, range.in_use), ([0.0, end], [9.0, f64::from(high)]));
            assert_eq!(range.notes.iter().any(|note| note.contains("--range 0,65535")), end < 65_535.0);
        }
        // What the files say goes first, unless the values are scaled to 16 bits.
        assert_eq!(u16s(&[9, 900], Some(12)).ends, [0.0, 4095.0]);
        assert_eq!(u16s(&[9, 9000], Some(14)).ends, [0.0, 16_383.0]);
        assert_eq!(u16s(&[9, 900], Some(16)).ends, [0.0, 65_535.0]);
        assert_eq!(u16s(&[9, 65_520], Some(12)).ends, [0.0, 65_535.0]);
    }

    #[test]
    fn a_few_high_values_are_told_from_the_many() {
        let notes = |high: usize| {
            let values: Vec<u16> = (0..1000).map(|i| if i < high { 60_000 } else { 200 + i as u16 % 50 }).collect();
            Census::of(&Pixels::U16(values), None).range(Element::U16, None).notes.join("\n")
        };
        let told = "99.5 % of the values are at most 255; --range 0,255 spreads these, and clamps the others";
        assert!(notes(5).contains(told), "{}", notes(5));
        // One in a hundred still is, eleven in a thousand are not.
        assert!(
            notes(10).contains("of the values are at most 255") && !notes(11).contains("of the values are at most")
        );
    }

    #[test]
    fn wider_integers_have_the_depth_that_covers_them_or_their_own() {
        let chosen = |low: f32, high: f32| Census::of(&Pixels::F32(vec![low, high]), None).range(Element::I64, None);
        for (low, high, ends) in [
            (0.0, 1.0, [0.0, 1.0]),
            (0.0, 2.0, [0.0, 255.0]),
            (3.0, 256.0, [0.0, 1023.0]),
            (0.0, 3000.0, [0.0, 4095.0]),
            (0.0, 4096.0, [0.0, 65_535.0]),
            (-1.0, 1.0, [-1.0, 1.0]),
            (-1024.0, 3071.0, [-1024.0, 3071.0]),
            (0.0, 70_000.0, [0.0, 70_000.0]),
        ] {
            let range = chosen(low, high);
            assert_eq!(range.ends, ends);
            assert_eq!(range.why.contains("own"), !range.usual, "{range:?}");
            // What was guessed from the values is said, as it is of 16 bits.
            let note = &range.notes[0];
            assert!(note.contains("became the range; --range LOW,HIGH"), "{note}");
        }
    }

    #[test]
    fn a_range_that_whole_numbers_suggest_is_said() {
        let chosen = |values: Vec<f32>, element| Census::of(&Pixels::F32(values), None).range(element, None);
        let words = |range: Range| (range.why, range.notes[0].clone());
        for element in [Element::I16, Element::I32, Element::U32, Element::I64, Element::F32] {
            let (why, note) = words(chosen(vec![0.0, 7.0, 255.0], element));
            assert_eq!(why, format!("{}, no value above 255", element.name()));
            assert!(note.starts_with("the values are whole numbers and none is above 255, so that 0 to 255"), "{note}");
            let (why, note) = words(chosen(vec![-1.0, 0.0, 1.0], element));
            assert_eq!(why, format!("{}, no value outside -1 to 1", element.name()));
            assert!(note.contains("none is outside -1 to 1, so that -1 to 1 became the range"), "{note}");
        }
        assert!(floats(&[0.0, 0.5, 1.0]).notes.is_empty());
    }

    #[test]
    fn floats_have_the_usual_range_that_they_fit() {
        for (values, ends) in [
            (ramp(0.0, 1.0, 50), [0.0, 1.0]),
            (ramp(0.0, 0.2, 50), [0.0, 1.0]),
            (ramp(-1.0, 1.0, 50), [-1.0, 1.0]),
            (ramp(-0.4, 0.4, 50), [-1.0, 1.0]),
            (ramp(-0.5, 0.49, 50), [-0.5, 0.5]),
            (ramp(-0.1, 0.9, 50), [-1.0, 1.0]),
            (ramp(0.0, 254.0, 50), [0.0, 255.0]),
            (ramp(0.0, 58.3, 50), [0.0, 255.0]),
            (vec![0.0, 1.0, 7.0, 20.0], [0.0, 255.0]),
            (ramp(0.0, 3900.5, 50), [0.0, 4095.0]),
            (ramp(0.0, 60_000.5, 50), [0.0, 65_535.0]),
        ] {
            let range = floats(&values);
            assert_eq!((range.ends, range.outside, range.usual), (ends, 0, true), "{range:?}");
        }
        for values in [ramp(-2.1, 2.6, 50), ramp(0.0, 3.2, 50), ramp(0.0, 1.1, 50), ramp(-1000.5, 3000.0, 50)] {
            let range = floats(&values);
            let (low, high) = (f64::from(values[0]), f64::from(values[49]));
            assert_eq!((range.ends, range.usual), ([low, high], false));
            assert!(range.notes[0].contains("fit no range") && range.notes[0].contains("--range"), "{range:?}");
        }
        assert_eq!(floats(&[-400.5, -400.5]).ends, [-401.5, -399.5]);
    }

    #[test]
    fn outliers_are_counted_and_do_not_choose_the_range() {
        for (values, ends, outside) in [
            (with(ramp(0.0, 1.0, 600), &[1.0004]), [0.0, 1.0], 1),
            (with(vec![0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], &[1.0004]), [0.0, 1.0], 1),
            (with(ramp(0.0, 1.0, 600), &[-0.1, 1.08, 1.1]), [0.0, 1.0], 3),
            (with(ramp(0.0, 1.0, 600), &[37.0]), [0.0, 1.0], 1),
            (with(ramp(-1.0, 1.0, 600), &[-1.002, 1.01]), [-1.0, 1.0], 2),
            (with(ramp(-0.5, 0.5, 600), &[0.52]), [-0.5, 0.5], 1),
            (with(ramp(0.0, 255.0, 600), &[-3.5, 260.25]), [0.0, 255.0], 2),
        ] {
            let range = floats(&values);
            assert_eq!((range.ends, range.outside), (ends, outside), "{range:?}");
            let note = &range.notes[0];
            assert!(note.starts_with(&format!("{outside} value")) && note.contains("clamped"), "{note}");
        }
        assert!(floats(&with(ramp(0.0, 1.0, 600), &[1.0004])).notes[0].contains("(up to 1.0004) is clamped"));
        // A few images whose values are mostly 0 are no data of 0 to 1 with outliers.
        let mut sparse = vec![0.0; 5000];
        sparse[..20].copy_from_slice(&ramp(2.5, 254.5, 20));
        assert_eq!(floats(&sparse).ends, [0.0, 255.0]);
    }

    #[test]
    fn a_range_of_which_little_is_in_use_is_said() {
        let said =
            |range: Range| range.notes.iter().any(|note| note.contains("of their range") && note.contains("--range"));
        let dark = Census::of(&Pixels::U8(vec![2, 20]), None).range(Element::U8, None);
        assert!(said(dark.clone()), "{dark:?}");
        assert!(
            dark.notes[0].starts_with("the values use 7.1 % of their range") && dark.notes[0].contains("--range 2,20 ")
        );
        assert!(!said(Census::of(&Pixels::U8(vec![0, 58]), None).range(Element::U8, None)));
        assert!(said(floats(&ramp(0.0, 0.05, 50))));
        // Some hot pixels among 12 bits: the full scale stays, and is said to be nearly empty.
        let mut hot = vec![1000u16; 5000];
        hot[0] = 65_535;
        hot[1] = 3000;
        let range = Census::of(&Pixels::U16(hot), None).range(Element::U16, None);
        assert_eq!(range.ends, [0.0, 65_535.0]);
        assert!(range.notes[0].contains("at most 1023; --range 0,1023"), "{range:?}");
        assert!(floats(&[0.5; 9]).notes[0].contains("every value is 0.5"));
    }

    #[test]
    fn a_given_range_is_taken_and_what_lies_outside_counted() {
        let given = Some([0.0, 100.0]);
        for pixels in [Pixels::U8(vec![0, 100, 101, 255]), Pixels::U16(vec![5, 100, 4000, 200])] {
            let range = Census::of(&pixels, given).range(Element::of_dtype(pixels.dtype()), Some(12));
            assert_eq!((range.ends, range.outside, range.in_use[1]), ([0.0, 100.0], 2, 100.0));
        }
        let points = Census::of(&Pixels::F32(vec![-5.0, 0.5, 101.0]), given);
        assert_eq!((points.own().ends, points.own().outside), ([0.0, 100.0], 2));
        let joined = Census::of(&Pixels::F32(vec![-5.0]), None).join(&Census::of(&Pixels::F32(vec![7.0]), None));
        assert_eq!(joined.own().ends, [-5.0, 7.0]);
    }

    #[test]
    fn parts_join_to_the_whole() {
        let values = with(ramp(-0.7, 300.0, 97), &[-40.0, 5000.0, 0.5, 0.25, 2.0]);
        let whole = Census::of(&Pixels::F32(values.clone()), Some([0.0, 1.0]));
        let parts = values.chunks(13).map(|part| Census::of(&Pixels::F32(part.to_vec()), Some([0.0, 1.0])));
        assert_eq!(parts.fold(Census::new(Some([0.0, 1.0])), |all, part| all.join(&part)), whole);
    }

    #[test]
    fn what_resizing_makes_of_values_is_clamped_and_chooses_no_range() {
        let census = Census::of(&Pixels::U16(vec![9, 4095]), None);
        assert!(!census.range(Element::U16, None).clamps);
        let range = census.stored_as(&Pixels::U16(vec![0, 4400])).range(Element::U16, None);
        assert_eq!((range.ends, range.outside, range.clamps), ([0.0, 4095.0], 0, true));
    }

    #[test]
    fn clamping_leaves_what_is_inside() {
        let mut bytes = vec![0, 5, 200];
        clamp(&mut bytes, DType::U8, [1.0, 100.0]);
        assert_eq!(bytes, [1, 5, 100]);
        let mut deep: Vec<u8> = [7u16, 5000, 4095].iter().flat_map(|v| v.to_le_bytes()).collect();
        clamp(&mut deep, DType::U16, [0.0, 4095.0]);
        assert_eq!(deep, [7u16, 4095, 4095].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        let mut floats: Vec<u8> = [-0.5f32, 0.25, 1.0004].iter().flat_map(|v| v.to_le_bytes()).collect();
        clamp(&mut floats, DType::F32, [0.0, 1.0]);
        assert_eq!(floats, [0f32, 0.25, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
    }

    #[test]
    fn numbers_for_people_have_six_digits() {
        let cases =
            [(0.0, "0"), (65_535.0, "65535"), (1.000_399_947, "1.0004"), (-2.117_904, "-2.1179"), (1e-9, "1.00000e-9")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(f64::from(58.3f32)), "58.3");
        assert_eq!([rounded(0.019_607_84, 4), rounded(3017.0, 4), rounded(-0.9999999, 4)], ["0.01961", "3017", "-1"]);
        assert_eq!(
            [percent(0.736), percent(0.004), percent(1.0), percent(0.9996)],
            ["74 %", "0.4 %", "100 %", "100.0 %"]
        );
    }

    #[test]
    fn of_no_value_the_range_is_a_number_all_the_same() {
        let range = Census::new(None).own();
        assert_eq!((range.ends, range.in_use, range.usual), ([0.0, 1.0], [0.0, 1.0], false));
    }
}
