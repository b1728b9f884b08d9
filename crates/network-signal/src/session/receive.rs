//! From the spool into the inbox.

use super::SignalSession;
use crate::daemon::State;
use crate::decode::{Decoded, GroupState, Happened, Reader, decode};
use crate::limits::{INBOX_RETRY, LONG_TEXT_BYTES, READ_CALL, SPOOL_POLL};
use crate::settings::Source;
use crate::spool::{Piece, Position, Spool, Tail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use inotify::{Inotify, WatchMask};
use matrimony_domain::limits::BATCH;
use matrimony_domain::{ChatKey, Content, Inbound, InboundBody, Reason};
use matrimony_network::{Inbox, NotAccepted, SessionEnd};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// Hands over what concerns one account, in order, and moves its cursor behind it.
pub(super) struct Receiver<'a> {
    session: &'a SignalSession,
    spool: Arc<Spool>,
    inbox: Arc<dyn Inbox>,
    tail: Tail,
    /// Groups as they were last seen in a message, to notice changes.
    groups: HashMap<ChatKey, GroupState>,
}

/// What was read and not handed over yet.
#[derive(Default)]
struct Pending {
    batch: Vec<Inbound>,
    changed: Vec<Option<ChatKey>>,
    /// Ends the batch: it must be reported after it.
    unreadable: Option<Reason>,
    end: Option<Position>,
}

/// The inbox takes nothing any more.
struct Closed;

impl<'a> Receiver<'a> {
    pub(super) fn new(session: &'a SignalSession, spool: Arc<Spool>, inbox: Arc<dyn Inbox>) -> Self {
        let tail = Tail::new(Arc::clone(&spool), spool.cursor(session.login));
        Self {
            session,
            spool,
            inbox,
            tail,
            groups: HashMap::new(),
        }
    }

    /// Hands over until the inbox closes.
    pub(super) async fn run(&mut self) -> SessionEnd {
        let mut state = self.session.daemon.state();
        let mut changes = watch_folder(self.spool.folder());
        loop {
            if self.hand_over_all().await.is_err() {
                return SessionEnd::Stopped;
            }
            tokio::select! {
                () = next_change(&mut changes) => {}
                () = tokio::time::sleep(SPOOL_POLL) => {}
                Ok(()) = state.changed() => self.ask_for_resync(&state.borrow_and_update()),
            }
        }
    }

    /// Hands over what is there.
    pub(super) async fn drain(&mut self) {
        // A closed inbox is met again at the next start.
        drop(self.hand_over_all().await);
    }

    /// Groups may have changed while signal-cli was away.
    fn ask_for_resync(&self, state: &State) {
        if matches!(state, State::Ready { accounts } if accounts.contains(&self.session.account)) {
            self.inbox.chat_changed(self.session.login, None);
        }
    }

    async fn hand_over_all(&mut self) -> Result<(), Closed> {
        loop {
            let pending = self.read().await;
            if pending.end.is_none() {
                return Ok(());
            }
            self.hand_over(pending).await?;
        }
    }

    /// Reads up to a batch, or up to something unreadable.
    async fn read(&mut self) -> Pending {
        let mut pending = Pending::default();
        while pending.batch.len() < BATCH && pending.unreadable.is_none() {
            match self.tail.next() {
                Ok(Some(piece)) => self.take(piece, &mut pending).await,
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(error = %error.kind(), "cannot read the spool of received messages");
                    break;
                }
            }
        }
        pending
    }

    async fn take(&mut self, piece: Piece, pending: &mut Pending) {
        pending.end = Some(piece.end);
        let Some(line) = piece.line else {
            self.stray(Reason::fixed("signal-cli wrote a line that is too long"), pending);
            return;
        };
        // What begins in a hole was cut by it; every session had passed it when the hole was made.
        let start = line.iter().position(|byte| *byte != 0).unwrap_or(line.len());
        let cut = start > 0;
        let login = self.session.login;
        let reader = Reader {
            login,
            account: &self.session.account,
        };
        match decode(&line[start..], reader) {
            Decoded::Nothing => {}
            Decoded::Inbound(happened) => self.collect(*happened, pending).await,
            Decoded::Resync => pending.changed.push(None),
            Decoded::Unreadable(_) | Decoded::Stray(_) if cut => {}
            Decoded::Unreadable(reason) => pending.unreadable = Some(reason),
            Decoded::Stray(reason) => self.stray(reason, pending),
        }
    }

    fn stray(&self, reason: Reason, pending: &mut Pending) {
        if self.spool.reports_strays(self.session.login) {
            pending.unreadable = Some(reason);
        }
    }

    async fn collect(&mut self, happened: Happened, pending: &mut Pending) {
        if let Some(group) = happened.group {
            let before = self.groups.insert(happened.chat.clone(), group.clone());
            if group.updated || before.as_ref() != Some(&group) {
                pending.changed.push(Some(happened.chat));
            }
        }
        let Some(mut inbound) = happened.inbound else { return };
        if let Some(file) = happened.long_text {
            self.complete(&mut inbound, &file).await;
        }
        pending.batch.push(inbound);
    }

    /// Puts the whole text in place of its beginning. The ranges that were given hold for both.
    async fn complete(&self, inbound: &mut Inbound, file: &str) {
        let InboundBody::Message(Content::Text(text)) = &mut inbound.body else {
            return;
        };
        match self.long_text(file).await {
            Some(whole) if whole.starts_with(&text.body) => text.body = whole,
            // Mentions stand in the text as names by now, so the beginnings differ: the marks are the smaller loss.
            Some(whole) if whole.len() > text.body.len() => *text = matrimony_domain::Text::plain(whole),
            Some(_) => {}
            None => text.push_str("\n[the rest of this long message could not be read]"),
        }
    }

    async fn long_text(&self, file: &str) -> Option<String> {
        let bytes = match &self.session.daemon.settings().source {
            Source::Child { config_dir, .. } => read_attachment(config_dir, file).await.ok(),
            Source::External(_) => self.fetch_attachment(file).await,
        };
        String::from_utf8(bytes?).ok()
    }

    async fn fetch_attachment(&self, file: &str) -> Option<Vec<u8>> {
        #[derive(Deserialize)]
        struct Fetched {
            data: String,
        }
        let own = self.session.own.as_str();
        let params = json!({"account": self.session.account, "id": file, "recipient": own});
        let fetched = self
            .session
            .daemon
            .rpc()
            .call::<Fetched>("getAttachment", params, READ_CALL);
        STANDARD.decode(fetched.await.ok()?.data).ok()
    }

    async fn hand_over(&mut self, pending: Pending) -> Result<(), Closed> {
        let login = self.session.login;
        while !pending.batch.is_empty() {
            match self.inbox.accept(&pending.batch).await {
                Ok(()) => break,
                Err(error) => after(&error).await?,
            }
        }
        while let Some(reason) = &pending.unreadable {
            match self.inbox.unreadable(login, reason.clone()).await {
                Ok(()) => break,
                Err(error) => after(&error).await?,
            }
        }
        for chat in &pending.changed {
            self.inbox.chat_changed(login, chat.as_ref());
        }
        if let Some(Err(error)) = pending.end.map(|end| self.spool.advance(login, end)) {
            tracing::warn!(error = %error.kind(), "cannot write the cursor of received messages; they may be read twice");
        }
        Ok(())
    }
}

async fn after(error: &NotAccepted) -> Result<(), Closed> {
    match error {
        NotAccepted::Closed => Err(Closed),
        NotAccepted::Ledger(_) => {
            tracing::warn!("the ledger did not accept what Signal has sent; trying again");
            tokio::time::sleep(INBOX_RETRY).await;
            Ok(())
        }
    }
}

/// A file of signal-cli's attachment folder; its id is a file name and nothing else.
async fn read_attachment(config_dir: &Path, id: &str) -> io::Result<Vec<u8>> {
    if id.contains(['/', '\0']) || id.starts_with('.') {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = tokio::fs::File::open(config_dir.join("attachments").join(id)).await?;
    let mut bytes = Vec::new();
    file.take(LONG_TEXT_BYTES).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

type Changes = Option<inotify::EventStream<[u8; 4096]>>;

/// Wakes the reader when a line was written. Where the machine has no watches left, the poll does.
fn watch_folder(folder: &Path) -> Changes {
    let watched = Inotify::init().and_then(|inotify| {
        inotify.watches().add(folder, WatchMask::MODIFY | WatchMask::CREATE)?;
        inotify.into_event_stream([0; 4096])
    });
    watched
        .inspect_err(|error| tracing::warn!(error = %error.kind(), "cannot watch the spool; it is polled"))
        .ok()
}

async fn next_change(changes: &mut Changes) {
    let ended = match changes {
        Some(stream) => stream.next().await.is_none(),
        None => std::future::pending().await,
    };
    if ended {
        *changes = None;
    }
}
