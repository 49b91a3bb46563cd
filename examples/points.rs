//! Trains on points that a program has in memory, and generates more of them: `cargo run --release --example points`.

use ganymede::prelude::*;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().skip_while(|word| word != "--steps").nth(1).map_or(Ok(3000), |n| n.parse())?;
    let spiral: Vec<[f32; 2]> = (0..2000).map(|i| i as f32 / 200.0).map(|a| [a * a.cos(), a * a.sin()]).collect();
    let data = Dataset::from_samples("spiral", spiral, [2]).build()?;

    let hidden = || Dense::new(128).activation("relu");
    let generator = Sequential::new("generator").add(Input::new([8])).add(hidden()).add(hidden()).add(Dense::new(2));
    let discriminator =
        Sequential::new("discriminator").add(Input::new([2])).add(hidden()).add(hidden()).add(Dense::new(1));

    let mut gan = Gan::new(generator, discriminator).objective("non_saturating").adam(1e-3, 0.5).batch(256);
    gan.fit(&data, Steps(steps), |tick| println!("{tick}"))?;
    let samples = gan.sample(0..1000)?; // (1000, 2), in the units of the points
    for point in samples.as_f32()?.chunks(2).take(5) {
        println!("{point:.3?}");
    }
    Ok(())
}
