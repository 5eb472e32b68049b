//! Facts as a reader may know them. The only place that says how much of a fact each one reads:
//! the pages of GraphQL and the downloads both ask here.

use domain::{
    Actor, Event, OrganisationId, Rule,
    consultation::{Event as Consultation, Notateur},
    convention_financement::Event as Convention,
    document::Event as Document,
    ingenierie_collective::Event as Ingenierie,
    ingenierie_individuelle::Event as Individuelle,
    intervention::Event as Intervention,
    plan_financement::{Contributeur, Event as Plan},
    reponse_evaluation::Event as Reponse,
    restated::{self, Change},
};
use eventlog::{ActorStamp, EventLog, Position, Recorded};
use projections::{
    Page, Reads, Scope, SealedPlace, Waiver,
    historique::{self as rows, Filter, PERSONNES, content, structures},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Error, Result,
    audits::{self, Lecture, Lu},
};

/// The kind that says that a rule was set aside, in every aggregate.
const RULE_WAIVED: &str = "RuleWaived";

/// Who reads, and what they may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eyes<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) scope: &'a Scope,
}

/// Who may read a sealed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever may read the dossier: the justification of a rule set aside.
    Dossier,
    /// Those of its DLAs: comments and reasons.
    Dlas,
    /// Those of its DLAs, and the organisation whose own words they are.
    DlasAnd(OrganisationId),
    /// Those of any DLA, since the registry belongs to none, and the organisation whose own
    /// words they are.
    Network(Option<OrganisationId>),
}

impl Readers {
    /// Whether someone is one of them.
    pub(crate) fn include(self, eyes: Eyes<'_>, dlas: &[Uuid]) -> bool {
        let is = |own| eyes.actor.answers_for() == Some(own);
        match self {
            Self::Dossier => true,
            Self::Dlas => eyes.scope.inside(dlas),
            Self::DlasAnd(own) => eyes.scope.inside(dlas) || is(own),
            Self::Network(own) => eyes.scope.inside(&eyes.scope.dlas) || own.is_some_and(is),
        }
    }
}

/// A fact with what it holds in clear, read once.
pub(crate) struct Said {
    pub(crate) recorded: Recorded,
    data: Value,
}

impl Said {
    fn of(recorded: Recorded) -> Self {
        Self { data: content(&recorded), recorded }
    }
}

/// A fact that its reader may know of.
pub(crate) struct Fait {
    said: Said,
    /// The DLAs concerned: their people read comments, reasons, and who acted.
    dlas: Vec<Uuid>,
}

/// A page of facts, in the order of the log.
///
/// What an auditor reads of it is written in the journal first.
pub(crate) async fn page(
    reads: &Reads,
    eyes: Eyes<'_>,
    filter: &Filter,
    place: (i64, Option<Position>),
) -> Result<Page<Fait>> {
    let page = rows::list(reads, eyes.scope, filter, place).await?;
    let read = page.rows.iter().flat_map(|it| Lecture::of_fact(&it.entry));
    audits::note(reads.log(), eyes, (Lu::Historique, None), read).await?;
    let positions: Vec<_> = page
        .rows
        .iter()
        .map(|it| Position(it.entry.position))
        .collect();
    let recorded = reads.log().at_positions(&positions).await?;
    if let Some(lost) = positions.get(recorded.len()) {
        return Err(Error::internal(eventlog::Error::Hole(*lost)));
    }
    let found = recorded.into_iter().zip(page.rows);
    let rows = found
        .map(|(recorded, it)| Fait { said: Said::of(recorded), dlas: it.dlas })
        .collect();
    Ok(Page { rows, has_next: page.has_next })
}

/// What is needed of some streams to say what their facts change, and which rules they set aside.
pub(crate) async fn histories(log: &EventLog, streams: &[Uuid]) -> Result<Vec<Said>> {
    let kinds: Vec<_> = restated::kinds().chain([RULE_WAIVED]).collect();
    let all = log.histories(streams, &kinds).await?;
    Ok(all.into_iter().map(Said::of).collect())
}

impl Fait {
    /// The fact as the log has it: what of it is shown is for the other methods to say.
    pub(crate) fn recorded(&self) -> &Recorded {
        &self.said.recorded
    }

    /// Who did it, for those of the DLAs concerned and those who control: outsiders learn the
    /// role and the organisation only.
    pub(crate) fn identity(&self, eyes: Eyes<'_>) -> Option<&ActorStamp> {
        (eyes.scope.inside(&self.dlas) || self.audited(eyes).is_some())
            .then_some(&self.said.recorded.actor)
    }

    /// The dossier or the convention that a mandate opens to its reader, if it is of one.
    pub(crate) fn audited(&self, eyes: Eyes<'_>) -> Option<Uuid> {
        let stream = Some(self.said.recorded.stream);
        let mut of = [self.said.recorded.dossier, stream].into_iter().flatten();
        of.find(|it| eyes.scope.audits(*it))
    }

    /// What it holds in clear, if they may read it.
    pub(crate) fn data(&self, eyes: Eyes<'_>) -> Option<&Value> {
        self.shows(eyes, &self.said.data).then_some(&self.said.data)
    }

    /// Whether they may read what it holds: a structure reads nothing of another one, and
    /// persons are known to the DLAs concerned, to those who keep the registry or answer for its
    /// data, and to those who control.
    fn shows(&self, eyes: Eyes<'_>, data: &Value) -> bool {
        let own = eyes.scope.own_structure();
        let concerned = structures(data);
        let of_others = own.is_some_and(|own| concerned.iter().any(|it| *it != own));
        let knows_people = eyes.scope.keeps_house()
            || eyes.scope.inside(&self.dlas)
            || self.audited(eyes).is_some();
        !of_others && (knows_people || !names_a_person(data))
    }

    /// Whether they may read a text sealed in it; nobody may read an offre: a consultation opens
    /// its offres together.
    pub(crate) fn opens(&self, eyes: Eyes<'_>, pointer: &str) -> bool {
        let readers = match &self.said.recorded.event {
            Event::Consultation(Consultation::OffreReceived { .. }) => return false,
            Event::Accompagnement(it) => Readers::DlasAnd(it.parties().structure),
            Event::IngenierieCollective(
                Ingenierie::StructureResponseRecorded { structure, .. }
                | Ingenierie::ConditionsImplicationAssessed { structure: Some(structure), .. },
            )
            // What its need is, the structure said itself.
            | Event::IngenierieIndividuelle(
                Individuelle::IngenierieIndividuelleInitiated { structure, .. }
                | Individuelle::IngenierieIndividuelleDescribed { structure, .. },
            ) => Readers::DlasAnd(*structure),
            Event::IngenierieCollective(Ingenierie::PartenairesInformed {
                destinataires, ..
            })
            | Event::Intervention(Intervention::ProgressReported { destinataires, .. }) => {
                let own = eyes.actor.answers_for();
                let told = own.filter(|it| destinataires.contains(it));
                told.map_or(Readers::Dlas, Readers::DlasAnd)
            }
            Event::Consultation(
                Consultation::CahierDesChargesContributionRecorded { organisation: own, .. }
                | Consultation::OffreRejected { prestataire: own, .. }
                | Consultation::PreferenceStructureExpressed { structure: own, .. }
                | Consultation::OffreScored { par: Notateur::Organisation(own), .. },
            ) => Readers::DlasAnd(*own),
            Event::PlanFinancement(Plan::RessourceRefused {
                contributeur: Contributeur::Organisation(organisation),
                ..
            }) => Readers::DlasAnd(*organisation),
            Event::ConventionFinancement(
                Convention::ConventionAmended { financeur, .. }
                | Convention::AllocationReleased { financeur, .. }
                | Convention::VersementCancelled { financeur, .. }
                | Convention::ConventionClosed { financeur, .. },
            ) => Readers::DlasAnd(*financeur),
            Event::Intervention(Intervention::RapportMissionDelivered { intervenant, .. }) => {
                Readers::DlasAnd(*intervenant)
            }
            Event::Organisation(_) => {
                let own = OrganisationId(self.said.recorded.stream);
                Readers::Network((pointer != "/motif").then_some(own))
            }
            Event::ReponseEvaluation(
                Reponse::ReponseRecorded(it) | Reponse::ReponseRevised(it),
            ) => {
                let own = it.repondant.organisation();
                own.map_or(Readers::Dlas, Readers::DlasAnd)
            }
            Event::Document(Document::DocumentRegistered { structure: Some(own), .. }) => {
                Readers::DlasAnd(*own)
            }
            _ if pointer == "/because" => Readers::Dossier,
            _ => Readers::Dlas,
        };
        self.shows(eyes, &self.said.data) && readers.include(eyes, &self.dlas)
    }

    /// What it changes of what was said before; none when it states nothing anew, or when they
    /// may not read it. `histories` are those of its stream.
    pub(crate) fn changes(&self, eyes: Eyes<'_>, histories: &[Said]) -> Option<Vec<Change>> {
        let subject = restated::subject(&self.said.recorded.category, &self.said.recorded.kind)?;
        let so_far: Vec<_> = self
            .restating(histories)
            .filter(|it| it.recorded.position <= self.said.recorded.position)
            .collect();
        // Shapes of two ages have no members to compare.
        let alike = |one: &Said, it: &Said| {
            let (one, it) = (&one.recorded, &it.recorded);
            one.kind != it.kind || one.schema == it.schema
        };
        let comparable = so_far
            .iter()
            .all(|it| self.shows(eyes, &it.data) && so_far.iter().all(|one| alike(one, it)));
        let facts = so_far
            .iter()
            .map(|it| (it.recorded.kind.as_str(), &it.data));
        comparable.then(|| subject.changes(facts))
    }

    /// Where the same is said anew, or ended, for the next time.
    pub(crate) fn restated_at(&self, histories: &[Said]) -> Option<Position> {
        self.restating(histories)
            .map(|it| it.recorded.position)
            .find(|it| *it > self.said.recorded.position)
    }

    /// The facts about the same thing, itself included.
    fn restating<'a>(&'a self, histories: &'a [Said]) -> impl Iterator<Item = &'a Said> {
        let of = |it: &Recorded| restated::subject(&it.category, &it.kind);
        let subject = of(&self.said.recorded);
        histories.iter().filter(move |it| {
            subject.is_some_and(|subject| {
                it.recorded.stream == self.said.recorded.stream
                    && of(&it.recorded) == Some(subject)
                    && subject.same(&it.data, &self.said.data)
            })
        })
    }

    /// The rules that its command set aside.
    pub(crate) fn waivers(&self, histories: &[Said]) -> Result<Vec<Waiver>> {
        let own = &self.said.recorded;
        let beside = histories.iter().filter(|Said { recorded: it, .. }| {
            it.kind == RULE_WAIVED && (it.stream, it.command) == (own.stream, own.command)
        });
        let waiver = |Said { recorded: it, data }: &Said| {
            let rule: Rule = serde_json::from_value(data["rule"].clone())?;
            let pointer = "/because".to_owned();
            Ok(Waiver {
                rule,
                on: it.on,
                because: SealedPlace { position: it.position.0, pointer },
            })
        };
        let all: Result<_, serde_json::Error> = beside.map(waiver).collect();
        all.map_err(Error::internal)
    }
}

fn names_a_person(content: &Value) -> bool {
    match content {
        Value::Object(members) => members
            .iter()
            .any(|(name, it)| PERSONNES.contains(&name.as_str()) || names_a_person(it)),
        Value::Array(items) => items.iter().any(names_a_person),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
