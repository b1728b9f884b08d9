//! Frames in a byte stream: the intro, then three length bytes (big endian) before every payload.
//!
//! A WebSocket message is a piece of that stream, not a frame: clients may split and join as they like.

use bytes::{Buf, BytesMut};
use thiserror::Error;
use whatsapp_rust::wacore_binary::consts::WA_CONN_HEADER;

use crate::limits;

const EDGE_ROUTING_INTRO: [u8; 4] = *b"ED\0\x01";
const LENGTH_BYTES: usize = 3;

/// Takes a client's stream apart into frames.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    buffer: BytesMut,
    intro_seen: bool,
}

/// Why a stream cannot be read on.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum FramingError {
    #[error("the stream does not open with the WhatsApp intro of dictionary version 3")]
    Intro,
    #[error("edge routing of {0} bytes is over the limit of {limit}", limit = limits::EDGE_ROUTING_BYTES)]
    EdgeRoutingTooLong(usize),
    #[error("a frame of {0} bytes is over the limit of {limit}", limit = limits::FRAME_BYTES)]
    FrameTooLong(usize),
}

impl FrameReader {
    /// Adds what the socket gave.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes come.
    pub(crate) fn next_frame(&mut self) -> Result<Option<BytesMut>, FramingError> {
        if !self.intro_seen && !self.take_intro()? {
            return Ok(None);
        }
        let Some(length) = length_at(&self.buffer, 0) else {
            return Ok(None);
        };
        if length > limits::FRAME_BYTES {
            return Err(FramingError::FrameTooLong(length));
        }
        if self.buffer.len() < LENGTH_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        Ok(Some(self.buffer.split_to(length)))
    }

    /// Consumes the optional edge-routing block and the intro; false while they are incomplete.
    fn take_intro(&mut self) -> Result<bool, FramingError> {
        if self.buffer.starts_with(&EDGE_ROUTING_INTRO) {
            let Some(length) = length_at(&self.buffer, EDGE_ROUTING_INTRO.len()) else {
                return Ok(false);
            };
            if length > limits::EDGE_ROUTING_BYTES {
                return Err(FramingError::EdgeRoutingTooLong(length));
            }
            let block = EDGE_ROUTING_INTRO.len() + LENGTH_BYTES + length;
            if self.buffer.len() < block {
                return Ok(false);
            }
            self.buffer.advance(block);
        }
        let known = self.buffer.len().min(WA_CONN_HEADER.len());
        let opening = &self.buffer[..known];
        if !WA_CONN_HEADER.starts_with(opening) && !EDGE_ROUTING_INTRO.starts_with(opening) {
            return Err(FramingError::Intro);
        }
        if known < WA_CONN_HEADER.len() {
            return Ok(false);
        }
        self.buffer.advance(WA_CONN_HEADER.len());
        self.intro_seen = true;
        Ok(true)
    }
}

/// Puts the length before a payload. The server sends no intro.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[1..], payload].concat()
}

fn length_at(buffer: &[u8], at: usize) -> Option<usize> {
    let bytes = buffer.get(at..at + LENGTH_BYTES)?;
    Some(bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests;
