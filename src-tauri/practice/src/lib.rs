//! An Ollama that lives in memory, and the table of faults: for tests and for practice mode.
//! It stands alone: the rest of the house may use it, and it uses nothing of the house.
//!
//! Two layers. [`Practice`] speaks the true protocol on a real port: same paths, same JSON, same lines of a
//! pull, same words of errors. [`RawServer`] plays what no real server would: bytes by script, from the table in
//! [`faults`].

mod api;
mod clock;
mod connection;
pub mod faults;
mod model;
mod name;
mod options;
mod raw;
mod registry;
mod runtime;
mod server;
mod shape;
mod state;
mod transfer;

pub use model::{Architecture, Captured, ChatAnswer, Pace, PracticeModel, Remote, ShowAnswer, ToolUse};
pub use options::{Options, VERSION};
pub use raw::{RawServer, Script, Step};
pub use registry::{Layer, PullFault, RegistryModel, catalogue, faulty};
pub use server::Practice;
pub use state::{Answer, Event, Request};
