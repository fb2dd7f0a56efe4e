//! A program that runs for minutes, heard line by line, and ended with all that it started.
//! `command` is for those that answer and are gone.

use std::{io, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::mpsc,
    task::AbortHandle,
};

use super::group::Group;
use crate::inert;

/// A longer line is cut: nobody reads on.
const LINE: usize = 400;
/// Lines that wait to be heard; then the program waits.
const LINES: usize = 64;
/// What a program wrote before it ended is in its pipes; something that it left behind may hold them open.
const DRAIN: Duration = Duration::from_millis(300);

/// What the program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A line of its standard output or error: text without control characters, cut when long.
    Line(String),
    /// Its first process ended, with status 0 or not.
    Ended(bool),
}

/// A running program, line by line. Dropped while it runs, it and all that it started are killed.
#[derive(Debug)]
pub struct Lines {
    group: Group,
    lines: mpsc::Receiver<String>,
    heard_out: bool,
    ended: Option<bool>,
    readers: [AbortHandle; 2],
}

impl Lines {
    /// Starts it, without an input. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The system's.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::spawn(command)?;
        let (said, lines) = mpsc::channel(LINES);
        let (out, err) = group.pipes();
        let readers = [
            tokio::spawn(hear(out, said.clone())).abort_handle(),
            tokio::spawn(hear(err, said)).abort_handle(),
        ];
        Ok(Self { group, lines, heard_out: false, ended: None, readers })
    }

    /// The next that it does; after its end always that. May be dropped and asked again.
    ///
    /// # Errors
    /// The system's, when it cannot be waited for.
    pub async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(ended) = self.ended {
                let line = tokio::time::timeout(DRAIN, self.lines.recv()).await;
                return Ok(line.ok().flatten().map_or(Event::Ended(ended), Event::Line));
            }
            tokio::select! {
                line = self.lines.recv(), if !self.heard_out => match line {
                    Some(line) => return Ok(Event::Line(line)),
                    None => self.heard_out = true,
                },
                status = self.group.wait() => self.ended = Some(status?.success()),
            }
        }
    }

    /// Ends all of it: asks first, so that it can tidy up, and does not wait long.
    pub async fn end(&mut self) {
        if self.ended.is_none() {
            self.group.end().await;
            self.ended = Some(false);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
        self.group.kill();
    }
}

async fn hear(pipe: Option<impl AsyncRead + Unpin>, said: mpsc::Sender<String>) {
    let Some(mut pipe) = pipe else { return };
    let (mut piece, mut line) = ([0_u8; 4096], Vec::new());
    while let Ok(read @ 1..) = pipe.read(&mut piece).await {
        for byte in piece.iter().take(read) {
            match byte {
                b'\n' | b'\r' => {
                    let text = clean(&line);
                    line.clear();
                    if !text.is_empty() && said.send(text).await.is_err() {
                        return;
                    }
                }
                _ if line.len() < LINE => line.push(*byte),
                _ => {}
            }
        }
    }
    let text = clean(&line);
    if !text.is_empty() {
        // Nobody listens any more: all the same.
        drop(said.send(text).await);
    }
}

/// Text to show: no colours, no control characters.
fn clean(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // `ESC [ ... letter`: a colour or a movement.
            let _ = letters.by_ref().find(char::is_ascii_alphabetic);
        } else if !inert::steers(letter) {
            clean.push(letter);
        }
    }
    clean.trim().to_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(lines: &str) -> Lines {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", lines]);
        Lines::start(&mut command).unwrap()
    }

    async fn all(mut group: Lines) -> (Vec<String>, bool) {
        let mut lines = Vec::new();
        loop {
            match group.next().await.unwrap() {
                Event::Line(line) => lines.push(line),
                Event::Ended(well) => return (lines, well),
            }
        }
    }

    #[tokio::test]
    async fn lines_are_text_and_bounded() {
        let (lines, well) = all(shell(r"printf '\033[31mred\033[0m\a\r\n\nlast without end'; exit 3")).await;
        assert_eq!((lines, well), (vec!["red".to_owned(), "last without end".to_owned()], false));
        let (lines, well) = all(shell("head -c 100000 /dev/zero | tr '\\0' x >&2")).await;
        assert_eq!((lines, well), (vec!["x".repeat(LINE)], true));
    }

    #[tokio::test]
    async fn what_it_left_behind_does_not_hold_it_up_and_ends_with_it() {
        // The child keeps the pipes and hears no TERM.
        let mut group = shell("(trap '' TERM; echo $$; exec sleep 600) & echo started; wait");
        let mut heard = Vec::new();
        while heard.len() < 2 {
            match group.next().await.unwrap() {
                Event::Line(line) => heard.push(line),
                Event::Ended(_) => panic!("{heard:?}"),
            }
        }
        let left = group.group.number().unwrap();
        group.end().await;
        assert_eq!(group.next().await.unwrap(), Event::Ended(false));
        let gone = async {
            while rustix::process::test_kill_process_group(left).is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
        let (lines, well) = all(shell("(sleep 5 &) ; echo done")).await;
        assert_eq!((lines, well), (vec!["done".to_owned()], true));
    }
}
