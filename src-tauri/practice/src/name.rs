//! Ollama's names: `[host/][namespace/]model[:tag]`.
//! The server looks models up with them; nothing else here knows how a name is built.

const DEFAULT_HOST: &str = "registry.ollama.ai";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";

/// The longest part of a name that Ollama takes, in bytes.
const LONGEST_PART: usize = 80;
/// The longest host that Ollama takes, in bytes.
const LONGEST_HOST: usize = 350;

/// A model's name in full, with Ollama's defaults filled in and letter case kept.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    host: String,
    namespace: String,
    model: String,
    tag: String,
}

impl Name {
    /// Reads a name; `None` where Ollama answers `invalid model name`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let mut parts = text.rsplitn(3, '/');
        let last = parts.next()?;
        let (model, tag) = last.split_once(':').unwrap_or((last, DEFAULT_TAG));
        let namespace = parts.next().unwrap_or(DEFAULT_NAMESPACE);
        let host = parts.next().unwrap_or(DEFAULT_HOST);
        let valid =
            part(model) && part(tag) && part(namespace) && !namespace.contains('.') && host_part(host);
        valid.then(|| Self {
            host: host.to_owned(),
            namespace: namespace.to_owned(),
            model: model.to_owned(),
            tag: tag.to_owned(),
        })
    }

    /// The name as listings write it: defaults left out, the tag always there.
    pub(crate) fn short(&self) -> String {
        let Self { host, namespace, model, tag } = self;
        if !host.eq_ignore_ascii_case(DEFAULT_HOST) {
            format!("{host}/{namespace}/{model}:{tag}")
        } else if !namespace.eq_ignore_ascii_case(DEFAULT_NAMESPACE) {
            format!("{namespace}/{model}:{tag}")
        } else {
            format!("{model}:{tag}")
        }
    }

    /// The name with every default written out, as some of Ollama's errors do.
    pub(crate) fn full(&self) -> String {
        let Self { host, namespace, model, tag } = self;
        format!("{host}/{namespace}/{model}:{tag}")
    }

    /// Whether both name the same model: letter case does not count.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.full().eq_ignore_ascii_case(&other.full())
    }
}

/// Whether two texts name the same model by Ollama's rules.
pub(crate) fn same(a: &str, b: &str) -> bool {
    match (Name::parse(a), Name::parse(b)) {
        (Some(a), Some(b)) => a.same(&b),
        _ => false,
    }
}

fn part(text: &str) -> bool {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    first
        && text.len() <= LONGEST_PART
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

fn host_part(text: &str) -> bool {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    first
        && text.len() <= LONGEST_HOST
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_left_out_and_the_tag_is_written() {
        for (asked, listed) in [
            ("llama3.3", "llama3.3:latest"),
            ("qwen3:8b", "qwen3:8b"),
            ("library/qwen3:8b", "qwen3:8b"),
            ("registry.ollama.ai/library/qwen3", "qwen3:latest"),
            ("someone/model", "someone/model:latest"),
            ("hf.co/org/repo:Q4_K_M", "hf.co/org/repo:Q4_K_M"),
            ("localhost:5000/org/repo", "localhost:5000/org/repo:latest"),
        ] {
            assert_eq!(Name::parse(asked).expect(asked).short(), listed);
        }
    }

    #[test]
    fn bad_names_are_refused() {
        let long = "a".repeat(81);
        for bad in ["", " ", "a b", "-a", ".a", "a:", ":a", "a::b", "a:b:c", "a/", "n.s/a", "é", "a@b", &long]
        {
            assert!(Name::parse(bad).is_none(), "{bad:?} was taken");
        }
        assert!(Name::parse(&"a".repeat(80)).is_some());
    }

    #[test]
    fn letter_case_and_latest_do_not_count() {
        assert!(same("Llama3.3", "llama3.3:LATEST"));
        assert!(same("library/qwen3:8B", "qwen3:8b"));
        assert!(!same("qwen3:8b", "qwen3:4b"));
        assert!(!same("a b", "a b"));
    }
}
