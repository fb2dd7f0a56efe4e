//! The models of a server as OpenClaw can use them: discovery by the rules of OpenClaw's page, verdicts,
//! and what to offer for download.

pub mod assess;
pub mod catalogue;
pub mod check;
pub mod discovery;
pub mod fit;
pub mod installed;
pub mod model;
pub mod shape;
pub mod suggest;
