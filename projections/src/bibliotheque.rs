//! The library of cases (RM-14): ingénieries told as cases, elements that were kept, and cases of
//! before. Anyone with a token reads what is published; nobody reads the rest here.
//!
//! `mots` says how words are compared, `recherche` searches, `precedents` compares an ingénierie
//! with what was done.

use std::collections::BTreeMap;

use domain::{
    CasPasseId, Code, Date, Event, QuarterDays, Territoire,
    capitalisation::{
        Event as Fact,
        cas::{Cas, TrancheCout},
    },
    cas_passe::Event as Passe,
    ingenierie_collective::confirmer::projet::TypeIngenierie,
};
use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Order, ReadModel,
    rows::{Row, Rows, lieux},
};

mod mots;
mod precedents;
mod recherche;

pub use self::{
    mots::{Recherche, Segment, TEXTE_MAX},
    precedents::{Precedent, precedents},
    recherche::{
        Cursor, Dimension, Facette, FicheId, Filter, Trouvee, by_ids, count, facettes, search,
    },
};

pub const MODEL: ReadModel = ReadModel {
    name: "bibliotheque",
    version: 1,
    tables: include_str!("bibliotheque.sql"),
    reads: &[
        "capitalisation.NatureCapitalisationDetermined",
        "capitalisation.ElementCapitaliseRecorded",
        "capitalisation.TransferabiliteAssessed",
        "capitalisation.ConsentementPublicationWithdrawn",
        "capitalisation.ElementPublished",
        "capitalisation.ElementUnpublished",
        "capitalisation.CasPublished",
        "capitalisation.CasUnpublished",
        "cas_passe.CasPasseRecorded",
        "cas_passe.CasPasseWithdrawn",
    ],
    order: Order::Stream,
    apply: |db, facts| Box::pin(apply(db, facts)),
};

/// What a card of the library is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenreFiche {
    /// An ingénierie that was published as a case.
    Cas,
    /// Something that was kept of an ingénierie.
    Element,
    /// A case of before the house, or of elsewhere.
    CasPasse,
}

/// One card of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fiche {
    /// A capitalisation, or a case of before.
    pub origine: Uuid,
    /// Of an element in its capitalisation; 0 for a case.
    pub numero: i32,
    pub genre: GenreFiche,
    /// Its last fact.
    pub position: i64,
    pub published: bool,
    pub published_on: Option<Date>,
    /// 0 when it is not published.
    pub published_position: i64,
    pub ingenierie: Option<Uuid>,
    pub dlas: Vec<Uuid>,
    /// Those that it names, with their consent.
    pub structures: Vec<Uuid>,
    pub titre: String,
    pub resume: String,
    pub enseignements: Option<String>,
    /// What a case of before is told from.
    pub source: Option<String>,
    pub annee: Option<i16>,
    pub territoire: Option<String>,
    pub lieux: Vec<String>,
    pub natures: Vec<String>,
    pub secteurs: Vec<String>,
    pub themes: Vec<String>,
    pub type_ingenierie: Option<TypeIngenierie>,
    pub nombre_structures: Option<i32>,
    pub jours: Option<QuarterDays>,
    pub cout_cents: Option<i64>,
    pub tranche: Option<TrancheCout>,
    pub transferable: Option<bool>,
    mots_titre: String,
    mots_codes: String,
    mots_resume: String,
    mots_enseignements: String,
}

impl Row for Fiche {
    const LOAD: &'static str = "select t.* from fiches_bibliotheque t where origine = any($1)";
    const CLEAR: &'static str = "delete from fiches_bibliotheque where origine = any($1)";
    const TABLE: &'static str = "fiches_bibliotheque";

    type Key = (Uuid, i32);

    fn key(&self) -> (Uuid, i32) {
        (self.origine, self.numero)
    }
}

async fn apply(db: &mut PgConnection, facts: &[Recorded]) -> Result<(), Error> {
    let mut rows = Rows::<Fiche>::load(db, facts.iter().map(|it| it.stream)).await?;
    for recorded in facts {
        match &recorded.event {
            Event::Capitalisation(fact) => capitalised(&mut rows, fact, recorded)?,
            Event::CasPasse(Passe::CasPasseRecorded { dla, cas, source }) => {
                let mut fiche = Fiche::new(recorded.stream, 0, GenreFiche::CasPasse);
                fiche.dlas = dla.iter().map(|it| it.0).collect();
                fiche.source = Some(source.as_str().to_owned());
                fiche.tell(cas);
                fiche.publish(recorded);
                rows.put(fiche);
            }
            Event::CasPasse(Passe::CasPasseWithdrawn { .. }) => rows.remove(&(recorded.stream, 0)),
            _ => return Err(Error::not_applied(recorded)),
        }
    }
    let cases: BTreeMap<_, _> = rows
        .values_mut()
        .filter(|it| it.genre == GenreFiche::Cas)
        .map(|it| (it.origine, it.clone()))
        .collect();
    for fiche in rows.values_mut() {
        if let Some(cas) = cases.get(&fiche.origine) {
            fiche.belong(cas);
        }
        fiche.index();
    }
    rows.save(db).await
}

/// What a capitalisation says of its case and of its elements. The case stands first, and is there
/// before it is published.
fn capitalised(rows: &mut Rows<Fiche>, fact: &Fact, recorded: &Recorded) -> Result<(), Error> {
    let stream = recorded.stream;
    let row = |rows: &mut Rows<Fiche>, numero, change: &dyn Fn(&mut Fiche)| {
        let fiche = rows.get_mut(&(stream, numero));
        let fiche = fiche.ok_or_else(|| Error::not_applied(recorded))?;
        fiche.position = recorded.position.0;
        change(fiche);
        Ok(())
    };
    match fact {
        Fact::NatureCapitalisationDetermined { ingenierie, dlas, territoire, natures, .. } => {
            let cas = rows.entry((stream, 0), || Fiche::new(stream, 0, GenreFiche::Cas));
            cas.position = recorded.position.0;
            cas.ingenierie = Some(ingenierie.0);
            cas.dlas = dlas.iter().map(|it| it.0).collect();
            cas.stand_in(territoire);
            cas.natures = texts(natures);
            Ok(())
        }
        Fact::ElementCapitaliseRecorded { element, contenu } => {
            let mut fiche = Fiche::new(stream, *element, GenreFiche::Element);
            fiche.position = recorded.position.0;
            contenu.titre.as_str().clone_into(&mut fiche.titre);
            contenu.description.as_str().clone_into(&mut fiche.resume);
            fiche.natures = vec![contenu.nature.to_string()];
            fiche.secteurs = texts(&contenu.secteurs);
            fiche.themes = texts(&contenu.themes);
            fiche.structures = contenu.structure.iter().map(|it| it.0).collect();
            rows.put(fiche);
            Ok(())
        }
        Fact::TransferabiliteAssessed { element, transferable, objectifs } => {
            row(rows, *element, &|it| {
                it.transferable = Some(*transferable);
                it.enseignements = Some(objectifs.as_str().to_owned());
            })
        }
        Fact::ElementPublished { element } => row(rows, *element, &|it| it.publish(recorded)),
        Fact::ElementUnpublished { element, .. } => row(rows, *element, &Fiche::unpublish),
        Fact::CasPublished { cas, structures } => row(rows, 0, &|it| {
            it.tell(cas);
            it.structures = structures.iter().map(|it| it.0).collect();
            it.publish(recorded);
        }),
        Fact::CasUnpublished { .. } => row(rows, 0, &Fiche::tell_no_more),
        // The facts that unpublish what comes from it follow, perhaps in the next batch.
        Fact::ConsentementPublicationWithdrawn { structure } => {
            let all = rows.values_mut().filter(|it| it.origine == stream);
            for fiche in all.filter(|it| it.structures.contains(&structure.0)) {
                match fiche.genre {
                    GenreFiche::Cas => fiche.tell_no_more(),
                    GenreFiche::Element | GenreFiche::CasPasse => fiche.unpublish(),
                }
            }
            Ok(())
        }
        Fact::DestinatairesTargeted { .. }
        | Fact::ResponsableTransfertDesignated { .. }
        | Fact::ModalitesTransfertAdapted { .. }
        | Fact::ConsentementPublicationGiven { .. }
        | Fact::TransfertPerformed { .. }
        | Fact::TransfertAcknowledged { .. }
        | Fact::ReutilisationDeclared { .. }
        | Fact::ReutilisationWithdrawn { .. } => Err(Error::not_applied(recorded)),
    }
}

impl Fiche {
    fn new(origine: Uuid, numero: i32, genre: GenreFiche) -> Self {
        Self {
            origine,
            numero,
            genre,
            position: 0,
            published: false,
            published_on: None,
            published_position: 0,
            ingenierie: None,
            dlas: vec![],
            structures: vec![],
            titre: String::new(),
            resume: String::new(),
            enseignements: None,
            source: None,
            annee: None,
            territoire: None,
            lieux: vec![],
            natures: vec![],
            secteurs: vec![],
            themes: vec![],
            type_ingenierie: None,
            nombre_structures: None,
            jours: None,
            cout_cents: None,
            tranche: None,
            transferable: None,
            mots_titre: String::new(),
            mots_codes: String::new(),
            mots_resume: String::new(),
            mots_enseignements: String::new(),
        }
    }

    fn tell(&mut self, cas: &Cas) {
        let recit = &cas.recit;
        recit.titre.as_str().clone_into(&mut self.titre);
        recit.resume.as_str().clone_into(&mut self.resume);
        self.enseignements = recit
            .enseignements
            .as_ref()
            .map(|it| it.as_str().to_owned());
        self.annee = Some(recit.annee.get());
        self.transferable = Some(recit.transferable);
        self.stand_in(&cas.territoire);
        self.secteurs = texts(&cas.secteurs);
        self.themes = texts(&cas.themes);
        self.type_ingenierie = cas.type_ingenierie;
        self.nombre_structures = cas.nombre_structures;
        self.jours = cas.jours;
        self.cout_cents = cas.cout.map(|it| it.0);
        self.tranche = cas.cout.map(TrancheCout::of);
    }

    /// What was told is no longer there: only whose it was stays, for the elements.
    fn tell_no_more(&mut self) {
        *self = Self {
            position: self.position,
            ingenierie: self.ingenierie,
            dlas: std::mem::take(&mut self.dlas),
            territoire: self.territoire.take(),
            lieux: std::mem::take(&mut self.lieux),
            natures: std::mem::take(&mut self.natures),
            ..Self::new(self.origine, self.numero, self.genre)
        };
    }

    fn publish(&mut self, recorded: &Recorded) {
        self.position = recorded.position.0;
        // Said anew, it was published before.
        if !self.published {
            self.published = true;
            self.published_on = Some(recorded.on);
            self.published_position = recorded.position.0;
        }
    }

    fn unpublish(&mut self) {
        self.published = false;
        self.published_on = None;
        self.published_position = 0;
    }

    fn stand_in(&mut self, territoire: &Territoire) {
        let territoire = territoire.to_string();
        self.lieux = lieux([territoire.as_str()]);
        self.territoire = Some(territoire);
    }

    /// An element is of the ingénierie of its capitalisation. It shows the figures of that
    /// ingénierie while they are published, with its case.
    fn belong(&mut self, cas: &Self) {
        if self.genre != GenreFiche::Element {
            return;
        }
        self.ingenierie = cas.ingenierie;
        self.dlas.clone_from(&cas.dlas);
        self.territoire.clone_from(&cas.territoire);
        self.lieux.clone_from(&cas.lieux);
        self.annee = cas.annee.or_else(|| self.published_on.map(Date::year));
        self.type_ingenierie = cas.type_ingenierie;
        self.nombre_structures = cas.nombre_structures;
        self.jours = cas.jours;
        self.cout_cents = cas.cout_cents;
        self.tranche = cas.tranche;
    }

    fn index(&mut self) {
        self.mots_titre = mots::mots(&self.titre);
        let codes = [&self.secteurs, &self.themes, &self.natures];
        self.mots_codes = mots::mots_des(codes.into_iter().flatten());
        self.mots_resume = mots::mots(&self.resume);
        let enseignements = self.enseignements.as_deref().unwrap_or_default();
        self.mots_enseignements = mots::mots(enseignements);
    }

    /// Names it for ever.
    pub fn id(&self) -> FicheId {
        FicheId { origine: self.origine, numero: self.numero }
    }

    /// The case of before, when it is one.
    pub fn cas_passe(&self) -> Option<CasPasseId> {
        (self.genre == GenreFiche::CasPasse).then_some(CasPasseId(self.origine))
    }
}

fn texts<'a>(codes: impl IntoIterator<Item = &'a Code>) -> Vec<String> {
    codes.into_iter().map(Code::to_string).collect()
}
