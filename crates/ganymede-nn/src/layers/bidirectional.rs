//! A recurrent layer in both directions. Not here: the layers (`lstm.rs`, `gru.rs`, `simple_rnn.rs`).

use super::{Inner, Layer, LayerConfig};
use crate::arguments::words;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};

words! {
    /// How the results of both directions become one.
    pub enum MergeMode {
        /// One after the other, along the last axis.
        Concat = "concat",
        /// Their sum.
        Sum = "sum",
        /// Their product.
        Mul = "mul",
        /// Their mean.
        Ave = "ave",
    }
}

configured! {
    /// The layer, and one like it with weights of its own that begins at the other end; where they give all steps, those of the second
    /// are turned around. Parts of it are `forward_layer` and `backward_layer`.
    ///
    /// # Shapes
    /// Those of the layer; with `concat`, the last axis is twice as long.
    ///
    /// # Errors
    /// Recorded for a layer that is not recurrent, or begins at the end itself.
    ///
    /// # Source
    /// Schuster, Paliwal (1997), "Bidirectional recurrent neural networks".
    pub struct Bidirectional {
        /// The layer of the first direction: an LSTM, GRU or SimpleRNN.
        layer: Inner = Inner(std::sync::Arc::new(super::LSTM::new(1usize))),
        ;
        /// How both become one.
        merge_mode: MergeMode = MergeMode::Concat,
        ; fixed
        weights = null, "load weights from a file instead";
        backward_layer = null, "it is the layer the other way round: remove it";
    }
}

impl Layer for Bidirectional {
    described!("Bidirectional");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let forward = LayerConfig::from(&*self.layer.0);
        if !["GRU", "LSTM", "SimpleRNN"].contains(&forward.class_name.as_str()) {
            let message = format!("expected an LSTM, a GRU or a SimpleRNN, found `{}`", forward.class_name);
            return scope.builder().error(message, None);
        }
        let flag = |name: &str| forward.arguments.get(name) == Some(&true.into());
        let mut other = forward.clone();
        let before = other.arguments.insert("go_backwards".into(), true.into());
        let (Ok(backward), None) = (other.layer(), before) else {
            let message = "expected a layer that begins with the first step, found go_backwards = true".into();
            return scope
                .builder()
                .error(message, Some("remove it: the second layer begins with the last step".into()));
        };
        let of = |layer: &dyn Layer, part: &str| layer.call(&scope.child(part), x);
        let (y, turned) = (of(&*self.layer.0, "forward_layer"), of(&*backward, "backward_layer"));
        if y.is_poison() || turned.is_poison() {
            return y;
        }
        let turned = if flag("return_sequences") { turned.reverse(&[1]) } else { turned };
        match self.merge_mode {
            MergeMode::Concat => concat(&[y, turned], y.rank() - 1),
            MergeMode::Sum => y + turned,
            MergeMode::Mul => y * turned,
            MergeMode::Ave => (y + turned) * 0.5,
        }
    }
}
