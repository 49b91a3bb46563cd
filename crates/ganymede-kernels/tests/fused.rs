//! Fused regions against their naive meaning: random regions, on every instruction set, for 1 to 4 threads.

use ganymede_kernels::arena::{bytes_of, bytes_of_mut, view};
use ganymede_kernels::fused::{
    AxisMap, Binary, Buffer, Compare, Compiled, Constant, Instruction, Operand, Output, PaddedRange, Reduction, Region,
    RegionError, Unary, dense_strides,
};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;
use ganymede_tensor::{DType, Rng};

/// Memory for elements of any type; aligned for all of them.
type Words = Vec<u32>;

fn pools() -> Vec<Pool> {
    (1..=4).map(|threads| Pool::new(threads).unwrap()).collect()
}

/// Runs the compiled region on copies of `writes`.
fn run(compiled: &Compiled, pool: &Pool, isa: Isa, reads: &[Words], writes: &[Words]) -> Vec<Words> {
    let reads: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
    let mut results = writes.to_vec();
    let mut views: Vec<&mut [u8]> = results.iter_mut().map(|w| bytes_of_mut(w)).collect();
    let needed = compiled.scratch_len();
    let mut scratch = vec![f32::MAX; needed + 32];
    compiled.run(pool, isa, &reads, &mut views, &mut scratch[..needed]).unwrap();
    assert!(scratch[needed..].iter().all(|&x| x == f32::MAX), "written beyond scratch");
    results
}

fn run_naive(region: &Region, reads: &[Words], writes: &[Words]) -> Vec<Words> {
    let reads: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
    let mut results = writes.to_vec();
    let mut views: Vec<&mut [u8]> = results.iter_mut().map(|w| bytes_of_mut(w)).collect();
    naive::fused::run(region, &reads, &mut views);
    results
}

/// Room for so many bytes, and some more that must stay as it is.
fn words(bytes: usize) -> Words {
    vec![0xdddd_dddd; bytes.div_ceil(4) + 32]
}

fn floats(rng: &mut Rng, n: usize) -> Words {
    (0..n).map(|_| ((rng.normal() * 2.0) as f32).to_bits()).collect()
}

/// Equal as numbers: two NaNs are, and so are both zeros.
fn same_floats(a: &Words, b: &Words) -> bool {
    a.iter().zip(b).all(|(&x, &y)| {
        let (f, g) = (f32::from_bits(x), f32::from_bits(y));
        x == y || f == g || f.is_nan() && g.is_nan()
    })
}

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

/// mean-free sums that are not exact: close to the sum in f64, and the same bytes for any number of threads.
#[test]
fn large_reductions_are_accurate_and_deterministic() {
    let pools = pools();
    let mut rng = Rng::new(3, 0);
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[100_003], &[0]),
        (&[1000, 128], &[0]),
        (&[40_000, 3], &[0]),
        (&[40_000, 1], &[0, 1]),
        (&[64, 4900], &[0]),
        (&[300, 1025], &[1]),
        (&[20_000, 10], &[1]),
        (&[16, 49, 160], &[1]),
        (&[4, 64, 16, 33], &[1, 3]),
    ];
    for (extent, axes) in shapes {
        let total: usize = extent.iter().product();
        let data = floats(&mut rng, total);
        let mut region = Region { extent: extent.to_vec(), ..Region::default() };
        region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, extent));
        region.instructions =
            vec![Instruction::Load(0), Instruction::Binary(Binary::Mul, 0, 0), Instruction::Unary(Unary::Abs, 0)];
        for (write, (register, kind)) in
            [(0, Reduction::Sum), (1, Reduction::Sum), (2, Reduction::Sum), (0, Reduction::Max)].into_iter().enumerate()
        {
            region.outputs.push(Output::Reduce { register, kind, axes: axes.to_vec(), write });
        }
        region.outputs.push(Output::dense(1, 4, extent));
        let compiled = Compiled::new(&region).unwrap();
        let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
        let reads = [data];
        let expected = run_naive(&region, &reads, &writes);
        let fastest = run(&compiled, &pools[0], Isa::detect(), &reads, &writes);
        for isa in Isa::available() {
            let found = run(&compiled, &pools[0], isa, &reads, &writes);
            // Nothing here multiplies and adds in one step, so that all instruction sets agree.
            assert!(found == fastest, "{extent:?} {axes:?} {isa:?}");
            for (sum, tolerance) in [(0, 2), (1, 1), (2, 2)] {
                let values = view::<f32>(bytes_of(&found[sum])).iter().zip(view::<f32>(bytes_of(&expected[sum])));
                for ((x, y), magnitude) in values.zip(view::<f32>(bytes_of(&expected[tolerance]))) {
                    assert!((x - y).abs() <= 1e-6 * magnitude.abs(), "{extent:?} {axes:?} {isa:?}: {x} {y}");
                }
            }
            assert_eq!(found[3..], expected[3..], "{extent:?} {isa:?}");
            for pool in &pools[1..] {
                assert!(run(&compiled, pool, isa, &reads, &writes) == found, "{extent:?} {} threads", pool.threads());
            }
        }
    }
}

#[test]
fn functions_are_those_of_their_names() {
    let pool = Pool::new(1).unwrap();
    const FUNCTIONS: [Unary; 9] = [
        Unary::Exp,
        Unary::Expm1,
        Unary::Log,
        Unary::Log1p,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Erf,
    ];
    let n = 75;
    let extent = [n];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Const(Constant::f32(1.7))];
    for function in FUNCTIONS {
        region.instructions.push(Instruction::Unary(function, 0));
    }
    region.instructions.push(Instruction::Binary(Binary::Pow, 0, 1));
    for register in 2..region.instructions.len() {
        region.outputs.push(Output::dense(register, register - 2, &extent));
    }
    let compiled = Compiled::new(&region).unwrap();
    let reads = [(0..n).map(|i| (0.03 + i as f32 * 0.09).to_bits()).collect()];
    let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
    let expected = run_naive(&region, &reads, &writes);
    let fastest = run(&compiled, &pool, Isa::detect(), &reads, &writes);
    for isa in Isa::available() {
        let found = run(&compiled, &pool, isa, &reads, &writes);
        assert!(isa == Isa::Portable || found == fastest, "{isa:?} gives other bytes than {:?}", Isa::detect());
        for (f, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (&x, &y) in found.iter().zip(expected) {
                let (x, y) = (f32::from_bits(x), f32::from_bits(y));
                assert!((x - y).abs() <= 1e-6 * y.abs().max(0.1), "{isa:?} function {f}: expected {y}, found {x}");
            }
        }
    }
}

/// y + bias is updated in place or left, and max(y + bias, 0.2·(y + bias)) + residual and a mask of its sign go
/// elsewhere, as the rows of a matrix are finished, in parts of any size.
#[test]
fn an_epilogue_on_rows_is_the_region_on_the_matrix() {
    let pool = Pool::new(1).unwrap();
    let shapes = [vec![23, 5, 7], vec![40, 130], vec![300, 1], vec![1, 1], vec![], vec![0, 4]];
    for (extent, in_place) in shapes.into_iter().flat_map(|shape| [(shape.clone(), true), (shape, false)]) {
        let mut rng = Rng::new(5, 0);
        let mut region = Region { extent: extent.clone(), ..Region::default() };
        let channels: Vec<usize> = (extent.len().saturating_sub(1)..extent.len()).collect();
        region.operands = vec![
            Operand::dense(Buffer::Write(0), DType::F32, &extent),
            Operand::broadcast(Buffer::Read(0), DType::F32, &extent, &channels),
            Operand::dense(Buffer::Read(1), DType::F32, &extent),
        ];
        region.instructions = vec![
            Instruction::Load(0),
            Instruction::Load(1),
            Instruction::Load(2),
            Instruction::Binary(Binary::Add, 0, 1),
            Instruction::Const(Constant::f32(0.2)),
            Instruction::Binary(Binary::Mul, 3, 4),
            Instruction::Binary(Binary::Maximum, 3, 5),
            Instruction::Binary(Binary::Add, 6, 2),
            Instruction::Compare(Compare::Gt, 3, 5),
        ];
        region.outputs = vec![Output::dense(7, 1, &extent), Output::dense(8, 2, &extent)];
        if in_place {
            region.outputs.push(Output::dense(3, 0, &extent));
        }
        let compiled = Compiled::new(&region).unwrap();
        let (total, row) = (extent.iter().product::<usize>(), extent.last().copied().unwrap_or(1));
        let reads = [floats(&mut rng, row), floats(&mut rng, total)];
        let others = [words(total * 4), words(total)];
        let writes = [floats(&mut rng, total), others[0].clone(), others[1].clone()];
        for isa in Isa::available() {
            let expected = run(&compiled, &pool, isa, &reads, &writes);
            let views: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
            let mut scratch = vec![0.0; compiled.scratch_len()];
            let mut others = others.clone();
            let mut rows: Vec<f32> = writes[0].iter().map(|&x| f32::from_bits(x)).collect();
            {
                let mut others: Vec<&mut [u8]> = others.iter_mut().map(|words| bytes_of_mut(words)).collect();
                let epilogue = compiled.epilogue(isa, row, &views, &mut others, &mut scratch).unwrap();
                // In the form that the matrix product takes.
                let apply: &(dyn Fn(usize, &mut [f32]) + Sync) = &|first, rows| epilogue.apply(first, rows);
                let mut first = 0;
                for part in rows.chunks_mut(row * 9) {
                    apply(first, part);
                    first += part.len() / row;
                }
            }
            assert_eq!(bytes_of(&rows), bytes_of(&expected[0]), "{extent:?} {isa:?}");
            assert_eq!(others[..], expected[1..], "{extent:?} {isa:?}");
        }
    }
}

#[test]
fn an_epilogue_takes_the_rows_of_one_matrix() {
    let extent = [4, 8];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Write(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Unary(Unary::Neg, 0)];
    region.outputs.push(Output::dense(1, 0, &extent));
    let compiled = Compiled::new(&region).unwrap();
    let wrong = |columns| compiled.epilogue(Isa::detect(), columns, &[], &mut [], &mut []).err().unwrap().to_string();
    assert!(wrong(5).ends_with("found 32 points and 5 columns"), "{}", wrong(5));
    let mut none: [&mut [u8]; 0] = [];
    let epilogue = compiled.epilogue(Isa::detect(), 8, &[], &mut none, &mut []).unwrap();
    let mut rows = [1.0; 32];
    epilogue.apply(2, &mut rows[16..24]);
    let panics = |first: usize, rows: &mut [f32]| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| epilogue.apply(first, rows))).is_err()
    };
    assert!(panics(1, &mut rows[16..24]), "row 2 taken for row 1");
    assert!(panics(3, &mut rows[24..30]), "a part of a row");
    assert!(panics(4, &mut [0.0; 8]), "a row too many");
    assert_eq!((rows[15], rows[16], rows[23], rows[24]), (1.0, -1.0, -1.0, 1.0));
}

/// Two registers beside each other on a new last axis, and again on the axis of the channels.
#[test]
fn parts_of_a_concatenation_are_written_by_one_region() {
    let extent = [50, 6];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Unary(Unary::Neg, 0)];
    let store = |register, write, offset, strides: [isize; 2]| Output::Store {
        register,
        write,
        offset,
        strides: strides.to_vec(),
    };
    let apart =
        vec![store(0, 0, 0, [12, 2]), store(1, 0, 1, [12, 2]), store(1, 1, 0, [12, 1]), store(0, 1, 6, [12, 1])];
    region.outputs = apart.clone();
    let compiled = Compiled::new(&region).unwrap();
    let reads = [floats(&mut Rng::new(8, 0), 300)];
    let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
    let expected = run_naive(&region, &reads, &writes);
    for isa in Isa::available() {
        assert_eq!(run(&compiled, &Pool::new(2).unwrap(), isa, &reads, &writes), expected);
    }
    region.outputs[3] = store(0, 1, 5, [12, 1]);
    let error = Compiled::new(&region).unwrap_err();
    assert_eq!(error.to_string(), "output 3: expected elements of its own, found write buffer 1 of output 2");
    region.outputs = apart;
    region.outputs[1] = Output::Reduce { register: 1, kind: Reduction::Sum, axes: vec![0], write: 0 };
    assert!(matches!(Compiled::new(&region), Err(RegionError::WrittenTwice { output: 1, other: 0, write: 0 })));
}
