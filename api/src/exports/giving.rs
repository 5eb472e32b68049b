//! 360Giving: grants with those who fund the same activity beside them, which SCDL cannot tell.
//! Members are those of its schema 1.4; what is not known is absent.
//!
//! Ids begin with the prefix of the settings. An organisation goes by its SIREN, in the list
//! `FR-RCS`, in favour of which org-id.guide gave up `FR-INSEE`; one without a SIREN by our id, as
//! the standard has it: there is no list for the RNA.

use std::sync::Arc;

use domain::{Siren, Siret, Territoire};
use projections::exports::{Identite, Source, Subvention};
use serde_json::{Map, Value, json};

use super::{Export, Motif, Told, shortened};

/// Of the schema: major and minor.
const VERSION: &str = "1.4";
/// The list of SIREN in org-id.guide.
const ORG_LIST: &str = "FR-RCS";
/// Titles are shorter than this.
const TITLE_MAX: usize = 139;

/// What begins the ids of the grants: `360G-`, then what 360Giving gave to who publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivingPrefix(Arc<str>);

impl GivingPrefix {
    /// Until 360Giving gives one: it publishes nothing under this one.
    pub const DEFAULT: &str = "360G-essaim";

    /// As `360G-essaim`.
    pub fn parse(text: &str) -> Option<Self> {
        let own = text.strip_prefix("360G-")?;
        let is_word = !own.is_empty() && own.bytes().all(|it| it.is_ascii_alphanumeric());
        is_word.then(|| Self(text.into()))
    }

    fn id(&self, key: impl std::fmt::Display) -> String {
        format!("{}-{key}", self.0)
    }

    fn organisation(&self, it: &Identite) -> Value {
        let siren = it.siren.as_deref().and_then(|it| Siren::parse(it).ok());
        let of_siret = || Some(Siret::parse(it.siret.as_deref()?).ok()?.siren());
        let id = match siren.or_else(of_siret) {
            Some(siren) => format!("{ORG_LIST}-{}", siren.as_str()),
            None => self.id(it.id),
        };
        json!({ "id": id, "name": it.denomination })
    }
}

impl Default for GivingPrefix {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

impl Export {
    /// Its grants.
    pub fn giving(&self, prefix: &GivingPrefix) -> Told<Value> {
        self.told(Motif::giving, |it, porteuse| Ok(grant(it, porteuse, prefix)))
    }
}

impl Told<Value> {
    /// The file: a package of grants. The schema wants one grant at least.
    pub fn package(&self) -> Value {
        let grants = self.lines.iter().map(|(_, it)| it);
        json!({ "version": VERSION, "grants": grants.collect::<Vec<_>>() })
    }
}

fn grant(it: &Subvention, porteuse: &Identite, prefix: &GivingPrefix) -> Value {
    let key = match it.source {
        Source::Convention { id, .. } => id.to_string(),
        Source::Ligne { plan, ligne, .. } => format!("{plan}-{ligne}"),
    };
    let mut grant = Map::new();
    let mut put = |name: &str, value: Value| drop(grant.insert(name.to_owned(), value));
    put("id", json!(prefix.id(key)));
    put("title", json!(shortened(&it.objet, TITLE_MAX)));
    put("description", json!(description(it)));
    put("currency", json!("EUR"));
    put("amountAwarded", euros(it.montant_cents));
    put("amountDisbursed", euros(it.paid_cents));
    put("awardDate", json!(it.on.to_string()));
    put("fundingOrganization", json!([prefix.organisation(&it.attribuant)]));
    put("recipientOrganization", json!([prefix.organisation(porteuse)]));
    if let Some(cents) = it.requested_cents {
        put("amountAppliedFor", euros(cents));
    }
    if let (Some(du), Some(au)) = (it.du, it.au) {
        let dates = json!({ "startDate": du.to_string(), "endDate": au.to_string() });
        put("plannedDates", json!([dates]));
    }
    if let Source::Convention { conditions, .. } = &it.source
        && let Some(dispositif) = &conditions.dispositif
    {
        put("grantProgramme", json!([{ "title": dispositif.as_str() }]));
    }
    let places: Vec<_> = it.territoires.iter().filter_map(|it| place(it)).collect();
    if !places.is_empty() {
        put("beneficiaryLocation", json!(places));
    }
    if !it.ingenieries.is_empty() {
        let activities = it.ingenieries.iter().map(|it| prefix.id(it));
        put("relatedActivity", json!(activities.collect::<Vec<_>>()));
    }
    Value::Object(grant)
}

/// What it is, in the language of the data.
fn description(it: &Subvention) -> String {
    let what = match it.source {
        Source::Convention { .. } => "Convention de financement",
        Source::Ligne { .. } => "Cofinancement d'une ingénierie collective",
    };
    match &it.reference {
        Some(reference) => format!("{what} (référence {reference}) : {}", it.objet),
        None => format!("{what} : {}", it.objet),
    }
}

/// An official code, with its level as the type of the code.
fn place(text: &str) -> Option<Value> {
    let territoire: Territoire = text.parse().ok()?;
    Some(json!({
        "countryCode": "FR",
        "geoCode": territoire.code(),
        "geoCodeType": territoire.niveau().as_str(),
    }))
}

/// Euros as a number: cents are exact up to a hundred million and beyond.
fn euros(cents: i64) -> Value {
    if cents % 100 == 0 {
        return json!(cents / 100);
    }
    super::euros(cents)
        .parse::<f64>()
        .map_or(Value::Null, |it| json!(it))
}
