//! Carries remedies out. Settings are never written here: such a remedy ends in a preview to apply.
//! Manual remedies and pages are the face's business.

use serde::Serialize;

use super::finding::Remedy;
use crate::{
    computer::Computer,
    error::{Error, ErrorCode},
    ollama::{
        address::Address,
        login, restart,
        start::{self, Tell},
    },
    openclaw::{
        change::{self, Prepared, Wish},
        gateway,
        outcome::{Preview, UseRequest},
    },
    preferences::Preferences,
};

/// What carrying out a remedy led to, as a face is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(tag = "outcome", content = "value", rename_all = "kebab-case")]
pub enum RemedyOutcome {
    /// Done; the path will show it.
    Done,
    /// A change of the settings to look at and apply.
    Preview(Box<Preview>),
}

/// What carrying out a remedy led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// Done.
    Done,
    /// A change to preview and apply.
    Prepared(Box<Prepared>),
    /// Not for the library: a page, a download, a choice, or something by hand.
    ForTheFace,
}

/// Carries out what the library can.
///
/// # Errors
/// Those of starting, and of planning a change.
pub async fn carry_out(computer: &Computer, remedy: &Remedy) -> Result<Carried, Error> {
    carry_out_telling(computer, remedy, &|_| {}).await
}

/// The same, and tells of every step that takes time. Dropping it stops waiting: what was started goes on.
///
/// # Errors
/// As [`carry_out`].
pub async fn carry_out_telling(
    computer: &Computer,
    remedy: &Remedy,
    tell: Tell<'_>,
) -> Result<Carried, Error> {
    match remedy {
        Remedy::StartOllama {} => {
            let effective = effective(computer).await?;
            start::start(&computer.surroundings, &computer.folders, &effective, tell).await?;
            Ok(Carried::Done)
        }
        Remedy::RestartOllama { .. } => {
            let effective = effective(computer).await?;
            restart::restart(&computer.surroundings, &computer.folders, &effective, tell).await?;
            Ok(Carried::Done)
        }
        Remedy::StartAtLogin {} => {
            let computer = computer.clone();
            let prepared = tokio::task::spawn_blocking(move || login::prepare(&computer)).await;
            let prepared =
                prepared.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))??;
            Ok(Carried::Prepared(Box::new(prepared)))
        }
        Remedy::StartGateway {} => {
            gateway::start::start(computer, |_| {}).await?;
            Ok(Carried::Done)
        }
        Remedy::MoveOllama { port } => {
            let address = Address::loopback(*port);
            let mut prepared = change::prepare(computer, Wish::Address(address.clone())).await?;
            if prepared.preview.changed {
                // Refused, nothing was started.
                prepared.plan.starts = Some(address);
                return Ok(Carried::Prepared(Box::new(prepared)));
            }
            start::start_at(&computer.surroundings, &computer.folders, &address, tell).await?;
            choose(computer, address).await
        }
        Remedy::UseAddress { url } => use_address(computer, url).await,
        Remedy::RenameFallback {} => prepared(computer, Wish::RenameFallback).await,
        Remedy::UseModel { name } => {
            let request = UseRequest { primary: name.clone(), all_ready: true, ..UseRequest::default() };
            prepared(computer, Wish::Use(request)).await
        }
        Remedy::RepairSettings {} => prepared(computer, Wish::Repair).await,
        Remedy::WriteKey {} => prepared(computer, Wish::WriteKey).await,
        Remedy::AddModels {} => prepared(computer, Wish::AddModels).await,
        Remedy::DropFallback { name } => prepared(computer, Wish::DropFallback(name.clone())).await,
        Remedy::LocalOnly {} => prepared(computer, Wish::LocalOnly).await,
        Remedy::SetGatewayMode {} => prepared(computer, Wish::GatewayMode).await,
        Remedy::SetGatewayToken {} => prepared(computer, Wish::GatewayToken).await,
        Remedy::GatewayAtLogin {} => {
            Ok(Carried::Prepared(Box::new(gateway::login::prepare(computer).await?)))
        }
        Remedy::SetContext { name, tokens } => {
            prepared(computer, Wish::Context { name: name.clone(), tokens: *tokens }).await
        }
        Remedy::SetTimeout { name, seconds } => {
            prepared(computer, Wish::Timeout { name: name.clone(), seconds: *seconds }).await
        }
        Remedy::KeepLoaded { name } => prepared(computer, Wish::KeepLoaded(name.clone())).await,
        Remedy::UndoChange { receipt } => {
            change::undo(computer, Some(receipt.clone()), false).await?;
            Ok(Carried::Done)
        }
        // It takes minutes, and a face shows how it goes.
        Remedy::InstallOllama {}
        | Remedy::InstallOpenclaw {}
        | Remedy::GetNode {}
        | Remedy::GetGit {}
        | Remedy::GetOllama {}
        | Remedy::GiveFolder { .. }
        | Remedy::AllowRun { .. }
        | Remedy::FindFolder { .. }
        | Remedy::ReadLog {}
        | Remedy::UseStore { .. }
        | Remedy::UpdateNode { .. }
        | Remedy::ConfigureElsewhere { .. }
        | Remedy::CloseProgram { .. }
        | Remedy::BypassProxy {}
        | Remedy::CorrectVariable { .. }
        | Remedy::ServeNetwork { .. }
        | Remedy::LetThrough {}
        | Remedy::AllowHost {}
        | Remedy::FreeReservedPort {}
        | Remedy::DownloadModel { .. }
        | Remedy::SignIn {}
        | Remedy::ChooseModel {}
        | Remedy::EditFile { .. }
        | Remedy::GetOpenclaw {} => Ok(Carried::ForTheFace),
    }
}

/// Where OpenClaw's settings name an address, that is changed, by plan; else the address is Pincer's own choice.
async fn use_address(computer: &Computer, url: &str) -> Result<Carried, Error> {
    let address = Address::parse(url)?;
    match change::prepare(computer, Wish::Address(address.clone())).await {
        Ok(prepared) if prepared.preview.changed => return Ok(Carried::Prepared(Box::new(prepared))),
        Ok(_) => {}
        // The settings are elsewhere, or may be, and Pincer's own choice is here.
        Err(error)
            if matches!(
                error.code,
                ErrorCode::SettingsElsewhere { .. } | ErrorCode::SettingsEngineSilent { .. }
            ) => {}
        Err(error) => return Err(error),
    }
    choose(computer, address).await
}

/// Pincer's own choice.
async fn choose(computer: &Computer, address: Address) -> Result<Carried, Error> {
    let surroundings = computer.surroundings.clone();
    let choose = move || Preferences::change(&surroundings, |all| all.address = Some(address.to_string()));
    let written = tokio::task::spawn_blocking(choose).await;
    written.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))??;
    Ok(Carried::Done)
}

async fn prepared(computer: &Computer, wish: Wish) -> Result<Carried, Error> {
    Ok(Carried::Prepared(Box::new(change::prepare(computer, wish).await?)))
}

async fn effective(computer: &Computer) -> Result<Address, Error> {
    let computer = computer.clone();
    let looked = tokio::task::spawn_blocking(move || computer.effective().0).await;
    looked.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}
