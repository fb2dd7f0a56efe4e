//! What practice plays when it is started as a program: by the name that it was started under, `openclaw` or Ollama's.
//! Any program can play it, so that practice mode needs no second one beside the window's.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use crate::{children, ollama, openclaw};

/// Set for a program of practice mode: the address (`127.0.0.1:PORT`) of the one that it belongs to. It ends with it.
pub const PARENT: &str = "PINCER_PRACTICE";

/// Plays the program of this name, with its arguments (the first one is the name), to its end.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let name = arguments.next().unwrap_or_default();
    let called = Path::new(&name).file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.and_then(|runtime| {
        runtime.block_on(async {
            if called.starts_with("openclaw") {
                let arguments: Vec<String> = arguments.filter_map(|word| word.into_string().ok()).collect();
                return openclaw::main(&arguments).await;
            }
            // On Windows the app beside it starts the server, by options of its own.
            if called == "ollama app" {
                let serve = [name, "serve".into()];
                return ollama::main(serve.into_iter()).await.map(|()| ExitCode::SUCCESS);
            }
            ollama::main(std::iter::once(name).chain(arguments)).await.map(|()| ExitCode::SUCCESS)
        })
    });
    done.unwrap_or_else(|cause| {
        // Nowhere else to say it.
        warn(&format!("Error: {cause}")).ok();
        ExitCode::FAILURE
    })
}

/// Ends when the program is asked to stop, or the one that it belongs to is gone.
pub(crate) fn stopped() -> io::Result<impl Future<Output = ()>> {
    let gone = children::parent_is_gone(variable(PARENT).as_deref());
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = gone => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async move {
        let asked = async {
            // Without a way to hear it, the program is ended by force.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = asked => {}
            () = gone => {}
        }
    })
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A line on the standard output.
pub(crate) fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A line on the standard error.
pub(crate) fn warn(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}
