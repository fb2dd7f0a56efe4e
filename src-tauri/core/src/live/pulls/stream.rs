//! One connection of a download: asks, checks the room on the disk, feeds the lines into the state.
//! The window's downloads go over several of them; a command's over one.

use std::time::{Duration, Instant};

use super::room::Room;
use crate::{
    error::Error,
    ollama::{
        client::Client,
        pull::{self, PullFold, PullState},
        pull_error,
    },
};

/// A stalled stream sends nothing new: the state is looked at all the same.
const TICK: Duration = Duration::from_secs(1);

/// Who keeps a download's state while streams feed it.
pub(super) trait Keeper {
    /// Changes the state and tells it; `None` when nobody wants it any more.
    fn change<T>(&mut self, change: impl FnOnce(&mut PullFold, Duration) -> T) -> Option<T>;

    /// Bytes that downloads which began before this one still need of the same disk.
    fn others(&self) -> u64;
}

/// One stream, from the question to its end. With `Ok` the state says how it ended, or nobody wants it any more.
///
/// # Errors
/// The connection's: none was made, or it broke off.
pub(super) async fn once(
    client: &Client,
    room: &Room,
    name: &str,
    keeper: &mut impl Keeper,
) -> Result<(), Error> {
    let Some(begun) = keeper.change(|fold, _| fold.total() > 0) else { return Ok(()) };
    if !begun && let Some(error) = room.too_small_for(client, name, keeper.others()).await {
        keeper.change(|fold, _| fold.fail(error));
        return Ok(());
    }
    let mut lines = match client.pull(name).await {
        Ok(lines) => lines,
        Err(error) if pull_error::is_lost(&error) => return Err(error),
        Err(error) => return Err(room.explain(client, pull_error::refused(name, error), 0).await),
    };
    let mut tick = tokio::time::interval(TICK);
    let mut fits = 0;
    loop {
        let line = tokio::select! {
            line = lines.next() => line?,
            _ = tick.tick() => {
                if keeper.change(|_, _| ()).is_none() {
                    return Ok(());
                }
                continue;
            }
        };
        let Some(line) = line else {
            keeper.change(|fold, _| fold.ended());
            return Ok(());
        };
        let told = match pull::read(name, &line) {
            Ok(line) => keeper.change(|fold, now| {
                fold.line(line, now);
                (fold.is_over(), fold.total(), fold.missing())
            }),
            Err(error) => {
                let missing = keeper.change(|fold, _| fold.missing()).unwrap_or(0);
                let error = room.explain(client, error, missing).await;
                keeper.change(|fold, _| fold.fail(error));
                return Ok(());
            }
        };
        let Some((false, total, missing)) = told else { return Ok(()) };
        // Layers come one by one: each may be the one that does not fit.
        if total > fits {
            fits = total;
            if let Some(error) = room.lacks(missing, keeper.others()).await {
                keeper.change(|fold, _| fold.fail(error));
                return Ok(());
            }
        }
    }
}

/// Downloads to the end over one connection, telling each state as it changes; the last one is returned. A server
/// that goes away ends it (`pull.interrupted`). Dropping the future stops the download.
pub async fn follow(client: &Client, room: &Room, name: &str, tell: impl FnMut(PullState)) -> PullState {
    let mut alone = Alone { fold: PullFold::new(name, Duration::ZERO), begun: Instant::now(), tell };
    (alone.tell)(alone.fold.state(Duration::ZERO));
    if let Err(error) = once(client, room, name, &mut alone).await {
        alone.fold.fail(pull_error::refused(name, error));
    }
    alone.fold.state(alone.begun.elapsed())
}

/// A state that belongs to nobody else.
struct Alone<T> {
    fold: PullFold,
    begun: Instant,
    tell: T,
}

impl<T: FnMut(PullState)> Keeper for Alone<T> {
    fn change<A>(&mut self, change: impl FnOnce(&mut PullFold, Duration) -> A) -> Option<A> {
        let answer = change(&mut self.fold, self.begun.elapsed());
        if !self.fold.is_over() {
            (self.tell)(self.fold.state(self.begun.elapsed()));
        }
        Some(answer)
    }

    fn others(&self) -> u64 {
        0
    }
}
