//! The formats that a run is exported in: a line each. To add one: a file (or folder) with a constant [`Format`], and a line in
//! [`FORMATS`]; the command, its help and its messages follow from the table. Not here: how each is written.

use crate::error::InteropError;
use crate::trained::{Network, Trained};
use crate::{hub, keras, onnx, own, tensorboard, torch};
use ganymede_nn::config::nearest;
use std::path::Path;

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Whether it is a file or a folder.
    pub place: Place,
    /// Names of the options of [`ExportOptions`] that it takes.
    pub options: &'static [&'static str],
    /// Writes the run to a path where nothing is; gives what there is to say about it.
    pub write: fn(&Trained, &ExportOptions, &Path) -> Result<Vec<String>, InteropError>,
}

/// What an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file whose name ends so.
    File(&'static str),
    /// A folder whose usual name ends so.
    Folder(&'static str),
}

/// Every format.
pub const FORMATS: &[Format] =
    &[onnx::FORMAT, keras::FORMAT, torch::FORMAT, own::FORMAT, hub::FORMAT, tensorboard::FORMAT];

/// What to write of a run, and how. Formats take some of it each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportOptions {
    /// Which network; `network`.
    pub network: Option<Network>,
    /// In which numbers samples come; `output`.
    pub output: Option<Output>,
    /// In which order the axes of an image are; `layout`.
    pub layout: Option<Layout>,
    /// The number of samples, where it is fixed; `batch`.
    pub batch: Option<usize>,
    /// The licence under which the network is given away; `license`.
    pub license: Option<String>,
}

impl ExportOptions {
    /// Names of the options that are set.
    fn set(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.network.is_some(), "network"),
            (self.output.is_some(), "output"),
            (self.layout.is_some(), "layout"),
            (self.batch.is_some(), "batch"),
            (self.license.is_some(), "license"),
        ];
        all.into_iter().filter(|(set, _)| *set).map(|(_, name)| name)
    }
}

/// In which numbers samples come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// As the network makes them: of most −1 to 1.
    #[default]
    Signed,
    /// 0 to 1.
    Unit,
    /// Whole numbers 0 to 255: the bytes of a PNG.
    Uint8,
    /// The units and the type of the data.
    Data,
}

impl Output {
    /// All of them.
    pub const ALL: [Output; 4] = [Output::Signed, Output::Unit, Output::Uint8, Output::Data];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Output::Signed => "signed",
            Output::Unit => "unit",
            Output::Uint8 => "uint8",
            Output::Data => "data",
        }
    }
}

/// In which order the axes of an image are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// (N, channels, height, width).
    #[default]
    Nchw,
    /// (N, height, width, channels).
    Nhwc,
}

impl Layout {
    /// Both.
    pub const ALL: [Layout; 2] = [Layout::Nchw, Layout::Nhwc];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Layout::Nchw => "nchw",
            Layout::Nhwc => "nhwc",
        }
    }
}

/// The format of a name.
///
/// # Errors
/// [`InteropError::Argument`] with what may have been meant and all that there are.
pub fn format(name: &str) -> Result<&'static Format, InteropError> {
    if let Some(found) = FORMATS.iter().find(|format| format.name == name) {
        return Ok(found);
    }
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let meant = nearest(name, names.iter().copied()).map(|name| format!("; did you mean `{name}`?"));
    let reason = format!("expected one of {}, found `{name}`{}", names.join(", "), meant.unwrap_or_default());
    Err(InteropError::Argument { what: "format".into(), reason })
}

/// Writes a run in a format; gives what there is to say about it. With `overwrite` a file at `out` is
/// replaced; in a folder the files of the same names are.
///
/// # Errors
/// [`InteropError::Argument`] for an option that the format does not take; [`InteropError::Exists`] where something else is at
/// `out`, which is left as it is; what writing gives.
pub fn export(
    trained: &Trained,
    format: &Format,
    options: &ExportOptions,
    out: &Path,
    overwrite: bool,
) -> Result<Vec<String>, InteropError> {
    if let Some(option) = options.set().find(|option| !format.options.contains(option)) {
        let takes = FORMATS.iter().filter(|format| format.options.contains(&option));
        let takes: Vec<&str> = takes.map(|format| format.name).collect();
        let reason = format!("expected the format {}, found {}", takes.join(" or "), format.name);
        return Err(InteropError::Argument { what: format!("--{option}"), reason });
    }
    if let Ok(there) = out.symlink_metadata()
        && !(overwrite && there.is_dir() == matches!(format.place, Place::Folder(_)))
    {
        let what = if there.is_dir() { "a folder" } else { "a file" };
        return Err(InteropError::Exists { path: out.into(), what });
    }
    (format.write)(trained, options, out)
}
