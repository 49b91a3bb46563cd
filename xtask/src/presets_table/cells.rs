//! The cells of the table of presets: which preset on which data.

use std::path::{Path, PathBuf};

/// A preset on some data.
pub struct Cell {
    /// The preset.
    pub preset: &'static str,
    /// The folder of the data.
    pub data: &'static str,
}

const fn cell(preset: &'static str, data: &'static str) -> Cell {
    Cell { preset, data }
}

/// Every cell: three presets on images of three kinds, the others on one.
pub const CELLS: &[Cell] = &[
    cell("dcgan", "fashion-mnist"),
    cell("dcgan", "crawl-tiles"),
    cell("dcgan", "pneumonia-mnist"),
    cell("sngan", "fashion-mnist"),
    cell("sngan", "crawl-tiles"),
    cell("sngan", "pneumonia-mnist"),
    cell("r3gan", "fashion-mnist"),
    cell("r3gan", "crawl-tiles"),
    cell("r3gan", "pneumonia-mnist"),
    cell("lsgan", "fashion-mnist"),
    cell("wgan_gp", "fashion-mnist"),
    cell("cgan", "fashion-mnist"),
    cell("acgan", "fashion-mnist"),
    cell("projection", "fashion-mnist"),
    cell("mlp", "fashion-mnist"),
    cell("article", "fashion-mnist"),
    cell("ring2d", "ring2d"),
    cell("ring2d", "grid2d"),
];

impl Cell {
    /// Its name, which its files have.
    pub fn name(&self) -> String {
        format!("{}-{}", self.preset, self.data)
    }

    /// What `train` takes as data.
    pub fn source(&self, folder: &Path) -> PathBuf {
        match self.data {
            "ring2d" | "grid2d" => self.data.into(),
            "pneumonia-mnist" => {
                // The folder holds one file besides its notice.
                let found = std::fs::read_dir(folder.join(self.data)).ok();
                let files = found.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
                let npz = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "npz"));
                npz.unwrap_or_else(|| folder.join(self.data))
            }
            _ => folder.join(self.data),
        }
    }

    /// How the data is read.
    pub fn flags(&self) -> &'static [&'static str] {
        match self.data {
            "crawl-tiles" => &["--resolution", "32", "--channels", "3"],
            _ => &[],
        }
    }

    /// Whether the table's width is the preset's: points and dense layers have their own.
    pub fn takes_width(&self) -> bool {
        !matches!(self.preset, "ring2d" | "mlp")
    }
}
