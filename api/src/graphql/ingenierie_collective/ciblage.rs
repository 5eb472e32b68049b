//! What targeted structures have in common (RM-07): their profiles on a day, counted by the five
//! criteria of the method.

use std::collections::BTreeMap;

use async_graphql::{Context, Enum, SimpleObject};
use domain::{Liste, organisation::Criteres};
use projections::organisations::{self as rows, MODEL};
use uuid::Uuid;

use crate::{
    Result,
    graphql::{
        context::ContextExt,
        organisation::{self, Organisation},
        paging::AsOfObject,
        referentiel::Code,
        scalars::Date,
        territoire::Territoire,
    },
};

/// Yearly budgets, in cents: below each of these, and above the last.
const BUDGETS: [i64; 3] = [5_000_000, 15_000_000, 50_000_000];
/// Full-time equivalents, in hundredths.
const ETPS: [i64; 3] = [100, 300, 1_000];
/// Members.
const ADHERENTS: [i64; 3] = [50, 200, 1_000];

/// What the targeted structures have in common, by the five criteria of the method: the more they
/// resemble each other, the better a groupe works (fiche 4).
#[derive(SimpleObject)]
pub(crate) struct TableauCiblage {
    /// The day that the profiles are true of.
    on: Date,
    /// How many structures are targeted.
    structures: i32,
    /// Those without a profile on that day.
    sans_profil: Vec<Organisation>,
    /// Criterion by criterion.
    criteres: Vec<CritereGroupe>,
    /// How recent the profiles are.
    as_of: AsOfObject,
}

/// One criterion, over the targeted structures.
#[derive(SimpleObject)]
pub(crate) struct CritereGroupe {
    /// Which one.
    critere: CritereProfil,
    /// For how many structures it is known.
    renseignes: i32,
    /// True when all those for which it is known share one value, and there are two at least.
    homogene: bool,
    /// The values, the most shared first.
    valeurs: Vec<ValeurCritere>,
}

/// A value of a criterion, and who has it.
#[derive(SimpleObject)]
pub(crate) struct ValeurCritere {
    /// The value: a code, a territory (`departement:84`), or a range such as `50000-150000`.
    /// `RENSEIGNE` for the criteria that are texts.
    valeur: String,
    /// The value of a reference list. Absent for the other criteria.
    code: Option<Code>,
    /// The territory. Absent for the other criteria.
    territoire: Option<Territoire>,
    /// How many structures have it.
    nombre: i32,
    /// Which ones.
    structures: Vec<Organisation>,
}

/// A criterion of the method (step 1 B): territory, field, project, weight, skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CritereProfil {
    /// Criterion 1: where the structure works.
    Territoire,
    /// Criterion 2: its field of activity.
    Secteur,
    /// Criterion 2: its branch within it.
    Branche,
    /// Criterion 3: its members, in ranges.
    Adherents,
    /// Criterion 3: whether its project is described.
    Projet,
    /// Criterion 4: its yearly budget in euros, in ranges.
    Budget,
    /// Criterion 4: its employees in full-time equivalents, in ranges.
    Etp,
    /// Criterion 5: whether its skills are described.
    Competences,
}

impl CritereProfil {
    const ALL: [Self; 8] = [
        Self::Territoire,
        Self::Secteur,
        Self::Branche,
        Self::Adherents,
        Self::Projet,
        Self::Budget,
        Self::Etp,
        Self::Competences,
    ];

    /// The value of a profile, if it is known.
    fn of(self, profil: &rows::Profil) -> Option<String> {
        let Criteres { territoire, secteur, branche, budget, etp, adherents } = &profil.criteres;
        let told = |it: bool| it.then(|| "RENSEIGNE".to_owned());
        match self {
            Self::Territoire => territoire.as_ref().map(domain::Territoire::cle),
            Self::Secteur => secteur.as_ref().map(ToString::to_string),
            Self::Branche => branche.as_ref().map(ToString::to_string),
            Self::Adherents => adherents.map(|it| range(it.into(), &ADHERENTS, 1)),
            Self::Projet => told(profil.projet),
            Self::Budget => budget.map(|it| range(it.0, &BUDGETS, 100)),
            Self::Etp => etp.map(|it| range(it.0.into(), &ETPS, 100)),
            Self::Competences => told(profil.competences),
        }
    }

    /// The list that its values are of.
    fn list(self) -> Option<Liste> {
        match self {
            Self::Secteur => Some(Liste::Secteur),
            Self::Branche => Some(Liste::Branche),
            _ => None,
        }
    }
}

impl TableauCiblage {
    /// The table of some structures, as their profiles were on a day.
    pub(super) async fn of(
        ctx: &Context<'_>,
        structures: Vec<Uuid>,
        on: Option<Date>,
    ) -> Result<Self> {
        let on = on.unwrap_or(Date(ctx.clock().today));
        let as_of = ctx.reads().as_of(&MODEL).await?.into();
        let known = organisation::find_all(ctx, &structures).await?;
        let profils: Vec<_> = known.iter().map(|it| profil(&it.0, on)).collect();
        let mut criteres = vec![];
        for critere in CritereProfil::ALL {
            let mut by_value: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
            for (structure, profil) in known.iter().zip(&profils) {
                if let Some(value) = profil.and_then(|it| critere.of(it)) {
                    by_value.entry(value).or_default().push(structure.0.id);
                }
            }
            criteres.push(CritereGroupe::of(ctx, critere, by_value).await?);
        }
        let without = known.iter().zip(&profils).filter(|(_, it)| it.is_none());
        let without: Vec<_> = without.map(|(it, _)| it.0.id).collect();
        Ok(Self {
            on,
            structures: count(structures.len()),
            sans_profil: organisation::find_all(ctx, &without).await?,
            criteres,
            as_of,
        })
    }
}

impl CritereGroupe {
    async fn of(
        ctx: &Context<'_>,
        critere: CritereProfil,
        by_value: BTreeMap<String, Vec<Uuid>>,
    ) -> Result<Self> {
        let renseignes = by_value.values().map(Vec::len).sum();
        let homogene = by_value.len() == 1 && renseignes > 1;
        let mut valeurs = vec![];
        for (valeur, structures) in by_value {
            valeurs.push(ValeurCritere {
                code: critere.list().map(|list| Code::new(list, valeur.as_str())),
                territoire: Territoire::of(&valeur),
                nombre: count(structures.len()),
                structures: organisation::find_all(ctx, &structures).await?,
                valeur,
            });
        }
        valeurs.sort_by_key(|it| std::cmp::Reverse(it.nombre));
        Ok(Self { critere, renseignes: count(renseignes), homogene, valeurs })
    }
}

/// The last profile that was true by that day.
fn profil(organisation: &rows::Organisation, on: Date) -> Option<&rows::Profil> {
    let on = on.0.to_string();
    let by_then = organisation.profils.iter().filter(|it| it.as_of <= on);
    by_then.max_by_key(|it| (&it.as_of, it.position))
}

/// Between which steps a figure falls, the steps being shown in units of `unit`.
fn range(figure: i64, steps: &[i64], unit: i64) -> String {
    let above = steps.iter().rev().find(|it| figure >= **it);
    let below = steps.iter().find(|it| figure < **it);
    match (above, below) {
        (None, Some(below)) => format!("0-{}", below / unit),
        (Some(above), Some(below)) => format!("{}-{}", above / unit, below / unit),
        (above, None) => format!("{}+", above.copied().unwrap_or_default() / unit),
    }
}

fn count(len: usize) -> i32 {
    i32::try_from(len).unwrap_or(i32::MAX)
}
