//! reconciling
