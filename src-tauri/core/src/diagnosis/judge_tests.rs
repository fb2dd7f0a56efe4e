//! The judge as a table: facts in, the first finding, the path, and what is hidden.

use std::{collections::HashMap, time::Duration};

use super::*;
use crate::{
    computer::{AddressSource, Unset},
    diagnosis::facts::{OpenclawFacts, ProxyFact, SettingsFact},
    error::{Error, ErrorCode, FileReason},
    machine::{os::Os, port_owner::PortOwner},
    models::{
        check::{CheckOutcome, Checked},
        discovery::Discovered,
        model::Verdict,
    },
    ollama::{
        address::Address,
        wire::{Show, Tag},
    },
    ollama::{
        service::{Rights, Service},
        wire::Loaded,
    },
    openclaw::{
        elsewhere::Elsewhere,
        gateway::Gateway,
        outcome::ListedModel,
        program::OpenclawProgram,
        settings::{Sends, Settings},
        verdict::Refusal,
        version::Version,
    },
};

fn model(id: &str, capabilities: &[&str]) -> Model {
    let tag = Tag { name: id.into(), digest: format!("digest of {id}"), ..Tag::default() };
    let capabilities = Some(capabilities.iter().map(|one| (*one).to_owned()).collect());
    crate::models::discovery::judge(&tag, Some(&Show { capabilities, ..Show::default() }))
}

fn candidate(url: &str, source: AddressSource, answer: Answer) -> Candidate {
    Candidate {
        address: Address::parse(url).unwrap(),
        source,
        answer,
        evidence: format!("{url}: seen"),
        wants_tls: false,
    }
}

/// A machine where everything is in order.
fn well() -> Facts {
    let models = vec![model("qwen3:8b", &["completion", "tools"]), model("gemma2:2b", &["completion"])];
    let settings = Settings {
        primary: Some("ollama/qwen3:8b".into()),
        provider: true,
        listed: vec!["qwen3:8b".into()],
        api_key: true,
        base_url: Some("http://127.0.0.1:11434".into()),
        api: Some("ollama".into()),
        entries: vec![ListedModel { id: "qwen3:8b".into(), ..ListedModel::default() }],
        sends: sends("qwen3:8b"),
        timeout: Some(300),
        gateway_mode: Some("local".into()),
        ..Settings::default()
    };
    Facts {
        remote: false,
        effective: candidate("127.0.0.1", AddressSource::Default, Answer::Ollama),
        written: None,
        invalid_base_url: None,
        os: Os::Linux,
        localhost: Vec::new(),
        others: Vec::new(),
        openclaws: None,
        loaded: Vec::new(),
        last_check: None,
        busy: None,
        stores: Vec::new(),
        memory: None,
        checked: HashMap::new(),
        models: Some(Ok(Discovered { server_version: "0.32.15".into(), models })),
        program: Some("/usr/local/bin/ollama".into()),
        not_executable: None,
        proxy: None,
        openclaw: OpenclawFacts {
            file: "/home/me/.openclaw/openclaw.json".into(),
            program: Some(OpenclawProgram { path: "/usr/bin/openclaw".into(), version: None, node: None }),
            state_folder: true,
            gateway: Gateway::Answers,
            settings: SettingsFact::Read(settings),
            key: false,
            key_here: false,
            unset: Vec::new(),
            env_file: "/home/me/.openclaw/.env".into(),
            stale: Vec::new(),
            refused: Vec::new(),
            hash: None,
            verdict: None,
            sees: None,
            last_change: None,
            nodes: Vec::new(),
            silent_node: false,
            elsewhere: Elsewhere::default(),
            gateway_owner: None,
            gateway_is_other: false,
            at_login: false,
            may_start_at_login: false,
            gateway_has_secret: false,
            seen_from_gateway: None,
        },
        asked_early: false,
        service_without_program: false,
        service: None,
        rights: Rights::default(),
        at_login: true,
        enabled_at_login: false,
        own: None,
        log: None,
        models_folder: None,
        absent_folder: None,
        client_version: None,
        owner: None,
        free_port: None,
        variable: None,
        reserved_ports: Vec::new(),
    }
}

fn down() -> Facts {
    let effective = candidate("127.0.0.1", AddressSource::Default, Answer::Refused);
    Facts { effective, models: None, ..well() }
}

fn settings(facts: &mut Facts) -> &mut Settings {
    match &mut facts.openclaw.settings {
        SettingsFact::Read(settings) => settings,
        other => panic!("{other:?}"),
    }
}

/// A listed model that is told the usual context.
fn sends(id: &str) -> Vec<Sends> {
    vec![Sends { id: id.into(), num_ctx: Some(32_768), ..Sends::default() }]
}

/// Ten gigabytes of a model in memory, so many of them on the graphics card.
fn loaded(name: &str, on_card: u64, context_length: u64) -> Loaded {
    let (size, size_vram) = (10_000_000_000, on_card * 1_000_000_000);
    Loaded { name: name.into(), size, size_vram, context_length, expires_at: String::new() }
}

fn codes(diagnosis: &Diagnosis) -> Vec<String> {
    let code =
        |finding: &Finding| serde_json::to_value(finding).unwrap()["code"].as_str().unwrap().to_owned();
    diagnosis.findings.iter().map(code).collect()
}

fn states(diagnosis: &Diagnosis) -> Vec<LinkState> {
    diagnosis.path.iter().map(|station| station.state).collect()
}

fn remedies(finding: &Finding) -> Vec<String> {
    let id = |offer: &Offer| serde_json::to_value(offer).unwrap()["id"].as_str().unwrap().to_owned();
    finding.remedies.iter().map(id).collect()
}

/// The effective address, from the settings, fails in this way.
fn fails(facts: &mut Facts, url: &str, code: impl Fn(String) -> ErrorCode) {
    let error = Error::new(code(url.into()), "seen");
    facts.effective = candidate(url, AddressSource::Settings, Answer::Failed(error));
}

/// What a live check of that model showed.
fn tried(facts: &mut Facts, name: &str, at: u64, outcome: CheckOutcome) {
    let checked = Checked::new(at, outcome);
    facts.checked.insert(name.to_owned(), checked);
}

/// One more ready model, listed like the first.
fn with_ready(facts: &mut Facts, name: &str) {
    if let Some(Ok(found)) = &mut facts.models {
        found.models.push(model(name, &["completion", "tools"]));
    }
    settings(facts).listed.push(name.into());
}

fn owner(name: &str, age: Option<u64>) -> PortOwner {
    PortOwner {
        pid: Some(42),
        name: Some(name.into()),
        user: Some("me".into()),
        age: age.map(Duration::from_secs),
    }
}

fn proxy(here: bool) -> ProxyFact {
    ProxyFact { variable: "HTTP_PROXY".into(), place: "somewhere".into(), here }
}

fn unset(name: &str, here: bool) -> Unset {
    Unset { name: name.into(), here }
}

/// Its program is not here, and nothing is on its gateway's port.
fn without_openclaw(facts: &mut Facts) {
    facts.openclaw.program = None;
    facts.openclaw.gateway = Gateway::None;
}

#[path = "judge_causes_tests.rs"]
mod on_causes;
#[path = "judge_engine_tests.rs"]
mod on_engine;
#[path = "judge_models_tests.rs"]
mod on_models;
#[path = "judge_openclaw_tests.rs"]
mod on_openclaw;
#[path = "judge_slow_tests.rs"]
mod on_slow;

#[test]
fn all_well() {
    let diagnosis = judge(&well());
    assert_eq!((diagnosis.ok, codes(&diagnosis)), (true, vec![]));
    assert_eq!(states(&diagnosis), [LinkState::Ok; 5]);
    assert!(needs(&well()).is_empty());
}

#[test]
fn a_cause_hides_its_consequences_and_nothing_else() {
    // Server down and no program of OpenClaw: two causes, by path; nothing about models or being off.
    let mut facts = down();
    without_openclaw(&mut facts);
    facts.openclaw.settings = SettingsFact::Absent;
    let diagnosis = judge(&facts);
    assert_eq!(codes(&diagnosis), ["engine.not-running", "openclaw.not-installed"]);
    assert_eq!(states(&diagnosis)[0], LinkState::Broken);
    assert_eq!(states(&diagnosis)[1..], [LinkState::Waiting; 4]);

    // An unreadable file hides what else could be said of settings.
    let mut facts = down();
    facts.openclaw.settings = SettingsFact::Unreadable(Error::from(ErrorCode::Internal {}));
    assert_eq!(codes(&judge(&facts)), ["engine.not-running", "settings.unreadable"]);

    // A warning does not break its station, and comes after the problems.
    let mut facts = well();
    settings(&mut facts).listed.push("gone:1b".into());
    without_openclaw(&mut facts);
    let diagnosis = judge(&facts);
    assert_eq!(codes(&diagnosis), ["openclaw.not-installed", "settings.model-not-installed"]);
    assert_eq!(states(&diagnosis)[3], LinkState::Ok);
}

#[test]
fn nothing_is_claimed_beyond_the_evidence() {
    // A model that the server says nothing about might have tools.
    let mut facts = well();
    let tag = Tag { name: "old:latest".into(), ..Tag::default() };
    let unknown = crate::models::discovery::judge(&tag, Some(&Show::default()));
    assert_eq!(unknown.verdict, Verdict::Unknown);
    facts.models = Some(Ok(Discovered { server_version: "0.5.0".into(), models: vec![unknown] }));
    settings(&mut facts).primary = Some("ollama/old".into());
    settings(&mut facts).listed = vec!["old".into()];
    settings(&mut facts).sends = sends("old");
    assert_eq!(codes(&judge(&facts)), ["engine.too-old"], "nothing of the model");

    // While it starts, nothing is broken and nothing is fine.
    let mut facts = well();
    facts.effective.answer = Answer::Silent;
    facts.owner = Some(owner("ollama", Some(3)));
    facts.models = None;
    assert_eq!(states(&judge(&facts))[..3], [LinkState::Unknown; 3]);
}

#[test]
fn a_check_says_nothing_of_others_and_a_newer_one_counts() {
    // Another model's fault, one that is not lasting, one of files that are gone.
    let mut facts = well();
    tried(&mut facts, "gemma2:2b", 1, CheckOutcome::CallAsText {});
    tried(&mut facts, "qwen3:8b", 2, CheckOutcome::CalledTool {});
    tried(&mut facts, "gone:1b", 3, CheckOutcome::RunnerMissing {});
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    // A load that went well since says that Ollama is mended.
    let mut facts = well();
    tried(&mut facts, "gemma2:2b", 1, CheckOutcome::RunnerMissing {});
    tried(&mut facts, "qwen3:8b", 2, CheckOutcome::CalledTool {});
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    let mut facts = well();
    tried(&mut facts, "gemma2:2b", 1, CheckOutcome::RunnerMissing {});
    facts.loaded = vec![Loaded {
        name: "other".into(),
        size: 1,
        size_vram: 1,
        context_length: 4096,
        expires_at: String::new(),
    }];
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    // While the server does not answer, nothing is said of its models.
    let mut facts = down();
    tried(&mut facts, "qwen3:8b", 2, CheckOutcome::CallAsText {});
    assert_eq!(codes(&judge(&facts)), ["engine.not-running"]);
}

#[test]
fn names_are_compared_by_ollamas_rules() {
    let mut facts = well();
    let models = vec![model("granite4:latest", &["tools", "completion"])];
    facts.models = Some(Ok(Discovered { server_version: "0".into(), models }));
    settings(&mut facts).primary = Some("ollama/Granite4".into());
    settings(&mut facts).listed = vec!["granite4".into()];
    settings(&mut facts).sends = sends("GRANITE4");
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
}

#[test]
fn only_what_is_needed_is_asked() {
    let mut facts = down();
    assert_eq!(needs(&facts), [Need::Service, Need::Log]);
    facts.effective.answer = Answer::Other;
    assert_eq!(needs(&facts), [Need::PortOwner(11434), Need::FreePort(11434)]);
    facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Silent);
    assert_eq!(needs(&facts), []);
}

#[test]
fn a_pasted_error_is_explained_by_what_is_found() {
    use crate::diagnosis::pasted::{Topic, explain};
    let code = |found: &crate::diagnosis::pasted::Explanation| {
        found.finding.as_ref().map(|finding| serde_json::to_value(finding).unwrap()["code"].clone())
    };
    // The text fits what is found.
    let refused = explain("connect ECONNREFUSED 127.0.0.1:11434", &judge(&down()));
    assert_eq!((refused.topic, refused.fits), (Some(Topic::Unreached), true));
    assert_eq!(code(&refused).unwrap(), "engine.not-running");
    // The checks win over the text.
    let other = explain("gemma2:2b does not support tools", &judge(&down()));
    assert_eq!((other.topic, other.fits), (Some(Topic::NoTools), false));
    assert_eq!(code(&other).unwrap(), "engine.not-running");
    // A problem that fits comes before an earlier one that does not.
    let mut both = down();
    settings(&mut both).fallback_key = true;
    let key = explain("agents.defaults.model: Unrecognized key: \"fallback\"", &judge(&both));
    assert_eq!((code(&key).unwrap(), key.fits), ("settings.fallback-key".into(), true));
    // Nothing is wrong, and nothing is known of the text.
    let well = explain("it does not work", &judge(&well()));
    assert_eq!((well.topic, well.finding, well.fits), (None, None, false));
}

/// The shell is not OpenClaw's service, and the newest version goes by no proxy to its own computer.
#[test]
fn a_proxy_counts_by_version_and_by_who_has_it() {
    for (version, here, expected) in [
        (None, false, None),
        (Version::find("2026.9.6"), false, None),
        (Version::find("2026.8.2"), false, Some(Severity::Problem)),
        (Version::find("2026.8.2"), true, Some(Severity::Note)),
    ] {
        let mut facts = well();
        settings(&mut facts).last_touched = version;
        facts.proxy = Some(proxy(here));
        let found = judge(&facts).findings.first().map(|finding| finding.severity);
        assert_eq!(found, expected, "{version:?} {here}");
    }
}

#[test]
fn a_reference_counts_by_version_and_by_who_sets_it() {
    let (key, other) = ("OLLAMA_API_KEY", "MY_KEY");
    for (version, name, here, severity, remedy) in [
        ("2026.8.2", key, false, Severity::Problem, "repair-settings"),
        ("2026.9.6", key, false, Severity::Warning, "repair-settings"),
        ("2026.8.2", key, true, Severity::Warning, "write-key"),
        ("2026.9.6", other, true, Severity::Warning, "edit-file"),
    ] {
        let mut facts = well();
        settings(&mut facts).last_touched = Version::find(version);
        facts.openclaw.unset = vec![unset(name, here)];
        let diagnosis = judge(&facts);
        let finding = diagnosis.findings.first().unwrap();
        assert_eq!(
            (finding.severity, remedies(finding)),
            (severity, vec![remedy.to_owned()]),
            "{version} {name}"
        );
    }
    // Its address no version does without.
    let mut facts = well();
    settings(&mut facts).base_url = Some("${OLLAMA_URL}".into());
    facts.openclaw.unset = vec![unset("OLLAMA_URL", false)];
    let diagnosis = judge(&facts);
    let finding = diagnosis.findings.first().unwrap();
    assert_eq!((finding.severity, remedies(finding)), (Severity::Problem, vec!["use-address".to_owned()]));
}
