//! OpenClaw on this computer: where it lives, which version, what its settings say, and how they are changed.
//! The user's file is written in one way only: plan, preview, apply, receipt, undo.

pub mod apply;
pub mod asked;
pub(crate) mod atomic;
pub mod change;
pub mod dialect;
pub mod document;
pub mod elsewhere;
pub mod env_file;
pub mod gateway;
pub mod history;
pub mod home;
pub mod include;
pub mod install;
pub mod intent;
mod keep_alive;
pub(crate) mod lock;
pub mod node;
pub mod outcome;
pub mod plan;
pub(crate) mod prepare;
pub mod program;
pub mod receipt;
pub mod secrets;
pub mod service_file;
pub mod settings;
mod store;
pub mod summary;
pub mod verdict;
pub mod version;
