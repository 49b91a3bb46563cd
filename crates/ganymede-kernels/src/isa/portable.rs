//! The vectors of a CPU we know nothing about: plain arrays, which the compiler vectorises as it can.
//! Multiplication and addition are rounded apart (`f32::mul_add` would call a slow library function).

use super::{Isa, LANES, Simd};

/// Arrays of 16; needs no instruction set.
#[derive(Clone, Copy, Debug)]
pub struct PortableToken;

macro_rules! lanes {
    ($i:ident => $value:expr) => {{
        let mut out = [Default::default(); LANES];
        for $i in 0..LANES {
            out[$i] = $value;
        }
        out
    }};
}

#[inline(always)]
fn mask(condition: bool) -> u32 {
    (condition as u32).wrapping_neg()
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a >= b { a } else { b }
}

impl Simd for PortableToken {
    const ISA: Isa = Isa::Portable;
    type F32 = [f32; LANES];
    type U32 = [u32; LANES];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F32 {
        [x; LANES]
    }
    #[inline(always)]
    fn splat_u32(self, x: u32) -> Self::U32 {
        [x; LANES]
    }
    #[inline(always)]
    fn lane_numbers(self) -> Self::U32 {
        lanes!(i => i as u32)
    }
    #[inline(always)]
    unsafe fn load_ptr(self, at: *const f32) -> Self::F32 {
        // SAFETY: valid for 16 floats, as the caller promises.
        unsafe { at.cast::<Self::F32>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_ptr(self, at: *mut f32, v: Self::F32) {
        // SAFETY: as `load_ptr`.
        unsafe { at.cast::<Self::F32>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_partial_ptr(self, at: *const f32, n: usize) -> Self::F32 {
        let mut out = [0.0; LANES];
        for (i, lane) in out.iter_mut().enumerate().take(n) {
            // SAFETY: i < n, for which the caller promises validity.
            *lane = unsafe { at.add(i).read() };
        }
        out
    }
    #[inline(always)]
    unsafe fn store_partial_ptr(self, at: *mut f32, n: usize, v: Self::F32) {
        for (i, lane) in v.iter().enumerate().take(n) {
            // SAFETY: i < n, for which the caller promises validity.
            unsafe { at.add(i).write(*lane) };
        }
    }
    #[inline(always)]
    unsafe fn load_u32_ptr(self, at: *const u32) -> Self::U32 {
        // SAFETY: valid for 16 integers, as the caller promises.
        unsafe { at.cast::<Self::U32>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_u32_ptr(self, at: *mut u32, v: Self::U32) {
        // SAFETY: as `load_u32_ptr`.
        unsafe { at.cast::<Self::U32>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_u8_ptr(self, at: *const u8) -> Self::F32 {
        // SAFETY: valid for 16 bytes, as the caller promises.
        let bytes = unsafe { at.cast::<[u8; LANES]>().read_unaligned() };
        lanes!(i => bytes[i] as f32)
    }
    #[inline(always)]
    unsafe fn load_u16_ptr(self, at: *const u16) -> Self::F32 {
        // SAFETY: valid for 16 numbers, as the caller promises.
        let numbers = unsafe { at.cast::<[u16; LANES]>().read_unaligned() };
        lanes!(i => numbers[i] as f32)
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => a[i] / b[i])
    }
    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        lanes!(i => a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn neg_mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        lanes!(i => c[i] - a[i] * b[i])
    }
    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => larger(a[i], b[i]))
    }
    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => if a[i] <= b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn sqrt(self, a: Self::F32) -> Self::F32 {
        lanes!(i => a[i].sqrt())
    }
    #[inline(always)]
    fn floor(self, a: Self::F32) -> Self::F32 {
        // `f32::floor` is a library call per lane without SSE4.1. From 2^23 on every float is an integer.
        lanes!(i => {
            let truncated = a[i] as i32 as f32;
            let floored = truncated - if truncated > a[i] { 1.0 } else { 0.0 };
            let signed = f32::from_bits(floored.to_bits() | (a[i].to_bits() & 0x8000_0000));
            if a[i].abs() < 8_388_608.0 { signed } else { a[i] }
        })
    }
    #[inline(always)]
    fn eq(self, a: Self::F32, b: Self::F32) -> Self::U32 {
        lanes!(i => mask(a[i] == b[i]))
    }
    #[inline(always)]
    fn lt(self, a: Self::F32, b: Self::F32) -> Self::U32 {
        lanes!(i => mask(a[i] < b[i]))
    }
    #[inline(always)]
    fn le(self, a: Self::F32, b: Self::F32) -> Self::U32 {
        lanes!(i => mask(a[i] <= b[i]))
    }
    #[inline(always)]
    fn select(self, mask: Self::U32, a: Self::F32, b: Self::F32) -> Self::F32 {
        lanes!(i => f32::from_bits((mask[i] & a[i].to_bits()) | (!mask[i] & b[i].to_bits())))
    }
    #[inline(always)]
    fn any(self, mask: Self::U32) -> bool {
        mask.iter().fold(0, |all, m| all | m) != 0
    }
    #[inline(always)]
    fn to_bits(self, a: Self::F32) -> Self::U32 {
        lanes!(i => a[i].to_bits())
    }
    #[inline(always)]
    fn from_bits(self, a: Self::U32) -> Self::F32 {
        lanes!(i => f32::from_bits(a[i]))
    }
    #[inline(always)]
    fn and(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i] & b[i])
    }
    #[inline(always)]
    fn and_not(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => !a[i] & b[i])
    }
    #[inline(always)]
    fn or(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i] | b[i])
    }
    #[inline(always)]
    fn xor(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i] ^ b[i])
    }
    #[inline(always)]
    fn add_u32(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    fn sub_u32(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i].wrapping_sub(b[i]))
    }
    #[inline(always)]
    fn mul_lo(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => a[i].wrapping_mul(b[i]))
    }
    #[inline(always)]
    fn mul_hi(self, a: Self::U32, b: Self::U32) -> Self::U32 {
        lanes!(i => ((a[i] as u64 * b[i] as u64) >> 32) as u32)
    }
    #[inline(always)]
    fn shift_left<const N: u32>(self, a: Self::U32) -> Self::U32 {
        lanes!(i => a[i] << N)
    }
    #[inline(always)]
    fn shift_right<const N: u32>(self, a: Self::U32) -> Self::U32 {
        lanes!(i => a[i] >> N)
    }
    #[inline(always)]
    fn i32_to_f32(self, a: Self::U32) -> Self::F32 {
        lanes!(i => a[i] as i32 as f32)
    }
    #[inline(always)]
    fn f32_to_i32(self, a: Self::F32) -> Self::U32 {
        lanes!(i => a[i] as i32 as u32)
    }
    #[inline(always)]
    fn reduce_add(self, mut a: Self::F32) -> f32 {
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] += a[i + half];
            }
        }
        a[0]
    }
    #[inline(always)]
    fn reduce_max(self, mut a: Self::F32) -> f32 {
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] = larger(a[i], a[i + half]);
            }
        }
        a[0]
    }
    #[inline(always)]
    fn transpose(self, rows: [Self::F32; LANES]) -> [Self::F32; LANES] {
        let mut out = [[0.0; LANES]; LANES];
        for (i, row) in rows.iter().enumerate() {
            for (j, x) in row.iter().enumerate() {
                out[j][i] = *x;
            }
        }
        out
    }
}
