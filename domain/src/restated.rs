//! What a fact says anew, beside what was said before: for those who read a history and ask what
//! changed.
//!
//! Facts about one subject are declared together, and nothing else is compared: two facts that
//! are not declared here have no before and after, whatever their members are called. Rules
//! never read this.

use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// What facts of one stream state, and state anew.
#[derive(Debug, PartialEq, Eq)]
pub struct Subject {
    pub category: &'static str,
    /// They state all of it.
    whole: &'static [&'static str],
    /// They state some of its members anew, and leave the others as they were.
    part: &'static [&'static str],
    /// After them nothing of it stands.
    ends: &'static [&'static str],
    /// The members that say of which one: the number of a line, an organisation.
    of: &'static [&'static str],
}

/// Something that a fact says, and what stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it stands in the fact, as a JSON pointer. A list counts as one value.
    pub pointer: String,
    /// `None` when nothing stood there.
    pub before: Option<Value>,
    /// `None` when nothing stands there any more.
    pub after: Option<Value>,
}

macro_rules! subjects {
    ($($category:literal: $($whole:ident)|+ $(, part $part:ident)? $(, ends $ends:ident)?
        $(, of $($of:literal)+)?;)*) => {
        /// Everything that is stated anew.
        const SUBJECTS: &[Subject] = &[$(Subject {
            category: $category,
            whole: &[$(stringify!($whole)),+],
            part: &[$(stringify!($part))?],
            ends: &[$(stringify!($ends))?],
            of: &[$($($of),+)?],
        }),*];
    };
}

subjects! {
    "accompagnement": AccueilCompleted;
    "accompagnement": DiagnosticCompleted;
    "accompagnement": PreconisationsProposed;
    "accompagnement": PlanAccompagnementEstablished;
    "accompagnement": ActionAppuiAdded, ends ActionAppuiCancelled, of "numero";
    "accompagnement": ActionAppuiAttached, of "numero";
    "capitalisation": NatureCapitalisationDetermined;
    "capitalisation": TransferabiliteAssessed, of "element";
    "capitalisation": DestinatairesTargeted;
    "capitalisation": ResponsableTransfertDesignated;
    "capitalisation": ModalitesTransfertAdapted;
    "capitalisation": CasPublished, ends CasUnpublished;
    "capitalisation": ReutilisationDeclared, ends ReutilisationWithdrawn, of "element" "ingenierie";
    "consultation": CahierDesChargesDrafted;
    "consultation": OffreScored, of "prestataire" "par";
    "consultation": PreferenceStructureExpressed, of "structure";
    "consultation": ContratSigned, part ContratAmended, ends ContratTerminated;
    "convention_financement": ConventionSigned, part ConventionAmended;
    "dla": ComiteAppuiMemberAdded, ends ComiteAppuiMemberRemoved, of "personne";
    "dla": PrioritesCiblageDefined, of "annee";
    "dla": FondsIngenierieOpened | FondsIngenierieAdjusted, of "annee";
    "document": DocumentRegistered, part DocumentVisibilityChanged;
    "evaluation": CadreEvaluationFinalised;
    "evaluation": IndicateurMesured, of "indicateur" "mesureOn";
    "evaluation": EcheancierPrepared;
    "evaluation": RegistreAssessed, of "registre";
    "evaluation": ResultatObtenuRecorded, of "resultat";
    "ingenierie_collective": IngenierieCollectiveInitiated, part SecteursDetermined;
    "ingenierie_collective": ProblematiqueStated | ProblematiqueReformulated;
    "ingenierie_collective": SubsidiariteChecked;
    "ingenierie_collective": TerritoireQualified;
    "ingenierie_collective": RoleDlaDefined, of "dla";
    "ingenierie_collective": CoherenceChecked;
    "ingenierie_collective": PartenaireAssociated, ends PartenaireWithdrawn, of "organisation";
    "ingenierie_collective": AttenteRecorded, of "partenaire";
    "ingenierie_collective": ProblematiqueShared, of "partenaire";
    "ingenierie_collective": ContributionIntervenantOffered, of "partenaire";
    "ingenierie_collective": ObjectifsEvaluationSet;
    "ingenierie_collective": AvisComiteAppuiRecorded, of "dla";
    "ingenierie_collective": StructureResponseRecorded, of "structure";
    "ingenierie_collective": ResultatsAttendusFixed | ResultatsAttendusAmended;
    "ingenierie_collective": TypeIngenierieChosen;
    "ingenierie_collective": TypesPrestationChosen;
    "ingenierie_collective": AccrocheChosen;
    "ingenierie_collective": TempsPorteurPositioned;
    "ingenierie_collective": SystemeIntervenantDesigned;
    "ingenierie_collective": PartenaireIntervenantEngaged, of "partenaire";
    "ingenierie_collective": ConditionsTechniquesAssessed;
    "ingenierie_collective": ProjetInterventionFormalised;
    "ingenierie_individuelle": IngenierieIndividuelleInitiated,
        part IngenierieIndividuelleDescribed;
    "ingenierie_individuelle": ObjectifsSet;
    "ingenierie_individuelle": ResultatsAttendusFixed | ResultatsAttendusAmended;
    "ingenierie_individuelle": AvisComiteAppuiRecorded, of "dla";
    "intervention": PresenceRecorded, of "seance" "personne";
    "intervention": SeanceScheduled, part SeanceRescheduled, ends SeanceCancelled, of "seance";
    "mandat_audit": MandatAuditGranted, part MandatAuditExtended, ends MandatAuditRevoked;
    "organisation": OrganisationRegistered | OrganisationIdentityCorrected;
    "organisation": ProfilStructureRecorded, of "asOf";
    "organisation": PrestataireReferenced, ends PrestataireReferencementEnded;
    "plan_financement": DepenseAdded, part DepenseRevised, ends DepenseRemoved, of "ligne";
    "plan_financement": RessourceGranted, of "ligne";
    "plan_financement": RessourceNotified, of "ligne";
    "plan_financement": PlanFinancementConfirmed;
    "referentiel": ValeurReferenceAdded, part ValeurReferenceRelabelled, of "code";
    "referentiel": ValeurReferenceEnded, of "code";
    "reponse_evaluation": ReponseRecorded | ReponseRevised, of "ligne";
    "seance_comite_appui": SeanceComiteAppuiConvened, part SeanceComiteAppuiRescheduled,
        ends SeanceComiteAppuiCancelled;
    "seance_comite_appui": DossierInscribed, ends DossierWithdrawn, of "ingenierie";
    "seance_comite_appui": MembrePresenceRecorded, of "personne";
    "seance_comite_appui": AvisGiven, of "ingenierie";
}

/// What the facts of a kind are about, when others state it anew.
pub fn subject(category: &str, kind: &str) -> Option<&'static Subject> {
    SUBJECTS
        .iter()
        .find(|it| it.category == category && it.kinds().any(|it| it == kind))
}

/// Every kind that is about such a subject.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    SUBJECTS.iter().flat_map(Subject::kinds)
}

impl Subject {
    fn kinds(&self) -> impl Iterator<Item = &'static str> {
        [self.whole, self.part, self.ends]
            .into_iter()
            .flatten()
            .copied()
    }

    /// Whether the two contents are about the same one.
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        self.of.iter().all(|it| one.get(it) == other.get(it))
    }

    /// What the last of some facts changes: all of the subject, about the same one, of one
    /// stream, in order.
    pub fn changes<'a>(
        &self,
        facts: impl IntoIterator<Item = (&'a str, &'a Value)>,
    ) -> Vec<Change> {
        let (mut before, mut after) = (Map::new(), Map::new());
        for (kind, data) in facts {
            before.clone_from(&after);
            if !self.part.contains(&kind) {
                after.clear();
            }
            if !self.ends.contains(&kind) {
                let said = data.as_object().into_iter().flatten();
                let said = said.filter(|(name, _)| !self.of.contains(&name.as_str()));
                after.extend(said.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        let mut all = vec![];
        compare("", Some(&before.into()), Some(&after.into()), &mut all);
        all
    }
}

/// The values that differ, wherever they stand.
fn compare(at: &str, before: Option<&Value>, after: Option<&Value>, all: &mut Vec<Change>) {
    let members = |it: Option<&Value>| match it {
        None => Some(Map::new()),
        Some(it) => it.as_object().cloned(),
    };
    if before == after {
        return;
    }
    let (Some(one), Some(other)) = (members(before), members(after)) else {
        let pointer = at.to_owned();
        all.push(Change { pointer, before: before.cloned(), after: after.cloned() });
        return;
    };
    let gone = one.keys().filter(|it| !other.contains_key(*it));
    for name in other.keys().chain(gone) {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        compare(&pointer, one.get(name), other.get(name), all);
    }
}
