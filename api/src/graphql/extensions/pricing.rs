//! What a document is worth: checked once, measured, paid for before it is executed.
//!
//! The engine checks a document against the schema each time, which costs more than most
//! answers. What it found depends on the document, the operation and the variables alone, so it
//! is kept under the hash of the three; only what was found good is kept.

use std::sync::{Arc, LazyLock, OnceLock};

use async_graphql::{
    Request, Response, ServerError, ServerResult, ValidationResult,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest,
        NextRequest, NextValidation,
    },
};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::answers::member;
use crate::{
    error::{Answer, RATE_LIMITED},
    guard::TextHash,
    http::Language,
    quotas::Purse,
};

/// The most verdicts kept: each is a hash and three numbers.
const KEPT_MAX: u64 = 20_000;

static KEPT: LazyLock<Cache<[u8; 32], ValidationResult>> = LazyLock::new(|| Cache::new(KEPT_MAX));

/// Keeps verdicts, takes points, tells what was spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pricing;

/// Put into a request whose document is only to be checked against the schema.
#[derive(Debug, Clone, Copy)]
pub struct CheckedOnly;

impl ExtensionFactory for Pricing {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Priced::default())
    }
}

/// One request: what its verdict is kept under, and whose purse pays.
#[derive(Default)]
struct Priced {
    key: OnceLock<[u8; 32]>,
    purse: OnceLock<Purse>,
}

#[async_trait::async_trait]
impl Extension for Priced {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let response = next.run(ctx).await;
        match self.purse.get().and_then(Purse::told) {
            Some(cost) => response.extension("cost", cost),
            None => response,
        }
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        if let Some(key) = key(&request) {
            let _ = self.key.set(key);
        }
        if let Some(purse) = member::<Purse>(&request.data) {
            let _ = self.purse.set(purse.clone());
        }
        next.run(ctx, request).await
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let kept = self.key.get().and_then(|it| KEPT.get(it));
        let found = if let Some(kept) = kept {
            kept
        } else {
            let found = next.run(ctx).await?;
            if let Some(key) = self.key.get() {
                KEPT.insert(*key, found);
            }
            found
        };
        let Some(purse) = self.purse.get() else { return Ok(found) };
        purse.pay(&found).map_err(|_| {
            let language = ctx.data_opt::<Language>().copied().unwrap_or_default();
            vec![Answer::of(&RATE_LIMITED, language).into_server_error()]
        })?;
        Ok(found)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if ctx.data_opt::<CheckedOnly>().is_some() {
            return Response::default();
        }
        next.run(ctx, operation_name).await
    }
}

/// None for a document that the guard has not hashed.
fn key(request: &Request) -> Option<[u8; 32]> {
    let TextHash(text) = member(&request.data)?;
    let mut hash = Sha256::new();
    hash.update(text);
    let named = request.operation_name.as_deref();
    hash.update(serde_json::to_vec(&(named, &request.variables)).ok()?);
    Some(hash.finalize().into())
}
