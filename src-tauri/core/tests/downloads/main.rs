//! The window's downloads against practice, over real sockets: queue, pause, a server that goes and comes back, a
//! full disk, and OpenClaw's settings.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

mod disk;
mod openclaw;
mod queue;
mod stage;
