//! Why it does not work: facts are gathered in two stages, a pure judge names the causes, remedies act.
//! The watcher of the window and `pincer doctor` share all of it, so they cannot disagree.

pub mod facts;
pub mod finding;
pub mod gather;
mod judge;
pub mod pasted;
mod proxy;
pub mod remedy;

pub use judge::{judge, needs};

use finding::Diagnosis;

use crate::{computer::Computer, error::Error, models::discovery::Discovery, openclaw::verdict};

/// Gathers the facts: the first stage, then what the judge asks for.
///
/// # Errors
/// Only faults of our own: whatever is wrong with Ollama or OpenClaw is a fact.
pub async fn gather(computer: &Computer, discovery: &mut Discovery) -> Result<facts::Facts, Error> {
    let mut facts = gather::first_stage(computer, discovery).await?;
    let needs = needs(&facts);
    gather::second_stage(computer, &mut facts, &needs).await;
    Ok(facts)
}

/// Gathers, asks for what is missing, and judges. Takes 0.1 s on a healthy machine, some 3 s when something is
/// silent.
///
/// # Errors
/// Only faults of our own: whatever is wrong with Ollama or OpenClaw is a finding.
pub async fn diagnose(
    computer: &Computer,
    discovery: &mut Discovery,
) -> Result<(facts::Facts, Diagnosis), Error> {
    let facts = gather(computer, discovery).await?;
    let diagnosis = judge(&facts);
    Ok((facts, diagnosis))
}

/// The same with OpenClaw's own word on its settings, which takes seconds more (`pincer doctor --deep`).
///
/// # Errors
/// As [`diagnose`].
pub async fn diagnose_deeply(computer: &Computer, discovery: &mut Discovery) -> Result<Diagnosis, Error> {
    let mut facts = gather(computer, discovery).await?;
    if let Some(program) = &facts.openclaw.program {
        facts.openclaw.verdict = verdict::ask(&computer.surroundings, &program.path).await;
    }
    Ok(judge(&facts))
}
