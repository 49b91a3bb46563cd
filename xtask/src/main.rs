//! The project's own commands (`cargo xtask ci`). Not here: what a user runs (`crates/ganymede`).
#![forbid(unsafe_code)]

fn main() {
    eprintln!("usage: cargo xtask ci");
    std::process::exit(2);
}
