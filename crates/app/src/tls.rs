//! The one TLS provider of the process.

/// Makes ring the provider, once. Without it rustls cannot choose when a dependency brings a second one.
pub fn install() {
    // Err: it was done before.
    drop(rustls::crypto::ring::default_provider().install_default());
}
