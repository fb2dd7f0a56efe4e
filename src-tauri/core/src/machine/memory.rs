//! How much memory this computer has, and its graphics cards: what a model must fit into.
//! Numbers only; `models::fit` judges them.

use std::{fs, path::Path};

use serde::Serialize;
use sysinfo::{MemoryRefreshKind, System};

use super::os::Os;
use crate::surroundings::Surroundings;

/// What memory to assume instead of this computer's: `TOTAL_BYTES[,GRAPHICS_BYTES]`.
pub const MEMORY_VARIABLE: &str = "PINCER_MEMORY";
/// A graphics processor without memory of its own sets some hundred megabytes of the main memory aside and calls
/// them its own: models do not run there.
const SMALLEST_CARD: u64 = 1 << 30;
/// More cards than this are no computer of a person's.
const MOST_CARDS: usize = 64;

/// The memory of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Main memory in bytes.
    pub total_bytes: u64,
    /// Graphics cards with memory of their own.
    pub graphics: Vec<GraphicsCard>,
    /// The graphics processor uses the main memory (Apple).
    pub unified: bool,
}

/// A graphics card with memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export_to = "./"))]
#[serde(rename_all = "camelCase")]
pub struct GraphicsCard {
    /// Its name, as the system tells it.
    pub name: String,
    /// Its memory in bytes.
    pub total_bytes: u64,
}

impl Memory {
    /// The memory of all graphics cards in bytes; 0 without one.
    #[must_use]
    pub fn graphics_bytes(&self) -> u64 {
        self.graphics.iter().fold(0, |sum, card| sum.saturating_add(card.total_bytes))
    }

    /// Main and graphics memory together in bytes: Ollama spreads a model over both.
    #[must_use]
    pub fn all_bytes(&self) -> u64 {
        self.total_bytes.saturating_add(self.graphics_bytes())
    }
}

/// The memory of this computer; `None` when the system does not tell. Blocking, up to a second where a driver wakes.
#[must_use]
pub fn read(surroundings: &Surroundings) -> Option<Memory> {
    let told = surroundings.environment.get(MEMORY_VARIABLE).and_then(told);
    told.or_else(|| measured(surroundings.os, std::env::consts::ARCH, Path::new("/")))
}

/// The override; nothing when it is no number, or no memory at all.
fn told(text: &str) -> Option<Memory> {
    let (total, graphics) = text.split_once(',').map_or((text, None), |(total, rest)| (total, Some(rest)));
    let total_bytes = total.trim().parse().ok().filter(|bytes| *bytes > 0)?;
    let card = match graphics {
        None => 0,
        Some(text) => text.trim().parse().ok()?,
    };
    let card = (card > 0).then(|| GraphicsCard { name: MEMORY_VARIABLE.to_owned(), total_bytes: card });
    Some(Memory { total_bytes, graphics: card.into_iter().collect(), unified: false })
}

fn measured(os: Os, processor: &str, root: &Path) -> Option<Memory> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let total_bytes = system.total_memory();
    let unified = is_unified(os, processor);
    let mut graphics = Vec::new();
    if !unified {
        graphics.extend(nvidia());
        if let Some(folder) = amd_folder(os) {
            graphics.extend(amd(&root.join(folder)));
        }
    }
    graphics.retain(|card| card.total_bytes >= SMALLEST_CARD);
    (total_bytes > 0).then_some(Memory { total_bytes, graphics, unified })
}

/// Apple's own processors share the main memory with their graphics.
fn is_unified(os: Os, processor: &str) -> bool {
    os == Os::MacOs && processor == "aarch64"
}

/// Where the system lists graphics cards with AMD's driver, below its root; other systems tell it to nobody.
fn amd_folder(os: Os) -> Option<&'static str> {
    match os {
        Os::Linux => Some("sys/class/drm"),
        Os::MacOs | Os::Windows => None,
    }
}

/// `cardN/device/mem_info_vram_total` of the kernel's `amdgpu` driver.
fn amd(folder: &Path) -> Vec<GraphicsCard> {
    let is_card = |name: &str| name.strip_prefix("card").is_some_and(|number| number.parse::<u32>().is_ok());
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_card(name))
        .collect();
    names.sort();
    names.truncate(MOST_CARDS);
    let card = |name: &String| {
        let device = folder.join(name).join("device");
        let text = |file: &str| fs::read_to_string(device.join(file)).ok().map(|text| text.trim().to_owned());
        let total_bytes = text("mem_info_vram_total")?.parse().ok()?;
        let product = text("product_name").filter(|name| !name.is_empty());
        Some(GraphicsCard { name: product.unwrap_or_else(|| format!("AMD {name}")), total_bytes })
    };
    names.iter().filter_map(card).collect()
}

/// NVIDIA's cards, through the library that its driver brings; none where it is not there.
#[cfg(any(target_os = "linux", windows))]
fn nvidia() -> Vec<GraphicsCard> {
    let Ok(nvml) = nvml_wrapper::Nvml::init() else { return Vec::new() };
    let count = nvml.device_count().unwrap_or_default();
    let card = |index| {
        let device = nvml.device_by_index(index).ok()?;
        let total_bytes = device.memory_info().ok()?.total;
        Some(GraphicsCard { name: device.name().unwrap_or_else(|_| "NVIDIA".to_owned()), total_bytes })
    };
    (0..count).take(MOST_CARDS).filter_map(card).collect()
}

#[cfg(not(any(target_os = "linux", windows)))]
fn nvidia() -> Vec<GraphicsCard> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::surroundings::Environment;

    #[test]
    fn the_override_counts_and_a_bad_one_does_not() {
        let bytes = |text: &str| told(text).map(|memory| (memory.total_bytes, memory.graphics_bytes()));
        for (text, expected) in [
            ("16000000000", Some((16_000_000_000, 0))),
            ("16000000000,8000000000", Some((16_000_000_000, 8_000_000_000))),
            (" 16 , 8 ", Some((16, 8))),
            ("16,0", Some((16, 0))),
            ("16,", None),
            ("0", None),
            ("-1", None),
            ("16 GB", None),
            ("16,8,4", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
        let with = |value: &str| {
            let environment = Environment::new([(MEMORY_VARIABLE, value)]);
            read(&Surroundings::new(Os::current(), environment, "/", SystemTime::now))
        };
        assert_eq!(with("12").unwrap().total_bytes, 12);
        // This computer has some, whatever a bad override says.
        assert!(with("much").unwrap().total_bytes > 1 << 28);
    }

    #[test]
    fn cards_are_read_where_amds_driver_lists_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("drm");
        let put = |card: &str, file: &str, text: &str| {
            fs::create_dir_all(folder.join(card).join("device")).unwrap();
            fs::write(folder.join(card).join("device").join(file), text).unwrap();
        };
        put("card1", "mem_info_vram_total", "17163091968\n");
        put("card1", "product_name", "Radeon RX 7800 XT\n");
        put("card0", "mem_info_vram_total", "8573157376\n");
        put("card2", "mem_info_vram_total", "nonsense");
        put("card3", "other", "1");
        put("card1-DP-1", "mem_info_vram_total", "17163091968\n");
        put("renderD128", "mem_info_vram_total", "17163091968\n");
        let found: Vec<(String, u64)> =
            amd(&folder).into_iter().map(|card| (card.name, card.total_bytes)).collect();
        let expected =
            [("AMD card0".to_owned(), 8_573_157_376), ("Radeon RX 7800 XT".to_owned(), 17_163_091_968)];
        assert_eq!(found, expected);
        assert!(amd(&root.path().join("nothing")).is_empty());
    }

    #[test]
    fn what_differs_between_systems() {
        for (os, processor, unified, listed) in [
            (Os::Linux, "aarch64", false, true),
            (Os::MacOs, "aarch64", true, false),
            (Os::MacOs, "x86_64", false, false),
            (Os::Windows, "x86_64", false, false),
        ] {
            assert_eq!((is_unified(os, processor), amd_folder(os).is_some()), (unified, listed), "{os:?}");
        }
    }

    #[test]
    fn sums_do_not_overflow() {
        let card = || GraphicsCard { name: String::new(), total_bytes: u64::MAX };
        let memory = Memory { total_bytes: u64::MAX, graphics: vec![card(), card()], unified: false };
        assert_eq!((memory.graphics_bytes(), memory.all_bytes()), (u64::MAX, u64::MAX));
    }
}
