//! One Ollama server: its address, its API, its names, its downloads, its program.
//! Measured rules: the API of Ollama 0.32 and what older servers leave out.

pub mod address;
pub mod client;
pub mod install;
mod launch;
pub mod log;
pub mod login;
pub mod names;
pub mod own;
pub mod program;
pub mod pull;
pub mod pull_error;
pub mod restart;
pub mod service;
pub mod start;
pub mod store;
pub mod told;
mod transport;
pub mod wire;
