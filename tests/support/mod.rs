//! What the black-box tests share: a home of its own for each test, the built programs, an Ollama that is practice,
//! a real window. Nothing here reads or touches the home of the person who runs the tests.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "each test program uses its part, and a test says what broke by panicking"
)]

pub mod apart;
pub mod broken;
pub mod display;
pub mod gateway;
pub mod home;
pub mod keyboard;
pub mod npm;
pub mod ollama;
pub mod openclaw;
pub mod process;
pub mod programs;
pub mod release;
pub mod settings;
pub mod unit;
pub mod window;
pub mod words;

use std::time::SystemTime;

use pincer_core::{
    computer::Computer,
    machine::os::Os,
    surroundings::{Environment, Surroundings},
};

/// A home as the library sees it, with these variables and no others.
pub fn computer(home: &home::Home, environment: impl IntoIterator<Item = (String, String)>) -> Computer {
    let environment = Environment::new(environment);
    Computer::new(Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now), None)
}
