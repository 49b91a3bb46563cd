//! How to load what the folder has: a few lines of Python for each form. Not here: the rest of the card.

use super::{ONNX, Parts};
use crate::error::InteropError;
use crate::trained::{self, Network, Trained};
use ganymede_gan::spec::LatentDistribution;
use ganymede_tensor::DType;

/// Samples that a snippet makes.
const COUNT: usize = 16;

/// A form, and how it is loaded.
pub(super) fn snippets(trained: &Trained, parts: &Parts) -> Result<Vec<(&'static str, String)>, InteropError> {
    let generator = trained::model(trained, &trained.network(Network::Generator))?;
    let types = generator.input_types(COUNT);
    let mut lines = Vec::new();
    for (at, ty) in types.iter().enumerate() {
        let name = argument(at, ty.dtype, "z", "label");
        let sizes: Vec<String> = ty.shape.iter().map(ToString::to_string).collect();
        lines.push(format!("{name} = {}", values(trained, at, ty.dtype, &sizes.join(", "))));
    }
    let names: Vec<String> = types.iter().enumerate().map(|(at, ty)| argument(at, ty.dtype, "z", "label")).collect();
    let (inputs, given) = (lines.join("\n"), names.join(", "));
    let all = if names.len() == 1 { given.clone() } else { format!("[{given}]") };
    let shape: String = trained.codec.shape().iter().map(|size| format!(", {size}")).collect();
    let result = format!("samples = generator.predict({all})    # ({COUNT}{shape})");
    let mut found = Vec::new();
    if parts.keras {
        let load = |module: &str, call: &str| {
            format!("import numpy as np\n{module}\n\ngenerator = {call}\n{inputs}\n{result}")
        };
        let call = "keras.models.load_model(\".\")    # the folder of this card";
        found.push(("ganymede", load("from ganymede import keras", call)));
        let call = "keras.saving.load_model(\".\")    # or \"hf://USER/NAME\"";
        found.push(("Keras 3", load("import keras", call)));
    }
    if parts.torch {
        let arguments: Vec<String> = names.iter().map(|name| format!("torch.from_numpy({name})")).collect();
        let arguments = arguments.join(", ");
        let call = format!("with torch.no_grad():\n    samples = generator({arguments})");
        let text =
            format!("import numpy as np\nimport torch\nfrom model import load\n\ngenerator = load()\n{inputs}\n{call}");
        found.push(("PyTorch", text));
    }
    if let Some(graph) = &parts.onnx {
        let mut feeds = Vec::new();
        for (at, input) in graph.input.iter().enumerate() {
            let tensor = input.ty.as_ref().and_then(|ty| ty.tensor_type.as_ref());
            let dtype = if tensor.is_some_and(|t| t.elem_type == Some(1)) { DType::F32 } else { DType::I32 };
            let dims = tensor.and_then(|t| t.shape.as_ref()).map(|shape| shape.dim.as_slice()).unwrap_or_default();
            let size = |dim: &crate::onnx::messages::Dimension| dim.dim_value.unwrap_or(COUNT as i64).to_string();
            let sizes = dims.iter().map(size).collect::<Vec<_>>().join(", ");
            let name = input.name.clone().unwrap_or_default();
            let drawn = match input.doc_string.as_deref() {
                Some(about) if at > 0 && about.contains("uniform") => {
                    format!("np.random.rand({sizes}).astype(\"float32\")")
                }
                Some(about) if at > 0 && about.contains("normal") => {
                    format!("np.random.randn({sizes}).astype(\"float32\")")
                }
                _ => values(trained, at, dtype, &sizes),
            };
            feeds.push(format!("    \"{name}\": {drawn},"));
        }
        let output = graph.output.first().and_then(|output| output.name.clone()).unwrap_or_default();
        found.push((
            "ONNX Runtime",
            format!(
                "import numpy as np\nimport onnxruntime\n\nsession = onnxruntime.InferenceSession(\"{ONNX}\")\nfeeds = {{\n{}\n}}\nsamples = \
                 session.run([\"{output}\"], feeds)[0]",
                feeds.join("\n")
            ),
        ));
    }
    Ok(found)
}

/// What an input is called.
fn argument(at: usize, dtype: DType, latents: &str, labels: &str) -> String {
    match (at, dtype) {
        (0, _) => latents.into(),
        (1, DType::I32) => labels.into(),
        _ => format!("given_{at}"),
    }
}

/// Values for an input: latents, a class for each sample, or nothing in particular.
fn values(trained: &Trained, at: usize, dtype: DType, sizes: &str) -> String {
    match (at, dtype) {
        (0, _) if trained.spec.latent.distribution == LatentDistribution::Uniform => {
            format!("np.random.uniform(-1, 1, ({sizes})).astype(\"float32\")")
        }
        (0, _) => format!("np.random.randn({sizes}).astype(\"float32\")"),
        (_, DType::F32) => format!("np.zeros(({sizes}), \"float32\")"),
        _ => format!("np.arange({COUNT}) % {}", trained.codec.classes().len().max(1)),
    }
}
