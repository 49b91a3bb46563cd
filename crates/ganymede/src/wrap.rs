//! Lines of at most 80 columns: longer ones go on below, under the text behind their label. Not here: where lines go
//! (`terminal.rs`).

/// Columns of a line.
pub const WIDTH: usize = 80;
/// The column of the text behind a label that is farther right than this is no place to go on at.
const DEEPEST: usize = 18;
/// Columns by which a line without a label goes on farther right.
const DEEPER: usize = 4;

/// The text with each line in 80 columns. Words are not broken, and neither is what stands in `backticks`: commands can be
/// copied, and paths stay whole.
pub fn wrapped(text: &str) -> String {
    text.split('\n').map(|line| line_wrapped(line, indent(line))).collect::<Vec<_>>().join("\n")
}

/// The same behind a label such as `error:`, which the first line begins with.
pub fn labelled(label: &str, text: &str) -> String {
    let column = label.chars().count() + 1;
    let line = |line: (usize, &str)| match line {
        (0, line) => line_wrapped(&format!("{label} {line}"), column),
        (_, line) => line_wrapped(line, indent(line).max(column)),
    };
    text.split('\n').enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// Where a line goes on: behind its label, which two spaces or more end, else a bit farther right than it begins.
fn indent(line: &str) -> usize {
    let start = line.len() - line.trim_start().len();
    let behind = line[start..].find("  ").map(|gap| {
        let gap = start + gap;
        let rest = line[gap..].trim_start();
        line[..line.len() - rest.len()].chars().count()
    });
    let labels_end = start == 0;
    behind.filter(|column| labels_end && *column <= DEEPEST).unwrap_or((start + DEEPER).min(DEEPEST))
}

fn line_wrapped(line: &str, indent: usize) -> String {
    if line.chars().count() <= WIDTH {
        return line.into();
    }
    let (mut wrapped, mut column) = (String::new(), 0);
    for (gap, word) in words(line, WIDTH - indent) {
        let (gap_columns, columns) = (gap.chars().count(), word.chars().count());
        // What is as long as a line stands on one of its own.
        if column > indent && column + gap_columns + columns > WIDTH {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            wrapped.push_str(gap);
            column += gap_columns;
        }
        wrapped.push_str(word);
        column += columns;
    }
    wrapped
}

/// Each word with the spaces before it. What stands in backticks is one word if it fits into a line.
fn words(line: &str, most: usize) -> Vec<(&str, &str)> {
    let (mut found, mut rest) = (Vec::new(), line);
    while !rest.is_empty() {
        let gap = rest.len() - rest.trim_start_matches(' ').len();
        let text = &rest[gap..];
        let space = text.find(' ').unwrap_or(text.len());
        let end = match text.find('`').filter(|open| *open < space) {
            // To the end of the word that the second backtick stands in.
            Some(open) => text[open + 1..].find('`').map_or(space, |close| {
                let close = open + 1 + close;
                close + text[close..].find(' ').unwrap_or(text.len() - close)
            }),
            None => space,
        };
        let end = if text[..end].chars().count() > most { space } else { end };
        if end > 0 {
            found.push((&rest[..gap], &text[..end]));
        }
        rest = &text[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_behind_its_label() {
        let sixty = "ten ".repeat(15);
        let line = format!("network     {}end", sixty.repeat(2));
        let lines: Vec<String> = wrapped(&line).lines().map(String::from).collect();
        assert_eq!(lines[0], format!("network     {}", "ten ".repeat(17).trim_end()));
        assert_eq!(lines[1], format!("            {}end", "ten ".repeat(13)), "{lines:?}");
        assert_eq!(wrapped("as it  is\n  and this"), "as it  is\n  and this");
        let plain = wrapped(&format!("  {}", "ten ".repeat(25)));
        assert_eq!(plain.lines().nth(1).unwrap(), "      ten ten ten ten ten ten");
        let error = labelled("error:", &format!("{}\nmore", "ten ".repeat(20)));
        assert_eq!(error.lines().nth(1).unwrap(), "       ten ten");
        assert_eq!(error.lines().nth(2).unwrap(), "more");
    }

    /// A command can be copied from one line, and a path is not broken.
    #[test]
    fn commands_and_paths_stay_whole() {
        let command = "`ganymede resume runs/00000-dcgan-fashion-mnist --steps 5000`,";
        let text = wrapped(&format!("it stopped because of a signal: {command} goes on"));
        assert_eq!(text, format!("it stopped because of a signal:\n    {command} goes on"));
        let path = "a/very/long/path".repeat(8);
        assert_eq!(wrapped(&format!("run         {path}")), format!("run         {path}"));
        assert_eq!(wrapped(&format!("the run is in {path} now")), format!("the run is in\n    {path}\n    now"));
        // What no line holds is broken at its spaces.
        let long = format!("`{}`", "word ".repeat(20).trim_end());
        assert!(wrapped(&long).lines().all(|line| line.chars().count() <= WIDTH), "{}", wrapped(&long));
    }

    #[test]
    fn letters_of_several_bytes_are_one_column_each() {
        let line = "é".repeat(40) + " " + &"é".repeat(39);
        assert_eq!(wrapped(&line), line);
        assert_eq!(wrapped(&(line.clone() + "é")).lines().count(), 2);
    }
}
