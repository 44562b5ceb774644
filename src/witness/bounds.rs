//! Bounds of block times. A mirror checks them, since it holds the blocks.
//!
//! An operator who seals a block today and dates it a year ago is detected by a mirror that has followed the ledger meanwhile. A
//! block that is new to the mirror may be at most [`BEHIND_MAX`] older than the mirror's last cosignature, because all earlier
//! blocks were in the cosigned tree. It may be at most [`AHEAD_MAX`] ahead of the mirror's clock.

use std::time::Duration;

use crate::ledger::time::Timestamp;

/// How much older than the last cosignature a new block may be: a node collects cosignatures of a block after sealing it.
pub const BEHIND_MAX: Duration = Duration::from_mins(1);
/// How far ahead of the mirror's clock a new block may be.
pub const AHEAD_MAX: Duration = Duration::from_secs(5);

/// A block time out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoundsError {
    /// Older than the last cosignature by more than [`BEHIND_MAX`].
    #[error("a new block has the time {block}, and this mirror cosigned a checkpoint without it at {cosigned}")]
    Backdated {
        /// The block.
        block: Timestamp,
        /// The last cosignature.
        cosigned: Timestamp,
    },
    /// Ahead of the clock by more than [`AHEAD_MAX`].
    #[error("a new block has the time {block}, and the clock of this mirror shows {now}")]
    Ahead {
        /// The block.
        block: Timestamp,
        /// The clock.
        now: Timestamp,
    },
}

/// Checks the times of the first and the last new block; those between are not outside of them, since times never decrease.
///
/// # Errors
///
/// [`BoundsError`].
pub fn check(
    first: Timestamp,
    last: Timestamp,
    cosigned: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), BoundsError> {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if let Some(cosigned) = cosigned
        && first.as_millis().saturating_add(millis(BEHIND_MAX)) < cosigned.as_millis()
    {
        return Err(BoundsError::Backdated { block: first, cosigned });
    }
    if last.as_millis() > now.as_millis().saturating_add(millis(AHEAD_MAX)) {
        return Err(BoundsError::Ahead { block: last, now });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_neither_much_older_than_the_last_cosignature_nor_ahead_of_the_clock() {
        let at = |seconds: u64| Timestamp::from_millis(1_767_139_200_000 + seconds * 1_000).unwrap();
        let now = at(1_000);
        assert_eq!(check(at(0), at(900), None, now), Ok(()), "nothing was cosigned before");
        assert_eq!(check(at(840), at(1_005), Some(at(900)), now), Ok(()));
        let backdated = BoundsError::Backdated { block: at(839), cosigned: at(900) };
        assert_eq!(check(at(839), at(1_000), Some(at(900)), now), Err(backdated));
        let ahead = BoundsError::Ahead { block: at(1_006), now };
        assert_eq!(check(at(950), at(1_006), Some(at(900)), now), Err(ahead));
    }
}
