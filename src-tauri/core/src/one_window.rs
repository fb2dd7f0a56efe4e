//! One window for each data folder: the first Pincer holds a lock and opens a door on the loopback; a second start knocks
//! there, so that the first comes forward. Every system has both, and homes beside each other do not meet.
//! Who knows the token in the door's file, which is the user's alone, can bring the window forward and nothing else.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher as _, Hasher as _},
    net::Ipv4Addr,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    error::Error,
    folders::Folders,
    openclaw::{atomic, lock::Lock, settings::read_bounded},
};

/// The first may be starting, and its door may not be open yet.
const KNOCKING: Duration = Duration::from_secs(5);
/// Between two knocks.
const PAUSE: Duration = Duration::from_millis(100);
/// One knock, from connecting to the answer; on the loopback it takes a millisecond.
const KNOCK: Duration = Duration::from_secs(2);
/// The answer.
const HEARD: u8 = b'!';

/// What a start found.
#[derive(Debug)]
pub enum Start {
    /// No window is open with this data folder: this is the one, as long as it is kept.
    First(OneWindow),
    /// Another one is open, and was told to come forward.
    Second,
    /// Another one is open and does not answer.
    Silent,
}

/// Held by the Pincer whose window is open.
#[derive(Debug)]
pub struct OneWindow {
    folders: Folders,
    /// Let go by the system, in whatever way the process ends. `None` where no lock can be had: better two windows
    /// than none.
    _lock: Option<Lock>,
}

/// How to reach it.
#[derive(Debug, Serialize, Deserialize)]
struct Door {
    port: u16,
    token: String,
}

/// Begins, or tells the one that began before to come forward.
pub async fn begin(folders: &Folders) -> Start {
    begin_within(folders, KNOCKING).await
}

async fn begin_within(folders: &Folders, patience: Duration) -> Start {
    let knocked = timeout(patience, async {
        loop {
            let lock = folders.create().and_then(|()| Lock::attempt(&folders.window_lock()));
            match lock {
                Ok(Some(lock)) => return Start::First(OneWindow::of(folders, Some(lock))),
                Err(_) => return Start::First(OneWindow::of(folders, None)),
                // Someone at the door may be of another time, before the present one opened: ask again.
                Ok(None) if matches!(timeout(KNOCK, knock(folders)).await, Ok(Some(()))) => {
                    return Start::Second;
                }
                Ok(None) => sleep(PAUSE).await,
            }
        }
    });
    knocked.await.unwrap_or(Start::Silent)
}

impl OneWindow {
    fn of(folders: &Folders, lock: Option<Lock>) -> Self {
        Self { folders: folders.clone(), _lock: lock }
    }

    /// Opens the door: `forward` is called at each second start, until the returned task ends or is aborted.
    ///
    /// # Errors
    /// `file.failed`: a second start will not reach this one.
    pub async fn listen(
        &self,
        forward: impl Fn() + Send + Sync + 'static,
    ) -> Result<tokio::task::JoinHandle<()>, Error> {
        let path = self.folders.window_door();
        let failed = |error: std::io::Error| Error::file(&path, &error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let token = token();
        let door = Door { port: listener.local_addr().map_err(failed)?.port(), token: token.clone() };
        let text = serde_json::to_vec(&door).map_err(|error| failed(std::io::Error::other(error)))?;
        atomic::write_own(&path, &text)?;
        Ok(tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // No more connections for now (too many open files).
                    sleep(PAUSE).await;
                    continue;
                };
                // One after the other: nobody has two hands at two starts, and nothing piles up.
                if timeout(KNOCK, answer(stream, &token)).await == Ok(true) {
                    forward();
                }
            }
        }))
    }
}

impl Drop for OneWindow {
    fn drop(&mut self) {
        // As far as possible: a door that leads nowhere is knocked at in vain, and the lock decides.
        drop(fs::remove_file(self.folders.window_door()));
    }
}

/// Whether whoever connected knows the token; then it was told so.
async fn answer(mut stream: TcpStream, token: &str) -> bool {
    let mut said = vec![0; token.len()];
    stream.read_exact(&mut said).await.is_ok()
        && said == token.as_bytes()
        && stream.write_all(&[HEARD]).await.is_ok()
}

async fn knock(folders: &Folders) -> Option<()> {
    let door: Door = serde_json::from_slice(&read_bounded(&folders.window_door()).ok()??).ok()?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, door.port)).await.ok()?;
    stream.write_all(door.token.as_bytes()).await.ok()?;
    (stream.read_u8().await.ok()? == HEARD).then_some(())
}

/// 128 bits that nobody guesses: the standard library's hash keys come from the system's randomness.
fn token() -> String {
    let one = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", one(), one())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    fn place() -> (tempfile::TempDir, Folders) {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { data: root.path().join("data") };
        (root, folders)
    }

    async fn first(folders: &Folders) -> OneWindow {
        match begin(folders).await {
            Start::First(one) => one,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_second_start_brings_the_first_forward_and_another_folder_has_its_own() {
        let ((_one, here), (_two, there)) = (place(), place());
        let window = first(&here).await;
        let (told, heard) = mpsc::channel();
        let door = window.listen(move || told.send(()).unwrap()).await.unwrap();
        assert!(heard.try_recv().is_err());
        assert!(matches!(begin(&here).await, Start::Second));
        heard.recv_timeout(KNOCKING).unwrap();
        let _other = first(&there).await;

        door.abort();
        drop(window);
        assert!(!here.window_door().exists());
        let _again = first(&here).await;
    }

    #[tokio::test]
    async fn one_that_is_still_opening_is_waited_for() {
        let (_root, folders) = place();
        let window = first(&folders).await;
        // What a killed one left: nobody is at that door.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
        fs::write(folders.window_door(), format!(r#"{{"port":{port},"token":"old"}}"#)).unwrap();
        let second = tokio::spawn({
            let folders = folders.clone();
            async move { begin_within(&folders, Duration::from_secs(60)).await }
        });
        let (told, heard) = mpsc::channel();
        let door = window.listen(move || told.send(()).unwrap()).await.unwrap();
        assert!(matches!(second.await.unwrap(), Start::Second));
        heard.recv_timeout(KNOCKING).unwrap();
        door.abort();
    }

    #[tokio::test]
    async fn one_that_does_not_answer_is_silent() {
        let (_root, folders) = place();
        let _window = first(&folders).await;
        assert!(matches!(begin_within(&folders, SHORT).await, Start::Silent));
    }

    #[tokio::test]
    async fn who_does_not_know_the_token_brings_nothing_forward() {
        let (_root, folders) = place();
        let window = first(&folders).await;
        let (told, heard) = mpsc::channel();
        let door = window.listen(move || told.send(()).unwrap()).await.unwrap();
        let known: Door = serde_json::from_slice(&fs::read(folders.window_door()).unwrap()).unwrap();
        let mut page = TcpStream::connect((Ipv4Addr::LOCALHOST, known.port)).await.unwrap();
        page.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // Closed, perhaps with a reset for what was not read.
        drop(page.read_to_end(&mut answer).await);
        assert!(answer.is_empty() && heard.try_recv().is_err());
        assert!(matches!(begin(&folders).await, Start::Second), "the door is still open");
        door.abort();
    }
}
