//! The automatic way (the page's implicit provider): the key in `<state>/.env`, no list of models, OpenClaw discovers
//! by itself. Not before 2026.2.17; recommended from 2026.8.2 on.

use super::{Edits, Situation, path, provider};
use crate::{
    error::{Error, ErrorCode},
    ollama::address::Address,
    openclaw::{
        dialect::{ADDRESS_ALONE_SINCE, AUTOMATIC_ADVISED, AUTOMATIC_SINCE, Automatic},
        document::{Edit, Value},
        outcome::Warning,
        settings::{self, KEY_VALUE, PROVIDER},
        version::Version,
    },
};

/// Keys of a provider entry that Pincer or OpenClaw's own set-up writes; any other is the user's.
const OUR_KEYS: [&str; 5] = ["baseUrl", "api", "apiKey", "models", "timeoutSeconds"];

/// What of a provider entry is the user's own: keys that no set-up writes, a key or a limit other than ours.
fn own_keys(present: Option<&Value>) -> Vec<String> {
    let keys = present.and_then(Value::as_object).unwrap_or_default();
    let is_own = |key: &str, value: &Value| match key {
        "apiKey" => settings::is_key(value) && value.as_str() != Some(KEY_VALUE),
        "timeoutSeconds" => value.as_u64() != Some(provider::TIMEOUT_SECONDS),
        other => !OUR_KEYS.contains(&other),
    };
    keys.iter().filter(|(key, value)| is_own(key, value)).map(|(key, _)| key.clone()).collect()
}

/// Whether this version can, at this address, without losing what the user wrote.
pub(super) fn possible(situation: Situation<'_>) -> Result<(), Error> {
    let not_before = |since: Version, address: Option<String>| {
        Err(ErrorCode::SettingsAutomaticNotPossible { since: since.to_string(), address }.into())
    };
    let alone = situation.dialect.address_alone;
    let own = own_keys(situation.value.get_path(&PROVIDER));
    if situation.dialect.automatic == Automatic::Ignored {
        not_before(AUTOMATIC_SINCE, None)
    } else if !is_usual(situation) && !alone {
        not_before(ADDRESS_ALONE_SINCE, Some(situation.address.to_string()))
    } else if !own.is_empty() && !alone {
        let since = ADDRESS_ALONE_SINCE.to_string();
        Err(ErrorCode::SettingsAutomaticDrops { names: own, since }.into())
    } else {
        Ok(())
    }
}

/// Without an address in its settings OpenClaw asks this one.
fn is_usual(situation: Situation<'_>) -> bool {
    *situation.address == Address::default()
}

/// The edits that make the provider automatic; the key is to be written unless it is there.
pub(super) fn automatic(result: &mut Edits, situation: Situation<'_>) -> Result<(), Error> {
    possible(situation)?;
    let dialect = situation.dialect;
    result.write_key = !situation.key;
    entry(result, situation);
    result.warnings.push(Warning::AutomaticOffersMore { online: dialect.key_offers_online });
    let (tokens, maximum) = (dialect.automatic.tokens(), dialect.automatic == Automatic::Maximum);
    result.warnings.push(Warning::AutomaticContext { tokens, maximum });
    if !dialect.automatic_advised {
        result.warnings.push(Warning::AutomaticNotAdvised { since: AUTOMATIC_ADVISED.to_string() });
    }
    Ok(())
}

/// Without a reason to keep it the entry goes; the address of another server and keys of the user's are reasons.
fn entry(result: &mut Edits, situation: Situation<'_>) {
    let present = situation.value.get_path(&PROVIDER);
    let foreign = !own_keys(present).is_empty();
    let listed = present.and_then(|entry| entry.get("models")).and_then(Value::as_array).unwrap_or_default();
    let names: Vec<String> = listed.iter().filter_map(settings::id).map(str::to_owned).collect();
    if !names.is_empty() {
        result.warnings.push(Warning::DropsModels { names });
    }
    if situation.dialect.address_alone && (foreign || !is_usual(situation)) {
        result
            .edits
            .push(Edit::Set { path: provider::of_provider("baseUrl"), value: provider::base_url(situation) });
        result.edits.push(Edit::Set { path: provider::of_provider("api"), value: "ollama".into() });
        result.edits.push(Edit::Remove { path: provider::of_provider("models") });
    } else if present.is_some() {
        result.edits.push(Edit::Remove { path: path(&PROVIDER) });
    }
}
