//! Text from outside (a server, a settings file, a log) made inert: it steers no terminal, turns no reading
//! direction, and has an end. Used where it comes in and where it is shown.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether a character is none to read: it steers a terminal, turns the reading direction of what follows, breaks the
/// line, or cannot be seen at all, so that two texts look alike. What joins letters and emoji (U+200C, U+200D) stays.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text of one line, at most `most` characters and a sign that there were more; each character that [`steers`] is
/// shown as unreadable (U+FFFD).
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    made(text, most, steers).into_owned()
}

/// The same of a text of several lines: line ends and tabs stay.
#[must_use]
pub fn lines(text: &str, most: usize) -> Cow<'_, str> {
    made(text, most, |c| steers(c) && !matches!(c, '\n' | '\t'))
}

/// Words in one line, at most `most` characters of them and a sign that there were more. It ends after a whole word, or,
/// where a word alone is longer, after a whole character as people see it. (In Chinese each character is such a word.)
#[must_use]
pub fn quote(words: &str, most: usize) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((most, _)) = line.char_indices().nth(most) else { return line };
    let ends = |mut pieces: Box<dyn Iterator<Item = (usize, &str)> + '_>| {
        let mut end = 0;
        while let Some((at, piece)) = pieces.next()
            && at + piece.len() <= most
        {
            end = at + piece.len();
        }
        end
    };
    let end = match ends(Box::new(line.split_word_bound_indices())) {
        0 => ends(Box::new(line.grapheme_indices(true))),
        end => end,
    };
    let pause = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '–' | '，' | '、' | '；' | '：');
    format!("{}…", line.get(..end).unwrap_or_default().trim_end_matches(pause))
}

fn made(text: &str, most: usize, unreadable: impl Fn(char) -> bool) -> Cow<'_, str> {
    let end = text.char_indices().nth(most).map(|(at, _)| at);
    let begin = end.and_then(|end| text.get(..end)).unwrap_or(text);
    if end.is_none() && !begin.contains(&unreadable) {
        return Cow::Borrowed(text);
    }
    let mut shown: String = begin.chars().map(|c| if unreadable(c) { '\u{fffd}' } else { c }).collect();
    if end.is_some() {
        shown.push('…');
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_as_unreadable() {
        for (said, shown) in [
            ("qwen3:8b", "qwen3:8b"),
            ("evil\u{1b}[31m", "evil\u{fffd}[31m"),
            ("a\nb", "a\u{fffd}b"),
            ("gpj.\u{202e}exe", "gpj.\u{fffd}exe"),
            ("\u{2066}a\u{2069}\u{200f}\u{61c}", "\u{fffd}a\u{fffd}\u{fffd}\u{fffd}"),
            ("qwen\u{200b}3\u{feff}", "qwen\u{fffd}3\u{fffd}"),
            ("50\u{202f}% – déjà 模型 שלום 👩\u{200d}🔬", "50\u{202f}% – déjà 模型 שלום 👩\u{200d}🔬"),
        ] {
            assert_eq!(line(said, 100), shown, "{said:?}");
        }
        assert_eq!(lines("a\n\tb\u{1b}", 100), "a\n\tb\u{fffd}");
    }

    #[test]
    fn a_quote_ends_after_a_word() {
        for (said, most, shown) in [
            ("Hello\n  there", 20, "Hello there"),
            ("Hello there, friend", 19, "Hello there, friend"),
            ("Hello there, friend", 18, "Hello there…"),
            ("Hello there, friend", 11, "Hello there…"),
            ("Hello there, friend", 10, "Hello…"),
            ("l’été déjà passé", 15, "l’été déjà…"),
            ("你好，我能听见你。", 9, "你好，我能听见你。"),
            ("你好，我能听见你。", 6, "你好，我能听…"),
            ("你好，我能听见你。", 3, "你好…"),
            ("incomprehensible", 4, "inco…"),
            ("👩\u{200d}🔬👩\u{200d}🔬", 4, "👩\u{200d}🔬…"),
            ("e\u{301}e\u{301}", 1, "…"),
            ("", 5, ""),
        ] {
            assert_eq!(quote(said, most), shown, "{said:?} {most}");
        }
    }

    #[test]
    fn a_text_has_an_end() {
        assert_eq!(line("ééé", 3), "ééé");
        assert_eq!(line("éééé", 3), "ééé…");
        assert_eq!(lines("abc", 0), "…");
        assert_eq!(line("", 0), "");
    }
}
