//! What samples are asked for: values of the fields that a generator is given. Not here: flags that say it (the command).

use crate::class_name::{class_list, class_number};
use crate::codec::Codec;
use crate::dataset::tensor;
use crate::error::{DataError, Position, io_error};
use crate::field::{Field, LABEL, Role};
use crate::text::{self, NotText};
use ganymede_tensor::{DType, Data, Tensor};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// Most values that a file of conditions may have.
const MOST_VALUES: usize = 16 << 20;

/// Values of conditions, by the name of their field. A field without a wish takes its classes or examples in turn.
///
/// Of several values the sample of seed s has number s mod count, in any batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    values: BTreeMap<String, Vec<Vec<f64>>>,
}

impl Wish {
    /// Everything in turn.
    pub fn in_turn() -> Wish {
        Wish::default()
    }

    /// All samples of the class of this label.
    pub fn label(label: u32) -> Wish {
        Wish { values: [(LABEL.to_string(), vec![vec![f64::from(label)]])].into() }
    }

    /// The classes in turn: the sample of seed s is of class s mod `classes`.
    pub fn labels_in_turn(classes: u32) -> Wish {
        Wish { values: [(LABEL.to_string(), (0..classes).map(|label| vec![f64::from(label)]).collect())].into() }
    }

    /// All samples with these values of a field.
    pub(crate) fn all_of(field: &str, values: Vec<f64>) -> Wish {
        Wish { values: [(field.to_string(), vec![values])].into() }
    }

    /// The same wish, with one value of a field for all samples: a class by its name or number, or numbers, separated by
    /// commas where the field has several.
    ///
    /// # Errors
    /// [`DataError::Condition`] for a field that is no condition, or a value that is none of its own.
    pub fn with(mut self, codec: &Codec, field: &str, value: &str) -> Result<Wish, DataError> {
        let field = condition(codec, field)?;
        let values = match field.categories.is_empty() {
            true => parse(field, &value.split(',').map(str::trim).collect::<Vec<_>>())?,
            // A name may have commas.
            false => parse(field, &[value.trim()])?,
        };
        self.values.insert(field.name.clone(), vec![values]);
        Ok(self)
    }

    /// Reads a table of conditions: CSV with a column for each field by its name (`angle.0`, `angle.1`, … for a field of
    /// several numbers) and a line for each sample.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Unsupported`] for any other encoding than UTF-8 and UTF-16; [`DataError::Malformed`] with
    /// the line; as [`Wish::with`].
    pub fn from_file(codec: &Codec, path: &Path) -> Result<Wish, DataError> {
        let bytes = std::fs::read(path).map_err(io_error(path, "read"))?;
        let text = text::decode(&bytes).map_err(|e| DataError::Unsupported {
            path: path.into(),
            what: format!("line {}: {}", e.line, e.reason),
            hint: NotText::HINT,
        })?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let malformed = |error: csv::Error| {
            let line = error.position().map_or(Position::Whole, |at| Position::Line(at.line()));
            DataError::Malformed { path: path.into(), at: line, reason: error.to_string() }
        };
        let header: Vec<String> = reader.headers().map_err(malformed)?.iter().map(Into::into).collect();
        let mut columns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, name) in header.iter().enumerate() {
            let (name, part) = match name.rsplit_once('.') {
                Some((field, part)) if codec.field(name).is_none() => (field, part.parse().unwrap_or(usize::MAX)),
                _ => (name.as_str(), 0),
            };
            let field = condition(codec, name)?;
            let places = columns.entry(field.name.clone()).or_default();
            if places.len() != part {
                let reason = format!("expected column {} of field `{name}` next, found `{}`", places.len(), header[at]);
                return Err(DataError::Malformed { path: path.into(), at: Position::Line(1), reason });
            }
            places.push(at);
        }
        let mut wish = Wish::default();
        for record in reader.records() {
            let record = record.map_err(malformed)?;
            let line = record.position().map_or(0, csv::Position::line);
            for (name, places) in &columns {
                let texts: Vec<&str> = places.iter().map(|&at| record.get(at).unwrap_or_default()).collect();
                let values = parse(condition(codec, name)?, &texts).map_err(|error| DataError::Malformed {
                    path: path.into(),
                    at: Position::Line(line),
                    reason: error.to_string(),
                })?;
                let rows = wish.values.entry(name.clone()).or_default();
                if (rows.len() + 1) * header.len() > MOST_VALUES {
                    let (limit, found) = (format!("{MOST_VALUES} values"), "more".into());
                    return Err(DataError::Limit { path: path.into(), at: Position::Line(line), limit, found });
                }
                rows.push(values);
            }
        }
        match wish.values.is_empty() {
            true => Err(DataError::Empty { path: path.into(), what: "line of conditions" }),
            false => Ok(wish),
        }
    }

    /// How many samples it says something of: the lines of a table, else 1.
    pub fn lines(&self) -> usize {
        self.values.values().map(Vec::len).max().unwrap_or(1)
    }

    /// Names of the fields that it says something of.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// A tensor (n, …) of raw values for each condition of the codec.
    pub(super) fn tensors(&self, codec: &Codec, seeds: Range<u64>) -> Result<Vec<(String, Tensor)>, DataError> {
        for name in self.values.keys() {
            condition(codec, name)?;
        }
        let count = usize::try_from(seeds.end.saturating_sub(seeds.start)).unwrap_or(usize::MAX);
        let field_tensor = |field: &Field| {
            let classes: Vec<Vec<f64>> = (0..field.categories.len()).map(|class| vec![class as f64]).collect();
            let rows = match self.values.get(&field.name) {
                Some(rows) => rows,
                None if !classes.is_empty() => &classes,
                None if !field.examples.is_empty() => &field.examples,
                None => {
                    let reason = "expected a value for it: no examples of it are known".into();
                    return Err(DataError::Condition { field: field.name.clone(), reason, known: Vec::new() });
                }
            };
            let each = (0..count as u64).map(|i| &rows[((seeds.start.wrapping_add(i)) % rows.len() as u64) as usize]);
            let ty = field.in_batch(count);
            let made = match ty.dtype {
                DType::I32 => Tensor::new(ty.shape.clone(), Data::I32(each.flatten().map(|&v| v as i32).collect())),
                DType::F32 => Tensor::new(ty.shape.clone(), Data::F32(each.flatten().map(|&v| v as f32).collect())),
                DType::U8 => return tensor(&ty, each.flatten().map(|&v| v as u8).collect()),
                _ => return tensor(&ty, each.flatten().flat_map(|&v| (v as u16).to_le_bytes()).collect()),
            };
            made.map_err(|e| DataError::Mismatch { expected: ty.to_string(), found: e.to_string() })
        };
        let fields = codec.fields().iter().filter(|field| field.role == Role::Condition);
        fields.map(|field| Ok((field.name.clone(), field_tensor(field)?))).collect()
    }
}

/// The condition of a name.
fn condition<'a>(codec: &'a Codec, name: &str) -> Result<&'a Field, DataError> {
    codec.field(name).filter(|field| field.role == Role::Condition).ok_or_else(|| {
        let known = codec.fields().iter().filter(|field| field.role == Role::Condition);
        let known = known.map(|field| field.name.clone()).collect();
        DataError::Condition {
            field: name.into(),
            reason: "expected a condition of the data, found none".into(),
            known,
        }
    })
}

/// The value of a field: a class by its name or number, or all of its numbers.
fn parse(field: &Field, texts: &[&str]) -> Result<Vec<f64>, DataError> {
    let fail = |reason: String| {
        let known = if field.categories.is_empty() { Vec::new() } else { vec![class_list(&field.categories, 100)] };
        DataError::Condition { field: field.name.clone(), reason, known }
    };
    if texts.len() != field.ty.elements() {
        return Err(fail(format!("expected {} values, found {}", field.ty.elements(), texts.len())));
    }
    if !field.categories.is_empty() {
        let class = class_number(&field.categories, texts[0]).map_err(fail)?;
        return Ok(vec![f64::from(class)]);
    }
    let (low, high) = match field.ty.dtype {
        DType::U8 => (0.0, 255.0),
        DType::U16 => (0.0, 65_535.0),
        DType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        _ => (f64::from(f32::MIN), f64::from(f32::MAX)),
    };
    let whole = field.ty.dtype != DType::F32;
    let fits = |v: &f64| (low..=high).contains(v) && !(whole && v.fract() != 0.0);
    let number = |text: &&str| text.parse::<f64>().ok().filter(fits);
    let kind = if whole { format!("a whole number from {low} to {high}") } else { "a number".into() };
    texts.iter().map(|text| number(text).ok_or_else(|| fail(format!("expected {kind}, found `{text}`")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_tensor::TensorType;

    #[test]
    fn values_are_those_that_their_field_can_have() {
        let field = |dtype| Field::new("x", TensorType::new(dtype, [2usize]), Role::Condition);
        let read = |dtype, texts: [&str; 2]| parse(&field(dtype), &texts).map_err(|e| e.to_string());
        assert_eq!(read(DType::U8, ["0", "255"]), Ok(vec![0.0, 255.0]));
        assert_eq!(read(DType::I32, ["-7", "3.0"]), Ok(vec![-7.0, 3.0]));
        assert_eq!(read(DType::F32, ["-7.5", "1e3"]), Ok(vec![-7.5, 1000.0]));
        for (dtype, texts, part) in [
            (DType::U8, ["0", "256"], "a whole number from 0 to 255, found `256`"),
            (DType::U16, ["65535", "-1"], "a whole number from 0 to 65535, found `-1`"),
            (DType::I32, ["0.5", "1"], "found `0.5`"),
            (DType::F32, ["1", "1e39"], "expected a number, found `1e39`"),
            (DType::F32, ["1", "NaN"], "found `NaN`"),
        ] {
            let error = read(dtype, texts).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(parse(&field(DType::F32), &["1"]).unwrap_err().to_string().contains("expected 2 values, found 1"));
    }
}
