//! `cargo xtask run`: from a fresh clone to the open window, one numbered line a stage.
//! A stage that has nothing to do says so and takes no time.

use std::{env, path::Path, process::ExitCode};

use crate::{
    failure::Failure,
    project::Project,
    shell,
    system::{self, Purpose},
    ui,
};

/// Sets up what is missing, builds, and opens Pincer with `args`. Gives Pincer's own status.
///
/// # Errors
/// When a stage fails, with what to do.
pub(crate) fn run(project: &Project, release: bool, args: &[String]) -> Result<ExitCode, Failure> {
    let blind = opens_window(args)
        && !has_display(env::consts::OS, |name| env::var_os(name).is_some_and(|v| !v.is_empty()));
    if blind {
        println!(
            "Note: there is no display here. Pincer is built all the same; how to see it is said at the end."
        );
    }
    println!("1/5 System packages");
    println!("    {}", system::ensure(Purpose::Build)?);
    println!("2/5 Node and npm packages");
    println!("    {}", ui::node()?);
    println!("    {}", ui::packages(project)?);
    println!("3/5 The window's pages");
    println!("    {}", ui::build(project)?);
    println!("4/5 The program (the first time takes some minutes)");
    // Unoptimised by default: a first window in half the time, and quick enough for a person.
    let profile = if release { "release" } else { "debug" };
    let mut build = project.cargo(&["build", "--package", "pincer", "--bin", "pincer"]);
    if release {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let pincer = project.built(profile, "pincer")?;
    println!("5/5 Pincer");
    if blind {
        return Err(Failure::Needs(no_display(&pincer)));
    }
    let mut open = shell::command(&pincer.to_string_lossy(), args);
    println!("    $ {}", shell::line(&open));
    let status = open
        .status()
        .map_err(|source| Failure::Start { program: pincer.to_string_lossy().into_owned(), source })?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Whether these words open the window: a command (`models`, `doctor` ...) or a question for help does not.
fn opens_window(args: &[String]) -> bool {
    args.iter()
        .all(|arg| arg.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&arg.as_str()))
}

fn has_display(os: &str, set: impl Fn(&str) -> bool) -> bool {
    os != "linux" || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn no_display(pincer: &Path) -> String {
    let pincer = pincer.display();
    format!(
        "Pincer is built, but there is no display to open its window on (neither DISPLAY nor WAYLAND_DISPLAY is set).\n\
         - On a machine with a screen: run `cargo xtask run` in a terminal of its desktop.\n\
         - Over the network: connect with `ssh -X`, then run `cargo xtask run` again.\n\
         - For a picture of it (packages xvfb and imagemagick):\n    \
         xvfb-run -a -s '-screen 0 1280x900x24' sh -c '{pincer} & sleep 5; import -window root pincer.png; kill $!'\n\
         - The commands need no display: {pincer} doctor"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_needs_no_display() {
        let opens = |words: &[&str]| opens_window(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert!(opens(&[]));
        assert!(opens(&["--practice"]));
        assert!(!opens(&["models", "--json"]));
        assert!(!opens(&["--help"]));
    }

    #[test]
    fn a_display_is_asked_for_on_linux_alone() {
        assert!(has_display("linux", |name| name == "DISPLAY"));
        assert!(has_display("linux", |name| name == "WAYLAND_DISPLAY"));
        assert!(!has_display("linux", |_| false));
        assert!(has_display("macos", |_| false));
    }
}
