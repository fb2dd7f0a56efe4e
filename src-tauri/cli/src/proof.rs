//! `pincer check MODEL --through-openclaw`: asks one real question through OpenClaw's gateway. Ctrl-C cancels, and
//! OpenClaw aborts its turn.

use pincer_core::{
    computer::Computer,
    openclaw::gateway::proof::{self, Limits, Proof, ProofOutcome, ProofPhase},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Done,
    output::{Failure, Output},
    waiting::Waiting,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    model: &'a str,
    through_openclaw: bool,
    answered: bool,
    seconds: f64,
    outcome: &'a ProofOutcome,
    evidence: &'a [String],
}

pub(crate) async fn run(computer: &Computer, output: &Output, name: &str) -> Result<Done, Failure> {
    let limits = Limits::default();
    let waiting = Waiting::new(output);
    let params = json!({ "minutes": limits.answer.as_secs() / 60 });
    let proved = tokio::select! {
        proved = proof::prove(computer, name, limits, |phase| match phase {
            ProofPhase::Asking => waiting.say(output, "proof.phase.asking", &params),
            ProofPhase::Reading => waiting.say(output, "proof.phase.reading", &params),
            ProofPhase::Cancelled | ProofPhase::Ended => {}
        }) => proved,
        _ = tokio::signal::ctrl_c() => {
            waiting.clear();
            return Err(Failure::Cancelled);
        }
    };
    waiting.clear();
    let proof = proved?;
    let answered = matches!(proof.outcome, ProofOutcome::Answered { .. });
    if output.json {
        output.document(&Answer {
            model: &proof.model,
            through_openclaw: true,
            answered,
            seconds: proof.seconds,
            outcome: &proof.outcome,
            evidence: &proof.evidence,
        })?;
    } else {
        tell(output, &proof)?;
    }
    Ok(if answered { Done::Fine } else { Done::NeedsUser })
}

fn tell(output: &Output, proof: &Proof) -> Result<(), Failure> {
    let numbers = &output.words.numbers;
    let outcome = serde_json::to_value(&proof.outcome).unwrap_or_default();
    let code = outcome.get("code").and_then(Value::as_str).unwrap_or_default();
    let mut params = outcome.get("params").cloned().unwrap_or_default();
    if let Some(params) = params.as_object_mut() {
        params.insert("model".into(), proof.model.as_str().into());
        params.insert("time".into(), format!("{} s", numbers.tenths(proof.seconds)).into());
        for name in ["need", "have"] {
            if let Some(bytes) = params.get(&format!("{name}Bytes")).and_then(Value::as_u64) {
                params.insert(name.into(), numbers.size(bytes).into());
            }
        }
    }
    output.say(&format!("proof.{code}.title"), &params)?;
    output.line(&format!("  {}", output.words.say_with(&format!("proof.{code}.way"), &params)))?;
    for line in &proof.evidence {
        output.line(&format!("  ({line})"))?;
    }
    Ok(())
}
