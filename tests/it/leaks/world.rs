//! A world with the dossier of the tests and real cases, all that belongs to each, and those who
//! come: each sort of caller, on one side or the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::ensure;
use api::{cases, clock};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{OrganisationId, Role};
use house::{
    OpenHouse, Questions, Visitor,
    dossier::{
        DLA, FINANCEUR, FONDATION, INGENIERIE, OTHER_PRESTATAIRE, PLAN, PRESTATAIRE, STRUCTURE,
    },
};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use uuid::Uuid;

/// A person of the register.
const PERSONNE: Uuid = Uuid::from_u128(0x000c_1a1e);
/// The id of nothing.
pub(crate) const ABSENT: Uuid = Uuid::from_u128(0x0dd0_0dd0);
/// Who controls for the financeur of the tests' dossier: an organisation that is nowhere else.
const AUDITEUR: OrganisationId = OrganisationId(Uuid::from_u128(0xa0d1));

/// Real cases: of one structure, of a convention cadre, of two DLAs, of an ingénierie that ended.
const CASES: [&str; 4] = ["landes", "centres-sociaux", "fe1-3", "acm"];

/// Someone who comes.
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) visitor: Visitor,
    /// Whether they read enough to find the way to types.
    pub(crate) finds: bool,
}

/// Something that was planted, and who may read it.
pub(crate) struct Secret {
    pub(crate) text: &'static str,
    pub(crate) readers: &'static [&'static str],
}

/// What nobody else may be answered.
pub(crate) const SECRETS: &[Secret] = &[
    // A sealed offre, before it is opened.
    Secret { text: "Deux ateliers.", readers: &[] },
    // A dossier of the other DLA.
    Secret {
        text: "ZZ un dossier à part",
        readers: &["charge-b", "responsable-b", "regional-b", "portail-b"],
    },
    // What a financeur says to the DLAs when it refuses.
    Secret {
        text: "ZZ note interne",
        readers: &["charge-b", "responsable-b", "regional-b", "financeur-b"],
    },
    // A document that is shown to nobody.
    Secret {
        text: "ZZ titre scellé",
        readers: &["charge-b", "responsable-b", "regional-b", "auditeur-b"],
    },
    // What a structure confides to its DLA.
    Secret {
        text: "ZZ la demande confiée",
        readers: &["charge-b", "responsable-b", "regional-b", "structure-b"],
    },
    // Who somebody is.
    Secret { text: "ZZ Claire Exemple", readers: &["dpo", "admin"] },
    // By which law someone is controlled.
    Secret {
        text: "ZZ contrôle de Mme Petit",
        readers: &["financeur-b", "auditeur-b", "dpo", "admin"],
    },
];

pub(crate) struct World {
    pub(crate) house: OpenHouse,
    /// What each of the real cases left.
    played: BTreeMap<&'static str, cases::Played>,
    commands: AtomicU64,
}

pub(crate) fn id(noun: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("{noun}:{id}"))
}

/// The noun of a global id.
pub(crate) fn noun_of(id: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (noun, key) = text.split_once(':')?;
    key.parse::<Uuid>().ok().map(|_| noun.to_owned())
}

impl World {
    /// The dossier of the tests, with a consultation that is not opened, and real cases.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let questions = Questions::open().await?;
        questions.confirmed().await?;
        questions.financed().await?;
        questions.consulted().await?;
        questions.catch_up().await?;
        let house = OpenHouse::on(questions.database).await?;
        let mut played = BTreeMap::new();
        for case in CASES {
            played.insert(case, cases::play(&house.house, &house.contents, case).await?);
        }
        let world = Self { house, played, commands: AtomicU64::new(0) };
        world.plant().await?;
        world.house.caught_up().await?;
        Ok(world)
    }

    async fn plant(&self) -> anyhow::Result<()> {
        let amina = self.visitor("amina", Role::ChargeDeMission { dlas: [DLA].into() })?;
        let admin = self.visitor("admin", Role::Admin)?;
        let payer = self.visitor("payer", Role::Financeur { financeur: FINANCEUR })?;
        let today = clock::today_in_paris();
        let plan = id("PlanFinancement", PLAN.0);
        let dossier = id("Ingenierie", INGENIERIE.0);
        let all = [
            (
                &amina,
                "initiateIngenierie",
                json!({
                "porteur": id("Dla", DLA.0), "intitule": "ZZ un dossier à part",
                "territoire": { "niveau": "DEPARTEMENT", "code": "84" } }),
            ),
            (
                &amina,
                "addRessource",
                json!({
                "plan": plan, "source": "ETAT",
                "contributeur": { "organisation": id("Organisation", FINANCEUR.0) }, "montant": "1000" }),
            ),
            (&amina, "requestRessource", json!({ "plan": plan, "ligne": 5 })),
            (
                &payer,
                "refuseRessource",
                json!({
                "plan": plan, "ligne": 5, "motif": "ZZ note interne" }),
            ),
            (
                &amina,
                "registerDocument",
                json!({
                "ingenierie": dossier, "nature": "COMPTE_RENDU", "titre": "ZZ titre scellé",
                "date": "2026-03-02", "donneesPersonnelles": false }),
            ),
            (
                &admin,
                "issueServiceToken",
                json!({
                "libelle": "Portail", "role": "INTEGRATION", "dlas": [id("Dla", DLA.0)],
                "acces": "READ", "expiresOn": today + 30.days() }),
            ),
            (
                &admin,
                "identifyPersonne",
                json!({
                "personne": PERSONNE, "nom": "ZZ Claire Exemple" }),
            ),
        ];
        let mut n = 0x00ea_0000;
        for (by, mutation, mut input) in all {
            n += 1;
            input["commandId"] = json!(Uuid::from_u128(n));
            by.does(mutation, input, "{ position }").await?;
        }
        self.support(&amina).await?;
        let registered = json!({
            "commandId": AUDITEUR.0, "denomination": "Cabinet de contrôle", "statut": "AUTRE",
            "sansIdentifiant": "Pour ce test.",
        });
        admin
            .does("registerOrganisation", registered, "{ position }")
            .await?;
        let granted = json!({
            "commandId": Uuid::from_u128(0x00ea_0100), "auditeur": id("Organisation", AUDITEUR.0),
            "dossiers": [dossier], "du": today, "au": today + 30.days(),
            "reference": "CSF 2026-3", "fondement": "ZZ contrôle de Mme Petit",
        });
        payer
            .does("grantMandatAudit", granted, "{ position }")
            .await?;
        Ok(())
    }

    /// The support of a structure, from its request to what came of it.
    async fn support(&self, amina: &Visitor) -> anyhow::Result<()> {
        const REQUEST: Uuid = Uuid::from_u128(0x00ea_0200);
        let received = json!({
            "commandId": REQUEST, "dla": id("Dla", DLA.0),
            "structure": id("Organisation", STRUCTURE.0), "canal": "COURRIEL",
            "relais": id("Organisation", FINANCEUR.0), "momentsCles": ["GOUVERNANCE"],
            "demande": "ZZ la demande confiée",
        });
        amina
            .does("recordSollicitation", received, "{ position }")
            .await?;
        let steps = [
            ("sendPreDiagnostic", json!({})),
            ("holdRendezVousQualification", json!({ "commentaire": "Au local." })),
            ("completeAccueil", json!({ "pertinent": true, "motif": "Des emplois." })),
            ("orientStructure", json!({ "dispositif": "France Active" })),
            ("completeDiagnostic", json!({ "besoins": "Un local." })),
            ("validateDiagnostic", json!({})),
            ("proposePreconisations", json!({ "preconisations": [{ "enonce": "Chercher." }] })),
            ("acceptPreconisations", json!({})),
            (
                "establishPlanAccompagnement",
                json!({ "actions": [{ "nature": "INTERNE", "intitule": "Visiter des locaux" }] }),
            ),
            ("holdRestitution", json!({})),
            ("measureImpact", json!({ "moment": "REFERENCE", "indicateurs": { "emplois": 2 } })),
            ("measureImpact", json!({ "moment": "SUIVI", "indicateurs": { "emplois": 3 } })),
            ("identifyNouveauBesoin", json!({ "besoin": "Un véhicule." })),
            ("recordSuivi", json!({})),
            ("closeAccompagnement", json!({ "issues": ["CONVENTION"] })),
        ];
        for (n, (mutation, mut input)) in (0x00ea_0201..).zip(steps) {
            input["commandId"] = json!(Uuid::from_u128(n));
            input["accompagnement"] = json!(id("Accompagnement", REQUEST));
            amina.does(mutation, input, "{ position }").await?;
        }
        Ok(())
    }

    fn visitor(&self, name: &str, role: Role) -> anyhow::Result<Visitor> {
        self.house.visitor_named(&format!("leaks/{name}"), role)
    }

    /// Everyone: `a` is the side of the real cases, `b` that of the tests' dossier.
    pub(crate) fn callers(&self) -> anyhow::Result<Vec<Caller>> {
        let dlas: BTreeSet<_> = self
            .played
            .values()
            .flat_map(|it| it.dlas.clone())
            .collect();
        let (a, b) = (|| dlas.clone(), || BTreeSet::from([DLA]));
        let org = |it: Option<OrganisationId>| it.unwrap_or(OrganisationId(Uuid::nil()));
        let (played, cadre) = (&self.played["acm"], &self.played["centres-sociaux"]);
        let all = [
            ("charge-a", Role::ChargeDeMission { dlas: a() }),
            ("charge-b", Role::ChargeDeMission { dlas: b() }),
            ("responsable-b", Role::ResponsablePorteuse { dlas: b() }),
            ("regional-b", Role::ChargeDeMissionRegional { dlas: b(), regional: AUDITEUR }),
            ("membre-a", Role::MembreComiteAppui { dlas: a() }),
            ("membre-b", Role::MembreComiteAppui { dlas: b() }),
            ("financeur-a", Role::Financeur { financeur: org(played.financeur) }),
            ("departement-a", Role::Financeur { financeur: org(cadre.financeur) }),
            ("financeur-b", Role::Financeur { financeur: FINANCEUR }),
            ("fondation-b", Role::Financeur { financeur: FONDATION }),
            ("structure-a", Role::StructureBeneficiaire { structure: org(played.structure) }),
            ("structure-b", Role::StructureBeneficiaire { structure: STRUCTURE }),
            ("prestataire-a", Role::Prestataire { prestataire: org(played.prestataire) }),
            ("prestataire-b", Role::Prestataire { prestataire: PRESTATAIRE }),
            ("rival-b", Role::Prestataire { prestataire: OTHER_PRESTATAIRE }),
            ("partenaire-b", Role::Partenaire { partenaire: FINANCEUR }),
            ("auditeur-b", Role::Auditeur { auditeur: AUDITEUR }),
            ("auditeur-sans", Role::Auditeur { auditeur: FONDATION }),
            ("portail-b", Role::Integration { dlas: b() }),
            ("avise", Role::Avise),
            ("dpo", Role::Dpo),
            ("admin", Role::Admin),
        ];
        let finds =
            ["charge-a", "charge-b", "financeur-b", "prestataire-a", "auditeur-b", "dpo", "admin"];
        let caller = |(name, role): (&'static str, Role)| {
            let visitor = self.visitor(name, role.clone())?;
            Ok(Caller { name, role, visitor, finds: finds.contains(&name) })
        };
        all.into_iter().map(caller).collect()
    }

    /// A command id that nobody used.
    pub(crate) fn command_id(&self) -> Uuid {
        let n = self.commands.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x000c_0000_0000 + u128::from(n))
    }
}

/// An organisation that is in the registry, which anyone reads.
pub(crate) fn any_organisation() -> String {
    id("Organisation", FINANCEUR.0)
}

/// What else is looked through for what was planted: longer pages than the walk asks for.
const LOOKS: &[&str] = &[
    "{ documents(first: 50) { nodes { titre } } }",
    "{ ingenieries(first: 50) { nodes { intitule } } }",
    "{ mandatsAudit(first: 50) { nodes { fondement } } }",
    "{ personnes(first: 50) { nodes { identite { nom } } } }",
    "{ historique(first: 100, filter: { categories: [PLAN_FINANCEMENT, DOCUMENT, CONSULTATION] }) {
        nodes { data sealed { value } } } }",
];

/// The answers to those.
pub(crate) async fn looked(caller: &Caller) -> anyhow::Result<String> {
    let mut text = String::new();
    for query in LOOKS {
        text += &caller.visitor.asks(query, json!({})).await?.to_string();
    }
    Ok(text)
}

/// That nothing was answered to someone who may not read it; the secrets that were.
pub(crate) fn told(caller: &Caller, text: &str) -> anyhow::Result<Vec<&'static str>> {
    let mut all = vec![];
    for secret in SECRETS.iter().filter(|it| text.contains(it.text)) {
        ensure!(secret.readers.contains(&caller.name), "{} reads `{}`", caller.name, secret.text);
        all.push(secret.text);
    }
    Ok(all)
}

/// What can be compared of an answer: the codes and the messages, by command.
pub(crate) fn refusals(answer: &Value) -> Vec<Value> {
    let errors = answer["errors"].as_array().into_iter().flatten();
    let mut all: Vec<_> = errors
        .map(|it| json!([it["path"], it["message"], it["extensions"]]))
        .collect();
    all.sort_by_key(ToString::to_string);
    all
}
