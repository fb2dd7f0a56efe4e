//! An edit of the whole configuration as edits of its files: each goes where the value lives, when that is one file
//! that may be edited, and what is new goes where the object around it lives. Nothing is shadowed or written twice.

use super::{Configuration, INCLUDE, merge};
use crate::{
    error::Result,
    openclaw::document::{Edit, Step, Value, edit},
};

/// The edits for each file, in the order of the configuration's files.
pub(super) fn place(configuration: &Configuration, edits: &[Edit]) -> Result<Vec<Vec<Edit>>> {
    let values: Vec<Value> = configuration.files.iter().map(|file| file.document.value().clone()).collect();
    let placed = vec![Vec::new(); values.len()];
    let mut placing = Placing { configuration, values, placed, whole: configuration.value().clone() };
    for edit in edits {
        placing.edit(edit)?;
    }
    Ok(placing.placed)
}

/// What one file says of a value: where in it, and that value.
struct Part<'v> {
    file: usize,
    path: Vec<Step>,
    value: &'v Value,
}

/// Who says a value.
struct Parts<'v> {
    /// Those that count, the winner last: one, or several objects that merge, or several lists that are joined.
    parts: Vec<Part<'v>>,
    /// Others say it too, and are overruled.
    hidden: bool,
}

/// A place in a file.
struct Spot {
    file: usize,
    path: Vec<Step>,
}

impl Part<'_> {
    fn spot(&self, rest: &[Step]) -> Spot {
        Spot { file: self.file, path: [&self.path, rest].concat() }
    }
}

impl Parts<'_> {
    fn files(&self) -> Vec<usize> {
        self.parts.iter().map(|part| part.file).collect()
    }
}

struct Placing<'c> {
    configuration: &'c Configuration,
    /// What each file says, with the edits so far.
    values: Vec<Value>,
    placed: Vec<Vec<Edit>>,
    /// What they say together, with the edits so far.
    whole: Value,
}

impl Placing<'_> {
    fn edit(&mut self, edit: &Edit) -> Result<()> {
        let there = self.whole.lookup(edit.path());
        match (edit, there) {
            (Edit::Remove { .. } | Edit::Rename { .. }, None) => Ok(()),
            (Edit::Remove { .. } | Edit::Rename { .. }, Some(_)) => self.member(edit),
            (Edit::Set { .. } | Edit::Merge { .. } | Edit::Append { .. }, None) => self.new_key(edit),
            (Edit::Set { value, .. } | Edit::Merge { value, .. }, Some(old)) => {
                let mut new = old.clone();
                let (path, value) = (Vec::new(), value.clone());
                let here = match edit {
                    Edit::Set { .. } => Edit::Set { path, value },
                    _ => Edit::Merge { path, value },
                };
                let changed = edit::apply(&mut new, &here).is_none() || !old.means_same(&new);
                if changed { self.change(edit) } else { Ok(()) }
            }
            (Edit::Append { .. } | Edit::Insert { .. }, _) => {
                let parts = self.at(edit.path());
                match parts.parts.as_slice() {
                    [one] if !parts.hidden || one.file == 0 => self.put(&one.spot(&[]), edit),
                    _ => Err(self.refusal(edit, &parts.files(), "the list stands in several files")),
                }
            }
        }
    }

    /// Changes a value that is there.
    fn change(&mut self, edit: &Edit) -> Result<()> {
        let parts = self.at(edit.path());
        let open = !parts.hidden || parts.parts.last().is_some_and(|part| part.file == 0);
        if let ([one], true) = (parts.parts.as_slice(), open)
            && !merge::includes(one.value)
        {
            return self.put(&one.spot(&[]), edit);
        }
        let (files, several) = (parts.files(), "the value stands in several files");
        match (edit, self.whole.lookup(edit.path())) {
            (Edit::Set { value, path } | Edit::Merge { value, path }, Some(old @ Value::Object(_)))
                if value.as_object().is_some() =>
            {
                let inner = |key: &str| [path.as_slice(), &[Step::from(key)]].concat();
                let new = merge::members(value).into_iter();
                let mut each: Vec<Edit> = new
                    .map(|(key, value)| match edit {
                        Edit::Set { .. } => Edit::Set { path: inner(key), value: value.clone() },
                        _ => Edit::Merge { path: inner(key), value: value.clone() },
                    })
                    .collect();
                if matches!(edit, Edit::Set { .. }) {
                    let gone = merge::members(old).into_iter().filter(|(key, _)| value.get(key).is_none());
                    each.extend(gone.map(|(key, _)| Edit::Remove { path: inner(key) }));
                }
                each.iter().try_for_each(|edit| self.edit(edit))
            }
            (Edit::Set { value: Value::Array(new), path }, Some(Value::Array(old)))
                if new.len() == old.len() =>
            {
                let inner = |index| [path.as_slice(), &[Step::Index(index)]].concat();
                let each = new.iter().enumerate();
                let each = each.map(|(index, value)| Edit::Set { path: inner(index), value: value.clone() });
                each.collect::<Vec<_>>().iter().try_for_each(|edit| self.edit(edit))
            }
            _ => Err(self.refusal(edit, &files, several)),
        }
    }

    /// Takes a member of an object or of a list away, or gives it another key.
    fn member(&mut self, edit: &Edit) -> Result<()> {
        let Some((last, outer)) = edit.path().split_last() else {
            return Err(self.refusal(edit, &[], "the whole configuration"));
        };
        let parts = self.at(outer);
        let spots: Vec<Spot> = match last {
            Step::Key(key) => {
                let having = parts.parts.iter().filter(|part| part.value.get(key).is_some());
                having.map(|part| part.spot(std::slice::from_ref(last))).collect()
            }
            Step::Index(index) => {
                let found = element(&parts, *index);
                found.map(|(part, index)| part.spot(&[Step::Index(index)])).into_iter().collect()
            }
        };
        match spots.as_slice() {
            [one] => self.put(one, edit),
            several => {
                let files: Vec<usize> = several.iter().map(|spot| spot.file).collect();
                Err(self.refusal(edit, &files, "the value stands in several files"))
            }
        }
    }

    /// A value that is not there yet: into the object around it.
    fn new_key(&mut self, edit: &Edit) -> Result<()> {
        let path = edit.path();
        let there = (0..path.len()).rev().find(|depth| self.whole.lookup(head(path, *depth)).is_some());
        let depth = there.unwrap_or_default();
        let parts = self.at(head(path, depth));
        let rest = path.get(depth..).unwrap_or_default();
        match parts.parts.as_slice() {
            // The main file's own keys win over what it includes: what is in none of them may stand there.
            [.., last] if parts.parts.len() == 1 || last.file == 0 => {
                let spot = last.spot(rest);
                self.put(&spot, edit)
            }
            _ => Err(self.refusal(edit, &parts.files(), "the object around it stands in several files")),
        }
    }

    /// Writes an edit down for a file.
    fn put(&mut self, spot: &Spot, edit: &Edit) -> Result<()> {
        self.configuration.ensure_open(spot.file, edit.path())?;
        let moved = moved(edit, spot.path.clone());
        let there = (self.values.get_mut(spot.file), self.placed.get_mut(spot.file));
        if let (Some(value), Some(edits)) = there {
            let done = edit::apply(value, &moved).and_then(|()| edit::apply(&mut self.whole, edit));
            edits.push(moved);
            if done.is_some() {
                return Ok(());
            }
            // The file's own refusal has the text to paste.
            if let Some(file) = self.configuration.files.get(spot.file) {
                file.document.edit(edits)?;
            }
        }
        Err(self.refusal(edit, &[spot.file], "there is no place for this edit"))
    }

    fn refusal(&self, edit: &Edit, files: &[usize], why: &str) -> crate::error::Error {
        self.configuration.refusal(edit.path(), files, why)
    }

    /// Who says the value at a path.
    fn at(&self, path: &[Step]) -> Parts<'_> {
        let mut found = Vec::new();
        if let Some(main) = self.values.first() {
            self.expand(0, Vec::new(), main, &mut found);
        }
        path.iter().fold(counting(found), |parts, step| {
            let mut found = Vec::new();
            match step {
                Step::Key(key) => {
                    for part in &parts.parts {
                        if let Some(value) = part.value.get(key) {
                            let path = part.spot(std::slice::from_ref(step)).path;
                            self.expand(part.file, path, value, &mut found);
                        }
                    }
                }
                Step::Index(index) => {
                    if let Some((part, index)) = element(&parts, *index)
                        && let Some(value) = part.value.as_array().and_then(|elements| elements.get(index))
                    {
                        self.expand(part.file, part.spot(&[Step::Index(index)]).path, value, &mut found);
                    }
                }
            }
            counting(found)
        })
    }

    /// A value of a file, with what it includes in its place. Ends, for files do not include each other in a circle.
    fn expand<'v>(&'v self, file: usize, path: Vec<Step>, value: &'v Value, found: &mut Vec<Part<'v>>) {
        let Some(include) = value.get(INCLUDE) else {
            found.push(Part { file, path, value });
            return;
        };
        for name in merge::names(include).unwrap_or_default() {
            let other = self.configuration.links.get(&(file, name.to_owned()));
            if let Some((other, value)) = other.and_then(|other| Some((*other, self.values.get(*other)?))) {
                self.expand(other, Vec::new(), value, found);
            }
        }
        if !merge::members(value).is_empty() {
            found.push(Part { file, path, value });
        }
    }
}

/// Of all who say a value, those that count: the last, and those before it that it merges with.
fn counting(mut all: Vec<Part<'_>>) -> Parts<'_> {
    let kind = |part: &Part<'_>| match part.value {
        Value::Object(_) => 2,
        Value::Array(_) => 1,
        _ => 0,
    };
    let last = all.last().map(kind).unwrap_or_default();
    let merging = all.iter().rev().take_while(|part| last != 0 && kind(part) == last).count();
    let hidden = all.len() - merging.max(1).min(all.len());
    let parts = all.split_off(hidden);
    Parts { parts, hidden: hidden > 0 }
}

/// The element of a list that is joined from parts: the part, and its place there.
fn element<'p, 'v>(parts: &'p Parts<'v>, mut index: usize) -> Option<(&'p Part<'v>, usize)> {
    for part in &parts.parts {
        let length = part.value.as_array()?.len();
        if index < length {
            return Some((part, index));
        }
        index -= length;
    }
    None
}

fn head(path: &[Step], depth: usize) -> &[Step] {
    path.get(..depth).unwrap_or_default()
}

/// The same edit elsewhere.
fn moved(edit: &Edit, path: Vec<Step>) -> Edit {
    match edit.clone() {
        Edit::Set { value, .. } => Edit::Set { path, value },
        Edit::Merge { value, .. } => Edit::Merge { path, value },
        Edit::Remove { .. } => Edit::Remove { path },
        Edit::Rename { to, .. } => Edit::Rename { path, to },
        Edit::Insert { index, value, .. } => Edit::Insert { path, index, value },
        Edit::Append { value, .. } => Edit::Append { path, value },
    }
}
