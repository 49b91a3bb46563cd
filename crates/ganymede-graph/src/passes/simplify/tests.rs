//! Text in, text out.

use crate::passes::{cse, dce, simplify};
use crate::text::{parse, print};

/// The simplified nodes, without header, outputs and inputs.
fn simplified(nodes: &str) -> String {
    let lines: Vec<&str> = nodes.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let text: Vec<String> = lines.iter().enumerate().map(|(i, line)| format!("%{i}: {line}")).collect();
    let last = lines.len() - 1;
    let graph = parse(&format!("graph g\n{}\noutput y = %{last}", text.join("\n"))).unwrap();
    let graph = dce(cse(simplify(graph)));
    graph.verify().unwrap();
    print(&graph)
}

/// Checks that `nodes` (without their numbers) become `expected` (the whole text).
#[track_caller]
fn check(nodes: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let found = simplified(nodes);
    assert_eq!(found.lines().skip(1).collect::<Vec<_>>(), expected, "{found}");
}

const X: &str = "f32[2,3] = input {name=x scalar=false}";

/// Checks that the last of `nodes`, on %0 = x, is x itself.
#[track_caller]
fn is_x(nodes: &str) {
    check(&format!("{X}\n{nodes}"), &format!("%0: {X}\noutput y = %0"));
}

#[test]
fn neutral_elements_disappear() {
    for (op, value) in [("add", "0.0"), ("sub", "0.0"), ("mul", "1.0"), ("div", "1.0"), ("pow", "1.0")] {
        is_x(&format!(
            "f32[] = constant {{dtype=f32 shape=[] values=[{value}]}}
            f32[2,3] = broadcast %1 {{shape=[2 3] axes=[]}}
            f32[2,3] = {op} %0 %2"
        ));
    }
    is_x("f32[2,3] = neg %0\nf32[2,3] = neg %1");
    is_x("f32[2,3] = stop_gradient %0\nf32[2,3] = all_reduce_sum %1\nf32[2,3] = convert %2 {dtype=f32}");
    is_x("f32[2,3] = maximum %0 %0");
    is_x("bool[2,3] = compare %0 %0 {kind=less}\nf32[2,3] = select %1 %0 %0");
}

#[test]
fn what_may_be_nan_stays() {
    let same = "f32[2,3] = sub %0 %0";
    check(&format!("{X}\n{same}"), &format!("%0: {X}\n%1: {same}\noutput y = %1"));
    let zero = "f32[] = constant {dtype=f32 shape=[] values=[0.0]}";
    let (zeros, product) = ("f32[2,3] = broadcast %1 {shape=[2 3] axes=[]}", "f32[2,3] = mul %0 %2");
    check(
        &format!("{X}\n{zero}\n{zeros}\n{product}"),
        &format!("%0: {X}\n%1: {zero}\n%2: {zeros}\n%3: {product}\noutput y = %3"),
    );
}

#[test]
fn movement_that_moves_nothing_disappears() {
    is_x("f32[2,3] = reshape %0 {shape=[2 3]}");
    is_x("f32[6] = reshape %0 {shape=[6]}\nf32[2,3] = reshape %1 {shape=[2 3]}");
    is_x("f32[3,2] = transpose %0 {order=[1 0]}\nf32[2,3] = transpose %1 {order=[1 0]}");
    is_x("f32[2,3] = slice %0 {start=[0 0] limit=[2 3] stride=[1 1]}");
    is_x("f32[2,3] = pad %0 {low=[0 0] high=[0 0] interior=[0 0] value=[0.0]}");
    is_x("f32[2,3] = reverse %0 {axes=[1]}\nf32[2,3] = reverse %1 {axes=[1]}");
    is_x("f32[2,3] = concat %0 {axis=[0]}");
    is_x(
        "f32[4,8] = pad %0 {low=[1 2] high=[1 1] interior=[0 1] value=[0.0]}
        f32[2,3] = slice %1 {start=[1 2] limit=[3 7] stride=[1 2]}",
    );
    is_x(
        "f32[2,1] = slice %0 {start=[0 0] limit=[2 1] stride=[1 1]}
        f32[2,2] = slice %0 {start=[0 1] limit=[2 3] stride=[1 1]}
        f32[2,3] = concat %1 %2 {axis=[1]}",
    );
    is_x("f32[2,6] = concat %0 %0 {axis=[1]}\nf32[2,3] = slice %1 {start=[0 3] limit=[2 6] stride=[1 1]}");
}

#[test]
fn constants_are_computed_and_inputs_are_not() {
    check(
        "f32[2] = constant {dtype=f32 shape=[2] values=[1.0 4.0]}
        f32[2] = sqrt %0
        f32[2] = add %0 %1
        f32[] = reduce_sum %2 {axes=[0]}",
        "%0: f32[] = constant {dtype=f32 shape=[] values=[8.0]}
        output y = %0",
    );
    check(
        "f32[] = input {name=rate scalar=true}
        f32[] = exp %0",
        "%0: f32[] = input {name=rate scalar=true}
        %1: f32[] = exp %0
        output y = %1",
    );
}

#[test]
fn repeated_values_are_computed_once() {
    check(
        "f32[3] = state {name=gamma}
        f32[3] = state {name=beta}
        f32[2,3] = broadcast %0 {shape=[2 3] axes=[1]}
        f32[2,3] = broadcast %1 {shape=[2 3] axes=[1]}
        f32[2,3] = mul %2 %3",
        "%0: f32[3] = state {name=gamma}
        %1: f32[3] = state {name=beta}
        %2: f32[3] = mul %0 %1
        %3: f32[2,3] = broadcast %2 {shape=[2 3] axes=[1]}
        output y = %3",
    );
    check(
        "f32[3] = state {name=gamma}
        f32[2,3] = broadcast %0 {shape=[2 3] axes=[1]}
        f32[3] = reduce_sum %1 {axes=[0]}",
        "%0: f32[3] = state {name=gamma}
        %1: f32[] = constant {dtype=f32 shape=[] values=[2.0]}
        %2: f32[3] = broadcast %1 {shape=[3] axes=[]}
        %3: f32[3] = mul %0 %2
        output y = %3",
    );
}

#[test]
fn sums_leave_factors_out() {
    check(
        &format!(
            "{X}
            f32[3] = state {{name=gamma}}
            f32[2,3] = broadcast %1 {{shape=[2 3] axes=[1]}}
            f32[2,3] = mul %0 %2
            f32[2,3] = neg %3
            f32[3] = reduce_sum %4 {{axes=[0]}}"
        ),
        &format!(
            "%0: {X}
            %1: f32[3] = state {{name=gamma}}
            %2: f32[3] = reduce_sum %0 {{axes=[0]}}
            %3: f32[3] = mul %2 %1
            %4: f32[3] = neg %3
            output y = %4"
        ),
    );
}

#[test]
fn the_branches_of_a_maximum_meet() {
    check(
        &format!(
            "{X}
            bool[2,3] = input {{name=c scalar=false}}
            f32[] = constant {{dtype=f32 shape=[] values=[0.0]}}
            f32[2,3] = broadcast %2 {{shape=[2 3] axes=[]}}
            f32[2,3] = select %1 %0 %3
            f32[2,3] = select %1 %3 %0
            f32[] = constant {{dtype=f32 shape=[] values=[0.2]}}
            f32[2,3] = broadcast %6 {{shape=[2 3] axes=[]}}
            f32[2,3] = mul %5 %7
            f32[2,3] = add %4 %8"
        ),
        &format!(
            "%0: {X}
            %1: bool[2,3] = input {{name=c scalar=false}}
            %2: f32[] = constant {{dtype=f32 shape=[] values=[0.2]}}
            %3: f32[2,3] = broadcast %2 {{shape=[2 3] axes=[]}}
            %4: f32[2,3] = mul %0 %3
            %5: f32[2,3] = select %1 %0 %4
            output y = %5"
        ),
    );
}

#[test]
fn products_read_transposed_operands_as_they_lie() {
    check(
        &format!(
            "{X}
            f32[3,2] = transpose %0 {{order=[1 0]}}
            f32[3,3] = matmul %1 %0 {{transpose_a=false transpose_b=false}}"
        ),
        &format!(
            "%0: {X}
            %1: f32[3,3] = matmul %0 %0 {{transpose_a=true transpose_b=false}}
            output y = %1"
        ),
    );
}

#[test]
fn nothing_is_a_constant() {
    check(
        "f32[0,3] = input {name=x scalar=false}
        f32[0,3] = exp %0
        f32[3] = reduce_sum %1 {axes=[0]}",
        "%0: f32[] = constant {dtype=f32 shape=[] values=[0.0]}
        %1: f32[3] = broadcast %0 {shape=[3] axes=[]}
        output y = %1",
    );
}

#[test]
fn equal_nodes_become_one() {
    check(
        &format!(
            "{X}
            f32[2,3] = input {{name=z scalar=false}}
            f32[2,3] = add %0 %1
            f32[2,3] = add %1 %0
            f32[2,3] = mul %2 %3"
        ),
        &format!(
            "%0: {X}
            %1: f32[2,3] = input {{name=z scalar=false}}
            %2: f32[2,3] = add %0 %1
            %3: f32[2,3] = mul %2 %2
            output y = %3"
        ),
    );
}
