//! What is installed how on which system, as data: pure rules, tested for all three on any one.
//! Files as Ollama publishes them (0.32): <https://ollama.com/download> and `sha256sum.txt` beside them.

use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::{
    error::{Error, ErrorCode},
    machine::os::{Arch, Os},
    surroundings::Environment,
};

/// Ollama's own place for downloads.
const DOWNLOAD: &str = "https://ollama.com/download";
/// Sets another place, for mirrors and tests (docs/commands.md).
pub const DOWNLOAD_VARIABLE: &str = "PINCER_OLLAMA_DOWNLOAD";
/// The list of checksums beside the files: `<SHA-256>  ./<file>` a line.
pub(super) const CHECKSUMS: &str = "sha256sum.txt";

/// How a downloaded file becomes an installed Ollama.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Unpacked below the home folder: no administrator is needed.
    Unpack,
    /// Opened: the system and Ollama's own installer do the rest.
    Open,
}

/// What to download and what to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The file's name, at the place for downloads and in its list of checksums.
    pub file: &'static str,
    /// What is done with it.
    pub way: Way,
}

impl Plan {
    /// The plan for a system; `None` where Ollama publishes nothing that fits.
    #[must_use]
    pub const fn of(os: Os, arch: Arch) -> Option<Self> {
        let (file, way) = match (os, arch) {
            (Os::Linux, Arch::Amd64) => ("ollama-linux-amd64.tar.zst", Way::Unpack),
            (Os::Linux, Arch::Arm64) => ("ollama-linux-arm64.tar.zst", Way::Unpack),
            // One file holds both kinds.
            (Os::MacOs, Arch::Amd64 | Arch::Arm64) => ("Ollama.dmg", Way::Open),
            // Windows on ARM runs it too.
            (Os::Windows, Arch::Amd64 | Arch::Arm64) => ("OllamaSetup.exe", Way::Open),
            (_, Arch::Other) => return None,
        };
        Some(Self { file, way })
    }

    /// The plan for `os` on the processor that this program was built for.
    #[must_use]
    pub const fn here(os: Os) -> Option<Self> {
        Self::of(os, Arch::current())
    }
}

/// The folder that an archive is unpacked into: the user's own, and on the usual `PATH`s.
#[must_use]
pub fn prefix(home: &Path) -> PathBuf {
    home.join(".local")
}

/// The program, once it is installed there.
#[must_use]
pub fn program(home: &Path) -> PathBuf {
    prefix(home).join(super::archive::PROGRAM)
}

/// The command that opens an installer, as an argument list.
#[must_use]
pub fn opening(os: Os, installer: &Path) -> Vec<String> {
    let installer = installer.display().to_string();
    match os {
        Os::MacOs => vec!["/usr/bin/open".into(), installer],
        Os::Windows => vec![installer],
        Os::Linux => vec!["xdg-open".into(), installer],
    }
}

/// The place for downloads: Ollama's own, or the one that is set.
///
/// # Errors
/// `install.bad-address` for one that is set and could be listened in on.
pub(super) fn source(environment: &Environment) -> Result<Url, Error> {
    let text = environment.get(DOWNLOAD_VARIABLE).unwrap_or(DOWNLOAD);
    let bad = |detail: String| Error::new(ErrorCode::InstallBadAddress { text: text.into() }, detail);
    let mut url = Url::parse(text.trim()).map_err(|error| bad(error.to_string()))?;
    if !is_safe(&url) {
        return Err(bad("neither https:// nor on this computer".into()));
    }
    // A last part without a slash would be replaced by what is joined.
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Nobody between can change what comes: TLS, or this computer itself.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_here(url))
}

/// On this computer.
pub(super) fn is_here(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

/// The checksum of `file` in a list, as 64 lower-case hexadecimal digits.
pub(super) fn checksum(list: &str, file: &str) -> Option<String> {
    list.lines().find_map(|line| {
        let (sum, name) = line.trim().split_once(char::is_whitespace)?;
        // `*` marks binary mode in the lists of `sha256sum`.
        let name = name.trim_start().trim_start_matches('*');
        let named = name.strip_prefix("./").unwrap_or(name) == file;
        let whole = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        (named && whole).then(|| sum.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_its_file_and_its_way() {
        let of = |os, arch| Plan::of(os, arch).map(|plan| (plan.file, plan.way));
        for (os, arch, expected) in [
            (Os::Linux, Arch::Amd64, Some(("ollama-linux-amd64.tar.zst", Way::Unpack))),
            (Os::Linux, Arch::Arm64, Some(("ollama-linux-arm64.tar.zst", Way::Unpack))),
            (Os::MacOs, Arch::Arm64, Some(("Ollama.dmg", Way::Open))),
            (Os::MacOs, Arch::Amd64, Some(("Ollama.dmg", Way::Open))),
            (Os::Windows, Arch::Amd64, Some(("OllamaSetup.exe", Way::Open))),
            (Os::Windows, Arch::Arm64, Some(("OllamaSetup.exe", Way::Open))),
            (Os::Linux, Arch::Other, None),
            (Os::Windows, Arch::Other, None),
        ] {
            assert_eq!(of(os, arch), expected, "{os:?} {arch:?}");
        }
        assert_eq!(prefix(Path::new("/home/me")), Path::new("/home/me/.local"));
        let file = Path::new("/data/x");
        assert_eq!(opening(Os::MacOs, file), ["/usr/bin/open", "/data/x"]);
        assert_eq!(opening(Os::Windows, file), ["/data/x"]);
    }

    #[test]
    fn only_places_that_nobody_can_listen_in_on_are_asked() {
        let of =
            |text: &str| source(&Environment::new([(DOWNLOAD_VARIABLE, text)])).map(|url| url.to_string());
        assert_eq!(of("").unwrap(), "https://ollama.com/download/");
        assert_eq!(of("https://mirror.example/ollama").unwrap(), "https://mirror.example/ollama/");
        for here in ["http://127.0.0.1:8080/x/", "http://localhost:1/x/", "http://[::1]:1/x/"] {
            assert_eq!(of(here).unwrap(), here);
        }
        for bad in
            ["http://mirror.example/", "http://localhost.example/", "ftp://127.0.0.1/", "mirror", "file:///x"]
        {
            let error = of(bad).unwrap_err();
            assert_eq!(error.code, ErrorCode::InstallBadAddress { text: bad.into() });
        }
    }

    #[test]
    fn a_checksum_is_found_by_the_whole_name() {
        let sum = "0123456789abcdef".repeat(4);
        let list = format!("{sum}x  ./a\n{}  ./a\n{sum}  ./ab\n\n{sum} *b\nshort  c\n", sum.to_uppercase());
        assert_eq!(checksum(&list, "a"), Some(sum.clone()));
        assert_eq!(checksum(&list, "b"), Some(sum));
        for file in ["c", "d", "", "./a"] {
            assert_eq!(checksum(&list, file), None, "{file}");
        }
    }
}
