//! How many images a file holds: pages of a TIFF, frames of an animation. It reads the structure alone.
//! Not here: decoding them (`decode.rs`, `tiff.rs`).

use image::ImageFormat;

/// Most pages that are counted; a file with more says so many.
pub(crate) const MAX_PAGES: usize = 65_536;

/// The number of images in a file, at least 1; 1 too where the structure is broken: then decoding says so.
pub(crate) fn count(format: ImageFormat, bytes: &[u8]) -> usize {
    let found = match format {
        ImageFormat::Tiff => directories(bytes).len(),
        ImageFormat::Gif => gif(bytes).unwrap_or(1),
        ImageFormat::WebP => webp(bytes),
        ImageFormat::Png => apng(bytes).unwrap_or(1),
        _ => 1,
    };
    found.clamp(1, MAX_PAGES)
}

/// Where the directories of a TIFF's pages lie: those of images in full size that are no masks.
pub(crate) fn directories(bytes: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    let Some(file) = Tiff::of(bytes) else { return found };
    let mut at = file.first();
    let mut seen = std::collections::HashSet::new();
    while let Some(offset) = at.filter(|&offset| offset != 0 && seen.insert(offset)) {
        let Some((kind, next)) = file.directory(offset) else { break };
        // Bit 0: a reduced image of another page; bit 2: a mask of one.
        if kind & 0b101 == 0 {
            found.push(offset);
        }
        at = next;
        if seen.len() >= MAX_PAGES {
            break;
        }
    }
    found
}

/// Makes another directory the first of the file, so that a decoder of first pages decodes that one. `None` where it has no head.
pub(crate) fn put_first(bytes: &mut [u8], directory: u64) -> Option<()> {
    let Tiff { little, big, .. } = Tiff::of(bytes)?;
    let (at, size) = if big { (8, 8) } else { (4, 4) };
    let value = if little { directory.to_le_bytes() } else { directory.to_be_bytes() };
    let value = if little { &value[..size] } else { &value[8 - size..] };
    bytes.get_mut(at..at + size)?.copy_from_slice(value);
    Some(())
}

/// The structure of a TIFF file, or of one with 64-bit offsets.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
    big: bool,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Tiff<'a>> {
        let little = bytes.starts_with(b"II");
        if !little && !bytes.starts_with(b"MM") {
            return None;
        }
        let mut file = Tiff { bytes, little, big: false };
        file.big = match file.number(2, 2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        Some(file)
    }

    fn number(&self, at: u64, size: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
    }

    fn first(&self) -> Option<u64> {
        if self.big { self.number(8, 8) } else { self.number(4, 4) }
    }

    /// The kind of a page (`NewSubfileType`, tag 254), and where the next directory lies.
    fn directory(&self, at: u64) -> Option<(u64, Option<u64>)> {
        let (head, entry, value, offset) = if self.big { (8, 20, 12, 8) } else { (2, 12, 8, 4) };
        let entries = self.number(at, head)?;
        let first = at.checked_add(head as u64)?;
        let end = first.checked_add(entries.checked_mul(entry)?)?;
        if end > self.bytes.len() as u64 {
            return None;
        }
        let kind = (0..entries).map(|i| first + i * entry).find(|&at| self.number(at, 2) == Some(254));
        let kind = kind.and_then(|at| self.number(at + value, 4)).unwrap_or(0);
        Some((kind, self.number(end, offset)))
    }
}

/// Image descriptors of a GIF.
fn gif(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut count = 0;
    let blocks = |mut at: usize| loop {
        match bytes.get(at) {
            Some(0) => return Some(at + 1),
            Some(&length) => at += 1 + usize::from(length),
            None => return None,
        }
    };
    loop {
        match bytes.get(at) {
            Some(0x21) => match blocks(at + 2) {
                Some(next) => at = next,
                None => return Some(count),
            },
            Some(0x2c) => {
                count += 1;
                match bytes.get(at + 9).and_then(|&flags| blocks(at + 11 + table(flags))) {
                    Some(next) => at = next,
                    None => return Some(count),
                }
            }
            _ => return Some(count),
        }
    }
}

/// `ANMF` chunks of a WebP.
fn webp(bytes: &[u8]) -> usize {
    let mut at = 12usize;
    let mut count = 0;
    while let Some(head) = bytes.get(at..at.saturating_add(8)) {
        count += usize::from(&head[..4] == b"ANMF");
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at = at.saturating_add(8).saturating_add(length).saturating_add(length % 2);
    }
    count
}

/// The number of frames that a PNG says in its `acTL`, which stands before its first image.
fn apng(bytes: &[u8]) -> Option<usize> {
    let mut at = 8usize;
    loop {
        let head = bytes.get(at..at.checked_add(8)?)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        match &head[4..] {
            b"acTL" => return Some(u32::from_be_bytes(*bytes.get(at + 8..)?.first_chunk()?) as usize),
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(12)?.checked_add(length)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF of directories with one entry, their kind.
    fn tiff(kinds: &[u32], little: bool) -> Vec<u8> {
        let two = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let four = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut out = [if little { b"II" } else { b"MM" }, &two(42)[..], &four(8)].concat();
        for (i, &kind) in kinds.iter().enumerate() {
            let next = if i + 1 < kinds.len() { 8 + 18 * (i as u32 + 1) } else { 0 };
            out.extend([&two(1)[..], &two(254), &two(4), &four(1), &four(kind), &four(next)].concat());
        }
        out
    }

    #[test]
    fn pages_of_a_tiff_are_counted_without_thumbnails_and_circles() {
        for little in [true, false] {
            assert_eq!(directories(&tiff(&[0, 2, 1, 4, 0], little)), [8, 26, 80]);
            let mut file = tiff(&[0, 2, 0], little);
            for (at, pages) in [(26, &[26, 44][..]), (44, &[44]), (8, &[8, 26, 44])] {
                put_first(&mut file, at).unwrap();
                assert_eq!(directories(&file), pages);
            }
            assert_eq!(put_first(&mut file[..6], 8), None);
        }
        let mut circle = tiff(&[0, 0], true);
        circle[40..44].copy_from_slice(&8u32.to_le_bytes());
        assert_eq!(directories(&circle), [8, 26]);
        for length in 0..44 {
            assert!(
                directories(&tiff(&[0, 0], true)[..length]).len()
                    <= usize::from(length >= 22) + usize::from(length >= 40)
            );
        }
        assert_eq!(count(ImageFormat::Tiff, b"II*\0\xff\xff\xff\xff"), 1);
    }

    #[test]
    fn frames_of_animations_are_counted() {
        let frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0];
        let gif =
            [&b"GIF89a\x01\0\x01\0\x80\0\0"[..], &[0; 6], &[0x21, 0xf9, 4, 0, 0, 0, 0, 0], &frame, &frame, &[0x3b]]
                .concat();
        assert_eq!(count(ImageFormat::Gif, &gif), 2);
        let webp = [&b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[0; 10], b"ANMF\x01\0\0\0\0\0", b"ANMF\0\0\0\0"].concat();
        assert_eq!(count(ImageFormat::WebP, &webp), 2);
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\x02IHDR\0\0crc!\0\0\0\x08acTL\0\0\0\x05"[..], &[0; 8]].concat();
        assert_eq!(count(ImageFormat::Png, &png), 5);
        for (format, bytes) in [(ImageFormat::Gif, &gif), (ImageFormat::WebP, &webp), (ImageFormat::Png, &png)] {
            (0..bytes.len()).for_each(|length| assert!((1..=5).contains(&count(format, &bytes[..length]))));
        }
    }
}
