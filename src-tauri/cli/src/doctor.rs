//! `pincer doctor`: what is wrong, station by station, with the evidence and the way out.

use std::time::Instant;

use pincer_core::{
    computer::Computer,
    diagnosis::{
        diagnose,
        finding::{Diagnosis, Finding, LinkState, Offer, RemedyKind, Severity},
    },
    models::discovery::Discovery,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Done,
    output::{Failure, Output},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ok: bool,
    elapsed_ms: u128,
    #[serde(flatten)]
    diagnosis: Rest<'a>,
}

#[derive(Serialize)]
struct Rest<'a> {
    address: &'a pincer_core::diagnosis::finding::SourcedAddress,
    path: &'a [pincer_core::diagnosis::finding::Station],
    findings: &'a [Finding],
}

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let begun = Instant::now();
    let (_, diagnosis) = diagnose(computer, &mut Discovery::default()).await?;
    if output.json {
        let rest = Rest { address: &diagnosis.address, path: &diagnosis.path, findings: &diagnosis.findings };
        output.document(&Answer {
            ok: diagnosis.ok,
            elapsed_ms: begun.elapsed().as_millis(),
            diagnosis: rest,
        })?;
    } else {
        tell(output, &diagnosis)?;
    }
    Ok(if diagnosis.ok { Done::Fine } else { Done::NeedsUser })
}

fn tell(output: &Output, diagnosis: &Diagnosis) -> Result<(), Failure> {
    for station in &diagnosis.path {
        let mark = match station.state {
            LinkState::Ok => "+",
            LinkState::Broken => "!",
            LinkState::Waiting => ".",
            LinkState::Unknown => "?",
        };
        let (link, state) = (name(&station.link), name(&station.state));
        let words = &output.words;
        let text =
            format!("{} - {}", words.say(&format!("link.{link}.name")), words.say(&format!("state.{state}")));
        output.line(&format!("{mark} {text}"))?;
    }
    if diagnosis.findings.is_empty() {
        output.line("")?;
        output.say("cli.doctor.fine", &diagnosis.address)?;
    }
    for finding in &diagnosis.findings {
        output.line("")?;
        tell_finding(output, finding)?;
    }
    Ok(())
}

fn tell_finding(output: &Output, finding: &Finding) -> Result<(), Failure> {
    let cause = serde_json::to_value(&finding.cause).unwrap_or_default();
    let code = cause.get("code").and_then(Value::as_str).unwrap_or_default();
    let params = in_words(output, cause.get("params").cloned().unwrap_or_default());
    let severity = match finding.severity {
        Severity::Problem => "severity.problem",
        Severity::Warning => "severity.warning",
        Severity::Note => "severity.note",
    };
    let title = output.words.say_with(&format!("finding.{code}.title"), &params);
    output.line(&format!("{}: {title}  [{code}]", output.words.say(severity)))?;
    output.line(&format!("  {}", output.words.say_with(&format!("finding.{code}.why"), &params)))?;
    for seen in &finding.evidence {
        output.line(&format!("    {seen}"))?;
    }
    for offer in &finding.remedies {
        output.line(&format!("  > {}", remedy(output, offer)))?;
    }
    Ok(())
}

fn remedy(output: &Output, offer: &Offer) -> String {
    let remedy = serde_json::to_value(&offer.remedy).unwrap_or_default();
    let id = remedy.get("id").and_then(Value::as_str).unwrap_or_default();
    let params = remedy.get("params").cloned().unwrap_or_default();
    let label = output.words.say_with(&format!("remedy.{id}"), &params);
    let command = match (&offer.command, offer.kind) {
        (Some(command), _) => command.join(" "),
        (None, RemedyKind::Action) => {
            let name = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            match id {
                "start-ollama" => "pincer start".to_owned(),
                "download-model" => format!("pincer pull {}", name("name")),
                "use-model" => format!("pincer use {}", name("name")),
                _ => String::new(),
            }
        }
        (None, _) => String::new(),
    };
    if command.is_empty() { label } else { format!("{label}: {command}") }
}

/// Words of closed lists within the parameters (`source`, `reason`) in the user's language.
fn in_words(output: &Output, mut params: Value) -> Value {
    for (key, list) in [("source", "address-source"), ("reason", "file-reason")] {
        let word =
            params.get(key).and_then(Value::as_str).map(|word| output.words.say(&format!("{list}.{word}")));
        if let (Some(word), Some(params)) = (word, params.as_object_mut()) {
            params.insert(key.into(), word.into());
        }
    }
    params
}

fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
