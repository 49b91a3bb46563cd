//! Limits that hostile or broken input meets. Not here: what a run needs (`ganymede-gan` plans that).

use crate::error::{DataError, Position};
use std::io::{self, Read};
use std::path::Path;

/// Most pixels of one image.
pub const MAX_PIXELS: u64 = 64 << 20;
/// Most pixels along a side of one image.
pub const MAX_SIDE: u32 = 16_384;
/// Most bytes that one image, one sample or one archive member of an image may take.
pub const MAX_ALLOCATION: u64 = 256 << 20;
/// Most bytes of decoded samples held in memory when there is no cache file.
pub const MAX_IN_MEMORY: u64 = 4 << 30;
/// Most bytes of an array file's header.
pub const MAX_HEADER: usize = 64 << 10;

/// Most bytes that `compressed` bytes may expand to: a hundredfold, and in any case [`MAX_ALLOCATION`].
pub fn expansion_limit(compressed: u64) -> u64 {
    compressed.saturating_mul(100).max(MAX_ALLOCATION)
}

/// Checks the size of an image against [`MAX_SIDE`] and [`MAX_PIXELS`]; the error is the reason.
pub(crate) fn check_image(width: u64, height: u64) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("expected at least one pixel, found {width}x{height}"));
    }
    if width > u64::from(MAX_SIDE) || height > u64::from(MAX_SIDE) {
        return Err(format!("expected at most {MAX_SIDE} pixels a side, found {width}x{height}"));
    }
    if width * height > MAX_PIXELS {
        return Err(format!("expected at most {MAX_PIXELS} pixels, found {width}x{height}"));
    }
    Ok(())
}

/// A reader that gives an error instead of the byte after `limit`.
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Bounded<R> {
    /// Lets at most `limit` bytes of `inner` through.
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        Bounded { inner, left: limit, limit }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mut one = [0];
            return match self.inner.read(&mut one)? {
                0 => Ok(0),
                _ => Err(io::Error::other(format!("it expands to more than {} bytes", self.limit))),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// An array's size in bytes as its header gives it, checked for overflow.
pub(crate) fn checked_bytes(path: &Path, sizes: &[usize], element: usize) -> Result<u64, DataError> {
    sizes.iter().try_fold(element as u64, |n, &d| n.checked_mul(d as u64)).ok_or_else(|| DataError::Limit {
        path: path.into(),
        at: Position::Whole,
        limit: "2^64 bytes".into(),
        found: format!("an array of {sizes:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_lets_the_limit_through_and_not_one_byte_more() {
        let mut out = Vec::new();
        Bounded::new(&[7u8; 10][..], 10).read_to_end(&mut out).unwrap();
        assert_eq!(out.len(), 10);
        assert!(Bounded::new(&[7u8; 11][..], 10).read_to_end(&mut out).is_err());
    }

    #[test]
    fn images_meet_the_limits() {
        assert!(check_image(8192, 8192).is_ok());
        assert!(check_image(8193, 8193).is_err());
        assert!(check_image(16_385, 1).is_err());
        assert!(check_image(0, 4).is_err());
        assert!(check_image(u64::MAX, u64::MAX).is_err());
    }

    #[test]
    fn limits_are_met_exactly() {
        assert_eq!(
            (MAX_PIXELS, MAX_ALLOCATION, MAX_IN_MEMORY, MAX_HEADER),
            (67_108_864, 268_435_456, 4_294_967_296, 65_536)
        );
        assert_eq!((expansion_limit(0), expansion_limit(2_684_354)), (268_435_456, 268_435_456));
        assert_eq!((expansion_limit(2_684_355), expansion_limit(u64::MAX)), (268_435_500, u64::MAX));
        for (width, height, reason) in [
            (16_384, 4_096, ""),
            (4_096, 16_384, ""),
            (1, 1, ""),
            (16_384, 4_097, "at most 67108864 pixels, found 16384x4097"),
            (16_385, 1, "at most 16384 pixels a side, found 16385x1"),
            (1, 16_385, "at most 16384 pixels a side, found 1x16385"),
            (0, 4, "at least one pixel, found 0x4"),
            (4, 0, "at least one pixel, found 4x0"),
        ] {
            match check_image(width, height) {
                Ok(()) => assert_eq!(reason, "", "{width}x{height}"),
                Err(found) => assert!(!reason.is_empty() && found.ends_with(reason), "{found}"),
            }
        }
        let bytes = |sizes: &[usize], element| checked_bytes(Path::new("x.npy"), sizes, element);
        assert_eq!((bytes(&[2, 3], 4).unwrap(), bytes(&[], 8).unwrap(), bytes(&[5, 0], 2).unwrap()), (24, 8, 0));
        let error = bytes(&[usize::MAX, 2], 1).unwrap_err().to_string();
        assert!(error.contains("x.npy") && error.contains("2^64 bytes"), "{error}");
    }

    /// Read in small pieces, it gives what there is, in order, and says how much was let through.
    #[test]
    fn bounded_reads_piece_by_piece() {
        let bytes: Vec<u8> = (0..10).collect();
        let mut reader = Bounded::new(&bytes[..], 7);
        let mut buffer = [0; 3];
        let mut out = Vec::new();
        for expected in [3, 3, 1] {
            let read = reader.read(&mut buffer).unwrap();
            assert_eq!(read, expected);
            out.extend_from_slice(&buffer[..read]);
        }
        assert_eq!(out, bytes[..7]);
        assert_eq!(reader.read(&mut buffer).unwrap_err().to_string(), "it expands to more than 7 bytes");
        let mut whole = Bounded::new(&bytes[..], 10);
        io::copy(&mut whole, &mut io::sink()).unwrap();
        assert_eq!(whole.read(&mut buffer).unwrap(), 0);
    }
}
