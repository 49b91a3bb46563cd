//! The name that was meant: for messages of names that there are not. Not here: the names (each table has its own).

use serde_json::Value;

/// What things are called elsewhere (PyTorch, papers, other programs), and here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("alpha", "negative_slope"),
    ("amsgrad", "Adam"),
    ("batch_size", "batch"),
    ("BatchNorm1d", "BatchNormalization"),
    ("BatchNorm2d", "BatchNormalization"),
    ("BatchNorm3d", "BatchNormalization"),
    ("bce", "non_saturating"),
    ("BCELoss", "BinaryCrossentropy"),
    ("BCEWithLogitsLoss", "BinaryCrossentropy"),
    ("beta1", "beta_1"),
    ("beta2", "beta_2"),
    ("bias", "use_bias"),
    ("bn", "BatchNormalization"),
    ("colour", "color"),
    ("Convolution1D", "Conv1D"),
    ("Convolution2D", "Conv2D"),
    ("Convolution3D", "Conv3D"),
    ("criterion", "terms"),
    ("critic", "discriminator"),
    ("Deconv2D", "Conv2DTranspose"),
    ("Deconvolution2D", "Conv2DTranspose"),
    ("eps", "epsilon"),
    ("fid", "frechet"),
    ("FullyConnected", "Dense"),
    ("gaussian", "normal"),
    ("gp", "gradient_penalty"),
    ("GroupNorm", "GroupNormalization"),
    ("hinge_loss", "hinge"),
    ("InstanceNorm1d", "GroupNormalization"),
    ("InstanceNorm2d", "GroupNormalization"),
    ("InstanceNorm3d", "GroupNormalization"),
    ("InstanceNormalization", "GroupNormalization"),
    ("iterations", "steps"),
    ("kaiming_normal", "HeNormal"),
    ("kaiming_uniform", "HeUniform"),
    ("kernel", "kernel_size"),
    ("lambda", "weight"),
    ("LayerNorm", "LayerNormalization"),
    ("Linear", "Dense"),
    ("logistic", "non_saturating"),
    ("loss", "terms"),
    ("losses", "terms"),
    ("lr", "learning_rate"),
    ("lsgan", "least_squares"),
    ("momentum", "SGD"),
    ("mse", "least_squares"),
    ("MSELoss", "MeanSquaredError"),
    ("nesterov", "SGD"),
    ("ns", "non_saturating"),
    ("num_groups", "groups"),
    ("optim", "optimizer"),
    ("optimiser", "optimizer"),
    ("out_channels", "filters"),
    ("out_features", "units"),
    ("p", "rate"),
    ("ragan", "relativistic_average"),
    ("rpgan", "relativistic_paired"),
    ("rsgan", "relativistic_paired"),
    ("sd", "stddev"),
    ("Sigmoid", "Activation"),
    ("spectral_norm", "SpectralNormalization"),
    ("SpectralNorm", "SpectralNormalization"),
    ("std", "stddev"),
    ("stride", "strides"),
    ("Tanh", "Activation"),
    ("type", "class_name"),
    ("Upsample", "UpSampling2D"),
    ("vanilla", "minimax"),
    ("wgan", "wasserstein"),
    ("wgan-gp", "wasserstein"),
    ("wgan_gp", "wasserstein"),
    ("xavier_normal", "GlorotNormal"),
    ("xavier_uniform", "GlorotUniform"),
];

/// Arguments of layers elsewhere that say nothing here, and why.
pub(crate) const REDUNDANT: &[(&str, &str)] = &[
    ("batch_input_shape", "the Input layer in front says it: remove it"),
    ("in_channels", "it follows from what the layer takes: remove it"),
    ("in_features", "it follows from what the layer takes: remove it"),
    ("input_dim", "the Input layer in front says it: remove it"),
    ("input_shape", "the Input layer in front says it: remove it"),
    ("num_features", "it follows from what the layer takes: remove it"),
];

/// Arguments of elsewhere that are lists, and those among `known` that have the items: PyTorch's `betas`.
pub(crate) fn split(argument: &str, value: &Value, known: &[String]) -> Vec<(String, Value)> {
    const LISTS: &[(&str, &[&str])] = &[("betas", &["beta_1", "beta_2"])];
    let names = LISTS.iter().find(|(list, _)| *list == argument).map(|(_, names)| *names).unwrap_or_default();
    match value {
        Value::Array(items)
            if items.len() == names.len() && names.iter().all(|name| known.iter().any(|k| k == name)) =>
        {
            names.iter().zip(items).map(|(name, item)| (name.to_string(), item.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// The names among `known` that share the most with `name`, at most so many: none of which more than half is different.
pub(crate) fn likest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let (plain, wanted) = (|s: &str| s.to_lowercase().replace('_', ""), words(name));
    let short = plain(name);
    let apart = |known: &str| {
        let shared = words(known).iter().filter(|word| word.len() > 2 && wanted.contains(word)).count();
        let other = plain(known);
        (distance(&short, &other) as f64 / short.len().max(other.len()).max(1) as f64) - shared as f64
    };
    let mut ranked: Vec<(f64, &str)> = known.into_iter().map(|known| (apart(known), known)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.into_iter().filter(|(apart, _)| *apart <= 0.5).take(most).map(|(_, known)| known).collect()
}

/// The name among `known` that was meant by `name`: what it is called elsewhere, the same words in another order
/// (`ConvTranspose2D`), or the one that is most like it, when it is like enough: at most a third of its letters differ.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    // `torch.optim.Adam`, `nn.Linear`: modules are no part of a name.
    let name = match name.rsplit_once('.') {
        Some((module, last)) if module.split('.').all(|part| part.starts_with(char::is_alphabetic)) => last,
        _ => name,
    };
    let elsewhere = ELSEWHERE.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut elsewhere = elsewhere.filter_map(|(_, own)| known.iter().find(|known| *known == own));
    let wanted = words(name);
    let mut ordered = known.iter().filter(|known| wanted.len() > 1 && words(known) == wanted);
    let plain = |s: &str| s.to_lowercase().replace('_', "");
    let distances = known.iter().map(|known| (distance(&plain(name), &plain(known)), known));
    let like = || distances.min_by_key(|(d, _)| *d).filter(|(d, known)| *d <= known.len().max(3) / 3);
    let found = elsewhere.next().or_else(|| ordered.next()).or_else(|| like().map(|(_, known)| known));
    found.map(|known| (*known).to_string())
}

/// The words that a name is made of, in the order of the alphabet: `Conv2DTranspose` has `2d`, `conv`, `transpose`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars().take(64) {
        let starts = match before {
            // `2D` is one word.
            '0'..='9' => letter.is_lowercase() && letter != 'd',
            _ => letter.is_ascii_digit() || (letter.is_uppercase() && before.is_lowercase()),
        };
        let after = before.eq_ignore_ascii_case(&'d')
            && words.last().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
        if letter == '_' || starts || after {
            words.push(String::new());
        }
        if letter != '_' {
            words.last_mut().expect("there is a word").extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words.sort();
    words
}

/// Insertions, deletions, substitutions and exchanges of neighbours from a to b (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| s.chars().take(64).collect::<Vec<char>>();
    let (a, b) = (letters(a), letters(b));
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let substituted = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let exchanged = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    table[i - 2][j - 2] + 1
                } else {
                    usize::MAX
                };
                substituted.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(exchanged)
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_elsewhere_and_words_in_another_order_are_known() {
        assert_eq!(words("Conv2DTranspose"), ["2d", "conv", "transpose"]);
        assert_eq!(words("ConvTranspose2d"), words("Conv2DTranspose"));
        assert_eq!(words("kernel_size"), ["kernel", "size"]);
        let layers =
            ["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Dense", "Dropout", "BatchNormalization"];
        for (name, expected) in [
            ("ConvTranspose2D", Some("Conv2DTranspose")),
            ("ConvTranspose3d", Some("Conv3DTranspose")),
            ("conv2dtranspose", Some("Conv2DTranspose")),
            ("DropOut", Some("Dropout")),
            ("Linear", Some("Dense")),
            ("batchnorm2d", Some("BatchNormalization")),
            ("lr", None),
            ("Transformer", None),
        ] {
            assert_eq!(nearest(name, layers).as_deref(), expected, "{name}");
        }
        let objectives = ["non_saturating", "least_squares", "wasserstein", "hinge", "BinaryCrossentropy"];
        for (name, expected) in
            [("bce", "non_saturating"), ("LSGAN", "least_squares"), ("wgan-gp", "wasserstein"), ("hing", "hinge")]
        {
            assert_eq!(nearest(name, objectives).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(nearest("momentum", ["SGD", "Adam"]).as_deref(), Some("SGD"));
        assert_eq!((distance("kitten", "sitting"), distance("rleu", "relu")), (3, 1));
        assert_eq!(nearest("torch.nn.Linear", layers).as_deref(), Some("Dense"));
        assert_eq!(nearest("torch.optim.Adam", ["SGD", "Adam"]).as_deref(), Some("Adam"));
        assert_eq!(likest("InstanceNormalization", ["Dense", "BatchNormalization", "Dot"], 3), ["BatchNormalization"]);
        assert!(likest("LSTM", layers, 3).is_empty());
        assert_eq!(nearest("lr", ["learning_rate", "beta_1"]).as_deref(), Some("learning_rate"));
        assert_eq!(nearest("size_kernel", ["kernel_size", "strides"]).as_deref(), Some("kernel_size"));
    }
}
