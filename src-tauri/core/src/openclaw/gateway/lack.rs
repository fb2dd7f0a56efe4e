//! What OpenClaw's gateway lacks in its settings to start: one rule, for the diagnosis and for a start.
//! A start looks at no more than that takes: Ollama, which may be silent, has no part in it.

use super::look;
use crate::{
    computer::Computer,
    error::Error,
    openclaw::{
        change, node, program,
        settings::{LOCAL, Settings},
    },
};

/// `gateway.bind` of a gateway that listens to the local network.
const NETWORK: &str = "lan";
/// `gateway.bind` of those that listen to this computer's loopback, where they are seen from here.
const SEEN_HERE: [&str; 3] = ["loopback", NETWORK, "auto"];

/// A setting without which the gateway refuses to start (measured on 2026.9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// `gateway.mode`.
    Mode,
    /// A token or a password to ask for, where it listens to the network.
    Token,
}

impl Lack {
    /// What a gateway that does not run lacks, first what is to be set first. `secret`: it finds what it asks for.
    #[must_use]
    pub fn of(told: &Settings, secret: bool) -> Option<Self> {
        match told.gateway_mode.as_deref() {
            _ if !is_seen_here(told) => None,
            None => Some(Self::Mode),
            Some(LOCAL) if told.gateway_bind.as_deref() == Some(NETWORK) && !secret => Some(Self::Token),
            // In another mode it is on another computer.
            Some(_) => None,
        }
    }
}

/// It would listen to this computer's loopback, as far as they say.
pub(crate) fn is_seen_here(told: &Settings) -> bool {
    told.gateway_bind.as_deref().is_none_or(|bind| SEEN_HERE.contains(&bind))
}

/// What the gateway of this computer's OpenClaw lacks to start, as the diagnosis would have it: nothing where it runs,
/// where it is not here or its settings say nothing, and where no Node is here that it runs on, which comes first.
///
/// # Errors
/// Only faults of our own.
pub async fn lacking(computer: &Computer) -> Result<Option<Lack>, Error> {
    let asked = computer.clone();
    let looked = change::blocking(move || {
        let Some(program) = program::find(&asked.surroundings) else { return Ok(None) };
        // A file that cannot be read is not mended by one more setting.
        let read = asked.configuration().ok().flatten().filter(|all| all.not_an_object().is_none());
        let Some(configuration) = read else { return Ok(None) };
        let told = Settings::of(configuration.value());
        let secret = told.gateway_has_secret(asked.gateway_secrets_beside(&asked.openclaw(), true));
        Ok(Lack::of(&told, secret).map(|lack| (lack, program, told.gateway())))
    });
    let Some((lack, program, port)) = looked.await? else { return Ok(None) };
    // One that runs was told otherwise.
    if look(port).await.is_there() {
        return Ok(None);
    }
    if let Some(required) = &program.node {
        let known = &computer.remembered().nodes;
        let (nodes, silent) = node::versions(&computer.surroundings, &program.path, known).await;
        if node::too_old(required, &nodes, silent).is_some() {
            return Ok(None);
        }
    }
    Ok(Some(lack))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_needs_a_mode_and_for_the_network_something_to_ask_for() {
        for (mode, bind, secret, lack) in [
            (None, None, true, Some(Lack::Mode)),
            (None, Some("lan"), false, Some(Lack::Mode)),
            (None, Some("tailnet"), false, None),
            (Some("local"), None, false, None),
            (Some("local"), Some("loopback"), false, None),
            (Some("local"), Some("auto"), false, None),
            (Some("local"), Some("lan"), false, Some(Lack::Token)),
            (Some("local"), Some("lan"), true, None),
            (Some("remote"), Some("lan"), false, None),
        ] {
            let [gateway_mode, gateway_bind] = [mode, bind].map(|set| set.map(str::to_owned));
            let told = Settings { gateway_mode, gateway_bind, ..Settings::default() };
            assert_eq!(Lack::of(&told, secret), lack, "{mode:?} {bind:?} {secret}");
        }
    }
}
