//! Which kinds of documents there are, what may be sent, and how long it is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{referentiel::Code, values::Invalid};

/// The largest content, in bytes: 25 MiB, which a scanned convention of a hundred pages stays
/// under.
pub const TAILLE_MAX: i64 = 25 * 1024 * 1024;

/// How long a document is kept, and on which ground: see [`crate::retention`].
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Conservation {
    /// With the dossier that it proves.
    #[default]
    Dossier,
    /// With the accounts.
    Comptable,
    /// As long as what is said of people.
    Personne,
}

impl Conservation {
    /// The kind of subject, as the log writes it before the slash.
    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Dossier => "document",
            Self::Comptable => "document_comptable",
            Self::Personne => "document_personne",
        }
    }
}

/// What is known of a kind of document, besides its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nature {
    /// In the reference list.
    pub code: &'static str,
    /// The number of the inventory: 1 is DOC-01.
    pub doc: u8,
    /// The step of the method that it comes from, when it is of one.
    pub etape: Option<u8>,
    pub conservation: Conservation,
}

macro_rules! natures {
    ($($doc:literal $code:literal $etape:expr, $conservation:ident;)*) => {
        /// Every kind that the sources name (DOC-01 to DOC-31).
        pub const NATURES: &[Nature] = &[$(Nature {
            code: $code,
            doc: $doc,
            etape: $etape,
            conservation: Conservation::$conservation,
        }),*];
    };
}

natures! {
    1 "DIAGNOSTIC" Some(1), Dossier;
    2 "PRECONISATIONS" Some(1), Dossier;
    3 "PLAN_ACCOMPAGNEMENT" Some(1), Dossier;
    4 "RAPPORT_MISSION" Some(4), Dossier;
    5 "ETUDE" Some(1), Dossier;
    6 "NOTE_JURIDIQUE" Some(1), Dossier;
    7 "PRE_DIAGNOSTIC" Some(1), Dossier;
    8 "COURRIEL_DEMANDE" Some(1), Personne;
    9 "ENQUETE" Some(1), Personne;
    10 "COMPTE_RENDU" Some(4), Dossier;
    11 "AVIS_COMITE" Some(2), Dossier;
    12 "PLAN_FINANCEMENT" Some(2), Comptable;
    13 "PROJET_INTERVENTION" Some(3), Dossier;
    14 "CADRE_EVALUATION" Some(3), Dossier;
    15 "CAHIER_DES_CHARGES" Some(3), Dossier;
    16 "APPEL_OFFRES" Some(3), Dossier;
    17 "OFFRE" Some(3), Dossier;
    18 "ECHEANCIER" Some(4), Dossier;
    19 "GUIDE_EVALUATION" Some(4), Dossier;
    20 "SYNTHESE_EVALUATION" Some(4), Dossier;
    21 "FICHE_PRESENTATION" Some(4), Dossier;
    22 "SUPPORT_CAPITALISATION" Some(4), Dossier;
    23 "OUTIL_PRODUIT" Some(4), Dossier;
    24 "BUDGET_PREVISIONNEL" None, Comptable;
    25 "CONVENTION" Some(2), Comptable;
    26 "CONVENTION_MISE_A_DISPOSITION" None, Comptable;
    27 "VERIFICATION_ASSURANCE" None, Dossier;
    28 "GRILLE_MUTUALISATION" None, Dossier;
    29 "AGREMENT" None, Dossier;
    30 "FICHE_POSTE" None, Personne;
    31 "TEMOIGNAGE" Some(4), Personne;
}

impl Nature {
    /// What is known of a code; one that the list took in later is kept with its dossier.
    pub fn of(code: &Code) -> Self {
        let known = NATURES.iter().find(|it| it.code == code.as_str());
        known.copied().unwrap_or(Self {
            code: "",
            doc: 0,
            etape: None,
            conservation: Conservation::Dossier,
        })
    }

    /// Whether it is what a prestataire proposes (DOC-17).
    pub(crate) fn is_offre(&self) -> bool {
        self.doc == 17
    }
}

/// The SHA-256 of a content, in 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Empreinte(String);

impl Empreinte {
    /// Parses hexadecimal digits, of any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Ok(Self(text));
        }
        Err(Invalid::new(
            "Indiquez l'empreinte SHA-256 du fichier : 64 chiffres hexadécimaux.",
            "Give the SHA-256 of the file: 64 hexadecimal digits.",
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The size of a content that may be sent: something, and at most [`TAILLE_MAX`].
pub fn taille(bytes: i64) -> Result<i64, Invalid> {
    if (1..=TAILLE_MAX).contains(&bytes) {
        return Ok(bytes);
    }
    let mib = TAILLE_MAX / 1024 / 1024;
    Err(Invalid::new(
        format!("Un fichier compte au moins un octet et au plus {mib} Mio : réduisez-le."),
        format!("A file holds at least one byte and at most {mib} MiB: reduce it."),
    ))
}

/// What a content is, of the few kinds that are taken: none that a browser would run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypeMedia(String);

/// Name, extension, and how such a content begins, where it begins alike.
const MEDIAS: &[(&str, &str, &[u8])] = &[
    ("application/pdf", "pdf", b"%PDF-"),
    ("application/vnd.oasis.opendocument.text", "odt", b"PK"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods", b"PK"),
    ("application/vnd.oasis.opendocument.presentation", "odp", b"PK"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", b"PK"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", b"PK"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", b"PK"),
    ("image/jpeg", "jpg", &[0xff, 0xd8, 0xff]),
    ("image/png", "png", &[0x89, b'P', b'N', b'G']),
    ("message/rfc822", "eml", b""),
    ("text/csv", "csv", b""),
    ("text/plain", "txt", b""),
];

impl TypeMedia {
    /// Parses a media type, parameters apart: one of those that are taken.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = text.split(';').next().unwrap_or_default();
        let name = name.trim().to_ascii_lowercase();
        if MEDIAS.iter().any(|it| it.0 == name) {
            return Ok(Self(name));
        }
        let known: Vec<_> = MEDIAS.iter().map(|it| it.0).collect();
        let known = known.join(", ");
        Err(Invalid::new(
            format!("Ce type de fichier n'est pas accepté : choisissez parmi {known}."),
            format!("This type of file is not taken: choose among {known}."),
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As names of files end.
    pub fn extension(&self) -> &'static str {
        self.known().map_or("bin", |it| it.1)
    }

    /// How such a content begins.
    pub fn beginning(&self) -> &'static [u8] {
        self.known().map_or(b"", |it| it.2)
    }

    fn known(&self) -> Option<&'static (&'static str, &'static str, &'static [u8])> {
        MEDIAS.iter().find(|it| it.0 == self.0)
    }
}

impl fmt::Display for TypeMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The language of a document, as ISO 639 writes it: `fr`, `oc`, `rcf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Langue(String);

impl Langue {
    /// Parses two or three letters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_lowercase();
        if (2..=3).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_lowercase()) {
            return Ok(Self(text));
        }
        Err(Invalid::new(
            "Indiquez une langue par son code ISO 639, par exemple fr.",
            "Give a language by its ISO 639 code, for example fr.",
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
