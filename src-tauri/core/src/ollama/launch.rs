//! Ollama's program as a process of its own, which outlives this one: ended and started without a gap that a
//! cancelled wait could fall into, one Pincer at a time.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::sync::mpsc;

use super::{
    address::Address,
    client::{Client, Limits},
    own::{Own, Process},
    program,
    start::{START, Step, Tell, until_it_answers},
    told::Told,
};
use crate::{
    error::{Error, ErrorCode},
    folders::Folders,
    machine::{blocking, command, group::Group, log_file::LogFile, unfinished::Unfinished},
    openclaw::lock::Lock,
    surroundings::Surroundings,
};

/// Another Pincer holds the lock until its Ollama answers.
const OTHER: Duration = START.saturating_add(Duration::from_secs(20));

/// A start of the program, after the end of the one that Pincer started before where it is a restart.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    surroundings: Surroundings,
    folders: Folders,
    address: Address,
    words: Vec<String>,
    ends: Option<Own>,
}

impl Launch {
    /// `words`: the command; it will listen at `address`.
    pub(super) fn new(
        surroundings: &Surroundings,
        folders: &Folders,
        address: &Address,
        words: Vec<String>,
    ) -> Self {
        Self {
            surroundings: surroundings.clone(),
            folders: folders.clone(),
            address: address.clone(),
            words,
            ends: None,
        }
    }

    /// First ends this one.
    pub(super) fn after(self, own: Own) -> Self {
        Self { ends: Some(own), ..self }
    }

    /// Does it and waits until Ollama answers. Dropped, nobody waits, and what was begun goes on.
    pub(super) async fn run(self, tell: Tell<'_>) -> Result<(), Error> {
        let (steps, mut told) = mpsc::unbounded_channel();
        let mut task = tokio::spawn(self.whole(steps));
        let ended = loop {
            tokio::select! {
                biased;
                Some(step) = told.recv() => tell(step),
                ended = &mut task => break ended,
            }
        };
        ended.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))?
    }

    async fn whole(self, steps: mpsc::UnboundedSender<Step>) -> Result<(), Error> {
        // Nobody listening is no reason to stop half-way.
        let tell = |step| {
            let _ = steps.send(step);
        };
        let client = Client::new(&self.address, &self.surroundings.environment, Limits::default())?;
        self.folders.create()?;
        let lock = self.folders.start_lock();
        let _lock = blocking(move || Lock::on_within(&lock, OTHER)).await??;
        // Another Pincer may have been quicker.
        if self.ends.is_none() && client.version().await.is_ok() {
            return Ok(());
        }
        if self.ends.is_some() {
            self.would_run().await?;
        }
        let begun = Unfinished::begin();
        if steps.is_closed() {
            return Ok(());
        }
        // Opened before anything is ended: one that cannot be written would keep the next one from starting.
        let path = self.folders.ollama_log();
        let log = blocking(move || LogFile::open(&path)).await??;
        if let Some(own) = &self.ends {
            tell(Step::Stopping);
            own.process.stop().await?;
        }
        let started = self.begin(&client, log, begun, &tell).await;
        started.map_err(|error| self.left_stopped(error))
    }

    /// What would keep the next one from starting is found before this one is ended.
    async fn would_run(&self) -> Result<(), Error> {
        let Some(program) = self.words.first() else { return Err(self.failed("empty command".into())) };
        let tried = program::tried(&self.surroundings, Path::new(program)).await;
        tried.map(drop).map_err(|why| self.failed(why))
    }

    /// Starts it and waits until it answers.
    async fn begin(
        &self,
        client: &Client,
        mut log: LogFile,
        begun: Unfinished,
        tell: Tell<'_>,
    ) -> Result<(), Error> {
        tell(Step::Starting);
        let folders = self.folders.clone();
        let log = blocking(move || {
            if Own::all(&folders).is_empty() {
                // Nobody else writes there. Words that stay do no harm.
                drop(log.drop_earlier());
            }
            log
        })
        .await?;
        let told =
            Told::of(&self.surroundings.environment, &self.address, self.ends.as_ref().map(|own| &own.told));
        let mut group = self.spawn(&log, &told)?;
        let own = self.remember(group.first(), told).await?;
        drop(begun);
        let ended = tokio::select! {
            answered = until_it_answers(client, tell) => match group.ended() {
                Ok(Some(status)) => Ok(status),
                _ => return answered,
            },
            ended = group.wait() => ended,
        };
        if let Some(own) = own {
            let folders = self.folders.clone();
            blocking(move || drop(own.forget(&folders))).await?;
        }
        // It may have ended because another program has its place: an Ollama will do.
        if client.version().await.is_ok() {
            return Ok(());
        }
        let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = blocking(move || log.last_words()).await?;
        Err(self.failed(format!("{status}\n{said}")))
    }

    /// Runs the program so that it outlives this one, its words in our log file.
    fn spawn(&self, log: &LogFile, told: &Told) -> Result<Group, Error> {
        let (program, arguments) =
            self.words.split_first().ok_or_else(|| self.failed("empty command".into()))?;
        let mut command = command::command(&self.surroundings, Path::new(program), arguments);
        command.envs(told.iter()).stdin(Stdio::null()).stdout(log.handle()?).stderr(log.handle()?);
        Group::leave(&mut command).map_err(|error| self.failed(error.to_string()))
    }

    /// Who started it may stop it later. One that cannot be remembered runs all the same, and is then restarted by
    /// hand.
    async fn remember(&self, pid: Option<u32>, told: Told) -> Result<Option<Own>, Error> {
        let (folders, url) = (self.folders.clone(), self.address.to_string());
        blocking(move || {
            let own = Own { process: pid.and_then(Process::of)?, url, told };
            drop(own.write(&folders));
            Some(own)
        })
        .await
    }

    /// One that was to be ended first is gone by now, and this has to be said. One that only takes its time is not.
    fn left_stopped(&self, error: Error) -> Error {
        if self.ends.is_none() || matches!(error.code, ErrorCode::StartSlow { .. }) {
            return error;
        }
        let detail = if error.detail.is_empty() { error.to_string() } else { error.detail };
        Error::new(ErrorCode::StartLeftStopped { command: self.words.join(" ") }, detail)
    }

    fn failed(&self, detail: String) -> Error {
        Error::new(ErrorCode::StartFailed { command: self.words.join(" ") }, detail)
    }
}
