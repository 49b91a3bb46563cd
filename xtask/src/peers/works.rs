//! The work that is compared, and what does it in each framework. To add one: a spec in `benches/workloads`, a script in
//! `benches/peers`, and a line in [`WORKS`]. Not here: running it (`contest.rs`).

/// One work in every framework that has it.
#[derive(Debug)]
pub struct Work {
    /// Its name for `--only` and in the table.
    pub name: &'static str,
    /// Words after `ganymede bench`.
    pub ganymede: &'static [&'static str],
    /// Script and words of Keras.
    pub keras: Option<(&'static str, &'static [&'static str])>,
    /// Script and words of PyTorch.
    pub torch: Option<(&'static str, &'static [&'static str])>,
    /// Whether `torch.compile` takes part: it refuses the derivative of a derivative.
    pub compiled: bool,
    /// Samples in a batch.
    pub batch: u32,
    /// What is measured.
    pub measure: Measure,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Milliseconds of a training step.
    Step,
    /// Seconds of generating so many samples.
    Samples(u32),
    /// Milliseconds from the start of the process to the end of its first step.
    FirstStep,
}

/// How many samples are generated.
pub const SAMPLES: u32 = 10_000;

const STEP: Work =
    Work { name: "", ganymede: &[], keras: None, torch: None, compiled: false, batch: 64, measure: Measure::Step };

const DCGAN_28: Work = Work {
    name: "dcgan-28",
    ganymede: &["dcgan", "--resolution", "28", "--channels", "1"],
    keras: Some(("keras_dcgan.py", &["--resolution", "28"])),
    torch: Some(("torch_dcgan.py", &["--resolution", "28"])),
    compiled: true,
    ..STEP
};

const DCGAN_64: Work = Work {
    name: "dcgan-64",
    ganymede: &["dcgan", "--resolution", "64", "--channels", "3"],
    keras: Some(("keras_dcgan.py", &["--resolution", "64"])),
    torch: Some(("torch_dcgan.py", &["--resolution", "64"])),
    compiled: true,
    ..STEP
};

/// Every work, in the order of the table.
pub const WORKS: &[Work] = &[
    DCGAN_64,
    DCGAN_28,
    Work {
        name: "sngan",
        ganymede: &["sngan"],
        keras: Some(("keras_sngan.py", &[])),
        torch: Some(("torch_sngan.py", &[])),
        compiled: true,
        ..STEP
    },
    Work { name: "wgan_gp", ganymede: &["wgan_gp"], torch: Some(("torch_wgan_gp.py", &[])), ..STEP },
    Work { name: "r3gan", ganymede: &["r3gan"], torch: Some(("torch_r3gan.py", &[])), ..STEP },
    Work { name: "tabular", ganymede: &["tabular"], torch: Some(("torch_tabular.py", &[])), batch: 500, ..STEP },
    Work { name: "dcgan3d", ganymede: &["dcgan3d"], torch: Some(("torch_dcgan3d.py", &[])), batch: 8, ..STEP },
    Work { name: "sampling", compiled: false, measure: Measure::Samples(SAMPLES), ..DCGAN_64 },
    Work { name: "first-step", compiled: false, measure: Measure::FirstStep, ..DCGAN_28 },
];
