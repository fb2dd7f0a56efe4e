//! `pincer report`: everything that was seen, without anything private, as text to hand to whoever helps.

use pincer_core::{computer::Computer, diagnosis::make_report};
use serde_json::json;

use crate::{
    Done,
    output::{Failure, Output},
};

pub(crate) async fn run(computer: &Computer, output: &Output) -> Result<Done, Failure> {
    let report = make_report(computer).await?;
    if output.json {
        output.document(&json!({ "report": report }))?;
    } else {
        output.line(report.trim_end())?;
    }
    Ok(Done::Fine)
}
