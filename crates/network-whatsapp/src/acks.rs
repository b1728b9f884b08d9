//! The server's answers to what we sent.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;
use whatsapp_rust::types::events::ServerAck;

/// What the server said about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has it and will deliver it.
    Taken,
    /// It refuses it with this code; 0 if the code is no number.
    Nack(u16),
}

/// Sends that wait for the server's answer: as many as there are sends at a time, which the outbox bounds.
#[derive(Default)]
pub(crate) struct Acks(Mutex<HashMap<String, oneshot::Sender<Answer>>>);

impl Acks {
    /// Begins to listen for the answer to message `id`; to be called before the send, or the answer may be first.
    pub(crate) fn expect<'a>(&'a self, id: &'a str) -> Expected<'a> {
        let (sender, answer) = oneshot::channel();
        self.lock().insert(id.to_owned(), sender);
        Expected { acks: self, id, answer }
    }

    /// The server answered something.
    pub(crate) fn answer(&self, ack: &ServerAck) {
        if ack.class.as_deref().is_some_and(|class| class != "message") {
            return;
        }
        if let Some(waiting) = self.lock().remove(&ack.id) {
            let answer = ack
                .error
                .as_ref()
                .map_or(Answer::Taken, |code| Answer::Nack(code.parse().unwrap_or(0)));
            // Nobody may be waiting any more: then the attempt is repeated and answered again.
            let _ = waiting.send(answer);
        }
    }

    /// The connection is gone, and with it every answer that has not come.
    pub(crate) fn disconnected(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that will come, unless the connection goes first. Dropping it stops listening.
pub(crate) struct Expected<'a> {
    acks: &'a Acks,
    id: &'a str,
    answer: oneshot::Receiver<Answer>,
}

impl Expected<'_> {
    /// The answer; `None` if the connection went before it came. Cancel-safe.
    pub(crate) async fn wait(&mut self) -> Option<Answer> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.acks.lock().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack(id: &str, class: &str, error: Option<&str>) -> ServerAck {
        ServerAck::builder()
            .id(id.to_owned())
            .class(class.to_owned())
            .maybe_error(error.map(str::to_owned))
            .build()
    }

    #[tokio::test]
    async fn an_answer_finds_its_send() {
        let acks = Acks::default();
        let (mut one, mut two) = (acks.expect("1"), acks.expect("2"));
        acks.answer(&ack("2", "message", Some("403")));
        acks.answer(&ack("1", "receipt", None));
        acks.answer(&ack("1", "message", None));
        acks.answer(&ack("3", "message", None));
        assert_eq!(one.wait().await, Some(Answer::Taken));
        assert_eq!(two.wait().await, Some(Answer::Nack(403)));
    }

    #[tokio::test]
    async fn a_lost_connection_ends_the_wait() {
        let acks = Acks::default();
        let mut one = acks.expect("1");
        acks.disconnected();
        assert_eq!(one.wait().await, None);
    }

    #[test]
    fn who_stops_waiting_is_forgotten() {
        let acks = Acks::default();
        drop(acks.expect("1"));
        assert!(acks.lock().is_empty());
    }

    #[tokio::test]
    async fn a_code_that_is_no_number_is_still_a_no() {
        let acks = Acks::default();
        let mut one = acks.expect("1");
        acks.answer(&ack("1", "message", Some("smax-invalid")));
        assert_eq!(one.wait().await, Some(Answer::Nack(0)));
    }
}
