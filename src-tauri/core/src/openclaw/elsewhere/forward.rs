//! Who holds a port for someone else: engines of containers, WSL, and SSH, by the names of their programs on all three
//! systems. One table.

/// What is behind a port that such a program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// A container.
    Container,
    /// A Linux beside Windows.
    Wsl,
    /// Another computer.
    Remote,
}

/// How the names begin, in small letters: systems shorten them, and Windows adds `.exe`.
const TABLE: &[(&str, Behind)] = &[
    ("docker-proxy", Behind::Container),
    ("dockerd", Behind::Container),
    ("rootlesskit", Behind::Container),
    ("rootlessport", Behind::Container),
    ("conmon", Behind::Container),
    ("pasta", Behind::Container),
    ("slirp4netns", Behind::Container),
    ("gvproxy", Behind::Container),
    ("com.docke", Behind::Container),
    ("vpnkit", Behind::Container),
    ("orbstack", Behind::Container),
    ("wslrelay", Behind::Wsl),
    ("wslhost", Behind::Wsl),
    ("ssh", Behind::Remote),
    ("autossh", Behind::Remote),
    ("plink", Behind::Remote),
    ("putty", Behind::Remote),
    ("tailscale", Behind::Remote),
];

/// What is behind a port of this program's; `None` for one that listens for itself.
#[must_use]
pub fn behind(program: &str) -> Option<Behind> {
    let program = program.to_lowercase();
    TABLE.iter().find(|(name, _)| program.starts_with(name)).map(|(_, behind)| *behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_all_three_systems() {
        for (program, expected) in [
            ("docker-proxy", Some(Behind::Container)),
            ("com.docker.backend", Some(Behind::Container)),
            ("com.docke", Some(Behind::Container)),
            ("com.docker.backend.exe", Some(Behind::Container)),
            ("rootlessport", Some(Behind::Container)),
            ("gvproxy.exe", Some(Behind::Container)),
            ("OrbStack Helper", Some(Behind::Container)),
            ("wslrelay.exe", Some(Behind::Wsl)),
            ("ssh", Some(Behind::Remote)),
            ("sshd", Some(Behind::Remote)),
            ("ssh.exe", Some(Behind::Remote)),
            ("node", None),
            ("openclaw", None),
            ("nginx", None),
            ("", None),
        ] {
            assert_eq!(behind(program), expected, "{program}");
        }
    }
}
