//! Which operating system a rule is for, as a value: the rules of all three are tested on any one.
//! Part of `machine`; `folders` and everything that knows paths or start commands asks for it.

/// An operating system that Pincer runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux, and whatever else follows the XDG rules.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Os {
    /// The one that this program was built for.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Linux
        }
    }
}

/// A kind of processor that Ollama is published for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
    /// Any other.
    Other,
}

impl Arch {
    /// The one that this program was built for.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(target_arch = "x86_64") {
            Self::Amd64
        } else if cfg!(target_arch = "aarch64") {
            Self::Arm64
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Os;

    #[test]
    fn the_current_one_is_the_one_std_names() {
        let expected = match std::env::consts::OS {
            "macos" => Os::MacOs,
            "windows" => Os::Windows,
            _ => Os::Linux,
        };
        assert_eq!(Os::current(), expected);
    }
}
