//! Kernels of a short-time Fourier transform. Not here: random kernels.

use super::Initialize;
use crate::arguments::words;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};
use std::f64::consts::PI;

words! {
    /// Which part of the complex kernel.
    pub enum Side {
        /// Cosines.
        Real = "real",
        /// Sines.
        Imag = "imag",
    }
}

words! {
    /// Window over time.
    pub enum WindowFunction {
        /// ½ − ½ cos.
        Hann = "hann",
        /// 0.54 − 0.46 cos.
        Hamming = "hamming",
        /// 0.42 − ½ cos + 0.08 cos of twice the angle.
        Blackman = "blackman",
        /// Triangle that ends at 0.
        Bartlett = "bartlett",
        /// Ones.
        Boxcar = "boxcar",
    }
}

words! {
    /// What the window is divided by.
    pub enum Scaling {
        /// √Σ w².
        Density = "density",
        /// Σ |w|.
        Spectrum = "spectrum",
    }
}

configured! {
    /// w(t) / s · cos or sin(−2π t f / F) at (t, 0, f): a convolution with it is the real or imaginary part of a
    /// short-time Fourier transform with F = 2·(size of the last axis − 1) points.
    ///
    /// # Shapes
    /// (T, 1, F/2 + 1).
    ///
    /// # Differs
    /// Of the windows that Keras takes from SciPy, the five of [`WindowFunction`].
    pub struct STFT {
        ;
        /// Real or imaginary part.
        side: Side = Side::Real,
        /// Window w over time; none where it is null.
        window: Option<WindowFunction> = Some(WindowFunction::Hann),
        /// What the window is divided by, s; 1 where it is null.
        scaling: Option<Scaling> = Some(Scaling::Density),
        /// Whether the window has period T instead of T − 1.
        periodic: bool = false,
    }
}

impl Initialize for STFT {
    fn check_shape(&self, shape: &Shape) -> Result<(), String> {
        match shape[..] {
            [_, 1, frequencies] if frequencies >= 2 => Ok(()),
            _ => Err("a shape (T, 1, F/2 + 1) with F of 2 or more".into()),
        }
    }

    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        let (frame, frequencies) = (shape[0], shape[2]);
        let mut weights: Vec<f64> = match self.window {
            Some(window) => (0..frame).map(|t| window.at(t, frame, self.periodic)).collect(),
            None => vec![1.0; frame],
        };
        if self.window.is_some() {
            let scale = match self.scaling {
                Some(Scaling::Density) => weights.iter().map(|w| w * w).sum::<f64>().sqrt(),
                Some(Scaling::Spectrum) => weights.iter().map(|w| w.abs()).sum(),
                None => 1.0,
            };
            weights.iter_mut().for_each(|w| *w /= scale);
        }
        let points = ((frequencies - 1) * 2) as f64;
        let wave = match self.side {
            Side::Real => libm::cos,
            Side::Imag => libm::sin,
        };
        (0..frame * frequencies)
            .map(|i| {
                let (t, f) = (i / frequencies, (i % frequencies) as f64);
                weights[t] * wave(-2.0 * t as f64 * (f / points) * PI)
            })
            .collect()
    }
}

impl WindowFunction {
    /// The weight at `t` of `length`.
    fn at(self, t: usize, length: usize, periodic: bool) -> f64 {
        if length == 1 {
            return 1.0;
        }
        let period = if periodic { length } else { length - 1 } as f64;
        let t = t as f64;
        let angle = 2.0 * PI * t / period;
        match self {
            WindowFunction::Hann => 0.5 - 0.5 * libm::cos(angle),
            WindowFunction::Hamming => 0.54 - 0.46 * libm::cos(angle),
            WindowFunction::Blackman => 0.42 - 0.5 * libm::cos(angle) + 0.08 * libm::cos(2.0 * angle),
            WindowFunction::Bartlett => 1.0 - (2.0 * t / period - 1.0).abs(),
            WindowFunction::Boxcar => 1.0,
        }
    }
}
