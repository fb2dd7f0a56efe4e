//! Addresses whose path is the secret: whoever knows it may post there.
//! Host and kind stay to be seen, what follows is masked.

use super::spans::Spans;
use super::{is_quote, scan};

/// Where the secret begins, as the makers document it: Slack, Discord, Telegram, Microsoft Teams, Mattermost-like
/// servers and home automation (`/hooks/`, `/webhook/`), Zapier and IFTTT.
const BEFORE_SECRETS: [&str; 10] = [
    "hooks.slack.com/",
    "/api/webhooks/",
    "api.telegram.org/bot",
    "api.telegram.org/file/bot",
    "/webhookb2/",
    "/webhook/",
    "/webhooks/",
    "hooks.zapier.com/hooks/",
    "maker.ifttt.com/",
    "/hooks/",
];

/// Adds the secret ends of such addresses in `text`.
pub(super) fn collect(text: &str, spans: &mut Spans) {
    let lower = text.to_ascii_lowercase();
    let mut done = 0;
    for (at, found) in lower.match_indices("://") {
        let start = at + found.len();
        if start < done {
            continue;
        }
        let rest = scan::cut(&lower, start, lower.len());
        let length = rest.find(|c: char| c.is_whitespace() || is_quote(c) || matches!(c, '<' | '>'));
        done = start + length.unwrap_or(rest.len());
        let address = scan::cut(&lower, start, done);
        let secret =
            BEFORE_SECRETS.iter().filter_map(|marker| Some(address.find(marker)? + marker.len())).min();
        if let Some(secret) = secret {
            spans.add(start + secret..done);
        }
    }
}
