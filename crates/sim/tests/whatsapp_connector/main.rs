//! The WhatsApp connector against the simulated WhatsApp server: linking, both directions, and every way to end.

mod directory;
mod ends;
mod faults;
mod linking;
mod rig;
mod talking;
