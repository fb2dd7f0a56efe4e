//! The task of one download: connection after connection, until it is done, fails, or is taken from it.

use std::time::Duration;

use super::{
    Entry, Pulls,
    room::Room,
    stream::{self, Keeper},
};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        client::Client,
        names::ModelName,
        pull::{PullFold, PullPhase},
        pull_error,
    },
};

/// A server that went away is asked again after 1, 2, 4, ... seconds, and then every 30: cheap for both.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The task of one download, and the state that it feeds.
pub(super) struct Ours {
    pub(super) pulls: Pulls,
    pub(super) key: ModelName,
    pub(super) number: u64,
}

impl Ours {
    /// Changes the entry and tells it; `None` when it is not this task's any more.
    fn entry<T>(&self, change: impl FnOnce(&mut Entry, Duration) -> T) -> Option<T> {
        let mut entries = self.pulls.entries();
        let entry = entries.by_name.get_mut(&self.key)?;
        if entry.task.as_ref().is_none_or(|(number, _)| *number != self.number) {
            return None;
        }
        let answer = change(entry, self.pulls.now());
        self.pulls.fill_places(&mut entries);
        self.pulls.publish(&entries);
        Some(answer)
    }

    /// Goes on with one that waited, or lines up for its turn: others may have its place by now. `None` in the second
    /// case: this task is over.
    fn take_place(&self) -> Option<()> {
        let mut entries = self.pulls.entries();
        let now = self.pulls.now();
        let free = entries.has_place(now);
        let entry = entries.by_name.get_mut(&self.key)?;
        if entry.task.as_ref().is_none_or(|(number, _)| *number != self.number) {
            return None;
        }
        entry.fold.ask_again(now);
        if !free {
            entry.fold.hold(PullPhase::Queued, None);
            entry.task = None;
        }
        self.pulls.publish(&entries);
        free.then_some(())
    }
}

impl Keeper for Ours {
    fn change<T>(&mut self, change: impl FnOnce(&mut PullFold, Duration) -> T) -> Option<T> {
        self.entry(|entry, now| {
            let answer = change(&mut entry.fold, now);
            // Done is told together with how the listing went.
            entry.listing = entry.for_openclaw && entry.fold.phase() == PullPhase::Done;
            answer
        })
    }

    fn others(&self) -> u64 {
        self.pulls.entries().needed_before(self.number)
    }
}

/// Downloads to an end, over as many connections as it takes.
pub(super) async fn run(mut ours: Ours, name: String) {
    let pulls = ours.pulls.clone();
    let (mut again, mut in_vain) = (false, 0);
    loop {
        match ask(&mut ours, &name, again).await {
            Ok(()) => break,
            Err(Ended::Failed(error)) => {
                ours.entry(|entry, _| entry.fold.fail(error));
                break;
            }
            Err(Ended::Queued) => return,
            Err(Ended::Lost(error)) => {
                let brought = ours.entry(|entry, _| {
                    let brought = entry.fold.brought();
                    entry.fold.hold(PullPhase::Waiting, Some(error));
                    brought
                });
                in_vain = if brought > Some(0) { 0 } else { in_vain + 1 };
            }
        }
        // The watcher shall see at once that the server is away.
        pulls.shared.look.notify_one();
        tokio::select! {
            () = tokio::time::sleep(wait(in_vain)) => {}
            () = pulls.shared.back.notified() => {}
        }
        again = true;
    }
    let list = ours.entry(|entry, _| {
        entry.task = None;
        entry.listing = entry.for_openclaw && entry.fold.phase() == PullPhase::Done;
        entry.listing
    });
    // A new model is there, or something is wrong: the watcher shall see it at once.
    pulls.shared.look.notify_one();
    if list == Some(true) {
        pulls.list(&ours.key).await;
    }
}

/// How a connection ended that did not end the download by itself.
enum Ended {
    /// The server is away.
    Lost(Error),
    /// Asking again would not help.
    Failed(Error),
    /// It waits for its turn, or is not this task's any more.
    Queued,
}

/// Asks once. `again`: the server was lost, and in its place may be a proxy or another program meanwhile: it must
/// answer as Ollama before it is believed.
async fn ask(ours: &mut Ours, name: &str, again: bool) -> Result<(), Ended> {
    let (client, room) = reach(ours.pulls.shared.computer.clone()).await.map_err(Ended::Failed)?;
    if again {
        client.version().await.map_err(Ended::Lost)?;
        ours.take_place().ok_or(Ended::Queued)?;
    }
    let room = match ours.entry(|entry, _| entry.anyway) {
        Some(true) => room.anyway(),
        _ => room,
    };
    stream::once(&client, &room, name, ours)
        .await
        .map_err(|error| if pull_error::is_lost(&error) { Ended::Lost(error) } else { Ended::Failed(error) })
}

/// The server of now: its address may have changed while it was away.
async fn reach(computer: Computer) -> Result<(Client, Room), Error> {
    let found = tokio::task::spawn_blocking(move || {
        let address = computer.effective().0;
        Ok((computer.client(&address)?, Room::of(&computer, &address)))
    });
    found.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
}

/// How long to wait when the server was lost so often without a byte between.
fn wait(lost: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(lost)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_double_up_to_half_a_minute() {
        let waits: Vec<u64> = (0..8).map(|lost| wait(lost).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
    }
}
