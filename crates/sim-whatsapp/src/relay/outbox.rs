//! What is on its way to one connection.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;
use whatsapp_rust::wacore_binary::Node;

use crate::limits;

/// One step of a connection's writer.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Stanza(Node),
    /// Close the socket after everything before.
    Close,
}

/// The sending end of a connection. Never blocks: a connection whose client reads too slowly is cut off, and what it
/// missed waits in the device's queue.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    stanzas: mpsc::Sender<Outgoing>,
    overflow: CancellationToken,
}

impl Outbox {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Outgoing>) {
        let (stanzas, receiver) = mpsc::channel(limits::OUTBOX_STANZAS);
        let overflow = CancellationToken::new();
        (Self { stanzas, overflow }, receiver)
    }

    pub(crate) fn send(&self, node: Node) {
        self.push(Outgoing::Stanza(node));
    }

    /// Ends the connection after everything that was sent before.
    pub(crate) fn close(&self) {
        self.push(Outgoing::Close);
    }

    fn push(&self, outgoing: Outgoing) {
        if let Err(TrySendError::Full(_)) = self.stanzas.try_send(outgoing) {
            self.overflow.cancel();
        }
    }

    /// Completes when the bound was reached: the connection must end.
    pub(crate) async fn overflowed(&self) {
        self.overflow.cancelled().await;
    }

    /// Whether both ends belong to the same connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.stanzas.same_channel(&other.stanzas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::NodeBuilder;

    #[tokio::test]
    async fn a_full_outbox_ends_its_connection_and_blocks_nobody() {
        let (outbox, _receiver) = Outbox::new();
        for _ in 0..=limits::OUTBOX_STANZAS {
            outbox.send(NodeBuilder::new("ib").build());
        }
        outbox.overflowed().await;
    }
}
