//! One behaviour suite for every backend, sentence by sentence of the verbs' documentation.
//!
//! A backend's tests say how to make a fresh, empty one and call [`conformance_tests!`](crate::conformance_tests):
//!
//! ```ignore
//! struct OnDisk { /* ... */ }
//! impl Backend for OnDisk { /* ... */ }
//! async fn fresh() -> OnDisk { /* ... */ }
//! matrimony_ledger::conformance_tests!(fresh);
//! ```
//!
//! Each behaviour is a function named after what it shows, and panics where the backend does otherwise. Time is an
//! argument everywhere, so nothing here waits.

use crate::Ledger;
use async_trait::async_trait;
use std::sync::Arc;

mod given;

pub mod accepting;
pub mod attempts;
pub mod audits;
pub mod claims;
pub mod copies;
pub mod holds;
pub mod leases;
pub mod logins;
pub mod people;
pub mod races;
pub mod reconciling;
pub mod rooms;
pub mod spools;
pub mod vaults;

/// A backend under test, empty when it is made.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Its ledger.
    fn ledger(&self) -> Arc<dyn Ledger>;

    /// Closes the ledger and opens it again on the same data, as a restart does.
    async fn reopen(&mut self) -> Arc<dyn Ledger>;
}

/// Makes a `#[tokio::test]` of every behaviour. The argument names an `async fn() -> impl Backend` in the same module.
#[macro_export]
macro_rules! conformance_tests {
    ($make:ident) => {
        $crate::conformance_tests! { @families $make
            rooms {
                a_room_is_found_again
                a_portal_is_found_by_room_and_by_chat
                a_chat_hangs_on_one_room
                what_is_missing_is_named
                a_new_portal_gets_no_old_events
                a_detached_chat_is_free_and_its_copies_stay_known
                a_chat_that_comes_back_is_the_same_portal
                a_portal_moves_with_its_open_deliveries
                a_new_relay_takes_over
                a_new_relay_changes_what_is_held
            }
        }
    };
    (@families $make:ident $($family:ident { $($behaviour:ident)* })*) => {
        $(mod $family {
            $(#[tokio::test]
            async fn $behaviour() {
                let mut backend = super::$make().await;
                $crate::conformance::$family::$behaviour(&mut backend).await;
            })*
        })*
    };
}
