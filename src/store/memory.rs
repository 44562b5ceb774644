//! Kept in memory.
