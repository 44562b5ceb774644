//! Hashes old leaves again, a part in each round, so that every leaf of a full tile is hashed again on a schedule. This detects
//! an operator who alters or loses a record after it was audited.
//!
//! # Invariants
//!
//! Each tile of leaves is compared with the root that this monitor computed when it audited them; later claims of the operator do
//! not count.

use std::time::Duration;

use crate::client::http_log::HttpLogReader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::list::root_of;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::checkpoints::failed;
use crate::monitor::evidence;
use crate::monitor::position_store::PositionStore;
use crate::monitor::round::Round;
use crate::monitor::state_dir::StateError;
use crate::monitor::view::{RehashCycle, View};
use crate::store::traits::LogReader as _;

const WIDTH: u64 = TILE_WIDTH as u64;
/// Most altered leaves of one tile that get an alarm of their own.
const ALARMS_MAX: usize = 8;

/// The number of tiles to hash in one round, so that `tiles` are hashed in `cycle` at one round per `interval`.
fn tiles_per_round(tiles: u64, interval: Duration, cycle: Duration) -> u64 {
    let share = u128::from(tiles) * interval.as_millis();
    u64::try_from(share.div_ceil(cycle.as_millis().max(1))).unwrap_or(u64::MAX).clamp(1, tiles.max(1))
}

/// Hashes the next part of the full tiles among the first `audited` leaves. Returns the number of leaves. Blocks the thread.
pub(in crate::monitor) fn rehash(
    round: &mut Round<'_>,
    (view, positions): (&mut View, &PositionStore),
    (reader, checkpoint): (&HttpLogReader, &SignedCheckpoint),
    audited: u64,
    (interval, full_cycle): (Duration, Duration),
) -> Result<u64, StateError> {
    let tiles = audited / WIDTH;
    let mut cycle = view.rehash();
    if cycle.began == 0 {
        cycle.began = round.now.as_millis();
    }
    let mut hashed = 0;
    for _ in 0..tiles_per_round(tiles, interval, full_cycle).min(tiles) {
        if cycle.next >= tiles {
            let now = round.now.as_millis();
            cycle = RehashCycle { next: 0, began: now, completed: Some(now) };
        }
        if !check_tile(round, positions, (reader, checkpoint), cycle.next)? {
            break;
        }
        hashed += WIDTH;
        cycle.next += 1;
    }
    view.set_rehash(cycle);
    Ok(hashed)
}

/// Hashes the leaves of one tile again. Returns whether they could be read.
fn check_tile(
    round: &mut Round<'_>,
    positions: &PositionStore,
    (reader, checkpoint): (&HttpLogReader, &SignedCheckpoint),
    tile: u64,
) -> Result<bool, StateError> {
    let (first, expected) = (tile * WIDTH, positions.tile_root(tile)?);
    let mut hashes = Vec::with_capacity(TILE_WIDTH.into());
    let scanned = reader.scan(LeafIndex(first), WIDTH, &mut |leaf| hashes.push(leaf_hash(leaf)));
    if let Err(error) = scanned {
        let alarm = match reader.failure() {
            Some(failure) => failed(failure, &format!("leaves {first} to {}", first + WIDTH - 1)),
            None => Alarm::new(AlarmKind::AlteredLeaf, "re-hash", error.to_string()),
        };
        round.raise(&alarm.with("checkpoint", checkpoint.note().as_str()))?;
        return Ok(false);
    }
    let name = format!("tile {tile}");
    if root_of(&hashes) == expected {
        let in_tile = |subject: &str| {
            let index = subject.strip_prefix("leaf ").and_then(|index| index.parse::<u64>().ok());
            subject == name || subject == "re-hash" || index.is_some_and(|index| index / WIDTH == tile)
        };
        round.clear(AlarmKind::AlteredLeaf, &in_tile)?;
        return Ok(true);
    }
    raise_altered(round, (reader, checkpoint), (first, &name), (&hashes, &expected))?;
    Ok(true)
}

/// Raises the alarms for leaves that are not those that were audited.
fn raise_altered(
    round: &mut Round<'_>,
    (reader, checkpoint): (&HttpLogReader, &SignedCheckpoint),
    (first, name): (u64, &str),
    (hashes, expected): (&[Digest], &Digest),
) -> Result<(), StateError> {
    let signed = reader.tile_hashes(0, first, TILE_WIDTH).unwrap_or_default();
    if root_of(&signed) != *expected {
        let detail = format!("{name}: its leaves and hashes are not those that were audited, of root {expected}");
        let alarm = Alarm::new(AlarmKind::AlteredLeaf, name, detail);
        return round.raise(&alarm.with("checkpoint", checkpoint.note().as_str()));
    }
    let differing = (first..).zip(hashes.iter().zip(&signed)).filter(|(_, (served, signed))| served != signed);
    for (index, (served, signed)) in differing.take(ALARMS_MAX) {
        let detail = format!("entry {index}: served with the hash {served}, the signed tree has {signed}");
        let mut alarm = Alarm::new(AlarmKind::AlteredLeaf, format!("leaf {index}"), detail);
        alarm.evidence = evidence::of_leaf(reader, checkpoint, LeafIndex(index));
        round.raise(&alarm)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tiles_are_hashed_within_a_cycle() {
        let (minute, week) = (Duration::from_mins(1), Duration::from_hours(7 * 24));
        assert_eq!(tiles_per_round(10, minute, week), 1);
        assert_eq!(tiles_per_round(1_000_000, minute, week), 100);
        assert_eq!(tiles_per_round(5, week, minute), 5);
        assert_eq!(tiles_per_round(0, minute, week), 1);
    }
}
