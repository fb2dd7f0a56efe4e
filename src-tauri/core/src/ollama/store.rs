//! The folders that hold models on this computer: a service has its own, and so does every user's own Ollama, so
//! models can seem to have vanished. Read from the manifests, never from the layers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{machine::os::Os, surroundings::Surroundings};

/// Where a Linux service keeps its models (its user's home, by Ollama's installer).
const SERVICE: &str = "/usr/share/ollama/.ollama/models";
/// More models than this are not read.
const MODELS: usize = 1000;

/// A folder of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The folder.
    pub folder: PathBuf,
    /// It is that of the service, which counts only where there is one.
    pub of_service: bool,
    /// Names of its models, as Ollama lists them.
    pub models: Vec<String>,
}

/// The folders that there are and can be read, each with a model at least. Blocking, some milliseconds.
#[must_use]
pub fn look(surroundings: &Surroundings) -> Vec<Store> {
    let read = |(folder, of_service): (PathBuf, bool)| {
        let models = models(&folder);
        (!models.is_empty()).then_some(Store { folder, of_service, models })
    };
    places(surroundings).into_iter().filter_map(read).collect()
}

fn places(surroundings: &Surroundings) -> Vec<(PathBuf, bool)> {
    let named = surroundings.environment.get("OLLAMA_MODELS").map(|path| surroundings.expand(path));
    let own = surroundings.home.join(".ollama").join("models");
    let mut all: Vec<_> = named.into_iter().chain([own]).map(|folder| (folder, false)).collect();
    if surroundings.os == Os::Linux {
        all.push((PathBuf::from(SERVICE), true));
    }
    all.dedup_by(|a, b| a.0 == b.0);
    all
}

/// `manifests/HOST/NAMESPACE/MODEL/TAG`, with the defaults left out as Ollama does.
fn models(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (host, hosts) in entries(&folder.join("manifests")) {
        for (namespace, namespaces) in entries(&hosts) {
            for (model, models) in entries(&namespaces) {
                for (tag, file) in entries(&models) {
                    if found.len() >= MODELS {
                        return found;
                    }
                    if file.is_file() {
                        let prefix = match (host.as_str(), namespace.as_str()) {
                            ("registry.ollama.ai", "library") => String::new(),
                            ("registry.ollama.ai", namespace) => format!("{namespace}/"),
                            (host, namespace) => format!("{host}/{namespace}/"),
                        };
                        found.push(format!("{prefix}{model}:{tag}"));
                    }
                }
            }
        }
    }
    found
}

/// Names that are UTF-8 and not hidden, in order.
fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let named = |entry: fs::DirEntry| Some((entry.file_name().into_string().ok()?, entry.path()));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MODELS);
    let mut all: Vec<_> = entries.filter_map(named).filter(|(name, _)| !name.starts_with('.')).collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::surroundings::Environment;

    fn on(os: Os, home: &Path, environment: &[(&str, &str)]) -> Surroundings {
        Surroundings::new(os, Environment::new(environment.iter().copied()), home, || UNIX_EPOCH)
    }

    #[test]
    fn models_are_named_as_ollama_lists_them() {
        let home = tempfile::tempdir().unwrap();
        let manifests = home.path().join("elsewhere/manifests");
        for path in [
            "registry.ollama.ai/library/qwen3/8b",
            "registry.ollama.ai/library/.DS_Store",
            "registry.ollama.ai/me/mine/latest",
            "hf.co/org/repo/Q4_K_M",
        ] {
            fs::create_dir_all(manifests.join(path).parent().unwrap()).unwrap();
            fs::write(manifests.join(path), "{}").unwrap();
        }
        let folder = home.path().join("elsewhere");
        let stores = look(&on(Os::MacOs, home.path(), &[("OLLAMA_MODELS", folder.to_str().unwrap())]));
        let models = ["hf.co/org/repo:Q4_K_M", "qwen3:8b", "me/mine:latest"].map(str::to_owned).to_vec();
        assert_eq!(stores, [Store { folder, of_service: false, models }]);
    }

    #[test]
    fn every_system_has_its_places() {
        let folders = |os, environment: &[(&str, &str)]| {
            let all = places(&on(os, Path::new("/home/me"), environment));
            all.into_iter()
                .map(|(folder, service)| (folder.display().to_string(), service))
                .collect::<Vec<_>>()
        };
        let own = ("/home/me/.ollama/models".to_owned(), false);
        let alone = vec![own.clone()];
        assert_eq!(folders(Os::MacOs, &[]), alone);
        assert_eq!(folders(Os::Windows, &[("OLLAMA_MODELS", "~/.ollama/models")]), alone);
        assert_eq!(folders(Os::Linux, &[]), [own.clone(), (SERVICE.into(), true)]);
        assert_eq!(
            folders(Os::Linux, &[("OLLAMA_MODELS", "/mnt/m")]),
            [("/mnt/m".into(), false), own, (SERVICE.into(), true)]
        );
    }
}
