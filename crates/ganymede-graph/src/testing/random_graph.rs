//! Random graphs whose values a backend must reproduce: bounded, away from ties and jumps.

use crate::builder::Builder;
use crate::compose::concat;
use crate::expr::Expr;
use crate::graph::Graph;
use crate::interpret::{Array, evaluate};
use crate::ops::{Op, Window};
use ganymede_tensor::{DType, Rng, TensorType};
use std::collections::{BTreeMap, HashMap};

/// A graph with values for everything it reads.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The graph.
    pub graph: Graph,
    /// Its inputs, by name.
    pub inputs: HashMap<String, Array>,
    /// Its states, by name.
    pub states: BTreeMap<String, Array>,
}

/// Values stay within this.
const BOUND: f64 = 4.0;

/// A graph of about `size` random primitives (every one that there is, over many seeds), and the
/// derivatives of some results, with outputs and assigned states.
///
/// Values of the forward part lie in [−4, 4], those of derivatives in [−1000, 1000]. No value is near
/// a tie, a jump or a pole, so `f32` arithmetic gives each output within 10⁻⁴ of its largest entry.
pub fn random_graph(seed: u64, size: usize) -> Sample {
    let builder = Builder::new(format!("random_{seed}"));
    let mut maker = Maker {
        builder: &builder,
        rng: Rng::new(seed, 77),
        inputs: HashMap::new(),
        states: BTreeMap::new(),
        values: Vec::new(),
        floats: Vec::new(),
        others: Vec::new(),
    };
    maker.leaves();
    let mut attempts = 0;
    while maker.floats.len() < size && attempts < 20 * size {
        attempts += 1;
        maker.grow();
    }
    maker.finish();
    let (inputs, states) = (maker.inputs, maker.states);
    let graph = builder.finish().unwrap_or_else(|errors| panic!("seed {seed}: {errors}"));
    Sample { graph, inputs, states }
}

struct Maker<'g> {
    builder: &'g Builder,
    rng: Rng,
    inputs: HashMap<String, Array>,
    states: BTreeMap<String, Array>,
    /// The value of every node.
    values: Vec<Array>,
    /// `f32` values that may be used further, and truth values and integers.
    floats: Vec<Expr<'g>>,
    others: Vec<Expr<'g>>,
}

impl<'g> Maker<'g> {
    fn below(&mut self, n: usize) -> usize {
        self.rng.below(n as u32) as usize
    }

    fn pick(&mut self) -> Expr<'g> {
        // Later ones more often, so that graphs are deep.
        let (a, b) = (self.below(self.floats.len()), self.below(self.floats.len()));
        self.floats[a.max(b)]
    }

    fn uniform(&mut self, shape: &[usize]) -> Array {
        let n = shape.iter().product();
        Array::new(shape, (0..n).map(|_| f64::from(self.rng.uniform_in(-2.0, 2.0) as f32)).collect())
    }

    fn leaves(&mut self) {
        let shapes: [&[usize]; 8] =
            [&[2, 4, 4, 3], &[2, 4, 4, 3], &[2, 6], &[3], &[], &[6, 5], &[3, 3, 3, 4], &[2, 16, 3]];
        for (i, shape) in shapes.into_iter().enumerate() {
            let value = self.uniform(shape);
            let expr = if i % 2 == 0 {
                self.inputs.insert(format!("x{i}"), value);
                self.builder.input(&format!("x{i}"), TensorType::f32(shape))
            } else {
                self.states.insert(format!("w{i}"), value);
                self.builder.state(&format!("w{i}"), TensorType::f32(shape))
            };
            self.floats.push(expr);
        }
        let small: Vec<f64> = (0..6).map(|_| self.below(200) as f64).collect();
        let ty = TensorType::new(DType::U8, [2, 3]);
        self.inputs.insert("pixels".into(), Array { ty: ty.clone(), data: small });
        self.others.push(self.builder.input("pixels", ty));
        let index: Vec<f64> = (0..4).map(|_| self.below(7) as f64 - 1.0).collect();
        let ty = TensorType::new(DType::I32, [4]);
        self.inputs.insert("index".into(), Array { ty: ty.clone(), data: index });
        self.others.push(self.builder.input("index", ty));
        self.inputs.insert("rate".into(), Array::scalar(0.375));
        self.floats.push(self.builder.scalar("rate"));
        let table: Vec<f64> = (0..6).map(|_| self.rng.uniform_in(-1.0, 1.0)).collect();
        self.floats.push(self.builder.constant_tensor(TensorType::f32([2, 3]), &table));
        self.inputs.insert("seed".into(), Array { ty: TensorType::new(DType::U32, [2]), data: vec![7.0, 1.0] });
        self.inputs.insert("draw".into(), Array { ty: TensorType::new(DType::U32, []), data: vec![3.0] });
        self.evaluate();
    }

    /// Values of the nodes that were added.
    fn evaluate(&mut self) {
        let added: Vec<_> = self.builder.with_graph(|g| g.nodes[self.values.len()..].to_vec());
        for node in added {
            let mut alone = Graph::new("node");
            alone.nodes.push(node.clone());
            let value = match &node.op {
                Op::Input(_) | Op::State(_) => {
                    alone.nodes[0].scope = crate::graph::ScopeId(0);
                    evaluate(&alone, &self.inputs, &self.states).expect("leaves are given").remove(0)
                }
                op => {
                    let operands: Vec<&Array> = node.inputs.iter().map(|i| &self.values[i.index()]).collect();
                    op.primitive().interpret(&operands, &node.ty)
                }
            };
            self.values.push(value);
        }
    }

    fn value(&self, expr: Expr<'g>) -> &[f64] {
        &self.values[expr.id().index()].data
    }

    fn within(&self, expr: Expr<'g>, low: f64, high: f64) -> bool {
        self.value(expr).iter().all(|x| (low..=high).contains(x))
    }

    /// Adds a primitive, if the result can be used.
    fn grow(&mut self) {
        let before = self.values.len();
        let Some(result) = self.step() else { return };
        self.evaluate();
        if !self.is_safe(before, BOUND * 8.0) || result.shape().elements() > 600 || result.rank() > 5 {
            return;
        }
        if result.dtype() != DType::F32 {
            self.others.push(result);
            return;
        }
        let largest = self.value(result).iter().fold(0f64, |m, x| m.max(x.abs()));
        if largest > BOUND {
            let scaled = result * f64::from((2.0 / largest) as f32);
            self.evaluate();
            self.floats.push(scaled);
        } else if largest > 0.05 {
            self.floats.push(result);
        }
    }

    /// Whether the nodes from `first` on are bounded and not near a tie or a jump, or cancel.
    fn is_safe(&self, first: usize, bound: f64) -> bool {
        let apart = |x: &[f64], y: &[f64]| x.iter().zip(y).all(|(a, b)| a == b || (a - b).abs() > 1e-3);
        let fraction = |x: &f64| (x - x.round()).abs() > 1e-3 || *x == x.round();
        self.builder.with_graph(|graph| {
            graph.nodes[first..].iter().zip(&self.values[first..]).all(|(node, value)| {
                let operand = |i: usize| &self.values[node.inputs[i].index()].data[..];
                let exact =
                    |i: usize| matches!(graph.node(node.inputs[i]).op, Op::Input(_) | Op::State(_) | Op::Constant(_));
                let clear = match &node.op {
                    Op::Compare(_) | Op::Maximum(_) | Op::Minimum(_) => apart(operand(0), operand(1)),
                    Op::Sign(_) => operand(0).iter().all(|x| x.abs() > 1e-3),
                    Op::Floor(_) => {
                        operand(0).iter().all(fraction) && (exact(0) || operand(0).iter().all(|x| *x != x.round()))
                    }
                    Op::Convert(op) if op.dtype == DType::Bool => {
                        operand(0).iter().all(|x| *x == 0.0 || x.abs() > 1e-3)
                    }
                    Op::Convert(op) if op.dtype != DType::F32 => operand(0).iter().all(fraction),
                    Op::ReduceMax(op) => largest_is_single(&self.values[node.inputs[0].index()], &op.axes, value),
                    _ => true,
                };
                let bounded = node.ty.dtype != DType::F32 || value.data.iter().all(|x| x.abs() <= bound);
                clear && bounded && value.data.iter().all(|x| x.is_finite())
            })
        })
    }

    fn step(&mut self) -> Option<Expr<'g>> {
        let x = self.pick();
        let shape = x.shape();
        let rank = shape.rank();
        Some(match self.below(22) {
            0 | 1 => self.unary(x)?,
            2 | 3 => {
                let y = self.partner(x)?;
                match self.below(7) {
                    0 => x + y,
                    1 => x - y,
                    2 => x * y,
                    3 => x.maximum(y),
                    4 => x.minimum(y),
                    5 if self.value(y).iter().all(|v| v.abs() > 0.2) => x / y,
                    6 if self.within(x, 0.3, BOUND) => x.pow(y),
                    _ => return None,
                }
            }
            4 => {
                let y = self.partner(x)?;
                match self.below(5) {
                    0 => x.less(y),
                    1 => x.less_equal(y),
                    2 => x.greater(y),
                    3 => x.greater_equal(y),
                    _ => x.equal(x),
                }
            }
            5 => {
                let condition = self.other(DType::Bool)?;
                match self.below(4) {
                    0 => !condition,
                    1 => condition.or(!condition),
                    2 => condition.and(condition),
                    _ => condition.convert(DType::F32),
                }
            }
            6 => {
                let condition = self.other(DType::Bool)?;
                let shape = condition.shape();
                let alike: Vec<Expr> = self.floats.iter().copied().filter(|f| f.shape() == shape).collect();
                let (i, j) = (self.below(alike.len().max(1)), self.below(alike.len().max(1)));
                condition.select(*alike.get(i)?, *alike.get(j)?)
            }
            7 => {
                let mut order: Vec<usize> = self.rng.permutation(rank);
                order.truncate(rank);
                x.transpose(&order)
            }
            8 => {
                let mut flat = vec![shape.elements()];
                for n in [2, 3] {
                    if flat[0].is_multiple_of(n) && self.below(2) == 0 {
                        flat[0] /= n;
                        flat.push(n);
                    }
                }
                x.reshape(flat)
            }
            9 if rank < 4 => {
                let at = self.below(rank + 1);
                let mut sizes = shape.to_vec();
                sizes.insert(at, 2 + self.below(2));
                let axes: Vec<usize> = (0..rank).map(|a| a + usize::from(a >= at)).collect();
                x.broadcast(sizes, &axes)
            }
            10 => {
                let start: Vec<usize> = shape.iter().map(|&n| self.below(n.min(2))).collect();
                let limit: Vec<usize> = shape.to_vec();
                let stride: Vec<usize> = shape.iter().map(|_| 1 + self.below(2)).collect();
                x.slice(&start, &limit, &stride)
            }
            11 => {
                let mut draw = || (0..rank).map(|_| self.below(2)).collect::<Vec<_>>();
                let (low, high, interior) = (draw(), draw(), draw());
                x.pad(&low, &high, &interior, [0.0, 0.5][self.below(2)])
            }
            12 if rank > 0 => x.reverse(&[self.below(rank)]),
            13 if rank > 0 => {
                let axis = self.below(rank);
                let fits = |f: &&Expr| f.rank() == rank && f.shape().without(&[axis]) == shape.without(&[axis]);
                let alike: Vec<Expr> = self.floats.iter().filter(fits).copied().collect();
                let other = alike[self.below(alike.len())];
                if self.below(3) == 0 { concat(&[x, other, x], axis) } else { concat(&[other, x], axis) }
            }
            14 | 15 if rank > 0 => {
                let axes: Vec<usize> = (0..rank).filter(|_| self.below(2) == 0).collect();
                match self.below(3) {
                    0 => x.max_axes(&axes),
                    1 => x.mean_axes(&axes),
                    _ => x.sum_axes(&axes),
                }
            }
            16 => self.matmul(x)?,
            17 | 18 => self.convolution(x)?,
            19 if rank > 0 => {
                let index = self.other(DType::I32)?;
                match self.below(2) {
                    0 => x.gather(index),
                    _ => {
                        let rows = index.shape()[0];
                        let values = self.floats.iter().copied().find(|f| f.shape().first() == Some(&rows))?;
                        self.builder.push(crate::ops::ScatterAdd { rows: 5 }.into(), &[index, values])
                    }
                }
            }
            20 => match self.below(6) {
                0 => self.builder.normal(shape) * 0.5,
                1 => self.builder.uniform(shape),
                2 if rank > 0 => self.builder.iota(TensorType::f32(shape), self.below(rank)) * 0.25,
                3 => self.other(DType::U8)?.convert(DType::F32) * 0.015625,
                4 => x.convert(DType::I32).convert(DType::F32) * 0.5,
                _ => x.stop_gradient().all_reduce_sum(),
            },
            _ => x + f64::from(self.below(3) as u32),
        })
    }

    fn unary(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        Some(match self.below(18) {
            0 => -x,
            1 => x.abs(),
            2 => x.sign(),
            3 if self.within(x, -4.0, 1.3) => x.exp(),
            4 if self.within(x, -4.0, 1.3) => x.expm1(),
            5 if self.within(x, 0.1, 4.0) => x.log(),
            6 if self.within(x, -0.7, 4.0) => x.log1p(),
            7 if self.within(x, 0.05, 4.0) => x.sqrt(),
            8 => x.sin(),
            9 => x.cos(),
            10 => x.tanh(),
            11 => x.sigmoid(),
            12 => x.erf(),
            13 => x.floor(),
            14 => x.relu(),
            15 => x.softplus(),
            16 if x.rank() > 0 => x.softmax(x.rank() - 1),
            _ => x.square(),
        })
    }

    /// Something that goes with `x` element by element: of its shape, or broadcast to it.
    fn partner(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let shape = x.shape();
        let fits = |f: &&Expr| {
            let own = f.shape();
            own.rank() <= shape.rank() && own.iter().rev().zip(shape.iter().rev()).all(|(a, b)| a == b || *a == 1)
        };
        let alike: Vec<Expr> = self.floats.iter().filter(fits).copied().collect();
        let i = self.below(alike.len());
        alike.get(i).copied()
    }

    fn other(&mut self, dtype: DType) -> Option<Expr<'g>> {
        let alike: Vec<Expr> = self.others.iter().copied().filter(|o| o.dtype() == dtype).collect();
        let i = self.below(alike.len().max(1));
        alike.get(i).copied()
    }

    fn matmul(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        if x.rank() < 2 {
            return None;
        }
        let (shape, rank) = (x.shape(), x.rank());
        let (transpose_a, transpose_b) = (self.below(2) == 0, self.below(2) == 0);
        let k = if transpose_a { shape[rank - 2] } else { shape[rank - 1] };
        let n = 1 + self.below(5);
        let mut sizes = shape[..rank - 2].to_vec();
        sizes.extend(if transpose_b { [n, k] } else { [k, n] });
        let w = self.weight(sizes);
        Some(x.matmul_transposed(w, transpose_a, transpose_b))
    }

    /// A new parameter.
    fn weight(&mut self, shape: Vec<usize>) -> Expr<'g> {
        let name = format!("weight{}", self.states.len());
        let value = self.uniform(&shape);
        self.states.insert(name.clone(), value);
        self.builder.state(&name, TensorType::f32(shape))
    }

    fn convolution(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        let shape = x.shape();
        if !(3..=5).contains(&shape.rank()) {
            return None;
        }
        let spatial = shape.rank() - 2;
        let mut draw = |low: usize, n: usize| (0..spatial).map(|_| low + self.below(n)).collect::<Vec<_>>();
        let (strides, low, high, dilation) = (draw(1, 2), draw(0, 2), draw(0, 2), draw(1, 2));
        let taps = draw(1, 3);
        let channels = shape[spatial + 1];
        let groups = if channels.is_multiple_of(2) && self.below(3) == 0 { 2 } else { 1 };
        let window = Window { strides, low, high, dilation, groups };
        let mut kernel = taps.clone();
        kernel.extend([channels / groups, 2 * groups]);
        let sizes = &shape[1..=spatial];
        let out = window.output(sizes, &taps).ok()?;
        match self.below(3) {
            0 => Some(x.conv(self.weight(kernel), window)),
            1 => {
                // x as the cotangent of a convolution's output.
                let input: Vec<usize> = (0..spatial)
                    .map(|a| (sizes[a] - 1) * window.strides[a] + window.dilation[a] * (taps[a] - 1) + 1)
                    .map(|n| n.max(1))
                    .zip(window.low.iter().zip(&window.high))
                    .map(|(n, (low, high))| n.saturating_sub(low + high))
                    .collect();
                if input.contains(&0) || window.output(&input, &taps).ok()? != sizes || !channels.is_multiple_of(groups)
                {
                    return None;
                }
                let mut kernel = taps.clone();
                kernel.extend([3, channels]);
                let w = self.weight(kernel);
                Some(x.conv_input_grad(w, window, &input))
            }
            _ => {
                let mut y = vec![shape[0]];
                y.extend(&out);
                y.push(2 * groups);
                let dy = self.weight(y);
                Some(x.conv_weight_grad(dy, window, &taps))
            }
        }
    }

    /// Outputs, derivatives and assignments.
    fn finish(&mut self) {
        let results: Vec<Expr> = self.floats.iter().rev().take(4).copied().collect();
        for (i, &result) in results.iter().enumerate() {
            self.builder.output(&format!("y{i}"), result);
        }
        if let Some(&condition) = self.others.iter().rev().find(|o| o.dtype() == DType::Bool) {
            self.builder.output("condition", condition);
        }
        let before = self.values.len();
        let wrt: Vec<Expr> = self.floats.iter().copied().filter(|f| f.id().0 < 12).take(4).collect();
        let loss = results.iter().fold(self.builder.constant(0.0), |sum, r| sum + r.tanh().mean());
        let gradients = loss.grad(&wrt);
        self.evaluate();
        if self.is_safe(before, 1000.0) {
            for (i, &gradient) in gradients.iter().enumerate() {
                let largest = self.value(gradient).iter().fold(0f64, |m, x| m.max(x.abs()));
                if largest > 1e-3 {
                    self.builder.output(&format!("gradient{i}"), gradient);
                }
            }
        }
        let names: Vec<String> = self.states.keys().cloned().collect();
        for name in names.iter().take(3) {
            let ty = self.states[name].ty.clone();
            let state = self.builder.state(name, ty.clone());
            let same = self.floats.iter().rev().find(|f| f.ty() == ty && f.id() != state.id());
            if let Some(&value) = same {
                self.builder.assign(name, state * 0.5 + value * 0.25);
            }
        }
    }
}

/// Whether no two elements come near the largest of their reduction.
fn largest_is_single(x: &Array, axes: &[usize], largest: &Array) -> bool {
    let near = Array { ty: x.ty.clone(), data: x.data.iter().map(|_| 0.0).collect() };
    let (shape, strides) = (&near.ty.shape, near.ty.shape.strides());
    let kept = largest.ty.shape.strides();
    let mut counts = vec![0; largest.data.len()];
    for (i, value) in x.data.iter().enumerate() {
        let own = (0..shape.rank()).filter(|a| !axes.contains(a));
        let at: usize = own.enumerate().map(|(k, a)| i / strides[a] % shape[a] * kept[k]).sum();
        counts[at] += usize::from((value - largest.data[at]).abs() < 1e-3);
    }
    counts.iter().all(|&c| c <= 1)
}
