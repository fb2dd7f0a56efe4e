//! Every row of the table, in order: what is measured, and what it means for a reader of `docs/benchmarks.md`.

use crate::failure::Failure;

pub(super) struct About {
    /// Its key in `xtask/budgets.json`.
    pub(super) name: &'static str,
    /// Those that are measured together, and `--only` takes.
    pub(super) group: &'static str,
    pub(super) what: &'static str,
    pub(super) means: &'static str,
}

/// # Errors
/// When there is none of that name.
pub(super) fn named(name: &str) -> Result<&'static About, Failure> {
    ROWS.iter()
        .find(|row| row.name == name)
        .ok_or_else(|| Failure::Needs(format!("The bench has no row {name}.")))
}

const fn row(name: &'static str, group: &'static str, what: &'static str, means: &'static str) -> About {
    About { name, group, what, means }
}

pub(super) const ROWS: &[About] = &[
    row("discovery-10", "discovery", "pincer models, 10 models", FLOOR),
    row("discovery-10-curl", "discovery", "pincer models, 10 models", CURL),
    row("discovery-200", "discovery", "pincer models, 200 models", FLOOR),
    row("discovery-200-curl", "discovery", "pincer models, 200 models", CURL),
    row("discovery-1000", "discovery", "pincer models, 1,000 models", FLOOR),
    row("discovery-1000-curl", "discovery", "pincer models, 1,000 models", CURL),
    row(
        "doctor",
        "doctor",
        "pincer doctor, all well",
        "The whole diagnosis of a machine on which all is well, from the start of the program to its end.",
    ),
    row(
        "doctor-worst",
        "doctor",
        "pincer doctor, a silent port",
        "The slowest diagnosis: something takes Ollama's connections and never answers, so every limit runs out.",
    ),
    row("edit-10k", "core", "an edit of a 10 kB settings file", EDIT),
    row(
        "edit",
        "core",
        "an edit of a 1 MB settings file",
        "The same with 1 MB, against one parse of the same text by the crate `json5`: at that size the text is what costs.",
    ),
    row(
        "pull",
        "core",
        "a download of 200,000 lines, folded",
        "Three hours of a real server's lines, folded into one bar, against parsing their JSON alone.",
    ),
    row(
        "pull-memory",
        "core",
        "what that download adds to memory",
        "How much the memory of the program grows over those lines, after the first tenth of them.",
    ),
    row(
        "updates",
        "core",
        "how often the window is told of a download",
        "Updates to the window while a server says a thousand lines a second: more often than this no eye follows.",
    ),
    row(
        "window-start",
        "window",
        "window: start to first useful picture",
        "From the start of the process until its window shows what it goes on showing (all but 2 % of its pixels), Pincer with the state of a healthy machine, the blank window with its colour. Medians of several starts, in turns; on an Xvfb of its own, whose pixels are read from its memory.",
    ),
    row(
        "window-memory",
        "window",
        "window: memory after start",
        "The proportional share (PSS) of all processes of the window, WebKit's among them, once the picture stands still. Medians of the same starts.",
    ),
    row(
        "window-hour",
        "hour",
        "window: memory after an hour in a minute",
        "The same figure after an hour's worth of looks at the machine (720) and of lines of downloads (60,000), pressed together: downloads are started, cancelled, finished and removed in the real window, through WebDriver. Against the memory of the same window before; the first downloads load parts of the page that stay.",
    ),
    row(
        "window-hour-again",
        "hour",
        "window: memory after a second such hour",
        "The same again in the same window, against its memory after the first: what leaks goes on growing.",
    ),
    row(
        "idle-visible",
        "idle",
        "window: idle CPU, visible",
        "Processor time of all processes of the window over a minute in which nobody touches it, in percent of one core. It goes on watching Ollama and OpenClaw.",
    ),
    row(
        "idle-hidden",
        "idle",
        "window: idle CPU, minimised",
        "The same, minimised, against a blank window minimised beside it: Pincer watches nothing then, and what is left is the web view's own.",
    ),
    row("program", "size", "the window's program, `pincer`", "The release program with the pages in it."),
    row(
        "program-cli",
        "size",
        "the commands' program, `pincer-cli`",
        "The release program that needs no desktop.",
    ),
    row("deb", "size", "the .deb package", "Both programs, compressed, as `cargo xtask bundle` made it."),
    row("rpm", "size", "the .rpm package", "The same for Fedora and its kin."),
    row(
        "discovery-openclaw",
        "openclaw",
        "pincer models, 200 models",
        "Against OpenClaw's own list of the same server: `openclaw models list --refresh`.",
    ),
    row(
        "edit-openclaw",
        "openclaw",
        "pincer use, a model of the list",
        "Against OpenClaw's own way to set one value: `openclaw config set`. Pincer sets the provider, the model and its limits, and checks them.",
    ),
];

const FLOOR: &str = "The list of models with what each can do, from the start of the program to its end, against the floor: one round trip for the list, then rounds of eight questions at a time, each as long as a round trip of the plainest client.";
const CURL: &str = "The same against `curl` for the list and one `curl --parallel --parallel-max 8` with the same questions.";
const EDIT: &str = "One value changed in OpenClaw's settings, from reading the file to the renamed one, with comments kept, a copy of the old file and a receipt for undo; against writing the same bytes once to a file beside, to the disk, and renaming it.";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
        assert!(named("deb").is_ok());
        assert!(named("nothing").is_err());
    }
}
