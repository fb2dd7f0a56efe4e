//! What an edit means, computed on the value alone: the yardstick that the edited text is held against.

use super::align::{Pair, align};
use super::value::{Step, Value};

/// One change of a document. A path leads through objects by key (of duplicates the last) and through
/// arrays by index.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Make the value at the path this one. Missing objects on the way are made. What is there already stays
    /// with its text and comments: an object is changed key by key (keys not in `value` go, the order stays),
    /// an array element by element. A value that means the same is left alone to the byte.
    Set {
        /// Where.
        path: Vec<Step>,
        /// What.
        value: Value,
    },
    /// Like [`Edit::Set`], but keys that are there and not in `value` stay, at every depth of objects.
    Merge {
        /// Where.
        path: Vec<Step>,
        /// What.
        value: Value,
    },
    /// Take the key (with its duplicates) or element away. Absent: nothing to do.
    Remove {
        /// Where.
        path: Vec<Step>,
    },
    /// Give the member at the path another key; its value keeps text, comments and place. Absent: nothing to
    /// do. Refused when that key is there already.
    Rename {
        /// Where; ends with a key.
        path: Vec<Step>,
        /// The new key.
        to: String,
    },
    /// A new element of the array at the path, before the one at `index` or at the end.
    Insert {
        /// The array.
        path: Vec<Step>,
        /// From 0 to the length.
        index: usize,
        /// The element.
        value: Value,
    },
    /// A new last element of the array at the path; a missing array is made.
    Append {
        /// The array.
        path: Vec<Step>,
        /// The element.
        value: Value,
    },
}

impl Edit {
    /// Where the edit applies.
    #[must_use]
    pub fn path(&self) -> &[Step] {
        match self {
            Self::Set { path, .. }
            | Self::Merge { path, .. }
            | Self::Remove { path }
            | Self::Rename { path, .. }
            | Self::Insert { path, .. }
            | Self::Append { path, .. } => path,
        }
    }
}

/// Applies the edit; `None` when the document has no place for it (the value may be half changed then).
pub(crate) fn apply(document: &mut Value, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Set { path, value } => {
            set(place(document, path)?, value);
            document.lookup(path)?.means_same(value).then_some(())
        }
        Edit::Merge { path, value } => {
            merge(place(document, path)?, value);
            Some(())
        }
        Edit::Remove { path } => {
            let (last, outer) = path.split_last()?;
            match (lookup_mut(document, outer), last) {
                (Some(Value::Object(entries)), Step::Key(key)) => entries.retain(|(name, _)| name != key),
                (Some(Value::Array(elements)), Step::Index(index)) if *index < elements.len() => {
                    elements.remove(*index);
                }
                _ => {}
            }
            Some(())
        }
        Edit::Rename { path, to } => {
            let (Step::Key(from), outer) = path.split_last()? else { return None };
            let Some(object) = lookup_mut(document, outer) else { return Some(()) };
            let Some(counts) = object.place_of(from).filter(|_| from != to) else { return Some(()) };
            if object.get(to).is_some() {
                return None;
            }
            if let Value::Object(entries) = object {
                to.clone_into(&mut entries.get_mut(counts)?.0);
                entries.retain(|(name, _)| name != from);
            }
            Some(())
        }
        Edit::Insert { path, index, value } => match lookup_mut(document, path)? {
            Value::Array(elements) if *index <= elements.len() => {
                elements.insert(*index, value.clone());
                Some(())
            }
            _ => None,
        },
        Edit::Append { path, value } => match place(document, path)? {
            Value::Array(elements) => {
                elements.push(value.clone());
                Some(())
            }
            absent @ Value::Null => {
                *absent = Value::Array(vec![value.clone()]);
                Some(())
            }
            _ => None,
        },
    }
}

/// The value at the path; what is missing on the way is made, `null` at the end.
fn place<'v>(document: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().enumerate().try_fold(document, |value, (depth, step)| match step {
        Step::Index(index) => match value {
            Value::Array(elements) => elements.get_mut(*index),
            _ => None,
        },
        Step::Key(key) => {
            if depth > 0 && *value == Value::Null {
                *value = Value::empty_object();
            }
            let counts = value.place_of(key);
            let Value::Object(entries) = value else { return None };
            let counts = counts.unwrap_or_else(|| {
                entries.push((key.clone(), Value::Null));
                entries.len() - 1
            });
            entries.get_mut(counts).map(|(_, value)| value)
        }
    })
}

fn lookup_mut<'v>(document: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(document, |value, step| match (step, value) {
        (Step::Key(key), Value::Object(entries)) => {
            entries.iter_mut().rev().find(|(name, _)| name == key).map(|(_, value)| value)
        }
        (Step::Index(index), Value::Array(elements)) => elements.get_mut(*index),
        _ => None,
    })
}

fn set(old: &mut Value, new: &Value) {
    if old.means_same(new) {
        return;
    }
    match (old, new) {
        (old @ Value::Object(_), Value::Object(_)) => {
            if let Value::Object(entries) = old {
                entries.retain(|(key, _)| new.get(key).is_some());
            }
            for (key, value) in counting(new) {
                member(old, key, |old| set(old, value), value);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let pairs = align(old, new);
            *old = pairs
                .into_iter()
                .filter_map(|pair| match pair {
                    Pair::Both(i, j) => {
                        let (mut element, new) = (old.get(i)?.clone(), new.get(j)?);
                        set(&mut element, new);
                        Some(element)
                    }
                    Pair::Old(_) => None,
                    Pair::New(j) => new.get(j).cloned(),
                })
                .collect();
        }
        (old, new) => *old = new.clone(),
    }
}

fn merge(old: &mut Value, new: &Value) {
    if matches!((&old, new), (Value::Object(_), Value::Object(_))) {
        for (key, value) in counting(new) {
            member(old, key, |old| merge(old, value), value);
        }
    } else {
        set(old, new);
    }
}

fn member(object: &mut Value, key: &str, change: impl FnOnce(&mut Value), otherwise: &Value) {
    let counts = object.place_of(key);
    let Value::Object(entries) = object else { return };
    match counts.and_then(|counts| entries.get_mut(counts)) {
        Some((_, value)) => change(value),
        None => entries.push((key.to_owned(), otherwise.clone())),
    }
}

/// The entries of an object that count: of duplicates the last.
pub(crate) fn counting(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = object.as_object().unwrap_or_default().iter().enumerate();
    entries
        .filter(|(place, (key, _))| object.place_of(key) == Some(*place))
        .map(|(_, (key, value))| (key.as_str(), value))
}
