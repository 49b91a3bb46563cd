//! Spectral normalization of another layer's kernel.

use super::{Inner, Layer};
use crate::Initializer;
use crate::config::configured;
use crate::initializers::TruncatedNormal;
use crate::scope::{Mode, Scope, Substitute};
use ganymede_graph::Expr;

configured! {
    /// The layer with W/σ in place of its kernel (or embeddings) W, where σ = v·W·uᵀ is about W's largest
    /// singular value and W counts as a matrix of its last axis: (…, outputs), of a transposed convolution (…, inputs), as in
    /// Keras.
    ///
    /// u is a state. A traced phase in training runs the power iteration v ← normal(u·Wᵀ), u ← normal(v·W) once,
    /// power_iterations times, however often the layer is applied. W stays as it is; σ is differentiated, u and v
    /// are constants. In use, u stays and v follows from it.
    ///
    /// # Shapes
    /// Those of the layer; u is (1, outputs).
    ///
    /// # Source
    /// Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral Normalization for Generative Adversarial Networks",
    /// arXiv:1802.05957, algorithm 1.
    ///
    /// # Differs
    /// Keras divides the stored kernel by σ at every training call, and uses the stored kernel as it is.
    pub struct SpectralNormalization {
        /// The layer, which has a kernel or embeddings.
        layer: Inner = Inner(std::sync::Arc::new(super::Identity::new())),
        ;
        /// Steps of the power iteration in a phase.
        power_iterations: usize = 1,
    }
}

/// Most steps of the power iteration: each is a node of the graph, and a few are exact enough.
const MOST_ITERATIONS: usize = 100;

/// Layers that multiply with more than their `kernel`, or with another matrix than the last axis of it makes, and what holds such ones.
const MORE_KERNELS: &[&str] = &["Bidirectional", "GRU", "LSTM", "MultiHeadAttention", "SimpleRNN", "TimeDistributed"];

impl Layer for SpectralNormalization {
    described!("SpectralNormalization");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if !(1..=MOST_ITERATIONS).contains(&self.power_iterations) {
            let message =
                format!("expected power_iterations from 1 to {MOST_ITERATIONS}, found {}", self.power_iterations);
            return vec![scope.builder().error(message, None)];
        }
        let class = self.layer.0.class_name();
        if MORE_KERNELS.contains(&class) {
            let message =
                format!("expected a layer whose kernel is the matrix that it multiplies with, found `{class}`");
            let hint = match class {
                "TimeDistributed" => "normalize the layer inside of it",
                _ => "normalize layers around it, or use ganymede>SelfAttention2D of images",
            };
            return vec![scope.builder().error(message, Some(hint.into()))];
        }
        let before = scope.parameters().len();
        let normal = scope.with_substitute(Spectral { power_iterations: self.power_iterations });
        let outputs = self.layer.0.build(&normal, inputs);
        let names = scope.parameters();
        // A layer of several convolutions has one for each.
        let of_layer = |name: &str| {
            name.strip_prefix(scope.path()).is_some_and(|n| n.starts_with('/') && n.ends_with("/vector_u"))
        };
        if !scope.builder().has_errors() && names.len() >= before && !names.iter().any(|p| of_layer(&p.name)) {
            let message = format!("expected a layer with a kernel or embeddings, found `{class}`");
            return vec![scope.builder().error(message, Some("wrap a Dense, Conv or Embedding layer".into()))];
        }
        outputs
    }
}

/// Puts W/σ in place of W.
struct Spectral {
    power_iterations: usize,
}

impl Substitute for Spectral {
    fn substitute<'g>(&self, scope: &Scope<'g>, name: &str, raw: Expr<'g>) -> Expr<'g> {
        if !matches!(name, "kernel" | "embeddings") || raw.is_poison() {
            return raw;
        }
        // After an update of W in the same trace, the normalized kernel is another one.
        scope.memo(&format!("{name}/{}", raw.id().0), || self.normalized(scope, raw))
    }
}

impl Spectral {
    fn normalized<'g>(&self, scope: &Scope<'g>, raw: Expr<'g>) -> Expr<'g> {
        let shape = raw.shape();
        let outputs = shape[shape.rank() - 1];
        let matrix = raw.reshape([shape.elements() / outputs.max(1), outputs]);
        let constant = matrix.stop_gradient();
        let initializer: Initializer = TruncatedNormal::new().stddev(0.02).into();
        let mut u = scope.statistic("vector_u", [1, outputs], &initializer);
        let back = |u: Expr<'g>| unit(u.matmul_transposed(constant, false, true)); // (1, rows)
        let mut v = back(u);
        if scope.mode() == Mode::Train && scope.trainable() {
            u = unit(v.matmul(constant));
            for _ in 1..self.power_iterations {
                v = back(u);
                u = unit(v.matmul(constant));
            }
            scope.assign("vector_u", u);
        }
        let (u, v) = (unit(u).stop_gradient(), v.stop_gradient());
        let sigma = (v.matmul(matrix) * u).sum();
        raw / sigma.maximum(1e-12)
    }
}

/// x / |x|; zeros stay.
fn unit(x: Expr<'_>) -> Expr<'_> {
    x * x.square().sum().maximum(1e-24).rsqrt()
}
