//! OpenClaw's settings file as a text that is edited without losing anything: comments, order, quotes, line
//! ends. `json5` reads, our own tokens locate, edits are byte-range splices, and the result is read again.
//!
//! Laws: (1) a BOM is set aside and put back, depth is limited, not UTF-8 is refused; (2) every byte outside
//! the changed values stays, comments go only with a removed entry's own lines, new text looks like its
//! neighbours; (3) reading the new text gives exactly the value that the edit means, computed apart; (4) strict
//! JSON stays strict JSON. An edit that would break one is refused with the text to paste by hand.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorCode, Result};

mod align;
pub(crate) mod edit;
mod layout;
mod operations;
mod paste;
pub(crate) mod read;
mod render;
pub(crate) mod scan;
mod splice;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
mod value;

pub use edit::Edit;
pub use read::{DEPTH_LIMIT, SIZE_LIMIT};
pub use value::{Number, Step, Value};

/// The mark that some editors put at the beginning of a file.
const BOM: &str = "\u{feff}";

/// A JSON5 file: its text and what it says.
#[derive(Debug, Clone)]
pub struct Document {
    path: PathBuf,
    /// With its BOM; empty for a file that is not there yet.
    whole: String,
    value: Value,
    /// The value is all that the text says (see [`read::Read::exact`]).
    exact: bool,
}

impl Document {
    /// Reads a file's bytes. Any JSON5 value is read; only an object can be edited.
    ///
    /// # Errors
    /// `settings.unreadable` with line and column when it is not UTF-8, not JSON5, empty, or nested deeper than
    /// [`DEPTH_LIMIT`]; `file.failed` (too large) above [`SIZE_LIMIT`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::of(path, text.to_owned()),
            Err(error) => {
                let good = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
                let good = good.strip_prefix(BOM).unwrap_or(&good);
                let place = read::place_of(good, good.len());
                let text = String::from_utf8_lossy(bytes);
                let text = text.strip_prefix(BOM).unwrap_or(&text);
                Err(read::unreadable(path, text, place, format!("not UTF-8: {error}")))
            }
        }
    }

    /// A file that is not there yet: an empty object; the first edit makes it plain JSON with two spaces of
    /// indent and a last line end.
    #[must_use]
    pub fn new_empty(path: &Path) -> Self {
        Self { path: path.to_owned(), whole: String::new(), value: Value::empty_object(), exact: true }
    }

    fn of(path: &Path, whole: String) -> Result<Self> {
        let read::Read { value, exact } = read::read(path, whole.strip_prefix(BOM).unwrap_or(&whole))?;
        Ok(Self { path: path.to_owned(), whole, value, exact })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The text without BOM.
    #[must_use]
    pub fn text(&self) -> &str {
        self.whole.strip_prefix(BOM).unwrap_or(&self.whole)
    }

    /// The bytes to write, BOM included; none for a file that is not there and was not edited.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.whole.as_bytes()
    }

    /// Whether the text is JSON without any extension of JSON5.
    #[must_use]
    pub fn is_strict_json(&self) -> bool {
        self.whole.is_empty() || is_strict_json(self.text())
    }

    /// The document after the edits, one after the other. Edits that change nothing leave it as it is, to the
    /// byte.
    ///
    /// # Errors
    /// `settings.not-editable` with the text to paste when the document has no place for an edit (its top level
    /// or a value on the way is not an object), or a law of this module would not hold.
    pub fn edit(&self, edits: &[Edit]) -> Result<Self> {
        let refused = |why: &str| self.not_editable(edits, why);
        let strict = self.is_strict_json();
        let mut meant = self.value.clone();
        let mut text = if self.whole.is_empty() { "{}\n" } else { self.text() }.to_owned();
        let mut changed = false;
        if self.value.as_object().is_none() && !edits.is_empty() {
            return Err(refused("the top level is not an object"));
        }
        for edit in edits {
            let place = "no place for this edit";
            let operations = operations::of(&meant, edit).ok_or_else(|| refused(place))?;
            for operation in operations {
                if !self.exact {
                    return Err(refused(
                        "the file has half a surrogate pair, whose meaning cannot be kept apart",
                    ));
                }
                changed = true;
                text = splice::apply(&text, &operation, strict)
                    .ok_or_else(|| refused("a place was not found"))?;
            }
            edit::apply(&mut meant, edit).ok_or_else(|| refused(place))?;
        }
        if !changed {
            return Ok(self.clone());
        }
        if meant.as_object().is_none() {
            return Err(refused("the top level would not be an object"));
        }
        if self.whole.starts_with(BOM) {
            text.insert_str(0, BOM);
        }
        let edited = Self::of(&self.path, text).map_err(|error| refused(&error.to_string()))?;
        if !edited.exact || edited.value != meant {
            return Err(refused("the edited text would not say what the edit means"));
        }
        if strict && !edited.is_strict_json() {
            return Err(refused("the file would no longer be strict JSON"));
        }
        Ok(edited)
    }

    /// The error for a place that is valid JSON5 and that OpenClaw refuses.
    pub(crate) fn unreadable_at(&self, path: &[Step], detail: String) -> Error {
        let text = self.text();
        let start = operations::find(&self.value, path).and_then(|(places, _)| {
            let tree = tree::Tree::of(text)?;
            let last = *tree.chain(&places)?.last()?;
            tree.node(last).map(|node| tree.start(node))
        });
        read::unreadable(&self.path, text, read::place_of(text, start.unwrap_or_default()), detail)
    }

    /// What is to be said of a file whose top level is no object: its first line is where it should begin.
    #[must_use]
    pub fn not_an_object(&self) -> Error {
        let first = self.text().lines().next().unwrap_or_default();
        let code = ErrorCode::SettingsUnreadable {
            path: self.path.display().to_string(),
            line: 1,
            column: 1,
            text: crate::openclaw::secrets::masked(first).chars().take(160).collect(),
        };
        Error::new(code, "the top level is not an object")
    }

    fn not_editable(&self, edits: &[Edit], why: &str) -> Error {
        let (at, paste) = paste::by_hand(&self.value, edits);
        Error::new(
            ErrorCode::SettingsNotEditable { path: self.path.display().to_string(), at, paste },
            why.to_owned(),
        )
    }
}

fn is_strict_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
