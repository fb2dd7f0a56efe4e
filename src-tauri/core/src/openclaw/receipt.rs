//! What Pincer wrote, as it is kept on disk: codes, hashes and paths, no sentence and no content.
//! Written by `apply`, read by `history`; the contents are the snapshots of `store`.

use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    ollama::own::Process,
    openclaw::{
        outcome::{ReceiptKind, ReceiptSummary},
        plan::Hash,
    },
};

/// One change that Pincer made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Its name: the time and `number`, so that names sort as the changes happened.
    pub id: String,
    /// Counts up by one; the order that holds when the clock was set back.
    pub number: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub at: u64,
    /// How far it came.
    pub status: Status,
    /// What it did.
    pub kind: ReceiptKind,
    /// The files, in the order of writing.
    pub files: Vec<WrittenFile>,
    /// OpenClaw's own command, which has a part in it; only while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Box<ServiceCommand>>,
}

/// OpenClaw's own command for its service, in a change that is pending: it outlives a Pincer that is killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCommand {
    /// The gateway is to start with the computer: the files come first; else the command does.
    pub wanted: bool,
    /// The file that it makes, or takes away.
    pub file: PathBuf,
    /// Folders that go with it when they are empty, outermost first.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Its process, as soon as there is one.
    #[serde(default)]
    pub process: Option<Process>,
}

/// How far a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// On disk before the first file is written; found at a start, it tells of a crash.
    Pending,
    /// Every file was written.
    Done,
    /// Interrupted, and someone else wrote in between: what is on disk may be partly ours. Undo still knows
    /// every content.
    Uncertain,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// The file as the user knows it.
    pub path: PathBuf,
    /// The file that was written: `path` with every link followed.
    pub target: PathBuf,
    /// What it held; `None`: it was not there.
    pub before: Option<Hash>,
    /// What it held afterwards; `None`: it was removed.
    pub after: Option<Hash>,
    /// Its mode before, where there are modes.
    pub mode: Option<u32>,
    /// Folders that were made for it, outermost first.
    pub folders: Vec<PathBuf>,
}

impl WrittenFile {
    /// Pincer wrote it; else a command of OpenClaw's did, and takes it back.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.before != self.after
    }
}

impl Receipt {
    /// As a list shows it.
    #[must_use]
    pub fn summary(&self, undone_by: Option<String>) -> ReceiptSummary {
        ReceiptSummary {
            id: self.id.clone(),
            at: self.at,
            kind: self.kind.clone(),
            files: self.files.iter().map(|file| file.path.display().to_string()).collect(),
            undone_by,
        }
    }

    /// The snapshots that this receipt needs.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.files.iter().flat_map(|file| file.before.into_iter().chain(file.after))
    }
}

/// The name of a receipt: `2026-11-23T10-15-30Z-0007`, UTC, with the number in hexadecimal (colons are not
/// allowed in file names on Windows).
pub(crate) fn id(at: u64, number: u64) -> String {
    let seconds = at / 1000;
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}-{minute:02}-{second:02}Z-{number:04x}")
}

/// The number in a receipt's name.
pub(crate) fn number(id: &str) -> Option<u64> {
    let (_, number) = id.rsplit_once('-')?;
    u64::from_str_radix(number, 16).ok()
}

/// Milliseconds since 1970; a clock before that counts as 1970.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Year, month and day of the day `days` after 1970-01-01, in the Gregorian calendar. Counted in years that
/// begin in March, so that the leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    const FOUR_CENTURIES: u64 = 146_097;
    let since_march_0000 = days + 719_468;
    let (era, day) = (since_march_0000 / FOUR_CENTURIES, since_march_0000 % FOUR_CENTURIES);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on the months' lengths repeat every five months, of 153 days together.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    if month < 10 { (era * 400 + year, month + 3, day) } else { (era * 400 + year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn receipts_of_every_version_are_read() {
        let receipt = |kind: &str| {
            format!(
                r#"{{"id":"2026-11-23T10-15-30Z-0007","number":7,"at":1795428930000,"status":"done","kind":{kind},
                "files":[{{"path":"/o.json","target":"/o.json","before":null,"after":null,"mode":384,"folders":[]}}]}}"#
            )
        };
        for kind in [
            r#"{"kind":"use-model","params":{"name":"qwen3:8b"}}"#,
            r#"{"kind":"use-address","params":{"url":"http://nas:11434"}}"#,
            r#"{"kind":"rename-fallback","params":{}}"#,
            r#"{"kind":"repair","params":{}}"#,
            r#"{"kind":"write-key","params":{}}"#,
            r#"{"kind":"add-models","params":{}}"#,
            r#"{"kind":"local-only","params":{}}"#,
            r#"{"kind":"set-gateway-mode","params":{}}"#,
            r#"{"kind":"start-at-login","params":{}}"#,
            r#"{"kind":"set-gateway-token","params":{}}"#,
            r#"{"kind":"gateway-at-login","params":{}}"#,
            r#"{"kind":"undo","params":{"receipt":"2026-11-23T10-15-30Z-0006"}}"#,
            r#"{"kind":"settings","params":{"effects":[
                {"code":"connect","params":{"mode":"pinned"}},
                {"code":"model","params":{"name":"qwen3:8b","before":null}},
                {"code":"fallbacks","params":{"names":["b"]}},
                {"code":"fallbacks-order","params":{"names":["b"]}},
                {"code":"fallbacks-gone","params":{}},
                {"code":"mode","params":{"mode":"automatic"}},
                {"code":"address","params":{"url":"http://nas:11434"}},
                {"code":"list-added","params":{"names":["b"]}},
                {"code":"list-removed","params":{"names":["b"]}},
                {"code":"context","params":{"names":["b"],"tokens":null}},
                {"code":"numbers","params":{"names":["b"]}},
                {"code":"key","params":{}},
                {"code":"in-order","params":{}}]}}"#,
        ] {
            let text = receipt(kind);
            let read: Receipt = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
            let written: serde_json::Value = serde_json::to_value(&read).unwrap();
            assert_eq!(
                written,
                serde_json::from_str::<serde_json::Value>(&text).unwrap(),
                "written as it was"
            );
        }
    }

    #[test]
    fn ids_name_the_moment() {
        // Seconds as `date -u -d ... +%s` gives them.
        for (seconds, expected) in [
            (0, "1970-01-01T00-00-00Z-0007"),
            (951_782_399, "2000-02-28T23-59-59Z-0007"),
            (951_782_400, "2000-02-29T00-00-00Z-0007"),
            (951_868_800, "2000-03-01T00-00-00Z-0007"),
            (1_735_689_599, "2024-12-31T23-59-59Z-0007"),
            (1_795_428_930, "2026-11-23T10-15-30Z-0007"),
            (4_107_542_400, "2100-03-01T00-00-00Z-0007"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(id(milliseconds(time), 7), expected);
            assert_eq!(number(expected), Some(7));
        }
        assert_eq!(milliseconds(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(number(&id(0, 0x1_2345)), Some(0x1_2345));
        assert!(id(0, 9) < id(0, 10), "two within one second differ, and sort");
        assert!(!id(u64::MAX, u64::MAX).is_empty(), "no overflow");
    }
}
