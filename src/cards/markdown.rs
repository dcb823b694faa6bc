//! GitHub-flavoured Markdown without raw HTML, in which data stay text (CARD-04).

use std::fmt::Write as _;

/// The most characters of one piece of data that a card repeats.
const LONGEST: usize = 160;

/// A piece of data as text in the middle of a line: nothing in it is markup, a link or a line break.
///
/// Characters that do no harm within a line (parentheses, a single dash) stay bare, for the detail
/// is also read as plain text.
pub fn escape(data: &str) -> String {
    let plain = one_line(data);
    let mut out = String::with_capacity(plain.len() + 8);
    let mut before = String::new();
    let mut chars = plain.chars().peekable();
    while let Some(char) = chars.next() {
        let at_start = before.chars().all(|earlier| earlier.is_ascii_digit());
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '#' | '!' | '|' | '~' | '^' | '$'
            | '@' => {
                out.push('\\');
                out.push(char);
            }
            // "1. " and "1) " begin a numbered list, "-", "+" and "=" a list, a rule or a heading.
            '.' | ')' if at_start && chars.peek().is_none_or(|next| *next == ' ') => {
                out.push('\\');
                out.push(char);
            }
            '-' | '+' | '=' if before.is_empty() => {
                out.push('\\');
                out.push(char);
            }
            // Bare addresses become links without any brackets.
            ':' if chars.peek() == Some(&'/') => out.push_str("\\:"),
            '.' if before.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            _ => out.push(char),
        }
        before.push(char);
    }
    out
}

/// Data on one line, of bounded length, without control or direction characters.
fn one_line(data: &str) -> String {
    let visible: String = data
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .filter(|char| !matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let words = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LONGEST {
        return words;
    }
    let mut short: String = words.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// A detail in the making: paragraphs and titled lists.
#[derive(Debug, Default)]
pub(super) struct Document(String);

impl Document {
    /// Adds a paragraph of ready Markdown.
    pub fn paragraph(&mut self, markdown: &str) {
        self.gap();
        self.0.push_str(markdown);
    }

    /// Adds a titled list of ready Markdown lines; nothing when there are none. A line that begins
    /// with two spaces belongs under the one before it.
    pub fn section(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.gap();
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "**{title}**");
        for line in lines {
            let (indent, text) = match line.strip_prefix("  ") {
                Some(text) => ("  ", text),
                None => ("", line.as_str()),
            };
            let _ = write!(self.0, "\n{indent}- {text}");
        }
    }

    /// The Markdown.
    pub fn finish(self) -> String {
        self.0
    }

    fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push_str("\n\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_04_data_are_not_markup() {
        for (data, escaped) in [
            (
                "<img src=x onerror=alert(1)>",
                "&lt;img src=x onerror=alert(1)&gt;",
            ),
            ("*bold* _it_", r"\*bold\* \_it\_"),
            ("[x](javascript:1)", r"\[x\](javascript:1)"),
            ("`code`", r"\`code\`"),
            ("a\nb\r\n# c", r"a b \# c"),
            ("a|b", r"a\|b"),
            ("https://evil.example", r"https\://evil.example"),
            ("www.evil.example", r"www\.evil.example"),
            ("a@b.dk", r"a\@b.dk"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
            ("1. januar", r"1\. januar"),
            ("3.2 g/L", "3.2 g/L"),
            ("- punkt", r"\- punkt"),
            ("a\u{202e}b\u{0}c", "ab c"),
            ("CLL (remission) 3.2", "CLL (remission) 3.2"),
        ] {
            assert_eq!(escape(data), escaped, "{data:?}");
        }
    }

    #[test]
    fn long_data_are_cut() {
        let escaped = escape(&"x".repeat(5_000));
        assert_eq!(escaped.chars().count(), LONGEST);
        assert!(escaped.ends_with('…'));
    }

    #[test]
    fn an_empty_section_leaves_no_title() {
        let mut document = Document::default();
        document.paragraph("A.");
        document.section("B", &[]);
        document.section("C", &["d".to_owned(), "  e".to_owned()]);
        assert_eq!(document.finish(), "A.\n\n**C**\n\n- d\n  - e");
    }
}
