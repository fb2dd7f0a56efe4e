//! A start of OpenClaw's gateway and the proof that it works, as the window has them: one of each at a time, told as
//! they go, to be cancelled; they belong to the library, so they survive whatever is shown.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{
    slot::{Job, Slot},
    state::Slice,
};
use crate::{
    computer::Computer,
    error::Error,
    ollama::names::ModelName,
    openclaw::gateway::{
        proof::{self, Limits, ProofPhase, ProofState},
        start::{self, StartPhase, StartState},
    },
};

/// The start and the proof of this session.
#[derive(Clone)]
pub struct GatewayTasks {
    computer: Computer,
    look: Arc<Notify>,
    start: Slot<StartState>,
    proof: Slot<ProofState>,
}

impl std::fmt::Debug for GatewayTasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayTasks").finish_non_exhaustive()
    }
}

impl GatewayTasks {
    /// Within a tokio runtime.
    pub(super) fn new(
        computer: Computer,
        publish: impl Fn(Slice) + Clone + Send + Sync + 'static,
        look: Arc<Notify>,
    ) -> Self {
        let start = {
            let publish = publish.clone();
            Slot::new(move |state| publish(Slice::GatewayStart(state)))
        };
        let proof = Slot::new(move |state| publish(Slice::Proof(state)));
        Self { computer, look, start, proof }
    }

    /// Starts the gateway; a start that runs goes on.
    pub fn start(&self) {
        let first = StartState { phase: StartPhase::Asking, since: self.now(), failure: None };
        self.start.begin(first, |job| self.clone().run_start(job));
    }

    /// Gives the start up; what Pincer started ends.
    pub fn cancel_start(&self) {
        self.start.give_up(|state| state.phase = StartPhase::Cancelled);
    }

    /// Asks a model one real question through OpenClaw; one that runs goes on.
    ///
    /// # Errors
    /// `model.bad-name`.
    pub fn prove(&self, name: &str) -> Result<(), Error> {
        ModelName::parse(name)?;
        let model = name.trim().to_owned();
        let first = ProofState {
            model: model.clone(),
            phase: ProofPhase::Asking,
            since: self.now(),
            result: None,
            failure: None,
        };
        self.proof.begin(first, |job| self.clone().run_proof(job, model));
        Ok(())
    }

    /// Stops the question; OpenClaw aborts its turn, and Ollama stops.
    pub fn cancel_proof(&self) {
        self.proof.give_up(|state| state.phase = ProofPhase::Cancelled);
    }

    /// The window closes.
    pub(super) fn stop(&self) {
        self.start.stop();
        self.proof.stop();
    }

    async fn run_start(self, job: Job<StartState>) {
        let started = start::start(&self.computer, |phase| job.tell(|state| state.phase = phase)).await;
        job.end(|state| {
            state.phase = if started.is_ok() { StartPhase::Done } else { StartPhase::Failed };
            state.failure = started.err();
        });
        self.look.notify_one();
    }

    async fn run_proof(self, job: Job<ProofState>, model: String) {
        let tell = |phase| job.tell(|state| state.phase = phase);
        let proved = proof::prove(&self.computer, &model, Limits::default(), tell).await;
        job.end(|state| {
            state.phase = ProofPhase::Ended;
            match proved {
                Ok(proof) => state.result = Some(proof),
                Err(failure) => state.failure = Some(failure),
            }
        });
        // What is proven is known now: the watcher shall say it at once.
        self.look.notify_one();
    }

    fn now(&self) -> u64 {
        self.computer.surroundings.milliseconds()
    }
}
