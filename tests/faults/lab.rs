//! The laboratory: a scenario plays on a stage of its own, `doctor` looks at it, what it names and how fast is held
//! against what was broken, and what it offers is done. With `PINCER_SCOREBOARD` each writes its line into that file.

use std::{
    cell::RefCell,
    fs::OpenOptions,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::{Command, Output},
    thread,
    time::{Instant, SystemTime},
};

use pincer_core::{
    computer::Computer,
    diagnosis::{
        finding::Remedy,
        remedy::{Carried, carry_out},
    },
    machine::os::Os,
    openclaw::change,
    surroundings::{Environment, Surroundings},
};
use serde_json::{Value, json};

use crate::support::{
    apart::{World, is_allowed},
    home::Home,
    process, programs,
};

/// One thing that is broken, or two at once.
pub struct Scenario {
    pub name: &'static str,
    /// What must be named: the first first, the others after it in this order.
    pub codes: &'static [&'static str],
    pub play: fn(&Lab),
}

/// The scenarios of a module: each is a row of its table and a test, so that neither is there without the other.
macro_rules! scenarios {
    ($($name:ident: $($code:literal),+;)+) => {
        pub const SCENARIOS: &[$crate::lab::Scenario] = &[$(
            $crate::lab::Scenario { name: stringify!($name), codes: &[$($code),+], play: $name },
        )+];

        mod scenario {$(
            #[test]
            fn $name() {
                let played = super::SCENARIOS.iter().find(|one| one.name == stringify!($name));
                $crate::lab::play(played.unwrap());
            }
        )+}
    };
}
pub(crate) use scenarios;

/// Plays a scenario to its end.
pub fn play(scenario: &Scenario) {
    let lab = Lab::new(scenario.name, scenario.codes, "verdict");
    lab.play(scenario.play);
}

/// A set-up in which nothing may be found.
pub fn well(name: &str, look: impl FnOnce(&Lab)) {
    let lab = Lab::new(name, &[], "healthy");
    lab.play(look);
}

/// Where `doctor` looks: a home, the variables that are set, the network.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    pub home: &'a Home,
    pub environment: &'a [(&'a str, &'a str)],
    pub world: Option<World<'a>>,
}

impl<'a> Stage<'a> {
    pub const fn at(home: &'a Home, environment: &'a [(&'a str, &'a str)]) -> Self {
        Self { home, environment, world: None }
    }

    /// In a network of its own.
    pub const fn apart(home: &'a Home, world: World<'a>) -> Self {
        Self { home, environment: &[], world: Some(world) }
    }

    /// A command of Pincer's, and its seconds.
    pub fn run(&self, arguments: &[&str]) -> (Output, f64) {
        if let Some(world) = self.world {
            return world.run(self.home, &programs::pincer_cli(), arguments);
        }
        timed(
            self.home.command(programs::pincer_cli()).args(arguments).envs(self.environment.iter().copied()),
        )
    }

    /// As the library sees it.
    pub fn computer(&self) -> Computer {
        assert!(self.world.is_none(), "the library runs in this process, not in the other network");
        let own = self.home.environment().into_iter();
        let own = own.map(|(name, value)| (name.to_owned(), value.into_string().unwrap()));
        let told = self.environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::new(own.chain(told));
        Computer::new(Surroundings::new(Os::Linux, environment, self.home.path(), SystemTime::now), None)
    }
}

fn timed(command: &mut Command) -> (Output, f64) {
    let begun = Instant::now();
    let output = command.output().unwrap();
    (output, begun.elapsed().as_secs_f64())
}

/// What came out of a scenario.
#[derive(Default)]
struct Seen {
    /// The first that was named; `None`: nothing yet.
    named: Option<String>,
    /// The slowest look.
    seconds: f64,
    /// The finding that the scenario is about.
    finding: Option<Value>,
    mended: Mended,
    skipped: bool,
}

/// Whether a second look found it gone, and by whose hand.
#[derive(Default, PartialEq, Eq)]
enum Mended {
    #[default]
    Not,
    ByHand,
    ByButton,
}

/// What a scenario is played with.
pub struct Lab {
    name: String,
    codes: Vec<&'static str>,
    budget: &'static str,
    seen: RefCell<Seen>,
}

impl Lab {
    pub fn new(name: &str, codes: &[&'static str], budget: &'static str) -> Self {
        Self { name: name.to_owned(), codes: codes.to_vec(), budget, seen: RefCell::default() }
    }

    /// It is gone, and by hand: where no second `doctor` tells it.
    pub fn gone_by_hand(&self) {
        self.seen.borrow_mut().mended = Mended::ByHand;
    }

    /// It is gone, and by a button; what is on top now the scenario looks at itself.
    pub fn gone_by_a_click(&self) {
        self.seen.borrow_mut().mended = Mended::ByButton;
    }

    pub fn code(&self) -> &'static str {
        self.codes[0]
    }

    /// What `doctor --json` says.
    pub fn doctor(&self, stage: Stage<'_>) -> Value {
        self.doctor_with(stage, &[])
    }

    /// The same with more options. `--deep` takes as long as OpenClaw's own command does: it has no budget.
    pub fn doctor_with(&self, stage: Stage<'_>, more: &[&str]) -> Value {
        let (output, seconds) = stage.run(&[&["doctor", "--json"], more].concat());
        let answer = process::json("doctor", &output);
        if !more.contains(&"--deep") {
            self.took(seconds);
        }
        let status = i32::from(answer["ok"] == false);
        assert_eq!(output.status.code(), Some(status), "{}: {answer:#}", self.name);
        answer
    }

    pub fn took(&self, seconds: f64) {
        let mut seen = self.seen.borrow_mut();
        seen.seconds = seen.seconds.max(seconds);
    }

    /// The finding that the scenario is about. A problem is the first of all, its station broken and the later ones
    /// waiting; a warning or a note is the first of its kind at its station. With evidence, and the scenario's other
    /// causes after it, in their order.
    pub fn named(&self, answer: &Value) -> Value {
        let found = self.first_is(self.codes[0], answer).clone();
        let mut rest = codes(answer).into_iter();
        for code in &self.codes {
            assert!(rest.any(|found| found == *code), "{}: no {code} in its place: {answer:#}", self.name);
        }
        self.seen.borrow_mut().finding = Some(found.clone());
        found
    }

    /// On the way to the scenario's own cause, or from it, another is named first.
    pub fn first_is<'a>(&self, code: &str, answer: &'a Value) -> &'a Value {
        let found = first(answer, code);
        let name = found.map_or("nothing", |found| found["code"].as_str().unwrap());
        if code == self.codes[0] || name != code {
            self.seen.borrow_mut().named = Some(name.to_owned());
        }
        assert_eq!(name, code, "{}: {answer:#}", self.name);
        let found = found.unwrap();
        assert!(!found["evidence"].as_array().unwrap().is_empty(), "{}: {answer:#}", self.name);
        let path = answer["path"].as_array().unwrap();
        let state = |state: &str| path.iter().filter(|station| station["state"] == state).count();
        if found["severity"] == "problem" {
            let broken = path.iter().position(|station| station["link"] == found["link"]).unwrap();
            assert_eq!(path[broken]["state"], "broken", "{}: {answer:#}", self.name);
            let waiting = |station: &Value| station["state"] == "waiting";
            assert!(path[broken + 1..].iter().all(waiting), "{}: {answer:#}", self.name);
            assert_eq!((state("broken"), &answer["ok"]), (1, &json!(false)), "{}: {answer:#}", self.name);
        } else {
            let stopped = state("broken") + state("waiting");
            assert_eq!((stopped, &answer["ok"]), (0, &json!(true)), "{}: {answer:#}", self.name);
        }
        found
    }

    /// Does what the finding offers first, as a person would: types the command that `doctor` tells, or clicks where
    /// there is none. Then nothing of it is left.
    pub fn mends(&self, stage: Stage<'_>) -> Value {
        self.mends_with(stage, "qwen3:8b")
    }

    /// The same, with this model where one is to be chosen.
    pub fn mends_with(&self, stage: Stage<'_>, model: &str) -> Value {
        self.act(stage, model);
        self.is_mended(stage, Mended::ByButton)
    }

    /// The same, with more to be done before it is well.
    pub fn mends_then(&self, stage: Stage<'_>, more: impl FnOnce()) -> Value {
        self.act(stage, "qwen3:8b");
        more();
        self.is_mended(stage, Mended::ByButton)
    }

    /// The first thing that the finding offers, done.
    pub fn act(&self, stage: Stage<'_>, model: &str) {
        let finding = self.seen.borrow().finding.clone().expect("named first");
        let offer = finding["remedies"][0].clone();
        assert_eq!(offer["kind"], "action", "{}: {finding:#}", self.name);
        // The command goes on to start the gateway, which no scenario has.
        let is_setting = ["set-gateway-mode", "set-gateway-token"].contains(&offer["id"].as_str().unwrap());
        match advice(stage, finding["code"].as_str().unwrap()).filter(|_| !is_setting) {
            Some(told) => {
                let typed = told.replace("MODEL", model).replace("ID", model);
                let mut words: Vec<&str> = typed.split(' ').collect();
                let asks = ["use", "install-ollama", "install-openclaw"].contains(&words[0]);
                if asks || words.contains(&"--at-login") {
                    words.push("--yes");
                }
                let (output, _) = stage.run(&words);
                assert!(output.status.success(), "{}: pincer {typed}: {output:?}", self.name);
            }
            None => click(stage, &offer),
        }
    }

    /// Mended by hand: a second look finds nothing of it, and in its place the scenario's next cause, or no problem.
    pub fn mended(&self, stage: Stage<'_>) -> Value {
        self.is_mended(stage, Mended::ByHand)
    }

    /// The same, after a click.
    pub fn mended_by_a_click(&self, stage: Stage<'_>) -> Value {
        self.is_mended(stage, Mended::ByButton)
    }

    fn is_mended(&self, stage: Stage<'_>, by: Mended) -> Value {
        let answer = self.doctor(stage);
        assert!(!codes(&answer).contains(&self.codes[0]), "{}: {answer:#}", self.name);
        match self.codes.get(1) {
            Some(next) => assert_eq!(codes(&answer).first(), Some(next), "{}: {answer:#}", self.name),
            None => assert_eq!(answer["ok"], true, "{}: {answer:#}", self.name),
        }
        self.seen.borrow_mut().mended = by;
        answer
    }

    /// A code that comes from elsewhere than `doctor`: a download, the window's own watcher.
    pub fn told(&self, code: &str, seconds: f64) {
        self.seen.borrow_mut().named = Some(code.to_owned());
        self.took(seconds);
        assert_eq!(code, self.codes[0], "{}", self.name);
    }

    /// Nothing is found, but these notes.
    pub fn is_well(&self, stage: Stage<'_>, notes: &[&str]) {
        let answer = self.doctor(stage);
        let found = codes(&answer);
        let unexpected = found.iter().find(|code| !notes.contains(code));
        self.seen.borrow_mut().named = Some(unexpected.map_or("nothing", |code| *code).to_owned());
        assert_eq!((&answer["ok"], &found[..]), (&json!(true), notes), "{}: {answer:#}", self.name);
        let is_ok = |station: &Value| station["state"] == "ok";
        assert!(answer["path"].as_array().unwrap().iter().all(is_ok), "{}: {answer:#}", self.name);
    }

    /// This system cannot play it: said loudly, never on a build server.
    pub fn skip(&self, why: &str) {
        assert!(std::env::var_os("CI").is_none(), "{}: {why}", self.name);
        // Not by a macro: what those print, the test runner hides when a test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED {}: {why}", self.name);
        self.seen.borrow_mut().skipped = true;
    }

    /// Whether this system has networks of a test's own.
    pub fn may_be_apart(&self) -> bool {
        let allowed = is_allowed();
        if !allowed {
            self.skip("this system allows no network of a test's own (unshare -Urnm)");
        }
        allowed
    }

    /// Plays it to its end, whatever that is, and writes its line.
    pub fn play(&self, play: impl FnOnce(&Self)) {
        let played = catch_unwind(AssertUnwindSafe(|| play(self)));
        let seen = self.seen.borrow();
        let first = seen.finding.as_ref().map(|finding| finding["remedies"][0]["kind"].clone());
        let repaired = match (&seen.mended, first.as_ref().and_then(Value::as_str)) {
            _ if self.codes.is_empty() => "-",
            (Mended::ByButton, _) => "yes",
            (_, Some("action")) => "no",
            (Mended::ByHand, _) => "by hand",
            (Mended::Not, _) => "advice only",
        };
        let nothing = "nothing".to_owned();
        self.write(&json!({
            "scenario": self.name,
            "expected": self.codes.first().unwrap_or(&"nothing"),
            "named": if seen.skipped { "skipped" } else { seen.named.as_ref().unwrap_or(&nothing) },
            "seconds": seen.seconds,
            "repaired": repaired,
            "budget": self.budget,
            "passed": played.is_ok(),
        }));
        if let Err(panic) = played {
            resume_unwind(panic);
        }
        assert!(seen.skipped || seen.named.is_some(), "{} was not looked at", self.name);
        let untried = repaired == "no" && seen.mended == Mended::Not;
        assert!(!untried, "{}: it has a button that was not tried: {:#?}", self.name, seen.finding);
    }

    fn write(&self, row: &Value) {
        let Some(board) = std::env::var_os("PINCER_SCOREBOARD") else { return };
        let mut board = OpenOptions::new().create(true).append(true).open(board).unwrap();
        // One write for a whole line: others write, too.
        board.write_all(format!("{row}\n").as_bytes()).unwrap();
    }
}

/// The codes of all findings, in their order.
pub fn codes(answer: &Value) -> Vec<&str> {
    answer["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// What is named first in the place of this code.
fn first<'a>(answer: &'a Value, code: &str) -> Option<&'a Value> {
    let findings = answer["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["code"] == code);
    let Some(found) = found.filter(|found| found["severity"] != "problem") else { return findings.first() };
    let alike = |finding: &&Value| {
        finding["severity"] == "problem"
            || (finding["severity"] == found["severity"] && finding["link"] == found["link"])
    };
    findings.iter().find(alike)
}

/// The ids of what a finding offers, in their order.
pub fn remedies(finding: &Value) -> Vec<&str> {
    finding["remedies"].as_array().unwrap().iter().map(|offer| offer["id"].as_str().unwrap()).collect()
}

/// The first command of Pincer's own that `doctor` tells to type for this finding.
pub fn advice(stage: Stage<'_>, code: &str) -> Option<String> {
    let told = String::from_utf8(stage.run(&["doctor"]).0.stdout).unwrap();
    let mark = format!("[{code}]");
    let mut about =
        told.lines().skip_while(|line| !line.ends_with(&mark)).take_while(|line| !line.is_empty());
    let command = about.find_map(|line| line.strip_prefix("  > ")?.split_once(": pincer "));
    command.map(|(_, command)| command.to_owned())
}

/// A click on what is offered, and on "apply" in what it shows.
pub fn click(stage: Stage<'_>, offer: &Value) {
    let remedy: Remedy = serde_json::from_value(offer.clone()).unwrap();
    let computer = stage.computer();
    // On a thread of its own: a scenario may have a runtime already.
    let clicked = thread::spawn(move || {
        block_on(async {
            match carry_out(&computer, &remedy).await.unwrap() {
                Carried::Done => {}
                Carried::Prepared(prepared) => {
                    assert!(prepared.preview.changed, "{remedy:?} changes nothing");
                    change::apply(&computer, prepared.plan).await.unwrap().unwrap();
                }
                Carried::ForTheFace => panic!("{remedy:?} cannot be clicked here"),
            }
        });
    });
    if let Err(panic) = clicked.join() {
        resume_unwind(panic);
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}
