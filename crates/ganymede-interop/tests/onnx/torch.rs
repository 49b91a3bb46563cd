//! The module of PyTorch: its text, and that its weights are those of the run in torch's order. `reference/onnx/torch_check.py` runs
//! it in torch.

use crate::common::{generated, images, points};
use ganymede_gan::checkpoint::read_tensors;
use ganymede_interop::{ExportOptions, InteropError, Trained, export, format};
use ganymede_nn::LayerConfig;
use ganymede_nn::layers::Inputs;
use std::fs;

fn written(trained: &Trained, out: &std::path::Path) -> Result<String, InteropError> {
    export(trained, format("torch").unwrap(), &ExportOptions::default(), out, false)?;
    Ok(fs::read_to_string(out.join("model.py")).unwrap())
}

#[test]
fn kernels_are_turned_and_named_as_torch_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let (trained, ..) = generated(&images(&folder.path().join("runs"), "dcgan"), 1);
    let text = written(&trained, &folder.path().join("out")).unwrap();
    assert!(text.contains("nn.ConvTranspose2d(100, 16, (4, 4), bias=False)"), "{text}");
    assert!(text.contains("nn.ConvTranspose2d(8, 1, (4, 4), stride=(2, 2), padding=(1, 1), bias=False)"), "{text}");
    assert!(text.contains("nn.BatchNorm2d(16, eps=0.00001, momentum=0.1)"), "{text}");
    let found = read_tensors(&folder.path().join("out/model.safetensors")).unwrap();
    let own = trained.weights("generator_ema").unwrap();
    let kernels: Vec<_> = own.iter().filter(|(name, _)| name.ends_with("/kernel")).collect();
    assert_eq!(kernels.len(), 3);
    for (name, kernel) in kernels {
        let layer = name.trim_start_matches("generator_ema/").trim_end_matches("/kernel");
        let turned = &found[&format!("{layer}.weight")];
        let [h, w, out, taken] = kernel.shape()[..] else { panic!() };
        assert_eq!(turned.shape()[..], [taken, out, h, w]);
        let (a, b) = (kernel.to_f64(), turned.to_f64());
        for (y, x, o, i) in [(0, 0, 0, 0), (h - 1, 1, out - 1, 2), (1, w - 1, 0, taken - 1)] {
            assert_eq!(a[((y * w + x) * out + o) * taken + i], b[((i * out + o) * h + y) * w + x]);
        }
    }
}

#[test]
fn conditions_are_arguments_and_unknown_layers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = images(&folder.path().join("runs"), "quick_projection");
    let trained = Trained::open(&run, None, false).unwrap();
    let text = written(&trained, &folder.path().join("out")).unwrap();
    assert!(text.contains("def forward(self, z, label):") && text.contains("nn.Embedding(2, "), "{text}");
    assert!(text.contains("F.interpolate(") && text.contains("Classes: 0 a, 1 b."), "{text}");

    let run = points(&folder.path().join("runs"), "mlp");
    let mut trained = Trained::open(&run, None, false).unwrap();
    let layer = serde_json::from_str(r#"{"class_name": "UnitNormalization", "name": "unit"}"#).unwrap();
    trained.spec.networks.get_mut("generator").unwrap().layers.push(layer);
    let out = folder.path().join("points");
    let error = written(&trained, &out).unwrap_err();
    assert!(error.to_string().contains("layer `unit` (UnitNormalization)") && !out.exists(), "{error}");
    assert!(error.hint().unwrap().contains("onnx"));
}

#[test]
fn mirrors_and_sizes_are_those_of_torch() {
    let folder = tempfile::tempdir().unwrap();
    let mut trained = Trained::open(&images(&folder.path().join("runs"), "dcgan"), None, false).unwrap();
    let layers = [
        r#"{"class_name": "ganymede>ReflectionPadding2D", "name": "mirror", "padding": [[2, 0], [1, 3]]}"#,
        r#"{"class_name": "Resizing", "name": "smooth", "height": 20, "width": 24}"#,
        r#"{"class_name": "Resizing", "name": "blocks", "height": 9, "width": 7, "interpolation": "nearest"}"#,
    ];
    let read = |text: &&str| serde_json::from_str(text).unwrap();
    trained.spec.networks.get_mut("generator").unwrap().layers.extend(layers.iter().map(read));
    let text = written(&trained, &folder.path().join("out")).unwrap();
    for line in [
        ", (1, 3, 2, 0), mode=\"reflect\")",
        "F.interpolate(mirror, size=(20, 24), mode=\"bilinear\", align_corners=False)",
        "F.interpolate(smooth, size=(9, 7), mode=\"nearest-exact\")",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Their weights have another form there, or they are no layers there: refused by name, and never written as they are.
    for (name, layer) in [
        ("TimeDistributed", r#""layer": {"class_name": "Flatten"}"#),
        ("MultiHeadAttention", r#""num_heads": 2, "key_dim": 3"#),
        ("ganymede>Expression", r#""value": "x * sigmoid(x)""#),
    ] {
        let mut trained = Trained::open(&trained.run, None, false).unwrap();
        let text = format!(r#"{{"class_name": "{name}", "name": "odd", {layer}}}"#);
        let mut read: LayerConfig = serde_json::from_str(&text).unwrap();
        let layers = &mut trained.spec.networks.get_mut("generator").unwrap().layers;
        if name == "MultiHeadAttention" {
            let image = serde_json::from_str(r#"{"class_name": "Identity", "name": "image"}"#).unwrap();
            layers.push(image);
            read.inputs = Some(Inputs::Once(vec!["image".into(), "image".into()]));
        }
        layers.push(read);
        let error = written(&trained, &folder.path().join("odd")).unwrap_err().to_string();
        assert!(error.contains(&format!("layer `odd` ({name})")), "{error}");
    }
}
