//! What Pincer does all day, over and over: changes of settings and their undo, downloads that are begun and cancelled,
//! a server that goes and comes back. Afterwards the process holds what it held before: memory, threads, sockets, other
//! files, child processes.
//!
//! The long form is asked for: `cargo xtask stress`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod holdings;
mod server;
mod stage;

use std::time::Duration;

use holdings::Holdings;
use peak_alloc::PeakAlloc;
use stage::Stage;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How often each is done.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    changes: u32,
    downloads: u32,
    flaps: u32,
}

impl Rounds {
    fn run(self, stage: &mut Stage, runtime: &tokio::runtime::Runtime) {
        runtime.block_on(async {
            stage.wake();
            for round in 0..self.changes {
                stage.change_and_undo(round).await;
            }
            for round in 0..self.downloads {
                stage.download_and_cancel(round).await;
            }
            for _ in 0..self.flaps {
                stage.flap().await;
            }
            stage.rest().await;
        });
    }
}

/// Does it all a few times first, so that what is made once is there; then the rounds; and compares.
fn endures(first: Rounds, rounds: Rounds) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Threads for files go when nothing is to do: then they are no leak.
        .thread_keep_alive(Duration::from_millis(200))
        .enable_all()
        .build()
        .unwrap();
    let within = runtime.enter();
    let mut stage = Stage::new();
    drop(within);
    first.run(&mut stage, &runtime);
    let before = Holdings::settled(None);
    let files = stage.files();
    rounds.run(&mut stage, &runtime);
    let after = Holdings::settled(Some(&before));
    println!("{rounds:?}\nbefore: {before:?}\nafter:  {after:?}\nfiles of Pincer's own: {}", stage.kept());
    assert_eq!(stage.files(), files, "beside the settings nothing is left");
    // Two hundred changes are kept, each with its snapshots.
    assert!(stage.kept() < 1000, "{} files", stage.kept());
    before.compare(&after);
}

#[test]
fn nothing_is_left_of_a_day() {
    let Some(_alone) = server::unless_it_is_one() else { return };
    endures(Rounds { changes: 10, downloads: 6, flaps: 3 }, Rounds { changes: 50, downloads: 20, flaps: 20 });
}

#[test]
#[ignore = "minutes: cargo xtask stress"]
fn nothing_is_left_of_a_month() {
    let Some(_alone) = server::unless_it_is_one() else { return };
    endures(
        Rounds { changes: 150, downloads: 50, flaps: 20 },
        Rounds { changes: 2000, downloads: 500, flaps: 500 },
    );
}

#[test]
#[ignore = "plays the server for the others, in a process of its own"]
fn the_server() {
    server::serve_when_asked();
}
