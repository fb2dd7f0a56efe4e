//! A screen of its own for a window that is measured: Xvfb on a display number that it finds free by itself, with its
//! pixels in a file, so that looking at them costs the measured programs next to nothing.

use std::{
    env, fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::stage;
use crate::failure::Failure;

/// Between two looks at the pixels: under one picture of a usual screen.
const LOOK: Duration = Duration::from_millis(10);
/// A picture that stands so long is the last one.
const STILL: Duration = Duration::from_secs(3);
/// No start takes longer.
const LIMIT: Duration = Duration::from_secs(60);
/// Of the pixels, how many may still change once a picture is useful: a clock, a count.
const USEFUL: f64 = 0.02;

pub(super) struct Screen {
    server: Child,
    folder: TempDir,
    name: String,
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Only fails when it has ended by itself already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Screen {
    /// # Errors
    /// When Xvfb does not start.
    pub(super) fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::file(env::temp_dir()))?;
        let mut command = Command::new("Xvfb");
        // It prints the number once it takes connections.
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
            "-noreset",
            "-fbdir",
        ]);
        let mut server = command
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Start { program: "Xvfb".into(), source })?;
        let number = stage::first_line(&mut server).trim().to_owned();
        let is_one = number.parse::<u32>().is_ok();
        let screen = Self { server, folder, name: format!(":{number}") };
        is_one
            .then_some(screen)
            .ok_or_else(|| Failure::Needs(format!("Xvfb found no free display: {number:?}")))
    }

    /// As `DISPLAY` takes it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("Xvfb_screen0")
    }

    /// What is to be seen just now.
    ///
    /// # Errors
    /// When Xvfb's file cannot be read.
    pub(super) fn picture(&self) -> Result<Picture, Failure> {
        let file = fs::read(self.file()).map_err(Failure::file(self.file()))?;
        Picture::of(&file)
            .ok_or_else(|| Failure::Needs("Xvfb's file of pixels has another form than known.".into()))
    }

    /// Watches from `begun` until the picture stands still and is another than `empty`; how long it took from then to
    /// the first useful one.
    ///
    /// # Errors
    /// When it never stands still.
    pub(super) fn settles(&self, begun: Instant, empty: &Picture) -> Result<Duration, Failure> {
        let mut seen: Vec<(Duration, Picture)> = Vec::new();
        let mut changed = begun;
        loop {
            let now = self.picture()?;
            let last = seen.last().map_or(empty, |(_, picture)| picture);
            if now.differs_from(last) > 0.0 {
                changed = Instant::now();
                seen.push((changed - begun, now));
            }
            if !seen.is_empty() && changed.elapsed() >= STILL {
                return Ok(useful(&seen));
            }
            if begun.elapsed() > LIMIT {
                let why =
                    if seen.is_empty() { "nothing was to be seen" } else { "the picture never stood still" };
                return Err(Failure::Needs(format!("After {} s {why} in the window.", LIMIT.as_secs())));
            }
            thread::sleep(LOOK);
        }
    }
}

/// When the first picture came from which on all were as good as the last.
fn useful(seen: &[(Duration, Picture)]) -> Duration {
    let Some((_, last)) = seen.last() else { return Duration::ZERO };
    let is_useful = |(_, picture): &&(Duration, Picture)| picture.differs_from(last) <= USEFUL;
    seen.iter().rev().take_while(is_useful).last().map_or(Duration::ZERO, |(time, _)| *time)
}

/// Every fourth line of a screen: enough to tell pictures apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture(Vec<u8>);

impl Picture {
    /// From the file that Xvfb writes, an X window dump: its header in big-endian words of 32 bits, its colours, lines.
    fn of(file: &[u8]) -> Option<Self> {
        let word = |at: usize| -> Option<usize> {
            let bytes = file.get(at * 4..at * 4 + 4)?.try_into().ok()?;
            usize::try_from(u32::from_be_bytes(bytes)).ok()
        };
        let (header, height, line, colours) = (word(0)?, word(5)?, word(12)?, word(19)?);
        let pixels = file.get(header + colours * 12..)?.get(..height.checked_mul(line)?)?;
        Some(Self(pixels.chunks_exact(line.max(4)).step_by(4).flatten().copied().collect()))
    }

    /// The share of pixels that are others.
    fn differs_from(&self, other: &Self) -> f64 {
        if self.0 == other.0 {
            return 0.0;
        }
        let pairs = self.0.chunks_exact(4).zip(other.0.chunks_exact(4));
        let others = pairs.filter(|(one, two)| one != two).count();
        // Never none: they are not the same.
        others.max(1) as f64 / (self.0.len() / 4).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one colour, but for so many pixels of a hundred.
    fn picture(other: usize) -> Picture {
        Picture((0..100).flat_map(|at| if at < other { [9; 4] } else { [0; 4] }).collect())
    }

    #[test]
    fn a_picture_is_read_behind_its_header_and_colours() {
        let mut file = vec![0; 100 + 2 * 12];
        for (at, value) in [(0, 100_u32), (5, 8), (12, 8), (19, 2)] {
            file[at * 4..at * 4 + 4].copy_from_slice(&value.to_be_bytes());
        }
        assert_eq!(Picture::of(&file), None, "no lines yet");
        file.extend((0..8).flat_map(|line| [line; 8]));
        assert_eq!(Picture::of(&file).unwrap().0, [[0; 8], [4; 8]].concat());
    }

    #[test]
    fn the_first_useful_picture_is_as_good_as_all_that_follow() {
        let at = |time, other| (Duration::from_millis(time), picture(other));
        assert_eq!(picture(0).differs_from(&picture(7)), 0.07);
        let seen = [at(10, 1), at(20, 50), at(30, 2), at(40, 0), at(50, 1)];
        assert_eq!(useful(&seen), Duration::from_millis(30), "what came at first went away again");
        assert_eq!(useful(&seen[..1]), Duration::from_millis(10));
    }
}
