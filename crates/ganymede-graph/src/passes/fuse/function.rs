//! Element-wise primitives as instructions of a fused region, and back. Not here: what primitives mean (`ops/`), what
//! instructions are (`ganymede_tensor::region`).

use crate::ops::{self, Comparison, Connective, Op};
use ganymede_tensor::DType;
use ganymede_tensor::region::{Binary, Compare, Instruction, Register, Unary};

/// What an element-wise primitive becomes.
pub(super) enum Emitted {
    /// The register of its operand: the value stays.
    Same(Register),
    As(Instruction),
}

macro_rules! functions {
    (unary { $($one:ident),* } binary { $($two:ident),* }) => {
        fn function(op: &Op, arguments: &[Register]) -> Option<Instruction> {
            Some(match op {
                $(Op::$one(_) => Instruction::Unary(Unary::$one, arguments[0]),)*
                $(Op::$two(_) => Instruction::Binary(Binary::$two, arguments[0], arguments[1]),)*
                _ => return None,
            })
        }

        fn primitive(instruction: &Instruction) -> Option<Op> {
            Some(match instruction {
                $(Instruction::Unary(Unary::$one, _) => ops::$one {}.into(),)*
                $(Instruction::Binary(Binary::$two, ..) => ops::$two {}.into(),)*
                _ => return None,
            })
        }
    };
}

functions! {
    unary { Neg, Abs, Sign, Exp, Expm1, Log, Log1p, Sqrt, Sin, Cos, Tanh, Sigmoid, Erf, Floor, Not }
    binary { Add, Sub, Mul, Div, Pow, Maximum, Minimum }
}

const RELATIONS: [(Comparison, Compare); 5] = [
    (Comparison::Equal, Compare::Eq),
    (Comparison::Less, Compare::Lt),
    (Comparison::LessEqual, Compare::Le),
    (Comparison::Greater, Compare::Gt),
    (Comparison::GreaterEqual, Compare::Ge),
];

/// The instruction of an element-wise primitive; `dtype` is the type of its first operand.
///
/// # Panics
/// When the primitive is not element-wise: the roles of the fuser say which are.
pub(super) fn emitted(op: &Op, arguments: &[Register], dtype: DType) -> Emitted {
    let instruction = match op {
        Op::StopGradient(_) | Op::AllReduceSum(_) => return Emitted::Same(arguments[0]),
        Op::Convert(convert) if convert.dtype == dtype => return Emitted::Same(arguments[0]),
        Op::Convert(convert) => Instruction::Convert(arguments[0], convert.dtype),
        Op::Logical(logical) => {
            let function = match logical.kind {
                Connective::And => Binary::And,
                Connective::Or => Binary::Or,
            };
            Instruction::Binary(function, arguments[0], arguments[1])
        }
        Op::Compare(compare) => {
            let relation = RELATIONS.iter().find(|(kind, _)| *kind == compare.kind).map(|(_, relation)| *relation);
            Instruction::Compare(relation.expect("every comparison has a relation"), arguments[0], arguments[1])
        }
        Op::Select(_) => Instruction::Select { condition: arguments[0], then: arguments[1], otherwise: arguments[2] },
        _ => match function(op, arguments) {
            Some(instruction) => instruction,
            None => unreachable!("`{}` is not element-wise", op.primitive().name()),
        },
    };
    Emitted::As(instruction)
}

/// The primitive of an instruction with arguments; `None` where there is none.
pub(crate) fn op(instruction: &Instruction) -> Option<Op> {
    Some(match *instruction {
        Instruction::Binary(Binary::And, ..) => ops::Logical { kind: Connective::And }.into(),
        Instruction::Binary(Binary::Or, ..) => ops::Logical { kind: Connective::Or }.into(),
        Instruction::Compare(relation, ..) => {
            let kind = RELATIONS.iter().find(|(_, known)| *known == relation).map(|(kind, _)| *kind)?;
            ops::Compare { kind }.into()
        }
        Instruction::Select { .. } => ops::Select {}.into(),
        Instruction::Convert(_, dtype) => ops::Convert { dtype }.into(),
        _ => return primitive(instruction),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Class;

    #[test]
    fn every_element_wise_primitive_becomes_an_instruction_and_comes_back() {
        let compare = RELATIONS.map(|(kind, _)| ops::Compare { kind }.into());
        let logical = [Connective::And, Connective::Or].map(|kind| ops::Logical { kind }.into());
        let others = [ops::Select {}.into(), ops::Convert { dtype: DType::U8 }.into()];
        let plain: [Op; 22] = [
            ops::Neg {}.into(),
            ops::Abs {}.into(),
            ops::Sign {}.into(),
            ops::Exp {}.into(),
            ops::Expm1 {}.into(),
            ops::Log {}.into(),
            ops::Log1p {}.into(),
            ops::Sqrt {}.into(),
            ops::Sin {}.into(),
            ops::Cos {}.into(),
            ops::Tanh {}.into(),
            ops::Sigmoid {}.into(),
            ops::Erf {}.into(),
            ops::Floor {}.into(),
            ops::Not {}.into(),
            ops::Add {}.into(),
            ops::Sub {}.into(),
            ops::Mul {}.into(),
            ops::Div {}.into(),
            ops::Pow {}.into(),
            ops::Maximum {}.into(),
            ops::Minimum {}.into(),
        ];
        let known: Vec<Op> = compare.into_iter().chain(logical).chain(others).chain(plain).collect();
        for known in &known {
            assert_eq!(known.primitive().class(), Class::Elementwise);
            let Emitted::As(instruction) = emitted(known, &[0, 1, 2], DType::F32) else { panic!("{known:?}") };
            assert_eq!(op(&instruction).as_ref(), Some(known));
        }
        assert!(matches!(emitted(&ops::StopGradient {}.into(), &[7], DType::F32), Emitted::Same(7)));
        assert!(matches!(emitted(&ops::Convert { dtype: DType::U8 }.into(), &[7], DType::U8), Emitted::Same(7)));
    }
}
