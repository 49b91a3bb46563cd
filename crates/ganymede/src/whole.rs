//! Whole numbers that flags take. Not here: other numbers (`flags.rs`).

use crate::numbers::grouped;
use std::ops::RangeInclusive;

/// The largest end of a range that is worth a word: nobody comes near what is above.
const LARGEST_NAMED: u64 = 1 << 31;

/// Reads a whole number of this range.
pub fn whole<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        let is_large = text.parse::<u128>().is_ok_and(|number| number > u128::from(*range.end()));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| match *range.end() {
            most if is_large && most > LARGEST_NAMED => format!("expected a whole number of at most {}", grouped(most)),
            most if most > LARGEST_NAMED => format!("expected a whole number of at least {}", range.start()),
            most => format!("expected a whole number from {} to {}", range.start(), grouped(most)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_told_with_their_range() {
        let small = whole::<u8>(1..=16);
        assert_eq!((small("1"), small("16")), (Ok(1), Ok(16)));
        for bad in ["0", "17", "-5", "1.5", "x", "", "99999999999999999999"] {
            assert_eq!(small(bad).unwrap_err(), "expected a whole number from 1 to 16", "{bad}");
        }
        assert_eq!(whole::<u64>(1..=u64::MAX)("-5").unwrap_err(), "expected a whole number of at least 1");
        let large = whole::<u64>(1..=9_000_000_000)("9000000001").unwrap_err();
        assert_eq!(large, "expected a whole number of at most 9,000,000,000");
        assert_eq!(whole::<u32>(0..=1_000_000)("z").unwrap_err(), "expected a whole number from 0 to 1,000,000");
    }
}
