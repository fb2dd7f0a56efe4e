//! Installing Ollama, against a real place for downloads: what goes right is in its place, what goes wrong leaves
//! nothing.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod archives;
mod harm;
mod place;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use archives::{PROGRAM, Release};
use pincer_core::{
    computer::Computer,
    error::{Error, ErrorCode},
    machine::os::{Arch, Os},
    ollama::install::{
        self, Limits,
        state::{InstallPhase as Phase, InstallState},
    },
    surroundings::{Environment, Surroundings},
};
use pincer_practice::{Options, Practice};
use place::{Manner, Place};
use tokio::sync::watch;

/// Nobody waits in a test, and two tries in vain are enough.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    silence: Duration::from_secs(30),
    first_wait: Duration::ZERO,
    longest_wait: Duration::ZERO,
    in_vain: Some(2),
};

/// A home without Ollama, and a place for downloads. An Ollama answers already where the new one would: it need not
/// be waited for.
struct Stage {
    home: tempfile::TempDir,
    place: Place,
    ollama: Practice,
    surroundings: Surroundings,
}

impl Stage {
    async fn new(manner: Manner) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (place, ollama) = (Place::open(manner).await, Practice::start(Options::demo()).await.unwrap());
        let (at, host) = (place.url.clone(), ollama.url());
        let environment = Environment::new([("PINCER_OLLAMA_DOWNLOAD", at), ("OLLAMA_HOST", host)]);
        let surroundings = Surroundings::new(Os::Linux, environment, home.path(), SystemTime::now);
        Self { home, place, ollama, surroundings }
    }

    fn computer(&self) -> Computer {
        Computer::new(self.surroundings.clone(), None)
    }

    async fn install(&self) -> InstallState {
        let (_stop, asked) = watch::channel(false);
        install::install(&self.computer(), LIMITS, asked, |_| {}).await
    }

    /// Installs until a state for which it is stopped.
    async fn stop_when(&self, when: impl Fn(&InstallState) -> bool) -> InstallState {
        let (stop, asked) = watch::channel(false);
        let tell = |state: InstallState| {
            if when(&state) {
                stop.send_replace(true);
            }
        };
        install::install(&self.computer(), LIMITS, asked, tell).await
    }

    fn local(&self, path: &str) -> PathBuf {
        self.home.path().join(".local").join(path)
    }

    /// Files, links and folders of the home that an installation could have left, its lock aside.
    fn left(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(self.home.path(), &mut found);
        found.retain(|path| !path.ends_with("install.lock"));
        found
    }
}

/// Everything below that is no folder, and folders beside the program's.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let hidden = path.file_name().unwrap().to_string_lossy().starts_with(".pincer");
        if path.symlink_metadata().unwrap().is_dir() && !hidden {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn release() -> Vec<u8> {
    Release::new()
        .dir("./lib/ollama/")
        .file("./lib/ollama/libggml.so.1.2", &[7; 300_000], 0o644)
        .link(tar::EntryType::Symlink, "./lib/ollama/libggml.so", "libggml.so.1.2")
        .dir("./lib/ollama/cuda_v12/")
        .link(tar::EntryType::Symlink, "./lib/ollama/cuda_v12/libggml.so", "../libggml.so")
        .file("./README", b"not installed", 0o644)
        .pack()
}

/// Bytes that no compression makes small.
fn noise(bytes: usize) -> Vec<u8> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    };
    (0..bytes).map(|_| next()).collect()
}

fn code(state: &InstallState) -> ErrorCode {
    assert_eq!(state.phase, Phase::Failed, "{state:?}");
    state.failure.clone().unwrap().code
}

const fn file() -> &'static str {
    match Arch::current() {
        Arch::Arm64 => "ollama-linux-arm64.tar.zst",
        _ => "ollama-linux-amd64.tar.zst",
    }
}

#[tokio::test]
async fn a_release_is_downloaded_checked_unpacked_and_put_in_its_place() {
    let stage = Stage::new(Manner::of(release())).await;
    let offer = install::offer(&stage.computer(), LIMITS).await.unwrap();
    assert_eq!(offer.download_bytes, Some(release().len() as u64));
    assert_eq!(offer.folder.unwrap(), stage.local("").display().to_string().trim_end_matches('/'));
    assert_eq!(offer.url, format!("{}/{}", stage.place.url, file()));
    assert_eq!(stage.left(), Vec::<PathBuf>::new(), "an offer changes nothing");

    let (_stop, asked) = watch::channel(false);
    let mut told = Vec::new();
    let last = install::install(&stage.computer(), LIMITS, asked, |state| told.push(state)).await;
    // Another Ollama answers there, and is none that Pincer may restart.
    assert_eq!((last.phase, last.fraction), (Phase::RestartPending, 1.0), "{last:?}");
    let running = last.installed.unwrap().running;
    assert_eq!(running, offer.running);
    let running = running.unwrap();
    assert_eq!(
        (running.version.as_str(), running.url, running.restarts),
        (pincer_practice::VERSION, stage.ollama.url(), false)
    );
    let mut phases: Vec<Phase> = told.iter().map(|state| state.phase).collect();
    phases.dedup();
    let expected = [Phase::Asking, Phase::Downloading, Phase::Checking, Phase::Unpacking, Phase::Starting];
    assert_eq!(phases, expected);
    let down = told.iter().rfind(|state| state.phase == Phase::Downloading).unwrap();
    let size = release().len() as u64;
    assert_eq!((down.completed_bytes, down.total_bytes), (size, size));

    assert_eq!(fs::read(stage.local("bin/ollama")).unwrap(), PROGRAM);
    let mode = |path: &str| stage.local(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("bin/ollama") & 0o700, 0o700);
    assert_eq!(mode("lib/ollama/libggml.so.1.2") & 0o111, 0);
    for link in ["lib/ollama/libggml.so", "lib/ollama/cuda_v12/libggml.so"] {
        assert_eq!(fs::read(stage.local(link)).unwrap().len(), 300_000, "{link}");
    }
    assert!(!stage.local("README").exists());
    assert_eq!(stage.left().len(), 5, "these and the mark; no archive, no staging: {:?}", stage.left());
}

#[tokio::test]
async fn what_has_another_checksum_is_deleted_and_said() {
    let mut manner = Manner::of(release());
    *manner.file.last_mut().unwrap() ^= 1;
    let stage = Stage::new(manner).await;
    let last = stage.install().await;
    assert_eq!(code(&last), ErrorCode::InstallChecksum { file: file().into() });
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_from_there() {
    let packed = Release::new().file("./lib/ollama/noise", &noise(400_000), 0o644).pack();
    let mut manner = Manner::of(packed);
    manner.cuts = (2, 100_000);
    let stage = Stage::new(manner).await;
    let (_stop, asked) = watch::channel(false);
    let mut waited = Vec::new();
    let last = install::install(&stage.computer(), LIMITS, asked, |state| {
        if state.phase == Phase::Waiting {
            waited.push(state);
        }
    })
    .await;
    assert_eq!(last.phase, Phase::RestartPending, "{last:?}");
    assert_eq!(stage.place.asked(), ["", "bytes=100000-", "bytes=200000-"]);
    assert_eq!(waited.len(), 2);
    assert!(matches!(waited[1].failure, Some(Error { code: ErrorCode::InstallCut { .. }, .. })));
    assert_eq!(waited[1].completed_bytes, 200_000, "the bar stays where it was");
    assert_eq!(fs::read(stage.local("lib/ollama/noise")).unwrap(), noise(400_000));
}

#[tokio::test]
async fn a_place_that_gives_no_parts_is_asked_for_the_whole() {
    let packed = Release::new().file("./lib/ollama/noise", &noise(400_000), 0o644).pack();
    let mut manner = Manner::of(packed);
    (manner.cuts, manner.parts) = ((1, 100_000), false);
    let stage = Stage::new(manner).await;
    assert_eq!(stage.install().await.phase, Phase::RestartPending);
    assert_eq!(stage.place.asked(), ["", "bytes=100000-"]);
    assert_eq!(fs::read(stage.local("lib/ollama/noise")).unwrap(), noise(400_000));
}

#[tokio::test]
async fn one_that_breaks_off_for_good_leaves_nothing() {
    let packed = Release::new().file("./lib/ollama/noise", &noise(400_000), 0o644).pack();
    let mut manner = Manner::of(packed);
    (manner.cuts, manner.parts) = ((usize::MAX, 100_000), false);
    let stage = Stage::new(manner).await;
    let url = format!("{}/{}", stage.place.url, file());
    assert_eq!(code(&stage.install().await), ErrorCode::InstallCut { url });
    assert_eq!(stage.place.asked().len(), 3, "the first, and two in vain");
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_a_crash_left_is_gone_on_with_when_it_is_of_the_same_release() {
    let packed = Release::new().file("./lib/ollama/noise", &noise(3_000_000), 0o644).pack();
    let mut manner = Manner::of(packed);
    (manner.cuts, manner.hangs) = ((1, 2_500_000), true);
    let stage = Stage::new(manner).await;
    let computer = stage.computer();
    let (_stop, asked) = watch::channel(false);
    let (arrived, mut seen) = watch::channel(0);
    let tell = move |state: InstallState| _ = arrived.send(state.completed_bytes);
    tokio::select! {
        last = install::install(&computer, LIMITS, asked, tell) => panic!("{last:?}"),
        all = seen.wait_for(|bytes| *bytes == 2_500_000) => drop(all.unwrap()),
    }
    let downloads = computer.folders.downloads();
    fs::write(downloads.join("0123456789abcdef-other.part"), "of another release").unwrap();
    assert_eq!(stage.install().await.phase, Phase::RestartPending);
    let asked = stage.place.asked();
    let from = asked[1].strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')).unwrap();
    // A crash keeps what reached the disk.
    assert!((1 << 20..=2_500_000).contains(&from.parse::<usize>().unwrap()), "{asked:?}");
    assert_eq!(fs::read_dir(&downloads).unwrap().count(), 1, "the lock alone");
}

#[tokio::test]
async fn cancelled_half_way_it_leaves_nothing() {
    let packed = Release::new().file("./lib/ollama/noise", &noise(400_000), 0o644).pack();
    let mut manner = Manner::of(packed.clone());
    (manner.cuts, manner.hangs) = ((1, 100_000), true);
    let stage = Stage::new(manner).await;
    let last = stage.stop_when(|state| state.completed_bytes > 0).await;
    assert_eq!((last.phase, last.failure), (Phase::Cancelled, None));
    assert_eq!(stage.left(), Vec::<PathBuf>::new());

    let stage = Stage::new(Manner::of(packed)).await;
    let last = stage.stop_when(|state| state.phase == Phase::Checking).await;
    assert_eq!(last.phase, Phase::Cancelled);
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
    assert_eq!(stage.install().await.phase, Phase::RestartPending, "it can be begun anew");
}

#[tokio::test]
async fn one_that_is_there_is_replaced_as_a_whole_or_not_at_all() {
    let stage = Stage::new(Manner::of(release())).await;
    fs::create_dir_all(stage.local("bin")).unwrap();
    fs::create_dir_all(stage.local("lib/ollama")).unwrap();
    fs::write(stage.local("bin/ollama"), "old").unwrap();
    fs::write(stage.local("lib/ollama/old.so"), "old").unwrap();
    fs::write(stage.local("bin/theirs"), "theirs").unwrap();

    let harmful = Release::new().file("./lib/ollama/../../../escape", b"x", 0o644).pack();
    let refusing = Place::open(Manner::of(harmful)).await;
    let pairs = [("PINCER_OLLAMA_DOWNLOAD", refusing.url.clone()), ("OLLAMA_HOST", stage.ollama.url())];
    let other = Surroundings::new(Os::Linux, Environment::new(pairs), stage.home.path(), SystemTime::now);
    let (_stop, asked) = watch::channel(false);
    let last = install::install(&Computer::new(other, None), LIMITS, asked, |_| {}).await;
    assert!(matches!(code(&last), ErrorCode::InstallUnsafeArchive { .. }));
    assert_eq!(fs::read(stage.local("bin/ollama")).unwrap(), b"old");
    assert_eq!(stage.left().len(), 3);

    assert_eq!(stage.install().await.phase, Phase::RestartPending);
    assert_eq!(fs::read(stage.local("bin/ollama")).unwrap(), PROGRAM);
    assert!(!stage.local("lib/ollama/old.so").exists());
    assert_eq!(fs::read(stage.local("bin/theirs")).unwrap(), b"theirs");
}

/// What runs here stays until what shall take its place has shown that it runs, too.
#[tokio::test]
async fn a_program_that_does_not_run_here_takes_nobodys_place() {
    let broken = b"#!/bin/sh\necho 'ollama: GLIBC_2.99 not found' >&2\nexit 1\n";
    let broken = Release::empty().dir("./").dir("./bin/").file("./bin/ollama", broken, 0o755).pack();
    let stage = Stage::new(Manner::of(broken)).await;
    fs::create_dir_all(stage.local("bin")).unwrap();
    fs::write(stage.local("bin/ollama"), "works").unwrap();
    let last = stage.install().await;
    assert_eq!(code(&last), ErrorCode::InstallDoesNotFit {});
    assert!(last.failure.unwrap().detail.contains("GLIBC_2.99 not found"));
    assert_eq!(stage.left(), [stage.local("bin/ollama")]);
    assert_eq!(fs::read(stage.local("bin/ollama")).unwrap(), b"works");
}

/// Where nothing answers yet.
fn alone(stage: &mut Stage) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let pairs = [
        ("PINCER_OLLAMA_DOWNLOAD", stage.place.url.clone()),
        ("OLLAMA_HOST", free.to_string()),
        // Nobody's service, and no Ollama but the one that is installed.
        ("PATH", stage.local("bin").display().to_string()),
    ];
    stage.surroundings.environment = Environment::new(pairs);
}

#[tokio::test]
async fn one_that_does_not_start_says_where_the_one_before_is() {
    let dies = b"#!/bin/sh\n[ \"$1\" = --version ] || { echo 'no such card' >&2; exit 1; }\n";
    let dies = Release::empty().dir("./").dir("./bin/").file("./bin/ollama", dies, 0o755).pack();
    let mut stage = Stage::new(Manner::of(dies)).await;
    alone(&mut stage);
    fs::create_dir_all(stage.local("bin")).unwrap();
    fs::write(stage.local("bin/ollama"), "works").unwrap();
    let last = stage.install().await;
    assert_eq!(last.phase, Phase::NotStarted, "{last:?}");
    let failure = last.failure.unwrap();
    assert!(matches!(failure.code, ErrorCode::StartFailed { .. }), "{failure:?}");
    assert!(failure.detail.contains("no such card"), "{failure:?}");
    let aside = last.installed.unwrap().aside.unwrap();
    assert!(aside.contains("bin/ollama."), "{aside}");
    assert_eq!(fs::read(aside).unwrap(), b"works");
}

#[tokio::test]
async fn nobody_has_to_wait_until_it_runs() {
    let sleeps = b"#!/bin/sh\n[ \"$1\" = --version ] || exec /bin/sleep 600\n";
    let sleeps = Release::empty().dir("./").dir("./bin/").file("./bin/ollama", sleeps, 0o755).pack();
    let mut stage = Stage::new(Manner::of(sleeps)).await;
    alone(&mut stage);
    let computer = stage.computer();
    let (stop, asked) = watch::channel(false);
    let mut installing = std::pin::pin!(install::install(&computer, LIMITS, asked, |_| {}));
    let started = async {
        while !computer.folders.ollama_process().exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        last = &mut installing => panic!("{last:?}"),
        () = started => {}
    }
    stop.send_replace(true);
    let last = installing.await;
    assert_eq!((last.phase, last.failure), (Phase::Waking, None));
    let own = fs::read(computer.folders.ollama_process()).unwrap();
    let own: serde_json::Value = serde_json::from_slice(&own).unwrap();
    let pid = own[0]["pid"].to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
}

#[tokio::test]
async fn without_room_nothing_is_downloaded_or_unpacked() {
    let mut stage = Stage::new(Manner::of(release())).await;
    let need = release().len() as u64 * 2;
    stage.surroundings = stage.surroundings.clone().with_free_space(move |_| Ok(need - 1));
    let ErrorCode::InstallDiskFull { need_bytes, free_bytes, .. } = code(&stage.install().await) else {
        panic!("another code")
    };
    assert_eq!(
        (need_bytes, free_bytes),
        (Some(need), Some(need - 1)),
        "the archive and at least as much again"
    );
    assert_eq!(stage.place.asked(), Vec::<String>::new());

    // Room for the archive twice, not for what is in it.
    let large = Release::new().file("./lib/ollama/zeros", &vec![0; 8 << 20], 0o644).pack();
    let mut stage = Stage::new(Manner::of(large)).await;
    stage.surroundings = stage.surroundings.clone().with_free_space(|_| Ok(1 << 20));
    let folder = stage.local("").display().to_string().trim_end_matches('/').to_owned();
    let need = (8 << 20) + PROGRAM.len() as u64;
    let full = ErrorCode::InstallDiskFull { need_bytes: Some(need), free_bytes: Some(1 << 20), folder };
    assert_eq!(code(&stage.install().await), full);
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_place_that_is_away_or_gives_something_else_is_named() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stage = Stage::new(Manner::of(release())).await;
    stage.surroundings.environment =
        Environment::new([("PINCER_OLLAMA_DOWNLOAD", format!("http://{nowhere}"))]);
    let url = format!("http://{nowhere}/");
    assert_eq!(code(&stage.install().await), ErrorCode::InstallOffline { url });

    let list = |stage: &Stage| format!("{}/sha256sum.txt", stage.place.url);
    let stage = Stage::new(Manner { list: String::new(), ..Manner::of(release()) }).await;
    let missing = ErrorCode::InstallUnavailable { url: list(&stage), status: 404 };
    assert_eq!(code(&stage.install().await), missing);

    let page = "<html>Please sign in</html>".to_owned();
    let stage = Stage::new(Manner { list: page, ..Manner::of(release()) }).await;
    let page = ErrorCode::InstallUnavailable { url: list(&stage), status: 0 };
    assert_eq!(code(&stage.install().await), page);

    let leads_to = Some("http://192.0.2.1/sha256sum.txt".to_owned());
    let stage = Stage::new(Manner { leads_to, ..Manner::of(release()) }).await;
    let last = stage.install().await;
    assert!(matches!(code(&last), ErrorCode::InstallOffline { .. }));
    assert!(last.failure.unwrap().detail.contains("listened in on"));
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_installer_is_not_opened_before_it_is_checked() {
    let mut manner = Manner::of(b"an image".to_vec());
    manner.file[0] ^= 1;
    let mut stage = Stage::new(manner).await;
    stage.surroundings.os = Os::MacOs;
    let offer = install::offer(&stage.computer(), LIMITS).await.unwrap();
    assert_eq!((offer.download_bytes, offer.folder), (Some(8), None));
    assert_eq!(code(&stage.install().await), ErrorCode::InstallChecksum { file: "Ollama.dmg".into() });
    assert_eq!(stage.left(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn two_at_once_are_one_too_many() {
    let mut manner = Manner::of(Release::new().file("./lib/ollama/noise", &noise(400_000), 0o644).pack());
    (manner.cuts, manner.hangs) = ((1, 100_000), true);
    let stage = Stage::new(manner).await;
    let (stop, asked) = watch::channel(false);
    let (arrived, mut seen) = watch::channel(0);
    let computer = stage.computer();
    let first = tokio::spawn(async move {
        install::install(&computer, LIMITS, asked, |state| _ = arrived.send(state.completed_bytes)).await
    });
    seen.wait_for(|bytes| *bytes > 0).await.unwrap();
    assert!(matches!(code(&stage.install().await), ErrorCode::FileLocked { .. }));
    stop.send_replace(true);
    assert_eq!(first.await.unwrap().phase, Phase::Cancelled, "the second took nothing from the first");
}
