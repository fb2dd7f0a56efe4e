//! The text of `<state>/.env`, which OpenClaw's service reads: one line added or changed, every other kept.

/// The text with `NAME=value`: a line of that name gets the value (an empty one, or the last of several), else one is
/// added at the end. Other lines, and the line ends of the file, stay.
#[must_use]
pub fn with(text: &str, name: &str, value: &str) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let names_it = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        line.split_once('=').is_some_and(|(known, _)| known.trim() == name)
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if let Some(at) = lines.iter().rposition(|line| names_it(line)) {
        let changed = lines.iter().enumerate().map(|(index, line)| {
            if index != at {
                return (*line).to_owned();
            }
            let end = line.len() - line.trim_end_matches(['\r', '\n']).len();
            let (left, _) = line.split_once('=').unwrap_or((line, ""));
            let end = line.get(line.len() - end..).unwrap_or_default();
            format!("{left}={value}{end}")
        });
        return changed.collect();
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    format!("{text}{gap}{name}={value}{line_end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes_and_the_rest_stays() {
        for (before, after) in [
            ("", "K=v\n"),
            ("A=1\n", "A=1\nK=v\n"),
            ("A=1", "A=1\nK=v\n"),
            ("A=1\r\nB=2\r\n", "A=1\r\nB=2\r\nK=v\r\n"),
            ("# K=old\nKK=1\n", "# K=old\nKK=1\nK=v\n"),
            ("K=\nA=1\n", "K=v\nA=1\n"),
            ("export K=old\r\nA=1", "export K=v\r\nA=1"),
            ("K=1\nA=1\nK=2", "K=1\nA=1\nK=v"),
        ] {
            assert_eq!(with(before, "K", "v"), after, "{before:?}");
        }
    }
}
