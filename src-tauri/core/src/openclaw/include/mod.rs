//! The settings file together with the files that it includes: what they say as one, and an edit of it brought to
//! the file where each value lives. `read` follows `$include`, `merge` makes one value, `place` finds the files.

use std::{collections::HashMap, path::Path};

use super::{
    atomic,
    document::{Document, Edit, Step, Value, edit},
    home::OpenclawHome,
    plan::Hash,
    prepare::dotted,
    settings::read_bounded,
};
use crate::error::{Error, ErrorCode, Result};

mod merge;
mod place;
mod read;
pub use read::Roots;

/// The key that stands for another file (OpenClaw 2026.9.6).
const INCLUDE: &str = "$include";

/// Which file a text after `$include` means: by the number of the file that it stands in, and that text.
type Links = HashMap<(usize, String), usize>;

/// OpenClaw's settings as it reads them: the main file and what it includes.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The main file first.
    files: Vec<File>,
    links: Links,
    /// What all files say together; `None` when nothing is included, and the main file says it all.
    merged: Option<Value>,
}

/// One file of the configuration.
#[derive(Debug, Clone)]
struct File {
    document: Document,
    /// Why an edit must not go there.
    closed: Option<&'static str>,
}

impl Configuration {
    /// Reads OpenClaw's settings; `None` when there is no file. Blocking.
    ///
    /// # Errors
    /// Those of [`Self::of`]; `settings.unreadable` or `file.failed` for the main file.
    pub fn read(home: &OpenclawHome, roots: &Roots) -> Result<Option<Self>> {
        let Some(bytes) = read_bounded(&home.config)? else { return Ok(None) };
        Self::of(Document::parse(&home.config, &bytes)?, roots).map(Some)
    }

    /// The configuration of a main file; reads the files that it includes. Blocking.
    ///
    /// # Errors
    /// What OpenClaw fails on too: `file.failed` or `settings.unreadable` naming an included file that is missing or
    /// cannot be read; `settings.unreadable` at the `$include` that is circular, too deep, outside the folders of
    /// `roots`, or no file name.
    pub fn of(main: Document, roots: &Roots) -> Result<Self> {
        if !merge::includes(main.value()) {
            let files = vec![File { document: main, closed: None }];
            return Ok(Self { files, links: Links::new(), merged: None });
        }
        let (files, links) = read::follow(main, roots)?;
        let mut configuration = Self { files, links, merged: None };
        configuration.merged = Some(configuration.merge()?);
        Ok(configuration)
    }

    /// What the settings say, included files and all.
    #[must_use]
    pub fn value(&self) -> &Value {
        const NOTHING: &Value = &Value::Null;
        self.merged.as_ref().or_else(|| Some(self.main()?.value())).unwrap_or(NOTHING)
    }

    /// One hash of all files.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let hashes: Vec<Hash> = self.files.iter().map(|file| Hash::of(file.document.bytes())).collect();
        match hashes.as_slice() {
            [one] => *one,
            all => Hash::of(all.iter().map(Hash::to_string).collect::<String>().as_bytes()),
        }
    }

    /// The main file.
    #[must_use]
    pub fn main(&self) -> Option<&Document> {
        self.files.first().map(|file| &file.document)
    }

    /// What is to be said where the top level is no object: OpenClaw reads settings from one only.
    #[must_use]
    pub fn not_an_object(&self) -> Option<Error> {
        let main = self.main().filter(|_| self.value().as_object().is_none());
        main.map(Document::not_an_object)
    }

    /// The included files, each once, those that others include last.
    pub fn included(&self) -> impl DoubleEndedIterator<Item = &Document> {
        self.files.iter().skip(1).map(|file| &file.document)
    }

    /// The configuration after the edits of its value, each written into the file where the value lives.
    ///
    /// # Errors
    /// `settings.included` when that is not one file that may be edited, or the files together would not say what
    /// the edits mean; `settings.not-editable`; `file.failed` when the file is not ours to write.
    pub fn edit(&self, edits: &[Edit]) -> Result<Self> {
        let Some(mut meant) = self.merged.clone() else {
            let edited = |file: &File| Ok(File { document: file.document.edit(edits)?, closed: file.closed });
            let files = self.files.iter().map(edited).collect::<Result<_>>()?;
            return Ok(Self { files, links: Links::new(), merged: None });
        };
        for edit in edits {
            edit::apply(&mut meant, edit)
                .ok_or_else(|| self.refusal(edit.path(), &[], "there is no place for this edit"))?;
        }
        let placed = place::place(self, edits)?;
        let mut edited = self.clone();
        for (file, edits) in edited.files.iter_mut().zip(&placed) {
            file.document = file.document.edit(edits)?;
        }
        let merged = edited.merge()?;
        if !merged.means_same(&meant) {
            let at = edits.first().map(Edit::path).unwrap_or_default();
            return Err(self.refusal(at, &[], "the files together would not say what is meant"));
        }
        edited.merged = Some(merged);
        Ok(edited)
    }

    fn merge(&self) -> Result<Value> {
        let values: Vec<&Value> = self.files.iter().map(|file| file.document.value()).collect();
        merge::merged(&values, &self.links).map_err(|fault| {
            let document = self.files.get(fault.file).map(|file| &file.document);
            document.map_or_else(
                || Error::new(ErrorCode::Internal {}, fault.detail),
                |document| document.unreadable_at(&fault.at, fault.detail.to_owned()),
            )
        })
    }

    /// Refuses an edit at `at`, naming these files (all included ones when it is none of them).
    fn refusal(&self, at: &[Step], files: &[usize], why: &str) -> Error {
        let mut files: Vec<usize> = files.iter().copied().filter(|file| *file != 0).collect();
        files.sort_unstable();
        files.dedup();
        if files.is_empty() {
            files = (1..self.files.len()).collect();
        }
        let name = |file: usize| Some(self.files.get(file)?.document.path().display().to_string());
        let code = ErrorCode::SettingsIncluded {
            path: name(0).unwrap_or_default(),
            at: dotted(at, self.value()),
            include: files.into_iter().filter_map(name).collect::<Vec<_>>().join(", "),
        };
        Error::new(code, why)
    }

    /// Whether an edit may go to the file.
    fn ensure_open(&self, file: usize, at: &[Step]) -> Result<()> {
        let Some(File { document, closed }) = self.files.get(file).filter(|_| file != 0) else {
            return Ok(());
        };
        if let Some(why) = closed {
            return Err(self.refusal(at, &[file], why));
        }
        ours(document.path()).map_err(|error| self.refusal(at, &[file], &error.detail))
    }
}

fn ours(path: &Path) -> Result<()> {
    atomic::ensure_ours(&atomic::locate(path)?)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
