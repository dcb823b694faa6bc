//! A JSON text with the place of every value in it: a change is then a cut in the text, which costs
//! less than to build the values again, and can write what no JSON library would.

use std::ops::Range;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    Text,
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// A value.
#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    /// Its text.
    pub span: Range<usize>,
    /// Its text with its name, where it is a member.
    pub whole: Range<usize>,
    /// Its name without quotes, where it is a member.
    pub name: Option<Range<usize>>,
    /// What it is in; the root is in itself.
    pub parent: usize,
    pub children: Vec<usize>,
}

/// A text and its values, in document order.
#[derive(Debug)]
pub struct Document {
    pub text: String,
    pub nodes: Vec<Node>,
}

/// What takes the place of a part of the text.
#[derive(Debug)]
pub struct Cut {
    pub at: Range<usize>,
    pub put: String,
}

impl Document {
    /// Of a value.
    pub fn of(value: &serde_json::Value) -> Self {
        let mut document = Self {
            text: value.to_string(),
            nodes: Vec::new(),
        };
        let mut reader = Reader {
            bytes: document.text.as_bytes(),
            nodes: Vec::new(),
            at: 0,
        };
        reader.value(0, None, 0);
        assert_eq!(reader.at, document.text.len());
        document.nodes = reader.nodes;
        document
    }

    pub fn text(&self, part: &Range<usize>) -> &str {
        &self.text[part.clone()]
    }

    pub fn name(&self, node: &Node) -> &str {
        node.name.as_ref().map_or("", |name| self.text(name))
    }

    /// The member of an object.
    pub fn member(&self, object: &Node, name: &str) -> Option<usize> {
        let mut members = object.children.iter().copied();
        members.find(|member| self.name(&self.nodes[*member]) == name)
    }

    /// The part to take out with a member or an item, its comma included.
    pub fn with_comma(&self, index: usize) -> Option<Range<usize>> {
        if index == 0 {
            return None;
        }
        let node = &self.nodes[index];
        let siblings = &self.nodes[node.parent].children;
        let place = siblings.iter().position(|sibling| *sibling == index)?;
        Some(match (place.checked_sub(1), siblings.get(place + 1)) {
            (_, Some(next)) => node.whole.start..self.nodes[*next].whole.start,
            (Some(before), None) => self.nodes[siblings[before]].whole.end..node.whole.end,
            (None, None) => node.whole.clone(),
        })
    }

    /// The text with these cuts; of two that overlap the first counts.
    pub fn with(&self, mut cuts: Vec<Cut>) -> String {
        cuts.sort_by_key(|cut| cut.at.start);
        let mut text = String::with_capacity(self.text.len() + 256);
        let mut from = 0;
        for cut in cuts {
            if cut.at.start < from {
                continue;
            }
            text.push_str(&self.text[from..cut.at.start]);
            text.push_str(&cut.put);
            from = cut.at.end;
        }
        text.push_str(&self.text[from..]);
        text
    }
}

/// Reads what `serde_json` wrote: no space, no fault.
struct Reader<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, parent: usize, name: Option<Range<usize>>, from: usize) -> usize {
        let (index, start) = (self.nodes.len(), self.at);
        let kind = match self.bytes[start] {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::Text,
            b't' | b'f' | b'n' => Kind::Word,
            _ => Kind::Number,
        };
        self.nodes.push(Node {
            kind,
            span: start..start,
            whole: from..start,
            name,
            parent,
            children: Vec::new(),
        });
        let mut children = Vec::new();
        match kind {
            Kind::Object | Kind::Array => {
                self.at += 1;
                while !matches!(self.bytes[self.at], b'}' | b']') {
                    if self.bytes[self.at] == b',' {
                        self.at += 1;
                    }
                    let from = self.at;
                    let name = (kind == Kind::Object).then(|| {
                        let quoted = self.string();
                        self.at += 1;
                        quoted.start + 1..quoted.end - 1
                    });
                    children.push(self.value(index, name, from));
                }
                self.at += 1;
            }
            Kind::Text => drop(self.string()),
            Kind::Number | Kind::Word => {
                while !matches!(self.bytes.get(self.at), None | Some(b',' | b']' | b'}')) {
                    self.at += 1;
                }
            }
        }
        let node = &mut self.nodes[index];
        node.children = children;
        node.span.end = self.at;
        node.whole.end = self.at;
        index
    }

    fn string(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += 1;
        while self.bytes[self.at] != b'"' {
            self.at += if self.bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        start..self.at
    }
}
