//! `[whatsapp]`: how our device introduces itself.

use serde::Deserialize;

/// How our device introduces itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WhatsApp {
    /// Off: no WhatsApp at all.
    pub enabled: bool,
    /// The name in the phone's list of linked devices.
    pub device_name: String,
}

impl Default for WhatsApp {
    fn default() -> Self {
        Self {
            enabled: true,
            device_name: "Matrimony".into(),
        }
    }
}
