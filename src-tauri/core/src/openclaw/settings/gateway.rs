//! What the settings say of OpenClaw's gateway: where it runs, and what it asks for. Rules measured on 2026.9.6.
//! Reads what `Settings` holds; knows no file.

use super::{LOCAL, Settings};

/// The variables by which OpenClaw's gateway is told its token and its password.
pub const GATEWAY_SECRETS: [&str; 2] = ["OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"];
/// The gateway's port when the file does not say.
const GATEWAY_PORT: u16 = 18789;

impl Settings {
    /// The gateway's port.
    #[must_use]
    pub fn gateway(&self) -> u16 {
        self.gateway_port.unwrap_or(GATEWAY_PORT)
    }

    /// The gateway runs on this computer, as far as they say.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.gateway_mode.as_deref().is_none_or(|mode| mode == LOCAL)
    }

    /// Whoever asks the gateway shows a token or a password, as far as they say. `beside`: the variables of
    /// [`GATEWAY_SECRETS`] that OpenClaw reads from beside the file, in that order.
    #[must_use]
    pub fn gateway_has_secret(&self, beside: [bool; 2]) -> bool {
        let named = |name: &str| self.variables.iter().any(|known| known == name);
        let [token, password] = GATEWAY_SECRETS.map(named);
        let (token, password) =
            (self.gateway_token || token || beside[0], self.gateway_password || password || beside[1]);
        match self.gateway_auth.as_deref() {
            None => token || password,
            Some("token") => token,
            Some("password") => password,
            Some("none") => false,
            // Somebody else lets in who may.
            Some(_) => true,
        }
    }

    /// The other computer on which the gateway runs, when they say so: its name or number and the port, no more.
    #[must_use]
    pub fn gateway_host(&self) -> Option<String> {
        let url = self.gateway_remote.as_deref().filter(|_| !self.is_local())?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        // A password with a slash in it would be cut, and its beginning shown.
        let whole = url.contains('@') == authority.contains('@');
        (whole && !host.is_empty()).then(|| host.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openclaw::document::Value;

    #[test]
    fn what_the_gateway_asks_for_is_there_or_not() {
        let none = [false, false];
        for (auth, beside, expected) in [
            (json!({}), none, false),
            (json!({ "token": "" }), none, false),
            (json!({ "token": "t" }), none, true),
            (json!({ "token": { "source": "env", "id": "T" } }), none, true),
            (json!({ "password": "p" }), none, true),
            (json!({ "mode": "token", "password": "p" }), none, false),
            (json!({ "mode": "password", "password": "p" }), none, true),
            (json!({ "mode": "password", "token": "t" }), none, false),
            (json!({ "mode": "none", "token": "t" }), none, false),
            (json!({ "mode": "trusted-proxy" }), none, true),
            (json!({}), [true, false], true),
            (json!({ "mode": "token" }), [false, true], false),
            (json!({ "mode": "password" }), [false, true], true),
        ] {
            let value = Value::from(json!({ "gateway": { "auth": auth } }));
            assert_eq!(Settings::of(&value).gateway_has_secret(beside), expected, "{auth} {beside:?}");
        }
        let vars = json!({ "env": { "vars": { "OPENCLAW_GATEWAY_TOKEN": "t" } } });
        assert!(Settings::of(&Value::from(vars)).gateway_has_secret(none));
    }

    #[test]
    fn the_other_computer_is_named_without_what_is_secret() {
        for (mode, url, expected) in [
            ("remote", Some("ws://192.0.2.9:18789"), Some("192.0.2.9:18789")),
            ("remote", Some("wss://me:pa/ss@nas.local/x?token=t"), None),
            ("remote", Some("wss://me:pass@nas.local:1/x?token=t#k"), Some("nas.local:1")),
            ("remote", Some("ws://[2001:db8::7]:18789/"), Some("[2001:db8::7]:18789")),
            ("remote", Some("nas.local"), Some("nas.local")),
            ("remote", Some("ws://"), None),
            ("remote", None, None),
            ("local", Some("ws://nas.local"), None),
        ] {
            let file = json!({ "gateway": { "mode": mode, "remote": { "url": url } } });
            let found = Settings::of(&Value::from(file)).gateway_host();
            assert_eq!(found.as_deref(), expected, "{mode} {url:?}");
        }
    }
}
