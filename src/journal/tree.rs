//! The Merkle tree of RFC 6962 over the lines of a journal, as a compact range: as many hashes as the size has ones in binary.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of one line, without its newline.
pub fn leaf_hash(line: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(line);
    hash.finalize().into()
}

/// The hash of an inner node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// What is left of a tree when only its root and more leaves are asked for: the roots of its complete subtrees, the largest
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    nodes: Vec<Hash>,
}

impl CompactRange {
    /// A range that was stored; nothing where the hashes are not as many as the size asks for.
    pub fn of(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (u64::from(size.count_ones()) == nodes.len() as u64).then_some(Self { size, nodes })
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, that of the largest subtree first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, &mut []);
    }

    /// Adds a leaf, and to each path what it needs of the nodes that are made by it.
    pub fn push_with(&mut self, leaf: Hash, paths: &mut [Path]) {
        let (mut node, mut start, mut width) = (leaf, self.size, 1);
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.nodes.pop() else { break };
            start -= width;
            for path in &mut *paths {
                path.join(start, width, start + 2 * width, &left, &node);
            }
            node = node_hash(&left, &node);
            width *= 2;
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.root_with(&mut [])
    }

    /// The root, and to each path what is missing up to it.
    pub fn root_with(&self, paths: &mut [Path]) -> Hash {
        let Some((last, larger)) = self.nodes.split_last() else {
            return Sha256::digest([]).into();
        };
        let mut node = *last;
        // Where the subtree of `node` begins: the size without its lowest bit, and so on.
        let mut middle = self.size & (self.size - 1);
        for left in larger.iter().rev() {
            let start = middle & (middle - 1);
            for path in &mut *paths {
                path.join(start, middle - start, self.size, left, &node);
            }
            node = node_hash(left, &node);
            middle = start;
        }
        node
    }
}

/// The path of one leaf to the root: the inclusion proof of RFC 6962, collected while the tree grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The place of the leaf.
    pub index: u64,
    /// The hashes beside its way, from the leaf upwards.
    pub hashes: Vec<Hash>,
}

impl Path {
    /// The path of a leaf that is about to be added.
    pub fn new(index: u64) -> Self {
        Self {
            index,
            hashes: vec![],
        }
    }

    fn join(&mut self, start: u64, width: u64, end: u64, left: &Hash, right: &Hash) {
        let middle = start + width;
        if (start..middle).contains(&self.index) {
            self.hashes.push(*right);
        } else if (middle..end).contains(&self.index) {
            self.hashes.push(*left);
        }
    }

    /// The root of the tree of this size that has the leaf at the place of this path (RFC 9162, section 2.1.3.2).
    pub fn root(&self, leaf: Hash, size: u64) -> Option<Hash> {
        if self.index >= size {
            return None;
        }
        let (mut place, mut last, mut node) = (self.index, size - 1, leaf);
        for hash in &self.hashes {
            if last == 0 {
                return None;
            }
            if place % 2 == 1 || place == last {
                node = node_hash(hash, &node);
                while place.is_multiple_of(2) && place != 0 {
                    place /= 2;
                    last /= 2;
                }
            } else {
                node = node_hash(&node, hash);
            }
            place /= 2;
            last /= 2;
        }
        (last == 0).then_some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of the vectors that implementations of RFC 6962 share.
    fn leaves() -> Vec<Vec<u8>> {
        let hex = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let bytes = |text: &&str| -> Vec<u8> {
            let places = (0..text.len()).step_by(2);
            places
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        hex.iter().map(bytes).collect()
    }

    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hex(hash: &Hash) -> String {
        hash.iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn roots_are_those_of_the_vectors_of_rfc_6962() {
        let mut range = CompactRange::default();
        assert_eq!(hex(&range.root()), ROOTS[0]);
        for (leaf, root) in leaves().iter().zip(&ROOTS[1..]) {
            range.push(leaf_hash(leaf));
            assert_eq!(hex(&range.root()), *root, "{} leaves", range.size());
        }
    }

    /// The definition of RFC 6962, section 2.1, word for word.
    fn defined_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                node_hash(&defined_root(&more[..split]), &defined_root(&more[split..]))
            }
        }
    }

    #[test]
    fn a_range_has_the_root_of_the_definition_and_every_path_leads_to_it() {
        let leaves: Vec<Hash> = (0..130_u32)
            .map(|number| leaf_hash(&number.to_be_bytes()))
            .collect();
        for size in 1..=leaves.len() {
            let (mut range, mut paths) = (CompactRange::default(), vec![]);
            for (leaf, index) in leaves[..size].iter().zip(0..) {
                paths.push(Path::new(index));
                range.push_with(*leaf, &mut paths);
            }
            let root = range.root_with(&mut paths);
            assert_eq!(root, defined_root(&leaves[..size]));
            for path in &paths {
                let leaf = leaves[usize::try_from(path.index).unwrap()];
                assert_eq!(
                    path.root(leaf, range.size()),
                    Some(root),
                    "{} of {size}",
                    path.index
                );
                let mut wrong = path.clone();
                wrong.hashes.push([0; 32]);
                assert_eq!(wrong.root(leaf, range.size()), None);
                assert_ne!(path.root([0; 32], range.size()), Some(root));
            }
        }
    }

    #[test]
    fn another_implementation_has_the_same_roots_and_proofs() {
        let mut other = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let (mut range, mut paths) = (CompactRange::default(), vec![]);
        for number in 0..260_u32 {
            let line = format!("line {number}").into_bytes();
            paths.push(Path::new(number.into()));
            range.push_with(leaf_hash(&line), &mut paths);
            other.push(line);
            let mut paths = paths.clone();
            let root = range.root_with(&mut paths);
            assert_eq!(root.as_slice(), other.root().as_bytes().as_slice(), "{number}");
            for (path, place) in paths.iter().zip(0..).step_by(7) {
                let proof = other.prove_inclusion(place);
                assert_eq!(path.hashes.concat(), proof.as_bytes(), "{place} of {number}");
            }
        }
    }

    #[test]
    fn a_range_goes_on_from_where_it_was_stored() {
        let mut whole = CompactRange::default();
        for number in 0..100_u32 {
            let stored = CompactRange::of(whole.size(), whole.nodes().to_vec()).unwrap();
            assert_eq!(stored, whole);
            whole.push(leaf_hash(&number.to_be_bytes()));
        }
        assert_eq!(CompactRange::of(3, vec![[0; 32]]), None);
    }
}
