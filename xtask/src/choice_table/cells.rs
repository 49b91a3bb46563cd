//! The cells of the table of choice: kinds of data, and the presets that are tried on each.

/// A kind of data: what a preset is chosen for.
pub struct Kind {
    /// Its name, which files and the page have.
    pub name: &'static str,
    /// What the images show, and their side and channels.
    pub data: &'static str,
    pub side: usize,
    pub channels: usize,
    /// The folder or name of the data below `--data`.
    pub source: &'static str,
    /// How it is read.
    pub flags: &'static [&'static str],
    /// Samples that are compared: at most as many as it has to train on.
    pub samples: u32,
    /// The presets that are tried on it.
    presets: &'static [Recipe],
}

/// A preset, and its width where it is not the preset's own.
pub type Recipe = (&'static str, Option<u32>);

/// The candidates: those that were ahead after ten minutes in `docs/reference/presets.md`, and the ones made for minutes.
const CLOTHES: &[Recipe] = &[
    ("quick", None),
    ("quick_projection", None),
    ("dcgan", None),
    ("lsgan", None),
    ("sngan", Some(32)),
    ("projection", Some(32)),
];
const X_RAYS: &[Recipe] = &[("quick", None), ("quick_projection", None), ("dcgan", None), ("sngan", Some(32))];
const SPRITES: &[Recipe] = &[("quick", None), ("dcgan", None), ("lsgan", None), ("sngan", Some(32))];
const LARGE_SPRITES: &[Recipe] = &[("quick", None), ("quick", Some(16)), ("dcgan", None)];

/// Images of a side.
const fn kind(
    name: &'static str,
    (data, side, channels): (&'static str, usize, usize),
    source: &'static str,
    flags: &'static [&'static str],
    (samples, presets): (u32, &'static [Recipe]),
) -> Kind {
    Kind { name, data, side, channels, source, flags, samples, presets }
}

/// Every kind. Presets without classes see the same data as if it had none.
pub const KINDS: &[Kind] = &[
    kind("clothes-28", ("clothes", 28, 1), "fashion-mnist", &[], (2500, CLOTHES)),
    kind("x-rays-28", ("x-rays", 28, 1), "pneumonia-mnist", &[], (2000, X_RAYS)),
    kind("sprites-32", ("sprites", 32, 3), "crawl-tiles", &["--resolution", "32", "--channels", "3"], (2500, SPRITES)),
    kind(
        "sprites-64",
        ("sprites", 64, 3),
        "crawl-tiles",
        &["--resolution", "64", "--channels", "3"],
        (2500, LARGE_SPRITES),
    ),
];

/// A recipe on a kind of data.
pub struct Cell {
    pub preset: &'static str,
    pub width: Option<u32>,
    pub kind: &'static Kind,
}

/// Every cell, the kinds in turn.
pub fn cells() -> Vec<Cell> {
    let cells_of = |kind: &'static Kind| kind.presets.iter().map(move |&(preset, width)| Cell { preset, width, kind });
    KINDS.iter().flat_map(cells_of).collect()
}

impl Cell {
    /// Its name, which its files have.
    pub fn name(&self) -> String {
        let width = self.width.map_or(String::new(), |width| format!("-{width}"));
        format!("{}-{}{width}", self.kind.name, self.preset)
    }

    /// The words that ask for its width.
    pub fn width_words(&self) -> Vec<String> {
        self.width.map_or(Vec::new(), |width| vec!["--width".into(), width.to_string()])
    }
}
