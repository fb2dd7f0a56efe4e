//! Pincer's log: what the window did, for whoever helps later. Takes the records of the `log` crate, ours and the libraries'.
//! Every line goes through the report's redaction, with what is private on this computer at that moment; nothing else writes the file.

mod steps;

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, SystemTime},
};

use file_rotate::{ContentLimit, FileRotate, compression::Compression, suffix::AppendCount};
use log::{Level, LevelFilter, Log, Metadata, Record};
use time::OffsetDateTime;

pub use steps::Steps;

use crate::{
    computer::Computer,
    diagnosis::{
        private::private,
        redact::{Private, Redactor},
    },
    error::Error,
    folders::make_private,
};

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes after which a file is put by and a new one begun.
    pub bytes: usize,
    /// How many files that were put by are kept.
    pub old: usize,
}

/// Weeks of a window that is open all day, and small enough for a mail.
pub const BOUNDS: Bounds = Bounds { bytes: 512 * 1024, old: 3 };

/// Characters of one record; a longer one is cut, since only a mistake is so long.
const RECORD: usize = 2000;
/// Records that wait to be written; more are counted and left out, so that nothing waits for a slow disk.
const WAITING: usize = 256;
/// For the disk, when the program ends.
const FLUSH: Duration = Duration::from_secs(2);

/// The log of one process.
#[derive(Debug)]
pub struct Journal {
    sender: SyncSender<Message>,
}

enum Message {
    Line {
        at: SystemTime,
        level: Level,
        target: String,
        text: String,
    },
    /// Answered when all before it is written.
    Flush(SyncSender<()>),
}

impl Journal {
    /// Begins to write beside the other logs of Pincer's folder.
    ///
    /// # Errors
    /// `file.failed`: there is no folder for it.
    pub fn open(computer: &Computer, bounds: Bounds) -> Result<Self, Error> {
        let path = computer.folders.log();
        let folder = computer.folders.logs();
        let failed = |error| Error::file(&folder, &error);
        make_private(&folder).map_err(failed)?;
        let (sender, receiver) = sync_channel(WAITING);
        let computer = computer.clone();
        thread::Builder::new()
            .name("log".into())
            .spawn(move || write(&receiver, &path, bounds, || private(&computer)))
            .map_err(failed)?;
        Ok(Self { sender })
    }

    /// Makes it the process's only log, as the `log` crate has one; a second one is not heard.
    pub fn install(self) {
        if log::set_boxed_logger(Box::new(self)).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
    }
}

impl Log for Journal {
    /// Ours from `info` on, the libraries' from `warn` on: their talk says nothing to a person.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("pincer");
        metadata.level() <= if ours { Level::Info } else { Level::Warn }
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut text = String::new();
        // Writing into a string does not fail, and half a record is better than none.
        let _ = write!(text, "{}", record.args());
        // A full queue or a thread that ended: the program goes on without its log.
        drop(self.sender.try_send(Message::Line {
            at: SystemTime::now(),
            level: record.level(),
            target: record.target().to_owned(),
            text,
        }));
    }

    fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.sender.try_send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH);
        }
    }
}

fn write(receiver: &Receiver<Message>, path: &Path, bounds: Bounds, private: impl Fn() -> Private) {
    let mut options = OpenOptions::new();
    options.read(true).create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let limit = ContentLimit::BytesSurpassed(bounds.bytes.max(1));
    let mut file =
        FileRotate::new(path, AppendCount::new(bounds.old), limit, Compression::None, Some(options));
    let mut known = private();
    // Kept while the same is private: a host keeps its number from line to line.
    let mut redactor = Redactor::new(known.clone());
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Line { at, level, target, text } => {
                // A password may have been typed since the last line.
                let now = private();
                if now != known {
                    redactor = Redactor::new(now.clone());
                    known = now;
                }
                let text = redactor.text(&text);
                let line = format!("{} {level:<5} {target}: {}\n", utc(at), one_line(&text));
                // A full disk: the line is lost, and the next one is tried.
                drop(file.write_all(line.as_bytes()));
            }
            Message::Flush(done) => {
                drop(file.flush());
                let _ = done.try_send(());
            }
        }
    }
}

/// `2026-11-23T05:53:07Z` (RFC 3339).
fn utc(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
}

/// Without line ends, which would look like a record of its own, and not without end. After the redaction: what is cut
/// could not be recognised any more.
fn one_line(text: &str) -> String {
    let mut out: String =
        text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).take(RECORD).collect();
    if text.chars().nth(RECORD).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        machine::os::Os,
        surroundings::{Environment, Surroundings},
    };

    const SMALL: Bounds = Bounds { bytes: 4000, old: 2 };

    fn say(journal: &Journal, level: Level, target: &str, text: &str) {
        journal.log(&Record::builder().level(level).target(target).args(format_args!("{text}")).build());
    }

    fn journal(home: &Path, variables: &[(&str, &str)]) -> (Computer, Journal) {
        let environment = Environment::new(variables.iter().copied());
        let surroundings = Surroundings::new(Os::Linux, environment, home, SystemTime::now);
        let computer = Computer::new(surroundings, None);
        let journal = Journal::open(&computer, SMALL).unwrap();
        (computer, journal)
    }

    #[test]
    fn nothing_private_is_in_it_wherever_it_came_from() {
        let home = tempfile::tempdir().unwrap();
        let (computer, journal) = journal(
            home.path(),
            &[("OLLAMA_HOST", "http://ada:planted-one@box:11434"), ("HF_TOKEN", "planted-two-token")],
        );
        say(&journal, Level::Warn, "pincer", "cannot ask http://ada:planted-one@box:11434/api/tags");
        say(&journal, Level::Info, "pincer", "got planted-two-token\nand a second line");
        say(
            &journal,
            Level::Error,
            "reqwest",
            "https://eve:planted-three@elsewhere.example/x?token=planted-four",
        );
        journal.flush();
        // What became private while it ran, and stands alone.
        fs::create_dir_all(home.path().join(".openclaw")).unwrap();
        fs::write(
            home.path().join(".openclaw/openclaw.json"),
            r#"{ gateway: { auth: { token: "planted-five" } } }"#,
        )
        .unwrap();
        say(&journal, Level::Info, "pincer", &format!("said planted-five in {}", home.path().display()));
        journal.flush();
        let written = fs::read_to_string(computer.folders.log()).unwrap();
        assert_eq!(written.lines().count(), 4, "{written}");
        assert!(!written.contains("planted"), "{written}");
        assert!(!written.contains(&home.path().display().to_string()), "{written}");
        assert!(written.contains("Z WARN  pincer: cannot ask "), "{written}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(computer.folders.log()).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(computer.folders.logs()).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn it_is_bounded_in_bytes_and_files() {
        let home = tempfile::tempdir().unwrap();
        let (computer, journal) = journal(home.path(), &[]);
        for number in 0..400 {
            say(&journal, Level::Info, "pincer", &format!("number {number} {}", "word ".repeat(20)));
            // Nothing is left out when nobody is in a hurry.
            journal.flush();
        }
        say(&journal, Level::Info, "pincer", &"endless ".repeat(10_000));
        journal.flush();
        let files: Vec<_> = fs::read_dir(computer.folders.logs()).unwrap().flatten().collect();
        assert_eq!(files.len(), 1 + SMALL.old, "{files:?}");
        for file in &files {
            let length = file.metadata().unwrap().len() as usize;
            assert!(length <= SMALL.bytes + RECORD + 100, "{file:?}: {length}");
        }
        let newest = fs::read_to_string(computer.folders.log()).unwrap();
        assert!(newest.ends_with("…\n"), "{newest}");
    }

    #[test]
    fn libraries_are_heard_only_when_something_is_wrong() {
        let home = tempfile::tempdir().unwrap();
        let (computer, journal) = journal(home.path(), &[]);
        say(&journal, Level::Info, "hyper::client", "pooling");
        say(&journal, Level::Debug, "pincer_core", "detail");
        say(&journal, Level::Warn, "hyper::client", "odd");
        say(&journal, Level::Info, "pincer_window", "opened");
        journal.flush();
        let written = fs::read_to_string(computer.folders.log()).unwrap();
        let said: Vec<_> =
            written.lines().filter_map(|line| line.rsplit_once(": ")).map(|(_, said)| said).collect();
        assert_eq!(said, ["odd", "opened"], "{written}");
    }
}
