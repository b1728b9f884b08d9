//! spools
