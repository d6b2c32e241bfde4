//! A router that remembers its addresses, so that the table of who may do what can be held against all of them.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, patch, post};

/// A method and the address it is taken at, as in `/api/v1/waves/{number}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The method; `HEAD` goes where `GET` does.
    pub method: Method,
    /// The address with names in braces.
    pub path: &'static str,
}

/// Addresses with their handlers, in the order they were added.
#[derive(Clone, Debug)]
pub struct Routes<S> {
    router: Router<S>,
    known: Vec<Known>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    pub fn new() -> Self {
        Self { router: Router::new(), known: Vec::new() }
    }

    /// Answers `GET` there.
    #[must_use]
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with(Method::GET, path, get(handler))
    }

    /// Answers `POST` there.
    #[must_use]
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with(Method::POST, path, post(handler))
    }

    /// Answers `PATCH` there.
    #[must_use]
    pub fn patch<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with(Method::PATCH, path, patch(handler))
    }

    /// Answers `DELETE` there.
    #[must_use]
    pub fn delete<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.with(Method::DELETE, path, delete(handler))
    }

    /// Answers a method by something that is more than a handler, such as one with a layer of its own.
    #[must_use]
    pub fn with(mut self, method: Method, path: &'static str, answer: MethodRouter<S>) -> Self {
        self.router = self.router.route(path, answer);
        self.known.push(Known { method, path });
        self
    }

    /// All of these and all of those.
    #[must_use]
    pub fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.known.extend(others.known);
        self
    }

    /// The addresses.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// The router.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}
