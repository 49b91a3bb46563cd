//! What the discriminator says of a batch, and which of its outputs says what. Not here: asking it (`trace.rs`).

use ganymede_graph::Expr;

/// What the discriminator says of a batch.
#[derive(Clone, Debug)]
pub struct Verdict<'g> {
    /// The samples as it saw them, after augmentation.
    pub input: Expr<'g>,
    /// Its logits, (N, …): the first output that is nothing else.
    pub logits: Expr<'g>,
    /// Logits of the classes (N, C): the output `class_logits`, else the second one when a term is of them.
    pub class_logits: Option<Expr<'g>>,
    /// Its other outputs.
    pub features: Vec<Expr<'g>>,
    /// All outputs by the names of their layers, in order.
    pub outputs: Vec<(String, Expr<'g>)>,
}

impl<'g> Verdict<'g> {
    /// The output of the layer of this name.
    pub fn output(&self, name: &str) -> Option<Expr<'g>> {
        self.outputs.iter().find(|(known, _)| known == name).map(|(_, output)| *output)
    }

    /// The verdict on `input` of these outputs. With `by_name` a layer `class_logits` gives logits of the classes, and one whose
    /// name begins with `features` features; where no name says it, with `names_classes` the second output is of the classes.
    pub(super) fn of(
        input: Expr<'g>,
        outputs: Vec<(String, Expr<'g>)>,
        by_name: bool,
        names_classes: bool,
    ) -> Verdict<'g> {
        let is_features = |at: usize| by_name && outputs[at].0.starts_with("features");
        let named = outputs.iter().position(|(name, _)| by_name && name == "class_logits");
        let second =
            || (names_classes && outputs.len() > 1 && outputs[1].1.rank() == 2 && !is_features(1)).then_some(1);
        let classes = named.or_else(second);
        let logits = (0..outputs.len()).find(|&at| Some(at) != classes && !is_features(at)).unwrap_or(0);
        let others = (0..outputs.len()).filter(|&at| Some(at) != classes && at != logits);
        Verdict {
            input,
            logits: outputs[logits].1,
            class_logits: classes.map(|at| outputs[at].1),
            features: others.map(|at| outputs[at].1).collect(),
            outputs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_graph::Builder;
    use ganymede_tensor::TensorType;

    /// (logits, classes, features) of outputs of these names, the last of which has a rank of 4.
    fn parts(names: &[&str], by_name: bool, names_classes: bool) -> (String, Option<String>, Vec<String>) {
        let builder = Builder::new("verdict");
        let sizes = |at: usize| if at + 1 == names.len() && at > 0 { vec![2, 3, 3, 1] } else { vec![2, 5] };
        let output = |(at, name): (usize, &&str)| (name.to_string(), builder.input(name, TensorType::f32(sizes(at))));
        let outputs: Vec<_> = names.iter().enumerate().map(output).collect();
        let name = |of: Expr| outputs.iter().find(|(_, output)| output.id() == of.id()).unwrap().0.clone();
        let verdict = Verdict::of(outputs[0].1, outputs.clone(), by_name, names_classes);
        assert_eq!(verdict.output(names[0]).map(|output| output.id()), Some(outputs[0].1.id()));
        assert!(verdict.output("none").is_none());
        (name(verdict.logits), verdict.class_logits.map(name), verdict.features.into_iter().map(name).collect())
    }

    #[test]
    fn outputs_are_what_their_names_say_else_what_their_places_do() {
        let none: Vec<String> = Vec::new();
        let list = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        // One output says how real it is, whatever its name.
        for name in ["dense", "features", "logits"] {
            assert_eq!(parts(&[name], true, true), (name.into(), None, none.clone()));
        }
        let by_place = |names_classes| parts(&["a", "b", "c"], true, names_classes);
        assert_eq!(by_place(false), ("a".into(), None, list(&["b", "c"])));
        assert_eq!(by_place(true), ("a".into(), Some("b".into()), list(&["c"])));
        // A map is no logits of classes.
        assert_eq!(parts(&["a", "b"], true, true), ("a".into(), None, list(&["b"])));
        let mixed = ["features_1", "class_logits", "score", "features_2"];
        assert_eq!(
            parts(&mixed, true, false),
            ("score".into(), Some("class_logits".into()), list(&["features_1", "features_2"]))
        );
        // In version 1 only places said it.
        assert_eq!(
            parts(&mixed, false, false),
            ("features_1".into(), None, list(&["class_logits", "score", "features_2"]))
        );
        assert_eq!(
            parts(&mixed, false, true),
            ("features_1".into(), Some("class_logits".into()), list(&["score", "features_2"]))
        );
    }
}
