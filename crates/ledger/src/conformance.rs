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

#![expect(
    clippy::unwrap_used,
    reason = "test code that backends compile: a panic is how it fails"
)]

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
pub mod late_copies;
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
            accepting {
                a_message_becomes_an_event
                each_room_counts_from_one
                every_other_portal_gets_a_delivery
                a_duplicate_is_one_event
                a_duplicate_is_recognised_by_alias
                the_same_id_of_another_sender_is_another_event
                our_own_copy_is_an_echo
                an_intended_id_is_an_echo
                a_chat_without_a_room_makes_no_event
                the_unreadable_is_skipped_at_once
                the_senders_name_is_remembered
                accepted_events_survive_a_restart
            }
            claims {
                a_claim_is_complete
                the_send_key_is_stable
                one_at_a_time_in_each_portal
                portals_run_side_by_side
                a_retryable_delivery_blocks
                a_refused_delivery_does_not_block
                an_older_claim_is_void
                next_due_follows_the_first
                the_oldest_due_is_known
                lists_are_bounded
            }
            attempts {
                an_attempt_counts_when_it_begins
                delivered_copies_replace_intended_ones
                sent_parts_stay_sent
                parts_before_a_refusal_are_copies
                an_unsure_attempt_is_repeated_and_counted
                each_unanswered_attempt_is_counted_once
                a_released_claim_is_as_it_was
                a_wait_past_the_horizon_is_a_refusal
                the_horizon_is_counted_from_the_first_attempt
                what_comes_due_past_its_horizon_is_refused
                a_late_answer_is_taken
            }
            leases {
                what_had_not_begun_is_due_again
                what_is_safe_to_repeat_is_due_again
                what_is_not_safe_to_repeat_is_unsure
                doubt_outlives_a_lease
                leases_of_others_can_be_ended
                claims_survive_a_restart
            }
            holds {
                a_hold_drains_in_order
                adding_a_login_again_ends_its_hold
                a_hold_stops_the_horizon
                what_is_in_hand_is_held_afterwards
                an_answer_on_its_way_is_taken
                a_lease_that_ends_is_held
                doubt_outlives_a_hold
                other_logins_go_on
            }
            reconciling {
                a_sighting_settles_an_unsure_delivery
                a_sighting_settles_a_begun_delivery
                a_sighting_must_fit
                one_copy_settles_one_delivery
                every_part_must_be_seen
                a_sighting_settles_a_held_delivery
                what_was_not_sent_cannot_be_seen
            }
            late_copies {
                every_unanswered_attempt_may_be_seen
                a_late_sighting_is_one_more_copy
                a_double_is_seen_once
                a_late_answer_ends_its_doubt
                a_double_is_expected_for_a_day
                the_outcome_does_not_hide_a_late_copy
                a_late_copy_settles_nothing_newer
                late_copies_survive_a_restart
            }
            copies {
                every_part_leads_back
                an_id_belongs_to_its_chat
                the_first_meaning_of_an_id_stays
            }
            logins {
                a_login_is_found_again
                a_known_login_is_updated
                a_state_has_a_reason_and_a_time
            }
            people {
                a_person_is_found_by_either_key
                what_is_not_told_stays
                two_keys_of_one_person_become_one
                an_alias_moves_to_its_new_owner
                a_rooms_people_are_members_and_speakers
                members_are_replaced
                members_may_come_before_the_room
            }
            spools {
                items_wait_in_order
                a_known_key_is_dropped
                old_keys_are_forgotten
            }
            vaults {
                a_value_is_kept
            }
            audits {
                lines_come_newest_first
                portals_and_logins_leave_lines
            }
            races {
                a_hundred_accepts_leave_no_gap
                one_message_told_at_once_is_one_event
                two_cannot_unite_one_chat
                two_workers_never_share_a_claim
                a_failure_stays_alone
                a_caller_may_go_away
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
