//! The window: its start and its memory beside a blank one of the same making, and what it takes while nobody touches it.

use std::{path::Path, thread, time::Duration};

use super::{
    http,
    report::{Quantity, Report},
    scene::Scene,
    stage::Stage,
    tree,
};
use crate::failure::Failure;

/// Starts of each window, in turns; the median counts.
const STARTS: usize = 5;
/// So long is processor time counted.
const MINUTE: Duration = Duration::from_secs(60);
/// What the end of a start or of being seen still takes is not idling.
const REST: Duration = Duration::from_secs(5);

/// # Errors
/// When a window does not come.
pub(super) fn window(stage: Stage, pincer: &Path, blank: &Path, report: &mut Report) -> Result<(), Failure> {
    let scene = Scene::open(stage)?;
    let mut measured = [pincer, blank].map(|program| (program, Vec::new(), Vec::new()));
    // The first start of each reads it from the disk; nobody measures a disk here.
    for round in 0..=STARTS {
        for (program, starts, memories) in &mut measured {
            let shown = scene.show(program)?;
            if round > 0 {
                starts.push(shown.useful);
                memories.push(shown.tree().memory()?);
            }
        }
    }
    let [ours, theirs] = measured.map(|(_, starts, memories)| (http::median(starts), median(memories)));
    let against = "a blank Tauri window";
    report.beside("window-start", Quantity::Time(ours.0), against, Quantity::Time(theirs.0))?;
    report.above("window-memory", ours.1, against, theirs.1)
}

fn median(mut quantities: Vec<Quantity>) -> Quantity {
    quantities.sort_unstable_by(|one, two| one.number().total_cmp(&two.number()));
    quantities.get(quantities.len() / 2).copied().unwrap_or(Quantity::Megabytes(0.0))
}

/// # Errors
/// When a window does not come, or is not minimised.
pub(super) fn idle(stage: Stage, pincer: &Path, blank: &Path, report: &mut Report) -> Result<(), Failure> {
    let mut scene = Scene::open(stage)?;
    scene.manage()?;
    let ours = scene.show(pincer)?;
    thread::sleep(REST);
    let [visible] = tree::idle([&ours.tree()], MINUTE)?;
    report.most("idle-visible", visible)?;
    scene.minimise("Pincer")?;
    let theirs = scene.show(blank)?;
    scene.minimise("Blank")?;
    thread::sleep(REST);
    let [ours, theirs] = tree::idle([&ours.tree(), &theirs.tree()], MINUTE)?;
    report.above("idle-hidden", ours, "a blank Tauri window, minimised", theirs)
}
