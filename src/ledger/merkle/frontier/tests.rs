//! Tests of the frontier: comparison with the definition at every size, its tiles, and `restore` from them.

use super::*;
use crate::ledger::merkle::naive;

/// Appends the tests' leaves one by one; returns the frontier after each, from size 0 on, and all completed tiles.
fn grow(size: usize) -> (Vec<Frontier>, Vec<FullTile>) {
    let mut frontiers = vec![Frontier::new()];
    let mut completed = Vec::new();
    for index in 0..size {
        let mut frontier = frontiers[index].clone();
        frontier.append(naive::leaf(index), &mut completed);
        frontiers.push(frontier);
    }
    (frontiers, completed)
}

fn partials(frontier: &Frontier) -> Vec<Vec<Digest>> {
    (0..TILE_LEVELS).map(|level| frontier.partial(level).to_vec()).collect()
}

#[test]
fn every_size_agrees_with_the_definition() {
    let leaves = naive::leaves(600);
    let (frontiers, completed) = grow(600);
    for (size, frontier) in frontiers.iter().enumerate() {
        let leaves = &leaves[..size];
        assert_eq!(frontier.size(), TreeSize(size as u64));
        assert_eq!(frontier.root(), naive::mth(leaves), "size {size}");

        let mut rest = leaves;
        let peaks: Vec<_> = (0..10)
            .rev()
            .filter(|bit| size >> bit & 1 == 1)
            .map(|bit| {
                let (peak, after) = rest.split_at(1 << bit);
                rest = after;
                naive::mth(peak)
            })
            .collect();
        assert_eq!(frontier.peaks(), peaks, "size {size}");

        let items: Vec<_> = leaves.chunks_exact(256).map(naive::mth).collect();
        assert_eq!(frontier.partial(0), &leaves[items.len() * 256..], "size {size}");
        assert_eq!(frontier.partial(1), items, "size {size}");
        assert!((2..=255).all(|level| frontier.partial(level).is_empty()));
    }
    let expected: Vec<_> = leaves
        .chunks_exact(256)
        .zip(0..)
        .map(|(hashes, index)| FullTile { level: 0, index, hashes: hashes.to_vec(), root: naive::mth(hashes) })
        .collect();
    assert_eq!(completed, expected);
}

#[test]
fn every_size_is_restored_from_its_partial_tiles() {
    for frontier in &grow(600).0 {
        let restored = Frontier::restore(frontier.size(), partials(frontier));
        assert_eq!(restored.as_ref(), Ok(frontier));
        let mut trimmed = partials(frontier);
        while trimmed.pop_if(|tile| tile.is_empty()).is_some() {}
        assert_eq!(Frontier::restore(frontier.size(), trimmed).as_ref(), Ok(frontier));
    }
}

#[test]
fn a_leaf_can_complete_tiles_of_two_levels() {
    let size = 65_536;
    let mut frontier = Frontier::new();
    let mut completed = Vec::new();
    for index in 0..size - 1 {
        frontier.append(naive::leaf(index), &mut completed);
    }
    assert_eq!(completed.len(), 255);
    completed.clear();
    frontier.append(naive::leaf(size - 1), &mut completed);

    let names: Vec<_> = completed.iter().map(|full| full.tile().path()).collect();
    assert_eq!(names, ["tile/0/255", "tile/1/000"]);
    assert_eq!(completed[1].hashes.last(), Some(&completed[0].root));
    assert_eq!(completed[1].root, naive::mth(&naive::leaves(size)));
    assert_eq!(partials(&frontier).concat(), [completed[1].root]);
    let mut restored = Frontier::restore(TreeSize(65_536), partials(&frontier)).unwrap();
    assert_eq!(restored, frontier);

    frontier.append(naive::leaf(size), &mut completed);
    restored.append(naive::leaf(size), &mut completed);
    assert_eq!(restored, frontier);
    assert_eq!(frontier.root(), naive::mth(&naive::leaves(size + 1)));
}

#[test]
fn full_tiles_are_appended_as_their_leaves_would_be() {
    let leaves = naive::leaves(66_000);
    let tile = |index: usize| {
        let hashes = leaves[index * 256..(index + 1) * 256].to_vec();
        FullTile { level: 0, index: index as u64, root: root_of(&hashes), hashes }
    };
    let (mut one, mut tiles) = (Frontier::new(), Vec::new());
    let (mut other, mut leaf_by_leaf) = (Frontier::new(), Vec::new());
    for index in 0..257 {
        one.append_tile(tile(index), &mut tiles);
        leaves[index * 256..(index + 1) * 256].iter().for_each(|leaf| other.append(*leaf, &mut leaf_by_leaf));
        assert_eq!(one, other, "{index}");
    }
    assert_eq!(tiles, leaf_by_leaf);
    assert_eq!(tiles.len(), 258);
    assert_eq!(one.root(), naive::mth(&leaves[..257 * 256]));
    // Within a tile.
    one.append(leaves[0], &mut tiles);
    one.append_tile(tile(1), &mut tiles);
    other.append(leaves[0], &mut leaf_by_leaf);
    tile(1).hashes.into_iter().for_each(|leaf| other.append(leaf, &mut leaf_by_leaf));
    assert_eq!((one, tiles), (other, leaf_by_leaf));
}

#[test]
fn partial_tiles_of_another_width_are_rejected() {
    let leaves = naive::leaves(3);
    let restore =
        |size, tiles: &[&[Digest]]| Frontier::restore(TreeSize(size), tiles.iter().map(|t| t.to_vec()).collect());
    let wrong =
        |size, level, expected, found| Err(RestoreError::WrongWidth { size: TreeSize(size), level, expected, found });
    assert_eq!(restore(2, &[&leaves]), wrong(2, 0, 2, 3));
    assert_eq!(restore(4, &[&leaves]), wrong(4, 0, 4, 3));
    assert_eq!(restore(259, &[&leaves]), wrong(259, 1, 1, 0));
    assert_eq!(restore(3, &[&leaves, &leaves[..1]]), wrong(3, 1, 0, 1));
    assert_eq!(restore(256, &[&naive::leaves(256)]), wrong(256, 0, 0, 256));
    assert_eq!(Frontier::restore(TreeSize(0), vec![vec![]; 9]), Err(RestoreError::TooManyLevels { levels: 9 }));
    assert_eq!(restore(1 << 63, &[]), Err(RestoreError::TooLarge { size: TreeSize(1 << 63) }));
    assert_eq!(restore(0, &[]), Ok(Frontier::new()));
}

#[test]
fn the_largest_tree_but_one_takes_one_more_leaf() {
    let size = TreeSize(TreeSize::MAX.0 - 1);
    let tiles = (0..TILE_LEVELS).map(|level| naive::leaves(partial_width(level, size).into())).collect();
    let mut frontier = Frontier::restore(size, tiles).unwrap();
    frontier.append(naive::leaf(0), &mut Vec::new());
    assert_eq!((frontier.size(), frontier.peaks().len()), (TreeSize::MAX, 63));
    assert_eq!(Frontier::restore(TreeSize::MAX, partials(&frontier)), Ok(frontier));
}
