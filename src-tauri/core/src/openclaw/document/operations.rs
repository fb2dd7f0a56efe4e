//! An edit as operations on the text, each on one container, to be applied one after the other.

use super::align::{Pair, align};
use super::edit::{Edit, counting};
use super::splice::Operation;
use super::value::{Step, Value};

/// The operations of an edit on a document of that value; `None` when it has no place for it.
pub(crate) fn of(document: &Value, edit: &Edit) -> Option<Vec<Operation>> {
    let mut operations = Vec::new();
    match edit {
        Edit::Set { path, value } => at(document, path, value, &mut operations, assign)?,
        Edit::Merge { path, value } => at(document, path, value, &mut operations, merge)?,
        Edit::Remove { path } => {
            let (last, outer) = path.split_last()?;
            let Some((places, container)) = find(document, outer) else { return Some(operations) };
            match last {
                Step::Key(key) => remove_key(&places, container, key, usize::MAX, &mut operations),
                Step::Index(place)
                    if container.as_array().is_some_and(|elements| *place < elements.len()) =>
                {
                    operations.push(Operation::Remove { places, place: *place });
                }
                Step::Index(_) => {}
            }
        }
        Edit::Rename { path, to } => {
            let (Step::Key(from), outer) = path.split_last()? else { return None };
            let Some((places, object)) = find(document, outer) else { return Some(operations) };
            let Some(place) = object.place_of(from).filter(|_| from != to) else { return Some(operations) };
            if object.get(to).is_some() {
                return None;
            }
            operations.push(Operation::Rename { places: places.clone(), place, key: to.clone() });
            // Earlier duplicates did not count; left alone they would come to count now.
            remove_key(&places, object, from, place, &mut operations);
        }
        Edit::Insert { path, index, value } => {
            let (places, array) = find(document, path)?;
            if *index > array.as_array()?.len() {
                return None;
            }
            operations.push(Operation::Insert { places, place: *index, key: None, value: value.clone() });
        }
        Edit::Append { path, value } => match find(document, path) {
            Some((places, Value::Array(elements))) => {
                operations.push(Operation::Insert {
                    places,
                    place: elements.len(),
                    key: None,
                    value: value.clone(),
                });
            }
            None | Some((_, Value::Null)) => {
                at(document, path, &Value::Array(vec![value.clone()]), &mut operations, assign)?;
            }
            Some(_) => return None,
        },
    }
    Some(operations)
}

/// The value at a path, with the entry numbers that lead to it.
pub(super) fn find<'v>(document: &'v Value, path: &[Step]) -> Option<(Vec<usize>, &'v Value)> {
    let mut places = Vec::with_capacity(path.len());
    let value = path.iter().try_fold(document, |value, step| {
        let place = match step {
            Step::Key(key) => value.place_of(key)?,
            Step::Index(index) => *index,
        };
        places.push(place);
        match (step, value) {
            (Step::Key(_), Value::Object(entries)) => entries.get(place).map(|(_, value)| value),
            (Step::Index(_), Value::Array(elements)) => elements.get(place),
            _ => None,
        }
    })?;
    Some((places, value))
}

type Change = fn(&[usize], &Value, &Value, &mut Vec<Operation>);

/// Changes the value at the path, or makes it with the objects that are missing on the way.
fn at(
    document: &Value,
    path: &[Step],
    value: &Value,
    operations: &mut Vec<Operation>,
    change: Change,
) -> Option<()> {
    let there = (0..=path.len()).rev().find_map(|depth| {
        let (outer, rest) = path.split_at(depth);
        find(document, outer).map(|(places, value)| (places, value, rest))
    });
    let (places, old, rest) = there?;
    let Some((first, inner)) = rest.split_first() else {
        change(&places, old, value, operations);
        return Some(());
    };
    let made = inner.iter().rev().try_fold(value.clone(), |made, step| match step {
        Step::Key(key) => Some(Value::Object(vec![(key.clone(), made)])),
        Step::Index(_) => None,
    })?;
    let Step::Key(key) = first else { return None };
    match old {
        Value::Object(entries) => operations.push(Operation::Insert {
            places,
            place: entries.len(),
            key: Some(key.clone()),
            value: made,
        }),
        Value::Null if !places.is_empty() => {
            let value = Value::Object(vec![(key.clone(), made)]);
            operations.push(Operation::Replace { places, value });
        }
        _ => return None,
    }
    Some(())
}

fn assign(places: &[usize], old: &Value, new: &Value, operations: &mut Vec<Operation>) {
    if old.means_same(new) {
        return;
    }
    match (old, new) {
        (Value::Object(entries), Value::Object(_)) => {
            members(places, old, new, operations, assign);
            for (place, (key, _)) in entries.iter().enumerate().rev() {
                if new.get(key).is_none() {
                    operations.push(Operation::Remove { places: places.to_vec(), place });
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            // From the end, so that the numbers of those still to come stay right.
            let mut left = before.len();
            for pair in align(before, after).into_iter().rev() {
                match pair {
                    Pair::Both(i, j) => {
                        left = i;
                        if let (Some(old), Some(new)) = (before.get(i), after.get(j)) {
                            assign(&inside(places, i), old, new, operations);
                        }
                    }
                    Pair::Old(i) => {
                        left = i;
                        operations.push(Operation::Remove { places: places.to_vec(), place: i });
                    }
                    Pair::New(j) => operations.extend(after.get(j).map(|value| Operation::Insert {
                        places: places.to_vec(),
                        place: left,
                        key: None,
                        value: value.clone(),
                    })),
                }
            }
        }
        _ => operations.push(Operation::Replace { places: places.to_vec(), value: new.clone() }),
    }
}

fn merge(places: &[usize], old: &Value, new: &Value, operations: &mut Vec<Operation>) {
    if matches!((old, new), (Value::Object(_), Value::Object(_))) {
        members(places, old, new, operations, merge);
    } else {
        assign(places, old, new, operations);
    }
}

/// Changes the members that are there and adds the others at the end.
fn members(places: &[usize], old: &Value, new: &Value, operations: &mut Vec<Operation>, change: Change) {
    let mut end = old.as_object().map_or(0, <[_]>::len);
    for (key, value) in counting(new) {
        match (old.place_of(key), old.get(key)) {
            (Some(place), Some(old)) => change(&inside(places, place), old, value, operations),
            _ => {
                operations.push(Operation::Insert {
                    places: places.to_vec(),
                    place: end,
                    key: Some(key.to_owned()),
                    value: value.clone(),
                });
                end += 1;
            }
        }
    }
}

/// Takes away every entry of that key that stands before `limit`, from the last on.
fn remove_key(places: &[usize], object: &Value, key: &str, limit: usize, operations: &mut Vec<Operation>) {
    let entries = object.as_object().unwrap_or_default().iter().enumerate().take(limit).rev();
    for (place, _) in entries.filter(|(_, (name, _))| name == key) {
        operations.push(Operation::Remove { places: places.to_vec(), place });
    }
}

fn inside(places: &[usize], place: usize) -> Vec<usize> {
    let mut inside = places.to_vec();
    inside.push(place);
    inside
}
