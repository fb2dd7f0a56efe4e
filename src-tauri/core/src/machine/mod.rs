//! The computer: which system, which programs, who owns a port.
//! What differs between systems is data, tested for all three on any.

pub mod command;
pub mod disk;
pub mod group;
pub mod lines;
pub mod log_file;
pub mod memory;
pub mod os;
pub mod own_address;
pub mod port_owner;
pub mod reserved_ports;
pub mod unfinished;
pub mod variable;

use crate::error::{Error, ErrorCode};

/// Does work that waits for the disk or for the system where no task waits behind it.
///
/// # Errors
/// [`ErrorCode::Internal`] when it panicked.
pub(crate) async fn blocking<A: Send + 'static>(
    work: impl FnOnce() -> A + Send + 'static,
) -> Result<A, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::new(ErrorCode::Internal {}, error.to_string()))
}
