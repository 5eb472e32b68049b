//! How much each caller may ask for in a minute, in the points of complexity that a document
//! costs, and what they are told of it.
//!
//! A caller is whom the token names, wherever they call from; without a token, an address. Each
//! process counts for itself: behind two of them a caller has twice as much.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_graphql::{Name, ValidationResult, Value};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::keyed::HashMapStateStore,
};
use http::{HeaderName, HeaderValue};

use crate::{auth::Caller, graphql::COMPLEXITY_MAX};

/// What a caller may spend in a minute, unless the settings say otherwise: twice a second the
/// largest document, some twentieth of what two cores answer.
pub const CALLER_POINTS: u32 = 120_000;
/// What an address without a token may spend: it can only read the schema.
pub const STRANGER_POINTS: u32 = 6_000;
/// Over how long points come back.
pub const WINDOW: Duration = Duration::from_mins(1);
/// How many payments pass before those who have all their points again are forgotten.
const SWEEP_EVERY: u32 = 1_024;
/// The most addresses that are told apart; the others share one purse until some are forgotten.
const ADDRESSES_MAX: usize = 50_000;
/// What a document costs that is refused before anybody knows its complexity.
pub const REFUSED_POINTS: usize = 1;

type Limiter = RateLimiter<Who, HashMapStateStore<Who>, MonotonicClock, StateInformationMiddleware>;

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// The issuer and subject of a token.
    Caller(Box<str>, Box<str>),
    /// An address without a token: its network, for addresses of version 6.
    Address(IpAddr),
    /// All addresses beyond those that are told apart.
    Crowd,
}

impl Who {
    pub fn caller(caller: &Caller) -> Self {
        Self::Caller(caller.issuer.as_str().into(), caller.subject.as_str().into())
    }

    /// Whoever has an address of version 6 has the 2^64 of its network.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(it) => it
                .to_ipv4_mapped()
                .map_or_else(|| Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(), IpAddr::V4),
        })
    }
}

/// What is left to someone, after they paid or could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// What they may spend in a minute.
    pub limit: u32,
    pub remaining: u32,
    /// In how many seconds they have all their points again; refused, enough to ask again.
    pub seconds: u64,
    pub refused: bool,
}

/// The purses of everyone.
pub struct Quotas {
    callers: Option<Purses>,
    strangers: Option<Purses>,
}

struct Purses {
    policy: &'static str,
    points: NonZeroU32,
    limiter: Limiter,
    payments: AtomicU32,
}

impl Quotas {
    /// Points a minute for a caller and for an address; zero counts nothing.
    pub fn new(caller: u32, stranger: u32) -> Self {
        Self { callers: Purses::of("caller", caller), strangers: Purses::of("address", stranger) }
    }

    fn purses(&self, who: &Who) -> Option<&Purses> {
        match who {
            Who::Caller(..) => self.callers.as_ref(),
            Who::Address(_) | Who::Crowd => self.strangers.as_ref(),
        }
    }

    /// Pays for a document; none when nothing is counted.
    fn pay(&self, who: &Who, points: usize) -> Option<Left> {
        self.purses(who).map(|it| it.pay(who, points))
    }
}

impl Purses {
    fn of(policy: &'static str, points: u32) -> Option<Self> {
        let points = NonZeroU32::new(points)?;
        let quota = Quota::with_period(WINDOW / points.get())?.allow_burst(points);
        let limiter: Limiter =
            RateLimiter::new(quota, HashMapStateStore::default(), MonotonicClock);
        Some(Self { policy, points, limiter, payments: AtomicU32::new(0) })
    }

    fn pay(&self, who: &Who, points: usize) -> Left {
        if self.payments.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let crowded = matches!(who, Who::Address(_)) && self.limiter.len() >= ADDRESSES_MAX;
        let who = if crowded { &Who::Crowd } else { who };
        let limit = self.points.get();
        let points = u32::try_from(points).unwrap_or(u32::MAX).max(1);
        let points = NonZeroU32::new(points).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_key_n(who, points) {
            Ok(Ok(state)) => {
                let remaining = state.remaining_burst_capacity().min(limit);
                let missing = u64::from(limit - remaining) * WINDOW.as_secs();
                let seconds = missing.div_ceil(u64::from(limit));
                Left { limit, remaining, seconds, refused: false }
            }
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(MonotonicClock.now());
                let seconds = wait.as_secs_f64().ceil().max(1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a wait is at most a window"
                )]
                let seconds = seconds as u64;
                Left { limit, remaining: 0, seconds, refused: true }
            }
            // More than there will ever be: the settings do not allow it, a test may.
            Err(_) => Left { limit, remaining: 0, seconds: WINDOW.as_secs(), refused: true },
        }
    }
}

/// The purse of whoever sent a request, handed to the engine with it: the engine alone knows
/// what a document costs.
#[derive(Clone)]
pub struct Purse {
    quotas: Arc<Quotas>,
    who: Who,
    /// Whether the answer tells what the document cost.
    told: bool,
    paid: Arc<OnceLock<Paid>>,
}

/// What a document cost, and what is left.
#[derive(Debug, Clone, Copy)]
struct Paid {
    measured: Option<(usize, usize)>,
    left: Option<Left>,
}

impl Purse {
    pub fn new(quotas: Arc<Quotas>, who: Who) -> Self {
        Self { quotas, who, told: false, paid: Arc::default() }
    }

    /// Whether the answer tells what the document cost.
    #[must_use]
    pub fn telling(self, told: bool) -> Self {
        Self { told, ..self }
    }

    /// Pays for a document that was measured; what is left, when it is not enough.
    pub fn pay(&self, measured: &ValidationResult) -> Result<(), Left> {
        self.spend(measured.complexity, Some((measured.complexity, measured.depth)))
    }

    /// Pays for a document that was refused unmeasured.
    pub fn pay_refused(&self) -> Result<(), Left> {
        self.spend(REFUSED_POINTS, None)
    }

    fn spend(&self, points: usize, measured: Option<(usize, usize)>) -> Result<(), Left> {
        let left = self.quotas.pay(&self.who, points);
        let _ = self.paid.set(Paid { measured, left });
        left.filter(|it| it.refused).map_or(Ok(()), Err)
    }

    /// The headers that tell what is left: those of draft-ietf-httpapi-ratelimit-headers-10, and
    /// the three that came before them.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let left = self.paid.get().and_then(|it| it.left);
        let Some((left, purses)) = left.zip(self.quotas.purses(&self.who)) else { return vec![] };
        let Left { limit, remaining, seconds, .. } = left;
        let (policy, window) = (purses.policy, WINDOW.as_secs());
        let all = [
            ("ratelimit-policy", format!("\"{policy}\";q={limit};w={window};qu=\"points\"")),
            ("ratelimit", format!("\"{policy}\";r={remaining};t={seconds}")),
            ("ratelimit-limit", limit.to_string()),
            ("ratelimit-remaining", remaining.to_string()),
            ("ratelimit-reset", seconds.to_string()),
        ];
        all.into_iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
            })
            .collect()
    }

    /// In how many seconds to ask again, when there was not enough.
    pub fn retry_after(&self) -> Option<u64> {
        let left = self.paid.get()?.left?;
        left.refused.then_some(left.seconds)
    }

    /// What the answer tells of the cost, if it was asked to.
    pub fn told(&self) -> Option<Value> {
        let paid = self.paid.get().filter(|_| self.told)?;
        let (complexity, depth) = paid.measured?;
        let mut all =
            vec![("complexity", complexity), ("complexityMax", COMPLEXITY_MAX), ("depth", depth)];
        if let Some(left) = paid.left {
            all.push(("limit", left.limit as usize));
            all.push(("remaining", left.remaining as usize));
        }
        let members = all
            .into_iter()
            .map(|(name, it)| (Name::new(name), it.into()));
        Some(Value::Object(members.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone() -> Who {
        Who::Caller("https://issuer.example".into(), "amina".into())
    }

    #[test]
    fn points_run_out_and_the_wait_is_told() {
        let quotas = Quotas::new(6_000, 0);
        let left = quotas.pay(&someone(), 5_000).unwrap();
        assert_eq!((left.limit, left.refused), (6_000, false));
        assert!((1_000..1_100).contains(&left.remaining), "{left:?}");
        assert!((49..=50).contains(&left.seconds), "{left:?}");

        let refused = quotas.pay(&someone(), 5_000).unwrap();
        assert!(refused.refused && (35..=40).contains(&refused.seconds), "{refused:?}");
        // A refusal costs nothing: a smaller question is answered.
        assert!(!quotas.pay(&someone(), 500).unwrap().refused);
        // Another caller has their own.
        let other = Who::Caller("https://issuer.example".into(), "bilal".into());
        assert!(!quotas.pay(&other, 5_000).unwrap().refused);
        // Zero counts nothing.
        assert_eq!(quotas.pay(&Who::Crowd, 1), None);
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let of = |it: &str| Who::address(it.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn those_who_have_all_their_points_are_forgotten() {
        // A point comes back in a microsecond, so that nobody is remembered for long.
        let quotas = Quotas::new(0, 60_000_000);
        for n in 0..SWEEP_EVERY * 4 {
            quotas.pay(&Who::address(std::net::Ipv4Addr::from_bits(n).into()), 1);
        }
        let known = quotas.strangers.unwrap().limiter.len();
        assert!(known <= SWEEP_EVERY as usize * 2, "{known}");
    }

    #[test]
    fn the_headers_tell_the_policy_and_what_is_left() {
        let quotas = Arc::new(Quotas::new(CALLER_POINTS, STRANGER_POINTS));
        let purse = Purse::new(quotas, someone());
        assert!(purse.headers().is_empty());
        purse.pay_refused().unwrap();
        let all: Vec<String> = purse
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        assert_eq!(
            all,
            [
                "ratelimit-policy: \"caller\";q=120000;w=60;qu=\"points\"",
                "ratelimit: \"caller\";r=119999;t=1",
                "ratelimit-limit: 120000",
                "ratelimit-remaining: 119999",
                "ratelimit-reset: 1",
            ]
        );
        assert_eq!((purse.retry_after(), purse.told()), (None, None));
    }
}
