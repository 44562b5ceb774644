//! How the value of one of the seven facts is shown.

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
    fn every_fact_but_the_height_is_a_hash_or_a_time() {
        let kinds = LABELS.iter().filter(|(name, ..)| is_hash(name) || is_time(name)).count();
        assert_eq!(kinds, 6, "all but the block height");
    }
}
