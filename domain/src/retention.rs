//! How long what is sealed is kept, and on which ground: one class for each kind of subject, since
//! the subject says whom a value is about. `retention.txt` shows it field by field.

/// What is held for one kind of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The kind, as [`crate::Subject`] writes it before the slash.
    pub subject: &'static str,
    pub holds: &'static str,
    /// Why it may be held: a point of article 6(1) of the GDPR, and what sets the time.
    pub basis: &'static str,
    /// Counted from the last fact that seals something for the subject. What has passed it is
    /// listed (`essaim person due`), and nothing is destroyed by itself.
    pub months: i32,
}

/// Every class. The times are the house's defaults: the controller answers for them.
pub const CLASSES: &[Retention] = &[
    Retention {
        subject: "accompagnement",
        holds: "what a structure asked for, its diagnostic and what was done with it",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "convention",
        holds: "why a convention was amended or closed, or money given back to it",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "dla",
        holds: "why a DLA changed what the registry says of it, or when its comité d'appui meets",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "document",
        holds: "content and title of what proves a dossier",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "document_comptable",
        holds: "content and title of what proves accounts",
        basis: "6(1)(c), legal obligation; code de commerce, L123-22: ten years",
        months: 120,
    },
    Retention {
        subject: "document_personne",
        holds: "content and title of what speaks of people",
        basis: "6(1)(e), public interest; three years after the last contact",
        months: 36,
    },
    Retention {
        subject: "dossier",
        holds: "justifications, reasons and comments of a dossier",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "mandat_audit",
        holds: "by which law an auditor reads dossiers, and why a mandate ended",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "offre",
        holds: "the proposal of one bidder",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "organisation",
        holds: "what an organisation says of itself or is said of it",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
    Retention {
        subject: "person",
        holds: "identity of a person, and what is said of them",
        basis: "6(1)(e), public interest; three years after the last contact",
        months: 36,
    },
    Retention {
        subject: "reponse",
        holds: "what a respondent writes to an evaluation",
        basis: "6(1)(e), public interest; (EU) 2021/1060, article 82: five years",
        months: 60,
    },
];
