//! Reading bytes in order, with the position in every error. Not here: what the bytes mean (`array.rs`, `idx.rs`).

use crate::error::{DataError, Position};
use crate::limits::{Bounded, expansion_limit};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A stream of bytes that knows its file and how far it has come.
pub(crate) struct Stream<'a> {
    path: PathBuf,
    member: Option<String>,
    reader: Box<dyn Read + 'a>,
    position: u64,
}

impl<'a> Stream<'a> {
    /// A stream of any reader; errors name `path`, and `member` of it when there is one.
    pub(crate) fn new(path: &Path, member: Option<&str>, reader: impl Read + 'a) -> Self {
        Stream { path: path.into(), member: member.map(Into::into), reader: Box::new(reader), position: 0 }
    }

    /// A file, decompressed when it starts with gzip's magic bytes.
    pub(crate) fn open(path: &Path) -> Result<Stream<'static>, DataError> {
        let mut file = File::open(path).map_err(crate::error::io_error(path, "open"))?;
        let bytes = file.metadata().map_err(crate::error::io_error(path, "read"))?.len();
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic).map_err(crate::error::io_error(path, "read"))?;
        let whole = Cursor::new(magic.clone()).chain(BufReader::with_capacity(1 << 18, file));
        Ok(match magic[..] {
            [0x1f, 0x8b] => Stream::new(path, None, Bounded::new(MultiGzDecoder::new(whole), expansion_limit(bytes))),
            _ => Stream::new(path, None, whole),
        })
    }

    /// Bytes in memory, decompressed when they are gzip; for data that ships.
    pub(crate) fn embedded(name: &Path, bytes: &'static [u8]) -> Stream<'static> {
        Stream::new(name, None, MultiGzDecoder::new(bytes))
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The member of the file, or the file as a whole.
    pub(crate) fn place(&self) -> Position {
        self.member.clone().map_or(Position::Whole, Position::Member)
    }

    /// An error here.
    pub(crate) fn malformed(&self, reason: impl Into<String>) -> DataError {
        let reason = match &self.member {
            Some(member) => format!("member `{member}`: {}", reason.into()),
            None => reason.into(),
        };
        DataError::Malformed { path: self.path.clone(), at: Position::Byte(self.position), reason }
    }

    fn failed(&self, error: io::Error) -> DataError {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof | ErrorKind::Other => {
                self.malformed(error.to_string())
            }
            _ => DataError::Io { path: self.path.clone(), doing: "read", source: error },
        }
    }

    /// Reads until `buffer` is full or the stream ends; gives the number of bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => {
                    filled += n;
                    self.position += n as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    /// Reads exactly `N` bytes of `what`.
    pub(crate) fn take<const N: usize>(&mut self, what: &str) -> Result<[u8; N], DataError> {
        let mut bytes = [0; N];
        match self.fill(&mut bytes)? {
            n if n == N => Ok(bytes),
            n => Err(self.malformed(format!("expected {N} bytes of {what}, found {n}"))),
        }
    }

    /// Reads to the end, which must be here: checks what follows the data, checksums of compressed streams too.
    pub(crate) fn end(&mut self) -> Result<(), DataError> {
        match self.fill(&mut [0])? {
            0 => Ok(()),
            _ => Err(self.malformed("expected the end of the data, found more bytes")),
        }
    }
}
