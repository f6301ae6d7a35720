//! The decision table of one environment: flat, sorted, defaults applied, no `Option` for "unset", time as intervals.
//!
//! Equal policies give equal values, whatever the order, names and layout of their files: nothing here says where it
//! was written. `RuleId`s are numbered in canonical order; [`Provenance`](maas_schemas::provenance::Provenance), made
//! beside the table, says which file and line each of them stands for.
//!
//! # How a request is answered
//!
//! The caller's *principals* (teams, and the user himself where he has grants of his own) are looked up in
//! [`Ir::members`]. The row of each principal and the column of the model give a *cell*: candidate grants in the
//! order of their subscriptions (priority descending, then name). The module `eval` defines which of them answers.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Measure, Over, Reason, Scope, WindowKind};
use maas_schemas::bundle::{
    IdentityProvider, ObjectRef, OnStoreFailure, Parameter, PriceList, Provider, SecretRef, Upstream,
};
use maas_schemas::decision::UpstreamChoice;
use serde::{Deserialize, Serialize};

/// Version of the serialized form (`policy.ir.json`).
pub const FORMAT: &str = "maasc.ir/v1";
/// Lower bound of an interval that has always been open.
pub const ALWAYS: i64 = i64::MIN;
/// Upper bound of an interval that never ends.
pub const NEVER: i64 = i64::MAX;

/// Index into the rules of the provenance.
pub type RuleId = u32;

/// One environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ir {
    /// [`FORMAT`].
    pub format: String,
    /// For which date it was compiled, Unix milliseconds. Only findings depend on it: grants carry their intervals.
    pub at_ms: i64,
    /// The environment.
    pub gateway: Gateway,
    /// The organization.
    pub organization: Organization,
    /// By name.
    pub identity_providers: Vec<IdentityProvider>,
    /// By name; parents may stand after children.
    pub teams: Vec<Team>,
    /// Single users with grants of their own, by name. Their principal numbers follow the teams'.
    pub users: Vec<User>,
    /// Which principals an attribute of an identity belongs to, sorted by (kind, name).
    pub members: Vec<Member>,
    /// By name; drafts are left out.
    pub models: Vec<Model>,
    /// By (priority descending, name).
    pub subscriptions: Vec<Subscription>,
    /// The cells.
    pub access: Access,
    /// All limits of subscriptions and ceilings, interned, sorted; addressed by [`Grant::limits`] and `ceilings`.
    pub limits: Vec<Limit>,
    /// Names of limits for messages, sorted: `Subscription/payments-standard: 250000 tokens per 1h for each team and model`.
    pub names: Vec<String>,
    /// By name: all providers that an upstream names.
    pub providers: Vec<Provider>,
    /// Sorted.
    pub upstreams: Vec<Upstream>,
    /// Distinct lists of upstreams, each in the order to try.
    pub routes: Vec<Vec<UpstreamChoice>>,
    /// Distinct price lists, sorted.
    pub prices: Vec<PriceList>,
    /// What asks for approval and what answered, sorted.
    pub approvals: Vec<ApprovalState>,
    /// How many rules the provenance has.
    pub n_rules: u32,
}

/// An environment as the backends need it; defaults applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// `metadata.name`.
    pub name: String,
    /// `kuadrant-1.5`, `openshift-ai-3.4`, `openshift-ai-3.5`, `standalone`.
    pub target: String,
    /// `maas-gateway`, `kuadrant`.
    pub enforcement: String,
    /// GatewayClass, default `istio`.
    pub class_name: String,
    /// Default `maas-gateways`.
    pub gateway_namespace: String,
    /// Default `maas-models`.
    pub models_namespace: String,
    /// Default `kuadrant-system`.
    pub kuadrant_namespace: String,
    /// Lower case, in the order written.
    pub hostnames: Vec<String>,
    /// cert-manager issuer: (kind, name).
    pub tls_issuer: Option<(String, String)>,
    /// DNS.
    pub dns: Option<Dns>,
    /// (name, weight), sorted by name; empty for one unnamed cluster.
    pub clusters: Vec<(String, u32)>,
    /// Default 2.
    pub replicas: u32,
    /// Valkey URL.
    pub valkey: Option<SecretRef>,
    /// PostgreSQL URL.
    pub postgres: Option<SecretRef>,
    /// Rules whose loss is accepted, sorted.
    pub accept: Vec<String>,
    /// Image of `maas-gateway`, or empty.
    pub image: String,
    /// OCI reference of the bundle, or empty.
    pub bundle_oci: String,
    /// ExternalSecrets store, or empty.
    pub external_secrets_store: String,
    /// GitOps.
    pub gitops: Option<GitOps>,
    /// The document.
    pub rule: RuleId,
    /// `hostnames`, `enforcement` and the other fields of `spec` that a finding may want to point at.
    pub field_rules: BTreeMap<String, RuleId>,
}

/// DNS of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// Secret of the DNS provider.
    pub provider_secret: String,
    /// Geo code, or empty.
    pub geo: String,
    /// Answers for clients from elsewhere.
    pub default_geo: bool,
}

/// GitOps of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitOps {
    /// `argocd` or `flux`.
    pub tool: String,
    /// URL.
    pub repo: String,
    /// Folder.
    pub path: String,
    /// Branch, tag or commit; default `main`.
    pub revision: String,
}

/// The organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// `metadata.name`.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// `provider:group`, sorted.
    pub administrators: Vec<String>,
    /// What happens when the counter store does not answer.
    pub on_store_failure: OnStoreFailure,
    /// Ceilings: indices into `limits`.
    pub ceilings: Vec<u32>,
    /// Where a data class may go, by class; classes not named may go anywhere.
    pub data_regions: BTreeMap<String, Vec<String>>,
    /// Limits on one change.
    pub change_budget: ChangeBudget,
    /// The document.
    pub rule: RuleId,
}

/// Limits on one change; `None` where none was written. The rule is the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeBudget {
    /// Most cells that one change may grant.
    pub max_granted_cells: Option<(u64, RuleId)>,
    /// Most cells that one change may revoke, percent of the base's.
    pub max_revoked_percent: Option<(u64, RuleId)>,
    /// Most money per month that one change may add, 10⁻⁹ of the currency.
    pub max_spend_increase: Option<(u64, RuleId)>,
    /// Most teams that one change may touch.
    pub max_teams: Option<(u64, RuleId)>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// `metadata.name`.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Index of the parent.
    pub parent: Option<u32>,
    /// `provider:subject`, sorted.
    pub owners: Vec<String>,
    /// `provider:group`, sorted.
    pub groups: Vec<String>,
    /// `provider:subject`, sorted.
    pub users: Vec<String>,
    /// `namespace/name`, sorted.
    pub service_accounts: Vec<String>,
    /// Own or inherited; empty when nobody said.
    pub cost_centre: String,
    /// Its own ceilings: indices into `limits`.
    pub own_ceilings: Vec<u32>,
    /// Every ceiling that its requests must fit, in the order of a decision: own, each parent's, the organization's.
    pub ceilings: Vec<u32>,
    /// The document.
    pub rule: RuleId,
}

/// A single user with grants of his own: a team of one, under the organization's ceilings only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `provider:subject`.
    pub name: String,
    /// The organization's ceilings.
    pub ceilings: Vec<u32>,
    /// The line that granted first, in canonical order.
    pub rule: RuleId,
}

/// What an attribute of an identity says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    /// `provider:subject`.
    User,
    /// `provider:group`.
    Group,
    /// `namespace/name`.
    ServiceAccount,
}

impl MemberKind {
    /// Returns the attribute key of the ABI, which is also the kind byte of the member table.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::User => maas_schemas::abi::attribute::USER,
            Self::Group => maas_schemas::abi::attribute::GROUP,
            Self::ServiceAccount => maas_schemas::abi::attribute::SERVICE_ACCOUNT,
        }
    }
}

/// The principals of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which attribute.
    pub kind: MemberKind,
    /// Its text.
    pub name: String,
    /// Principals, ascending: below `teams.len()` a team, above a user.
    pub principals: Vec<u32>,
}

/// A model that callers can meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// `metadata.name`.
    pub name: String,
    /// Sorted.
    pub aliases: Vec<String>,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Sorted.
    pub tags: Vec<String>,
    /// Sorted.
    pub capabilities: Vec<String>,
    /// Name of the team that owns it, or empty.
    pub owner: String,
    /// Bits of [`maas_schemas::abi::Endpoint`].
    pub endpoints: u16,
    /// The first endpoint as written (code): what is asked when a question names none.
    pub first_endpoint: u16,
    /// Those without access may not learn that it exists.
    pub hidden: bool,
    /// `internal`, `customer-facing`, `public`.
    pub exposure: String,
    /// `public`, `internal`, `confidential`, `restricted`.
    pub data_class: String,
    /// `approved`, `deprecated`, `retired`.
    pub stage: String,
    /// When it is retired; [`NEVER`]; [`ALWAYS`] when it is.
    pub retires_at_ms: i64,
    /// The model that replaces it, or empty.
    pub replaced_by: String,
    /// In tokens, 0 when not known.
    pub context_window: u64,
    /// 0 for no cap.
    pub max_output_tokens: u32,
    /// Index into `prices`; `None` without a price.
    pub price: Option<u32>,
    /// Index into `routes`.
    pub route: u32,
    /// Regions of its providers, sorted, without the empty one.
    pub regions: Vec<String>,
    /// Names of its providers, sorted.
    pub providers: Vec<String>,
    /// Milliseconds.
    pub first_byte_timeout_ms: u64,
    /// Milliseconds.
    pub total_timeout_ms: u64,
    /// How often one upstream is tried, at least 1.
    pub attempts: u32,
    /// Sorted.
    pub retry_on: Vec<String>,
    /// `drain` or `cancel`.
    pub on_disconnect: String,
    /// Bounds and defaults of request parameters.
    pub parameters: BTreeMap<String, Parameter>,
    /// The KServe object behind it, when a provider of type `kserve` is one of its upstreams.
    pub kserve: Option<ObjectRef>,
    /// Column of the access table.
    pub column: u32,
    /// The document.
    pub rule: RuleId,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `metadata.name`.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Higher wins.
    pub priority: i32,
    /// Included; [`ALWAYS`].
    pub starts_at_ms: i64,
    /// Excluded; [`NEVER`].
    pub expires_at_ms: i64,
    /// Name of its `Quota`, or empty.
    pub quota: String,
    /// Principals that it grants, ascending.
    pub principals: Vec<u32>,
    /// Models that it grants, ascending; drafts left out.
    pub models: Vec<u32>,
    /// Bits of endpoints that it grants; all bits when it names none.
    pub endpoints: u16,
    /// Why it has no token or cost limit, or empty.
    pub unlimited: String,
    /// For people.
    pub purpose: String,
    /// Who pays, instead of the team; or empty.
    pub cost_centre: String,
    /// Longest life of a key in seconds, 0 for no bound.
    pub max_key_lifetime_s: u64,
    /// 0 for no bound.
    pub max_keys_per_user: u32,
    /// `exceed: shorten`.
    pub shorten: bool,
    /// The document.
    pub rule: RuleId,
    /// Where each of `principals` was written.
    pub principal_rules: Vec<RuleId>,
    /// Where each of `models` was written.
    pub model_rules: Vec<RuleId>,
}

/// Rows are classes of principals with equal cells, columns classes of models with equal cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Row of each principal (teams, then users).
    pub row_of: Vec<u32>,
    /// Distinct rows, sorted: (column, index into `cells`), ascending by column; columns without a grant are left out.
    pub rows: Vec<Vec<(u32, u32)>>,
    /// How many columns there are.
    pub n_columns: u32,
    /// Distinct lists of candidates: indices into `grants`, ascending by subscription.
    pub cells: Vec<Vec<u32>>,
    /// Distinct grants, sorted.
    pub grants: Vec<Grant>,
}

/// What one subscription gives to one class of principals for one class of models.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// Index into `subscriptions`.
    pub subscription: u32,
    /// In force from, included; [`ALWAYS`].
    pub from_ms: i64,
    /// In force until, excluded; [`NEVER`]. `from_ms >= until_ms`: never in force.
    pub until_ms: i64,
    /// The answer before.
    pub before: Reason,
    /// The answer from `until_ms` on.
    pub after: Reason,
    /// Bits of endpoints: the model's and the subscription's.
    pub endpoints: u16,
    /// Cap on output tokens, 0 for none (the model's).
    pub max_output_tokens: u32,
    /// Bits `OBLIGATION_*`.
    pub obligations: u32,
    /// Its limits: indices into `limits`, ascending.
    pub limits: Vec<u32>,
    /// Requirements that it rests on: indices into `approvals`, ascending.
    pub approvals: Vec<u32>,
    /// The line that grants.
    pub rule: RuleId,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Limit {
    /// Whose document it is: `Subscription`, `Team` or `Organization`.
    pub owner_kind: OwnerKind,
    /// Name of that document.
    pub owner: String,
    /// What is counted.
    pub measure: Measure,
    /// Which tokens.
    pub count: Count,
    /// Whose counter it is.
    pub scope: Scope,
    /// What is added up in it.
    pub over: Over,
    /// In which window.
    pub window: Window,
    /// How much; money in 10⁻⁹ of the currency.
    pub amount: u64,
    /// A cap that the client asked for and that does not fit is shortened.
    pub shorten: bool,
    /// Stable name of the counter (`abi.md`, "Counter keys").
    pub key: u64,
    /// Index into `names`.
    pub name: u32,
    /// The line.
    pub rule: RuleId,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "kinds of documents")]
pub enum OwnerKind {
    Subscription,
    Team,
    Organization,
}

impl OwnerKind {
    /// Returns the kind of document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscription => "Subscription",
            Self::Team => "Team",
            Self::Organization => "Organization",
        }
    }
}

/// In which window a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// No window: concurrency.
    None,
    /// Seconds, aligned to the Unix epoch.
    Fixed(u32),
    /// A calendar day in the organization's time zone.
    Day,
    /// A calendar week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Window {
    /// Returns the kind and the length in seconds (0 for calendar periods and for none).
    #[must_use]
    pub const fn parts(self) -> (WindowKind, u32) {
        match self {
            Self::None => (WindowKind::None, 0),
            Self::Fixed(seconds) => (WindowKind::Fixed, seconds),
            Self::Day => (WindowKind::Day, 0),
            Self::Week => (WindowKind::Week, 0),
            Self::Month => (WindowKind::Month, 0),
        }
    }
}

/// A requirement that some grant meets, with the consent that answers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApprovalState {
    /// Name of the rule that asks.
    pub requirement: String,
    /// Who must consent.
    pub role: String,
    /// Name of the model it is about, or empty: all models of the subscription.
    pub model: String,
    /// Name of the subscription it is about, or empty: asked once per model.
    pub subscription: String,
    /// What consent must be bound to, `sha256:` and hex.
    pub digest: String,
    /// The answer.
    pub answer: ApprovalAnswer,
    /// The line that asks.
    pub rule: RuleId,
}

/// How a requirement is answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalAnswer {
    /// Nobody consented.
    Missing,
    /// Consent is bound to something else: the thing changed since.
    Void {
        /// The `Approval`.
        approval: String,
        /// Its document.
        rule: RuleId,
    },
    /// Consent stands until a time.
    Given {
        /// The `Approval`.
        approval: String,
        /// `provider:subject`.
        approved_by: String,
        /// Unix milliseconds.
        date_ms: i64,
        /// Excluded; [`NEVER`].
        until_ms: i64,
        /// Where it was discussed, or empty.
        ticket: String,
        /// Its document.
        rule: RuleId,
    },
}

impl Ir {
    /// Returns the number of principals.
    #[must_use]
    pub fn n_principals(&self) -> usize {
        self.teams.len() + self.users.len()
    }

    /// Returns the name of a principal.
    #[must_use]
    pub fn principal_name(&self, principal: u32) -> &str {
        let index = principal as usize;
        match self.teams.get(index) {
            Some(team) => &team.name,
            None => self.users.get(index - self.teams.len()).map_or("", |user| &user.name),
        }
    }

    /// Returns the ceilings that a principal's requests must fit.
    #[must_use]
    pub fn ceilings_of(&self, principal: u32) -> &[u32] {
        let index = principal as usize;
        match self.teams.get(index) {
            Some(team) => &team.ceilings,
            None => self.users.get(index - self.teams.len()).map_or(&[], |user| &user.ceilings),
        }
    }

    /// Returns the candidate grants of a principal for a model, in the order of their subscriptions.
    pub fn candidates(&self, principal: u32, model: u32) -> impl Iterator<Item = &Grant> {
        let column = self.models.get(model as usize).map(|model| model.column);
        let row = self.access.row_of.get(principal as usize).and_then(|row| self.access.rows.get(*row as usize));
        let cell = row.zip(column).and_then(|(row, column)| {
            let at = row.binary_search_by_key(&column, |(column, _)| *column).ok()?;
            self.access.cells.get(row.get(at)?.1 as usize)
        });
        cell.into_iter().flatten().filter_map(|grant| self.access.grants.get(*grant as usize))
    }
}
