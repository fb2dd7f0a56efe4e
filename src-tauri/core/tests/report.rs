//! The report of homes full of random private things: whatever they are and wherever they lie, none is in it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]

use std::{
    fs,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use pincer_core::{
    computer::Computer,
    diagnosis::make_report,
    machine::os::Os,
    surroundings::{Environment, Surroundings},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:1";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What is planted: a secret that says nothing by its form, a password fit for an address, a user, another computer.
#[derive(Debug, Clone)]
struct Plants {
    secret: String,
    password: String,
    user: String,
    host: String,
}

fn plants() -> impl Strategy<Value = Plants> {
    let secret = "Zq9[A-Za-z0-9 /:@#%+=.;'-]{6,24}Zq9";
    let host = prop_oneof!["hxqh[a-z0-9]{0,5}(\\.corp\\.example)?", Just("10.23.42.77".to_owned())];
    (secret, "Wv8[A-Za-z0-9!_.-]{3,12}Wv8", "yqx[a-z]{1,6}", host)
        .prop_map(|(secret, password, user, host)| Plants { secret, password, user, host })
}

/// A home with everything planted everywhere, and what stands around it.
fn computer(root: &Path, plants: &Plants, readable: bool) -> Computer {
    let Plants { secret, password, user, host } = plants;
    let home = root.join("home").join(user);
    let state = home.join(".openclaw");
    let settings = json!({
        "gateway": { "port": 1, "auth": { "token": secret, "password": password } },
        "env": { "vars": { "SOME_TOKEN": secret } },
        "models": { "providers": {
            "ollama": {
                "baseUrl": format!("http://{user}:{password}@{host}:11434/v1"), "apiKey": secret,
                "headers": { "X-Any": secret },
                "models": [{ "id": format!("{host}/team/model:8b") }],
            },
            "other": { "baseUrl": format!("https://{host}/?api_key={password}"), "apiKey": password },
        } },
        "agents": { "defaults": {
            "model": { "primary": format!("ollama/{host}/team/model:8b"), "fallbacks": ["anthropic/claude"] },
            "workspace": home.join("work"),
        } },
    });
    let text = settings.to_string();
    write(&state.join("openclaw.json"), if readable { &text } else { text.trim_end_matches('}') });
    write(&state.join(".env"), &format!("OLLAMA_API_KEY={password}\nexport OTHER_KEY=\"{secret}\"\n"));
    let agent =
        json!({ "providers": { "ollama": { "baseUrl": format!("http://{host}:1234"), "apiKey": secret } } });
    write(&state.join("agents/main/agent/models.json"), &agent.to_string());
    let profile = json!({ "profiles": { "x": { "provider": "ollama", "key": password, "token": secret } } });
    write(&state.join("agents/main/agent/auth-profiles.json"), &profile.to_string());
    let log = format!(
        "time=2026 level=INFO msg=\"server config\" env=\"map[HTTP_PROXY:http://{user}:{password}@{host}:3128 \
         OLLAMA_MODELS:{}/.ollama/models]\"\nsaid {secret} and {password} to {host}\n[GIN] | {host} | POST\n\
         time=2026 level=DEBUG msg=\"chat request\" prompt=\"{secret} my diary\"\n\u{1b}[31m{user}\u{1b}[0m\n",
        home.display()
    );
    let data = home.join(".local/share/dev.pincer.desktop");
    write(&data.join("logs/ollama.log"), &log);
    write(&data.join("preferences.json"), &json!({ "address": NOWHERE }).to_string());
    let proxy = format!("http://{user}:{password}@{host}:3128");
    let environment = Environment::new([
        ("PATH", home.join("bin").display().to_string()),
        ("USER", user.clone()),
        ("HOSTNAME", format!("{user}-laptop")),
        ("OLLAMA_HOST", format!("{user}:{password}@{host}")),
        ("OLLAMA_MODELS", home.join("models").display().to_string()),
        ("OLLAMA_API_KEY", secret.clone()),
        ("OPENCLAW_GATEWAY_TOKEN", secret.clone()),
        ("HTTP_PROXY", proxy.clone()),
        ("https_proxy", proxy),
        ("GITHUB_TOKEN", password.clone()),
        ("PINCER_MEMORY", "64000000000".to_owned()),
    ]);
    let now = || UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    Computer::new(Surroundings::new(Os::Linux, environment, home, now), None)
}

#[test]
fn nothing_private_of_any_home_is_in_its_report() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&(plants(), any::<bool>()), |(plants, readable)| {
        let root = tempfile::tempdir().unwrap();
        let computer = computer(root.path(), &plants, readable);
        let report = runtime.block_on(make_report(&computer)).unwrap();
        let root = root.path().display().to_string();
        let private = ["Zq9", "Wv8", "diary", plants.user.as_str(), plants.host.as_str(), root.as_str()];
        for private in private {
            prop_assert!(!report.contains(private), "{private}\n{report}");
        }
        // What helps is there all the same.
        let state = if readable { "Settings: read" } else { "settings.unreadable" };
        for told in [
            "engine",
            "http://127.0.0.1:1",
            "~/.openclaw/openclaw.json",
            "2026-11-18",
            state,
            "server config",
        ] {
            prop_assert!(report.contains(told), "{told}\n{report}");
        }
        Ok(())
    });
    checked.unwrap();
}
