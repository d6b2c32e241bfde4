//! Nothing that is published depends on how many threads there are.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;

use publication::format::SeedFile;
use publication::write::write_tree;
use selection::record::RECORD_SIZE_BYTES;
use selection::tree::{TileId, TreeBuilder, record_leaf};

use crate::maker::{Made, draw_key, earlier, people, records};
use crate::support::{FOLDERS, files_under, read};

/// Does the same with 1 to 8 threads.
fn with_threads(act: impl Fn(usize) + Sync) {
    for threads in 1..=8 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| act(threads));
    }
}

/// Goal: the tree of a list is that of its leaves one by one, tile by tile, also where subtrees are
/// hashed apart; method: sizes around two subtrees of 65,536 leaves, each record its own number.
#[test]
fn trees_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let entries = folder.path().join("entries.bin");
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 140_000] {
        let record = |number: u64| {
            let mut bytes = [0; RECORD_SIZE_BYTES];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            bytes
        };
        fs::write(&entries, (0..size).flat_map(record).collect::<Vec<_>>()).unwrap();
        let mut tiles: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut keep = |tile: TileId, hashes: &[selection::tree::NodeHash]| {
            tiles.insert(tile.to_string(), hashes.iter().flat_map(|hash| hash.0).collect());
            Ok::<_, Infallible>(())
        };
        let mut builder = TreeBuilder::new();
        (0..size).for_each(|number| builder.push(record_leaf(&record(number)), &mut keep).unwrap());
        let head = builder.finish(&mut keep).unwrap();
        with_threads(|threads| {
            let tree = folder.path().join(format!("tree-{size}-{threads}"));
            assert_eq!(write_tree(&entries, &tree).unwrap(), head);
            fs::create_dir_all(&tree).unwrap();
            assert_eq!(files_under(&tree), tiles.keys().cloned().collect::<Vec<_>>());
            for (name, bytes) in &tiles {
                assert!(fs::read(tree.join(name)).unwrap() == *bytes, "{name} of {size}");
            }
        });
    }
}

/// Goal: the same outcome; method: draw the golden waves, which have up to six regions.
#[test]
fn draws_are_the_same() {
    for (folder, label) in FOLDERS {
        let mut made = Made::begin(folder, |_| ());
        let list = records(made.writer.policy(), &draw_key(label), &people(folder));
        made.commit(1, &list, earlier(folder));
        for name in ["reveals.json", "seed.json"] {
            if let Some(bytes) = crate::support::read_if_there(folder, name) {
                made.write(name, &bytes);
            }
        }
        let signature = SeedFile::read(&read(folder, "seed.json")).unwrap().signature;
        let made = &made;
        with_threads(|_| {
            made.draw(&signature);
            for name in ["selected.bin", "waitlist.bin", "result.json"] {
                assert!(made.read(name) == read(folder, name), "{folder}/{name}");
                fs::remove_file(made.path.join(name)).unwrap();
            }
        });
    }
}
