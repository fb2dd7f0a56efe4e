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
pub mod variable;
