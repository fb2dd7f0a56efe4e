//! The table of causes: each from the facts that make it, one change to a machine where everything is in order.

use super::*;

#[test]
fn each_cause_from_its_facts() {
    type Change = fn(&mut Facts);
    let silent: Change = |facts| facts.effective.answer = Answer::Silent;
    let table: &[(&str, &str, &[&str], Facts, Change)] = &[
        ("not running", "engine.not-running", &["start-ollama"], down(), |_| {}),
        ("only a unit", "engine.not-running", &["start-ollama"], down(), |facts| {
            facts.program = None;
            facts.service = Some(Service { loaded: true, ..Service::default() });
        }),
        ("not installed", "engine.not-installed", &["install-ollama", "get-ollama"], down(), |facts| {
            facts.program = None;
            facts.service = Some(Service::default());
        }),
        ("young and silent", "engine.starting", &[], well(), |facts| {
            facts.effective.answer = Answer::Silent;
            facts.owner = Some(owner("ollama", Some(44)));
        }),
        ("old and silent", "engine.silent", &["restart-ollama"], well(), |facts| {
            facts.effective.answer = Answer::Silent;
            facts.owner = Some(owner("ollama", Some(45)));
        }),
        ("silent, age unknown", "engine.silent", &["restart-ollama"], well(), |facts| {
            facts.effective.answer = Answer::Silent;
            facts.owner = Some(owner("ollama", None));
        }),
        ("silent, owner hidden", "engine.silent", &["restart-ollama"], well(), silent),
        ("silent, someone else", "connection.other-program", &["close-program"], well(), |facts| {
            facts.effective.answer = Answer::Silent;
            facts.owner = Some(owner("nc", Some(5)));
        }),
        ("another program", "connection.other-program", &["move-ollama", "close-program"], well(), |facts| {
            facts.effective.answer = Answer::Other;
            facts.owner = Some(owner("nginx", None));
            facts.free_port = Some(11435);
        }),
        ("a forward is not to be closed", "connection.other-program", &[], well(), |facts| {
            facts.effective.answer = Answer::Other;
            facts.owner = Some(owner("docker-proxy", None));
        }),
        ("elsewhere", "connection.listening-elsewhere", &["use-address"], down(), |facts| {
            facts.others = vec![candidate("127.0.0.1:9999", AddressSource::Environment, Answer::Ollama)];
        }),
        ("a proxy", "connection.proxy-intercepts", &["bypass-proxy"], well(), |facts| {
            settings(facts).last_touched = Version::find("2026.8.2");
            facts.proxy = Some(proxy(false));
        }),
        ("a file that nobody may run", "engine.not-executable", &["allow-run"], down(), |facts| {
            facts.program = None;
            facts.not_executable = Some("/usr/local/bin/ollama".into());
        }),
        (
            "a unit without its program",
            "engine.not-installed",
            &["install-ollama", "get-ollama"],
            down(),
            |facts| {
                facts.program = None;
                facts.service_without_program = true;
                let program = Some("/usr/local/bin/ollama".into());
                facts.service = Some(Service { loaded: true, program, ..Service::default() });
            },
        ),
        (
            "https, and nothing listens",
            "connection.https-on-http",
            &["use-address", "edit-file"],
            down(),
            |facts| {
                facts.effective = candidate("https://127.0.0.1:9", AddressSource::Settings, Answer::Refused);
            },
        ),
        ("a path too much", "connection.path-wrong", &["use-address"], well(), |facts| {
            facts.effective = candidate("127.0.0.1:9/api", AddressSource::Settings, Answer::Other);
            facts.others = vec![candidate("127.0.0.1:9", AddressSource::Default, Answer::Ollama)];
        }),
        ("a port that wants TLS", "connection.http-on-https", &["edit-file"], well(), |facts| {
            facts.effective = candidate("127.0.0.1:9", AddressSource::Settings, Answer::Other);
            facts.effective.wants_tls = true;
        }),
        ("no scheme", "settings.base-url-no-scheme", &["use-address"], well(), |facts| {
            settings(facts).base_url = Some("127.0.0.1:11434".into());
        }),
        ("remote and refused", "connection.refused-remote", &["serve-network"], down(), |facts| {
            facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Refused);
        }),
        ("remote and silent", "connection.unreachable", &["serve-network"], down(), |facts| {
            facts.effective = candidate("192.0.2.7", AddressSource::Settings, Answer::Silent);
        }),
        (
            "no way there, but one here",
            "connection.unreachable",
            &["use-address", "serve-network"],
            down(),
            |facts| {
                fails(facts, "192.0.2.7", |url| ErrorCode::OllamaUnreachable { url });
                facts.others = vec![candidate("127.0.0.1", AddressSource::Default, Answer::Ollama)];
            },
        ),
        ("no such name", "connection.name-unknown", &["edit-file"], down(), |facts| {
            fails(facts, "nowhere.invalid", |url| ErrorCode::OllamaNameUnknown { url });
        }),
        ("cut", "connection.reset", &["let-through"], down(), |facts| {
            fails(facts, "127.0.0.1", |url| ErrorCode::OllamaCutOff { url });
        }),
        ("https", "connection.https-on-http", &["use-address", "edit-file"], down(), |facts| {
            fails(facts, "https://127.0.0.1:11434", |url| ErrorCode::OllamaTls { url });
            facts.others = vec![candidate("127.0.0.1", AddressSource::Default, Answer::Ollama)];
        }),
        ("forbidden", "connection.forbidden", &["allow-host"], down(), |facts| {
            fails(facts, "ai.example", |url| ErrorCode::OllamaStatus {
                url,
                status: 403,
                message: String::new(),
            });
        }),
        ("without a better name", "connection.failed", &[], down(), |facts| {
            fails(facts, "ai.example", |url| ErrorCode::OllamaStatus {
                url,
                status: 500,
                message: "no".into(),
            });
        }),
        ("no port", "connection.port-missing", &["use-address", "edit-file"], down(), |facts| {
            facts.effective = candidate("http://127.0.0.1", AddressSource::Settings, Answer::Refused);
            facts.written = Some("http://127.0.0.1".into());
            facts.others = vec![candidate("127.0.0.1", AddressSource::Default, Answer::Ollama)];
        }),
        ("no port, by a variable", "connection.port-missing", &["correct-variable"], down(), |facts| {
            facts.effective = candidate("http://127.0.0.1", AddressSource::Environment, Answer::Refused);
            facts.written = Some("http://127.0.0.1".into());
        }),
        ("a port that cannot be", "connection.port-invalid", &["correct-variable"], down(), |facts| {
            facts.effective.source = AddressSource::Environment;
            facts.written = Some("127.0.0.1:114340".into());
        }),
        ("the same in the settings", "connection.port-invalid", &["edit-file"], down(), |facts| {
            facts.invalid_base_url = Some("http://127.0.0.1:x".into());
        }),
        ("localhost is ::1", "connection.localhost-is-ipv6", &["use-address"], down(), |facts| {
            facts.effective = candidate("localhost", AddressSource::Settings, Answer::Refused);
            facts.localhost = vec!["::1".parse().unwrap()];
            facts.others = vec![candidate("127.0.0.1", AddressSource::Default, Answer::Ollama)];
        }),
        ("localhost is both", "connection.listening-elsewhere", &["use-address"], down(), |facts| {
            facts.effective = candidate("localhost", AddressSource::Settings, Answer::Refused);
            facts.localhost = vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
            facts.others = vec![candidate("127.0.0.1", AddressSource::Default, Answer::Ollama)];
        }),
        ("kept by Windows", "connection.port-reserved", &["free-reserved-port"], down(), |facts| {
            facts.os = Os::Windows;
            facts.reserved_ports = vec![(80, 80), (11400, 11499)];
        }),
        ("for listening", "connection.wildcard-address", &["use-address"], well(), |facts| {
            settings(facts).base_url = Some("http://0.0.0.0:11434".into());
        }),
        ("no model", "models.none-installed", &["download-model"], well(), |facts| {
            facts.models = Some(Ok(Discovered { server_version: "0".into(), models: vec![] }));
            settings(facts).primary = None;
            settings(facts).listed = vec![];
            facts.openclaw.key = true;
            settings(facts).primary = Some("other/model".into());
        }),
        ("no model, and none that fits", "models.none-installed", &["choose-model"], well(), |facts| {
            facts.models = Some(Ok(Discovered { server_version: "0".into(), models: Vec::new() }));
            settings(facts).listed = vec![];
            facts.openclaw.key = true;
            settings(facts).primary = Some("other/model".into());
            facts.memory =
                Some(crate::machine::memory::Memory { total_bytes: 4_000_000_000, ..Default::default() });
        }),
        ("no tools", "models.none-with-tools", &["download-model"], well(), |facts| {
            let models = vec![model("qwen3:8b", &["completion"])];
            facts.models = Some(Ok(Discovered { server_version: "0".into(), models }));
        }),
        ("unreadable", "settings.unreadable", &["edit-file"], well(), |facts| {
            let code =
                ErrorCode::SettingsUnreadable { path: "p".into(), line: 3, column: 7, text: "x".into() };
            facts.openclaw.settings = SettingsFact::Unreadable(code.into());
        }),
        ("not to be opened", "settings.unreadable", &["edit-file"], well(), |facts| {
            let code = ErrorCode::FileFailed { path: "p".into(), reason: FileReason::Permission };
            facts.openclaw.settings = SettingsFact::Unreadable(code.into());
        }),
        ("off", "settings.ollama-off", &["use-model"], well(), |facts| {
            facts.openclaw.settings = SettingsFact::Absent;
        }),
        ("no primary", "settings.no-primary", &["use-model"], well(), |facts| settings(facts).primary = None),
        ("page's fallback", "settings.fallback-key", &["rename-fallback"], well(), |facts| {
            settings(facts).fallback_key = true;
        }),
        ("primary gone", "settings.model-not-installed", &["download-model", "use-model"], well(), |facts| {
            settings(facts).primary = Some("ollama/llama3.3".into());
        }),
        ("fallback gone", "settings.model-not-installed", &["download-model"], well(), |facts| {
            settings(facts).fallbacks = vec!["ollama/llama3.3".into()];
        }),
        ("key alone", "settings.key-alone", &["use-model"], well(), |facts| {
            *settings(facts) = Settings { provider: true, api_key: true, ..Settings::default() };
        }),
        ("an empty list", "settings.list-empty", &["repair-settings"], well(), |facts| {
            settings(facts).listed = vec![];
            settings(facts).list_empty = true;
        }),
        ("not seen by the service", "settings.key-not-seen", &["write-key"], well(), |facts| {
            *settings(facts) = Settings { primary: Some("ollama/qwen3:8b".into()), ..Settings::default() };
            facts.openclaw.key_here = true;
        }),
        ("a model that is not listed", "settings.discovery-off", &["add-models"], well(), |facts| {
            if let Some(Ok(found)) = &mut facts.models {
                found.models.push(model("new:1b", &["completion", "tools"]));
            }
        }),
        ("no tools", "settings.model-without-tools", &["use-model"], well(), |facts| {
            settings(facts).primary = Some("ollama/gemma2:2b".into());
        }),
        ("a bare name", "settings.bare-model-name", &["repair-settings"], well(), |facts| {
            settings(facts).primary = Some("qwen3:8b".into());
        }),
        ("an online fallback", "settings.fallback-is-online", &["local-only"], well(), |facts| {
            settings(facts).fallbacks = vec!["anthropic/claude".into()];
        }),
        ("/v1", "settings.base-url-v1", &["repair-settings"], well(), |facts| {
            settings(facts).base_url = Some("http://127.0.0.1:11434/v1".into());
        }),
        ("openai's api", "settings.base-url-v1", &["repair-settings"], well(), |facts| {
            settings(facts).api = Some("openai-completions".into());
        }),
        ("OpenClaw asks elsewhere", "settings.base-url-wrong", &["use-address"], well(), |facts| {
            facts.openclaws = Some(candidate("127.0.0.1:9999", AddressSource::Settings, Answer::Refused));
        }),
        ("no address", "settings.base-url-wrong", &["use-address"], well(), |facts| {
            settings(facts).base_url = Some("http://127.0.0.1:999999".into());
        }),
        ("refused by the version", "settings.api-unsupported", &["repair-settings"], well(), |facts| {
            facts.openclaw.refused = vec!["models.providers.ollama.timeoutSeconds".into()];
            settings(facts).last_touched = Some(Version::new(2026, 4, 15));
        }),
        ("not on the allow-list", "settings.not-allowed", &["repair-settings"], well(), |facts| {
            settings(facts).allowed = Some(vec!["anthropic/claude".into()]);
        }),
        ("a reference to nothing", "settings.env-missing", &["repair-settings"], well(), |facts| {
            facts.openclaw.unset = vec![unset("OLLAMA_API_KEY", false)];
        }),
        ("context not sent", "settings.context-not-sent", &["repair-settings"], well(), |facts| {
            settings(facts).sends.clear();
        }),
        ("an agent's old address", "settings.stale-agent-file", &["repair-settings"], well(), |facts| {
            facts.openclaw.stale = vec![("models.json".into(), "http://127.0.0.1:1".into())];
        }),
        ("OpenClaw refuses", "openclaw.rejects-settings", &["undo-change", "edit-file"], well(), |facts| {
            let refusal = Refusal { path: "a.b".into(), message: "Unrecognized key".into() };
            facts.openclaw.verdict = Some(vec![refusal]);
            facts.openclaw.last_change = Some("receipt".into());
        }),
        ("the chosen one writes calls", "models.calls-as-text", &["choose-model"], well(), |facts| {
            tried(facts, "qwen3:8b", 1, CheckOutcome::CallAsText {});
        }),
        ("and another calls", "models.calls-as-text", &["use-model"], well(), |facts| {
            with_ready(facts, "other:1b");
            tried(facts, "qwen3:8b", 1, CheckOutcome::CallAsText {});
            tried(facts, "other:1b", 1, CheckOutcome::CalledTool {});
        }),
        ("and another does so, too", "models.calls-as-text", &["choose-model"], well(), |facts| {
            with_ready(facts, "other:1b");
            tried(facts, "qwen3:8b", 1, CheckOutcome::CallAsText {});
            tried(facts, "other:1b", 1, CheckOutcome::NoCall { called: None });
        }),
        ("it calls nothing", "models.no-call", &["choose-model"], well(), |facts| {
            tried(facts, "qwen3:8b", 1, CheckOutcome::NoCall { called: None });
        }),
        ("it has no tools after all", "settings.model-without-tools", &["choose-model"], well(), |facts| {
            tried(facts, "qwen3:8b", 1, CheckOutcome::NoTools {});
        }),
        ("not signed in", "models.cloud-sign-in", &["sign-in", "choose-model"], well(), |facts| {
            tried(facts, "qwen3:8b", 1, CheckOutcome::SignIn {});
        }),
        ("a missing part", "engine.runner-missing", &["get-ollama"], well(), |facts| {
            tried(facts, "gemma2:2b", 1, CheckOutcome::CalledTool {});
            tried(facts, "qwen3:8b", 2, CheckOutcome::RunnerMissing {});
        }),
        ("an old processor", "engine.cpu-unsupported", &["get-ollama"], well(), |facts| {
            tried(facts, "gemma2:2b", 1, CheckOutcome::CpuUnsupported {});
        }),
        (
            "no openclaw",
            "openclaw.not-installed",
            &["install-openclaw", "get-openclaw"],
            well(),
            without_openclaw,
        ),
    ];
    for (what, code, offered, facts, change) in table {
        let mut facts = facts.clone();
        change(&mut facts);
        let diagnosis = judge(&facts);
        assert_eq!(codes(&diagnosis), [*code], "{what}");
        let finding = diagnosis.findings.first().unwrap();
        assert_eq!(remedies(finding), *offered, "{what}");
        assert!(!finding.evidence.is_empty(), "{what}: evidence");
        let problem = finding.severity == Severity::Problem;
        assert_eq!(diagnosis.ok, !problem, "{what}");
        // The first broken station is broken, what comes after it is waiting, what comes before is fine.
        if problem {
            for station in &diagnosis.path {
                let expected =
                    match station.link.cmp(&finding.link) {
                        // What another program hides cannot be called fine.
                        std::cmp::Ordering::Less
                            if facts.effective.answer == Answer::Other && facts.others.is_empty() =>
                        {
                            LinkState::Unknown
                        }
                        std::cmp::Ordering::Less if facts.effective.answer == Answer::Silent => {
                            LinkState::Unknown
                        }
                        std::cmp::Ordering::Less
                            if facts.models.is_none() && station.link == Link::Engine =>
                        {
                            if facts.others.is_empty() { LinkState::Unknown } else { LinkState::Ok }
                        }
                        std::cmp::Ordering::Less => LinkState::Ok,
                        std::cmp::Ordering::Equal => LinkState::Broken,
                        std::cmp::Ordering::Greater => LinkState::Waiting,
                    };
                assert_eq!(station.state, expected, "{what}: {station:?}");
            }
        }
    }
}
