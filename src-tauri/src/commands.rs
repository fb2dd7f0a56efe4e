//! The commands that the window may call, each a line or two over `pincer-core`.
//! A panic becomes the code `internal`: no promise hangs.
#![allow(clippy::needless_pass_by_value, reason = "Tauri hands its state over by value")]

use std::future::Future;

use pincer_core::{
    computer::AddressTest,
    diagnosis::{
        self,
        finding::Remedy,
        pasted::{self, Explanation},
        remedy::{Carried, RemedyOutcome},
    },
    error::{Error, ErrorCode},
    installing::InstallProgram,
    live::state::Update,
    models::{catalogue::Suggestion, discovery::Discovery},
    ollama::install::{self, InstallOffer, Limits},
    openclaw::{
        change::{self, Wish},
        gateway::{self, Gateway, dashboard},
        install::{self as openclaw_install, OpenclawOffer},
        outcome::{FileDiff, Preview, ReceiptSummary, UseRequest},
    },
    pages::Page,
    preferences::{KeptPreferences, Preferences, WindowPreferences},
};
use tauri::{AppHandle, State, WebviewWindow, ipc::Channel};
use tauri_plugin_opener::OpenerExt;

use crate::{
    desk::Desk,
    habits,
    practice::{self, Practice},
};

/// Runs `work` apart, so that a panic in it is an error like any other.
async fn guarded<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = tauri::async_runtime::spawn(work).await;
    let done = done.unwrap_or_else(|error| Err(Error::new(ErrorCode::Internal {}, error.to_string())));
    if let Err(error) = &done {
        log::warn!("{error}");
    }
    done
}

/// Sends the whole state, then what changes; a later call replaces an earlier one.
#[tauri::command]
pub(crate) async fn subscribe(desk: State<'_, Desk>, channel: Channel<Update>) -> Result<(), Error> {
    let task = desk.live.subscribe(move |update| channel.send(update).is_ok());
    desk.subscribed(tauri::async_runtime::JoinHandle::Tokio(task));
    Ok(())
}

#[tauri::command]
pub(crate) async fn pull(desk: State<'_, Desk>, name: String, for_openclaw: bool) -> Result<(), Error> {
    desk.live.pull(&name, for_openclaw)
}

#[tauri::command]
pub(crate) fn pause_pull(desk: State<'_, Desk>, name: &str) {
    desk.live.pulls().pause(name);
}

#[tauri::command]
pub(crate) fn resume_pull(desk: State<'_, Desk>, name: &str, anyway: bool) {
    desk.live.pulls().resume(name, anyway);
}

#[tauri::command]
pub(crate) fn set_pull_for_openclaw(desk: State<'_, Desk>, name: &str, on: bool) {
    desk.live.pulls().set_for_openclaw(name, on);
}

/// What can be said of a model's name as it is typed.
#[tauri::command]
pub(crate) fn suggest_models(desk: State<'_, Desk>, text: &str) -> Suggestion {
    desk.live.suggest(text)
}

/// Listens for the wish to close the window while downloads run; a later call replaces an earlier one.
#[tauri::command]
pub(crate) fn on_closing(desk: State<'_, Desk>, channel: Channel<()>) {
    desk.tell_of_closing(channel);
}

/// Closes the window although downloads run.
#[tauri::command]
pub(crate) fn close_anyway(window: WebviewWindow) -> Result<(), Error> {
    window.destroy().map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

#[tauri::command]
pub(crate) fn cancel_pull(desk: State<'_, Desk>, name: &str) {
    desk.live.pulls().cancel(name);
}

#[tauri::command]
pub(crate) fn dismiss_pull(desk: State<'_, Desk>, name: &str) {
    desk.live.pulls().dismiss(name);
}

/// Starts the live check of a model.
#[tauri::command]
pub(crate) async fn check_model(desk: State<'_, Desk>, name: String) -> Result<(), Error> {
    desk.live.checks().start(&name)
}

#[tauri::command]
pub(crate) fn cancel_check(desk: State<'_, Desk>, name: &str) {
    desk.live.checks().cancel(name);
}

/// Stops the start of OpenClaw's gateway.
#[tauri::command]
pub(crate) fn cancel_gateway_start(desk: State<'_, Desk>) {
    desk.live.gateway().cancel_start();
}

/// Asks a model one real question through OpenClaw.
#[tauri::command]
pub(crate) async fn prove(desk: State<'_, Desk>, name: String) -> Result<(), Error> {
    desk.live.gateway().prove(&name)
}

#[tauri::command]
pub(crate) fn cancel_proof(desk: State<'_, Desk>) {
    desk.live.gateway().cancel_proof();
}

/// Opens OpenClaw's page in the browser; whether it is signed in. The link is a key to OpenClaw, and goes nowhere else.
#[tauri::command]
pub(crate) async fn open_openclaw(app: AppHandle, desk: State<'_, Desk>) -> Result<bool, Error> {
    let computer = desk.computer.clone();
    let page = guarded(async move { dashboard::page(&computer).await }).await?;
    let opened = app.opener().open_url(page.url(), None::<&str>);
    // The system's words may repeat the link.
    opened.map_err(|_| Error::from(ErrorCode::PageNotOpened { page: page.plain().into() }))?;
    Ok(page.signed_in)
}

/// Deletes a model; the window has asked.
#[tauri::command]
pub(crate) async fn remove_model(desk: State<'_, Desk>, name: String) -> Result<(), Error> {
    desk.live.remove(&name).await
}

/// Takes a model out of memory.
#[tauri::command]
pub(crate) async fn unload_model(desk: State<'_, Desk>, name: String) -> Result<(), Error> {
    desk.live.unload(&name).await
}

/// Plans a change and keeps it until it is applied.
#[tauri::command]
pub(crate) async fn preview_use(desk: State<'_, Desk>, request: UseRequest) -> Result<Preview, Error> {
    let computer = desk.computer.clone();
    let prepared = guarded(async move { change::prepare(&computer, Wish::Use(request)).await }).await?;
    Ok(desk.keep(prepared))
}

/// Applies exactly the plan that was shown.
#[tauri::command]
pub(crate) async fn apply(desk: State<'_, Desk>, plan: String) -> Result<ReceiptSummary, Error> {
    let plan = desk.take(&plan)?;
    let computer = desk.computer.clone();
    let receipt = guarded(async move { change::apply(&computer, plan).await }).await;
    desk.live.look_again();
    // Nothing was left to change: the preview was of another time.
    receipt?.ok_or_else(|| ErrorCode::SettingsPreviewGone {}.into())
}

/// Whether OpenClaw's gateway, which answered before a change, still does.
#[tauri::command]
pub(crate) async fn gateway_after_change(desk: State<'_, Desk>) -> Result<Gateway, Error> {
    let computer = desk.computer.clone();
    guarded(async move { Ok(gateway::after_change(&computer, Gateway::Answers).await) }).await
}

#[tauri::command]
pub(crate) async fn undo(
    desk: State<'_, Desk>,
    receipt: Option<String>,
    force: bool,
    later: Vec<String>,
) -> Result<ReceiptSummary, Error> {
    let computer = desk.computer.clone();
    let undone =
        guarded(async move { change::undo_with_later(&computer, receipt, force, later).await }).await;
    desk.live.look_again();
    undone
}

#[tauri::command]
pub(crate) async fn history(desk: State<'_, Desk>) -> Result<Vec<ReceiptSummary>, Error> {
    let computer = desk.computer.clone();
    guarded(async move { change::list(&computer).await }).await
}

/// What undoing a change would bring back.
#[tauri::command]
pub(crate) async fn difference(desk: State<'_, Desk>, receipt: String) -> Result<Vec<FileDiff>, Error> {
    let computer = desk.computer.clone();
    guarded(async move { change::difference(&computer, receipt).await }).await
}

/// Asks an address who is there, before anything is written.
#[tauri::command]
pub(crate) async fn test_address(desk: State<'_, Desk>, address: String) -> Result<AddressTest, Error> {
    let computer = desk.computer.clone();
    guarded(async move { computer.test_address(&address).await }).await
}

/// Nothing is watched while nobody looks.
#[tauri::command]
pub(crate) fn set_visible(desk: State<'_, Desk>, visible: bool) {
    desk.live.set_visible(visible);
}

/// Carries a remedy out; one that changes settings ends in a preview.
#[tauri::command]
pub(crate) async fn run_remedy(
    app: AppHandle,
    desk: State<'_, Desk>,
    remedy: Remedy,
) -> Result<RemedyOutcome, Error> {
    match &remedy {
        Remedy::GetOllama {} => return open(&app, Page::GetOllama),
        Remedy::GetOpenclaw {} => return open(&app, Page::GetOpenclaw),
        Remedy::GetNode {} => return open(&app, Page::GetNode),
        Remedy::GetGit {} => return open(&app, Page::GetGit),
        Remedy::InstallOllama {} => {
            desk.live.install().start(InstallProgram::Ollama);
            return Ok(RemedyOutcome::Done);
        }
        Remedy::InstallOpenclaw {} => {
            desk.live.install().start(InstallProgram::Openclaw);
            return Ok(RemedyOutcome::Done);
        }
        Remedy::StartGateway {} => {
            desk.live.gateway().start();
            return Ok(RemedyOutcome::Done);
        }
        Remedy::DownloadModel { name } => {
            // Ticked, like any new download.
            desk.live.pull(name, true)?;
            return Ok(RemedyOutcome::Done);
        }
        _ => {}
    }
    let remedies = desk.live.remedies().clone();
    Ok(match guarded(async move { remedies.run(remedy).await }).await? {
        Carried::Prepared(prepared) => RemedyOutcome::Preview(Box::new(desk.keep(*prepared))),
        Carried::Done | Carried::ForTheFace => RemedyOutcome::Done,
    })
}

/// Waits no longer for a remedy; what was started goes on.
#[tauri::command]
pub(crate) fn cancel_remedy(desk: State<'_, Desk>, remedy: Remedy) {
    desk.live.remedies().cancel(&remedy);
}

/// Forgets how a remedy ended.
#[tauri::command]
pub(crate) fn dismiss_remedy(desk: State<'_, Desk>, remedy: Remedy) {
    desk.live.remedies().dismiss(&remedy);
}

/// Looks at everything again, and ends when that was done.
#[tauri::command]
pub(crate) async fn look_again(desk: State<'_, Desk>) -> Result<(), Error> {
    desk.live.look_through().await;
    Ok(())
}

/// What installing Ollama would download, and where to.
#[tauri::command]
pub(crate) async fn install_offer(desk: State<'_, Desk>) -> Result<InstallOffer, Error> {
    let computer = desk.computer.clone();
    guarded(async move { install::offer(&computer, Limits::default()).await }).await
}

/// What installing OpenClaw would do, and what stands in its way.
#[tauri::command]
pub(crate) async fn openclaw_offer(desk: State<'_, Desk>) -> Result<OpenclawOffer, Error> {
    let computer = desk.computer.clone();
    guarded(async move { openclaw_install::offer(&computer, openclaw_install::Limits::default()).await })
        .await
}

/// Stops the installation; nothing of it stays.
#[tauri::command]
pub(crate) fn cancel_install(desk: State<'_, Desk>) {
    desk.live.install().cancel();
}

#[tauri::command]
pub(crate) fn dismiss_install(desk: State<'_, Desk>) {
    desk.live.install().dismiss();
}

/// What the checks say to an error that someone pasted; they are made anew for it.
#[tauri::command]
pub(crate) async fn explain_error(desk: State<'_, Desk>, text: String) -> Result<Explanation, Error> {
    let computer = desk.computer.clone();
    guarded(async move {
        let (_, diagnosis) = diagnosis::diagnose(&computer, &mut Discovery::default()).await?;
        Ok(pasted::explain(&text, &diagnosis))
    })
    .await
}

/// Everything that was seen, as text for whoever helps, without anything private; the checks are made anew for it.
#[tauri::command]
pub(crate) async fn report(desk: State<'_, Desk>) -> Result<String, Error> {
    let computer = desk.computer.clone();
    guarded(async move { diagnosis::make_report(&computer).await }).await
}

/// The system's language as a tag (`fr-FR`); empty where no variable says it: then the web view knows.
#[tauri::command]
pub(crate) fn language(desk: State<'_, Desk>) -> String {
    let environment = &desk.computer.surroundings.environment;
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| environment.get(name));
    locale.and_then(|locale| locale.split(['.', '@']).next()).unwrap_or_default().replace('_', "-")
}

/// What the user chose for the window, and whether a damaged file was put aside.
#[tauri::command]
pub(crate) async fn preferences(desk: State<'_, Desk>) -> Result<KeptPreferences, Error> {
    let (folders, set_aside) = (desk.computer.folders.clone(), desk.set_aside.clone());
    guarded(async move {
        let set_aside = set_aside.map(|path| path.display().to_string());
        Ok(KeptPreferences { chosen: Preferences::read(&folders).window, set_aside })
    })
    .await
}

/// Keeps what the user chose for the window.
#[tauri::command]
pub(crate) async fn keep_preferences(
    desk: State<'_, Desk>,
    window: WebviewWindow,
    chosen: WindowPreferences,
) -> Result<(), Error> {
    habits::paint(&window, chosen.theme);
    let surroundings = desk.computer.surroundings.clone();
    guarded(async move { Preferences::change(&surroundings, |all| all.window = chosen) }).await
}

/// Has the system say something, unless the user is looking at the window.
#[tauri::command]
pub(crate) fn tell_outside(
    app: AppHandle,
    window: WebviewWindow,
    title: &str,
    text: &str,
) -> Result<(), Error> {
    habits::tell_outside(&app, &window, title, text)
}

/// Opens one of the few pages that Pincer knows.
#[tauri::command]
pub(crate) fn open_page(app: AppHandle, page: Page) -> Result<(), Error> {
    open(&app, page).map(drop)
}

/// Opens the folder of the logs, as the system shows folders.
#[tauri::command]
pub(crate) fn open_logs(app: AppHandle, desk: State<'_, Desk>) -> Result<(), Error> {
    let folder = desk.computer.folders.logs().display().to_string();
    let opened = app.opener().open_path(&folder, None::<&str>);
    opened.map_err(|error| Error::new(ErrorCode::PageNotOpened { page: folder }, error.to_string()))
}

/// Closes the window as its frame's button does: running downloads are asked about first.
#[tauri::command]
pub(crate) fn quit(window: WebviewWindow) -> Result<(), Error> {
    window.close().map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

/// What practice mode can play; nothing outside of it.
#[tauri::command]
pub(crate) fn practice_faults(practice: State<'_, Practice>) -> Option<Vec<String>> {
    practice.faults()
}

/// Puts the practice computer into a situation (none: all is well), and ends when it was looked at.
#[tauri::command]
pub(crate) async fn play_fault(
    desk: State<'_, Desk>,
    practice: State<'_, Practice>,
    name: Option<String>,
) -> Result<(), Error> {
    let played = practice.play(name.as_deref()).await;
    desk.live.look_through().await;
    played.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

/// Opens practice mode in a window of its own.
#[tauri::command]
pub(crate) fn open_practice() -> Result<(), Error> {
    practice::open().map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}

fn open(app: &AppHandle, page: Page) -> Result<RemedyOutcome, Error> {
    let opened = app.opener().open_url(page.url(), None::<&str>);
    let failed = |error| Error::new(ErrorCode::PageNotOpened { page: page.url().into() }, format!("{error}"));
    opened.map(|()| RemedyOutcome::Done).map_err(failed)
}
