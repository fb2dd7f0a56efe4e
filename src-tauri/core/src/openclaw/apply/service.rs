//! A change in which OpenClaw's own command for its service has a part: pending from before its first step to its end, so
//! that `history` can settle it by what the command came to, whenever Pincer or the command was ended.

use std::{path::PathBuf, time::SystemTime};

use super::{Mask, NOT_ALL_BACK, begin, finish, remove_empty, try_all, write_all, written};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    ollama::own::Process,
    openclaw::{
        atomic::{self, Watch},
        gateway::login,
        history::{self, Order, SetService},
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

/// A plan in which that command has a part, and what carries it out: under the lock, and with nothing pending.
pub(crate) struct Work<'a> {
    pub(crate) folders: &'a Folders,
    pub(crate) lock: &'a Lock,
    pub(crate) plan: &'a Plan,
    pub(crate) now: SystemTime,
    pub(crate) mask: &'a Mask<'a>,
    pub(crate) watch: &'a mut Watch<'a>,
    pub(crate) service: &'a mut SetService<'a>,
}

impl Work<'_> {
    /// Carries it out. Should the files or the command fail, all is as it was.
    pub(crate) fn commit(self, command: ServiceCommand) -> Result<Receipt, Error> {
        let folders = self.folders;
        let done = if command.wanted { self.set(command) } else { self.unset(command) };
        drop(store::prune(folders, store::LIMITS));
        done
    }

    /// The files first: where the settings lack what the command needs, it writes them anew without their comments.
    fn set(self, command: ServiceCommand) -> Result<Receipt, Error> {
        let Self { folders, lock, plan, now, mask, watch, service } = self;
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
        if let Err(mut error) = ask(folders, &mut receipt, Order::Set(true), service) {
            let reached = receipt.files.len();
            if !matches!(history::put_back_and_forget(folders, lock, receipt, reached), Ok(true)) {
                error.detail.push_str(NOT_ALL_BACK);
            }
            return Err(error);
        }
        finish(folders, receipt, watch)
    }

    /// The command first: while the gateway runs it needs what the files say.
    fn unset(self, command: ServiceCommand) -> Result<Receipt, Error> {
        let Self { folders, lock, plan, now, mask, watch, service } = self;
        let (file, empty) = (command.file.clone(), command.folders.clone());
        let (mut receipt, edits) = begin(folders, plan, None, Some(command), (now, mask), watch)?;
        if let Err(error) = ask(folders, &mut receipt, Order::Set(false), service) {
            // What it came to counts: what is half gone goes whole.
            let half = Order::Mend(false);
            let gone = !login::starts(&file)
                && (!file.exists() || ask(folders, &mut receipt, half, service).is_ok() || !file.exists());
            if !gone {
                history::put_back_and_forget(folders, lock, receipt, 0)?;
                return Err(error);
            }
        }
        if let Err((mut error, all_back)) = try_all(folders, lock, &receipt, &edits, mask, watch) {
            // It is not undone, so it starts with the computer as before; pending until it does.
            let set = ask(folders, &mut receipt, Order::Mend(true), service);
            // Should this fail, the next start settles what is pending.
            drop(history::forget_or_mark(folders, receipt, all_back && set.is_ok()));
            if !all_back {
                error.detail.push_str(NOT_ALL_BACK);
            }
            if let Err(not_set) = set {
                let more = format!(" (OpenClaw's service is gone and could not be set again: {not_set})");
                error.detail.push_str(&more);
            }
            return Err(error);
        }
        remove_empty(&empty);
        finish(folders, receipt, watch)
    }
}

/// Runs the command; a receipt that is pending learns which process it is.
pub(crate) fn ask(
    folders: &Folders,
    receipt: &mut Receipt,
    order: Order,
    service: &mut SetService<'_>,
) -> Result<(), Error> {
    service(order, &mut |number| {
        if let Some(command) = &mut receipt.command {
            command.process = Process::of(number);
            // Without it a start after a crash judges at once, as far as files say.
            drop(store::save(folders, receipt));
        }
    })
}
