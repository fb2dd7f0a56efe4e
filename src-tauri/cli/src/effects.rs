//! What a change changes, in words: the same sentences as the window's (`ui/src/lib/words/effects.ts`).
//! A sentence begins with a name, so that it can stand alone or go on after a comma.

use pincer_core::openclaw::outcome::{Effect, ReceiptKind, SetMode};
use serde_json::{Value, json};

use crate::words::Words;

/// Whether it is shown before or told after.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tense {
    /// What applying would change.
    Will,
    /// What was changed.
    Did,
}

/// All effects as one sentence without its full stop; `None` when there are none.
pub(crate) fn sentence(words: &Words, effects: &[Effect], tense: Tense) -> Option<String> {
    let mut parts: Vec<String> = effects.iter().map(|effect| part(words, effect, tense)).collect();
    let last = parts.pop()?;
    if parts.is_empty() {
        return Some(last);
    }
    Some(words.say_with("effect.and", &json!({ "first": words.clauses(parts), "last": last })))
}

/// What a receipt tells.
pub(crate) fn receipt(words: &Words, kind: &ReceiptKind) -> String {
    if let ReceiptKind::Settings { effects } = kind
        && let Some(sentence) = sentence(words, effects, Tense::Did)
    {
        return sentence;
    }
    let value = serde_json::to_value(kind).unwrap_or_default();
    let name = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    words.say_with(&format!("receipt.{name}"), &value.get("params").cloned().unwrap_or_default())
}

fn part(words: &Words, effect: &Effect, tense: Tense) -> String {
    let tense = match tense {
        Tense::Will => "will",
        Tense::Did => "did",
    };
    let say = |name: &str, params: &Value| words.say_with(&format!("effect.{tense}.{name}"), params);
    let counted = |name: &str, names: &[String], more: &Value| {
        let form = if names.len() == 1 { "one" } else { "other" };
        let mut params = json!({ "name": names.first(), "names": names, "count": names.len() });
        if let (Some(params), Some(more)) = (params.as_object_mut(), more.as_object()) {
            params.extend(more.clone());
        }
        say(&format!("{name}.{form}"), &params)
    };
    let nothing = json!({});
    match effect {
        Effect::Connect { mode } => say(&format!("connect.{}", way(*mode)), &nothing),
        Effect::Mode { mode } => say(&format!("mode.{}", way(*mode)), &nothing),
        Effect::Model { name, before } => say("model", &json!({ "name": name, "before": before })),
        Effect::Fallbacks { names } => counted("fallbacks", names, &nothing),
        Effect::FallbacksOrder { .. } => say("fallbacks-order", &nothing),
        Effect::FallbacksGone {} => say("fallbacks-gone", &nothing),
        Effect::Address { url } => say("address", &json!({ "url": url })),
        Effect::ListAdded { names } => counted("list-added", names, &nothing),
        Effect::ListRemoved { names } => counted("list-removed", names, &nothing),
        Effect::Context { names, tokens } => counted("context", names, &json!({ "tokens": tokens })),
        Effect::Numbers { names } => counted("numbers", names, &nothing),
        Effect::Timeout { seconds } => say("timeout", &json!({ "seconds": seconds })),
        Effect::KeptLoaded { names } => counted("kept-loaded", names, &nothing),
        Effect::Key {} => say("key", &nothing),
        Effect::Gateway {} => say("gateway", &nothing),
        Effect::GatewayToken {} => say("gateway-token", &nothing),
        Effect::GatewayAtLogin { command, file } => {
            say("gateway-at-login", &json!({ "command": command, "file": file }))
        }
        Effect::InOrder {} => say("in-order", &nothing),
    }
}

const fn way(mode: SetMode) -> &'static str {
    match mode {
        SetMode::Pinned => "pinned",
        SetMode::Automatic => "automatic",
    }
}

#[cfg(test)]
mod tests {
    use pincer_core::surroundings::Environment;

    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    fn said(language: &str, effects: &[Effect], tense: Tense) -> Option<String> {
        sentence(&Words::of(&Environment::new([("LANG", language)])), effects, tense)
    }

    #[test]
    fn one_sentence_for_all() {
        let model = Effect::Model { name: "qwen3:8b".into(), before: None };
        let added = Effect::ListAdded { names: names(&["a", "b"]) };
        let removed = Effect::ListRemoved { names: names(&["c"]) };
        assert_eq!(said("en", &[], Tense::Will), None);
        assert_eq!(
            said("en", &[model.clone(), added.clone()], Tense::Will).unwrap(),
            "qwen3:8b becomes OpenClaw’s model, and 2 models are added to OpenClaw’s list"
        );
        assert_eq!(
            said("en", &[model.clone(), added.clone(), removed.clone()], Tense::Did).unwrap(),
            "qwen3:8b became OpenClaw’s model, 2 models were added to OpenClaw’s list, and c was taken out of OpenClaw’s list"
        );
        assert_eq!(
            said("fr", &[model, added, removed], Tense::Did).unwrap(),
            "qwen3:8b est devenu le modèle d’OpenClaw, 2 modèles sont entrés dans la liste d’OpenClaw, et c est sorti de la liste d’OpenClaw"
        );
    }

    #[test]
    fn every_effect_has_its_words() {
        let pair = names(&["a", "b"]);
        let one = names(&["a"]);
        let all = [
            Effect::Connect { mode: SetMode::Pinned },
            Effect::Connect { mode: SetMode::Automatic },
            Effect::Mode { mode: SetMode::Pinned },
            Effect::Mode { mode: SetMode::Automatic },
            Effect::Model { name: "a".into(), before: None },
            Effect::Model { name: "a".into(), before: Some("x/y".into()) },
            Effect::Fallbacks { names: one.clone() },
            Effect::Fallbacks { names: pair.clone() },
            Effect::FallbacksOrder { names: pair.clone() },
            Effect::FallbacksGone {},
            Effect::Address { url: "http://nas:11434".into() },
            Effect::ListAdded { names: one.clone() },
            Effect::ListAdded { names: pair.clone() },
            Effect::ListRemoved { names: one.clone() },
            Effect::ListRemoved { names: pair.clone() },
            Effect::Context { names: one.clone(), tokens: Some(65536) },
            Effect::Context { names: pair.clone(), tokens: Some(65536) },
            Effect::Context { names: pair.clone(), tokens: None },
            Effect::Numbers { names: one.clone() },
            Effect::Numbers { names: pair.clone() },
            Effect::Timeout { seconds: 900 },
            Effect::KeptLoaded { names: one },
            Effect::KeptLoaded { names: pair },
            Effect::Key {},
            Effect::Gateway {},
            Effect::GatewayToken {},
            Effect::GatewayAtLogin { command: "openclaw gateway install".into(), file: "/a".into() },
            Effect::InOrder {},
        ];
        for language in crate::words::languages() {
            for tense in [Tense::Will, Tense::Did] {
                for effect in &all {
                    let said = said(language, std::slice::from_ref(effect), tense).unwrap();
                    assert!(!said.contains('{') && !said.starts_with("effect."), "{effect:?}: {said}");
                }
            }
        }
    }
}
