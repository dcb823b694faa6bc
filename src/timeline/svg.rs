//! Writing SVG: a few elements with presentation attributes, so that no style sheet is needed.

use std::fmt::Write as _;

/// Text of the record or of the catalogue as XML text or attribute value; what XML cannot hold is
/// dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            // Control characters, the marks that turn the direction of text, non-characters.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen {
    pub colour: &'static str,
    pub width: f64,
    /// Dashes, as `stroke-dasharray` takes them; empty for none.
    pub dashes: &'static str,
}

/// Where a text stands about its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub size: f64,
    pub colour: &'static str,
    pub bold: bool,
    pub anchor: Anchor,
}

/// The colour of lines and words.
pub(crate) const INK: &str = "#1b2733";
/// That of lesser words.
pub(crate) const SOFT_INK: &str = "#4a5965";
/// That of lines behind what is drawn.
pub(crate) const GRID: &str = "#d5dce1";

/// The name of a part of a picture.
pub(crate) const NAME: Type = Type {
    size: 13.0,
    colour: INK,
    bold: true,
    anchor: Anchor::Start,
};
/// What stands beside a mark.
pub(crate) const LABEL: Type = Type {
    size: 12.0,
    colour: INK,
    bold: false,
    anchor: Anchor::Start,
};
/// An axis and a legend.
pub(crate) const SMALL: Type = Type {
    size: 11.0,
    colour: SOFT_INK,
    bold: false,
    anchor: Anchor::Start,
};
/// A line behind what is drawn.
pub(crate) const HAIR: Pen = Pen {
    colour: GRID,
    width: 1.0,
    dashes: "",
};

impl Type {
    /// The same about another point.
    pub fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// The same in another colour.
    pub fn coloured(self, colour: &'static str) -> Self {
        Self { colour, ..self }
    }

    /// About how wide a text comes out; wide enough for the fonts that browsers have.
    pub fn width(self, text: &str) -> f64 {
        let letters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
        f64::from(letters) * self.size * if self.bold { 0.6 } else { 0.56 }
    }
}

/// The inside of a picture. Writing to a String cannot fail.
#[derive(Debug, Default)]
pub(crate) struct Canvas(String);

impl Canvas {
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), pen: Pen) {
        let pen = stroke(pen);
        let _ = writeln!(
            self.0,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"{pen}/>"#
        );
    }

    pub fn area(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        let width = width.max(0.0);
        let _ = writeln!(
            self.0,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"/>"#
        );
    }

    pub fn path(&mut self, path: &str, fill: &str, pen: Pen) {
        let pen = stroke(pen);
        let _ = writeln!(self.0, r#"<path d="{path}" fill="{fill}"{pen}/>"#);
    }

    pub fn text(&mut self, (x, y): (f64, f64), kind: Type, text: &str) {
        let anchor = match kind.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if kind.bold {
            r#" font-weight="600""#
        } else {
            ""
        };
        let (size, colour, text) = (kind.size, kind.colour, escape(text));
        // A white edge keeps a text readable where a line runs behind it.
        let _ = writeln!(
            self.0,
            r##"<text x="{x:.1}" y="{y:.1}" font-size="{size}" fill="{colour}"{anchor}{weight} stroke="#ffffff" stroke-width="3" stroke-opacity="0.85" stroke-linejoin="round" paint-order="stroke">{text}</text>"##
        );
    }

    /// Marks that belong together, with what a pointer that rests on them shows.
    pub fn group(&mut self, title: &str, inside: impl FnOnce(&mut Self)) {
        let title = escape(title);
        let _ = writeln!(self.0, "<g><title>{title}</title>");
        inside(self);
        self.0.push_str("</g>\n");
    }

    /// Puts another picture's marks after these.
    pub fn append(&mut self, other: Self) {
        self.0.push_str(&other.0);
    }

    /// The whole document; `id` tells it apart from other pictures of the same page.
    pub fn document(
        self,
        id: &str,
        (width, height): (f64, f64),
        (title, description): (&str, &str),
        language: &str,
        definitions: &str,
    ) -> String {
        let (title, description) = (escape(title), escape(description));
        let inside = self.0;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-labelledby="{id}-title {id}-description" xml:lang="{language}" lang="{language}" font-family="system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif">
<title id="{id}-title">{title}</title>
<desc id="{id}-description">{description}</desc>
<defs>
{definitions}</defs>
{inside}</svg>
"#
        )
    }
}

fn stroke(pen: Pen) -> String {
    let (colour, width, dashes) = (pen.colour, pen.width, pen.dashes);
    if dashes.is_empty() {
        format!(r#" stroke="{colour}" stroke-width="{width}""#)
    } else {
        format!(r#" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dashes}""#)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, escaped) in [
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("a]]>&lt;b", "a]]&gt;&amp;lt;b"),
            ("a\u{0}b\u{202e}c\nd", "abc d"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }
}
