//! Every operation of every instruction set this CPU has, against plain Rust, bit for bit.

use super::*;

const NUMBERS: [f32; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    2.5,
    -0.25,
    1e-42,
    -3.4e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    8_388_609.0,
    -8_388_607.5,
    2_147_483_520.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -5e9,
    0.99999994,
    -7.0000005,
    123456.79,
];
const INTEGERS: [u32; 7] = [0, 1, u32::MAX, 0x8000_0000, 0xD251_1F53, 12345, 0x7fff_ffff];

/// All operations on two float vectors and two integer vectors, as bits.
struct Operations([f32; 16], [f32; 16], [u32; 16], [u32; 16]);

impl Kernel for Operations {
    type Output = Vec<[u32; 16]>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let mut out = Vec::new();
        let (a, b) = (s.load(&self.0), s.load(&self.1));
        let (i, j) = (s.load_u32(&self.2), s.load_u32(&self.3));
        let floats = [
            s.add(a, b),
            s.sub(a, b),
            s.mul(a, b),
            s.div(a, b),
            s.max(a, b),
            s.min(a, b),
            s.neg(a),
            s.abs(a),
            s.sqrt(a),
            s.floor(a),
            s.select(s.lt(a, b), a, b),
            s.i32_to_f32(i),
            s.splat(3.5),
            s.from_bits(i),
        ];
        for v in floats {
            let mut lanes = [0.0; 16];
            s.store(&mut lanes, v);
            out.push(lanes.map(f32::to_bits));
        }
        let integers = [
            s.eq(a, b),
            s.lt(a, b),
            s.le(a, b),
            s.gt(a, b),
            s.ge(a, b),
            s.f32_to_i32(a),
            s.to_bits(a),
            s.and(i, j),
            s.and_not(i, j),
            s.or(i, j),
            s.xor(i, j),
            s.not(i),
            s.add_u32(i, j),
            s.sub_u32(i, j),
            s.mul_lo(i, j),
            s.mul_hi(i, j),
            s.shift_left::<13>(i),
            s.shift_right::<9>(i),
            s.lane_numbers(),
            s.splat_u32(77),
        ];
        for v in integers {
            let mut lanes = [0; 16];
            s.store_u32(&mut lanes, v);
            out.push(lanes);
        }
        out.push([s.any(s.lt(a, b)) as u32; 16]);
        out
    }
}

/// The same operations in plain Rust.
fn expected(a: [f32; 16], b: [f32; 16], i: [u32; 16], j: [u32; 16]) -> Vec<[u32; 16]> {
    let float = |f: &dyn Fn(f32, f32) -> f32| std::array::from_fn(|n| f(a[n], b[n]).to_bits());
    let compare = |f: &dyn Fn(f32, f32) -> bool| std::array::from_fn(|n| if f(a[n], b[n]) { u32::MAX } else { 0 });
    let integer = |f: &dyn Fn(u32, u32) -> u32| std::array::from_fn(|n| f(i[n], j[n]));
    vec![
        float(&|a, b| a + b),
        float(&|a, b| a - b),
        float(&|a, b| a * b),
        float(&|a, b| a / b),
        float(&|a, b| if a >= b { a } else { b }),
        float(&|a, b| if a <= b { a } else { b }),
        float(&|a, _| -a),
        float(&|a, _| a.abs()),
        float(&|a, _| a.sqrt()),
        float(&|a, _| a.floor()),
        float(&|a, b| if a < b { a } else { b }),
        integer(&|i, _| (i as i32 as f32).to_bits()),
        integer(&|_, _| 3.5f32.to_bits()),
        i,
        compare(&|a, b| a == b),
        compare(&|a, b| a < b),
        compare(&|a, b| a <= b),
        compare(&|a, b| a > b),
        compare(&|a, b| a >= b),
        std::array::from_fn(|n| a[n] as i32 as u32),
        a.map(f32::to_bits),
        integer(&|i, j| i & j),
        integer(&|i, j| !i & j),
        integer(&|i, j| i | j),
        integer(&|i, j| i ^ j),
        integer(&|i, _| !i),
        integer(&|i, j| i.wrapping_add(j)),
        integer(&|i, j| i.wrapping_sub(j)),
        integer(&|i, j| i.wrapping_mul(j)),
        integer(&|i, j| ((i as u64 * j as u64) >> 32) as u32),
        integer(&|i, _| i << 13),
        integer(&|i, _| i >> 9),
        std::array::from_fn(|n| n as u32),
        [77; 16],
        [(0..16).any(|n| a[n] < b[n]) as u32; 16],
    ]
}

/// NaN has many bit patterns; which one an operation gives is not promised.
fn same(found: u32, expected: u32) -> bool {
    found == expected || (f32::from_bits(found).is_nan() && f32::from_bits(expected).is_nan())
}

#[test]
fn every_operation_is_that_of_plain_rust() {
    for isa in Isa::available() {
        for shift in 0..NUMBERS.len() {
            let a = std::array::from_fn(|n| NUMBERS[n % NUMBERS.len()]);
            let b = std::array::from_fn(|n| NUMBERS[(n + shift) % NUMBERS.len()]);
            let c = std::array::from_fn(|n| NUMBERS[(n + 4 + shift) % NUMBERS.len()]);
            let i = std::array::from_fn(|n| INTEGERS[n % INTEGERS.len()]);
            let j = std::array::from_fn(|n| INTEGERS[(n + shift) % INTEGERS.len()]);
            for (a, b) in [(a, b), (c, b)] {
                let found = isa.dispatch(Operations(a, b, i, j));
                let expected = expected(a, b, i, j);
                assert_eq!(found.len(), expected.len());
                for (op, (f, e)) in found.iter().zip(&expected).enumerate() {
                    for n in 0..16 {
                        let (f, e) = (f[n], e[n]);
                        assert!(same(f, e), "{} op {op} lane {n}: {f:#x}, expected {e:#x}", isa.name());
                    }
                }
            }
        }
    }
}

struct MulAdd([f32; 16], [f32; 16], [f32; 16]);

impl Kernel for MulAdd {
    type Output = [[f32; 16]; 2];
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let (a, b, c) = (s.load(&self.0), s.load(&self.1), s.load(&self.2));
        let mut out = [[0.0; 16]; 2];
        s.store(&mut out[0], s.mul_add(a, b, c));
        s.store(&mut out[1], s.neg_mul_add(a, b, c));
        out
    }
}

#[test]
fn mul_add_rounds_once_except_on_the_portable_path() {
    let a = std::array::from_fn(|n| 1.0 + n as f32 * 1.1920929e-7);
    let b = std::array::from_fn(|n| 1.0 - n as f32 * 5.9604645e-8);
    let c = std::array::from_fn(|n| -1.0 + n as f32 * 3e-9);
    for isa in Isa::available() {
        let [plus, minus] = isa.dispatch(MulAdd(a, b, c));
        for n in 0..16 {
            let (fused, negated) = (a[n].mul_add(b[n], c[n]), (-a[n]).mul_add(b[n], c[n]));
            let (twice, negated_twice) = (a[n] * b[n] + c[n], c[n] - a[n] * b[n]);
            let (x, y) = if isa == Isa::Portable { (twice, negated_twice) } else { (fused, negated) };
            assert_eq!((plus[n].to_bits(), minus[n].to_bits()), (x.to_bits(), y.to_bits()), "{}", isa.name());
        }
    }
}

struct Memory([f32; 16]);

impl Kernel for Memory {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for n in 0..=16 {
            let mut lanes = [9.0; 16];
            s.store(&mut lanes, s.load_partial(&self.0[..n]));
            for (i, lane) in lanes.iter().enumerate() {
                assert_eq!(*lane, if i < n { self.0[i] } else { 0.0 });
            }
            let mut lanes = [9.0; 16];
            s.store_partial(&mut lanes[..n], s.load(&self.0));
            for (i, lane) in lanes.iter().enumerate() {
                assert_eq!(*lane, if i < n { self.0[i] } else { 9.0 });
            }
        }
        let bytes: [u8; 16] = std::array::from_fn(|n| (n * 17) as u8);
        let numbers: [u16; 16] = std::array::from_fn(|n| (n * 4369) as u16);
        let mut lanes = [0.0; 16];
        s.store(&mut lanes, s.load_u8(&bytes));
        assert_eq!(lanes, bytes.map(f32::from));
        s.store(&mut lanes, s.load_u16(&numbers));
        assert_eq!(lanes, numbers.map(f32::from));
    }
}

struct Reduce([f32; 16]);

impl Kernel for Reduce {
    type Output = (f32, f32);
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> (f32, f32) {
        (s.reduce_add(s.load(&self.0)), s.reduce_max(s.load(&self.0)))
    }
}

struct Transpose([[f32; 16]; 16]);

impl Kernel for Transpose {
    type Output = [[f32; 16]; 16];
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> [[f32; 16]; 16] {
        let mut out = self.0;
        let rows = s.transpose(self.0.map(|row| s.load(&row)));
        for (row, lanes) in out.iter_mut().zip(rows) {
            s.store(row, lanes);
        }
        out
    }
}

#[test]
fn memory_reductions_and_transposition() {
    let values: [f32; 16] = std::array::from_fn(|n| (n as f32 * 0.7 - 3.1).sin() * 1e3f32.powi(n as i32 % 3));
    let mut tree = values;
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            tree[i] += tree[i + half];
        }
    }
    let matrix: [[f32; 16]; 16] = std::array::from_fn(|i| std::array::from_fn(|j| (16 * i + j) as f32));
    for isa in Isa::available() {
        isa.dispatch(Memory(values));
        let (sum, max) = isa.dispatch(Reduce(values));
        assert_eq!(sum.to_bits(), tree[0].to_bits(), "{}", isa.name());
        assert_eq!(max, values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let transposed = isa.dispatch(Transpose(matrix));
        assert!((0..16).all(|i| (0..16).all(|j| transposed[i][j] == matrix[j][i])), "{}", isa.name());
    }
}

#[test]
fn names_round_trip_and_unknown_ones_say_what_there_is() {
    for isa in Isa::available() {
        assert_eq!(Isa::from_name(isa.name()), Ok(isa));
    }
    let error = Isa::from_name("mmx").unwrap_err();
    assert_eq!(error, IsaError::Unknown { name: "mmx".into() });
    assert!(error.hint().contains("portable"));
    for isa in Isa::ALL.into_iter().filter(|isa| !isa.is_available()) {
        assert_eq!(Isa::from_name(isa.name()), Err(IsaError::Unavailable { isa }));
    }
}
