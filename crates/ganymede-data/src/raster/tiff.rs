//! TIFF files whose values are floats, signed, or wider than 16 bits: they become `f32`, as they are, and are written so.
//! Not here: those of 8 and 16 bits (`decode.rs`), which values become −1 and 1 (`range.rs`).

use super::{Image, Pixels};
use crate::limits::{MAX_ALLOCATION, check_image};
use std::io::Cursor;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::{SampleFormat, Tag};

/// What the head of such a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: usize,
    /// Bits of one value.
    pub(crate) bits: u8,
    /// Whether the values are floats, else integers.
    pub(crate) float: bool,
}

impl Head {
    /// Bytes of the values while they are decoded, at most.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * self.channels as u64 * 8
    }
}

fn decoder(bytes: &[u8]) -> Result<Decoder<Cursor<&[u8]>>, String> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_ALLOCATION as usize;
    limits.intermediate_buffer_size = MAX_ALLOCATION as usize;
    Ok(Decoder::new(Cursor::new(bytes)).map_err(|e| e.to_string())?.with_limits(limits))
}

/// The head of a file of this kind; `None` for one of 8 or 16 bits, and for one that cannot be read.
pub(crate) fn head(bytes: &[u8]) -> Option<Result<Head, String>> {
    let mut decoder = decoder(bytes).ok()?;
    let colour = decoder.colortype().ok()?;
    let formats: Vec<u16> = decoder.find_tag_unsigned_vec(Tag::SampleFormat).ok()?.unwrap_or_default();
    let format = formats.first().map_or(Some(SampleFormat::Uint), |&format| SampleFormat::from_u16(format));
    let bits = colour.bit_depth();
    if format == Some(SampleFormat::Uint) && bits <= 16 {
        return None;
    }
    let mut read = || {
        let channels = match colour {
            ColorType::Gray(_) => 1,
            ColorType::RGB(_) => 3,
            // What full alpha is, is nowhere said for such values.
            ColorType::GrayA(_) | ColorType::RGBA(_) => {
                return Err(format!(
                    "expected grey or RGB in a TIFF of {bits} bits, found it with alpha: leave the alpha out, or save it as .npy"
                ));
            }
            other => {
                return Err(format!(
                    "expected grey or RGB in a TIFF of {bits} bits, found {other:?}: save it as RGB, or as .npy"
                ));
            }
        };
        let float =
            match format {
                Some(SampleFormat::IEEEFP) => true,
                Some(SampleFormat::Uint | SampleFormat::Int) => false,
                _ => return Err(
                    "expected a TIFF of integers or floats, found other values: save it as 32-bit float, or as .npy"
                        .into(),
                ),
            };
        let planes: Option<u16> = decoder.find_tag_unsigned(Tag::PlanarConfiguration).map_err(|e| e.to_string())?;
        if planes == Some(2) && channels > 1 {
            return Err(format!(
                "expected a TIFF of {bits} bits with the values of a pixel side by side, found planes: save it so, or as .npy"
            ));
        }
        let (width, height) = decoder.dimensions().map_err(|e| e.to_string())?;
        check_image(u64::from(width), u64::from(height))?;
        let head = Head { width, height, channels, bits, float };
        match head.bytes() > MAX_ALLOCATION {
            true => Err(format!("expected at most {MAX_ALLOCATION} decoded bytes, found {}", head.bytes())),
            false => Ok(head),
        }
    };
    Some(read())
}

/// Decodes a file whose [`head`] is of this kind.
///
/// # Errors
/// The reason as text; a value that is not finite is one.
pub(crate) fn decode(bytes: &[u8], head: Head) -> Result<Image, String> {
    let values: Vec<f32> = match decoder(bytes)?.read_image().map_err(|e| e.to_string())? {
        DecodingResult::U8(v) => v.into_iter().map(f32::from).collect(),
        DecodingResult::U16(v) => v.into_iter().map(f32::from).collect(),
        DecodingResult::U32(v) => v.into_iter().map(|x| x as f32).collect(),
        DecodingResult::U64(v) => v.into_iter().map(|x| x as f32).collect(),
        DecodingResult::I8(v) => v.into_iter().map(f32::from).collect(),
        DecodingResult::I16(v) => v.into_iter().map(f32::from).collect(),
        DecodingResult::I32(v) => v.into_iter().map(|x| x as f32).collect(),
        DecodingResult::I64(v) => v.into_iter().map(|x| x as f32).collect(),
        DecodingResult::F16(v) => v.into_iter().map(f32::from).collect(),
        DecodingResult::F32(v) => v,
        DecodingResult::F64(v) => v.into_iter().map(|x| x as f32).collect(),
    };
    let wanted = head.width as usize * head.height as usize * head.channels;
    if values.len() != wanted {
        return Err(format!("expected {wanted} values, found {}", values.len()));
    }
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        let (row, column) = (at / head.channels / head.width as usize, at / head.channels % head.width as usize);
        return Err(format!("expected finite values, found {} in row {row}, column {column}", values[at]));
    }
    Ok(Image { width: head.width, height: head.height, channels: head.channels, pixels: Pixels::F32(values) })
}

/// Values of an image with 1 or 3 channels as the bytes of a TIFF file of 32-bit floats; the error is the reason.
pub(crate) fn float_bytes(width: u32, height: u32, channels: usize, values: &[f32]) -> Result<Vec<u8>, String> {
    let mut out = Cursor::new(Vec::new());
    let written = TiffEncoder::new(&mut out).and_then(|mut file| match channels {
        1 => file.write_image::<colortype::Gray32Float>(width, height, values),
        _ => file.write_image::<colortype::RGB32Float>(width, height, values),
    });
    written.map_err(|e| format!("could not be written as TIFF: {e}"))?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_finite_is_told_with_its_pixel() {
        // 2 wide, 3 high, in colour: value 16 is the green of row 2, column 1.
        let mut values = vec![0.5f32; 18];
        values[16] = f32::NAN;
        let error = crate::raster::decode::decode(&float_bytes(2, 3, 3, &values).unwrap()).unwrap_err();
        assert_eq!(error, "expected finite values, found NaN in row 2, column 1");
        values[16] = 0.25;
        let image = crate::raster::decode::decode(&float_bytes(2, 3, 3, &values).unwrap()).unwrap();
        assert_eq!(image, Image { width: 2, height: 3, channels: 3, pixels: Pixels::F32(values) });
    }
}
