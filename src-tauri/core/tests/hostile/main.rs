//! A server that wants to harm its client, over real sockets: every call against every row of practice's two tables
//! of faults. Each ends with a clear code, in bounded memory, by the client's own limits; what is shown is inert.
//! No time is asserted: a call without a limit would hang here until its generous timeout.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod calls;
mod codes;
mod install;
mod names;
mod redirects;

use std::time::Duration;

use calls::Call;
use futures_util::future::join_all;
use peak_alloc::PeakAlloc;
use pincer_core::ollama::client::Limits;
use pincer_practice::{
    RawServer,
    faults::{self, Fault},
    hostile,
};
use tokio::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is counted for the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// No call takes that long but one that has no limit of its own.
const HANGS: Duration = Duration::from_secs(240);
const MIB: usize = 1 << 20;
/// An answer of 16 MiB is kept whole while it is read, in a buffer that doubles, and read into something smaller.
const BUDGET: usize = 64 * MIB;
/// The same for one of 64 MiB, which lists every token of a model.
const VERBOSE_BUDGET: usize = 208 * MIB;

/// For what ends by itself: by its size, or by what is wrong with it.
const PATIENT: Limits = Limits {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(120),
    stream: Duration::from_secs(120),
};
/// For what only a client's patience ends.
const SHORT: Limits = Limits {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(1),
    stream: Duration::from_secs(1),
};

/// These go on for ever without a byte too many.
const BY_TIME: [&str; 10] = [
    "never-accepts",
    "silent",
    "slow-head",
    "body-stops",
    "drip",
    "pull-stops",
    "endless-continue",
    "drip-head",
    "drip-body",
    "stream-drip",
];

fn limits(fault: &str) -> Limits {
    match fault {
        _ if BY_TIME.contains(&fault) => SHORT,
        "stream-line-ends" => Limits { stream: SHORT.stream, ..PATIENT },
        _ => PATIENT,
    }
}

/// A server that plays one row, and the calls that are made of it, each with the code that it must end with.
struct Row {
    name: String,
    server: RawServer,
    limits: Limits,
    expected: Vec<(Call, &'static str)>,
}

impl Row {
    async fn start(fault: Fault) -> Self {
        let name = fault.name.clone().into_owned();
        let server = RawServer::start(fault, 0).await.unwrap();
        Self { limits: limits(&name), expected: codes::expected(&name), name, server }
    }

    async fn made(&self, call: Call) -> String {
        let ended = tokio::time::timeout(HANGS, call.make(&self.server, self.limits)).await;
        ended.unwrap_or_else(|_| panic!("{}, {call:?}: nothing ends it", self.name))
    }

    async fn made_at_once(&self) -> Vec<String> {
        join_all(self.expected.iter().map(|(call, _)| self.made(*call))).await
    }

    /// What is wrong with these codes, each with the bytes that getting it took.
    fn judge(&self, told: impl IntoIterator<Item = (String, usize)>) -> Vec<String> {
        // Nothing that comes is unpacked.
        let unpacks = |head: &String| head.to_lowercase().contains("accept-encoding");
        assert!(!self.server.heads().iter().any(unpacks), "{}", self.name);
        let mut wrong = Vec::new();
        for ((call, right), (code, used)) in self.expected.iter().zip(told) {
            let budget = if *call == Call::ShowVerbose { VERBOSE_BUDGET } else { BUDGET };
            if *right != code || used > budget {
                wrong.push(format!("{}, {call:?}: {code} in {} MiB, want {right}", self.name, used / MIB));
            }
        }
        wrong
    }
}

/// Practice's two tables.
fn table() -> impl Iterator<Item = Fault> {
    faults::table().into_iter().chain(hostile::table())
}

fn is_ended_by_time(fault: &Fault) -> bool {
    BY_TIME.contains(&&*fault.name)
}

#[tokio::test]
async fn every_call_survives_every_answer() {
    let _alone = ALONE.lock().await;
    let mut wrong = Vec::new();
    for fault in table().filter(|fault| !is_ended_by_time(fault)) {
        let row = Row::start(fault).await;
        let mut told = Vec::new();
        for (call, _) in &row.expected {
            let before = peak_from_here();
            let code = row.made(*call).await;
            told.push((code, MEMORY.peak_usage().saturating_sub(before)));
        }
        wrong.extend(row.judge(told));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// They only wait: all at once, within the memory of one.
#[tokio::test]
async fn every_call_ends_by_its_own_patience() {
    let _alone = ALONE.lock().await;
    let rows = join_all(table().filter(is_ended_by_time).map(Row::start)).await;
    assert_eq!(rows.len(), BY_TIME.len());
    let before = peak_from_here();
    let told = join_all(rows.iter().map(Row::made_at_once)).await;
    let used = MEMORY.peak_usage().saturating_sub(before);
    let wrong =
        rows.iter().zip(told).flat_map(|(row, told)| row.judge(told.into_iter().map(|code| (code, used))));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn peak_from_here() -> usize {
    MEMORY.reset_peak_usage();
    MEMORY.current_usage()
}
