//! Evaluations of ingénieries (RM-10): the frame, what was measured, how each register is
//! assessed, what was obtained, the synthesis and who has it. The grid and its campaigns are in
//! `campagnes`, what was answered in the question `reponses`.

mod campagnes;

use domain::{
    Date, EvaluationId, Event, IngenierieId, Line, Mesure,
    evaluation::{
        Appreciation, Etape, Event as Fact, Indicateur as Cadre, Participation, Presentation,
        Registre, Sens,
    },
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

pub use self::campagnes::{Adaptation, Campagne, Invitation, Invite, invitations_of, invites};
use crate::{
    Error, Order, Page, ReadModel, Reads, Scope, SealedPlace,
    rows::{Row, Rows, name_of},
    scope::joined,
};

pub const MODEL: ReadModel = ReadModel {
    name: "evaluations",
    version: 2,
    tables: include_str!("evaluations.sql"),
    reads: &[
        "evaluation.EvaluationPlanned",
        "evaluation.CadreEvaluationFinalised",
        "evaluation.GrilleAdapted",
        "evaluation.EcheancierPrepared",
        "evaluation.SourceEvaluationAttached",
        "evaluation.CampagneEvaluationOpened",
        "evaluation.RespondentInvited",
        "evaluation.RespondentReminded",
        "evaluation.CampagneEvaluationClosed",
        "evaluation.IndicateurMesured",
        "evaluation.RegistreAssessed",
        "evaluation.ResultatObtenuRecorded",
        "evaluation.EvaluationSynthesised",
        "evaluation.EvaluationCommunicated",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// One evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub id: Uuid,
    pub version: i64,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    /// The partners and structures of the ingénierie when the evaluation was planned.
    pub organisations: Vec<Uuid>,
    pub territoire: String,
    pub planned_on: Date,
    pub objet: String,
    pub raisons: Option<String>,
    /// Those that the frame adopted; none before it is final.
    pub registres: Vec<Registre>,
    pub outils: Vec<String>,
    pub indicateurs: Vec<Indicateur>,
    pub participations: Vec<Participation>,
    pub adaptations: Vec<Adaptation>,
    pub echeancier: Vec<Etape>,
    /// Documents.
    pub sources: Vec<Uuid>,
    pub campagnes: Vec<Campagne>,
    /// The last judgement of each register.
    pub appreciations: Vec<RegistreApprecie>,
    pub resultats: Vec<ResultatObtenu>,
    pub presentation: Option<Presentation>,
    pub synthesised_on: Option<Date>,
    pub communications: Vec<Communication>,
}

/// What is counted to judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Indicateur {
    /// Its number in the frame.
    pub numero: i32,
    pub intitule: String,
    pub unite: String,
    pub reference: Option<Mesure>,
    pub cible: Mesure,
    pub sens: Sens,
    /// By day; the last reading of a day counts.
    pub mesures: Vec<Releve>,
}

/// One reading of an indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Releve {
    pub on: Date,
    pub valeur: Mesure,
    pub source: Option<String>,
}

/// How a register was assessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistreApprecie {
    pub registre: Registre,
    pub appreciation: Appreciation,
    pub on: Date,
    pub raisons: SealedPlace,
    pub preuves: Vec<String>,
}

/// What was obtained of an expected result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultatObtenu {
    /// Its place in the list that the ingénierie fixed, from 1.
    pub resultat: i32,
    pub obtenu: String,
    pub appreciation: Appreciation,
    /// Of the fact that says so.
    pub position: i64,
}

/// Who has the synthesis, since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Communication {
    pub destinataire: String,
    pub on: Date,
}

impl Row for Evaluation {
    const LOAD: &'static str = "select t.* from evaluations t where id = any($1)";
    const CLEAR: &'static str = "delete from evaluations where id = any($1)";
    const TABLE: &'static str = "evaluations";

    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

/// Some evaluations, by id.
pub async fn by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[EvaluationId],
) -> Result<Vec<Evaluation>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "evaluations",
        "where id = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ids.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The evaluations of some ingénieries: one each at most.
pub async fn of_ingenieries(
    reads: &Reads,
    scope: &Scope,
    ingenieries: &[IngenierieId],
) -> Result<Vec<Evaluation>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "evaluations",
        "where ingenierie = any($1) and ($2 or dlas && $3 or organisations && $4
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $3 or i.id = any($3))))"
    ))
    .bind(ingenieries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub synthesised: Option<bool>,
    /// With this register assessed; with `appreciation`, assessed so.
    pub registre: Option<Registre>,
    /// With a register assessed so; with `registre`, that one.
    pub appreciation: Option<Appreciation>,
}

/// Evaluations, the latest planned first, after a cursor (planned on, id).
pub async fn list(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<(Date, Uuid)>,
) -> Result<Page<Evaluation>, Error> {
    let (planned_on, id) = after.unzip();
    let rows = sqlx::query_scalar(joined!(
        "evaluations",
        "where ($1 or dlas && $2 or organisations && $3
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $2 or i.id = any($2))))
           and ($4::boolean is null or (synthesised_on is not null) = $4)
           and ($5::text is null and $6::text is null or exists (
               select
               from jsonb_array_elements(appreciations) a
               where ($5 is null or a->>'registre' = $5)
                 and ($6 is null or a->>'appreciation' = $6)
           ))
           and ($7::date is null or (planned_on, id) < ($7, $8))
         order by planned_on desc, id desc
         limit $9"
    ))
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .bind(filter.synthesised)
    .bind(filter.registre.map(name_of).transpose()?)
    .bind(filter.appreciation.map(name_of).transpose()?)
    .bind(planned_on.map(jiff_sqlx::Date::from))
    .bind(id)
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many evaluations a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "select count(*)
         from evaluations
         where ($1 or dlas && $2 or organisations && $3
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && $2 or i.id = any($2))))
           and ($4::boolean is null or (synthesised_on is not null) = $4)
           and ($5::text is null and $6::text is null or exists (
               select
               from jsonb_array_elements(appreciations) a
               where ($5 is null or a->>'registre' = $5)
                 and ($6 is null or a->>'appreciation' = $6)
           ))",
    )
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .bind(filter.synthesised)
    .bind(filter.registre.map(name_of).transpose()?)
    .bind(filter.appreciation.map(name_of).transpose()?)
    .fetch_one(&reads.pool)
    .await?)
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Evaluation>::load(db, facts.iter().map(|it| it.stream)).await?;
    let asked = facts.iter().filter(|it| Invitation::is_of(it));
    let mut invitations = Rows::<Invitation>::load(db, asked.map(|it| it.stream)).await?;
    for recorded in facts {
        let Event::Evaluation(fact) = &recorded.event else {
            return Err(Error::not_applied(recorded));
        };
        if let Fact::EvaluationPlanned { .. } = fact {
            rows.put(Evaluation::unplanned(recorded));
        }
        let row = rows
            .get_mut(&recorded.stream)
            .ok_or_else(|| Error::not_applied(recorded))?;
        row.version = recorded.version.0;
        row.position = recorded.position.0;
        row.apply(fact, recorded);
        Invitation::apply(&mut invitations, fact, recorded);
    }
    rows.save(db).await?;
    invitations.save(db).await
}

impl Evaluation {
    /// Before its first fact says what is evaluated.
    fn unplanned(recorded: &Recorded) -> Self {
        Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            ingenierie: Uuid::nil(),
            dlas: vec![],
            organisations: vec![],
            territoire: String::new(),
            planned_on: recorded.on,
            objet: String::new(),
            raisons: None,
            registres: vec![],
            outils: vec![],
            indicateurs: vec![],
            participations: vec![],
            adaptations: vec![],
            echeancier: vec![],
            sources: vec![],
            campagnes: vec![],
            appreciations: vec![],
            resultats: vec![],
            presentation: None,
            synthesised_on: None,
            communications: vec![],
        }
    }

    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        match fact {
            Fact::EvaluationPlanned {
                ingenierie,
                dlas,
                organisations,
                territoire,
                objet,
                raisons,
            } => {
                self.ingenierie = ingenierie.0;
                self.dlas = dlas.iter().map(|it| it.0).collect();
                self.organisations = organisations.iter().map(|it| it.0).collect();
                self.territoire = territoire.to_string();
                objet.as_str().clone_into(&mut self.objet);
                self.raisons = raisons.as_ref().map(|it| it.as_str().to_owned());
            }
            Fact::CadreEvaluationFinalised { registres, outils, indicateurs, participations } => {
                self.registres.clone_from(registres);
                self.outils = texts(outils);
                self.indicateurs = indicateurs.iter().map(Indicateur::of).collect();
                self.participations.clone_from(participations);
            }
            Fact::IndicateurMesured { indicateur, valeur, mesure_on, source } => {
                let source = source.as_ref().map(|it| it.as_str().to_owned());
                let releve = Releve { on: *mesure_on, valeur: *valeur, source };
                self.measure(*indicateur, releve);
            }
            Fact::RegistreAssessed { registre, appreciation, preuves, .. } => {
                self.appreciations.retain(|it| it.registre != *registre);
                self.appreciations.push(RegistreApprecie {
                    registre: *registre,
                    appreciation: *appreciation,
                    on: recorded.on,
                    raisons: SealedPlace::of(recorded, "/raisons"),
                    preuves: texts(preuves),
                });
                self.appreciations.sort_by_key(|it| it.registre);
            }
            Fact::ResultatObtenuRecorded { resultat, obtenu, appreciation } => {
                self.resultats.retain(|it| it.resultat != *resultat);
                self.resultats.push(ResultatObtenu {
                    resultat: *resultat,
                    obtenu: obtenu.as_str().to_owned(),
                    appreciation: *appreciation,
                    position: recorded.position.0,
                });
                self.resultats.sort_by_key(|it| it.resultat);
            }
            Fact::GrilleAdapted { .. }
            | Fact::EcheancierPrepared { .. }
            | Fact::SourceEvaluationAttached { .. }
            | Fact::CampagneEvaluationOpened { .. }
            | Fact::CampagneEvaluationClosed { .. }
            | Fact::RespondentInvited { .. }
            | Fact::RespondentReminded { .. } => self.prepare(fact, recorded),
            // It restates the registers as they were assessed.
            Fact::EvaluationSynthesised { presentation, .. } => {
                self.presentation = Some(presentation.clone());
                self.synthesised_on = Some(recorded.on);
            }
            Fact::EvaluationCommunicated { destinataires } => {
                let on = recorded.on;
                let sent = destinataires
                    .iter()
                    .map(|it| Communication { destinataire: it.to_string(), on });
                self.communications.extend(sent);
            }
        }
    }
}

impl Evaluation {
    /// The last reading of a day counts.
    fn measure(&mut self, indicateur: i32, releve: Releve) {
        let mut all = self.indicateurs.iter_mut();
        if let Some(it) = all.find(|it| it.numero == indicateur) {
            it.mesures.retain(|known| known.on != releve.on);
            it.mesures.push(releve);
            it.mesures.sort_by_key(|it| it.on);
        }
    }
}

impl Indicateur {
    /// As the frame states it, before any reading.
    fn of(it: &Cadre) -> Self {
        Self {
            numero: it.numero,
            intitule: it.intitule.as_str().to_owned(),
            unite: it.unite.as_str().to_owned(),
            reference: it.reference,
            cible: it.cible,
            sens: it.sens,
            mesures: vec![],
        }
    }
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|it| it.as_str().to_owned()).collect()
}
