//! npm as it is asked and understood: the arguments, the package as its registry tells it, and what its failures mean.
//! Measured with npm 10 and 11; the registry is the one that the user's own npm is set to.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    path::Path,
};

use serde::Deserialize;

use super::{place::Place, tools};
use crate::error::{Error, ErrorCode};

/// What is installed.
const PACKAGE: &str = "openclaw@latest";
/// The last lines that are shown while it works, and kept for a failure.
const LAST: usize = 12;
const SHOWN: usize = 6;
/// More packages than this are not counted.
const COUNTED: usize = 10_000;

/// Says what the package is and needs.
pub(super) const VIEW: [&str; 9] = [
    "view",
    PACKAGE,
    "version",
    "engines",
    "dependencies",
    "optionalDependencies",
    "--json",
    "--fetch-retries=1",
    "--no-update-notifier",
];

/// Says where global packages go.
pub(super) const PREFIX: [&str; 3] = ["prefix", "-g", "--no-update-notifier"];

/// Installs it; npm says each package that arrives, and nothing that is not about this.
pub(super) fn install(place: &Place) -> Vec<String> {
    let mut words = vec!["install".to_owned(), "-g".into(), PACKAGE.into()];
    if place.told {
        words.extend(["--prefix".into(), place.prefix.display().to_string()]);
    }
    words.extend(["--loglevel=http", "--no-audit", "--no-fund", "--no-update-notifier"].map(str::to_owned));
    words
}

/// The package, as the registry tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) version: Option<String>,
    /// The Node that it asks for.
    pub(super) node: Option<String>,
    pub(super) needs_git: bool,
}

impl Package {
    /// Reads the answer to [`VIEW`].
    ///
    /// # Errors
    /// What npm says instead.
    pub(super) fn read(stdout: &str, stderr: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Answer {
            Failed { error: Failed },
            Told(Told),
        }
        #[derive(Deserialize)]
        struct Failed {
            #[serde(default)]
            code: String,
            #[serde(default)]
            summary: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Told {
            version: String,
            #[serde(default)]
            engines: BTreeMap<String, serde_json::Value>,
            #[serde(default)]
            dependencies: BTreeMap<String, String>,
            #[serde(default)]
            optional_dependencies: BTreeMap<String, String>,
        }
        match serde_json::from_str(stdout) {
            Ok(Answer::Told(told)) => Ok(Self {
                version: Some(told.version),
                node: told.engines.get("node").and_then(|range| Some(range.as_str()?.to_owned())),
                needs_git: told
                    .dependencies
                    .values()
                    .chain(told.optional_dependencies.values())
                    .any(|spec| tools::is_git(spec)),
            }),
            Ok(Answer::Failed { error }) => Err(judge(&error.code, &error.summary, &error.summary)),
            Err(_) => {
                let mut heard = Heard::default();
                stderr.lines().for_each(|line| heard.line(line));
                Err(heard.failure(None))
            }
        }
    }
}

/// What npm has said so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    last: VecDeque<String>,
    packages: HashSet<String>,
    code: Option<String>,
    path: Option<String>,
    spawned: Option<String>,
    /// A line that names the address that was asked.
    asked: Option<String>,
    /// The disk is full: npm goes on for minutes, and may even call it done.
    pub(super) is_full: bool,
}

impl Heard {
    pub(super) fn line(&mut self, line: &str) {
        let line = masked(line);
        // `npm error` since npm 10.8, `npm ERR!` before.
        if let Some(said) = line.strip_prefix("npm error ").or_else(|| line.strip_prefix("npm ERR! ")) {
            let told = |name: &str| said.strip_prefix(name).map(|value| value.trim().to_owned());
            self.code = self.code.take().or_else(|| told("code "));
            self.path = self.path.take().or_else(|| told("path "));
            self.spawned = self.spawned.take().or_else(|| told("syscall spawn "));
            if self.asked.is_none() && said.contains("://") {
                self.asked = Some(said.to_owned());
            }
        }
        self.is_full |= line.contains("ENOSPC") || line.contains("EDQUOT");
        if let Some(package) = package(&line)
            && self.packages.len() < COUNTED
        {
            self.packages.insert(package.to_owned());
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// How many packages have arrived.
    pub(super) fn packages(&self) -> u64 {
        self.packages.len() as u64
    }

    /// The last lines, to be shown.
    pub(super) fn shown(&self) -> Vec<String> {
        self.last.iter().skip(self.last.len().saturating_sub(SHOWN)).cloned().collect()
    }

    /// The last lines, for the technical part.
    pub(super) fn tail(&self) -> String {
        self.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Why it failed, when it did; the folder is where it installs.
    pub(super) fn failure(&self, folder: Option<&Path>) -> Error {
        let shown = |folder: &Path| folder.display().to_string();
        let code = self.code.as_deref().unwrap_or_default();
        let code = match code {
            _ if self.is_full => ErrorCode::InstallDiskFull {
                need_bytes: None,
                free_bytes: None,
                folder: folder.map(shown).unwrap_or_default(),
            },
            "ENOENT" if self.spawned.as_deref() == Some("git") => ErrorCode::InstallNoGit {},
            "EACCES" | "EPERM" | "EROFS" => ErrorCode::InstallPermission {
                folder: self.path.clone().or_else(|| folder.map(shown)).unwrap_or_default(),
            },
            _ => return judge(code, self.asked.as_deref().unwrap_or_default(), &self.tail()),
        };
        Error::new(code, self.tail())
    }
}

/// What a code of npm's means; `text` names the address that was asked.
fn judge(code: &str, text: &str, detail: &str) -> Error {
    let npm_code = code.to_owned();
    let code = if is_away(code) {
        ErrorCode::InstallRegistryAway { registry: host(text), npm_code }
    } else {
        ErrorCode::InstallNpmFailed { npm_code }
    };
    Error::new(code, masked(detail))
}

/// The registry was not reached, its answer did not come, or it was not it: Node's codes, and npm's for HTTP.
fn is_away(code: &str) -> bool {
    const NETWORK: [&str; 14] = [
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "ECONNABORTED",
        "ETIMEDOUT",
        "ENETUNREACH",
        "ENETDOWN",
        "EHOSTUNREACH",
        "EPIPE",
        "EIDLETIMEOUT",
        "ERR_SOCKET_TIMEOUT",
        "FETCH_ERROR",
        "EPROTO",
    ];
    let http = code.strip_prefix('E').is_some_and(|status| {
        status.len() == 3 && status.starts_with(['4', '5']) && status.bytes().all(|b| b.is_ascii_digit())
    });
    NETWORK.contains(&code)
        || code.contains("CERT")
        || code.starts_with("ERR_TLS")
        || code.starts_with("UNABLE_TO_")
        || (http && code != "E404")
}

/// The host of the first address in a text.
fn host(text: &str) -> Option<String> {
    let start = text.find("http://").or_else(|| text.find("https://"))?;
    let address = text.get(start..)?.split_whitespace().next()?;
    let url = reqwest::Url::parse(address.trim_end_matches([',', ':', ')'])).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// The package that a line says has arrived: `npm http fetch GET 200 <address>.tgz ...`, `npm http cache ...`.
fn package(line: &str) -> Option<&str> {
    let said = line.strip_prefix("npm http ")?;
    let address = match said.strip_prefix("fetch GET 200 ") {
        Some(rest) => rest,
        None => said.strip_prefix("cache ")?,
    };
    let address = address.split_whitespace().next()?;
    let address = address.find("://").and_then(|scheme| address.get(scheme..)).unwrap_or(address);
    address.split('?').next().filter(|address| address.ends_with(".tgz"))
}

/// A password in an address, and a token, stay out of what is shown.
fn masked(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after.find(['/', ' ', '"', '\'']).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        clean.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        rest = tail;
    }
    clean.push_str(rest);
    match clean.to_ascii_lowercase().find("_authtoken").or_else(|| clean.find("npm_")) {
        Some(at) => format!("{}…", clean.get(..at).unwrap_or_default()),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::os::Os;

    fn failed(lines: &str) -> ErrorCode {
        let mut heard = Heard::default();
        lines.lines().for_each(|line| heard.line(line));
        heard.failure(Some(Path::new("/home/ada/.local"))).code
    }

    #[test]
    fn its_failures_mean_something() {
        let folder = || "/home/ada/.local".to_owned();
        let away = |registry: Option<&str>, reason: &str| ErrorCode::InstallRegistryAway {
            registry: registry.map(str::to_owned),
            npm_code: reason.into(),
        };
        let full = ErrorCode::InstallDiskFull { need_bytes: None, free_bytes: None, folder: folder() };
        for (lines, expected) in [
            (
                "npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error network request to \
                 https://registry.example/openclaw failed, reason: getaddrinfo ENOTFOUND registry.example",
                away(Some("registry.example"), "ENOTFOUND"),
            ),
            (
                "npm ERR! code ECONNREFUSED\nnpm ERR! FetchError: request to http://127.0.0.1:9/openclaw failed",
                away(Some("127.0.0.1:9"), "ECONNREFUSED"),
            ),
            ("npm error code SELF_SIGNED_CERT_IN_CHAIN", away(None, "SELF_SIGNED_CERT_IN_CHAIN")),
            (
                "npm error code E503\nnpm error 503 Service Unavailable - GET https://mirror.example/npm/openclaw",
                away(Some("mirror.example"), "E503"),
            ),
            ("npm error code E404", ErrorCode::InstallNpmFailed { npm_code: "E404".into() }),
            ("npm error code ENOSPC\nnpm error syscall write", full.clone()),
            ("npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write", full),
            (
                "npm error code EACCES\nnpm error syscall mkdir\nnpm error path /usr/lib/node_modules",
                ErrorCode::InstallPermission { folder: "/usr/lib/node_modules".into() },
            ),
            ("npm error code EROFS", ErrorCode::InstallPermission { folder: folder() }),
            ("npm error code ENOENT\nnpm error syscall spawn git", ErrorCode::InstallNoGit {}),
            ("npm error code EEXIST", ErrorCode::InstallNpmFailed { npm_code: "EEXIST".into() }),
            ("Killed", ErrorCode::InstallNpmFailed { npm_code: String::new() }),
        ] {
            assert_eq!(failed(lines), expected, "{lines}");
        }
    }

    #[test]
    fn the_package_is_read_as_the_registry_tells_it() {
        let told = r#"{"version":"2026.9.6","engines":{"node":">=24.16.0 <25 || >=26.1.0"},"dependencies":{"a":"1"},
            "optionalDependencies":{"b":"^2"}}"#;
        let expected = Package {
            version: Some("2026.9.6".into()),
            node: Some(">=24.16.0 <25 || >=26.1.0".into()),
            needs_git: false,
        };
        assert_eq!(Package::read(told, "npm warn something").unwrap(), expected);
        let git = r#"{"version":"1.0.0","dependencies":{"a":"github:a/b"}}"#;
        let bare = Package { version: Some("1.0.0".into()), needs_git: true, ..Package::default() };
        assert_eq!(Package::read(git, "").unwrap(), bare);
        let failed = r#"{"error":{"code":"ECONNREFUSED","summary":"FetchError: request to http://127.0.0.1:9/x failed"}}"#;
        let error = Package::read(failed, "").unwrap_err();
        let away = ErrorCode::InstallRegistryAway {
            registry: Some("127.0.0.1:9".into()),
            npm_code: "ECONNREFUSED".into(),
        };
        assert_eq!(error.code, away);
        let error = Package::read("", "npm error code E401").unwrap_err();
        assert_eq!(error.code, ErrorCode::InstallRegistryAway { registry: None, npm_code: "E401".into() });
        assert!(matches!(Package::read("<html>", "").unwrap_err().code, ErrorCode::InstallNpmFailed { .. }));
    }

    #[test]
    fn packages_are_counted_once_and_secrets_are_not_kept() {
        let mut heard = Heard::default();
        for line in [
            "npm http fetch GET 200 https://ada:secret@registry.example/openclaw 350ms (cache miss)",
            "npm http fetch GET 200 https://registry.example/a/-/a-1.0.0.tgz 12ms (cache miss)",
            "npm http cache a@https://registry.example/a/-/a-1.0.0.tgz 0ms (cache hit)",
            "npm http fetch GET 200 https://registry.example/@b%2fc/-/c-2.0.0.tgz 12ms (cache miss)",
            "npm http fetch GET 404 https://registry.example/d/-/d-2.0.0.tgz 12ms",
            "//registry.example/:_authToken=abc",
        ] {
            heard.line(line);
        }
        assert_eq!(heard.packages(), 2);
        let shown = heard.shown().join("\n");
        assert!(shown.contains("https://registry.example/openclaw 350ms"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("abc"), "{shown}");
        (0..100).for_each(|number| heard.line(&number.to_string()));
        assert_eq!(heard.shown(), ["94", "95", "96", "97", "98", "99"]);
        assert_eq!(heard.tail().lines().count(), LAST);
    }

    #[test]
    fn the_command_is_an_argument_list() {
        let told = Place::below(Os::Linux, Path::new("/home/ada lovelace/.local"), true);
        let words = install(&told);
        assert_eq!(words[..5], ["install", "-g", "openclaw@latest", "--prefix", "/home/ada lovelace/.local"]);
        let own = Place::below(Os::Windows, Path::new("/npm"), false);
        assert!(!install(&own).iter().any(|word| word == "--prefix"));
    }
}
