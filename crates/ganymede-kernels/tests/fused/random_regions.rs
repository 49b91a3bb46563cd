//! Random regions are what they mean. Not here: what runs them (`main.rs`).

use super::{Words, floats, pools, run, run_naive, same_floats, words};
use ganymede_kernels::fused::{
    AxisMap, Binary, Buffer, Compare, Compiled, Constant, Instruction, Operand, Output, PaddedRange, Reduction, Region,
    Unary, dense_strides,
};
use ganymede_kernels::isa::Isa;
use ganymede_tensor::{DType, Rng};

struct Generator {
    rng: Rng,
    region: Region,
    types: Vec<DType>,
    reads: Vec<Words>,
}

impl Generator {
    fn pick(&mut self, n: usize) -> usize {
        self.rng.below(n as u32) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.pick(100) < percent
    }

    fn push(&mut self, instruction: Instruction, dtype: DType) -> usize {
        self.region.instructions.push(instruction);
        self.types.push(dtype);
        self.types.len() - 1
    }

    fn extent(&mut self) -> Vec<usize> {
        const SIZES: [usize; 12] = [1, 1, 2, 3, 4, 5, 10, 16, 17, 64, 100, 130];
        loop {
            let rank = self.pick(6);
            let extent: Vec<usize> = (0..rank).map(|_| SIZES[self.pick(SIZES.len())]).collect();
            let zero = self.chance(2) && rank > 0;
            let total: usize = extent.iter().product();
            if total <= 40_000 && (total >= 200 || self.chance(15)) {
                return if zero { vec![0; rank] } else { extent };
            }
        }
    }

    /// Strides of a tensor of these sizes in a random order of axes, and how many elements it has.
    fn layout(&mut self, sizes: &[usize]) -> (Vec<isize>, usize) {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        if self.chance(30) {
            order = self.rng.permutation(sizes.len());
        }
        let mut strides = vec![0isize; sizes.len()];
        let mut distance = 1;
        for &axis in order.iter().rev() {
            strides[axis] = distance as isize;
            distance *= sizes[axis].max(1);
            if self.chance(10) {
                distance += 3;
            }
        }
        (strides, distance)
    }

    fn operand(&mut self) -> usize {
        const TYPES: [DType; 9] = [
            DType::F32,
            DType::F32,
            DType::F32,
            DType::F32,
            DType::I32,
            DType::U32,
            DType::U16,
            DType::U8,
            DType::Bool,
        ];
        let dtype = TYPES[self.pick(TYPES.len())];
        let extent = self.region.extent.clone();
        let kind = self.pick(4);
        let mut sizes = Vec::new();
        let mut windows = Vec::new();
        for (axis, &size) in extent.iter().enumerate() {
            let choice = self.pick(100);
            let last = axis + 1 == extent.len();
            let repeat = match kind {
                0 => false,
                1 => !last,
                _ => choice < 30,
            };
            let window = (kind == 3 && choice >= 70).then(|| PaddedRange {
                low: self.pick(7) as isize - 3,
                step: 1 + self.pick(3) * usize::from(choice > 85),
                size: 1 + self.pick(size + 3),
            });
            windows.push(window);
            sizes.push(if repeat { 0 } else { window.map_or(size, |w| w.size) });
        }
        let (mut strides, elements) = self.layout(&sizes);
        let mut offset = self.pick(3) as isize;
        let elements = elements + 5;
        for axis in 0..extent.len() {
            if sizes[axis] == 0 {
                strides[axis] = 0;
            } else if kind > 1 && self.chance(15) {
                offset += strides[axis] * (sizes[axis] as isize - 1);
                strides[axis] = -strides[axis];
            }
        }
        let axes = strides.iter().zip(&windows).map(|(&stride, &window)| AxisMap { stride, window }).collect();
        let data = match dtype {
            DType::F32 => {
                let mut data = floats(&mut self.rng, elements);
                if self.chance(20) {
                    data[0] = f32::NAN.to_bits();
                }
                data
            }
            DType::I32 | DType::U32 if self.chance(50) => (0..elements).map(|_| self.rng.bits()).collect(),
            DType::I32 | DType::U32 => (0..elements).map(|_| self.rng.below(5).wrapping_sub(2)).collect(),
            DType::Bool => (0..elements.div_ceil(4)).map(|_| self.rng.bits() & 0x0101_0101).collect(),
            _ => (0..elements).map(|_| self.rng.bits()).collect(),
        };
        let fill = match dtype {
            DType::F32 => Constant::f32(-1.5),
            DType::Bool => Constant::bool(true),
            _ => Constant::new(dtype, 7.0),
        };
        self.reads.push(data);
        let buffer = Buffer::Read(self.reads.len() - 1);
        self.region.operands.push(Operand { read: buffer, dtype, offset, axes, fill });
        self.push(Instruction::Load(self.region.operands.len() - 1), dtype)
    }

    /// A random register of this type; made by conversion if there is none.
    fn register(&mut self, dtype: DType) -> usize {
        let fitting: Vec<usize> = (0..self.types.len()).filter(|&r| self.types[r] == dtype).collect();
        if fitting.is_empty() || self.chance(5) {
            let from = self.pick(self.types.len());
            return self.push(Instruction::Convert(from, dtype), dtype);
        }
        fitting[self.pick(fitting.len())]
    }

    fn instruction(&mut self) {
        const FLOAT: [Binary; 6] =
            [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Maximum, Binary::Minimum];
        const LOGIC: [Binary; 2] = [Binary::And, Binary::Or];
        const RELATIONS: [Compare; 6] = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge];
        let any = DType::ALL[self.pick(DType::ALL.len())];
        match self.pick(10) {
            0..=3 => {
                let (a, b) = (self.register(DType::F32), self.register(DType::F32));
                let function = FLOAT[self.pick(FLOAT.len())];
                self.push(Instruction::Binary(function, a, b), DType::F32);
            }
            4 => {
                const EXACT: [Unary; 5] = [Unary::Neg, Unary::Abs, Unary::Sign, Unary::Sqrt, Unary::Floor];
                let a = self.register(DType::F32);
                let function = EXACT[self.pick(EXACT.len())];
                self.push(Instruction::Unary(function, a), DType::F32);
            }
            5 => {
                let (a, b) = (self.register(any), self.register(any));
                let relation = RELATIONS[self.pick(RELATIONS.len())];
                self.push(Instruction::Compare(relation, a, b), DType::Bool);
            }
            6 => {
                let (a, b) = (self.register(DType::Bool), self.register(DType::Bool));
                let not = self.chance(30);
                let function = LOGIC[self.pick(LOGIC.len())];
                let logic = if not { Instruction::Unary(Unary::Not, a) } else { Instruction::Binary(function, a, b) };
                self.push(logic, DType::Bool);
            }
            7 => {
                let condition = self.register(DType::Bool);
                let (then, otherwise) = (self.register(any), self.register(any));
                self.push(Instruction::Select { condition, then, otherwise }, any);
            }
            8 => {
                let from = self.pick(self.types.len());
                self.push(Instruction::Convert(from, any), any);
            }
            _ if !self.region.extent.is_empty() => {
                let axis = self.pick(self.region.extent.len());
                let dtype = DType::ALL[self.pick(5)];
                self.push(Instruction::Iota { axis, dtype }, dtype);
            }
            _ => {}
        }
    }

    /// A register whose sums are exact in any order.
    fn small_integers(&mut self) -> usize {
        let x = self.register(DType::F32);
        let low = self.push(Instruction::Const(Constant::f32(-8.0)), DType::F32);
        let high = self.push(Instruction::Const(Constant::f32(8.0)), DType::F32);
        let x = self.push(Instruction::Binary(Binary::Maximum, x, low), DType::F32);
        let x = self.push(Instruction::Binary(Binary::Minimum, x, high), DType::F32);
        self.push(Instruction::Unary(Unary::Floor, x), DType::F32)
    }

    fn output(&mut self, write: usize) {
        let extent = self.region.extent.clone();
        if self.chance(50) {
            let kind = [Reduction::Sum, Reduction::Max][self.pick(2)];
            let register = if kind == Reduction::Sum { self.small_integers() } else { self.register(DType::F32) };
            let axes = match self.pick(4) {
                0 => (0..extent.len()).collect(),
                1 => (0..extent.len().saturating_sub(1)).collect(),
                2 => (extent.len() / 2..extent.len()).collect(),
                _ => (0..extent.len()).filter(|_| self.chance(50)).collect(),
            };
            self.region.outputs.push(Output::Reduce { register, kind, axes, write });
            return;
        }
        let register = self.pick(self.types.len());
        let dense = self.chance(60);
        let (strides, offset) =
            if dense { (dense_strides(&extent), 0) } else { (self.layout(&extent).0, self.pick(4) as isize) };
        self.region.outputs.push(Output::Store { register, write, offset, strides: strides.clone() });
        // Sometimes what was there is read, and even goes to yet another output.
        if self.chance(40) {
            let dtype = self.types[register];
            let operand = Operand::strided(Buffer::Write(write), dtype, offset, &strides);
            self.region.operands.push(operand);
            let old = Instruction::Load(self.region.operands.len() - 1);
            self.region.instructions.insert(0, old);
            self.types.insert(0, dtype);
            shift_registers(&mut self.region);
        }
    }
}

/// After an instruction was put at the front: every register number is one more.
fn shift_registers(region: &mut Region) {
    for instruction in region.instructions.iter_mut().skip(1) {
        match instruction {
            Instruction::Unary(_, a) | Instruction::Convert(a, _) => *a += 1,
            Instruction::Binary(_, a, b) | Instruction::Compare(_, a, b) => {
                *a += 1;
                *b += 1;
            }
            Instruction::Select { condition, then, otherwise } => {
                *condition += 1;
                *then += 1;
                *otherwise += 1;
            }
            Instruction::Load(_) | Instruction::Const(_) | Instruction::Iota { .. } => {}
        }
    }
    for output in &mut region.outputs {
        match output {
            Output::Store { register, .. } | Output::Reduce { register, .. } => *register += 1,
        }
    }
}

fn random_region(seed: u64) -> Generator {
    let mut g = Generator { rng: Rng::new(seed, 1), region: Region::default(), types: Vec::new(), reads: Vec::new() };
    g.region.extent = g.extent();
    g.push(Instruction::Const(Constant::f32(0.75)), DType::F32);
    for _ in 0..1 + g.pick(4) {
        g.operand();
    }
    for _ in 0..g.pick(14) {
        g.instruction();
    }
    for write in 0..1 + g.pick(3) {
        g.output(write);
    }
    // In-place operands came first in the list of instructions: let some of them be used.
    for _ in 0..3 {
        g.instruction();
    }
    let register = g.types.len() - 1;
    let (write, extent) = (g.region.outputs.len(), g.region.extent.clone());
    g.region.outputs.push(Output::dense(register, write, &extent));
    g
}

#[test]
fn random_regions_are_what_they_mean() {
    let pools = pools();
    for seed in 0..1000 {
        let mut g = random_region(seed);
        let compiled = Compiled::new(&g.region).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{:?}", g.region));
        let writes: Vec<Words> = compiled
            .write_bytes()
            .map(|bytes| if bytes % 4 == 0 { floats(&mut g.rng, bytes / 4 + 32) } else { words(bytes) })
            .collect();
        // Truth values are 0 or 1.
        let writes: Vec<Words> = writes
            .into_iter()
            .enumerate()
            .map(|(w, data)| match g.region.outputs.iter().find(|o| o.write() == w) {
                Some(o) if g.types[o.register()] == DType::Bool => data.iter().map(|x| x & 0x0101_0101).collect(),
                _ => data,
            })
            .collect();
        let expected = run_naive(&g.region, &g.reads, &writes);
        for isa in Isa::available() {
            let first = run(&compiled, &pools[0], isa, &g.reads, &writes);
            for (w, (found, expected)) in first.iter().zip(&expected).enumerate() {
                let float = g.region.outputs.iter().any(|o| o.write() == w && g.types[o.register()] == DType::F32);
                let same = if float { same_floats(found, expected) } else { found == expected };
                let at = found.iter().zip(expected).position(|(a, b)| a != b);
                assert!(same, "seed {seed} {isa:?} write {w} word {at:?}\n{:#?}", g.region);
            }
            for pool in &pools[1..] {
                assert!(
                    run(&compiled, pool, isa, &g.reads, &writes) == first,
                    "seed {seed} {} threads",
                    pool.threads()
                );
            }
        }
    }
}
