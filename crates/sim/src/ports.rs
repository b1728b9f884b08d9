//! Free ports on loopback.

use std::io;
use std::net::TcpListener;

/// A port that was free a moment ago. Programs that choose their own port are better; this is for those that cannot.
pub fn free() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
