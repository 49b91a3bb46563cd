//! How many bits the values of a 16-bit image file have, where the file says so. Not here: what becomes of it (`range.rs`).
//!
//! # Source
//! PNG specification, third edition, 11.3.2.6 (`sBIT`); TIFF 6.0, pages 36 and 78 (MaxSampleValue, SMaxSampleValue).

/// Most entries of a TIFF directory that are looked at.
const MAX_ENTRIES: usize = 4096;
/// Most values of an entry that are looked at.
const MAX_VALUES: usize = 16;

/// The depth in bits that a file with 16 bits a value says its values have; `None` when it does not say, or has other ones.
pub(crate) fn stated(bytes: &[u8]) -> Option<u32> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return png(bytes);
    }
    match bytes.get(..4)? {
        b"II*\0" => tiff(bytes, false),
        b"MM\0*" => tiff(bytes, true),
        _ => None,
    }
}

/// The largest of the colours' significant bits; alpha has none of its own.
fn png(bytes: &[u8]) -> Option<u32> {
    let (&depth, &colour) = (bytes.get(24)?, bytes.get(25)?);
    let colours = if colour & 2 != 0 { 3 } else { 1 };
    if depth != 16 {
        return None;
    }
    let mut at = 8usize;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..at.checked_add(4)?)?.first_chunk()?) as usize;
        let data = at.checked_add(8)?;
        match bytes.get(at + 4..data)? {
            b"sBIT" => return bytes.get(data..data.checked_add(colours)?)?.iter().map(|&bits| u32::from(bits)).max(),
            b"IDAT" => return None,
            _ => at = data.checked_add(length)?.checked_add(4)?,
        }
    }
}

/// The bits of the largest sample value that the directory names, when it is all ones: other values are those in use.
fn tiff(bytes: &[u8], big_endian: bool) -> Option<u32> {
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    };
    let directory = number(4, 4)? as usize;
    let entries = (number(directory, 2)? as usize).min(MAX_ENTRIES);
    let values = |tag: u64| -> Option<Vec<u64>> {
        let entry = (0..entries).map(|i| directory + 2 + i * 12).find(|&entry| number(entry, 2) == Some(tag))?;
        // SHORT and LONG; others are no whole numbers.
        let size = match number(entry + 2, 2)? {
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = usize::try_from(number(entry + 4, 4)?).ok().filter(|&count| count <= MAX_VALUES)?;
        let first = if count * size <= 4 { entry + 8 } else { number(entry + 8, 4)? as usize };
        (0..count).map(|i| number(first + i * size, size)).collect()
    };
    if values(258)?.iter().any(|&bits| bits != 16) {
        return None;
    }
    let most = values(341).or_else(|| values(281))?.into_iter().max()?;
    let bits = u64::BITS - most.leading_zeros();
    (most == (1 << bits) - 1 && (9..=16).contains(&bits)).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG file of this depth and colour type, with these chunks behind it.
    fn png_head(depth: u8, colour: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let head = [&[0, 0, 0, 1, 0, 0, 0, 1, depth, colour, 0, 0, 0][..]].concat();
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in [(b"IHDR", &head[..])].iter().chain(chunks) {
            out.extend((data.len() as u32).to_be_bytes());
            out.extend(*name);
            out.extend(*data);
            out.extend([0; 4]);
        }
        out
    }

    /// A TIFF directory with entries (tag, type, count, value or offset), and what stands behind it.
    fn tiff_head(big_endian: bool, entries: &[(u16, u16, u32, u32)], behind: &[u8]) -> Vec<u8> {
        let short = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let long = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        out.extend(long(8));
        out.extend(short(entries.len() as u16));
        for &(tag, kind, count, value) in entries {
            out.extend(short(tag));
            out.extend(short(kind));
            out.extend(long(count));
            match (kind, count) {
                (3, 1) => out.extend([short(value as u16), [0; 2]].concat()),
                _ => out.extend(long(value)),
            }
        }
        out.extend(behind);
        out
    }

    #[test]
    fn significant_bits_of_png_are_those_of_its_colours() {
        assert_eq!(stated(&png_head(16, 0, &[(b"gAMA", &[0; 4]), (b"sBIT", &[12])])), Some(12));
        assert_eq!(stated(&png_head(16, 4, &[(b"sBIT", &[12, 16])])), Some(12));
        assert_eq!(stated(&png_head(16, 2, &[(b"sBIT", &[10, 12, 11])])), Some(12));
        assert_eq!(stated(&png_head(8, 0, &[(b"sBIT", &[5])])), None);
        assert_eq!(stated(&png_head(16, 0, &[(b"IDAT", &[]), (b"sBIT", &[12])])), None);
        assert_eq!(stated(&png_head(16, 0, &[(b"gAMA", &[0; 4])])), None);
    }

    #[test]
    fn the_largest_value_of_tiff_says_bits_when_it_is_all_ones() {
        for big_endian in [false, true] {
            let depth = |entries: &[(u16, u16, u32, u32)]| stated(&tiff_head(big_endian, entries, &[]));
            assert_eq!(depth(&[(258, 3, 1, 16), (281, 3, 1, 4095)]), Some(12));
            assert_eq!(depth(&[(258, 3, 1, 16), (281, 3, 1, 3000)]), None);
            assert_eq!(depth(&[(258, 3, 1, 16), (281, 3, 1, 4095), (341, 4, 1, 16_383)]), Some(14));
            assert_eq!(depth(&[(258, 3, 1, 8), (281, 3, 1, 4095)]), None);
            assert_eq!(depth(&[(258, 3, 1, 16)]), None);
        }
        // Values that do not fit into the entry.
        let behind: Vec<u8> = [1023u16, 4095, 1023].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(stated(&tiff_head(false, &[(258, 3, 1, 16), (281, 3, 3, 34)], &behind)), Some(12));
    }

    #[test]
    fn what_is_cut_off_or_absurd_says_nothing() {
        for file in [
            png_head(16, 2, &[(b"gAMA", &[0; 4]), (b"sBIT", &[12, 12, 12])]),
            tiff_head(true, &[(258, 3, 1, 16), (281, 3, 1, 4095)], &[]),
        ] {
            for length in 0..file.len() - 6 {
                let _ = stated(&file[..length]);
            }
            for at in 0..file.len() {
                let mut bad = file.clone();
                bad[at] = 0xff;
                let _ = stated(&bad);
            }
        }
        assert_eq!(stated(&tiff_head(false, &[(258, 3, u32::MAX, 0), (281, 3, 1, 4095)], &[])), None);
    }
}
