//! The bias of an `LSTM` whose forget gate is open at first. Keras has no such class: its layer makes these values itself.

use super::{Initialize, Initializer};
use crate::arguments::{Argument, IntoArgument};
use crate::config::{Misread, configured};
use ganymede_tensor::{Rng, Shape};
use serde_json::Value;

configured! {
    /// Four blocks: the second is ones, the others are those of another initializer.
    ///
    /// # Source
    /// Jozefowicz, Zaremba, Sutskever (2015), "An empirical exploration of recurrent network architectures".
    pub struct UnitForgetBias {
        ;
        /// What gives the other blocks.
        initializer: Box<Initializer> = Box::new(Initializer::zeros()),
    }
}

impl Initialize for UnitForgetBias {
    fn check_shape(&self, shape: &Shape) -> Result<(), String> {
        match shape[..] {
            [n] if n.is_multiple_of(4) => self.initializer.object().check_shape(&Shape::from([n / 4])),
            _ => Err("1 axis of 4 blocks".into()),
        }
    }

    fn own_seed(&self) -> Option<u64> {
        self.initializer.object().own_seed()
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        let units = shape.elements() / 4;
        let mut values = self.initializer.object().fill(rng, &Shape::from([units]));
        values.extend(std::iter::repeat_n(1.0, units));
        values.extend(self.initializer.object().fill(rng, &Shape::from([2 * units])));
        values
    }
}

impl Argument for Box<Initializer> {
    fn expected() -> String {
        Initializer::expected()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        Initializer::read(value).map(Box::new)
    }
    fn write(&self) -> Value {
        Argument::write(&**self)
    }
}

impl IntoArgument<Box<Initializer>> for Initializer {
    fn into_argument(self) -> Box<Initializer> {
        Box::new(self)
    }
}
