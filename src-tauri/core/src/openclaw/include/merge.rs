//! The files of a configuration as one value, by OpenClaw's own rules (2026.9.6, `config/includes`): of several
//! files the later wins, keys beside `$include` win over what is included, objects merge, lists are joined.

use std::collections::HashMap;

use super::{INCLUDE, Links};
use crate::openclaw::document::{DEPTH_LIMIT, Step, Value};

/// Keys that OpenClaw drops where it merges.
const DROPPED: [&str; 3] = ["__proto__", "prototype", "constructor"];

/// What OpenClaw would refuse, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) file: usize,
    pub(super) at: Vec<Step>,
    pub(super) detail: &'static str,
}

/// Whether an include stands anywhere in the value.
pub(super) fn includes(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(includes),
        Value::Object(entries) => entries.iter().any(|(key, value)| key == INCLUDE || includes(value)),
        _ => false,
    }
}

/// The texts after `$include`; `None` when it is neither a text nor a list of texts.
pub(super) fn names(include: &Value) -> Option<Vec<&str>> {
    match include {
        Value::String(one) => Some(vec![one]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The members that count: of duplicates the last, `$include` left aside.
pub(super) fn members(object: &Value) -> Vec<(&str, &Value)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut members: Vec<(&str, &Value)> = Vec::new();
    for (key, value) in object.as_object().unwrap_or_default().iter().filter(|(key, _)| key != INCLUDE) {
        let place = *places.entry(key).or_insert(members.len());
        match members.get_mut(place) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    members
}

/// The value of the first file with all includes in their places.
pub(super) fn merged(files: &[&Value], links: &Links) -> Result<Value, Fault> {
    Merging { files, links, at: Vec::new() }.file(0, 0)
}

struct Merging<'v> {
    files: &'v [&'v Value],
    links: &'v Links,
    /// Where we are in the file that is read.
    at: Vec<Step>,
}

impl<'v> Merging<'v> {
    fn file(&mut self, file: usize, depth: usize) -> Result<Value, Fault> {
        let Some(value) = self.files.get(file).copied() else { return Err(self.fault(file, "a file lacks")) };
        let outer = std::mem::take(&mut self.at);
        let value = self.value(file, value, depth);
        // On a fault the place stays as it is: it was cloned into the fault.
        self.at = outer;
        value
    }

    fn value(&mut self, file: usize, value: &'v Value, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH_LIMIT {
            return Err(self.fault(file, "nested too deep together with what is included"));
        }
        match value {
            Value::Array(elements) => {
                let elements = elements.iter().enumerate();
                let element = |(index, element)| self.step(Step::Index(index), file, element, depth);
                elements.map(element).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(_) => match value.get(INCLUDE) {
                None => self.own(file, value, depth),
                Some(include) => self.include(file, value, include, depth),
            },
            other => Ok(other.clone()),
        }
    }

    fn own(&mut self, file: usize, value: &'v Value, depth: usize) -> Result<Value, Fault> {
        let members = members(value).into_iter();
        let member =
            |(key, value): (&str, _)| Ok((key.to_owned(), self.step(Step::from(key), file, value, depth)?));
        members.map(member).collect::<Result<_, _>>().map(Value::Object)
    }

    fn include(
        &mut self,
        file: usize,
        value: &'v Value,
        include: &'v Value,
        depth: usize,
    ) -> Result<Value, Fault> {
        let Some(names) = names(include) else { return Err(self.fault(file, "not the name of a file")) };
        let single = include.as_str().is_some();
        let mut included = Value::empty_object();
        for name in names {
            let Some(other) = self.links.get(&(file, name.to_owned())).copied() else {
                return Err(self.fault(file, "not known"));
            };
            let one = self.file(other, depth)?;
            included = if single { one } else { over(included, one) };
        }
        if members(value).is_empty() {
            return Ok(included);
        }
        if included.as_object().is_none() {
            return Err(self.fault(file, "other keys stand beside it, and what it includes is no object"));
        }
        Ok(over(included, self.own(file, value, depth)?))
    }

    fn step(&mut self, step: Step, file: usize, value: &'v Value, depth: usize) -> Result<Value, Fault> {
        self.at.push(step);
        let value = self.value(file, value, depth + 1);
        self.at.pop();
        value
    }

    fn fault(&self, file: usize, detail: &'static str) -> Fault {
        Fault { file, at: [self.at.clone(), vec![INCLUDE.into()]].concat(), detail }
    }
}

/// `later` merged over `earlier`.
fn over(earlier: Value, later: Value) -> Value {
    match (earlier, later) {
        (Value::Array(mut one), Value::Array(two)) => {
            one.extend(two);
            Value::Array(one)
        }
        (earlier @ Value::Object(_), Value::Object(later)) => {
            let Value::Object(mut entries) = without_dropped(earlier) else { return Value::Object(later) };
            let mut places: HashMap<String, usize> =
                entries.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
            for (key, value) in later.into_iter().filter(|(key, _)| !DROPPED.contains(&key.as_str())) {
                let place = *places.entry(key.clone()).or_insert(entries.len());
                match entries.get_mut(place) {
                    Some((_, present)) => *present = over(std::mem::replace(present, Value::Null), value),
                    None => entries.push((key, without_dropped(value))),
                }
            }
            Value::Object(entries)
        }
        (_, later) => without_dropped(later),
    }
}

fn without_dropped(value: Value) -> Value {
    let Value::Object(entries) = value else { return value };
    let kept = entries.into_iter().filter(|(key, _)| !DROPPED.contains(&key.as_str()));
    Value::Object(kept.map(|(key, value)| (key, without_dropped(value))).collect())
}
