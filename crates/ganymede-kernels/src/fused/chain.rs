//! Instructions that one vector loop computes together: a register that only one other is made of need not go through the
//! first-level cache, and on short arithmetic that is most of the time. Every operation still rounds by itself, so the
//! bytes are those of separate loops. Not here: the loops (`ops.rs`), what is emitted when (`compile.rs`).

use super::region::{Binary, Instruction, Register, Unary};

/// A function of three registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    /// (a ∘ b) • c, for a sum, difference or product and a sum, difference, product or maximum.
    Then(Binary, Binary),
    /// c • (a ∘ b), for a difference or maximum.
    Into(Binary, Binary),
    /// a + (b − a)·c: moving averages.
    Lerp,
    /// a / (√b + c): the step of an optimizer.
    OverRoot,
    /// (a − b)²; c is not read.
    SquaredDifference,
}

/// The chains of a region.
pub(super) struct Chains {
    /// For the last register of a chain: the function, and its arguments.
    pub ends: Vec<Option<(Chain, [Register; 3])>>,
    /// For the other registers of a chain: the last one.
    pub inside: Vec<Option<Register>>,
}

impl Chains {
    /// The chains among the registers that `varies`, which are used so many times (by instructions and outputs).
    pub fn of(instructions: &[Instruction], varies: &[bool], uses: &[usize]) -> Chains {
        let n = instructions.len();
        let mut chains = Chains { ends: vec![None; n], inside: vec![None; n] };
        for end in (0..n).rev().filter(|&r| varies[r] && uses[r] > 0) {
            if chains.inside[end].is_some() {
                continue;
            }
            let inner = |register: Register, times: usize| {
                let free = varies[register] && uses[register] == times && chains.inside[register].is_none();
                free.then_some(&instructions[register])
            };
            if let Some((chain, arguments, inside)) = find(instructions, end, &inner) {
                chains.ends[end] = Some((chain, arguments));
                inside.into_iter().flatten().for_each(|register| chains.inside[register] = Some(end));
            }
        }
        chains
    }

    /// The instruction with which a register is computed.
    pub fn end(&self, register: Register) -> Register {
        self.inside[register].unwrap_or(register)
    }
}

type Found = (Chain, [Register; 3], [Option<Register>; 2]);

/// The chain that ends with a register; `inner` gives the instruction of a register that is used so often and nowhere
/// else.
fn find<'a>(
    instructions: &[Instruction],
    end: Register,
    inner: &impl Fn(Register, usize) -> Option<&'a Instruction>,
) -> Option<Found> {
    let Instruction::Binary(function, x, y) = instructions[end] else { return None };
    if function == Binary::Add
        && let Some(&Instruction::Binary(Binary::Mul, difference, weight)) = inner(y, 1)
        && let Some(&Instruction::Binary(Binary::Sub, to, from)) = inner(difference, 1)
        && from == x
    {
        return Some((Chain::Lerp, [x, to, weight], [Some(y), Some(difference)]));
    }
    if function == Binary::Div
        && let Some(&Instruction::Binary(Binary::Add, root, small)) = inner(y, 1)
        && let Some(&Instruction::Unary(Unary::Sqrt, square)) = inner(root, 1)
    {
        return Some((Chain::OverRoot, [x, square, small], [Some(y), Some(root)]));
    }
    if function == Binary::Mul
        && x == y
        && let Some(&Instruction::Binary(Binary::Sub, a, b)) = inner(x, 2)
    {
        return Some((Chain::SquaredDifference, [a, b, a], [Some(x), None]));
    }
    let short = |register: Register| match inner(register, 1) {
        Some(&Instruction::Binary(first @ (Binary::Add | Binary::Sub | Binary::Mul), a, b)) => Some((first, a, b)),
        _ => None,
    };
    if !matches!(function, Binary::Add | Binary::Sub | Binary::Mul | Binary::Maximum) {
        return None;
    }
    if let Some((first, a, b)) = short(x) {
        return Some((Chain::Then(first, function), [a, b, y], [Some(x), None]));
    }
    let (first, a, b) = short(y)?;
    let chain = match function {
        Binary::Add | Binary::Mul => Chain::Then(first, function),
        _ => Chain::Into(first, function),
    };
    Some((chain, [a, b, x], [Some(y), None]))
}
