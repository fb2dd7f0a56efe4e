//! OpenClaw's settings as far as practice plays them. Only JSON is read: whoever writes them here writes that.

use std::{fs, io, path::Path};

use serde_json::{Value, json};

use super::usual;
use crate::host::Host;

/// The gateway's port when the settings name none.
const PORT: u16 = 18789;

/// What `openclaw.json` says.
pub(crate) struct Settings(Value);

impl Settings {
    /// Reads them; a file that is not there says nothing.
    pub(crate) fn read(file: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
            Err(error) => return Err(error),
        };
        let value = serde_json::from_str(&text);
        value
            .map(Self)
            .map_err(|error| io::Error::other(format!("Invalid config at {}: {error}", file.display())))
    }

    /// The gateway's port.
    pub(crate) fn port(&self) -> u16 {
        let port = self.0.pointer("/gateway/port").and_then(Value::as_u64);
        port.and_then(|port| port.try_into().ok()).unwrap_or(PORT)
    }

    /// Where Ollama is.
    pub(crate) fn ollama(&self) -> (String, u16) {
        let url = self.0.pointer("/models/providers/ollama/baseUrl").and_then(Value::as_str);
        url.map_or_else(usual, |url| Host::parse(url).to_connect())
    }

    /// The first choice, as it is written.
    pub(crate) fn primary(&self) -> Option<&str> {
        let model = self.0.pointer("/agents/defaults/model")?;
        model.as_str().or_else(|| model.get("primary")?.as_str())
    }

    /// The ids of the models that are listed for Ollama.
    pub(crate) fn listed(&self) -> Vec<String> {
        let listed = self.0.pointer("/models/providers/ollama/models").and_then(Value::as_array);
        let ids = listed.into_iter().flatten().filter_map(|model| model.get("id")?.as_str());
        ids.map(str::to_owned).collect()
    }

    /// They speak of Ollama.
    pub(crate) fn has_ollama(&self) -> bool {
        self.0.pointer("/models/providers/ollama").is_some()
    }
}

/// What OpenClaw refuses in them, as `config validate` lists it.
pub(crate) fn issues(settings: &io::Result<Settings>) -> Vec<Value> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return vec![json!({ "path": "", "message": error.to_string() })],
    };
    let model = settings.0.pointer("/agents/defaults/model").and_then(Value::as_object);
    let unknown = model
        .into_iter()
        .flat_map(|model| model.keys())
        .filter(|key| !matches!(key.as_str(), "primary" | "fallbacks" | "timeoutMs"));
    unknown
        .map(|key| json!({ "path": "agents.defaults.model", "message": format!("Unrecognized key: \"{key}\"") }))
        .collect()
}
