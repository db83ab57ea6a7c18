//! Checkpoints as signed notes, in the format of C2SP (tlog-checkpoint, signed-note): what the tree was, in the word of its key.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::tree::Hash;

/// The type of an Ed25519 key in a note.
const ED25519_TYPE: u8 = 1;

/// Bytes of an Ed25519 seed, and of a public key.
pub const SEED_BYTES: usize = 32;

/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

/// The tree at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the tree, and of the key that signs it.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not in the form of a signed checkpoint.
    #[error("it is not in the form of a signed checkpoint (origin, size, root, empty line, signatures)")]
    Form,
    /// It has no signature by the key.
    #[error("it has no signature by the key {0}")]
    NoSignature(String),
    /// The signature does not fit.
    #[error("its signature does not fit the key {0}")]
    WrongSignature(String),
    /// A key is not in the form of a verifier key.
    #[error("{0:?} is not a verifier key: name+id+base64, as TeamSettings and the log show it")]
    Key(String),
    /// The seed cannot be used.
    #[error("the key of the journal has {0} bytes instead of {SEED_BYTES}: restore the Secret from a backup")]
    Seed(usize),
}

impl Checkpoint {
    /// The text that is signed.
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// What a note says, whoever signed it.
    pub fn read(note: &str) -> Result<Self, NoteError> {
        let (text, _) = parts(note)?;
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Form);
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| NoteError::Form)?,
            root: hash_of(root).ok_or(NoteError::Form)?,
        };
        // Another spelling of the same numbers would be another note.
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(NoteError::Form)
        }
    }
}

/// The text of a note with its last newline, and the lines of its signatures.
fn parts(note: &str) -> Result<(&str, &str), NoteError> {
    let end = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, signatures) = (&note[..=end], &note[end + 2..]);
    if signatures.is_empty() || !signatures.ends_with('\n') {
        Err(NoteError::Form)
    } else {
        Ok((text, signatures))
    }
}

/// A hash as notes and lines write it.
pub fn hash_of(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The text of a hash.
pub fn text_of(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

/// The key that signs checkpoints, of any origin.
pub struct SigningKey(Ed25519KeyPair);

impl std::fmt::Debug for SigningKey {
    /// Never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// The key of a seed.
    pub fn from_seed(seed: &[u8]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|_| NoteError::Seed(seed.len()))
    }

    /// What verifies the checkpoints of an origin.
    pub fn verifier(&self, origin: &str) -> VerifierKey {
        let mut public = [0; SEED_BYTES];
        public.copy_from_slice(self.0.public_key().as_ref());
        VerifierKey::new(origin, public)
    }

    /// The checkpoint with a signature in the name of its origin.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.text();
        let signature = self.0.sign(text.as_bytes());
        let id = self.verifier(&checkpoint.origin).id;
        let bytes = [id.as_slice(), signature.as_ref()].concat();
        format!(
            "{text}\n\u{2014} {} {}\n",
            checkpoint.origin,
            STANDARD.encode(bytes)
        )
    }
}

/// The public half of a key, under the name of an origin: what a verifier is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    /// The origin.
    pub name: String,
    id: [u8; 4],
    public: [u8; SEED_BYTES],
}

impl VerifierKey {
    fn new(name: &str, public: [u8; SEED_BYTES]) -> Self {
        let mut hash = Sha256::new();
        hash.update(name);
        hash.update([b'\n', ED25519_TYPE]);
        hash.update(public);
        let hash: Hash = hash.finalize().into();
        Self {
            name: name.to_owned(),
            id: [hash[0], hash[1], hash[2], hash[3]],
            public,
        }
    }

    /// The key as people pass it on.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let wrong = || NoteError::Key(text.to_owned());
        let mut fields = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(wrong());
        };
        let bytes = STANDARD.decode(key).map_err(|_| wrong())?;
        let (kind, public) = bytes.split_first().ok_or_else(wrong)?;
        let public = public.try_into().map_err(|_| wrong())?;
        let parsed = Self::new(name, public);
        let same = *kind == ED25519_TYPE && parsed.id_text() == id;
        if same { Ok(parsed) } else { Err(wrong()) }
    }

    /// The same key under the name of another tree.
    #[must_use]
    pub fn of(&self, origin: &str) -> Self {
        Self::new(origin, self.public)
    }

    fn id_text(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.id))
    }

    /// What the note says, if this key signed it.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let (text, signatures) = parts(note)?;
        let begin = format!("\u{2014} {} ", self.name);
        let ours = signatures.lines().filter_map(|line| line.strip_prefix(&begin));
        let mut found = false;
        for signature in ours.filter_map(|text| STANDARD.decode(text).ok()) {
            let Some((id, signature)) = signature.split_at_checked(4) else {
                continue;
            };
            if id != self.id || signature.len() != SIGNATURE_BYTES {
                continue;
            }
            found = true;
            let key = UnparsedPublicKey::new(&ED25519, self.public);
            if key.verify(text.as_bytes(), signature).is_ok() {
                return Checkpoint::read(note);
            }
        }
        Err(if found {
            NoteError::WrongSignature(self.to_string())
        } else {
            NoteError::NoSignature(self.to_string())
        })
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [[ED25519_TYPE].as_slice(), &self.public].concat();
        write!(f, "{}+{}+{}", self.name, self.id_text(), STANDARD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; SEED_BYTES]).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "team-operator.io/journal/1".to_owned(),
            size: 12,
            root: [9; 32],
        }
    }

    #[test]
    fn a_checkpoint_is_opened_with_its_key_only() {
        let note = key().sign(&checkpoint());
        let verifier = key().verifier("team-operator.io/journal/1");
        assert_eq!(verifier.open(&note), Ok(checkpoint()));
        let of_another_origin = key().verifier("team-operator.io/journal/2");
        assert!(matches!(
            of_another_origin.open(&note),
            Err(NoteError::NoSignature(_))
        ));
        let of_another_key = SigningKey::from_seed(&[8; SEED_BYTES]).unwrap();
        let of_another_key = of_another_key.verifier("team-operator.io/journal/1");
        assert!(matches!(
            of_another_key.open(&note),
            Err(NoteError::NoSignature(_))
        ));
    }

    #[test]
    fn every_changed_byte_of_a_note_is_noticed() {
        let note = key().sign(&checkpoint());
        let verifier = key().verifier("team-operator.io/journal/1");
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(verifier.open(&changed).is_err(), "byte {at}");
            }
        }
        assert!(verifier.open("").is_err());
    }

    #[test]
    fn a_verifier_key_reads_back_and_a_damaged_one_does_not() {
        let verifier = key().verifier("team-operator.io/journal/1");
        let text = verifier.to_string();
        assert_eq!(VerifierKey::parse(&text), Ok(verifier));
        for wrong in [
            "",
            "a+b",
            &text.replace("journal/1", "journal/2"),
            &text[..text.len() - 4],
        ] {
            assert!(VerifierKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    // The key of the test vector 1 of RFC 8032, under a name of ours.
    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let verifier = SigningKey::from_seed(&seed).unwrap().verifier("origin");
        assert_eq!(verifier.public.to_vec(), public);
    }
}
