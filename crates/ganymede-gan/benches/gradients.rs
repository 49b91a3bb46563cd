//! Writes the gradients of both losses of DCGAN-64 into a folder (some 530 MB), for `benches/peers/gradients_dcgan64.py --ours DIR`.
//!
//! `cargo bench -p ganymede-gan --bench gradients -- DIR`

#[path = "../tests/gan/dcgan64.rs"]
mod dcgan64;

use dcgan64::{Kind, gradients};
use ganymede_runtime::Numerics;
use std::path::PathBuf;

/// Draws of everything for the networks as the preset has them.
const DRAWS: u32 = 8;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|a| !a.starts_with('-')).map(PathBuf::from) else {
        println!("expected a folder to write into, found none");
        return;
    };
    let draws = (0..DRAWS).map(|draw| (format!("preset-{draw}"), Kind::Preset, draw));
    for (name, kind, draw) in draws.chain([("elu".to_string(), Kind::Elu, 0)]) {
        for numerics in Numerics::ALL {
            let gradients = gradients(kind, draw, numerics);
            let bytes: Vec<u8> = gradients.iter().flat_map(|(_, g)| g).flat_map(|x| x.to_le_bytes()).collect();
            let path = folder.join(format!("{name}-{numerics}.f32"));
            std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            println!("{}", path.display());
        }
    }
}
