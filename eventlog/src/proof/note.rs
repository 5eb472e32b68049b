//! Signed notes and the checkpoints they carry, as C2SP writes them (signed-note,
//! tlog-checkpoint), so that verifiers of other houses read ours. Ed25519 only.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};

use crate::proof::{Refused, tree::Hash};

/// The type of an Ed25519 key and of its signatures.
const TYPE: u8 = 1;
/// The most signatures that a note may carry.
const SIGNATURES_MAX: usize = 32;
/// What a signing key's text begins with, as Go's `sumdb/note` writes it.
const SECRET: &str = "PRIVATE+KEY+";

/// What a checkpoint says: how large the tree of a log is, and its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))
    }
}

impl FromStr for Head {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let mut lines = text.strip_suffix('\n').ok_or(Refused::Note)?.split('\n');
        let mut line = || {
            lines
                .next()
                .filter(|it| !it.is_empty())
                .ok_or(Refused::Note)
        };
        let (origin, size, root) = (line()?, line()?, line()?);
        if !lines.all(|it| !it.is_empty()) {
            return Err(Refused::Note);
        }
        Ok(Self { origin: origin.to_owned(), size: decimal(size)?, root: hash(root)? })
    }
}

/// A number as C2SP writes it: digits, and no zero before them.
pub(crate) fn decimal(text: &str) -> Result<u64, Refused> {
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    let size: u64 = text.parse().map_err(|_| Refused::Note)?;
    if digits && size.to_string() == text { Ok(size) } else { Err(Refused::Note) }
}

/// A hash in base64.
pub(crate) fn hash(text: &str) -> Result<Hash, Refused> {
    let bytes = STANDARD.decode(text).map_err(|_| Refused::Note)?;
    bytes.try_into().map_err(|_| Refused::Note)
}

/// The key that whoever trusts a log holds: `name+id+key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// The name of the key: the origin of the log, by custom.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let mut sha = Sha256::new();
        sha.update(self.name.as_bytes());
        sha.update([b'\n', TYPE]);
        sha.update(self.public);
        let hash: Hash = sha.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[TYPE], self.public.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let (name, id, public) = parts(text).ok_or(Refused::KeyMalformed)?;
        let it = Self { name, public };
        if it.id() == id { Ok(it) } else { Err(Refused::KeyMalformed) }
    }
}

/// `name+id+base64(type || 32 bytes)`, taken apart.
fn parts(text: &str) -> Option<(String, [u8; 4], [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let id = hex::decode(id).ok()?.try_into().ok()?;
    let key = STANDARD.decode(key).ok()?;
    let (kind, key) = key.split_first()?;
    let fits = *kind == TYPE && is_name(name);
    Some((name.to_owned(), id, key.try_into().ok()?)).filter(|_| fits)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|it: char| it.is_whitespace() || it == '+')
}

/// A key that signs.
pub struct Signer {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl Signer {
    /// Draws a key, and writes it as settings hold it.
    pub fn draw(name: &str) -> Result<(Self, SecretString), Refused> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| Refused::KeyMalformed)?;
        let it = Self::of(name, &seed)?;
        let id = hex::encode(it.verifier.id());
        let key = STANDARD.encode([&[TYPE], seed.as_slice()].concat());
        Ok((it, SecretString::from(format!("{SECRET}{name}+{id}+{key}"))))
    }

    /// Reads a key as settings hold it.
    pub fn parse(text: &SecretString) -> Result<Self, Refused> {
        let text = text.expose_secret().trim();
        let (name, id, seed) = text
            .strip_prefix(SECRET)
            .and_then(parts)
            .ok_or(Refused::KeyMalformed)?;
        let it = Self::of(&name, &seed)?;
        if it.verifier.id() == id { Ok(it) } else { Err(Refused::KeyMalformed) }
    }

    fn of(name: &str, seed: &[u8; 32]) -> Result<Self, Refused> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Refused::KeyMalformed)?;
        let public = pair.public_key().as_ref().try_into();
        let public = public.map_err(|_| Refused::KeyMalformed)?;
        let fits = is_name(name).then(|| name.to_owned());
        let verifier = VerifierKey { name: fits.ok_or(Refused::KeyMalformed)?, public };
        Ok(Self { pair, verifier })
    }

    /// What verifiers hold.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn line(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let signed = [&self.verifier.id(), signature.as_ref()].concat();
        format!("— {} {}\n", self.verifier.name, STANDARD.encode(signed))
    }
}

/// A checkpoint under the signatures of every key.
pub fn sign(head: &Head, signers: &[Signer]) -> String {
    let text = head.to_string();
    let lines: String = signers.iter().map(|it| it.line(&text)).collect();
    format!("{text}\n{lines}")
}

/// What a checkpoint says, whoever signed it.
pub fn read(note: &str) -> Result<Head, Refused> {
    split(note)?.0.parse()
}

/// What a checkpoint says, once one of these keys is known to have signed it. Signatures of
/// other keys are passed over; a wrong one of a known key condemns the note.
pub fn open(note: &str, origin: &str, keys: &[VerifierKey]) -> Result<Head, Refused> {
    let (text, signatures) = split(note)?;
    let head: Head = text.parse()?;
    if head.origin != origin {
        return Err(Refused::Origin);
    }
    let mut signed = false;
    for (name, id, signature) in signatures {
        let known = keys.iter().find(|it| it.name == name && it.id() == id);
        let Some(known) = known else { continue };
        UnparsedPublicKey::new(&ED25519, known.public)
            .verify(text.as_bytes(), &signature)
            .map_err(|_| Refused::Signature)?;
        signed = true;
    }
    if signed { Ok(head) } else { Err(Refused::KeyUnknown) }
}

type Signature<'a> = (&'a str, [u8; 4], Vec<u8>);

/// The text of a note, and its signatures.
fn split(note: &str) -> Result<(&str, Vec<Signature<'_>>), Refused> {
    let at = note.rfind("\n\n").ok_or(Refused::Note)?;
    let (text, rest) = (&note[..=at], &note[at + 2..]);
    if note.contains(|it: char| it < ' ' && it != '\n') {
        return Err(Refused::Note);
    }
    let lines: Vec<_> = rest
        .strip_suffix('\n')
        .ok_or(Refused::Note)?
        .split('\n')
        .collect();
    if lines.len() > SIGNATURES_MAX {
        return Err(Refused::Note);
    }
    let signatures = lines.into_iter().map(|line| {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        is_name(name).then(|| (name, *id, signature.to_vec()))
    });
    let signatures: Option<_> = signatures.collect();
    Ok((text, signatures.ok_or(Refused::Note)?))
}

#[cfg(test)]
mod tests;
