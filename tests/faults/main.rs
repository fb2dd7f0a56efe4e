//! The fault laboratory: every cause that Pincer names, made to really happen with real sockets, real programs on PATH
//! and real files. The built `doctor` must name it first, break its station and leave the later ones waiting; where it
//! offers to act, that mends it. `cargo xtask faults` plays them one by one and prints the scoreboard.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod combined;
mod connection;
mod elsewhere;
mod engine;
mod folders;
mod gateway;
mod healthy;
mod lab;
mod models;
mod openclaw;
mod pull;
mod service;
mod settings;

use std::collections::BTreeSet;

use serde_json::Value;

/// The causes that Linux can play.
const PLAYABLE: [&str; 83] = [
    "engine.not-installed",
    "engine.not-executable",
    "engine.not-running",
    "engine.starting",
    "engine.silent",
    "engine.busy",
    "engine.crash-looping",
    "engine.models-dir-permission",
    "engine.models-dir-missing",
    "engine.too-old",
    "engine.update-pending",
    "engine.runner-missing",
    "engine.cpu-unsupported",
    "engine.not-at-login",
    "connection.other-program",
    "connection.path-wrong",
    "connection.http-on-https",
    "connection.listening-elsewhere",
    "connection.localhost-is-ipv6",
    "connection.wildcard-address",
    "connection.port-missing",
    "connection.port-invalid",
    "connection.proxy-intercepts",
    "connection.reset",
    "connection.https-on-http",
    "connection.forbidden",
    "connection.unreachable",
    "connection.name-unknown",
    "connection.refused-remote",
    "models.none-installed",
    "models.none-with-tools",
    "models.second-store",
    "models.capabilities-unknown",
    "models.context-too-small",
    "models.does-not-fit",
    "models.on-cpu",
    "models.calls-as-text",
    "models.cloud-sign-in",
    "models.weak-for-agents",
    "settings.unreadable",
    "settings.ollama-off",
    "settings.key-not-seen",
    "settings.key-alone",
    "settings.discovery-off",
    "settings.model-not-installed",
    "settings.model-without-tools",
    "settings.no-primary",
    "settings.bare-model-name",
    "settings.fallback-key",
    "settings.fallback-is-online",
    "settings.base-url-v1",
    "settings.base-url-wrong",
    "settings.base-url-no-scheme",
    "settings.api-unsupported",
    "settings.not-allowed",
    "settings.env-missing",
    "settings.context-not-sent",
    "settings.context-too-large",
    "settings.list-empty",
    "settings.gives-up-too-early",
    "settings.stale-agent-file",
    "openclaw.not-installed",
    "openclaw.elsewhere",
    "openclaw.node-too-old",
    "openclaw.rejects-settings",
    "openclaw.gateway-mode-unset",
    "openclaw.gateway-stopped",
    "openclaw.gateway-did-not-start",
    "openclaw.gateway-not-at-login",
    "openclaw.gateway-no-token",
    "openclaw.gateway-port-taken",
    "openclaw.does-not-see-model",
    "pull.unknown-model",
    "pull.bad-name",
    "pull.offline",
    "pull.intercepted",
    "pull.disk-full",
    "pull.permission",
    "pull.engine-too-old",
    "pull.unauthorized",
    "pull.stalled",
    "pull.damaged",
    "pull.interrupted",
];

fn played() -> BTreeSet<&'static str> {
    let tables = [
        engine::SCENARIOS,
        folders::SCENARIOS,
        service::SCENARIOS,
        connection::SCENARIOS,
        models::SCENARIOS,
        elsewhere::SCENARIOS,
        openclaw::SCENARIOS,
        gateway::SCENARIOS,
        pull::SCENARIOS,
    ];
    let scenarios = tables.into_iter().flatten().map(|scenario| scenario.codes[0]);
    scenarios.chain(support::broken::TABLE.iter().map(|row| row.code)).collect()
}

#[test]
fn every_cause_has_a_scenario() {
    let played = played();
    let missing: Vec<_> = PLAYABLE.iter().filter(|code| !played.contains(*code)).collect();
    assert!(missing.is_empty(), "nothing plays {missing:?}");
}

/// Whatever `doctor` has words for is played here, or says why not.
#[test]
fn every_finding_with_words_is_played_or_known_not_to_be() {
    // Windows alone; no code of its own; a check of the chosen model that is no fault of Ollama's.
    let not_here = ["connection.port-reserved", "connection.failed", "models.no-call"];
    let words: Value = serde_json::from_str(include_str!("../../ui/messages/en.json")).unwrap();
    let named = words
        .as_object()
        .unwrap()
        .keys()
        .filter_map(|key| key.strip_prefix("finding.")?.strip_suffix(".title"));
    let played = played();
    let missing: Vec<_> = named.filter(|code| !played.contains(code) && !not_here.contains(code)).collect();
    assert!(missing.is_empty(), "nothing plays {missing:?}");
}

#[test]
fn ten_combinations_at_least() {
    let pairs: BTreeSet<&[&str]> = combined::SCENARIOS.iter().map(|scenario| scenario.codes).collect();
    assert!(pairs.len() >= 10 && pairs.iter().all(|codes| codes.len() >= 2), "{pairs:?}");
}
