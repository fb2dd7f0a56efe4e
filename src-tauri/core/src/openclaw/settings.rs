//! What OpenClaw was told about Ollama: its settings file and the key beside it, understood but not changed.
//! Rules measured on 2026.2.3 to 2026.9.6: what turns Ollama on, what names a model, what is refused.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    dialect::Dialect, document::Value, env_file, home::OpenclawHome, keep_alive, outcome::ListedModel,
    version::Version,
};
use crate::{
    error::{Error, ErrorCode, FileReason},
    openclaw::outcome::Mode,
};

mod gateway;

pub use gateway::GATEWAY_SECRETS;

/// The variable that turns Ollama on.
pub const KEY_VARIABLE: &str = "OLLAMA_API_KEY";
/// Where the provider entry stands.
pub const PROVIDER: [&str; 3] = ["models", "providers", "ollama"];
/// The value that OpenClaw knows as "no secret".
pub const KEY_VALUE: &str = "ollama-local";
/// `gateway.mode` of a gateway that runs on this computer.
pub const LOCAL: &str = "local";
/// How long a whole turn may take, in seconds: no answer of a model outlasts it.
pub const TURN_TIMEOUT: [&str; 3] = ["agents", "defaults", "timeoutSeconds"];
/// How OpenClaw names a model of Ollama's.
pub const PREFIX: &str = "ollama/";
/// A settings or environment file is a few kilobytes; more than this is something else.
const FILE_BYTES: u64 = 8 << 20;

/// What the settings say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// `agents.defaults.model`, or its `primary`.
    pub primary: Option<String>,
    /// `agents.defaults.model.fallbacks`; with the page's `fallback` read as meant.
    pub fallbacks: Vec<String>,
    /// The page's `fallback` is there, which OpenClaw refuses.
    pub fallback_key: bool,
    /// `models.providers.ollama` is there.
    pub provider: bool,
    /// Ids under the provider, as written.
    pub listed: Vec<String>,
    /// The listed models with the numbers written for each.
    pub entries: Vec<ListedModel>,
    /// `baseUrl` of the provider, as written.
    pub base_url: Option<String>,
    /// `api` of the provider, as written.
    pub api: Option<String>,
    /// `apiKey` of the provider is there and not empty (a text, or a reference object).
    pub api_key: bool,
    /// `models` of the provider is there and empty.
    pub list_empty: bool,
    /// `timeoutSeconds` of the provider: how long OpenClaw waits for a word of a model of Ollama's.
    pub timeout: Option<u64>,
    /// `agents.defaults.timeoutSeconds`: how long a whole turn may take; `None` where it is not bounded there.
    pub turn_timeout: Option<u64>,
    /// What the listed models say of the context to run.
    pub sends: Vec<Sends>,
    /// Keys of `agents.defaults.models`, when it is there and not empty: an allow-list.
    pub allowed: Option<Vec<String>>,
    /// Variables that texts of the provider entry refer to (`${NAME}`).
    pub references: Vec<String>,
    /// Agents with a model of their own: name, model.
    pub agents: Vec<(String, String)>,
    /// The agent that answers when none is named: the one marked so, else the first; `None`: OpenClaw's own, `main`.
    pub default_agent: Option<String>,
    /// The flat `env.OLLAMA_API_KEY`, which newer versions refuse, is there.
    pub flat_key: bool,
    /// Names of `env.vars`.
    pub variables: Vec<String>,
    /// Those of `env.vars` that `base_url` refers to, with what they are set to. Never shown: an address may hold a
    /// password.
    pub base_url_variables: Vec<(String, String)>,
    /// `env.vars.OLLAMA_API_KEY` (or the flat form of old versions) is there and not empty.
    pub key_in_file: bool,
    /// `meta.lastTouchedVersion`.
    pub last_touched: Option<Version>,
    /// `gateway.port`.
    pub gateway_port: Option<u16>,
    /// `gateway.mode`, without which the gateway does not start.
    pub gateway_mode: Option<String>,
    /// `gateway.bind`: where the gateway listens; `None`: on this computer alone.
    pub gateway_bind: Option<String>,
    /// `gateway.auth.mode`: how who asks shows that he may; `None`: by a token or a password, whichever is there.
    pub gateway_auth: Option<String>,
    /// `gateway.auth.token` is there and not empty (a text, or a reference object).
    pub gateway_token: bool,
    /// `gateway.auth.password` likewise.
    pub gateway_password: bool,
    /// `gateway.remote.url`, as written. Never shown whole: it may hold a password.
    pub gateway_remote: Option<String>,
    /// `gateway.reload.mode` is `off`: the gateway goes on with the settings that it was started with.
    pub reload_off: bool,
}

/// What a listed model says of the context to run, in tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sends {
    /// The model's id, as written.
    pub id: String,
    /// `contextTokens`.
    pub context_tokens: Option<u64>,
    /// `params.num_ctx`.
    pub num_ctx: Option<u64>,
    /// `contextWindow`.
    pub window: Option<u64>,
    /// `params.keep_alive`, in seconds: how long Ollama keeps the model loaded after a question; `u64::MAX` for good.
    pub kept_seconds: Option<u64>,
}

impl Sends {
    /// What an entry of the list says; `None` for one without an id.
    #[must_use]
    pub fn of(model: &Value) -> Option<Self> {
        let number = |path: &[&str]| model.get_path(path).and_then(Value::as_u64);
        Some(Self {
            id: id(model)?.to_owned(),
            context_tokens: number(&["contextTokens"]),
            num_ctx: number(&["params", "num_ctx"]),
            window: number(&["contextWindow"]),
            kept_seconds: model.get_path(&["params", "keep_alive"]).and_then(keep_alive::seconds),
        })
    }

    /// Tokens that this version asks Ollama to run by it; `None`: Ollama's own default (measured on eight releases).
    #[must_use]
    pub fn asks(&self, dialect: Dialect) -> Option<u64> {
        if !dialect.native {
            None
        } else if dialect.params {
            // From 5.28 to 6.11 `contextTokens` alone is not sent.
            self.num_ctx.or(self.context_tokens.filter(|_| dialect.automatic_advised))
        } else if dialect.context_tokens {
            self.context_tokens.or(self.window)
        } else {
            self.window
        }
    }
}

impl Settings {
    /// Reads them from the value of the file, or of the files together.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = |path: &[&str]| value.get_path(path).and_then(Value::as_str).map(str::to_owned);
        let texts = |path: &[&str]| value.get_path(path).map(strings).unwrap_or_default();
        let model: &[&str] = &["agents", "defaults", "model"];
        let of_model = |key| [model, &[key]].concat();
        let of_provider = |key| [&PROVIDER[..], &[key]].concat();
        let has_key = |path: &[&str]| value.get_path(path).is_some();
        let is_set = |path: &[&str]| value.get_path(path).is_some_and(is_key);
        let mut fallbacks = texts(&of_model("fallbacks"));
        for meant in texts(&of_model("fallback")) {
            if !fallbacks.contains(&meant) {
                fallbacks.push(meant);
            }
        }
        let provider = value.get_path(&PROVIDER);
        let models = value.get_path(&of_provider("models")).and_then(Value::as_array);
        let listed = models.unwrap_or_default();
        let port = value.get_path(&["gateway", "port"]).and_then(Value::as_u64);
        let keys = |path: &[&str]| value.get_path(path).and_then(Value::as_object).map(names);
        let base_url = text(&of_provider("baseUrl"));
        let flat_key = has_key(&["env", KEY_VARIABLE]);
        Self {
            primary: text(model).or_else(|| text(&of_model("primary"))),
            fallbacks,
            fallback_key: has_key(&of_model("fallback")),
            provider: provider.is_some(),
            listed: listed.iter().filter_map(id).map(str::to_owned).collect(),
            entries: listed.iter().filter_map(entry).collect(),
            base_url_variables: variables_in(base_url.as_deref().unwrap_or_default())
                .into_iter()
                .filter_map(|name| Some((text(&["env", "vars", &name])?, name)))
                .map(|(value, name)| (name, value))
                .collect(),
            base_url,
            api: text(&of_provider("api")),
            api_key: is_set(&of_provider("apiKey")),
            list_empty: models.is_some_and(<[Value]>::is_empty),
            timeout: value.get_path(&of_provider("timeoutSeconds")).and_then(Value::as_u64),
            turn_timeout: value
                .get_path(&TURN_TIMEOUT)
                .and_then(Value::as_u64)
                .filter(|seconds| *seconds > 0),
            sends: listed.iter().filter_map(Sends::of).collect(),
            allowed: keys(&["agents", "defaults", "models"]).filter(|keys| !keys.is_empty()),
            references: provider.map(references).unwrap_or_default(),
            agents: agents(value),
            default_agent: default_agent(value),
            key_in_file: is_set(&["env", "vars", KEY_VARIABLE]) || is_set(&["env", KEY_VARIABLE]),
            flat_key,
            variables: keys(&["env", "vars"]).unwrap_or_default(),
            last_touched: text(&["meta", "lastTouchedVersion"]).and_then(|text| Version::find(&text)),
            gateway_port: port.and_then(|port| u16::try_from(port).ok()),
            gateway_mode: text(&["gateway", "mode"]),
            gateway_bind: text(&["gateway", "bind"]),
            gateway_auth: text(&["gateway", "auth", "mode"]),
            gateway_token: is_set(&["gateway", "auth", "token"]),
            gateway_password: is_set(&["gateway", "auth", "password"]),
            gateway_remote: text(&["gateway", "remote", "url"]),
            reload_off: text(&["gateway", "reload", "mode"]).is_some_and(|mode| mode == "off"),
        }
    }

    /// Seconds after which OpenClaw gives a silent model of Ollama's up; `None` for a version that is not told.
    #[must_use]
    pub fn gives_up_after(&self, dialect: Dialect) -> Option<u64> {
        let own = dialect.gives_up_after?;
        let alone = self.timeout.filter(|seconds| *seconds > 0).unwrap_or(own);
        Some(self.turn_timeout.map_or(alone, |turn| turn.min(alone)))
    }

    /// How Ollama is set. `key`: OpenClaw's service sees `OLLAMA_API_KEY` from outside the file.
    #[must_use]
    pub fn mode(&self, key: bool) -> Mode {
        let key = key || self.key_in_file;
        if !self.listed.is_empty() && (self.api_key || key) {
            Mode::Pinned
        } else if key {
            Mode::Automatic
        } else {
            Mode::Off
        }
    }

    /// The name of the agent that answers when none is named.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.default_agent.as_deref().unwrap_or("main")
    }

    /// The model that the agent which answers has of its own, as written: the chosen one does not count for it.
    #[must_use]
    pub fn own_model(&self) -> Option<&str> {
        let own = self.agents.iter().find(|(name, _)| name == self.agent());
        own.map(|(_, model)| model.as_str())
    }

    /// The id of the model that answers when none is named, when it is one of Ollama's: the agent's own, else the
    /// chosen one.
    #[must_use]
    pub fn used_id(&self) -> Option<&str> {
        self.own_model().map_or_else(|| self.primary_id(), |own| own.strip_prefix(PREFIX))
    }

    /// The primary's id, when it is a model of Ollama's.
    #[must_use]
    pub fn primary_id(&self) -> Option<&str> {
        self.primary.as_deref()?.strip_prefix(PREFIX)
    }
}

/// Whether a value counts as a key: a text that is not blank, or a reference object.
pub(super) fn is_key(value: &Value) -> bool {
    value.as_str().map_or_else(|| value.as_object().is_some(), |text| !text.trim().is_empty())
}

fn entry(model: &Value) -> Option<ListedModel> {
    let number = |key| model.get(key).and_then(Value::as_u64);
    Some(ListedModel {
        id: id(model)?.to_owned(),
        context_window: number("contextWindow"),
        max_tokens: number("maxTokens"),
    })
}

fn names(entries: &[(String, Value)]) -> Vec<String> {
    entries.iter().map(|(name, _)| name.clone()).collect()
}

/// Agents that have a model of their own: `agents.entries.NAME.model`, or `agents.list[].model` of older versions.
fn agents(value: &Value) -> Vec<(String, String)> {
    let model = |agent: &Value| {
        let model = agent.get("model")?;
        model.as_str().or_else(|| model.get("primary")?.as_str()).map(str::to_owned)
    };
    let entries = value.get_path(&["agents", "entries"]).and_then(Value::as_object).unwrap_or_default();
    let entries = entries.iter().filter_map(|(name, agent)| Some((name.clone(), model(agent)?)));
    let list = value.get_path(&["agents", "list"]).and_then(Value::as_array).unwrap_or_default();
    let list = list.iter().filter_map(|agent| Some((id(agent)?.to_owned(), model(agent)?)));
    entries.chain(list).collect()
}

fn default_agent(value: &Value) -> Option<String> {
    let marked = |agent: &Value| agent.get("default").and_then(Value::as_bool) == Some(true);
    let entries = value.get_path(&["agents", "entries"]).and_then(Value::as_object).unwrap_or_default();
    let list = value.get_path(&["agents", "list"]).and_then(Value::as_array).unwrap_or_default();
    let entries = entries.iter().map(|(name, agent)| (name.as_str(), agent));
    let list = list.iter().filter_map(|agent| Some((id(agent)?, agent)));
    let all: Vec<(&str, &Value)> = entries.chain(list).collect();
    let chosen = all.iter().find(|(_, agent)| marked(agent)).or_else(|| all.first());
    chosen.map(|(name, _)| (*name).to_owned())
}

/// Names of the variables that texts refer to as `${NAME}`; `$${` is an escape.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => variables_in(text),
        Value::Array(all) => all.iter().flat_map(references).collect(),
        Value::Object(all) => all.iter().flat_map(|(_, value)| references(value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The variables that one text refers to.
#[must_use]
pub fn variables_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, end)) = after.split_once('}') else { break };
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_name && !before.ends_with('$') {
            found.push(name.to_owned());
        }
        rest = end;
    }
    found
}

/// The id of a listed model.
pub(super) fn id(model: &Value) -> Option<&str> {
    model.get("id").and_then(Value::as_str)
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        other => {
            other.as_array().unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
    }
}

/// The file's bytes; `None` when there is none. Blocking.
///
/// # Errors
/// `file.failed`.
pub fn read_bounded(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error: std::io::Error| Error::file(path, &error);
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.is_file() => {
            let code =
                ErrorCode::FileFailed { path: path.display().to_string(), reason: FileReason::NotAFile };
            return Err(code.into());
        }
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES {
        let code = ErrorCode::FileFailed { path: path.display().to_string(), reason: FileReason::TooLarge };
        return Err(Error::new(code, format!("longer than {FILE_BYTES} bytes")));
    }
    Ok(Some(bytes))
}

/// A variable in `<state>/.env`, when it is set there and not empty. A file that cannot be read has none.
#[must_use]
pub fn in_env_file(home: &OpenclawHome, variable: &str) -> Option<String> {
    let bytes = read_bounded(&home.env_file()).ok()??;
    let text = String::from_utf8_lossy(&bytes);
    env_file::value(&text, variable)
}

/// An old OpenClaw's stored credential for Ollama (`agents/*/agent/auth-profiles.json`).
#[must_use]
pub fn has_stored_credential(home: &OpenclawHome) -> bool {
    let agents = fs::read_dir(home.state.join("agents"));
    agents.into_iter().flatten().flatten().any(|agent| {
        let path: PathBuf = agent.path().join("agent").join("auth-profiles.json");
        let bytes = read_bounded(&path).ok().flatten().unwrap_or_default();
        let profiles: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let is_ollama =
            |profile: &serde_json::Value| profile.get("provider").is_some_and(|name| name == "ollama");
        profiles
            .get("profiles")
            .and_then(|all| all.as_object())
            .is_some_and(|all| all.values().any(is_ollama))
    })
}

#[cfg(test)]
mod tests;
