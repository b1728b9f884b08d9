//! What is said of a panic.

use std::panic;

/// From now on a panic tells where it happened, and not what was said: a library may put a number or a name into it.
pub(crate) fn tell_places_only() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("matrimony: a part of the program failed at {place}; this is a bug");
    }));
}
