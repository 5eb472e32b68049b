//! What holds for every command, whatever it is about.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::seance_comite_appui::Avis;

/// One of the commands, asked by someone about an organisation or a number among a few.
type Command = fn(&IngenierieCollective, &Asked, u128) -> Decision<IngenierieCollective>;

/// Every command, by the name of its right.
const COMMANDS: &[(&str, Command)] = &[
    ("initiateIngenierie", |it, by, _| {
        let initiation = Initiation {
            intitule: line("Recruter"),
            territoire: vaucluse(),
            secteurs: vec![secteur("SPORT")],
        };
        it.initiate_ingenierie(by, ID, &dla(DLA), initiation)
    }),
    ("recordSource", |it, by, _| it.record_source(by, source(), None)),
    ("stateProblematique", |it, by, n| it.state_problematique(by, prose(&format!("Énoncé {n}.")))),
    ("reformulateProblematique", |it, by, n| {
        it.reformulate_problematique(by, prose(&format!("Énoncé {n}.")), prose("Dit mieux."))
    }),
    ("confirmProblematique", |it, by, n| {
        it.confirm_problematique(by, &[organisation(org(n))], line("Enquête"))
    }),
    ("determineSecteurs", |it, by, _| it.determine_secteurs(by, vec![secteur("CULTURE")])),
    ("targetStructure", |it, by, n| it.target_structure(by, &organisation(org(n)))),
    ("untargetStructure", |it, by, n| it.untarget_structure(by, org(n), prose("Trop loin."))),
    ("checkSubsidiarite", |it, by, _| {
        let commentaire = prose("Rien d'équivalent.");
        it.check_subsidiarite(by, Subsidiarite { contenu: true, financement: true, commentaire })
    }),
    ("checkComplementarite", |it, by, _| it.check_complementarite(by, prose("Vu la ligue."))),
    ("qualifyTerritoire", |it, by, _| it.qualify_territoire(by, aire(), None)),
    ("defineRoleDla", |it, by, _| {
        it.define_role_dla(by, DLA, vec![Legitimite::Mission], role_dla())
    }),
    ("checkCoherence", |it, by, _| it.check_coherence(by, coherent(), None)),
    ("associatePartenaire", |it, by, n| {
        let as_what = categorie("FINANCEUR_PERMANENT");
        it.associate_partenaire(by, &organisation(org(n)), as_what, None)
    }),
    ("withdrawPartenaire", |it, by, n| it.withdraw_partenaire(by, org(n), prose("Retrait."))),
    ("associateDla", |it, by, _| it.associate_dla(by, &dla(OTHER_DLA))),
    ("recordAttente", |it, by, n| {
        it.record_attente(by, org(n), Compatibilite::Complementaire, prose("De la visibilité."))
    }),
    ("shareProblematique", |it, by, n| {
        let accord = AccordProblematique::Partagee;
        it.share_problematique(by, org(n), Partage { accord, anteriorite: None, interet: None })
    }),
    ("offerContributionIntervenant", |it, by, n| {
        let contribution = line("Un juriste");
        let offered = Contribution { contribution, competences: None, temps: None };
        it.offer_contribution_intervenant(by, org(n), offered)
    }),
    ("setObjectifsEvaluation", |it, by, _| {
        it.set_objectifs_evaluation(by, vec![ObjetEvaluation::Effets], prose("Savoir."))
    }),
    ("setObjectifStrategique", |it, by, _| it.set_objectif_strategique(by, competences(), None)),
    ("setObjectifOperationnel", |it, by, _| it.set_objectif_operationnel(by, innovation(), None)),
    ("withdrawObjectif", |it, by, _| {
        it.withdraw_objectif(by, PorteeObjectif::Operationnel, innovation(), prose("Trop tôt."))
    }),
    ("validateDemarche", |it, by, _| it.validate_demarche(by, DLA)),
    ("confirmDemarcheByFinanceur", |it, by, n| it.confirm_demarche_by_financeur(by, org(n))),
    ("recordAvis", |it, by, n| {
        let (sens, commentaire) = match n {
            1 => (SensAvis::Defavorable, Some(prose("Trop tôt."))),
            _ => (SensAvis::Favorable, None),
        };
        it.record_avis(by, DLA, Avis { sens, commentaire, reserves: None })
    }),
    ("engageIngenierie", |it, by, _| it.engage_ingenierie(by)),
    ("contactStructure", |it, by, n| it.contact_structure(by, org(n))),
    ("recordStructureResponse", |it, by, n| {
        it.record_structure_response(by, org(n), all_yes(), None)
    }),
    ("mobiliseStructure", |it, by, n| it.mobilise_structure(by, org(n), Some(2))),
    ("declineStructure", |it, by, n| it.decline_structure(by, org(n), prose("Pas le temps."))),
    ("withdrawStructure", |it, by, n| it.withdraw_structure(by, org(n), prose("Départ."))),
    ("assessConditionsImplication", |it, by, n| {
        let implication =
            Implication { fonctions: Some(prose("Cadres.")), ..Implication::default() };
        it.assess_conditions_implication(by, Some(org(n)), implication)
    }),
    ("considerCommentairesStructures", |it, by, n| {
        it.consider_commentaires_structures(by, vec![org(n)], true, prose("Un atelier de plus."))
    }),
    ("constituteGroupe", |it, by, n| {
        let module = (n == 1).then(|| line("Gérer"));
        let voulu = GroupeVoulu { intitule: line("Nord"), module, territoire: None };
        it.constitute_groupe(by, voulu)
    }),
    ("assignStructureToGroupe", |it, by, n| it.assign_structure_to_groupe(by, org(n), 1)),
    ("removeStructureFromGroupe", |it, by, n| {
        it.remove_structure_from_groupe(by, org(n), 1, prose("Autre niveau."))
    }),
    ("fixResultatsAttendus", |it, by, _| it.fix_resultats_attendus(by, vec![resultat()])),
    ("amendResultatsAttendus", |it, by, n| {
        let resultats = vec![ResultatAttendu { cible: Some(line(&n.to_string())), ..resultat() }];
        it.amend_resultats_attendus(by, resultats, prose("Moins d'inscrits."))
    }),
    ("chooseType", |it, by, n| {
        let of = [TypeIngenierie::T1, TypeIngenierie::T2LesDeux];
        it.choose_type(by, of[usize::from(n == 1)])
    }),
    ("chooseTypesPrestation", |it, by, _| it.choose_types_prestation(by, vec![grh()], vec![])),
    ("chooseAccroche", |it, by, n| it.choose_accroche(by, line(&format!("Accroche {n}")))),
    ("positionTempsPorteur", |it, by, _| it.position_temps_porteur(by, QuarterDays(6))),
    ("designSysteme", |it, by, n| {
        let banque = organisation(org(n));
        let voulu =
            IntervenantVoulu { organisation: Some(&banque), qualite: line("banque"), nombre: 1 };
        it.design_systeme(by, &[voulu])
    }),
    ("engagePartenaireIntervenant", |it, by, n| {
        it.engage_partenaire_intervenant(by, org(n), line("Tenir un atelier"), None)
    }),
    ("assessConditionsTechniques", |it, by, n| {
        it.assess_conditions_techniques(by, vec![way(&format!("Scénario {n}"))])
    }),
    ("chooseScenario", |it, by, _| it.choose_scenario(by, 1, None)),
    ("formaliseProjet", |it, by, n| {
        let of = [NatureModule::Accompagnement, NatureModule::Formation];
        it.formalise_projet(by, vec![module(of[usize::from(n == 1)])])
    }),
    ("confirmIngenierie", |it, by, _| it.confirm_ingenierie(by)),
    ("startIngenierie", |it, by, _| it.start_ingenierie(by, &confirmed_plan())),
    ("informPartenaires", |it, by, n| {
        it.inform_partenaires(by, vec![org(n)], line("Première séance"), None)
    }),
    ("finaliseIngenierie", |it, by, _| it.finalise_ingenierie(by)),
    ("abandonIngenierie", |it, by, _| it.abandon_ingenierie(by, prose("Plus de besoin."))),
    ("reopenIngenierie", |it, by, _| it.reopen_ingenierie(by, prose("Clos par erreur."))),
    ("skipActivite", |it, by, _| it.skip_activite(by, activite(), prose("Sans objet."))),
    ("unskipActivite", |it, by, _| it.unskip_activite(by, activite())),
];

/// What each answers when asked of a state by someone.
fn answers<'a>(
    it: &'a IngenierieCollective,
    by: &'a Asked,
) -> impl Iterator<Item = (&'static str, Decision<IngenierieCollective>)> + 'a {
    COMMANDS
        .iter()
        .map(move |(act, command)| (*act, command(it, by, 1)))
}

#[test]
fn every_right_has_its_command_in_these_tests() {
    let rights: Vec<_> = RIGHTS.iter().map(|it| it.act).collect();
    let commands: Vec<_> = COMMANDS.iter().map(|(act, _)| *act).collect();
    assert_eq!(rights, commands);
}

#[test]
fn a_stranger_and_an_absent_dossier_get_the_same_answer() {
    let not_found = Err(Refusal::Common(Common::NotFound {}));
    for (act, answer) in answers(&folded(under_way()), &stranger()) {
        assert_eq!(answer, not_found, "{act}");
    }
    for (act, answer) in answers(&IngenierieCollective::default(), &amina()) {
        if act != "initiateIngenierie" {
            assert_eq!(answer, not_found, "{act}");
        }
    }
}

#[test]
fn whoever_reads_the_dossier_without_the_right_is_told_so() {
    let events = with(under_way(), [associated(RESEAU, "RESEAU_BENEFICIAIRES")]);
    let prestataire = asked(Role::Prestataire { prestataire: RESEAU });
    for (act, answer) in answers(&folded(events), &prestataire).skip(1) {
        assert_eq!(answer, Err(Common::Forbidden { act: act.to_owned() }.into()), "{act}");
    }
}

// INV-38: after the end, only a reopening. What ended so already changes nothing.
#[test]
fn nothing_moves_after_the_end_but_a_reopening() {
    let abandoned =
        IngenierieCollectiveAbandoned { etat: Etat::EnIntervention, motif: Sealed::closed() };
    let ends = [
        (Etat::Finalisee, "finaliseIngenierie", finalised()),
        (Etat::Abandonnee, "abandonIngenierie", with(under_way(), [abandoned])),
    ];
    for (etat, so_already, events) in ends {
        let it = folded(events);
        for (act, command) in &COMMANDS[1..] {
            let by = if *act == "validateDemarche" { responsable() } else { amina() };
            let answer = command(&it, &by, 1);
            if *act == so_already || *act == "reopenIngenierie" {
                assert!(answer.is_ok(), "{act}: {answer:?}");
            } else {
                assert_eq!(answer, Err(Refusal::IngenierieOver { etat }), "{act}");
            }
        }
    }
}

#[test]
fn a_later_step_waits_for_its_milestone() {
    let of_step_3 = COMMANDS
        .iter()
        .position(|(act, _)| *act == "contactStructure")
        .unwrap();
    let of_step_4 = COMMANDS
        .iter()
        .position(|(act, _)| *act == "startIngenierie")
        .unwrap();
    let current = Etat::EnIdentification;
    let it = folded(identified());
    for (act, command) in &COMMANDS[of_step_3..of_step_4] {
        let too_early = Refusal::StepTooEarly { needed: Etat::Engagee, current };
        assert_eq!(command(&it, &amina(), 1), Err(too_early), "{act}");
    }
    for (needed, (act, command)) in [Etat::Confirmee, Etat::Confirmee, Etat::EnIntervention]
        .into_iter()
        .zip(&COMMANDS[of_step_4..])
    {
        let too_early = Refusal::StepTooEarly { needed, current };
        assert_eq!(command(&it, &amina(), 1), Err(too_early), "{act}");
    }
}

#[test]
fn the_earlier_steps_stay_open_during_the_intervention() {
    let of_step_3 = COMMANDS
        .iter()
        .position(|(act, _)| *act == "contactStructure")
        .unwrap();
    let it = folded(under_way());
    for (act, command) in &COMMANDS[1..of_step_3] {
        let by = if *act == "validateDemarche" { responsable() } else { amina() };
        let Err(no) = command(&it, &by, 1) else { continue };
        let no = crate::Refusal::from(no).code;
        assert!(!["STEP_TOO_EARLY", "INGENIERIE_OVER"].contains(&no), "{act}: {no}");
    }
}

/// These hold a text that cannot be compared with an earlier one, or tell what was done once
/// more: each one counts.
const ALWAYS_NEW: [&str; 6] = [
    "checkSubsidiarite",
    "checkComplementarite",
    "recordAttente",
    "assessConditionsImplication",
    "considerCommentairesStructures",
    "informPartenaires",
];

/// An avis counts each time when it gives its reasons, and only then.
fn is_always_new(act: &str, about: u128) -> bool {
    ALWAYS_NEW.contains(&act) || (act, about) == ("recordAvis", 1)
}

proptest! {
    /// Whatever is asked, in whatever order, asking again changes nothing.
    #[test]
    fn asking_again_changes_nothing(
        start in 0..5_usize,
        steps in vec((1..COMMANDS.len(), 1..4_u128), 0..60),
    ) {
        let starts = [vec![initiated()], engaged(), mobilised(), formalised(), under_way()];
        let mut it: IngenierieCollective = folded(starts[start].clone());
        for (n, about) in steps {
            let (act, command) = COMMANDS[n];
            let by = if act == "validateDemarche" { responsable() } else { amina() };
            let by = by.because("Urgence.");
            let Ok(decided) = command(&it, &by, about) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            if !is_always_new(act, about) {
                let again = command(&it, &by, about).map(|it| it.facts);
                prop_assert_eq!(again, Ok(vec![]), "{}", act);
            }
        }
    }

    /// INV-21: whatever is asked, a structure sits at most once per module, and takes part.
    #[test]
    fn a_structure_sits_in_at_most_one_groupe_per_module(
        steps in vec((1..COMMANDS.len(), 1..4_u128), 0..120),
    ) {
        let mut it: IngenierieCollective = folded(mobilised());
        for (n, about) in steps {
            let by = amina().because("Urgence.");
            let Ok(decided) = COMMANDS[n].1(&it, &by, about) else { continue };
            decided.events().for_each(|event| it.evolve(event));
            let mut seats = BTreeSet::new();
            for groupe in it.groupes.values() {
                for structure in &groupe.structures {
                    prop_assert!(it.is_mobilised(*structure));
                    prop_assert!(seats.insert((groupe.module.clone(), *structure)));
                }
            }
        }
    }
}
