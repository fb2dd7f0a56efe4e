//! The packages that `cargo xtask bundle` made: what they say, and a life of the `.deb` in a root of its own: installed,
//! opened, upgraded under the open window, removed. Asked for by `cargo xtask bundle --check`, for they take minutes.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::{home::Home, ollama::Ollama, process::json, window::Window, words::Words};
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const MODEL: &str = "qwen3:8b";

/// What both packages put on a computer, licences and documents apart.
const FILES: [&str; 9] = [
    "/usr/bin/pincer",
    "/usr/bin/pincer-cli",
    "/usr/share/applications/Pincer.desktop",
    "/usr/share/icons/hicolor/128x128/apps/pincer.png",
    "/usr/share/icons/hicolor/32x32/apps/pincer.png",
    "/usr/share/icons/hicolor/512x512/apps/pincer.png",
    "/usr/share/icons/hicolor/64x64/apps/pincer.png",
    "/usr/share/icons/hicolor/scalable/apps/pincer.svg",
    "/usr/share/metainfo/dev.pincer.desktop.metainfo.xml",
];

/// The one package of a kind that was made.
fn package(kind: &str) -> PathBuf {
    let folder =
        env::var_os("PINCER_TEST_PACKAGES").expect("`cargo xtask bundle --check` says where they are");
    let of_kind = |path: &PathBuf| path.extension().is_some_and(|end| end == kind);
    let entries = fs::read_dir(Path::new(&folder).join(kind)).unwrap();
    let found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(of_kind).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// What a program says, which must end well.
fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error} (`cargo xtask bundle --check` installs it)"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A root with a database of packages like this computer's, so that what the package depends on counts, and nothing of
/// this computer changes.
struct Root {
    folder: TempDir,
}

impl Root {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("pincer-root-").tempdir().unwrap();
        let database = folder.path().join("var/lib/dpkg");
        for name in ["info", "updates", "triggers"] {
            fs::create_dir_all(database.join(name)).unwrap();
        }
        let installed =
            fs::read_to_string("/var/lib/dpkg/status").expect("a system of packages like Debian's");
        let others: Vec<&str> = installed
            .split("\n\n")
            .filter(|one| !one.trim_start().starts_with("Package: pincer\n"))
            .collect();
        fs::write(database.join("status"), others.join("\n\n")).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn dpkg(&self, args: &[&str]) {
        let root = format!("--root={}", self.path().display());
        // Whoever runs the tests need not be root; dpkg looks for programs that a root of one package lacks.
        let mut all = vec![root.as_str(), "--force-not-root", "--force-bad-path"];
        all.extend(args);
        said("/usr/bin/dpkg", &all);
    }

    fn program(&self, name: &str) -> PathBuf {
        self.path().join("usr/bin").join(name)
    }

    /// The version that the database says is installed.
    fn version(&self) -> String {
        let database = format!("--admindir={}/var/lib/dpkg", self.path().display());
        said("dpkg-query", &[&database, "--show", "--showformat=${Version} ${db:Status-Status}", "pincer"])
    }

    /// Everything in it but dpkg's own.
    fn files(&self) -> BTreeSet<PathBuf> {
        contents(self.path()).into_keys().filter(|path| !path.starts_with("var/lib/dpkg")).collect()
    }
}

/// The files below a folder, with what is in them.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The same package as a later version, for want of one.
fn later(deb: &Path, folder: &Path) -> PathBuf {
    let (open, made) = (folder.join("open"), folder.join("later.deb"));
    said("dpkg-deb", &["--raw-extract", text(deb), text(&open)]);
    let control = open.join("DEBIAN/control");
    let fields = fs::read_to_string(&control).unwrap();
    let version = format!("Version: {VERSION}\n");
    assert!(fields.contains(&version), "{fields}");
    fs::write(&control, fields.replace(&version, &format!("Version: {VERSION}+later\n"))).unwrap();
    said("dpkg-deb", &["--root-owner-group", "--build", "-Zgzip", text(&open), text(&made)]);
    made
}

#[tokio::test]
#[ignore = "needs the packages: cargo xtask bundle --check"]
async fn the_deb_is_installed_opened_upgraded_and_removed() {
    let words = Words::english();
    let home = Home::new();
    let ollama = Ollama::start(&home);
    let host = ollama.host();
    let root = Root::new();
    let deb = package("deb");
    assert!(root.files().is_empty());

    root.dpkg(&["--install", text(&deb)]);
    assert_eq!(root.version(), format!("{VERSION} installed"));
    for program in ["pincer", "pincer-cli"] {
        let version = said(text(&root.program(program)), &["--version"]);
        assert_eq!(version.trim(), format!("pincer {VERSION}"), "{program}");
    }

    // The commands of the package change something of the user's.
    let commands = |args: &[&str]| {
        let mut command = home.command(root.program("pincer-cli"));
        command.args(args).arg("--json").env("OLLAMA_HOST", &host).output().unwrap()
    };
    let used = json("use", &commands(&["use", MODEL, "--yes"]));
    assert_eq!(used["applied"], true, "{used}");

    // Its window comes up, and lives on while the files under it are replaced.
    let window =
        Window::open_program("package", root.program("pincer"), &home, &[("OLLAMA_HOST", &host)]).await;
    window.sees(&words.say("link.engine.name", &[])).await;
    println!("the first picture: {}", window.picture("installed").display());
    let folder = tempfile::tempdir().unwrap();
    root.dpkg(&["--install", text(&later(&deb, folder.path()))]);
    assert_eq!(root.version(), format!("{VERSION}+later installed"));
    window.follow(&words.say("nav.models", &[])).await;
    window.sees(MODEL).await;
    drop(window);
    let window =
        Window::open_program("package", root.program("pincer"), &home, &[("OLLAMA_HOST", &host)]).await;
    window.sees(&words.say("link.engine.name", &[])).await;
    drop(window);
    let history = json("history", &commands(&["history"]));
    assert_eq!(
        history["receipts"].as_array().map(Vec::len),
        Some(1),
        "the upgrade keeps what can be undone: {history}"
    );

    let (openclaw, data) =
        (home.path().join(".openclaw"), home.path().join(".local/share/dev.pincer.desktop"));
    let before = (contents(&openclaw), contents(&data));
    assert!(!before.0.is_empty() && !before.1.is_empty(), "{before:?}");
    root.dpkg(&["--purge", "pincer"]);
    assert_eq!(root.files(), BTreeSet::new(), "nothing of the package stays");
    assert!(!root.path().join("usr").exists(), "nor an empty folder");
    assert_eq!((contents(&openclaw), contents(&data)), before, "the user's own files stay");
}

#[test]
#[ignore = "needs the packages: cargo xtask bundle --check"]
fn the_deb_says_what_it_is_and_holds_what_it_should() {
    let deb = package("deb");
    let fields = said("dpkg-deb", &["--field", text(&deb)]);
    let field = |name: &str| {
        let line = fields.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in\n{fields}")).to_owned()
    };
    assert_eq!((field("Package"), field("Version")), ("pincer".into(), VERSION.into()));
    assert_eq!((field("Section"), field("Priority")), ("utils".into(), "optional".into()));
    assert!(!field("Maintainer").is_empty() && field("Description").contains("OpenClaw"));
    for needed in ["libwebkit2gtk-4.1-0", "libgtk-3-0"] {
        assert!(field("Depends").contains(needed), "{fields}");
    }

    let list = said("dpkg-deb", &["--contents", text(&deb)]);
    let mut files = BTreeSet::new();
    for line in list.lines().filter(|line| !line.starts_with('d')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let path = format!("/{}", words[5].trim_start_matches("./").trim_start_matches('/'));
        let rights = if path.starts_with("/usr/bin/") { "-rwxr-xr-x" } else { "-rw-r--r--" };
        assert_eq!((words[0], words[1]), (rights, "root/root"), "{line}");
        files.insert(path);
    }
    let documents =
        ["CHANGELOG.md", "THIRD-PARTY.txt", "copyright"].map(|name| format!("/usr/share/doc/pincer/{name}"));
    assert_eq!(files, FILES.into_iter().map(str::to_owned).chain(documents).collect());

    let folder = tempfile::tempdir().unwrap();
    said("dpkg-deb", &["--extract", text(&deb), text(folder.path())]);
    let desktop = folder.path().join("usr/share/applications/Pincer.desktop");
    said("desktop-file-validate", &[text(&desktop)]);
    assert!(fs::read_to_string(&desktop).unwrap().lines().any(|line| line == "Exec=pincer"));
    said("appstreamcli", &["validate", "--no-net", text(&folder.path().join(&FILES[8][1..]))]);
}

#[test]
#[ignore = "needs the packages: cargo xtask bundle --check"]
fn the_rpm_says_the_same_and_holds_the_same() {
    let rpm = package("rpm");
    let said_of = |format: &str| said("rpm", &["--query", "--package", text(&rpm), "--queryformat", format]);
    assert_eq!(
        said_of("%{NAME}|%{VERSION}|%{LICENSE}|%{SUMMARY}"),
        format!("pincer|{VERSION}|MIT OR Apache-2.0|Runs OpenClaw on the models of your own Ollama")
    );
    let needs = said("rpm", &["--query", "--package", "--requires", text(&rpm)]);
    assert!(needs.contains("webkit2gtk"), "{needs}");
    let list = said("rpm", &["--query", "--package", "--list", text(&rpm)]);
    let files: BTreeSet<&str> = list.lines().collect();
    let missing: Vec<&&str> = FILES.iter().filter(|file| !files.contains(**file)).collect();
    assert!(missing.is_empty(), "{missing:?} of {list}");
    for path in ["/usr/share/licenses/pincer/LICENSE-APACHE", "/usr/share/doc/pincer/THIRD-PARTY.txt"] {
        assert!(files.contains(path), "{path} of {list}");
    }
    said("rpm", &["--checksig", "--nosignature", text(&rpm)]);
}
