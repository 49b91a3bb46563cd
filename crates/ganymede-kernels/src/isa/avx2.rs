//! AVX2 with FMA: a vector is two 256-bit registers.

use super::{Isa, LANES, Simd};
use std::arch::x86_64::*;

/// Proof that the CPU has AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub struct Avx2Token(());

impl Avx2Token {
    /// # Safety
    /// The CPU must have AVX2 and FMA.
    #[inline(always)]
    pub(super) unsafe fn new_unchecked() -> Self {
        Avx2Token(())
    }
}

/// 16 floats in two registers.
#[derive(Clone, Copy, Debug)]
pub struct F32x16(__m256, __m256);

/// 16 integers in two registers.
#[derive(Clone, Copy, Debug)]
pub struct U32x16(__m256i, __m256i);

/// Calls vendor intrinsics that touch registers only.
macro_rules! registers {
    ($value:expr) => {{
        // SAFETY: a token only exists on a CPU that has the instructions, and these touch registers only.
        unsafe { $value }
    }};
}

/// Applies an intrinsic to both halves.
macro_rules! both {
    ($kind:ident, $f:expr, $($arg:expr),+) => {
        registers!($kind($f($($arg.0),+), $f($($arg.1),+)))
    };
}

/// Masks of `_mm256_maskload_ps` whose first `n` of 16 lanes are set.
#[inline(always)]
fn first_lanes(n: usize) -> (__m256i, __m256i) {
    registers!({
        let n = _mm256_set1_epi32(n as i32);
        let low = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let high = _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15);
        (_mm256_cmpgt_epi32(n, low), _mm256_cmpgt_epi32(n, high))
    })
}

/// The sum of 8 lanes: i + (i+4), then + (i+2), + (i+1).
#[inline(always)]
pub(super) fn reduce_add8(_: Avx2Token, v: __m256) -> f32 {
    registers!({
        let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
    })
}

/// The maximum of 8 lanes by the same tree, a where a ≥ b.
#[inline(always)]
pub(super) fn reduce_max8(_: Avx2Token, v: __m256) -> f32 {
    registers!({
        let four = larger4(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        let two = larger4(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(larger4(two, _mm_shuffle_ps::<1>(two, two)))
    })
}

/// a where a ≥ b, else b.
#[inline(always)]
fn larger4(a: __m128, b: __m128) -> __m128 {
    registers!(_mm_blendv_ps(b, a, _mm_cmp_ps::<_CMP_GE_OQ>(a, b)))
}

/// The 8×8 matrix of the rows, transposed.
#[inline(always)]
pub(super) fn transpose8(_: Avx2Token, r: [__m256; 8]) -> [__m256; 8] {
    registers!({
        // Pairs of rows interleaved, then pairs of pairs: each register holds a column of four in either half.
        let (a0, a1) = (_mm256_unpacklo_ps(r[0], r[1]), _mm256_unpackhi_ps(r[0], r[1]));
        let (a2, a3) = (_mm256_unpacklo_ps(r[2], r[3]), _mm256_unpackhi_ps(r[2], r[3]));
        let (a4, a5) = (_mm256_unpacklo_ps(r[4], r[5]), _mm256_unpackhi_ps(r[4], r[5]));
        let (a6, a7) = (_mm256_unpacklo_ps(r[6], r[7]), _mm256_unpackhi_ps(r[6], r[7]));
        let (b0, b1) = (_mm256_shuffle_ps::<0x44>(a0, a2), _mm256_shuffle_ps::<0xee>(a0, a2));
        let (b2, b3) = (_mm256_shuffle_ps::<0x44>(a1, a3), _mm256_shuffle_ps::<0xee>(a1, a3));
        let (b4, b5) = (_mm256_shuffle_ps::<0x44>(a4, a6), _mm256_shuffle_ps::<0xee>(a4, a6));
        let (b6, b7) = (_mm256_shuffle_ps::<0x44>(a5, a7), _mm256_shuffle_ps::<0xee>(a5, a7));
        [
            _mm256_permute2f128_ps::<0x20>(b0, b4),
            _mm256_permute2f128_ps::<0x20>(b1, b5),
            _mm256_permute2f128_ps::<0x20>(b2, b6),
            _mm256_permute2f128_ps::<0x20>(b3, b7),
            _mm256_permute2f128_ps::<0x31>(b0, b4),
            _mm256_permute2f128_ps::<0x31>(b1, b5),
            _mm256_permute2f128_ps::<0x31>(b2, b6),
            _mm256_permute2f128_ps::<0x31>(b3, b7),
        ]
    })
}

/// The high halves of 8 products of `u32`.
#[inline(always)]
fn mul_hi8(a: __m256i, b: __m256i) -> __m256i {
    registers!({
        let even = _mm256_mul_epu32(a, b);
        let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), _mm256_srli_epi64::<32>(b));
        _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<32>(even), odd)
    })
}

/// `as i32` of 8 floats: the instruction gives 0x8000_0000 for what does not fit.
#[inline(always)]
fn to_i32x8(a: __m256) -> __m256i {
    registers!({
        let too_large = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_GE_OQ>(a, _mm256_set1_ps(2_147_483_648.0)));
        let number = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_ORD_Q>(a, a));
        _mm256_and_si256(_mm256_xor_si256(_mm256_cvttps_epi32(a), too_large), number)
    })
}

impl Simd for Avx2Token {
    const ISA: Isa = Isa::Avx2;
    type F32 = F32x16;
    type U32 = U32x16;

    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        registers!(F32x16(_mm256_set1_ps(x), _mm256_set1_ps(x)))
    }
    #[inline(always)]
    fn splat_u32(self, x: u32) -> U32x16 {
        registers!(U32x16(_mm256_set1_epi32(x as i32), _mm256_set1_epi32(x as i32)))
    }
    #[inline(always)]
    fn lane_numbers(self) -> U32x16 {
        registers!(U32x16(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)))
    }
    #[inline(always)]
    unsafe fn load_ptr(self, at: *const f32) -> F32x16 {
        // SAFETY: valid for 16 floats, as the caller promises; the token stands for the instructions.
        unsafe { F32x16(_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))) }
    }
    #[inline(always)]
    unsafe fn store_ptr(self, at: *mut f32, v: F32x16) {
        // SAFETY: as `load_ptr`.
        unsafe {
            _mm256_storeu_ps(at, v.0);
            _mm256_storeu_ps(at.add(8), v.1);
        }
    }
    #[inline(always)]
    unsafe fn load_partial_ptr(self, at: *const f32, n: usize) -> F32x16 {
        let (low, high) = first_lanes(n);
        // SAFETY: masked lanes are not touched, the others the caller promises; `wrapping_add` may point past them.
        unsafe { F32x16(_mm256_maskload_ps(at, low), _mm256_maskload_ps(at.wrapping_add(8), high)) }
    }
    #[inline(always)]
    unsafe fn store_partial_ptr(self, mut at: *mut f32, n: usize, v: F32x16) {
        // Halves, because masked stores are slow on many CPUs.
        // SAFETY: the lengths of the stores add up to n, for which the caller promises validity.
        unsafe {
            if n >= 16 {
                return self.store_ptr(at, v);
            }
            let mut eight = v.0;
            if n & 8 != 0 {
                _mm256_storeu_ps(at, eight);
                at = at.add(8);
                eight = v.1;
            }
            let mut four = _mm256_castps256_ps128(eight);
            if n & 4 != 0 {
                _mm_storeu_ps(at, four);
                at = at.add(4);
                four = _mm256_extractf128_ps::<1>(eight);
            }
            if n & 2 != 0 {
                _mm_storel_pd(at.cast(), _mm_castps_pd(four));
                at = at.add(2);
                four = _mm_movehl_ps(four, four);
            }
            if n & 1 != 0 {
                _mm_store_ss(at, four);
            }
        }
    }
    #[inline(always)]
    unsafe fn load_u32_ptr(self, at: *const u32) -> U32x16 {
        // SAFETY: valid for 16 integers, as the caller promises.
        unsafe { U32x16(_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(8).cast())) }
    }
    #[inline(always)]
    unsafe fn store_u32_ptr(self, at: *mut u32, v: U32x16) {
        // SAFETY: as `load_u32_ptr`.
        unsafe {
            _mm256_storeu_si256(at.cast(), v.0);
            _mm256_storeu_si256(at.add(8).cast(), v.1);
        }
    }
    #[inline(always)]
    unsafe fn load_u8_ptr(self, at: *const u8) -> F32x16 {
        // SAFETY: valid for 16 bytes, as the caller promises.
        unsafe {
            let bytes = _mm_loadu_si128(at.cast());
            let (low, high) = (_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128::<8>(bytes)));
            F32x16(_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high))
        }
    }
    #[inline(always)]
    unsafe fn load_u16_ptr(self, at: *const u16) -> F32x16 {
        // SAFETY: valid for 16 numbers of two bytes, as the caller promises.
        unsafe {
            let low = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.cast()));
            let high = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.add(8).cast()));
            F32x16(_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high))
        }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn add(self, a: F32x16, b: F32x16) -> F32x16 {
        both!(F32x16, _mm256_add_ps, a, b)
    }
    #[inline(always)]
    fn sub(self, a: F32x16, b: F32x16) -> F32x16 {
        both!(F32x16, _mm256_sub_ps, a, b)
    }
    #[inline(always)]
    fn mul(self, a: F32x16, b: F32x16) -> F32x16 {
        both!(F32x16, _mm256_mul_ps, a, b)
    }
    #[inline(always)]
    fn div(self, a: F32x16, b: F32x16) -> F32x16 {
        both!(F32x16, _mm256_div_ps, a, b)
    }
    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        both!(F32x16, _mm256_fmadd_ps, a, b, c)
    }
    #[inline(always)]
    fn neg_mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        both!(F32x16, _mm256_fnmadd_ps, a, b, c)
    }
    #[inline(always)]
    fn max(self, a: F32x16, b: F32x16) -> F32x16 {
        // `maxps` gives b when the two are equal, which differs for −0 and 0.
        self.select(self.le(b, a), a, b)
    }
    #[inline(always)]
    fn min(self, a: F32x16, b: F32x16) -> F32x16 {
        self.select(self.le(a, b), a, b)
    }
    #[inline(always)]
    fn sqrt(self, a: F32x16) -> F32x16 {
        both!(F32x16, _mm256_sqrt_ps, a)
    }
    #[inline(always)]
    fn floor(self, a: F32x16) -> F32x16 {
        both!(F32x16, _mm256_floor_ps, a)
    }
    #[inline(always)]
    fn eq(self, a: F32x16, b: F32x16) -> U32x16 {
        self.to_bits(both!(F32x16, _mm256_cmp_ps::<_CMP_EQ_OQ>, a, b))
    }
    #[inline(always)]
    fn lt(self, a: F32x16, b: F32x16) -> U32x16 {
        self.to_bits(both!(F32x16, _mm256_cmp_ps::<_CMP_LT_OQ>, a, b))
    }
    #[inline(always)]
    fn le(self, a: F32x16, b: F32x16) -> U32x16 {
        self.to_bits(both!(F32x16, _mm256_cmp_ps::<_CMP_LE_OQ>, a, b))
    }
    #[inline(always)]
    fn select(self, mask: U32x16, a: F32x16, b: F32x16) -> F32x16 {
        let mask = self.from_bits(mask);
        both!(F32x16, _mm256_blendv_ps, b, a, mask)
    }
    #[inline(always)]
    fn any(self, mask: U32x16) -> bool {
        registers!(_mm256_movemask_epi8(_mm256_or_si256(mask.0, mask.1)) != 0)
    }
    #[inline(always)]
    fn to_bits(self, a: F32x16) -> U32x16 {
        both!(U32x16, _mm256_castps_si256, a)
    }
    #[inline(always)]
    fn from_bits(self, a: U32x16) -> F32x16 {
        both!(F32x16, _mm256_castsi256_ps, a)
    }
    #[inline(always)]
    fn and(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_and_si256, a, b)
    }
    #[inline(always)]
    fn and_not(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_andnot_si256, a, b)
    }
    #[inline(always)]
    fn or(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_or_si256, a, b)
    }
    #[inline(always)]
    fn xor(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_xor_si256, a, b)
    }
    #[inline(always)]
    fn add_u32(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_add_epi32, a, b)
    }
    #[inline(always)]
    fn sub_u32(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_sub_epi32, a, b)
    }
    #[inline(always)]
    fn mul_lo(self, a: U32x16, b: U32x16) -> U32x16 {
        both!(U32x16, _mm256_mullo_epi32, a, b)
    }
    #[inline(always)]
    fn mul_hi(self, a: U32x16, b: U32x16) -> U32x16 {
        U32x16(mul_hi8(a.0, b.0), mul_hi8(a.1, b.1))
    }
    #[inline(always)]
    fn shift_left<const N: u32>(self, a: U32x16) -> U32x16 {
        registers!({
            let n = _mm256_set1_epi32(N as i32);
            U32x16(_mm256_sllv_epi32(a.0, n), _mm256_sllv_epi32(a.1, n))
        })
    }
    #[inline(always)]
    fn shift_right<const N: u32>(self, a: U32x16) -> U32x16 {
        registers!({
            let n = _mm256_set1_epi32(N as i32);
            U32x16(_mm256_srlv_epi32(a.0, n), _mm256_srlv_epi32(a.1, n))
        })
    }
    #[inline(always)]
    fn i32_to_f32(self, a: U32x16) -> F32x16 {
        both!(F32x16, _mm256_cvtepi32_ps, a)
    }
    #[inline(always)]
    fn f32_to_i32(self, a: F32x16) -> U32x16 {
        U32x16(to_i32x8(a.0), to_i32x8(a.1))
    }
    #[inline(always)]
    fn reduce_add(self, a: F32x16) -> f32 {
        reduce_add8(self, registers!(_mm256_add_ps(a.0, a.1)))
    }
    #[inline(always)]
    fn reduce_max(self, a: F32x16) -> f32 {
        let larger = registers!(_mm256_blendv_ps(a.1, a.0, _mm256_cmp_ps::<_CMP_GE_OQ>(a.0, a.1)));
        reduce_max8(self, larger)
    }
    #[inline(always)]
    fn transpose(self, r: [F32x16; LANES]) -> [F32x16; LANES] {
        let zero = registers!(_mm256_setzero_ps());
        let mut quarters = [[[zero; 8]; 2]; 2]; // [top or bottom][left or right]
        for i in 0..LANES {
            quarters[i / 8][0][i % 8] = r[i].0;
            quarters[i / 8][1][i % 8] = r[i].1;
        }
        let top = [transpose8(self, quarters[0][0]), transpose8(self, quarters[0][1])];
        let bottom = [transpose8(self, quarters[1][0]), transpose8(self, quarters[1][1])];
        let mut out = [self.zero(); LANES];
        for i in 0..LANES {
            out[i] = F32x16(top[i / 8][i % 8], bottom[i / 8][i % 8]);
        }
        out
    }
}
