//! What Pincer changed, newest first, and the way back; what a crash interrupted is settled by `settle`.
//! Undo is a change like any other: it goes through `apply`, has a receipt, and can be undone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::SystemTime,
};

use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    openclaw::{
        apply::{Mask, commit, service, text},
        atomic::{self, Watch},
        lock::Lock,
        outcome::{FileDiff, ReceiptKind, ReceiptSummary},
        plan::{FileEdit, Hash, Plan},
        receipt::{Receipt, ServiceCommand, Status, WrittenFile, number},
        store,
    },
};

mod settle;

pub use settle::{Settled, settle};
pub(crate) use settle::{
    forget_or_mark, no_command, put_back, put_back_and_forget, settle_held, settle_with,
};

/// What Pincer changed, newest first.
///
/// # Errors
/// `file.failed` when the history cannot be read.
pub fn list(folders: &Folders) -> Result<Vec<ReceiptSummary>, Error> {
    let receipts = store::receipts(folders)?;
    let undone = undone(&receipts);
    let finished = receipts.iter().rev().filter(|receipt| receipt.status != Status::Pending);
    Ok(finished.map(|receipt| receipt.summary(undone.get(receipt.id.as_str()).cloned())).collect())
}

/// Which receipts are undone, and by which. An undo goes back to the state before its receipt: it undoes that
/// one and all later ones, and what they had undone is in force again.
fn undone(receipts: &[Receipt]) -> BTreeMap<&str, String> {
    let mut undone = BTreeMap::new();
    let mut earlier: Vec<(&Receipt, BTreeMap<&str, String>)> = Vec::new();
    for receipt in receipts {
        let state_before = undone.clone();
        if let (ReceiptKind::Undo { receipt: goal }, Status::Done) = (&receipt.kind, receipt.status) {
            // A goal may be forgotten by now: those after it went with it, those before it stayed.
            let goal = number(goal).unwrap_or(0);
            let first = earlier.partition_point(|(other, _)| other.number < goal);
            undone = earlier.get(first).map_or(undone, |(_, state)| state.clone());
            undone
                .extend(earlier.iter().skip(first).map(|(other, _)| (other.id.as_str(), receipt.id.clone())));
        }
        earlier.push((receipt, state_before));
    }
    undone
}

/// Which change is to be taken back, and on what terms.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Its name; `None`: the newest that is not undone and no undo itself.
    pub id: Option<&'a str>,
    /// Although someone else wrote since; what is there is kept first, so that undoing the undo brings it back.
    pub force: bool,
    /// The names of the later changes that may go with it.
    pub later: &'a [String],
}

/// Goes back to the state before a change. Later changes of Pincer's are undone with it, if they may be. Blocks as
/// `apply` does.
///
/// # Errors
/// `undo.nothing`, `undo.already`, `undo.unknown`, `undo.takes-later` with what would go with it, `undo.changed-since`
/// with what would be lost, and those of `apply`.
pub fn undo(
    folders: &Folders,
    wanted: Wanted<'_>,
    now: SystemTime,
    mask: &Mask<'_>,
) -> Result<Receipt, Error> {
    undo_with(folders, wanted, now, mask, &mut |_, _| Ok(()))
}

/// What OpenClaw's own command is to do: let its gateway start with the computer (`true`), or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// What was asked for.
    Set(bool),
    /// What mends a change that failed half-way: it comes to its end or to its time limit, whoever wishes to stop.
    Mend(bool),
}

impl Order {
    pub(crate) const fn wanted(self) -> bool {
        match self {
            Self::Set(wanted) | Self::Mend(wanted) => wanted,
        }
    }
}

/// Runs OpenClaw's own command; tells the number of its process as soon as there is one.
pub(crate) type SetService<'a> = dyn FnMut(Order, &mut dyn FnMut(u32)) -> Result<(), Error> + 'a;

/// The same, where OpenClaw's own command may have to undo its part: it runs once all else is known to be possible, and
/// should it fail, nothing is undone.
pub(crate) fn undo_with(
    folders: &Folders,
    wanted: Wanted<'_>,
    now: SystemTime,
    mask: &Mask<'_>,
    service: &mut SetService<'_>,
) -> Result<Receipt, Error> {
    undo_watched(folders, wanted, now, mask, (&mut |_| Ok(()), service))
}

pub(crate) fn undo_watched(
    folders: &Folders,
    wanted: Wanted<'_>,
    now: SystemTime,
    mask: &Mask<'_>,
    (watch, service): (&mut Watch<'_>, &mut SetService<'_>),
) -> Result<Receipt, Error> {
    // What cannot be read is no empty history.
    store::receipts(folders)?;
    // Nothing to lock, and nothing to make, where nothing was ever changed.
    if folders.history().exists() {
        folders.create()?;
        let lock = Lock::take(folders)?;
        settle_held(folders, &lock, service)?;
        let back = Back::find(folders, wanted, mask)?;
        let kind = ReceiptKind::Undo { receipt: back.goal };
        let plan = Plan { kind, edits: back.edits, starts: None };
        return match back.command {
            Some(command) => {
                let plan = &plan;
                service::Work { folders, lock: &lock, plan, now, mask, watch, service }.commit(command)
            }
            None => commit(folders, &lock, &plan, now, mask, watch),
        };
    }
    let unknown = |id: &str| ErrorCode::UndoUnknown { id: id.to_owned() };
    Err(wanted.id.map_or(ErrorCode::UndoNothing {}, unknown).into())
}

/// What undoing a change would bring back, file by file, as masked diffs from now to before it. Files that are the
/// same have an empty diff. Blocks for the disk.
///
/// # Errors
/// `undo.unknown`, `file.failed`.
pub fn difference(folders: &Folders, id: &str, mask: &Mask<'_>) -> Result<Vec<FileDiff>, Error> {
    let receipts = store::receipts(folders)?;
    let unknown = || Error::from(ErrorCode::UndoUnknown { id: id.to_owned() });
    let first = receipts.iter().position(|receipt| receipt.id == id).ok_or_else(unknown)?;
    let (goal, later) = receipts.get(first..).and_then(<[Receipt]>::split_first).ok_or_else(unknown)?;
    let mut diffs = Vec::new();
    for trail in trails(goal, later)? {
        let present = atomic::read(&trail.target)?;
        let before = trail.goal.map(|hash| store::content_of(folders, hash)).transpose()?;
        let diff = mask(trail.path, &text(present.as_deref()), &text(before.as_deref()));
        diffs.push(FileDiff { path: trail.path.display().to_string(), diff });
    }
    Ok(diffs)
}

/// The way back to the state before a change.
struct Back {
    /// That change.
    goal: String,
    edits: Vec<FileEdit>,
    /// What lets OpenClaw's gateway start with the computer as it did then, where it is otherwise now.
    command: Option<ServiceCommand>,
}

impl Back {
    fn find(folders: &Folders, wanted: Wanted<'_>, mask: &Mask<'_>) -> Result<Self, Error> {
        let receipts = store::receipts(folders)?;
        let undone = undone(&receipts);
        let first = match wanted.id {
            Some(id) => receipts
                .iter()
                .position(|receipt| receipt.id == id)
                .ok_or_else(|| Error::from(ErrorCode::UndoUnknown { id: id.to_owned() }))?,
            None => receipts
                .iter()
                .rposition(|receipt| is_in_force(receipt, &undone))
                .ok_or_else(|| Error::from(ErrorCode::UndoNothing {}))?,
        };
        let Some((goal, later)) = receipts.get(first..).and_then(<[Receipt]>::split_first) else {
            return Err(ErrorCode::UndoNothing {}.into());
        };
        let edits: Result<Vec<Option<FileEdit>>, Error> =
            trails(goal, later)?.into_iter().map(|trail| trail.back(folders, wanted.force, mask)).collect();
        let earlier = receipts.get(..first).unwrap_or_default();
        // Each was made because it was not set then, whatever took an earlier one away outside of Pincer.
        let set_since = receipts.get(first..).is_some_and(|since| sets_service(since, &undone));
        let then = !set_since && sets_service(earlier, &self::undone(earlier));
        let service = (then != sets_service(&receipts, &undone)).then_some(then);
        if edits.as_ref().is_ok_and(|edits| edits.iter().all(Option::is_none)) && service.is_none() {
            let is_undone = undone.contains_key(goal.id.as_str());
            let code = if is_undone { ErrorCode::UndoNothing {} } else { ErrorCode::UndoAlready {} };
            return Err(code.into());
        }
        // Said before what someone else's changes stand in the way of: it may not be wanted at all.
        let with_it = || later.iter().rev().filter(|receipt| is_in_force(receipt, &undone));
        if with_it().any(|receipt| !wanted.later.contains(&receipt.id)) {
            let later = with_it().map(|receipt| receipt.summary(None)).collect();
            return Err(ErrorCode::UndoTakesLater { later }.into());
        }
        let edits = edits?.into_iter().flatten().collect();
        let made = |receipts: &[Receipt]| {
            let files = receipts.iter().flat_map(|receipt| receipt.files.clone());
            files.filter(|file| !file.is_ours()).collect::<Vec<_>>()
        };
        let file = made(&receipts).pop();
        let command = service.zip(file).map(|(wanted, file)| {
            let since = if wanted { Vec::new() } else { made(receipts.get(first..).unwrap_or_default()) };
            service::of(wanted, file.path, since.into_iter().flat_map(|file| file.folders).collect())
        });
        Ok(Self { goal: goal.id.clone(), edits, command })
    }
}

/// A change, and no undo, that was not undone.
fn is_in_force(receipt: &Receipt, undone: &BTreeMap<&str, String>) -> bool {
    !matches!(receipt.kind, ReceiptKind::Undo { .. }) && !undone.contains_key(receipt.id.as_str())
}

/// A change that lets OpenClaw's gateway start with the computer is in force.
fn sets_service(receipts: &[Receipt], undone: &BTreeMap<&str, String>) -> bool {
    let in_force = |receipt: &Receipt| {
        receipt.kind == ReceiptKind::GatewayAtLogin {} && !undone.contains_key(receipt.id.as_str())
    };
    receipts.iter().any(in_force)
}

/// One file through the changes since.
struct Trail<'a> {
    path: &'a PathBuf,
    /// Where that leads now: links may have been changed since, and what OpenClaw reads is what counts.
    target: PathBuf,
    /// What it held first, and its mode then.
    goal: Option<Hash>,
    mode: Option<u32>,
    /// Folders that Pincer made for it on the way, outermost first.
    folders: Vec<PathBuf>,
    changes: Vec<&'a WrittenFile>,
}

/// The files of the receipts, in the order in which they are put back: what was written last comes first, since
/// it may depend on the others.
fn trails<'a>(goal: &'a Receipt, later: &'a [Receipt]) -> Result<Vec<Trail<'a>>, Error> {
    let mut trails: Vec<Trail<'a>> = Vec::new();
    let files = std::iter::once(goal).chain(later).flat_map(|receipt| &receipt.files);
    for file in files.filter(|file| file.is_ours()) {
        let target = atomic::locate(&file.path)?.target;
        if let Some(trail) = trails.iter_mut().find(|trail| trail.target == target) {
            trail.changes.push(file);
            trail.folders.extend(file.folders.iter().cloned());
        } else {
            trails.push(Trail {
                path: &file.path,
                target,
                goal: file.before,
                mode: file.mode,
                folders: file.folders.clone(),
                changes: vec![file],
            });
        }
    }
    for trail in &mut trails {
        trail.folders.sort();
        trail.folders.dedup();
    }
    trails.reverse();
    Ok(trails)
}

impl Trail<'_> {
    /// The edit that goes back; `None` when the file holds already what it shall.
    fn back(self, folders: &Folders, force: bool, mask: &Mask<'_>) -> Result<Option<FileEdit>, Error> {
        let present = atomic::read(&self.target)?;
        let hash = present.as_deref().map(Hash::of);
        if hash == self.goal {
            return Ok(None);
        }
        // Everything that Pincer's own changes lead to, starting from the first. A present that is among it
        // has nothing in it of someone else's.
        let mut ours = BTreeSet::new();
        let mut last = None;
        let mut foreign = None;
        for (position, change) in self.changes.iter().enumerate() {
            if position == 0 || ours.contains(&change.before) {
                ours.insert(change.after);
                last = change.after;
            } else {
                foreign.get_or_insert(change.before);
            }
        }
        if !force && !ours.contains(&hash) {
            // A content that was pruned or damaged is shown as empty: the refusal is what counts.
            let kept = |hash: Option<Hash>| hash.and_then(|hash| store::content_of(folders, hash).ok());
            let theirs = foreign.map_or_else(|| present.clone(), kept);
            let diff = mask(self.path, &text(kept(last).as_deref()), &text(theirs.as_deref()));
            return Err(ErrorCode::UndoChangedSince { path: self.path.display().to_string(), diff }.into());
        }
        let content = self.goal.map(|hash| store::content_of(folders, hash)).transpose()?;
        let mut edit = FileEdit::new(self.path.clone(), present, content);
        edit.mode = self.mode;
        edit.folders = self.folders;
        Ok(Some(edit))
    }
}

#[cfg(test)]
mod command_tests;
#[cfg(test)]
mod tests;
