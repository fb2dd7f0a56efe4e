//! `pincer doctor`: what is wrong, station by station, with the evidence and the way out.

use std::{
    io::{self, Read},
    time::Instant,
};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        diagnose, diagnose_deeply,
        finding::{Cause, Diagnosis, Finding, LinkState, Offer, Remedy, RemedyKind, Severity},
        pasted::{Explanation, Topic, explain},
    },
    models::discovery::Discovery,
    openclaw::settings::{KEY_VALUE, KEY_VARIABLE, Settings},
    pages::Page,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Done,
    output::{Failure, Output},
};

/// More than this of a text on standard input is not read.
const READ: u64 = 1 << 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ok: bool,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
    #[serde(flatten)]
    diagnosis: Rest<'a>,
}

#[derive(Serialize)]
struct Rest<'a> {
    address: &'a pincer_core::computer::SourcedAddress,
    path: &'a [pincer_core::diagnosis::finding::Station],
    findings: &'a [Finding],
}

pub(crate) async fn run(
    computer: &Computer,
    output: &Output,
    deep: bool,
    error: Option<String>,
) -> Result<Done, Failure> {
    let error = error.map(pasted).transpose()?;
    let begun = Instant::now();
    let mut discovery = Discovery::default();
    let diagnosis = if deep {
        diagnose_deeply(computer, &mut discovery).await?
    } else {
        diagnose(computer, &mut discovery).await?.1
    };
    let explanation = error.map(|text| explain(&text, &diagnosis));
    if output.json {
        let rest = Rest { address: &diagnosis.address, path: &diagnosis.path, findings: &diagnosis.findings };
        output.document(&Answer {
            ok: diagnosis.ok,
            elapsed_ms: begun.elapsed().as_millis(),
            explanation: explanation.as_ref(),
            diagnosis: rest,
        })?;
    } else {
        if let Some(explanation) = &explanation {
            tell_explanation(output, explanation, &chosen(computer))?;
        }
        tell(computer, output, &diagnosis)?;
    }
    Ok(if diagnosis.ok { Done::Fine } else { Done::NeedsUser })
}

/// The text itself, or what standard input gives.
fn pasted(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(READ).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the checks say to a pasted error, as the window does: they win over what the text suggests.
fn tell_explanation(output: &Output, explanation: &Explanation, chosen: &Chosen) -> Result<(), Failure> {
    let Explanation { topic, finding, fits } = explanation;
    let title = match (topic, finding) {
        (None, _) => "paste.unknown",
        (Some(_), None) => "paste.nothing",
        (Some(_), Some(_)) if !fits => "paste.instead",
        (Some(_), Some(finding)) if finding.severity == Severity::Problem => "paste.fits",
        (Some(_), Some(_)) => "paste.may-fit",
    };
    output.say(title, &())?;
    let of_topic = |topic: &Topic, what: &str| format!("topic.{}.{what}", name(topic));
    if let Some(topic) = topic.as_ref().filter(|_| !fits) {
        output.say(&of_topic(topic, "about"), &())?;
    }
    match (topic, finding) {
        (_, Some(finding)) => {
            if !fits {
                output.say("paste.finds", &())?;
            }
            tell_finding(output, finding, chosen)?;
        }
        (Some(topic), None) => {
            output.say(&of_topic(topic, "try"), &())?;
            if *topic == Topic::GatewayToken {
                output.line("  openclaw dashboard")?;
            }
        }
        (None, None) => output.say("paste.unknown.nothing", &())?,
    }
    output.line("")?;
    Ok(())
}

fn tell(computer: &Computer, output: &Output, diagnosis: &Diagnosis) -> Result<(), Failure> {
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
    let chosen = chosen(computer);
    for finding in &diagnosis.findings {
        output.line("")?;
        tell_finding(output, finding, &chosen)?;
    }
    Ok(())
}

/// What stands for a person's own values in a command to type.
struct Chosen {
    /// The chosen model, as `pincer use` takes it; `MODEL` where none is.
    model: String,
    /// The chosen model as the settings have it.
    written: Option<String>,
    /// Where OpenClaw's service reads its environment.
    env_file: String,
}

fn chosen(computer: &Computer) -> Chosen {
    let configuration = computer.configuration().ok().flatten();
    let told = configuration.map(|all| Settings::of(all.value())).unwrap_or_default();
    Chosen {
        model: told.primary_id().unwrap_or("MODEL").to_owned(),
        written: told.primary,
        env_file: computer.openclaw().env_file().display().to_string(),
    }
}

fn tell_finding(output: &Output, finding: &Finding, chosen: &Chosen) -> Result<(), Failure> {
    let cause = serde_json::to_value(&finding.cause).unwrap_or_default();
    let code = cause.get("code").and_then(Value::as_str).unwrap_or_default();
    let params = in_words(output, cause.get("params").cloned().unwrap_or_default());
    let severity = match finding.severity {
        Severity::Problem => "severity.problem",
        Severity::Warning => "severity.warning",
        Severity::Note => "severity.note",
    };
    let title = output.words.say_with(&format!("finding.{code}.title"), &params);
    let said = json!({ "what": output.words.say(severity), "text": title });
    output.line(&format!("{}  [{code}]", output.words.say_with("cli.doctor.line", &said)))?;
    let why = output.words.flagged(&format!("finding.{code}.why"), &params);
    output.line(&format!("  {}", output.words.say_with(&why, &params)))?;
    for seen in &finding.evidence {
        output.line(&format!("    {seen}"))?;
    }
    for offer in &finding.remedies {
        output.line(&format!("  > {}", remedy(output, &finding.cause, offer, chosen)))?;
    }
    Ok(())
}

fn remedy(output: &Output, cause: &Cause, offer: &Offer, chosen: &Chosen) -> String {
    let model = match cause {
        // Written without `ollama/` it is one of Ollama's all the same.
        Cause::SettingsBareModelName { name } if chosen.written.as_ref() == Some(name) => name,
        _ => &chosen.model,
    };
    let remedy = serde_json::to_value(&offer.remedy).unwrap_or_default();
    let id = remedy.get("id").and_then(Value::as_str).unwrap_or_default();
    let params = remedy.get("params").cloned().unwrap_or_default();
    let label = output.words.say_with(&format!("remedy.{id}"), &params);
    let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
    let how = match &offer.remedy {
        Remedy::GetOllama {} => Page::GetOllama.url().to_owned(),
        Remedy::GetOpenclaw {} => Page::GetOpenclaw.url().to_owned(),
        Remedy::GetNode {} => Page::GetNode.url().to_owned(),
        Remedy::GetGit {} => Page::GetGit.url().to_owned(),
        Remedy::InstallOllama {} => "pincer install-ollama".to_owned(),
        Remedy::InstallOpenclaw {} => "pincer install-openclaw".to_owned(),
        // One that an administrator has to type says so.
        Remedy::StartOllama {} if offer.kind == RemedyKind::Action => "pincer start".to_owned(),
        Remedy::RestartOllama { .. } if offer.kind == RemedyKind::Action => "pincer restart".to_owned(),
        // What it lacks is shown and written first.
        Remedy::StartGateway {} | Remedy::SetGatewayToken {} | Remedy::SetGatewayMode {} => {
            "pincer start --openclaw".to_owned()
        }
        Remedy::StartAtLogin {} => "pincer start --at-login".to_owned(),
        Remedy::GatewayAtLogin {} => "pincer start --openclaw --at-login".to_owned(),
        Remedy::DownloadModel { .. } => format!("pincer pull {}", text("name")),
        Remedy::UseModel { .. } => format!("pincer use {}", text("name")),
        Remedy::SetContext { tokens, .. } => format!("pincer use {} --context {tokens}", text("name")),
        Remedy::SetTimeout { seconds, .. } => format!("pincer use {} --timeout {seconds}", text("name")),
        Remedy::KeepLoaded { .. } => format!("pincer use {} --keep-loaded", text("name")),
        Remedy::UseAddress { .. } => format!("pincer use {model} --host {}", text("url")),
        Remedy::ChooseModel {} => "pincer use MODEL".to_owned(),
        Remedy::DropFallback { .. } => format!("pincer use {model} --fallback ID"),
        Remedy::AddModels {} => match cause {
            Cause::SettingsDiscoveryOff { names } => names
                .iter()
                .fold(format!("pincer use {model}"), |text, name| format!("{text} --model {name}")),
            _ => format!("pincer use {model}"),
        },
        Remedy::RepairSettings {} | Remedy::RenameFallback {} => format!("pincer use {model}"),
        Remedy::LocalOnly {} => format!("pincer use {model} --local-only"),
        Remedy::WriteKey {} => format!("{KEY_VARIABLE}={KEY_VALUE} ({})", chosen.env_file),
        Remedy::UndoChange { .. } => format!("pincer undo {}", text("receipt")),
        Remedy::StartOllama {}
        | Remedy::RestartOllama { .. }
        | Remedy::GiveFolder { .. }
        | Remedy::AllowRun { .. }
        | Remedy::FindFolder { .. }
        | Remedy::ReadLog {}
        | Remedy::UseStore { .. }
        | Remedy::UpdateNode { .. }
        | Remedy::ConfigureElsewhere { .. }
        | Remedy::MoveOllama { .. }
        | Remedy::CloseProgram { .. }
        | Remedy::SignIn {}
        | Remedy::BypassProxy {}
        | Remedy::CorrectVariable { .. }
        | Remedy::ServeNetwork { .. }
        | Remedy::LetThrough {}
        | Remedy::AllowHost {}
        | Remedy::FreeReservedPort {}
        | Remedy::EditFile { .. } => {
            let command = offer.command.as_ref().map(|command| command.join(" "));
            let way =
                params.get("way").or(params.get("kind")).and_then(Value::as_str).map(|way| format!(".{way}"));
            let words = format!("remedy.{id}.how{}", way.unwrap_or_default());
            let words = output.words.has(&words).then(|| output.words.say_with(&words, &params));
            output.words.sentences([words, command].into_iter().flatten())
        }
    };
    if how.is_empty() {
        return label;
    }
    output.words.say_with("cli.doctor.line", &json!({ "what": label, "text": how }))
}

/// Words of closed lists within the parameters (`source`, `reason`) in the user's language. What a program said itself
/// is no word of a list, and stays.
fn in_words(output: &Output, mut params: Value) -> Value {
    for (key, list) in [("source", "address-source"), ("reason", "file-reason")] {
        let word = params.get(key).and_then(Value::as_str).map(|word| format!("{list}.{word}"));
        let word = word.filter(|word| output.words.has(word)).map(|word| output.words.say(&word));
        if let (Some(word), Some(params)) = (word, params.as_object_mut()) {
            params.insert(key.into(), word.into());
        }
    }
    params
}

fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
