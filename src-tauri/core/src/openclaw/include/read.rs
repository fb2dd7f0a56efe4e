//! The files that a configuration includes, as OpenClaw 2026.9.6 finds them: beside the file that includes them,
//! within OpenClaw's own folder or those of `OPENCLAW_INCLUDE_ROOTS`, at most ten deep, 2 MiB each.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
};

use super::{File, INCLUDE, Links, merge};
use crate::{
    error::{Error, ErrorCode, FileReason, Result},
    openclaw::{
        document::{Document, Step, Value},
        settings::read_bounded,
    },
};

/// How deep files may include files.
const DEPTH: usize = 10;
/// The largest included file, in bytes.
const FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Names of this length or more are refused, in UTF-16 units.
const NAME_LENGTH: usize = 4096;
/// A bound of ours, on files counted as often as they are included: ten levels could else be made to mean millions.
const INCLUSIONS: usize = 256;
/// Likewise for all of them together, in bytes.
const TOTAL_BYTES: usize = 16 * 1024 * 1024;

/// The folders that included files may lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// OpenClaw's own folder first.
    folders: Vec<Folder>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Folder {
    written: PathBuf,
    real: PathBuf,
}

impl Roots {
    /// The folder of the settings file, and those of `OPENCLAW_INCLUDE_ROOTS`, which have to be absolute. Blocking.
    #[must_use]
    pub fn of(config: &Path, more: impl IntoIterator<Item = PathBuf>) -> Self {
        let own = normal(config).parent().map(Path::to_path_buf).unwrap_or_default();
        let more = more.into_iter().filter(|folder| folder.is_absolute()).map(|folder| normal(&folder));
        let folder = |written: PathBuf| Folder { real: real(&written), written };
        Self { folders: [own].into_iter().chain(more).map(folder).collect() }
    }

    fn holds(&self, path: &Path) -> bool {
        self.folders.iter().any(|folder| path.starts_with(&folder.written))
    }

    fn really_holds(&self, path: &Path) -> bool {
        self.folders.iter().any(|folder| path.starts_with(&folder.real))
    }

    /// Lies in OpenClaw's own folder, links followed: others are shared, and only read.
    fn own(&self, path: &Path) -> bool {
        self.folders.first().is_some_and(|own| path.starts_with(&own.real))
    }
}

/// Absolute, with `.` and `..` taken away by the text alone, as OpenClaw does.
fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut normal = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A file with its includes.
struct Loaded {
    document: Document,
    path: PathBuf,
    real: PathBuf,
    includes: Vec<(Vec<Step>, Vec<String>)>,
}

/// Reads all files that `main` includes.
pub(super) fn follow(main: Document, roots: &Roots) -> Result<(Vec<File>, Links)> {
    let path = normal(main.path());
    let mut reading =
        Reading { roots, files: Vec::new(), links: Links::new(), times: HashMap::new(), bytes: 0 };
    let first = Loaded { includes: found(&main)?, real: real(&path), path, document: main };
    reading.files.push(first);
    reading.follow(&mut vec![0])?;
    let Reading { files, links, times, .. } = reading;
    let file = |loaded: Loaded| {
        let shared = times.get(&loaded.real).copied().unwrap_or_default() > 1;
        let closed = if shared {
            Some("the file is included at more than one place")
        } else if !roots.own(&loaded.real) {
            Some("the file lies outside OpenClaw's folder")
        } else {
            None
        };
        File { document: loaded.document, closed }
    };
    Ok((files.into_iter().map(file).collect(), links))
}

/// The includes of a file, each with its place.
fn found(document: &Document) -> Result<Vec<(Vec<Step>, Vec<String>)>> {
    fn walk<'v>(value: &'v Value, at: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, &'v Value)>) {
        let mut inner = |step: Step, value| {
            at.push(step);
            walk(value, at, found);
            at.pop();
        };
        match value {
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(index, value)| inner(Step::Index(index), value));
            }
            Value::Object(_) => {
                merge::members(value).into_iter().for_each(|(key, value)| inner(Step::from(key), value));
                if let Some(include) = value.get(INCLUDE) {
                    found.push(([at.clone(), vec![INCLUDE.into()]].concat(), include));
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(document.value(), &mut Vec::new(), &mut all);
    let named = |(at, include): (Vec<Step>, &Value)| match merge::names(include) {
        Some(names) => Ok((at, names.into_iter().map(str::to_owned).collect())),
        None => {
            Err(document.unreadable_at(&at, "$include takes the name of a file, or a list of names".into()))
        }
    };
    all.into_iter().map(named).collect()
}

struct Reading<'r> {
    roots: &'r Roots,
    files: Vec<Loaded>,
    links: Links,
    /// How often a file is included, by its real path.
    times: HashMap<PathBuf, usize>,
    bytes: usize,
}

impl Reading<'_> {
    /// Follows the includes of the last file of the chain.
    fn follow(&mut self, chain: &mut Vec<usize>) -> Result<()> {
        let Some(&from) = chain.last() else { return Ok(()) };
        let includes = self.files.get(from).map(|file| file.includes.clone()).unwrap_or_default();
        for (at, names) in includes {
            for name in names {
                let to = self.include(chain, from, &name).map_err(|refused| match refused {
                    Refused::File(error) => error,
                    Refused::Include(detail) => self.unreadable(from, &at, format!("{name}: {detail}")),
                })?;
                self.links.insert((from, name), to);
                chain.push(to);
                self.follow(chain)?;
                chain.pop();
            }
        }
        Ok(())
    }

    fn unreadable(&self, file: usize, at: &[Step], detail: String) -> Error {
        match self.files.get(file) {
            Some(file) => file.document.unreadable_at(at, detail),
            None => Error::new(ErrorCode::Internal {}, detail),
        }
    }

    fn include(&mut self, chain: &[usize], from: usize, name: &str) -> std::result::Result<usize, Refused> {
        let path = self.path(from, name)?;
        let known = self.files.iter().position(|file| file.path == path);
        if known.is_some_and(|known| chain.contains(&known)) {
            return Err(Refused::Include("the files include each other in a circle"));
        }
        if chain.len() > DEPTH {
            return Err(Refused::Include("included more than ten levels deep"));
        }
        let file = match known {
            Some(file) => file,
            None => self.load(path)?,
        };
        let Some(Loaded { document, real, .. }) = self.files.get(file) else {
            return Err(Refused::Include("not known"));
        };
        *self.times.entry(real.clone()).or_default() += 1;
        self.bytes += document.bytes().len();
        if self.bytes > TOTAL_BYTES || self.times.values().sum::<usize>() > INCLUSIONS {
            return Err(Refused::Include("more is included than Pincer reads"));
        }
        Ok(file)
    }

    /// The file that a name means, if it may be included.
    fn path(&self, from: usize, name: &str) -> std::result::Result<PathBuf, Refused> {
        let too_long = |text: &str| text.encode_utf16().count() >= NAME_LENGTH;
        if name.contains('\0') || too_long(name) {
            return Err(Refused::Include("not the name of a file"));
        }
        let folder = self.files.get(from).and_then(|file| file.path.parent()).unwrap_or(Path::new(""));
        let path = normal(&folder.join(name));
        if too_long(&path.to_string_lossy()) {
            return Err(Refused::Include("not the name of a file"));
        }
        // One that is not there has no real path: reading it says so.
        let real = fs::canonicalize(&path).ok();
        if !self.roots.holds(&path) || real.is_some_and(|real| !self.roots.really_holds(&real)) {
            return Err(Refused::Include(
                "lies outside OpenClaw's folder and those of OPENCLAW_INCLUDE_ROOTS",
            ));
        }
        Ok(path)
    }

    fn load(&mut self, path: PathBuf) -> std::result::Result<usize, Refused> {
        let failed = |reason| ErrorCode::FileFailed { path: path.display().to_string(), reason }.into();
        let metadata = fs::metadata(&path).map_err(|error| Refused::File(Error::file(&path, &error)))?;
        if metadata.len() > FILE_BYTES {
            return Err(Refused::File(failed(FileReason::TooLarge)));
        }
        if links(&metadata) > 1 {
            return Err(Refused::Include("the file has a second name (a hard link)"));
        }
        let bytes = read_bounded(&path)?.ok_or_else(|| Refused::File(failed(FileReason::Missing)))?;
        let document = Document::parse(&path, &bytes)?;
        let includes = found(&document)?;
        self.files.push(Loaded { includes, real: real(&path), path, document });
        Ok(self.files.len() - 1)
    }
}

/// Why a file cannot be included.
enum Refused {
    /// The file is at fault.
    File(Error),
    /// The include is.
    Include(&'static str),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::File(error)
    }
}

#[cfg(unix)]
fn links(metadata: &fs::Metadata) -> u64 {
    if metadata.is_file() { std::os::unix::fs::MetadataExt::nlink(metadata) } else { 1 }
}

#[cfg(not(unix))]
fn links(_metadata: &fs::Metadata) -> u64 {
    1
}
