//! The text of `model.py`.

use super::WEIGHTS;
use super::module::Module;
use crate::trained::Trained;

/// How the module is called.
pub(super) fn call(module: &Module) -> String {
    let names: Vec<&str> = module.inputs.iter().map(|(name, _)| name.as_str()).collect();
    format!("samples = generator({})", names.join(", "))
}

/// Text from a run as a part of a string of Python.
fn quoted(text: &str) -> String {
    let plain = |c: char| match c {
        '"' => '\'',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(plain).collect::<String>().replace('\\', "\\\\")
}

/// The whole file.
pub(super) fn text(trained: &Trained, network: &str, module: &Module) -> String {
    let (codec, name) = (&trained.codec, quoted(&trained.name()));
    let draw = trained.latents();
    let shape = match codec.shape() {
        [height, width, channels] => format!("(N, {channels}, {height}, {width})"),
        other => format!("(N{})", other.iter().map(|size| format!(", {size}")).collect::<String>()),
    };
    let [low, high] = codec.range();
    let mut text = format!(
        "\"\"\"`{network}` of the run {name} after {} steps, written by ganymede {}.\n\n    from model import load\n    generator = load()\n    {}\n\nInputs: ",
        trained.step,
        env!("CARGO_PKG_VERSION"),
        call(module),
    );
    let inputs: Vec<String> = module
        .inputs
        .iter()
        .enumerate()
        .map(|(at, (name, sizes))| match at {
            0 => format!("{name} {sizes}, {draw}"),
            _ => format!("{name} {sizes}"),
        })
        .collect();
    text.push_str(&inputs.join("; "));
    text.push_str(&format!(".\nIt gives {shape}; -1 and 1 are {low} and {high} in the data.\n"));
    if !codec.classes().is_empty() {
        let classes: Vec<String> =
            codec.classes().iter().enumerate().map(|(at, name)| format!("{at} {name}")).collect();
        text.push_str(&format!("Classes: {}.\n", quoted(&classes.join(", "))));
    }
    text.push_str(
        "\"\"\"\n\nimport pathlib\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\n",
    );
    text.push_str("class Generator(nn.Module):\n    def __init__(self):\n        super().__init__()\n");
    module.init.iter().for_each(|line| text.push_str(&format!("        {line}\n")));
    let arguments: Vec<&str> = module.inputs.iter().map(|(name, _)| name.as_str()).collect();
    text.push_str(&format!("\n    def forward(self, {}):\n", arguments.join(", ")));
    module.forward.iter().for_each(|line| text.push_str(&format!("        {line}\n")));
    text.push_str(&format!("        return {}\n\n\n", module.result));
    text.push_str(&format!(
        "def load(path=pathlib.Path(__file__).with_name(\"{WEIGHTS}\")):\n    from safetensors.torch import load_file\n\n    model = Generator()\n    model.load_state_dict(load_file(path))\n    return model.eval()\n"
    ));
    text
}
