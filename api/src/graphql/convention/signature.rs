//! What is signed, as it comes in.

use async_graphql::{Context, ID, InputObject};
use domain::{
    ConventionId, DlaId, Objet, OrganisationId,
    convention_financement::{Around, DLAS_MAX, MiseEnOeuvre, Niveau, Periode, Subvention, Termes},
};

use super::{ConditionsVersement, NatureConvention, NatureSubvention, RegimeFinancement};
use crate::{
    Result,
    error::At,
    graphql::{
        context::ContextExt,
        ids::{typed, typed_all},
        request::{Request, line, optional, prose},
        scalars::{Cents, Date},
        territoire::TerritoireInput,
    },
};

/// A convention to sign. The date of the fact is that of its signature.
#[derive(InputObject)]
pub(crate) struct SignConventionInput {
    #[graphql(flatten)]
    pub(super) request: Request,
    /// Whether it is a frame or money.
    nature: NatureConvention,
    /// Who notifies it: an organisation that holds the role of financeur.
    financeur: ID,
    /// The other institutions that sign a cadre: they may put it into effect too.
    partenaires: Option<Vec<ID>>,
    /// The DLAs that draw on it. At most 30.
    dlas: Vec<ID>,
    /// The structure porteuse that receives the money: it carries one of the DLAs. A cadre may
    /// have none.
    beneficiaire: Option<ID>,
    /// By which the financeur knows it: each reference is that of one convention.
    reference: String,
    /// What it is for, in one line of at most 256 characters.
    objet: String,
    #[graphql(flatten)]
    periode: PeriodeInput,
    /// The territories where it applies, by official codes. At most 100.
    perimetre: Vec<TerritoireInput>,
    /// What is notified, or what a cadre is for: at least one cent.
    pub(super) montant: Cents,
    /// Whether it finances the DLA year after year, or what it does once.
    regime: RegimeFinancement,
    /// The levels of a cadre, the lowest first, each with a greater minimum than the one before.
    /// At most 10.
    niveaux: Option<Vec<NiveauConventionInput>>,
    /// The cadre that it puts into effect: its amount is at least the minimum of the level.
    cadre: Option<MiseEnOeuvreInput>,
    /// How a ponctuel funding goes with the permanent one of the same collectivité (RUL-18).
    articulation: Option<String>,
    #[graphql(flatten)]
    subvention: SubventionInput,
}

/// From one day to another, both included.
#[derive(InputObject)]
pub(crate) struct PeriodeInput {
    /// The first day.
    du: Date,
    /// The last day, included.
    au: Date,
}

/// A level of a convention cadre.
#[derive(InputObject)]
pub(crate) struct NiveauConventionInput {
    /// What it is called.
    intitule: String,
    /// The least that is brought by whoever puts it into effect.
    minimum: Cents,
}

/// The level of a convention cadre that is put into effect.
#[derive(InputObject)]
pub(crate) struct MiseEnOeuvreInput {
    /// The convention cadre: not closed, and one that you see.
    convention: ID,
    /// The number of its level, from 1.
    niveau: i32,
}

/// What an open file on subventions (SCDL) says of a convention beside the rest.
#[derive(InputObject)]
pub(crate) struct SubventionInput {
    /// In money, or not.
    #[graphql(default_with = "NatureSubvention::Numeraire")]
    nature_subvention: NatureSubvention,
    /// How it is paid.
    conditions_versement: ConditionsVersement,
    /// How it is paid, when neither at once nor by instalments, and then only. At most 256
    /// characters.
    precision_versement: Option<String>,
    /// The first day on which it is paid.
    versement_du: Option<Date>,
    /// The last day, when it is not the first.
    versement_au: Option<Date>,
    /// The number of the aid in the répertoire des aides aux entreprises, of at most 5 characters.
    rae: Option<String>,
    /// Whether the European Commission was told.
    #[graphql(name = "notificationUE", default)]
    notification_ue: bool,
    /// The dispositif d'aide it belongs to.
    dispositif: Option<String>,
}

impl PeriodeInput {
    pub(super) fn parse(&self) -> Periode {
        Periode { du: self.du.0, au: self.au.0 }
    }
}

impl SignConventionInput {
    /// What is signed, and for how long.
    pub(super) fn parse(&self) -> Result<(Termes, Periode)> {
        let ids = |all: &Option<Vec<ID>>, path| {
            typed_all::<OrganisationId>(all.as_deref().unwrap_or_default(), path)
        };
        let beneficiaire = self.beneficiaire.as_ref();
        let beneficiaire = beneficiaire.map(|it| typed(it, "input.beneficiaire"));
        let dlas: Vec<DlaId> = typed_all(&self.dlas, "input.dlas")?;
        let perimetre = self.perimetre.iter().enumerate();
        let perimetre = perimetre.map(|(n, it)| it.parse(&format!("input.perimetre.{n}")));
        let niveaux = self.niveaux.iter().flatten().enumerate();
        let niveaux = niveaux.map(|(n, it)| {
            let intitule = line(&format!("input.niveaux.{n}.intitule"), &it.intitule)?;
            Ok(Niveau { intitule, minimum: it.minimum.0 })
        });
        let termes = Termes {
            nature: self.nature.into(),
            financeur: typed(&self.financeur, "input.financeur")?,
            partenaires: ids(&self.partenaires, "input.partenaires")?
                .into_iter()
                .collect(),
            dlas: dlas.into_iter().collect(),
            beneficiaire: beneficiaire.transpose()?,
            reference: line("input.reference", &self.reference)?,
            objet: Objet::parse(&self.objet).at("input.objet")?,
            perimetre: perimetre.collect::<Result<_>>()?,
            regime: self.regime.into(),
            niveaux: niveaux.collect::<Result<_>>()?,
            cadre: self
                .cadre
                .as_ref()
                .map(MiseEnOeuvreInput::parse)
                .transpose()?,
            subvention: self.subvention.parse()?,
            articulation: optional(prose, "input.articulation", self.articulation.as_ref())?,
        };
        Ok((termes, self.periode.parse()))
    }
}

impl MiseEnOeuvreInput {
    fn parse(&self) -> Result<MiseEnOeuvre> {
        let convention: ConventionId = typed(&self.convention, "input.cadre.convention")?;
        Ok(MiseEnOeuvre { convention, niveau: self.niveau })
    }
}

impl SubventionInput {
    fn parse(&self) -> Result<Subvention> {
        let precision = self.precision_versement.as_deref().map(Objet::parse);
        Ok(Subvention {
            nature: self.nature_subvention.into(),
            conditions: self.conditions_versement.into(),
            precision: precision.transpose().at("input.precisionVersement")?,
            versement_du: self.versement_du.map(|it| it.0),
            versement_au: self.versement_au.map(|it| it.0),
            rae: optional(line, "input.rae", self.rae.as_ref())?,
            notification_ue: self.notification_ue,
            dispositif: optional(line, "input.dispositif", self.dispositif.as_ref())?,
        })
    }
}

/// Those that a convention names, as they stand. More DLAs than may be named are not read.
pub(super) async fn around(ctx: &Context<'_>, termes: &Termes) -> Result<Around, eventlog::Error> {
    let log = ctx.log();
    let mut dlas = vec![];
    for dla in termes.dlas.iter().take(DLAS_MAX) {
        dlas.push(log.seen(*dla).await?);
    }
    let cadre = match &termes.cadre {
        Some(it) => Some(log.seen(it.convention).await?),
        None => None,
    };
    Ok(Around { dlas, financeur: log.seen(termes.financeur).await?, cadre })
}
