//! What can be asked on the command line, as clap reads it.
//! The contract is docs/commands.md; options may be added, these stay.

use clap::{Args, Parser, Subcommand};

/// Gets OpenClaw running on the models of your own Ollama, and says what is wrong when it does not.
///
/// Without a command, pincer opens its window; pincer --practice opens it on a make-believe Ollama.
#[derive(Debug, Parser)]
#[command(name = "pincer", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Print one JSON document and never ask
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The address of Ollama, instead of the one that Pincer finds
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) host: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the installed models and what OpenClaw can do with each
    Models,
    /// Say what is wrong between OpenClaw and Ollama, and what fixes it
    Doctor {
        /// Ask OpenClaw itself, too; takes seconds
        #[arg(long)]
        deep: bool,
        /// An error that you saw: say what it comes from; - reads it from standard input
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        error: Option<String>,
    },
    /// Make a model OpenClaw's model
    Use(Use),
    /// Take a change of Pincer's back
    Undo(Undo),
    /// List what Pincer changed
    History,
    /// Download a model
    Pull {
        /// Its name, such as qwen3:8b
        name: String,
        /// Download even if the disk of this computer looks too full: Ollama may keep its models on another
        #[arg(long)]
        anyway: bool,
    },
    /// Ask a model one real question with one tool, and say whether it can act
    Check {
        /// Its name, such as qwen3:8b
        model: String,
        /// The conversation length to run, in tokens, instead of the one that OpenClaw's settings ask for
        #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1024..=16_777_216))]
        context: Option<u64>,
        /// Ask through OpenClaw's gateway instead, and say whether OpenClaw answers with it
        #[arg(long, conflicts_with = "context")]
        through_openclaw: bool,
    },
    /// Install Ollama for yourself, without an administrator, and start it
    InstallOllama {
        /// Begin without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Install OpenClaw with npm, for yourself, and see that it runs
    InstallOpenclaw {
        /// Begin without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Start Ollama, or OpenClaw
    Start(Start),
    /// Restart Ollama, where a service or Pincer runs it
    Restart,
    /// Print what is known, for whoever helps you; keys and names are left out
    Report,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Start OpenClaw's gateway, the part that answers
    #[arg(long, conflicts_with = "host")]
    pub(crate) openclaw: bool,
    /// Let it start with the computer from now on; `pincer undo` takes that back
    #[arg(long)]
    pub(crate) at_login: bool,
    /// Show what would change and write nothing
    #[arg(long, requires = "at_login")]
    pub(crate) dry_run: bool,
    /// Apply without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Use {
    /// The model that OpenClaw shall use, such as qwen3:8b
    pub(crate) primary: String,
    /// The next choice when it fails; repeat for more, in order
    #[arg(long = "fallback", value_name = "ID")]
    pub(crate) fallbacks: Vec<String>,
    /// One more model to list for OpenClaw; repeat for more
    #[arg(long = "model", value_name = "ID")]
    pub(crate) models: Vec<String>,
    /// Let OpenClaw discover the models by itself, by the key alone
    #[arg(long, conflicts_with_all = ["pinned", "models", "context"])]
    pub(crate) automatic: bool,
    /// Write the list of models into the settings (the default)
    #[arg(long)]
    pub(crate) pinned: bool,
    /// Drop next choices that run online
    #[arg(long)]
    pub(crate) local_only: bool,
    /// The conversation length that Ollama shall run, in tokens
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1024..=16_777_216))]
    pub(crate) context: Option<u64>,
    /// How long OpenClaw shall wait for an answer, in seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "automatic", value_parser = clap::value_parser!(u64).range(30..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// Let Ollama keep the model in memory for a day after each question
    #[arg(long, conflicts_with = "automatic")]
    pub(crate) keep_loaded: bool,
    /// Show what would change and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Apply without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The change to take back, as `pincer history` names it; the newest when left out
    pub(crate) id: Option<String>,
    /// Also when someone else changed the file since: what is there now is kept first
    #[arg(long)]
    pub(crate) force: bool,
    /// Take the later changes back with it without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}
