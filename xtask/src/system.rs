//! System packages: installed by apt on Debian and Ubuntu, named exactly on every other system.
//! What each system calls them is a table here, tested on any machine.

use std::{fs, process::Command};

use crate::{failure::Failure, shell};

/// What building the window needs.
const BUILD: &[&str] =
    &["libwebkit2gtk-4.1-dev", "libsoup-3.0-dev", "librsvg2-dev", "build-essential", "pkg-config"];

/// What driving the real window and its pictures needs on top.
const TEST: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "xauth",
    "dbus-x11",
    "imagemagick",
    "faketime",
    "openbox",
    "wmctrl",
    "xdotool",
    "iproute2",
];

/// What judging the pages in a browser needs.
const BROWSER: &[&str] = &["chromium"];

/// What pictures need on top: without it Chinese is boxes.
const FONTS: &[&str] = &["fonts-noto-cjk"];

/// What looking into packages needs on top of that.
const PACKAGE: &[&str] = &["rpm", "desktop-file-utils", "appstream"];

/// What the packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building and opening the window.
    Build,
    /// That, and the tests.
    Test,
    /// A Chromium, and nothing else.
    Browser,
    /// All of it, and the fonts of every language.
    Pictures,
    /// That, and the packages.
    Package,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Debian,
    Fedora,
    Arch,
    OtherLinux,
    MacOs,
    Windows,
}

/// Which family: `os` as `std::env::consts::OS`, `release` as `/etc/os-release`.
fn family(os: &str, release: &str) -> Family {
    match os {
        "macos" => return Family::MacOs,
        "windows" => return Family::Windows,
        _ => {}
    }
    let ids: Vec<String> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches(['"', '\'']).split_whitespace())
        .map(str::to_lowercase)
        .collect();
    let is = |names: &[&str]| ids.iter().any(|id| names.contains(&id.as_str()));
    if is(&["debian", "ubuntu"]) {
        Family::Debian
    } else if is(&["fedora", "rhel"]) {
        Family::Fedora
    } else if is(&["arch"]) {
        Family::Arch
    } else {
        Family::OtherLinux
    }
}

/// What to type on a system whose packages Pincer does not install by itself.
fn advice(family: Family, purpose: Purpose) -> String {
    if purpose == Purpose::Browser {
        return "Chromium or Chrome (PINCER_CHROMIUM names one that lies elsewhere)".into();
    }
    let test = purpose != Purpose::Build;
    let pictures = purpose == Purpose::Pictures;
    match family {
        Family::Fedora => format!(
            "sudo dnf install webkit2gtk4.1-devel libsoup3-devel librsvg2-devel gcc gcc-c++ make pkgconf-pkg-config{}",
            match (test, pictures) {
                (false, _) => "",
                (true, false) =>
                    " xorg-x11-server-Xvfb xauth dbus-daemon dbus-tools ImageMagick libfaketime openbox wmctrl xdotool iproute",
                (true, true) =>
                    " xorg-x11-server-Xvfb xauth dbus-daemon dbus-tools ImageMagick libfaketime openbox wmctrl xdotool iproute \
                     chromium google-noto-sans-cjk-fonts",
            }
        ),
        Family::Arch => format!(
            "sudo pacman -S --needed webkit2gtk-4.1 libsoup3 librsvg base-devel pkgconf{}",
            match (test, pictures) {
                (false, _) => "",
                (true, false) =>
                    " xorg-server-xvfb xorg-xauth dbus imagemagick libfaketime openbox wmctrl xdotool iproute2",
                (true, true) =>
                    " xorg-server-xvfb xorg-xauth dbus imagemagick libfaketime openbox wmctrl xdotool iproute2 \
                     chromium noto-fonts-cjk",
            }
        ),
        Family::MacOs => "xcode-select --install".into(),
        Family::Windows => "Install \"Desktop development with C++\" of the Visual Studio Build Tools; \
             the WebView2 runtime comes with Windows 10 and 11."
            .into(),
        Family::Debian | Family::OtherLinux => {
            let names = names(purpose).join(" ");
            format!("your system's packages for these (their names on Debian): {names}")
        }
    }
}

/// Debian's names of all that a purpose needs.
fn names(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Build => BUILD.to_vec(),
        Purpose::Test => [BUILD, TEST].concat(),
        Purpose::Browser => BROWSER.to_vec(),
        Purpose::Pictures => [BUILD, TEST, BROWSER, FONTS].concat(),
        Purpose::Package => [BUILD, TEST, PACKAGE].concat(),
    }
}

/// Makes sure that the packages are there, or says what to install. Gives a line on what was done.
///
/// # Errors
/// When they are missing and cannot be installed from here.
pub(crate) fn ensure(purpose: Purpose) -> Result<String, Failure> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let family = family(std::env::consts::OS, &release);
    match family {
        Family::Debian => debian(purpose),
        Family::Windows => Ok(format!("assumed: {}", advice(family, purpose))),
        Family::MacOs if shell::succeeds(&mut shell::command("xcode-select", ["-p"])) => {
            Ok("the command line tools are there".into())
        }
        Family::Fedora | Family::Arch | Family::OtherLinux if libraries_are_there() => {
            Ok(format!("the libraries are there; should something lack: {}", advice(family, purpose)))
        }
        _ => Err(Failure::Needs(format!(
            "The window needs system packages that are not here. Install them, then try again:\n  {}",
            advice(family, purpose)
        ))),
    }
}

fn libraries_are_there() -> bool {
    shell::succeeds(&mut shell::command("pkg-config", ["--exists", "webkit2gtk-4.1", "libsoup-3.0"]))
}

fn debian(purpose: Purpose) -> Result<String, Failure> {
    let wanted = names(purpose);
    let missing = missing(&wanted);
    if missing.is_empty() {
        return Ok("all there".into());
    }
    println!("    missing: {}", missing.join(" "));
    // A fresh container has no package lists at all, an old one has stale ones (404 on install).
    let known = shell::succeeds(shell::command("apt-cache", ["show", "--no-all-versions"]).args(&missing));
    if !known {
        apt(&["update"])?;
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    if let Err(failure) = apt(&install) {
        if !known {
            return Err(failure);
        }
        apt(&["update"])?;
        apt(&install)?;
    }
    Ok(format!("installed {}", missing.join(" ")))
}

/// Those of the packages that dpkg does not count as installed.
fn missing<'a>(wanted: &[&'a str]) -> Vec<&'a str> {
    // It exits 1 when it does not know one of them, and still prints the others.
    let listed = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    not_installed(wanted, &listed)
}

fn not_installed<'a>(wanted: &[&'a str], listed: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|name| !installed.contains(name)).collect()
}

fn apt(args: &[&str]) -> Result<(), Failure> {
    let root = shell::answer(&mut shell::command("id", ["-u"])).is_ok_and(|uid| uid == "0");
    // Through `env`, because sudo drops variables. Another apt at work is waited for, two minutes.
    let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"];
    words.extend(args);
    if !root {
        if !shell::succeeds(&mut shell::command("sudo", ["--version"])) {
            return Err(Failure::Needs(format!(
                "System packages are missing, and this is neither root nor is sudo there. As root:\n  apt-get {}",
                args.join(" ")
            )));
        }
        words.insert(0, "sudo");
    }
    let (program, rest) = words.split_first().map_or(("env", [].as_slice()), |(first, rest)| (*first, rest));
    shell::run(&mut shell::command(program, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_apart() {
        assert_eq!(family("linux", "NAME=\"Debian\"\nID=debian\n"), Family::Debian);
        assert_eq!(family("linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Family::Debian);
        assert_eq!(family("linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Family::Fedora);
        assert_eq!(family("linux", "ID=manjaro\nID_LIKE=arch\n"), Family::Arch);
        assert_eq!(family("linux", "VERSION_ID=\"debian\"\nID=nixos\n"), Family::OtherLinux);
        assert_eq!(family("macos", ""), Family::MacOs);
        assert_eq!(family("windows", "ID=debian"), Family::Windows);
    }

    #[test]
    fn a_package_counts_only_when_dpkg_says_installed() {
        let listed = "xvfb installed\nxauth config-files\nlibwebkit2gtk-4.1-dev installed\n";
        assert_eq!(not_installed(&["xvfb", "xauth", "openbox"], listed), ["xauth", "openbox"]);
    }

    #[test]
    fn every_other_system_is_told_exact_names() {
        for (family, name) in [
            (Family::Fedora, "webkit2gtk4.1-devel"),
            (Family::Arch, "webkit2gtk-4.1"),
            (Family::OtherLinux, "libwebkit2gtk-4.1-dev"),
        ] {
            assert!(advice(family, Purpose::Build).contains(name), "{family:?} builds");
            assert!(advice(family, Purpose::Test).contains("xdotool"), "{family:?} tests");
            assert!(!advice(family, Purpose::Build).contains("xdotool"), "{family:?} only builds");
            assert!(!advice(family, Purpose::Test).contains("cjk"), "{family:?} needs no fonts to test");
            assert!(advice(family, Purpose::Pictures).contains("cjk"), "{family:?} makes pictures");
        }
    }
}
