//! The tree of RFC 9162 over leaf hashes: perfect subtrees, the frontier that grows by one leaf
//! at a time, and the two proofs. Pure: whoever holds hashes can call it.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// SHA-256 of a leaf or of a subtree.
pub type Hash = [u8; 32];

/// The head of the tree without leaves.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// `SHA-256(0x01 || left || right)`.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([1]);
    sha.update(left);
    sha.update(right);
    sha.finalize().into()
}

/// A perfect subtree: the `index`th of those with two to the power of `height` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    pub height: u32,
    pub index: u64,
}

/// The perfect subtrees that make a range of leaves, from left to right.
pub fn cover(range: Range<u64>) -> Vec<Subtree> {
    let mut all = vec![];
    let mut at = range.start;
    while at < range.end {
        let height = at.trailing_zeros().min((range.end - at).ilog2());
        all.push(Subtree { height, index: at >> height });
        at += 1 << height;
    }
    all
}

/// The head of perfect subtrees that stand side by side, from left to right, each smaller than
/// the one before.
pub fn head(peaks: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    peaks
        .rev()
        .reduce(|right, left| node(&left, &right))
        .unwrap_or_else(empty)
}

/// What is needed of a tree to make it grow: the heads of the perfect subtrees that make it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<(u32, Hash)>,
}

impl Frontier {
    /// The frontier of a tree of that size, from the heads of `cover(0..size)`.
    pub fn of(size: u64, heads: impl IntoIterator<Item = Hash>) -> Option<Self> {
        let mut it = Self::default();
        it.grow(0..size, heads)?;
        Some(it)
    }

    /// How many leaves it stands for.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The head of the tree.
    pub fn root(&self) -> Hash {
        head(self.peaks.iter().map(|(_, hash)| *hash))
    }

    /// Adds one leaf. `completed` hears of each perfect subtree that it completes.
    pub fn push(&mut self, leaf: Hash, completed: impl FnMut(Subtree, Hash)) {
        self.add(0, leaf, completed);
    }

    /// Adds the leaves of a range that follows, by the heads of its cover. None when the range
    /// does not follow, or when heads are missing or left over.
    pub fn grow(&mut self, range: Range<u64>, heads: impl IntoIterator<Item = Hash>) -> Option<()> {
        if range.start != self.size {
            return None;
        }
        let mut heads = heads.into_iter();
        for subtree in cover(range) {
            self.add(subtree.height, heads.next()?, |_, _| ());
        }
        heads.next().is_none().then_some(())
    }

    fn add(&mut self, height: u32, hash: Hash, mut completed: impl FnMut(Subtree, Hash)) {
        let (mut height, mut hash) = (height, hash);
        self.size += 1 << height;
        while let Some((_, left)) = self.peaks.pop_if(|(it, _)| *it == height) {
            hash = node(&left, &hash);
            height += 1;
            completed(Subtree { height, index: (self.size >> height) - 1 }, hash);
        }
        self.peaks.push((height, hash));
    }
}

/// The ranges of leaves whose heads prove that a leaf is in a tree, from its sibling up. None
/// when the tree does not hold it.
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let mut path = vec![];
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(middle..high);
            high = middle;
        } else {
            path.push(low..middle);
            low = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The ranges of leaves whose heads prove that a tree goes on from a smaller one. None when it
/// is not smaller.
pub fn consistency(from: u64, to: u64) -> Option<Vec<Range<u64>>> {
    if from > to {
        return None;
    }
    if from == 0 {
        return Some(vec![]);
    }
    let mut path = vec![];
    let (mut low, mut high) = (0, to);
    while from != high {
        let middle = low + split(high - low);
        if from <= middle {
            path.push(middle..high);
            high = middle;
        } else {
            path.push(low..middle);
            low = middle;
        }
    }
    // The head of the smaller tree is known when it is itself a subtree of the larger one.
    if low > 0 {
        path.push(low..high);
    }
    path.reverse();
    Some(path)
}

/// The root that an inclusion proof leads to. None when it is not the proof of that leaf in a
/// tree of that size.
pub fn root_of_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let ranges = inclusion(index, size)?;
    (ranges.len() == path.len()).then(|| {
        ranges.iter().zip(path).fold(*leaf, |at, (range, beside)| {
            if range.start > index { node(&at, beside) } else { node(beside, &at) }
        })
    })
}

/// Whether a tree goes on from a smaller one.
pub fn is_consistent((from, old): (u64, &Hash), (to, new): (u64, &Hash), path: &[Hash]) -> bool {
    let Some(ranges) = consistency(from, to) else { return false };
    if ranges.len() != path.len() {
        return false;
    }
    if from == 0 {
        return *old == empty();
    }
    let mut steps = ranges.iter().zip(path).peekable();
    // The subtree where both trees meet: its head is told, or it is the whole smaller tree.
    let meeting = steps.next_if(|(range, _)| range.end == from && range.start > 0);
    let meeting = *meeting.map_or(old, |(_, hash)| hash);
    let (mut older, mut newer) = (meeting, meeting);
    for (range, beside) in steps {
        if range.start >= from {
            newer = node(&newer, beside);
        } else {
            older = node(beside, &older);
            newer = node(beside, &newer);
        }
    }
    older == *old && newer == *new
}

/// The largest power of two below a number of leaves.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

#[cfg(test)]
mod tests;
