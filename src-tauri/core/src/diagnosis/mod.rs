//! Why it does not work: facts are gathered in two stages, a pure judge names the causes, remedies act.
//! The watcher of the window and `pincer doctor` share all of it, so they cannot disagree.

pub mod cause;
mod early;
pub mod facts;
pub mod finding;
pub mod gather;
mod judge;
pub mod pasted;
pub(crate) mod private;
mod proxy;
pub mod redact;
mod redact_hosts;
pub mod remedy;
pub mod report;
mod report_parts;
mod second_stage;

pub use gather::first_stage;
pub use judge::{judge, judge_partly, needs};

use facts::Need;
use finding::Diagnosis;

use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    models::discovery::Discovery,
    openclaw::{change, gateway::sees, node, verdict},
};

/// So many of Pincer's changes stand in a report.
const CHANGES: usize = 10;

/// Gathers the facts: the first stage, then what the judge asks for.
///
/// # Errors
/// Only faults of our own: whatever is wrong with Ollama or OpenClaw is a fact.
pub async fn gather(computer: &Computer, discovery: &mut Discovery) -> Result<facts::Facts, Error> {
    let mut facts = first_stage(computer, discovery).await?;
    complete(computer, &mut facts).await;
    Ok(facts)
}

/// The second stage: what the judge asks for.
pub async fn complete(computer: &Computer, facts: &mut facts::Facts) {
    let needs = needs(facts);
    second_stage::second_stage(computer, facts, &needs).await;
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

/// The same with OpenClaw's own word on its settings, which takes seconds more, and what else is only good to know
/// (`pincer doctor --deep`).
///
/// # Errors
/// As [`diagnose`].
pub async fn diagnose_deeply(computer: &Computer, discovery: &mut Discovery) -> Result<Diagnosis, Error> {
    let mut facts = gather(computer, discovery).await?;
    let needs = judge::deep_needs(&facts);
    second_stage::second_stage(computer, &mut facts, &needs).await;
    if let Some(program) = &facts.openclaw.program {
        let led = node::lead(computer, program).await;
        let asked = verdict::ask(&led, &program.path);
        let (verdict, change) = tokio::join!(asked, change::newest_of_settings(computer));
        facts.openclaw.verdict = verdict;
        facts.openclaw.last_change = change.map(|change| change.id);
        if let Some(mode) = facts.openclaw.lists_by() {
            facts.openclaw.sees = sees::ask(&led, &program.path, mode).await;
        }
    }
    Ok(judge(&facts))
}

/// Gathers, judges, and puts everything into a text for whoever helps, without anything private (see [`report`] and
/// [`redact`]). In English.
///
/// # Errors
/// Only faults of our own: whatever is wrong with Ollama or OpenClaw stands in the report.
pub async fn make_report(computer: &Computer) -> Result<String, Error> {
    let mut facts = gather(computer, &mut Discovery::default()).await?;
    let mut needs = judge::deep_needs(&facts);
    // Whoever helps wants these of a healthy Ollama, too.
    let always = [Need::Service, Need::Log, Need::ClientVersion];
    needs.extend(always);
    second_stage::second_stage(computer, &mut facts, &needs).await;
    let diagnosis = judge(&facts);
    // A history that cannot be read has nothing to tell.
    let mut changes = change::list(computer).await.unwrap_or_default();
    changes.truncate(CHANGES);
    let computer = computer.clone();
    let written = tokio::task::spawn_blocking(move || {
        let mut redactor = redact::Redactor::new(private::private(&computer));
        report::report(&facts, &diagnosis, &private::system(&computer, changes), &mut redactor)
    });
    written.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}
