//! What each fact changes of an accompagnement: one method for each of its parts.

use std::collections::BTreeSet;

use super::{
    Accompagnement, Accueil, Action, Besoin, Code, Conseil, Date, Diagnostic, Dit, Etat, Fact, Fin,
    Mesure, Orientation, Parties, Plan, PreDiagnostic, Preconisation, Preconisations, Recorded,
    Restitution, SealedPlace, Suite,
};

impl Accompagnement {
    /// As its first fact has it.
    pub(super) fn received(fact: &Fact, recorded: &Recorded) -> Option<Self> {
        let Fact::SollicitationReceived { parties, relais, canal, moments, domaines, .. } = fact
        else {
            return None;
        };
        let Parties { dla, structure } = parties;
        Some(Self {
            id: recorded.stream,
            version: 0,
            position: 0,
            received_position: recorded.position.0,
            received_on: recorded.on,
            dla: dla.0,
            structure: structure.0,
            relais: relais.map(|it| it.0),
            canal: *canal,
            moments: texts(moments),
            domaines: texts(domaines),
            demande: SealedPlace::if_given(recorded, "/demande"),
            etat: Etat::EnAccueil,
            pre_diagnostic: PreDiagnostic::default(),
            rendez_vous: vec![],
            accueil: None,
            orientations: vec![],
            diagnostic: None,
            sans_suivi_depuis: None,
            preconisations: Preconisations::default(),
            plan: None,
            actions: vec![],
            ingenieries: vec![],
            restitutions: vec![],
            suivis: vec![],
            mesures: vec![],
            besoins: vec![],
            issues: vec![],
            fin: None,
        })
    }

    /// How the request was qualified.
    pub(super) fn accueil(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        match fact {
            Fact::PreDiagnosticSent { .. } => self.pre_diagnostic.sent_on = Some(on),
            Fact::PreDiagnosticReturned { document, .. } => {
                self.pre_diagnostic.returned_on = Some(on);
                self.pre_diagnostic.document = document.map(|it| it.0);
            }
            Fact::RendezVousQualificationHeld { .. } => self.rendez_vous.push(dit(recorded)),
            Fact::AccueilCompleted { pertinent, .. } => {
                let motif = SealedPlace::if_given(recorded, "/motif");
                self.accueil = Some(Accueil { on, pertinent: *pertinent, motif });
                self.etat = self.going_on();
            }
            Fact::StructureOriented { vers, dispositif, .. } => {
                self.orientations.push(Orientation {
                    on,
                    vers: vers.map(|it| it.0),
                    dispositif: dispositif.as_ref().map(|it| it.as_str().to_owned()),
                    commentaire: SealedPlace::if_given(recorded, "/commentaire"),
                });
            }
            _ => (),
        }
    }

    /// What was found, advised and answered.
    pub(super) fn diagnostic(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        match fact {
            Fact::DiagnosticStarted { .. } => {
                let started = Diagnostic { started_on: Some(on), ..Diagnostic::default() };
                self.diagnostic = Some(started);
            }
            Fact::DiagnosticCompleted { domaines, document, .. } => {
                let text = |pointer| SealedPlace::if_given(recorded, pointer);
                self.diagnostic = Some(Diagnostic {
                    started_on: self.diagnostic.as_ref().and_then(|it| it.started_on),
                    completed_on: Some(on),
                    validated_on: None,
                    situation: text("/situation"),
                    forces: text("/forces"),
                    capacite: text("/capacite"),
                    besoins: text("/besoins"),
                    domaines: texts(domaines),
                    document: document.map(|it| it.0),
                });
                self.concerns(domaines);
            }
            Fact::DiagnosticValidated { .. } => {
                if let Some(it) = &mut self.diagnostic {
                    it.validated_on = Some(on);
                }
            }
            Fact::PreconisationsProposed { preconisations, .. } => {
                let conseil = |(n, it): (usize, &Preconisation)| Conseil {
                    theme: it.theme.as_ref().map(ToString::to_string),
                    enonce: SealedPlace::of(recorded, &format!("/preconisations/{n}/enonce")),
                };
                self.preconisations = Preconisations {
                    proposed_on: Some(on),
                    toutes: preconisations.iter().enumerate().map(conseil).collect(),
                    ..Preconisations::default()
                };
            }
            Fact::PreconisationsAccepted { retenues, .. } => {
                self.answered(on, retenues.iter().copied().collect(), None);
            }
            Fact::PreconisationsRefused { .. } => {
                self.answered(on, vec![], Some(SealedPlace::of(recorded, "/motif")));
            }
            _ => (),
        }
    }

    /// What was agreed on, and done.
    pub(super) fn plan(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        let ends = |suite, pointer| (suite, on, SealedPlace::if_given(recorded, pointer));
        match fact {
            Fact::PlanAccompagnementEstablished { echeance, document, .. } => {
                let established_on = self.plan.as_ref().map_or(on, |it| it.established_on);
                let document = document.map(|it| it.0);
                self.plan = Some(Plan { established_on, echeance: *echeance, document });
                self.etat = self.going_on();
            }
            Fact::ActionAppuiAdded { numero, action, .. } => {
                self.actions.push(Action {
                    numero: *numero,
                    nature: action.nature,
                    intitule: action.intitule.as_str().to_owned(),
                    theme: action.theme.as_ref().map(ToString::to_string),
                    preconisation: action.preconisation,
                    ingenierie: action.ingenierie.map(|it| it.0),
                    organisation: action.organisation.map(|it| it.0),
                    echeance: action.echeance,
                    added_on: on,
                    suite: Suite::Prevue,
                    ended_on: None,
                    commentaire: None,
                });
                self.carried_out();
            }
            Fact::ActionAppuiAttached { numero, ingenierie, .. } => {
                if let Some(it) = self.action(*numero) {
                    it.ingenierie = Some(ingenierie.0);
                }
                self.carried_out();
            }
            Fact::ActionAppuiCompleted { numero, .. } => {
                self.ended(*numero, ends(Suite::Realisee, "/commentaire"));
            }
            Fact::ActionAppuiCancelled { numero, .. } => {
                self.ended(*numero, ends(Suite::Annulee, "/motif"));
            }
            Fact::RestitutionHeld { ingenierie, document, .. } => {
                self.restitutions.push(Restitution {
                    on,
                    ingenierie: ingenierie.map(|it| it.0),
                    document: document.map(|it| it.0),
                    commentaire: SealedPlace::if_given(recorded, "/commentaire"),
                });
            }
            _ => (),
        }
    }

    /// What came of it, and how it ended.
    pub(super) fn suivi(&mut self, fact: &Fact, recorded: &Recorded) {
        let on = recorded.on;
        match fact {
            Fact::SuiviRecorded { .. } => self.suivis.push(dit(recorded)),
            Fact::ImpactMeasured { moment, horizon, indicateurs, .. } => {
                self.mesures.push(Mesure {
                    on,
                    position: recorded.position.0,
                    moment: *moment,
                    horizon: *horizon,
                    indicateurs: indicateurs.clone(),
                });
            }
            Fact::NouveauBesoinIdentified { domaines, .. } => {
                let besoin = SealedPlace::of(recorded, "/besoin");
                self.besoins
                    .push(Besoin { on, domaines: texts(domaines), besoin });
                self.concerns(domaines);
            }
            Fact::AccompagnementClosed { issues, .. } => {
                self.etat = Etat::Clos;
                self.issues = texts(issues);
                self.fin = Some(Fin { on, texte: SealedPlace::if_given(recorded, "/bilan") });
            }
            Fact::AccompagnementAbandoned { .. } => {
                self.etat = Etat::Abandonne;
                self.fin = Some(Fin { on, texte: Some(SealedPlace::of(recorded, "/motif")) });
            }
            Fact::AccompagnementReopened { .. } => {
                self.fin = None;
                self.issues = vec![];
                self.etat = self.going_on();
            }
            _ => (),
        }
        self.sans_suivi_depuis = self.awaits_news();
    }

    /// Since when news are awaited: the last diagnostic, if none were taken since. Nobody asks for
    /// news of what was given up.
    fn awaits_news(&self) -> Option<Date> {
        let diagnosed = self.diagnostic.as_ref()?.completed_on?;
        let heard = self.suivis.iter().any(|it| it.on >= diagnosed);
        (!heard && self.etat != Etat::Abandonne).then_some(diagnosed)
    }

    /// Where it stands, when it is not over.
    fn going_on(&self) -> Etat {
        match (&self.plan, &self.accueil) {
            (Some(_), _) => Etat::EnParcours,
            (None, Some(Accueil { pertinent: true, .. })) => Etat::EnDiagnostic,
            (None, Some(_)) => Etat::NonRetenu,
            (None, None) => Etat::EnAccueil,
        }
    }

    fn answered(&mut self, on: Date, retenues: Vec<i32>, motif: Option<SealedPlace>) {
        self.preconisations.answered_on = Some(on);
        self.preconisations.retenues = retenues;
        self.preconisations.motif = motif;
    }

    fn action(&mut self, numero: i32) -> Option<&mut Action> {
        self.actions.iter_mut().find(|it| it.numero == numero)
    }

    fn ended(&mut self, numero: i32, end: (Suite, Date, Option<SealedPlace>)) {
        if let Some(it) = self.action(numero) {
            (it.suite, it.commentaire) = (end.0, end.2);
            it.ended_on = Some(end.1);
        }
    }

    fn carried_out(&mut self) {
        let ingenieries: BTreeSet<_> = self.actions.iter().filter_map(|it| it.ingenierie).collect();
        self.ingenieries = ingenieries.into_iter().collect();
    }

    fn concerns(&mut self, domaines: &BTreeSet<Code>) {
        let mut all: BTreeSet<_> = self.domaines.drain(..).collect();
        all.extend(texts(domaines));
        self.domaines = all.into_iter().collect();
    }
}

fn dit(recorded: &Recorded) -> Dit {
    Dit {
        on: recorded.on,
        position: recorded.position.0,
        commentaire: SealedPlace::if_given(recorded, "/commentaire"),
    }
}

fn texts(codes: &BTreeSet<Code>) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}
