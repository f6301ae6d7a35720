//! Objects of Kuadrant: who may call, how much, under which name and certificate.

pub(crate) mod auth_policy;
pub(crate) mod deny_by_default;
pub(crate) mod dns_policy;
pub(crate) mod identity;
pub(crate) mod rate_limit_policy;
pub(crate) mod tls_policy;
pub(crate) mod token_rate_limit_policy;

use serde::Serialize;

use crate::cel::{Expression, NotParsed};

/// A condition.
#[derive(Debug, Serialize)]
pub(crate) struct Predicate {
    predicate: String,
}

impl Predicate {
    fn new(expression: &Expression) -> Result<Self, NotParsed> {
        Ok(Self { predicate: expression.print()? })
    }
}

/// A property of the caller as limits see it: the tree of `response.success.filters`.
fn caller(property: &'static str) -> Expression {
    Expression::path("auth", &["identity", property])
}
