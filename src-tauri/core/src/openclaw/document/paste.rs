//! The text that a person pastes when we refuse to edit: the members that the edits would have set, each in the object
//! that is there already. What is not named stays, so that nothing of the user's is pasted over.

use super::edit::{self, Edit};
use super::render::{self, Style};
use super::value::{Step, Value};

/// The object to paste into, as a dotted path (empty: the top level), and the members, as JSON. Where there are several
/// objects, or something is to go, the path is empty and comments in the text say where (`// agents.defaults`) and
/// what (`// - agents.defaults.model.fallback`).
pub(crate) fn by_hand(document: &Value, edits: &[Edit]) -> (String, String) {
    let mut places: Vec<(Vec<String>, Value)> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    for edit in edits {
        let (keys, value) = member(document, edit);
        let Some(value) = value else {
            gone.push(keys.join("."));
            continue;
        };
        let outer = keys.len().saturating_sub(1);
        // As deep as there are objects to paste into.
        let depth =
            (0..=outer).take_while(|depth| is_object(document, keys.get(..*depth))).last().unwrap_or(0);
        let (place, rest) = keys.split_at(depth);
        let rest: Vec<Step> = rest.iter().cloned().map(Step::Key).collect();
        let known = places.iter().position(|(known, _)| known == place);
        let index = known.unwrap_or_else(|| {
            places.push((place.to_vec(), Value::empty_object()));
            places.len() - 1
        });
        if let Some((_, asked)) = places.get_mut(index) {
            // One that contradicts another has nothing to add.
            let _ = edit::apply(asked, &Edit::Merge { path: rest, value });
        }
    }
    if let ([(place, asked)], []) = (places.as_slice(), gone.as_slice()) {
        return (place.join("."), members(asked));
    }
    let blocks = places.iter().map(|(place, asked)| format!("// {}\n{}", place.join("."), members(asked)));
    let removals = gone.iter().map(|path| format!("// - {path}"));
    (String::new(), blocks.chain(removals).collect::<Vec<_>>().join("\n"))
}

/// Where an edit puts which value, down to the first list on the way, which is given whole; no value: it goes.
fn member(document: &Value, edit: &Edit) -> (Vec<String>, Option<Value>) {
    let mut keys: Vec<String> = Vec::new();
    for step in edit.path() {
        let Step::Key(key) = step else { break };
        keys.push(key.clone());
    }
    let steps = |keys: &[String]| keys.iter().cloned().map(Step::Key).collect::<Vec<_>>();
    let whole = keys.len() == edit.path().len();
    let value = match edit {
        Edit::Set { value, .. } | Edit::Merge { value, .. } if whole => Some(value.clone()),
        Edit::Remove { .. } if whole => None,
        Edit::Rename { to, .. } if whole => {
            let value = document.lookup(&steps(&keys)).cloned();
            keys.pop();
            keys.push(to.clone());
            value
        }
        // Something in a list: the whole list as it would be.
        _ => {
            let mut after = document.clone();
            edit::apply(&mut after, edit).and_then(|()| after.lookup(&steps(&keys)).cloned())
        }
    };
    (keys, value)
}

fn is_object(document: &Value, keys: Option<&[String]>) -> bool {
    let steps: Vec<Step> = keys.unwrap_or_default().iter().cloned().map(Step::Key).collect();
    document.lookup(&steps).is_some_and(|value| value.as_object().is_some())
}

fn members(asked: &Value) -> String {
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
    let members = asked.as_object().unwrap_or_default();
    members.iter().map(|(key, value)| render::member(key, value, &style)).collect::<Vec<_>>().join(",\n")
}
