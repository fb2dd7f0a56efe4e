//! Killed from outside at random moments, a few hundred times: the files are wholly old or wholly new, the next start
//! settles, undo is possible, and nothing of ours is left lying about.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what broke by panicking"
)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    env, fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fastrand::Rng;
use serde_json::Value;
use support::{home::Home, ollama::Ollama, process, programs, settings};

/// For each of `use` and `undo`.
const KILLS: usize = 160;
/// Runs that are let through, to learn how long one takes.
const SAMPLES: usize = 5;
/// A home serves for so many kills, or its history grows long.
const KILLS_A_HOME: usize = 10;
/// Another seed than the clock's, to see a failure again.
const SEED: &str = "PINCER_TEST_SEED";

const MAIN: &str = "openclaw.json";
/// Three files of which one is made, with modes of their own.
const AGENT: &str = "agents/main/agent/models.json";
const AGENT_TEXT: &str = r#"{"providers":{"ollama":{"baseUrl":"http://127.0.0.1:1"}}, "mine": 1}"#;
const USE: &[&str] = &["use", "qwen3:8b", "--automatic", "--yes"];
/// A start that has nothing to do but to settle.
const START: &[&str] = &["use", "qwen3:8b", "--automatic", "--dry-run", "--json"];
const UNDO: &[&str] = &["undo", "--json"];

type Tree = Vec<(PathBuf, Vec<u8>, u32)>;

/// A home with settings of some size, so that writing them takes a moment.
struct Scene<'a> {
    home: Home,
    ollama: &'a Ollama,
}

impl<'a> Scene<'a> {
    fn new(ollama: &'a Ollama) -> Self {
        let home = Home::new();
        let padding: String = (0..400).map(|line| format!("  // {line} is mine\n")).collect();
        settings::write(&home, MAIN, &format!("{{\n{padding}  gateway: {{ mode: 'local' }},\n}}\n"));
        settings::write(&home, AGENT, AGENT_TEXT);
        for (file, mode) in [(MAIN, 0o640), (AGENT, 0o604)] {
            fs::set_permissions(settings::state(&home, file), fs::Permissions::from_mode(mode)).unwrap();
        }
        Self { home, ollama }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(programs::pincer_cli());
        command.args(arguments).env("OLLAMA_HOST", self.ollama.host());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// The files of OpenClaw's, with what they hold and their modes.
    fn tree(&self) -> Tree {
        settings::tree(&self.home.path().join(".openclaw"))
    }

    /// Without what a kill may leave for the next start.
    fn tree_but_temporaries(&self) -> Tree {
        let mut tree = self.tree();
        tree.retain(|(path, ..)| path.extension().is_none_or(|extension| extension != "tmp"));
        tree
    }

    fn data(&self) -> PathBuf {
        self.home.path().join(".local/share/dev.pincer.desktop")
    }

    fn is_pending(&self) -> bool {
        let receipts = fs::read_dir(self.data().join("history")).into_iter().flatten().flatten();
        receipts
            .filter_map(|entry| fs::read_to_string(entry.path()).ok())
            .any(|text| text.contains("\"pending\""))
    }

    /// How many changes are in force.
    fn changes(&self) -> usize {
        let listed: Value = process::json("history", &self.run(&["history", "--json"]));
        let receipts = listed["receipts"].as_array().unwrap();
        let in_force = |one: &&Value| one["kind"]["kind"] == "settings" && one["undoneBy"].is_null();
        receipts.iter().filter(in_force).count()
    }

    /// How many receipts there are.
    fn receipts(&self) -> usize {
        fs::read_dir(self.data().join("history")).map_or(0, Iterator::count)
    }

    /// Starts a command and kills it: so long after its start, its first word or its receipt.
    fn kill(&self, arguments: &[&str], (phase, delay): (Phase, Duration)) {
        let receipts = self.receipts();
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        phase.wait(self, &mut child, receipts);
        // The moment is what is tested: there is no event to wait for.
        let until = Instant::now() + delay;
        while Instant::now() < until {
            thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// From where a moment is measured.
#[derive(Clone, Copy)]
enum Phase {
    Start,
    /// `use` shows the change, then writes.
    Word,
    /// The files are touched only after the receipt of what is to happen to them is on disk.
    Receipt,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Start, Self::Word, Self::Receipt];

    /// Waits until it has come, or the command is over.
    fn wait(self, scene: &Scene<'_>, child: &mut Child, receipts: usize) {
        match self {
            Self::Start => {}
            Self::Word => drop(child.stdout.as_mut().unwrap().read(&mut [0])),
            Self::Receipt => {
                while scene.receipts() == receipts && child.try_wait().unwrap().is_none() {
                    thread::yield_now();
                }
            }
        }
    }
}

/// How long a command takes here, from each phase to its end.
#[derive(Clone, Copy, Default)]
struct Lasts([Duration; 3]);

impl Lasts {
    /// The longest of what is known and one more run.
    fn learn(&mut self, scene: &Scene<'_>, arguments: &[&str]) {
        let receipts = scene.receipts();
        let mut child = scene.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        // A command that says its one word at the end has its receipt before.
        let order = if arguments == USE { [0, 1, 2] } else { [0, 2, 1] };
        let begun = order.map(|phase| {
            Phase::ALL[phase].wait(scene, &mut child, receipts);
            (phase, Instant::now())
        });
        child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
        assert!(child.wait().unwrap().success());
        for (phase, begun) in begun {
            self.0[phase] = self.0[phase].max(begun.elapsed());
        }
    }

    fn moment(&self, random: &mut Rng) -> (Phase, Duration) {
        let phase = random.usize(..Phase::ALL.len());
        (Phase::ALL[phase], self.0[phase].mul_f64(random.f64()))
    }
}

/// What was seen, to know that the kills hit what they are to hit.
#[derive(Default)]
struct Seen {
    old: AtomicUsize,
    new: AtomicUsize,
    pending: AtomicUsize,
    partial: AtomicUsize,
    temporary: AtomicUsize,
}

fn count(counter: &AtomicUsize, happened: bool) {
    counter.fetch_add(usize::from(happened), Relaxed);
}

/// Right after a kill every file by itself is whole: old or new, with its mode.
fn assert_each_whole(scene: &Scene<'_>, old: &Tree, new: &Tree, seen: &Seen, what: &str) {
    let tree = scene.tree_but_temporaries();
    for file in &tree {
        assert!(old.contains(file) || new.contains(file), "{what}: torn: {}", file.0.display());
    }
    for (path, ..) in old.iter().filter(|file| new.iter().any(|other| other.0 == file.0)) {
        assert!(tree.iter().any(|file| file.0 == *path), "{what}: lost: {}", path.display());
    }
    count(&seen.pending, scene.is_pending());
    count(&seen.partial, tree != *old && tree != *new);
    count(&seen.temporary, !settings::temporaries(scene.home.path()).is_empty());
}

/// The next start settles: all is old, or all is new. Gives whether it is new.
fn settle(scene: &Scene<'_>, old: &Tree, new: &Tree, what: &str) -> bool {
    scene.run(START);
    let tree = scene.tree();
    assert!(tree == *old || tree == *new, "{what}: neither old nor new");
    assert_eq!(settings::temporaries(scene.home.path()), Vec::<PathBuf>::new(), "{what}");
    assert!(!scene.is_pending(), "{what}: still pending");
    tree == *new
}

fn seed() -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    env::var(SEED).ok().map_or_else(clock, |text| text.parse().expect("a number"))
}

/// Kills `use` and `undo` in turns, until there were enough.
fn kill_many(ollama: &Ollama, new: &Tree, seed: u64, kills: usize, lasts: [Lasts; 2], seen: &Seen) {
    let mut random = Rng::with_seed(seed);
    let mut scene = Scene::new(ollama);
    let old = &scene.tree();
    for number in 0..kills {
        if number % KILLS_A_HOME == KILLS_A_HOME - 1 {
            scene = Scene::new(ollama);
        }
        let what = format!("{SEED}={seed}, kill {number}");
        scene.kill(USE, lasts[0].moment(&mut random));
        assert_each_whole(&scene, old, new, seen, &what);
        if random.u8(..4) == 0 {
            // The start that is to settle it is killed too.
            scene.kill(START, (Phase::Start, lasts[0].0[0].mul_f64(random.f64())));
            assert_each_whole(&scene, old, new, seen, &what);
        }
        let written = settle(&scene, old, new, &what);
        count(if written { &seen.new } else { &seen.old }, true);
        assert_eq!(
            scene.changes(),
            usize::from(written),
            "{what}: a receipt for what is there, and no other"
        );
        if !written {
            scene.run(USE);
            assert_eq!(scene.tree(), *new, "{what}");
        }

        scene.kill(UNDO, lasts[1].moment(&mut random));
        assert_each_whole(&scene, old, new, seen, &what);
        let still = settle(&scene, old, new, &what);
        count(if still { &seen.new } else { &seen.old }, true);
        assert_eq!(
            scene.changes(),
            usize::from(still),
            "{what}: undo is possible where there is something to undo"
        );
        if still {
            scene.run(UNDO);
            assert_eq!(scene.tree(), *old, "{what}: undone");
        }
        assert_eq!(settings::temporaries(scene.home.path()), Vec::<PathBuf>::new(), "{what}");
    }
}

#[test]
fn killed_at_random_moments_it_is_old_or_new_and_undo_is_possible() {
    let seed = seed();
    let server = Home::new();
    let ollama = Ollama::start(&server);
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let mut lasts = [Lasts::default(); 2];
    let scene = Scene::new(&ollama);
    let mut new = Tree::new();
    for _ in 0..SAMPLES {
        lasts[0].learn(&scene, USE);
        // The same in every home: no path of the home is in it.
        new = scene.tree();
        lasts[1].learn(&scene, UNDO);
    }
    let seen = Seen::default();
    thread::scope(|scope| {
        for worker in 0..workers {
            let (ollama, new, seen) = (&ollama, &new, &seen);
            let kills = KILLS / workers + usize::from(worker < KILLS % workers);
            scope.spawn(move || kill_many(ollama, new, seed + worker as u64, kills, lasts, seen));
        }
    });
    let counted = [&seen.old, &seen.new, &seen.pending, &seen.partial, &seen.temporary]
        .map(|counter| counter.load(Relaxed));
    // Not by a macro: what those print, the test runner hides when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "\n{SEED}={seed}: old, new, pending, partly written, with a temporary file: {counted:?}"
    );
    // Or the moments were not where they should be, and nothing was tested.
    assert!(counted[..3].iter().all(|count| *count > 0), "{SEED}={seed}: {counted:?}");
}
