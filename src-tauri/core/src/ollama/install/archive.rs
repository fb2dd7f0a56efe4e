//! Reads Ollama's release archive as if someone wished us ill: nothing outside the folder given is touched, no
//! special file is made, no disk or memory is filled. Blocking.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read, Write},
    path::{Component, Path, PathBuf},
};

use tar::{Archive, Entry, EntryType, PaxExtensions};

/// The two places that a release has, and that are installed; anything else in it is left out.
pub(super) const PROGRAM: &str = "bin/ollama";
pub(super) const LIBRARIES: &str = "lib/ollama";

/// A release has some hundred entries and 5 GB unpacked (0.32): beyond these it is none.
const MOST_BYTES: u64 = 24 << 30;
const MOST_ENTRIES: u64 = 20_000;
/// A long name or an extended header is read into memory.
const MOST_HEADER_BYTES: u64 = 64 << 10;
/// The window of a frame takes memory: 128 MiB, what `zstd` itself takes without being told more.
const WINDOW_LOG: u32 = 27;
/// No archive that is let through unpacks to more: files, headers and padding.
const MOST_READ: u64 = 32 << 30;
const PIECE: usize = 256 << 10;

/// Why an archive was not unpacked.
#[derive(Debug)]
pub(super) enum Refused {
    /// It holds what must not be unpacked, or cannot be read: the entry and what is wrong with it.
    Unsafe { entry: String, why: String },
    /// The disk would not take it.
    Disk(PathBuf, io::Error),
    /// The user stopped it.
    Stopped,
}

/// Looks through the headers alone, without believing them, before anything is written: kinds, count and sizes.
/// Returns the bytes that unpacking takes at most.
pub(super) fn measure(archive: &Path, stopped: &dyn Fn() -> bool) -> Result<u64, Refused> {
    let mut archive = open(archive)?;
    let (mut bytes, mut count) = (0_u64, 0_u64);
    // Raw: names that are given in entries of their own are not put together, so no memory is taken for them.
    for entry in archive.entries().map_err(|error| broken(&error))?.raw(true) {
        if stopped() {
            return Err(Refused::Stopped);
        }
        let mut entry = entry.map_err(|error| broken(&error))?;
        let size = entry.header().entry_size().map_err(|error| broken(&error))?;
        let kind = entry.header().entry_type();
        let named = name(&entry);
        let refuse = |why: &str| Err(Refused::Unsafe { entry: named.clone(), why: why.to_owned() });
        match kind {
            EntryType::Regular | EntryType::Directory | EntryType::Symlink => {}
            EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader => {
                if size > MOST_HEADER_BYTES {
                    return refuse("a header larger than any name");
                }
                if kind == EntryType::XHeader && resizes(&mut entry)? {
                    return refuse("a size in a second place");
                }
            }
            other => return refuse(&format!("neither file, folder nor link: {other:?}")),
        }
        bytes = bytes.saturating_add(size);
        count += 1;
        if bytes > MOST_BYTES || count > MOST_ENTRIES {
            return refuse("more than a release holds");
        }
    }
    Ok(bytes)
}

/// Whether an extended header gives the next entry another size than its own header does: then two readers would see
/// two archives.
fn resizes(entry: &mut Entry<'_, impl Read>) -> Result<bool, Refused> {
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    for extension in PaxExtensions::new(&bytes) {
        let key = extension.map_err(|error| broken(&error))?.key_bytes();
        if key == b"size" || key.starts_with(b"GNU.sparse") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Unpacks what [`measure()`] let through into `folder`, which is new and empty. `wrote` is told of bytes as they
/// are written, and says whether to go on.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    most: u64,
    wrote: &dyn Fn(u64) -> bool,
) -> Result<(), Refused> {
    let mut archive = open(archive)?;
    let mut seen = Seen::default();
    let mut left = most;
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        let refuse = |why: &str| Refused::Unsafe { entry: name(&entry), why: why.to_owned() };
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let path = entry.path().map_err(|error| broken(&error))?;
        let path = inside(&path).ok_or_else(|| refuse("its path leads out of the archive"))?;
        if path.as_os_str().is_empty() || !is_ours(&path) {
            continue;
        }
        seen.add(&path, kind == EntryType::Directory).map_err(refuse)?;
        let place = folder.join(&path);
        let disk = |error| Refused::Disk(place.clone(), error);
        match kind {
            EntryType::Directory => fs::create_dir_all(&place).map_err(disk)?,
            EntryType::Symlink => {
                let target = entry.link_name().map_err(|error| broken(&error))?;
                let target = target.ok_or_else(|| refuse("a link to nothing"))?.into_owned();
                if !stays(&path, &target) {
                    return Err(refuse("a link that leads out of its folder"));
                }
                parents(&place)?;
                link(&target, &place).map_err(disk)?;
            }
            EntryType::Regular => {
                parents(&place)?;
                left = file(&mut entry, &place, left, wrote)?;
            }
            other => return Err(refuse(&format!("neither file, folder nor link: {other:?}"))),
        }
        if !wrote(0) {
            return Err(Refused::Stopped);
        }
    }
    if folder.join(PROGRAM).symlink_metadata().is_ok_and(|found| found.is_file()) {
        Ok(())
    } else {
        Err(Refused::Unsafe { entry: PROGRAM.into(), why: "it is not in the archive".into() })
    }
}

/// Writes one file of at most `left` bytes; returns what is left of them.
fn file(
    entry: &mut Entry<'_, impl Read>,
    place: &Path,
    mut left: u64,
    wrote: &dyn Fn(u64) -> bool,
) -> Result<u64, Refused> {
    let disk = |error| Refused::Disk(place.to_path_buf(), error);
    let executable = entry.header().mode().map_err(|error| broken(&error))? & 0o111 != 0;
    let mut options = OpenOptions::new();
    // Never over something that is there, and so never through a link.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if executable { 0o755 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = executable;
    let mut target = options.open(place).map_err(disk)?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = entry.read(&mut piece).map_err(|error| broken(&error))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(left) };
        left = left.checked_sub(read as u64).ok_or_else(|| Refused::Unsafe {
            entry: place.display().to_string(),
            why: "more bytes than its headers said".into(),
        })?;
        target.write_all(bytes).map_err(disk)?;
        if !wrote(read as u64) {
            return Err(Refused::Stopped);
        }
    }
}

/// What was unpacked so far. A path never leads through a link, and nothing is unpacked twice: so where something
/// lies is what its path says.
#[derive(Default)]
struct Seen {
    /// Whether it is a folder.
    paths: BTreeMap<PathBuf, bool>,
}

impl Seen {
    fn add(&mut self, path: &Path, folder: bool) -> Result<(), &'static str> {
        for above in path.ancestors().skip(1) {
            match self.paths.get(above) {
                Some(true) => break,
                Some(false) => return Err("its folder is a file or a link"),
                None => {
                    self.paths.insert(above.to_path_buf(), true);
                }
            }
        }
        match self.paths.insert(path.to_path_buf(), folder) {
            None => Ok(()),
            Some(true) if folder => Ok(()),
            Some(_) => Err("it is in the archive twice"),
        }
    }
}

/// A path within the archive, without `.`; `None` when it leads out of it.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => clean.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

/// Part of what is installed.
fn is_ours(path: &Path) -> bool {
    path == Path::new(PROGRAM)
        || path.starts_with(LIBRARIES)
        || [PROGRAM, LIBRARIES].iter().any(|ours| Path::new(ours).starts_with(path))
}

/// Whether a link at `path` leads to a place within the libraries. `..` may stand only at the start of its target:
/// there it means what it says, since no folder above a link is itself a link.
fn stays(path: &Path, target: &Path) -> bool {
    if !path.starts_with(LIBRARIES) || path == Path::new(LIBRARIES) {
        return false;
    }
    let mut at = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut down = false;
    for part in target.components() {
        match part {
            Component::ParentDir if !down && at != Path::new(LIBRARIES) => {
                at.pop();
            }
            Component::Normal(_) => down = true,
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

fn parents(place: &Path) -> Result<(), Refused> {
    let Some(folder) = place.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|error| Refused::Disk(folder.to_path_buf(), error))
}

fn open(archive: &Path) -> Result<Archive<impl Read>, Refused> {
    let file = File::open(archive).map_err(|error| Refused::Disk(archive.to_path_buf(), error))?;
    let mut bytes =
        zstd::Decoder::with_buffer(BufReader::with_capacity(PIECE, file)).map_err(|error| broken(&error))?;
    bytes.window_log_max(WINDOW_LOG).map_err(|error| broken(&error))?;
    Ok(Archive::new(bytes.take(MOST_READ)))
}

fn broken(error: &io::Error) -> Refused {
    Refused::Unsafe { entry: String::new(), why: error.to_string() }
}

/// For the technical part only.
fn name(entry: &Entry<'_, impl Read>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).chars().take(200).collect()
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(_target: &Path, _place: &Path) -> io::Result<()> {
    // Archives are unpacked on Linux alone.
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let of = |path: &str| inside(Path::new(path)).map(|path| path.display().to_string());
        assert_eq!(of("./bin/./ollama").as_deref(), Some("bin/ollama"));
        assert_eq!(of("./").as_deref(), Some(""));
        for bad in ["/bin/ollama", "../x", "bin/../../x", "lib/ollama/.."] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_stay_inside() {
        for (path, target, expected) in [
            ("lib/ollama/a.so", "a.so.1", true),
            ("lib/ollama/v12/a.so", "../v11/a.so", true),
            ("lib/ollama/v12/a.so", "./x/a.so", true),
            ("lib/ollama/a.so", "..", false),
            ("lib/ollama/a.so", "../x", false),
            ("lib/ollama/v12/a.so", "../../x", false),
            ("lib/ollama/a.so", "v12/../../x", false),
            ("lib/ollama/a.so", "v12/../x", false),
            ("lib/ollama/a.so", "/etc/passwd", false),
            ("lib/ollama", "x", false),
            ("bin/ollama", "x", false),
            ("bin", "lib", false),
        ] {
            assert_eq!(stays(Path::new(path), Path::new(target)), expected, "{path} -> {target}");
        }
    }

    #[test]
    fn nothing_lies_below_a_link_or_twice() {
        let mut seen = Seen::default();
        let mut add = |path: &str, folder| seen.add(Path::new(path), folder);
        assert!(add("lib/ollama", true).is_ok());
        assert!(add("lib/ollama", true).is_ok(), "a folder may be named again");
        assert!(add("lib/ollama/link", false).is_ok());
        assert!(add("lib/ollama/link/x", false).is_err());
        assert!(add("lib/ollama/link", true).is_err());
        assert!(add("lib/ollama/deep/x", false).is_ok());
        assert!(add("lib/ollama/deep", false).is_err(), "a folder that was implied");
    }

    #[test]
    fn only_the_program_and_its_libraries_are_ours() {
        for (path, expected) in [
            ("bin", true),
            ("bin/ollama", true),
            ("bin/sh", false),
            ("lib/ollama/x", true),
            ("lib/ollamas", false),
            ("README", false),
        ] {
            assert_eq!(is_ours(Path::new(path)), expected, "{path}");
        }
    }
}
