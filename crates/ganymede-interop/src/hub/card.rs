//! The card: what the network is, how it was made, how good it is, and how it is loaded. Every number comes from the run. Not here: the
//! numbers (`facts.rs`), the front matter (`front.rs`).

use super::facts::Facts;
use super::{ONNX, Parts, SAMPLES, SPEC, front, snippets};
use crate::error::InteropError;
use crate::torch;
use crate::trained::{Network, Trained};
use ganymede_gan::score_name;

/// Where the axes of images differ.
const CHANNELS: &str = " Keras and ganymede have channels last, PyTorch and ONNX channels first.";

/// The file.
pub(super) fn text(
    trained: &Trained,
    facts: &Facts,
    parts: &Parts,
    license: Option<&str>,
) -> Result<String, InteropError> {
    let sections = [
        front::text(trained, facts, parts, license),
        head(trained, facts, parts),
        use_it(trained, parts)?,
        made(trained, facts),
        good(facts),
        files(parts, license),
    ];
    Ok(sections.join("\n"))
}

/// Text from a run in a cell of a table, or in a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().replace('|', "\\|")
}

fn head(trained: &Trained, facts: &Facts, parts: &Parts) -> String {
    let codec = &trained.codec;
    let sizes = |by: &str| codec.shape().iter().map(ToString::to_string).collect::<Vec<_>>().join(by);
    let what = match (codec.modality().rows(), codec.shape().len()) {
        (Some(rows), _) => format!("rows of a table of {} columns", rows.names.len()),
        (None, 3) => format!("images of {} values", sizes(" × ")),
        _ => format!("samples of {} values", sizes(" × ")),
    };
    let mut text = format!(
        "# {}\n\nThe generator of a GAN: {what}. It was trained by ganymede {}.\n",
        plain(&facts.name),
        plain(&facts.env.version)
    );
    if facts.inputs > 1 && !codec.classes().is_empty() {
        let classes: Vec<String> =
            codec.classes().iter().enumerate().map(|(at, name)| format!("{at} {}", plain(name))).collect();
        text += &format!("\nIt generates the class that it is given: {}.\n", classes.join(", "));
    }
    if parts.samples {
        text += &format!("\n![Samples of fixed seeds]({SAMPLES})\n");
    }
    text
}

fn use_it(trained: &Trained, parts: &Parts) -> Result<String, InteropError> {
    let [low, high] = trained.codec.range();
    let mut text =
        "## Use\n\nDownload the folder (`hf download USER/NAME --local-dir .`), or take a part of it.\n".to_string();
    for (name, code) in snippets::snippets(trained, parts)? {
        text += &format!("\n{name}:\n\n```python\n{code}\n```\n");
    }
    text += &match trained.codec.modality().rows() {
        Some(_) => "\nA row is what the network makes: normal scores of numbers, and choices as one-hot. `ganymede sample` turns rows into \
                    cells, from the run.\n"
            .into(),
        None => format!(
            "\nLatents are {}. In the samples −1 and 1 are {low} and {high} in the data.{}\n",
            trained.latents(),
            if trained.codec.shape().len() == 3 { CHANNELS } else { "" }
        ),
    };
    Ok(text)
}

fn made(trained: &Trained, facts: &Facts) -> String {
    let spec = &trained.spec;
    let preset = if spec.preset.is_empty() { "none".to_string() } else { plain(&spec.preset) };
    let samples = facts.env.samples.map_or("unknown".to_string(), |count| count.to_string());
    let generator = trained.network(Network::Generator);
    let rows = [
        ("data", plain(&trained.data())),
        ("samples in the data", samples),
        ("fingerprint of the data", format!("`{}`", plain(&facts.env.data))),
        ("preset", preset),
        ("steps", trained.step.to_string()),
        ("real samples shown", format!("{:.0} thousand", facts.kimg)),
        ("batch", spec.train.batch.to_string()),
        ("seed", spec.seed.to_string()),
        (
            "time",
            format!(
                "{:.1} minutes, on {} with {} threads",
                facts.seconds / 60.0,
                plain(&facts.env.isa),
                facts.env.threads
            ),
        ),
        ("network", format!("`{}`, {} numbers", plain(&generator), facts.numbers)),
    ];
    let mut text = "## How it was made\n\n| | |\n|---|---|\n".to_string();
    text.extend(rows.iter().map(|(name, value)| format!("| {name} | {value} |\n")));
    text += &format!(
        "\nIt was trained by this spec (`ganymede train --config spec.toml DATA`):\n\n```toml\n{}\n```\n",
        facts.toml().trim_end()
    );
    text
}

fn good(facts: &Facts) -> String {
    if facts.scores.is_empty() {
        return "## Metrics\n\nThe run did not evaluate these weights.\n".into();
    }
    let mut text = "## Metrics\n\nThe run's own evaluation of these weights. Numbers of two protocols cannot be compared.\n\n\
                    | metric | value | 95 % interval | real samples | n | better | protocol |\n|---|---|---|---|---|---|---|\n"
        .to_string();
    for score in &facts.scores {
        let estimate = &score.estimate;
        text += &format!(
            "| {} | {:.4} | {:.4} to {:.4} | {} | {} | {} | `{}` |\n",
            plain(&score_name(score)),
            estimate.value,
            estimate.low,
            estimate.high,
            score.reference.map_or("none".to_string(), |real| format!("{real:.4}")),
            score.n,
            format!("{:?}", score.better).to_lowercase(),
            plain(&score.protocol)
        );
    }
    text
}

fn files(parts: &Parts, license: Option<&str>) -> String {
    let all = [
        (parts.keras, "`config.json`, `metadata.json`, `model.weights.h5`".to_string(), "Keras 3, and ganymede"),
        (parts.torch, format!("`{}`, `{}`", torch::SOURCE, torch::WEIGHTS), "PyTorch"),
        (parts.onnx.is_some(), format!("`{ONNX}`"), "ONNX Runtime and others, opset 17"),
        (true, format!("`{SPEC}`"), "the spec, and what is known of the data"),
        (parts.samples, format!("`{SAMPLES}`"), "samples of fixed seeds"),
    ];
    let mut text = "## Files\n\n| file | for |\n|---|---|\n".to_string();
    text.extend(all.iter().filter(|(there, ..)| *there).map(|(_, file, what)| format!("| {file} | {what} |\n")));
    if !parts.left_out.is_empty() {
        text.push_str("\nNot here:\n\n");
        text.extend(parts.left_out.iter().map(|(what, why)| format!("- {what}: {}\n", plain(why))));
    }
    if license.is_none() {
        text.push_str("\nNobody has chosen a licence of this network; `license: other` stands for that.\n");
    }
    text
}
