//! Link flows that are under way.

use matrimony_service::LoginFlow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most flows at a time; the oldest is dropped, and with it cancelled, when another begins.
const AT_ONCE: usize = 8;

/// The flows, by the number under which a command asks for their steps.
#[derive(Default)]
pub(crate) struct Links(Mutex<Numbered>);

#[derive(Default)]
struct Numbered {
    last: u64,
    flows: BTreeMap<u64, Arc<tokio::sync::Mutex<LoginFlow>>>,
}

impl Links {
    /// Keeps a flow and gives it a number.
    pub(crate) fn add(&self, flow: LoginFlow) -> u64 {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if numbered.flows.len() >= AT_ONCE {
            numbered.flows.pop_first();
        }
        numbered.last += 1;
        let number = numbered.last;
        numbered.flows.insert(number, Arc::new(tokio::sync::Mutex::new(flow)));
        number
    }

    /// A flow by its number.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<tokio::sync::Mutex<LoginFlow>>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flows
            .get(&number)
            .cloned()
    }

    /// Forgets a flow.
    pub(crate) fn remove(&self, number: u64) -> Option<Arc<tokio::sync::Mutex<LoginFlow>>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .flows
            .remove(&number)
    }
}
