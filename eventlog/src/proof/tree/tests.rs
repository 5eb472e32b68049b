//! The tree against another implementation, over random sizes.

use proptest::{prelude::*, sample::Index};
use tlog_tiles as oracle;

use super::*;

/// A tree of the other implementation: every hash that it stores.
#[derive(Default)]
struct Stored(Vec<oracle::Hash>);

impl oracle::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<oracle::Hash>, oracle::Error> {
        Ok(indexes
            .iter()
            .map(|it| self.0[usize::try_from(*it).unwrap()])
            .collect())
    }
}

fn leaf(n: u64) -> Hash {
    crate::leaf::hash(&format!("leaf {n}"))
}

fn stored(size: u64) -> Stored {
    let mut all = Stored::default();
    for n in 0..size {
        let more = oracle::stored_hashes(n, format!("leaf {n}").as_bytes(), &all).unwrap();
        all.0.extend(more);
    }
    all
}

fn frontier(size: u64) -> Frontier {
    let mut it = Frontier::default();
    for n in 0..size {
        it.push(leaf(n), |_, _| ());
    }
    it
}

/// The head of any range of leaves, by definition.
fn head_of(range: Range<u64>) -> Hash {
    match range.end - range.start {
        0 => empty(),
        1 => leaf(range.start),
        leaves => {
            let middle = range.start + split(leaves);
            node(&head_of(range.start..middle), &head_of(middle..range.end))
        }
    }
}

fn heads(ranges: Vec<Range<u64>>) -> Vec<Hash> {
    ranges.into_iter().map(head_of).collect()
}

fn theirs(hashes: &[Hash]) -> Vec<oracle::Hash> {
    hashes.iter().map(|it| oracle::Hash(*it)).collect()
}

#[test]
fn the_head_of_no_leaf_is_the_hash_of_nothing() {
    assert_eq!(
        hex::encode(Frontier::default().root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_frontier_tells_every_subtree_it_completes() {
    let mut told = vec![];
    let mut it = Frontier::default();
    for n in 0..4 {
        it.push(leaf(n), |subtree, hash| told.push((subtree, hash)));
    }
    let expected = [(1, 0, 0..2), (1, 1, 2..4), (2, 0, 0..4)];
    assert_eq!(
        told,
        expected.map(|(height, index, range)| (Subtree { height, index }, head_of(range)))
    );
}

#[test]
fn what_a_tree_does_not_hold_has_no_proof() {
    assert_eq!(inclusion(3, 3), None);
    assert_eq!(inclusion(0, 0), None);
    assert_eq!(consistency(4, 3), None);
    let path = heads(inclusion(2, 5).unwrap());
    assert_eq!(root_of_inclusion(&leaf(2), 2, 9, &path), None, "a proof for another size");
    assert!(!is_consistent((0, &leaf(1)), (3, &frontier(3).root()), &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn heads_are_those_of_another_implementation(size in 0_u64..600) {
        let ours = frontier(size).root();
        if size > 0 {
            prop_assert_eq!(ours, oracle::tree_hash(size, &stored(size)).unwrap().0);
        }
        prop_assert_eq!(ours, head_of(0..size));
        let again = Frontier::of(size, cover(0..size).into_iter().map(|it| {
            head_of(it.index << it.height..(it.index + 1) << it.height)
        }));
        prop_assert_eq!(again.map(|it| it.root()), Some(ours));
    }

    #[test]
    fn a_frontier_grows_by_ranges_as_by_leaves(a in 0_u64..300, b in 0_u64..300, c in 0_u64..300) {
        let mut it = frontier(a);
        for range in [a..a + b, a + b..a + b + c] {
            let heads = cover(range.clone()).into_iter().map(|it| {
                head_of(it.index << it.height..(it.index + 1) << it.height)
            });
            prop_assert!(it.grow(range, heads).is_some());
        }
        prop_assert_eq!(it, frontier(a + b + c));
    }

    #[test]
    fn inclusion_is_proved_and_checked_as_another_implementation_does(
        size in 1_u64..600, at in any::<Index>(), flip in any::<Index>(),
    ) {
        let index = at.index(usize::try_from(size).unwrap()) as u64;
        let root = frontier(size).root();
        let mut path = heads(inclusion(index, size).unwrap());
        let store = stored(size);
        prop_assert_eq!(&oracle::prove_record(size, index, &store).unwrap(), &theirs(&path));
        let their_leaf = oracle::Hash(leaf(index));
        prop_assert!(oracle::check_record(
            &theirs(&path), size, oracle::Hash(root), index, their_leaf
        ).is_ok());
        prop_assert_eq!(root_of_inclusion(&leaf(index), index, size, &path), Some(root));
        prop_assert_ne!(root_of_inclusion(&leaf(index + 1), index, size, &path), Some(root));
        if !path.is_empty() {
            let n = flip.index(path.len());
            path[n][0] ^= 1;
            prop_assert_ne!(root_of_inclusion(&leaf(index), index, size, &path), Some(root));
        }
    }

    #[test]
    fn consistency_is_proved_and_checked_as_another_implementation_does(
        to in 1_u64..600, at in any::<Index>(), flip in any::<Index>(),
    ) {
        let from = at.index(usize::try_from(to).unwrap()) as u64 + 1;
        let (old, new) = (frontier(from).root(), frontier(to).root());
        let mut path = heads(consistency(from, to).unwrap());
        let store = stored(to);
        prop_assert_eq!(&oracle::prove_tree(to, from, &store).unwrap(), &theirs(&path));
        let check = oracle::check_tree(
            &theirs(&path), to, oracle::Hash(new), from, oracle::Hash(old)
        );
        prop_assert!(check.is_ok());
        prop_assert!(is_consistent((from, &old), (to, &new), &path));
        prop_assert!(!is_consistent((from, &new), (to, &old), &path) || old == new);
        if !path.is_empty() {
            let n = flip.index(path.len());
            path[n][0] ^= 1;
            prop_assert!(!is_consistent((from, &old), (to, &new), &path));
        }
    }
}
