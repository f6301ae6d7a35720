//! What the names of expressions stand for, on a decision table.

use std::collections::BTreeMap;
use std::fmt;

use maas_schemas::abi::{Endpoint, Measure};
use maas_schemas::bundle::{OnStoreFailure, Price, PriceList, Provider, Upstream};
use maas_schemas::decision::UpstreamChoice;

use super::{Datum, Path, Tuple};
use crate::ceiling::{Amount, Bounds, Holder, Period};
use crate::ir::{ALWAYS, Ir, Limit, Model, NEVER, Organization, Subscription, Team, User};
use crate::normalize::window_name;

/// What an expression is asked about: a team, a model, a subscription, or a grant when all three are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// A team or user, by number.
    pub principal: Option<u32>,
    /// A model, by number.
    pub model: Option<u32>,
    /// A subscription, by number.
    pub subscription: Option<u32>,
}

/// The limits and endpoints of a grant.
pub(crate) struct GrantParts<'a> {
    pub(crate) limits: &'a [u32],
    pub(crate) endpoints: u16,
}

/// The parts of a decision table that expressions see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) organization: &'a Organization,
    pub(crate) teams: &'a [Team],
    pub(crate) users: &'a [User],
    pub(crate) models: &'a [Model],
    pub(crate) subscriptions: &'a [Subscription],
    pub(crate) limits: &'a [Limit],
    pub(crate) prices: &'a [PriceList],
    pub(crate) providers: &'a [Provider],
    pub(crate) upstreams: &'a [Upstream],
    pub(crate) routes: &'a [Vec<UpstreamChoice>],
    pub(crate) at_ms: i64,
}

/// Finds what a subscription gives for a model.
type FindGrant<'a> = Box<dyn Fn(u32, u32) -> Option<GrantParts<'a>> + 'a>;

/// The values of a decision table.
pub struct Values<'a> {
    pub(super) parts: Parts<'a>,
    /// By (subscription, model).
    grant: FindGrant<'a>,
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl<'a> Values<'a> {
    /// Returns the values of a decision table.
    #[must_use]
    pub fn of(ir: &'a Ir) -> Self {
        let parts = Parts {
            organization: &ir.organization,
            teams: &ir.teams,
            users: &ir.users,
            models: &ir.models,
            subscriptions: &ir.subscriptions,
            limits: &ir.limits,
            prices: &ir.prices,
            providers: &ir.providers,
            upstreams: &ir.upstreams,
            routes: &ir.routes,
            at_ms: ir.at_ms,
        };
        let grant = move |subscription: u32, model: u32| {
            // A subscription gives the same limits and endpoints of a model to all its principals.
            let principal = *ir.subscriptions.get(subscription as usize)?.principals.first()?;
            let grant = ir.candidates(principal, model).find(|grant| grant.subscription == subscription)?;
            Some(GrantParts { limits: &grant.limits, endpoints: grant.endpoints })
        };
        Self::new(parts, Box::new(grant))
    }

    pub(crate) fn new(parts: Parts<'a>, grant: FindGrant<'a>) -> Self {
        Self { parts, grant }
    }

    /// Returns the values at some paths.
    #[must_use]
    pub fn tuple(&self, paths: &[Path], subject: Subject) -> Tuple {
        paths.iter().map(|path| self.read(path, subject)).collect()
    }

    /// Returns the value at a path, if the subject has it.
    #[must_use]
    pub fn read(&self, path: &Path, subject: Subject) -> Option<Datum> {
        let Some((name, rest)) = path.fields().split_first() else { return self.whole(path.variable(), subject) };
        let field = self.field(path.variable(), name, subject)?;
        rest.iter().try_fold(field, |datum, name| match datum {
            Datum::Object(mut fields) | Datum::Map(mut fields) => fields.remove(name),
            Datum::Labels(mut labels) => Some(Datum::Text(labels.remove(name).unwrap_or_default())),
            _ => None,
        })
    }

    fn whole(&self, variable: &str, subject: Subject) -> Option<Datum> {
        let names = match variable {
            "organization" => ORGANIZATION,
            "team" => TEAM,
            "model" => MODEL,
            "subscription" => SUBSCRIPTION,
            "grant" => GRANT,
            _ => return None,
        };
        let field = |name: &&str| Some(((*name).to_owned(), self.field(variable, name, subject)?));
        Some(Datum::Object(names.iter().filter_map(field).collect()))
    }

    fn field(&self, variable: &str, name: &str, subject: Subject) -> Option<Datum> {
        match variable {
            "organization" => self.organization(name),
            "team" => self.team(subject.principal?, name),
            "model" => self.model(self.parts.models.get(subject.model? as usize)?, name),
            "subscription" => self.subscription(self.parts.subscriptions.get(subject.subscription? as usize)?, name),
            "grant" => self.grant(subject.principal?, subject.model?, subject.subscription?, name),
            _ => None,
        }
    }

    fn organization(&self, name: &str) -> Option<Datum> {
        let organization = self.parts.organization;
        Some(match name {
            "name" => Datum::text(&organization.name),
            "displayName" => Datum::text(&organization.display_name),
            "currency" => Datum::text(&organization.currency),
            "timeZone" => Datum::text(&organization.time_zone),
            "onStoreFailure" => Datum::text(match organization.on_store_failure {
                OnStoreFailure::Deny => "deny",
                OnStoreFailure::Share => "share",
                OnStoreFailure::Allow => "allow",
            }),
            "administrators" => Datum::object([("groups", Datum::texts(&organization.administrators))]),
            "dataRegions" => {
                let regions = organization.data_regions.iter();
                Datum::Map(regions.map(|(class, regions)| (class.clone(), Datum::texts(regions))).collect())
            }
            "limits" => self.limits(&organization.ceilings),
            _ => return None,
        })
    }

    fn team(&self, principal: u32, name: &str) -> Option<Datum> {
        let Some(team) = self.parts.teams.get(principal as usize) else {
            let user = self.parts.users.get((principal as usize).checked_sub(self.parts.teams.len())?)?;
            return user_field(user, name);
        };
        let parent = team.parent.and_then(|parent| self.parts.teams.get(parent as usize));
        Some(match name {
            "name" => Datum::text(&team.name),
            "labels" => Datum::Labels(team.labels.clone()),
            "displayName" => Datum::text(&team.display_name),
            "parent" => Datum::text(parent.map_or("", |parent| &parent.name)),
            "owners" => Datum::texts(&team.owners),
            "members" => Datum::object([
                ("groups", Datum::texts(&team.groups)),
                ("users", Datum::texts(&team.users)),
                ("serviceAccounts", Datum::texts(&team.service_accounts)),
            ]),
            "costCentre" => Datum::text(&team.cost_centre),
            "limits" => self.limits(&team.own_ceilings),
            _ => return None,
        })
    }

    fn model(&self, model: &Model, name: &str) -> Option<Datum> {
        Some(match name {
            "name" => Datum::text(&model.name),
            "labels" => Datum::Labels(model.labels.clone()),
            "displayName" => Datum::text(&model.display_name),
            "description" => Datum::text(&model.description),
            "tags" => Datum::texts(&model.tags),
            "owner" => Datum::text(&model.owner),
            "aliases" => Datum::texts(&model.aliases),
            "endpoints" => endpoints(model.endpoints),
            "visibility" => Datum::text(if model.hidden { "hidden" } else { "listed" }),
            "exposure" => Datum::text(&model.exposure),
            "dataClass" => Datum::text(&model.data_class),
            "lifecycle" => Datum::object([
                ("stage", Datum::text(&model.stage)),
                ("retiresAt", Datum::text(time(model.retires_at_ms))),
                ("replacedBy", Datum::text(&model.replaced_by)),
            ]),
            "capabilities" => Datum::texts(&model.capabilities),
            "contextWindow" => Datum::count(model.context_window),
            "maxOutputTokens" => bound(u64::from(model.max_output_tokens)),
            "price" => self.price(model),
            "upstreams" => self.upstreams(model),
            "timeouts" => Datum::object([
                ("firstByte", seconds(model.first_byte_timeout_ms)),
                ("total", seconds(model.total_timeout_ms)),
            ]),
            "retry" => {
                Datum::object([("attempts", Datum::number(model.attempts)), ("on", Datum::texts(&model.retry_on))])
            }
            "onDisconnect" => Datum::text(&model.on_disconnect),
            "providers" => Datum::texts(&model.providers),
            "regions" => Datum::texts(&model.regions),
            _ => return None,
        })
    }

    fn price(&self, model: &Model) -> Datum {
        let [input, cached_input, output] = self
            .price_of(model)
            .map_or([0; 3], |price| [price.input, price.cached_input, price.output].map(u128::from));
        Datum::object([
            ("input", Datum::money(input)),
            ("cachedInput", Datum::money(cached_input)),
            ("output", Datum::money(output)),
        ])
    }

    fn upstreams(&self, model: &Model) -> Datum {
        let upstream = |choice: &UpstreamChoice| {
            let upstream = self.parts.upstreams.get(choice.upstream as usize)?;
            let provider = self.parts.providers.get(upstream.provider as usize)?;
            Some(Datum::object([
                ("provider", Datum::text(&provider.name)),
                ("model", Datum::text(&upstream.model)),
                ("weight", Datum::number(choice.weight)),
                ("fallback", Datum::number(choice.tier)),
            ]))
        };
        let route = self.parts.routes.get(model.route as usize);
        Datum::List(route.into_iter().flatten().filter_map(upstream).collect())
    }

    fn subscription(&self, subscription: &Subscription, name: &str) -> Option<Datum> {
        let n_teams = self.parts.teams.len();
        let (teams, users): (Vec<usize>, Vec<usize>) =
            subscription.principals.iter().map(|number| *number as usize).partition(|number| *number < n_teams);
        Some(match name {
            "name" => Datum::text(&subscription.name),
            "labels" => Datum::Labels(subscription.labels.clone()),
            "teams" => {
                Datum::texts(teams.iter().filter_map(|number| self.parts.teams.get(*number)).map(|team| &team.name))
            }
            "users" => {
                let users = users.iter().filter_map(|number| self.parts.users.get(*number - n_teams));
                Datum::texts(users.map(|user| &user.name))
            }
            "models" => {
                let models = subscription.models.iter().filter_map(|number| self.parts.models.get(*number as usize));
                Datum::texts(models.map(|model| &model.name))
            }
            "endpoints" => endpoints(subscription.endpoints),
            "quota" => Datum::text(&subscription.quota),
            "priority" => Datum::number(subscription.priority),
            "startsAt" => Datum::text(time(subscription.starts_at_ms)),
            "expiresAt" => Datum::text(time(subscription.expires_at_ms)),
            "purpose" => Datum::text(&subscription.purpose),
            "costCentre" => Datum::text(&subscription.cost_centre),
            "keys" => Datum::object([
                ("maxLifetime", bound(subscription.max_key_lifetime_s)),
                ("maxPerUser", bound(u64::from(subscription.max_keys_per_user))),
            ]),
            "unlimited" => Datum::object([("reason", Datum::text(&subscription.unlimited))]),
            "exceed" => Datum::text(if subscription.shorten { "shorten" } else { "refuse" }),
            _ => return None,
        })
    }

    fn grant(&self, principal: u32, model: u32, subscription: u32, name: &str) -> Option<Datum> {
        let grant = (self.grant)(subscription, model)?;
        Some(match name {
            "ceiling" => self.ceiling(principal, self.parts.models.get(model as usize)?, &grant),
            "endpoints" => endpoints(grant.endpoints),
            "limits" => self.limits(grant.limits),
            _ => return None,
        })
    }

    /// Returns a subject in words.
    #[must_use]
    pub fn describe(&self, subject: Subject) -> String {
        let name = |variable: &str| match self.field(variable, "name", subject) {
            Some(Datum::Text(name)) => Some(format!("{variable} `{name}`")),
            _ => None,
        };
        let names: Vec<String> = ["team", "model", "subscription"].into_iter().filter_map(name).collect();
        names.join(", ")
    }

    /// Returns limits as expressions see them.
    pub(crate) fn limit_data(&self, numbers: &[u32]) -> Datum {
        self.limits(numbers)
    }

    /// Returns the models of a subscription with their names.
    pub(crate) fn models_of(&self, subscription: u32) -> Vec<(u32, &'a str)> {
        let subscription = self.parts.subscriptions.get(subscription as usize);
        let models = subscription.into_iter().flat_map(|subscription| &subscription.models);
        models.filter_map(|number| Some((*number, self.parts.models.get(*number as usize)?.name.as_str()))).collect()
    }

    /// Returns the limits of a grant.
    pub(super) fn grant_limits(&self, subscription: u32, model: u32) -> &'a [u32] {
        (self.grant)(subscription, model).map_or(&[], |grant| grant.limits)
    }

    fn ceiling(&self, principal: u32, model: &Model, grant: &GrantParts<'_>) -> Datum {
        let (ceilings, holder) = self.ceilings(principal);
        let price = self.price_of(model);
        let amount = |period| {
            let bounds = self.bounds(grant.limits, holder, period).and(self.bounds(ceilings, holder, period));
            amount(bounds.spend(price))
        };
        Datum::Object(Period::ALL.map(|period| (period.name().to_owned(), amount(period))).into())
    }

    /// Returns the price of a model that is in force.
    pub(super) fn price_of(&self, model: &Model) -> Option<&'a Price> {
        self.parts.prices.get(model.price? as usize)?.at(self.parts.at_ms)
    }

    /// Returns the bounds of limits by their numbers.
    pub(super) fn bounds(&self, numbers: &[u32], holder: Holder, period: Period) -> Bounds {
        let limits = numbers.iter().filter_map(|number| self.parts.limits.get(*number as usize));
        Bounds::of(limits, holder, period)
    }

    /// Returns the ceilings of a principal and what he is.
    pub(super) fn ceilings(&self, principal: u32) -> (&'a [u32], Holder) {
        let index = principal as usize;
        if let Some(team) = self.parts.teams.get(index) {
            return (&team.ceilings, Holder::Team);
        }
        let user = index.checked_sub(self.parts.teams.len()).and_then(|index| self.parts.users.get(index));
        (user.map_or(&[], |user| &user.ceilings), Holder::User)
    }

    fn limits(&self, numbers: &[u32]) -> Datum {
        Datum::List(numbers.iter().filter_map(|number| self.parts.limits.get(*number as usize)).map(limit).collect())
    }
}

/// Names of fields, for an expression that takes a variable as a whole.
const ORGANIZATION: &[&str] =
    &["name", "displayName", "currency", "timeZone", "onStoreFailure", "administrators", "dataRegions", "limits"];
const TEAM: &[&str] = &["name", "labels", "displayName", "parent", "owners", "members", "costCentre", "limits"];
const MODEL: &[&str] = &[
    "name",
    "labels",
    "displayName",
    "description",
    "tags",
    "owner",
    "aliases",
    "endpoints",
    "visibility",
    "exposure",
    "dataClass",
    "lifecycle",
    "capabilities",
    "contextWindow",
    "maxOutputTokens",
    "price",
    "upstreams",
    "timeouts",
    "retry",
    "onDisconnect",
    "providers",
    "regions",
];
const SUBSCRIPTION: &[&str] = &[
    "name",
    "labels",
    "teams",
    "users",
    "models",
    "endpoints",
    "quota",
    "priority",
    "startsAt",
    "expiresAt",
    "purpose",
    "costCentre",
    "keys",
    "unlimited",
    "exceed",
];
const GRANT: &[&str] = &["ceiling", "endpoints", "limits"];

/// A single user is a team of one, about which the policy says nothing else.
fn user_field(user: &User, name: &str) -> Option<Datum> {
    let none = || Datum::texts::<String>([]);
    Some(match name {
        "name" | "displayName" => Datum::text(&user.name),
        "labels" => Datum::Labels(BTreeMap::new()),
        "parent" | "costCentre" => Datum::text(""),
        "owners" => none(),
        "members" => {
            Datum::object([("groups", none()), ("users", Datum::texts([&user.name])), ("serviceAccounts", none())])
        }
        "limits" => Datum::List(Vec::new()),
        _ => return None,
    })
}

/// Returns money as expressions see it.
pub(super) fn amount(amount: Amount) -> Datum {
    amount.map_or(Datum::INFINITE, Datum::money)
}

fn limit(limit: &Limit) -> Datum {
    let amount = |measure| match limit.measure == measure {
        true if measure == Measure::Cost => Datum::money(u128::from(limit.amount)),
        true => Datum::count(limit.amount),
        false => Datum::INFINITE,
    };
    Datum::object([
        ("tokens", amount(Measure::Tokens)),
        ("requests", amount(Measure::Requests)),
        ("cost", amount(Measure::Cost)),
        ("concurrency", amount(Measure::Concurrency)),
        ("per", Datum::text(window_name(limit.window))),
        ("scope", Datum::text(limit.scope.name())),
        ("over", Datum::text(limit.over.name())),
        ("count", Datum::text(limit.count.name())),
    ])
}

fn endpoints(bits: u16) -> Datum {
    Datum::texts(Endpoint::ALL.iter().filter(|endpoint| bits & endpoint.bit() != 0).map(|endpoint| endpoint.name()))
}

/// 0 stands for no bound.
const fn bound(number: u64) -> Datum {
    if number == 0 { Datum::INFINITE } else { Datum::count(number) }
}

fn seconds(milliseconds: u64) -> Datum {
    let Datum::Number(number) = Datum::count(milliseconds) else { return Datum::INFINITE };
    Datum::number(number.0 / 1_000.0)
}

/// Returns a time as text in UTC, so that texts compare as times do; empty for none.
#[must_use]
pub(crate) fn time(time_ms: i64) -> String {
    if time_ms == ALWAYS || time_ms == NEVER {
        return String::new();
    }
    jiff::Timestamp::from_millisecond(time_ms).map_or_else(|_| String::new(), |time| time.to_string())
}
