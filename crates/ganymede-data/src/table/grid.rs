//! The numbers that a column can write: what lies between two of them is rounded. Rules between columns are kept with it, because
//! what holds before rounding need not hold after. Not here: the texts of numbers and dates (`numbers.rs`, `dates.rs`).

use serde::{Deserialize, Serialize};

use super::date_text::{month_of, month_start};

/// Which numbers a column can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Grid {
    /// Every number.
    #[default]
    Free,
    /// n / 10^places for whole n: numbers with decimals, fractions of a second.
    Decimals {
        /// The decimals, 0 to 15.
        places: u8,
    },
    /// unit · n + origin for whole n: minutes, hours and days in seconds.
    Steps {
        /// The distance of two numbers; positive.
        unit: f64,
        /// One of them.
        origin: f64,
    },
    /// The starts of months, in seconds since 1970-01-01 UTC.
    Months {
        /// Every how many months: 1, or 12 for years.
        every: u8,
    },
}

/// 2^50: beyond it, n / 10^places says n no longer for sure, and there is nothing to round.
const WHOLE: f64 = 1_125_899_906_842_624.0;

impl Grid {
    /// The nearest number of the grid; `x` itself where it is not finite or too large to have decimals.
    pub fn nearest(self, x: f64) -> f64 {
        match self {
            Grid::Free => x,
            Grid::Decimals { places } => {
                let scale = 10f64.powi(i32::from(places));
                let n = (x * scale).round();
                if n.abs() < WHOLE { n / scale } else { x }
            }
            Grid::Steps { unit, origin } => {
                let n = ((x - origin) / unit).round();
                if n.abs() < WHOLE { n * unit + origin } else { x }
            }
            Grid::Months { every } => match month_of(x) {
                None => x,
                Some(month) => {
                    let every = i64::from(every.max(1));
                    let low = month.div_euclid(every) * every;
                    let (below, above) = (month_start(low), month_start(low + every));
                    if x - below <= above - x { below } else { above }
                }
            },
        }
    }

    /// The number of the grid that comes after `x`, which is one of it; of [`Grid::Free`] the next number of 64 bits.
    pub fn next(self, x: f64) -> f64 {
        match self {
            Grid::Free => x.next_up(),
            Grid::Decimals { places } => {
                let scale = 10f64.powi(i32::from(places));
                let n = (x * scale).round() + 1.0;
                if n.abs() < WHOLE { n / scale } else { x.next_up() }
            }
            Grid::Steps { unit, origin } => {
                let n = ((x - origin) / unit).round() + 1.0;
                if n.abs() < WHOLE { n * unit + origin } else { x.next_up() }
            }
            Grid::Months { every } => match month_of(x) {
                None => x.next_up(),
                Some(month) => month_start(month + i64::from(every.max(1))),
            },
        }
    }

    /// The number of the grid before `x`, which is one of it.
    pub fn previous(self, x: f64) -> f64 {
        match self {
            Grid::Months { every } => match month_of(x) {
                None => x.next_down(),
                Some(month) => month_start(month - i64::from(every.max(1))),
            },
            Grid::Steps { unit, origin } => -Grid::Steps { unit, origin: -origin }.next(-x),
            other => -other.next(-x),
        }
    }

    /// The smallest number of the grid that is at least `x`, or above it where `strict`.
    pub fn at_least(self, x: f64, strict: bool) -> f64 {
        let short = |near: f64| near < x || strict && near == x;
        let near = self.nearest(x);
        if !short(near) {
            return near;
        }
        let next = self.next(near);
        // Where rounding hides the steps of the grid, there is nothing to round to.
        if short(next) { if strict { x.next_up() } else { x } } else { next }
    }

    /// The largest number of the grid that is at most `x`, or below it where `strict`.
    pub fn at_most(self, x: f64, strict: bool) -> f64 {
        let beyond = |near: f64| near > x || strict && near == x;
        let near = self.nearest(x);
        if !beyond(near) {
            return near;
        }
        let previous = self.previous(near);
        if beyond(previous) { if strict { x.next_down() } else { x } } else { previous }
    }

    /// Fails for a grid that no column has.
    pub fn check(self) -> Result<(), String> {
        match self {
            Grid::Decimals { places } if places > 15 => {
                Err(format!("a grid has {places} decimals, expected 15 at most"))
            }
            Grid::Steps { unit, origin } if !(unit > 0.0 && unit.is_finite() && origin.is_finite()) => {
                Err(format!("a grid has steps of {unit} from {origin}, expected a positive number and a finite one"))
            }
            Grid::Months { every: 0 } => Err("a grid has every 0th month, expected 1 or more".to_string()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hand-computed neighbours on each grid.
    #[test]
    fn neighbours() {
        let cents = Grid::Decimals { places: 2 };
        assert_eq!(cents.nearest(0.1 + 0.2), 0.3);
        assert_eq!(cents.next(0.29), 0.3);
        assert_eq!(cents.previous(0.3), 0.29);
        assert_eq!(cents.at_least(0.301, false), 0.31);
        assert_eq!((cents.at_least(0.3, false), cents.at_least(0.3, true)), (0.3, 0.31));
        assert_eq!((cents.at_most(0.309, false), cents.at_most(0.3, true)), (0.3, 0.29));
        let days = Grid::Steps { unit: 86_400.0, origin: -3600.0 };
        assert_eq!(days.nearest(86_400.0), 86_400.0 - 3600.0);
        assert_eq!(days.previous(82_800.0), -3600.0);
        assert_eq!(days.at_least(-3599.0, false), 82_800.0);
        // 31 days of January 1970, 28 of February.
        let months = Grid::Months { every: 1 };
        assert_eq!(months.next(0.0), 31.0 * 86_400.0);
        assert_eq!(months.nearest(20.0 * 86_400.0), 31.0 * 86_400.0);
        assert_eq!(months.previous(59.0 * 86_400.0), 31.0 * 86_400.0);
        assert_eq!(Grid::Months { every: 12 }.next(0.0), 365.0 * 86_400.0);
        assert_eq!(Grid::Months { every: 12 }.previous(0.0), -365.0 * 86_400.0);
    }

    /// No number makes a loop endless or a panic.
    #[test]
    fn numbers_out_of_range_come_back() {
        for grid in [
            Grid::Free,
            Grid::Decimals { places: 15 },
            Grid::Steps { unit: 1e-300, origin: 0.0 },
            Grid::Months { every: 1 },
        ] {
            for x in [1e300, -1e300, 1e17, f64::MAX, f64::MIN] {
                assert!(grid.at_least(x, true) > x || !grid.at_least(x, true).is_finite(), "{grid:?} {x}");
                assert!(grid.at_most(x, true) < x || !grid.at_most(x, true).is_finite(), "{grid:?} {x}");
            }
            assert!(grid.at_least(f64::NAN, true).is_nan());
        }
    }
}
