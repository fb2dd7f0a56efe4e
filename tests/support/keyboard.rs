//! The window's keyboard: Tab to what a person wants, and press it. Nothing here points at anything.
//! What has the focus is known by its name, as a screen reader says it.

use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::Value;

use super::{
    process::LIMIT,
    window::{LOOK, Window},
};

/// More stops than any screen has.
const STOPS: usize = 200;

/// The name of what has the focus, its kind, and whether the focus is drawn there.
const FOCUS: &str = "
    const at = document.activeElement;
    const words = (element) => element.textContent.replace(/\\s+/g, ' ').trim();
    const labelled = (ids) => ids.split(' ').map((id) => words(document.getElementById(id))).join(' ');
    const label = at.labels?.[0] ? words(at.labels[0]) : null;
    const by = at.getAttribute('aria-labelledby');
    const name = at.getAttribute('aria-label') ?? (by ? labelled(by) : (label ?? words(at)));
    const drawn = getComputedStyle(at).outlineStyle !== 'none';
    return [name, at.localName, drawn];";

/// What has the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Focus {
    /// As a screen reader says it.
    pub name: String,
    /// The element's name in HTML.
    pub kind: String,
    /// The eyes can see where it is.
    pub drawn: bool,
}

impl Window {
    /// What has the focus now.
    pub async fn focus(&self) -> Focus {
        let found = self.client().execute(FOCUS, Vec::new()).await.unwrap_or_default();
        let text = |at: usize| found.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        Focus {
            name: text(0),
            kind: text(1),
            drawn: found.get(2).and_then(Value::as_bool).unwrap_or_default(),
        }
    }

    /// Waits until something of that name has the focus.
    pub async fn has_focus(&self, name: &str) {
        let there = async {
            while self.focus().await.name != name {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LIMIT, there).await.is_err() {
            let focus = self.focus().await;
            self.give_up(&format!("the focus is not on \"{name}\" but {focus:?}")).await;
        }
    }

    /// Presses one key and lets it go.
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        if let Err(error) = self.client().perform_actions(keys).await {
            self.give_up(&format!("no key can be pressed ({error})")).await;
        }
    }

    /// Writes with the keyboard, where the focus is.
    pub async fn write(&self, text: &str) {
        let keys = text.chars().fold(KeyActions::new("keyboard".to_owned()), |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        if let Err(error) = self.client().perform_actions(keys).await {
            self.give_up(&format!("nothing can be written ({error})")).await;
        }
    }

    /// Waits until a button, link or field of that name is there, and goes to it with Tab; each stop on the way must
    /// be seen.
    pub async fn tab_to(&self, name: &str) {
        let mut way = Vec::new();
        for _ in 0..STOPS {
            self.key(Key::Tab).await;
            let focus = self.focus().await;
            // Between the last stop and the first, nothing of the page has it.
            if focus.kind != "body" && !focus.drawn {
                self.give_up(&format!("nobody sees the focus on {focus:?}")).await;
            }
            if focus.name == name {
                return;
            }
            way.push(focus.name);
        }
        self.give_up(&format!("Tab does not come to \"{name}\", only to {way:?}")).await;
    }

    /// How many elements a CSS selector finds.
    pub async fn count(&self, selector: &str) -> usize {
        self.client().find_all(Locator::Css(selector)).await.map_or(0, |found| found.len())
    }
}
