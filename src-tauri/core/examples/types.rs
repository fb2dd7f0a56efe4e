//! Writes the TypeScript types of everything that crosses to the UI into the folder given (`cargo xtask types`).

use pincer_core::{
    computer::AddressTest,
    diagnosis::{
        finding::{Diagnosis, Remedy},
        pasted::Explanation,
        remedy::RemedyOutcome,
    },
    live::state::Update,
    models::catalogue::Suggestion,
    ollama::install::InstallOffer,
    openclaw::install::OpenclawOffer,
    openclaw::outcome::{Preview, ReceiptSummary, UseRequest},
    pages::Page,
    preferences::KeptPreferences,
};
use ts_rs::{Config, TS};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: types FOLDER")?;
    let config = Config::from_env().with_out_dir(folder);
    AddressTest::export_all(&config)?;
    Explanation::export_all(&config)?;
    Suggestion::export_all(&config)?;
    InstallOffer::export_all(&config)?;
    OpenclawOffer::export_all(&config)?;
    Update::export_all(&config)?;
    Diagnosis::export_all(&config)?;
    Preview::export_all(&config)?;
    Remedy::export_all(&config)?;
    RemedyOutcome::export_all(&config)?;
    UseRequest::export_all(&config)?;
    ReceiptSummary::export_all(&config)?;
    KeptPreferences::export_all(&config)?;
    Page::export_all(&config)?;
    Ok(())
}
