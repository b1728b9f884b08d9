//! Linking an account as a secondary device: signal-cli gives a link code, the phone scans it.

mod machine;

use crate::daemon::{Daemon, Lease, State};
use crate::keys::Aci;
use crate::limits::{CHILD_START, LINK_CALL, LINK_CODES, LINK_SHOWN, READ_CALL};
use crate::rpc::CallError;
use crate::session::people::{contacts, name_of};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;
use machine::{Effect, Input, LinkFailure, Machine};
use matrimony_domain::{AccountKey, Name, Reason};
use matrimony_network::{Linked, Login, Step};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How the device is called on the phone's list.
const DEVICE_NAME: &str = "Matrimony";
/// How long a new account may take to know its own name; it comes with the first sync.
const NAME_WITHIN: Duration = Duration::from_secs(5);

/// Drives a [`Machine`]: makes the calls that it wants and tells it how they went. Everything runs inside
/// [`next`](Login::next), so a dropped login does nothing more. A code that was scanned in that moment still links a
/// device; the phone's list of devices shows it.
pub(crate) struct SignalLogin {
    daemon: Arc<Daemon>,
    _lease: Lease,
    machine: Machine,
    under_way: FuturesUnordered<BoxFuture<'static, Input>>,
    shown: Option<Step>,
}

impl SignalLogin {
    pub(crate) fn begin(daemon: Arc<Daemon>) -> Self {
        let lease = daemon.lease();
        let login = Self {
            _lease: lease,
            machine: Machine::new(LINK_CODES),
            under_way: FuturesUnordered::new(),
            shown: None,
            daemon,
        };
        login.under_way.push(ready(Arc::clone(&login.daemon)).boxed());
        login
    }

    fn start(&self, effect: Effect) {
        let daemon = Arc::clone(&self.daemon);
        match effect {
            Effect::AskForCode => self.under_way.push(ask_for_code(daemon).boxed()),
            Effect::AwaitPhone { code, uri } => {
                self.under_way.push(await_phone(daemon, code, uri).boxed());
                self.under_way.push(expire(code).boxed());
            }
            Effect::Identify { number } => self.under_way.push(identify(daemon, number).boxed()),
        }
    }
}

#[async_trait]
impl Login for SignalLogin {
    async fn next(&mut self) -> Step {
        loop {
            let step = self.machine.step();
            if self.shown.as_ref() != Some(&step) || self.machine.is_over() {
                self.shown = Some(step.clone());
                return step;
            }
            let input = self.under_way.next().await.unwrap_or(Input::NothingUnderWay);
            for effect in self.machine.on(input) {
                self.start(effect);
            }
        }
    }

    /// Nothing is ever asked.
    async fn answer(&mut self, _text: &str) {}

    async fn cancel(&mut self) {
        self.machine.on(Input::Cancelled);
        self.under_way.clear();
    }
}

/// Waits until signal-cli answers.
async fn ready(daemon: Arc<Daemon>) -> Input {
    if daemon
        .becomes(CHILD_START, |state| matches!(state, State::Ready { .. }))
        .await
    {
        return Input::Ready;
    }
    let trouble = match &*daemon.state().borrow() {
        State::Starting { trouble } => trouble.clone(),
        State::Idle | State::Ready { .. } => None,
    };
    Input::Unavailable(trouble.unwrap_or(Reason::fixed("signal-cli did not start in time; look at its log")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Code {
    device_link_uri: String,
}

async fn ask_for_code(daemon: Arc<Daemon>) -> Input {
    match daemon.rpc().call::<Code>("startLink", json!({}), READ_CALL).await {
        Ok(code) => Input::Code {
            uri: code.device_link_uri,
            expires: daemon.clock().now().after(LINK_SHOWN),
        },
        Err(CallError::Fault(_)) => Input::Unavailable(Reason::fixed(
            "signal-cli could not get a link code from Signal; is the network there?",
        )),
        Err(CallError::NotSent | CallError::NoAnswer) => Input::Unavailable(Reason::fixed(
            "signal-cli ended while a link code was asked for; try again",
        )),
    }
}

#[derive(Deserialize)]
struct Finished {
    number: String,
}

async fn await_phone(daemon: Arc<Daemon>, code: usize, uri: String) -> Input {
    let params = json!({"deviceLinkUri": uri, "deviceName": DEVICE_NAME});
    match daemon.rpc().call::<Finished>("finishLink", params, LINK_CALL).await {
        Ok(finished) => Input::Scanned {
            number: finished.number,
        },
        Err(error) => Input::NotLinked {
            code,
            failure: failure(&error),
        },
    }
}

/// signal-cli says these things in words only.
fn failure(error: &CallError) -> LinkFailure {
    let CallError::Fault(fault) = error else {
        return LinkFailure::ConnectionLost;
    };
    let message = fault.message.to_lowercase();
    if message.contains("timed out") {
        LinkFailure::TimedOut
    } else if message.contains("exist") {
        LinkFailure::AlreadyLinked
    } else {
        LinkFailure::Other(fault.code)
    }
}

async fn expire(code: usize) -> Input {
    tokio::time::sleep(LINK_SHOWN).await;
    Input::Expired { code }
}

/// Waits until signal-cli lists the new account, and finds out whom it is.
async fn identify(daemon: Arc<Daemon>, number: String) -> Input {
    daemon.doubt_accounts();
    let listed = |state: &State| matches!(state, State::Ready { accounts } if accounts.contains(&number));
    if !daemon.becomes(READ_CALL, listed).await {
        return Input::Unavailable(Reason::fixed(
            "the account was linked and signal-cli does not list it; restart it",
        ));
    }
    let deadline = tokio::time::Instant::now() + NAME_WITHIN;
    loop {
        let own = own_contact(&daemon, &number).await;
        let late = tokio::time::Instant::now() > deadline;
        match own {
            Some((aci, name)) if late || name.is_some() => return Input::Identified(linked(&number, &aci, name)),
            None if late => {
                return Input::Unavailable(Reason::fixed("signal-cli does not tell the id of the new account"));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn own_contact(daemon: &Daemon, number: &str) -> Option<(Aci, Option<Name>)> {
    let known = contacts(daemon.rpc(), number).await.ok()?;
    let own = known
        .values()
        .find(|contact| contact.number.as_deref() == Some(number))?;
    Some((Aci::parse(own.uuid.as_deref()?)?, name_of(own)))
}

fn linked(number: &str, aci: &Aci, name: Option<Name>) -> Linked {
    Linked {
        key: AccountKey::new(number),
        person: aci.person(),
        name,
    }
}
