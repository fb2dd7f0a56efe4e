//! A change in which OpenClaw's own command for its service has a part: pending from before its first step to its end, so
//! that `history` can settle it by what the command came to, whenever Pincer or the command was ended.

use std::{path::PathBuf, time::SystemTime};

use super::{Mask, begin, finish, remove_empty, write_all, written};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    ollama::own::Process,
    openclaw::{
        atomic::{self, Watch},
        gateway::login,
        history::{self, SetService},
        lock::Lock,
        plan::{FileEdit, Plan},
        receipt::{Receipt, ServiceCommand},
        store,
    },
};

/// That command, which makes or takes away `file`; `folders` go with it.
pub(crate) const fn of(wanted: bool, file: PathBuf, folders: Vec<PathBuf>) -> ServiceCommand {
    ServiceCommand { wanted, file, folders, process: None }
}

/// Carries the plan out with the command, under the lock and with nothing pending. Should either fail, all is as it was.
pub(crate) fn commit(
    folders: &Folders,
    lock: &Lock,
    plan: &Plan,
    command: ServiceCommand,
    with: (SystemTime, &Mask<'_>),
    by: (&mut Watch<'_>, &mut SetService<'_>),
) -> Result<Receipt, Error> {
    let done = if command.wanted {
        set(folders, lock, plan, command, with, by)
    } else {
        unset(folders, lock, plan, command, with, by)
    };
    drop(store::prune(folders, store::LIMITS));
    done
}

/// Runs the command; a receipt that is pending learns which process it is.
pub(crate) fn ask(
    folders: &Folders,
    receipt: &mut Receipt,
    wanted: bool,
    service: &mut SetService<'_>,
) -> Result<(), Error> {
    service(wanted, &mut |number| {
        if let Some(command) = &mut receipt.command {
            command.process = Process::of(number);
            // Without it a start after a crash judges at once, as far as files say.
            drop(store::save(folders, receipt));
        }
    })
}

/// The files first: where the settings lack what the command needs, it writes them anew without their comments.
fn set(
    folders: &Folders,
    lock: &Lock,
    plan: &Plan,
    command: ServiceCommand,
    (now, mask): (SystemTime, &Mask<'_>),
    (watch, service): (&mut Watch<'_>, &mut SetService<'_>),
) -> Result<Receipt, Error> {
    let file = &command.file;
    if file.exists() && !login::starts(file) {
        // It is no longer OpenClaw's, and the command would write over it.
        return Err(ErrorCode::StartLoginTaken { path: file.display().to_string() }.into());
    }
    if file.exists() {
        // Somebody else set it meanwhile, and would lose it when the command fails.
        let path = file.display().to_string();
        let diff = format!("+{path}\n");
        return Err(ErrorCode::SettingsChangedMeanwhile { path, diff }.into());
    }
    let made = written(&FileEdit::new(file.clone(), None, None), atomic::locate(file)?)?;
    let (receipt, edits) = begin(folders, plan, Some(made), Some(command), (now, mask), watch)?;
    let mut receipt = write_all(folders, lock, receipt, &edits, mask, watch)?;
    if let Err(mut error) = ask(folders, &mut receipt, true, service) {
        let reached = receipt.files.len();
        if !matches!(history::put_back_and_forget(folders, lock, receipt, reached), Ok(true)) {
            error.detail.push_str(" (not every file could be put back)");
        }
        return Err(error);
    }
    finish(folders, receipt, watch)
}

/// The command first: while the gateway runs it needs what the files say.
fn unset(
    folders: &Folders,
    lock: &Lock,
    plan: &Plan,
    command: ServiceCommand,
    (now, mask): (SystemTime, &Mask<'_>),
    (watch, service): (&mut Watch<'_>, &mut SetService<'_>),
) -> Result<Receipt, Error> {
    let (file, empty) = (command.file.clone(), command.folders.clone());
    let (mut receipt, edits) = begin(folders, plan, None, Some(command), (now, mask), watch)?;
    if let Err(error) = ask(folders, &mut receipt, false, service) {
        // What it came to counts: what is half gone goes whole.
        let gone = !login::starts(&file)
            && (!file.exists() || ask(folders, &mut receipt, false, service).is_ok() || !file.exists());
        if !gone {
            history::put_back_and_forget(folders, lock, receipt, 0)?;
            return Err(error);
        }
    }
    let receipt = match write_all(folders, lock, receipt, &edits, mask, watch) {
        Ok(receipt) => receipt,
        Err(mut error) => {
            // It is not undone, so it starts with the computer as before.
            if let Err(not_set) = service(true, &mut |_| {}) {
                error.detail.push_str(&format!(" ({not_set})"));
            }
            return Err(error);
        }
    };
    remove_empty(&empty);
    finish(folders, receipt, watch)
}
