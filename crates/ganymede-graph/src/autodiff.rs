//! Reverse-mode derivatives as a graph transform: cotangents are nodes of the same primitives, so they
//! can be differentiated again, to any order. Not here: the rules of the primitives (`ops/`).

use crate::builder::Builder;
use crate::expr::Expr;
use crate::graph::NodeId;
use crate::ops::Op;

impl<'g> Expr<'g> {
    /// ∂self/∂w for each w of `wrt`; zeros where self does not depend on it. Each w counts as a
    /// variable of its own: a path from one w to another is followed for both.
    ///
    /// ```
    /// # use ganymede_graph::{Array, Builder, interpret};
    /// # use std::collections::{BTreeMap, HashMap};
    /// let builder = Builder::new("penalty");
    /// let x = builder.scalar("x");
    /// let slope = (x * x * x).grad(&[x])[0]; // 3x²
    /// builder.output("of the slope", slope.square().grad(&[x])[0]); // (9x⁴)′ = 36x³
    /// let inputs = HashMap::from([("x".to_string(), Array::scalar(2.0))]);
    /// let outputs = interpret::run(&builder.finish()?, &inputs, &mut BTreeMap::new())?;
    /// assert_eq!(outputs["of the slope"].data, [288.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Shapes
    /// self is a scalar; result i has the shape of `wrt[i]`.
    ///
    /// # Errors
    /// Recorded when self is not a scalar `f32`, or a w is not `f32`.
    #[track_caller]
    pub fn grad(self, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if !self.is_poison() && self.rank() != 0 {
            let poison = self.builder.attribute_error("grad", self, format!("expected a scalar, found {}", self.ty()));
            return vec![poison; wrt.len()];
        }
        self.vjp(self.builder.constant(1.0), wrt)
    }

    /// Σ `cotangent` · ∂self/∂w for each w of `wrt`: [`grad`](Expr::grad) of Σ cotangent · self.
    ///
    /// # Shapes
    /// `cotangent` has the shape of self; result i has the shape of `wrt[i]`.
    ///
    /// # Errors
    /// Recorded when shapes differ or a type is not `f32`.
    ///
    /// # Source
    /// Reverse accumulation (Linnainmaa 1970); closed under itself as in JAX and Theano.
    #[track_caller]
    pub fn vjp(self, cotangent: Expr<'g>, wrt: &[Expr<'g>]) -> Vec<Expr<'g>> {
        let builder = self.builder;
        if let Some(&poison) = wrt.iter().chain([&self, &cotangent]).find(|e| e.is_poison()) {
            return vec![poison; wrt.len()];
        }
        if self.ty() != cotangent.ty() || wrt.iter().chain([&self]).any(|e| !builder.with_graph(|g| g.is_float(e.id))) {
            let reason = format!("expected f32 values and a cotangent of type {}, found {}", self.ty(), cotangent.ty());
            return vec![builder.attribute_error("vjp", self, reason); wrt.len()];
        }
        let depends = reachable(builder, self.id, wrt);
        let mut cotangents: Vec<Option<Expr<'g>>> = vec![None; self.id.index() + 1];
        cotangents[self.id.index()] = Some(cotangent);
        let lowest = wrt.iter().map(|w| w.id.index()).min().unwrap_or(usize::MAX);
        for index in (lowest..=self.id.index()).rev() {
            if !depends[index] {
                continue;
            }
            let Some(cotangent) = cotangents[index] else { continue };
            let node = builder.with_graph(|g| g.nodes[index].clone());
            let inputs: Vec<Expr<'g>> = node.inputs.iter().map(|&id| Expr { builder, id }).collect();
            if !inputs.iter().any(|i| depends[i.id.index()]) {
                continue;
            }
            let _scope = builder.enter_id(node.scope);
            let output = Expr { builder, id: NodeId(index as u32) };
            let parts = node.op.primitive().vjp(&inputs, output, cotangent);
            for (input, part) in inputs.iter().zip(parts) {
                let (Some(part), true) = (part, depends[input.id.index()]) else { continue };
                let slot = &mut cotangents[input.id.index()];
                *slot = Some(match *slot {
                    Some(sum) => sum + part,
                    None => part,
                });
            }
        }
        let cotangent = |w: &Expr<'g>| cotangents.get(w.id.index()).copied().flatten();
        wrt.iter().map(|w| cotangent(w).unwrap_or_else(|| builder.full(w.shape(), 0.0))).collect()
    }

    /// Whether derivatives of self can flow to each of these: where not, [`grad`](Expr::grad) is zeros by the graph's form alone,
    /// whatever the values are. A gradient that they can flow to may still be 0.
    pub fn depends_on(self, values: &[Expr<'g>]) -> Vec<bool> {
        self.builder.with_graph(|graph| {
            let mut reached = vec![false; self.id.index() + 1];
            reached[self.id.index()] = graph.is_float(self.id);
            for index in (0..reached.len()).rev() {
                let node = &graph.nodes[index];
                // Not through what has no derivative: their gradient rules give none.
                let constant = matches!(node.op, Op::StopGradient(_) | Op::Floor(_) | Op::Sign(_));
                if reached[index] && !constant {
                    node.inputs.iter().filter(|&&i| graph.is_float(i)).for_each(|i| reached[i.index()] = true);
                }
            }
            values.iter().map(|value| reached.get(value.id.index()).copied().unwrap_or(false)).collect()
        })
    }
}

/// Which nodes up to `root` depend on one of `wrt` through `f32` values.
fn reachable(builder: &Builder, root: NodeId, wrt: &[Expr]) -> Vec<bool> {
    builder.with_graph(|graph| {
        let mut depends = vec![false; root.index() + 1];
        for w in wrt.iter().filter(|w| w.id <= root) {
            depends[w.id.index()] = true;
        }
        for index in 0..=root.index() {
            if !depends[index] && graph.is_float(NodeId(index as u32)) {
                depends[index] = graph.nodes[index].inputs.iter().any(|i| depends[i.index()]);
            }
        }
        depends
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::{Array, run};
    use ganymede_tensor::TensorType;
    use std::collections::{BTreeMap, HashMap};

    /// d²/dx² Σ x³·tanh(x) at a few points, against the closed form.
    #[test]
    fn second_derivatives_are_exact() {
        let builder = Builder::new("f");
        let x = builder.input("x", TensorType::f32([3]));
        let first = (x * x * x * x.tanh()).sum().grad(&[x])[0];
        let second = first.sum().grad(&[x])[0];
        builder.output("second", second);
        let graph = builder.finish().unwrap();
        graph.verify().unwrap();
        let points = [-0.7, 0.2, 1.3];
        let inputs = HashMap::from([("x".to_string(), Array::new([3], points.to_vec()))]);
        let outputs = run(&graph, &inputs, &mut BTreeMap::new()).unwrap();
        for (&x, &found) in points.iter().zip(&outputs["second"].data) {
            let (t, s) = (f64::tanh(x), 1.0 - f64::tanh(x).powi(2));
            let expected = 6.0 * x * t + 6.0 * x * x * s - 2.0 * x * x * x * t * s;
            assert!((expected - found).abs() < 1e-12, "{expected} {found}");
        }
    }

    /// What has no derivative is not gone through, and neither is a read before an assignment; a second derivative is.
    #[test]
    fn dependence_is_that_of_derivatives() {
        let builder = Builder::new("f");
        let [x, y, z] = ["x", "y", "z"].map(|name| builder.state(name, TensorType::f32([])));
        let loss = x * y.stop_gradient() + z.floor() + y.greater(0.0).select(x, 1.0);
        assert_eq!(loss.depends_on(&[x, y, z, loss]), [true, false, false, true]);
        let slope = (x * y).grad(&[x])[0];
        assert_eq!(slope.depends_on(&[x, y, loss]), [false, true, false]);
        builder.assign("x", x * 2.0);
        let later = builder.state("x", TensorType::f32([]));
        assert_eq!((later * x).depends_on(&[x, later]), [true, true]);
        assert_eq!((later * y).depends_on(&[x, later]), [false, true]);
    }

    #[test]
    fn a_read_after_an_assignment_is_a_new_leaf() {
        let builder = Builder::new("f");
        let ty = TensorType::f32([]);
        let old = builder.state("w", ty.clone());
        builder.assign("w", old * 3.0);
        let new = builder.state("w", ty);
        let loss = new * new;
        let [d_old, d_new] = loss.grad(&[old, new])[..] else { unreachable!("two gradients were asked for") };
        builder.output("d_old", d_old);
        builder.output("d_new", d_new);
        let graph = builder.finish().unwrap();
        let mut states = BTreeMap::from([("w".to_string(), Array::scalar(2.0))]);
        let outputs = run(&graph, &HashMap::new(), &mut states).unwrap();
        assert_eq!((outputs["d_old"].data[0], outputs["d_new"].data[0]), (0.0, 12.0));
        assert_eq!(states["w"].data[0], 6.0);
    }

    #[test]
    fn every_error_is_collected_with_its_scope() {
        let builder = Builder::new("f");
        let x = builder.input("x", TensorType::f32([2, 3]));
        {
            let _scope = builder.enter("generator");
            let _scope = builder.enter("reshape");
            let y = x.reshape([7]);
            assert_eq!(y.shape()[..], [7]);
            let _ = y.matmul(x) + 1.0;
        }
        let _ = x + builder.input("y", TensorType::f32([2, 4]));
        let errors = builder.finish().unwrap_err().0;
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(errors[0].scope, "generator/reshape");
        assert!(errors[0].message.contains("expected a shape of 6 elements, found (7,) of 7"), "{}", errors[0].message);
        assert!(errors.iter().all(|e| e.location.file().ends_with("autodiff.rs")), "{errors:?}");
    }
}
