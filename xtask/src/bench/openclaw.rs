//! Pincer beside OpenClaw's own commands for the same, on the same server and the same settings.

use std::path::Path;

use super::{
    commands,
    report::{Quantity, Report},
    stage::Stage,
};
use crate::{failure::Failure, openclaw};

/// Models on the server.
const MANY: u32 = 200;
/// Runs of OpenClaw's slow commands, and of ours beside them; the median counts.
const RUNS: usize = 3;

/// # Errors
/// When a command fails.
pub(super) fn openclaw(cli: &Path, practice: &Path, report: &mut Report) -> Result<(), Failure> {
    let Some(folder) = openclaw::installed()? else {
        let why = "OpenClaw is not in the cache: `cargo xtask test --only openclaw` puts it there";
        report.skipped("discovery-openclaw", why)?;
        return report.skipped("edit-openclaw", why);
    };
    let many = MANY.to_string();
    let stage = Stage::open(cli, practice, &commands::crowd(&many))?;
    let ours = Quantity::Time(commands::of_models(&stage, MANY)?);
    stage.set_up()?;
    let list = ["models", "list", "--refresh", "--json"];
    let theirs = Quantity::Time(stage.median_of_openclaw(RUNS, &folder, &list)?);
    let says = format!("openclaw models list --refresh ({})", openclaw::VERSION);
    report.beside("discovery-openclaw", ours, says, theirs)?;

    // Another model each time, or there is nothing to change.
    let ours = Quantity::Time(stage.median_of_uses(RUNS)?);
    let set = ["config", "set", "models.providers.ollama.timeoutSeconds", "240"];
    let theirs = Quantity::Time(stage.median_of_openclaw(RUNS, &folder, &set)?);
    report.beside("edit-openclaw", ours, format!("openclaw config set ({})", openclaw::VERSION), theirs)
}
