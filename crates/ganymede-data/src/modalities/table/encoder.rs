//! One column as values of a network, and back. Not here: the distribution of numbers (`quantiles.rs`, `modes.rs`), all columns
//! together (`mod.rs`).

use super::modes::Modes;
use super::quantiles::{Quantiles, normal};
use super::{drawn, largest};
use crate::modalities::Head;
use serde::{Deserialize, Serialize};

/// Share of the rows from which a value of a column of numbers counts as an atom (docs/decisions/0058).
const ATOM: f64 = 0.25;
/// The same of a value that stands apart from all others: a code such as -999.
const CODE: f64 = 0.02;
/// How far it stands apart, in ranges of the others.
const APART: f64 = 0.5;

/// How the cells of a column become values of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Encoder {
    /// One of a list, as one-hot. Where the list is long, the rarer values share the last place.
    Choice {
        /// The place of each value of the column.
        places: Vec<u32>,
        /// How many rows have each value.
        counts: Vec<u64>,
    },
    /// One of a list of numbers, as one-hot with the number behind it, standardised.
    Ordered {
        /// The number of each value.
        numbers: Vec<f64>,
        /// How many rows have each value.
        counts: Vec<u64>,
    },
    /// One of a list of numbers, as a number: of a table whose lists would be too wide.
    Ranked {
        /// The number of each value; none where it is missing.
        numbers: Vec<Option<f64>>,
        /// How many rows have each value.
        counts: Vec<u64>,
        /// The distribution of the numbers.
        number: Box<Encoder>,
    },
    /// A number, as the normal score of its rank; values that are frequent on their own are choices beside it.
    Number {
        /// These values; NaN, the last, is missing.
        #[serde(with = "missing")]
        atoms: Vec<f64>,
        /// How many rows have each of them, and behind them how many have another.
        counts: Vec<u64>,
        /// The distribution of the others.
        quantiles: Quantiles,
    },
    /// A number, as its place in one of some modes, and this mode as one-hot.
    Modes {
        /// The column as it is without modes.
        plain: Box<Encoder>,
        /// The number of each value, where the column is one of a list.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        numbers: Vec<Option<f64>>,
        /// The distribution of the numbers.
        modes: Modes,
        /// Whether some are missing: this is one more mode, the last.
        missing: bool,
    },
}

/// What a column is to its encoder.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Variable<'a> {
    /// The cell is the place in a list of so many.
    Category { values: usize },
    /// The same, and each value is a number; none where it is missing.
    Ordered { numbers: &'a [Option<f64>] },
    /// The cell is a number, NaN where it is missing.
    Number,
}

impl Encoder {
    /// The encoder of a column whose cells these are; a list takes at most `places` values of a network.
    pub(super) fn of(variable: &Variable<'_>, cells: &[f64], places: usize) -> Encoder {
        match variable {
            Variable::Category { values } => choice(*values, cells, places.max(2)),
            Variable::Ordered { numbers } => ordered(numbers, cells),
            Variable::Number => number(cells),
        }
    }

    /// The encoder of a column of a list of numbers that takes one value of a network, and a choice beside it where some are missing.
    pub(super) fn ranked(numbers: &[Option<f64>], cells: &[f64]) -> Encoder {
        let known = numbers_or_nan(numbers, cells);
        let missing = known.iter().any(|number| number.is_nan()).then_some(f64::NAN);
        let number = Box::new(of_atoms(missing.into_iter().collect(), &known));
        Encoder::Ranked { numbers: numbers.to_vec(), counts: counted(numbers.len(), cells), number }
    }

    /// The encoder of a column whose cells these are, where numbers are coded by modes.
    pub(super) fn by_modes(variable: &Variable<'_>, cells: &[f64], places: usize) -> Encoder {
        let plain = Encoder::of(variable, cells, places);
        let numbers = match variable {
            Variable::Category { .. } => return plain,
            Variable::Ordered { numbers } => numbers.to_vec(),
            Variable::Number => Vec::new(),
        };
        let known = numbers_of(&numbers, cells);
        let missing = known.len() < cells.len();
        Encoder::Modes { plain: Box::new(plain), numbers, modes: Modes::of(known), missing }
    }

    /// The same column, its distribution that of these cells: what a network makes of it stays.
    pub(super) fn fitted(&self, cells: &[f64]) -> Encoder {
        match self {
            Encoder::Choice { places, counts } => {
                Encoder::Choice { places: places.clone(), counts: counted(counts.len(), cells) }
            }
            Encoder::Ordered { numbers, .. } => {
                Encoder::Ordered { numbers: numbers.clone(), counts: counted(numbers.len(), cells) }
            }
            Encoder::Ranked { numbers, number, .. } => {
                let number = Box::new(number.fitted(&numbers_or_nan(numbers, cells)));
                Encoder::Ranked { numbers: numbers.clone(), counts: counted(numbers.len(), cells), number }
            }
            Encoder::Number { atoms, .. } => of_atoms(atoms.clone(), cells),
            // How many modes there are is part of what a network makes: they stay.
            Encoder::Modes { plain, numbers, modes, missing } => Encoder::Modes {
                plain: Box::new(plain.fitted(cells)),
                numbers: numbers.clone(),
                modes: modes.fitted(numbers_of(numbers, cells)),
                missing: *missing,
            },
        }
    }

    /// The part of a sample that it is.
    pub(super) fn head(&self) -> Head {
        match self {
            Encoder::Choice { places, .. } => Head::Choice(places.iter().max().map_or(1, |&last| last as usize + 1)),
            Encoder::Ordered { numbers, .. } => Head::Ordered(numbers.clone()),
            Encoder::Ranked { number, .. } => number.head(),
            Encoder::Number { atoms, .. } if atoms.is_empty() => Head::Number,
            Encoder::Number { atoms, .. } => Head::Atoms(atoms.len() + 1),
            Encoder::Modes { modes, missing, .. } => Head::Modes(modes.len() + usize::from(*missing)),
        }
    }

    /// Values of its part of a sample.
    pub(super) fn width(&self) -> usize {
        match self {
            Encoder::Ordered { numbers, .. } => numbers.len() + 1,
            Encoder::Choice { .. } | Encoder::Ranked { .. } | Encoder::Number { .. } | Encoder::Modes { .. } => {
                self.head().width()
            }
        }
    }

    /// Writes a cell as values of a network; `part`, 0 to 1, is where in its step a repeated number stands, or decides among modes.
    pub(super) fn encode(&self, cell: f64, part: f64, out: &mut [f32]) {
        out.fill(0.0);
        match self {
            Encoder::Choice { places, .. } => {
                if let Some(&place) = places.get(cell as usize) {
                    out[place as usize] = 1.0;
                }
            }
            Encoder::Ordered { numbers, .. } => {
                let place = (cell as usize).min(numbers.len() - 1);
                out[place] = 1.0;
                out[numbers.len()] = numbers[place] as f32;
            }
            Encoder::Ranked { numbers, number, .. } => {
                number.encode(number_of(numbers, cell).unwrap_or(f64::NAN), part, out);
            }
            Encoder::Number { atoms, quantiles, .. } => {
                let last = out.len() - 1;
                match atom(atoms, cell) {
                    Some(place) => out[place] = 1.0,
                    None => {
                        if !atoms.is_empty() {
                            out[atoms.len()] = 1.0;
                        }
                        out[last] = quantiles.score(cell, part) as f32;
                    }
                }
            }
            Encoder::Modes { numbers, modes, .. } => match number_of(numbers, cell) {
                Some(number) => {
                    let (mode, place) = modes.place(number, part);
                    (out[0], out[1 + mode]) = (place as f32, 1.0);
                }
                None => {
                    if let Some(last) = out.get_mut(1 + modes.len()) {
                        *last = 1.0;
                    }
                }
            },
        }
    }

    /// The cell of values of a network; `chance`, 0 to 1, decides among values that share a place.
    pub(super) fn decode(&self, values: &[f32], chance: f64) -> f64 {
        match self {
            Encoder::Choice { places, counts } => {
                let place = largest(values);
                if values.len() == places.len() {
                    return place as f64;
                }
                let mut sharing = (0..places.len()).filter(|value| places[*value] as usize == place);
                let which = drawn(sharing.clone().map(|value| counts[value]), chance).unwrap_or(0);
                sharing.nth(which).unwrap_or(0) as f64
            }
            Encoder::Ordered { numbers, .. } => largest(&values[..numbers.len()]) as f64,
            Encoder::Ranked { numbers, number, .. } => {
                let made = number.decode(values, chance);
                cell_of(numbers, (!made.is_nan()).then_some(made))
            }
            Encoder::Number { atoms, quantiles, .. } => {
                let (choices, score) = values.split_at(values.len() - 1);
                match largest(choices) {
                    place if place < atoms.len() => atoms[place],
                    _ => quantiles.value(f64::from(score[0])),
                }
            }
            Encoder::Modes { numbers, modes, .. } => {
                let mode = largest(&values[1..]);
                let number = (mode < modes.len()).then(|| modes.number(mode, f64::from(values[0])));
                cell_of(numbers, number)
            }
        }
    }

    /// Shares of the column's own values, or of parts of its range, beside those of some cells: at most so many.
    pub(super) fn bars(&self, cells: &[f64], most: usize) -> Vec<[f64; 2]> {
        let all = cells.len().max(1) as f64;
        match self {
            Encoder::Modes { plain, .. } => plain.bars(cells, most),
            Encoder::Choice { counts, .. } => {
                let (drawn, total) = (counted(counts.len(), cells), counts.iter().sum::<u64>().max(1) as f64);
                let mut bars: Vec<[f64; 2]> =
                    counts.iter().zip(&drawn).map(|(&real, &fake)| [real as f64 / total, fake as f64 / all]).collect();
                bars.sort_by(|a, b| b[0].total_cmp(&a[0]));
                bars.truncate(most);
                bars
            }
            Encoder::Ordered { counts, .. } | Encoder::Ranked { counts, .. } => {
                let drawn = counted(counts.len(), cells);
                let total = counts.iter().sum::<u64>().max(1) as f64;
                let each = counts.len().div_ceil(most.max(1)).max(1);
                let share = |(real, fake): (&[u64], &[u64])| {
                    [real.iter().sum::<u64>() as f64 / total, fake.iter().sum::<u64>() as f64 / all]
                };
                counts.chunks(each).zip(drawn.chunks(each)).map(share).collect()
            }
            Encoder::Number { atoms, counts, quantiles } => {
                let total = counts.iter().sum::<u64>().max(1) as f64;
                let is_atom = |cell: f64, at: usize| atom(atoms, cell) == Some(at);
                let mut bars: Vec<[f64; 2]> = (0..atoms.len())
                    .map(|at| {
                        [counts[at] as f64 / total, cells.iter().filter(|&&c| is_atom(c, at)).count() as f64 / all]
                    })
                    .collect();
                let rest = counts[atoms.len()] as f64 / total;
                // Without the outermost hundredths, which may be far out.
                let [low, high] = [-2.6, 2.6].map(|score| quantiles.value(score));
                let parts = most.saturating_sub(atoms.len()).max(4);
                let edge = |part: usize| low + (high - low) * part as f64 / parts as f64;
                for part in 0..parts {
                    let [from, to] = [edge(part), edge(part + 1)];
                    let last = part + 1 == parts;
                    let inside = |cell: &&f64| {
                        atom(atoms, **cell).is_none() && (from..to).contains(*cell)
                            || (last && **cell == to && atom(atoms, **cell).is_none())
                    };
                    let real =
                        normal(quantiles.score(to, if last { 1.0 } else { 0.0 })) - normal(quantiles.score(from, 0.0));
                    bars.push([real.max(0.0) * rest, cells.iter().filter(inside).count() as f64 / all]);
                }
                bars
            }
        }
    }

    /// Checks what the types of a file cannot, for a column of so many values where it is one of a list; the error is the reason.
    pub(super) fn check(&self, listed: Option<usize>) -> Result<(), String> {
        let whole = match self {
            Encoder::Choice { places, counts } => {
                listed == Some(places.len())
                    && counts.len() == places.len()
                    && places.iter().all(|&place| (place as usize) < places.len())
            }
            Encoder::Ordered { numbers, counts } => {
                listed == Some(numbers.len())
                    && counts.len() == numbers.len()
                    && !numbers.is_empty()
                    && numbers.iter().all(|number| number.is_finite())
            }
            Encoder::Ranked { numbers, counts, number } => {
                listed == Some(numbers.len())
                    && counts.len() == numbers.len()
                    && numbers.iter().flatten().all(|number| number.is_finite())
                    && numbers.iter().any(Option::is_some)
                    && matches!(**number, Encoder::Number { .. })
                    && number.check(None).is_ok()
            }
            Encoder::Number { atoms, counts, .. } => listed.is_none() && counts.len() == atoms.len() + 1,
            Encoder::Modes { plain, numbers, .. } => {
                let nested = matches!(**plain, Encoder::Choice { .. } | Encoder::Ranked { .. } | Encoder::Modes { .. });
                let known = if listed.is_some() { Some(numbers.len()) } else { None };
                let there = listed.is_none() || numbers.iter().any(Option::is_some);
                !nested && known == listed && there && plain.check(listed).is_ok()
            }
        };
        if whole { Ok(()) } else { Err("expected an encoder of the column's own values, found another".into()) }
    }
}

/// The number of a cell, which may be one of a list; none where it is missing.
fn number_of(numbers: &[Option<f64>], cell: f64) -> Option<f64> {
    match numbers.is_empty() {
        true => Some(cell).filter(|cell| !cell.is_nan()),
        false => numbers.get(cell as usize).copied().flatten(),
    }
}

/// The cell of a number: where there is a list, its nearest one.
fn cell_of(numbers: &[Option<f64>], number: Option<f64>) -> f64 {
    if numbers.is_empty() {
        return number.unwrap_or(f64::NAN);
    }
    let place = match number {
        Some(number) => {
            let away = |place: &usize| numbers[*place].map_or(f64::INFINITY, |known| (known - number).abs());
            (0..numbers.len()).min_by(|a, b| away(a).total_cmp(&away(b)))
        }
        None => numbers.iter().position(Option::is_none),
    };
    place.unwrap_or(0) as f64
}

/// The number of each cell; NaN where it is missing.
fn numbers_or_nan(numbers: &[Option<f64>], cells: &[f64]) -> Vec<f64> {
    cells.iter().map(|&cell| number_of(numbers, cell).unwrap_or(f64::NAN)).collect()
}

/// The numbers of those cells that have one.
fn numbers_of(numbers: &[Option<f64>], cells: &[f64]) -> Vec<f64> {
    cells.iter().filter_map(|&cell| number_of(numbers, cell)).collect()
}

fn atom(atoms: &[f64], cell: f64) -> Option<usize> {
    atoms.iter().position(|&atom| atom == cell || (atom.is_nan() && cell.is_nan()))
}

fn counted(values: usize, cells: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; values];
    cells.iter().for_each(|&cell| {
        if let Some(count) = counts.get_mut(cell as usize) {
            *count += 1;
        }
    });
    counts
}

/// The most frequent values have places of their own, in their order.
fn choice(values: usize, cells: &[f64], most: usize) -> Encoder {
    let counts = counted(values, cells);
    let mut places: Vec<u32> = (0..values as u32).collect();
    if values > most {
        let mut by_count: Vec<usize> = (0..values).collect();
        by_count.sort_by_key(|&value| (std::cmp::Reverse(counts[value]), value));
        let mut own: Vec<usize> = by_count[..most - 1].to_vec();
        own.sort_unstable();
        let place = |value: usize| own.binary_search(&value).unwrap_or(most - 1) as u32;
        places = (0..values).map(place).collect();
    }
    Encoder::Choice { places, counts }
}

/// Numbers with the mean 0 and the deviation 1 over the rows; a missing one is 0.
fn ordered(numbers: &[Option<f64>], cells: &[f64]) -> Encoder {
    let counts = counted(numbers.len(), cells);
    let known = || numbers.iter().zip(&counts).filter_map(|(number, &count)| Some(((*number)?, count as f64)));
    let all: f64 = known().map(|(_, count)| count).sum::<f64>().max(1.0);
    let mean = known().map(|(number, count)| number * count).sum::<f64>() / all;
    let variance = known().map(|(number, count)| (number - mean) * (number - mean) * count).sum::<f64>() / all;
    let deviation = if variance > 0.0 { libm::sqrt(variance) } else { 1.0 };
    // Four decimals are enough for a discriminator, and the spec stays short.
    let standard = |number: f64| ((number - mean) / deviation * 1e4).round() / 1e4;
    Encoder::Ordered { numbers: numbers.iter().map(|number| number.map_or(0.0, standard)).collect(), counts }
}

/// A value of a quarter of the rows is an atom, and so is what is missing; and the smallest or largest value where it is frequent and far
/// from the others. Other frequent values keep their place among their neighbours: what depends on a number depends on them alike.
fn number(cells: &[f64]) -> Encoder {
    let mut sorted: Vec<f64> = cells.iter().copied().filter(|cell| !cell.is_nan()).collect();
    let missing = sorted.len() < cells.len();
    sorted.sort_unstable_by(f64::total_cmp);
    let least = |share: f64| (share * cells.len() as f64).ceil().max(2.0) as usize;
    let values: Vec<(f64, usize)> = sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect();
    let is_atom = |at: usize| values[at].1 >= least(ATOM) || (values[at].1 >= least(CODE) && stands_apart(&values, at));
    let atoms = (0..values.len()).filter(|at| is_atom(*at)).map(|at| values[at].0);
    of_atoms(atoms.chain(missing.then_some(f64::NAN)).collect(), cells)
}

/// Whether the first or the last of ascending values is far from all others.
fn stands_apart(values: &[(f64, usize)], at: usize) -> bool {
    let last = values.len() - 1;
    let (next, other_end) = match at {
        _ if last < 2 => return false,
        0 => (1, last),
        _ if at == last => (last - 1, 0),
        _ => return false,
    };
    let distance = |a: usize, b: usize| (values[a].0 - values[b].0).abs();
    distance(at, next) >= APART * distance(next, other_end)
}

/// The distribution of cells over these atoms and all others.
fn of_atoms(atoms: Vec<f64>, cells: &[f64]) -> Encoder {
    let (mut counts, mut others) = (vec![0; atoms.len() + 1], Vec::new());
    for &cell in cells {
        match atom(&atoms, cell) {
            Some(place) => counts[place] += 1,
            None if cell.is_nan() => {}
            None => others.push(cell),
        }
    }
    counts[atoms.len()] = others.len() as u64;
    Encoder::Number { atoms, counts, quantiles: Quantiles::of(others) }
}

/// NaN is `null` in JSON.
mod missing {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(atoms: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let written: Vec<Option<f64>> = atoms.iter().map(|&atom| (!atom.is_nan()).then_some(atom)).collect();
        written.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let written = Vec::<Option<f64>>::deserialize(deserializer)?;
        Ok(written.into_iter().map(|atom| atom.unwrap_or(f64::NAN)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(encoder: &Encoder, cell: f64, part: f64) -> (Vec<f32>, f64) {
        let mut values = vec![9.0; encoder.head().width()];
        encoder.encode(cell, part, &mut values);
        let back = encoder.decode(&values, 0.5);
        (values, back)
    }

    #[test]
    fn a_category_is_one_hot() {
        let encoder = Encoder::of(&Variable::Category { values: 3 }, &[0.0, 2.0, 2.0], 10);
        assert_eq!(encoder.head(), Head::Choice(3));
        assert_eq!(round_trip(&encoder, 2.0, 0.5), (vec![0.0, 0.0, 1.0], 2.0));
        assert_eq!(encoder.decode(&[0.1, 0.7, 0.2], 0.0), 1.0);
    }

    /// Ten values, of which 7 and 3 are frequent, in three places: the third is shared by their counts.
    #[test]
    fn rare_values_share_a_place_and_come_back_as_often_as_they_are() {
        let cells: Vec<f64> =
            [(7, 50), (3, 30), (0, 3), (9, 1)].iter().flat_map(|&(v, n)| vec![f64::from(v); n]).collect();
        let encoder = Encoder::of(&Variable::Category { values: 10 }, &cells, 3);
        assert_eq!(encoder.head(), Head::Choice(3));
        assert_eq!(
            (round_trip(&encoder, 3.0, 0.0).0, round_trip(&encoder, 7.0, 0.0).0),
            (vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0])
        );
        let drawn: Vec<f64> =
            [0.0, 0.2, 0.74, 0.76, 0.999, 1.0].iter().map(|&u| encoder.decode(&[0.0, 0.0, 1.0], u)).collect();
        assert_eq!(drawn[..5], [0.0, 0.0, 0.0, 9.0, 9.0], "three rows of 0 and one of 9");
        assert!([0.0, 9.0].contains(&drawn[5]) || drawn[5] < 10.0);
    }

    /// By hand: 1, 2, 2, 3 have the mean 2 and the variance ½.
    #[test]
    fn ordered_values_have_their_number_behind_them() {
        let numbers = [Some(1.0), Some(2.0), Some(3.0), None];
        let encoder = Encoder::of(&Variable::Ordered { numbers: &numbers }, &[0.0, 1.0, 1.0, 2.0], 10);
        let Encoder::Ordered { numbers: standard, .. } = &encoder else { panic!("{encoder:?}") };
        let expected = [-std::f64::consts::SQRT_2, 0.0, std::f64::consts::SQRT_2, 0.0];
        assert!(standard.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4), "{standard:?}");
        assert_eq!(round_trip(&encoder, 0.0, 0.5), (vec![1.0, 0.0, 0.0, 0.0, standard[0] as f32], 0.0));
    }

    /// By hand: of 1, 1, 2, 4 and a missing one; a score decides by its share of the four that are known.
    #[test]
    fn a_list_of_numbers_may_take_one_value() {
        let numbers = [Some(1.0), Some(2.0), None, Some(4.0)];
        let cells = [0.0, 0.0, 1.0, 3.0, 2.0];
        let encoder = Encoder::ranked(&numbers, &cells);
        assert_eq!((encoder.head(), encoder.width(), encoder.check(Some(4))), (Head::Atoms(2), 3, Ok(())));
        for cell in [0.0, 1.0, 3.0] {
            let (values, back) = round_trip(&encoder, cell, 0.5);
            assert_eq!((&values[..2], back), (&[0.0, 1.0][..], cell));
        }
        assert_eq!(round_trip(&encoder, 2.0, 0.5), (vec![1.0, 0.0, 0.0], 2.0));
        let at = |score: f32| encoder.decode(&[0.0, 1.0, score], 0.0);
        assert_eq!([at(-9.0), at(-0.1), at(0.3), at(9.0)], [0.0, 0.0, 1.0, 3.0]);
        assert_eq!(encoder.bars(&cells, 4), [[0.4, 0.4], [0.2, 0.2], [0.2, 0.2], [0.2, 0.2]]);
        let whole = Encoder::ranked(&[Some(0.0), Some(1.0)], &[0.0, 1.0, 1.0]);
        assert_eq!((whole.head(), whole.check(Some(3)).is_err()), (Head::Number, true));
        let fitted = encoder.fitted(&[3.0, 3.0, 1.0]);
        assert_eq!((fitted.head(), fitted.decode(&[0.0, 1.0, 0.0], 0.0)), (Head::Atoms(2), 3.0));
        let again: Encoder = serde_json::from_str(&serde_json::to_string(&encoder).unwrap()).unwrap();
        assert_eq!(again.check(Some(4)), Ok(()));
    }

    #[test]
    fn frequent_numbers_are_atoms_and_the_rest_have_scores() {
        let mut cells = vec![0.0; 60];
        cells.extend((1..=38).map(f64::from));
        cells.extend([f64::NAN, f64::NAN]);
        let encoder = Encoder::of(&Variable::Number, &cells, 10);
        assert_eq!(encoder.head(), Head::Atoms(3));
        assert_eq!(round_trip(&encoder, 0.0, 0.5), (vec![1.0, 0.0, 0.0, 0.0], 0.0));
        assert!(round_trip(&encoder, f64::NAN, 0.5).1.is_nan());
        let (values, back) = round_trip(&encoder, 38.0, 0.5);
        assert_eq!((&values[..3], back), (&[0.0, 0.0, 1.0][..], 38.0));
        assert!(values[3] > 2.0);
        // One in ten is an atom where it is far from the others, and none among its neighbours.
        let with = |code: f64| (0..90).map(|at| f64::from(at) / 10.0).chain([code; 10]).collect::<Vec<_>>();
        let head = |code: f64| Encoder::of(&Variable::Number, &with(code), 10).head();
        let heads = [-999.0, -4.45, -4.4, 4.45, 13.3, 13.4].map(head);
        let (one, none) = (Head::Atoms(2), Head::Number);
        assert_eq!(heads, [one.clone(), one.clone(), none.clone(), none.clone(), none, one]);
        let plain = Encoder::of(&Variable::Number, &[1.5, 2.5, 3.5], 10);
        assert_eq!((plain.head(), round_trip(&plain, 2.5, 0.3).1), (Head::Number, 2.5));
        let again: Encoder = serde_json::from_str(&serde_json::to_string(&encoder).unwrap()).unwrap();
        assert_eq!(format!("{again:?}"), format!("{encoder:?}"));
        let fitted = encoder.fitted(&[0.0, 5.0, 6.0]);
        assert_eq!((fitted.head(), fitted.decode(&[0.0, 0.0, 1.0, 9.0], 0.0)), (encoder.head(), 6.0));
    }

    /// Two heaps far from each other: which one, and how far from its middle; the last place is a missing number.
    #[test]
    fn a_number_by_modes_is_its_mode_and_its_place_there() {
        let mut cells: Vec<f64> = (0..400).map(|i| if i % 2 == 0 { 0.0 } else { 100.0 } + f64::from(i % 8)).collect();
        cells.push(f64::NAN);
        let encoder = Encoder::by_modes(&Variable::Number, &cells, 10);
        let Head::Modes(modes) = encoder.head() else { panic!("{encoder:?}") };
        assert_eq!((encoder.width(), encoder.check(None)), (modes + 1, Ok(())));
        for cell in [0.0, 6.0, 103.0, 107.0] {
            let (values, back) = round_trip(&encoder, cell, 0.3);
            assert!((back - cell).abs() < 1e-4, "{cell}: {back}");
            assert_eq!((values[1..].iter().sum::<f32>(), values[modes]), (1.0, 0.0));
            assert!(values[0].abs() <= 1.0);
        }
        let (values, back) = round_trip(&encoder, f64::NAN, 0.3);
        assert!(back.is_nan() && values[0] == 0.0 && values[modes] == 1.0, "{values:?}");
        let fitted = encoder.fitted(&cells[..300]);
        assert_eq!(fitted.head(), encoder.head());
        let written = serde_json::to_string(&fitted).unwrap();
        let read: Encoder = serde_json::from_str(&written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert_eq!(
            fitted.bars(&cells, 8),
            Encoder::of(&Variable::Number, &cells, 10).fitted(&cells[..300]).bars(&cells, 8)
        );
    }

    /// A list of numbers comes back as one of its own values.
    #[test]
    fn an_ordered_list_by_modes_keeps_its_values() {
        let numbers = [Some(1.0), Some(2.0), Some(40.0), None];
        let cells: Vec<f64> = (0..100).map(|i| f64::from(i % 4)).collect();
        let encoder = Encoder::by_modes(&Variable::Ordered { numbers: &numbers }, &cells, 10);
        for cell in 0..4 {
            assert_eq!(round_trip(&encoder, f64::from(cell), 0.9).1, f64::from(cell));
        }
        let Head::Modes(modes) = encoder.head() else { panic!("{encoder:?}") };
        let far = [&[1.0f32][..], &vec![0.0; modes - 1], &[0.0]].concat();
        assert!(encoder.decode(&far, 0.0) < 4.0);
        assert!(encoder.check(Some(4)).is_ok() && encoder.check(Some(3)).is_err() && encoder.check(None).is_err());
        let category = Variable::Category { values: 3 };
        assert_eq!(Encoder::by_modes(&category, &[0.0, 1.0], 9), Encoder::of(&category, &[0.0, 1.0], 9));
    }
}
