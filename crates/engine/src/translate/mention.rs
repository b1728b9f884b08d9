//! How a mention reads.

use matrimony_domain::Name;

/// The readable form of a mention. Without a name it does not fall back to a number: that would tell it to other
/// networks.
pub(crate) fn label(name: Option<&Name>) -> String {
    format!("@{}", name.map_or("someone", Name::reveal))
}
