//! Checksums of a large file by block: a block is checked when it is first read, so that opening takes no time.
//! Not here: what else is in the file (`cache.rs`).

use crate::error::{DataError, io_error};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a block.
pub(crate) const BLOCK: u64 = 1 << 20;

/// The blocks of a stretch of a file, and which of them were found whole.
#[derive(Debug)]
pub(crate) struct Blocks {
    /// Where the stretch starts in the file.
    pub(crate) offset: u64,
    length: u64,
    sums: Vec<u32>,
    whole: Vec<AtomicBool>,
}

impl Blocks {
    /// Blocks of which none was read, with their CRC-32.
    pub(crate) fn new(offset: u64, length: u64, sums: Vec<u32>) -> Blocks {
        let whole = sums.iter().map(|_| AtomicBool::new(false)).collect();
        Blocks { offset, length, sums, whole }
    }

    /// How many blocks a stretch has.
    pub(crate) fn count(length: u64) -> u64 {
        length.div_ceil(BLOCK)
    }

    /// Number of blocks.
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Reads block `number` and compares its checksum; gives whether it is what was written.
    pub(crate) fn is_whole(&self, file: &File, number: usize) -> std::io::Result<bool> {
        // Several threads may check one block at once, with the same result.
        if self.whole[number].load(Ordering::Relaxed) {
            return Ok(true);
        }
        let start = number as u64 * BLOCK;
        let mut bytes = vec![0; BLOCK.min(self.length - start) as usize];
        file.read_exact_at(&mut bytes, self.offset + start)?;
        let whole = crc32fast::hash(&bytes) == self.sums[number];
        self.whole[number].store(whole, Ordering::Relaxed);
        Ok(whole)
    }

    /// Checks the blocks that `range` of the stretch lies in. A file with a damaged one is taken away, so that the next opening
    /// builds it again.
    ///
    /// # Errors
    /// [`DataError::DamagedCache`]; [`DataError::Io`].
    pub(crate) fn check(&self, file: &File, path: &Path, range: Range<u64>) -> Result<(), DataError> {
        for number in range.start / BLOCK..range.end.div_ceil(BLOCK) {
            if !self.is_whole(file, number as usize).map_err(io_error(path, "read the cache"))? {
                let removed = std::fs::remove_file(path).is_ok();
                return Err(DataError::DamagedCache { path: path.into(), byte: self.offset + number * BLOCK, removed });
            }
        }
        Ok(())
    }
}

/// Takes bytes in order and gives the checksums of their blocks.
#[derive(Default)]
pub(crate) struct Sums {
    hasher: crc32fast::Hasher,
    filled: u64,
    sums: Vec<u32>,
    total: u64,
}

impl Sums {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min((BLOCK - self.filled) as usize));
            self.hasher.update(now);
            self.filled += now.len() as u64;
            if self.filled == BLOCK {
                self.sums.push(std::mem::take(&mut self.hasher).finalize());
                self.filled = 0;
            }
            bytes = later;
        }
    }

    /// Number of bytes, and the checksum of each block.
    pub(crate) fn finish(mut self) -> (u64, Vec<u32>) {
        if self.filled > 0 {
            self.sums.push(self.hasher.finalize());
        }
        (self.total, self.sums)
    }
}
