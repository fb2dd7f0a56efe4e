//! How long OpenClaw's first answer takes on this computer, reckoned from what a live check measured: the time to load
//! the model, and the speed at which it reads.

use super::Checked;

/// Tokens of OpenClaw's instructions with its tools (measured on 2026.9.6): a new conversation begins with reading them.
pub const INSTRUCTIONS: u64 = 16_400;
/// An answer that begins within so many seconds is none that people complain of.
pub const SLOW_SECONDS: u64 = 60;

impl Checked {
    /// Seconds until the first word of a new conversation in OpenClaw: the model is loaded, and OpenClaw's instructions
    /// are read at the speed that the check showed. `None` when the server did not say how fast it read.
    #[must_use]
    pub fn first_answer_seconds(&self) -> Option<u64> {
        let speed = self.tokens_read_per_second.filter(|speed| *speed > 0.0)?;
        #[allow(clippy::cast_precision_loss)] // some thousands
        let reading = INSTRUCTIONS as f64 / speed;
        let seconds = (self.load_seconds.unwrap_or_default() + reading).ceil();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
        (seconds.is_finite() && seconds >= 0.0).then_some(seconds as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::check::CheckOutcome;

    #[test]
    fn the_first_answer_is_the_load_and_the_instructions() {
        for (load, speed, expected) in [
            (Some(60.0), Some(20.0), Some(880)),
            (None, Some(20.0), Some(820)),
            (Some(3.5), Some(500.0), Some(37)),
            (Some(0.04), Some(1e9), Some(1)),
            (Some(60.0), None, None),
            (Some(60.0), Some(0.0), None),
            (Some(60.0), Some(-1.0), None),
            (Some(60.0), Some(f64::NAN), None),
            (Some(f64::INFINITY), Some(20.0), None),
        ] {
            let checked = Checked {
                load_seconds: load,
                tokens_read_per_second: speed,
                ..Checked::new(1, CheckOutcome::CalledTool {})
            };
            assert_eq!(checked.first_answer_seconds(), expected, "{load:?} {speed:?}");
        }
    }
}
