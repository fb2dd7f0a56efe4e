//! What is to be written, before anything is: an ordered list of file edits with what each file held when planned.
//! Made from what the user wants and the document; `apply` carries it out.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::{ollama::address::Address, openclaw::outcome::ReceiptKind};

/// The SHA-256 of a file's bytes; 64 lower-case hexadecimal digits in text and JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in lower-case hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(NotAHash);
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Ok(Self(bytes))
    }
}

/// Only lower case: a hash is also a file name, and one hash has one name.
fn digit(character: u8) -> Result<u8, NotAHash> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        _ => Err(NotAHash),
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One file, from what it held when planned to what it shall hold; `None` is "not there".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The file as the user knows it; links are followed when it is written.
    pub path: PathBuf,
    /// The hash of what the plan saw.
    pub before: Option<Hash>,
    /// What the file shall hold.
    pub after: Option<Vec<u8>>,
    /// What the plan saw, to show what changed when someone else wrote since.
    pub(crate) seen: Option<Vec<u8>>,
    /// The mode for a file that is made again (undo of a removal); 0600 when not known.
    pub(crate) mode: Option<u32>,
    /// Folders, outermost first, that go with the file when it is removed and they are empty.
    pub(crate) folders: Vec<PathBuf>,
}

impl FileEdit {
    /// An edit from the bytes that the plan saw to the bytes that the file shall hold.
    #[must_use]
    pub fn new(path: PathBuf, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        let hash = before.as_deref().map(Hash::of);
        Self { path, before: hash, after, seen: before, mode: None, folders: Vec::new() }
    }

    /// The file would hold something else afterwards.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        self.after.as_deref().map(Hash::of) != self.before
    }
}

/// A change of the user's files, complete: applied wholly or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it does, for the receipt.
    pub kind: ReceiptKind,
    /// In the order of writing: what others depend on first, OpenClaw's main file last.
    pub edits: Vec<FileEdit>,
    /// An Ollama that has to answer here before anything is written.
    pub starts: Option<Address>,
}

impl Plan {
    /// Any file would hold something else afterwards.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        self.edits.iter().any(FileEdit::is_effective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_hexadecimal_text_and_reads_back() {
        // FIPS 180-2, appendix B.1.
        let hash = Hash::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Hash>(&format!("\"{text}\"")).unwrap(), hash);
        let short = text.strip_suffix('d').unwrap();
        let (long, upper, other) = (format!("{text}0"), text.to_uppercase(), text.replace('b', "g"));
        for wrong in ["", "ba", short, &long, &upper, &other] {
            assert_eq!(wrong.parse::<Hash>(), Err(NotAHash), "{wrong}");
        }
    }

    #[test]
    fn an_edit_to_the_same_bytes_is_not_effective() {
        let edit = |before: Option<&str>, after: Option<&str>| {
            FileEdit::new(PathBuf::from("a"), before.map(Into::into), after.map(Into::into))
        };
        assert!(!edit(Some("x"), Some("x")).is_effective());
        assert!(!edit(None, None).is_effective());
        assert!(edit(None, Some("")).is_effective(), "an empty file is not an absent one");
        assert!(edit(Some("x"), None).is_effective());
        assert!(edit(Some("x"), Some("y")).is_effective());
    }
}
