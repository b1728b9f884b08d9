//! What a seed has found once, kept under the name of what went wrong.
