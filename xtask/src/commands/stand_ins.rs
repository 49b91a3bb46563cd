//! What the commands of a page speak of, made small: a folder of images, the same as an archive, and the runs that another page
//! would have made. Not here: the commands (`mod.rs`).

use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Images of each of the two classes in `photos`; more than a batch.
const IMAGES: usize = 24;

/// Where the commands of a page run.
pub struct Place {
    /// The folder that they stand in; also the home folder, with a cache of its own.
    pub folder: PathBuf,
    /// The repository.
    pub root: PathBuf,
    /// Where the command and the examples lie.
    pub built: PathBuf,
}

impl Place {
    /// Makes the folder, with what any page speaks of.
    pub fn prepare(&self) -> io::Result<()> {
        let images = images();
        for (name, bytes) in &images {
            let path = self.folder.join("photos").join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            std::fs::write(path, bytes)?;
        }
        std::fs::write(self.folder.join("images.zip"), archive(&images))?;
        let programs = self.folder.join("bin");
        std::fs::create_dir_all(&programs)?;
        symlink(self.built.join("ganymede"), programs.join("ganymede"))?;
        symlink(self.root.join("examples"), self.folder.join("examples"))?;
        for example in std::fs::read_dir(self.root.join("examples"))?.filter_map(Result::ok) {
            let path = PathBuf::from(example.file_name());
            if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                symlink(self.built.join("examples").join(&name), programs.join(format!("example-{name}")))?;
            }
        }
        Ok(())
    }

    /// Makes the runs that a command names and that are not there: those of another page, after two steps.
    pub fn missing_runs(&self, command: &str) -> io::Result<()> {
        for name in command.split_whitespace().filter_map(|word| word.strip_prefix("runs/")) {
            let parts: Vec<&str> = name.splitn(3, '-').collect();
            let [number, preset, data] = parts[..] else { continue };
            let named = number.len() == 5 && number.bytes().all(|digit| digit.is_ascii_digit());
            let path = self.folder.join("runs").join(name);
            if !named || name.contains(['/', '*']) || path.exists() {
                continue;
            }
            let made = format!(
                "ganymede train {data} --preset {preset} --steps 2 --batch 4 --threads 1 --outdir made --name x"
            );
            let output = self.shell(&made)?;
            if !output.status.success() {
                return Err(io::Error::other(format!("{made}: {}", String::from_utf8_lossy(&output.stderr))));
            }
            let run =
                std::fs::read_dir(self.folder.join("made"))?.filter_map(Result::ok).map(|entry| entry.path()).next();
            std::fs::create_dir_all(self.folder.join("runs"))?;
            std::fs::rename(run.ok_or_else(|| io::Error::other(format!("{made}: no run")))?, path)?;
        }
        Ok(())
    }

    /// Runs a line in the folder.
    pub fn shell(&self, line: &str) -> io::Result<Output> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = std::iter::once(self.folder.join("bin")).chain(std::env::split_paths(&path));
        let programs = std::env::join_paths(programs).map_err(io::Error::other)?;
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).current_dir(&self.folder);
        shell.env("PATH", programs).env("HOME", &self.folder).env("GANYMEDE_CACHE", self.folder.join("cache"));
        shell.output()
    }
}

/// Colour images of two classes, as BMP files by their names.
fn images() -> Vec<(String, Vec<u8>)> {
    let class = |(class, name): (usize, &'static str)| {
        (0..IMAGES).map(move |number| {
            (format!("{name}/{number:02}.bmp"), bitmap(36 + number % 3, 40, class * 90 + number * 5))
        })
    };
    ["cats", "dogs"].into_iter().enumerate().flat_map(class).collect()
}

/// A BMP file of 24 bits: a ring whose colour is `tone`.
fn bitmap(width: usize, height: usize, tone: usize) -> Vec<u8> {
    let row = (3 * width).next_multiple_of(4);
    let size = 54 + row * height;
    let mut bytes = b"BM".to_vec();
    for number in [size, 0, 54, 40, width, height] {
        bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }
    bytes.extend_from_slice(&[1, 0, 24, 0]);
    bytes.resize(54, 0);
    for y in 0..height {
        for x in 0..width {
            let distance = (2 * x).abs_diff(width) + (2 * y).abs_diff(height);
            let inside = (10..30).contains(&distance);
            bytes.extend_from_slice(&if inside {
                [tone as u8, 200, 255 - tone as u8]
            } else {
                [30, 30, (y * 3) as u8]
            });
        }
        bytes.resize(54 + row * (y + 1), 0);
    }
    bytes
}

/// A zip archive of files that are stored as they are.
fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = bytes.len() as u32;
        let mut entry = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]; // version, flags, stored, time, date
        for number in [crc32(content), content.len() as u32, content.len() as u32] {
            entry.extend_from_slice(&number.to_le_bytes());
        }
        entry.extend_from_slice(&(name.len() as u16).to_le_bytes());
        entry.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&entry);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&entry);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (count, offset, size) = (files.len() as u16, bytes.len() as u32, directory.len() as u32);
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn bitmaps_have_the_size_that_they_say() {
        let bytes = bitmap(37, 5, 90);
        assert_eq!(bytes.len(), 54 + 112 * 5);
        assert_eq!(bytes[2..6], (bytes.len() as u32).to_le_bytes());
        assert_eq!(bytes[18..26], [37, 0, 0, 0, 5, 0, 0, 0]);
    }
}
