//! Times a long download as it is folded into one bar, against parsing its lines alone, and watches the memory.
//! Prints `{"parseSeconds","foldSeconds","lines","grownBytes"}`; run by `cargo xtask bench`.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use pincer_core::ollama::{
    pull::{PullFold, PullPhase},
    wire::PullLine,
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Over three hours of a real server's lines.
const LINES: u64 = 200_000;
const LAYERS: u64 = 5;
const LAYER_BYTES: u64 = 8_000_000_000;
/// Lines made at a time, outside of what is timed.
const AT_A_TIME: u64 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut parse, mut fold) = (Duration::ZERO, Duration::ZERO);
    let mut download = PullFold::new("llama3.3:70b", Duration::ZERO);
    let (mut at_first, mut most) = (0, 0);
    for begin in (0..LINES).step_by(usize::try_from(AT_A_TIME)?) {
        let lines: Vec<String> = (begin..begin + AT_A_TIME).map(line).collect();
        let begun = Instant::now();
        for line in &lines {
            std::hint::black_box(serde_json::from_slice::<PullLine>(line.as_bytes())?);
        }
        parse += begun.elapsed();

        let begun = Instant::now();
        for (line, number) in lines.iter().zip(begin..) {
            let now = Duration::from_millis(60) * u32::try_from(number)?;
            download.raw_line(line.as_bytes(), now);
            // As it is told, line by line.
            std::hint::black_box(download.state(now));
        }
        fold += begun.elapsed();

        let memory = memory()?;
        // The first rounds fill what stays: the window of the speed, the buffers of the allocator.
        if begin == LINES / 10 {
            at_first = memory;
        }
        most = most.max(memory);
    }
    if download.phase() != PullPhase::Downloading || download.completed() == 0 {
        return Err("the lines are no download".into());
    }
    let line = serde_json::json!({
        "parseSeconds": parse.as_secs_f64(),
        "foldSeconds": fold.as_secs_f64(),
        "lines": LINES,
        "grownBytes": most.saturating_sub(at_first),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// The line of a server that loads one layer after the other.
fn line(number: u64) -> String {
    let of_a_layer = LINES / LAYERS;
    let (layer, step) = (number / of_a_layer, number % of_a_layer);
    let digest = format!("{:064x}", layer + 0xabcd_ef01_2345);
    let short: String = digest.chars().take(12).collect();
    let completed = LAYER_BYTES / of_a_layer * (step + 1);
    format!(
        r#"{{"status":"pulling {short}","digest":"sha256:{digest}","total":{LAYER_BYTES},"completed":{completed}}}"#
    )
}

/// The memory of this process in bytes.
fn memory() -> Result<u64, Box<dyn std::error::Error>> {
    let pid = Pid::from_u32(std::process::id());
    let mut system = System::new()?;
    let what = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    Ok(system.process(pid).ok_or("this process is not seen")?.memory())
}
