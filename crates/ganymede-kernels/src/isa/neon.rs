//! NEON of 64-bit Arm: a vector is four 128-bit registers.

use super::{Isa, LANES, Simd};
use std::arch::aarch64::*;

/// Proof that the CPU has NEON.
#[derive(Clone, Copy, Debug)]
pub struct NeonToken(());

impl NeonToken {
    /// # Safety
    /// The CPU must have NEON.
    #[inline(always)]
    pub(super) unsafe fn new_unchecked() -> Self {
        NeonToken(())
    }
}

/// 16 floats in four registers.
#[derive(Clone, Copy, Debug)]
pub struct F32x16(float32x4_t, float32x4_t, float32x4_t, float32x4_t);

/// 16 integers in four registers.
#[derive(Clone, Copy, Debug)]
pub struct U32x16(uint32x4_t, uint32x4_t, uint32x4_t, uint32x4_t);

/// Calls vendor intrinsics that touch registers only.
macro_rules! registers {
    ($value:expr) => {{
        // SAFETY: a token only exists on a CPU that has the instructions, and these touch registers only.
        #[allow(unused_unsafe)]
        unsafe {
            $value
        }
    }};
}

/// Applies an intrinsic to all four registers.
macro_rules! each {
    ($kind:ident, $f:expr, $($arg:expr),+) => {
        registers!($kind($f($($arg.0),+), $f($($arg.1),+), $f($($arg.2),+), $f($($arg.3),+)))
    };
}

#[inline(always)]
fn mul_hi4(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    registers!({
        let low = vmull_u32(vget_low_u32(a), vget_low_u32(b));
        let high = vmull_high_u32(a, b);
        vuzp2q_u32(vreinterpretq_u32_u64(low), vreinterpretq_u32_u64(high))
    })
}

#[inline(always)]
fn larger4(a: float32x4_t, b: float32x4_t) -> float32x4_t {
    registers!(vbslq_f32(vcgeq_f32(a, b), a, b))
}

#[inline(always)]
fn smaller4(a: float32x4_t, b: float32x4_t) -> float32x4_t {
    registers!(vbslq_f32(vcleq_f32(a, b), a, b))
}

#[inline(always)]
fn to_i32x4(a: float32x4_t) -> uint32x4_t {
    registers!(vreinterpretq_u32_s32(vcvtq_s32_f32(a)))
}

#[inline(always)]
fn from_i32x4(a: uint32x4_t) -> float32x4_t {
    registers!(vcvtq_f32_s32(vreinterpretq_s32_u32(a)))
}

/// The 4×4 matrix of the rows, transposed.
#[inline(always)]
fn transpose4(r: [float32x4_t; 4]) -> [float32x4_t; 4] {
    registers!({
        let (a0, a1) = (vtrn1q_f32(r[0], r[1]), vtrn2q_f32(r[0], r[1]));
        let (a2, a3) = (vtrn1q_f32(r[2], r[3]), vtrn2q_f32(r[2], r[3]));
        [
            vcombine_f32(vget_low_f32(a0), vget_low_f32(a2)),
            vcombine_f32(vget_low_f32(a1), vget_low_f32(a3)),
            vcombine_f32(vget_high_f32(a0), vget_high_f32(a2)),
            vcombine_f32(vget_high_f32(a1), vget_high_f32(a3)),
        ]
    })
}

impl Simd for NeonToken {
    const ISA: Isa = Isa::Neon;
    type F32 = F32x16;
    type U32 = U32x16;

    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        registers!({
            let v = vdupq_n_f32(x);
            F32x16(v, v, v, v)
        })
    }
    #[inline(always)]
    fn splat_u32(self, x: u32) -> U32x16 {
        registers!({
            let v = vdupq_n_u32(x);
            U32x16(v, v, v, v)
        })
    }
    #[inline(always)]
    fn lane_numbers(self) -> U32x16 {
        self.load_u32(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    }
    #[inline(always)]
    unsafe fn load_ptr(self, at: *const f32) -> F32x16 {
        // SAFETY: valid for 16 floats, as the caller promises.
        unsafe { F32x16(vld1q_f32(at), vld1q_f32(at.add(4)), vld1q_f32(at.add(8)), vld1q_f32(at.add(12))) }
    }
    #[inline(always)]
    unsafe fn store_ptr(self, at: *mut f32, v: F32x16) {
        // SAFETY: as `load_ptr`.
        unsafe {
            vst1q_f32(at, v.0);
            vst1q_f32(at.add(4), v.1);
            vst1q_f32(at.add(8), v.2);
            vst1q_f32(at.add(12), v.3);
        }
    }
    #[inline(always)]
    unsafe fn load_partial_ptr(self, at: *const f32, n: usize) -> F32x16 {
        let mut lanes = [0.0; LANES];
        // SAFETY: n floats are valid, as the caller promises, and n <= 16; the array has 16.
        unsafe {
            std::ptr::copy_nonoverlapping(at, lanes.as_mut_ptr(), n);
            self.load_ptr(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_partial_ptr(self, at: *mut f32, n: usize, v: F32x16) {
        let mut lanes = [0.0; LANES];
        // SAFETY: as `load_partial_ptr`.
        unsafe {
            self.store_ptr(lanes.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), at, n);
        }
    }
    #[inline(always)]
    unsafe fn load_u32_ptr(self, at: *const u32) -> U32x16 {
        // SAFETY: valid for 16 integers, as the caller promises.
        unsafe { U32x16(vld1q_u32(at), vld1q_u32(at.add(4)), vld1q_u32(at.add(8)), vld1q_u32(at.add(12))) }
    }
    #[inline(always)]
    unsafe fn store_u32_ptr(self, at: *mut u32, v: U32x16) {
        // SAFETY: as `load_u32_ptr`.
        unsafe {
            vst1q_u32(at, v.0);
            vst1q_u32(at.add(4), v.1);
            vst1q_u32(at.add(8), v.2);
            vst1q_u32(at.add(12), v.3);
        }
    }
    #[inline(always)]
    unsafe fn load_u8_ptr(self, at: *const u8) -> F32x16 {
        // SAFETY: valid for 16 bytes, as the caller promises.
        let numbers: [u16; LANES] = unsafe {
            let bytes = vld1q_u8(at);
            std::mem::transmute([vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes)])
        };
        self.load_u16(&numbers)
    }
    #[inline(always)]
    unsafe fn load_u16_ptr(self, at: *const u16) -> F32x16 {
        // SAFETY: valid for 16 numbers, as the caller promises.
        let (a, b) = unsafe { (vld1q_u16(at), vld1q_u16(at.add(8))) };
        registers!(F32x16(
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(a))),
            vcvtq_f32_u32(vmovl_high_u16(a)),
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(b))),
            vcvtq_f32_u32(vmovl_high_u16(b))
        ))
    }

    #[inline(always)]
    fn add(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, vaddq_f32, a, b)
    }
    #[inline(always)]
    fn sub(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, vsubq_f32, a, b)
    }
    #[inline(always)]
    fn mul(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, vmulq_f32, a, b)
    }
    #[inline(always)]
    fn div(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, vdivq_f32, a, b)
    }
    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        each!(F32x16, vfmaq_f32, c, a, b)
    }
    #[inline(always)]
    fn neg_mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        each!(F32x16, vfmsq_f32, c, a, b)
    }
    #[inline(always)]
    fn max(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, larger4, a, b)
    }
    #[inline(always)]
    fn min(self, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, smaller4, a, b)
    }
    #[inline(always)]
    fn sqrt(self, a: F32x16) -> F32x16 {
        each!(F32x16, vsqrtq_f32, a)
    }
    #[inline(always)]
    fn floor(self, a: F32x16) -> F32x16 {
        each!(F32x16, vrndmq_f32, a)
    }
    #[inline(always)]
    fn eq(self, a: F32x16, b: F32x16) -> U32x16 {
        each!(U32x16, vceqq_f32, a, b)
    }
    #[inline(always)]
    fn lt(self, a: F32x16, b: F32x16) -> U32x16 {
        each!(U32x16, vcltq_f32, a, b)
    }
    #[inline(always)]
    fn le(self, a: F32x16, b: F32x16) -> U32x16 {
        each!(U32x16, vcleq_f32, a, b)
    }
    #[inline(always)]
    fn select(self, mask: U32x16, a: F32x16, b: F32x16) -> F32x16 {
        each!(F32x16, vbslq_f32, mask, a, b)
    }
    #[inline(always)]
    fn any(self, mask: U32x16) -> bool {
        registers!(vmaxvq_u32(vorrq_u32(vorrq_u32(mask.0, mask.1), vorrq_u32(mask.2, mask.3))) != 0)
    }
    #[inline(always)]
    fn to_bits(self, a: F32x16) -> U32x16 {
        each!(U32x16, vreinterpretq_u32_f32, a)
    }
    #[inline(always)]
    fn from_bits(self, a: U32x16) -> F32x16 {
        each!(F32x16, vreinterpretq_f32_u32, a)
    }
    #[inline(always)]
    fn and(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vandq_u32, a, b)
    }
    #[inline(always)]
    fn and_not(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vbicq_u32, b, a)
    }
    #[inline(always)]
    fn or(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vorrq_u32, a, b)
    }
    #[inline(always)]
    fn xor(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, veorq_u32, a, b)
    }
    #[inline(always)]
    fn add_u32(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vaddq_u32, a, b)
    }
    #[inline(always)]
    fn sub_u32(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vsubq_u32, a, b)
    }
    #[inline(always)]
    fn mul_lo(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, vmulq_u32, a, b)
    }
    #[inline(always)]
    fn mul_hi(self, a: U32x16, b: U32x16) -> U32x16 {
        each!(U32x16, mul_hi4, a, b)
    }
    #[inline(always)]
    fn shift_left<const N: u32>(self, a: U32x16) -> U32x16 {
        registers!({
            let n = vdupq_n_s32(N as i32);
            U32x16(vshlq_u32(a.0, n), vshlq_u32(a.1, n), vshlq_u32(a.2, n), vshlq_u32(a.3, n))
        })
    }
    #[inline(always)]
    fn shift_right<const N: u32>(self, a: U32x16) -> U32x16 {
        // A left shift by a negative number.
        registers!({
            let n = vdupq_n_s32(-(N as i32));
            U32x16(vshlq_u32(a.0, n), vshlq_u32(a.1, n), vshlq_u32(a.2, n), vshlq_u32(a.3, n))
        })
    }
    #[inline(always)]
    fn i32_to_f32(self, a: U32x16) -> F32x16 {
        each!(F32x16, from_i32x4, a)
    }
    #[inline(always)]
    fn f32_to_i32(self, a: F32x16) -> U32x16 {
        each!(U32x16, to_i32x4, a)
    }
    #[inline(always)]
    fn reduce_add(self, a: F32x16) -> f32 {
        registers!({
            let four = vaddq_f32(vaddq_f32(a.0, a.2), vaddq_f32(a.1, a.3));
            let two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
            vget_lane_f32::<0>(two) + vget_lane_f32::<1>(two)
        })
    }
    #[inline(always)]
    fn reduce_max(self, a: F32x16) -> f32 {
        registers!({
            let four = larger4(larger4(a.0, a.2), larger4(a.1, a.3));
            let (low, high) = (vget_low_f32(four), vget_high_f32(four));
            let two = vbsl_f32(vcge_f32(low, high), low, high);
            let (a, b) = (vget_lane_f32::<0>(two), vget_lane_f32::<1>(two));
            if a >= b { a } else { b }
        })
    }
    #[inline(always)]
    fn transpose(self, r: [F32x16; LANES]) -> [F32x16; LANES] {
        let mut out = r;
        for block in 0..4 {
            let (r0, r1, r2, r3) = (r[4 * block], r[4 * block + 1], r[4 * block + 2], r[4 * block + 3]);
            let columns = [
                transpose4([r0.0, r1.0, r2.0, r3.0]),
                transpose4([r0.1, r1.1, r2.1, r3.1]),
                transpose4([r0.2, r1.2, r2.2, r3.2]),
                transpose4([r0.3, r1.3, r2.3, r3.3]),
            ];
            for (i, column) in columns.iter().flatten().enumerate() {
                match block {
                    0 => out[i].0 = *column,
                    1 => out[i].1 = *column,
                    2 => out[i].2 = *column,
                    _ => out[i].3 = *column,
                }
            }
        }
        out
    }
}
