//! The element types that arrays have in files: one value out of bytes, and back. Not here: headers (`npy.rs`, `idx.rs`).

use crate::raster::Pixels;
use ganymede_tensor::DType;
use half::f16;
use serde::{Deserialize, Serialize};

/// The element type of an array in a file. Its name is NumPy's, without the byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Element {
    #[serde(rename = "b1")]
    Bool,
    #[serde(rename = "u1")]
    U8,
    #[serde(rename = "i1")]
    I8,
    #[serde(rename = "u2")]
    U16,
    #[serde(rename = "i2")]
    I16,
    #[serde(rename = "u4")]
    U32,
    #[serde(rename = "i4")]
    I32,
    #[serde(rename = "u8")]
    U64,
    #[serde(rename = "i8")]
    I64,
    #[serde(rename = "f2")]
    F16,
    #[serde(rename = "f4")]
    F32,
    #[serde(rename = "f8")]
    F64,
}

impl Element {
    /// Every type with its name in a `.npy` header, and its name for people.
    pub(crate) const ALL: [(Element, &'static str, &'static str); 12] = [
        (Element::Bool, "b1", "bool"),
        (Element::U8, "u1", "u8"),
        (Element::I8, "i1", "i8"),
        (Element::U16, "u2", "u16"),
        (Element::I16, "i2", "i16"),
        (Element::U32, "u4", "u32"),
        (Element::I32, "i4", "i32"),
        (Element::U64, "u8", "u64"),
        (Element::I64, "i8", "i64"),
        (Element::F16, "f2", "f16"),
        (Element::F32, "f4", "f32"),
        (Element::F64, "f8", "f64"),
    ];

    /// The type of this name in a `.npy` header.
    pub(crate) fn of_numpy(name: &str) -> Option<Element> {
        Element::ALL.iter().find(|(_, numpy, _)| *numpy == name).map(|(element, ..)| *element)
    }

    /// Its name in a `.npy` header, little-endian.
    pub(crate) fn descr(self) -> String {
        let name = Element::ALL.iter().find(|(element, ..)| *element == self).map_or("", |(_, numpy, _)| numpy);
        format!("{}{name}", if self.bytes() == 1 { '|' } else { '<' })
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        Element::ALL.iter().find(|(element, ..)| *element == self).map_or("", |(.., name)| name)
    }

    /// Size in bytes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 | Element::F16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// Whether it holds whole numbers alone.
    pub(crate) fn is_whole(self) -> bool {
        !matches!(self, Element::F16 | Element::F32 | Element::F64)
    }

    /// The type it has as a sample: `u8` and `u16` stay, truth values become `u8`, all others `f32`.
    pub(crate) fn dtype(self) -> DType {
        match self {
            Element::Bool | Element::U8 => DType::U8,
            Element::U16 => DType::U16,
            _ => DType::F32,
        }
    }

    /// The type of the values of a sample.
    pub(crate) fn of_dtype(dtype: DType) -> Element {
        match dtype {
            DType::U8 => Element::U8,
            DType::U16 => Element::U16,
            _ => Element::F32,
        }
    }

    /// One element as `f64`.
    pub(crate) fn value(self, big_endian: bool, bytes: &[u8]) -> f64 {
        let mut b = [0u8; 8];
        let n = self.bytes();
        for (i, &byte) in bytes.iter().enumerate() {
            b[if big_endian { n - 1 - i } else { i }] = byte;
        }
        let (two, four) = ([b[0], b[1]], [b[0], b[1], b[2], b[3]]);
        match self {
            Element::Bool => f64::from(u8::from(b[0] != 0)),
            Element::U8 => f64::from(b[0]),
            Element::I8 => f64::from(b[0] as i8),
            Element::U16 => f64::from(u16::from_le_bytes(two)),
            Element::I16 => f64::from(i16::from_le_bytes(two)),
            Element::U32 => f64::from(u32::from_le_bytes(four)),
            Element::I32 => f64::from(i32::from_le_bytes(four)),
            Element::U64 => u64::from_le_bytes(b) as f64,
            Element::I64 => i64::from_le_bytes(b) as f64,
            Element::F16 => f64::from(f16::from_le_bytes(two)),
            Element::F32 => f64::from(f32::from_le_bytes(four)),
            Element::F64 => f64::from_le_bytes(b),
        }
    }

    /// Appends a value, little-endian: the nearest one that the type has, a whole number for integers.
    pub(crate) fn write(self, value: f64, out: &mut Vec<u8>) {
        // A cast of a float cuts at the ends of the integer type.
        let whole = value.round();
        match self {
            Element::Bool => out.push(u8::from(value >= 0.5)),
            Element::U8 => out.push(whole as u8),
            Element::I8 => out.extend((whole as i8).to_le_bytes()),
            Element::U16 => out.extend((whole as u16).to_le_bytes()),
            Element::I16 => out.extend((whole as i16).to_le_bytes()),
            Element::U32 => out.extend((whole as u32).to_le_bytes()),
            Element::I32 => out.extend((whole as i32).to_le_bytes()),
            Element::U64 => out.extend((whole as u64).to_le_bytes()),
            Element::I64 => out.extend((whole as i64).to_le_bytes()),
            Element::F16 => out.extend(f16::from_f64(value).to_le_bytes()),
            Element::F32 => out.extend((value as f32).to_le_bytes()),
            Element::F64 => out.extend(value.to_le_bytes()),
        }
    }

    /// Elements as the values of an image.
    pub(crate) fn pixels(self, big_endian: bool, bytes: &[u8]) -> Pixels {
        let values = || bytes.chunks_exact(self.bytes()).map(|b| self.value(big_endian, b));
        match self.dtype() {
            DType::U8 if self == Element::U8 => Pixels::U8(bytes.to_vec()),
            DType::U8 => Pixels::U8(values().map(|v| v as u8).collect()),
            DType::U16 => Pixels::U16(values().map(|v| v as u16).collect()),
            _ => Pixels::F32(values().map(|v| v as f32).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_in_both_byte_orders() {
        assert_eq!(Element::I16.value(true, &[0xff, 0xfe]), -2.0);
        assert_eq!(Element::I16.value(false, &[0xfe, 0xff]), -2.0);
        assert_eq!(Element::F64.value(true, &1.5f64.to_be_bytes()), 1.5);
        assert_eq!(Element::F32.value(false, &(-2.25f32).to_le_bytes()), -2.25);
        assert_eq!(Element::I8.value(false, &[0x80]), -128.0);
        assert_eq!(Element::U32.value(true, &[0, 0, 1, 0]), 256.0);
        // Half precision: sign, 5 bits of exponent (bias 15), 10 of the fraction: 0xc500 is −(1 + 1/4)·4.
        assert_eq!(Element::F16.value(true, &[0xc5, 0x00]), -5.0);
        assert_eq!(Element::F16.value(false, &[0x01, 0x00]), 2f64.powi(-24));
    }

    #[test]
    fn what_is_written_is_read_and_what_is_out_of_reach_is_cut() {
        for (element, ..) in Element::ALL {
            for value in [0.0, 1.0] {
                let mut bytes = Vec::new();
                element.write(value, &mut bytes);
                assert_eq!((bytes.len(), element.value(false, &bytes)), (element.bytes(), value), "{element:?}");
            }
        }
        let written = |element: Element, value| {
            let mut bytes = Vec::new();
            element.write(value, &mut bytes);
            element.value(false, &bytes)
        };
        assert_eq!(written(Element::I8, -300.0), -128.0);
        assert_eq!(written(Element::U16, 70_000.0), 65_535.0);
        assert_eq!(written(Element::I16, -1023.5), -1024.0);
        assert_eq!(written(Element::F16, 0.1), f64::from(f16::from_f64(0.1)));
        assert_eq!(written(Element::F64, 0.1), 0.1);
        assert_eq!(Element::of_numpy("f8"), Some(Element::F64));
        assert_eq!((Element::U64.descr(), Element::Bool.descr()), ("<u8".into(), "|b1".into()));
    }
}
