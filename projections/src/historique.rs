//! The history of a dossier (RM-17): who did what, when, in which role.
//!
//! It holds no content: the page reads the facts from the log, by position, and opens what is
//! sealed for whoever may read it. Whether a dossier is seen is known by `ingenieries`: wait
//! for both before asking.

use domain::{Date, IngenierieId, RoleName, ingenierie_collective::activites::proved_by};
use eventlog::{Position, Recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{
    PgConnection, Postgres,
    postgres::PgArguments,
    query::QueryScalar,
    types::{Json, Uuid},
};

use crate::{Error, Order, Page, ReadModel, Reads, Scope, copy::copy};

pub const MODEL: ReadModel = ReadModel {
    name: "historique",
    version: 2,
    tables: include_str!("historique.sql"),
    // Every kind that belongs to dossiers: a test compares with those that exist.
    reads: &[
        "ingenierie_collective.IngenierieCollectiveInitiated",
        "ingenierie_collective.SourceProblematiqueRecorded",
        "ingenierie_collective.ProblematiqueStated",
        "ingenierie_collective.ProblematiqueReformulated",
        "ingenierie_collective.ProblematiqueConfirmed",
        "ingenierie_collective.SecteursDetermined",
        "ingenierie_collective.StructureTargeted",
        "ingenierie_collective.StructureUntargeted",
        "ingenierie_collective.SubsidiariteChecked",
        "ingenierie_collective.ComplementariteChecked",
        "ingenierie_collective.PartenaireAssociated",
        "ingenierie_collective.PartenaireWithdrawn",
        "ingenierie_collective.DlaAssociated",
        "ingenierie_collective.AttenteRecorded",
        "ingenierie_collective.ObjectifStrategiqueSet",
        "ingenierie_collective.ObjectifOperationnelSet",
        "ingenierie_collective.ObjectifWithdrawn",
        "ingenierie_collective.DemarcheValidated",
        "ingenierie_collective.DemarcheConfirmedByFinanceur",
        "ingenierie_collective.AvisComiteAppuiRecorded",
        "ingenierie_collective.RuleWaived",
        "ingenierie_collective.IngenierieCollectiveEngaged",
        "ingenierie_collective.StructureContacted",
        "ingenierie_collective.StructureResponseRecorded",
        "ingenierie_collective.StructureMobilised",
        "ingenierie_collective.StructureDeclined",
        "ingenierie_collective.StructureWithdrawn",
        "ingenierie_collective.GroupeConstituted",
        "ingenierie_collective.StructureAssignedToGroupe",
        "ingenierie_collective.StructureRemovedFromGroupe",
        "ingenierie_collective.ResultatsAttendusFixed",
        "ingenierie_collective.ResultatsAttendusAmended",
        "ingenierie_collective.TypeIngenierieChosen",
        "ingenierie_collective.TypesPrestationChosen",
        "ingenierie_collective.AccrocheChosen",
        "ingenierie_collective.TempsPorteurPositioned",
        "ingenierie_collective.SystemeIntervenantDesigned",
        "ingenierie_collective.ProjetInterventionFormalised",
        "ingenierie_collective.IngenierieCollectiveConfirmed",
        "ingenierie_collective.IngenierieCollectiveStarted",
        "ingenierie_collective.IngenierieCollectiveFinalised",
        "ingenierie_collective.IngenierieCollectiveAbandoned",
        "ingenierie_collective.IngenierieCollectiveReopened",
        "ingenierie_collective.ActiviteSkipped",
        "ingenierie_collective.ActiviteUnskipped",
        "plan_financement.PlanFinancementOpened",
        "plan_financement.DepenseAdded",
        "plan_financement.DepenseRevised",
        "plan_financement.DepenseRemoved",
        "plan_financement.RessourceSought",
        "plan_financement.RessourceRequested",
        "plan_financement.RessourceGranted",
        "plan_financement.RessourceRefused",
        "plan_financement.RessourceNotified",
        "plan_financement.RessourcePaid",
        "plan_financement.ValorisationRecorded",
        "plan_financement.CostShared",
        "plan_financement.RuleWaived",
        "plan_financement.PlanFinancementConfirmed",
        "plan_financement.PlanFinancementReopened",
        "consultation.CahierDesChargesDrafted",
        "consultation.CahierDesChargesFinalised",
        "consultation.AppelOffresLaunched",
        "consultation.PrestataireConsulted",
        "consultation.PrestataireDeclined",
        "consultation.OffreReceived",
        "consultation.OffreWithdrawn",
        "consultation.OffresOpened",
        "consultation.RuleWaived",
        "consultation.PrestataireChosen",
        "consultation.PrestataireDirectlyChosen",
        "consultation.PrestataireInformed",
        "consultation.ConsultationDeclaredUnsuccessful",
        "consultation.ConsultationClosed",
        "evaluation.EvaluationPlanned",
        "evaluation.CadreEvaluationFinalised",
        "evaluation.IndicateurMesured",
        "evaluation.RegistreAssessed",
        "evaluation.ResultatObtenuRecorded",
        "evaluation.EvaluationSynthesised",
        "evaluation.EvaluationCommunicated",
        "capitalisation.NatureCapitalisationDetermined",
        "capitalisation.ElementCapitaliseRecorded",
        "capitalisation.TransferabiliteAssessed",
        "capitalisation.DestinatairesTargeted",
        "capitalisation.ResponsableTransfertDesignated",
        "capitalisation.ModalitesTransfertAdapted",
        "capitalisation.ConsentementPublicationGiven",
        "capitalisation.ConsentementPublicationWithdrawn",
        "capitalisation.ElementPublished",
        "capitalisation.ElementUnpublished",
    ],
    order: Order::Dossier,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One fact of a dossier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub position: i64,
    pub dossier: Uuid,
    pub stream: Uuid,
    pub category: String,
    /// Of its stream.
    pub version: i64,
    pub kind: String,
    /// The business date.
    pub occurred_on: Date,
    pub recorded_at: Timestamp,
    /// A random id: who stands behind it is not shown to outsiders.
    pub actor: Uuid,
    pub actor_org: Option<Uuid>,
    pub role: String,
    pub command: Uuid,
    /// The activity of the method that it proves.
    pub activite: Option<String>,
}

/// What to look for. An empty list is no limit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub categories: Vec<String>,
    /// Whatever their category, `RuleWaived` for example.
    pub kinds: Vec<String>,
    /// Its first position.
    pub from: Option<Position>,
    /// Its last position, included.
    pub to: Option<Position>,
    pub roles: Vec<RoleName>,
}

/// The facts of one dossier in the order of the log, after a cursor (a position).
///
/// Of a dossier that they see, only those of the plan see the facts of the plan, and only the
/// DLAs, those who pay and the house those of consultations.
pub async fn of_dossier(
    reads: &Reads,
    scope: &Scope,
    ingenierie: IngenierieId,
    filter: &Filter,
    (first, after): (i64, Option<Position>),
) -> Result<Page<Entry>, Error> {
    let query = sqlx::query_scalar(
        "select to_jsonb(h)
         from historique h
         join ingenieries i on i.id = h.dossier
         where h.dossier = $1
           and ($2 or i.dlas && $3 or i.dlas_contributeurs && $3 or i.organisations && $4)
           and (h.category <> 'consultation' or $5)
           and (h.category <> 'plan_financement'
                or $2 or i.dlas && $3 or i.dlas_contributeurs && $3 or i.contributeurs && $4)
           and (cardinality($6::text[]) = 0 or h.category = any($6))
           and (cardinality($7::text[]) = 0 or h.kind = any($7))
           and (cardinality($8::text[]) = 0 or h.role = any($8))
           and ($9::bigint is null or h.position >= $9)
           and ($10::bigint is null or h.position <= $10)
           and ($11::bigint is null or h.position > $11)
         order by h.position
         limit $12",
    );
    let rows: Vec<Json<Entry>> = filter
        .bind(query, scope, ingenierie)
        .bind(after)
        .bind(first + 1)
        .fetch_all(&reads.pool)
        .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many facts of a dossier a filter finds.
pub async fn count(
    reads: &Reads,
    scope: &Scope,
    ingenierie: IngenierieId,
    filter: &Filter,
) -> Result<i64, Error> {
    let query = sqlx::query_scalar(
        "select count(*)
         from historique h
         join ingenieries i on i.id = h.dossier
         where h.dossier = $1
           and ($2 or i.dlas && $3 or i.dlas_contributeurs && $3 or i.organisations && $4)
           and (h.category <> 'consultation' or $5)
           and (h.category <> 'plan_financement'
                or $2 or i.dlas && $3 or i.dlas_contributeurs && $3 or i.contributeurs && $4)
           and (cardinality($6::text[]) = 0 or h.category = any($6))
           and (cardinality($7::text[]) = 0 or h.kind = any($7))
           and (cardinality($8::text[]) = 0 or h.role = any($8))
           and ($9::bigint is null or h.position >= $9)
           and ($10::bigint is null or h.position <= $10)",
    );
    let query = filter.bind(query, scope, ingenierie);
    Ok(query.fetch_one(&reads.pool).await?)
}

/// The first fact that proves an activity of the method.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Preuve {
    pub ingenierie: Uuid,
    pub activite: String,
    pub position: i64,
    pub on: Date,
    pub kind: String,
    /// Whether the actor may read the fact: that the activity is done shows to whoever sees the
    /// dossier.
    pub readable: bool,
}

/// What proves the activities of some ingénieries: one fact each.
pub async fn preuves(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Preuve>, Error> {
    let rows = sqlx::query_scalar(
        "select distinct on (h.dossier, h.activite)
             jsonb_build_object(
                 'ingenierie', h.dossier, 'activite', h.activite, 'position', h.position,
                 'on', h.occurred_on, 'kind', h.kind,
                 'readable', (h.category <> 'consultation' or $5)
                     and (h.category <> 'plan_financement'
                          or $2 or i.dlas && $3 or i.dlas_contributeurs && $3
                          or i.contributeurs && $4))
         from historique h
         join ingenieries i on i.id = h.dossier
         where h.dossier = any($1) and h.activite is not null
           and ($2 or i.dlas && $3 or i.dlas_contributeurs && $3 or i.organisations && $4)
         order by h.dossier, h.activite, h.position",
    )
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(&scope.dlas)
    .bind(&scope.organisations)
    .bind(scope.follows_consultations())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

impl Filter {
    /// The parameters `$1` to `$10`.
    fn bind<'q, O>(
        &self,
        query: QueryScalar<'q, Postgres, O, PgArguments>,
        scope: &Scope,
        ingenierie: IngenierieId,
    ) -> QueryScalar<'q, Postgres, O, PgArguments> {
        let roles: Vec<_> = self.roles.iter().map(|it| it.as_str()).collect();
        query
            .bind(ingenierie.0)
            .bind(scope.all)
            .bind(scope.dlas.clone())
            .bind(scope.organisations.clone())
            .bind(scope.follows_consultations())
            .bind(self.categories.clone())
            .bind(self.kinds.clone())
            .bind(roles)
            .bind(self.from)
            .bind(self.to)
    }
}

/// A history only grows: nothing is read back.
async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let entries: Vec<_> = facts.iter().map(Entry::of).collect::<Result<_, _>>()?;
    copy(db, "historique", &entries).await
}

impl Entry {
    fn of(recorded: &Recorded) -> Result<Self, Error> {
        Ok(Self {
            position: recorded.position.0,
            dossier: recorded
                .dossier
                .ok_or_else(|| Error::not_applied(recorded))?,
            stream: recorded.stream,
            category: recorded.category.clone(),
            version: recorded.version.0,
            kind: recorded.kind.clone(),
            occurred_on: recorded.on,
            recorded_at: recorded.recorded_at,
            actor: recorded.actor.id,
            actor_org: recorded.actor.org,
            role: recorded.actor.role.clone(),
            command: recorded.command,
            activite: proved_by(&recorded.event, &recorded.kind).map(str::to_owned),
        })
    }
}
