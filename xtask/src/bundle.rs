//! `cargo xtask bundle`: the packages that people install, made by Tauri's own bundler from the release programs.
//! What is in them is data (`src-tauri/packages`); here is only what must be found out first.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::json;

use crate::{
    bench::budgets::Budgets,
    failure::Failure,
    notices,
    project::Project,
    shell,
    system::{self, Purpose},
    ui,
};

/// What all packages share, and what they hold on each system.
const CONFIGURATION: &str = "src-tauri/packages/bundle.json";
/// On top of it on Windows, where resources lie beside the program and the installer shows the licence.
const ON_WINDOWS: &str = "src-tauri/packages/windows.json";

/// The kinds that can be made on a system, the usual ones first, and how many of them are usual. An `AppImage` is asked
/// for by name: making it downloads tools.
fn kinds(os: &str) -> (&'static [&'static str], usize) {
    match os {
        "linux" => (&["deb", "rpm", "appimage"], 2),
        "macos" => (&["dmg", "app"], 1),
        "windows" => (&["nsis"], 1),
        _ => (&[], 0),
    }
}

/// Makes the packages named in `args` (the system's usual ones when none is) and lists them; with `--check` among the
/// words they are installed, started, upgraded and removed, too. 1 when one is over its budget.
///
/// # Errors
/// When a word is unknown, or a stage fails.
pub(crate) fn bundle(project: &Project, args: &[&str]) -> Result<ExitCode, Failure> {
    let check = args.contains(&"--check");
    let wanted: Vec<&str> = args.iter().copied().filter(|arg| *arg != "--check").collect();
    let wanted = chosen(env::consts::OS, &wanted)?;
    if check && !["deb", "rpm"].iter().all(|kind| wanted.contains(kind)) {
        return Err(Failure::Needs(
            "--check is for .deb and .rpm together: nothing checks the others yet.".into(),
        ));
    }
    println!("1/4 What it takes");
    println!("    {}", system::ensure(if check { Purpose::Package } else { Purpose::Build })?);
    println!("    {}", ui::node()?);
    println!("    {}", ui::packages(project)?);
    println!("    {}", ui::build(project)?);
    println!("2/4 Both programs, as released (this takes some minutes)");
    shell::run(&mut project.cargo(&[
        "build",
        "--release",
        "--package",
        "pincer",
        "--package",
        "pincer-cli",
        "--bin",
        "pincer",
        "--bin",
        "pincer-cli",
    ]))?;
    let folder = project.built("release", "bundle")?;
    println!("3/4 The packages");
    let made = packages(project, &folder, &wanted)?;
    println!("4/4 Their size");
    let kept = sizes(&made, Budgets::read(&project.path("xtask/budgets.json"))?.megabytes("deb")?)?;
    if check {
        // What the test starts beside the package's own programs.
        shell::run(&mut project.cargo(&[
            "build",
            "--package",
            "pincer-cli",
            "--package",
            "pincer-practice",
        ]))?;
        let mut test =
            project.cargo(&["test", "--package", "pincer", "--test", "package", "--", "--ignored"]);
        shell::run(test.env("PINCER_TEST_PACKAGES", &folder))?;
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen<'a>(os: &str, wanted: &[&'a str]) -> Result<Vec<&'a str>, Failure> {
    let (known, usual) = kinds(os);
    if let Some(unknown) = wanted.iter().find(|kind| !known.contains(kind)) {
        return Err(Failure::Needs(format!(
            "No package {unknown} is made here. Kinds: {}",
            known.join(", ")
        )));
    }
    Ok(if wanted.is_empty() { known.iter().copied().take(usual).collect() } else { wanted.to_vec() })
}

/// Runs the bundler, and gives the files that it made.
fn packages(project: &Project, folder: &Path, wanted: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    for kind in wanted {
        let old = folder.join(kind);
        if old.exists() {
            fs::remove_dir_all(&old).map_err(Failure::file(&old))?;
        }
    }
    fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    let found = folder.join("found-out.json");
    fs::write(&found, found_out(project, folder)?.to_string()).map_err(Failure::file(&found))?;
    let mut configurations = vec![project.path(CONFIGURATION), found];
    if cfg!(windows) {
        configurations.push(project.path(ON_WINDOWS));
    }
    // The programs go in as they were built: the bundler's mark in them is for updaters, and there is none.
    let mut npm =
        project.npm(&["run", "bundle", "--", "--no-binary-patching", "--bundles", &wanted.join(",")]);
    for configuration in configurations {
        npm.arg("--config").arg(configuration);
    }
    shell::run(&mut npm)?;
    let mut made = Vec::new();
    for kind in wanted {
        let here = folder.join(kind);
        let ending = if *kind == "nsis" { "exe" } else { *kind };
        for entry in fs::read_dir(&here).map_err(Failure::file(&here))? {
            let path = entry.map_err(Failure::file(&here))?.path();
            let is_one = |end: &std::ffi::OsStr| end.eq_ignore_ascii_case(ending);
            if path.extension().is_some_and(is_one) {
                if *kind == "deb" {
                    compress(&path)?;
                }
                made.push(path);
            }
        }
    }
    Ok(made)
}

/// Packs a `.deb` again with Debian's own tool: the bundler knows gzip alone, and xz finds what both programs share,
/// which is half of the commands'.
fn compress(deb: &Path) -> Result<(), Failure> {
    let open = deb.with_extension("open");
    let extract = ["--raw-extract".as_ref(), deb.as_os_str(), open.as_os_str()];
    shell::run(&mut shell::command("dpkg-deb", extract))?;
    let build = ["--root-owner-group", "-Zxz", "-z9", "-Sextreme", "--build"].map(std::ffi::OsStr::new);
    shell::run(shell::command("dpkg-deb", build).arg(&open).arg(deb))?;
    fs::remove_dir_all(&open).map_err(Failure::file(&open))
}

/// What no file can say: where the commands' program lies (under the name that the bundler asks for), the notices of
/// others' parts, and the project's page, which only the server that builds a release knows.
fn found_out(project: &Project, folder: &Path) -> Result<serde_json::Value, Failure> {
    let system = shell::answer(&mut shell::command("rustc", ["--print", "host-tuple"]))?;
    let built = project.built("release", "pincer-cli")?;
    let program = folder.join("pincer-cli");
    let named = folder.join(format!("pincer-cli-{system}{}", env::consts::EXE_SUFFIX));
    fs::copy(&built, &named).map_err(Failure::file(&built))?;
    let notices = folder.join("THIRD-PARTY.txt");
    fs::write(&notices, notices::notices(project, &system)?).map_err(Failure::file(&notices))?;
    let document = json!({ "/usr/share/doc/pincer/THIRD-PARTY.txt": notices });
    let mut bundle = match env::consts::OS {
        "macos" => json!({ "macOS": { "files": { "SharedSupport/THIRD-PARTY.txt": notices } } }),
        "windows" => json!({ "resources": { notices.to_string_lossy(): "THIRD-PARTY.txt" } }),
        _ => json!({ "linux": {
            "deb": { "files": document }, "rpm": { "files": document }, "appimage": { "files": document },
        } }),
    };
    if let Some(bundle) = bundle.as_object_mut() {
        bundle.insert("externalBin".into(), json!([program]));
        if let (Ok(server), Ok(repository)) = (env::var("GITHUB_SERVER_URL"), env::var("GITHUB_REPOSITORY")) {
            bundle.insert("homepage".into(), format!("{server}/{repository}").into());
        }
    }
    Ok(json!({ "bundle": bundle }))
}

/// Lists the packages; whether each `.deb` is below so many megabytes (of a million bytes).
fn sizes(made: &[PathBuf], most: f64) -> Result<bool, Failure> {
    let mut kept = true;
    for path in made {
        let bytes = fs::metadata(path).map_err(Failure::file(path))?.len();
        let megabytes = f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0;
        let over = path.extension().is_some_and(|end| end == "deb") && megabytes >= most;
        kept &= !over;
        let verdict = if over { format!("  BROKEN: the budget is {most} MB") } else { String::new() };
        println!("    {megabytes:>7.2} MB  {}{verdict}", path.display());
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(name: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(Project::here().path(name)).unwrap()).unwrap()
    }

    /// Every path that a package takes from the clone.
    fn sources(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("files", serde_json::Value::Object(files)) => {
                            found.extend(files.values().filter_map(|from| Some(from.as_str()?.to_owned())));
                        }
                        ("resources", serde_json::Value::Object(files)) => {
                            found.extend(files.keys().cloned());
                        }
                        ("desktopTemplate" | "licenseFile" | "installerIcon" | "uninstallerIcon", from) => {
                            found.extend(from.as_str().map(str::to_owned));
                        }
                        _ => sources(value, found),
                    }
                }
            }
            serde_json::Value::Array(all) => all.iter().for_each(|value| sources(value, found)),
            _ => {}
        }
    }

    #[test]
    fn what_the_packages_are_made_of_is_there() {
        let project = Project::here();
        let mut found = Vec::new();
        sources(&configuration(CONFIGURATION), &mut found);
        sources(&configuration(ON_WINDOWS), &mut found);
        assert!(found.len() > 10, "{found:?}");
        let all = configuration(CONFIGURATION);
        let icons = all["bundle"]["icon"].as_array().unwrap();
        found.extend(icons.iter().map(|icon| icon.as_str().unwrap().to_owned()));
        for kind in [".png", ".icns", ".ico"] {
            assert!(found.iter().any(|path| path.ends_with(kind)), "an icon for each system: {kind}");
        }
        for path in found {
            assert!(project.path(&path).is_file(), "{path} is not in the project");
        }
    }

    #[test]
    fn each_system_has_its_identity_and_licence() {
        let app = configuration("tauri.conf.json");
        assert_eq!(app["identifier"], "dev.pincer.desktop", "for good: it names people's undo");
        assert!(app.get("version").is_none(), "Cargo.toml has the one version");
        let all = configuration(CONFIGURATION);
        let bundle = &all["bundle"];
        for field in ["publisher", "copyright", "license", "shortDescription", "longDescription", "category"]
        {
            assert!(bundle[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
        assert!(bundle["shortDescription"].as_str().unwrap().len() <= 80, "one line in a package manager");
        assert_eq!(bundle["windows"]["nsis"]["installMode"], "currentUser", "no administrator");
        assert!(bundle["linux"]["deb"]["files"]["/usr/share/doc/pincer/copyright"].is_string());
        assert!(bundle["linux"]["rpm"]["files"]["/usr/share/licenses/pincer/LICENSE-MIT"].is_string());
        assert!(bundle["macOS"]["files"]["SharedSupport/LICENSE-MIT"].is_string());
        assert!(configuration(ON_WINDOWS)["bundle"]["licenseFile"].is_string());
    }

    #[test]
    fn each_system_has_its_kinds_and_others_are_refused() {
        assert_eq!(chosen("linux", &[]).unwrap(), ["deb", "rpm"]);
        assert_eq!(chosen("linux", &["appimage"]).unwrap(), ["appimage"]);
        assert_eq!(chosen("macos", &[]).unwrap(), ["dmg"]);
        assert_eq!(chosen("windows", &[]).unwrap(), ["nsis"]);
        assert!(chosen("linux", &["dmg"]).is_err());
    }

    #[test]
    fn a_package_over_its_budget_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (folder.path().join("small.deb"), folder.path().join("large.deb"));
        fs::write(&small, vec![0; 1_999_000]).unwrap();
        fs::write(&large, vec![0; 2_000_000]).unwrap();
        assert!(sizes(std::slice::from_ref(&small), 2.0).unwrap());
        assert!(!sizes(&[small, large], 2.0).unwrap());
    }

    /// A release is made of fixed parts: an action that moves under its name is someone else's program in it.
    #[test]
    fn the_release_workflow_names_versions_and_its_own_commands() {
        let text = fs::read_to_string(Project::here().path(".github/workflows/release.yml")).unwrap();
        let uses: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")).collect();
        assert!(uses.len() > 2, "{uses:?}");
        for action in uses {
            let (_, version) = action.split_once('@').unwrap_or_default();
            let pinned = version.starts_with('v') && version.matches('.').count() == 2;
            assert!(pinned, "{action} is not pinned by version");
        }
        for kind in ["deb", "rpm", "appimage", "dmg", "nsis"] {
            assert!(text.contains(kind), "{kind} is not made");
        }
    }
}
