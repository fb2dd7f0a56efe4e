//! The judge's part on slow computers: what was measured of the chosen model here, beside how long OpenClaw waits for it.
//! Each finding offers first what mends it with one click. Rules: docs/causes.md.

use super::{action, finding, models::Chosen};
use crate::{
    diagnosis::{
        facts::Facts,
        finding::{Cause, Finding, Offer, Remedy},
    },
    models::{
        catalogue,
        check::{Checked, pace::SLOW_SECONDS},
        fit::{self, DEFAULT_CONTEXT, FitVerdict, Known, RunsOn},
        model::Model,
    },
    ollama::{names, wire::Loaded},
    openclaw::{dialect::Dialect, outcome::Mode},
};

/// A loaded model with less than this share on the graphics card is slow.
const ON_CARD: f64 = 0.5;
/// The shortest conversation that OpenClaw's instructions leave room in, in tokens.
const SHORTEST: u64 = 16_384;
/// Settings that keep a model for so long keep it for as long as someone works.
const KEPT_SECONDS: u64 = 12 * 60 * 60;
/// Limits to write, in seconds: round numbers for people.
const LIMITS: [u64; 6] = [300, 600, 900, 1200, 1800, 3600];
/// The limit for a model of which only is known that the processor computes it.
const UNMEASURED: u64 = 900;

/// The chosen model runs mostly on the processor. Not said of one that was measured to be quick enough, and of one that
/// stays loaded only where the first answer is beyond any limit: nothing more is to be done about it.
pub(super) fn on_processor(chosen: &Chosen<'_>, loaded: &Loaded) -> Option<Finding> {
    let share = loaded.graphics_share();
    // Loaded with a longer conversation than OpenClaw asks for now: its next question loads it anew, with less.
    let anew = chosen.asked.is_some_and(|asked| asked < loaded.context_length);
    if loaded.size == 0 || share >= ON_CARD || anew {
        return None;
    }
    let seconds = measured(chosen.facts, &chosen.model.id);
    let kept = is_kept(chosen.facts, &chosen.model.id);
    let bearable = if kept { UNMEASURED } else { SLOW_SECONDS };
    if seconds.map_or(kept, |seconds| seconds <= bearable) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
    let percent = (share * 100.0).round() as u64;
    let known = chosen.facts.known();
    let memory = known.memory.filter(|_| !known.remote);
    let graphics = memory.map(|memory| memory.unified || !memory.graphics.is_empty());
    let cause = Cause::ModelsOnCpu { name: chosen.name(), percent, graphics, seconds };
    let seen = format!("/api/ps: {} of {} bytes on the graphics card", loaded.size_vram, loaded.size);
    let seen = [Some(seen), numbers(chosen.facts, &chosen.model.id)].into_iter().flatten().collect();
    let offers = [
        quicker(chosen.models, chosen.model, &known).map(use_model),
        shorter(chosen),
        keeps_loaded(chosen.facts, &chosen.model.id),
        smaller_download(chosen.models, chosen.model, &known),
        Some(action(Remedy::ChooseModel {})),
    ];
    Some(finding(cause, seen, offers.into_iter().flatten().collect()))
}

/// OpenClaw gives up before the model has answered, by what was measured, or, where nothing was, as is likely.
pub(super) fn gives_up(facts: &Facts, primary: &str) -> Option<Finding> {
    let told = facts.openclaw.settings.read()?;
    let limit = told.gives_up_after(dialect(facts))?;
    let seconds = measured(facts, primary);
    let on_processor =
        || facts.loaded.iter().find(|loaded| names::same(&loaded.name, primary)).filter(is_slow);
    let processor = on_processor();
    match seconds {
        Some(seconds) if enough(seconds) > limit => {}
        Some(_) => return None,
        None if processor.is_some() && told.timeout.is_none() => {}
        None => return None,
    }
    let mut seen: Vec<String> = numbers(facts, primary).into_iter().collect();
    seen.extend(processor.map(|loaded| {
        format!("/api/ps: {} of {} bytes on the graphics card", loaded.size_vram, loaded.size)
    }));
    seen.push(match told.timeout {
        Some(seconds) => format!("models.providers.ollama.timeoutSeconds: {seconds}"),
        None => format!("no models.providers.ollama.timeoutSeconds; OpenClaw's own limit is {limit} s"),
    });
    seen.extend(told.turn_timeout.map(|turn| format!("agents.defaults.timeoutSeconds: {turn}")));
    let models = super::installed(facts).unwrap_or_default();
    let known = facts.known();
    let chosen = models.iter().find(|model| names::same(&model.id, primary));
    let cause = Cause::SettingsGivesUpTooEarly { name: primary.to_owned(), seconds, limit };
    let offers = [
        Some(wait(primary, seconds)),
        chosen.and_then(|chosen| quicker(models, chosen, &known)).map(use_model),
        keeps_loaded(facts, primary),
    ];
    Some(finding(cause, seen, offers.into_iter().flatten().collect()))
}

/// Beside a server that is busy: a longer limit, where an answer takes longer than OpenClaw waits.
pub(super) fn waits_longer(facts: &Facts) -> Option<Offer> {
    let told = facts.openclaw.settings.read()?;
    let primary = told.primary_id()?;
    let listed = told.listed.iter().any(|listed| names::same(listed, primary));
    let pinned = told.mode(facts.openclaw.key_anywhere()) == Mode::Pinned;
    let seconds = facts.last_check.as_ref().and_then(Checked::first_answer_seconds)?;
    let limit = told.gives_up_after(dialect(facts))?;
    (pinned && listed && enough(seconds) > limit).then(|| wait(primary, Some(seconds)))
}

fn dialect(facts: &Facts) -> Dialect {
    Dialect::of(facts.openclaw.version())
}

fn check<'a>(facts: &'a Facts, name: &str) -> Option<&'a Checked> {
    facts.checked.iter().find(|(id, _)| names::same(id, name)).map(|(_, checked)| checked)
}

fn measured(facts: &Facts, name: &str) -> Option<u64> {
    check(facts, name)?.first_answer_seconds()
}

/// What the check measured, for the folded part.
fn numbers(facts: &Facts, name: &str) -> Option<String> {
    let checked = check(facts, name)?;
    let (seconds, read) = (checked.first_answer_seconds()?, checked.tokens_read_per_second?);
    let loaded = checked.load_seconds.unwrap_or_default();
    Some(format!(
        "the live check of {name}: loaded in {loaded:.1} s, read {read:.1} tokens a second; OpenClaw's instructions \
         take {seconds} s by that"
    ))
}

fn is_slow(loaded: &&Loaded) -> bool {
    loaded.size > 0 && loaded.graphics_share() < ON_CARD
}

/// Half as long again: a computer is not always as free as it was when it was measured.
const fn enough(seconds: u64) -> u64 {
    seconds.saturating_add(seconds / 2)
}

fn wait(name: &str, measured: Option<u64>) -> Offer {
    let [.., longest] = LIMITS;
    let seconds = measured.map_or(UNMEASURED, |measured| {
        // Beyond all of them what was measured counts: a minute's multiple.
        let needed = enough(measured);
        let round = LIMITS.into_iter().find(|limit| *limit >= needed);
        round.unwrap_or_else(|| longest.max(needed.div_ceil(60).saturating_mul(60)))
    });
    action(Remedy::SetTimeout { name: name.to_owned(), seconds })
}

fn use_model(model: &Model) -> Offer {
    action(Remedy::UseModel { name: model.id.clone() })
}

/// OpenClaw's settings keep the model in memory.
fn is_kept(facts: &Facts, name: &str) -> bool {
    let Some(told) = facts.openclaw.settings.read() else { return false };
    let sent = told.sends.iter().find(|sent| names::same(&sent.id, name));
    sent.and_then(|sent| sent.kept_seconds).is_some_and(|seconds| seconds >= KEPT_SECONDS)
}

/// To keep it so, where this version passes that on to Ollama.
fn keeps_loaded(facts: &Facts, name: &str) -> Option<Offer> {
    let may = dialect(facts).params && !is_kept(facts, name);
    may.then(|| action(Remedy::KeepLoaded { name: name.to_owned() }))
}

/// A shorter conversation with which the graphics card holds all of it.
fn shorter(chosen: &Chosen<'_>) -> Option<Offer> {
    let asked = chosen.asked.filter(|asked| *asked > SHORTEST)?;
    let known = chosen.facts.known();
    let has_card = known.memory.is_some_and(|memory| memory.graphics_bytes() > 0);
    let at = |context| fit::fit(chosen.model, context, &Known { loaded: &[], checked: None, ..known });
    let (now, then) = (at(asked).runs_on, at(SHORTEST).runs_on);
    let helps = has_card && now != Some(RunsOn::Graphics) && then == Some(RunsOn::Graphics);
    helps.then(|| action(Remedy::SetContext { name: chosen.name(), tokens: SHORTEST }))
}

/// An installed model that can act and is surely quicker here: measured so, or on the graphics card, or much smaller.
fn quicker<'a>(models: &'a [Model], than: &Model, known: &Known<'_>) -> Option<&'a Model> {
    let seconds = |model: &Model| known.checked(model).and_then(Checked::first_answer_seconds);
    let is_quicker = |model: &&Model| match (seconds(model), seconds(than)) {
        (Some(one), Some(other)) => one <= other / 2,
        (Some(one), None) => one <= SLOW_SECONDS,
        _ => is_much_smaller(model.size_bytes, than) || on_card(model, than, known),
    };
    let others: Vec<Model> =
        models.iter().filter(|model| model.id != than.id).filter(is_quicker).cloned().collect();
    let best = catalogue::best_ready(&others, known)?;
    models.iter().find(|model| model.id == best.id)
}

/// The card holds this one, and not the other.
fn on_card(model: &Model, than: &Model, known: &Known<'_>) -> bool {
    let runs_on = |model: &Model| {
        let context = fit::recommended_context(model, known, DEFAULT_CONTEXT);
        fit::fit(model, context, known).runs_on
    };
    runs_on(model) == Some(RunsOn::Graphics) && runs_on(than) != Some(RunsOn::Graphics)
}

/// Two thirds at most: reading takes time by the size.
fn is_much_smaller(bytes: u64, than: &Model) -> bool {
    bytes > 0 && bytes.saturating_mul(3) <= than.size_bytes.saturating_mul(2)
}

fn smaller_download(models: &[Model], than: &Model, known: &Known<'_>) -> Option<Offer> {
    let fits = |fit| matches!(fit, FitVerdict::Fits | FitVerdict::Tight);
    let offered = catalogue::on_offer(models, &[], known).into_iter().find(|offer| {
        let smaller = offer.entry.download_bytes.is_some_and(|bytes| is_much_smaller(bytes, than));
        smaller && fits(offer.fit) && !offer.entry.weak
    })?;
    Some(action(Remedy::DownloadModel { name: offered.entry.name }))
}
