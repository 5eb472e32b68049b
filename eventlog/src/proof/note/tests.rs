//! Notes against another implementation, and what is refused.

use signed_note as oracle;

use super::*;
use crate::proof::Inclusion;

fn head() -> Head {
    Head { origin: "essaim.test/log".to_owned(), size: 1, root: [7; 32] }
}

fn signer() -> Signer {
    Signer::draw("essaim.test/log").unwrap().0
}

#[test]
fn another_implementation_reads_our_notes_and_keys() {
    let (one, two) = (signer(), signer());
    let note = sign(&head(), &[one, two]);
    let theirs = oracle::Note::from_bytes(note.as_bytes()).unwrap();
    let (one, two) = (signer(), Signer::draw("essaim.test/log").unwrap());
    drop(one);
    let again = Signer::parse(&two.1).unwrap();
    assert_eq!(again.verifier(), two.0.verifier());
    let note_of_two = sign(&head(), &[again]);
    let key = oracle::StandardVerifier::new(&two.0.verifier().to_string()).unwrap();
    let known = oracle::VerifierList::new(vec![Box::new(key)]);
    let verified = oracle::Note::from_bytes(note_of_two.as_bytes()).unwrap();
    assert!(verified.verify(&known).is_ok());
    assert!(theirs.verify(&known).is_err(), "signed by keys that nobody trusts");
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(verified.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("essaim.test/log", 1));
    assert_eq!(checkpoint.hash().0, [7; 32]);
}

#[test]
fn either_key_of_a_rotation_opens_the_note() {
    let (old, new) = (signer(), signer());
    let keys = [old.verifier().clone(), new.verifier().clone()];
    let note = sign(&head(), &[old, new]);
    for key in keys {
        assert_eq!(open(&note, "essaim.test/log", &[key]), Ok(head()));
    }
}

#[test]
fn what_is_not_a_signed_head_of_this_log_is_refused() {
    let (ours, other) = (signer(), signer());
    let (key, other_key) = ([ours.verifier().clone()], [other.verifier().clone()]);
    let note = sign(&head(), &[ours]);
    let open = |note: &str| open(note, "essaim.test/log", &key);
    assert_eq!(open(&note), Ok(head()));
    assert_eq!(super::open(&note, "essaim.test/other", &key), Err(Refused::Origin));
    assert_eq!(super::open(&note, "essaim.test/log", &other_key), Err(Refused::KeyUnknown));
    assert_eq!(open(&note.replacen("\n1\n", "\n2\n", 1)), Err(Refused::Signature));
    assert_eq!(open(&note.replacen("\n1\n", "\n01\n", 1)), Err(Refused::Note));
    assert_eq!(open(note.trim_end()), Err(Refused::Note));
    assert_eq!(open(&note.replace("— ", "- ")), Err(Refused::Note));
    assert_eq!(open(""), Err(Refused::Note));
    assert_eq!(open("\n\n"), Err(Refused::Note));
}

#[test]
fn a_malformed_key_is_refused() {
    let key = signer().verifier().to_string();
    assert!(key.parse::<VerifierKey>().is_ok());
    for bad in ["", "a+b", &key[1..], &key[..key.len() - 4], &key.replace("+A", "+B")] {
        assert_eq!(bad.parse::<VerifierKey>(), Err(Refused::KeyMalformed), "{bad}");
    }
    assert!(Signer::parse(&SecretString::from(key)).is_err(), "it signs nothing");
    assert!(Signer::draw("two words").is_err());
}

#[test]
fn a_proof_is_of_one_leaf_in_one_tree() {
    let leaf = crate::leaf::hash("{}");
    let signer = signer();
    let keys = [signer.verifier().clone()];
    let origin = "essaim.test/log";
    let root = super::super::tree::node(&leaf, &[9; 32]);
    let signers = [signer];
    let of = |size| sign(&Head { origin: origin.to_owned(), size, root }, &signers);
    let proof = Inclusion { index: 0, path: vec![[9; 32]], checkpoint: of(2) };
    assert_eq!(proof.to_string().parse().as_ref(), Ok(&proof));
    assert!(proof.verify(&leaf, origin, &keys).is_ok());
    assert_eq!(proof.verify(&[0; 32], origin, &keys), Err(Refused::ProofDiffers));
    assert_eq!(proof.verify(&leaf, "essaim.test/other", &keys), Err(Refused::Origin));
    let other_size = Inclusion { checkpoint: of(5), ..proof.clone() };
    assert_eq!(other_size.verify(&leaf, origin, &keys), Err(Refused::ProofDiffers));
    let beyond = Inclusion { index: 2, ..proof.clone() };
    assert_eq!(beyond.verify(&leaf, origin, &keys), Err(Refused::BeyondTree));
    let text = proof.to_string();
    for bad in ["", &text[1..], &text.replace("index 0", "index 00"), &text.replace("CQkJ", "C")] {
        assert_eq!(bad.parse::<Inclusion>(), Err(Refused::ProofMalformed), "{bad}");
    }
    let with_extra = text.replace("\nindex", "\nextra YQ==\nindex");
    assert_eq!(with_extra.parse().as_ref(), Ok(&proof), "what is not signed is passed over");
}
