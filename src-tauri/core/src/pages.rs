//! The pages on the web that Pincer opens, all of them: a face names one, and never hands over an address.
//! OpenClaw's own page on this computer is `openclaw::gateway::dashboard`'s.

use serde::{Deserialize, Serialize};

/// One page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// Where Ollama is to be had.
    GetOllama,
    /// OpenClaw's page on installing it.
    GetOpenclaw,
    /// Where Node, and npm with it, is to be had.
    GetNode,
    /// Where git is to be had.
    GetGit,
    /// What OpenClaw says of Ollama.
    OpenclawOnOllama,
    /// All models that Ollama offers.
    OllamaModels,
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 6] = [
        Self::GetOllama,
        Self::GetOpenclaw,
        Self::GetNode,
        Self::GetGit,
        Self::OpenclawOnOllama,
        Self::OllamaModels,
    ];

    /// Its address.
    #[must_use]
    pub const fn url(self) -> &'static str {
        match self {
            Self::GetOllama => "https://ollama.com/download",
            Self::GetOpenclaw => "https://docs.openclaw.ai/install",
            Self::GetNode => "https://nodejs.org/en/download",
            Self::GetGit => "https://git-scm.com/downloads",
            Self::OpenclawOnOllama => "https://docs.openclaw.ai/providers/ollama",
            Self::OllamaModels => "https://ollama.com/library",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_its_makers_own_by_https() {
        let makers = ["ollama.com", "docs.openclaw.ai", "nodejs.org", "git-scm.com"];
        for page in Page::ALL {
            let url = reqwest::Url::parse(page.url()).unwrap();
            assert_eq!(url.scheme(), "https", "{page:?}");
            assert!(makers.contains(&url.host_str().unwrap()), "{page:?}");
            assert!(
                url.query().is_none() && url.fragment().is_none() && url.username().is_empty(),
                "{page:?}"
            );
        }
    }

    #[test]
    fn nothing_else_can_be_named() {
        assert_eq!(serde_json::from_str::<Page>("\"get-ollama\"").unwrap(), Page::GetOllama);
        for other in ["\"https://example.com\"", "\"\"", "\"file:///etc/passwd\"", "0"] {
            assert!(serde_json::from_str::<Page>(other).is_err(), "{other}");
        }
    }
}
