//! Carries a plan out: all of its files or none, with a receipt on disk before the first is written.
//! The one place of the house where files of the user's are written; `history` undoes through it.

use std::{fs, path::Path, time::SystemTime};

use crate::{
    error::{Error, ErrorCode, FileReason},
    folders::Folders,
    openclaw::{
        atomic::{self, NotReplaced, Place, Step, Watch, refusal},
        history::{self, SetService},
        lock::Lock,
        outcome::ReceiptKind,
        plan::{FileEdit, Hash, Plan},
        receipt::{self, Receipt, ServiceCommand, Status, WrittenFile},
        store,
    },
};

pub(crate) mod service;

/// Makes a unified diff of two texts of a file with the secrets masked.
pub type Mask<'a> = dyn Fn(&Path, &str, &str) -> String + 'a;

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Every file held already what the plan wants; nothing was touched, there is no receipt.
    Unchanged,
    /// The files are written; undo goes by this receipt.
    Written(Receipt),
}

impl Applied {
    /// The receipt, when anything was written.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Unchanged => None,
            Self::Written(receipt) => Some(receipt),
        }
    }
}

/// Writes the files of the plan, in its order. Blocks: waits up to 5 s for another Pincer, and for the disk.
///
/// # Errors
/// `settings.changed-meanwhile` when a file does not hold any more what the plan saw; `file.locked`;
/// `file.failed`. After any of them every file holds what it held before.
pub fn apply(folders: &Folders, plan: &Plan, now: SystemTime, mask: &Mask<'_>) -> Result<Applied, Error> {
    apply_watched(folders, plan, now, mask, &mut |_| Ok(()))
}

pub(crate) fn apply_watched(
    folders: &Folders,
    plan: &Plan,
    now: SystemTime,
    mask: &Mask<'_>,
    watch: &mut Watch<'_>,
) -> Result<Applied, Error> {
    if !plan.is_effective() {
        return Ok(Applied::Unchanged);
    }
    folders.create()?;
    let lock = Lock::take(folders)?;
    history::settle_held(folders, &lock, &mut history::no_command)?;
    commit(folders, &lock, plan, now, mask, watch).map(Applied::Written)
}

/// Writes the files of the plan, then lets OpenClaw's own command do its part, which makes `made`. Should that fail, every
/// file holds what it held before, and there is no receipt. It is pending until the command has ended.
pub(crate) fn apply_with(
    folders: &Folders,
    plan: &Plan,
    made: &Path,
    now: SystemTime,
    mask: &Mask<'_>,
    service: &mut SetService<'_>,
) -> Result<Receipt, Error> {
    folders.create()?;
    let lock = Lock::take(folders)?;
    history::settle_held(folders, &lock, &mut history::no_command)?;
    let command = service::of(true, made.to_path_buf(), Vec::new());
    service::Work { folders, lock: &lock, plan, now, mask, watch: &mut |_| Ok(()), service }.commit(command)
}

/// Writes the files, under the lock and with nothing pending.
pub(crate) fn commit(
    folders: &Folders,
    lock: &Lock,
    plan: &Plan,
    now: SystemTime,
    mask: &Mask<'_>,
    watch: &mut Watch<'_>,
) -> Result<Receipt, Error> {
    let committed = begin(folders, plan, None, None, (now, mask), watch)
        .and_then(|(receipt, edits)| write_all(folders, lock, receipt, &edits, mask, watch))
        .and_then(|receipt| finish(folders, receipt, watch));
    // Contents that no receipt needs are forgotten: the oldest, or what was kept for a change that failed. What cannot
    // be forgotten now is forgotten after the next change.
    drop(store::prune(folders, store::LIMITS));
    committed
}

/// Keeps all contents and a pending receipt; writes none of the files yet. `made`: what a command will make.
fn begin<'a>(
    folders: &Folders,
    plan: &'a Plan,
    made: Option<WrittenFile>,
    command: Option<ServiceCommand>,
    (now, mask): (SystemTime, &Mask<'_>),
    watch: &mut Watch<'_>,
) -> Result<(Receipt, Vec<&'a FileEdit>), Error> {
    let mut effective = Vec::new();
    for edit in &plan.edits {
        let place = atomic::locate(&edit.path)?;
        let present = atomic::read(&place.target)?;
        if present.as_deref().map(Hash::of) != edit.before {
            return Err(changed_meanwhile(edit, present.as_deref(), mask));
        }
        if edit.is_effective() {
            atomic::ensure_ours(&place)?;
            effective.push((edit, written(edit, place)?, present));
        }
    }
    for (edit, _, present) in &effective {
        for content in [present, &edit.after].into_iter().flatten() {
            store::keep(folders, content)?;
        }
    }
    let (edits, mut files): (Vec<_>, Vec<_>) =
        effective.into_iter().map(|(edit, file, _)| (edit, file)).unzip();
    files.extend(made);
    let command = command.map(Box::new);
    let receipt = Receipt { command, ..numbered(folders, plan.kind.clone(), files, now)? };
    watch(Step::Snapshots).map_err(|error| Error::file(&folders.snapshots(), &error))?;
    store::save(folders, &receipt)?;
    Ok((receipt, edits))
}

/// In the detail of an error after which the receipt stays and knows every content: undo can still go back.
const NOT_ALL_BACK: &str = " (not every file could be put back)";

/// Writes all; the receipt is still pending. Should it fail, all is put back, and the receipt forgotten.
fn write_all(
    folders: &Folders,
    lock: &Lock,
    receipt: Receipt,
    edits: &[&FileEdit],
    mask: &Mask<'_>,
    watch: &mut Watch<'_>,
) -> Result<Receipt, Error> {
    if let Err((mut error, all_back)) = try_all(folders, lock, &receipt, edits, mask, watch) {
        if !matches!(history::forget_or_mark(folders, receipt, all_back), Ok(true)) {
            error.detail.push_str(NOT_ALL_BACK);
        }
        return Err(error);
    }
    Ok(receipt)
}

/// The same, and the receipt is pending whatever comes; an error comes with whether every file is back.
fn try_all(
    folders: &Folders,
    lock: &Lock,
    receipt: &Receipt,
    edits: &[&FileEdit],
    mask: &Mask<'_>,
    watch: &mut Watch<'_>,
) -> Result<(), (Error, bool)> {
    let receipt_path = store::receipt_path(folders, &receipt.id);
    let mut reached = 0;
    watch(Step::Pending)
        .map_err(|error| Error::file(&receipt_path, &error))
        .and_then(|()| write(receipt, edits, mask, watch, &mut reached))
        .map_err(|error| (error, history::put_back(folders, lock, receipt, reached)))
}

fn finish(folders: &Folders, mut receipt: Receipt, watch: &mut Watch<'_>) -> Result<Receipt, Error> {
    let receipt_path = store::receipt_path(folders, &receipt.id);
    (receipt.status, receipt.command) = (Status::Done, None);
    // Should this fail, all is written and the receipt is pending: the next start finds that and marks it.
    if store::save(folders, &receipt).is_ok() {
        watch(Step::Done).map_err(|error| Error::file(&receipt_path, &error))?;
    }
    Ok(receipt)
}

fn write(
    receipt: &Receipt,
    edits: &[&FileEdit],
    mask: &Mask<'_>,
    watch: &mut Watch<'_>,
    reached: &mut usize,
) -> Result<(), Error> {
    for (edit, file) in edits.iter().zip(&receipt.files) {
        atomic::replace(&file.target, file.before, edit.after.as_deref(), edit.mode, watch).map_err(
            |failure| match failure {
                NotReplaced::Changed(present) => changed_meanwhile(edit, present.as_deref(), mask),
                NotReplaced::Failed(error) => error,
            },
        )?;
        *reached += 1;
        if edit.after.is_none() {
            remove_empty(&edit.folders);
        }
    }
    Ok(())
}

/// Removes folders, given outermost first, as long as they are empty.
pub(crate) fn remove_empty(folders: &[std::path::PathBuf]) {
    // The system refuses to remove one that holds anything; then the outer ones stay too.
    let _all = folders.iter().rev().try_for_each(fs::remove_dir);
}

fn written(edit: &FileEdit, place: Place) -> Result<WrittenFile, Error> {
    let path = std::path::absolute(&edit.path).map_err(|error| Error::file(&edit.path, &error))?;
    Ok(WrittenFile {
        path,
        target: place.target,
        before: edit.before,
        after: edit.after.as_deref().map(Hash::of),
        mode: place.mode,
        folders: place.missing_folders,
    })
}

/// A pending receipt with the next number.
fn numbered(
    folders: &Folders,
    kind: ReceiptKind,
    files: Vec<WrittenFile>,
    now: SystemTime,
) -> Result<Receipt, Error> {
    let mut targets: Vec<&Path> = files.iter().map(|file| file.target.as_path()).collect();
    targets.sort_unstable();
    targets.dedup();
    if targets.len() != files.len() {
        return Err(Error::new(ErrorCode::Internal {}, "a plan with two edits of one file"));
    }
    let at = receipt::milliseconds(now);
    let last = store::receipts(folders)?.last().map_or(0, |receipt| receipt.number);
    // A damaged receipt may have the name already; it is left for the curious.
    let free = (last.saturating_add(1)..=u64::MAX)
        .map(|number| (number, receipt::id(at, number)))
        .find(|(_, id)| !store::receipt_path(folders, id).exists());
    let Some((number, id)) = free else {
        return Err(refusal(&folders.history(), FileReason::Other, "no number left for a receipt"));
    };
    Ok(Receipt { id, number, at, status: Status::Pending, kind, files, command: None })
}

fn changed_meanwhile(edit: &FileEdit, present: Option<&[u8]>, mask: &Mask<'_>) -> Error {
    let diff = mask(&edit.path, &text(edit.seen.as_deref()), &text(present));
    ErrorCode::SettingsChangedMeanwhile { path: edit.path.display().to_string(), diff }.into()
}

/// Bytes as text for a diff; a file that is not there is empty.
pub(crate) fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod crash;
#[cfg(test)]
mod failures;
#[cfg(test)]
pub(crate) mod tests;
