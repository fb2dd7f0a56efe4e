//! A disk that is really full: a tiny file system of the test's own, filled to the last page. The change is refused by
//! its name, every file stays as it was, and nothing is left behind.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use support::{home::Home, ollama::Ollama, process, programs, settings};

/// Set where the test runs in a namespace of its own.
const INSIDE: &str = "PINCER_TEST_NAMESPACE";
/// Small, so that it is full soon.
const SIZE: &str = "256k";
/// What a write takes of such a file system at least, in bytes.
const PAGE: usize = 4096;
/// No change here needs so many.
const ENOUGH: usize = 32;

const MAIN: &str = "openclaw.json";
const AGENT: &str = "agents/main/agent/models.json";
const USE: &[&str] = &["use", "qwen3:8b", "--automatic", "--yes", "--json"];

/// Runs a test of this file again as one that may mount: in namespaces of its own. `true` inside of them.
fn in_a_namespace(test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let may_mount = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may_mount {
        assert!(env::var_os("CI").is_none(), "no user namespaces here: a full disk cannot be tested");
        // Not by a macro: what those print, the test runner hides when a test passes.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: {test}, for this system gives no user namespaces");
        return false;
    }
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{complained}");
    false
}

/// A file system of some pages, mounted over a folder.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let options = format!("size={SIZE},mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder)
            .status()
            .unwrap();
        assert!(mounted.success());
        Self { folder: folder.to_path_buf() }
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Fills it to the last page, but for so many.
    fn fill_but(&self, pages: usize) {
        self.empty();
        let mut file = File::create(self.filler()).unwrap();
        let full = loop {
            if let Err(error) = file.write_all(&[1; PAGE]) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub((pages * PAGE) as u64)).unwrap();
    }

    fn empty(&self) {
        drop(fs::remove_file(self.filler()));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.folder).status();
    }
}

type Tree = Vec<(PathBuf, Vec<u8>, u32)>;

struct Scene {
    // Dropped in this order: a home with something mounted in it cannot be removed.
    disk: Disk,
    ollama: Ollama,
    home: Home,
}

impl Scene {
    /// A home in which this folder is a disk of its own.
    fn new(folder: &str) -> Self {
        let home = Home::new();
        let disk = Disk::mount(&home.path().join(folder));
        let ollama = Ollama::start(&home);
        let padding = "// mine\n".repeat(600);
        settings::write(&home, MAIN, &format!("{padding}{{ gateway: {{ mode: 'local' }} }}\n"));
        settings::write(&home, AGENT, r#"{"providers":{"ollama":{"baseUrl":"http://127.0.0.1:1"}}}"#);
        Self { disk, ollama, home }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).env("OLLAMA_HOST", self.ollama.host()).output().unwrap()
    }

    /// All of OpenClaw's and Pincer's files but what fills the disk.
    fn tree(&self, folder: &str) -> Tree {
        let mut tree = settings::tree(&self.home.path().join(folder));
        tree.retain(|(path, ..)| !path.ends_with("filler"));
        tree
    }

    fn settings(&self) -> Tree {
        self.tree(".openclaw")
    }

    /// Snapshots and receipts; the lock is an empty file and stays.
    fn kept(&self) -> Tree {
        let mut tree = self.tree(".local/share/dev.pincer.desktop");
        tree.retain(|(path, ..)| !path.ends_with("pincer.lock"));
        tree
    }

    /// Runs a command with ever more room until it succeeds: each time before that it is refused by the disk's name
    /// and changes nothing. Gives how often it was refused.
    fn until_there_is_room(&self, arguments: &[&str]) -> usize {
        let before = self.settings();
        // A receipt that the last change could not mark as done is settled first: names are what counts.
        let names = |tree: Tree| -> Vec<PathBuf> { tree.into_iter().map(|(path, ..)| path).collect() };
        let kept = names(self.kept());
        for pages in 0..ENOUGH {
            self.disk.fill_but(pages);
            let output = self.run(arguments);
            let answer = process::json("the command", &output);
            if output.status.success() {
                return pages;
            }
            let what = format!("{arguments:?} with {pages} pages left: {answer:#}");
            assert_eq!(output.status.code(), Some(2), "{what}");
            let error = &answer["error"];
            assert_eq!(
                (&error["code"], &error["params"]["reason"]),
                (&json!("file.failed"), &json!("disk-full")),
                "{what}"
            );
            let path = Path::new(error["params"]["path"].as_str().unwrap());
            assert!(path.starts_with(&self.disk.folder), "{what}");
            assert_eq!(self.settings(), before, "{what}");
            assert_eq!(names(self.kept()), kept, "{what}: nothing happened, so nothing is kept of it");
            assert_eq!(settings::temporaries(self.home.path()), Vec::<PathBuf>::new(), "{what}");
        }
        panic!("{arguments:?} does not fit on an empty disk");
    }

    /// `use` and `undo` on a disk that fills up, and all of it works once there is room.
    fn play(&self) {
        let old = self.settings();
        let refused = self.until_there_is_room(USE);
        assert!(refused > 1, "refused at more than one step: {refused}");
        let new = self.settings();
        assert_ne!(new, old);

        self.until_there_is_room(&["undo", "--json"]);
        assert_eq!(self.settings(), old);
        self.disk.empty();
        let listed: Value = process::json("history", &self.run(&["history", "--json"]));
        // A receipt that could not be marked as done is settled by the next change: they are all there.
        assert!(self.run(USE).status.success(), "{listed:#}");
        assert_eq!(self.settings(), new);
        assert!(self.run(&["undo", "--json"]).status.success());
        assert_eq!(self.settings(), old);
        let listed = process::json("history", &self.run(&["history", "--json"]));
        assert_eq!(listed["receipts"].as_array().unwrap().len(), 4, "{listed:#}");
    }
}

#[test]
fn a_full_disk_under_the_settings_changes_nothing() {
    if in_a_namespace("a_full_disk_under_the_settings_changes_nothing") {
        Scene::new(".openclaw").play();
    }
}

#[test]
fn a_full_disk_under_pincers_own_folder_changes_nothing() {
    if in_a_namespace("a_full_disk_under_pincers_own_folder_changes_nothing") {
        Scene::new(".local/share/dev.pincer.desktop").play();
    }
}
