//! How the value of one of the seven facts is split for display.

/// The algorithm before a digest, and the digest; nothing before any other value.
#[must_use]
pub fn parts(line: &str) -> (&str, &str) {
    line.rsplit_once(' ').unwrap_or(("", line))
}

/// Whether a fact is a hash, which is shown in groups.
#[must_use]
pub fn is_hash(name: &str) -> bool {
    matches!(name, "tx_id" | "block_hash" | "prev_block_hash" | "data_hash")
}

/// Whether a fact is a time.
#[must_use]
pub fn is_time(name: &str) -> bool {
    matches!(name, "tx_submitted_at" | "block_generated_at")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::facts::LABELS;

    #[test]
    fn a_digest_is_named_by_its_algorithm() {
        assert_eq!((parts("sm3 ab"), parts("12")), (("sm3", "ab"), ("", "12")));
        let kinds = LABELS.iter().filter(|(name, ..)| is_hash(name) || is_time(name)).count();
        assert_eq!(kinds, 6, "all but the block height");
    }
}
