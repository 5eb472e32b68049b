//! Every code that the doors themselves answer, with its sentence in each language.
//!
//! The codes of the rules stand beside the rules, in `domain`. A code is never renamed.

use crate::http::Language;

/// What a code means to those who receive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub code: &'static str,
    /// What to do, for people who read French.
    pub fr: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl Entry {
    /// Its sentence in a language.
    pub fn say(&self, language: Language) -> &'static str {
        language.choose(self.fr, self.en)
    }
}

macro_rules! catalogue {
    ($($name:ident, $retryable:literal: $fr:literal, $en:literal;)*) => {
        $(pub const $name: Entry = Entry {
            code: stringify!($name),
            fr: $fr,
            en: $en,
            retryable: $retryable,
        };)*

        /// Every code of the doors. With [`domain::refusal_codes`] it makes the whole list.
        pub const CATALOGUE: &[Entry] = &[$($name),*];
    };
}

catalogue! {
    ALREADY_CLAIMED, false:
        "Cette valeur appartient déjà à un autre objet : vérifiez-la, ou retrouvez cet objet.",
        "This value already belongs to another object: check it, or find that object.";
    BAD_REQUEST, false:
        "Cette requête n'est pas une requête GraphQL : envoyez un objet JSON avec « query ».",
        "This is not a GraphQL request: send a JSON object with `query`.";
    BAD_USER_INPUT, false:
        "Une valeur de la requête n'est pas valable.",
        "A value of the request is not valid.";
    BODY_TOO_LARGE, false:
        "Le corps de la requête dépasse la taille permise : réduisez-le.",
        "The body of the request exceeds the permitted size: reduce it.";
    CHECKPOINT_ABSENT, true:
        "Rien n'a encore été signé : réessayez dans quelques secondes.",
        "Nothing has been signed yet: try again in a few seconds.";
    CHECKPOINT_FORKED, false:
        "Ce point de contrôle et ce journal racontent deux histoires : gardez-le, et prévenez-nous.",
        "This checkpoint and this log tell two stories: keep it, and tell us.";
    CHECKPOINT_MALFORMED, false:
        "Ce n'est pas un point de contrôle : envoyez-le tel que /log/v0/checkpoint l'a donné.",
        "This is not a checkpoint: send it as /log/v0/checkpoint gave it.";
    COMMAND_ID_REUSED, false:
        "Ce « commandId » a déjà servi pour une autre demande : tirez-en un nouveau.",
        "This `commandId` has already served for another request: draw a new one.";
    CONFLICT, true:
        "D'autres modifications sont arrivées en même temps : renvoyez la même demande.",
        "Other changes came at the same time: send the same request again.";
    CONTENT_ABSENT, false:
        "Le contenu de cette version n'est pas encore arrivé : envoyez-le, ou réessayez plus tard.",
        "The content of this version has not come yet: send it, or try again later.";
    CONTENT_ALTERED, false:
        "Le contenu conservé n'est plus celui qui a été envoyé : renvoyez le fichier, ou prévenez-nous.",
        "The content kept is no longer what was sent: send the file again, or tell us.";
    CONTENT_CUT, true:
        "L'envoi s'est arrêté avant la fin et rien n'a été gardé : renvoyez le fichier.",
        "The sending stopped before its end and nothing was kept: send the file again.";
    CONTENT_DIGEST_DIFFERS, false:
        "Ce fichier n'a pas l'empreinte SHA-256 annoncée : envoyez le fichier annoncé, ou ajoutez une version.",
        "This file has not the SHA-256 that was declared: send the file declared, or add a version.";
    CONTENT_SIZE_DIFFERS, false:
        "Ce fichier n'a pas la taille annoncée : envoyez le fichier annoncé, ou ajoutez une version.",
        "This file has not the size that was declared: send the file declared, or add a version.";
    CONTENT_TYPE_DIFFERS, false:
        "Ce fichier n'est pas du type annoncé : envoyez-le avec le « Content-Type » de sa version.",
        "This file is not of the type declared: send it with the `Content-Type` of its version.";
    DOCUMENT_TOO_COMPLEX, false:
        "Ce document demande trop à la fois : découpez-le.",
        "This document asks for too much at once: divide it.";
    DOCUMENT_TOO_DEEP, false:
        "Ce document est trop profond : découpez-le.",
        "This document is too deep: divide it.";
    DOCUMENT_TOO_LARGE, false:
        "Ce document est trop long : découpez-le, ou passez les valeurs par des variables.",
        "This document is too long: divide it, or pass the values as variables.";
    ENTRIES_WITHHELD, false:
        "Les faits ne sont pas publics : leurs empreintes le sont. Demandez un export à l'exploitant.",
        "Facts are not public, their hashes are: ask the operator for an export.";
    EVENT_TOO_LARGE, false:
        "Ce qu'il faudrait enregistrer est trop volumineux : raccourcissez les textes.",
        "What would be recorded is too large: shorten the texts.";
    FORBIDDEN, false:
        "Votre compte ne permet pas cet accès.",
        "Your account does not allow this access.";
    GRAPHQL_PARSE_FAILED, false:
        "Ce document n'est pas du GraphQL valide.",
        "This document is not valid GraphQL.";
    GRAPHQL_VALIDATION_FAILED, false:
        "Ce document ne correspond pas au schéma.",
        "This document does not fit the schema.";
    INTERNAL_SERVER_ERROR, true:
        "Une erreur interne est survenue : réessayez, et signalez « requestId » si elle persiste.",
        "An internal error occurred: try again, and report `requestId` if it persists.";
    METHOD_NOT_ALLOWED, false:
        "Cette adresse ne s'utilise pas ainsi : POST pour tout, GET pour les lectures seules.",
        "This address is not used in this way: POST for everything, GET for queries only.";
    NOT_ACCEPTABLE, false:
        "Acceptez application/graphql-response+json ou application/json.",
        "Accept application/graphql-response+json or application/json.";
    ORIGIN_DIFFERS, false:
        "Ce point de contrôle est celui d'un autre journal.",
        "This checkpoint is of another log.";
    OVERLOADED, true:
        "Le service est très sollicité : réessayez dans quelques secondes.",
        "The service is very busy: try again in a few seconds.";
    PAST_NOT_BUILT, true:
        "Les données de ce moment sont en train d'être reconstituées : redemandez dans quelques secondes.",
        "The data of that time are being built anew: ask again in a few seconds.";
    PERSISTED_QUERY_HASH_DIFFERS, false:
        "« documentId » n'est pas l'empreinte de « query » : envoyez l'un ou l'autre.",
        "`documentId` is not the hash of `query`: send one or the other.";
    PERSISTED_QUERY_ID_REQUIRED, false:
        "Ce service ne répond qu'aux documents enregistrés : envoyez « documentId ».",
        "This service answers registered documents only: send `documentId`.";
    PERSISTED_QUERY_NOT_FOUND, false:
        "Aucun document n'est enregistré sous ce « documentId » : faites-le enregistrer, ou envoyez « query ».",
        "No document is registered under this `documentId`: have it registered, or send `query`.";
    PERSISTED_QUERY_NOT_SUPPORTED, false:
        "Ce service n'enregistre pas de documents : envoyez « query ».",
        "This service registers no documents: send `query`.";
    POSITION_NOT_REACHED, true:
        "Les données n'ont pas encore atteint la position demandée : réessayez.",
        "The data have not yet reached the position asked for: try again.";
    RATE_LIMITED, true:
        "Vous avez trop demandé en une minute : attendez les secondes que dit « Retry-After ».",
        "You have asked for too much in a minute: wait for the seconds that `Retry-After` says.";
    READ_MODEL_LATE, true:
        "La modification est faite, mais pas encore visible : relisez dans quelques secondes.",
        "The change is made, but not yet visible: read again in a few seconds.";
    RECEIPT_DIFFERS, false:
        "Ce reçu n'est pas celui du fait à cette position : vérifiez l'un et l'autre.",
        "This receipt is not that of the fact at this position: check both.";
    REQUEST_TIMEOUT, true:
        "La requête a pris trop de temps : renvoyez-la, avec le même « commandId » s'il y en a un.",
        "The request took too long: send it again, with the same `commandId` if it has one.";
    ROUTE_NOT_FOUND, false:
        "Cette adresse n'existe pas : l'API répond sur /graphql.",
        "This address does not exist: the API answers on /graphql.";
    SIZE_BEYOND_TREE, true:
        "Le journal signé ne va pas jusque-là : vérifiez le nombre, ou réessayez dans une seconde.",
        "The signed log does not go that far: check the number, or try again in a second.";
    SUBSCRIPTION_NEEDS_STREAM, false:
        "Une souscription se suit par WebSocket, ou avec « Accept: text/event-stream » seul.",
        "A subscription is followed over a WebSocket, or with `Accept: text/event-stream` alone.";
    TOO_MANY_CONNECTIONS, true:
        "Trop de connexions sont ouvertes pour votre compte : fermez-en, puis réessayez.",
        "Too many connections are open for your account: close some, then try again.";
    TOO_MANY_OPERATIONS, true:
        "Cette connexion suit déjà autant de souscriptions qu'elle peut : arrêtez-en une.",
        "This connection already follows as many subscriptions as it can: stop one.";
    UNAUTHENTICATED, false:
        "Envoyez un jeton : en-tête « Authorization: Bearer … ».",
        "Send a token: header `Authorization: Bearer …`.";
    UNSUPPORTED_MEDIA_TYPE, false:
        "Envoyez du JSON en UTF-8 : en-tête « Content-Type: application/json ».",
        "Send JSON in UTF-8: header `Content-Type: application/json`.";
    VERSION_MOVED, false:
        "Ces données ont changé depuis votre lecture : relisez-les, puis décidez à nouveau.",
        "These data have changed since you read them: read them again, then decide anew.";
}
