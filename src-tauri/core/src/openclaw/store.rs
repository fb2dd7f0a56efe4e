//! Receipts and snapshots on disk, in Pincer's own folder; bounded in number and size.
//! Below `apply` and `history`. Snapshots hold the user's secrets, so all is 0600 in 0700 folders.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, FileReason},
    folders::Folders,
    openclaw::{
        atomic::{self, refusal},
        plan::Hash,
        receipt::{Receipt, Status, WrittenFile},
    },
};

/// How much history is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Receipts.
    pub(crate) receipts: usize,
    /// Bytes of snapshots, each content counted once.
    pub(crate) snapshot_bytes: u64,
}

/// Years of changes of an ordinary settings file.
pub(crate) const LIMITS: Limits = Limits { receipts: 200, snapshot_bytes: 64 * 1024 * 1024 };

/// A larger receipt is not ours.
const RECEIPT_LIMIT: u64 = 1024 * 1024;

/// All receipts that can be read, in the order of the changes. Damaged ones are left out: the chain of hashes
/// then lacks a link, which undo notices.
pub(crate) fn receipts(folders: &Folders) -> Result<Vec<Receipt>, Error> {
    let history = folders.history();
    let entries = match fs::read_dir(&history) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file(&history, &error)),
    };
    let mut receipts: Vec<Receipt> =
        entries.flatten().filter_map(|entry| read_receipt(&entry.path())).collect();
    receipts.sort_by_key(|receipt| receipt.number);
    Ok(receipts)
}

fn read_receipt(path: &Path) -> Option<Receipt> {
    let id = path.file_name()?.to_str()?.strip_suffix(".json")?;
    if fs::metadata(path).ok()?.len() > RECEIPT_LIMIT {
        return None;
    }
    let receipt: Receipt = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    // A copy under another name is no change of its own.
    (receipt.id == id).then_some(receipt)
}

/// Where a receipt lives.
pub(crate) fn receipt_path(folders: &Folders, id: &str) -> PathBuf {
    folders.history().join(format!("{id}.json"))
}

/// Writes a receipt, or writes it anew.
pub(crate) fn save(folders: &Folders, receipt: &Receipt) -> Result<(), Error> {
    let path = receipt_path(folders, &receipt.id);
    let text = serde_json::to_vec_pretty(receipt)
        // The one thing that JSON cannot hold here is a path that is not Unicode.
        .map_err(|error| refusal(&path, FileReason::Other, &error.to_string()))?;
    atomic::write_own(&path, &text)
}

/// Forgets a receipt.
pub(crate) fn forget(folders: &Folders, id: &str) -> Result<(), Error> {
    let path = receipt_path(folders, id);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(&path, &error)),
        _ => Ok(()),
    }
}

/// Keeps a content.
pub(crate) fn keep(folders: &Folders, content: &[u8]) -> Result<(), Error> {
    let hash = Hash::of(content);
    // One that is there but damaged is written anew.
    if content_of(folders, hash).is_ok() {
        return Ok(());
    }
    atomic::write_own(&snapshot_path(folders, hash), content)
}

/// A content that was kept.
///
/// # Errors
/// `file.failed` when it is not there any more or damaged.
pub(crate) fn content_of(folders: &Folders, hash: Hash) -> Result<Vec<u8>, Error> {
    let path = snapshot_path(folders, hash);
    let content =
        atomic::read(&path)?.ok_or_else(|| refusal(&path, FileReason::Missing, "snapshot is gone"))?;
    if Hash::of(&content) == hash {
        Ok(content)
    } else {
        Err(refusal(&path, FileReason::Other, "snapshot is damaged"))
    }
}

fn snapshot_path(folders: &Folders, hash: Hash) -> PathBuf {
    folders.snapshots().join(hash.to_string())
}

/// Forgets the oldest receipts past the limits, and every snapshot that none needs any more. The newest stays, a
/// pending one, and of every file the first: what it held before Pincer can always be put back. Changes that are
/// forgotten go on in the receipt before them that is kept, so that the chain of hashes keeps every link.
pub(crate) fn prune(folders: &Folders, limits: Limits) -> Result<(), Error> {
    let all = receipts(folders)?;
    let forgotten = past(folders, &all, limits);
    let mut kept: Vec<(Receipt, bool)> = Vec::with_capacity(all.len());
    for receipt in &all {
        if forgotten.contains(&receipt.number) {
            for file in &receipt.files {
                take_in(&mut kept, file);
            }
        } else {
            kept.push((receipt.clone(), false));
        }
    }
    for (receipt, _) in kept.iter().filter(|(_, grown)| *grown) {
        save(folders, receipt)?;
    }
    for receipt in all.iter().filter(|receipt| forgotten.contains(&receipt.number)) {
        forget(folders, &receipt.id)?;
    }
    let needed: BTreeSet<Hash> = kept.iter().flat_map(|(receipt, _)| receipt.hashes()).collect();
    let snapshots = folders.snapshots();
    let entries = fs::read_dir(&snapshots).map_err(|error| Error::file(&snapshots, &error))?;
    for entry in entries.flatten() {
        let hash = entry.file_name().to_str().and_then(|name| name.parse::<Hash>().ok());
        if hash.is_some_and(|hash| !needed.contains(&hash)) {
            fs::remove_file(entry.path()).map_err(|error| Error::file(&entry.path(), &error))?;
        }
    }
    Ok(())
}

/// The numbers of the receipts past the limits.
fn past(folders: &Folders, all: &[Receipt], limits: Limits) -> BTreeSet<u64> {
    let size = |hash: &Hash| fs::metadata(snapshot_path(folders, *hash)).map_or(0, |found| found.len());
    let mut targets = BTreeSet::new();
    let mut firsts = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for receipt in all {
        for file in receipt.files.iter().filter(|file| targets.insert(&file.target)) {
            firsts.insert(receipt.number);
            needed.extend(file.before);
        }
    }
    let mut bytes: u64 = needed.iter().map(size).sum();
    let mut count = firsts.len();
    let mut full = false;
    let mut past = BTreeSet::new();
    for (newer, receipt) in all.iter().rev().enumerate() {
        let is_first = firsts.contains(&receipt.number);
        let more: BTreeSet<Hash> = receipt.hashes().filter(|hash| !needed.contains(hash)).collect();
        let more_bytes: u64 = more.iter().map(size).sum();
        full |= (!is_first && count >= limits.receipts) || bytes + more_bytes > limits.snapshot_bytes;
        if full && newer > 0 && receipt.status != Status::Pending {
            if !is_first {
                past.insert(receipt.number);
            }
        } else {
            count += usize::from(!is_first);
            needed.extend(more);
            bytes += more_bytes;
        }
    }
    past
}

/// Lets the newest kept receipt of the file lead to where a later, forgotten one led. Where someone else wrote in
/// between it does not: undo then finds the missing link and asks.
fn take_in(kept: &mut [(Receipt, bool)], file: &WrittenFile) {
    let same = kept.iter_mut().rev().find_map(|(receipt, grown)| {
        receipt.files.iter_mut().find(|known| known.target == file.target).map(|known| (known, grown))
    });
    if let Some((known, grown)) = same.filter(|(known, _)| known.after == file.before) {
        known.after = file.after;
        let new = file.folders.iter().filter(|folder| !known.folders.contains(folder)).cloned();
        let new: Vec<PathBuf> = new.collect();
        known.folders.extend(new);
        *grown = true;
    }
}
