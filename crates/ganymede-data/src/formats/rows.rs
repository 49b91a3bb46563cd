//! The rows of an array (its entries along the first axis), one after the other in either memory order.
//! Not here: headers (`npy.rs`, `idx.rs`), what a row is (`array.rs`, `labels.rs`).

use super::stream::Stream;
use crate::error::DataError;
use crate::limits::{MAX_IN_MEMORY, checked_bytes};

/// Bytes that are read at a time.
pub(crate) const CHUNK: usize = 4 << 20;

/// Reads rows in order from a stream that stands behind the array's header.
pub(crate) struct Rows<'s, 'a> {
    pub(crate) stream: &'s mut Stream<'a>,
    rows: usize,
    row_bytes: usize,
    next: usize,
    columns: Option<Columns>,
}

/// A whole array in column-major order, whose rows lie scattered.
struct Columns {
    bytes: Vec<u8>,
    element: usize,
    /// Number of the first row's element in the array, for each element of a row.
    places: Vec<usize>,
}

impl<'s, 'a> Rows<'s, 'a> {
    /// Of an array (`shape`) with elements of so many bytes. An array in column-major order is read into memory.
    ///
    /// # Errors
    /// [`DataError::Limit`] for sizes that overflow, [`DataError::Unsupported`] for a large array in column-major order.
    pub(crate) fn new(
        stream: &'s mut Stream<'a>,
        shape: &[usize],
        element: usize,
        column_major: bool,
    ) -> Result<Self, DataError> {
        let all = checked_bytes(stream.path(), shape, element)?;
        let (rows, sizes) = shape.split_first().map_or((1, &[][..]), |(rows, sizes)| (*rows, sizes));
        let row_bytes = checked_bytes(stream.path(), sizes, element)? as usize;
        let mut out = Rows { stream, rows, row_bytes, next: 0, columns: None };
        if column_major && row_bytes > element && rows > 1 {
            if all > MAX_IN_MEMORY {
                return Err(DataError::Unsupported {
                    path: out.stream.path().into(),
                    what: format!(
                        "expected at most {MAX_IN_MEMORY} bytes of an array in column-major (Fortran) order, found {all}"
                    ),
                    hint: "save numpy.ascontiguousarray(array)",
                });
            }
            let bytes = out.whole(all as usize)?;
            out.columns = Some(Columns { bytes, element, places: places(rows, sizes) });
        }
        Ok(out)
    }

    /// Memory grows with what there is, not with what the header says.
    fn whole(&mut self, all: usize) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        while bytes.len() < all {
            let from = bytes.len();
            bytes.resize(all.min(from + CHUNK), 0);
            let got = self.stream.fill(&mut bytes[from..])?;
            if from + got < bytes.len() {
                return Err(self
                    .stream
                    .malformed(format!("expected {all} bytes of values, the data ends after {}", from + got)));
            }
        }
        Ok(bytes)
    }

    /// The next rows, at most `most`; empty behind the last.
    pub(crate) fn read(&mut self, most: usize, buffer: &mut Vec<u8>) -> Result<usize, DataError> {
        let count = most.min(self.rows - self.next);
        buffer.resize(count * self.row_bytes, 0);
        match &self.columns {
            Some(Columns { bytes, element, places }) => {
                for (at, place) in places.iter().enumerate() {
                    for row in 0..count {
                        let from = (place + self.next + row) * element;
                        let to = row * self.row_bytes + at * element;
                        buffer[to..to + element].copy_from_slice(&bytes[from..from + element]);
                    }
                }
            }
            None => {
                let got = self.stream.fill(buffer)?;
                if got < buffer.len() {
                    let (rows, bytes, found) = (self.rows, self.row_bytes, self.next + got / self.row_bytes.max(1));
                    let reason = format!("expected {rows} rows of {bytes} bytes, the data ends in row {found}");
                    return Err(self.stream.malformed(reason));
                }
            }
        }
        self.next += count;
        Ok(count)
    }
}

/// Where the elements of the first row lie in column-major order, in the row's own row-major order.
fn places(rows: usize, sizes: &[usize]) -> Vec<usize> {
    let mut strides = Vec::with_capacity(sizes.len());
    let mut stride = rows;
    for &size in sizes {
        strides.push(stride);
        stride *= size;
    }
    let mut out = vec![0];
    for (&size, &stride) in sizes.iter().zip(&strides) {
        out = out.iter().flat_map(|&at| (0..size).map(move |i| at + i * stride)).collect();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn rows_of_both_orders_are_the_same() {
        // numpy: a = arange(24).reshape(2, 3, 4); a.tobytes("F").
        let fortran = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
        let plain: Vec<u8> = (0..24).collect();
        for (bytes, column_major) in [(&fortran[..], true), (&plain[..], false)] {
            let mut stream = Stream::new(Path::new("x"), None, bytes);
            let mut rows = Rows::new(&mut stream, &[2, 3, 4], 1, column_major).unwrap();
            let (mut buffer, mut all) = (Vec::new(), Vec::new());
            while rows.read(1, &mut buffer).unwrap() > 0 {
                all.extend_from_slice(&buffer);
            }
            assert_eq!(all, plain);
        }
    }

    #[test]
    fn a_header_that_promises_too_much_takes_no_memory() {
        let mut stream = Stream::new(Path::new("x"), None, &[0u8; 100][..]);
        let error = Rows::new(&mut stream, &[1000, 1000, 1000], 1, true).err().unwrap().to_string();
        assert!(error.contains("ends after 100"), "{error}");
        let mut stream = Stream::new(Path::new("x"), None, &[0u8; 100][..]);
        assert!(Rows::new(&mut stream, &[100_000, 1000, 1000], 1, true).is_err());
    }
}
