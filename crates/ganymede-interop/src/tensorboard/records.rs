//! A file of records, as TensorFlow's `TFRecordWriter` makes it: length, checksum of the length, bytes, checksum of the bytes, in
//! little-endian order. Not here: what the bytes are (`messages.rs`).

use super::messages::{EventMessage, What};
use crate::error::InteropError;
use crc::{CRC_32_ISCSI, Crc};
use prost::Message;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What the names of event files begin with.
const BEGINS: &str = "events.out.tfevents.";
/// Version of a file: what readers know to begin with a [`Session`](super::messages::Session).
const VERSION: &str = "brain.Event:2";
/// CRC-32C.
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// The checksum of a record: CRC-32C, turned and moved, since a checksum of what has checksums in it is weak.
fn masked(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The record of these bytes.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), bytes, &masked(bytes).to_le_bytes()].concat()
}

/// A file that events are written to.
#[derive(Debug)]
pub(super) struct Records {
    path: PathBuf,
    file: File,
}

impl Records {
    /// The next file of a folder: readers take files in the order of their names, which hold the second in which they were made. Another of
    /// the same second, or of a clock that went wrong, is one later.
    pub fn create(folder: &Path, wall: f64) -> Result<Records, InteropError> {
        std::fs::create_dir_all(folder).map_err(|e| InteropError::io(folder, "create", e))?;
        let mut second = newest(folder)?.map_or(wall as u64, |newest| newest.saturating_add(1).max(wall as u64));
        loop {
            let path = folder.join(name(second));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Records { path, file }.begun(wall),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => second = second.saturating_add(1),
                Err(error) => return Err(InteropError::io(&path, "create", error)),
            }
        }
    }

    /// A file of its own in a folder, instead of one of the same name.
    pub fn replace(folder: &Path, wall: f64) -> Result<Records, InteropError> {
        std::fs::create_dir_all(folder).map_err(|e| InteropError::io(folder, "create", e))?;
        let path = folder.join(name(wall as u64));
        let file = File::create(&path).map_err(|e| InteropError::io(&path, "create", e))?;
        Records { path, file }.begun(wall)
    }

    fn begun(mut self, wall: f64) -> Result<Records, InteropError> {
        let version = What::FileVersion(VERSION.into());
        self.write(&[EventMessage { wall_time: wall, step: 0, what: Some(version) }])?;
        Ok(self)
    }

    /// Appends events, at once: readers may look at any time.
    pub fn write(&mut self, events: &[EventMessage]) -> Result<(), InteropError> {
        let bytes: Vec<u8> = events.iter().flat_map(|event| record(&event.encode_to_vec())).collect();
        self.file.write_all(&bytes).map_err(|e| InteropError::io(&self.path, "write", e))
    }
}

fn name(second: u64) -> String {
    format!("{BEGINS}{second:010}.ganymede")
}

/// The second of the newest event file in a folder, whoever wrote it; none where there is no such file.
pub(super) fn newest(folder: &Path) -> Result<Option<u64>, InteropError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(InteropError::io(folder, "read", error)),
    };
    let second = |name: &str| name.strip_prefix(BEGINS)?.split('.').next()?.parse().ok();
    Ok(entries.flatten().filter_map(|entry| second(entry.file_name().to_str()?)).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32C (RFC 3720), and by hand: 0xe3069283 turned by 15 bits is 0x2507c60d.
    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(CRC.checksum(b"123456789"), 0xe306_9283);
        assert_eq!(0xe306_9283_u32.rotate_right(15), 0x2507_c60d);
        assert_eq!(masked(b"123456789"), 0xc78a_b0e5);
        let record = record(b"123456789");
        assert_eq!(record.len(), 8 + 4 + 9 + 4);
        assert_eq!(record[..8], [9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(record[8..12], masked(&record[..8]).to_le_bytes());
        assert_eq!(record[12..21], *b"123456789");
        assert_eq!(record[21..], [0xe5, 0xb0, 0x8a, 0xc7]);
    }

    #[test]
    fn files_of_a_folder_are_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let names = |folder: &Path| -> Vec<String> {
            let mut names: Vec<_> =
                std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(newest(&folder.path().join("none")).unwrap(), None);
        for wall in [2000.5, 2000.7, 17.0] {
            Records::create(folder.path(), wall).unwrap();
        }
        let wanted = [2000, 2001, 2002].map(|second| format!("events.out.tfevents.{second:010}.ganymede"));
        assert_eq!(names(folder.path()), wanted);
        std::fs::write(folder.path().join("events.out.tfevents.0000009999.host.1.v2"), b"").unwrap();
        assert_eq!(newest(folder.path()).unwrap(), Some(9999));
    }
}
