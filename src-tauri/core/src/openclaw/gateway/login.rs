//! Starts OpenClaw's gateway with the computer, by OpenClaw's own command, which knows its service on every system:
//! planned and shown like any change, and taken back from the same history. Where the service lies is data per system.
//!
//! Measured on 2026.9.6: `gateway install` writes one unit, enables and starts it; where the settings have no token it
//! writes one and loses their comments, so Pincer writes it first. `gateway uninstall` removes the unit, not its folders.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tokio::runtime::Handle;

use super::start::told;
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::{
        command,
        os::Os,
        unfinished::{self, Unfinished},
    },
    openclaw::{
        apply,
        change::{self, Prepared, Wish},
        history::Order,
        node,
        outcome::{Change, Effect, ReceiptSummary},
        plan::Plan,
        program,
    },
    surroundings::Surroundings,
};

/// It took 8 to 20 s; a slow computer gets some minutes, since what is given up half-way must be cleared up.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);
/// For clearing up after a crash, before anything can be changed: what takes longer is left to undo.
pub(crate) const CLEAN_UP: Duration = Duration::from_secs(60);
/// systemd answers in milliseconds.
const SYSTEMCTL: Duration = Duration::from_secs(2);
/// Logins do not come and go by the second.
const KEPT: Duration = Duration::from_secs(60);
/// OpenClaw's name for its unit, its launch agent, its script.
const UNIT: &str = "openclaw-gateway";
const AGENT: &str = "ai.openclaw";
const SCRIPT: &str = "gateway.cmd";
/// Where an administrator's unit is linked from that starts with the computer.
const SYSTEM_WANTS: [&str; 2] =
    ["/etc/systemd/system/multi-user.target.wants", "/etc/systemd/system/default.target.wants"];

/// What systemd said last of starting programs for this user, and when.
#[derive(Debug, Default)]
pub(crate) struct LastAsked(Mutex<Option<(Instant, bool)>>);

/// The file that OpenClaw's own command writes. `state`: OpenClaw's state folder.
#[must_use]
pub fn file(surroundings: &Surroundings, state: &Path) -> PathBuf {
    let home = &surroundings.home;
    let profile = surroundings.environment.get("OPENCLAW_PROFILE").map(str::trim);
    let profile = profile.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("default"));
    match surroundings.os {
        // Not by `XDG_CONFIG_HOME`: OpenClaw does not look there.
        Os::Linux => {
            let suffix = profile.map(|name| format!("-{name}")).unwrap_or_default();
            home.join(".config/systemd/user").join(format!("{UNIT}{suffix}.service"))
        }
        Os::MacOs => {
            let name = profile.unwrap_or("gateway");
            home.join("Library/LaunchAgents").join(format!("{AGENT}.{name}.plist"))
        }
        // What the scheduled task, or the entry of the start-up folder, runs.
        Os::Windows => state.join(SCRIPT),
    }
}

/// OpenClaw's own service is set to start its gateway with this computer, as far as files say. Blocking.
#[must_use]
pub fn is_set(surroundings: &Surroundings, state: &Path) -> bool {
    starts(&file(surroundings, state))
}

/// The same of the file that was written, whose name tells the system: one for systemd starts nothing alone.
pub(crate) fn starts(file: &Path) -> bool {
    if file.extension().is_none_or(|extension| extension != "service") {
        return file.exists();
    }
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
    // Enabled is what is linked; a link that leads nowhere starts nothing.
    let system = SYSTEM_WANTS.iter().any(|wants| Path::new(wants).join(name).exists());
    system || (file.exists() && folder.join("default.target.wants").join(name).exists())
}

/// Whether this system starts programs for the user at login in the way that OpenClaw's own command uses. On Linux that
/// is the user's systemd, which containers and some servers do not have.
pub async fn is_possible(computer: &Computer) -> bool {
    if computer.surroundings.os != Os::Linux {
        return true;
    }
    let last = &computer.remembered().user_services.0;
    let lock = || last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((when, said)) = *lock()
        && when.elapsed() < KEPT
    {
        return said;
    }
    let said = has_user_systemd(&computer.surroundings).await;
    *lock() = Some((Instant::now(), said));
    said
}

async fn has_user_systemd(surroundings: &Surroundings) -> bool {
    let Some(systemctl) = command::on_path(surroundings, "systemctl") else { return false };
    let arguments = ["--user", "show", "-p", "Version"];
    let said = command::output(surroundings, &systemctl, &arguments, SYSTEMCTL).await;
    let version = |text: &str| text.lines().any(|line| line.trim().len() > "Version=".len());
    said.is_ok_and(|output| output.success && version(&output.stdout))
}

/// Plans it: what the settings must say first, and OpenClaw's own command. Writes nothing.
///
/// # Errors
/// `gateway.no-program`, `gateway.remote`, `gateway.login-unavailable`; `start.login-taken` where a file of that name is
/// there and does not start it; those of [`change::prepare`].
pub async fn prepare(computer: &Computer) -> Result<Prepared, Error> {
    let looked = {
        let computer = computer.clone();
        change::blocking(move || {
            let (surroundings, state) = (&computer.surroundings, computer.openclaw().state);
            let found = program::find(surroundings).is_some();
            Ok((told(&computer), found, file(surroundings, &state), is_set(surroundings, &state)))
        })
    };
    let (told, found, file, is_set) = looked.await?;
    // OpenClaw's command would write over a unit of the user's own, and take it away when it is undone.
    let taken = !is_set && file.exists();
    if !found {
        return Err(ErrorCode::GatewayNoProgram {}.into());
    }
    if !told.is_local() {
        return Err(ErrorCode::GatewayRemote {}.into());
    }
    if taken {
        return Err(ErrorCode::StartLoginTaken { path: file.display().to_string() }.into());
    }
    if !is_possible(computer).await {
        return Err(ErrorCode::GatewayLoginUnavailable {}.into());
    }
    let mut prepared = change::prepare(computer, Wish::GatewayAtLogin).await?;
    let Prepared { preview, plan } = &mut prepared;
    // What stays is not shown.
    preview.files.retain(|file| !file.diff.is_empty());
    if is_set {
        *plan = Plan { kind: plan.kind.clone(), edits: Vec::new(), starts: None };
        (preview.changed, preview.effects, preview.changes) = (false, Vec::new(), Vec::new());
        preview.files.clear();
        return Ok(prepared);
    }
    let (command, file) = (shown(true), file.display().to_string());
    let after = Some(command.clone().into());
    preview.changes.push(Change { path: file.clone(), before: None, after });
    preview.effects.push(Effect::GatewayAtLogin { command, file });
    preview.changed = true;
    Ok(prepared)
}

/// Carries such a plan out: the settings, then OpenClaw's own command. `stop`: ends that command and takes all back.
pub(crate) async fn install(
    computer: &Computer,
    plan: Plan,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<ReceiptSummary, Error> {
    let (computer, runtime) = (computer.clone(), Handle::current());
    change::blocking(move || {
        let made = file(&computer.surroundings, &computer.openclaw().state);
        let now = computer.surroundings.now();
        let _unfinished = Unfinished::begin();
        let mut service = service(&computer, &runtime, LIMIT, stop);
        let receipt = apply::apply_with(&computer.folders, &plan, &made, now, &change::diff, &mut service)?;
        Ok(receipt.summary(None))
    })
    .await
}

/// OpenClaw's own command for `apply` and `history`, which are blocking. `stop`, or a Pincer that ends, ends it once: what
/// is left to clear up then comes to its end, as does what mends.
pub(crate) fn service<'a>(
    computer: &'a Computer,
    runtime: &'a Handle,
    limit: Duration,
    stop: impl Future<Output = ()> + Send + 'a,
) -> impl FnMut(Order, &mut dyn FnMut(u32)) -> Result<(), Error> + 'a {
    let mut stop = Some(Box::pin(async move {
        tokio::select! {
            () = stop => {}
            () = unfinished::leaving() => {}
        }
    }));
    move |order, begun| {
        let stopped = async {
            match (&mut stop, order) {
                (Some(asked), Order::Set(_)) => asked.await,
                _ => std::future::pending().await,
            }
            stop = None;
        };
        runtime.block_on(set_unless(computer, order.wanted(), limit, stopped, begun))
    }
}

/// Lets OpenClaw's own command set whether its gateway starts with the computer.
///
/// # Errors
/// `gateway.no-program`; `gateway.login-failed`, after which nothing is half set.
async fn set_unless(
    computer: &Computer,
    wanted: bool,
    limit: Duration,
    stop: impl Future<Output = ()>,
    begun: &mut dyn FnMut(u32),
) -> Result<(), Error> {
    let surroundings = computer.surroundings.clone();
    let found = change::blocking(move || Ok(program::find(&surroundings))).await?;
    let program = found.ok_or_else(|| Error::from(ErrorCode::GatewayNoProgram {}))?;
    let led = node::lead(computer, &program).await;
    let ended = run(&led, &program.path, wanted, limit, stop, begun).await;
    if ended.is_err() && wanted {
        // It writes its unit before it finds out that it cannot be enabled.
        let limit = limit.min(CLEAN_UP);
        drop(run(&led, &program.path, false, limit, std::future::pending(), begun).await);
    }
    ended.map_err(|said| Error::new(ErrorCode::GatewayLoginFailed { command: shown(wanted) }, said))
}

const fn verb(wanted: bool) -> &'static str {
    if wanted { "install" } else { "uninstall" }
}

fn shown(wanted: bool) -> String {
    format!("openclaw gateway {}", verb(wanted))
}

async fn run(
    led: &Surroundings,
    program: &Path,
    wanted: bool,
    limit: Duration,
    stop: impl Future<Output = ()>,
    begun: &mut dyn FnMut(u32),
) -> Result<(), String> {
    let arguments = ["gateway", verb(wanted), "--json"];
    match command::output_unless(led, program, &arguments, limit, stop, begun).await {
        Ok(output) if output.success => Ok(()),
        Ok(output) => Err(words(&output.stdout).unwrap_or_else(|| {
            let said = format!("{}\n{}", output.stdout.trim(), output.stderr.trim());
            said.trim().to_owned()
        })),
        Err(error) => Err(error.to_string()),
    }
}

/// Why it could not, of what it printed.
fn words(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        error: String,
    }
    let answer: Answer = super::turn::document(text)?;
    Some(answer.error)
}

#[cfg(test)]
mod tests {
    use std::{fs, time::UNIX_EPOCH};

    use super::*;
    use crate::surroundings::Environment;

    fn here(os: Os, home: &Path, pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::new(os, Environment::new(pairs.iter().copied()), home, || UNIX_EPOCH)
    }

    #[test]
    fn every_system_has_its_file() {
        let (home, state) = (Path::new("/home/me"), Path::new("/home/me/.openclaw"));
        let work: &[(&str, &str)] = &[("OPENCLAW_PROFILE", "work")];
        for (os, pairs, expected) in [
            (Os::Linux, &[][..], "/home/me/.config/systemd/user/openclaw-gateway.service"),
            (
                Os::Linux,
                &[("XDG_CONFIG_HOME", "/c")],
                "/home/me/.config/systemd/user/openclaw-gateway.service",
            ),
            (Os::Linux, work, "/home/me/.config/systemd/user/openclaw-gateway-work.service"),
            (
                Os::Linux,
                &[("OPENCLAW_PROFILE", "Default")],
                "/home/me/.config/systemd/user/openclaw-gateway.service",
            ),
            (Os::MacOs, &[], "/home/me/Library/LaunchAgents/ai.openclaw.gateway.plist"),
            (Os::MacOs, work, "/home/me/Library/LaunchAgents/ai.openclaw.work.plist"),
            (Os::Windows, &[], "/home/me/.openclaw/gateway.cmd"),
        ] {
            assert_eq!(file(&here(os, home, pairs), state), Path::new(expected), "{os:?} {pairs:?}");
        }
    }

    #[test]
    fn on_every_system_a_file_tells_that_it_is_set() {
        for os in [Os::Linux, Os::MacOs, Os::Windows] {
            let home = tempfile::tempdir().unwrap();
            let state = home.path().join(".openclaw");
            let here = here(os, home.path(), &[]);
            assert!(!is_set(&here, &state), "{os:?}");
            let file = file(&here, &state);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            // On Linux a unit alone starts nothing.
            assert_eq!(is_set(&here, &state), os != Os::Linux, "{os:?}");
            #[cfg(unix)]
            if os == Os::Linux {
                let wants = file.with_file_name("default.target.wants");
                fs::create_dir(&wants).unwrap();
                std::os::unix::fs::symlink(&file, wants.join("openclaw-gateway.service")).unwrap();
                assert!(is_set(&here, &state));
                fs::remove_file(file).unwrap();
                assert!(!is_set(&here, &state), "what the link leads to is gone");
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_wish_to_stop_ends_what_was_asked_for_and_not_what_mends() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let (draft, bin) = (home.path().join("draft"), home.path().join("bin"));
        fs::create_dir(&bin).unwrap();
        let lines = "#!/bin/sh\n[ \"$2\" = install ] || exec sleep 600\necho >\"$HOME/$2ed\"\n";
        fs::write(&draft, lines).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        // By another program: no test of this process holds it open while it is run.
        let copied = std::process::Command::new("cp").arg(&draft).arg(bin.join("openclaw")).status();
        assert!(copied.unwrap().success());
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let pairs = [("PATH", path.as_str()), ("HOME", home.path().to_str().unwrap())];
        let computer = Computer::new(here(Os::Linux, home.path(), &pairs), None);
        let runtime = Handle::current();
        let asked = tokio::task::spawn_blocking(move || {
            let mut service = service(&computer, &runtime, LIMIT, std::future::ready(()));
            let mended = service(Order::Mend(true), &mut |_| {});
            (mended, service(Order::Set(false), &mut |_| {}))
        });
        let (mended, stopped) = asked.await.unwrap();
        assert_eq!((mended, home.path().join("installed").exists()), (Ok(()), true));
        assert!(matches!(stopped.unwrap_err().code, ErrorCode::GatewayLoginFailed { .. }));
    }

    #[test]
    fn openclaws_own_words_say_why_not() {
        let said = "noise\n{\"action\":\"install\",\"ok\":false,\"error\":\"Gateway install blocked\"}";
        assert_eq!(words(said).as_deref(), Some("Gateway install blocked"));
        assert_eq!(words("error: unknown option '--json'"), None);
        assert_eq!(
            (shown(true).as_str(), shown(false).as_str()),
            ("openclaw gateway install", "openclaw gateway uninstall")
        );
    }
}
