//! The automatic way (the page's implicit provider): the key in `<state>/.env`, no list of models, OpenClaw discovers
//! by itself. Not before 2026.2.17; recommended from 2026.8.2 on.

use super::{Edits, Situation, path, provider};
use crate::{
    error::{Error, ErrorCode},
    ollama::address::Address,
    openclaw::{
        dialect::{ADDRESS_ALONE_SINCE, AUTOMATIC_ADVISED, AUTOMATIC_SINCE, Automatic, KEY_OFFERS_ONLINE},
        document::{Edit, Value},
        outcome::Warning,
        settings::{self, PROVIDER},
        version::Version,
    },
};

/// Keys of a provider entry that Pincer or OpenClaw's own set-up writes; any other is the user's.
const OUR_KEYS: [&str; 5] = ["baseUrl", "api", "apiKey", "models", "timeoutSeconds"];

/// The edits that make the provider automatic; the key is to be written unless it is there.
pub(super) fn automatic(result: &mut Edits, situation: Situation<'_>) -> Result<(), Error> {
    let not_possible =
        |since: Version| Error::from(ErrorCode::SettingsAutomaticNotPossible { since: since.to_string() });
    let since = |first: Version| situation.version.is_none_or(|version| version >= first);
    if situation.dialect.automatic == Automatic::Ignored {
        return Err(not_possible(AUTOMATIC_SINCE));
    }
    let usual = *situation.address == Address::default();
    if !usual && !since(ADDRESS_ALONE_SINCE) {
        return Err(not_possible(ADDRESS_ALONE_SINCE));
    }
    result.write_key = !situation.key;
    entry(result, situation, usual, since(ADDRESS_ALONE_SINCE));
    result.warnings.push(Warning::AutomaticOffersMore { online: since(KEY_OFFERS_ONLINE) });
    let (tokens, maximum) = match situation.dialect.automatic {
        Automatic::Tokens(tokens) => (Some(tokens), false),
        Automatic::Maximum => (None, true),
        Automatic::OllamasOwn | Automatic::Ignored => (None, false),
    };
    result.warnings.push(Warning::AutomaticContext { tokens, maximum });
    if !since(AUTOMATIC_ADVISED) {
        result.warnings.push(Warning::AutomaticNotAdvised { since: AUTOMATIC_ADVISED.to_string() });
    }
    Ok(())
}

/// Without a reason to keep it the entry goes; the address of another server and keys of the user's are reasons.
fn entry(result: &mut Edits, situation: Situation<'_>, usual: bool, address_alone: bool) {
    let present = situation.value.get_path(&PROVIDER);
    let keys = present.and_then(Value::as_object).unwrap_or_default();
    let foreign = keys.iter().any(|(key, _)| !OUR_KEYS.contains(&key.as_str()));
    let listed = present.and_then(|entry| entry.get("models")).and_then(Value::as_array).unwrap_or_default();
    let names: Vec<String> = listed.iter().filter_map(settings::id).map(str::to_owned).collect();
    if !names.is_empty() {
        result.warnings.push(Warning::DropsModels { names });
    }
    if address_alone && (foreign || !usual) {
        result
            .edits
            .push(Edit::Set { path: provider::of_provider("baseUrl"), value: provider::base_url(situation) });
        result.edits.push(Edit::Set { path: provider::of_provider("api"), value: "ollama".into() });
        result.edits.push(Edit::Remove { path: provider::of_provider("models") });
    } else if present.is_some() {
        result.edits.push(Edit::Remove { path: path(&PROVIDER) });
    }
}
