//! The segments of a JPEG file before its first scan: what the file is, and whether it is whole. Not here: decoding (`decode.rs`).

use std::borrow::Cow;

/// What the segments say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segments<'a> {
    /// Number of components: 1 grey, 3 colour, 4 CMYK.
    pub(crate) components: u8,
    /// The file without bytes between its segments that belong to none.
    pub(crate) bytes: Cow<'a, [u8]>,
}

/// Reads the segments of a file, which must have its end marker: the decoder would fill in what is cut off.
///
/// Bytes between two segments that are no marker are skipped, as libjpeg does (`next_marker` in its `jdmarker.c`).
///
/// # Errors
/// The reason as text.
pub(crate) fn segments(bytes: &[u8]) -> Result<Segments<'_>, String> {
    let mut at = 2;
    let mut components = None;
    // Where segments lie, as long as bytes between them are left out.
    let mut kept: Vec<std::ops::Range<usize>> = Vec::new();
    let mut from = 0;
    loop {
        // `ff 00` is a value of a scan and no marker.
        if bytes.get(at).is_some_and(|&byte| byte != 0xff) || bytes.get(at + 1) == Some(&0) {
            let marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff);
            let found = bytes[at..].windows(2).position(marker);
            kept.push(from..at);
            at = found
                .map(|more| at + more)
                .ok_or_else(|| format!("expected a JPEG marker at byte {at}, found none"))?;
            from = at;
        }
        let Some(&[_, code]) = bytes.get(at..at + 2).and_then(|b| b.first_chunk()) else {
            return Err(format!("expected a JPEG marker at byte {at}, the file ends"));
        };
        match code {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xda => break,
            _ => {
                let Some(&length) = bytes.get(at + 2..at + 4).and_then(|b| b.first_chunk::<2>()) else {
                    return Err(format!("expected the length of a JPEG segment at byte {at}, the file ends"));
                };
                if matches!(code, 0xc0..=0xcf) && !matches!(code, 0xc4 | 0xc8 | 0xcc) {
                    components = bytes.get(at + 9).copied();
                }
                at += 2 + usize::from(u16::from_be_bytes(length));
            }
        }
    }
    if !bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]) {
        return Err(format!("expected JPEG's end marker, the file is cut off at byte {}", bytes.len()));
    }
    let components = components.ok_or_else(|| format!("expected a JPEG frame before byte {at}, found none"))?;
    let whole = if kept.is_empty() {
        Cow::Borrowed(bytes)
    } else {
        kept.push(from..bytes.len());
        Cow::Owned(kept.into_iter().flat_map(|range| bytes[range].iter().copied()).collect())
    };
    Ok(Segments { components, bytes: whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of three segments, with bytes put before the second and third; and what is left of it.
    fn file(first: &[u8], second: &[u8]) -> Vec<u8> {
        let frame = [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
        [&[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2][..], first, &frame, second, &[0xff, 0xda, 0, 2, 7, 7, 0xff, 0xd9]]
            .concat()
    }

    #[test]
    fn bytes_between_segments_are_skipped() {
        let clean = file(&[], &[]);
        assert_eq!(segments(&clean), Ok(Segments { components: 1, bytes: Cow::Borrowed(&clean) }));
        for (first, second) in [(&[0, 0][..], &[][..]), (&[], &[0]), (&[9; 65], &[1, 2, 3]), (&[0xff, 0xff][..], &[0])]
        {
            let found = file(first, second);
            let read = segments(&found).unwrap();
            let fills: Vec<u8> = first.iter().copied().filter(|&b| b == 0xff).collect();
            assert_eq!((read.components, read.bytes.into_owned()), (1, file(&fills, &[])), "{first:?} {second:?}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let clean = file(&[], &[]);
        for length in 0..clean.len() - 1 {
            assert!(segments(&clean[..length.max(2)]).is_err(), "{length}");
        }
        assert!(segments(&[0xff, 0xd8, 0, 0, 0]).is_err());
    }
}
