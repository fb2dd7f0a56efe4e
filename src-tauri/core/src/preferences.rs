//! What the user chose in Pincer itself: kept in Pincer's own folder, never in a file of OpenClaw's.
//! Written whole and atomically. A file that cannot be read counts as empty, and is put aside before it is replaced.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    error::Error,
    folders::Folders,
    openclaw::{atomic, lock::Lock, settings::read_bounded},
    surroundings::Surroundings,
};

/// More damaged files than these are not kept apart by number.
const ASIDE: u32 = 1000;

/// The window's colours, where the user chose them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// How large the window's text is, where the user chose another size than the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum TextSize {
    /// A little larger.
    Large,
    /// A lot larger.
    VeryLarge,
}

/// What the user chose for the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase", default)]
pub struct WindowPreferences {
    /// The language as a tag of the window's own; `null`: the system's.
    pub language: Option<String>,
    /// The colours; `null`: the system's.
    pub theme: Option<Theme>,
    /// The size of the text; `null`: the usual one.
    pub text: Option<TextSize>,
    /// The system tells when something long has ended while another window is in front.
    pub notify: bool,
}

impl Default for WindowPreferences {
    fn default() -> Self {
        Self { language: None, theme: None, text: None, notify: true }
    }
}

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// The address of Ollama chosen in Pincer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Those of the window.
    pub window: WindowPreferences,
    /// What another version of Pincer keeps here.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// What the window is told when it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct KeptPreferences {
    /// What the user chose.
    pub chosen: WindowPreferences,
    /// Where a preferences file that could not be read is now; `null` when none was damaged.
    pub set_aside: Option<String>,
}

/// What is in the file.
enum Kept {
    Nothing,
    Readable(Preferences),
    Damaged,
}

impl Preferences {
    /// Reads them; empty when the file is not there or cannot be read. Blocking.
    #[must_use]
    pub fn read(folders: &Folders) -> Self {
        match kept(&folders.preferences()) {
            Kept::Readable(found) => found,
            Kept::Nothing | Kept::Damaged => Self::default(),
        }
    }

    /// Changes them, one Pincer at a time. A damaged file is put aside, as [`put_damaged_aside`] does. Blocking.
    ///
    /// # Errors
    /// `file.failed`, `file.locked`.
    pub fn change(surroundings: &Surroundings, change: impl FnOnce(&mut Self)) -> Result<(), Error> {
        let folders = Folders::locate(surroundings.os, &surroundings.environment, &surroundings.home);
        let path = folders.preferences();
        folders.create()?;
        let _lock = Lock::on(&folders.preferences_lock())?;
        aside(&path, surroundings)?;
        let mut all = Self::read(&folders);
        change(&mut all);
        let text =
            serde_json::to_vec_pretty(&all).map_err(|error| Error::file(&path, &io::Error::other(error)))?;
        atomic::write_own(&path, &text)
    }
}

/// Puts a preferences file that cannot be read aside, under a name with the day's seconds in it: nothing of it is lost.
/// Where it is now; `None` when nothing was damaged. Blocking.
///
/// # Errors
/// `file.failed`, `file.locked`: it is where it was.
pub fn put_damaged_aside(surroundings: &Surroundings) -> Result<Option<PathBuf>, Error> {
    let folders = Folders::locate(surroundings.os, &surroundings.environment, &surroundings.home);
    let path = folders.preferences();
    if !matches!(kept(&path), Kept::Damaged) {
        return Ok(None);
    }
    folders.create()?;
    let _lock = Lock::on(&folders.preferences_lock())?;
    aside(&path, surroundings)
}

/// The same, with the lock held.
fn aside(path: &Path, surroundings: &Surroundings) -> Result<Option<PathBuf>, Error> {
    if !matches!(kept(path), Kept::Damaged) {
        return Ok(None);
    }
    let seconds = surroundings.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let names = (0..ASIDE).map(|number| match number {
        0 => path.with_file_name(format!("preferences.damaged-{seconds}.json")),
        _ => path.with_file_name(format!("preferences.damaged-{seconds}-{number}.json")),
    });
    let free = names.into_iter().find(|name| fs::symlink_metadata(name).is_err());
    let free = free.ok_or_else(|| Error::file(path, &io::ErrorKind::AlreadyExists.into()))?;
    fs::rename(path, &free).map_err(|error| Error::file(path, &error))?;
    Ok(Some(free))
}

fn kept(path: &Path) -> Kept {
    match read_bounded(path) {
        Ok(None) => Kept::Nothing,
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).map_or(Kept::Damaged, Kept::Readable),
        Err(_) => Kept::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    fn place(home: &Path) -> (Surroundings, PathBuf) {
        let noon = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let surroundings = Surroundings::new(Os::Linux, Environment::new([("PATH", "/usr/bin")]), home, noon);
        let folders = Folders::locate(surroundings.os, &surroundings.environment, home);
        folders.create().unwrap();
        (surroundings, folders.preferences())
    }

    #[test]
    fn what_is_changed_stays_and_so_does_the_rest() {
        let home = tempfile::tempdir().unwrap();
        let (surroundings, path) = place(home.path());
        fs::write(&path, r#"{"address":"http://box:11434","ofALaterPincer":{"x":1}}"#).unwrap();
        Preferences::change(&surroundings, |all| all.window.theme = Some(Theme::Dark)).unwrap();
        Preferences::change(&surroundings, |all| all.window.language = Some("fr".into())).unwrap();
        Preferences::change(&surroundings, |all| all.window.text = Some(TextSize::VeryLarge)).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            written,
            serde_json::json!({
                "address": "http://box:11434",
                "window": { "language": "fr", "theme": "dark", "text": "very-large", "notify": true },
                "ofALaterPincer": { "x": 1 },
            })
        );
    }

    #[test]
    fn a_damaged_file_is_kept_under_another_name() {
        let home = tempfile::tempdir().unwrap();
        let (surroundings, path) = place(home.path());
        assert_eq!(put_damaged_aside(&surroundings).unwrap(), None, "nothing there");
        let folders = Folders { data: path.parent().unwrap().to_path_buf() };
        let mut names = Vec::new();
        for damage in
            [&b"{\"address\": \"http://bo"[..], b"", b"\xff\xfe", b"[]", b"{\"window\":{\"theme\":3}}"]
        {
            fs::write(&path, damage).unwrap();
            assert_eq!(Preferences::read(&folders), Preferences::default());
            assert_eq!(fs::read(&path).unwrap(), damage, "reading changes nothing");
            let put = put_damaged_aside(&surroundings).unwrap().expect("it is damaged");
            assert_eq!(fs::read(&put).unwrap(), damage);
            assert!(!path.exists());
            names.push(put.file_name().unwrap().to_str().unwrap().to_owned());
        }
        assert_eq!(names.first().unwrap(), "preferences.damaged-1700000000.json");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5, "none took another's place");
    }

    #[test]
    fn a_change_never_writes_over_a_damaged_file() {
        let home = tempfile::tempdir().unwrap();
        let (surroundings, path) = place(home.path());
        fs::write(&path, "half of i").unwrap();
        Preferences::change(&surroundings, |all| all.address = Some("http://box:11434".into())).unwrap();
        let aside = path.with_file_name("preferences.damaged-1700000000.json");
        assert_eq!(fs::read_to_string(aside).unwrap(), "half of i");
        assert!(fs::read_to_string(&path).unwrap().contains("http://box:11434"));
    }

    #[test]
    fn what_is_no_file_is_put_aside_like_one() {
        let home = tempfile::tempdir().unwrap();
        let (surroundings, path) = place(home.path());
        fs::create_dir(&path).unwrap();
        let put = put_damaged_aside(&surroundings).unwrap().expect("it cannot be read");
        assert!(put.is_dir() && !path.exists());
    }
}
