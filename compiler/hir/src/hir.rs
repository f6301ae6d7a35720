//! The resolved model as arenas; references are indices, spans are kept for findings. Parents stand before children.
//!
//! A reference that did not resolve is left out here (the finding is made while lowering), so that nothing below has
//! to deal with it. Every arena is in the order of names, whatever the order of files.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Reason, Scope};
use maas_schemas::bundle::{OnStoreFailure, ProviderType};
use maasc_diagnostics::{Level, Span, Spanned};
pub use maasc_syntax::ast;
pub use maasc_syntax::ast::{
    DataClass, Enforcement, Exceed, Exposure, ForEach, GitOpsTool, OnDisconnect, Preset, Stage, Target,
};

use crate::ids::{GatewayId, IdentityProviderId, ModelId, ProviderId, QuotaId, RequirementId, SubscriptionId, TeamId};
use crate::units::{Duration, Money, Time, Window};

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// A whole workspace.
#[derive(Clone, Debug)]
pub struct Hir {
    /// The one organization; a default one (with the finding `no-organization`) where there is none.
    pub organization: Organization,
    /// Sorted by name; a single `standalone` named `default` where no document is.
    pub gateways: Vec<Gateway>,
    /// Sorted by name.
    pub teams: Vec<Team>,
    /// Sorted by name.
    pub providers: Vec<Provider>,
    /// Sorted by name.
    pub models: Vec<Model>,
    /// Sorted by name.
    pub quotas: Vec<Quota>,
    /// Sorted by name.
    pub subscriptions: Vec<Subscription>,
    /// Sorted by name.
    pub approvals: Vec<Approval>,
    /// Sorted by name.
    pub invariants: Vec<Invariant>,
    /// Sorted by name.
    pub policy_tests: Vec<PolicyTest>,
}

/// What every document has.
#[derive(Clone, Debug)]
pub struct Header {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// Labels.
    pub labels: Labels,
    /// The environments it is for; `None` for all.
    pub gateways: Option<Vec<Spanned<GatewayId>>>,
    /// The whole document.
    pub span: Span,
}

impl Header {
    /// Says whether the document is for an environment.
    #[must_use]
    pub fn is_for(&self, gateway: GatewayId) -> bool {
        self.gateways.as_ref().is_none_or(|gateways| gateways.iter().any(|id| id.value == gateway))
    }
}

/// A person or service: `provider:subject`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The identity provider.
    pub provider: IdentityProviderId,
    /// Canonical text with the prefix.
    pub text: String,
}

/// One line of limits, read.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The whole line.
    pub span: Span,
    /// What is counted.
    pub measure: Spanned<Measure>,
    /// How much; money in 10⁻⁹ of the currency.
    pub amount: Spanned<u64>,
    /// In which window.
    pub window: Spanned<Window>,
    /// Whose counter it is.
    pub scope: Spanned<Scope>,
    /// What is added up: as written or the default (`model`; `everything` for ceilings).
    pub over: Over,
    /// Which tokens; `none` for other measures.
    pub count: Count,
}

/// The organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// What every document has.
    pub header: Header,
    /// For people.
    pub display_name: String,
    /// ISO 4217 code, default `USD`.
    pub currency: String,
    /// IANA name, default `UTC`.
    pub time_zone: String,
    /// Sorted by name.
    pub identity_providers: Vec<IdentityProvider>,
    /// Ceilings.
    pub limits: Vec<Limit>,
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Sorted by name.
    pub requirements: Vec<Requirement>,
    /// Limits on one change.
    pub change_budget: ChangeBudget,
    /// Level of each rule by its name.
    pub rules: BTreeMap<String, Spanned<Level>>,
    /// Packs that join the workspace.
    pub packs: Vec<Spanned<String>>,
    /// `provider:group`.
    pub administrator_groups: Vec<Spanned<String>>,
    /// Default `share`.
    pub on_store_failure: OnStoreFailure,
    /// Where a data class may go; classes not named may go anywhere.
    pub data_regions: BTreeMap<DataClass, Vec<String>>,
}

/// A source of identities.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// The whole entry.
    pub span: Span,
    /// Prefix of its users and groups.
    pub name: Spanned<String>,
    /// Default `generic`.
    pub preset: Preset,
    /// The `iss` claim.
    pub issuer: Spanned<String>,
    /// Accepted `aud` claims.
    pub audiences: Vec<Spanned<String>>,
    /// The preset's unless written.
    pub subject_claim: String,
    /// The preset's unless written.
    pub groups_claim: String,
}

/// Members of a role.
#[derive(Clone, Debug)]
pub struct Role {
    /// The name's place.
    pub span: Span,
    /// Users and owners of these teams.
    pub teams: Vec<Spanned<TeamId>>,
    /// Single persons.
    pub users: Vec<Spanned<Person>>,
}

/// A rule that asks for an approval.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The whole entry.
    pub span: Span,
    /// Its name.
    pub name: Spanned<String>,
    /// When it is required.
    pub when: Expression,
    /// Who must consent: a name of `Organization::roles`.
    pub role: Spanned<String>,
    /// Owners of the model or team may not consent.
    pub not_by_owner: bool,
    /// `when` names only `model`: asked once per model; else once per subscription.
    pub per_model: bool,
}

/// A CEL expression, parsed and with its names checked.
#[derive(Clone, Debug)]
pub struct Expression {
    /// As typed.
    pub text: Spanned<String>,
    /// Dotted paths that it reads (`model.exposure`, `grant.ceiling.month`), sorted.
    pub reads: Vec<String>,
}

/// Limits on one change; `None` where none was written.
#[derive(Clone, Debug, Default)]
pub struct ChangeBudget {
    /// Most cells that one change may grant.
    pub max_granted_cells: Option<Spanned<u64>>,
    /// Most cells that one change may revoke, percent of the base's.
    pub max_revoked_percent: Option<Spanned<u64>>,
    /// Most money per month that one change may add.
    pub max_spend_increase: Option<Spanned<Money>>,
    /// Most teams that one change may touch.
    pub max_teams: Option<Spanned<u64>>,
}

/// An environment.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// What every document has; of the implied one the span is empty.
    pub header: Header,
    /// Default `standalone`.
    pub target: Target,
    /// Default `maas-gateway`; `kuadrant` where the target knows only that.
    pub enforcement: Enforcement,
    /// The rest, as typed; names in it are those of the cluster.
    pub settings: ast::Gateway,
}

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// What every document has.
    pub header: Header,
    /// For people; the name when it says nothing.
    pub display_name: String,
    /// Hands down ceilings and cost centre. A parent in a cycle is left out.
    pub parent: Option<Spanned<TeamId>>,
    /// Persons who answer for it.
    pub owners: Vec<Spanned<Person>>,
    /// `provider:group`.
    pub groups: Vec<Spanned<String>>,
    /// Single persons.
    pub users: Vec<Spanned<Person>>,
    /// `namespace/name`.
    pub service_accounts: Vec<Spanned<String>>,
    /// As written; inherited ones are not filled in.
    pub cost_centre: Option<Spanned<String>>,
    /// Ceilings.
    pub limits: Vec<Limit>,
}

/// A place where models run.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What every document has.
    pub header: Header,
    /// What it speaks.
    pub kind: Spanned<ProviderType>,
    /// For people.
    pub display_name: String,
    /// Base URL without a trailing slash; the type's own where it has one; empty for `simulator`.
    pub endpoint: Spanned<String>,
    /// Where its credential is.
    pub credential: Option<ast::SecretRef>,
    /// Region; empty when not said.
    pub region: Spanned<String>,
    /// TLS towards it.
    pub tls: ast::ProviderTls,
    /// Active health check: path and interval, default 30 s.
    pub health: Option<(String, Duration)>,
    /// Extra request headers.
    pub headers: BTreeMap<String, String>,
    /// `azure.apiVersion`.
    pub azure_api_version: String,
    /// `bedrock.region`.
    pub bedrock_region: String,
    /// `kserve`: (name, namespace or empty).
    pub kserve: Option<(String, String)>,
    /// `simulator`.
    pub simulator: Simulator,
    /// What the provider itself allows.
    pub limits: Vec<Limit>,
    /// Data classes it may receive, ascending; all when it said nothing.
    pub data_classes: Vec<DataClass>,
}

/// Behaviour of the simulator.
#[derive(Clone, Debug, Default)]
pub struct Simulator {
    /// Until the first token.
    pub latency: Duration,
    /// 0 for no delay.
    pub tokens_per_second: u32,
    /// (every n-th request, status; 0 cuts the stream).
    pub faults: Vec<(u32, u16)>,
}

/// A governed name.
#[derive(Clone, Debug)]
pub struct Model {
    /// What every document has.
    pub header: Header,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// For people.
    pub tags: Vec<String>,
    /// The team that answers for it.
    pub owner: Option<Spanned<TeamId>>,
    /// Other names that clients send.
    pub aliases: Vec<Spanned<String>>,
    /// As written, the first being the one that is meant when nobody says which; `chat` when it said nothing.
    pub endpoints: Vec<Spanned<Endpoint>>,
    /// `visibility: hidden`.
    pub hidden: bool,
    /// Default `internal`.
    pub exposure: Exposure,
    /// Default `internal`.
    pub data_class: DataClass,
    /// Default `approved`.
    pub stage: Spanned<Stage>,
    /// When it is retired.
    pub retires_at: Option<Spanned<Time>>,
    /// The model that replaces it.
    pub replaced_by: Option<Spanned<ModelId>>,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// In tokens.
    pub context_window: Option<Spanned<u64>>,
    /// In tokens.
    pub max_output_tokens: Option<Spanned<u32>>,
    /// Ascending by `from`.
    pub prices: Vec<Price>,
    /// As written: primary ones first, then fallbacks by tier.
    pub upstreams: Vec<UpstreamLine>,
    /// Default 30 s.
    pub first_byte_timeout: Duration,
    /// Default 300 s.
    pub total_timeout: Duration,
    /// Default 1.
    pub attempts: u32,
    /// `connect`, `timeout`, `429`, `5xx`; default `connect`.
    pub retry_on: Vec<String>,
    /// Default `drain`.
    pub on_disconnect: OnDisconnect,
    /// Bounds and defaults of request parameters, as decimal texts.
    pub parameters: BTreeMap<String, ast::ParameterBounds>,
}

/// Prices per million tokens.
#[derive(Clone, Debug)]
pub struct Price {
    /// The whole entry.
    pub span: Span,
    /// From when; `None` for always.
    pub from: Option<Time>,
    /// Input tokens.
    pub input: Money,
    /// Cached input tokens.
    pub cached_input: Money,
    /// Output tokens.
    pub output: Money,
}

/// One of a model's upstreams.
#[derive(Clone, Debug)]
pub struct UpstreamLine {
    /// The whole entry.
    pub span: Span,
    /// Where.
    pub provider: Spanned<ProviderId>,
    /// The model's name there.
    pub model: String,
    /// Share inside its tier, default 1.
    pub weight: u16,
    /// 0 primary, then fallbacks.
    pub tier: u8,
}

/// A named set of limits.
#[derive(Clone, Debug)]
pub struct Quota {
    /// What every document has.
    pub header: Header,
    /// For people.
    pub display_name: String,
    /// The limits.
    pub limits: Vec<Limit>,
}

/// Teams × models × limits.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// What every document has.
    pub header: Header,
    /// Selectors resolved; sorted; each with the place that selected it.
    pub teams: Vec<Spanned<TeamId>>,
    /// Single persons.
    pub users: Vec<Spanned<Person>>,
    /// Selectors resolved; sorted; each with the place that selected it.
    pub models: Vec<Spanned<ModelId>>,
    /// Which endpoints of the models; `None` for all.
    pub endpoints: Option<Vec<Spanned<Endpoint>>>,
    /// A `Quota`.
    pub quota: Option<Spanned<QuotaId>>,
    /// Limits in place.
    pub limits: Vec<Limit>,
    /// Limits of single models.
    pub per_model: Vec<PerModel>,
    /// Default 0.
    pub priority: Spanned<i32>,
    /// Included.
    pub starts_at: Option<Spanned<Time>>,
    /// Excluded.
    pub expires_at: Option<Spanned<Time>>,
    /// For people.
    pub purpose: String,
    /// Who pays, instead of the team.
    pub cost_centre: Option<Spanned<String>>,
    /// Longest life of a key.
    pub max_key_lifetime: Option<Duration>,
    /// Most keys that one user may hold.
    pub max_keys_per_user: Option<u32>,
    /// Why it has no token or cost limit.
    pub unlimited: Option<Spanned<String>>,
    /// Default `refuse`.
    pub exceed: Exceed,
}

/// Limits of one model of a subscription.
#[derive(Clone, Debug)]
pub struct PerModel {
    /// The whole entry.
    pub span: Span,
    /// Which model.
    pub model: Spanned<ModelId>,
    /// Its limits, all `over: model`.
    pub limits: Vec<Limit>,
}

/// Recorded consent.
#[derive(Clone, Debug)]
pub struct Approval {
    /// What every document has.
    pub header: Header,
    /// The model.
    pub model: Option<Spanned<ModelId>>,
    /// The subscription.
    pub subscription: Option<Spanned<SubscriptionId>>,
    /// The rule that asks for it.
    pub requirement: Spanned<RequirementId>,
    /// Who.
    pub approved_by: Spanned<Person>,
    /// In which role.
    pub role: Spanned<String>,
    /// When.
    pub date: Spanned<Time>,
    /// Excluded.
    pub expires_at: Option<Spanned<Time>>,
    /// Where it was discussed.
    pub ticket: String,
    /// `sha256:` and hex; `None` when not yet bound.
    pub digest: Option<Spanned<String>>,
}

/// What must hold.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// What every document has.
    pub header: Header,
    /// Over what it ranges.
    pub for_each: ForEach,
    /// Only where this holds.
    pub condition: Option<Expression>,
    /// What must hold.
    pub must: Expression,
    /// What a person reads when it does not; the expression when it says nothing.
    pub message: String,
}

/// What must come out.
#[derive(Clone, Debug)]
pub struct PolicyTest {
    /// What every document has.
    pub header: Header,
    /// Single requests.
    pub cases: Vec<Case>,
    /// A whole table.
    pub matrix: Option<Matrix>,
}

/// One request with what must come out.
#[derive(Clone, Debug)]
pub struct Case {
    /// The whole entry.
    pub span: Span,
    /// For people.
    pub name: Spanned<String>,
    /// The caller is a team.
    pub team: Option<Spanned<TeamId>>,
    /// The caller is a person.
    pub user: Option<Spanned<Person>>,
    /// `provider:group`.
    pub groups: Vec<Spanned<String>>,
    /// `namespace/name`.
    pub service_account: Option<Spanned<String>>,
    /// As the client would send it.
    pub model: Spanned<String>,
    /// The model's first when it says nothing.
    pub endpoint: Option<Endpoint>,
    /// That the caller names.
    pub subscription: Option<Spanned<String>>,
    /// When.
    pub at: Option<Spanned<Time>>,
    /// All when it says nothing.
    pub gateway: Option<Spanned<GatewayId>>,
    /// Allowed or not.
    pub allow: Spanned<bool>,
    /// Why not.
    pub reason: Option<Spanned<Reason>>,
    /// That must grant.
    pub expect_subscription: Option<Spanned<SubscriptionId>>,
    /// That must be tried first.
    pub expect_upstream: Option<Spanned<ProviderId>>,
    /// That must apply; `over: model` also where it was not written, and then means whatever such a limit adds up.
    pub expect_limits: Vec<Limit>,
}

/// A table of teams × models.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The whole entry.
    pub span: Span,
    /// When.
    pub at: Option<Spanned<Time>>,
    /// All when it says nothing.
    pub gateway: Option<Spanned<GatewayId>>,
    /// Each model's first when it says nothing.
    pub endpoint: Option<Endpoint>,
    /// The columns.
    pub models: Vec<Spanned<ModelId>>,
    /// The rows, as many values as columns.
    pub rows: Vec<(Spanned<TeamId>, Vec<Spanned<bool>>)>,
}
