//! The zip that a `.keras` file is: members in one order, stored, without times, so that a network is the same bytes each time. Not
//! here: what the members say.

use crate::error::InteropError;
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// The member with the layers.
pub const CONFIG: &str = "config.json";
/// The member with the arrays.
pub const WEIGHTS: &str = "model.weights.h5";
/// The member with the versions.
const METADATA: &str = "metadata.json";
/// Bytes of a file at the most.
const MOST_BYTES: u64 = 8 << 30;
/// Bytes of `config.json` at the most; a thousand layers are about one million.
const MOST_CONFIG: u64 = 64 << 20;
/// Bytes that one byte of a member may become: no deflated stream gives more than 1032.
const MOST_GROWTH: u64 = 1032;

/// What is taken of a file.
pub struct Members {
    pub config: Vec<u8>,
    pub weights: Vec<u8>,
}

/// Names and bytes of members, in their order.
pub type Files = [(&'static str, Vec<u8>); 3];

/// The members of a file, or those that lie in a folder.
pub fn members(path: &Path) -> Result<Members, InteropError> {
    if !path.is_dir() {
        return read(bytes(path)?);
    }
    Ok(Members { config: bytes(&path.join(CONFIG))?, weights: bytes(&path.join(WEIGHTS))? })
}

/// The bytes of a file of a size that can be held.
pub fn bytes(path: &Path) -> Result<Vec<u8>, InteropError> {
    let failed = |error| InteropError::io(path, "read", error);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MOST_BYTES {
        let reason = format!("expected at most {MOST_BYTES} bytes, found {size}");
        return Err(InteropError::foreign(path.display().to_string(), reason));
    }
    std::fs::read(path).map_err(failed)
}

/// The members of a file's bytes.
pub fn read(bytes: Vec<u8>) -> Result<Members, InteropError> {
    let size = bytes.len() as u64;
    let none = |error: zip::result::ZipError| {
        InteropError::foreign("the file", format!("expected a zip, as Keras 3 writes it, found {error}"))
            .with_hint("a .h5 file of Keras 2 is not one: load it in Keras and save it as .keras")
    };
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(none)?;
    let config = member(&mut zip, CONFIG, MOST_CONFIG)?;
    let weights = member(&mut zip, WEIGHTS, size.saturating_mul(MOST_GROWTH).min(MOST_BYTES))?;
    Ok(Members { config, weights })
}

fn member(zip: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str, most: u64) -> Result<Vec<u8>, InteropError> {
    let failed = |error: String| InteropError::foreign(name, error);
    let mut member = zip.by_name(name).map_err(|error| failed(format!("expected this member, found {error}")))?;
    let declared = member.size();
    if declared > most {
        return Err(failed(format!("expected at most {most} bytes, found {declared}")));
    }
    // What is declared may be wrong: memory grows with what is there.
    let mut bytes = Vec::new();
    member.by_ref().take(declared + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    match bytes.len() as u64 == declared {
        true => Ok(bytes),
        false => Err(failed(format!("expected {declared} bytes, found {}", bytes.len()))),
    }
}

/// The members of a configuration and the bytes of its weights.
pub fn files(config: &Value, weights: Vec<u8>) -> Files {
    let metadata = json!({
        // The version whose form this is; what wrote it stands beside.
        "keras_version": "3.15.1", "date_saved": "1980-01-01@00:00:00", "ganymede_version": env!("CARGO_PKG_VERSION"),
    });
    [(METADATA, metadata.to_string().into_bytes()), (CONFIG, config.to_string().into_bytes()), (WEIGHTS, weights)]
}

/// The zip of members.
pub fn zipped(members: Files) -> Result<Vec<u8>, InteropError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |error: String| InteropError::foreign("the file", format!("it cannot be written: {error}"));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(bytes.len() as u64 >= u64::from(u32::MAX));
        zip.start_file(name, options).map_err(|error| failed(error.to_string()))?;
        zip.write_all(&bytes).map_err(|error| failed(error.to_string()))?;
    }
    Ok(zip.finish().map_err(|error| failed(error.to_string()))?.into_inner())
}
