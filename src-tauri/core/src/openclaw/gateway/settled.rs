//! What a proof rests on besides the settings' text: where OpenClaw asks for models, and whether the gateway runs the
//! settings that the file holds. Both are said only as far as this computer can tell.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use crate::{
    computer::Computer,
    machine::port_owner::port_owner,
    ollama::address::Address,
    openclaw::{
        outcome::Mode,
        secrets,
        settings::{self, KEY_VARIABLE, Settings},
    },
};

/// Where OpenClaw asks for models: where its settings say, else Ollama's usual address. `None`: it asks no Ollama, since
/// nothing turns it on, or that is not known here, since the gateway runs elsewhere, or the address is of variables that
/// are set nowhere or not alike. Blocking.
#[must_use]
pub fn asked_address(computer: &Computer, told: &Settings) -> Option<Address> {
    if !told.is_local() {
        return None;
    }
    let Some(written) = told.base_url.as_deref() else {
        // A gateway that was started from here has our environment.
        let here = || computer.surroundings.environment.get(KEY_VARIABLE).is_some();
        let key = computer.key_beside(&computer.openclaw()) || here();
        return (told.mode(key) != Mode::Off).then(Address::default);
    };
    Address::parse(&resolved(computer, told, written)?).ok()
}

/// Where OpenClaw asks for models, to show and to compare: as known, else as written; without a password. Blocking.
#[must_use]
pub fn asked_url(computer: &Computer, told: &Settings) -> String {
    let known = asked_address(computer, told).map(|address| address.to_string());
    let shown = known.or_else(|| told.base_url.clone());
    shown.as_deref().map(secrets::masked_address).unwrap_or_default()
}

/// The text with its variables replaced. The gateway's own environment cannot be seen: where the places that it may
/// read from disagree, nothing is known.
fn resolved(computer: &Computer, told: &Settings, written: &str) -> Option<String> {
    let home = computer.openclaw();
    let mut text = written.to_owned();
    for name in settings::variables_in(written) {
        let in_file = told.base_url_variables.iter().find(|(known, _)| *known == name);
        let places = [
            computer.surroundings.environment.get(&name).map(str::to_owned),
            settings::in_env_file(&home, &name),
            in_file.map(|(_, value)| value.clone()),
        ];
        let mut values = places.into_iter().flatten().filter(|value| !value.trim().is_empty());
        let value = values.next()?;
        if values.any(|other| other != value) {
            return None;
        }
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    Some(text)
}

/// The gateway may run older settings than the file holds: it does not reload them by itself, and was not seen to be
/// started after their last change. Blocking.
#[must_use]
pub fn is_behind(computer: &Computer, told: &Settings) -> bool {
    if !told.reload_off || !told.is_local() {
        return false;
    }
    let now = computer.surroundings.now();
    let age = port_owner(&Address::loopback(told.gateway()), now).and_then(|owner| owner.age);
    !was_started_after(age, now, last_change(computer))
}

/// `age`: of the gateway, in whole seconds.
fn was_started_after(age: Option<Duration>, now: SystemTime, changed: Option<SystemTime>) -> bool {
    let started = age.and_then(|age| now.checked_sub(age));
    started.zip(changed).is_some_and(|(started, changed)| started > changed)
}

/// When one of the settings' files changed last.
fn last_change(computer: &Computer) -> Option<SystemTime> {
    let configuration = computer.configuration().ok()??;
    let files = configuration.main().into_iter().chain(configuration.included());
    let times = files.map(|file| fs::metadata(file.path()).and_then(|found| found.modified()).ok());
    times.collect::<Option<Vec<_>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        machine::os::Os,
        surroundings::{Environment, Surroundings},
    };

    fn computer(home: &std::path::Path, variables: &[(&str, &str)]) -> Computer {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Computer::new(Surroundings::new(Os::Linux, Environment::new(variables), home, SystemTime::now), None)
    }

    #[test]
    fn openclaw_asks_where_it_was_told_to_if_that_is_known() {
        let home = tempfile::tempdir().unwrap();
        let told = |url: Option<&str>, in_file: Option<&str>| Settings {
            base_url: url.map(str::to_owned),
            base_url_variables: in_file.map(|value| ("MINE".into(), value.into())).into_iter().collect(),
            ..Settings::default()
        };
        let nas = "http://nas:11434";
        for (url, here, in_file, expected) in [
            (None, None, None, None),
            (Some("http://nas:11434/v1"), None, None, Some(nas)),
            (Some("::nothing::"), None, None, None),
            (Some("${MINE}"), None, None, None),
            (Some("${MINE}"), Some(nas), None, Some(nas)),
            (Some("${MINE}"), None, Some(nas), Some(nas)),
            (Some("http://${MINE}:11434"), Some("nas"), Some("nas"), Some(nas)),
            (Some("http://${MINE}:11434"), Some("nas"), Some("other"), None),
        ] {
            let here: Vec<_> = here.map(|value| ("MINE", value)).into_iter().collect();
            let found = asked_address(&computer(home.path(), &here), &told(url, in_file));
            assert_eq!(
                found.map(|address| address.to_string()).as_deref(),
                expected,
                "{url:?} {here:?} {in_file:?}"
            );
        }
        // The usual address is asked where something turns Ollama on.
        let usual = Some(Address::default());
        let by_key = Settings { key_in_file: true, ..Settings::default() };
        assert_eq!(asked_address(&computer(home.path(), &[]), &by_key), usual);
        assert_eq!(
            asked_address(&computer(home.path(), &[(KEY_VARIABLE, "x")]), &Settings::default()),
            usual
        );
        fs::create_dir_all(home.path().join(".openclaw")).unwrap();
        fs::write(home.path().join(".openclaw/.env"), format!("{KEY_VARIABLE}=x\n")).unwrap();
        assert_eq!(asked_address(&computer(home.path(), &[]), &Settings::default()), usual);
        fs::write(home.path().join(".openclaw/.env"), "MINE=nas\n").unwrap();
        let computer = computer(home.path(), &[]);
        let by_file = told(Some("http://${MINE}:11434"), None);
        assert_eq!(asked_url(&computer, &by_file), nas);
        let remote = Settings { gateway_mode: Some("remote".into()), ..by_file };
        assert_eq!(asked_address(&computer, &remote), None, "another computer asks");
    }

    #[test]
    fn a_gateway_that_does_not_reload_is_believed_only_after_a_start() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds));
        let age = |seconds| Some(Duration::from_secs(seconds));
        assert!(was_started_after(age(5), now, ago(6)));
        assert!(!was_started_after(age(5), now, ago(5)));
        assert!(!was_started_after(age(5), now, ago(1)));
        assert!(!was_started_after(None, now, ago(6)), "it cannot be seen");
        assert!(!was_started_after(age(5), now, None));
        let home = tempfile::tempdir().unwrap();
        let computer = computer(home.path(), &[]);
        assert!(!is_behind(&computer, &Settings::default()), "it reloads by itself");
        assert!(is_behind(&computer, &Settings { reload_off: true, ..Settings::default() }));
    }
}
