//! The YAML at the top of the card. Texts are in quotes as JSON has them, which is YAML, too. Not here: the card below it.
//!
//! # Source
//! "Model Cards", huggingface.co/docs/hub/model-cards.

use super::Parts;
use super::facts::Facts;
use crate::error::InteropError;
use crate::trained::Trained;
use ganymede_gan::score_name;
use serde_json::json;
use std::fmt::Display;

/// What stands where nobody chose a licence.
const NO_LICENSE: &str = "other";

/// A licence by its name on the hub, such as `mit` or `cc-by-4.0`.
///
/// # Errors
/// [`InteropError::Argument`] for what is no such name.
pub(super) fn license(name: &str) -> Result<String, InteropError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '+');
    if name.is_empty() || !name.chars().all(plain) {
        let reason = format!("expected a licence by its name on the hub, such as mit or cc-by-4.0, found `{name}`");
        return Err(InteropError::Argument { what: "--license".into(), reason });
    }
    Ok(name.into())
}

/// A text in quotes.
fn quoted(text: impl Display) -> String {
    json!(text.to_string()).to_string()
}

/// What the hub calls the task: there is a word for images alone.
fn task(trained: &Trained) -> Option<&'static str> {
    (trained.codec.shape().len() == 3).then_some("unconditional-image-generation")
}

/// The front matter with its rules.
pub(super) fn text(trained: &Trained, facts: &Facts, parts: &Parts, license: Option<&str>) -> String {
    let mut lines = vec!["---".to_string(), format!("license: {}", quoted(license.unwrap_or(NO_LICENSE)))];
    // The hub shows how to load it by this.
    let library = match (parts.keras, parts.torch) {
        (true, _) => "keras",
        (false, true) => "pytorch",
        _ => "ganymede",
    };
    lines.push(format!("library_name: {library}"));
    lines.extend(task(trained).map(|task| format!("pipeline_tag: {task}")));
    lines.push("tags:".into());
    let mut tags = vec!["gan", "ganymede"];
    tags.extend(trained.codec.modality().rows().is_some().then_some("tabular"));
    tags.extend(parts.keras.then_some("keras"));
    tags.extend(parts.torch.then_some("pytorch"));
    tags.extend(parts.onnx.is_some().then_some("onnx"));
    lines.extend(tags.iter().map(|tag| format!("- {tag}")));
    let scores: Vec<_> = facts.scores.iter().filter(|score| score.estimate.value.is_finite()).collect();
    if !scores.is_empty() {
        let (name, data) = (quoted(&facts.name), quoted(trained.data()));
        lines.extend([
            "model-index:".to_string(),
            format!("- name: {name}"),
            "  results:".into(),
            format!("  - task:\n      type: {}", task(trained).unwrap_or("other")),
            format!("    dataset:\n      type: {data}\n      name: {data}"),
            "    metrics:".into(),
        ]);
        for score in scores {
            let estimate = &score.estimate;
            lines.push(format!("    - type: {}", quoted(&score.metric)));
            lines.push(format!("      name: {}", quoted(score_name(score))));
            lines.push(format!("      value: {}", json!(estimate.value)));
            lines.push("      args:".into());
            lines.push(format!("        low: {}", json!(estimate.low)));
            lines.push(format!("        high: {}", json!(estimate.high)));
            lines.push(format!("        samples: {}", score.n));
            lines.push(format!("        protocol: {}", quoted(&score.protocol)));
        }
    }
    lines.push("---\n".into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_is_a_name() {
        assert_eq!(license("cc-by-4.0").unwrap(), "cc-by-4.0");
        for wrong in ["", "MIT License", "mit\ntags: x"] {
            let error = license(wrong).unwrap_err().to_string();
            assert!(error.contains("--license: expected a licence by its name"), "{error}");
        }
    }
}
