//! The instruction sets a kernel can run on, and how one generic kernel reaches all of them.
//!
//! A kernel is written once against [`Simd`] (16 lanes of `f32`), wrapped in a [`Kernel`], and started by
//! [`Isa::dispatch`], which compiles it once per instruction set.
//! To add an instruction set: one file with a token that implements [`Simd`], one variant here, one arm in `dispatch`.
//! Not here: what kernels compute (`gemm`, `conv`, `fused`, `math`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod simd;
#[cfg(test)]
mod tests;

pub use portable::PortableToken;
pub use simd::{LANES, Simd};

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2Token;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512Token;
#[cfg(target_arch = "aarch64")]
pub use neon::NeonToken;

/// An instruction set that kernels are compiled for.
///
/// `Avx512`, `Avx2` and `Neon` give the same bytes; `Portable` rounds between multiplication and addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// x86-64 with AVX-512 F, BW, DQ and VL.
    Avx512,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// 64-bit Arm with NEON.
    Neon,
    /// What the compiler makes of plain arrays on any CPU.
    Portable,
}

/// Why an instruction set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsaError {
    /// The name is none of ours.
    #[error("expected an instruction set (avx512, avx2, neon or portable), found `{name}`")]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The name is known, but this CPU lacks the instructions.
    #[error("expected an instruction set of this cpu, found `{}`, which it lacks", isa.name())]
    Unavailable {
        /// The instruction set asked for.
        isa: Isa,
    },
}

impl IsaError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let names: Vec<_> = Isa::available().map(Isa::name).collect();
        format!("this cpu has: {}", names.join(", "))
    }
}

/// A computation that is written once, generic over the instruction set, and compiled for each.
///
/// Mark `run` and everything it calls with vectors as `#[inline(always)]`, and let no closure touch a vector (not
/// `map` or `array::from_fn` either): only code that is inlined into [`Isa::dispatch`] is compiled with the
/// instruction set's features, and a closure may not be.
pub trait Kernel {
    /// What the computation gives back.
    type Output;
    /// Runs it with the vectors of `simd`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

impl Isa {
    /// Every instruction set, the fastest first.
    pub const ALL: [Isa; 4] = [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable];

    /// The fastest instruction set of this CPU.
    pub fn detect() -> Isa {
        Isa::available().next().unwrap_or(Isa::Portable)
    }

    /// The instruction sets this CPU has, the fastest first; never empty.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// The name that `from_name` takes.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Neon => "neon",
            Isa::Portable => "portable",
        }
    }

    /// The instruction set of this name.
    ///
    /// # Errors
    /// When the name is unknown, or this CPU lacks the instructions.
    pub fn from_name(name: &str) -> Result<Isa, IsaError> {
        let isa = Isa::ALL.into_iter().find(|isa| isa.name() == name);
        let isa = isa.ok_or_else(|| IsaError::Unknown { name: name.to_string() })?;
        if isa.is_available() { Ok(isa) } else { Err(IsaError::Unavailable { isa }) }
    }

    /// Whether this CPU has the instructions (the standard library remembers the answer: a load and a test).
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && Isa::Avx2.is_available()
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            Isa::Portable => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }

    /// Runs `kernel` compiled for this instruction set.
    ///
    /// # Panics
    /// When this CPU lacks the instructions; `detect`, `available` and `from_name` only give ones that it has.
    pub fn dispatch<K: Kernel>(self, kernel: K) -> K::Output {
        assert!(self.is_available(), "this cpu lacks {}", self.name());
        match self {
            // SAFETY: the features were just found on this CPU.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { run_avx512(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { run_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => unsafe { run_neon(kernel) },
            _ => kernel.run(PortableToken),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own features are those the token stands for.
    kernel.run(unsafe { Avx512Token::new_unchecked() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own features are those the token stands for.
    kernel.run(unsafe { Avx2Token::new_unchecked() })
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn run_neon<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own feature is the one the token stands for.
    kernel.run(unsafe { NeonToken::new_unchecked() })
}
