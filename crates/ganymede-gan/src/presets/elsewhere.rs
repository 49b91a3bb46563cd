//! Presets that people ask for by the names of papers and of other programs, and what comes nearest here. Not here: misspelt names
//! (`ganymede_nn::config::nearest`).

use crate::objectives::OBJECTIVES;

/// Names, the presets that come nearest, and why these.
type Row = (&'static [&'static str], &'static [&'static str], &'static str);

const ELSEWHERE: &[Row] = &[
    (
        &["stylegan", "stylegan2", "stylegan3", "progan", "pggan", "msggan"],
        &["r3gan", "sngan"],
        "deep residual networks with penalties of slopes, without styles and progressive growing",
    ),
    (
        &["biggan", "sagan", "self-attention-gan"],
        &["projection"],
        "residual networks, spectral normalization and classes by projection, without attention",
    ),
    (
        &["conditional", "conditional-gan", "class-conditional"],
        &["projection", "acgan"],
        "generators that take classes",
    ),
    (&["wgan", "wgan-gp", "wgangp", "wgan-div"], &["wgan_gp"], "a Wasserstein critic with a gradient penalty"),
    (&["gan", "vanilla", "vanilla-gan"], &["mlp", "dcgan"], "dense networks for points, convolutions for images"),
    (&["ebgan", "dragan", "sngan-projection"], &["sngan"], "held to a bounded slope"),
];

/// Names of programs that make images of images.
const TRANSLATES: &[&str] =
    &["pix2pix", "pix2pixhd", "cyclegan", "stargan", "spade", "gaugan", "cut", "munit", "srgan", "esrgan"];

/// What to say of a name of elsewhere: that it is no preset, and what comes nearest in kind.
pub fn elsewhere(name: &str) -> Option<String> {
    let plain = name.to_lowercase().replace('_', "-");
    if TRANSLATES.contains(&plain.as_str()) {
        return Some(format!(
            "`{name}` makes images of other images, which no preset does: they generate from random latents and classes"
        ));
    }
    if let Some((_, nearest, why)) = ELSEWHERE.iter().find(|(names, ..)| names.contains(&plain.as_str())) {
        let nearest: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
        return Some(format!("nearest in kind: {} ({why})", nearest.join(" or ")));
    }
    let own = plain.replace('-', "_");
    let objective = OBJECTIVES.iter().find(|entry| entry.name == own)?;
    Some(format!("`{0}` is an objective: --objective {0} gives it to a preset", objective.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    #[test]
    fn what_comes_nearest_is_a_preset() {
        let known = |name: &&str| PRESETS.iter().any(|entry| entry.name == *name);
        for (names, nearest, _) in ELSEWHERE {
            assert!(nearest.iter().all(known) && !names.iter().any(known), "{names:?}");
        }
        assert!(elsewhere("StyleGAN2").unwrap().starts_with("nearest in kind: `r3gan` or `sngan`"));
        assert!(elsewhere("WGAN_GP").unwrap().contains("`wgan_gp`"));
        assert!(elsewhere("cyclegan").unwrap().contains("of other images"));
        assert!(elsewhere("least_squares").unwrap().contains("--objective least_squares"));
        assert_eq!(elsewhere("dcgann"), None);
    }
}
