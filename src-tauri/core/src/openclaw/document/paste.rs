//! The text that a person pastes when we refuse to edit: the members that the edits would have set.

use super::edit::{self, Edit};
use super::render::{self, Style};
use super::value::{Step, Value};

/// The object to paste into, as a dotted path (empty: the top level), and the members, as strict JSON.
pub(crate) fn by_hand(document: &Value, edits: &[Edit]) -> (String, String) {
    let mut asked = Value::empty_object();
    let mut common: Option<Vec<String>> = None;
    for edit in edits {
        let mut keys: Vec<Step> =
            edit.path().iter().take_while(|step| matches!(step, Step::Key(_))).cloned().collect();
        let whole = keys.len() == edit.path().len();
        let value = match edit {
            Edit::Set { value, .. } | Edit::Merge { value, .. } if whole => Some(value.clone()),
            Edit::Remove { .. } if whole => None,
            Edit::Rename { to, .. } if whole => {
                let value = document.lookup(&keys).cloned();
                keys.pop();
                keys.push(Step::Key(to.clone()));
                value
            }
            // Something in a list: the whole list as it would be.
            _ => {
                let mut after = document.clone();
                edit::apply(&mut after, edit).and_then(|()| after.lookup(&keys).cloned())
            }
        };
        let outer = keys.split_last().map(|(_, outer)| outer).unwrap_or_default();
        let outer = outer.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Index(_) => None,
        });
        common = Some(match common {
            None => outer.collect(),
            Some(common) => common
                .into_iter()
                .zip(outer)
                .take_while(|(one, two)| one == two)
                .map(|(one, _)| one)
                .collect(),
        });
        if let Some(value) = value {
            // An edit of the top level itself, or one that contradicts another, has nothing to add.
            let _ = edit::apply(&mut asked, &Edit::Merge { path: keys, value });
        }
    }
    let common = common.unwrap_or_default();
    let path: Vec<Step> = common.iter().cloned().map(Step::Key).collect();
    let style = Style {
        indent: Some(String::new()),
        unit: "  ".to_owned(),
        line_end: "\n",
        colon: " ",
        comma: " ",
        pad: " ",
        quote: '"',
        strict: false,
    };
    let members = asked.lookup(&path).and_then(Value::as_object).unwrap_or_default();
    let paste: Vec<String> = members.iter().map(|(key, value)| render::member(key, value, &style)).collect();
    (common.join("."), paste.join(",\n"))
}
