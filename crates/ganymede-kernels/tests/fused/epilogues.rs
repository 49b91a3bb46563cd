//! Regions that finish the rows of a matrix, and those that write parts of a whole.

use super::{Words, floats, run, run_naive, words};
use ganymede_kernels::arena::{bytes_of, bytes_of_mut};
use ganymede_kernels::fused::{
    Binary, Buffer, Compare, Compiled, Constant, Instruction, Operand, Output, Reduction, Region, RegionError, Unary,
};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::pool::Pool;
use ganymede_tensor::{DType, Rng};

/// y + bias is updated in place or left, and max(y + bias, 0.2·(y + bias)) + residual and a mask of its sign go
/// elsewhere, as the rows of a matrix are finished, in parts of any size.
#[test]
fn an_epilogue_on_rows_is_the_region_on_the_matrix() {
    let pool = Pool::new(1).unwrap();
    let shapes = [vec![23, 5, 7], vec![40, 130], vec![300, 1], vec![1, 1], vec![], vec![0, 4]];
    for (extent, in_place) in shapes.into_iter().flat_map(|shape| [(shape.clone(), true), (shape, false)]) {
        let mut rng = Rng::new(5, 0);
        let mut region = Region { extent: extent.clone(), ..Region::default() };
        let channels: Vec<usize> = (extent.len().saturating_sub(1)..extent.len()).collect();
        region.operands = vec![
            Operand::dense(Buffer::Write(0), DType::F32, &extent),
            Operand::broadcast(Buffer::Read(0), DType::F32, &extent, &channels),
            Operand::dense(Buffer::Read(1), DType::F32, &extent),
        ];
        region.instructions = vec![
            Instruction::Load(0),
            Instruction::Load(1),
            Instruction::Load(2),
            Instruction::Binary(Binary::Add, 0, 1),
            Instruction::Const(Constant::f32(0.2)),
            Instruction::Binary(Binary::Mul, 3, 4),
            Instruction::Binary(Binary::Maximum, 3, 5),
            Instruction::Binary(Binary::Add, 6, 2),
            Instruction::Compare(Compare::Gt, 3, 5),
        ];
        region.outputs = vec![Output::dense(7, 1, &extent), Output::dense(8, 2, &extent)];
        if in_place {
            region.outputs.push(Output::dense(3, 0, &extent));
        }
        let compiled = Compiled::new(&region).unwrap();
        let (total, row) = (extent.iter().product::<usize>(), extent.last().copied().unwrap_or(1));
        let reads = [floats(&mut rng, row), floats(&mut rng, total)];
        let others = [words(total * 4), words(total)];
        let writes = [floats(&mut rng, total), others[0].clone(), others[1].clone()];
        for isa in Isa::available() {
            let expected = run(&compiled, &pool, isa, &reads, &writes);
            let views: Vec<&[u8]> = reads.iter().map(|words| bytes_of(words)).collect();
            let mut scratch = vec![0.0; compiled.scratch_len()];
            let mut others = others.clone();
            let mut rows: Vec<f32> = writes[0].iter().map(|&x| f32::from_bits(x)).collect();
            {
                let mut others: Vec<&mut [u8]> = others.iter_mut().map(|words| bytes_of_mut(words)).collect();
                let epilogue = compiled.epilogue(isa, row, &views, &mut others, &mut scratch).unwrap();
                // In the form that the matrix product takes.
                let apply: &(dyn Fn(usize, &mut [f32]) + Sync) = &|first, rows| epilogue.apply(first, rows);
                let mut first = 0;
                for part in rows.chunks_mut(row * 9) {
                    apply(first, part);
                    first += part.len() / row;
                }
            }
            assert_eq!(bytes_of(&rows), bytes_of(&expected[0]), "{extent:?} {isa:?}");
            assert_eq!(others[..], expected[1..], "{extent:?} {isa:?}");
        }
    }
}

#[test]
fn an_epilogue_takes_the_rows_of_one_matrix() {
    let extent = [4, 8];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Write(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Unary(Unary::Neg, 0)];
    region.outputs.push(Output::dense(1, 0, &extent));
    let compiled = Compiled::new(&region).unwrap();
    let wrong = |columns| compiled.epilogue(Isa::detect(), columns, &[], &mut [], &mut []).err().unwrap().to_string();
    assert!(wrong(5).ends_with("found 32 points and 5 columns"), "{}", wrong(5));
    let mut none: [&mut [u8]; 0] = [];
    let epilogue = compiled.epilogue(Isa::detect(), 8, &[], &mut none, &mut []).unwrap();
    let mut rows = [1.0; 32];
    epilogue.apply(2, &mut rows[16..24]);
    let panics = |first: usize, rows: &mut [f32]| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| epilogue.apply(first, rows))).is_err()
    };
    assert!(panics(1, &mut rows[16..24]), "row 2 taken for row 1");
    assert!(panics(3, &mut rows[24..30]), "a part of a row");
    assert!(panics(4, &mut [0.0; 8]), "a row too many");
    assert_eq!((rows[15], rows[16], rows[23], rows[24]), (1.0, -1.0, -1.0, 1.0));
}

/// Two registers beside each other on a new last axis, and again on the axis of the channels.
#[test]
fn parts_of_a_concatenation_are_written_by_one_region() {
    let extent = [50, 6];
    let mut region = Region { extent: extent.to_vec(), ..Region::default() };
    region.operands.push(Operand::dense(Buffer::Read(0), DType::F32, &extent));
    region.instructions = vec![Instruction::Load(0), Instruction::Unary(Unary::Neg, 0)];
    let store = |register, write, offset, strides: [isize; 2]| Output::Store {
        register,
        write,
        offset,
        strides: strides.to_vec(),
    };
    let apart =
        vec![store(0, 0, 0, [12, 2]), store(1, 0, 1, [12, 2]), store(1, 1, 0, [12, 1]), store(0, 1, 6, [12, 1])];
    region.outputs = apart.clone();
    let compiled = Compiled::new(&region).unwrap();
    let reads = [floats(&mut Rng::new(8, 0), 300)];
    let writes: Vec<Words> = compiled.write_bytes().map(words).collect();
    let expected = run_naive(&region, &reads, &writes);
    for isa in Isa::available() {
        assert_eq!(run(&compiled, &Pool::new(2).unwrap(), isa, &reads, &writes), expected);
    }
    region.outputs[3] = store(0, 1, 5, [12, 1]);
    let error = Compiled::new(&region).unwrap_err();
    assert_eq!(error.to_string(), "output 3: expected elements of its own, found write buffer 1 of output 2");
    region.outputs = apart;
    region.outputs[1] = Output::Reduce { register: 1, kind: Reduction::Sum, axes: vec![0], write: 0 };
    assert!(matches!(Compiled::new(&region), Err(RegionError::WrittenTwice { output: 1, other: 0, write: 0 })));
}
