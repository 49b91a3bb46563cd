//! The one vector interface kernels are written against: 16 lanes of `f32` or `u32` on every instruction set.
//! Not here: the implementations (`avx512.rs`, `avx2.rs`, `neon.rs`, `portable.rs`).

use super::Isa;

/// Lanes of a vector, on every instruction set.
pub const LANES: usize = 16;

/// The vector operations of one instruction set. The value is a token: it can only exist on a CPU that has the
/// instructions, so the methods on registers are safe.
///
/// Comparisons give a mask: a `U32` vector whose lanes are all ones (true) or all zeros (false); a comparison
/// with NaN is false. `U32` also carries `i32` bits.
pub trait Simd: Copy + Send + Sync + 'static {
    /// Which instruction set this is.
    const ISA: Isa;
    /// 16 lanes of `f32`.
    type F32: Copy;
    /// 16 lanes of `u32`, `i32` bits or a mask.
    type U32: Copy;

    /// All lanes are `x`.
    fn splat(self, x: f32) -> Self::F32;
    /// All lanes are zero.
    #[inline(always)]
    fn zero(self) -> Self::F32 {
        self.splat(0.0)
    }
    /// All lanes are `x`.
    fn splat_u32(self, x: u32) -> Self::U32;
    /// Lane `i` is `i`.
    fn lane_numbers(self) -> Self::U32;

    /// Reads 16 floats.
    /// # Safety
    /// `at` must be valid for reading 16 `f32`; no alignment beyond that of `f32` is needed.
    unsafe fn load_ptr(self, at: *const f32) -> Self::F32;
    /// Writes 16 floats.
    /// # Safety
    /// `at` must be valid for writing 16 `f32`.
    unsafe fn store_ptr(self, at: *mut f32, v: Self::F32);
    /// Reads the first `n` (at most 16) floats; the other lanes are zero.
    /// # Safety
    /// `at` must be valid for reading `n` `f32`, `n <= 16`.
    unsafe fn load_partial_ptr(self, at: *const f32, n: usize) -> Self::F32;
    /// Writes the first `n` (at most 16) lanes.
    /// # Safety
    /// `at` must be valid for writing `n` `f32`, `n <= 16`.
    unsafe fn store_partial_ptr(self, at: *mut f32, n: usize, v: Self::F32);
    /// Reads 16 integers.
    /// # Safety
    /// `at` must be valid for reading 16 `u32`.
    unsafe fn load_u32_ptr(self, at: *const u32) -> Self::U32;
    /// Writes 16 integers.
    /// # Safety
    /// `at` must be valid for writing 16 `u32`.
    unsafe fn store_u32_ptr(self, at: *mut u32, v: Self::U32);
    /// Reads 16 bytes as floats.
    /// # Safety
    /// `at` must be valid for reading 16 `u8`.
    unsafe fn load_u8_ptr(self, at: *const u8) -> Self::F32;
    /// Reads 16 `u16` as floats.
    /// # Safety
    /// `at` must be valid for reading 16 `u16`.
    unsafe fn load_u16_ptr(self, at: *const u16) -> Self::F32;

    /// Reads the first 16 floats of `s`, which must have as many.
    #[inline(always)]
    fn load(self, s: &[f32]) -> Self::F32 {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.load_ptr(s.as_ptr()) }
    }
    /// Writes the first 16 floats of `s`, which must have as many.
    #[inline(always)]
    fn store(self, s: &mut [f32], v: Self::F32) {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.store_ptr(s.as_mut_ptr(), v) }
    }
    /// Reads up to 16 floats, as many as `s` has; the other lanes are zero.
    #[inline(always)]
    fn load_partial(self, s: &[f32]) -> Self::F32 {
        // SAFETY: `n` is within the slice and at most 16.
        unsafe { self.load_partial_ptr(s.as_ptr(), s.len().min(LANES)) }
    }
    /// Writes up to 16 lanes, as many as `s` has.
    #[inline(always)]
    fn store_partial(self, s: &mut [f32], v: Self::F32) {
        // SAFETY: `n` is within the slice and at most 16.
        unsafe { self.store_partial_ptr(s.as_mut_ptr(), s.len().min(LANES), v) }
    }
    /// Reads the first 16 integers of `s`, which must have as many.
    #[inline(always)]
    fn load_u32(self, s: &[u32]) -> Self::U32 {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.load_u32_ptr(s.as_ptr()) }
    }
    /// Writes the first 16 integers of `s`, which must have as many.
    #[inline(always)]
    fn store_u32(self, s: &mut [u32], v: Self::U32) {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.store_u32_ptr(s.as_mut_ptr(), v) }
    }
    /// Reads the first 16 bytes of `s`, which must have as many, as floats.
    #[inline(always)]
    fn load_u8(self, s: &[u8]) -> Self::F32 {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.load_u8_ptr(s.as_ptr()) }
    }
    /// Reads the first 16 numbers of `s`, which must have as many, as floats.
    #[inline(always)]
    fn load_u16(self, s: &[u16]) -> Self::F32 {
        assert!(s.len() >= LANES);
        // SAFETY: the length was just checked.
        unsafe { self.load_u16_ptr(s.as_ptr()) }
    }

    /// Asks for the cache line at `at`, which need not be valid; nothing where the instruction set has no such request.
    #[inline(always)]
    fn prefetch(self, _at: *const f32) {}

    /// a + b
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a − b
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a / b, correctly rounded
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b + c, rounded once; on the portable path rounded twice.
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// c − a · b, rounded as `mul_add`.
    fn neg_mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// a where a ≥ b, else b (so NaN in either gives b).
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a where a ≤ b, else b (so NaN in either gives b).
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// −a
    #[inline(always)]
    fn neg(self, a: Self::F32) -> Self::F32 {
        self.from_bits(self.xor(self.to_bits(a), self.splat_u32(0x8000_0000)))
    }
    /// |a|
    #[inline(always)]
    fn abs(self, a: Self::F32) -> Self::F32 {
        self.from_bits(self.and(self.to_bits(a), self.splat_u32(0x7fff_ffff)))
    }
    /// √a, correctly rounded
    fn sqrt(self, a: Self::F32) -> Self::F32;
    /// ⌊a⌋
    fn floor(self, a: Self::F32) -> Self::F32;

    /// a = b
    fn eq(self, a: Self::F32, b: Self::F32) -> Self::U32;
    /// a < b
    fn lt(self, a: Self::F32, b: Self::F32) -> Self::U32;
    /// a ≤ b
    fn le(self, a: Self::F32, b: Self::F32) -> Self::U32;
    /// a > b
    #[inline(always)]
    fn gt(self, a: Self::F32, b: Self::F32) -> Self::U32 {
        self.lt(b, a)
    }
    /// a ≥ b
    #[inline(always)]
    fn ge(self, a: Self::F32, b: Self::F32) -> Self::U32 {
        self.le(b, a)
    }
    /// a where the mask is true, b where it is false.
    fn select(self, mask: Self::U32, a: Self::F32, b: Self::F32) -> Self::F32;
    /// Whether any lane of the mask is true.
    fn any(self, mask: Self::U32) -> bool;

    /// The same bits as integers.
    #[allow(clippy::wrong_self_convention)]
    fn to_bits(self, a: Self::F32) -> Self::U32;
    /// The same bits as floats.
    #[allow(clippy::wrong_self_convention)]
    fn from_bits(self, a: Self::U32) -> Self::F32;
    /// a & b
    fn and(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// !a & b
    fn and_not(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// a | b
    fn or(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// a ^ b
    fn xor(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// !a
    #[inline(always)]
    fn not(self, a: Self::U32) -> Self::U32 {
        self.xor(a, self.splat_u32(u32::MAX))
    }
    /// a + b, wrapping
    fn add_u32(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// a − b, wrapping
    fn sub_u32(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// The low 32 bits of a · b.
    fn mul_lo(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// The high 32 bits of a · b (unsigned).
    fn mul_hi(self, a: Self::U32, b: Self::U32) -> Self::U32;
    /// a << N, 0 < N < 32
    fn shift_left<const N: u32>(self, a: Self::U32) -> Self::U32;
    /// a >> N, zeros come in, 0 < N < 32
    fn shift_right<const N: u32>(self, a: Self::U32) -> Self::U32;

    /// `i32` bits to floats, rounded to nearest.
    fn i32_to_f32(self, a: Self::U32) -> Self::F32;
    /// Floats to `i32` bits, towards zero; as Rust's `as`: NaN gives 0, what is too large gives the nearest `i32`.
    fn f32_to_i32(self, a: Self::F32) -> Self::U32;

    /// The sum of all lanes, always as the tree i + (i+8), then + (i+4), + (i+2), + (i+1).
    fn reduce_add(self, a: Self::F32) -> f32;
    /// The maximum of all lanes by the same tree with `max`.
    fn reduce_max(self, a: Self::F32) -> f32;
    /// The 16×16 matrix of the rows, transposed.
    fn transpose(self, rows: [Self::F32; LANES]) -> [Self::F32; LANES];
}
