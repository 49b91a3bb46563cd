//! Layers that join several tensors element by element. Not here: one after another (`concatenate.rs`).

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

/// The inputs with the same number of axes: those with fewer get axes of size 1 behind the batch, as in Keras.
///
/// # Errors
/// The recorded error's poison when there are too few, or one of them is a poison. Where their sizes differ, the error is
/// recorded and what comes behind goes on with the first.
fn aligned<'g>(layer: &dyn Layer, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Result<Vec<Expr<'g>>, Expr<'g>> {
    if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
        return Err(*poison);
    }
    if inputs.len() < 2 {
        let message = format!("`{}` expected at least two inputs, found {}", layer.class_name(), inputs.len());
        return Err(scope.builder().error(message, Some("name the layers that it joins in its inputs".into())));
    }
    let batches: Vec<Option<usize>> = inputs.iter().map(|x| x.shape().first().copied()).collect();
    if batches.contains(&None) || batches.iter().any(|b| *b != batches[0]) {
        let found: Vec<String> = inputs.iter().map(|x| x.shape().to_string()).collect();
        let message = format!("`{}` expected inputs of one batch, found {}", layer.class_name(), found.join(" and "));
        return Err(scope.builder().error(message, None));
    }
    let rank = inputs.iter().map(|x| x.rank()).max().unwrap_or(0);
    let align = |x: &Expr<'g>| {
        let shape = x.shape();
        let ones = std::iter::repeat_n(1, rank - shape.rank());
        x.reshape(shape[..1].iter().copied().chain(ones).chain(shape[1..].iter().copied()).collect::<Vec<_>>())
    };
    let aligned: Vec<Expr<'g>> = inputs.iter().map(align).collect();
    let fits = |axis: usize| {
        let mut sizes = aligned.iter().map(|x| x.shape()[axis]).filter(|size| *size != 1);
        let first = sizes.next();
        sizes.all(|size| Some(size) == first)
    };
    if (1..rank).all(fits) {
        return Ok(aligned);
    }
    let sizes = |x: &Expr<'g>| x.shape()[1..].iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    let found = inputs.iter().map(sizes).collect::<Vec<_>>().join(" and ");
    let message = format!("`{}` expected inputs of one shape, found {found}", layer.class_name());
    scope.builder().error(message, None);
    Err(aligned[0])
}

macro_rules! merging {
    ($($(#[$doc:meta])* $name:ident = |$inputs:ident| $merge:expr;)*) => {$(
        configured! {
            $(#[$doc])*
            ///
            /// # Shapes
            /// Two or more tensors that broadcast to one shape; a tensor of fewer axes gets axes of size 1 behind the batch.
            pub struct $name { ; }
        }

        impl Layer for $name {
            described!(stringify!($name));

            fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
                match aligned(self, scope, inputs) {
                    Ok($inputs) => vec![$merge],
                    Err(poison) => vec![poison],
                }
            }
        }
    )*};
}

/// Folds the inputs from the left.
fn fold<'g>(inputs: &[Expr<'g>], f: impl Fn(Expr<'g>, Expr<'g>) -> Expr<'g>) -> Expr<'g> {
    inputs[1..].iter().fold(inputs[0], |sum, &x| f(sum, x))
}

merging! {
    /// a + b + ….
    Add = |inputs| fold(&inputs, |a, b| a + b);
    /// a · b · ….
    Multiply = |inputs| fold(&inputs, |a, b| a * b);
    /// (a + b + …) / n.
    Average = |inputs| fold(&inputs, |a, b| a + b) * (1.0 / inputs.len() as f64);
    /// The largest of a, b, …; a tie's cotangent goes to the first.
    Maximum = |inputs| fold(&inputs, |a, b| a.maximum(b));
    /// The smallest of a, b, …; a tie's cotangent goes to the first.
    Minimum = |inputs| fold(&inputs, |a, b| a.minimum(b));
}

configured! {
    /// a − b.
    ///
    /// # Shapes
    /// Two tensors that broadcast to one shape; the one of fewer axes gets axes of size 1 behind the batch.
    pub struct Subtract { ; }
}

impl Layer for Subtract {
    described!("Subtract");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        match aligned(self, scope, inputs) {
            Ok(both) if both.len() == 2 => vec![both[0] - both[1]],
            Ok(all) => {
                vec![scope.builder().error(format!("`Subtract` expected two inputs, found {}", all.len()), None)]
            }
            Err(poison) => vec![poison],
        }
    }
}
