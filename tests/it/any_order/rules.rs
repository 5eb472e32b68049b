//! HARD rules of the trade, judged by the facts alone: what each kind of fact says, and what had to
//! be said before it. INV-01, 02, 05, 06, 08, 10, 11, 15, 16, 18 to 21, 24 to 26, 29, 31 to 33
//! and 36 to 39.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use api::cases;
use house::OpenHouse;
use serde_json::Value;
use sqlx::PgPool;

/// One fact, as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    position: i64,
    stream: String,
    version: i64,
    pub(super) kind: String,
    command: String,
    on: String,
    /// The ingénierie whose dossier shows it.
    dossier: Option<String>,
    data: Value,
    /// Where it holds what is not in clear.
    sealed: BTreeSet<String>,
}

/// The whole log, in order.
pub(super) async fn facts(log: &PgPool) -> anyhow::Result<Vec<Fact>> {
    let rows: Vec<(i64, String, i64, String, String, String, String)> = sqlx::query_as(
        "select position, stream::text, version, kind, command::text, occurred_on::text, leaf::text
         from log.event order by position",
    )
    .fetch_all(log)
    .await?;
    let facts = rows
        .into_iter()
        .map(|(position, stream, version, kind, command, on, leaf)| {
            let mut leaf: Value = serde_json::from_str(&leaf)?;
            let sealed = leaf["sealed"].as_object().into_iter().flatten();
            Ok(Fact {
                sealed: sealed.map(|(pointer, _)| pointer.clone()).collect(),
                dossier: leaf["corr"].as_str().map(str::to_owned),
                data: leaf["data"].take(),
                position,
                stream,
                version,
                kind,
                command,
                on,
            })
        });
    facts.collect()
}

/// Judges every fact by those before it.
pub(super) fn check(facts: &[Fact]) -> anyhow::Result<()> {
    let mut versions: BTreeMap<&str, i64> = BTreeMap::new();
    for (n, fact) in facts.iter().enumerate() {
        // INV-37: one order without a hole, and one in each stream.
        ensure!(fact.position == i64::try_from(n)? + 1, "a hole before {fact:?}");
        let version = versions.entry(&fact.stream).or_default();
        *version += 1;
        ensure!(fact.version == *version, "a hole in the stream before {fact:?}");
        let before = Past { facts: &facts[..n], now: fact };
        let judged = before.judge();
        judged.with_context(|| format!("{fact:#?}"))?;
    }
    for plan in facts.iter().filter(|it| it.kind == "PlanFinancementOpened") {
        Ledger::check(facts, &plan.stream)?;
    }
    Ok(())
}

/// The facts before one.
struct Past<'a> {
    facts: &'a [Fact],
    now: &'a Fact,
}

impl<'a> Past<'a> {
    /// Those of a kind in the same stream.
    fn own(&self, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Fact> {
        self.of(&self.now.stream, kind)
    }

    fn of(&self, stream: &'a str, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Fact> {
        let facts = self.facts.iter();
        facts.filter(move |it| it.stream == stream && it.kind == kind)
    }

    /// Those of a kind in the same stream that name the same thing in that field.
    fn same(&self, kind: &'a str, field: &'a str) -> impl DoubleEndedIterator<Item = &'a Fact> {
        let wanted = &self.now.data[field];
        self.own(kind).filter(move |it| it.data[field] == *wanted)
    }

    /// Whether the last word about the same thing is the first kind, and not the second.
    fn stands(&self, said: &'a str, unsaid: &'a str, field: &'a str) -> bool {
        let last = |kind| self.same(kind, field).next_back().map(|it| it.position);
        last(said).is_some() && last(said) > last(unsaid)
    }

    /// The DLAs that the dossier concerns.
    fn dlas(&self) -> Vec<&'a Value> {
        let porteur = self
            .own("IngenierieCollectiveInitiated")
            .map(|it| &it.data["porteur"]);
        let others = self.own("DlaAssociated").map(|it| &it.data["dla"]);
        porteur.chain(others).collect()
    }

    fn judge(&self) -> anyhow::Result<()> {
        self.gives_its_reason()?;
        self.comes_before_the_end()?;
        match self.now.kind.as_str() {
            "OrganisationRegistered" | "OrganisationIdentityCorrected" => self.identified(),
            "ProblematiqueStated" => {
                ensure!(self.own("SourceProblematiqueRecorded").count() > 0, "INV-19");
                Ok(())
            }
            "IngenierieCollectiveEngaged" => self.validated(),
            "IngenierieCollectiveConfirmed" => self.advised(),
            "IngenierieCollectiveStarted" => self.financed(),
            "StructureMobilised" => self.mobilised(),
            "StructureAssignedToGroupe" => self.seated(),
            "ProjetInterventionFormalised" | "TypeIngenierieChosen" => self.accompanied(),
            "ResultatsAttendusFixed" => {
                let projets = self.own("ProjetInterventionFormalised").count();
                ensure!(projets == 0, "INV-26: fixed for good by the projet");
                Ok(())
            }
            "TypesPrestationChosen" => {
                ensure!(
                    self.now.data["types"]
                        .as_array()
                        .is_some_and(|it| !it.is_empty()),
                    "INV-25"
                );
                Ok(())
            }
            "AppelOffresLaunched" => self.specified(),
            "OffresOpened" => self.awaited(),
            "PrestataireChosen" => self.chosen(),
            "ConsultationClosed" => self.told(),
            "PlanFinancementConfirmed" => self.trained(),
            "CostShared" => {
                let parts = self.now.data["parts"].as_array();
                let sum: i64 = parts
                    .into_iter()
                    .flatten()
                    .map(|it| number(&it["montant"]))
                    .sum();
                ensure!(sum == number(&self.now.data["total"]), "INV-18: {sum}");
                Ok(())
            }
            "EnveloppeAllocated" => self.notified(),
            "ParticipantRegistered" => {
                let certified =
                    self.stands("SeanceInformationCertified", "SeanceRescheduled", "seance");
                let held = self.same("SeanceHeld", "seance").count() > 0;
                ensure!(certified || held, "INV-31: convened without certified information");
                Ok(())
            }
            "PresenceRecorded" => {
                ensure!(self.same("SeanceHeld", "seance").count() > 0, "INV-31: not held");
                ensure!(self.registered(), "INV-31: not registered");
                Ok(())
            }
            "PlanAccompagnementEstablished" => {
                let last = |kind| self.own(kind).next_back().map(|it| it.position);
                let accepted = last("PreconisationsAccepted");
                let stands = accepted.is_some() && accepted > last("PreconisationsProposed");
                ensure!(stands, "INV-32");
                Ok(())
            }
            "EvaluationSynthesised" => {
                let cadre = self
                    .own("CadreEvaluationFinalised")
                    .next_back()
                    .context("INV-29")?;
                for adopted in cadre.data["registres"].as_array().into_iter().flatten() {
                    let assessed = self
                        .own("RegistreAssessed")
                        .any(|it| it.data["registre"] == *adopted);
                    ensure!(assessed, "INV-29: {adopted} is not assessed");
                }
                Ok(())
            }
            "ElementPublished" => self.may_leave(&self.now.data["element"]),
            "TransfertPerformed" => {
                let element = &self.now.data["contenu"]["element"];
                let last = |kind| {
                    let same = |it: &&Fact| it.data["element"] == *element;
                    self.own(kind).rfind(same).map(|it| it.position)
                };
                let taken_back = last("ElementUnpublished") > last("ElementPublished");
                ensure!(!taken_back, "INV-33: taken back");
                self.may_leave(element)
            }
            _ => Ok(()),
        }
    }

    /// INV-36: what is refused, taken back or corrected is explained.
    fn gives_its_reason(&self) -> anyhow::Result<()> {
        const ENDS: [&str; 9] = [
            "Abandoned",
            "Amended",
            "Cancelled",
            "Corrected",
            "Refused",
            "Removed",
            "Reopened",
            "Skipped",
            "Withdrawn",
        ];
        // A plan reopens by itself; who consents, or bids, owes nobody a reason to stop.
        const FREE: [&str; 3] =
            ["ConsentementPublicationWithdrawn", "OffreWithdrawn", "PlanFinancementReopened"];
        let kind = self.now.kind.as_str();
        let owes = ENDS.iter().any(|end| kind.ends_with(end)) && !FREE.contains(&kind);
        let given = self.now.sealed.contains("/motif") || self.now.data["motif"].is_string();
        ensure!(!owes || given, "INV-36");
        Ok(())
    }

    /// INV-38: what follows the end of a dossier is its evaluation and what it leaves.
    fn comes_before_the_end(&self) -> anyhow::Result<()> {
        const OPENINGS: [&str; 8] = [
            "AppelOffresLaunched",
            "DossierInscribed",
            "EnveloppeAllocated",
            "ParticipantRegistered",
            "PlanFinancementOpened",
            "PrestataireChosen",
            "PrestataireDirectlyChosen",
            "SeanceScheduled",
        ];
        let Some(dossier) = &self.now.dossier else { return Ok(()) };
        let last = |kinds: [&'a str; 2]| {
            let mut ends = kinds.into_iter().flat_map(|it| self.of(dossier, it));
            let first = ends.next()?.position;
            Some(ends.map(|it| it.position).fold(first, i64::max))
        };
        let ended = last(["IngenierieCollectiveFinalised", "IngenierieCollectiveAbandoned"]);
        let reopened = last(["IngenierieCollectiveReopened", "IngenierieCollectiveReopened"]);
        let over = ended.is_some() && ended > reopened;
        let kind = self.now.kind.as_str();
        let of_the_dossier = self.now.stream == *dossier && kind != "IngenierieCollectiveReopened";
        ensure!(!over || !(of_the_dossier || OPENINGS.contains(&kind)), "INV-38");
        Ok(())
    }

    /// INV-39.
    fn identified(&self) -> anyhow::Result<()> {
        let identifiants = &self.now.data["identite"]["identifiants"];
        let all = identifiants.as_object().into_iter().flatten();
        let excused = self.now.sealed.contains("/sansIdentifiant");
        ensure!(
            excused || all.clone().any(|(_, it)| it.is_string()),
            "INV-39: nothing identifies it"
        );
        for (name, it) in all {
            let Some(text) = it.as_str() else { continue };
            let holds = match name.as_str() {
                "siren" => text.len() == 9 && luhn(text),
                "siret" if text.starts_with("356000000") => {
                    text.len() == 14 && (luhn(text) || digits(text).sum::<u32>() % 5 == 0)
                }
                "siret" => text.len() == 14 && luhn(text),
                "rna" => text.len() == 10 && text.starts_with('W'),
                _ => true,
            };
            ensure!(holds, "INV-39: {name} {text}");
        }
        Ok(())
    }

    /// INV-08.
    fn validated(&self) -> anyhow::Result<()> {
        for dla in self.dlas() {
            let validated = self
                .own("DemarcheValidated")
                .any(|it| it.data["dla"] == *dla);
            ensure!(validated, "INV-08: {dla}");
        }
        Ok(())
    }

    /// INV-06, INV-25 and INV-26.
    fn advised(&self) -> anyhow::Result<()> {
        self.validated()?;
        for dla in self.dlas() {
            let mut avis = self
                .own("AvisComiteAppuiRecorded")
                .filter(|it| it.data["dla"] == *dla);
            let last = avis.next_back().context("INV-06: no avis")?;
            ensure!(last.data["sens"] != "AJOURNE", "INV-06: postponed");
        }
        let projet = self.own("ProjetInterventionFormalised").count();
        ensure!(projet > 0, "confirmed without a projet");
        ensure!(self.own("TypesPrestationChosen").count() > 0, "INV-25");
        Ok(())
    }

    /// INV-11.
    fn financed(&self) -> anyhow::Result<()> {
        let plan = self.now.data["plan"].as_str().context("INV-11: no plan")?;
        let last = |kind| self.of(plan, kind).next_back().map(|it| it.position);
        let confirmed = last("PlanFinancementConfirmed");
        ensure!(confirmed.is_some() && confirmed > last("PlanFinancementReopened"), "INV-11");
        Ok(())
    }

    /// INV-20.
    fn mobilised(&self) -> anyhow::Result<()> {
        let targeted = self.stands("StructureTargeted", "StructureUntargeted", "structure");
        ensure!(targeted, "INV-20: not targeted");
        for kind in ["StructureContacted", "StructureResponseRecorded"] {
            ensure!(self.same(kind, "structure").count() > 0, "INV-20: no {kind}");
        }
        let already = self.stands("StructureMobilised", "StructureWithdrawn", "structure");
        ensure!(!already, "INV-20: mobilised twice");
        Ok(())
    }

    /// INV-21: one groupe a module for each structure.
    fn seated(&self) -> anyhow::Result<()> {
        let module = |groupe: &Value| {
            let mut groupes = self.own("GroupeConstituted");
            groupes
                .find(|it| it.data["groupe"] == *groupe)
                .map(|it| &it.data["module"])
        };
        let mut seats: BTreeMap<i64, &Value> = BTreeMap::new();
        for fact in self.facts.iter().filter(|it| it.stream == self.now.stream) {
            if fact.data["structure"] != self.now.data["structure"] {
                continue;
            }
            match fact.kind.as_str() {
                "StructureAssignedToGroupe" => {
                    let groupe = &fact.data["groupe"];
                    seats.insert(number(groupe), module(groupe).unwrap_or(&Value::Null));
                }
                "StructureRemovedFromGroupe" => {
                    seats.retain(|it, _| *it != number(&fact.data["groupe"]));
                }
                "StructureWithdrawn" => seats.clear(),
                _ => (),
            }
        }
        let wanted = module(&self.now.data["groupe"]).unwrap_or(&Value::Null);
        ensure!(!seats.values().any(|it| *it == wanted), "INV-21: {seats:?}");
        Ok(())
    }

    /// INV-24, whichever of the two comes last; INV-26 for the projet.
    fn accompanied(&self) -> anyhow::Result<()> {
        let formalises = self.now.kind == "ProjetInterventionFormalised";
        if formalises {
            ensure!(self.own("ResultatsAttendusFixed").count() > 0, "INV-26");
        }
        let last = |kind| {
            if self.now.kind == kind { Some(self.now) } else { self.own(kind).next_back() }
        };
        let of_type = last("TypeIngenierieChosen").map(|it| &it.data["typeIngenierie"]);
        let type_2 = of_type
            .and_then(Value::as_str)
            .is_some_and(|it| it.starts_with("T2"));
        let modules =
            last("ProjetInterventionFormalised").and_then(|it| it.data["modules"].as_array());
        let accompanies = |all: &Vec<Value>| all.iter().any(|it| it["nature"] == "ACCOMPAGNEMENT");
        ensure!(!type_2 || modules.is_none_or(accompanies), "INV-24");
        Ok(())
    }

    /// INV-01.
    fn specified(&self) -> anyhow::Result<()> {
        let last = self
            .own("CahierDesChargesFinalised")
            .next_back()
            .context("INV-01")?;
        let mut drafts = self.own("CahierDesChargesDrafted").rev();
        let draft = drafts.find(|it| it.data["edition"] == last.data["edition"]);
        let sections = &draft.context("INV-01: of which draft?")?.data["sections"];
        let evaluates = sections["evaluationAttendue"] == true;
        let wanted = ["demarche", "objectifs", "conditions", "resultats"];
        for section in wanted.into_iter().chain(evaluates.then_some("evaluation")) {
            ensure!(sections[section].is_string(), "INV-01: no {section}");
        }
        Ok(())
    }

    /// INV-02: after the deadline, or once all have answered.
    fn awaited(&self) -> anyhow::Result<()> {
        let call = self
            .own("AppelOffresLaunched")
            .next_back()
            .context("INV-02: no call")?;
        let past = call.data["deadline"]
            .as_str()
            .is_some_and(|it| self.now.on.as_str() > it);
        let answers: Vec<_> = ["OffreReceived", "PrestataireDeclined"]
            .into_iter()
            .flat_map(|kind| self.own(kind))
            .map(|it| &it.data["prestataire"])
            .collect();
        let mut consulted = self
            .own("PrestataireConsulted")
            .map(|it| &it.data["prestataire"]);
        ensure!(past || consulted.all(|it| answers.contains(&it)), "INV-02: too early");
        Ok(())
    }

    /// INV-02 and INV-05: an admissible offre, marked on the four criteria.
    fn chosen(&self) -> anyhow::Result<()> {
        let Fact { data, .. } = self.now;
        let opened = self
            .own("OffresOpened")
            .filter_map(|it| it.data["offres"].as_array());
        let offre = opened
            .flatten()
            .find(|it| it["prestataire"] == data["prestataire"]);
        let offre = offre.context("INV-02: no such offre was opened")?;
        ensure!(offre["montant"] == data["montant"], "INV-02: another amount");
        ensure!(self.same("OffreRejected", "prestataire").count() == 0, "INV-02: rejected");
        for criterion in ["enquete", "animation", "contenus", "engagement"] {
            let mark = data["notation"][criterion]
                .as_i64()
                .context("INV-05: four criteria")?;
            ensure!((0..=5).contains(&mark), "INV-05: {criterion} is marked {mark}");
        }
        Ok(())
    }

    /// INV-05: every bidder was told.
    fn told(&self) -> anyhow::Result<()> {
        let told: Vec<_> = self
            .own("PrestataireInformed")
            .map(|it| &it.data["prestataire"])
            .collect();
        for offre in self.own("OffreReceived") {
            let taken_back = self.own("OffreWithdrawn").any(|it| {
                it.position > offre.position && it.data["prestataire"] == offre.data["prestataire"]
            });
            let informed = told.contains(&&offre.data["prestataire"]);
            ensure!(taken_back || informed, "INV-05: {} waits", offre.data["prestataire"]);
        }
        Ok(())
    }

    /// INV-16: who pays for training pays for a training that is planned.
    fn trained(&self) -> anyhow::Result<()> {
        let sought = self
            .own("RessourceSought")
            .filter(|it| it.data["source"] == "OPCO");
        let refused: Vec<_> = self
            .own("RessourceRefused")
            .map(|it| &it.data["ligne"])
            .collect();
        let mut opco = sought.filter(|it| !refused.contains(&&it.data["ligne"]));
        let dossier = self
            .now
            .dossier
            .as_deref()
            .context("a plan is of a dossier")?;
        let projet = self.of(dossier, "ProjetInterventionFormalised").next_back();
        let modules = projet.and_then(|it| it.data["modules"].as_array());
        let trains = modules.is_some_and(|it| it.iter().any(|it| it["nature"] == "FORMATION"));
        ensure!(trains || opco.next().is_none(), "INV-16");
        Ok(())
    }

    /// INV-15: within what is notified, and within the period.
    fn notified(&self) -> anyhow::Result<()> {
        let signed = self.own("ConventionSigned").next().context("INV-15")?;
        let (mut amount, mut period) = (number(&signed.data["montant"]), &signed.data["periode"]);
        for amended in self.own("ConventionAmended") {
            amount = amended.data["montant"].as_i64().unwrap_or(amount);
            period = Some(&amended.data["periode"])
                .filter(|it| it.is_object())
                .unwrap_or(period);
        }
        let added = ["ComplementAdded", "SupplementTerritorialGranted"].map(|it| self.sum(it));
        let allocated = self.sum("EnveloppeAllocated") + number(&self.now.data["montant"]);
        let spent = allocated - self.sum("AllocationReleased");
        ensure!(spent <= amount + added.iter().sum::<i64>(), "INV-15: {spent} of {amount}");
        let day = |it: &Value, end: &str| it[end].as_str().unwrap_or_default().to_owned();
        let of = &self.now.data["periode"];
        ensure!(day(of, "du") >= day(period, "du") && day(of, "au") <= day(period, "au"), "INV-15");
        Ok(())
    }

    fn sum(&self, kind: &'a str) -> i64 {
        self.own(kind).map(|it| number(&it.data["montant"])).sum()
    }

    fn registered(&self) -> bool {
        let same = |it: &&Fact| {
            ["seance", "personne"]
                .iter()
                .all(|field| it.data[field] == self.now.data[field])
        };
        let last = |kind| {
            self.own(kind)
                .filter(same)
                .map(|it| it.position)
                .next_back()
        };
        let registered = last("ParticipantRegistered");
        registered.is_some() && registered > last("ParticipantUnregistered")
    }

    /// INV-33.
    fn may_leave(&self, element: &Value) -> anyhow::Result<()> {
        let same = |it: &&Fact| it.data["element"] == *element;
        let kept = self.own("ElementCapitaliseRecorded").find(same);
        let contenu = &kept.context("INV-33: no such element")?.data["contenu"];
        ensure!(contenu["nature"].is_string(), "INV-33: no nature");
        let assessed = self.own("TransferabiliteAssessed").rfind(same);
        ensure!(assessed.is_some_and(|it| it.data["transferable"] == true), "INV-33: transferable");
        ensure!(self.own("ResponsableTransfertDesignated").count() > 0, "INV-33: no responsible");
        if contenu["structure"].is_string() {
            let last = |kind| {
                let all = self
                    .own(kind)
                    .filter(|it| it.data["structure"] == contenu["structure"]);
                all.map(|it| it.position).next_back()
            };
            let consents = last("ConsentementPublicationGiven");
            let stands = consents.is_some() && consents > last("ConsentementPublicationWithdrawn");
            ensure!(stands, "INV-33: without consent");
        }
        Ok(())
    }
}

/// The lines of a plan, added up anew.
#[derive(Default)]
struct Ledger {
    costs: BTreeMap<i64, i64>,
    resources: BTreeMap<i64, i64>,
    confirmed: bool,
}

impl Ledger {
    /// INV-10 and INV-11, over a whole plan.
    fn check(facts: &[Fact], plan: &str) -> anyhow::Result<()> {
        let mut it = Self::default();
        for fact in facts.iter().filter(|it| it.stream == plan) {
            let before = it.balance();
            it.add(fact);
            if fact.kind == "PlanFinancementConfirmed" {
                let (costs, resources) = it.balance();
                ensure!(costs == resources, "INV-10: {costs} and {resources} at {fact:?}");
                ensure!(costs == number(&fact.data["total"]), "INV-10: another total at {fact:?}");
            }
            // A command that changes a line says that the plan no longer stands.
            let mut own = facts.iter().filter(|it| it.command == fact.command);
            let reopens = own.any(|it| it.kind == "PlanFinancementReopened");
            let changes = it.balance() != before;
            ensure!(!it.confirmed || !changes || reopens, "INV-11: still confirmed at {fact:?}");
        }
        Ok(())
    }

    fn balance(&self) -> (i64, i64) {
        (self.costs.values().sum(), self.resources.values().sum())
    }

    fn add(&mut self, fact: &Fact) {
        let ligne = fact.data["ligne"].as_i64().unwrap_or_default();
        let montant = number(&fact.data["montant"]);
        match fact.kind.as_str() {
            "DepenseAdded" | "DepenseRevised" => drop(self.costs.insert(ligne, montant)),
            "DepenseRemoved" => drop(self.costs.remove(&ligne)),
            "RessourceSought" | "RessourceGranted" => drop(self.resources.insert(ligne, montant)),
            "RessourceRefused" => drop(self.resources.remove(&ligne)),
            "PlanFinancementConfirmed" => self.confirmed = true,
            "PlanFinancementReopened" => self.confirmed = false,
            _ => (),
        }
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.chars().filter_map(|it| it.to_digit(10))
}

fn luhn(text: &str) -> bool {
    let doubled = |(n, digit): (usize, u32)| match n % 2 {
        0 => digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    };
    digits(text).rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// The rules notice what is missing: a case as it was played breaks none, and without some facts
/// it breaks the one that asks for them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_noticed() -> anyhow::Result<()> {
    let house = OpenHouse::open().await?;
    for case in ["fe2-3", "acm", "centres-sociaux"] {
        cases::play(&house.house, &house.contents, case).await?;
    }
    let log = house.database.pool().await?;
    let all = facts(&log).await?;
    check(&all)?;
    for (kind, rule) in [
        ("SourceProblematiqueRecorded", "INV-19"),
        ("DemarcheValidated", "INV-08"),
        ("AvisComiteAppuiRecorded", "INV-06"),
        ("PlanFinancementConfirmed", "INV-11"),
        ("StructureContacted", "INV-20"),
        ("ResultatsAttendusFixed", "INV-26"),
        ("TypesPrestationChosen", "INV-25"),
        ("CahierDesChargesFinalised", "INV-01"),
        ("OffresOpened", "INV-02"),
        ("PrestataireInformed", "INV-05"),
        ("DepenseAdded", "INV-10"),
        ("ConventionSigned", "INV-15"),
        ("SeanceHeld", "INV-31"),
        ("ParticipantRegistered", "INV-31"),
        ("SeanceInformationCertified", "INV-31"),
        ("PreconisationsAccepted", "INV-32"),
        ("RegistreAssessed", "INV-29"),
        ("TransferabiliteAssessed", "INV-33"),
        ("ConsentementPublicationGiven", "INV-33"),
    ] {
        let broken = all.iter().filter(|it| it.kind != kind).cloned().collect();
        let noticed = check(&renumbered(broken)).err();
        let noticed = noticed.with_context(|| format!("nobody misses {kind}"))?;
        ensure!(format!("{noticed:#}").contains(rule), "{kind}: {noticed:#}");
    }
    // And what comes twice, or after the end.
    for (kind, rule) in [
        ("StructureMobilised", "INV-20"),
        ("StructureAssignedToGroupe", "INV-21"),
        ("ResultatsAttendusFixed", "INV-26"),
        ("SeanceScheduled", "INV-38"),
    ] {
        let last = all
            .iter()
            .rfind(|it| it.kind == kind)
            .context(kind)?
            .clone();
        let broken = all.iter().cloned().chain([last]).collect();
        let noticed = check(&renumbered(broken)).err();
        let noticed = noticed.with_context(|| format!("{kind} may come again"))?;
        let over = format!("{noticed:#}").contains("INV-38");
        ensure!(over || format!("{noticed:#}").contains(rule), "{kind}: {noticed:#}");
    }
    let mut holed = all.clone();
    holed.remove(9);
    ensure!(check(&holed).is_err(), "INV-37");
    log.close().await;
    house.close().await
}

/// As if they alone had been recorded.
fn renumbered(mut facts: Vec<Fact>) -> Vec<Fact> {
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    for (position, fact) in (1..).zip(&mut facts) {
        let version = versions.entry(fact.stream.clone()).or_default();
        *version += 1;
        (fact.position, fact.version) = (position, *version);
    }
    facts
}
