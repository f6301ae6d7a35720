//! `PolicyTest`: cases and matrices that must come out as written.

use maas_schemas::abi::{Endpoint, Reason};
use maasc_diagnostics::{Span, Spanned};

use super::{Entries, Limit, Text};

/// `PolicyTest.spec`.
#[derive(Clone, Debug, Default)]
pub struct PolicyTest {
    /// Single requests.
    pub cases: Vec<Case>,
    /// A whole table.
    pub matrix: Option<Matrix>,
}

/// One of `cases`.
#[derive(Clone, Debug)]
pub struct Case {
    /// The whole entry.
    pub span: Span,
    /// Name for people.
    pub name: Text,
    /// Who asks.
    pub caller: Caller,
    /// For what.
    pub request: TestRequest,
    /// When.
    pub at: Option<Text>,
    /// On which gateway; all when it says nothing.
    pub gateway: Option<Text>,
    /// What must come out.
    pub expect: Expectation,
}

/// `as`.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// A `Team`.
    pub team: Option<Text>,
    /// `provider:subject`.
    pub user: Option<Text>,
    /// `provider:group`.
    pub groups: Vec<Text>,
    /// `namespace/name`.
    pub service_account: Option<Text>,
}

/// `request`.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// A model or alias, or a name that must not exist.
    pub model: Text,
    /// The model's first when it says nothing.
    pub endpoint: Option<Spanned<Endpoint>>,
    /// A subscription that the caller names.
    pub subscription: Option<Text>,
}

/// `expect`.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Allowed or not.
    pub allow: Spanned<bool>,
    /// Why not.
    pub reason: Option<Spanned<Reason>>,
    /// The subscription that grants.
    pub subscription: Option<Text>,
    /// The provider that is tried first.
    pub upstream: Option<Text>,
    /// Limits that must apply, each of them.
    pub limits: Vec<Limit>,
}

/// `matrix`.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The whole entry.
    pub span: Span,
    /// When.
    pub at: Option<Text>,
    /// On which gateway; all when it says nothing.
    pub gateway: Option<Text>,
    /// Each model's first when it says nothing.
    pub endpoint: Option<Spanned<Endpoint>>,
    /// The columns.
    pub models: Vec<Text>,
    /// The rows: team → allow (true) or deny (false) for each column.
    pub rows: Entries<Vec<Spanned<bool>>>,
}
