//! One Ollama server: its address, its API, its names, its downloads, its program.
//! Measured rules: the API of Ollama 0.32 and what older servers leave out.

pub mod address;
pub mod client;
pub mod names;
pub mod program;
pub mod pull;
pub mod pull_error;
pub mod start;
mod transport;
pub mod wire;
