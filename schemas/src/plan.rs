//! The semantic difference of two policies as JSON: `maasc plan --format json`.
//!
//! Text, Markdown and HTML are rendered from it and from nothing else. Times are RFC 3339 in UTC; empty is the end of
//! time on its side. Money is decimal text; empty is "without bound".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::provenance::Source;

/// The `format` of this version.
pub const FORMAT: &str = "maasc.plan/v1";

/// What a change of policy means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// For which time both sides were compiled.
    pub at: String,
    /// What was.
    pub base: Revision,
    /// What is proposed.
    pub head: Revision,
    /// Nobody can tell the two apart: at most lines moved.
    pub equivalent: bool,
    /// Sums.
    pub summary: Summary,
    /// Who gains or loses what, most dangerous first.
    pub access_changes: Vec<AccessChange>,
    /// What else is different at run time, by document.
    pub settings: Vec<Setting>,
    /// What may be spent per month, by gateway.
    pub money: Vec<Money>,
    /// What happens to what was used up already.
    pub counters: Counters,
    /// Whose consent is there and whose is not.
    pub approvals: Approvals,
    /// What may block the change.
    pub gates: Vec<Gate>,
    /// What ends by itself within [`Plan::LAPSING_DAYS`] days.
    pub lapsing: Vec<Lapse>,
    /// Files that `build` would write differently, by path.
    pub manifest_changes: Vec<ManifestChange>,
    /// What was compared.
    pub domain: Domain,
}

impl Plan {
    /// How far ahead [`Plan::lapsing`] looks.
    pub const LAPSING_DAYS: u32 = 30;

    /// Says whether a gate of level `error` is closed.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.gates.iter().any(|gate| gate.level == GateLevel::Error && !gate.pass)
    }
}

/// A side of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {
    /// As the user named it: a Git reference, a folder, a bundle.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Commit that it stands for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// Digest of the decision table of each gateway, by name.
    pub ir_digests: BTreeMap<String, String>,
}

/// Sums over all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// Cells by class; a cell that changes in two ways counts in both. Classes without a cell are left out.
    pub cells: BTreeMap<ChangeClass, u64>,
    /// Teams and other callers with an effective change.
    pub callers: u64,
    /// Models with an effective change.
    pub models: u64,
}

/// What happens to a cell: a caller and a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeClass {
    /// Refused before, allowed after.
    Granted,
    /// Allowed on both sides; after, an approval is not needed any more.
    ApprovalRemoved,
    /// Allowed on both sides; nothing is tighter and something is wider.
    Widened,
    /// Allowed on both sides; some is tighter, some wider, or other limits count.
    Mixed,
    /// Allowed on both sides; requests go elsewhere: provider, address, region, model there, weights or data class.
    Rerouted,
    /// Allowed before, refused after.
    Revoked,
    /// Allowed on both sides; nothing is wider and something is tighter.
    Narrowed,
    /// Allowed on both sides; after, it ends earlier.
    Expiring,
    /// Allowed on both sides; after, another approval is needed.
    ApprovalAdded,
    /// The same effect from other files or documents.
    SourceMoved,
}

impl ChangeClass {
    /// All classes, most dangerous first, with their names.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Granted, "granted"),
        (Self::ApprovalRemoved, "approval-removed"),
        (Self::Widened, "widened"),
        (Self::Mixed, "mixed"),
        (Self::Rerouted, "rerouted"),
        (Self::Revoked, "revoked"),
        (Self::Narrowed, "narrowed"),
        (Self::Expiring, "expiring"),
        (Self::ApprovalAdded, "approval-added"),
        (Self::SourceMoved, "source-moved"),
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }
}

/// Callers × models that change alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessChange {
    /// The most dangerous thing that happens.
    pub class: ChangeClass,
    /// What happens besides, most dangerous first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ChangeClass>,
    /// In which environments.
    pub gateways: Vec<String>,
    /// What `callers` are.
    pub kind: CallerKind,
    /// Names, sorted.
    pub callers: Vec<String>,
    /// Names, sorted.
    pub models: Vec<String>,
    /// How many cells in each environment.
    pub cells: u64,
    /// What is different, one aspect each.
    pub deltas: Vec<Delta>,
    /// Before; `null` where refused.
    pub before: Option<Effect>,
    /// After; `null` where refused.
    pub after: Option<Effect>,
    /// A request that shows it, as both compiled policies answer it.
    pub witness: Witness,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    /// A team.
    Team,
    /// A single user with grants of their own.
    User,
    /// A group, by the teams it belongs to.
    Group,
    /// A user, by the teams they belong to.
    Member,
    /// A service account, by the teams it belongs to.
    ServiceAccount,
}

impl CallerKind {
    /// Returns the noun for one of them.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::User | Self::Member => "user",
            Self::Group => "group",
            Self::ServiceAccount => "service account",
        }
    }
}

/// One aspect that is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delta {
    /// `limit`, `ceiling`, `subscription`, `endpoints`, `maxOutputTokens`, `route`, `dataClass`, `approvals`, `starts`, `ends`,
    /// `deprecated`.
    pub aspect: String,
    /// Empty where there was none.
    pub before: String,
    /// Empty where there is none.
    pub after: String,
}

/// What a rectangle of cells is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Effect {
    /// Subscriptions that may answer, best first.
    pub subscriptions: Vec<String>,
    /// Limits of these subscriptions, without the ceilings of team and organization.
    pub limits: Vec<LimitValue>,
    /// Names of endpoints that some model of it serves.
    pub endpoints: Vec<String>,
    /// `provider/model` of its models, sorted.
    pub upstreams: Vec<String>,
    /// What must be consented to.
    pub approvals: Vec<Need>,
    /// When it starts, where that is not past.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// When it ends.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub until: String,
    /// The lines that say so, at most [`Effect::MAX_SOURCES`].
    pub sources: Vec<Source>,
    /// How many more lines there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_sources: u64,
}

impl Effect {
    /// How many lines are listed.
    pub const MAX_SOURCES: usize = 20;
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitValue {
    /// `Kind/name` of the document whose counter it is.
    pub owner: String,
    /// `tokens`, `requests`, `cost`, `concurrency`.
    pub measure: String,
    /// `total`, `input`, `output`; empty for what is no token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub count: String,
    /// How much; money in 10⁻⁹ of the currency.
    pub amount: u64,
    /// `1h`, `day`, `month`; empty for concurrency.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub per: String,
    /// `key`, `user`, `team`, `organization`.
    pub scope: String,
    /// `model`, `subscription`, `everything`.
    pub over: String,
    /// The same in words.
    pub text: String,
}

/// A consent that a grant rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Need {
    /// Name of the rule that asks.
    pub requirement: String,
    /// Who must consent.
    pub role: String,
}

/// One request and how both sides answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Witness {
    /// The caller, as `maasc why` takes it.
    pub caller: String,
    /// The model.
    pub model: String,
    /// The endpoint.
    pub endpoint: String,
    /// The subscription that it names, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// When.
    pub at: String,
    /// The answer before; empty where there was no such gateway.
    pub before: String,
    /// The answer after; empty where there is no such gateway.
    pub after: String,
}

/// A field of a document that acts at run time and is no cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Setting {
    /// In which environments.
    pub gateways: Vec<String>,
    /// `Kind/name`.
    pub document: String,
    /// Which field.
    pub field: String,
    /// Empty where there was none.
    pub before: String,
    /// Empty where there is none.
    pub after: String,
    /// The line after, or before where it is gone.
    pub source: Source,
}

/// The most that can be spent in a month, under all limits and prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Money {
    /// The environment.
    pub gateway: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Empty: without bound.
    pub before: String,
    /// Empty: without bound.
    pub after: String,
    /// With sign; empty where one side is without bound and the other not.
    pub difference: String,
    /// `false`: counters overlap, and both numbers are bounds from above.
    pub exact: bool,
    /// Teams whose own number changes, the greatest change first.
    pub teams: Vec<TeamMoney>,
}

/// The most that one team can spend in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamMoney {
    /// Name.
    pub team: String,
    /// Empty: without bound.
    pub before: String,
    /// Empty: without bound.
    pub after: String,
}

/// What happens to counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counters {
    /// How many limits go on counting where they are, their amounts unchanged.
    pub kept: u64,
    /// Those with something to say.
    pub changes: Vec<CounterChange>,
}

/// What happens to the counters of one limit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CounterChange {
    /// In which environments.
    pub gateways: Vec<String>,
    /// Their targets.
    pub targets: Vec<String>,
    /// What happens.
    pub fate: Fate,
    /// `Kind/name` of the document whose limit it is.
    pub owner: String,
    /// The limit before, in words; empty for a new one.
    pub before: String,
    /// The limit after, in words; empty for one that is gone.
    pub after: String,
    /// What people should know.
    pub note: String,
}

/// What happens to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Starts at zero, because its window is another.
    Reset,
    /// Starts at zero, because it adds up something else or for somebody else.
    Rescoped,
    /// Is not counted any more.
    Removed,
    /// Starts at zero, because there was none.
    New,
    /// Goes on; the amount is another.
    Kept,
}

impl Fate {
    /// Returns the name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Rescoped => "rescoped",
            Self::Removed => "removed",
            Self::New => "new",
            Self::Kept => "kept",
        }
    }
}

/// Consents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approvals {
    /// Asked for, and nobody consented.
    pub missing: Vec<Consent>,
    /// Consented to something that has changed since; `by_this_change` tells whether it was good before.
    pub void: Vec<Consent>,
    /// Who should look at the change, because it gives access to what is theirs.
    pub approvers: Vec<Approver>,
}

/// A consent that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consent {
    /// In which environments.
    pub gateways: Vec<String>,
    /// Name of the rule that asks.
    pub requirement: String,
    /// Who must consent.
    pub role: String,
    /// The model it is about, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The subscription it is about, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// The `Approval` that is void, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub approval: String,
    /// It was good, or not asked for, before this change.
    pub by_this_change: bool,
    /// The line that asks.
    pub source: Source,
}

/// Who should look at a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approver {
    /// `owner` of models, or `role`.
    pub kind: String,
    /// The team that owns, or the role.
    pub name: String,
    /// `provider:subject` of owners; empty for roles.
    pub people: Vec<String>,
    /// Names of the requirements of a role; empty for owners.
    pub requirements: Vec<String>,
    /// The models that they are asked about.
    pub models: Vec<String>,
}

/// Something that may block a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gate {
    /// `maxGrantedCells`, `maxRevokedPercent`, `maxSpendIncrease`, `maxTeams`, `approvals`, or the name of a rule or invariant.
    pub id: String,
    /// What a closed one means.
    pub level: GateLevel,
    /// It is open.
    pub pass: bool,
    /// In one sentence.
    pub reason: String,
    /// The line that sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// What a closed gate means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateLevel {
    /// The change may not go on.
    Error,
    /// People should know.
    Warn,
}

/// Something that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lapse {
    /// In which environments.
    pub gateways: Vec<String>,
    /// `Kind/name`.
    pub document: String,
    /// When.
    pub on: String,
    /// What ends.
    pub what: String,
    /// The line.
    pub source: Source,
}

/// A file that `build` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestChange {
    /// Relative, with `/`.
    pub path: String,
    /// What happens to it.
    pub action: FileAction,
    /// Size, 0 where there was none.
    pub bytes_before: u64,
    /// Size, 0 where there is none.
    pub bytes_after: u64,
    /// A unified diff of text; empty for other files and where it would be too long.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub diff: String,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileAction {
    /// New.
    Create,
    /// Other content.
    Update,
    /// Gone.
    Delete,
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Names of gateways on either side.
    pub gateways: Vec<String>,
    /// Teams, users with own grants and callers whose teams changed; the greatest number of one gateway.
    pub callers: u64,
    /// Models; the greatest number of one gateway.
    pub models: u64,
    /// Callers × models, all gateways together.
    pub cells: u64,
    /// Every cell, endpoint, named subscription and time from now on was compared; who is in a group is the identity
    /// provider's business.
    pub exact: bool,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
