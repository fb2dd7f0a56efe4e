//! The judge on Ollama itself: a start that failed, and one that answers and is not well.

use super::*;
use crate::ollama::{log::Log, service::Scope, store::Store};

const FORBIDDEN: &str =
    "Error: mkdir /mnt/big/blobs: permission denied: ensure path elements are traversable";

fn unit(active: &str, sub: &str, restarts: u32) -> Service {
    let user = Some("ollama".into());
    Service { loaded: true, active: active.into(), sub: sub.into(), restarts, user, ..Service::default() }
}

fn said(text: &str) -> Option<Log> {
    Some(Log { place: "journalctl".into(), text: text.into(), age: Some(Duration::ZERO) })
}

fn version(facts: &mut Facts, version: &str) {
    if let Some(Ok(found)) = &mut facts.models {
        found.server_version = version.into();
    }
}

fn store(folder: &str, of_service: bool, models: &[&str]) -> Store {
    let models = models.iter().map(|name| (*name).to_owned()).collect();
    Store { folder: folder.into(), of_service, models }
}

/// The only finding.
fn only(facts: &Facts) -> (String, Finding) {
    let diagnosis = judge(facts);
    let all = codes(&diagnosis);
    assert_eq!(all.len(), 1, "{all:?}");
    (all.into_iter().next().unwrap(), diagnosis.findings.into_iter().next().unwrap())
}

#[test]
fn why_a_start_failed() {
    type Change = fn(&mut Facts);
    let crashing = || Facts { service: Some(unit("activating", "auto-restart", 6)), ..down() };
    let table: &[(&str, &str, &[&str], Facts, Change)] = &[
        (
            "a crash with its reason",
            "engine.crash-looping",
            &["read-log", "restart-ollama"],
            crashing(),
            |facts| {
                facts.log = said("Error: something new\n");
            },
        ),
        ("without one", "engine.crash-looping", &["read-log", "restart-ollama"], crashing(), |_| {}),
        ("it gave up", "engine.crash-looping", &["read-log", "restart-ollama"], down(), |facts| {
            facts.service = Some(unit("failed", "failed", 5));
        }),
        (
            "a folder of others",
            "engine.models-dir-permission",
            &["give-folder", "restart-ollama"],
            crashing(),
            |facts| {
                facts.log = said(FORBIDDEN);
            },
        ),
        (
            "a user's own start",
            "engine.models-dir-permission",
            &["give-folder", "start-ollama"],
            down(),
            |facts| {
                facts.log = said(FORBIDDEN);
            },
        ),
        (
            "forbidden since gone",
            "engine.models-dir-missing",
            &["find-folder", "restart-ollama"],
            crashing(),
            |facts| {
                facts.log = said(FORBIDDEN);
                facts.absent_folder = Some("/mnt/big".into());
            },
        ),
        (
            "gone by its own words",
            "engine.models-dir-missing",
            &["find-folder", "start-ollama"],
            down(),
            |facts| {
                facts.os = Os::Windows;
                facts.log = said("Error: mkdir E:\\models: The system cannot find the path specified.");
            },
        ),
        (
            "gone, the log closed",
            "engine.models-dir-missing",
            &["find-folder", "restart-ollama"],
            crashing(),
            |facts| {
                facts.absent_folder = Some("/mnt/big".into());
            },
        ),
        ("stopped by hand", "engine.not-running", &["start-ollama"], down(), |facts| {
            facts.service = Some(unit("inactive", "dead", 0));
            facts.absent_folder = Some("/mnt/big".into());
        }),
        ("ran well last", "engine.not-running", &["start-ollama"], down(), |facts| {
            facts.log = said(&format!("{FORBIDDEN}\nmsg=\"Listening on [::]:11434\"\n"));
        }),
        ("another has its port", "engine.not-running", &["start-ollama"], down(), |facts| {
            facts.log = said("Error: listen tcp 127.0.0.1:11434: bind: address already in use");
        }),
    ];
    for os in [Os::Linux, Os::MacOs, Os::Windows] {
        for (what, code, offered, facts, change) in table {
            let mut facts = Facts { os, ..facts.clone() };
            change(&mut facts);
            let (found, finding) = only(&facts);
            assert_eq!(found, *code, "{what}, {os:?}");
            assert_eq!(remedies(&finding), *offered, "{what}, {os:?}");
            assert_eq!((finding.severity, finding.link), (Severity::Problem, Link::Engine));
        }
    }
}

#[test]
fn what_the_log_says_stands_in_the_evidence() {
    let mut facts =
        Facts { service: Some(unit("activating", "auto-restart", 6)), log: said(FORBIDDEN), ..down() };
    let (_, finding) = only(&facts);
    let cause = Cause::EngineModelsDirPermission { folder: "/mnt/big".into(), user: Some("ollama".into()) };
    assert_eq!(finding.cause, cause);
    assert!(finding.evidence.contains(&format!("journalctl: {FORBIDDEN}")));
    assert!(finding.evidence.iter().any(|seen| seen.ends_with("activating (auto-restart), NRestarts=6")));
    let command = ["sudo", "chown", "-R", "ollama:ollama", "/mnt/big"].map(str::to_owned).to_vec();
    assert_eq!(finding.remedies[0].command, Some(command));
    facts.log = said("Error: something new\n");
    let reason = Some("Error: something new".into());
    assert_eq!(
        only(&facts).1.cause,
        Cause::EngineCrashLooping { restarts: 6, reason, log: Some("journalctl".into()) }
    );
    // A silent one is shown with its last words.
    facts.effective.answer = Answer::Silent;
    facts.service = None;
    assert!(only(&facts).1.evidence.contains(&"journalctl: Error: something new".to_owned()));
}

#[test]
fn a_folder_of_long_ago_is_not_told_as_of_now() {
    let old = |mut log: Log| {
        log.age = Some(Duration::from_secs(40 * 24 * 60 * 60));
        Some(log)
    };
    let mut facts = Facts { log: old(said(FORBIDDEN).unwrap()), ..down() };
    let (code, finding) = only(&facts);
    assert_eq!(code, "engine.not-running");
    let dated = format!("journalctl, written 40 days ago: {FORBIDDEN}");
    assert!(finding.evidence.contains(&dated), "{:?}", finding.evidence);
    // It is what is named now.
    facts.models_folder = Some("/mnt/big".into());
    assert_eq!(only(&facts).0, "engine.models-dir-permission");
    facts.models_folder = Some("/home/me/.ollama/models".into());
    assert_eq!(only(&facts).0, "engine.not-running");
    // A unit's last start, or one before.
    facts.service = Some(unit("failed", "failed", 0));
    assert_eq!(only(&facts).0, "engine.models-dir-permission");
    facts.service = Some(unit("inactive", "dead", 0));
    assert_eq!(only(&facts).0, "engine.not-running");
}

#[test]
fn the_log_of_a_users_own_unit_is_the_users() {
    let own = Service { scope: Scope::User, ..unit("failed", "failed", 3) };
    let (_, finding) = only(&Facts { service: Some(own), ..down() });
    let command = finding.remedies[0].command.clone().unwrap().join(" ");
    assert_eq!(command, "journalctl --user -u ollama -n 50 --no-pager");
    assert!(finding.evidence.iter().any(|seen| seen.starts_with("systemctl --user show ollama: failed")));
}

#[test]
fn a_program_that_the_system_hides_is_not_said_to_be_another() {
    let hidden = |user: &str| PortOwner { pid: None, name: None, user: Some(user.into()), age: None };
    let running = |user: Option<&str>, main_pid| Service {
        main_pid,
        user: user.map(str::to_owned),
        ..unit("active", "running", 0)
    };
    let silent = |owner: PortOwner, service: Option<Service>| {
        let mut facts = Facts { owner: Some(owner), service, free_port: Some(11435), ..well() };
        facts.effective.answer = Answer::Silent;
        let (code, finding) = only(&facts);
        (code, finding.evidence.iter().any(|seen| seen.contains("Ollama, or another")))
    };
    let unknown = ("engine.silent".to_owned(), true);
    let known = ("engine.silent".to_owned(), false);
    let other = ("connection.other-program".to_owned(), false);
    assert_eq!(silent(hidden("bob"), None), unknown);
    assert_eq!(silent(hidden("ollama"), None), known);
    // The unit runs, and as that user; or it is another's.
    assert_eq!(silent(hidden("llm"), Some(running(Some("llm"), Some(7)))), known);
    assert_eq!(silent(hidden("root"), Some(running(None, Some(7)))), known);
    assert_eq!(silent(hidden("bob"), Some(running(Some("llm"), Some(7)))), unknown);
    assert_eq!(
        silent(hidden("llm"), Some(Service { active: "inactive".into(), ..running(Some("llm"), None) })),
        unknown
    );
    // One that is seen is the unit's by its process alone.
    assert_eq!(silent(owner("wrapper", None), Some(running(None, Some(42)))), known);
    assert_eq!(silent(owner("nc", None), Some(running(None, Some(7)))), other);
}

#[test]
fn an_old_version_is_named_and_a_newer_one_that_waits() {
    let mut facts = well();
    version(&mut facts, "0.6.3");
    let (code, finding) = only(&facts);
    assert_eq!((code.as_str(), remedies(&finding)), ("engine.too-old", vec!["get-ollama".to_owned()]));
    assert_eq!(needs(&facts), [Need::ClientVersion, Need::PortOwner(11434), Need::Service]);
    // Pincer started it from where it installs: a newer one can take its place.
    let mut own = facts.clone();
    (own.owner, own.own) = (Some(owner("ollama", None)), Some(42));
    own.program = Some("/home/me/.local/bin/ollama".into());
    assert_eq!(remedies(&only(&own).1), ["install-ollama", "get-ollama"]);
    own.program = Some("/usr/bin/ollama".into());
    assert_eq!(remedies(&only(&own).1), ["get-ollama"], "that one would be found first");
    // A restart is enough when the newer one is there.
    facts.client_version = Some("0.32.15".into());
    facts.owner = Some(owner("ollama", None));
    let (code, finding) = only(&facts);
    assert_eq!(code, "engine.too-old");
    assert_eq!(remedies(&finding), ["restart-ollama", "get-ollama"]);
    version(&mut facts, "0.32.14");
    let (code, finding) = only(&facts);
    assert_eq!((code.as_str(), finding.severity), ("engine.update-pending", Severity::Note));
    assert!(judge(&facts).ok);
    // The same, an older program, a container's server: nothing is waiting.
    for (running, installed, name) in [
        ("0.32.15", "0.32.15", "ollama"),
        ("0.33.0", "0.32.15", "ollama"),
        ("0.32.14", "0.32.15", "docker-proxy"),
    ] {
        version(&mut facts, running);
        facts.client_version = Some(installed.into());
        facts.owner = Some(owner(name, None));
        assert_eq!(codes(&judge(&facts)), Vec::<String>::new(), "{running} {installed} {name}");
    }
    facts.client_version = None;
    for fine in ["0.6.4", "0.0.0", "1.0.0", "0.10.0-rc1", "", "new"] {
        version(&mut facts, fine);
        assert_eq!(codes(&judge(&facts)), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn a_busy_server_is_none_that_fails() {
    let mut facts = well();
    facts.busy = Some("silent for 3 s".into());
    facts.models = Some(Err(Error::from(ErrorCode::OllamaSilent { url: "u".into() })));
    assert_eq!(needs(&facts), [Need::Service, Need::PortOwner(11434)]);
    let diagnosis = judge(&facts);
    assert_eq!((diagnosis.ok, codes(&diagnosis)), (true, vec!["engine.busy".to_owned()]));
    assert_eq!(states(&diagnosis)[..3], [LinkState::Ok, LinkState::Ok, LinkState::Unknown]);
    facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
    assert!(only(&facts).1.remedies.is_empty(), "another computer is not ours to restart");
}

#[test]
fn models_that_are_elsewhere_are_named_and_nothing_is_guessed() {
    let seen = |stores: Vec<Store>, unit: Option<Service>| {
        let facts = Facts { stores, service: unit, ..well() };
        let found = judge(&facts).findings.into_iter().map(|finding| finding.cause).next();
        match found {
            Some(Cause::ModelsSecondStore { folder, names }) => Some((folder, names.join(" "))),
            None => None,
            other => panic!("{other:?}"),
        }
    };
    let service = |models: &[&str]| store("/service", true, models);
    let own = |models: &[&str]| store("/own", false, models);
    let named = |folder: &str, names: &str| Some((folder.to_owned(), names.to_owned()));
    let running = || Some(unit("active", "running", 0));
    // The server has qwen3:8b and gemma2:2b.
    assert_eq!(seen(vec![own(&["mistral:7b", "qwen3:8b"])], None), named("/own", "mistral:7b"));
    assert_eq!(seen(vec![service(&["mistral:7b"])], running()), named("/service", "mistral:7b"));
    assert_eq!(seen(vec![service(&["mistral:7b"])], None), None, "what a service left behind");
    assert_eq!(seen(vec![own(&["qwen3:8b"])], None), None, "nothing that the server lacks");
    assert_eq!(
        seen(vec![own(&["qwen3:8b", "gemma2:2b", "broken:1b"])], None),
        None,
        "it may be the server's own"
    );
    let both = vec![own(&["qwen3:8b", "gemma2:2b", "b:1b"]), service(&["gemma2:2b", "Qwen3:8b"])];
    assert_eq!(seen(both, running()), named("/own", "b:1b"), "the service's is the server's own");
    let mut remote = Facts { stores: vec![own(&["mistral:7b"])], ..well() };
    remote.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
    assert_eq!(codes(&judge(&remote)), Vec::<String>::new(), "another computer has models of its own");
    // The service is asked about only where it matters.
    let mut facts = Facts { stores: vec![service(&["mistral:7b"])], ..well() };
    assert_eq!(needs(&facts), [Need::Service]);
    facts.stores = vec![service(&["qwen3:8b"])];
    assert_eq!(needs(&facts), []);
    // An empty list has its own problem; where the models are comes with it.
    facts.models = Some(Ok(Discovered { server_version: "0.32.15".into(), models: Vec::new() }));
    facts.stores = vec![own(&["mistral:7b"])];
    assert_eq!(
        codes(&judge(&facts)),
        ["models.none-installed", "settings.model-not-installed", "models.second-store"]
    );
}

/// How the restart of a silent server is offered.
fn restart_of(facts: &Facts) -> serde_json::Value {
    let (code, finding) = only(facts);
    assert_eq!(code, "engine.silent");
    serde_json::to_value(finding.remedies.last().unwrap()).unwrap()
}

#[test]
fn a_restart_is_a_button_only_where_it_is_pincers_to_do() {
    use serde_json::json;
    let mut facts = well();
    facts.effective.answer = Answer::Silent;
    facts.owner = Some(owner("ollama", Some(600)));
    let serve = json!(["ollama", "serve"]);
    let expected =
        json!({ "id": "restart-ollama", "params": { "way": "by-hand" }, "kind": "manual", "command": serve });
    assert_eq!(restart_of(&facts), expected);
    facts.own = Some(42);
    let expected = json!({ "id": "restart-ollama", "params": { "way": "own" }, "kind": "action" });
    assert_eq!(restart_of(&facts), expected);
    facts.own = None;
    facts.service = Some(Service { main_pid: Some(42), ..unit("active", "running", 0) });
    let command = json!(["pkexec", "systemctl", "restart", "ollama"]);
    let expected = json!({ "id": "restart-ollama", "params": { "way": "service" }, "kind": "action",
        "command": command, "password": true });
    assert_eq!(restart_of(&facts), expected);
    facts.rights = Rights::Nothing;
    let command = json!(["sudo", "systemctl", "restart", "ollama"]);
    let expected = json!({ "id": "restart-ollama", "params": { "way": "service" }, "kind": "manual",
        "command": command });
    assert_eq!(restart_of(&facts), expected);
}

#[test]
fn a_start_by_the_service_says_that_it_takes_a_password() {
    use serde_json::json;
    let mut facts = down();
    facts.service = Some(unit("inactive", "dead", 0));
    let offer = |facts: &Facts| serde_json::to_value(&only(facts).1.remedies[0]).unwrap();
    let command = json!(["pkexec", "systemctl", "start", "ollama"]);
    let expected = json!({ "id": "start-ollama", "params": {}, "kind": "action", "command": command,
        "password": true });
    assert_eq!(offer(&facts), expected);
    facts.rights = Rights::Nothing;
    assert_eq!((&offer(&facts)["kind"], &offer(&facts)["command"][0]), (&json!("manual"), &json!("sudo")));
    facts.service = None;
    assert_eq!(offer(&facts), json!({ "id": "start-ollama", "params": {}, "kind": "action" }));
}

#[test]
fn what_the_second_stage_could_change_is_not_said_before_it() {
    assert_eq!(judge_partly(&well(), None), None, "nothing is waited for");
    let mut facts = down();
    settings(&mut facts).primary = None;
    let partial = judge_partly(&facts, None).unwrap();
    assert_eq!(partial.checking, [Link::Engine, Link::Connection]);
    assert_eq!(codes(&partial), ["settings.no-primary"], "why it is refused is not known yet");
    use LinkState::{Broken, Unknown, Waiting};
    assert_eq!(states(&partial), [Unknown, Unknown, Unknown, Broken, Waiting]);
    // What was found before stays until there is better.
    let partial = judge_partly(&facts, Some(&judge(&down()))).unwrap();
    assert_eq!(codes(&partial), ["engine.not-running", "settings.no-primary"]);
    assert!(judge(&facts).checking.is_empty());
    // Where OpenClaw may live elsewhere, its settings here say nothing yet.
    let mut facts = well();
    without_openclaw(&mut facts);
    settings(&mut facts).primary = None;
    let partial = judge_partly(&facts, None).unwrap();
    assert_eq!((partial.checking, partial.findings.len()), (vec![Link::Settings, Link::Openclaw], 0));
}

#[test]
fn only_an_ollama_that_pincer_started_and_nothing_else_starts_is_gone_after_this_login() {
    let mut facts = well();
    facts.own = Some(42);
    assert!(needs(&facts).is_empty(), "a login item is there");
    facts.at_login = false;
    assert_eq!(needs(&facts), [Need::PortOwner(11434), Need::Service]);
    facts.owner = Some(owner("ollama", Some(600)));
    facts.service = Some(Service::default());
    let (code, finding) = only(&facts);
    assert_eq!((code.as_str(), finding.severity), ("engine.not-at-login", Severity::Warning));
    assert_eq!(remedies(&finding), ["start-at-login"]);
    assert!(judge(&facts).ok);
    // Without systemd it could not be changed; someone else's, or a service's, is not ours to speak of.
    for change in [
        |facts: &mut Facts| facts.service = None,
        |facts: &mut Facts| facts.service = Some(unit("active", "running", 0)),
        |facts: &mut Facts| facts.own = None,
        |facts: &mut Facts| facts.own = Some(43),
        |facts: &mut Facts| facts.owner = None,
    ] {
        let mut facts = facts.clone();
        change(&mut facts);
        assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    }
    facts.service = None;
    facts.os = Os::MacOs;
    assert_eq!(only(&facts).0, "engine.not-at-login");
}
