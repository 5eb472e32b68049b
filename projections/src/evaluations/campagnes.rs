//! The grid of an evaluation, edition by edition, and who was asked to answer it.

use domain::{
    Date, EvaluationId,
    evaluation::{Event as Fact, LigneAjoutee, LigneColonnes, Repondant, grille::adapt},
    referentiel::{Colonne, Grille, LigneId},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::Evaluation;
use crate::{
    Error, Reads, Scope, SealedPlace,
    columns::Columns,
    rows::{Row, Rows},
};

/// What one edition of the grid changes of the edition before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adaptation {
    pub edition: i32,
    pub reference: i32,
    pub ajouts: Vec<LigneAjoutee>,
    pub retraits: Vec<LigneId>,
    pub colonnes: Vec<LigneColonnes>,
    pub motif: Option<SealedPlace>,
    pub on: Date,
}

/// A campaign: what is asked, until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campagne {
    pub numero: i32,
    pub titre: String,
    pub reference: i32,
    pub edition: i32,
    pub opened_on: Date,
    pub closes_on: Date,
    pub closed_on: Option<Date>,
    /// Of its opening.
    pub position: i64,
}

/// Someone who is asked to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub evaluation: Uuid,
    pub campagne: i32,
    pub repondant: Uuid,
    /// It is a DLA; otherwise an organisation.
    pub dla: bool,
    pub colonne: Colonne,
    pub invited_on: Date,
    pub relances: Vec<Date>,
    pub position: i64,
}

/// What someone is asked to answer, with all that they need to know to do so.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Invite {
    #[serde(flatten)]
    pub invitation: Invitation,
    pub intitule: String,
    pub territoire: String,
    pub objet: String,
    pub campagne_evaluation: Campagne,
    pub adaptations: Vec<Adaptation>,
}

impl Row for Invitation {
    const LOAD: &'static str = "select t.* from invitations t where evaluation = any($1)";
    const CLEAR: &'static str = "delete from invitations where evaluation = any($1)";
    const TABLE: &'static str = "invitations";

    type Key = (Uuid, i32, Uuid);

    fn key(&self) -> Self::Key {
        (self.evaluation, self.campagne, self.repondant)
    }
}

impl Invitation {
    pub(super) fn is_of(recorded: &Recorded) -> bool {
        matches!(recorded.kind.as_str(), "RespondentInvited" | "RespondentReminded")
    }

    pub(super) fn apply(rows: &mut Rows<Self>, fact: &Fact, recorded: &Recorded) {
        if let Fact::RespondentInvited { campagne, repondant, colonne } = fact {
            rows.put(Self {
                evaluation: recorded.stream,
                campagne: *campagne,
                repondant: repondant.id(),
                dla: matches!(repondant, Repondant::Dla(_)),
                colonne: *colonne,
                invited_on: recorded.on,
                relances: vec![],
                position: recorded.position.0,
            });
        }
        if let Fact::RespondentReminded { campagne, repondant, relance_on } = fact
            && let Some(it) = rows.get_mut(&(recorded.stream, *campagne, repondant.id()))
        {
            it.relances.push(*relance_on);
        }
    }
}

impl Evaluation {
    /// What is prepared and asked. Who is asked stands in rows of their own.
    pub(super) fn prepare(&mut self, fact: &Fact, recorded: &Recorded) {
        if let Fact::GrilleAdapted { edition, reference, ajouts, retraits, colonnes, .. } = fact {
            self.adaptations.push(Adaptation {
                edition: *edition,
                reference: *reference,
                ajouts: ajouts.clone(),
                retraits: retraits.clone(),
                colonnes: colonnes.clone(),
                motif: SealedPlace::if_given(recorded, "/motif"),
                on: recorded.on,
            });
        }
        if let Fact::EcheancierPrepared { etapes } = fact {
            self.echeancier.clone_from(etapes);
        }
        if let Fact::SourceEvaluationAttached { document } = fact {
            self.sources.push(document.0);
        }
        if let Fact::CampagneEvaluationOpened { campagne, titre, closes_on, reference, edition } =
            fact
        {
            self.campagnes.push(Campagne {
                numero: *campagne,
                titre: titre.as_str().to_owned(),
                reference: *reference,
                edition: *edition,
                opened_on: recorded.on,
                closes_on: *closes_on,
                closed_on: None,
                position: recorded.position.0,
            });
        }
        if let Fact::CampagneEvaluationClosed { campagne } = fact
            && let Some(it) = self.campagnes.iter_mut().find(|it| it.numero == *campagne)
        {
            it.closed_on = Some(recorded.on);
        }
    }

    /// The edition of the grid that a campaign would ask now.
    pub fn edition(&self) -> i32 {
        self.adaptations.last().map_or(1, |it| it.edition)
    }

    /// The grid as it stands.
    pub fn grille(&self) -> Grille {
        let asked = self.campagnes.first().map(|it| it.reference);
        let named = self.adaptations.first().map(|it| it.reference).or(asked);
        let reference = named.unwrap_or_else(|| Grille::current().version);
        grille(reference, self.edition(), &self.adaptations)
    }

    /// One of its campaigns.
    pub fn campagne(&self, numero: i32) -> Option<&Campagne> {
        self.campagnes.iter().find(|it| it.numero == numero)
    }
}

impl Campagne {
    /// The grid that it asks, of an evaluation that was adapted so.
    pub fn grille(&self, adaptations: &[Adaptation]) -> Grille {
        grille(self.reference, self.edition, adaptations)
    }
}

fn grille(reference: i32, edition: i32, adaptations: &[Adaptation]) -> Grille {
    let mut grille = Grille::named(reference).clone();
    for it in adaptations.iter().filter(|it| it.edition <= edition) {
        adapt(&mut grille, &it.ajouts, &it.retraits, &it.colonnes);
    }
    grille
}

/// Who is asked to answer a campaign, for the DLAs of its ingénierie.
pub async fn invites(
    reads: &Reads,
    scope: &Scope,
    evaluation: EvaluationId,
    campagne: i32,
) -> Result<Vec<Invitation>, Error> {
    let rows = sqlx::query_as(
        "select v.*
         from invitations v
         join evaluations e on e.id = v.evaluation
         left join ingenieries i on i.id = e.ingenierie
         where v.evaluation = $1 and v.campagne = $2
           and ($3 or e.dlas && $4 or (i.dlas && $4 or i.id = any($4)))
         order by v.colonne, v.position",
    )
    .bind(evaluation.0)
    .bind(campagne)
    .bind(scope.all)
    .bind(scope.confided())
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Columns(row)| row).collect())
}

/// What the actor is asked to answer, the latest first.
pub async fn invitations_of(reads: &Reads, scope: &Scope) -> Result<Vec<Invite>, Error> {
    let rows = sqlx::query_scalar(
        "select to_jsonb(v) || jsonb_build_object(
                    'intitule', i.intitule, 'territoire', e.territoire, 'objet', e.objet,
                    'campagne_evaluation', c.it, 'adaptations', e.adaptations)
         from invitations v
         join evaluations e on e.id = v.evaluation
         join ingenieries i on i.id = e.ingenierie
         cross join lateral jsonb_array_elements(e.campagnes) c(it)
         where v.repondant = any($1) and (c.it->>'numero')::int = v.campagne
         order by v.position desc
         limit $2",
    )
    .bind(&scope.repondants)
    .bind(INVITATIONS_MAX)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The most invitations that are shown at once.
const INVITATIONS_MAX: i64 = 100;
