//! What this process holds, as the system counts it (`/proc/self`).

use std::{
    fs,
    time::{Duration, Instant},
};

use super::MEMORY;

/// Bytes on the heap that may come and go: names of the last download, buffers of a connection.
const HEAP_SLACK: usize = 512 << 10;
/// Pages that the allocator does not give back at once.
const RESIDENT_SLACK: u64 = 24 << 10;
/// Connections that nobody uses are closed after half a minute, threads for files sooner.
const SETTLES: Duration = Duration::from_secs(90);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holdings {
    heap_bytes: usize,
    resident_kib: u64,
    threads: usize,
    sockets: usize,
    other_files: usize,
    children: usize,
}

impl Holdings {
    fn now() -> Self {
        let links: Vec<String> = fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .map(|place| place.to_string_lossy().into_owned())
            .collect();
        let sockets = links.iter().filter(|place| place.starts_with("socket:")).count();
        let tasks: Vec<_> = fs::read_dir("/proc/self/task").unwrap().filter_map(Result::ok).collect();
        let children = tasks.iter().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            heap_bytes: MEMORY.current_usage(),
            resident_kib: resident.trim().trim_end_matches(" kB").parse().unwrap(),
            threads: tasks.len(),
            sockets,
            other_files: links.len() - sockets,
            children: children.map(|line| line.split_whitespace().count()).sum(),
        }
    }

    /// What it holds at rest: the same twice, a while apart, or, where there is something to compare, no more than that.
    pub(crate) fn settled(before: Option<&Self>) -> Self {
        let begun = Instant::now();
        let mut last = Self::now();
        loop {
            // The system tells nobody when a thread or a connection has gone.
            std::thread::sleep(Duration::from_millis(500));
            let now = Self::now();
            let rests = match before {
                Some(before) => before.exceeded_by(&now).is_empty(),
                None => now.counts() == last.counts() && begun.elapsed() >= Duration::from_secs(2),
            };
            if rests || begun.elapsed() >= SETTLES {
                return now;
            }
            last = now;
        }
    }

    fn counts(&self) -> [usize; 4] {
        [self.threads, self.sockets, self.other_files, self.children]
    }

    /// What there is more of in `after` than can be explained.
    fn exceeded_by(&self, after: &Self) -> Vec<&'static str> {
        let [threads, sockets, other_files, children] = self.counts();
        let rows = [
            ("heap", after.heap_bytes > self.heap_bytes + HEAP_SLACK),
            ("resident memory", after.resident_kib > self.resident_kib + RESIDENT_SLACK),
            ("threads", after.threads > threads),
            ("sockets", after.sockets > sockets),
            ("open files", after.other_files > other_files),
            ("child processes", after.children > children),
        ];
        rows.into_iter().filter(|(_, more)| *more).map(|(name, _)| name).collect()
    }

    pub(crate) fn compare(&self, after: &Self) {
        let more = self.exceeded_by(after);
        assert!(more.is_empty(), "more {more:?}: {self:?}, then {after:?}");
    }
}
