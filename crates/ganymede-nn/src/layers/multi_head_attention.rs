//! Attention of several heads between sequences. Not here: the attention of an image to itself (`self_attention.rs`).

use super::{Layer, axes, dropout};
use crate::arguments::{Argument, Axes, IntoArgument};
use crate::config::{Misread, configured};
use crate::scope::{ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_tensor::Shape;
use serde_json::{Value, json};

configured! {
    /// Attention of num_heads heads. Of head h, with the three inputs times its matrices (and their biases), q, k, v:
    /// softmax over the positions of k of q·kᵀ/√key_dim, times v; the heads' results, one after another, times the output's matrix.
    ///
    /// Query, value and key are the inputs in this order; without a key the value is the key, too. Parts of it are
    /// `query`, `key`, `value` and `attention_output`, each with its kernel and bias.
    ///
    /// # Shapes
    /// Query (N, T…, A), value (N, S…, B), key (N, S…, C); kernels (A, num_heads, key_dim), (C, num_heads, key_dim),
    /// (B, num_heads, value_dim) and (num_heads, value_dim, output_shape…), biases without the first axes; result
    /// (N, T…, output_shape…), where an absent output_shape is A.
    ///
    /// # Errors
    /// Recorded for inputs that do not fit, and attention_axes that are not all axes between batch and channels.
    ///
    /// # Source
    /// Vaswani et al. (2017), "Attention is all you need", arXiv:1706.03762, section 3.2.2.
    pub struct MultiHeadAttention {
        /// Number of heads.
        num_heads: usize = 1,
        /// Size of q and k of a head.
        key_dim: usize = 1,
        ;
        /// Size of v of a head; key_dim where absent.
        value_dim: Option<usize> = None,
        /// Probability that a share of a position is dropped in training.
        dropout: f64 = 0.0,
        /// Whether there are biases.
        use_bias: bool = true,
        /// Sizes of the result behind the positions.
        output_shape: Option<Sizes> = None,
        /// The axes of the positions: all between batch and channels.
        attention_axes: Option<Axes> = None,
        /// Where kernels start.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where biases start.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What each kernel adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
        /// What each bias adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What each kernel is projected on after each update.
        kernel_constraint: Option<Constraint> = None,
        /// What each bias is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        sliding_window = null, "a position attends to all others here: remove it";
        flash_attention = null, "one implementation computes it here: remove it";
        activity_regularizer = null, "add the term to the loss instead";
        use_gate = false, "join it with a Multiply layer and a Dense of activation sigmoid";
        seed = null, "randomness follows the seed of the run: remove it";
    }
}

/// One or more sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes(pub Vec<usize>);

impl Argument for Sizes {
    fn expected() -> String {
        "a size or a list of sizes".into()
    }
    fn read(value: &Value) -> Result<Self, Misread> {
        match usize::read(value) {
            Ok(size) => Ok(Sizes(vec![size])),
            Err(_) => Vec::read(value).map(Sizes),
        }
    }
    fn write(&self) -> Value {
        if self.0.len() == 1 { json!(self.0[0]) } else { json!(self.0) }
    }
}

impl IntoArgument<Option<Sizes>> for usize {
    fn into_argument(self) -> Option<Sizes> {
        Some(Sizes(vec![self]))
    }
}

impl<const N: usize> IntoArgument<Option<Sizes>> for [usize; N] {
    fn into_argument(self) -> Option<Sizes> {
        Some(Sizes(self.to_vec()))
    }
}

/// Largest number of heads, and size of one.
const MOST: usize = 1 << 20;

impl Layer for MultiHeadAttention {
    described!("MultiHeadAttention");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
            return vec![*poison];
        }
        vec![match inputs {
            [query, value] => self.attention(scope, *query, *value, *value),
            [query, value, key] => self.attention(scope, *query, *value, *key),
            _ => {
                let message = format!("expected two or three inputs, query, value and key, found {}", inputs.len());
                scope
                    .builder()
                    .error(message, Some("name them in its inputs; one layer twice attends to itself".into()))
            }
        }]
    }
}

impl MultiHeadAttention {
    fn attention<'g>(&self, scope: &Scope<'g>, query: Expr<'g>, value: Expr<'g>, key: Expr<'g>) -> Expr<'g> {
        if let Err((message, hint)) = self.check(&query.shape(), &value.shape(), &key.shape()) {
            return scope.builder().error(message, hint);
        }
        let (heads, key_dim) = (self.num_heads, self.key_dim);
        let value_dim = self.value_dim.unwrap_or(key_dim);
        let shape = query.shape();
        let channels = shape.rank() - 1;
        let outputs = match &self.output_shape {
            Some(Sizes(sizes)) => sizes.clone(),
            None => vec![shape[channels]],
        };
        let q = self.heads(scope, "query", query, key_dim);
        let k = self.heads(scope, "key", key, key_dim);
        let v = self.heads(scope, "value", value, value_dim);
        let scores = (q * (1.0 / (key_dim as f64).sqrt())).matmul_transposed(k, false, true).softmax(3); // (N, heads, T, S)
        let shares = dropout::drop(scope, scores, self.dropout, scores.shape());
        let joined = shares.matmul(v).transpose(&[0, 2, 1, 3]); // (N, T, heads, value_dim)
        let positions: usize = shape[1..channels].iter().product();
        let joined = joined.reshape([shape[0], positions, heads * value_dim]);
        let y = self.product(scope, "attention_output", joined, &[heads, value_dim], &outputs);
        y.reshape(shape[..channels].iter().chain(&outputs).copied().collect::<Vec<_>>())
    }

    /// What is wrong with arguments or sizes, and what can be done.
    fn check(&self, query: &Shape, value: &Shape, key: &Shape) -> Result<(), (String, Option<String>)> {
        let possible = |n: usize| (1..=MOST).contains(&n);
        let sizes = [self.num_heads, self.key_dim, self.value_dim.unwrap_or(1)];
        let outputs = self.output_shape.iter().flat_map(|sizes| &sizes.0).copied();
        if !sizes.into_iter().chain(outputs).all(possible) {
            let message =
                format!("expected num_heads, key_dim, value_dim and output_shape from 1 to {MOST}, found others");
            return Err((message, None));
        }
        let rank = query.rank();
        let (positions, found) = (1..rank.saturating_sub(1), format!("{query}, {value} and {key}"));
        let fits = rank >= 3
            && [value, key].iter().all(|x| x.rank() == rank && x[0] == query[0])
            && value[1..rank - 1] == key[1..rank - 1];
        if !fits {
            let message = format!("expected query (N, T, …), value (N, S, …) and key (N, S, …), found {found}");
            let hint = "a Reshape layer makes a sequence of an image or a vector";
            return Err((message, Some(hint.into())));
        }
        match self.attention_axes.as_ref().map(|given| axes::resolve_all(given, rank)) {
            Some(Ok(given)) if !given.iter().copied().eq(positions.clone()) => {
                let message =
                    format!("expected attention over all axes between batch and channels, found axes {given:?}");
                Err((message, Some("make batch, positions and channels of them with a Reshape layer".into())))
            }
            Some(Err(message)) => Err((message, None)),
            _ => Ok(()),
        }
    }

    /// A part's product for each head: (N, heads, positions, size).
    fn heads<'g>(&self, scope: &Scope<'g>, part: &str, x: Expr<'g>, size: usize) -> Expr<'g> {
        let shape = x.shape();
        let channels = shape[shape.rank() - 1];
        let positions: usize = shape[1..shape.rank() - 1].iter().product();
        let flat = x.reshape([shape[0], positions, channels]);
        let product = self.product(scope, part, flat, &[channels], &[self.num_heads, size]);
        product.reshape([shape[0], positions, self.num_heads, size]).transpose(&[0, 2, 1, 3])
    }

    /// (N, positions, ∏ from) times the kernel (from…, to…) of a part, with its bias (to…): (N, positions, ∏ to).
    fn product<'g>(&self, scope: &Scope<'g>, part: &str, x: Expr<'g>, from: &[usize], to: &[usize]) -> Expr<'g> {
        let scope = scope.child(part);
        let (rows, columns) =
            (from.iter().product::<usize>(), to.iter().fold(1usize, |n, &size| n.saturating_mul(size)));
        let spec = ParameterSpec::new(&self.kernel_regularizer, &self.kernel_constraint);
        let kernel = scope.parameter("kernel", [from, to].concat(), &self.kernel_initializer, spec);
        let mut y = x.matmul(kernel.reshape([rows, columns]));
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", to.to_vec(), &self.bias_initializer, spec).reshape([columns]);
        }
        y
    }
}
