//! Reference lists: codes with their labels, the version they are in, and how they are amended.

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use domain::{
    Date as Day, Line, Liste,
    referentiel::{self as rules, Entry, Valeur, Values},
};
use eventlog::Outcome;
use projections::historique::Filter;

use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        historique::{self, Fait, Paged},
        ids::global,
        paging::{self, List},
        past::AsOfInput,
        request::{Recorded, Request, line},
        scalars::{Date, Position, Version},
    },
};

/// A value of a reference list.
pub(crate) struct Code {
    list: Liste,
    code: String,
}

impl Code {
    pub(crate) fn new(list: Liste, code: impl Into<String>) -> Self {
        Self { list, code: code.into() }
    }

    /// Codes of one list.
    pub(crate) fn all<S: AsRef<str>>(list: Liste, codes: impl IntoIterator<Item = S>) -> Vec<Self> {
        codes
            .into_iter()
            .map(|it| Self::new(list, it.as_ref()))
            .collect()
    }
}

/// A value of a reference list.
#[Object]
impl Code {
    /// Stable: what commands take and facts hold.
    async fn code(&self) -> &str {
        &self.code
    }

    /// For people, in the language of the request; the code itself if the list no longer has it.
    async fn libelle(&self, ctx: &Context<'_>) -> String {
        let lists = ctx.lists();
        lists.entry(self.list, &self.code).map_or_else(
            || self.code.clone(),
            |it| ctx.language().choose(&it.fr, &it.en).to_owned(),
        )
    }
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// A reference list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub(crate) enum ListeReference {
            $($(#[$doc])* $name,)*
        }

        impl From<ListeReference> for Liste {
            fn from(it: ListeReference) -> Self {
                match it {
                    $(ListeReference::$name => Self::$name,)*
                }
            }
        }

        impl From<Liste> for ListeReference {
            fn from(it: Liste) -> Self {
                match it {
                    $(Liste::$name => Self::$name,)*
                }
            }
        }
    };
}

lists! {
    /// Legal forms of organisations.
    StatutJuridique;
    /// Fields of activity.
    Secteur;
    /// Professional branches within a field.
    Branche;
    /// Where a problématique was heard of.
    SourceProblematique;
    /// Categories of partners of an ingénierie.
    CategoriePartenaire;
    /// Strategic objectives of the method.
    ObjectifStrategique;
    /// Operational objectives of the method.
    ObjectifOperationnel;
    /// Forms of intervention.
    FormeIntervention;
    /// Types of prestation (Enée).
    TypePrestation;
    /// What a prestation of a theme is about.
    ObjetPrestation;
    /// Where money comes from.
    SourceFinancement;
    /// What money is spent on.
    PosteCout;
    /// What a capitalisation keeps.
    NatureCapitalisation;
    /// For whom a transfer is meant.
    DestinataireTransfert;
    /// Who answers for a transfer.
    ResponsableTransfert;
    /// Forms of a transfer.
    FormeTransfert;
    /// Tones of a transfer.
    TonTransfert;
    /// Kinds of documents.
    NatureDocument;
    /// The four steps of the method. Closed.
    Etape;
    /// What entitles a DLA to run the démarche. Closed.
    LegitimiteDla;
    /// What a group of structures has in common, or must watch.
    CritereGroupe;
    /// What an ingénierie collective does for structures. Closed.
    TypeIngenierie;
    /// Kinds of intervention. Closed.
    TypeIntervention;
    /// What an evaluation judges. Closed.
    RegistreEvaluation;
    /// Who answers an evaluation.
    RepondantEvaluation;
    /// Kinds of answer to an evaluation.
    NatureReponse;
    /// What a prestataire is chosen by. Closed.
    CritereChoix;
    /// What makes a structure ask for support.
    MomentCle;
    /// Fields of expertise of those who support.
    DomaineExpertise;
    /// What structures can share.
    RessourceMutualisable;
    /// What a support leads to.
    IssueAccompagnement;
}

/// One value of a reference list.
pub(crate) struct ValeurReference(Entry);

/// One value of a reference list.
#[Object]
impl ValeurReference {
    /// Stable: what commands take and facts hold. It is never removed and means the same for
    /// ever.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// For people, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &str {
        ctx.language().choose(&self.0.fr, &self.0.en)
    }

    /// In French.
    async fn libelle_fr(&self) -> &str {
        &self.0.fr
    }

    /// In English.
    async fn libelle_en(&self) -> &str {
        &self.0.en
    }

    /// Other words for the same thing, old and new: commands and filters take them in the place
    /// of the code, whatever the case and the accents.
    async fn synonymes(&self) -> &[String] {
        &self.0.synonyms
    }

    /// Since when it may be used.
    async fn valid_from(&self) -> Option<Date> {
        self.0.valid_from.map(Date)
    }

    /// Until when it could be used, included. What was recorded before keeps it.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
}

/// A reference list, in the version in use.
pub(crate) struct Referentiel(Values);

/// A reference list, in the version in use.
#[Object]
impl Referentiel {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        global(self.0.liste.id())
    }

    /// Which list.
    async fn liste(&self) -> ListeReference {
        self.0.liste.into()
    }

    /// What it is called, in the language of the request.
    async fn libelle(&self, ctx: &Context<'_>) -> &str {
        ctx.language().choose(&self.0.fr, &self.0.en)
    }

    /// Rises when a value is added, changed or ended.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How many times it was amended by a command. Send it back with one (`seenVersion`) to be
    /// told if someone else moved first.
    async fn amendements(&self) -> Version {
        let compiled = Values::compiled(self.0.liste).version;
        Version((self.0.version - compiled).into())
    }

    /// Whether its values are those of the rules of the method: they may be relabelled, but none
    /// is added and none ends.
    async fn fermee(&self) -> bool {
        self.0.closed
    }

    /// The lists whose values are taken where this one is asked.
    async fn accepte(&self) -> Vec<ListeReference> {
        self.0.accepts.iter().copied().map(Into::into).collect()
    }

    /// The values, in the order of the list.
    async fn valeurs(
        &self,
        #[graphql(desc = "Those that may be chosen on that day.")] valid_on: Option<Date>,
        #[graphql(
            desc = "Those whose code, labels or synonyms hold these words, whatever the case and \
                    the accents."
        )]
        search: Option<String>,
    ) -> Vec<ValeurReference> {
        let valid = |it: &&Entry| valid_on.is_none_or(|day| it.valid_on(day.0));
        let found = |it: &&Entry| search.as_deref().is_none_or(|words| it.mentions(words));
        let all = self.0.entries.iter().filter(valid).filter(found);
        all.cloned().map(ValeurReference).collect()
    }

    /// Its amendments, oldest first: who changed what, when.
    #[graphql(complexity = "paging::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "what every list is asked")]
    async fn historique(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor after which to start.")] after: Option<String>,
        #[graphql(
            desc = "As of that time: what was recorded later is absent. What you may see is decided as of today."
        )]
        as_of: Option<AsOfInput>,
        #[graphql(desc = "Wait until the answer counts this position.")] at_least_position: Option<
            Position,
        >,
    ) -> Result<List<i64, Fait>> {
        let filter = Filter { about: vec![self.0.liste.id().0], ..Filter::default() };
        let paged = Paged { first, after, at_least: at_least_position, as_of };
        historique::list(ctx, filter, paged).await
    }
}

impl Referentiel {
    /// The list as this process knows it.
    pub(crate) fn of(ctx: &Context<'_>, liste: Liste) -> Self {
        Self(ctx.lists().values(liste).clone())
    }
}

#[derive(Default)]
pub(crate) struct ReferentielQuery;

#[Object]
impl ReferentielQuery {
    /// A reference list with its labels in French and English.
    async fn referentiel(&self, ctx: &Context<'_>, liste: ListeReference) -> Referentiel {
        Referentiel::of(ctx, liste.into())
    }

    /// Every reference list.
    async fn referentiels(&self, ctx: &Context<'_>) -> Vec<Referentiel> {
        let all = Liste::ALL.iter();
        all.map(|it| Referentiel::of(ctx, *it)).collect()
    }
}

#[derive(Default)]
pub(crate) struct ReferentielMutation;

#[Object]
impl ReferentielMutation {
    /// Adds a value to a reference list, at its end: commands may choose it at once.
    async fn add_valeur_reference(
        &self,
        ctx: &Context<'_>,
        input: AddValeurReferenceInput,
    ) -> Result<ReferentielPayload> {
        let liste = Liste::from(input.liste);
        let valeur = input.parse()?;
        let decided = input
            .request
            .decide(ctx, liste.id(), |it: &domain::Referentiel, asked| {
                it.add_valeur_reference(asked, liste, valeur.clone())
            });
        amended(ctx, liste, decided.await?).await
    }

    /// Gives a value other labels: it means the same, everywhere it was recorded. The labels it
    /// had become synonyms.
    async fn relabel_valeur_reference(
        &self,
        ctx: &Context<'_>,
        input: RelabelValeurReferenceInput,
    ) -> Result<ReferentielPayload> {
        let liste = Liste::from(input.liste);
        let fr = line("input.libelleFr", &input.libelle_fr)?;
        let en = line("input.libelleEn", &input.libelle_en)?;
        let which = (liste, input.code.as_str());
        let decided = input
            .request
            .decide(ctx, liste.id(), |it: &domain::Referentiel, asked| {
                it.relabel_valeur_reference(asked, which, fr.clone(), en.clone())
            });
        amended(ctx, liste, decided.await?).await
    }

    /// Says until when a value may be chosen. Later facts are refused it (`CODE_NOT_VALID`),
    /// those recorded keep it and its label. Said again, the later word counts. A value that a
    /// rule of the method names does not end.
    async fn end_valeur_reference(
        &self,
        ctx: &Context<'_>,
        input: EndValeurReferenceInput,
    ) -> Result<ReferentielPayload> {
        let liste = Liste::from(input.liste);
        let which = (liste, input.code.as_str());
        let valid_to: Day = input.valid_to.0;
        let decided = input
            .request
            .decide(ctx, liste.id(), |it: &domain::Referentiel, asked| {
                it.end_valeur_reference(asked, which, valid_to)
            });
        amended(ctx, liste, decided.await?).await
    }

    /// Gives other words for a value: commands and filters take them in the place of its code.
    async fn add_synonyme_reference(
        &self,
        ctx: &Context<'_>,
        input: AddSynonymeReferenceInput,
    ) -> Result<ReferentielPayload> {
        let liste = Liste::from(input.liste);
        let synonyme = line("input.synonyme", &input.synonyme)?;
        let which = (liste, input.code.as_str());
        let decided = input
            .request
            .decide(ctx, liste.id(), |it: &domain::Referentiel, asked| {
                it.add_synonyme_reference(asked, which, synonyme.clone())
            });
        amended(ctx, liste, decided.await?).await
    }
}

/// What was recorded is known to this process before it answers: the next command may use it.
async fn amended(ctx: &Context<'_>, liste: Liste, outcome: Outcome) -> Result<ReferentielPayload> {
    if let Err(error) = ctx.listes().read(ctx.log(), &[liste]).await {
        // The change stands; the follower of the lists brings it.
        tracing::warn!(error = &error as &dyn std::error::Error, "an amended list is read later");
    }
    Ok(ReferentielPayload(ReferentielChanged { liste }, Recorded(outcome)))
}

/// A value to add to a reference list.
#[derive(InputObject)]
pub(crate) struct AddValeurReferenceInput {
    #[graphql(flatten)]
    request: Request,
    /// Which list.
    liste: ListeReference,
    /// Its code, for ever: plain capitals, digits and underscores, at most 60 characters.
    code: String,
    /// What people read in French.
    libelle_fr: String,
    /// What people read in English.
    libelle_en: String,
    /// Other words for it, at most 30.
    synonymes: Option<Vec<String>>,
    /// The first day of which a fact may hold it. No limit when it is absent.
    valid_from: Option<Date>,
    /// The last one.
    valid_to: Option<Date>,
}

impl AddValeurReferenceInput {
    fn parse(&self) -> Result<Valeur> {
        let synonymes = self.synonymes.as_deref().unwrap_or_default();
        let synonyme = |(n, it): (usize, &String)| line(&format!("input.synonymes.{n}"), it);
        let synonymes: Vec<Line> = synonymes
            .iter()
            .enumerate()
            .map(synonyme)
            .collect::<Result<_>>()?;
        Ok(Valeur {
            code: rules::Code::parse(&self.code).at("input.code")?,
            libelle_fr: line("input.libelleFr", &self.libelle_fr)?,
            libelle_en: line("input.libelleEn", &self.libelle_en)?,
            synonymes,
            valid_from: self.valid_from.map(|it| it.0),
            valid_to: self.valid_to.map(|it| it.0),
        })
    }
}

/// Other labels for a value.
#[derive(InputObject)]
pub(crate) struct RelabelValeurReferenceInput {
    #[graphql(flatten)]
    request: Request,
    /// Which list.
    liste: ListeReference,
    /// The code of the value.
    code: String,
    /// What people read in French from now on.
    libelle_fr: String,
    /// What people read in English from now on.
    libelle_en: String,
}

/// The last day of a value.
#[derive(InputObject)]
pub(crate) struct EndValeurReferenceInput {
    #[graphql(flatten)]
    request: Request,
    /// Which list.
    liste: ListeReference,
    /// The code of the value.
    code: String,
    /// The last day of which a fact may hold it: past or to come.
    valid_to: Date,
}

/// Other words for a value.
#[derive(InputObject)]
pub(crate) struct AddSynonymeReferenceInput {
    #[graphql(flatten)]
    request: Request,
    /// Which list.
    liste: ListeReference,
    /// The code of the value.
    code: String,
    /// What people say.
    synonyme: String,
}

/// What every change of a reference list answers.
#[derive(MergedObject)]
pub(crate) struct ReferentielPayload(ReferentielChanged, Recorded);

struct ReferentielChanged {
    liste: Liste,
}

#[Object]
impl ReferentielChanged {
    /// The list, with the change.
    async fn referentiel(&self, ctx: &Context<'_>) -> Referentiel {
        Referentiel::of(ctx, self.liste)
    }
}
