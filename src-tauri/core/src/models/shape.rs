//! What a model keeps in memory for each token of a conversation: its KV cache, read from `model_info` of
//! `/api/show`. Pure, and safe with whatever stands there.
//!
//! Bytes of a layer for one token = KV heads x (key length + value length) x 2 (f16, Ollama's default). What differs
//! between architectures is data, as llama.cpp (`src/llama-model.cpp`, `llama-kv-cache-iswa.cpp`) and Ollama's
//! converters (`convert/`) have it. Where Ollama is told to use a smaller cache type, less is needed than said here.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of one number of the cache (f16).
const NUMBER: u64 = 2;
/// A sliding window also holds the batch that is being read, rounded up.
const BATCH: u64 = 512;
/// To this many tokens.
const ROUND: u64 = 256;
/// Larger numbers than these are no model's.
const MOST_LAYERS: u64 = 4096;
const MOST_HEADS: u64 = 65_536;
const LONGEST_HEAD: u64 = 65_536;

/// Of how many layers in a row the last one sees everything, the others a window, where `model_info` does not say;
/// with the window where that is not said either. (llama.cpp, `set_swa_pattern` of each architecture.)
const WINDOWED: [(&str, u64, Option<u64>); 11] = [
    ("gemma2", 2, Some(4096)),
    ("gemma3", 6, None),
    ("gemma3n", 5, None),
    ("gemma4", 6, None),
    ("gptoss", 2, None),
    ("gpt-oss", 2, None),
    ("cohere2", 4, None),
    ("llama4", 4, Some(8192)),
    ("olmo2", 4, None),
    ("afmoe", 4, None),
    ("smallthinker", 4, None),
];

/// Of how many layers in a row one has a cache at all, the others a state of fixed size, where `model_info` does not
/// say (`full_attention_interval`).
const HYBRID: [(&str, u64); 3] = [("qwen3next", 4), ("qwen35", 4), ("qwen35moe", 4)];

/// Architectures without any attention: a state of fixed size, some megabytes.
const RECURRENT: [&str; 6] = ["mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"];

/// Ollama's first form of GLM-4.7-Flash: compressed, and without the keys that say so.
const COMPRESSED: [&str; 1] = ["glm4moelite"];

/// For models whose keys are missing: bytes a token by billions of parameters, at least what common dense models of
/// that size need (Llama 3.2 3B 112 KiB, Qwen3 8B 144 KiB, Qwen2.5 14B 192 KiB, 32B 256 KiB, Llama 3.3 70B 320 KiB).
const GUESSES: [(u64, u64); 4] = [(4, 128 << 10), (10, 192 << 10), (20, 256 << 10), (40, 320 << 10)];
/// Above those.
const LARGEST_GUESS: u64 = 512 << 10;
/// Bytes on disk of one parameter, as most models are packed (Q4), in tenths.
const PACKED_TENTHS: u64 = 6;

/// What a model keeps for a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheShape {
    /// Bytes for each token of the conversation.
    pub token_bytes: u64,
    /// Bytes for each token of the window.
    pub window_token_bytes: u64,
    /// Tokens that layers with a window hold at most.
    pub window: u64,
    /// The server did not say enough: this is a safe guess.
    #[serde(default)]
    pub guessed: bool,
}

impl CacheShape {
    /// From `model_info`, and the size on disk in bytes for a guess.
    #[must_use]
    pub fn of(info: Option<&Map<String, Value>>, size_bytes: u64) -> Self {
        let known = info.and_then(|info| Reader::new(info)?.shape());
        known.unwrap_or_else(|| {
            let parameters = info.and_then(|info| info.get("general.parameter_count")?.as_u64());
            guess(parameters.filter(|count| *count > 0), size_bytes)
        })
    }

    /// Bytes at a context of so many tokens.
    #[must_use]
    pub fn bytes(&self, context: u64) -> u64 {
        let held = self.window.saturating_add(BATCH).checked_next_multiple_of(ROUND).unwrap_or(u64::MAX);
        let window = self.window_token_bytes.saturating_mul(context.min(held));
        self.token_bytes.saturating_mul(context).saturating_add(window)
    }
}

/// Whether the answer hides a list that the shape needs: without `verbose` Ollama writes `null` in place of lists.
#[must_use]
pub fn hides_lists(info: &Map<String, Value>) -> bool {
    let Some(reader) = Reader::new(info) else { return false };
    ["attention.head_count_kv", "attention.sliding_window_pattern"]
        .iter()
        .any(|key| reader.get(key).is_some_and(|value| value.is_null() || *value == Value::Array(Vec::new())))
}

fn guess(parameters: Option<u64>, size_bytes: u64) -> CacheShape {
    let parameters = parameters.unwrap_or((size_bytes / PACKED_TENTHS).saturating_mul(10));
    let billions = parameters / 1_000_000_000;
    let known = GUESSES.iter().find(|(most, _)| billions < *most).map(|(_, bytes)| *bytes);
    CacheShape { token_bytes: known.unwrap_or(LARGEST_GUESS), guessed: true, ..CacheShape::default() }
}

/// Reads the keys of one architecture.
struct Reader<'a> {
    info: &'a Map<String, Value>,
    architecture: &'a str,
}

/// A number that is the same for all layers, or one for each.
enum PerLayer {
    All(u64),
    Each(Vec<u64>),
}

impl PerLayer {
    fn at(&self, layer: u64) -> Option<u64> {
        match self {
            Self::All(number) => Some(*number),
            Self::Each(list) => list.get(usize::try_from(layer).ok()?).copied(),
        }
    }
}

/// Numbers of a head's key and value together.
#[derive(Clone, Copy)]
struct Head {
    whole: u64,
    in_window: u64,
}

impl<'a> Reader<'a> {
    fn new(info: &'a Map<String, Value>) -> Option<Self> {
        let architecture = info.get("general.architecture")?.as_str()?;
        Some(Self { info, architecture })
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.info.get(&format!("{}.{key}", self.architecture))
    }

    /// A whole number of at most `most`, zero included; also written as `8.0`.
    fn number(&self, key: &str, most: u64) -> Option<u64> {
        number(self.get(key)?, most)
    }

    fn positive(&self, key: &str, most: u64) -> Option<u64> {
        self.number(key, most).filter(|number| *number > 0)
    }

    /// The shape; `None` when the keys do not tell it.
    fn shape(&self) -> Option<CacheShape> {
        // Models that make embeddings read all at once and keep nothing.
        let keeps_nothing = self.get("attention.causal") == Some(&Value::Bool(false));
        if keeps_nothing || RECURRENT.contains(&self.architecture) {
            return Some(CacheShape::default());
        }
        let layers = self.positive("block_count", MOST_LAYERS)?;
        // The last ones use what earlier ones keep (Gemma 3n and 4).
        let shared = self.number("attention.shared_kv_layers", layers).unwrap_or(0);
        let layers = layers.saturating_sub(shared);
        let (heads, head) = match self.compressed() {
            Some(compressed) => compressed,
            None => (self.kv_heads()?, self.head()?),
        };
        let windows = self.windows();
        let interval = self.interval();
        let mut shape =
            CacheShape { window: windows.as_ref().map_or(0, |windows| windows.0), ..CacheShape::default() };
        for layer in 0..layers {
            let whole = layer.checked_add(1)?.checked_rem(interval)? == 0;
            let heads = heads.at(layer)?;
            if heads == 0 || !whole {
                continue;
            }
            let numbers = |length: u64| heads.saturating_mul(length).saturating_mul(NUMBER);
            if windows.as_ref().is_some_and(|(_, windows)| windows.holds(layer)) {
                shape.window_token_bytes = shape.window_token_bytes.saturating_add(numbers(head.in_window));
            } else {
                shape.token_bytes = shape.token_bytes.saturating_add(numbers(head.whole));
            }
        }
        // Attention that keeps nothing at all is a mistake of the keys.
        (shape.token_bytes > 0 || shape.window_token_bytes > 0).then_some(shape)
    }

    /// KV heads by layer; without the key all heads have their own.
    fn kv_heads(&self) -> Option<PerLayer> {
        match self.get("attention.head_count_kv") {
            Some(Value::Array(list)) if !list.is_empty() => {
                let each = list.iter().map(|value| number(value, MOST_HEADS)).collect::<Option<Vec<_>>>()?;
                Some(PerLayer::Each(each))
            }
            Some(value) => number(value, MOST_HEADS).filter(|heads| *heads > 0).map(PerLayer::All),
            None => self.positive("attention.head_count", MOST_HEADS).map(PerLayer::All),
        }
    }

    fn head(&self) -> Option<Head> {
        let by_width = || {
            let width = self.positive("embedding_length", u64::MAX)?;
            let length = width.checked_div(self.positive("attention.head_count", MOST_HEADS)?)?;
            (1..=LONGEST_HEAD).contains(&length).then_some(length)
        };
        let length = |key: &str| self.positive(key, LONGEST_HEAD);
        let key = length("attention.key_length").or_else(by_width)?;
        let value = length("attention.value_length").or_else(by_width).unwrap_or(key);
        let key_in_window = length("attention.key_length_swa").unwrap_or(key);
        let value_in_window = length("attention.value_length_swa").unwrap_or(value);
        Some(Head { whole: key + value, in_window: key_in_window + value_in_window })
    }

    /// Multi-head latent attention: one compressed entry a layer. An older form of `deepseek2` says the rank and still
    /// keeps every head.
    fn compressed(&self) -> Option<(PerLayer, Head)> {
        let rank = self.positive("attention.kv_lora_rank", LONGEST_HEAD)?;
        let is_so = self.get("attention.key_length_mla").is_some() || COMPRESSED.contains(&self.architecture);
        let turned = self.number("rope.dimension_count", LONGEST_HEAD).unwrap_or(0);
        let whole = rank.saturating_mul(2).saturating_add(turned);
        is_so.then_some((PerLayer::All(1), Head { whole, in_window: whole }))
    }

    /// The window in tokens, and which layers have it.
    fn windows(&self) -> Option<(u64, Windows)> {
        let known = WINDOWED.iter().find(|(name, ..)| *name == self.architecture);
        let window = self
            .positive("attention.sliding_window", u64::MAX)
            .or_else(|| self.positive("attention.chunk_size", u64::MAX))
            .or_else(|| known.and_then(|(_, _, window)| *window))?;
        let pattern = match self.get("attention.sliding_window_pattern") {
            Some(Value::Array(list)) if !list.is_empty() => {
                Some(Windows::Each(list.iter().map(|value| value.as_bool().unwrap_or(false)).collect()))
            }
            Some(value) => number(value, MOST_LAYERS).filter(|number| *number > 0).map(Windows::Period),
            None => None,
        };
        Some((window, pattern.or_else(|| known.map(|(_, period, _)| Windows::Period(*period)))?))
    }

    /// One in so many layers has a cache; 1 for most models.
    fn interval(&self) -> u64 {
        let told = self.positive("full_attention_interval", MOST_LAYERS);
        // A list of heads says it layer by layer.
        let listed = matches!(self.get("attention.head_count_kv"), Some(Value::Array(_)));
        let known =
            || HYBRID.iter().find(|(name, _)| *name == self.architecture).map(|(_, interval)| *interval);
        if listed { 1 } else { told.or_else(known).unwrap_or(1) }
    }
}

/// Which layers have a window.
enum Windows {
    /// One truth for each.
    Each(Vec<bool>),
    /// All but the last of so many in a row.
    Period(u64),
}

impl Windows {
    fn holds(&self, layer: u64) -> bool {
        match self {
            Self::Each(list) => {
                usize::try_from(layer).ok().and_then(|layer| list.get(layer)).copied().unwrap_or(false)
            }
            Self::Period(period) => {
                layer.checked_rem(*period).is_some_and(|place| place.saturating_add(1) < *period)
            }
        }
    }
}

/// A whole number from 0 to `most`, also written as `8.0`.
fn number(value: &Value, most: u64) -> Option<u64> {
    let whole = value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // in range: checked here
        (float.fract() == 0.0 && (0.0..=4_294_967_296.0).contains(&float)).then_some(float as u64)
    })?;
    (whole <= most).then_some(whole)
}
