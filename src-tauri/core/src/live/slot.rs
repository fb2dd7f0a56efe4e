//! Room for one task at a time and the state that it is told by: begun once, asked to end or given up, and forgotten
//! when it is over. What runs in it belongs to the library, so it survives whatever is shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{runtime::Handle, sync::watch, task::AbortHandle};

/// One task at a time, told by a `T`.
pub(super) struct Slot<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    publish: Box<dyn Fn(Option<T>) + Send + Sync>,
    runtime: Handle,
    entry: Mutex<Entry<T>>,
}

struct Entry<T> {
    /// Counts up: a late word of a task that was given up is not taken for one of the next.
    number: u64,
    state: Option<T>,
    /// `None` when it is over.
    task: Option<Task>,
}

struct Task {
    /// Dropping the task gives it up.
    abort: AbortHandle,
    ask: watch::Sender<bool>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Clone + Send + 'static> Slot<T> {
    /// Within a tokio runtime. That there is nothing is published at once.
    pub(super) fn new(publish: impl Fn(Option<T>) + Send + Sync + 'static) -> Self {
        let entry = Mutex::new(Entry { number: 0, state: None, task: None });
        let shared = Shared { publish: Box::new(publish), runtime: Handle::current(), entry };
        let slot = Self { shared: Arc::new(shared) };
        slot.publish(&slot.entry());
        slot
    }

    /// Begins a task, first told by `state`; one that runs goes on instead.
    pub(super) fn begin<F>(&self, state: T, work: impl FnOnce(Job<T>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut entry = self.entry();
        if entry.task.is_some() {
            return;
        }
        entry.number += 1;
        entry.state = Some(state);
        self.publish(&entry);
        let (ask, asked) = watch::channel(false);
        let job = Job { slot: self.clone(), number: entry.number, asked };
        let task = self.shared.runtime.spawn(work(job));
        entry.task = Some(Task { abort: task.abort_handle(), ask });
    }

    /// Asks the task to end: it tells when it has.
    pub(super) fn ask_to_end(&self) {
        if let Some(task) = &self.entry().task {
            task.ask.send_replace(true);
        }
    }

    /// Gives the task up, told so by `change`.
    pub(super) fn give_up(&self, change: impl FnOnce(&mut T)) {
        let mut entry = self.entry();
        if entry.abort()
            && let Some(state) = &mut entry.state
        {
            change(state);
            self.publish(&entry);
        }
    }

    /// Gives the task up, and nobody is told: the window closes.
    pub(super) fn stop(&self) {
        self.entry().abort();
    }

    /// Forgets a task that is over.
    pub(super) fn dismiss(&self) {
        let mut entry = self.entry();
        if entry.task.is_none() {
            entry.state = None;
            self.publish(&entry);
        }
    }

    /// A task runs.
    pub(super) fn is_active(&self) -> bool {
        self.entry().task.is_some()
    }

    /// Told while the lock is held, so that an older state cannot overtake a newer one.
    fn publish(&self, entry: &Entry<T>) {
        (self.shared.publish)(entry.state.clone());
    }

    fn entry(&self) -> MutexGuard<'_, Entry<T>> {
        // Nothing panics while it is held, and the data is whole even so.
        self.shared.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Entry<T> {
    fn abort(&mut self) -> bool {
        self.task.take().map(|task| task.abort.abort()).is_some()
    }

    /// The state, while this task is the one that runs.
    fn current(&mut self, number: u64) -> Option<&mut T> {
        let runs = self.number == number && self.task.is_some();
        self.state.as_mut().filter(|_| runs)
    }
}

/// A task's own end of its [`Slot`].
pub(super) struct Job<T> {
    slot: Slot<T>,
    number: u64,
    asked: watch::Receiver<bool>,
}

impl<T: Clone + Send + 'static> Job<T> {
    /// Turns `true` when the task is asked to end.
    pub(super) fn asked(&self) -> watch::Receiver<bool> {
        self.asked.clone()
    }

    /// The task goes on.
    pub(super) fn tell(&self, change: impl FnOnce(&mut T)) {
        let mut entry = self.slot.entry();
        if let Some(state) = entry.current(self.number) {
            change(state);
            self.slot.publish(&entry);
        }
    }

    /// The task is over.
    pub(super) fn end(self, change: impl FnOnce(&mut T)) {
        let mut entry = self.slot.entry();
        if let Some(state) = entry.current(self.number) {
            change(state);
            entry.task = None;
            self.slot.publish(&entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use tokio::sync::oneshot;

    use super::*;

    type Said = Option<&'static str>;

    fn slot() -> (Slot<&'static str>, Receiver<Said>) {
        let (send, said) = channel();
        // What is said after a test ended has no reader.
        (Slot::new(move |state| send.send(state).unwrap_or_default()), said)
    }

    fn so_far(said: &Receiver<Said>) -> Vec<Said> {
        said.try_iter().collect()
    }

    #[tokio::test]
    async fn one_task_runs_at_a_time() {
        let (slot, said) = slot();
        let (done, over) = oneshot::channel();
        slot.begin("first", |job| async move {
            job.asked().wait_for(|asked| *asked).await.unwrap();
            job.tell(|state| *state = "ending");
            job.end(|state| *state = "ended");
            done.send(()).unwrap();
        });
        slot.begin("second", |_| async { panic!("the first one runs") });
        slot.dismiss();
        assert!(slot.is_active());
        slot.ask_to_end();
        over.await.unwrap();
        assert_eq!(so_far(&said), [None, Some("first"), Some("ending"), Some("ended")]);
        assert!(!slot.is_active());
        slot.dismiss();
        assert_eq!(so_far(&said), [None]);
    }

    #[tokio::test]
    async fn a_task_that_was_given_up_is_not_heard_any_more() {
        let (slot, said) = slot();
        let (hand, handed) = oneshot::channel();
        slot.begin("first", |job| async move {
            assert!(hand.send(job).is_ok());
            std::future::pending::<()>().await;
        });
        let late = handed.await.unwrap();
        slot.give_up(|state| *state = "cancelled");
        slot.give_up(|state| *state = "cancelled twice");
        late.tell(|state| *state = "late");
        slot.begin("second", |_| std::future::pending());
        late.tell(|state| *state = "late");
        late.end(|state| *state = "late");
        assert!(slot.is_active(), "the late end is not the second's");
        assert_eq!(so_far(&said), [None, Some("first"), Some("cancelled"), Some("second")]);
    }

    #[tokio::test]
    async fn who_closes_the_window_hears_nothing() {
        let (slot, said) = slot();
        let (held, dropped) = oneshot::channel::<()>();
        slot.begin("first", |_| async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        slot.stop();
        dropped.await.unwrap_err();
        assert_eq!(so_far(&said), [None, Some("first")]);
        assert!(!slot.is_active());
    }
}
