//! The catalogue of what was kept. A published element is read by anyone with a token, one that
//! was handed over by its recipients, the others by those of the capitalisation; an element whose
//! structure withdraws its consent leaves it at that very fact.

use std::collections::BTreeSet;

use domain::{
    CapitalisationId, Code, Date, Territoire,
    capitalisation::{CauseRetrait, Event as Fact, Genre},
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Capitalisation, Transfert, texts};
use crate::{
    Error, Page, Reads, Scope, SealedPlace,
    rows::{Row, Rows, escape_like, name_of},
    scope::joined,
};

/// Whether a reader works for one of the DLAs of an element: the parameters for all and for the
/// DLAs.
macro_rules! of_its_dlas {
    ($all:literal, $dlas:literal) => {
        concat!(
            "(",
            $all,
            " or dlas && ",
            $dlas,
            "
                or exists (select from ingenieries i
                           where i.id = ingenierie and (i.dlas && ",
            $dlas,
            " or i.id = any(",
            $dlas,
            "))))"
        )
    };
}
pub(super) use of_its_dlas;

/// Whether a reader may read an element: the parameters for all, the DLAs and the organisations.
macro_rules! readable {
    ($all:literal, $dlas:literal, $organisations:literal) => {
        concat!(
            "(published or organisations && ",
            $organisations,
            "
                or lecteurs && (",
            $dlas,
            " || ",
            $organisations,
            ")
                or ",
            of_its_dlas!($all, $dlas),
            ")"
        )
    };
}
pub(super) use readable;

/// Something that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    pub capitalisation: Uuid,
    /// Its number in the capitalisation: with it, its id.
    pub numero: i32,
    /// Its last fact.
    pub position: i64,
    pub ingenierie: Uuid,
    pub dlas: Vec<Uuid>,
    pub organisations: Vec<Uuid>,
    pub territoire: String,
    pub nature: String,
    pub genre: Genre,
    pub titre: String,
    pub description: String,
    pub secteurs: Vec<String>,
    pub themes: Vec<String>,
    pub lien: Option<String>,
    /// The structure whose documents or testimony it draws on.
    pub structure: Option<Uuid>,
    /// `None` until it is assessed.
    pub transferable: Option<bool>,
    /// To what end it can be transferred.
    pub objectifs: Option<String>,
    pub published: bool,
    pub published_on: Option<Date>,
    /// 0 when it is not published.
    pub published_position: i64,
    /// Why it is no longer published.
    pub retrait: Option<Retrait>,
    pub consentement: EtatConsentement,
    /// The DLAs and organisations it was handed over to, while they may read it for that.
    pub lecteurs: Vec<Uuid>,
    /// How many times it was handed over.
    pub transferts: i32,
    /// The kinds of recipients that were targeted and not served yet.
    pub dus: Vec<String>,
}

/// Whether the structure that an element draws on agrees that it leaves the ingénierie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EtatConsentement {
    /// It draws on none.
    SansObjet,
    /// It has not said so yet.
    Attendu,
    Donne,
    Retire,
}

/// Why an element is no longer published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retrait {
    pub cause: CauseRetrait,
    pub on: Date,
    /// A structure owes no reason.
    pub motif: Option<SealedPlace>,
}

/// Names an element for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId {
    pub capitalisation: CapitalisationId,
    pub numero: i32,
}

/// A place in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub published_position: i64,
    pub id: ElementId,
}

impl Row for Element {
    const LOAD: &'static str = "select t.* from elements t where capitalisation = any($1)";
    const CLEAR: &'static str = "delete from elements where capitalisation = any($1)";
    const TABLE: &'static str = "elements";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.capitalisation, self.numero)
    }
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub nature: Option<Code>,
    pub genre: Option<Genre>,
    pub secteur: Option<Code>,
    pub theme: Option<Code>,
    /// That of the ingénierie, and not one around or inside.
    pub territoire: Option<Territoire>,
    /// What was not assessed is neither.
    pub transferable: Option<bool>,
    pub published: Option<bool>,
    /// Part of the title or of the description, whatever the case.
    pub search: Option<String>,
    pub consentement: Option<EtatConsentement>,
    /// Handed over, or not, as its reader may know.
    pub transfere: Option<bool>,
    /// A kind of recipients that it is due to, as its DLAs know.
    pub du: Option<Code>,
}

/// What an actor may read that a filter finds: the parameters `$1` to `$14`. Of transfers, each
/// finds what it may know of them.
macro_rules! found {
    () => {
        concat!(
            readable!("$1", "$2", "$3"),
            "
           and ($4::text is null or nature = $4)
           and ($5::text is null or genre = $5)
           and ($6::text is null or $6 = any(secteurs))
           and ($7::text is null or $7 = any(themes))
           and ($8::text is null or split_part(territoire, '@', 1) = $8)
           and ($9::boolean is null or transferable = $9)
           and ($10::boolean is null or published = $10)
           and ($11::text is null
                or titre ilike '%' || $11 || '%'
                or description ilike '%' || $11 || '%')
           and ($12::text is null or consentement = $12)
           and ($13::boolean is null
                or (lecteurs && ($2 || $3)
                    or transferts > 0 and ",
            of_its_dlas!("$1", "$2"),
            ") = $13)
           and ($14::text is null or $14 = any(dus) and ",
            of_its_dlas!("$1", "$2"),
            ")"
        )
    };
}

/// The catalogue, the latest published first, then what is not published.
pub async fn elements(
    reads: &Reads,
    scope: &Scope,
    filter: &Filter,
    first: i64,
    after: Option<Cursor>,
) -> Result<Page<Element>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "elements",
        "where ",
        found!(),
        " and ($15::bigint is null
                or (-published_position, capitalisation, numero) > (-$15, $16::uuid, $17::int))
         order by -published_position, capitalisation, numero
         limit $18"
    ))
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .bind(filter.nature.as_ref().map(Code::as_str))
    .bind(filter.genre.map(name_of).transpose()?)
    .bind(filter.secteur.as_ref().map(Code::as_str))
    .bind(filter.theme.as_ref().map(Code::as_str))
    .bind(filter.territoire.as_ref().map(Territoire::cle))
    .bind(filter.transferable)
    .bind(filter.published)
    .bind(filter.search.as_deref().map(escape_like))
    .bind(filter.consentement.map(name_of).transpose()?)
    .bind(filter.transfere)
    .bind(filter.du.as_ref().map(Code::as_str))
    .bind(after.map(|it| it.published_position))
    .bind(after.map(|it| it.id.capitalisation.0))
    .bind(after.map(|it| it.id.numero))
    .bind(first + 1)
    .fetch_all(&reads.pool)
    .await?;
    let rows = rows.into_iter().map(|Json(row)| row).collect();
    Ok(Page::of(rows, first))
}

/// How many elements a filter finds.
pub async fn count(reads: &Reads, scope: &Scope, filter: &Filter) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(concat!("select count(*) from elements where ", found!()))
        .bind(scope.all)
        .bind(scope.dossiers())
        .bind(&scope.organisations)
        .bind(filter.nature.as_ref().map(Code::as_str))
        .bind(filter.genre.map(name_of).transpose()?)
        .bind(filter.secteur.as_ref().map(Code::as_str))
        .bind(filter.theme.as_ref().map(Code::as_str))
        .bind(filter.territoire.as_ref().map(Territoire::cle))
        .bind(filter.transferable)
        .bind(filter.published)
        .bind(filter.search.as_deref().map(escape_like))
        .bind(filter.consentement.map(name_of).transpose()?)
        .bind(filter.transfere)
        .bind(filter.du.as_ref().map(Code::as_str))
        .fetch_one(&reads.pool)
        .await?)
}

/// Some elements, by id.
pub async fn elements_by_ids(
    reads: &Reads,
    scope: &Scope,
    ids: &[ElementId],
) -> Result<Vec<Element>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "elements",
        "where (capitalisation, numero) in (select * from unnest($1::uuid[], $2::int[])) and ",
        readable!("$3", "$4", "$5")
    ))
    .bind(ids.iter().map(|it| it.capitalisation.0).collect::<Vec<_>>())
    .bind(ids.iter().map(|it| it.numero).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

/// The elements of some capitalisations, in the order they were kept.
pub async fn elements_of(
    reads: &Reads,
    scope: &Scope,
    capitalisations: &[CapitalisationId],
) -> Result<Vec<Element>, Error> {
    let rows = sqlx::query_scalar(joined!(
        "elements",
        "where capitalisation = any($1) and ",
        readable!("$2", "$3", "$4"),
        " order by capitalisation, numero"
    ))
    .bind(capitalisations.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(scope.all)
    .bind(scope.dossiers())
    .bind(&scope.organisations)
    .fetch_all(&reads.pool)
    .await?;
    Ok(rows.into_iter().map(|Json(row)| row).collect())
}

impl Element {
    pub fn id(&self) -> ElementId {
        ElementId { capitalisation: CapitalisationId(self.capitalisation), numero: self.numero }
    }

    pub fn cursor(&self) -> Cursor {
        Cursor { published_position: self.published_position, id: self.id() }
    }

    /// A new element, when the fact keeps one.
    fn kept(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::ElementCapitaliseRecorded { element, contenu } = fact else { return None };
        Some(Self {
            capitalisation: recorded.stream,
            numero: *element,
            position: recorded.position.0,
            ingenierie: Uuid::nil(),
            dlas: vec![],
            organisations: vec![],
            territoire: String::new(),
            nature: contenu.nature.to_string(),
            genre: contenu.genre,
            titre: contenu.titre.as_str().to_owned(),
            description: contenu.description.as_str().to_owned(),
            secteurs: texts(&contenu.secteurs),
            themes: texts(&contenu.themes),
            lien: contenu.lien.as_ref().map(|it| it.as_str().to_owned()),
            structure: contenu.structure.map(|it| it.0),
            transferable: None,
            objectifs: None,
            published: false,
            published_on: None,
            published_position: 0,
            retrait: None,
            consentement: EtatConsentement::SansObjet,
            lecteurs: vec![],
            transferts: 0,
            dus: vec![],
        })
    }

    /// What was decided about it.
    fn apply(&mut self, fact: &Fact, recorded: &Recorded) {
        self.position = recorded.position.0;
        match fact {
            Fact::TransferabiliteAssessed { transferable, objectifs, .. } => {
                self.transferable = Some(*transferable);
                self.objectifs = Some(objectifs.as_str().to_owned());
            }
            Fact::ElementPublished { .. } => {
                self.published = true;
                self.published_on = Some(recorded.on);
                self.published_position = recorded.position.0;
                self.retrait = None;
            }
            Fact::ElementUnpublished { cause, .. } => {
                let motif = SealedPlace::if_given(recorded, "/motif");
                self.unpublish(*cause, motif, recorded);
            }
            Fact::NatureCapitalisationDetermined { .. }
            | Fact::ElementCapitaliseRecorded { .. }
            | Fact::DestinatairesTargeted { .. }
            | Fact::ResponsableTransfertDesignated { .. }
            | Fact::ModalitesTransfertAdapted { .. }
            | Fact::ConsentementPublicationGiven { .. }
            | Fact::ConsentementPublicationWithdrawn { .. }
            | Fact::TransfertPerformed { .. }
            | Fact::TransfertAcknowledged { .. }
            | Fact::ReutilisationDeclared { .. }
            | Fact::ReutilisationWithdrawn { .. }
            | Fact::CasPublished { .. }
            | Fact::CasUnpublished { .. } => (),
        }
    }

    /// Takes it out of the catalogue; what is not there stays as it is.
    fn unpublish(&mut self, cause: CauseRetrait, motif: Option<SealedPlace>, recorded: &Recorded) {
        if self.published {
            self.position = recorded.position.0;
            self.published = false;
            self.published_on = None;
            self.published_position = 0;
            self.retrait = Some(Retrait { cause, on: recorded.on, motif });
        }
    }

    /// Takes its place among those of its capitalisation.
    pub(super) fn belong(&mut self, to: &Capitalisation) {
        self.ingenierie = to.ingenierie;
        self.dlas.clone_from(&to.dlas);
        self.organisations.clone_from(&to.organisations);
        self.territoire.clone_from(&to.territoire);
    }

    /// Whom it has reached, and who still waits for it.
    pub(super) fn reach<'a>(
        &mut self,
        within: &Capitalisation,
        transferts: impl Iterator<Item = &'a mut Transfert>,
    ) {
        self.consentement = within.consents(self.structure);
        let mine = |it: &&mut Transfert| {
            (it.capitalisation, it.element) == (self.capitalisation, self.numero)
        };
        let (mut lecteurs, mut served) = (BTreeSet::new(), BTreeSet::new());
        self.transferts = 0;
        for transfert in transferts.filter(mine) {
            self.transferts += 1;
            let named = transfert.destinataires.iter();
            lecteurs.extend(named.filter_map(|it| it.dla.or(it.organisation)));
            served.extend(transfert.categories.iter().cloned());
        }
        let agreed =
            matches!(self.consentement, EtatConsentement::SansObjet | EtatConsentement::Donne);
        let stands = agreed && self.retrait.is_none();
        let due = stands && self.transferable == Some(true);
        let targeted = within
            .destinataires
            .iter()
            .filter(|it| due && !served.contains(*it));
        self.dus = targeted.cloned().collect();
        self.lecteurs = lecteurs.into_iter().filter(|_| stands).collect();
    }
}

impl Capitalisation {
    /// Whether the structure that an element draws on agrees.
    fn consents(&self, structure: Option<Uuid>) -> EtatConsentement {
        let Some(structure) = structure else { return EtatConsentement::SansObjet };
        let said = self
            .consentements
            .iter()
            .find(|it| it.structure == structure);
        match said.map(|it| it.withdrawn_on) {
            None => EtatConsentement::Attendu,
            Some(None) => EtatConsentement::Donne,
            Some(Some(_)) => EtatConsentement::Retire,
        }
    }
}

/// What a fact changes of the elements of its capitalisation.
pub(super) fn apply(
    elements: &mut Rows<Element>,
    fact: &Fact,
    recorded: &Recorded,
) -> Result<(), Error> {
    if let Some(kept) = Element::kept(fact, recorded) {
        elements.put(kept);
    }
    match fact {
        Fact::TransferabiliteAssessed { element, .. }
        | Fact::ElementPublished { element }
        | Fact::ElementUnpublished { element, .. } => elements
            .get_mut(&(recorded.stream, *element))
            .ok_or_else(|| Error::not_applied(recorded))?
            .apply(fact, recorded),
        // The facts that unpublish what comes from it follow, perhaps in the next batch.
        Fact::ConsentementPublicationWithdrawn { structure } => elements
            .values_mut()
            .filter(|it| it.capitalisation == recorded.stream)
            .filter(|it| it.structure == Some(structure.0))
            .for_each(|it| it.unpublish(CauseRetrait::ConsentementRetire, None, recorded)),
        Fact::NatureCapitalisationDetermined { .. }
        | Fact::ElementCapitaliseRecorded { .. }
        | Fact::DestinatairesTargeted { .. }
        | Fact::ResponsableTransfertDesignated { .. }
        | Fact::ModalitesTransfertAdapted { .. }
        | Fact::ConsentementPublicationGiven { .. }
        | Fact::TransfertPerformed { .. }
        | Fact::TransfertAcknowledged { .. }
        | Fact::ReutilisationDeclared { .. }
        | Fact::ReutilisationWithdrawn { .. }
        | Fact::CasPublished { .. }
        | Fact::CasUnpublished { .. } => (),
    }
    Ok(())
}
