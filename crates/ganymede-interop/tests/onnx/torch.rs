//! The module of PyTorch: its text, and that its weights are those of the run in torch's order. `reference/onnx/torch_check.py` runs
//! it in torch.

use crate::common::{generated, images, points};
use ganymede_gan::checkpoint::read_tensors;
use ganymede_interop::{ExportOptions, InteropError, Trained, export, format};
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
