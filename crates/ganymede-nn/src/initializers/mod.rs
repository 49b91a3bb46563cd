//! Initializers: first values of parameters, as pure host functions of (seed, parameter path, shape).
//! Not here: random nodes of a graph (`ganymede-graph`), who stores the values (`ganymede-gan`).
//!
//! To add one: a file with its struct (`configured!`) and its [`Initialize`]; a line in the table below. It is
//! then read and written by name, and tested for determinism and round trip.

mod constant;
mod glorot;
mod he;
mod identity;
mod lecun;
mod ones;
mod orthogonal;
mod random_normal;
mod random_uniform;
mod stft;
mod truncated_normal;
mod unit_forget_bias;
mod variance_scaling;
mod zeros;

pub use constant::Constant;
pub use glorot::{GlorotNormal, GlorotUniform};
pub use he::{HeNormal, HeUniform};
pub use identity::Identity;
pub use lecun::{LecunNormal, LecunUniform};
pub use ones::Ones;
pub use orthogonal::Orthogonal;
pub use random_normal::RandomNormal;
pub use random_uniform::RandomUniform;
pub use stft::{STFT, Scaling, Side, WindowFunction};
pub use truncated_normal::TruncatedNormal;
pub use unit_forget_bias::UnitForgetBias;
pub use variance_scaling::{Distribution, FanMode, VarianceScaling, compute_fans};
pub use zeros::Zeros;

use crate::config::{ConfigError, Invalid};
use crate::family::{Misspelt, by_value, family};
use ganymede_tensor::{Rng, Shape, Tensor, stream_of};

/// What every initializer can do.
pub trait Initialize {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// Whether it can fill a tensor of this shape.
    ///
    /// # Errors
    /// Which shapes it takes.
    fn check_shape(&self, _shape: &Shape) -> Result<(), String> {
        Ok(())
    }

    /// A seed of its own, which replaces the run's.
    fn own_seed(&self) -> Option<u64> {
        None
    }

    /// The elements in row-major order, drawn from `rng`; `shape` is one that [`check_shape`](Initialize::check_shape) accepts.
    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64>;
}

family! {
    /// An initializer, by Keras's name.
    ///
    /// ```
    /// use ganymede_nn::Initializer;
    /// use ganymede_tensor::Shape;
    ///
    /// let glorot = Initializer::glorot_uniform();
    /// let kernel = glorot.sample(7, "generator/dense/kernel", &Shape::from([100, 256]))?;
    /// let limit = (6.0f64 / 356.0).sqrt();
    /// assert!(kernel.to_f64().iter().all(|w| w.abs() <= limit));
    /// assert_eq!(kernel, glorot.sample(7, "generator/dense/kernel", &Shape::from([100, 256]))?);
    /// # Ok::<(), ganymede_nn::initializers::InitializerError>(())
    /// ```
    pub enum Initializer: Initialize, "an initializer" {
        Zeros,
        Ones,
        Constant,
        Identity,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        LecunNormal,
        LecunUniform,
        Orthogonal,
        STFT,
        UnitForgetBias,
        ; Misspelt
    }
    aliases {
        "normal" => RandomNormal,
        "uniform" => RandomUniform,
        "one" => Ones,
        "zero" => Zeros,
        "IdentityInitializer" => Identity,
        "OrthogonalInitializer" => Orthogonal,
        "STFTInitializer" => STFT,
    }
}
by_value!(Initializer, "an initializer");

impl Initialize for Misspelt {
    fn check_shape(&self, _: &Shape) -> Result<(), String> {
        Err(self.error().to_string())
    }
    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        vec![f64::NAN; shape.elements()] // `check_shape` refuses every shape
    }
}

/// Why there are no first values.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InitializerError {
    /// The initializer cannot fill the shape.
    #[error("initializer `{class}` expected {expected}, found shape {found}")]
    Shape {
        /// Class name.
        class: String,
        /// The shapes it takes.
        expected: String,
        /// The shape asked for.
        found: Shape,
    },
    /// There is no such initializer.
    #[error("{0}")]
    Name(ConfigError),
}

ganymede_tensor::debug_as_text!(InitializerError, InitializerError::hint);

impl InitializerError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            InitializerError::Shape { class, .. } => {
                Some(format!("give this weight another initializer than `{class}`"))
            }
            InitializerError::Name(error) => error.hint(),
        }
    }
}

impl Initializer {
    /// [`Zeros`]: Keras's default for biases.
    pub fn zeros() -> Self {
        Zeros::new().into()
    }

    /// [`Ones`]: Keras's default for scales.
    pub fn ones() -> Self {
        Ones::new().into()
    }

    /// [`GlorotUniform`]: Keras's default for kernels.
    pub fn glorot_uniform() -> Self {
        GlorotUniform::new().into()
    }

    /// Whether it can fill a tensor of this shape.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_shape(&self, shape: &Shape) -> Result<(), InitializerError> {
        if let Some(given) = self.misspelt() {
            return Err(InitializerError::Name(given.error().clone()));
        }
        let class = || self.class_name().to_string();
        let error = |expected| InitializerError::Shape { class: class(), expected, found: shape.clone() };
        if shape.checked_elements().is_none() {
            return Err(error("a number of elements that fits the address space".into()));
        }
        self.object().check_shape(shape).map_err(error)
    }

    /// First values of the parameter at `path`, as `f32`: the same for the same (seed, path, shape) on every
    /// machine.
    ///
    /// An initializer with a seed of its own takes that one instead of `seed` and leaves `path` aside, so that
    /// equal seeds give equal values, as in Keras.
    ///
    /// # Errors
    /// When it cannot fill this shape.
    ///
    /// # Differs
    /// The distributions are Keras's, the random numbers are not.
    pub fn sample(&self, seed: u64, path: &str, shape: &Shape) -> Result<Tensor, InitializerError> {
        let values = self.values(seed, path, shape)?.into_iter().map(|v| v as f32).collect();
        Ok(Tensor::from_f32(shape, values).expect("an initializer fills every element"))
    }

    /// The values of [`sample`](Initializer::sample) before they are rounded to `f32`, in row-major order.
    ///
    /// # Errors
    /// When it cannot fill this shape.
    pub fn values(&self, seed: u64, path: &str, shape: &Shape) -> Result<Vec<f64>, InitializerError> {
        self.check_shape(shape)?;
        let mut rng = match self.object().own_seed() {
            Some(own) => Rng::new(own, stream_of("")),
            None => Rng::new(seed, stream_of(path)),
        };
        Ok(self.object().fill(&mut rng, shape))
    }
}
