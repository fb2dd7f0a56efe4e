//! OpenClaw's own page, signed in by its own command: `openclaw dashboard --json` gives a one-time link for the
//! browser (2026.9.6), `--no-open` prints one with the token (before). What it prints is a key to OpenClaw: it goes to
//! the browser and nowhere else, neither into a log nor into an error.

use std::{fmt, time::Duration};

use serde::Deserialize;

use super::{Gateway, look, start};
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::command,
    openclaw::{node, program},
};

/// It took 3 to 6 s.
const LIMIT: Duration = Duration::from_secs(60);

/// The page to open.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    url: String,
    /// It opens signed in; else OpenClaw asks for its token.
    pub signed_in: bool,
}

impl Page {
    /// What the browser is given. A key to OpenClaw: never to be shown, logged or kept.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address alone, to be shown.
    #[must_use]
    pub fn plain(&self) -> &str {
        plain(&self.url)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("plain", &self.plain()).field("signed_in", &self.signed_in).finish()
    }
}

/// The page of this computer's OpenClaw; its plain address when OpenClaw gives no link.
///
/// # Errors
/// `gateway.stopped` when the gateway does not answer, `gateway.no-program`.
pub async fn page(computer: &Computer) -> Result<Page, Error> {
    let asked = {
        let computer = computer.clone();
        tokio::task::spawn_blocking(move || {
            (start::told(&computer).gateway(), program::find(&computer.surroundings))
        })
    };
    let (port, found) = asked.await.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?;
    let program = found.ok_or_else(|| Error::from(ErrorCode::GatewayNoProgram {}))?;
    // Asked without one, older versions would offer to install a service.
    if look(port).await != Gateway::Answers {
        return Err(ErrorCode::GatewayStopped { port }.into());
    }
    let led = node::lead(computer, &program).await;
    let ask = async |option: &str| {
        let output = command::output(&led, &program.path, &["dashboard", option], LIMIT).await.ok();
        output.map(|output| output.stdout).unwrap_or_default()
    };
    let link = match of_document(&ask("--json").await) {
        Some(link) => Some(link),
        None => of_text(&ask("--no-open").await),
    };
    let signed_in = |url: String| Page { url, signed_in: true };
    let unsigned = || Page { url: format!("http://127.0.0.1:{port}/"), signed_in: false };
    Ok(link.filter(|link| is_ours(link, port)).map_or_else(unsigned, signed_in))
}

/// The one-time link of `--json`.
fn of_document(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        ok: bool,
        browser_url: Option<String>,
    }
    let answer: Answer = super::turn::document(text)?;
    answer.browser_url.filter(|_| answer.ok)
}

/// The link with the token that versions without `--json` print.
fn of_text(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    words.find(|word| word.starts_with("http") && word.contains("#token=")).map(str::to_owned)
}

/// A page of the gateway's own, with something to sign in by: nothing else is opened.
fn is_ours(link: &str, port: u16) -> bool {
    let Some((address, key)) = link.split_once('#') else { return false };
    let hosts = ["127.0.0.1", "localhost", "[::1]"];
    let ours =
        hosts.iter().flat_map(|host| [format!("http://{host}:{port}"), format!("https://{host}:{port}")]);
    let within = |base: &String| {
        address.strip_prefix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !key.is_empty() && ours.into_iter().any(|base| within(&base))
}

fn plain(link: &str) -> &str {
    link.split(['#', '?']).next().unwrap_or(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_read_from_either_form() {
        let json = r#"{"ok":true,"url":"http://127.0.0.1:18789/","browserUrl":"http://127.0.0.1:18789/#bootstrapToken=k"}"#;
        assert_eq!(of_document(json).as_deref(), Some("http://127.0.0.1:18789/#bootstrapToken=k"));
        assert_eq!(of_document(r#"{"ok":false,"reason":"Gateway is not running."}"#), None);
        assert_eq!(of_document("error: unknown option '--json'"), None);
        let text = "Dashboard URL: http://127.0.0.1:18789/#token=k\nCopied to clipboard.";
        assert_eq!(of_text(text).as_deref(), Some("http://127.0.0.1:18789/#token=k"));
        assert_eq!(of_text("Dashboard URL: http://127.0.0.1:18789/"), None);
    }

    #[test]
    fn only_the_gateways_own_page_is_opened() {
        for (link, ours) in [
            ("http://127.0.0.1:18789/#k=1", true),
            ("http://localhost:18789/base/#k=1", true),
            ("https://127.0.0.1:18789#k=1", true),
            ("http://127.0.0.1:18789/", false),
            ("http://127.0.0.1:18789/#", false),
            ("http://127.0.0.1:1878/#k=1", false),
            ("http://127.0.0.1:187890/#k=1", false),
            ("http://127.0.0.1:18789.example.com/#k=1", false),
            ("http://example.com:18789/#k=1", false),
            ("file:///etc/passwd#k=1", false),
        ] {
            assert_eq!(is_ours(link, 18789), ours, "{link}");
        }
    }

    #[test]
    fn the_key_is_never_shown() {
        let page = Page { url: "http://127.0.0.1:18789/?a=secret#token=secret".into(), signed_in: true };
        assert_eq!(page.plain(), "http://127.0.0.1:18789/");
        assert!(!format!("{page:?}").contains("secret"));
    }
}
