//! The processes of a window, WebKit's among them: their memory and their time, from Linux's own files.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::report::Quantity;
use crate::{failure::Failure, shell};

/// Processes end within it when they are told to.
const END: Duration = Duration::from_secs(10);

/// A process and all that came from it.
pub(super) struct Tree {
    root: u32,
}

/// What `/proc/ID/stat` says of a process.
struct Stat {
    parent: u32,
    /// Of itself and of its children that ended, in the system's ticks.
    ticks: u64,
}

impl Tree {
    pub(super) const fn of(root: u32) -> Self {
        Self { root }
    }

    /// The first process that runs this program below another process.
    pub(super) fn below(root: u32, program: &Path) -> Option<Self> {
        let runs = |id: &u32| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program);
        Self::of(root).processes().into_iter().find(runs).map(Self::of)
    }

    fn processes(&self) -> BTreeSet<u32> {
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let all: Vec<(u32, u32)> = ids
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|id| Some((id, stat(id)?.parent)))
            .collect();
        let mut tree = BTreeSet::from([self.root]);
        loop {
            let more: Vec<u32> = all
                .iter()
                .filter(|(id, parent)| tree.contains(parent) && !tree.contains(id))
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                return tree;
            }
            tree.extend(more);
        }
    }

    /// The proportional share of memory of all: what they share with others counts in part.
    ///
    /// # Errors
    /// When there is none of it.
    pub(super) fn memory(&self) -> Result<Quantity, Failure> {
        let of_one = |id: &u32| {
            let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u32>().ok()
        };
        let kilobytes: f64 = self.processes().iter().filter_map(of_one).map(f64::from).sum();
        if kilobytes == 0.0 {
            return Err(Failure::Needs(
                "No memory of the window can be read (/proc/ID/smaps_rollup).".into(),
            ));
        }
        Ok(Quantity::Megabytes(kilobytes * 1024.0 / 1e6))
    }

    /// A child that ends hands its ticks to its parent, so nothing is lost and nothing counts twice.
    fn ticks(&self) -> Result<u64, Failure> {
        if stat(self.root).is_none() {
            return Err(Failure::Needs("The window ended while it was measured.".into()));
        }
        Ok(self.processes().into_iter().filter_map(stat).map(|stat| stat.ticks).sum())
    }

    /// Tells the first process to end, and waits until all have.
    pub(super) fn end(&self) {
        let all = self.processes();
        let tell = |signal: &str, id: u32| {
            shell::succeeds(Command::new("kill").arg(signal).arg(id.to_string()));
        };
        tell("-TERM", self.root);
        let begun = Instant::now();
        // A process that ended and was not asked for its status yet is no window any more.
        while all.iter().any(|id| is_alive(*id)) && begun.elapsed() < END {
            thread::sleep(Duration::from_millis(20));
        }
        for id in all.into_iter().filter(|id| is_alive(*id)) {
            tell("-KILL", id);
        }
    }
}

/// The share of one core that the processes of each took while the same `time` went by.
///
/// # Errors
/// When a window ended meanwhile, or the system does not say how long its ticks are.
pub(super) fn idle<const N: usize>(trees: [&Tree; N], time: Duration) -> Result<[Quantity; N], Failure> {
    let second = shell::answer(&mut shell::command("getconf", ["CLK_TCK"]))?;
    let second: f64 = second.parse().map_err(Failure::unreadable("what getconf says of ticks"))?;
    let all = || trees.iter().map(|tree| tree.ticks()).collect::<Result<Vec<u64>, Failure>>();
    let (begun, before) = (Instant::now(), all()?);
    thread::sleep(time);
    let (took, after) = (begun.elapsed(), all()?);
    let mut seconds =
        before.iter().zip(&after).map(|(before, after)| after.saturating_sub(*before) as f64 / second);
    Ok([(); N].map(|()| Quantity::Percent(100.0 * seconds.next().unwrap_or_default() / took.as_secs_f64())))
}

fn is_alive(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/smaps_rollup")).is_ok_and(|memory| !memory.is_empty())
}

fn stat(id: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// The program's name in it may hold anything, a closing bracket too.
fn parse(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = (11..=14).map(number).sum::<Option<u64>>()?;
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_and_all_times_of_a_process_are_read() {
        let line = "7 (a ) b) S 3 7 7 0 -1 4194560 1 2 3 4 100 20 3000 4 20 0 1 0 9";
        let stat = parse(line).unwrap();
        assert_eq!((stat.parent, stat.ticks), (3, 3124));
        assert!(parse("7 (a) S 3").is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_that_was_started_is_in_the_tree_and_can_be_ended() {
        let mut child = shell::command("sleep", ["60"]).spawn().unwrap();
        let tree = Tree::of(std::process::id());
        assert!(tree.processes().contains(&child.id()));
        assert!(matches!(tree.memory().unwrap(), Quantity::Megabytes(some) if some > 0.5));
        Tree::of(child.id()).end();
        assert!(!child.wait().unwrap().success(), "it did not end by itself");
    }
}
