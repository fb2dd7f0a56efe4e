//! One file of the user's, whole or not at all: temporary file beside it, synced, compared, renamed over it.
//! Links stay links, mode and group stay. Used by `apply` and `history`; Pincer's own files are written by `write_own`.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, File, Metadata},
    io::{self, Read as _, Write as _},
    path::{Component, Path, PathBuf},
};

use crate::{
    error::{Error, ErrorCode, FileReason},
    folders,
    openclaw::plan::Hash,
};

/// The largest file that is read, in bytes. Settings have kilobytes; this leaves room, and bounds memory.
pub(crate) const READ_LIMIT: u64 = 16 * 1024 * 1024;

/// The most links in one path; what Linux follows (`path_resolution(7)`).
const LINK_LIMIT: usize = 40;

const TEMPORARY_PREFIX: &str = ".pincer-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// The moments of a change at which a crash leaves something different on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The contents before and after are kept.
    Snapshots,
    /// The pending receipt is on disk.
    Pending,
    /// The temporary file is there, empty.
    TemporaryMade,
    /// The temporary file has half of its content.
    HalfWritten,
    /// The temporary file is complete and on disk.
    Synced,
    /// The file has its new content, or is removed.
    Renamed,
    /// The receipt says done.
    Done,
}

/// Told at each step; an error from it is treated as one of the disk at that point.
pub(crate) type Watch<'a> = dyn FnMut(Step) -> io::Result<()> + 'a;

/// Why a file was not replaced. It holds what it held.
#[derive(Debug)]
pub(crate) enum NotReplaced {
    /// It held something else than expected: this.
    Changed(Option<Vec<u8>>),
    /// The system refused.
    Failed(Error),
}

impl From<Error> for NotReplaced {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Where a path really leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path with every link followed.
    pub(crate) target: PathBuf,
    /// Its folders that are not there yet, outermost first.
    pub(crate) missing_folders: Vec<PathBuf>,
    /// The mode of the file, where there are modes and a file.
    pub(crate) mode: Option<u32>,
}

/// Follows the links of `path` and looks at what is there.
///
/// # Errors
/// `file.failed`: not a regular file, a folder on the way that is none, or not readable.
pub(crate) fn locate(path: &Path) -> Result<Place, Error> {
    let target = follow_links(path).map_err(|error| Error::file(path, &error))?;
    let metadata = regular_file(&target)?;
    let mut missing_folders = Vec::new();
    for folder in target.ancestors().skip(1) {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => break,
            Ok(_) => return Err(refusal(folder, FileReason::NotAFile, "not a folder")),
            Err(error) if absent(&error) => missing_folders.push(folder.to_path_buf()),
            Err(error) => return Err(Error::file(folder, &error)),
        }
    }
    missing_folders.reverse();
    Ok(Place { mode: metadata.as_ref().and_then(mode_of), target, missing_folders })
}

/// What the file holds; `None` when it is not there.
///
/// # Errors
/// `file.failed`: not a regular file, not readable, or larger than the limit.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    // Asked before opening, since opening a named pipe would wait for its other end.
    if regular_file(path)?.is_none() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(READ_LIMIT + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > READ_LIMIT => {
            Err(refusal(path, FileReason::TooLarge, "larger than 16 MiB"))
        }
        Ok(_) => Ok(Some(bytes)),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(Error::file(path, &error)),
    }
}

/// Refuses what the user closed or someone else owns, although a rename would succeed: it asks only the folder.
///
/// # Errors
/// `file.failed` with the file or folder that is not ours to write.
pub(crate) fn ensure_ours(place: &Place) -> Result<(), Error> {
    if let Some(metadata) = regular_file(&place.target)? {
        ensure_owned(&place.target, &metadata, 0o200)?;
    }
    if let (Some(folder), true) = (place.target.parent(), place.missing_folders.is_empty()) {
        let metadata = fs::metadata(folder).map_err(|error| Error::file(folder, &error))?;
        ensure_owned(folder, &metadata, 0o300)?;
    }
    Ok(())
}

/// Gives the file its new content, or removes it, if it still holds what is expected. A file that was not
/// there gets `mode`, or 0600.
///
/// # Errors
/// The file held something else, or the system refused; either way it was left alone, except when only the
/// last step failed, the sync of its folder.
pub(crate) fn replace(
    target: &Path,
    expected: Option<Hash>,
    content: Option<&[u8]>,
    mode: Option<u32>,
    watch: &mut Watch<'_>,
) -> Result<(), NotReplaced> {
    let folder = target.parent().ok_or_else(|| refusal(target, FileReason::NotAFile, "no folder"))?;
    let failed = |error: io::Error| NotReplaced::Failed(Error::file(target, &error));
    match content {
        Some(content) => {
            make_folders(folder)?;
            let temporary = temporary_in(folder).map_err(failed)?;
            watch(Step::TemporaryMade).map_err(failed)?;
            let mut file = temporary.as_file();
            let (first, second) = content.split_at(content.len() / 2);
            file.write_all(first).map_err(failed)?;
            watch(Step::HalfWritten).map_err(failed)?;
            file.write_all(second).map_err(failed)?;
            keep_owner_and_mode(file, regular_file(target)?.as_ref(), mode).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            watch(Step::Synced).map_err(failed)?;
            compare(target, expected)?;
            if expected.is_some() {
                temporary.persist(target).map_err(|error| failed(error.error))?;
            } else {
                // A file that appears after the comparison is not overwritten.
                match temporary.persist_noclobber(target) {
                    Ok(_) => {}
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                        return Err(NotReplaced::Changed(read(target)?));
                    }
                    Err(error) => return Err(failed(error.error)),
                }
            }
        }
        None => {
            compare(target, expected)?;
            match fs::remove_file(target) {
                Err(error) if !absent(&error) => return Err(failed(error)),
                _ => {}
            }
        }
    }
    if folder.exists() {
        sync_folder(folder).map_err(failed)?;
    }
    watch(Step::Renamed).map_err(failed)
}

/// Writes a file of Pincer's own (0600), whole or not at all.
pub(crate) fn write_own(path: &Path, content: &[u8]) -> Result<(), Error> {
    let failed = |error| Error::file(path, &error);
    let folder = path.parent().ok_or_else(|| refusal(path, FileReason::NotAFile, "no folder"))?;
    let mut temporary = temporary_in(folder).map_err(failed)?;
    temporary.write_all(content).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder).map_err(failed)
}

/// Removes temporary files that a crash left in a folder. As far as possible: one that stays does no harm.
pub(crate) fn sweep(folder: &Path) {
    for name in temporaries(folder) {
        drop(fs::remove_file(folder.join(name)));
    }
}

/// The names of temporary files in a folder.
pub(crate) fn temporaries(folder: &Path) -> Vec<OsString> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let ours = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
    };
    entries.flatten().map(|entry| entry.file_name()).filter(ours).collect()
}

/// A `file.failed` of our own judgement, where no call of the system failed.
pub(crate) fn refusal(path: &Path, reason: FileReason, detail: &str) -> Error {
    Error::new(ErrorCode::FileFailed { path: path.display().to_string(), reason }, detail)
}

fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX).tempfile_in(folder)
}

fn compare(target: &Path, expected: Option<Hash>) -> Result<(), NotReplaced> {
    let present = read(target)?;
    if present.as_deref().map(Hash::of) == expected { Ok(()) } else { Err(NotReplaced::Changed(present)) }
}

fn make_folders(folder: &Path) -> Result<(), Error> {
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    folders::make_private(folder).map_err(|error| Error::file(folder, &error))?;
    for outer in missing.iter().rev().filter_map(|folder| folder.parent()) {
        sync_folder(outer).map_err(|error| Error::file(outer, &error))?;
    }
    Ok(())
}

/// The metadata of the file; `None` when it is not there.
fn regular_file(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(_) => Err(refusal(path, FileReason::NotAFile, "not a regular file")),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(Error::file(path, &error)),
    }
}

/// Below something that is no folder there is no file either; `locate` tells the two apart.
fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path with every link followed, also where its end is not there yet (a link to nowhere is the place where
/// writing through it would make the file).
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut left: VecDeque<PathBuf> = parts(&path).collect();
    let mut followed = PathBuf::new();
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if matches!(part.components().next(), Some(Component::ParentDir)) {
            followed.pop();
            continue;
        }
        let next = followed.join(&part);
        let is_link = fs::symlink_metadata(&next).is_ok_and(|metadata| metadata.is_symlink());
        if !is_link {
            followed = next;
            continue;
        }
        links += 1;
        if links > LINK_LIMIT {
            return Err(io::Error::other("too many symbolic links"));
        }
        // An absolute one begins anew by itself: joining its root replaces what was followed so far.
        for part in parts(&fs::read_link(&next)?).collect::<Vec<_>>().into_iter().rev() {
            left.push_front(part);
        }
    }
    Ok(followed)
}

fn parts(path: &Path) -> impl Iterator<Item = PathBuf> {
    path.components().filter(|part| *part != Component::CurDir).map(|part| PathBuf::from(part.as_os_str()))
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777)
}

#[cfg(not(unix))]
fn mode_of(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Owned by the user that runs us, and with these bits for the owner. Root too has to own what it writes: a
/// renamed file would be root's, and OpenClaw could not read it any more.
#[cfg(unix)]
fn ensure_owned(path: &Path, metadata: &Metadata, owner_bits: u32) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let detail = format!("belongs to user {}, not to user {user}", metadata.uid());
        return Err(refusal(path, FileReason::Permission, &detail));
    }
    if metadata.mode() & owner_bits != owner_bits {
        let detail = format!("its owner may not write there: mode {:04o}", metadata.mode() & 0o7777);
        return Err(refusal(path, FileReason::Permission, &detail));
    }
    Ok(())
}

#[cfg(not(unix))]
fn ensure_owned(path: &Path, metadata: &Metadata, _owner_bits: u32) -> Result<(), Error> {
    // On a folder the attribute means nothing to Windows.
    if metadata.is_file() && metadata.permissions().readonly() {
        return Err(refusal(path, FileReason::Permission, "read-only"));
    }
    Ok(())
}

#[cfg(unix)]
fn keep_owner_and_mode(file: &File, old: Option<&Metadata>, fresh: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let mut mode = old.and_then(mode_of).or(fresh).unwrap_or(0o600);
    if let Some(old) = old
        && old.gid() != file.metadata()?.gid()
        && fchown(file, None, Some(old.gid())).is_err()
    {
        // Another group than before must not gain what only the old one was given.
        mode &= 0o7707 | ((mode & 0o007) << 3);
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_file: &File, _old: Option<&Metadata>, _fresh: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// A rename is on disk only when its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network and user-space file systems cannot sync a folder; there is nothing more to do there.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(()) // Windows has no handle to sync; NTFS journals the rename.
}

#[cfg(test)]
mod tests;
