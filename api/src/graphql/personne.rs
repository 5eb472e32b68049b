//! Persons: the register of personal data, and what those who answer for their protection do:
//! say who someone is, have it kept, have it erased.

use async_graphql::{Context, Enum, InputObject, MergedObject, Object, SimpleObject};
use domain::{
    Line, PersonId, Subject,
    personne::{self as rules, IdentitePersonne as Identite},
    retention,
};
use eventlog::{Outcome, Reader};
use projections::{
    SealedPlace,
    personnes::{self as rows, MODEL},
};
use uuid::Uuid;

use crate::{
    Error, Result, audits,
    graphql::{
        context::ContextExt,
        paging::{self, List},
        request::{Recorded, Request, line, optional, prose},
        scalars::{Date, DateTime, Position, Version},
        sealed::opened,
    },
};

/// The most lines of the journal that one answer holds.
const ACCES_MAX: i64 = 100;

/// A person, as the register of personal data knows them. Facts know people by id only. For
/// administrators and DPOs, who answer for the protection of data; nobody else sees the register.
pub(crate) struct Personne(rows::Personne);

/// A person, as the register of personal data knows them. Facts know people by id only. For
/// administrators and DPOs, who answer for the protection of data; nobody else sees the register.
#[Object]
impl Personne {
    /// The UUID that facts know the person by.
    async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Send it back with a change to be told if someone else moved first.
    async fn version(&self) -> Version {
        Version(self.0.version)
    }

    /// Who the person is. Sealed: reading it is written in the journal. Null once erased.
    async fn identite(&self, ctx: &Context<'_>) -> Result<Option<IdentitePersonne>> {
        let Some(SealedPlace { position, pointer }) = &self.0.identite else { return Ok(None) };
        let value = opened(ctx, *position, pointer).await?;
        value.map(IdentitePersonne::of).transpose()
    }

    /// When it was last said who they are.
    async fn identified_on(&self) -> Option<Date> {
        self.0.identified_on.map(Date)
    }

    /// Every value that is held for the person, by its place; values are not here.
    async fn detenu(&self, ctx: &Context<'_>) -> Result<Vec<ValeurDetenue>> {
        let held = ctx.log().vault().held(&self.subject()).await?;
        let value = |it: eventlog::vault::Held| ValeurDetenue {
            position: Position(it.position.0),
            kind: it.kind,
            pointer: it.pointer,
            on: Date(it.on),
        };
        Ok(held.into_iter().map(value).collect())
    }

    /// On which ground it is held, and until when. Null when nothing is held.
    async fn conservation(&self, ctx: &Context<'_>) -> Result<Option<Conservation>> {
        let due = ctx.log().vault().due_of(&self.subject()).await?;
        let class = retention::CLASSES.iter().find(|it| it.subject == "person");
        Ok(due.zip(class).map(|(due, class)| Conservation {
            motif: class.basis.to_owned(),
            mois: class.months,
            echeance: Date(due.since),
        }))
    }

    /// The reasons to keep what is held that are in force (legal holds), oldest first.
    async fn obligations(&self) -> Vec<ObligationConservation> {
        let rows = self.0.obligations.iter().cloned();
        rows.map(ObligationConservation).collect()
    }

    /// That what was held is erased. Null before.
    async fn effacement(&self, ctx: &Context<'_>) -> Result<Option<Effacement>> {
        let Some(it) = &self.0.effacement else { return Ok(None) };
        let destroyed = ctx.log().vault().erased_at(&self.subject()).await?;
        Ok(Some(Effacement {
            fondement: it.fondement.into(),
            reference: it.reference.clone(),
            on: Date(it.on),
            position: Position(it.position),
            destroyed_at: destroyed.map(DateTime),
        }))
    }

    /// Who opened what is held for the person, and what for: the last 100, latest first.
    async fn acces(&self, ctx: &Context<'_>) -> Result<Vec<AccesDonnees>> {
        let vault = ctx.log().vault();
        let accesses = vault.accesses(&self.subject(), ACCES_MAX).await?;
        let access = |it: eventlog::vault::Access| AccesDonnees {
            at: DateTime(it.at),
            acteur: it.actor,
            role: it.role,
            purpose: it.purpose,
            because: it.because,
            position: Position(it.position.0),
            pointer: it.pointer,
        };
        Ok(accesses.into_iter().map(access).collect())
    }
}

impl Personne {
    fn subject(&self) -> Subject {
        Subject::person(PersonId(self.0.id))
    }
}

/// Who a person is.
#[derive(SimpleObject)]
pub(crate) struct IdentitePersonne {
    /// First and last name.
    nom: String,
    /// Their e-mail address.
    courriel: Option<String>,
    /// Their telephone number.
    telephone: Option<String>,
}

impl IdentitePersonne {
    fn of(value: serde_json::Value) -> Result<Self> {
        let identite: Identite = serde_json::from_value(value).map_err(Error::internal)?;
        Ok(Self {
            nom: identite.nom.as_str().to_owned(),
            courriel: identite.courriel.map(|it| it.as_str().to_owned()),
            telephone: identite.telephone.map(|it| it.as_str().to_owned()),
        })
    }

    /// Of a person who acted in what an auditor controls: the journal of the person says so, and
    /// why, before it is opened.
    pub(crate) async fn audited(
        ctx: &Context<'_>,
        personne: &rows::Personne,
        because: &Line,
    ) -> Result<Option<Self>> {
        let Some(SealedPlace { position, pointer }) = &personne.identite else { return Ok(None) };
        let reader = Reader::of(ctx.actor()).to(audits::PURPOSE);
        let reader = reader.because(because.as_str());
        let place = [(eventlog::Position(*position), pointer.as_str())];
        let opened = ctx.log().vault().open(&reader, &place).await?;
        opened.into_values().next().map(Self::of).transpose()
    }
}

/// A sealed value that is held for a person, by its place in the log.
#[derive(SimpleObject)]
pub(crate) struct ValeurDetenue {
    /// The fact that holds it.
    position: Position,
    /// What that fact says, by its stable name: `PersonneIdentified`.
    #[graphql(name = "type")]
    kind: String,
    /// Its place in the fact, as a JSON pointer: `/identite`.
    pointer: String,
    /// The date of the fact.
    on: Date,
}

/// On which ground something is held, and until when.
#[derive(SimpleObject)]
pub(crate) struct Conservation {
    /// The legal ground, and what sets the time.
    motif: String,
    /// How many months, from the last fact that says something of the person.
    mois: i32,
    /// The first day on which it should no longer be held, unless a legal hold applies.
    echeance: Date,
}

/// A reason to keep what is held on a person, whatever is asked (legal hold).
pub(crate) struct ObligationConservation(rows::Obligation);

/// A reason to keep what is held on a person, whatever is asked (legal hold).
#[Object]
impl ObligationConservation {
    /// The number of the case.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// Since when.
    async fn depuis(&self) -> Date {
        Date(self.0.since)
    }

    /// Why, if it was said. Sealed for the person: it is erased with them.
    async fn motif(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(SealedPlace { position, pointer }) = &self.0.motif else { return Ok(None) };
        let value = opened(ctx, *position, pointer).await?;
        Ok(value.and_then(|it| it.as_str().map(str::to_owned)))
    }
}

/// That what was held on a person is erased.
#[derive(SimpleObject)]
pub(crate) struct Effacement {
    /// On which ground.
    fondement: FondementEffacement,
    /// The number of the request or the case.
    reference: String,
    /// The date of the erasure.
    on: Date,
    /// The fact that says so.
    position: Position,
    /// When key and values were destroyed: within a second of the fact. Null until then.
    destroyed_at: Option<DateTime>,
}

/// A line of the journal: someone opened a sealed value.
#[derive(SimpleObject)]
pub(crate) struct AccesDonnees {
    /// When.
    at: DateTime,
    /// Who, by the random id that stands for them in the log.
    acteur: Uuid,
    /// In which role.
    role: String,
    /// What for: `READ`, `EXPORT`, `DISCLOSURE`, or the command that needed it.
    purpose: String,
    /// Why, where it had to be said.
    because: Option<String>,
    /// The fact that holds the value.
    position: Position,
    /// Its place in the fact.
    pointer: String,
}

/// Why personal data are erased: article 17(1) of the GDPR, points a to e.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::FondementEffacement")]
pub(crate) enum FondementEffacement {
    /// They are no longer needed, or their retention has ended (a).
    DonneesInutiles,
    /// The person no longer consents (b).
    ConsentementRetire,
    /// The person objects, and nothing weighs more (c).
    Opposition,
    /// They should never have been held (d).
    TraitementIllicite,
    /// A law or a court says so (e).
    ObligationLegale,
}

#[derive(Default)]
pub(crate) struct PersonneQuery;

#[Object]
impl PersonneQuery {
    /// A person by their UUID, as the register of personal data knows them. Null for those who
    /// do not answer for the protection of data.
    async fn personne(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The UUID that facts know the person by.")] id: Uuid,
    ) -> Result<Option<Personne>> {
        find(ctx, PersonId(id)).await
    }

    /// The register of personal data, in the order of the UUIDs. Empty for those who do not
    /// answer for the protection of data.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    async fn personnes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<Uuid, Personne>> {
        paging::at_least(ctx, &MODEL, at_least_position).await?;
        let asked = paging::asked(first, after.as_deref())?;
        let page = rows::list(ctx.reads(), ctx.scope(), asked.first, asked.after);
        let row = |it: rows::Personne| (it.id, Personne(it));
        let list = paging::list(ctx, &MODEL, &asked, page, row).await?;
        paging::total(ctx, list, rows::count(ctx.reads(), ctx.scope())).await
    }
}

async fn find(ctx: &Context<'_>, id: PersonId) -> Result<Option<Personne>> {
    let row = rows::by_id(ctx.reads(), ctx.scope(), id).await?;
    Ok(row.map(Personne))
}

#[derive(Default)]
pub(crate) struct PersonneMutation;

#[Object]
impl PersonneMutation {
    /// Says who a person is. Saying otherwise later takes its place.
    async fn identify_personne(
        &self,
        ctx: &Context<'_>,
        input: IdentifyPersonneInput,
    ) -> Result<PersonnePayload> {
        let id = PersonId(input.personne);
        let identite = Identite {
            nom: line("input.nom", &input.nom)?,
            courriel: optional(line, "input.courriel", input.courriel.as_ref())?,
            telephone: optional(line, "input.telephone", input.telephone.as_ref())?,
        };
        let acteur = match &input.compte {
            None => None,
            Some(compte) => {
                let (emetteur, sujet) = compte.parse()?;
                let asked = input.request.asked(ctx).await?;
                let known = ctx.log().seen::<domain::Personne>(id).await?;
                let decided = known
                    .state
                    .identify_personne(&asked, id, identite.clone(), None);
                // A command that is refused, or answered as before, leaves no account behind.
                match decided {
                    Ok(_) => Some(ctx.log().vault().actor(&emetteur, &sujet).await?),
                    Err(_) => None,
                }
            }
        };
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Personne, asked| {
                it.identify_personne(asked, id, identite.clone(), acteur)
            });
        Ok(payload(id, decided.await?))
    }

    /// Has what is held on a person kept, whatever is asked, until the hold is lifted.
    async fn place_legal_hold(
        &self,
        ctx: &Context<'_>,
        input: PlaceLegalHoldInput,
    ) -> Result<PersonnePayload> {
        let id = PersonId(input.personne);
        let reference = line("input.reference", &input.reference)?;
        let motif = optional(prose, "input.motif", input.motif.as_ref())?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Personne, asked| {
                it.place_legal_hold(asked, id, reference.clone(), motif.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Ends one reason to keep what is held on a person.
    async fn lift_legal_hold(
        &self,
        ctx: &Context<'_>,
        input: LiftLegalHoldInput,
    ) -> Result<PersonnePayload> {
        let id = PersonId(input.personne);
        let reference = line("input.reference", &input.reference)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Personne, asked| {
                it.lift_legal_hold(asked, reference.clone())
            });
        Ok(payload(id, decided.await?))
    }

    /// Erases for ever all that is sealed for a person, wherever it was recorded, and forgets
    /// which account is theirs. The log keeps that something was said, and every proof holds.
    /// Refused under a legal hold.
    async fn erase_personne(
        &self,
        ctx: &Context<'_>,
        input: ErasePersonneInput,
    ) -> Result<PersonnePayload> {
        let id = PersonId(input.personne);
        let fondement = input.fondement.into();
        let reference = line("input.reference", &input.reference)?;
        let decided = input
            .request
            .decide(ctx, id, |it: &domain::Personne, asked| {
                it.erase_personne(asked, fondement, reference.clone())
            });
        Ok(payload(id, decided.await?))
    }
}

/// Who a person is.
#[derive(InputObject)]
pub(crate) struct IdentifyPersonneInput {
    #[graphql(flatten)]
    request: Request,
    /// The person, by a random UUID that you draw once: facts know people by id only.
    personne: Uuid,
    /// First and last name. Sealed.
    nom: String,
    /// Their e-mail address. Sealed.
    courriel: Option<String>,
    /// Their telephone number. Sealed.
    telephone: Option<String>,
    /// The account they come here with, if they have one: it is forgotten when they are erased.
    compte: Option<CompteInput>,
}

/// The account that someone comes with, as their tokens name it.
#[derive(InputObject)]
pub(crate) struct CompteInput {
    /// The issuer (`iss`).
    emetteur: String,
    /// The subject (`sub`).
    sujet: String,
}

impl CompteInput {
    fn parse(&self) -> Result<(String, String)> {
        let emetteur = line("input.compte.emetteur", &self.emetteur)?;
        let sujet = line("input.compte.sujet", &self.sujet)?;
        Ok((emetteur.as_str().to_owned(), sujet.as_str().to_owned()))
    }
}

/// A reason to keep what is held on a person.
#[derive(InputObject)]
pub(crate) struct PlaceLegalHoldInput {
    #[graphql(flatten)]
    request: Request,
    /// The person.
    personne: Uuid,
    /// The number of the case: no name, for it stands in clear.
    reference: String,
    /// Why. Sealed for the person.
    motif: Option<String>,
}

/// A reason to keep that has ended.
#[derive(InputObject)]
pub(crate) struct LiftLegalHoldInput {
    #[graphql(flatten)]
    request: Request,
    /// The person.
    personne: Uuid,
    /// The number of the case that the hold was placed with.
    reference: String,
}

/// A person to erase.
#[derive(InputObject)]
pub(crate) struct ErasePersonneInput {
    #[graphql(flatten)]
    request: Request,
    /// The person.
    personne: Uuid,
    /// On which ground.
    fondement: FondementEffacement,
    /// The number of the request or the case: no name, for it stands in clear.
    reference: String,
}

/// What every change of what is known of a person answers.
#[derive(MergedObject)]
pub(crate) struct PersonnePayload(PersonneChanged, Recorded);

fn payload(id: PersonId, outcome: Outcome) -> PersonnePayload {
    PersonnePayload(PersonneChanged { id, outcome }, Recorded(outcome))
}

struct PersonneChanged {
    id: PersonId,
    outcome: Outcome,
}

#[Object]
impl PersonneChanged {
    /// The person, at least as recent as the change.
    async fn personne(&self, ctx: &Context<'_>) -> Result<Option<Personne>> {
        ctx.reads().caught_up(&MODEL, self.outcome.position).await?;
        find(ctx, self.id).await
    }
}
