//! AVX-512 (F, BW, DQ, VL): a vector is one 512-bit register. Comparisons pass through mask registers; the compiler
//! removes the way there and back.

use super::avx2::{self, Avx2Token};
use super::{Isa, LANES, Simd};
use std::arch::x86_64::*;

/// Proof that the CPU has AVX-512 F, BW, DQ and VL, and AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub struct Avx512Token(());

impl Avx512Token {
    /// # Safety
    /// The CPU must have AVX-512 F, BW, DQ and VL, and AVX2 and FMA.
    #[inline(always)]
    pub(super) unsafe fn new_unchecked() -> Self {
        Avx512Token(())
    }

    #[inline(always)]
    fn avx2(self) -> Avx2Token {
        // SAFETY: this token stands for AVX2 and FMA too.
        unsafe { Avx2Token::new_unchecked() }
    }
}

/// Calls vendor intrinsics that touch registers only.
macro_rules! registers {
    ($value:expr) => {{
        // SAFETY: a token only exists on a CPU that has the instructions, and these touch registers only.
        unsafe { $value }
    }};
}

/// The mask register whose first `n` (at most 16) bits are set.
#[inline(always)]
fn first_lanes(n: usize) -> __mmask16 {
    ((1u32 << n) - 1) as __mmask16
}

/// The low and the high half.
#[inline(always)]
fn halves(_: Avx512Token, v: __m512) -> [__m256; 2] {
    registers!([_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v)])
}

impl Simd for Avx512Token {
    const ISA: Isa = Isa::Avx512;
    type F32 = __m512;
    type U32 = __m512i;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        registers!(_mm512_set1_ps(x))
    }
    #[inline(always)]
    fn splat_u32(self, x: u32) -> __m512i {
        registers!(_mm512_set1_epi32(x as i32))
    }
    #[inline(always)]
    fn lane_numbers(self) -> __m512i {
        registers!(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    }
    #[inline(always)]
    unsafe fn load_ptr(self, at: *const f32) -> __m512 {
        // SAFETY: valid for 16 floats, as the caller promises; the token stands for the instructions.
        unsafe { _mm512_loadu_ps(at) }
    }
    #[inline(always)]
    unsafe fn store_ptr(self, at: *mut f32, v: __m512) {
        // SAFETY: as `load_ptr`.
        unsafe { _mm512_storeu_ps(at, v) }
    }
    #[inline(always)]
    unsafe fn load_partial_ptr(self, at: *const f32, n: usize) -> __m512 {
        // SAFETY: masked lanes are not touched, the others the caller promises.
        unsafe { _mm512_maskz_loadu_ps(first_lanes(n), at) }
    }
    #[inline(always)]
    unsafe fn store_partial_ptr(self, at: *mut f32, n: usize, v: __m512) {
        // SAFETY: as `load_partial_ptr`.
        unsafe { _mm512_mask_storeu_ps(at, first_lanes(n), v) }
    }
    #[inline(always)]
    unsafe fn load_u32_ptr(self, at: *const u32) -> __m512i {
        // SAFETY: valid for 16 integers, as the caller promises.
        unsafe { _mm512_loadu_si512(at.cast()) }
    }
    #[inline(always)]
    unsafe fn store_u32_ptr(self, at: *mut u32, v: __m512i) {
        // SAFETY: as `load_u32_ptr`.
        unsafe { _mm512_storeu_si512(at.cast(), v) }
    }
    #[inline(always)]
    unsafe fn load_u8_ptr(self, at: *const u8) -> __m512 {
        // SAFETY: valid for 16 bytes, as the caller promises.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(at.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_u16_ptr(self, at: *const u16) -> __m512 {
        // SAFETY: valid for 16 numbers of two bytes, as the caller promises.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256(at.cast()))) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        registers!(_mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn neg_mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        registers!(_mm512_fnmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(a, b), b, a))
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b), b, a))
    }
    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        registers!(_mm512_sqrt_ps(a))
    }
    #[inline(always)]
    fn floor(self, a: __m512) -> __m512 {
        registers!(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a))
    }
    #[inline(always)]
    fn eq(self, a: __m512, b: __m512) -> __m512i {
        registers!(_mm512_movm_epi32(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b)))
    }
    #[inline(always)]
    fn lt(self, a: __m512, b: __m512) -> __m512i {
        registers!(_mm512_movm_epi32(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b)))
    }
    #[inline(always)]
    fn le(self, a: __m512, b: __m512) -> __m512i {
        registers!(_mm512_movm_epi32(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b)))
    }
    #[inline(always)]
    fn select(self, mask: __m512i, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_mask_blend_ps(_mm512_movepi32_mask(mask), b, a))
    }
    #[inline(always)]
    fn any(self, mask: __m512i) -> bool {
        registers!(_mm512_movepi32_mask(mask) != 0)
    }
    #[inline(always)]
    fn to_bits(self, a: __m512) -> __m512i {
        registers!(_mm512_castps_si512(a))
    }
    #[inline(always)]
    fn from_bits(self, a: __m512i) -> __m512 {
        registers!(_mm512_castsi512_ps(a))
    }
    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_and_si512(a, b))
    }
    #[inline(always)]
    fn and_not(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_andnot_si512(a, b))
    }
    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_or_si512(a, b))
    }
    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_xor_si512(a, b))
    }
    #[inline(always)]
    fn add_u32(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_add_epi32(a, b))
    }
    #[inline(always)]
    fn sub_u32(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_sub_epi32(a, b))
    }
    #[inline(always)]
    fn mul_lo(self, a: __m512i, b: __m512i) -> __m512i {
        registers!(_mm512_mullo_epi32(a, b))
    }
    #[inline(always)]
    fn mul_hi(self, a: __m512i, b: __m512i) -> __m512i {
        registers!({
            let even = _mm512_mul_epu32(a, b);
            let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(a), _mm512_srli_epi64::<32>(b));
            _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64::<32>(even), odd)
        })
    }
    #[inline(always)]
    fn shift_left<const N: u32>(self, a: __m512i) -> __m512i {
        registers!(_mm512_slli_epi32::<N>(a))
    }
    #[inline(always)]
    fn shift_right<const N: u32>(self, a: __m512i) -> __m512i {
        registers!(_mm512_srli_epi32::<N>(a))
    }
    #[inline(always)]
    fn i32_to_f32(self, a: __m512i) -> __m512 {
        registers!(_mm512_cvtepi32_ps(a))
    }
    #[inline(always)]
    fn f32_to_i32(self, a: __m512) -> __m512i {
        // The instruction gives 0x8000_0000 for what does not fit.
        registers!({
            let too_large = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(a, _mm512_set1_ps(2_147_483_648.0));
            let number = _mm512_cmp_ps_mask::<_CMP_ORD_Q>(a, a);
            let all = _mm512_mask_set1_epi32(_mm512_cvttps_epi32(a), too_large, i32::MAX);
            _mm512_maskz_mov_epi32(number, all)
        })
    }
    #[inline(always)]
    fn reduce_add(self, a: __m512) -> f32 {
        let [low, high] = halves(self, a);
        avx2::reduce_add8(self.avx2(), registers!(_mm256_add_ps(low, high)))
    }
    #[inline(always)]
    fn reduce_max(self, a: __m512) -> f32 {
        let [low, high] = halves(self, a);
        let larger = registers!(_mm256_blendv_ps(high, low, _mm256_cmp_ps::<_CMP_GE_OQ>(low, high)));
        avx2::reduce_max8(self.avx2(), larger)
    }
    #[inline(always)]
    fn transpose(self, r: [__m512; LANES]) -> [__m512; LANES] {
        // Four 8×8 quarters with the 256-bit instructions.
        let zero = registers!(_mm256_setzero_ps());
        let mut quarters = [[[zero; 8]; 2]; 2]; // [top or bottom][left or right]
        for i in 0..LANES {
            let [low, high] = halves(self, r[i]);
            quarters[i / 8][0][i % 8] = low;
            quarters[i / 8][1][i % 8] = high;
        }
        let token = self.avx2();
        let top = [avx2::transpose8(token, quarters[0][0]), avx2::transpose8(token, quarters[0][1])];
        let bottom = [avx2::transpose8(token, quarters[1][0]), avx2::transpose8(token, quarters[1][1])];
        let mut out = [self.zero(); LANES];
        for i in 0..LANES {
            let (low, high) = (top[i / 8][i % 8], bottom[i / 8][i % 8]);
            out[i] = registers!(_mm512_insertf32x8::<1>(_mm512_castps256_ps512(low), high));
        }
        out
    }
}
