//! The builder: where expressions are recorded, named and checked as they are made.
//! Not here: the expressions' own methods (`expr.rs`, `compose.rs`), derivatives (`autodiff.rs`), what was recorded so far
//! (`builder/recorded.rs`).

mod recorded;

use crate::error::{BuildError, BuildErrors, TypeError};
use crate::expr::Expr;
use crate::graph::{Graph, Node, NodeId, ScopeId};
use crate::ops::{self, Op};
use ganymede_tensor::{DType, Shape, TensorType, stream_of};
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::Location;

/// Where random nodes take their key from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Randomness {
    /// One seed for the whole batch: the input `seed`, u32\[2\].
    Batch,
    /// One seed for each of n samples: the input `seed`, u32\[n, 2\]; element indices start at 0 in
    /// each sample, so a sample does not depend on its neighbours.
    PerSample(usize),
    /// One seed for a batch of which the program has a part: the inputs `seed`, u32\[2\], and
    /// `first_sample`, the number of the part's first sample. The parts' numbers are those of the batch.
    Part,
}

struct Inner {
    graph: Graph,
    poison: Vec<bool>,
    errors: Vec<BuildError>,
    named: HashMap<String, NodeId>,
    states: HashMap<String, State>,
    scope_ids: HashMap<String, ScopeId>,
    stack: Vec<ScopeId>,
    draws: HashMap<ScopeId, u32>,
    constants: HashMap<u64, NodeId>,
    randomness: Randomness,
}

#[derive(Clone, Copy)]
struct State {
    initial: NodeId,
    current: NodeId,
    assigned: Option<usize>,
}

/// Records a graph. See [`Expr`] for how errors are kept until [`Builder::finish`].
///
/// What is wrong is told by [`Builder::finish`], all of it, with scope and line:
///
/// ```
/// use ganymede_graph::Builder;
/// use ganymede_tensor::TensorType;
///
/// let builder = Builder::new("wrong");
/// let scope = builder.enter("discriminator");
/// let logits = builder.input("x", TensorType::f32([8, 4])).matmul(builder.input("w", TensorType::f32([3, 1])));
/// drop(scope);
/// builder.output("logits", logits);
/// let errors = builder.finish().unwrap_err();
/// assert!(errors.to_string().contains("discriminator"), "{errors}");
/// ```
pub struct Builder {
    inner: RefCell<Inner>,
}

/// Leaves its scope when it is dropped.
pub struct ScopeGuard<'g> {
    builder: &'g Builder,
}

impl Drop for ScopeGuard<'_> {
    fn drop(&mut self) {
        self.builder.inner.borrow_mut().stack.pop();
    }
}

impl Builder {
    /// An empty graph of the given name, with one seed for the whole batch.
    pub fn new(name: impl Into<String>) -> Self {
        Builder::with_randomness(name, Randomness::Batch)
    }

    /// An empty graph of the given name.
    pub fn with_randomness(name: impl Into<String>, randomness: Randomness) -> Self {
        Builder {
            inner: RefCell::new(Inner {
                graph: Graph::new(name),
                poison: Vec::new(),
                errors: Vec::new(),
                named: HashMap::new(),
                states: HashMap::new(),
                scope_ids: HashMap::from([(String::new(), ScopeId(0))]),
                stack: vec![ScopeId(0)],
                draws: HashMap::new(),
                constants: HashMap::new(),
                randomness,
            }),
        }
    }

    /// Enters the scope `name` below the current one until the guard is dropped.
    #[must_use = "the scope ends when the guard is dropped"]
    pub fn enter(&self, name: &str) -> ScopeGuard<'_> {
        let mut inner = self.inner.borrow_mut();
        let here = inner.stack[inner.stack.len() - 1];
        let parent = &inner.graph.scopes[here.0 as usize];
        let path = if parent.is_empty() { name.to_string() } else { format!("{parent}/{name}") };
        let id = inner.scope_id(path);
        inner.stack.push(id);
        ScopeGuard { builder: self }
    }

    /// Enters the scope with the full path `path`, whatever the current one is, until the guard is dropped.
    #[must_use = "the scope ends when the guard is dropped"]
    pub fn enter_path(&self, path: &str) -> ScopeGuard<'_> {
        let mut inner = self.inner.borrow_mut();
        let id = inner.scope_id(path.to_string());
        inner.stack.push(id);
        ScopeGuard { builder: self }
    }

    /// The current scope path; empty at the top.
    pub fn scope(&self) -> String {
        let inner = self.inner.borrow();
        inner.graph.scopes[inner.stack[inner.stack.len() - 1].0 as usize].clone()
    }

    // --- leaves -------------------------------------------------------------------------

    /// The named input of a batch. Asking again for the same name gives the same node.
    ///
    /// # Errors
    /// Recorded when the name was asked for with another type.
    #[track_caller]
    pub fn input(&self, name: &str, ty: TensorType) -> Expr<'_> {
        self.named_leaf(name, ty, Op::Input(ops::Input { name: name.into(), scalar: false }))
    }

    /// The named scalar `f32` that the host writes before each run (a learning rate, a weight …).
    #[track_caller]
    pub fn scalar(&self, name: &str) -> Expr<'_> {
        self.scalar_of(name, DType::F32)
    }

    /// The named scalar of the given element type that the host writes before each run.
    #[track_caller]
    pub fn scalar_of(&self, name: &str, dtype: DType) -> Expr<'_> {
        let ty = TensorType::new(dtype, Shape::scalar());
        self.named_leaf(name, ty, Op::Input(ops::Input { name: name.into(), scalar: true }))
    }

    #[track_caller]
    fn named_leaf(&self, name: &str, ty: TensorType, op: Op) -> Expr<'_> {
        let known = self.inner.borrow().named.get(name).copied();
        let Some(id) = known else {
            let expr = self.append(op, &[], ty, false);
            self.inner.borrow_mut().named.insert(name.to_string(), expr.id);
            return expr;
        };
        if self.ty(id) != ty {
            return self.error_as(format!("input `{name}` was {} before, found {ty}", self.ty(id)), None, ty);
        }
        Expr { builder: self, id }
    }

    /// The current value of the named state: what it holds before the run or, after an
    /// [`assign`](Builder::assign), what was assigned. A read after an assignment is a new leaf for
    /// [`Expr::grad`]: no derivative flows through an update.
    ///
    /// # Errors
    /// Recorded when the state was asked for with another type.
    #[track_caller]
    pub fn state(&self, name: &str, ty: TensorType) -> Expr<'_> {
        let known = self.inner.borrow().states.get(name).copied();
        let Some(State { current, .. }) = known else {
            let expr = self.append(Op::State(ops::State { name: name.into() }), &[], ty, false);
            self.inner
                .borrow_mut()
                .states
                .insert(name.to_string(), State { initial: expr.id, current: expr.id, assigned: None });
            return expr;
        };
        if self.ty(current) != ty {
            return self.error_as(format!("state `{name}` was {} before, found {ty}", self.ty(current)), None, ty);
        }
        Expr { builder: self, id: current }
    }

    /// Gives the named state a new value, seen by later reads and kept after the run.
    ///
    /// # Errors
    /// Recorded when the state was never read or the type differs.
    #[track_caller]
    pub fn assign(&self, name: &str, value: Expr<'_>) {
        let Some(state) = self.inner.borrow().states.get(name).copied() else {
            self.error(format!("expected a state that was read before, found `{name}`"), None);
            return;
        };
        if value.is_poison() {
            return;
        }
        let (expected, found) = (self.ty(state.current), value.ty());
        if expected != found {
            self.error(format!("state `{name}` expected a value of type {expected}, found {found}"), None);
            return;
        }
        let current = self.push(Op::StopGradient(ops::StopGradient {}), &[Expr { builder: self, id: value.id }]).id;
        let mut inner = self.inner.borrow_mut();
        let slot = match state.assigned {
            Some(slot) => {
                inner.graph.assigns[slot].1 = current;
                slot
            }
            None => {
                inner.graph.assigns.push((name.to_string(), current));
                inner.graph.assigns.len() - 1
            }
        };
        inner.states.insert(name.to_string(), State { current, assigned: Some(slot), ..state });
    }

    /// Lets every assignment made so far happen only where the scalar truth value `condition` holds:
    /// otherwise the states keep the values that they had before the run.
    ///
    /// # Errors
    /// Recorded when `condition` is not a scalar `bool`.
    #[track_caller]
    pub fn guard_assigns(&self, condition: Expr<'_>) {
        let condition = Expr { builder: self, id: condition.id };
        let assigns = self.inner.borrow().graph.assigns.clone();
        for (slot, (name, value)) in assigns.into_iter().enumerate() {
            let Some(state) = self.inner.borrow().states.get(&name).copied() else { continue };
            let expression = |id| Expr { builder: self, id };
            let current = condition.select(expression(value), expression(state.initial)).id;
            let mut inner = self.inner.borrow_mut();
            inner.graph.assigns[slot].1 = current;
            inner.states.insert(name, State { current, ..state });
        }
    }

    /// Names of the states that were assigned so far, in order of their first assignment.
    pub fn assigned(&self) -> Vec<String> {
        self.inner.borrow().graph.assigns.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Names a result of the graph.
    ///
    /// # Errors
    /// Recorded when the name is taken.
    #[track_caller]
    pub fn output(&self, name: &str, value: Expr<'_>) {
        if self.inner.borrow().graph.outputs.iter().any(|(known, _)| known == name) {
            self.error(format!("expected a new output name, found `{name}` twice"), None);
            return;
        }
        self.inner.borrow_mut().graph.outputs.push((name.to_string(), value.id));
    }

    /// The scalar `f32` constant `value` (kept in `f64` until a backend rounds it).
    #[track_caller]
    pub fn constant(&self, value: f64) -> Expr<'_> {
        if let Some(&id) = self.inner.borrow().constants.get(&value.to_bits()) {
            return Expr { builder: self, id };
        }
        let op = ops::Constant::scalar(DType::F32, value);
        let expr = self.append(Op::Constant(op), &[], TensorType::f32(Shape::scalar()), false);
        self.inner.borrow_mut().constants.insert(value.to_bits(), expr.id);
        expr
    }

    /// The constant tensor of the given type and elements.
    ///
    /// # Errors
    /// Recorded when the number of elements differs.
    #[track_caller]
    pub fn constant_tensor(&self, ty: TensorType, values: &[f64]) -> Expr<'_> {
        if ty.elements() != values.len() {
            let message = format!("constant of type {ty} expected {} elements, found {}", ty.elements(), values.len());
            return self.error_as(message, None, ty);
        }
        self.push(Op::Constant(ops::Constant::dense(ty, values)), &[])
    }

    /// A tensor with every element `value`.
    #[track_caller]
    pub fn full(&self, shape: impl Into<Shape>, value: f64) -> Expr<'_> {
        self.constant(value).broadcast_to(shape)
    }

    /// The index along `axis` at every element.
    #[track_caller]
    pub fn iota(&self, ty: TensorType, axis: usize) -> Expr<'_> {
        self.push(Op::Iota(ops::Iota { ty, axis }), &[])
    }

    // --- randomness ---------------------------------------------------------------------

    /// Uniform in [0, 1) on a grid of 2⁻²⁴, independent of every other call. The first axis is the batch.
    #[track_caller]
    pub fn uniform(&self, shape: impl Into<Shape>) -> Expr<'_> {
        self.random(ops::Distribution::Uniform, shape.into())
    }

    /// Standard normal, independent of every other call. The first axis is the batch.
    #[track_caller]
    pub fn normal(&self, shape: impl Into<Shape>) -> Expr<'_> {
        self.random(ops::Distribution::Normal, shape.into())
    }

    /// The stream of a random node is a hash of scope path and call number within it: editing one
    /// layer leaves the noise of the others alone.
    #[track_caller]
    fn random(&self, distribution: ops::Distribution, shape: Shape) -> Expr<'_> {
        let path = self.scope();
        let call = {
            let mut inner = self.inner.borrow_mut();
            let here = inner.stack[inner.stack.len() - 1];
            let counter = inner.draws.entry(here).or_insert(0);
            *counter += 1;
            *counter - 1
        };
        let randomness = self.inner.borrow().randomness;
        let seed_type = match randomness {
            Randomness::Batch | Randomness::Part => TensorType::new(DType::U32, [2]),
            Randomness::PerSample(n) => TensorType::new(DType::U32, [n, 2]),
        };
        let seed = self.input("seed", seed_type);
        let draw = self.scalar_of("draw", DType::U32);
        let stream = stream_of(&format!("{path}#{call}"));
        let op = Op::Random(ops::Random { distribution, shape, stream });
        match randomness {
            Randomness::Part => self.push(op, &[seed, draw, self.scalar_of("first_sample", DType::U32)]),
            _ => self.push(op, &[seed, draw]),
        }
    }

    // --- errors -------------------------------------------------------------------------

    /// Records an error and gives a poison, which silences what depends on it.
    #[track_caller]
    pub fn error(&self, message: String, hint: Option<String>) -> Expr<'_> {
        self.record(Location::caller(), message, hint);
        self.append(Op::Constant(ops::Constant::scalar(DType::F32, 0.0)), &[], TensorType::f32(Shape::scalar()), true)
    }

    /// Records an error and goes on with a value of the type that was declared, so that later
    /// errors are found too.
    #[track_caller]
    pub fn error_as(&self, message: String, hint: Option<String>, ty: TensorType) -> Expr<'_> {
        self.record(Location::caller(), message, hint);
        let zero = self.append(
            Op::Constant(ops::Constant::scalar(ty.dtype, 0.0)),
            &[],
            TensorType::new(ty.dtype, Shape::scalar()),
            false,
        );
        self.append(Op::Broadcast(ops::Broadcast { shape: ty.shape.clone(), axes: Vec::new() }), &[zero], ty, false)
    }

    #[track_caller]
    pub(crate) fn attribute_error<'g>(&'g self, op: &'static str, on: Expr<'g>, reason: String) -> Expr<'g> {
        if on.is_poison() {
            return on;
        }
        let error = TypeError::Attribute { op, shape: on.shape(), reason };
        self.error(error.to_string(), error.hint())
    }

    fn record(&self, location: &'static Location<'static>, message: String, hint: Option<String>) {
        let scope = self.scope();
        self.inner.borrow_mut().errors.push(BuildError { scope, location, message, hint });
    }

    /// The finished graph.
    ///
    /// # Errors
    /// Every recorded error, in order.
    pub fn finish(self) -> Result<Graph, BuildErrors> {
        let inner = self.inner.into_inner();
        if inner.errors.is_empty() { Ok(inner.graph) } else { Err(BuildErrors(inner.errors)) }
    }

    // --- nodes --------------------------------------------------------------------------

    /// Element type and shape of a node.
    pub fn ty(&self, id: NodeId) -> TensorType {
        self.inner.borrow().graph.ty(id).clone()
    }

    pub(crate) fn is_poison(&self, id: NodeId) -> bool {
        self.inner.borrow().poison[id.index()]
    }

    /// Appends the primitive `op` on `inputs`.
    ///
    /// # Errors
    /// Recorded when its type rule refuses the operands; a reshape, a broadcast or a convolution
    /// gradient then goes on with the shape it declares, every other primitive with a poison.
    #[track_caller]
    pub fn push<'g>(&'g self, op: Op, inputs: &[Expr<'g>]) -> Expr<'g> {
        if let Some(&poisoned) = inputs.iter().find(|e| e.is_poison()) {
            return poisoned;
        }
        let types: Vec<TensorType> = inputs.iter().map(|e| e.ty()).collect();
        match op.primitive().infer(&types) {
            Ok(ty) => self.append(op, inputs, ty, false),
            Err(error) => match op.primitive().declared(&types) {
                Some(ty) => self.error_as(error.to_string(), error.hint(), ty),
                None => self.error(error.to_string(), error.hint()),
            },
        }
    }

    fn append<'g>(&'g self, op: Op, inputs: &[Expr<'g>], ty: TensorType, poison: bool) -> Expr<'g> {
        let mut inner = self.inner.borrow_mut();
        let id = NodeId(u32::try_from(inner.graph.nodes.len()).expect("a graph of fewer than 2^32 nodes"));
        let scope = inner.stack[inner.stack.len() - 1];
        inner.graph.nodes.push(Node { op, inputs: inputs.iter().map(|e| e.id).collect(), ty, scope });
        inner.poison.push(poison);
        Expr { builder: self, id }
    }

    /// Both values under the smallest common shape (NumPy's rule).
    #[track_caller]
    pub(crate) fn broadcast_pair<'g>(&'g self, a: Expr<'g>, b: Expr<'g>) -> (Expr<'g>, Expr<'g>) {
        if a.is_poison() || b.is_poison() {
            return (a, b);
        }
        let (left, right) = (a.shape(), b.shape());
        if left == right {
            return (a, b);
        }
        let rank = left.rank().max(right.rank());
        let size = |s: &Shape, i: usize| if i + s.rank() >= rank { s[i + s.rank() - rank] } else { 1 };
        let mut shape = Vec::with_capacity(rank);
        for i in 0..rank {
            match (size(&left, i), size(&right, i)) {
                (x, y) if x == y => shape.push(x),
                (1, y) => shape.push(y),
                (x, 1) => shape.push(x),
                (x, y) => {
                    let error = TypeError::Shapes {
                        op: "broadcast",
                        left,
                        right,
                        reason: format!("sizes {x} and {y}, counted from the last axis, are neither equal nor 1"),
                    };
                    let poison = self.error(error.to_string(), error.hint());
                    return (poison, poison);
                }
            }
        }
        (a.broadcast_to(shape.clone()), b.broadcast_to(shape))
    }

    /// Reads the graph built so far (autodiff walks it).
    pub(crate) fn with_graph<R>(&self, read: impl FnOnce(&Graph) -> R) -> R {
        read(&self.inner.borrow().graph)
    }

    pub(crate) fn enter_id(&self, id: ScopeId) -> ScopeGuard<'_> {
        self.inner.borrow_mut().stack.push(id);
        ScopeGuard { builder: self }
    }
}

impl Inner {
    fn scope_id(&mut self, path: String) -> ScopeId {
        if let Some(&id) = self.scope_ids.get(&path) {
            return id;
        }
        let id = ScopeId(self.graph.scopes.len() as u32);
        self.graph.scopes.push(path.clone());
        self.scope_ids.insert(path, id);
        id
    }
}
