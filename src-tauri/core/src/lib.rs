//! All that Pincer knows of Ollama and OpenClaw.
//! No window, no command line, no sentence for people: the faces live in `pincer` and `pincer-cli`.

#![deny(missing_docs)]

pub mod computer;
pub mod diagnosis;
pub mod error;
pub mod folders;
pub mod inert;
pub mod installing;
pub mod journal;
pub mod live;
pub mod machine;
pub mod models;
pub mod ollama;
pub mod one_window;
pub mod openclaw;
pub mod pages;
pub mod preferences;
pub mod surroundings;
pub mod window_place;
