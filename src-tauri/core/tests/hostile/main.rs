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
use pincer_practice::{RawServer, faults, hostile};
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
    answer: Duration::from_millis(400),
    stream: Duration::from_millis(400),
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

async fn made(call: Call, server: &RawServer, limits: Limits, what: &str) -> String {
    let ended = tokio::time::timeout(HANGS, call.make(server, limits)).await;
    ended.unwrap_or_else(|_| panic!("{what}, {call:?}: nothing ends it"))
}

#[tokio::test]
async fn every_call_survives_every_answer() {
    let _alone = ALONE.lock().await;
    let mut wrong = Vec::new();
    for fault in faults::table().into_iter().chain(hostile::table()) {
        let name = fault.name.clone();
        let server = RawServer::start(fault, 0).await.unwrap();
        let (limits, expected) = (limits(&name), codes::expected(&name));
        let mut told: Vec<(String, usize)> = Vec::new();
        if BY_TIME.contains(&&*name) {
            // They only wait: all at once, within the memory of one.
            let before = peak_from_here();
            let all = join_all(expected.iter().map(|(call, _)| made(*call, &server, limits, &name))).await;
            let used = MEMORY.peak_usage().saturating_sub(before);
            told.extend(all.into_iter().map(|code| (code, used)));
        } else {
            for (call, _) in &expected {
                let before = peak_from_here();
                let code = made(*call, &server, limits, &name).await;
                told.push((code, MEMORY.peak_usage().saturating_sub(before)));
            }
        }
        for ((call, right), (code, used)) in expected.into_iter().zip(told) {
            let budget = if call == Call::ShowVerbose { VERBOSE_BUDGET } else { BUDGET };
            if right != code || used > budget {
                wrong.push(format!("{name}, {call:?}: {code} in {} MiB, want {right}", used / MIB));
            }
        }
        // Nothing that comes is unpacked.
        assert!(server.heads().iter().all(|head| !head.to_lowercase().contains("accept-encoding")), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn peak_from_here() -> usize {
    MEMORY.reset_peak_usage();
    MEMORY.current_usage()
}
