//! An Ollama that lives in memory, and the table of faults: for tests and for practice mode.
//! It stands alone: the rest of the house may use it, and it uses nothing of the house.
//!
//! Two layers. [`Practice`] speaks the true protocol on a real port: same paths, same JSON, same lines of a
//! pull, same words of errors. [`RawServer`] plays what no real server would: bytes by script, from the table in
//! [`faults`]. Both can be programs of their own ([`program`]), as can OpenClaw's command and its gateway; a [`Stage`]
//! is a whole computer of them, for practice mode.

mod api;
mod children;
mod clock;
mod connection;
pub mod faults;
mod host;
pub mod hostile;
mod model;
mod name;
mod ollama;
mod openclaw;
mod options;
mod plain;
pub mod program;
mod raw;
mod registry;
mod runtime;
mod server;
mod shape;
mod stage;
mod state;
mod transfer;

pub use model::{Architecture, Captured, ChatAnswer, Pace, PracticeModel, Remote, ShowAnswer, ToolUse};
pub use openclaw::OPENCLAW_VERSION;
pub use options::{Options, VERSION};
pub use raw::{RawServer, Script, Step};
pub use registry::{Layer, PullFault, RegistryModel, catalogue, faulty};
pub use server::Practice;
pub use stage::{Stage, whole as whole_settings};
pub use state::{Answer, Event, Request};
