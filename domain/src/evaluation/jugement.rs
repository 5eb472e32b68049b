//! The judgement: readings, registers, results, then the synthesis that is communicated.

use std::collections::BTreeSet;

use super::{
    ASSESS, COMMUNICATE, Evaluation, Event, Jugement, MESURE, Obtenu, PREUVES_MAX, Presentation,
    RESULTAT, Refusal, Registre, RegistreRestitue, Releve, SYNTHESISE,
};
use crate::{
    Asked, Decided, Decision, Dossier, Sealed, Subject, referentiel::Code, refusal::Common,
};

impl Evaluation {
    /// Records what an indicator shows on the date of the request.
    pub fn record_mesure(&self, asked: &Asked, indicateur: i32, releve: Releve) -> Decision<Self> {
        self.visible_to(asked, &MESURE)?;
        let mesure_on = asked.date();
        if self.mesures.get(&(indicateur, mesure_on)) == Some(&releve) {
            return Ok(Decided::nothing());
        }
        self.not_synthesised()?;
        let known = self.final_cadre()?.indicateurs.iter();
        if !known.into_iter().any(|it| it.numero == indicateur) {
            return Err(Refusal::IndicateurUnknown { indicateur });
        }
        let Releve { valeur, source } = releve;
        let mesured = Event::IndicateurMesured { indicateur, valeur, mesure_on, source };
        Ok(self.records(asked, [mesured]))
    }

    /// Assesses a register of the frame, or assesses it again until the synthesis.
    ///
    /// The reasons are sealed, so that nobody can tell whether they are the same as the last:
    /// each assessment is a new fact.
    pub fn assess_registre(
        &self,
        asked: &Asked,
        registre: Registre,
        jugement: Jugement,
    ) -> Decision<Self> {
        self.visible_to(asked, &ASSESS)?;
        self.not_synthesised()?;
        if !self.final_cadre()?.registres.contains(&registre) {
            return Err(Refusal::RegistreNotAdopted { registre });
        }
        let Jugement { appreciation, raisons, preuves } = jugement;
        if preuves.len() > PREUVES_MAX {
            return Err(Refusal::PreuvesTooMany { max: PREUVES_MAX });
        }
        let dossier = Subject::dossier(self.ingenierie.ok_or(Common::NotFound {})?);
        let raisons = Sealed::new(dossier, raisons);
        let assessed = Event::RegistreAssessed { registre, appreciation, raisons, preuves };
        Ok(self.records(asked, [assessed]))
    }

    /// Records what was obtained of a result that the ingénierie evaluated expects.
    pub fn record_resultat_obtenu(
        &self,
        asked: &Asked,
        ingenierie: &Dossier,
        Obtenu { resultat, obtenu, appreciation }: Obtenu,
    ) -> Decision<Self> {
        self.visible_to(asked, &RESULTAT)?;
        let known = self.resultats.get(&resultat);
        if known.is_some_and(|it| it.0 == obtenu && it.1 == appreciation) {
            return Ok(Decided::nothing());
        }
        self.not_synthesised()?;
        let max = ingenierie.resultats;
        if !(1..=max).contains(&usize::try_from(resultat).unwrap_or(0)) {
            return Err(Refusal::ResultatOutOfRange { max });
        }
        let recorded = Event::ResultatObtenuRecorded { resultat, obtenu, appreciation };
        Ok(self.records(asked, [recorded]).expecting(ingenierie))
    }

    /// Synthesises the evaluation, once and for all.
    pub fn synthesise_evaluation(
        &self,
        asked: &Asked,
        presentation: Presentation,
    ) -> Decision<Self> {
        self.visible_to(asked, &SYNTHESISE)?;
        if self.synthesis.as_ref() == Some(&presentation) {
            return Ok(Decided::nothing());
        }
        self.not_synthesised()?;
        if let Some(campagne) = self.open_campagne_now() {
            return Err(Refusal::CampagneStillOpen { campagne });
        }
        // INV-29: each adopted register is assessed, then restated (RUL-29).
        let adopted = &self.final_cadre()?.registres;
        let missing: Vec<_> = adopted
            .iter()
            .filter(|it| !self.assessed.contains_key(it))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::RegistresNotAssessed { missing });
        }
        let registres = self
            .assessed
            .iter()
            .map(|(&registre, &appreciation)| RegistreRestitue { registre, appreciation })
            .collect();
        Ok(self.records(asked, [Event::EvaluationSynthesised { presentation, registres }]))
    }

    /// Sends the synthesis. Those who have it already are not sent it again.
    pub fn communicate_evaluation(
        &self,
        asked: &Asked,
        destinataires: &BTreeSet<Code>,
    ) -> Decision<Self> {
        self.visible_to(asked, &COMMUNICATE)?;
        if destinataires.is_empty() {
            return Err(Refusal::EvaluationDestinatairesMissing {});
        }
        if self.synthesis.is_none() {
            return Err(Refusal::EvaluationNotSynthesised {});
        }
        let destinataires: Vec<_> = destinataires.difference(&self.told).cloned().collect();
        if destinataires.is_empty() {
            return Ok(Decided::nothing());
        }
        Ok(self.records(asked, [Event::EvaluationCommunicated { destinataires }]))
    }

    pub(super) fn not_synthesised(&self) -> Result<(), Refusal> {
        match self.synthesis {
            Some(_) => Err(Refusal::EvaluationAlreadySynthesised {}),
            None => Ok(()),
        }
    }
}
