//! Signing a convention, changing it by avenants, closing it.

use super::{
    AMEND, CLOSE, ConventionFinancement, Event, MiseEnOeuvre, NatureConvention, Periode, Refusal,
    SIGN, Termes, given, termes::reaches,
};
use crate::{
    Asked, Cents, ConventionId, Decided, Decider, Decision, Dla, Line, Organisation, Prose, Seen,
    organisation::OrganisationRole, refusal::Common,
};

/// Those that a convention names, as they stand.
#[derive(Debug, Clone)]
pub struct Around {
    pub dlas: Vec<Seen<Dla>>,
    pub financeur: Seen<Organisation>,
    /// The cadre that it puts into effect.
    pub cadre: Option<Seen<ConventionFinancement>>,
}

/// What an avenant changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Avenant {
    pub montant: Option<Cents>,
    pub periode: Option<Periode>,
    pub reference: Option<Line>,
    pub motif: Prose,
}

impl ConventionFinancement {
    /// Signs a convention, on the date of the request. A financeur gives one reference to one
    /// convention: the log holds the claim.
    pub fn sign_convention(
        &self,
        asked: &Asked,
        convention: ConventionId,
        (termes, montant, periode): (&Termes, Cents, Periode),
        around: &Around,
    ) -> Decision<Self> {
        // A DLA and a financeur are known to all; a convention is signed by those it binds.
        asked.may(&SIGN, &termes.perimeter())?;
        let own = asked.by.answers_for();
        if own.is_some_and(|it| it != termes.financeur) {
            return Err(Common::Forbidden { act: SIGN.act.to_owned() }.into());
        }
        if self.exists() {
            return Err(Common::AlreadyExists {}.into());
        }
        termes.stand(montant)?;
        periode.stands()?;
        around.hold(termes)?;
        let minimum = match (&termes.cadre, &around.cadre) {
            (None, _) => None,
            (Some(_), None) => return Err(Refusal::CadreUnknown {}),
            (Some(it), Some(cadre)) => {
                let minimum = cadre.state.put_into_effect(asked, it, (termes, periode))?;
                reaches(montant, Some(minimum))?;
                Some(minimum)
            }
        };
        let claimed = format!("{}/{}", termes.financeur.0, termes.reference.as_str());
        let signed = Event::ConventionSigned {
            convention,
            signed_on: asked.date(),
            termes: Box::new(termes.clone()),
            montant,
            periode,
            minimum,
        };
        let place = crate::Place { territoire: termes.perimetre.first().cloned(), dossier: None };
        let mut decided = asked
            .records(place, [signed])
            .claiming(Self::CATEGORY, claimed)
            .expecting(&around.financeur);
        for dla in &around.dlas {
            decided = decided.expecting(dla);
        }
        Ok(around.cadre.iter().fold(decided, Decided::expecting))
    }

    /// Signs an avenant: never below what is allocated or paid, nor below the minimum of a level.
    pub fn amend_convention(&self, asked: &Asked, avenant: Avenant) -> Decision<Self> {
        let signed = self.going_on(asked, &AMEND)?;
        let Avenant { montant, periode, reference, motif } = avenant;
        if montant.is_none() && periode.is_none() {
            return Err(Refusal::AvenantEmpty {});
        }
        if let Some(montant) = montant {
            given(montant)?;
            let minimum = signed.minimum.or(signed.termes.highest());
            reaches(montant, minimum)?;
            let (allocated, paid) = (self.allocated_cents(), self.paid_cents());
            let notified = Cents(self.notified_cents().0 - signed.montant.0 + montant.0);
            if notified < allocated.max(paid) {
                return Err(Refusal::AmendedBelowCommitted { allocated, paid });
            }
        }
        if let Some(periode) = periode {
            periode.stands()?;
            let left_out =
                |it: &super::Allocation| it.montant > Cents(0) && !periode.contains(&it.periode);
            if let Some((n, _)) = self.allocations.iter().find(|(_, it)| left_out(it)) {
                return Err(Refusal::AllocationsLeftOut { allocation: *n });
            }
        }
        // An avenant says what it changes, and only that.
        let montant = montant.filter(|it| *it != signed.montant);
        let periode = periode.filter(|it| *it != signed.periode);
        if montant.is_none() && periode.is_none() {
            return Ok(Decided::nothing());
        }
        let (financeur, motif) = (signed.financeur(), signed.seals(motif));
        let amended = Event::ConventionAmended { financeur, montant, periode, reference, motif };
        Ok(signed.records(asked, amended))
    }

    /// Closes it. What was notified and is not paid is explained.
    pub fn close_convention(&self, asked: &Asked, motif: Option<Prose>) -> Decision<Self> {
        self.known_to(asked, &CLOSE)?;
        if self.closed {
            return Ok(Decided::nothing());
        }
        let signed = self.going_on(asked, &CLOSE)?;
        let (notified, paid) = (self.notified_cents(), self.paid_cents());
        let remaining = Cents(notified.0 - paid.0);
        let spent = signed.termes.nature == NatureConvention::Financement;
        if spent && remaining > Cents(0) && motif.is_none() {
            return Err(Refusal::CloseReasonMissing { remaining });
        }
        let closed = Event::ConventionClosed {
            financeur: signed.financeur(),
            notified,
            allocated: self.allocated_cents(),
            paid,
            motif: motif.map(|it| signed.seals(it)),
        };
        Ok(signed.records(asked, closed))
    }

    /// The minimum that a convention de financement brings, if this is a cadre that it may put
    /// into effect.
    fn put_into_effect(
        &self,
        asked: &Asked,
        it: &MiseEnOeuvre,
        (termes, periode): (&Termes, Periode),
    ) -> Result<Cents, Refusal> {
        let cadre = self.signed.as_ref().filter(|cadre| {
            asked.by.sees(&self.perimeter())
                && !self.closed
                && cadre.termes.nature == NatureConvention::Cadre
        });
        let cadre = cadre.ok_or(Refusal::CadreUnknown {})?;
        let signatory = cadre.financeur() == termes.financeur
            || cadre.termes.partenaires.contains(&termes.financeur);
        if !signatory {
            return Err(Refusal::FinanceurNotOfCadre {});
        }
        if !cadre.periode.contains(&periode) {
            let Periode { du, au } = cadre.periode;
            let field = if cadre.periode.holds(periode.du) { "au" } else { "du" };
            return Err(Refusal::OutsidePeriode { field, du, au });
        }
        let outside = termes
            .perimetre
            .iter()
            .find(|it| !cadre.termes.may_cover(it));
        if let Some(territoire) = outside.cloned() {
            return Err(Refusal::OutsidePerimetre { territoire, field: "perimetre" });
        }
        let niveaux = cadre.termes.niveaux.len();
        let minimum = cadre.termes.minimum(it.niveau);
        minimum.ok_or(Refusal::NiveauUnknown { niveaux })
    }
}

impl Around {
    /// Whether those that a convention names may be named there.
    fn hold(&self, termes: &Termes) -> Result<(), Refusal> {
        if !self.financeur.state.holds(OrganisationRole::Financeur) {
            return Err(Refusal::NotAFinanceur {});
        }
        if self.dlas.iter().any(|it| !it.exists()) {
            return Err(Common::NotFound {}.into());
        }
        match (termes.beneficiaire, termes.nature) {
            (None, NatureConvention::Financement) => Err(Refusal::BeneficiaireMissing {}),
            (None, NatureConvention::Cadre) => Ok(()),
            (Some(it), _) => {
                let mut porteuses = self.dlas.iter().flat_map(|dla| dla.state.porteuses());
                let carries = porteuses.any(|porteuse| porteuse == it);
                if carries { Ok(()) } else { Err(Refusal::BeneficiaireNotPorteuse {}) }
            }
        }
    }
}
