//! The text form of a graph: what is read prints, and reads again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(graph) = std::str::from_utf8(data).ok().and_then(|text| ganymede_graph::text::parse(text).ok()) {
        let printed = ganymede_graph::text::print(&graph);
        let again = ganymede_graph::text::parse(&printed).expect("what was printed");
        assert_eq!(ganymede_graph::text::print(&again), printed);
    }
});
