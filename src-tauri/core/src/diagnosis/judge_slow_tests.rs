//! Slow computers: each finding from what was measured, its numbers, and a second look that is clean after each of its
//! clicks.

use super::{
    on_models::{card, installed, on, sized},
    *,
};
use crate::models::check::{CheckOutcome, Checked};

const TOOLS: &[&str] = &["completion", "tools"];

/// Measured here: so many seconds to load, so many tokens read in a second.
fn measured(facts: &mut Facts, name: &str, load: f64, speed: f64) {
    let checked = Checked {
        load_seconds: Some(load),
        tokens_read_per_second: Some(speed),
        ..Checked::new(1, CheckOutcome::CalledTool {})
    };
    facts.checked.insert(name.to_owned(), checked);
}

/// The chosen model is loaded, with so many tenths of it on the graphics card.
fn slow(facts: &mut Facts, tenths: u64) {
    facts.loaded = vec![loaded("qwen3:8b", tenths, 32_768)];
}

fn beside(facts: &mut Facts, bytes: u64) {
    installed(facts, vec![sized("qwen3:8b", 5_225_388_164, TOOLS), sized("small:2b", bytes, TOOLS)]);
    settings(facts).listed.push("small:2b".into());
}

fn keep(facts: &mut Facts, seconds: u64) {
    settings(facts).sends.iter_mut().for_each(|sent| sent.kept_seconds = Some(seconds));
}

fn timeout(name: &str, seconds: u64) -> Remedy {
    Remedy::SetTimeout { name: name.into(), seconds }
}

/// As the remedy would leave the settings.
fn apply(facts: &mut Facts, remedy: &Remedy) {
    match remedy {
        Remedy::SetTimeout { seconds, .. } => {
            let told = settings(facts);
            told.timeout = Some(*seconds);
            told.turn_timeout = told.turn_timeout.map(|turn| turn.max(*seconds));
        }
        Remedy::KeepLoaded { .. } => keep(facts, 86_400),
        Remedy::UseModel { name } => {
            let told = settings(facts);
            told.primary = Some(format!("ollama/{name}"));
            told.sends.extend(sends(name));
        }
        Remedy::SetContext { tokens, .. } => {
            settings(facts).sends.iter_mut().for_each(|sent| sent.num_ctx = Some(*tokens));
        }
        other => panic!("{other:?} is not in the settings"),
    }
}

#[test]
fn a_model_on_the_processor() {
    /// What, what is offered in order (nothing: no finding), what is different.
    type Row<'a> = (&'a str, &'a [&'a str], fn(&mut Facts));
    let table: &[Row<'_>] = &[
        ("nothing measured", &["keep-loaded", "download-model", "choose-model"], |facts| slow(facts, 0)),
        ("little on the card", &["keep-loaded", "download-model", "choose-model"], |facts| {
            card(facts, 4);
            slow(facts, 4);
        }),
        ("half of it on the card", &[], |facts| slow(facts, 5)),
        (
            "a shorter conversation has room on the card",
            &["set-context", "keep-loaded", "download-model", "choose-model"],
            |facts| {
                card(facts, 11);
                slow(facts, 4);
            },
        ),
        (
            "a smaller one is there",
            &["use-model", "keep-loaded", "download-model", "choose-model"],
            |facts| {
                beside(facts, 2_000_000_000);
                slow(facts, 0);
            },
        ),
        ("one as large is not quicker", &["keep-loaded", "download-model", "choose-model"], |facts| {
            beside(facts, 5_000_000_000);
            slow(facts, 0);
        }),
        (
            "one as large that was measured is",
            &["use-model", "keep-loaded", "download-model", "choose-model"],
            |facts| {
                beside(facts, 5_000_000_000);
                slow(facts, 0);
                measured(facts, "small:2b", 1.0, 500.0);
            },
        ),
        (
            "a smaller one that was measured to be no quicker",
            &["keep-loaded", "download-model", "choose-model"],
            |facts| {
                beside(facts, 2_000_000_000);
                slow(facts, 0);
                settings(facts).timeout = Some(3600);
                measured(facts, "qwen3:8b", 10.0, 100.0);
                measured(facts, "small:2b", 10.0, 99.0);
            },
        ),
        ("measured to be quick", &[], |facts| {
            slow(facts, 0);
            measured(facts, "qwen3:8b", 2.0, 500.0);
        }),
        ("kept in memory", &[], |facts| {
            slow(facts, 0);
            keep(facts, 86_400);
        }),
        ("kept in memory, and slow for all that", &["download-model", "choose-model"], |facts| {
            slow(facts, 0);
            keep(facts, 86_400);
            settings(facts).timeout = Some(86_400);
            measured(facts, "qwen3:8b", 60.0, 10.0);
        }),
        ("kept for some minutes", &["keep-loaded", "download-model", "choose-model"], |facts| {
            slow(facts, 0);
            keep(facts, 900);
        }),
        ("loaded by another with a longer conversation", &[], |facts| {
            facts.loaded = vec![loaded("qwen3:8b", 0, 65_536)];
        }),
        ("an OpenClaw that does not pass it on", &["download-model", "choose-model"], |facts| {
            facts.openclaw.program.as_mut().unwrap().version = Version::find("2026.4.15");
            facts.openclaw.refused = Vec::new();
            slow(facts, 0);
        }),
    ];
    for (what, offered, change) in table {
        let mut facts = on(64);
        change(&mut facts);
        let diagnosis = judge(&facts);
        let expected: &[&str] = if offered.is_empty() { &[] } else { &["models.on-cpu"] };
        assert_eq!(codes(&diagnosis), expected, "{what}");
        let found = diagnosis.findings.first();
        assert_eq!(found.map(remedies).unwrap_or_default(), *offered, "{what}");
        for offer in found.map(|found| found.remedies.clone()).unwrap_or_default() {
            if matches!(offer.remedy, Remedy::DownloadModel { .. } | Remedy::ChooseModel {}) {
                continue;
            }
            let mut after = facts.clone();
            apply(&mut after, &offer.remedy);
            assert_eq!(codes(&judge(&after)), Vec::<String>::new(), "{what}, after {:?}", offer.remedy);
        }
    }
}

#[test]
fn openclaw_gives_up_before_it_answers() {
    /// What, the seconds measured and the limit (nothing: no finding), the limit to write, what is different.
    type Row<'a> = (&'a str, Option<(Option<u64>, u64, u64)>, fn(&mut Facts));
    let table: &[Row<'_>] = &[
        ("nothing measured, no limit written", Some((None, 300, 900)), |facts| {
            slow(facts, 0);
            settings(facts).timeout = None;
        }),
        ("nothing measured, a limit written", None, |facts| slow(facts, 0)),
        ("nothing measured, on the card", None, |facts| settings(facts).timeout = None),
        ("longer than the limit that is written", Some((Some(880), 300, 1800)), |facts| {
            measured(facts, "qwen3:8b", 60.0, 20.0);
        }),
        ("longer than OpenClaw's own", Some((Some(880), 300, 1800)), |facts| {
            measured(facts, "qwen3:8b", 60.0, 20.0);
            settings(facts).timeout = None;
        }),
        ("nearly as long", Some((Some(215), 300, 600)), |facts| measured(facts, "qwen3:8b", 10.0, 80.0)),
        ("with room to spare", None, |facts| measured(facts, "qwen3:8b", 10.0, 100.0)),
        ("a longer one is written", None, |facts| {
            measured(facts, "qwen3:8b", 60.0, 20.0);
            settings(facts).timeout = Some(1800);
        }),
        ("but the whole turn ends sooner", Some((Some(880), 120, 1800)), |facts| {
            measured(facts, "qwen3:8b", 60.0, 20.0);
            settings(facts).timeout = Some(1800);
            settings(facts).turn_timeout = Some(120);
        }),
        ("beyond every round number", Some((Some(16_460), 300, 24_720)), |facts| {
            measured(facts, "qwen3:8b", 60.0, 1.0);
        }),
        ("an older OpenClaw's own limit", Some((Some(180), 120, 300)), |facts| {
            facts.openclaw.program.as_mut().unwrap().version = Version::find("2026.6.11");
            measured(facts, "qwen3:8b", 16.0, 100.0);
            settings(facts).timeout = None;
        }),
        ("one that has no such setting", None, |facts| {
            facts.openclaw.program.as_mut().unwrap().version = Version::find("2026.4.15");
            measured(facts, "qwen3:8b", 60.0, 20.0);
        }),
    ];
    for (what, expected, change) in table {
        let mut facts = on(64);
        change(&mut facts);
        let diagnosis = judge(&facts);
        let found = |diagnosis: &Diagnosis| {
            diagnosis.findings.iter().find_map(|finding| match &finding.cause {
                Cause::SettingsGivesUpTooEarly { seconds, limit, .. } => {
                    Some((*seconds, *limit, finding.remedies.clone(), finding.evidence.clone()))
                }
                _ => None,
            })
        };
        let Some((seconds, limit, write)) = *expected else {
            assert_eq!(found(&diagnosis), None, "{what}");
            continue;
        };
        let (was, had, offers, evidence) = found(&diagnosis).unwrap_or_else(|| panic!("{what}: nothing"));
        assert_eq!((was, had), (seconds, limit), "{what}");
        assert_eq!(offers[0].remedy, timeout("qwen3:8b", write), "{what}");
        assert!(evidence.iter().any(|seen| seen.contains("timeoutSeconds")), "{what}: {evidence:?}");
        // Each click mends it, or is there beside the one that does.
        apply(&mut facts, &offers[0].remedy);
        assert_eq!(found(&judge(&facts)), None, "{what}: mended");
    }
}

#[test]
fn a_busy_server_says_how_long_an_answer_takes_here() {
    let busy = |change: fn(&mut Facts)| {
        let mut facts = on(64);
        (facts.busy, facts.models) = (Some("/api/ps: server busy".into()), None);
        change(&mut facts);
        let finding = judge(&facts).findings.into_iter().next().unwrap();
        let Cause::EngineBusy { seconds, .. } = finding.cause else { panic!("{finding:?}") };
        (seconds, remedies(&finding))
    };
    fn last(facts: &mut Facts, speed: f64) {
        measured(facts, "x", 60.0, speed);
        facts.last_check = facts.checked.remove("x");
    }
    let only_restart = vec!["restart-ollama".to_owned()];
    assert_eq!(busy(|_| {}), (None, only_restart.clone()));
    assert_eq!(busy(|facts| last(facts, 500.0)), (Some(93), only_restart.clone()));
    let both = vec!["restart-ollama".to_owned(), "set-timeout".to_owned()];
    assert_eq!(busy(|facts| last(facts, 20.0)), (Some(880), both));
    let long = |facts: &mut Facts| {
        last(facts, 20.0);
        settings(facts).timeout = Some(1800);
    };
    assert_eq!(busy(long), (Some(880), only_restart));
}
