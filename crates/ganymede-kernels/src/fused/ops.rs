//! What each instruction computes: one vector loop per operation over up to three sources.
//! Not here: where sources and targets are (`interpret.rs`), the functions themselves (`math`).

use ganymede_tensor::DType;

use super::chain::Chain;
use super::region::{Binary, Compare, Instruction, Unary};
use crate::isa::{LANES, Simd};
use crate::math;

/// An operation with the types of its arguments settled.
///
/// Registers are 32 bits a lane: `f32`, integers (`u8` and `u16` widened), and `bool` as all ones or all zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Copy,
    Float(Unary),
    Not,
    Arithmetic(Binary),
    Logic(Binary),
    CompareFloat(Compare),
    CompareInteger(Compare, Sign),
    Select,
    Convert(DType, DType),
    Chain(Chain),
}

/// Whether integers are compared as `i32` or as unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Signed,
    Unsigned,
}

impl Op {
    /// The operation of a checked instruction that takes registers; `None` of the others.
    pub fn of(instruction: &Instruction, types: &[DType]) -> Option<Op> {
        let sign = |a: usize| if types[a] == DType::I32 { Sign::Signed } else { Sign::Unsigned };
        Some(match *instruction {
            Instruction::Load(_) | Instruction::Const(_) | Instruction::Iota { .. } => return None,
            Instruction::Unary(Unary::Not, _) => Op::Not,
            Instruction::Unary(function, _) => Op::Float(function),
            Instruction::Binary(function, a, _) => match types[a] {
                DType::Bool => Op::Logic(function),
                _ => Op::Arithmetic(function),
            },
            Instruction::Compare(relation, a, _) => match types[a] {
                DType::F32 => Op::CompareFloat(relation),
                _ => Op::CompareInteger(relation, sign(a)),
            },
            Instruction::Select { .. } => Op::Select,
            Instruction::Convert(a, to) => Op::Convert(types[a], to),
        })
    }
}

/// Where a vector loop reads and writes: the sources' step is a vector, or 0 for the same vector again.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    pub a: *const u32,
    pub b: *const u32,
    pub c: *const u32,
    pub to: *mut u32,
    pub steps: [usize; 3],
    pub vectors: usize,
}

impl Cursor {
    #[inline(always)]
    fn advance(&mut self) {
        self.a = self.a.wrapping_add(self.steps[0]);
        self.b = self.b.wrapping_add(self.steps[1]);
        self.c = self.c.wrapping_add(self.steps[2]);
        self.to = self.to.wrapping_add(LANES);
    }
}

/// The elements after the last whole vector go through these vectors, so that nothing beyond them is touched.
struct Tail {
    room: [[u32; LANES]; 4],
    elements: usize,
    target: *mut u32,
}

impl Tail {
    /// After the whole vectors: points the cursor at the copied rest, once.
    ///
    /// # Safety
    /// The cursor's pointers are valid for the rest of the elements as they were for the vectors.
    #[inline(always)]
    unsafe fn next(&mut self, cursor: &mut Cursor, arguments: usize) -> bool {
        let n = self.elements;
        if n == 0 {
            return false;
        }
        // SAFETY: as promised; and n is less than a vector.
        unsafe {
            if !self.target.is_null() {
                std::ptr::copy_nonoverlapping(self.room[3].as_ptr(), self.target, n);
                return false;
            }
            self.target = cursor.to.wrapping_add(cursor.vectors * LANES);
            let sources = [&mut cursor.a, &mut cursor.b, &mut cursor.c];
            for (i, source) in sources.into_iter().enumerate().take(arguments) {
                let rest = source.wrapping_add(cursor.vectors * cursor.steps[i]);
                std::ptr::copy_nonoverlapping(rest, self.room[i].as_mut_ptr(), n);
                *source = self.room[i].as_ptr();
            }
        }
        cursor.to = self.room[3].as_mut_ptr();
        cursor.vectors = 1;
        true
    }
}

macro_rules! each {
    ($s:ident, $cursor:ident, $tail:ident, $arguments:literal, [$($arg:ident: $load:ident),*], $store:ident, $value:expr) => {
        loop {
            let mut at = $cursor;
            for _ in 0..at.vectors {
                // SAFETY: the cursor's pointers are valid for its vectors (the caller's promise, or the tail's room).
                unsafe {
                    $(let $arg = $s.$load(at.$arg.cast());)*
                    $s.$store(at.to.cast(), $value);
                }
                at.advance();
            }
            // SAFETY: valid for the tail too, as the caller promises.
            if !unsafe { $tail.next(&mut $cursor, $arguments) } {
                break;
            }
        }
    };
}

/// Applies `op` to `cursor.vectors` vectors and then `tail` more elements.
///
/// # Safety
/// The cursor's sources (as many as `op` takes) and its target are valid for that many elements (a source of
/// step 0: for one vector); a source is the target itself or does not overlap it.
#[inline(always)]
pub(super) unsafe fn apply<S: Simd>(s: S, op: Op, mut cursor: Cursor, tail: usize) {
    let mut tail = Tail { room: [[0; LANES]; 4], elements: tail, target: std::ptr::null_mut() };
    macro_rules! float {
        (a => $value:expr, $a:ident) => {
            each!(s, cursor, tail, 1, [a: load_ptr], store_ptr, { let $a = a; $value })
        };
        (ab => $value:expr, $a:ident, $b:ident) => {
            each!(s, cursor, tail, 2, [a: load_ptr, b: load_ptr], store_ptr, { let ($a, $b) = (a, b); $value })
        };
        (abc => $value:expr, $a:ident, $b:ident, $c:ident) => {
            each!(s, cursor, tail, 3, [a: load_ptr, b: load_ptr, c: load_ptr], store_ptr,
                { let ($a, $b, $c) = (a, b, c); $value })
        };
    }
    macro_rules! chain {
        ($first:ident, $second:ident) => {
            match $second {
                Binary::Add => float!(abc => s.add(s.$first(x, y), z), x, y, z),
                Binary::Sub => float!(abc => s.sub(s.$first(x, y), z), x, y, z),
                Binary::Mul => float!(abc => s.mul(s.$first(x, y), z), x, y, z),
                _ => float!(abc => maximum(s, s.$first(x, y), z), x, y, z),
            }
        };
        (into $first:ident, $second:ident) => {
            match $second {
                Binary::Sub => float!(abc => s.sub(z, s.$first(x, y)), x, y, z),
                _ => float!(abc => maximum(s, z, s.$first(x, y)), x, y, z),
            }
        };
    }
    macro_rules! compare {
        ($value:expr, $a:ident, $b:ident) => {
            each!(s, cursor, tail, 2, [a: load_ptr, b: load_ptr], store_u32_ptr, { let ($a, $b) = (a, b); $value })
        };
    }
    macro_rules! integer {
        (a => $value:expr, $a:ident) => {
            each!(s, cursor, tail, 1, [a: load_u32_ptr], store_u32_ptr, { let $a = a; $value })
        };
        (ab => $value:expr, $a:ident, $b:ident) => {
            each!(s, cursor, tail, 2, [a: load_u32_ptr, b: load_u32_ptr], store_u32_ptr,
                { let ($a, $b) = (a, b); $value })
        };
    }
    use Sign::{Signed, Unsigned};
    match op {
        Op::Copy => integer!(a => x, x),
        Op::Float(function) => match function {
            Unary::Neg => float!(a => s.neg(x), x),
            Unary::Abs => float!(a => s.abs(x), x),
            Unary::Sign => float!(a => {
                let negative = s.select(s.lt(x, s.zero()), s.splat(-1.0), x);
                s.select(s.gt(x, s.zero()), s.splat(1.0), negative)
            }, x),
            Unary::Exp => float!(a => math::exp(s, x), x),
            Unary::Expm1 => float!(a => math::expm1(s, x), x),
            Unary::Log => float!(a => math::log(s, x), x),
            Unary::Log1p => float!(a => math::log1p(s, x), x),
            Unary::Sqrt => float!(a => s.sqrt(x), x),
            Unary::Sin => float!(a => math::sin(s, x), x),
            Unary::Cos => float!(a => math::cos(s, x), x),
            Unary::Tanh => float!(a => math::tanh(s, x), x),
            Unary::Sigmoid => float!(a => math::sigmoid(s, x), x),
            Unary::Erf => float!(a => math::erf(s, x), x),
            Unary::Floor => float!(a => s.floor(x), x),
            Unary::Not => integer!(a => s.not(x), x),
        },
        Op::Not => integer!(a => s.not(x), x),
        Op::Arithmetic(function) => match function {
            Binary::Add => float!(ab => s.add(x, y), x, y),
            Binary::Sub => float!(ab => s.sub(x, y), x, y),
            Binary::Mul => float!(ab => s.mul(x, y), x, y),
            Binary::Div => float!(ab => s.div(x, y), x, y),
            Binary::Pow => float!(ab => math::pow(s, x, y), x, y),
            Binary::Maximum => float!(ab => maximum(s, x, y), x, y),
            Binary::Minimum => float!(ab => s.select(s.eq(x, x), s.min(x, y), x), x, y),
            Binary::And | Binary::Or => debug_assert!(false, "checked: no logic on floats"),
        },
        Op::Chain(chain) => match chain {
            Chain::Then(Binary::Add, second) => chain!(add, second),
            Chain::Then(Binary::Sub, second) => chain!(sub, second),
            Chain::Then(_, second) => chain!(mul, second),
            Chain::Into(Binary::Add, second) => chain!(into add, second),
            Chain::Into(Binary::Sub, second) => chain!(into sub, second),
            Chain::Into(_, second) => chain!(into mul, second),
            Chain::Lerp => float!(abc => s.add(x, s.mul(s.sub(y, x), z)), x, y, z),
            Chain::OverRoot => float!(abc => s.div(x, s.add(s.sqrt(y), z)), x, y, z),
            Chain::SquaredDifference => float!(ab => { let d = s.sub(x, y); s.mul(d, d) }, x, y),
        },
        Op::Logic(function) => match function {
            Binary::And => integer!(ab => s.and(x, y), x, y),
            _ => integer!(ab => s.or(x, y), x, y),
        },
        Op::CompareFloat(relation) => match relation {
            Compare::Eq => compare!(s.eq(x, y), x, y),
            Compare::Ne => compare!(s.not(s.eq(x, y)), x, y),
            Compare::Lt => compare!(s.lt(x, y), x, y),
            Compare::Le => compare!(s.le(x, y), x, y),
            Compare::Gt => compare!(s.gt(x, y), x, y),
            Compare::Ge => compare!(s.ge(x, y), x, y),
        },
        Op::CompareInteger(relation, sign) => match (relation, sign) {
            (Compare::Eq, _) => integer!(ab => s.not(unequal(s, x, y)), x, y),
            (Compare::Ne, _) => integer!(ab => unequal(s, x, y), x, y),
            (Compare::Lt, Signed) => integer!(ab => less_signed(s, x, y), x, y),
            (Compare::Lt, Unsigned) => integer!(ab => less_unsigned(s, x, y), x, y),
            (Compare::Le, Signed) => integer!(ab => s.not(less_signed(s, y, x)), x, y),
            (Compare::Le, Unsigned) => integer!(ab => s.not(less_unsigned(s, y, x)), x, y),
            (Compare::Gt, Signed) => integer!(ab => less_signed(s, y, x), x, y),
            (Compare::Gt, Unsigned) => integer!(ab => less_unsigned(s, y, x), x, y),
            (Compare::Ge, Signed) => integer!(ab => s.not(less_signed(s, x, y)), x, y),
            (Compare::Ge, Unsigned) => integer!(ab => s.not(less_unsigned(s, x, y)), x, y),
        },
        Op::Select => each!(
            s, cursor, tail, 3, [a: load_u32_ptr, b: load_ptr, c: load_ptr], store_ptr, s.select(a, b, c)
        ),
        Op::Convert(from, to) => match (from, to) {
            (DType::F32, DType::I32) => {
                each!(s, cursor, tail, 1, [a: load_ptr], store_u32_ptr, s.f32_to_i32(a));
            }
            (DType::F32, DType::U32) => {
                each!(s, cursor, tail, 1, [a: load_ptr], store_u32_ptr, f32_to_u32(s, a));
            }
            (DType::F32, DType::U16 | DType::U8) => {
                let top = s.splat_u32(largest(to));
                each!(s, cursor, tail, 1, [a: load_ptr], store_u32_ptr, clamp(s, s.f32_to_i32(a), top));
            }
            (DType::F32, DType::Bool) => {
                each!(s, cursor, tail, 1, [a: load_ptr], store_u32_ptr, s.not(s.eq(a, s.zero())));
            }
            (DType::I32 | DType::U16 | DType::U8, DType::F32) => {
                each!(s, cursor, tail, 1, [a: load_u32_ptr], store_ptr, s.i32_to_f32(a));
            }
            (DType::U32, DType::F32) => {
                each!(s, cursor, tail, 1, [a: load_u32_ptr], store_ptr, u32_to_f32(s, a));
            }
            (DType::Bool, DType::F32) => {
                let one = s.splat_u32(1.0f32.to_bits());
                integer!(a => s.and(x, one), x);
            }
            (DType::Bool, DType::I32 | DType::U32 | DType::U16 | DType::U8) => {
                let one = s.splat_u32(1);
                integer!(a => s.and(x, one), x);
            }
            (DType::I32 | DType::U32 | DType::U16 | DType::U8, DType::Bool) => {
                integer!(a => unequal(s, x, s.splat_u32(0)), x);
            }
            (DType::I32, DType::U32 | DType::U16 | DType::U8) => {
                let top = s.splat_u32(largest(to));
                integer!(a => clamp(s, x, top), x);
            }
            (DType::U32 | DType::U16, DType::I32 | DType::U16 | DType::U8) => {
                let top = s.splat_u32(largest(to));
                integer!(a => select(s, less_unsigned(s, top, x), top, x), x);
            }
            (DType::F32, DType::F32)
            | (DType::I32, DType::I32)
            | (DType::U32 | DType::U16 | DType::U8, DType::U32)
            | (DType::U8, DType::I32 | DType::U16 | DType::U8)
            | (DType::Bool, DType::Bool) => integer!(a => x, x),
        },
    }
}

/// The largest value of an integer type that is also an `i32`, except of `u32`, which has none beyond an `i32`'s.
fn largest(dtype: DType) -> u32 {
    match dtype {
        DType::U8 => u32::from(u8::MAX),
        DType::U16 => u32::from(u16::MAX),
        _ => i32::MAX as u32,
    }
}

/// a where a ≥ b, else b; NaN where either is.
#[inline(always)]
pub(super) fn maximum<S: Simd>(s: S, a: S::F32, b: S::F32) -> S::F32 {
    s.select(s.eq(a, a), s.max(a, b), a)
}

/// a where the mask is true, b where it is false.
#[inline(always)]
fn select<S: Simd>(s: S, mask: S::U32, a: S::U32, b: S::U32) -> S::U32 {
    s.or(s.and(mask, a), s.and_not(mask, b))
}

/// All ones where the highest bit is set.
#[inline(always)]
fn sign_mask<S: Simd>(s: S, a: S::U32) -> S::U32 {
    s.sub_u32(s.splat_u32(0), s.shift_right::<31>(a))
}

#[inline(always)]
fn unequal<S: Simd>(s: S, a: S::U32, b: S::U32) -> S::U32 {
    let difference = s.xor(a, b);
    sign_mask(s, s.or(difference, s.sub_u32(s.splat_u32(0), difference)))
}

/// a < b of `i32`: a is negative and b is not, or the signs agree and the difference is negative.
#[inline(always)]
fn less_signed<S: Simd>(s: S, a: S::U32, b: S::U32) -> S::U32 {
    let differ = s.xor(a, b);
    sign_mask(s, s.or(s.and(differ, a), s.and_not(differ, s.sub_u32(a, b))))
}

/// a < b of `u32`: whether a − b borrows.
#[inline(always)]
fn less_unsigned<S: Simd>(s: S, a: S::U32, b: S::U32) -> S::U32 {
    let differ = s.xor(a, b);
    sign_mask(s, s.or(s.and(differ, b), s.and_not(differ, s.sub_u32(a, b))))
}

/// An `i32` limited to 0..=top.
#[inline(always)]
fn clamp<S: Simd>(s: S, a: S::U32, top: S::U32) -> S::U32 {
    let positive = s.and_not(sign_mask(s, a), a);
    select(s, less_signed(s, top, positive), top, positive)
}

/// Towards zero, saturating; NaN gives 0.
#[inline(always)]
fn f32_to_u32<S: Simd>(s: S, a: S::F32) -> S::U32 {
    let half = s.splat(2_147_483_648.0);
    let high = s.ge(a, half);
    let low = s.f32_to_i32(s.select(high, s.sub(a, half), a));
    // Below 2³¹: negative ones give 0. From 2³¹ on: the rest, and 2³¹ more; saturated when that is an i32's limit.
    let low = s.and_not(s.and_not(high, sign_mask(s, low)), low);
    let saturated = s.ge(a, s.splat(4_294_967_296.0));
    s.or(saturated, s.xor(low, s.and(high, s.splat_u32(0x8000_0000))))
}

/// Nearest: the halves are exact, and their sum is rounded once.
#[inline(always)]
fn u32_to_f32<S: Simd>(s: S, a: S::U32) -> S::F32 {
    let high = s.mul(s.i32_to_f32(s.shift_right::<16>(a)), s.splat(65536.0));
    s.add(high, s.i32_to_f32(s.and(a, s.splat_u32(0xffff))))
}
