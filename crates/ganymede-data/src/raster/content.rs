//! What a file is, by its first bytes, where it is none of the images that are read: its name, and what to do with it.
//! Not here: the images that are read (`decode.rs`).

/// A kind of file that is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// Its name.
    pub(crate) name: &'static str,
    /// What to do with it.
    pub(crate) todo: &'static str,
    /// Whether people mean an image by it.
    pub(crate) image: bool,
    /// Endings of its files.
    pub(crate) endings: &'static [&'static str],
}

const fn image(name: &'static str, todo: &'static str, endings: &'static [&'static str]) -> Content {
    Content { name, todo, image: true, endings }
}

const fn other(name: &'static str, todo: &'static str, endings: &'static [&'static str]) -> Content {
    Content { name, todo, image: false, endings }
}

/// Every kind that is told apart.
const KINDS: [Content; 29] = [
    image(
        "HEIC",
        "convert it with `heif-convert IN.heic OUT.jpg`, or export it as JPEG",
        &["heic", "heif", "hif", "heics"],
    ),
    image("AVIF", "convert it with `heif-convert IN.avif OUT.png` or `avifdec`", &["avif", "avifs"]),
    image("JPEG XL", "convert it with `djxl IN.jxl OUT.png`", &["jxl"]),
    image("JPEG 2000", "convert it with `opj_decompress -i IN.jp2 -o OUT.png`", &["jp2", "j2k", "jpf", "jpx", "j2c"]),
    image(
        "a camera's raw image",
        "export it as JPEG or TIFF, such as with `darktable-cli IN OUT.jpg`",
        &[
            "dng", "cr2", "cr3", "nef", "nrw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "srw", "x3f", "3fr",
            "iiq", "erf", "mef", "mrw", "kdc", "dcr",
        ],
    ),
    image("a Photoshop file", "export it as PNG", &["psd", "psb"]),
    image("a GIMP file", "export it as PNG", &["xcf"]),
    image("SVG", "convert it to PNG: `rsvg-convert IN.svg -o OUT.png`", &["svg", "svgz"]),
    image("OpenEXR", "convert it to a TIFF of 32 bits or to .npy", &["exr"]),
    image("Radiance HDR", "convert it to a TIFF of 32 bits or to .npy", &["hdr"]),
    image("ICO", "convert it to PNG: `magick IN.ico OUT.png`", &["ico", "cur"]),
    image("Targa", "convert it to PNG: `magick IN.tga OUT.png`", &["tga"]),
    image("DDS", "convert it to PNG: `magick IN.dds OUT.png`", &["dds"]),
    image("DICOM", "convert it: `dcm2pnm +on2 IN.dcm OUT.png`, or to .npy", &["dcm", "dicom"]),
    image("NIfTI", "write its slices as .npy or PNG", &["nii"]),
    image(
        "a microscope's file",
        "export it as TIFF",
        &["czi", "nd2", "lif", "svs", "ndpi", "mrxs", "vsi", "lsm", "oib", "oif"],
    ),
    other(
        "a film",
        "take images out of it: `ffmpeg -i IN -vf fps=1 OUT-%05d.png`",
        &["mp4", "mov", "avi", "mkv", "webm", "m4v", "mpg", "mpeg", "wmv", "3gp"],
    ),
    other("a zip archive", "name it alone, or unpack it", &["zip"]),
    other(
        "a gzip archive",
        "unpack it: `tar xf FILE` (.tar.gz) or `gunzip FILE`, then name the folder",
        &["gz", "tgz"],
    ),
    other(
        "a bzip2 archive",
        "unpack it: `tar xf FILE` (.tar.bz2) or `bunzip2 FILE`, then name the folder",
        &["bz2", "tbz2"],
    ),
    other(
        "an xz archive",
        "unpack it: `tar xf FILE` (.tar.xz) or `unxz FILE`, then name the folder",
        &["xz", "txz", "lzma"],
    ),
    other(
        "a Zstandard archive",
        "unpack it: `tar xf FILE` (.tar.zst) or `unzstd FILE`, then name the folder",
        &["zst"],
    ),
    other("a tar archive", "unpack it: `tar xf FILE`, then name the folder", &["tar"]),
    other("a RAR archive", "unpack it: `unrar x FILE` or `7z x FILE`, then name the folder", &["rar"]),
    other("a 7-Zip archive", "unpack it: `7z x FILE`, then name the folder", &["7z"]),
    other(
        "HDF5",
        "write its images with h5py and numpy: `numpy.save(\"images.npy\", h5py.File(FILE)[KEY][:])`",
        &["h5", "hdf5", "hdf"],
    ),
    other(
        "a pickle",
        "it can run code and is not read: write what it holds with `numpy.savez(\"set.npz\", images=…, labels=…)`",
        &["pkl", "pickle", "pt", "pth"],
    ),
    other(
        "records of TensorFlow, Arrow or Parquet",
        "write their images as files or as .npz",
        &["tfrecord", "tfrecords", "arrow", "parquet", "lmdb", "mdb", "rec"],
    ),
    other(
        "MATLAB's arrays",
        "write them with scipy and numpy: `numpy.savez(\"set.npz\", images=scipy.io.loadmat(FILE)[KEY])`",
        &["mat"],
    ),
];

/// The kind that endings of this name have.
pub(crate) fn of_ending(ending: &str) -> Option<Content> {
    KINDS.into_iter().find(|kind| kind.endings.contains(&ending))
}

fn named(name: &str) -> Option<Content> {
    KINDS.into_iter().find(|kind| kind.name == name)
}

/// Kinds that are known by the bytes at a place.
const MAGICS: [(usize, &[u8], &str); 24] = [
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw image"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"gimp xcf", "a GIMP file"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"DDS ", "DDS"),
    (128, b"DICM", "DICOM"),
    (0, b"\x1a\x45\xdf\xa3", "a film"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"PAR1", "records of TensorFlow, Arrow or Parquet"),
    (0, b"MATLAB 5.0 MAT-file", "MATLAB's arrays"),
];

/// Whether every file of a kind is known by its bytes.
pub(crate) fn has_magic(kind: &Content) -> bool {
    MAGICS.iter().any(|(.., name)| *name == kind.name)
}

/// The kind of a file by its first 512 bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Content> {
    let has_magic = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if has_magic(4, b"ftyp") {
        let brand = bytes.get(8..12).unwrap_or_default();
        return match brand {
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => named("HEIC"),
            b"avif" | b"avis" => named("AVIF"),
            b"crx " => named("a camera's raw image"),
            _ => named("a film"),
        };
    }
    let text = || {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)])
            .trim_start_matches('\u{feff}')
            .trim_start()
            .to_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
        if head.contains("<svg") {
            named("SVG")
        } else if begins(&["<!doctype html", "<html", "<head", "<body"]) {
            Some(other("a web page (HTML)", "fetch the image again: the server answered with a page", &[]))
        } else if begins(&["version https://git-lfs"]) {
            Some(other("a pointer of Git LFS", "fetch the files: `git lfs pull`", &[]))
        } else {
            None
        }
    };
    MAGICS
        .iter()
        .find(|(offset, magic, _)| has_magic(*offset, magic))
        .and_then(|(_, _, name)| named(name))
        .or_else(text)
        .or_else(|| {
            // Protocol 2 to 5, which begin with their number.
            matches!(bytes, [0x80, 2..=5, ..]).then(|| named("a pickle")).flatten()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_first_bytes() {
        let dicom = [&[0; 128][..], b"DICM"].concat();
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (bytes, name) in [
            (&b"\0\0\0\x18ftypheic\0\0"[..], "HEIC"),
            (b"\0\0\0\x18ftypmif1", "HEIC"),
            (b"\0\0\0\x1cftypavif", "AVIF"),
            (b"\0\0\0\x1cftypisom", "a film"),
            (b"  <!DOCTYPE HTML PUBLIC", "a web page (HTML)"),
            (b"\xef\xbb\xbf<html lang=en>", "a web page (HTML)"),
            (b"<?xml version='1.0'?><svg xmlns=", "SVG"),
            (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
            (b"\x1f\x8b\x08\x08", "a gzip archive"),
            (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive"),
            (b"BZh91AY&SY", "a bzip2 archive"),
            (b"\x80\x04\x95", "a pickle"),
            (&dicom, "DICOM"),
            (&tar, "a tar archive"),
        ] {
            assert_eq!(of_bytes(bytes).map(|kind| kind.name), Some(name));
        }
        for none in [&b""[..], b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\0\0\0\x18ftyp"] {
            assert!(of_bytes(none).is_none_or(|kind| kind.name == "a film"), "{none:?}");
        }
        assert_eq!(of_ending("heic").map(|kind| (kind.name, kind.image)), Some(("HEIC", true)));
    }
}
