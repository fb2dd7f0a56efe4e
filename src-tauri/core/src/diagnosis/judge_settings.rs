//! The judge's part on OpenClaw's settings: what turns Ollama on, which model is chosen, what this version accepts
//! and really sends. An unreadable file hides the rest. Sources: OpenClaw's page, and what was measured by version.

use std::path::Path;

use super::{action, finding, installed, manual, slow};
use crate::{
    computer::Unset,
    diagnosis::{
        facts::{Answer, Facts, SettingsFact},
        finding::{Cause, Finding, Offer, Remedy},
    },
    error::{Error, ErrorCode},
    models::{
        catalogue,
        model::{Model, Verdict},
    },
    ollama::{
        address::{Address, lacks_scheme},
        names,
    },
    openclaw::outcome::Mode,
    openclaw::{
        dialect::Dialect,
        intent, secrets,
        settings::{self, KEY_VARIABLE, PREFIX, Settings},
        version::Version,
    },
};

/// From this version on an empty list finds no key (measured).
const EMPTY_LIST_FAILS: Version = Version::new(2026, 4, 15);

pub(super) fn settings(facts: &Facts) -> Vec<Finding> {
    let file = facts.openclaw.file.display().to_string();
    let absent = Settings::default();
    let told = match &facts.openclaw.settings {
        SettingsFact::Unreadable(error) => return vec![unreadable(&file, error)],
        SettingsFact::Absent => &absent,
        SettingsFact::Read(settings) => settings,
    };
    let view = View {
        facts,
        told,
        file,
        mode: told.mode(facts.openclaw.key_anywhere()),
        dialect: Dialect::of(facts.openclaw.version()),
        installed: installed(facts),
    };
    let mut findings = Vec::new();
    findings.extend(view.is_on());
    findings.extend(view.fallback_key());
    findings.extend(view.form());
    if view.mode != Mode::Off {
        findings.extend(view.key());
        findings.extend(view.address());
        findings.extend(view.choice());
        findings.extend(view.listing());
    }
    findings
}

fn unreadable(file: &str, error: &Error) -> Finding {
    // It may be an included file.
    let (path, line, column, text, reason) = match error.code.clone() {
        ErrorCode::SettingsUnreadable { path, line, column, text } => (path, line, column, text, None),
        ErrorCode::FileFailed { path, reason } => (path, 0, 0, String::new(), Some(reason)),
        _ => (file.to_owned(), 0, 0, String::new(), None),
    };
    let offers = vec![manual(Remedy::EditFile { path: path.clone() }, None)];
    let around = (!text.is_empty()).then(|| format!("line {line}: {text}"));
    let cause = Cause::SettingsUnreadable { path, line, column, text, reason };
    finding(cause, [error.detail.clone()].into_iter().chain(around).collect(), offers)
}

struct View<'a> {
    facts: &'a Facts,
    told: &'a Settings,
    file: String,
    mode: Mode,
    dialect: Dialect,
    installed: Option<&'a [Model]>,
}

impl View<'_> {
    fn seen(&self, what: &str) -> Vec<String> {
        vec![format!("{}: {what}", self.file)]
    }

    /// The best installed model, or the screen to choose one.
    fn choose(&self) -> Vec<Offer> {
        let best = self.installed.and_then(|models| catalogue::best_ready(models, &self.facts.known()));
        let used = best.map(|model| action(Remedy::UseModel { name: model.id.clone() }));
        vec![used.unwrap_or_else(|| action(Remedy::ChooseModel {}))]
    }

    /// Is Ollama on at all, and a model chosen?
    fn is_on(&self) -> Option<Finding> {
        let told = self.told;
        // Without a program here, its settings may live elsewhere too.
        let openclaw = &self.facts.openclaw;
        let answers = openclaw.gateway.is_there() && !openclaw.gateway_is_other;
        let here = openclaw.program.is_some() || answers;
        let ours = told.primary_id().is_some();
        let empty_fails = self.facts.openclaw.version().is_none_or(|version| version >= EMPTY_LIST_FAILS);
        if told.list_empty && ours && empty_fails && !self.facts.openclaw.key && !told.key_in_file {
            let seen = self.seen("models.providers.ollama.models is empty, and no key beside it");
            return Some(finding(Cause::SettingsListEmpty {}, seen, vec![action(Remedy::RepairSettings {})]));
        }
        if self.mode == Mode::Off && told.api_key && told.base_url.is_none() && told.listed.is_empty() {
            let seen = self.seen("only apiKey under models.providers.ollama");
            return Some(finding(Cause::SettingsKeyAlone {}, seen, self.choose()));
        }
        if self.mode == Mode::Off && here {
            let seen = self.seen("no provider entry that works, and no OLLAMA_API_KEY beside it");
            return Some(finding(Cause::SettingsOllamaOff {}, seen, self.choose()));
        }
        if self.mode != Mode::Off && told.primary.is_none() && here {
            return Some(finding(
                Cause::SettingsNoPrimary {},
                self.seen("no agents.defaults.model"),
                self.choose(),
            ));
        }
        None
    }

    fn fallback_key(&self) -> Option<Finding> {
        let seen = || self.seen("agents.defaults.model.fallback");
        self.told
            .fallback_key
            .then(|| finding(Cause::SettingsFallbackKey {}, seen(), vec![action(Remedy::RenameFallback {})]))
    }

    /// A form that this version refuses, or does badly with.
    fn form(&self) -> Vec<Finding> {
        let told = self.told;
        let mut findings = Vec::new();
        if let (Some(key), Some(version)) =
            (self.facts.openclaw.refused.first(), self.facts.openclaw.version())
        {
            let cause = Cause::SettingsApiUnsupported { key: key.clone(), version: version.to_string() };
            let seen =
                self.facts.openclaw.refused.iter().map(|key| format!("{}: {key}", self.file)).collect();
            findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
        }
        findings.extend(self.env_missing());
        let url = told.base_url.as_deref().unwrap_or_default();
        let openai =
            url.trim_end_matches('/').ends_with("/v1") || told.api.as_deref() == Some("openai-completions");
        if self.dialect.native && told.provider && openai {
            let cause = Cause::SettingsBaseUrlV1 { url: secrets::masked_address(url) };
            let seen = self.seen("baseUrl with /v1, or api openai-completions");
            findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
        }
        findings
    }

    /// A `${NAME}` that OpenClaw's service does not find.
    fn env_missing(&self) -> Option<Finding> {
        let openclaw = &self.facts.openclaw;
        let Unset { name, here } = openclaw.unset.first()?.clone();
        let base_url = self.told.base_url.as_deref().unwrap_or_default();
        // Without its key it may answer; without its address it cannot.
        let of_address = settings::variables_in(base_url).contains(&name);
        let starts = self.dialect.starts_without_key && !of_address;
        let place = if here { ", only in this environment" } else { " nor here" };
        let seen = self.seen(&format!("${{{name}}} is set neither in env.vars nor in .env{place}"));
        let edit = |path: &Path| manual(Remedy::EditFile { path: path.display().to_string() }, None);
        let effective = &self.facts.effective;
        let offer = if here && name == KEY_VARIABLE && !openclaw.key {
            action(Remedy::WriteKey {})
        } else if here {
            edit(&openclaw.env_file)
        } else if !of_address {
            action(Remedy::RepairSettings {})
        } else if effective.answer == Answer::Ollama {
            action(Remedy::UseAddress { url: effective.address.to_string() })
        } else {
            edit(&openclaw.file)
        };
        Some(finding(
            Cause::SettingsEnvMissing { variable: name, address: of_address, here, starts },
            seen,
            vec![offer],
        ))
    }

    fn key(&self) -> Option<Finding> {
        let refers = self.facts.openclaw.unset.iter().any(|unset| unset.name == KEY_VARIABLE);
        let needed = (self.mode == Mode::Automatic || !self.told.api_key) && !refers;
        let unseen = self.facts.openclaw.key_here && !self.facts.openclaw.key && !self.told.key_in_file;
        let seen = || vec!["OLLAMA_API_KEY is set in this environment, not in OpenClaw's .env".to_owned()];
        (needed && unseen)
            .then(|| finding(Cause::SettingsKeyNotSeen {}, seen(), vec![action(Remedy::WriteKey {})]))
    }

    /// Read as a person means it, it is an address; OpenClaw's Node takes it for none.
    fn without_scheme(&self) -> Option<Finding> {
        let written = self.told.base_url.as_deref().filter(|url| lacks_scheme(url))?;
        let meant = Address::parse(written).ok()?.to_string();
        let url = secrets::masked_address(written);
        let seen = self.seen(&format!("models.providers.ollama.baseUrl is {url}"));
        let cause = Cause::SettingsBaseUrlNoScheme { url, meant: meant.clone() };
        Some(finding(cause, seen, vec![action(Remedy::UseAddress { url: meant })]))
    }

    /// Where OpenClaw will ask, beside where Ollama answers.
    fn address(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let effective = &self.facts.effective;
        if effective.answer == Answer::Ollama {
            let answers_at = effective.address.to_string();
            let unreadable = self.told.base_url.as_deref().filter(|url| Address::parse(url).is_err());
            // A reference is OpenClaw's to resolve.
            let unreadable = unreadable.filter(|url| !url.contains("${"));
            let dead = self.facts.openclaws.as_ref().filter(|own| own.answer != Answer::Ollama);
            let wrong = dead.map(|own| (own.address.to_string(), own.evidence.clone())).or_else(|| {
                let url = secrets::masked_address(unreadable?);
                Some((url, format!("{}: baseUrl is no address", self.file)))
            });
            if let Some((url, seen)) = wrong {
                let remedy = Remedy::UseAddress { url: answers_at.clone() };
                let cause = Cause::SettingsBaseUrlWrong { url, answers_at };
                findings.push(finding(cause, vec![seen, effective.evidence.clone()], vec![action(remedy)]));
            }
        }
        if findings.is_empty() {
            findings.extend(self.without_scheme());
        }
        if let Some((path, url)) = self.facts.openclaw.stale.first() {
            let seen = self.facts.openclaw.stale.iter().map(|(path, url)| format!("{path}: {url}")).collect();
            let cause =
                Cause::SettingsStaleAgentFile { path: path.clone(), url: secrets::masked_address(url) };
            findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
        }
        findings
    }

    /// The chosen models, each fault of one once, the primary first.
    fn choice(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some(models) = self.installed else { return findings };
        let find = |name: &str| {
            let id = names::find(name, models.iter().map(|model| model.id.as_str()))?;
            models.iter().find(|model| model.id == id)
        };
        let references = self.told.primary.iter().chain(&self.told.fallbacks);
        let some_act = models.iter().any(|model| model.tools != Some(false));
        let local =
            self.told.primary.as_deref().is_some_and(|primary| !intent::is_online(primary, self.installed));
        for (index, reference) in references.enumerate() {
            let primary = index == 0 && self.told.primary.is_some();
            let Some(name) = reference.strip_prefix(PREFIX) else {
                if find(reference).is_some() {
                    let cause = Cause::SettingsBareModelName { name: reference.clone() };
                    let seen = self.seen(&format!("{reference} without ollama/"));
                    findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
                } else if !primary && local {
                    let cause = Cause::SettingsFallbackIsOnline { name: reference.clone() };
                    findings.push(finding(cause, self.seen(reference), vec![action(Remedy::LocalOnly {})]));
                }
                continue;
            };
            let tools = find(name).map(|model| model.tools);
            if tools == Some(Some(false)) && some_act {
                let cause = Cause::SettingsModelWithoutTools { name: name.into(), primary };
                let seen = vec![format!("/api/show of {name} has no tools")];
                // Another primary would leave a next choice where it is.
                let drop = || vec![action(Remedy::DropFallback { name: name.into() })];
                let choose = if primary { self.choose() } else { drop() };
                findings.push(finding(cause, seen, choose));
            }
        }
        if let (Some(allowed), Some(primary)) = (&self.told.allowed, &self.told.primary)
            && !allowed.contains(primary)
            && primary.starts_with(PREFIX)
        {
            let cause = Cause::SettingsNotAllowed { name: primary.clone() };
            let seen = self.seen("agents.defaults.models lacks it");
            findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
        }
        findings.extend(self.not_installed(models));
        findings
    }

    /// Chosen and listed models that the server does not have; each once, the primary first.
    fn not_installed(&self, models: &[Model]) -> Vec<Finding> {
        let told = self.told;
        let references =
            told.primary.iter().chain(&told.fallbacks).filter_map(|name| name.strip_prefix(PREFIX));
        let listed = told.listed.iter().map(String::as_str);
        let mut findings: Vec<Finding> = Vec::new();
        let mut named: Vec<&str> = Vec::new();
        for name in references.chain(listed) {
            let there = names::find(name, models.iter().map(|model| model.id.as_str())).is_some();
            if there || named.iter().any(|known| names::same(known, name)) {
                continue;
            }
            named.push(name);
            let primary = told.primary_id() == Some(name);
            let cause = Cause::SettingsModelNotInstalled { name: name.into(), primary };
            let mut offers = vec![action(Remedy::DownloadModel { name: name.into() })];
            if primary {
                offers.extend(self.choose());
            }
            findings.push(finding(cause, vec![format!("/api/tags does not list {name}")], offers));
        }
        findings
    }

    /// The pinned list: what it lacks, and what this version would send.
    fn listing(&self) -> Vec<Finding> {
        let told = self.told;
        let mut findings = Vec::new();
        if self.mode != Mode::Pinned {
            return findings;
        }
        let listed = |name: &str| told.listed.iter().any(|known| names::same(known, name));
        let ready = self.installed.unwrap_or_default().iter().filter(|model| model.verdict == Verdict::Ready);
        let missing: Vec<String> =
            ready.filter(|model| !listed(&model.id)).map(|model| model.id.clone()).collect();
        if !missing.is_empty() {
            let seen = self.seen("a list of models turns OpenClaw's own discovery off");
            let cause = Cause::SettingsDiscoveryOff { names: missing };
            findings.push(finding(cause, seen, vec![action(Remedy::AddModels {})]));
        }
        let Some(primary) = told.primary_id().filter(|name| listed(name)) else { return findings };
        let native = told.api.as_deref() == Some("ollama");
        let tells = told.sends.iter().any(|sent| sent.num_ctx.is_some() && names::same(&sent.id, primary));
        if self.dialect.params && native && !tells {
            let cause = Cause::SettingsContextNotSent { name: primary.into() };
            let seen = self.seen(&format!("{primary} has no params.num_ctx"));
            findings.push(finding(cause, seen, vec![action(Remedy::RepairSettings {})]));
        }
        findings.extend(slow::gives_up(self.facts, primary));
        findings
    }
}
