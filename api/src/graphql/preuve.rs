//! Proofs (preuves), for those who would rather check than believe. Open to anyone with a token:
//! a hash tells nothing of a fact. The same stand as text under `/log/v0`.

use async_graphql::{Context, Object, SimpleObject};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::values::Invalid;
use eventlog::{
    Position as Place,
    proof::{Hash, Signed},
};

use crate::{
    Error, Result,
    graphql::{
        context::ContextExt,
        scalars::{DateTime, Position},
    },
};

/// The signed head of the log: how many facts it has, and one hash that commits to all of them.
#[derive(SimpleObject)]
pub(crate) struct Checkpoint {
    /// The name of the log.
    origin: String,
    /// How many facts it commits to: those of positions 1 to `size`.
    size: Position,
    /// The root of the tree over their hashes (RFC 9162, SHA-256), in base64url.
    root_hash: String,
    /// When it was signed.
    signed_at: DateTime,
    /// The whole as text (C2SP `tlog-checkpoint`), with its signatures. Keep it: the log must
    /// extend it for ever.
    note: String,
    /// The keys that open the note (`name+id+key`): one, or two while keys change. Compare them
    /// with those you were given another way.
    keys: Vec<String>,
    /// The names that the log has left because facts were lost, oldest first.
    forks: Vec<LogFork>,
}

/// A name that the log has left because facts were lost for good.
#[derive(SimpleObject)]
pub(crate) struct LogFork {
    /// The name it left.
    origin: String,
    /// The last position recorded under that name that is still here.
    last: Position,
    /// The last checkpoint signed under that name: it may say more facts than are left.
    note: String,
}

/// The proof that a fact is in the log: its hash, and the way from it to the signed root.
#[derive(SimpleObject)]
pub(crate) struct InclusionProof {
    /// Where the fact stands in the log.
    position: Position,
    /// The hash of the fact, in base64url: its receipt.
    leaf_hash: String,
    /// How many facts the signed tree holds.
    size: Position,
    /// The hashes beside the way to the root, from the leaf up, in base64url (RFC 9162, 2.1.3).
    path: Vec<String>,
    /// The root it leads to, in base64url.
    root_hash: String,
    /// The whole as text (C2SP `tlog-proof@v1`), with the signed checkpoint: checked without
    /// asking anyone.
    text: String,
}

/// The proof that the log of one size goes on from that of a smaller one, unchanged.
#[derive(SimpleObject)]
pub(crate) struct ConsistencyProof {
    /// The smaller size.
    from: Position,
    /// The larger size.
    to: Position,
    /// The root at the smaller size, in base64url. Compare it with the one you kept.
    from_root_hash: String,
    /// The root at the larger size, in base64url.
    to_root_hash: String,
    /// The hashes that lead from one to the other, in base64url (RFC 9162, 2.1.4).
    path: Vec<String>,
}

#[derive(Default)]
pub(crate) struct PreuveQuery;

#[Object]
impl PreuveQuery {
    /// The signed head of the log. It follows what is recorded within a second.
    async fn checkpoint(&self, ctx: &Context<'_>) -> Result<Checkpoint> {
        let Signed { head, note, keys, signed_at } = ctx.log().checkpoint().await?;
        let forks = ctx.log().forks().await?;
        Ok(Checkpoint {
            origin: head.origin,
            size: size(head.size),
            root_hash: encoded(&head.root),
            signed_at: DateTime(signed_at),
            note,
            keys,
            forks: forks
                .into_iter()
                .map(|it| LogFork {
                    origin: it.origin,
                    last: Position(it.last.0),
                    note: it.checkpoint,
                })
                .collect(),
        })
    }

    /// The proof that the fact at a position is in the signed log. Waits for the signature when
    /// the fact has just been recorded.
    async fn inclusion_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where the fact stands, as a mutation answered.")] position: Position,
        #[graphql(
            desc = "The receipt that the mutation answered: the proof is refused if the fact at \
                    this position has another."
        )]
        receipt: Option<String>,
    ) -> Result<InclusionProof> {
        let (proof, leaf, signed) = ctx.log().inclusion(Place(position.0)).await?;
        let leaf_hash = encoded(&leaf);
        if receipt.is_some_and(|it| it != leaf_hash) {
            return Err(Error::ReceiptDiffers);
        }
        Ok(InclusionProof {
            position,
            leaf_hash,
            size: size(signed.head.size),
            path: proof.path.iter().map(encoded).collect(),
            root_hash: encoded(&signed.head.root),
            text: proof.to_string(),
        })
    }

    /// The proof that the log at one size goes on from a smaller size, unchanged.
    async fn consistency_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The smaller size, of a checkpoint that you kept.")] from: Position,
        #[graphql(desc = "The larger size; that of the last checkpoint if it is left out.")]
        to: Option<Position>,
    ) -> Result<ConsistencyProof> {
        let to = match to {
            Some(to) => to.0.unsigned_abs(),
            None => ctx.log().checkpoint().await?.head.size,
        };
        let older = from.0.unsigned_abs();
        if older > to {
            return Err(Error::Invalid {
                path: "from".to_owned(),
                why: Invalid {
                    fr: "La première taille doit être la plus petite.".to_owned(),
                    en: "The first size must be the smaller one.".to_owned(),
                },
            });
        }
        let (path, [old, new]) = ctx.log().consistency(older, to).await?;
        Ok(ConsistencyProof {
            from,
            to: size(to),
            from_root_hash: encoded(&old),
            to_root_hash: encoded(&new),
            path: path.iter().map(encoded).collect(),
        })
    }
}

fn encoded(hash: &Hash) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

/// Positions and sizes are counted alike.
fn size(leaves: u64) -> Position {
    Position(i64::try_from(leaves).unwrap_or(i64::MAX))
}
