//! What an Ollama that Pincer started was told by variables: remembered with its process, so that a restart from
//! another shell, or from the window, does not take its folder of models or its context away.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::address::{Address, listen_value_as_written};
use crate::{openclaw::secrets, surroundings::Environment};

/// Where it listens.
const HOST: &str = "OLLAMA_HOST";
/// Which cards it may use: variables that Ollama reads and that are not its own (`ollama serve --help`, 0.32).
const CARDS: [&str; 6] = [
    "CUDA_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
    "GPU_DEVICE_ORDINAL",
    "HIP_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
    "ROCR_VISIBLE_DEVICES",
];

/// Its variables, without any that holds a secret: those are not ours to keep on a disk.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Told(BTreeMap<String, String>);

impl fmt::Debug for Told {
    // Names alone: values are of nobody's business, folders for instance.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Told {
    /// What one is told that shall answer at `address`: what is set now; what is not, as the one `before` it was told.
    #[must_use]
    pub fn of(environment: &Environment, address: &Address, before: Option<&Self>) -> Self {
        let remembered = before.into_iter().flat_map(Self::iter);
        let all = remembered.chain(environment.iter().filter(|(_, value)| !value.is_empty()));
        let kept = all.filter(|(name, _)| *name != HOST && is_kept(name));
        let mut told: BTreeMap<String, String> =
            kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        told.insert(HOST.to_owned(), host(environment, address, before));
        Self(told)
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn is_kept(name: &str) -> bool {
    CARDS.contains(&name) || (name.starts_with("OLLAMA_") && !secrets::is_secret_key(name))
}

/// A wildcard stays one: other devices reach it.
fn host(environment: &Environment, address: &Address, before: Option<&Told>) -> String {
    let now = environment.get(HOST);
    let is_this = |text: &str| Address::from_ollama_host(text).as_ref() == Some(address);
    let leads =
        |text: &&String| Address::from_ollama_host(text).is_some_and(|of| of.port() == address.port());
    match before.and_then(|before| before.0.get(HOST)).filter(leads) {
        Some(before) if !now.is_some_and(is_this) => before.clone(),
        _ => listen_value_as_written(address, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)], before: Option<&Told>) -> Vec<(String, String)> {
        let address = Address::parse("http://127.0.0.1:4242").unwrap();
        let told = Told::of(&Environment::new(variables.iter().copied()), &address, before);
        told.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_is_not_set_any_more_stays_as_it_was() {
        let first = [
            ("HOME", "/home/me"),
            ("CUDA_VISIBLE_DEVICES", "1"),
            ("OLLAMA_API_KEY", "s3cret"),
            ("OLLAMA_CONTEXT_LENGTH", "32768"),
            ("OLLAMA_HOST", "0.0.0.0:4242"),
            ("OLLAMA_MODELS", "/data/models"),
        ];
        let before = Told(told(&first, None).into_iter().collect());
        let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let kept = [first[1], first[3], first[4], first[5]];
        assert_eq!(told(&[], Some(&before)), pairs(&kept), "no secret, nothing of others");
        // What is set now wins, and only there.
        let now =
            [("OLLAMA_MODELS", "/new"), ("OLLAMA_HOST", "127.0.0.1:4242"), ("OLLAMA_CONTEXT_LENGTH", "")];
        let expected = [first[1], first[3], ("OLLAMA_HOST", "127.0.0.1:4242"), ("OLLAMA_MODELS", "/new")];
        assert_eq!(told(&now, Some(&before)), pairs(&expected));
        // Another address that is set is not this one's.
        assert_eq!(told(&[("OLLAMA_HOST", "127.0.0.1:1")], Some(&before)), pairs(&kept));
        assert_eq!(told(&[], None), pairs(&[("OLLAMA_HOST", "127.0.0.1:4242")]));
        let debug = format!("{before:?}");
        assert!(debug.contains("OLLAMA_MODELS") && !debug.contains("/data"), "{debug}");
    }
}
