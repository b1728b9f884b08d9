//! The WhatsApp server against a real client: whatsapp-rust links itself, sends, receives, loses its connection and is
//! thrown out. These tests live here because the client checks certificates against WhatsApp's own root, and only
//! this package may tell it not to.

#![recursion_limit = "512"]

mod companion;
mod endings;
mod faults;
mod groups;
mod linking;
mod messages;
