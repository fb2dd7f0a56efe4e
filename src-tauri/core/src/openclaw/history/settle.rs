//! What a crash, or an end in the middle, left: every change is finished or taken back, by comparing hashes, and by what
//! OpenClaw's own command came to. Run at every start, and before every change, under its lock.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use super::{Order, SetService};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    machine::group,
    ollama::own::Process,
    openclaw::{
        apply::{remove_empty, service::ask},
        atomic,
        gateway::login,
        lock::Lock,
        plan::Hash,
        receipt::{Receipt, ServiceCommand, Status, WrittenFile},
        store,
    },
};

/// OpenClaw's own command took 8 to 20 s; one that outlived its Pincer has a part of that behind it.
const LEFT: Duration = Duration::from_secs(60);
/// To end after it was asked to.
const GRACE: Duration = Duration::from_secs(4);
/// Between two looks at it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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
    settle_with(folders, &mut no_command, || {})
}

/// The same, where OpenClaw's own command may have to take away what it left half-way. `slow` is called first where that
/// command has a part in what is pending: it takes its time.
pub(crate) fn settle_with(
    folders: &Folders,
    service: &mut SetService<'_>,
    slow: impl FnOnce(),
) -> Result<Settled, Error> {
    let receipts = store::receipts(folders)?;
    if receipts.iter().any(|receipt| receipt.command.is_some()) {
        slow();
    }
    let pending = receipts.iter().any(|receipt| receipt.status == Status::Pending);
    let own = [folders.history(), folders.snapshots()];
    if !pending && own.iter().all(|folder| atomic::temporaries(folder).is_empty()) {
        return Ok(Settled::default());
    }
    // Another Pincer that is at work just now looks the same: the lock tells.
    let lock = Lock::take(folders)?;
    settle_held(folders, &lock, service)
}

/// For where OpenClaw's own command is not at hand: what it left half-way stays, and undo can still take it away.
pub(crate) fn no_command(_order: Order, _begun: &mut dyn FnMut(u32)) -> Result<(), Error> {
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
        if let Some(process) = receipt.command.as_ref().and_then(|command| command.process.as_ref()) {
            see_out(process);
        }
        let targets = receipt.files.iter().filter_map(|file| file.target.parent());
        for folder in targets.collect::<BTreeSet<_>>() {
            atomic::sweep(folder);
        }
        let id = receipt.id.clone();
        let found: Vec<Found> = receipt.files.iter().filter(|file| file.is_ours()).map(Found::at).collect();
        let written = found.iter().all(|found| *found == Found::After);
        let made = receipt.files.iter().find(|file| !file.is_ours()).cloned();
        if let Some(command) = receipt.command.clone().filter(|command| !command.wanted) {
            let came = take_away(folders, lock, receipt, &command, service)?;
            match came {
                Status::Pending => settled.put_back.push(id),
                Status::Done => settled.completed.push(id),
                Status::Uncertain => settled.uncertain.push(id),
            }
        } else if let Some(made) = made.filter(|made| written && !login::starts(&made.path)) {
            // OpenClaw's own command did not come to its end. Should clearing up fail, the receipt says so.
            if is_there(&made) {
                drop(ask(folders, &mut receipt, Order::Set(false), service));
            }
            if put_back_and_forget(folders, lock, receipt, found.len())? {
                settled.put_back.push(id);
            } else {
                settled.uncertain.push(id);
            }
        } else if written {
            (receipt.status, receipt.command) = (Status::Done, None);
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
            (receipt.status, receipt.command) = (Status::Uncertain, None);
            store::save(folders, &receipt)?;
            settled.uncertain.push(id);
        }
    }
    Ok(settled)
}

/// Lets a command of OpenClaw's that outlived its Pincer come to its end, so that what it came to can be told.
fn see_out(process: &Process) {
    let ends_within = |limit: Duration| {
        let begun = Instant::now();
        // The system has no event for the end of a process that is not our child.
        while process.goes_on() && begun.elapsed() < limit {
            thread::sleep(LOOK_AGAIN);
        }
        !process.goes_on()
    };
    if !ends_within(LEFT) {
        group::signal(process.pid, false);
        if !ends_within(GRACE) {
            group::signal(process.pid, true);
        }
    }
}

/// An undo whose command was to take OpenClaw's service away: finished where that began to go, else as if never begun
/// (`Pending`).
fn take_away(
    folders: &Folders,
    lock: &Lock,
    mut receipt: Receipt,
    command: &ServiceCommand,
    service: &mut SetService<'_>,
) -> Result<Status, Error> {
    if login::starts(&command.file) {
        let all = put_back_and_forget(folders, lock, receipt, 0)?;
        return Ok(if all { Status::Pending } else { Status::Uncertain });
    }
    if command.file.exists() {
        drop(ask(folders, &mut receipt, Order::Set(false), service));
    }
    let done = !command.file.exists()
        && receipt.files.iter().all(|file| match Found::at(file) {
            Found::After => true,
            Found::Before => put(folders, file, file.before, file.after),
            Found::Other => false,
        });
    if done {
        remove_empty(&command.folders);
    }
    (receipt.status, receipt.command) = (if done { Status::Done } else { Status::Uncertain }, None);
    store::save(folders, &receipt)?;
    Ok(receipt.status)
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

/// Puts every file back, then forgets the receipt; marks it where that is not possible: `false`.
pub(crate) fn put_back_and_forget(
    folders: &Folders,
    lock: &Lock,
    receipt: Receipt,
    reached: usize,
) -> Result<bool, Error> {
    let all = put_back(folders, lock, &receipt, reached);
    forget_or_mark(folders, receipt, all)
}

/// Puts every file back that still holds what the receipt wrote, the last first. `false` where one of the first
/// `reached` files, which were written, holds something else by now.
pub(crate) fn put_back(folders: &Folders, _lock: &Lock, receipt: &Receipt, reached: usize) -> bool {
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
            Found::After => put(folders, file, file.after, file.before),
            Found::Other => position >= reached,
        };
    }
    all
}

/// Forgets a receipt when `all` is as it was before it, else marks it. Says the same back.
pub(crate) fn forget_or_mark(folders: &Folders, mut receipt: Receipt, all: bool) -> Result<bool, Error> {
    if all {
        store::forget(folders, &receipt.id)?;
    } else {
        (receipt.status, receipt.command) = (Status::Uncertain, None);
        store::save(folders, &receipt)?;
    }
    Ok(all)
}

/// As far as can be seen.
fn is_there(file: &WrittenFile) -> bool {
    file.target.symlink_metadata().is_ok()
}

/// Puts one content in the place of another.
fn put(folders: &Folders, file: &WrittenFile, from: Option<Hash>, to: Option<Hash>) -> bool {
    let Ok(content) = to.map(|hash| store::content_of(folders, hash)).transpose() else {
        return false;
    };
    let replaced =
        atomic::replace(&file.target, from, content.as_deref(), file.mode, &mut |_| Ok(())).is_ok();
    if replaced && content.is_none() {
        remove_empty(&file.folders);
    }
    replaced
}
