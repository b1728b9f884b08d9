//! Groups: who is in them, what members ask of them, and what members are told.

pub(crate) mod addressing;
pub(crate) mod iq;
pub(crate) mod model;
mod notify;
pub(crate) mod verbs;
