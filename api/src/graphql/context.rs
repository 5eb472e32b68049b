//! What a resolver finds in its context. The HTTP layer and the house put it all there.

use std::sync::Arc;

use async_graphql::{Context, dataloader::DataLoader};
use domain::{Actor, Lists};
use eventlog::EventLog;
use projections::{Reads, Scope};

use crate::{
    clock::RequestClock,
    exports::giving::GivingPrefix,
    faits::Eyes,
    graphql::{loaders::Loaders, past},
    http::{Language, TraceId},
    listes::Listes,
};

/// The parts of the house, by name. The data is there for every request that has a token;
/// the guard lets no other request come to a resolver.
pub(crate) trait ContextExt {
    fn actor(&self) -> &Actor;
    fn log(&self) -> &EventLog;
    fn reads(&self) -> &Reads;
    fn scope(&self) -> &Scope;
    fn eyes(&self) -> Eyes<'_>;
    fn loaders(&self) -> &DataLoader<Loaders>;
    fn clock(&self) -> RequestClock;
    fn listes(&self) -> &Listes;
    fn lists(&self) -> Arc<Lists>;
    fn language(&self) -> Language;
    fn giving_prefix(&self) -> &GivingPrefix;
    fn trace(&self) -> Option<String>;
}

impl ContextExt for Context<'_> {
    fn actor(&self) -> &Actor {
        self.data_unchecked()
    }

    fn log(&self) -> &EventLog {
        self.reads().log()
    }

    fn reads(&self) -> &Reads {
        past::of(self).map_or_else(|| self.data_unchecked(), |it| &it.reads)
    }

    fn scope(&self) -> &Scope {
        self.data_unchecked()
    }

    fn eyes(&self) -> Eyes<'_> {
        Eyes { actor: self.actor(), scope: self.scope() }
    }

    fn loaders(&self) -> &DataLoader<Loaders> {
        past::of(self)
            .map_or_else(|| &**self.data_unchecked::<Arc<DataLoader<Loaders>>>(), |it| &it.loaders)
    }

    fn clock(&self) -> RequestClock {
        *self.data_unchecked()
    }

    fn listes(&self) -> &Listes {
        self.data_unchecked()
    }

    fn lists(&self) -> Arc<Lists> {
        self.listes().now()
    }

    fn language(&self) -> Language {
        self.data_opt().copied().unwrap_or_default()
    }

    fn giving_prefix(&self) -> &GivingPrefix {
        self.data_unchecked()
    }

    fn trace(&self) -> Option<String> {
        self.data_opt::<TraceId>().map(|it| it.0.clone())
    }
}
