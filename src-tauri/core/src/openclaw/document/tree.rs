//! Where each value, key and comma of a JSON5 text stands. Built without recursion from the tokens.
//! It locates only: whether the text is valid, and what it means, is the `json5` crate's word.

use super::scan::{self, Kind, Token};
use super::value::{Number, Value};

/// The place of one value.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its first token (for a container, the opening bracket), as an index into the tokens.
    pub(crate) first: usize,
    /// Its last token (for a container, the closing bracket).
    pub(crate) last: usize,
    /// What a container holds, in order; empty for other values.
    pub(crate) entries: Vec<Entry>,
}

/// One member of an object or element of an array, by token indices.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The key; `None` in an array.
    pub(crate) key: Option<usize>,
    /// The value, as an index into the nodes.
    pub(crate) value: usize,
    /// The comma after it, if there is one.
    pub(crate) comma: Option<usize>,
}

/// A text with the places of its values. Node 0 is the whole document's value.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    pub(crate) text: &'t str,
    pub(crate) tokens: Vec<Token>,
    nodes: Vec<Node>,
}

impl<'t> Tree<'t> {
    /// Locates the values of a text; `None` when its brackets, keys and commas do not make one document.
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        let tokens = scan::tokens(text);
        let mut nodes: Vec<Node> = Vec::new();
        // Open containers, innermost last, each with the key that waits for its value.
        let mut open: Vec<(usize, Option<usize>)> = Vec::new();
        let mut colon = false;
        for (index, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::LineComment | Kind::BlockComment => {}
                Kind::Colon => {
                    let waits = open.last().is_some_and(|(_, key)| key.is_some());
                    if colon || !waits {
                        return None;
                    }
                    colon = true;
                }
                Kind::Comma => {
                    let (container, key) = open.last()?;
                    let entry = nodes.get_mut(*container)?.entries.last_mut()?;
                    if key.is_some() || entry.comma.replace(index).is_some() {
                        return None;
                    }
                }
                Kind::Close => {
                    let (container, key) = open.pop()?;
                    let node = nodes.get_mut(container)?;
                    if key.is_some() || bracket(text, *tokens.get(node.first)?) != counterpart(text, *token) {
                        return None;
                    }
                    node.last = index;
                }
                Kind::Open | Kind::Quoted | Kind::Word => {
                    let value = nodes.len();
                    if let Some((container, key)) = open.last_mut() {
                        let node = nodes.get_mut(*container)?;
                        if node.entries.last().is_some_and(|entry| entry.comma.is_none()) && key.is_none() {
                            return None;
                        }
                        let is_object = bracket(text, *tokens.get(node.first)?) == "{";
                        if is_object && key.is_none() && token.kind != Kind::Open {
                            *key = Some(index);
                            continue;
                        }
                        if is_object && !colon {
                            return None;
                        }
                        node.entries.push(Entry { key: key.take(), value, comma: None });
                        colon = false;
                    } else if value != 0 {
                        return None;
                    }
                    nodes.push(Node { first: index, last: index, entries: Vec::new() });
                    if token.kind == Kind::Open {
                        open.push((value, None));
                    }
                }
            }
        }
        (open.is_empty() && !nodes.is_empty()).then_some(Self { text, tokens, nodes })
    }

    /// The node of that number.
    pub(crate) fn node(&self, id: usize) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The nodes along a path of places, from the whole document to the value itself.
    pub(crate) fn chain(&self, places: &[usize]) -> Option<Vec<usize>> {
        let mut chain = vec![0];
        for place in places {
            let last = *chain.last()?;
            chain.push(self.node(last)?.entries.get(*place)?.value);
        }
        Some(chain)
    }

    /// The token of that number.
    pub(crate) fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    /// The text of a token.
    pub(crate) fn token_text(&self, token: Token) -> &'t str {
        scan::cut(self.text, token.start, token.end)
    }

    /// The first byte of a node.
    pub(crate) fn start(&self, node: &Node) -> usize {
        self.token(node.first).map_or(0, |token| token.start)
    }

    /// The byte after a node.
    pub(crate) fn end(&self, node: &Node) -> usize {
        self.token(node.last).map_or(self.text.len(), |token| token.end)
    }

    /// The first byte of an entry: its key's, or its value's in an array.
    pub(crate) fn entry_start(&self, entry: &Entry) -> usize {
        match (entry.key.and_then(|key| self.token(key)), self.node(entry.value)) {
            (Some(key), _) => key.start,
            (None, Some(node)) => self.start(node),
            (None, None) => 0,
        }
    }

    /// Whether the node is an object or an array.
    pub(crate) fn is_container(&self, node: &Node) -> bool {
        self.token(node.first).is_some_and(|token| token.kind == Kind::Open)
    }

    /// Whether the node is an object.
    pub(crate) fn is_object(&self, node: &Node) -> bool {
        self.token(node.first).is_some_and(|token| bracket(self.text, token) == "{")
    }

    /// Gives the numbers of `value`, which was read from this text, their texts and their exact values
    /// (the reader drops the sign of `-0`). `false` when tree and value differ in shape: then neither is
    /// to be trusted with an edit.
    pub(crate) fn complete(&self, value: &mut Value) -> bool {
        self.complete_at(0, value)
    }

    fn complete_at(&self, id: usize, value: &mut Value) -> bool {
        let Some(node) = self.node(id) else { return false };
        let container = self.is_container(node);
        match value {
            Value::Array(elements) => {
                container
                    && !self.is_object(node)
                    && elements.len() == node.entries.len()
                    && elements
                        .iter_mut()
                        .zip(&node.entries)
                        .all(|(element, entry)| self.complete_at(entry.value, element))
            }
            Value::Object(members) => {
                self.is_object(node)
                    && members.len() == node.entries.len()
                    && members
                        .iter_mut()
                        .zip(&node.entries)
                        .all(|((_, member), entry)| self.complete_at(entry.value, member))
            }
            Value::Number(number) => {
                let text = self.token(node.first).map(|token| self.token_text(token)).unwrap_or_default();
                let Some(exact) = Number::from_text(text) else { return false };
                let same =
                    exact.value() == number.value() || (exact.value().is_nan() && number.value().is_nan());
                *number = exact;
                same
            }
            Value::Null | Value::Bool(_) | Value::String(_) => !container,
        }
    }
}

fn bracket(text: &str, token: Token) -> &str {
    scan::cut(text, token.start, token.start + 1)
}

fn counterpart(text: &str, close: Token) -> &'static str {
    if bracket(text, close) == "}" { "{" } else { "[" }
}
