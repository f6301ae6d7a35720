//! What expressions may read: every path with its type, as data, so that values can be bound to exactly these.

use crate::hir::ForEach;

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A double, also where only whole numbers occur.
    Number,
    /// A text; `""` when it is not set.
    Text,
    /// A point in time as text in UTC (`2026-11-01T00:00:00Z`), so that `<` compares times; `""` when it is not set.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list.
    List(&'static Type),
    /// A mapping with keys that the policy chooses; of labels a key that is not set reads as `""`.
    Map(&'static Type),
    /// A mapping with these fields, all of them always there.
    Object(&'static [Field]),
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it reads when the policy says nothing.
    pub unset: Unset,
}

/// What a field reads when the policy says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The default of the language, or it is always said.
    Default,
    /// `""`, `0`, `false`, an empty list or mapping.
    Empty,
    /// Infinity: nothing bounds it.
    Infinite,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `when` of `approvals.required`.
    Requirement,
    /// `where` and `must` of an `Invariant`.
    Invariant(ForEach),
}

impl Place {
    /// Returns the variables that an expression at this place may name.
    #[must_use]
    pub const fn variables(self) -> &'static [Field] {
        match self {
            Self::Requirement | Self::Invariant(ForEach::Grant) => GRANT_VARIABLES,
            Self::Invariant(ForEach::Model) => MODEL_VARIABLES,
            Self::Invariant(ForEach::Team) => TEAM_VARIABLES,
            Self::Invariant(ForEach::Subscription) => SUBSCRIPTION_VARIABLES,
        }
    }
}

/// Returns the type at a dotted path (`model.price.input`; `team.labels.division`), if there is one at this place.
#[must_use]
pub fn type_of(place: Place, path: &str) -> Option<Type> {
    let mut parts = path.split('.');
    let mut ty = find(place.variables(), parts.next()?)?.ty;
    loop {
        match ty {
            Type::Object(fields) => match parts.next() {
                Some(name) => ty = find(fields, name)?.ty,
                None => return Some(ty),
            },
            // The rest of the path is one key, dots and all.
            Type::Map(value) => return Some(if parts.next().is_some() { *value } else { ty }),
            _ => return parts.next().is_none().then_some(ty),
        }
    }
}

fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

const fn field(name: &'static str, ty: Type) -> Field {
    Field { name, ty, unset: Unset::Default }
}

const fn optional(name: &'static str, ty: Type) -> Field {
    Field { name, ty, unset: Unset::Empty }
}

const fn bound(name: &'static str) -> Field {
    Field { name, ty: Type::Number, unset: Unset::Infinite }
}

const TEXTS: Type = Type::List(&Type::Text);
const LABELS: Type = Type::Map(&Type::Text);
const ENDPOINTS: Type = Type::List(&Type::Word(ENDPOINT));
const LIMITS: Type = Type::List(&Type::Object(LIMIT));

/// Words of `endpoints`.
pub(super) const ENDPOINT: &[&str] = &["chat", "completions", "embeddings", "responses", "messages", "count_tokens"];
/// Words of `exposure`.
pub(super) const EXPOSURE: &[&str] = &["internal", "customer-facing", "public"];
/// Words of `dataClass`.
pub(super) const DATA_CLASS: &[&str] = &["public", "internal", "confidential", "restricted"];
/// Words of `lifecycle.stage`.
pub(super) const STAGE: &[&str] = &["draft", "approved", "deprecated", "retired"];
const VISIBILITY: &[&str] = &["listed", "hidden"];
const ON_DISCONNECT: &[&str] = &["drain", "cancel"];
const ON_STORE_FAILURE: &[&str] = &["deny", "share", "allow"];
const EXCEED: &[&str] = &["refuse", "shorten"];
/// Words of `scope`.
pub(super) const SCOPE: &[&str] = &["key", "user", "team", "organization"];
/// Words of `over`; ceilings add up everything.
pub(super) const OVER: &[&str] = &["model", "subscription", "everything"];
/// Words of `count`.
pub(super) const COUNT: &[&str] = &["none", "total", "input", "output"];

static GRANT_VARIABLES: &[Field] = &[
    field("organization", Type::Object(ORGANIZATION)),
    field("team", Type::Object(TEAM)),
    field("model", Type::Object(MODEL)),
    field("subscription", Type::Object(SUBSCRIPTION)),
    field("grant", Type::Object(GRANT)),
];
static MODEL_VARIABLES: &[Field] =
    &[field("organization", Type::Object(ORGANIZATION)), field("model", Type::Object(MODEL))];
static TEAM_VARIABLES: &[Field] =
    &[field("organization", Type::Object(ORGANIZATION)), field("team", Type::Object(TEAM))];
static SUBSCRIPTION_VARIABLES: &[Field] =
    &[field("organization", Type::Object(ORGANIZATION)), field("subscription", Type::Object(SUBSCRIPTION))];

/// A line of limits. Of the four measures one is a number, the others are infinite: what they do not bound.
const LIMIT: &[Field] = &[
    bound("tokens"),
    bound("requests"),
    bound("cost"),
    bound("concurrency"),
    optional("per", Type::Text),
    field("scope", Type::Word(SCOPE)),
    field("over", Type::Word(OVER)),
    field("count", Type::Word(COUNT)),
];

const ORGANIZATION: &[Field] = &[
    field("name", Type::Text),
    optional("displayName", Type::Text),
    field("currency", Type::Text),
    field("timeZone", Type::Text),
    field("onStoreFailure", Type::Word(ON_STORE_FAILURE)),
    field("administrators", Type::Object(&[optional("groups", TEXTS)])),
    optional("dataRegions", Type::Map(&TEXTS)),
    optional("limits", LIMITS),
];

const TEAM: &[Field] = &[
    field("name", Type::Text),
    optional("labels", LABELS),
    field("displayName", Type::Text),
    optional("parent", Type::Text),
    optional("owners", TEXTS),
    field(
        "members",
        Type::Object(&[optional("groups", TEXTS), optional("users", TEXTS), optional("serviceAccounts", TEXTS)]),
    ),
    // The team's own, or the nearest parent's.
    optional("costCentre", Type::Text),
    optional("limits", LIMITS),
];

const MODEL: &[Field] = &[
    field("name", Type::Text),
    optional("labels", LABELS),
    field("displayName", Type::Text),
    optional("description", Type::Text),
    optional("tags", TEXTS),
    optional("owner", Type::Text),
    optional("aliases", TEXTS),
    field("endpoints", ENDPOINTS),
    field("visibility", Type::Word(VISIBILITY)),
    field("exposure", Type::Word(EXPOSURE)),
    field("dataClass", Type::Word(DATA_CLASS)),
    field(
        "lifecycle",
        Type::Object(&[
            field("stage", Type::Word(STAGE)),
            optional("retiresAt", Type::Time),
            optional("replacedBy", Type::Text),
        ]),
    ),
    optional("capabilities", TEXTS),
    // 0 when it is not known.
    optional("contextWindow", Type::Number),
    bound("maxOutputTokens"),
    // The price on the day of the compilation; 0 without one.
    field(
        "price",
        Type::Object(&[
            optional("input", Type::Number),
            optional("cachedInput", Type::Number),
            optional("output", Type::Number),
        ]),
    ),
    optional(
        "upstreams",
        Type::List(&Type::Object(&[
            field("provider", Type::Text),
            field("model", Type::Text),
            field("weight", Type::Number),
            optional("fallback", Type::Number),
        ])),
    ),
    // In seconds.
    field("timeouts", Type::Object(&[field("firstByte", Type::Number), field("total", Type::Number)])),
    field("retry", Type::Object(&[field("attempts", Type::Number), field("on", TEXTS)])),
    field("onDisconnect", Type::Word(ON_DISCONNECT)),
    optional("providers", TEXTS),
    optional("regions", TEXTS),
];

const SUBSCRIPTION: &[Field] = &[
    field("name", Type::Text),
    optional("labels", LABELS),
    optional("teams", TEXTS),
    optional("users", TEXTS),
    optional("models", TEXTS),
    field("endpoints", ENDPOINTS),
    optional("quota", Type::Text),
    optional("priority", Type::Number),
    optional("startsAt", Type::Time),
    optional("expiresAt", Type::Time),
    optional("purpose", Type::Text),
    optional("costCentre", Type::Text),
    // `maxLifetime` in seconds.
    field("keys", Type::Object(&[bound("maxLifetime"), bound("maxPerUser")])),
    field("unlimited", Type::Object(&[optional("reason", Type::Text)])),
    field("exceed", Type::Word(EXCEED)),
];

const GRANT: &[Field] = &[
    // The money that one team can spend through the grant; a month has 31 days.
    field("ceiling", Type::Object(&[bound("hour"), bound("day"), bound("month")])),
    field("endpoints", ENDPOINTS),
    optional("limits", LIMITS),
];
