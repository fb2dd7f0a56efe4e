//! What can be pulled: models with their layers, and pulls that go wrong in a known way.
//! Sizes are claimed, never sent: a transfer is only numbers that grow.

use crate::{
    model::{Architecture, PracticeModel},
    shape::digest_of,
};

/// One blob of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// `sha256:` and 64 hex digits.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// How a pull goes wrong. Bytes count over all layers of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullFault {
    /// After this many bytes, a line `{"error":text}`; 0: before the first layer.
    Fails {
        /// Ollama's text.
        text: String,
        /// Bytes of the model that arrive first.
        after_bytes: u64,
    },
    /// Everything arrives, checking fails with this text, and the bytes are thrown away.
    FailsVerifying {
        /// Ollama's text.
        text: String,
    },
    /// The lines keep coming with the same number.
    Stalls {
        /// Bytes of the model that arrive first.
        after_bytes: u64,
        /// How many ticks it lasts; `None`: for good.
        ticks: Option<u32>,
    },
    /// `completed` goes back once, as after a failed chunk.
    GoesBack {
        /// Bytes of the model that arrive first.
        after_bytes: u64,
        /// By how many bytes.
        by: u64,
    },
    /// The connection breaks off in the middle of the stream.
    Cut {
        /// Bytes of the model that arrive first.
        after_bytes: u64,
        /// With a reset, or else with a plain end.
        reset: bool,
    },
    /// The stream ends well-formed, without `success` and without an error.
    EndsEarly {
        /// Bytes of the model that arrive first.
        after_bytes: u64,
    },
}

/// A model that can be pulled.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryModel {
    /// What is installed at the end. Its name is the one to pull.
    pub model: PracticeModel,
    /// Its blobs, in the order of pulling.
    pub layers: Vec<Layer>,
    /// What goes wrong.
    pub fault: Option<PullFault>,
    /// One pseudo layer `pulling model` in place of the layers, as with MLX models.
    pub single_pseudo_layer: bool,
    /// Ends with `removing unused layers`, as when a new version of a model replaces an old one.
    pub replaces_old: bool,
}

impl RegistryModel {
    /// The layers that Ollama's models have: weights, template, licence, parameters, and the config. Their
    /// sizes add up to the model's.
    #[must_use]
    pub fn new(model: PracticeModel) -> Self {
        let small = [("template", 1_723), ("license", 11_343), ("params", 120), ("config", 487)];
        let rest = small.iter().map(|&(_, size)| size).sum();
        let mut layers = vec![Layer {
            digest: format!("sha256:{}", digest_of(&format!("{} weights", model.name))),
            size: model.size.saturating_sub(rest),
        }];
        layers.extend(small.iter().map(|&(what, size)| Layer {
            digest: format!("sha256:{}", digest_of(&format!("{} {what}", model.name))),
            size,
        }));
        Self { model, layers, fault: None, single_pseudo_layer: false, replaces_old: false }
    }

    /// With these layers, given as sizes in bytes; the installed model's size follows.
    #[must_use]
    pub fn with_layers(mut self, sizes: &[u64]) -> Self {
        self.layers = sizes
            .iter()
            .enumerate()
            .map(|(index, &size)| Layer {
                digest: format!("sha256:{}", digest_of(&format!("{} layer {index}", self.model.name))),
                size,
            })
            .collect();
        self.model.size = sizes.iter().sum();
        self
    }

    /// The pull goes wrong this way.
    #[must_use]
    pub fn with_fault(self, fault: PullFault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// The pull ends in this error after so many bytes.
    #[must_use]
    pub fn fails_with(self, text: &str, after_bytes: u64) -> Self {
        self.with_fault(PullFault::Fails { text: text.into(), after_bytes })
    }

    /// Bytes of all layers.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }
}

/// Name, architecture, bytes, parameters, context, capabilities.
type Row = (&'static str, &'static str, u64, &'static str, u64, &'static [&'static str]);

/// The models of the catalogue, with the sizes their pages claim.
#[must_use]
pub fn catalogue() -> Vec<RegistryModel> {
    const SEEING: &[&str] = &["completion", "tools", "thinking", "vision"];
    const THINKING: &[&str] = &["completion", "tools", "thinking"];
    const TOOLS: &[&str] = &["completion", "tools"];
    let rows: [Row; 17] = [
        ("qwen3.5:4b", "qwen35", 3_400_000_000, "4.7B", 262_144, SEEING),
        ("qwen3.5", "qwen35", 6_600_000_000, "9.7B", 262_144, SEEING),
        ("qwen3.5:27b", "qwen35", 17_000_000_000, "27.8B", 262_144, SEEING),
        ("gemma4", "gemma4", 9_600_000_000, "8.0B", 131_072, SEEING),
        ("gpt-oss:20b", "gptoss", 13_793_441_244, "20.9B", 131_072, THINKING),
        ("glm-4.7-flash", "glm4moelite", 19_019_270_852, "29.9B", 202_752, THINKING),
        ("qwen3-coder:30b", "qwen3moe", 18_556_700_761, "30.5B", 262_144, TOOLS),
        ("qwen3:8b", "qwen3", 5_225_388_164, "8.2B", 40_960, THINKING),
        ("qwen3:4b", "qwen3", 2_497_293_931, "4.0B", 262_144, THINKING),
        ("llama3.3", "llama", 42_520_413_916, "70.6B", 131_072, TOOLS),
        ("llama3.2:3b", "llama", 2_019_393_189, "3.2B", 131_072, TOOLS),
        ("qwen2.5-coder:32b", "qwen2", 19_851_349_669, "32.8B", 32_768, TOOLS),
        ("deepseek-r1:32b", "qwen2", 19_851_337_640, "32.8B", 131_072, &["completion", "thinking"]),
        ("mistral", "llama", 4_372_824_384, "7.2B", 32_768, TOOLS),
        ("gemma2:2b", "gemma2", 1_629_518_495, "2.6B", 8_192, &["completion"]),
        ("nomic-embed-text", "nomic-bert", 274_302_450, "137M", 2_048, &["embedding"]),
        ("all-minilm", "bert", 45_960_996, "23M", 512, &["embedding"]),
    ];
    rows.into_iter()
        .map(|(name, arch, size, parameters, context, capabilities)| {
            let architecture = Architecture {
                name: arch.into(),
                block_count: 36,
                head_count: 32,
                head_count_kv: Some(8),
                key_length: Some(128),
                embedding_length: 4096,
            };
            let model = PracticeModel::tools(name)
                .family(architecture, parameters, size * 8 / 5)
                .sized(size)
                .context(Some(context))
                .capable_of(capabilities);
            RegistryModel::new(model)
        })
        .collect()
}

/// Every known way a pull goes wrong, each under a name of its own: `practice/disk-full`, ...
///
/// The texts are Ollama's, as its server sends them in a line with status 200.
#[must_use]
pub fn faulty() -> Vec<RegistryModel> {
    const SIZE: u64 = 400_000_000;
    const HALF: u64 = SIZE / 2;
    let model =
        |name: &str| RegistryModel::new(PracticeModel::tools(&format!("practice/{name}")).sized(SIZE));
    let manifest =
        "pull model manifest: Get \"https://registry.ollama.ai/v2/practice/model/manifests/latest\":";
    let partial = "/usr/share/ollama/.ollama/models/blobs/sha256-0123-partial";
    let failing = [
        ("offline-dns", format!("{manifest} dial tcp: lookup registry.ollama.ai: no such host"), 0),
        ("offline-timeout", format!("{manifest} dial tcp 192.0.2.1:443: i/o timeout"), 0),
        ("offline-refused", format!("{manifest} dial tcp 192.0.2.1:443: connect: connection refused"), 0),
        (
            "company-proxy",
            format!(
                "{manifest} tls: failed to verify certificate: x509: certificate signed by unknown authority"
            ),
            0,
        ),
        (
            "blob-proxy",
            "Get \"https://dd20bb891979d25aebc8bec07b2b3bbc.r2.cloudflarestorage.com/ollama/docker\": \
             tls: failed to verify certificate: x509: certificate signed by unknown authority"
                .into(),
            1,
        ),
        ("sign-in-page", "invalid character '<' looking for beginning of value".into(), 0),
        ("disk-full", format!("write {partial}: no space left on device"), HALF),
        ("no-permission", format!("open {partial}: permission denied"), 1),
        (
            "too-old",
            "pull model manifest: 412: \n\nThe model you are attempting to pull requires a newer version of \
             Ollama that may be in pre-release.\n\nPlease see https://github.com/ollama/ollama/releases for \
             more details.\n"
                .into(),
            0,
        ),
        ("private", "pull model manifest: unauthorized: access denied".into(), 0),
        (
            "retries",
            "max retries exceeded: Get \"https://registry.ollama.ai/v2/practice/model/blobs/sha256:0123\": \
             EOF"
            .into(),
            HALF,
        ),
    ];
    let mut rows: Vec<RegistryModel> =
        failing.iter().map(|(name, text, after)| model(name).fails_with(text, *after)).collect();
    rows.extend([
        model("damaged").with_fault(PullFault::FailsVerifying {
            text: "digest mismatch, file must be downloaded again: want sha256:0123, got sha256:4567".into(),
        }),
        model("stalls").with_fault(PullFault::Stalls { after_bytes: HALF, ticks: None }),
        model("stalls-a-while").with_fault(PullFault::Stalls { after_bytes: HALF, ticks: Some(20) }),
        model("goes-back").with_fault(PullFault::GoesBack { after_bytes: HALF, by: SIZE / 4 }),
        model("cut").with_fault(PullFault::Cut { after_bytes: HALF, reset: false }),
        model("reset").with_fault(PullFault::Cut { after_bytes: HALF, reset: true }),
        model("ends-early").with_fault(PullFault::EndsEarly { after_bytes: HALF }),
        // No disk has room for it; a transfer is only numbers.
        RegistryModel::new(PracticeModel::tools("practice/enormous").sized(1 << 60)),
        RegistryModel { single_pseudo_layer: true, ..model("mlx") },
        RegistryModel { replaces_old: true, ..model("replaces-old") },
    ]);
    rows
}
