//! What each fuzz target holds to be true of any bytes. `fuzz_targets` lets libFuzzer look for bytes that break it;
//! the library's own tests (`core/tests/fuzz.rs`) replay what is in `seeds`, changed in thousands of ways.

#![allow(unreachable_pub, reason = "the library's own tests take this file in as a module")]

use std::{path::Path, time::Duration};

use pincer_core::{
    inert,
    models::{
        catalogue::{self, LEAST_CONTEXT},
        discovery,
        fit::{self, Known},
    },
    ollama::{
        address::{self, Address},
        log::Log,
        names::{self, ModelName},
        pull::{PullFold, PullPhase, PullState},
        wire::{ChatLine, ErrorBody, Loaded, Recommendations, Running, Show, Tags, Version},
    },
    openclaw::{
        document::{Document, Edit, Step, Value},
        secrets,
    },
};
use reqwest::Url;

/// A target: its name, which is also its folder in `seeds`, and what it holds to be true.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("address", address),
    ("bodies", bodies),
    ("document", document),
    ("log", log),
    ("name", name),
    ("pull", pull),
];

/// Any text as an address of Ollama: one that is taken is where a client connects to, reads back as itself, and a
/// password is shown nowhere.
pub fn address(bytes: &[u8]) {
    const PASSWORD: &str = "pa55-w0rd-of-mine";
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let host = Address::from_ollama_host(text);
    let typed = Address::parse(text);
    let _ = address::slip(text);
    for address in host.into_iter().chain(typed.ok()) {
        let shown = address.to_string();
        assert!(!shown.contains(inert::steers), "{shown:?}");
        // A server that is told port 0 takes any: nobody knows where it listens.
        if address.port() == 0 {
            continue;
        }
        assert_eq!(Address::parse(&shown).as_ref(), Ok(&address), "it reads back as itself: {shown}");
        let url = Url::parse(&address.endpoint("/api/tags")).unwrap_or_else(|why| panic!("{shown}: {why}"));
        assert_eq!(url.port_or_known_default(), Some(address.port()), "{shown}");
        assert_eq!(url.scheme() == "https", address.is_https(), "{shown}");
        let connects = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if address.host().is_ascii() {
            assert_eq!(connects, address.host(), "what is shown is where it connects to");
        }
        assert!(
            (url.username(), url.password(), url.query(), url.fragment()) == ("", None, None, None),
            "{url}"
        );
    }
    let secret = format!("http://me:{PASSWORD}@{text}");
    for read in [
        Address::parse(&secret).map_err(|error| format!("{error:?}")),
        Address::from_ollama_host(&secret).ok_or_else(String::new),
    ] {
        let shown = read.map_or_else(|error| error, |address| format!("{address:?} {address}"));
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}

/// Any two texts as names of models: one that is taken is Ollama's own form of a name, and means the same as itself
/// however it is written.
pub fn name(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, "qwen3:8b"));
    let bare = names::unwrapped(one);
    assert!(one.contains(bare));
    if let Ok(name) = ModelName::parse(one) {
        let written = one.trim();
        let known = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
        assert!(written.chars().all(known), "{written:?}");
        assert!(!name.family().is_empty() && !name.tag().is_empty(), "{written:?}");
        assert!(!written.split('/').any(|part| part == "." || part == ".."), "{written:?} is a path");
        assert!(names::same(one, &written.to_ascii_uppercase()));
        let full = if written.contains(':') { written.to_owned() } else { format!("{written}:latest") };
        assert_eq!(ModelName::parse(&full).as_ref(), Ok(&name), "the tag left out is `latest`");
    }
    assert!(names::same(one, one));
    assert_eq!(names::same(one, other), names::same(other, one));
    let listed = [other, "qwen3:8b", "llama3.2:3b", "hf.co/org/repo:Q4_K_M"];
    assert_eq!(names::find(one, listed).is_some(), listed.iter().any(|name| names::same(name, one)));
    let near = names::nearest(one, listed);
    assert!(near.len() <= 3 && near.iter().all(|name| listed.contains(&name.as_str())));
    let _ = catalogue::is_weak(one);
}

/// Any lines as the stream of a download: the bar never falls and never lies. A line of one `!` is a stream that broke
/// off and was asked for again; an empty one is a second without a word.
pub fn pull(bytes: &[u8]) {
    let mut fold = PullFold::new("a:1b", Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut last = fold.state(now);
    for line in bytes.split(|byte| *byte == b'\n') {
        match line {
            // One that is here is asked for anew with a state of its own.
            b"!" if fold.phase() == PullPhase::Done => {}
            b"!" => {
                if !fold.is_over() {
                    fold.hold(PullPhase::Waiting, None);
                }
                fold.ask_again(now);
            }
            b"" => now += Duration::from_secs(1),
            line => {
                now += Duration::from_millis(60);
                fold.raw_line(line, now);
            }
        }
        let state = fold.state(now);
        goes_on(&last, &state);
        last = state;
    }
    fold.ended();
    let state = fold.state(now);
    goes_on(&last, &state);
    assert!(fold.is_over());
}

fn goes_on(before: &PullState, after: &PullState) {
    assert!((0.0..=1.0).contains(&after.fraction), "{after:?}");
    assert_eq!(after.fraction >= 1.0, after.state == PullPhase::Done, "{after:?}");
    assert!(after.completed_bytes <= after.total_bytes, "{after:?}");
    // Asked for again after it came damaged, it begins anew.
    let anew = before.failure.is_some() && after.failure.is_none();
    assert!(after.fraction >= before.fraction || anew, "the bar fell: {before:?} {after:?}");
    if let Some(failure) = &after.failure {
        assert!(failure.detail.chars().count() <= 8001);
    }
}

/// Any bytes as each answer of a server: what is read is inert and has an end, and can be judged and shown.
pub fn bodies(bytes: &[u8]) {
    let show = serde_json::from_slice::<Show>(bytes).ok();
    if let Some(show) = &show {
        let _ = show.context_length();
        inert_names(show.capabilities.iter().flatten());
    }
    if let Ok(tags) = serde_json::from_slice::<Tags>(bytes) {
        inert_names(tags.models.iter().map(|tag| &tag.name));
        let loaded = serde_json::from_slice::<Running>(bytes).map(|all| all.models).unwrap_or_default();
        for share in loaded.iter().map(Loaded::graphics_share) {
            assert!((0.0..=1.0).contains(&share));
        }
        judged(&tags, show.as_ref(), &Known { loaded: &loaded, ..Known::default() });
    }
    if let Ok(all) = serde_json::from_slice::<Recommendations>(bytes) {
        inert_names(all.recommendations.iter().map(|one| &one.model));
        for offer in catalogue::on_offer(&[], &all.recommendations, &Known::default()) {
            assert!(ModelName::parse(&offer.entry.name).is_ok(), "{:?}", offer.entry.name);
            assert!(!offer.description.unwrap_or_default().contains(inert::steers));
        }
    }
    let version = serde_json::from_slice::<Version>(bytes).map(|told| told.version);
    inert_names(version.iter());
    let error = serde_json::from_slice::<ErrorBody>(bytes).map(|told| told.error).unwrap_or_default();
    assert!(error.chars().count() <= 2001);
    let _ = serde_json::from_slice::<ChatLine>(bytes);
}

fn judged(tags: &Tags, show: Option<&Show>, known: &Known<'_>) {
    // One model judges like a thousand.
    let models: Vec<_> = tags.models.iter().take(20).map(|tag| discovery::judge(tag, show)).collect();
    for model in &models {
        assert!(model.context_window > 0, "{model:?}");
        let context = fit::recommended_context(model, known, fit::DEFAULT_CONTEXT);
        let _ = fit::fit(model, context, known);
        assert!(model.cache.bytes(LEAST_CONTEXT) <= model.cache.bytes(u64::MAX));
    }
    let _ = catalogue::best_ready(&models, known);
}

fn inert_names<'a>(names: impl Iterator<Item = &'a String>) {
    for name in names {
        assert!(!name.contains(inert::steers) && name.chars().count() <= 1025, "{name:?}");
    }
}

/// Any text as the end of Ollama's log: what is told of it is in it, and has an end.
pub fn log(bytes: &[u8]) {
    let log = Log { place: "here".into(), text: String::from_utf8_lossy(bytes).into_owned(), age: None };
    for shown in log.sign().map(|(_, line)| line).into_iter().chain(log.last_error()).chain(log.last_lines(5))
    {
        assert!(shown.lines().count() <= 1 && shown.chars().count() <= 240, "{shown:?}");
    }
    assert!(log.last_lines(5).len() <= 5);
    assert!(log.text.contains(&log.end(5)) || log.text.contains('\r'));
    for name in ["OLLAMA_HOST", "OLLAMA_MODELS", "HTTP_PROXY"] {
        assert_ne!(log.variable(name).as_deref(), Some(""));
    }
    let mut hidden = log;
    hidden.hide(&["mkdir".to_owned()]);
    assert!(!hidden.text.contains("mkdir"));
}

/// Any bytes as OpenClaw's settings file: reading never panics, an edit means exactly what it says or is refused,
/// and masking keeps the lines.
pub fn document(bytes: &[u8]) {
    let Ok(document) = Document::parse(Path::new("openclaw.json"), bytes) else { return };
    let path = ["models", "providers", "ollama", "baseUrl"].map(Step::from).to_vec();
    let edit = Edit::Set { path: path.clone(), value: Value::from("http://127.0.0.1:11434") };
    if let Ok(after) = document.edit(std::slice::from_ref(&edit)) {
        assert_eq!(after.value().lookup(&path), Some(&Value::from("http://127.0.0.1:11434")));
        assert!(after.is_strict_json() || !document.is_strict_json(), "strict JSON stays so");
        let again = after.edit(&[edit]).expect("what was edited can be edited");
        assert_eq!(again.bytes(), after.bytes(), "the same edit twice changes nothing");
    }
    let masked = secrets::masked(document.text());
    assert_eq!(masked.lines().count(), document.text().lines().count());
}
