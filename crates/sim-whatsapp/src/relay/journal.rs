//! The stanza log: outlines of what came and went, for tests that ask what was on the wire.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use whatsapp_rust::wacore_binary::Node;

use crate::clock::unix_seconds;
use crate::limits;
use crate::relay::accounts::{Accounts, DeviceKey};
use crate::wire::stanza::Stanza;

/// One stanza in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Rises by one with every stanza.
    pub seq: u64,
    /// Seconds since the Unix epoch.
    pub at: u64,
    /// Which way it went.
    pub direction: Direction,
    /// `number:device` of the client, or `unregistered`.
    pub device: String,
    /// Tag, attributes and the sizes of what is inside; never the content.
    pub stanza: String,
}

/// Seen from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a client or phone.
    In,
    /// To a client or phone. A stanza that waits in a queue is logged when it is queued.
    Out,
}

/// The last stanzas, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<LogEntry>,
    last_seq: u64,
}

impl Journal {
    pub(crate) fn received(&mut self, accounts: &Accounts, from: Option<DeviceKey>, node: &Node) {
        self.note(Direction::In, accounts, from, node);
    }

    pub(crate) fn sent(&mut self, accounts: &Accounts, to: Option<DeviceKey>, node: &Node) {
        self.note(Direction::Out, accounts, to, node);
    }

    /// Entries after `seq`.
    pub(crate) fn since(&self, seq: u64) -> Vec<LogEntry> {
        self.entries.iter().filter(|entry| entry.seq > seq).cloned().collect()
    }

    fn note(&mut self, direction: Direction, accounts: &Accounts, device: Option<DeviceKey>, node: &Node) {
        if self.entries.len() == limits::JOURNAL_ENTRIES {
            self.entries.pop_front();
        }
        self.last_seq += 1;
        let device = device.map_or_else(
            || "unregistered".to_owned(),
            |key| format!("{}:{}", accounts.get(key.account).number, key.device),
        );
        self.entries.push_back(LogEntry {
            seq: self.last_seq,
            at: unix_seconds(),
            direction,
            device,
            stanza: node.outline(),
        });
    }
}
