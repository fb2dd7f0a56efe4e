//! Pincer's commands, a face over `pincer-core`: arguments in, one answer out.
//! Exit status: 0 done and fine; 1 done, and something needs the user; 2 could not be done.

mod arguments;
mod ask;
mod check;
mod doctor;
mod effects;
mod ending;
mod history;
mod install;
mod models;
pub mod numbers;
mod output;
mod progress;
mod proof;
mod pull;
mod report;
mod start;
mod undo;
mod use_model;
mod waiting;
pub mod words;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use pincer_core::{computer::Computer, error::Error, openclaw::change, surroundings::Surroundings};

use arguments::{Arguments, Command, Start};
use output::{Failure, Output};
use waiting::Waiting;
use words::Words;

/// How a command ended, when it could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Done and fine.
    Fine,
    /// Done, and something needs the user.
    NeedsUser,
}

/// Whether these arguments are for the commands (`true`) or for the window (`false`).
pub fn is_command(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments.into_iter().nth(1).is_some_and(|first| first != "--practice")
}

/// Runs the command of these arguments (the first is the program's own name) to its end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let surroundings = Surroundings::of_this_process();
    let words = Words::of(&surroundings.environment);
    let json = arguments.iter().any(|argument| argument == "--json");
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() && json => {
            return Output::new(words, true).fail(&Failure::Usage(error.to_string()));
        }
        Err(error) => {
            // Help and version are answers; the rest is a mistake of the caller's (2).
            let code = u8::from(error.use_stderr()) * 2;
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let output = Output::new(words, parsed.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::Output(error)),
    };
    let ended = runtime.block_on(run(parsed, surroundings, &output));
    // A name look-up that hangs must not hold the end back.
    runtime.shutdown_background();
    match ended {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::NeedsUser) => ExitCode::from(1),
        Err(failure) => output.fail(&failure),
    }
}

/// The newest change's name.
async fn newest(computer: &Computer) -> Option<String> {
    Some(change::list(computer).await.ok()?.into_iter().next()?.id)
}

/// Settles what a crash left, and says so where it takes its time. Ctrl-C ends it: the next start goes on with it.
async fn settle(computer: &Computer, output: &Output) -> Result<(), Error> {
    let waiting = Waiting::new(output);
    let slow = || waiting.say(output, "cli.settling", &serde_json::json!({}));
    let settled = change::settle_telling(computer, slow).await;
    waiting.clear();
    settled.map(drop)
}

/// An answer that could not be written is told with the change that was made all the same.
async fn unseen(
    computer: &Computer,
    before: Option<String>,
    ended: Result<Done, Failure>,
) -> Result<Done, Failure> {
    let Err(Failure::Output(error)) = ended else { return ended };
    let made = newest(computer).await.filter(|id| before.as_ref() != Some(id));
    Err(match made {
        Some(id) => Failure::Unseen { id, error },
        None => Failure::Output(error),
    })
}

async fn run(arguments: Arguments, surroundings: Surroundings, output: &Output) -> Result<Done, Failure> {
    let host = arguments.host.as_deref().map(pincer_core::ollama::address::Address::parse).transpose()?;
    let computer = Computer::new(surroundings, host);
    match arguments.command {
        Command::Models => models::run(&computer, output).await,
        Command::Doctor { deep, error } => doctor::run(&computer, output, deep, error).await,
        Command::Use(wanted) => {
            settle(&computer, output).await?;
            let before = newest(&computer).await;
            let ended = use_model::run(&computer, output, wanted).await;
            unseen(&computer, before, ended).await
        }
        Command::Undo(wanted) => {
            settle(&computer, output).await?;
            let before = newest(&computer).await;
            let ended = undo::run(&computer, output, wanted).await;
            unseen(&computer, before, ended).await
        }
        Command::History => history::run(&computer, output).await,
        Command::Pull { name, anyway } => pull::run(&computer, output, &name, anyway).await,
        Command::Check { model, through_openclaw: true, .. } => proof::run(&computer, output, &model).await,
        Command::Check { model, context, .. } => check::run(&computer, output, &model, context).await,
        Command::InstallOllama { yes } => install::ollama(&computer, output, yes).await,
        Command::InstallOpenclaw { yes } => install::openclaw(&computer, output, yes).await,
        Command::Start(Start { openclaw: false, at_login: false, .. }) => start::run(&computer, output).await,
        Command::Start(wanted) => {
            settle(&computer, output).await?;
            let before = newest(&computer).await;
            let ended = if wanted.at_login {
                start::at_login(&computer, output, &wanted).await
            } else {
                start::gateway(&computer, output, &wanted).await
            };
            unseen(&computer, before, ended).await
        }
        Command::Restart => start::again(&computer, output).await,
        Command::Report => report::run(&computer, output).await,
    }
}
