//! The watcher's looks, counted: who changed something can wait for one that began afterwards.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

/// Counts of looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    begun: u64,
    ended: u64,
}

/// The looks of one watcher.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    count: Arc<watch::Sender<Count>>,
    again: Arc<Notify>,
}

impl Looks {
    /// Of a watcher that waits for `again` between two looks.
    pub(super) fn new(again: Arc<Notify>) -> Self {
        Self { count: Arc::default(), again }
    }

    pub(super) fn begin(&self) {
        self.count.send_modify(|count| count.begun += 1);
    }

    pub(super) fn end(&self) {
        self.count.send_modify(|count| count.ended = count.begun);
    }

    /// Asks for a look and does not wait for it.
    pub fn look_again(&self) {
        self.again.notify_one();
    }

    /// Asks for a look, and waits until one has ended that began after this; `false` when none did within `limit`.
    pub async fn fresh(&self, limit: Duration) -> bool {
        let mut counts = self.count.subscribe();
        let begun = counts.borrow_and_update().begun;
        self.again.notify_one();
        let ended = tokio::time::timeout(limit, counts.wait_for(|count| count.ended > begun)).await;
        ended.is_ok_and(|ended| ended.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_that_began_before_does_not_count() {
        let again = Arc::new(Notify::new());
        let looks = Looks::new(Arc::clone(&again));
        assert!(!looks.fresh(Duration::from_millis(20)).await, "nobody looks");
        again.notified().await;
        looks.begin();
        let waiting = tokio::spawn({
            let looks = looks.clone();
            async move { looks.fresh(Duration::from_secs(60)).await }
        });
        again.notified().await;
        looks.end();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "that one may have seen what was before");
        looks.begin();
        looks.end();
        assert!(waiting.await.unwrap());
    }
}
