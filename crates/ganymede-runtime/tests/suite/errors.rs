//! What is refused, in words that say where and what was expected; nothing is changed by it.

use super::support::{graph, load, on_every_backend, tensor};
use ganymede_graph::Graph;
use ganymede_runtime::{RuntimeError, StateLayout};
use ganymede_tensor::{DType, Tensor, TensorType};

fn sample_graph() -> Graph {
    graph("g", |b| {
        let (x, w) = (b.input("x", TensorType::f32([2])), b.state("w", TensorType::f32([2])));
        b.output("y", x + w * b.scalar("rate"));
        b.output("n", b.scalar_of("draw", DType::U32));
        b.assign("w", x);
    })
}

#[test]
fn names_and_types_are_checked() {
    on_every_backend(|backend| {
        let (mut store, mut program) = load(backend, &sample_graph());
        let message = |e: RuntimeError| e.to_string();
        let expect = |found: Result<(), RuntimeError>, text: &str| {
            assert_eq!(found.map_err(message), Err(text.to_string()), "{}", backend.name());
        };
        let three = Tensor::full([3], 1.0);
        expect(program.write("z", &three), "expected the name of an input, found `z`");
        expect(program.write("x", &three), "input `x` expected f32[2], found f32[3]");
        expect(program.write_bytes("x", &[0; 7]), "input `x` expected 8 bytes, found 7");
        expect(program.write_scalar("x", 1.0), "input `x` expected f32[2], found f32[]");
        expect(program.write_scalar("draw", 0.5), "input `draw` expected a value of type u32, found 0.5");
        expect(program.write_scalar("draw", -1.0), "input `draw` expected a value of type u32, found -1");
        expect(program.write_scalar("draw", f64::NAN), "input `draw` expected a value of type u32, found NaN");
        expect(program.read("w").map(drop), "expected the name of an output, found `w`");
        expect(program.read("y").map(drop), "program `g` expected a run before output `y` is read, found none");
        expect(store.write("w", &three), "state `w` expected f32[2], found f32[3]");
        expect(store.write("v", &three), "expected the name of a state, found `v`");
        expect(store.read("v").map(drop), "expected the name of a state, found `v`");
        let unwritten = "program `g` expected input `x` of type f32[2] to be written before it runs, found nothing";
        expect(program.run(store.as_mut()), unwritten);
        program.write_bytes("x", tensor(&[2], &[1.0, 2.0]).to_le_bytes().as_slice()).unwrap();
        program.write_scalar("rate", 0.5).unwrap();
        let unwritten = "program `g` expected input `draw` of type u32[] to be written before it runs, found nothing";
        expect(program.run(store.as_mut()), unwritten);
        assert_eq!(store.read("w").unwrap().as_f32().unwrap(), [0.0, 0.0], "{}", backend.name());
        program.write_scalar("draw", 4294967295.0).unwrap();
        program.run(store.as_mut()).unwrap();
        assert_eq!(program.read_scalar("n").unwrap(), 4294967295.0, "{}", backend.name());
        expect(program.read_scalar("y").map(drop), "output `y` expected f32[], found f32[2]");
        assert_eq!(store.read("w").unwrap().as_f32().unwrap(), [1.0, 2.0], "{}", backend.name());
    });
}

#[test]
fn a_store_holds_every_state_once_and_with_its_type() {
    on_every_backend(|backend| {
        let mut layout = StateLayout::default();
        layout.push("w", TensorType::f32([3]), "g");
        let mut store = backend.store(&layout).unwrap();
        let twice = store.extend(&layout).unwrap_err();
        assert_eq!(twice.to_string(), "expected every state once, found `w` twice", "{}", backend.name());
        assert_eq!(store.layout(), &layout, "{}", backend.name());
        let wrong = backend.load(&sample_graph(), store.as_ref()).err().unwrap();
        assert_eq!(wrong.to_string(), "state `w` expected f32[3], found f32[2]", "{}", backend.name());
        let empty = backend.store(&StateLayout::default()).unwrap();
        let missing = backend.load(&sample_graph(), empty.as_ref()).err().unwrap();
        assert_eq!(missing.to_string(), "expected the name of a state, found `w`", "{}", backend.name());
    });
}

#[test]
fn a_broken_graph_is_refused() {
    let mut graph = sample_graph();
    graph.nodes[2].ty = TensorType::f32([7]);
    on_every_backend(|backend| {
        let store = backend.store(&StateLayout::of_graph(&graph, "g")).unwrap();
        assert!(matches!(backend.load(&graph, store.as_ref()), Err(RuntimeError::Graph(_))), "{}", backend.name());
    });
}
