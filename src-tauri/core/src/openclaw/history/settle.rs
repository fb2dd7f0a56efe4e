//! What a crash, or an end in the middle, left: every change is finished or taken back, by comparing hashes, and by what
//! OpenClaw's own command came to. Run at every start, and before every change, under its lock.

use std::collections::BTreeSet;

use super::SetService;
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    openclaw::{
        apply::remove_empty,
        atomic,
        gateway::login,
        lock::Lock,
        plan::Hash,
        receipt::{Receipt, Status, WrittenFile},
        store,
    },
};

/// What became of changes that a crash interrupted: the receipts' names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// Every file had been written.
    pub completed: Vec<String>,
    /// Every file holds what it held before; the receipt is gone.
    pub put_back: Vec<String>,
    /// Someone else wrote in between, or a file cannot be read: left for the user, undo still knows all.
    pub uncertain: Vec<String>,
}

/// Settles what a crash left. To be called at every start; cheap, and without a lock when nothing is pending.
///
/// # Errors
/// `file.locked` when another Pincer is at work for long, `file.failed` when the history cannot be read or
/// written. The files of the user's are whole either way.
pub fn settle(folders: &Folders) -> Result<Settled, Error> {
    settle_with(folders, &mut no_command)
}

/// The same, where OpenClaw's own command may have to take away what it left half-way.
pub(crate) fn settle_with(folders: &Folders, service: &mut SetService<'_>) -> Result<Settled, Error> {
    let pending = store::receipts(folders)?.iter().any(|receipt| receipt.status == Status::Pending);
    let own = [folders.history(), folders.snapshots()];
    if !pending && own.iter().all(|folder| atomic::temporaries(folder).is_empty()) {
        return Ok(Settled::default());
    }
    // Another Pincer that is at work just now looks the same: the lock tells.
    let lock = Lock::take(folders)?;
    settle_held(folders, &lock, service)
}

/// For where OpenClaw's own command is not at hand: what it left half-way stays, and undo can still take it away.
pub(crate) fn no_command(_wanted: bool) -> Result<(), Error> {
    Err(Error::new(ErrorCode::Internal {}, "OpenClaw's own command is not at hand"))
}

pub(crate) fn settle_held(
    folders: &Folders,
    lock: &Lock,
    service: &mut SetService<'_>,
) -> Result<Settled, Error> {
    let mut settled = Settled::default();
    for folder in [folders.history(), folders.snapshots()] {
        atomic::sweep(&folder);
    }
    // Newest first, as they would be undone.
    for mut receipt in store::receipts(folders)?.into_iter().rev() {
        if receipt.status != Status::Pending {
            continue;
        }
        let targets = receipt.files.iter().filter_map(|file| file.target.parent());
        for folder in targets.collect::<BTreeSet<_>>() {
            atomic::sweep(folder);
        }
        let id = receipt.id.clone();
        let (ours, made): (Vec<&WrittenFile>, Vec<&WrittenFile>) =
            receipt.files.iter().partition(|file| file.is_ours());
        let found: Vec<Found> = ours.into_iter().map(Found::at).collect();
        let written = found.iter().all(|found| *found == Found::After);
        if let Some(made) = made.first().filter(|made| written && !login::starts(&made.path)) {
            // OpenClaw's own command did not come to its end. Should clearing up fail, the receipt says so.
            if is_there(made) {
                drop(service(false));
            }
            if put_back_and_forget(folders, lock, receipt, found.len())? {
                settled.put_back.push(id);
            } else {
                settled.uncertain.push(id);
            }
        } else if written {
            receipt.status = Status::Done;
            store::save(folders, &receipt)?;
            settled.completed.push(id);
        } else if let Some(reached) = found.iter().position(|found| *found == Found::Before) {
            // It did not come to the end: files are written in order, so those behind never were.
            if put_back_and_forget(folders, lock, receipt, reached)? {
                settled.put_back.push(id);
            } else {
                settled.uncertain.push(id);
            }
        } else {
            // All may have been written, and something changed by OpenClaw since: taking the others back
            // could break what works.
            receipt.status = Status::Uncertain;
            store::save(folders, &receipt)?;
            settled.uncertain.push(id);
        }
    }
    Ok(settled)
}

/// What a file of a pending receipt holds.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Before,
    After,
    Other,
}

impl Found {
    fn at(file: &WrittenFile) -> Self {
        match atomic::read(&file.target).map(|bytes| bytes.as_deref().map(Hash::of)) {
            Ok(hash) if hash == file.after => Self::After,
            Ok(hash) if hash == file.before => Self::Before,
            _ => Self::Other,
        }
    }
}

/// Puts every file back that still holds what the receipt wrote, the last first. Then forgets the receipt, or
/// marks it when one of the first `reached` files, which were written, holds something else by now: `false`.
pub(crate) fn put_back_and_forget(
    folders: &Folders,
    _lock: &Lock,
    mut receipt: Receipt,
    reached: usize,
) -> Result<bool, Error> {
    let mut all = true;
    for (position, file) in receipt.files.iter().enumerate().rev() {
        if !file.is_ours() {
            // What a command of OpenClaw's made is that command's to take away.
            all &= !is_there(file);
            remove_empty(&file.folders);
            continue;
        }
        all &= match Found::at(file) {
            Found::Before => {
                // Folders may have been made for a file that never came.
                if file.before.is_none() {
                    remove_empty(&file.folders);
                }
                true
            }
            Found::After => put_back(folders, file),
            Found::Other => position >= reached,
        };
    }
    if all {
        store::forget(folders, &receipt.id)?;
    } else {
        receipt.status = Status::Uncertain;
        store::save(folders, &receipt)?;
    }
    Ok(all)
}

/// As far as can be seen.
fn is_there(file: &WrittenFile) -> bool {
    file.target.symlink_metadata().is_ok()
}

fn put_back(folders: &Folders, file: &WrittenFile) -> bool {
    let Ok(before) = file.before.map(|hash| store::content_of(folders, hash)).transpose() else {
        return false;
    };
    let replaced =
        atomic::replace(&file.target, file.after, before.as_deref(), file.mode, &mut |_| Ok(())).is_ok();
    if replaced && before.is_none() {
        remove_empty(&file.folders);
    }
    replaced
}
