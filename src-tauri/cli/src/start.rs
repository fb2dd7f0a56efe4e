//! `pincer start`: starts Ollama and waits until it answers.

use pincer_core::{computer::Computer, ollama::start};
use serde_json::json;

use crate::{
    Done,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let (address, _) = computer.effective();
    start::start(&computer.surroundings, &computer.folders, &address).await?;
    let url = address.to_string();
    if output.json {
        output.document(&json!({ "started": true, "url": url }))?;
    } else {
        output.say("cli.start.done", &json!({ "url": url }))?;
    }
    Ok(Done::Fine)
}
