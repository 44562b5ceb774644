//! A ledger of a malicious operator: arbitrary leaves, with matching headers and checkpoint. The operator has the ledger's
//! key, but not the depositors'.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tiezheng::ledger::block::{BlockHeader, Height};
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::Signer;
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, HashAlgorithm};
use tiezheng::store::traits::{
    AnnotationReader, DepositPlace, Index, LedgerReader, LinkPosition, LogReader, PrivatePiece, PrivateReader,
    Published, ReadError,
};

use crate::support::depositor::{ledger_key, origin};

/// The ledger that the operator wrote.
pub(crate) struct Operator {
    pub(crate) leaves: Vec<Vec<u8>>,
    /// Leaves whose bytes cannot be read.
    pub(crate) unreadable: Vec<u64>,
    /// Whether the index rows of numbers are missing.
    pub(crate) no_numbers: bool,
    /// Whether the row of key notices is missing.
    pub(crate) no_key_notices: bool,
    /// Leaf hashes in the tiles, if they differ from those of the leaves.
    pub(crate) tiles: Option<Vec<Digest>>,
    /// The content of the private store.
    pub(crate) private: BTreeMap<u64, PrivatePiece>,
    published: Option<Arc<Published>>,
}

impl Operator {
    /// Takes over an honest ledger.
    pub(crate) fn of(honest: &dyn LedgerReader) -> Self {
        let published = honest.published();
        let size = published.as_ref().unwrap().size().0;
        let leaves = honest.leaves(LeafIndex(0), size).unwrap();
        Self {
            leaves,
            unreadable: vec![],
            no_numbers: false,
            no_key_notices: false,
            tiles: None,
            private: BTreeMap::new(),
            published,
        }
    }

    /// Index of the `n`th deposit.
    pub(crate) fn deposit(&self, n: usize) -> usize {
        let entries = (0..self.leaves.len()).filter(|i| self.leaves[*i].starts_with(b"tiezheng entry"));
        entries.into_iter().nth(n).unwrap()
    }

    /// Replaces text in a leaf.
    pub(crate) fn rewrite(&mut self, index: usize, from: &str, to: &str) {
        let text = String::from_utf8(self.leaves[index].clone()).unwrap();
        assert!(text.contains(from), "{text}");
        self.leaves[index] = text.replacen(from, to, 1).into_bytes();
    }

    /// Makes every header fit the leaves before it, and signs the tree with `signer`.
    pub(crate) fn reseal(&mut self, signer: &Signer) {
        let (mut first, mut previous, mut height) = (0, Digest::ZERO, 0);
        for index in 0..self.leaves.len() {
            let Ok(Leaf::Block(header)) = Leaf::parse(&self.leaves[index]) else { continue };
            let sealed: Vec<Digest> = self.leaves[first..index].iter().map(|bytes| leaf_hash(bytes)).collect();
            let header = BlockHeader {
                height: Height(height),
                previous,
                first: LeafIndex(first as u64),
                count: sealed.len() as u64,
                root: root_of(&sealed),
                ..header
            };
            previous = header.hash();
            self.leaves[index] = header.to_string().into_bytes();
            (first, height) = (index + 1, height + 1);
        }
        self.sign(signer);
    }

    /// Signs the tree as it stands.
    pub(crate) fn sign(&mut self, signer: &Signer) {
        let hashes = self.hashes();
        let checkpoint = Checkpoint { origin: origin(), size: TreeSize(hashes.len() as u64), root: root_of(&hashes) };
        let Ok(Leaf::Block(last)) = Leaf::parse(self.leaves.last().unwrap()) else { panic!("no header") };
        self.published = Some(Arc::new(Published {
            checkpoint: checkpoint.sign(signer).unwrap(),
            height: last.height,
            block_hash: last.hash(),
            block_time: last.time,
        }));
    }

    /// Signs a tree that may end within a block. The last block is claimed to be that of genesis.
    pub(crate) fn sign_as_it_is(&mut self, signer: &Signer) {
        let hashes = self.hashes();
        let checkpoint = Checkpoint { origin: origin(), size: TreeSize(hashes.len() as u64), root: root_of(&hashes) };
        let published = Published::clone(self.published.as_ref().unwrap());
        self.published = Some(Arc::new(Published { checkpoint: checkpoint.sign(signer).unwrap(), ..published }));
    }

    /// The same with the ledger's own key.
    pub(crate) fn reseal_honestly(&mut self) {
        self.reseal(&ledger_key());
    }

    fn hashes(&self) -> Vec<Digest> {
        self.leaves.iter().map(|bytes| leaf_hash(bytes)).collect()
    }

    fn find(&self, wanted: impl Fn(usize, &Entry) -> bool) -> Vec<LeafIndex> {
        let entry = |i: usize| Entry::parse(&self.leaves[i]).ok();
        let found = (0..self.leaves.len()).filter(|i| entry(*i).is_some_and(|entry| wanted(*i, &entry)));
        found.map(|i| LeafIndex(i as u64)).collect()
    }
}

impl LedgerReader for Operator {}

impl LogReader for Operator {
    fn published(&self) -> Option<Arc<Published>> {
        self.published.clone()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let range = first.0..first.0 + count;
        if let Some(bad) = self.unreadable.iter().find(|index| range.contains(index)) {
            return Err(ReadError::Damaged { what: "leaf", at: bad.to_string(), reason: "on purpose".into() });
        }
        Ok(range.map(|i| self.leaves[usize::try_from(i).unwrap()].clone()).collect())
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        let hashes = self.tiles.clone().unwrap_or_else(|| self.hashes());
        let width = 256_usize.pow(level.into());
        let items: Vec<Digest> = hashes.chunks_exact(width).map(root_of).collect();
        let first = usize::try_from(first).unwrap();
        Ok(items[first..first + usize::from(count)].to_vec())
    }
}

impl Index for Operator {
    fn find_block(&self, height: Height) -> Result<Option<LeafIndex>, ReadError> {
        let at =
            |i: &usize| matches!(Leaf::parse(&self.leaves[*i]), Ok(Leaf::Block(header)) if header.height == height);
        Ok((0..self.leaves.len()).find(at).map(|i| LeafIndex(i as u64)))
    }
    fn find_number(&self, number: &DepositNumber) -> Result<Option<DepositPlace>, ReadError> {
        let index = self.find(|_, entry| entry.number == *number).first().copied();
        let place = |index: LeafIndex| {
            let is_header = |at: &u64| self.leaves[usize::try_from(*at).unwrap()].starts_with(b"tiezheng block");
            let header = (index.0..self.leaves.len() as u64).find(is_header).map_or(index, LeafIndex);
            let own = Entry::parse(&self.leaves[usize::try_from(index.0).unwrap()]).unwrap();
            let digests: Vec<Digest> =
                own.statement.statement().content.iter().flat_map(Content::digests).map(|(_, digest)| digest).collect();
            let repeats = |entry: &Entry| digests.iter().any(|digest| entry.to_string().contains(&digest.to_string()));
            let has_earlier = !self.find(|at, entry| (at as u64) < index.0 && repeats(entry)).is_empty();
            DepositPlace { index, header, has_earlier }
        };
        Ok(index.filter(|_| !self.no_numbers).map(place))
    }
    fn find_statements(&self, ids: &[Digest]) -> Result<Vec<Option<LeafIndex>>, ReadError> {
        let find = |id: &Digest| self.find(|_, entry| entry.statement.id() == *id).first().copied();
        Ok(ids.iter().map(find).collect())
    }
    fn find_record(&self, hash: &Digest) -> Result<Option<LeafIndex>, ReadError> {
        Ok(self.hashes().iter().position(|own| own == hash).map(|i| LeafIndex(i as u64)))
    }
    fn find_digest(
        &self,
        _: HashAlgorithm,
        digest: &Digest,
        within: Range<LeafIndex>,
        _: usize,
    ) -> Result<Vec<LeafIndex>, ReadError> {
        let found = self.find(|_, entry| entry.to_string().contains(&digest.to_string()));
        Ok(found.into_iter().filter(|place| within.contains(place)).collect())
    }
    fn find_subject(&self, subject: &Digest, sequence: u64) -> Result<Option<LeafIndex>, ReadError> {
        let wanted = |entry: &Entry| {
            entry.statement.statement().subject.is_some_and(|s| s.id == *subject && s.sequence == sequence)
        };
        Ok(self.find(|_, entry| wanted(entry)).first().copied())
    }
    fn subject_length(&self, _: &Digest) -> Result<u64, ReadError> {
        Ok(0)
    }
    fn links_to(&self, target: LeafIndex, from: LinkPosition, limit: usize) -> Result<Vec<LinkPosition>, ReadError> {
        let number = Entry::parse(&self.leaves[usize::try_from(target.0).unwrap()]).unwrap().number;
        let mut links = Vec::new();
        for source in self.find(|_, _| true) {
            let entry = Entry::parse(&self.leaves[usize::try_from(source.0).unwrap()]).unwrap();
            let of_it = entry.statement.statement().links.iter().filter(|link| link.number == number);
            links.extend(of_it.map(|link| LinkPosition { kind: link.kind, source }));
        }
        links.sort_unstable();
        Ok(links.into_iter().filter(|link| *link >= from).take(limit).collect())
    }
    fn key_notices(&self) -> Result<Vec<LeafIndex>, ReadError> {
        if self.no_key_notices {
            return Ok(vec![]);
        }
        let is_key =
            |leaf: &[u8]| leaf.starts_with(b"tiezheng notice v1\n") && leaf.windows(10).any(|w| w == b"\nkind key\n");
        Ok((0..).map(LeafIndex).zip(&self.leaves).filter(|(_, leaf)| is_key(leaf)).map(|(index, _)| index).collect())
    }
    fn labelled(&self, _: &Digest, _: LeafIndex, _: usize) -> Result<Vec<LeafIndex>, ReadError> {
        Ok(vec![])
    }
    fn labelled_before(&self, _: &Digest, _: LeafIndex, _: usize) -> Result<Vec<LeafIndex>, ReadError> {
        Ok(vec![])
    }
}

impl AnnotationReader for Operator {}

impl PrivateReader for Operator {
    fn private_of(&self, index: LeafIndex, _: Option<&Digest>) -> Result<PrivatePiece, ReadError> {
        Ok(self.private.get(&index.0).cloned().unwrap_or(PrivatePiece::None))
    }
    fn annex(&self, _: LeafIndex, _: &Digest) -> Result<PrivatePiece, ReadError> {
        Ok(PrivatePiece::None)
    }
}
