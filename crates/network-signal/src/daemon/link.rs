//! The stream to signal-cli.

use super::Core;
use super::child::SOCKET;
use crate::settings::{Address, Source};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// A stream of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to signal-cli.
pub(super) async fn connect(core: &Core) -> io::Result<Box<dyn Stream>> {
    match &core.settings.source {
        Source::Child { .. } => connect_in(&core.settings.state_dir, SOCKET).await,
        Source::External(Address::Unix(path)) => Ok(Box::new(UnixStream::connect(path).await?)),
        Source::External(Address::Tcp(address)) => Ok(Box::new(TcpStream::connect(address).await?)),
    }
}

/// A socket address holds about a hundred bytes, and a state folder may be longer; through the folder's own handle the
/// path is short.
async fn connect_in(folder: &Path, name: &str) -> io::Result<Box<dyn Stream>> {
    let folder = File::open(folder)?;
    let path = format!("/proc/self/fd/{}/{name}", folder.as_raw_fd());
    Ok(Box::new(UnixStream::connect(path).await?))
}
