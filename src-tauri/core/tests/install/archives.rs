//! Archives as Ollama makes them, and as nobody should.

use tar::{Builder, EntryType, Header};

/// The program of a release: something that runs.
pub(crate) const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";

pub(crate) struct Release {
    tar: Builder<Vec<u8>>,
}

impl Release {
    /// The program, as the release script packs it: from `.`.
    pub(crate) fn new() -> Self {
        Self::empty().dir("./").dir("./bin/").file("./bin/ollama", PROGRAM, 0o755)
    }

    pub(crate) fn empty() -> Self {
        Self { tar: Builder::new(Vec::new()) }
    }

    pub(crate) fn file(self, path: &str, bytes: &[u8], mode: u32) -> Self {
        self.entry(EntryType::Regular, path, "", bytes, mode, bytes.len() as u64)
    }

    pub(crate) fn dir(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", b"", 0o755, 0)
    }

    pub(crate) fn link(self, kind: EntryType, path: &str, target: &str) -> Self {
        self.entry(kind, path, target, b"", 0o777, 0)
    }

    /// Any entry; the path is written as it is, which `tar` itself would refuse.
    pub(crate) fn entry(
        mut self,
        kind: EntryType,
        path: &str,
        target: &str,
        bytes: &[u8],
        mode: u32,
        size: u64,
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.tar.append(&header, bytes).unwrap();
        self
    }

    pub(crate) fn pack(self) -> Vec<u8> {
        zstd::encode_all(self.tar.into_inner().unwrap().as_slice(), 3).unwrap()
    }
}
