//! The cells of the table of presets: which preset on which data.

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
    cell("quick", "fashion-mnist"),
    cell("quick_projection", "fashion-mnist"),
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
