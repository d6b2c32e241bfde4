//! The tree against two other implementations: a plain recursion and the crate `ct-merkle`.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

use std::collections::BTreeMap;
use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use selection::tree::{
    ChunkBuilder, NodeHash, ProofError, TileError, TileId, TreeBuilder, TreeHead, consistency_path,
    empty_root, inclusion_path, leaf_hash, verify_consistency, verify_inclusion,
};
use sha2::{Digest, Sha256};

type Tiles = BTreeMap<TileId, Vec<NodeHash>>;

fn contents(leaves: u64) -> Vec<Vec<u8>> {
    (0..leaves).map(|leaf| leaf.to_be_bytes().to_vec()).collect()
}

/// Root by the definition of RFC 6962.
fn plain_root(contents: &[Vec<u8>]) -> [u8; 32] {
    match contents {
        [] => Sha256::digest([]).into(),
        [only] => Sha256::digest([&[0], only.as_slice()].concat()).into(),
        more => {
            let split = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(split);
            let [left, right] = [left, right].map(plain_root);
            Sha256::digest([&[1], left.as_slice(), &right].concat()).into()
        }
    }
}

fn keep(tiles: &mut Tiles) -> impl FnMut(TileId, &[NodeHash]) -> Result<(), Infallible> {
    |tile, hashes| {
        assert_eq!(hashes.len(), usize::from(tile.width));
        assert_eq!(tiles.insert(tile, hashes.to_vec()), None, "{tile} twice");
        Ok(())
    }
}

fn build(contents: &[Vec<u8>]) -> (TreeHead, Tiles) {
    let mut tiles = Tiles::new();
    let mut sink = keep(&mut tiles);
    let mut tree = TreeBuilder::new();
    for content in contents {
        tree.push(leaf_hash(content), &mut sink).unwrap();
    }
    let head = tree.finish(&mut sink).unwrap();
    drop(sink);
    (head, tiles)
}

fn fetch(tiles: &Tiles) -> impl FnMut(TileId) -> Result<Vec<NodeHash>, String> {
    |tile| tiles.get(&tile).cloned().ok_or_else(|| format!("no {tile}"))
}

fn bytes(path: &[NodeHash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

/// Goal: roots, inclusion and consistency of small trees are those of RFC 6962; method: compare every
/// leaf and every pair of sizes up to 70 with the recursion and with `ct-merkle`, then break each
/// proof.
#[test]
fn small_trees() {
    let all = contents(70);
    let heads: Vec<TreeHead> = (0..=70).map(|size| build(&all[..size]).0).collect();
    let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 0..=70u64 {
        let (head, tiles) = build(&all[..size as usize]);
        assert_eq!((head.size, head.root.0), (size, plain_root(&all[..size as usize])));
        assert_eq!(head.root.0.as_slice(), oracle.root().as_bytes().as_slice());
        for index in 0..size {
            let path = inclusion_path(index, size, fetch(&tiles)).unwrap();
            assert_eq!(bytes(&path), oracle.prove_inclusion(index as usize).as_bytes());
            let leaf = leaf_hash(&all[index as usize]);
            verify_inclusion(&leaf, index, size, &path, &head.root).unwrap();
            refuse_inclusion(&leaf, index, size, &path, &head.root);
        }
        for old in 0..=size {
            let path = consistency_path(old, size, fetch(&tiles)).unwrap();
            if old > 0 {
                let expected = oracle.prove_consistency((size - old) as usize);
                assert_eq!(bytes(&path), expected.as_bytes());
            }
            let old_root = &heads[old as usize].root;
            verify_consistency(old, old_root, size, &head.root, &path).unwrap();
            refuse_consistency(old, old_root, &head, &path);
        }
        if size < 70 {
            oracle.push(all[size as usize].clone());
        }
    }
}

/// Every change of a proof must show.
fn refuse_inclusion(leaf: &NodeHash, index: u64, size: u64, path: &[NodeHash], root: &NodeHash) {
    let check = |leaf: &NodeHash, index, path: &[NodeHash], root: &NodeHash| {
        verify_inclusion(leaf, index, size, path, root).unwrap_err()
    };
    assert!(matches!(check(&NodeHash([1; 32]), index, path, root), ProofError::Root { .. }));
    assert!(matches!(check(leaf, index, path, &NodeHash([1; 32])), ProofError::Root { .. }));
    assert!(matches!(check(leaf, size, path, root), ProofError::NoSuchLeaf { .. }));
    let longer = [path, &[*root]].concat();
    assert!(matches!(check(leaf, index, &longer, root), ProofError::Length { .. }));
    for at in 0..path.len() {
        let mut changed = path.to_vec();
        changed[at].0[31] ^= 1;
        assert!(matches!(check(leaf, index, &changed, root), ProofError::Root { .. }));
        assert!(matches!(check(leaf, index, &path[..at], root), ProofError::Length { .. }));
    }
}

fn refuse_consistency(old: u64, old_root: &NodeHash, new: &TreeHead, path: &[NodeHash]) {
    let other = NodeHash([1; 32]);
    let check = |old_root: &NodeHash, root: &NodeHash, path: &[NodeHash]| {
        verify_consistency(old, old_root, new.size, root, path).unwrap_err()
    };
    check(&other, &new.root, path);
    if old > 0 {
        check(old_root, &other, path);
    }
    check(old_root, &new.root, &[path, &[other]].concat());
    for at in 0..path.len() {
        let mut changed = path.to_vec();
        changed[at].0[0] ^= 1;
        check(old_root, &new.root, &changed);
        check(old_root, &new.root, &path[..at]);
    }
    let shrunk = verify_consistency(new.size + 1, old_root, new.size, &new.root, path);
    assert!(matches!(shrunk, Err(ProofError::Shrunk { .. })));
}

/// Goal: larger trees have the tiles that tlog-tiles names and prove leaves at every edge; method:
/// sizes around the width of a tile and of two levels, with `ct-merkle` for the root.
#[test]
fn tiles_of_larger_trees() {
    for size in [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000] {
        let all = contents(size);
        let (head, tiles) = build(&all);
        let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for content in &all {
            oracle.push(content.clone());
        }
        assert_eq!(head.root.0.as_slice(), oracle.root().as_bytes().as_slice());
        let named = (0..3u8)
            .flat_map(|level| (0..).map_while(move |index| TileId::in_tree(level, index, size)));
        assert_eq!(tiles.keys().copied().collect::<Vec<_>>(), named.collect::<Vec<_>>());
        for index in [0, 1, 254, 255, 256, size / 2, size - 2, size - 1] {
            if index < size {
                let path = inclusion_path(index, size, fetch(&tiles)).unwrap();
                let leaf = leaf_hash(&all[index as usize]);
                verify_inclusion(&leaf, index, size, &path, &head.root).unwrap();
            }
        }
    }
}

/// Goal: chunks hashed apart make the same tiles and root; method: cut a tree of two levels and some
/// leaves into chunks of both levels, in any order of work.
#[test]
fn chunks_make_the_same_tree() {
    let size = 65_536 + 3 * 256 + 17;
    let all = contents(size);
    let (expected, expected_tiles) = build(&all);
    let mut tiles = Tiles::new();
    let mut sink = keep(&mut tiles);
    let mut chunk = |level: u8, index: u64| {
        let leaves = 256usize.pow(level.into());
        let first = index as usize * leaves;
        let mut chunk = ChunkBuilder::new(level, index);
        for content in &all[first..first + leaves - 1] {
            chunk.push(leaf_hash(content), &mut sink).unwrap();
        }
        assert_eq!(chunk.clone().finish(), None);
        chunk.push(leaf_hash(&all[first + leaves - 1]), &mut sink).unwrap();
        chunk.finish().unwrap()
    };
    // The later chunks first: workers may finish in any order.
    let small: Vec<NodeHash> = (256..259).rev().map(|index| chunk(1, index)).collect();
    let large = chunk(2, 0);
    let mut tree = TreeBuilder::new();
    tree.push_chunk(2, large, &mut sink).unwrap();
    for root in small.into_iter().rev() {
        tree.push_chunk(1, root, &mut sink).unwrap();
    }
    for content in &all[65_536 + 3 * 256..] {
        tree.push(leaf_hash(content), &mut sink).unwrap();
    }
    assert_eq!(tree.size(), size);
    assert_eq!(tree.finish(&mut sink).unwrap(), expected);
    drop(sink);
    assert_eq!(tiles, expected_tiles);
}

/// Goal: what a builder cannot take is refused, and sinks can fail; method: misplaced chunks, a full
/// chunk, and a sink that is out of space.
#[test]
fn builders_refuse() {
    let quiet = |_: TileId, _: &[NodeHash]| Ok::<(), Infallible>(());
    let mut tree = TreeBuilder::new();
    tree.push(leaf_hash(b"one"), quiet).unwrap();
    let misplaced = std::panic::catch_unwind(move || tree.push_chunk(1, empty_root(), quiet));
    assert!(misplaced.is_err());
    let overfull = std::panic::catch_unwind(move || {
        let mut chunk = ChunkBuilder::new(1, 0);
        (0..257).for_each(|_| chunk.push(empty_root(), quiet).unwrap());
    });
    assert!(overfull.is_err());
    assert!(std::panic::catch_unwind(|| ChunkBuilder::new(0, 0)).is_err());
    let mut tree = TreeBuilder::new();
    tree.push(leaf_hash(b"one"), quiet).unwrap();
    assert_eq!(tree.finish(|_, _| Err("no space")), Err("no space"));
}

/// Goal: missing and cut tiles are named; method: read proofs from broken tiles.
#[test]
fn broken_tiles() {
    let (_, mut tiles) = build(&contents(300));
    let missing = inclusion_path(0, 301, fetch(&tiles)).unwrap_err();
    assert_eq!(missing, TileError::Fetch("no tile/0/001.p/45".to_owned()));
    assert!(matches!(inclusion_path(300, 300, fetch(&tiles)), Err(TileError::NoSuchLeaf { .. })));
    assert!(matches!(consistency_path(301, 300, fetch(&tiles)), Err(TileError::Shrunk { .. })));
    tiles.get_mut(&TileId { level: 0, index: 1, width: 44 }).unwrap().pop();
    let cut = inclusion_path(299, 300, fetch(&tiles)).unwrap_err();
    assert_eq!(cut.to_string(), "tile/0/001.p/44 has 43 hashes, not 44; fetch it again");
}
