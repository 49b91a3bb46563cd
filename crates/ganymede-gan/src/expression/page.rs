//! The page `docs/reference/expressions.md`, made of the tables. `cargo xtask reference` writes it; a test fails where it is old.
//! Not here: the tables (`functions.rs`, `names.rs`).

use super::{Function, MAX_DEPTH, MAX_LINES, NAMES, functions};
use ganymede_nn::expression::{self, arguments_of_loss};
use ganymede_nn::losses::LossKind;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/expressions.md");

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn rows(page: &mut String, functions: impl Iterator<Item = &'static Function>) {
    page.push_str("| function | meaning |\n|---|---|\n");
    for function in functions {
        let _ = writeln!(page, "| `{}({})` | {} |", function.name, function.signature, cell(function.about));
    }
}

fn page() -> String {
    let mut page = String::from(
        "# What a loss or a layer of your own may say\n\n<!-- Written by `cargo xtask reference`. -->\n\n\
         The terms `expression` (a penalty) and `expression_objective` (both losses) are written down as lines \
         `name = expression`; the last line is the value, a scalar. [Concepts](../concepts/objectives.md#a-loss-of-your-own) has \
         examples. The layer `ganymede>Expression` is written down so as well: its value is a tensor of the samples that it is given, \
         `value = \"x * sigmoid(x)\"`.\n\n\
         Numbers and tensors take `+ - * / ** @` and one of `< <= > >= == !=`, with the precedence that they have in Python; \
         sizes broadcast as in NumPy. Truth values and labels become numbers where numbers are needed. `#` begins a comment; a \
         line goes on until its brackets are closed. ",
    );
    let _ = writeln!(page, "A text has at most {MAX_LINES} lines and {MAX_DEPTH} operations in each other.\n");
    page.push_str(
        "## Names\n\nA loss knows a field of the data by its name as well.\n\n| name | of | meaning |\n|---|---|---|\n",
    );
    for name in NAMES {
        let of = if name.of_objective { "objectives" } else { "losses" };
        let _ = writeln!(page, "| `{}` | {of} | {} |", name.name, cell(name.about));
    }
    page.push_str(
        "| `x` | layers | the only input, (N, …) |\n| `x1`, `x2`, … | layers | several inputs in their order, (N, …) |\n\
         | `batch` | layers | the number N of samples that the layer is given |\n\n\
         ## Functions\n\nNames and arguments are those of `keras.ops` where it has them; `axis` takes a whole number or a list.\n\n",
    );
    rows(&mut page, expression::functions());
    page.push_str("\n## Functions of losses alone\n\n");
    rows(&mut page, functions::OWN.iter().map(|(function, _)| function));
    page.push_str(
        "\n## Keras's losses\n\nEach takes `y_true` and `y_pred` first; a number as `y_true` counts for every prediction.\n\n\
         | loss | arguments |\n|---|---|\n",
    );
    for name in LossKind::NAMES {
        let own: Vec<String> = arguments_of_loss(name).into_iter().map(|argument| format!("`{argument}`")).collect();
        let _ = writeln!(page, "| `{name}` | {} |", own.join(", "));
    }
    page.push_str(
        "\n## Differs from Keras\n\n- `norm(x)` is one number a sample, √(Σ x² + 10⁻¹²), so that it can be differentiated at 0; \
         `keras.ops.norm(x)` is one number for all.\n- `grad(y, x)` sums y first, as `tf.GradientTape.gradient` does.\n\
         - `normal` and `uniform` draw new noise in each step, from a stream that is named after the line: editing one line \
         leaves the noise of the others as it is.\n\
         - `Lambda` of Keras holds the byte code of a function, which is not read; the layer's text can be read, compared and exported \
         to ONNX. A layer draws no noise: `GaussianNoise` does.\n\
         - What a layer computes over the first axis is a statistic of the batch: of the samples that are in use together.\n",
    );
    page
}

#[test]
fn the_page_of_expressions_is_what_the_tables_say() {
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(found == page(), "docs/reference/expressions.md is old: `cargo xtask reference` writes it");
}

#[test]
#[ignore = "it writes docs/reference/expressions.md: `cargo xtask reference`"]
fn write_the_page_of_expressions() {
    std::fs::write(PAGE, page()).unwrap();
}
