//! The server in a process of its own, so that what it remembers is not counted: this very program, asked to be one.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pincer_practice::{Options, Practice, PracticeModel};

/// Set in that process.
const ASKED: &str = "PINCER_TEST_SERVES";
/// What is counted is counted for the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Holds other tests of this process back; `None` in the process that serves.
pub(crate) fn unless_it_is_one() -> Option<MutexGuard<'static, ()>> {
    env::var_os(ASKED).is_none().then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Serves until its parent closes its input: `stop` and `start` a line.
pub(crate) fn serve_when_asked() {
    if env::var_os(ASKED).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let models = vec![PracticeModel::tools("qwen3:8b"), PracticeModel::tools("llama3.2:3b")];
    let options = Options {
        tick: Duration::from_millis(5),
        // Longer than anyone waits: each is cancelled.
        pull_ticks: 1_000_000,
        ..Options::with_models(models)
    };
    runtime.block_on(async {
        let practice = Practice::start(options).await.unwrap();
        println!("serves {}", practice.url());
        for line in std::io::stdin().lines() {
            match line.unwrap().as_str() {
                "stop" => practice.stop().await,
                _ => practice.start_again().await.unwrap(),
            }
            println!("done");
        }
    });
}

/// That process. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "the_server", "--nocapture"]).env(ASKED, "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { orders: child.stdin.take(), child, said, url: String::new() };
        server.url = server.hear("serves ");
        server
    }

    /// `stop` or `start`; done when this returns.
    pub(crate) fn order(&mut self, what: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{what}").unwrap();
        self.hear("done");
    }

    fn hear(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the server ended");
            // The test harness talks, too, and may leave its line open.
            if let Some((_, rest)) = line.split_once(word) {
                return rest.trim().to_owned();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.orders.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
