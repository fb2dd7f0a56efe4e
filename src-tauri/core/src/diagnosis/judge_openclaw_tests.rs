//! The judge on OpenClaw itself: where it lives, and whether its gateway starts.

use super::*;
use crate::openclaw::elsewhere::{Container, Distribution, Engine, Network, Networking};

fn gateway(facts: &mut Facts, name: Option<&str>) {
    facts.openclaw.program = None;
    facts.openclaw.gateway = Gateway::Answers;
    facts.openclaw.gateway_owner = Some(PortOwner { name: name.map(str::to_owned), ..owner("x", None) });
}

fn docker(facts: &mut Facts) {
    without_openclaw(facts);
    facts.openclaw.elsewhere.container = Some(container(Network::Desktop));
}

fn container(network: Network) -> Container {
    Container { name: "assistant".into(), engine: Engine::Docker, network }
}

fn wsl(facts: &mut Facts) {
    facts.os = Os::Windows;
    without_openclaw(facts);
    let networking = Networking::Shared;
    facts.openclaw.elsewhere.distribution = Some(Distribution { name: "Ubuntu".into(), networking });
}

#[test]
fn where_it_lives_its_settings_do_too() {
    type Change = fn(&mut Facts);
    let table: &[(&str, &str, Change)] = &[
        ("a container", "http://host.docker.internal:11434", docker),
        ("a Linux beside Windows", "http://127.0.0.1:11434", wsl),
        ("an engine of containers", "http://192.168.1.5:11434", |facts| gateway(facts, Some("docker-proxy"))),
        ("a tunnel", "http://192.168.1.5:11434", |facts| gateway(facts, Some("sshd"))),
        ("WSL behind its relay", "http://192.168.1.5:11434", |facts| gateway(facts, Some("wslrelay.exe"))),
        ("another user's", "http://127.0.0.1:11434", |facts| gateway(facts, None)),
        ("an Ollama of the network", "http://192.0.2.7:11434", |facts| {
            docker(facts);
            facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
        }),
    ];
    for (what, url, change) in table {
        let mut facts = well();
        // What the files here say does not matter.
        settings(&mut facts).fallback_key = true;
        facts.openclaw.elsewhere.own = "192.168.1.5".parse().ok();
        change(&mut facts);
        let diagnosis = judge(&facts);
        assert_eq!(codes(&diagnosis), ["openclaw.elsewhere"], "{what}");
        assert_eq!(states(&diagnosis)[3..], [LinkState::Unknown, LinkState::Broken], "{what}");
        let offers = &diagnosis.findings[0].remedies;
        // Nothing that would write here: by hand, and there.
        assert!(offers.iter().all(|offer| offer.kind == RemedyKind::Manual), "{what}");
        let Remedy::ConfigureElsewhere { url: told, text, .. } = &offers[0].remedy else {
            panic!("{offers:?}")
        };
        assert_eq!((told.as_str(), text.contains(url)), (*url, true), "{what}");
    }
    // Node of this user: a program that our PATH does not show.
    let mut facts = well();
    gateway(&mut facts, Some("node"));
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    assert_eq!(states(&judge(&facts))[4], LinkState::Unknown);
    // Something on its port that is not it says neither.
    let mut facts = well();
    facts.openclaw.program = None;
    facts.openclaw.gateway = Gateway::Silent;
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    // One that is known to be another does.
    facts.openclaw.gateway_is_other = true;
    assert_eq!(codes(&judge(&facts)), ["openclaw.not-installed", "openclaw.gateway-port-taken"]);
    // With a program here, a container is another's.
    let mut facts = well();
    facts.openclaw.elsewhere.container = Some(container(Network::Host));
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
}

#[test]
fn whoever_holds_the_port_says_what_is_behind_it() {
    for (program, expected) in [
        ("docker-proxy", (true, false)),
        ("com.docker.backend.exe", (true, false)),
        ("ssh", (false, true)),
        ("wslrelay.exe", (false, false)),
        ("nginx", (false, false)),
    ] {
        let mut facts = well();
        gateway(&mut facts, Some(program));
        let diagnosis = judge(&facts);
        let Cause::OpenclawElsewhere { contained, forwarded, .. } = diagnosis.findings[0].cause else {
            panic!("{diagnosis:?}")
        };
        assert_eq!((contained, forwarded), expected, "{program}");
        let named = diagnosis.findings[0].evidence.iter().any(|seen| seen.contains(program));
        assert_eq!(named, program != "nginx", "{program}");
    }
}

#[test]
fn a_gateway_that_does_not_run_has_a_reason() {
    let quiet = || {
        let mut facts = well();
        facts.openclaw.gateway = Gateway::None;
        facts
    };
    let found = |facts: &Facts| {
        let finding = judge(facts).findings.into_iter().next().unwrap();
        (codes(&judge(facts)).remove(0), finding.severity, remedies(&finding).remove(0))
    };
    let note = ("openclaw.gateway-stopped".to_owned(), Severity::Note, "start-gateway".to_owned());
    assert_eq!(found(&quiet()), note);
    let mut facts = quiet();
    settings(&mut facts).gateway_mode = None;
    let unset = ("openclaw.gateway-mode-unset".to_owned(), Severity::Problem, "set-gateway-mode".to_owned());
    assert_eq!(found(&facts), unset);
    // The Node comes first: without one nothing starts.
    if let Some(program) = &mut facts.openclaw.program {
        program.node = Some(">=24.16".into());
    }
    assert_eq!(needs(&facts), [Need::Nodes]);
    facts.openclaw.nodes = vec!["18.20.4".into(), "22.1.0".into()];
    let old = ("openclaw.node-too-old".to_owned(), Severity::Problem, "update-node".to_owned());
    assert_eq!(found(&facts), old);
    assert_eq!(codes(&judge(&facts)).len(), 1);
    facts.openclaw.nodes = vec!["18.20.4".into(), "24.16.0".into()];
    assert_eq!(found(&facts), unset, "one of them may be the one");
    facts.openclaw.nodes = vec!["18.20.4".into()];
    facts.openclaw.silent_node = true;
    assert!(
        !codes(&judge(&facts)).contains(&"openclaw.node-too-old".to_owned()),
        "one that did not answer may do"
    );
    facts.openclaw.silent_node = false;
    facts.openclaw.nodes = Vec::new();
    assert_eq!(found(&facts), unset, "none was seen");

    // One that answers is proof enough; one on another network is not seen from here.
    let mut facts = well();
    settings(&mut facts).gateway_mode = None;
    facts.openclaw.nodes = vec!["18.20.4".into()];
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    for (bind, expected) in [("tailnet", 0), ("custom", 0), ("loopback", 1), ("lan", 1)] {
        let mut facts = quiet();
        settings(&mut facts).gateway_bind = Some(bind.into());
        assert_eq!(codes(&judge(&facts)).len(), expected, "{bind}");
    }
    // Without a file it is not set up yet.
    let mut facts = quiet();
    facts.openclaw.settings = SettingsFact::Absent;
    facts.openclaw.key = true;
    assert_eq!(codes(&judge(&facts)), ["settings.no-primary"]);
}

#[test]
fn only_without_a_program_it_is_looked_for_elsewhere() {
    let mut facts = well();
    assert_eq!(needs(&facts), []);
    facts.openclaw.program = None;
    assert_eq!(needs(&facts), [Need::Elsewhere, Need::GatewayOwner(18789)]);
    facts.openclaw.gateway = Gateway::None;
    assert_eq!(needs(&facts), [Need::Elsewhere]);
    let mut facts = well();
    facts.openclaw.gateway = Gateway::Silent;
    assert_eq!(needs(&facts), [Need::GatewayOwner(18789)]);
}

#[test]
fn another_program_on_its_port_is_named() {
    let mut facts = well();
    facts.openclaw.gateway = Gateway::Silent;
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new(), "it may be starting");
    facts.openclaw.gateway_is_other = true;
    facts.openclaw.gateway_owner = Some(owner("nginx", Some(7)));
    let diagnosis = judge(&facts);
    assert_eq!(codes(&diagnosis), ["openclaw.gateway-port-taken"]);
    assert_eq!(diagnosis.findings[0].severity, Severity::Problem);
    assert_eq!(states(&diagnosis)[4], LinkState::Broken);
    // Its own gateway is on another computer.
    settings(&mut facts).gateway_mode = Some("remote".into());
    assert_eq!(codes(&judge(&facts)), ["openclaw.elsewhere"]);
}

#[test]
fn a_model_that_openclaw_does_not_list_is_named_when_nothing_else_explains_it() {
    type Change = fn(&mut Facts);
    let table: &[(&str, bool, Change)] = &[
        ("not asked", false, |facts| facts.openclaw.sees = None),
        ("listed", false, |facts| facts.openclaw.sees = Some(vec!["gemma2:2b".into(), "QWEN3:8b".into()])),
        ("another listed", true, |_| {}),
        ("none listed", true, |facts| facts.openclaw.sees = Some(Vec::new())),
        ("another provider's", false, |facts| settings(facts).primary = Some("anthropic/claude".into())),
        ("refused settings", false, |facts| {
            facts.openclaw.verdict = Some(vec![Refusal { path: "models".into(), message: "Invalid".into() }]);
        }),
        ("another Ollama asked", false, |facts| {
            facts.openclaws = Some(candidate("nas", AddressSource::Settings, Answer::Ollama));
        }),
    ];
    for (what, named, change) in table {
        let mut facts = well();
        facts.openclaw.sees = Some(vec!["gemma2:2b".into()]);
        change(&mut facts);
        let diagnosis = judge(&facts);
        let finding = diagnosis
            .findings
            .iter()
            .find(|finding| finding.cause == Cause::OpenclawDoesNotSeeModel { name: "qwen3:8b".into() });
        assert_eq!(finding.is_some(), *named, "{what}: {:?}", codes(&diagnosis));
        if let Some(finding) = finding {
            assert_eq!(finding.severity, Severity::Warning);
            assert_eq!(finding.remedies[0], action(Remedy::UseModel { name: "qwen3:8b".into() }));
            assert!(diagnosis.ok);
        }
    }
}

#[test]
fn a_gateway_of_another_computer_is_said_to_be_there() {
    let mut facts = well();
    // Of what the files here say of Ollama nothing counts.
    settings(&mut facts).fallback_key = true;
    settings(&mut facts).gateway_mode = Some("remote".into());
    let of = |facts: &Facts| {
        let diagnosis = judge(facts);
        assert_eq!(codes(&diagnosis), ["openclaw.elsewhere"]);
        assert_eq!(states(&diagnosis)[3..], [LinkState::Unknown, LinkState::Broken]);
        let finding = diagnosis.findings.into_iter().next().unwrap();
        let Cause::OpenclawElsewhere { remote, .. } = &finding.cause else { panic!("{finding:?}") };
        let Remedy::ConfigureElsewhere { url, .. } = &finding.remedies[0].remedy else {
            panic!("{finding:?}")
        };
        assert_eq!(finding.remedies.len(), 1, "nothing is started here");
        (remote.clone().unwrap(), url.clone())
    };
    // Without an address it is known all the same that it is not here.
    // No address of this one that is known: none that would lead back to that one.
    let gap = "http://<address-of-this-computer>:11434";
    assert_eq!(of(&facts), ("gateway.mode: remote".to_owned(), gap.to_owned()));
    settings(&mut facts).gateway_remote = Some("wss://me:secret@nas.local:18789/?token=t".into());
    facts.openclaw.seen_from_gateway = Some([192, 168, 7, 3].into());
    for gateway in [Gateway::None, Gateway::Silent, Gateway::Answers] {
        facts.openclaw.gateway = gateway;
        assert_eq!(of(&facts), ("nas.local:18789".to_owned(), "http://192.168.7.3:11434".to_owned()));
    }
    // An Ollama of the network is seen from everywhere; a client without a program is one, too.
    facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Ollama);
    facts.openclaw.program = None;
    assert_eq!(of(&facts).1, "http://192.0.2.7:11434");
}

#[test]
fn a_gateway_for_the_network_needs_something_to_ask_for() {
    type Change = fn(&mut Facts);
    let table: &[(&str, bool, Change)] = &[
        ("nothing set", true, |_| {}),
        ("a token", false, |facts| facts.openclaw.gateway_has_secret = true),
        ("for this computer alone", false, |facts| settings(facts).gateway_bind = Some("loopback".into())),
        ("it runs", false, |facts| facts.openclaw.gateway = Gateway::Answers),
        ("its mode comes first", false, |facts| settings(facts).gateway_mode = None),
    ];
    for (what, named, change) in table {
        let mut facts = well();
        facts.openclaw.gateway = Gateway::None;
        settings(&mut facts).gateway_bind = Some("lan".into());
        change(&mut facts);
        let diagnosis = judge(&facts);
        let finding = diagnosis
            .findings
            .iter()
            .find(|finding| finding.cause == Cause::OpenclawGatewayNoToken { bind: "lan".into() });
        assert_eq!(finding.is_some(), *named, "{what}: {:?}", codes(&diagnosis));
        if let Some(finding) = finding {
            assert_eq!(
                (finding.severity, &finding.remedies[..]),
                (Severity::Problem, &[action(Remedy::SetGatewayToken {})][..])
            );
            assert_eq!(codes(&diagnosis).len(), 1, "it is not said to be stopped as well");
        }
    }
}

#[test]
fn what_is_set_to_start_with_the_computer_and_does_not_run_is_more_than_a_note() {
    let mut facts = well();
    facts.openclaw.at_login = true;
    assert_eq!(codes(&judge(&facts)), Vec::<String>::new());
    facts.openclaw.gateway = Gateway::None;
    let diagnosis = judge(&facts);
    assert_eq!(codes(&diagnosis), ["openclaw.gateway-did-not-start"]);
    let finding = &diagnosis.findings[0];
    assert_eq!((finding.severity, remedies(finding)), (Severity::Warning, vec!["start-gateway".to_owned()]));
    // Why it cannot start comes first.
    settings(&mut facts).gateway_mode = None;
    assert_eq!(codes(&judge(&facts)), ["openclaw.gateway-mode-unset"]);

    // One that runs and is not set is worth a note, where it can be set.
    let mut facts = well();
    facts.openclaw.may_start_at_login = true;
    let diagnosis = judge(&facts);
    assert_eq!(codes(&diagnosis), ["openclaw.gateway-not-at-login"]);
    let finding = &diagnosis.findings[0];
    assert_eq!((finding.severity, remedies(finding)), (Severity::Note, vec!["gateway-at-login".to_owned()]));

    // Ollama.
    for enabled in [false, true] {
        let mut facts = Facts { enabled_at_login: enabled, ..down() };
        facts.log = None;
        let finding = judge(&facts).findings.into_iter().next().unwrap();
        let Cause::EngineNotRunning { enabled: said, .. } = finding.cause else { panic!("{finding:?}") };
        assert_eq!((said, remedies(&finding)), (enabled, vec!["start-ollama".to_owned()]));
    }
}
