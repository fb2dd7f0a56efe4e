//! Where OpenClaw keeps its settings and state.
//! Order measured on 2026.9.6 (facts on files): `OPENCLAW_CONFIG_PATH`, `OPENCLAW_STATE_DIR`, `OPENCLAW_HOME`.

use std::path::{Path, PathBuf};

use crate::surroundings::Surroundings;

/// OpenClaw's files for this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenclawHome {
    /// The settings file; it may not exist.
    pub config: PathBuf,
    /// The state folder (`.env`, agents, credentials); it may not exist.
    pub state: PathBuf,
}

impl OpenclawHome {
    /// By OpenClaw's own order. Looks at the disk only to tell an old `~/.clawdbot` from a new home.
    #[must_use]
    pub fn of(surroundings: &Surroundings) -> Self {
        let variable = |name: &str| surroundings.environment.get(name).map(|path| surroundings.expand(path));
        let home = variable("OPENCLAW_HOME").unwrap_or_else(|| surroundings.home.clone());
        let state = variable("OPENCLAW_STATE_DIR").unwrap_or_else(|| default_state(&home));
        let config = variable("OPENCLAW_CONFIG_PATH").unwrap_or_else(|| default_config(&state));
        Self { config, state }
    }

    /// The file whose variables OpenClaw's service reads.
    #[must_use]
    pub fn env_file(&self) -> PathBuf {
        self.state.join(".env")
    }
}

fn default_state(home: &Path) -> PathBuf {
    let (new, old) = (home.join(".openclaw"), home.join(".clawdbot"));
    if !new.exists() && old.exists() { old } else { new }
}

fn default_config(state: &Path) -> PathBuf {
    let (new, old) = (state.join("openclaw.json"), state.join("clawdbot.json"));
    if !new.exists() && old.exists() { old } else { new }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{machine::os::Os, surroundings::Environment};

    fn of(home: &Path, environment: &[(&str, &str)]) -> OpenclawHome {
        OpenclawHome::of(&Surroundings::new(
            Os::Linux,
            Environment::new(environment.iter().copied()),
            home,
            || UNIX_EPOCH,
        ))
    }

    #[test]
    fn variables_come_in_openclaws_order() {
        let me = Path::new("/nowhere/me");
        for (environment, config, state) in [
            (&[][..], "/nowhere/me/.openclaw/openclaw.json", "/nowhere/me/.openclaw"),
            (&[("OPENCLAW_HOME", "/other")], "/other/.openclaw/openclaw.json", "/other/.openclaw"),
            (
                &[("OPENCLAW_STATE_DIR", "~/state"), ("OPENCLAW_HOME", "/other")],
                "/nowhere/me/state/openclaw.json",
                "/nowhere/me/state",
            ),
            (&[("OPENCLAW_CONFIG_PATH", "/etc/claw.json")], "/etc/claw.json", "/nowhere/me/.openclaw"),
            (&[("OPENCLAW_CONFIG_PATH", "")], "/nowhere/me/.openclaw/openclaw.json", "/nowhere/me/.openclaw"),
        ] {
            let home = of(me, environment);
            assert_eq!((home.config.as_path(), home.state.as_path()), (Path::new(config), Path::new(state)));
            assert_eq!(home.env_file(), Path::new(state).join(".env"));
        }
    }

    #[test]
    fn an_old_home_is_used_until_there_is_a_new_one() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".clawdbot")).unwrap();
        assert_eq!(of(home.path(), &[]).config, home.path().join(".clawdbot/openclaw.json"));
        std::fs::write(home.path().join(".clawdbot/clawdbot.json"), "{}").unwrap();
        assert_eq!(of(home.path(), &[]).config, home.path().join(".clawdbot/clawdbot.json"));
        std::fs::create_dir(home.path().join(".openclaw")).unwrap();
        assert_eq!(of(home.path(), &[]).config, home.path().join(".openclaw/openclaw.json"));
    }
}
