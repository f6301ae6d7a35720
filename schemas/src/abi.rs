//! The numbers of the WebAssembly ABI 1.0: names of exports, addresses, reasons and the codes of enumerations.
//!
//! Prose: `abi.md` beside this crate. A number that stands here is never reused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `major << 16 | minor`, what `maas_abi` returns.
pub const ABI_VERSION: u32 = 1 << 16;
/// Names of the exported functions, globals and memory.
pub mod export {
    /// `() -> i32`
    pub const ABI: &str = "maas_abi";
    /// `(req_len: i32) -> i32`
    pub const DECIDE: &str = "maas_decide";
    /// `(req_len: i32) -> i32`
    pub const VISIBLE: &str = "maas_visible";
    /// `(req_len: i32) -> i32`
    pub const TEAMS: &str = "maas_teams";
    /// Address of the request.
    pub const REQUEST: &str = "maas_req";
    /// Capacity of the request in bytes.
    pub const REQUEST_CAPACITY: &str = "maas_req_cap";
    /// Address of the result.
    pub const RESULT: &str = "maas_res";
    /// Capacity of the result in bytes.
    pub const RESULT_CAPACITY: &str = "maas_res_cap";
    /// The one memory.
    pub const MEMORY: &str = "memory";
    /// Module of the functions that Envoy gives (proxy-wasm 0.2.1).
    pub const PROXY_MODULE: &str = "env";
    /// Functions that a module for Envoy imports, in order, with their number of `i32` parameters; all answer an `i32`.
    pub const PROXY_IMPORTS: &[(&str, usize)] = &[
        ("proxy_get_header_map_value", 5),
        ("proxy_replace_header_map_value", 5),
        ("proxy_send_local_response", 8),
        ("proxy_get_property", 4),
        ("proxy_get_current_time_nanoseconds", 1),
    ];
    /// Functions that a module for Envoy exports beside ours, with their numbers of `i32` parameters and results.
    pub const PROXY_EXPORTS: &[(&str, usize, usize)] = &[
        ("proxy_abi_version_0_2_1", 0, 0),
        ("proxy_on_memory_allocate", 1, 1),
        ("proxy_on_vm_start", 2, 1),
        ("proxy_on_configure", 2, 1),
        ("proxy_on_context_create", 2, 0),
        ("proxy_on_request_headers", 3, 1),
    ];
}
/// Where the module writes its result.
pub const RESULT_ADDRESS: u32 = 0x0400;
/// How many bytes a result may take.
pub const RESULT_CAPACITY: u32 = 3_072;
/// Where the host writes the request.
pub const REQUEST_ADDRESS: u32 = 0x1000;
/// How many bytes a request may take.
pub const REQUEST_CAPACITY: u32 = 16_384;
/// Scratch of the module: the team set of one decision.
pub const SCRATCH_ADDRESS: u32 = 0x6000;
/// End of the scratch.
pub const SCRATCH_END: u32 = 0xF000;
/// Where the directory of tables starts.
pub const TABLES_ADDRESS: u32 = 0x1_0000;
/// Bytes of a request before its attributes.
pub const REQUEST_HEADER: usize = 24;
/// Bytes of one attribute.
pub const ATTRIBUTE_SIZE: usize = 8;
/// How many attributes one request may carry.
pub const MAX_ATTRIBUTES: usize = 512;
/// How many teams one request may carry, and how many principals one identity may have.
pub const MAX_TEAMS: usize = 64;
/// The longest string of a request in bytes.
pub const MAX_STRING: usize = 1_024;
/// Bytes of a result before its limits.
pub const RESULT_HEADER: usize = 48;
/// Bytes of one limit.
pub const LIMIT_SIZE: usize = 40;
/// Bytes of one upstream.
pub const UPSTREAM_SIZE: usize = 16;
/// How many limits one decision may carry.
pub const MAX_LIMITS: usize = 32;
/// How many upstreams one decision may carry.
pub const MAX_UPSTREAMS: usize = 16;
/// How many subscriptions may grant one cell.
pub const MAX_CANDIDATES: usize = 255;
/// "Not known" in an index field.
pub const NONE: u32 = u32::MAX;
/// The most models of one bundle.
pub const MAX_MODELS: u32 = 24_500;
/// The largest module in bytes, as a file and as memory.
pub const MAX_MODULE: usize = 64 << 20;
/// Most pairs of the self-test.
pub const MAX_VECTORS: usize = 256;
/// The format of the tables, in their directory.
pub const TABLE_FORMAT: u16 = 1;
/// Bytes of one record of each table, in the order of the directory.
pub const TABLE_STRIDES: [u16; 20] = [4, 16, 4, 16, 4, 16, 4, 16, 4, 12, 20, 8, 1, 8, 4, 48, 4, 40, 8, 16];
/// Zero bytes behind the last table.
pub const TABLES_PADDING: u32 = 64;
/// Digests of programs (`code_digest` of a manifest) that were audited and released; other programs are checked
/// instruction by instruction.
pub const KNOWN_PROGRAMS: &[&str] = &["sha256:2da9411fb6138f815ad4a5ba6d88134122a6198bdb1053611e1b3361d8e35b30"];

/// Keys of the attributes of a request, ascending in the encoding.
pub mod attribute {
    /// The model or alias as the client sent it.
    pub const MODEL: u16 = 1;
    /// The key's subscription, or the header `X-MaaS-Subscription`.
    pub const SUBSCRIPTION: u16 = 2;
    /// A team; may repeat.
    pub const TEAM: u16 = 3;
    /// `provider:subject`.
    pub const USER: u16 = 4;
    /// `provider:group`; may repeat.
    pub const GROUP: u16 = 5;
    /// `namespace/name`.
    pub const SERVICE_ACCOUNT: u16 = 6;
}

/// Declares an enumeration whose members have a code on the wire and a name for people.
macro_rules! coded {
    ($(#[$meta:meta])* $name:ident : $int:ty { $( $(#[$vmeta:meta])* $variant:ident = $code:literal, $text:literal; )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $text)] $variant = $code, )* }

        impl $name {
            /// All members, in the order of their codes.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Returns the number that stands for it on the wire.
            #[must_use]
            pub const fn code(self) -> $int { self as $int }

            /// Returns the member with this number.
            #[must_use]
            pub const fn from_code(code: $int) -> Option<Self> {
                match code { $( $code => Some(Self::$variant), )* _ => None }
            }

            /// Returns the name that people read and policies write.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }

            /// Returns the member with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $text => Some(Self::$variant), )* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.name()) }
        }
    };
}

coded! {
    /// What a client calls.
    Endpoint: u16 {
        /// `/v1/chat/completions`
        Chat = 1, "chat";
        /// `/v1/completions`
        Completions = 2, "completions";
        /// `/v1/embeddings`
        Embeddings = 3, "embeddings";
        /// `/v1/responses`
        Responses = 4, "responses";
        /// `/v1/messages`
        Messages = 5, "messages";
        /// `/v1/messages/count_tokens`
        CountTokens = 6, "count_tokens";
    }
}

impl Endpoint {
    /// Returns the bit of this endpoint in a set of endpoints.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

coded! {
    /// Why a request is allowed or refused. Numbers from 256 belong to the host.
    Reason: u16 {
        /// Granted.
        Allow = 0, "allow";
        /// The host's request does not follow the ABI.
        Malformed = 1, "malformed";
        /// No identity in the request.
        NotIdentified = 2, "not-identified";
        /// The identity belongs to no team and has no grant of its own.
        NoTeam = 3, "no-team";
        /// No such model, or a draft.
        UnknownModel = 4, "unknown-model";
        /// No subscription grants this model to the caller.
        NotGranted = 5, "not-granted";
        /// The subscription has not started.
        NotStarted = 6, "not-started";
        /// The subscription has ended.
        Ended = 7, "ended";
        /// An approval that the grant needs has lapsed.
        ApprovalLapsed = 8, "approval-lapsed";
        /// The caller named another subscription.
        OtherSubscription = 9, "other-subscription";
        /// The model or subscription does not serve this endpoint.
        EndpointNotServed = 10, "endpoint-not-served";
        /// The model is retired.
        ModelRetired = 11, "model-retired";
        /// The request can never fit a limit.
        RequestTooLarge = 256, "request-exceeds-limit";
        /// A limit of at most 120 seconds is used up.
        RateLimited = 257, "rate-limit-exceeded";
        /// A longer limit is used up.
        QuotaExhausted = 258, "insufficient-quota";
        /// Too many requests at once.
        ConcurrencyLimited = 259, "concurrency-limit";
        /// The counter store does not answer.
        StoreUnavailable = 260, "quota-store-unavailable";
        /// No upstream answered.
        UpstreamError = 261, "upstream-error";
        /// No upstream answered in time.
        UpstreamTimeout = 262, "upstream-timeout";
        /// The policy module could not decide.
        PolicyUnavailable = 263, "policy-unavailable";
        /// The provider refused our credential.
        UpstreamAuth = 264, "upstream-auth";
        /// The provider limits us.
        UpstreamRateLimited = 265, "upstream-rate-limited";
        /// The client went away.
        ClientGone = 266, "client-gone";
        /// The request itself is wrong.
        BadRequest = 267, "bad-request";
    }
}

impl Reason {
    /// Returns the HTTP status that goes with a reason of the policy, 0 for `allow` and for the host's own reasons.
    ///
    /// `hidden`: the model's `visibility` is `hidden`, so that a caller without access learns nothing.
    #[must_use]
    pub const fn http(self, hidden: bool) -> u16 {
        match self {
            Self::Malformed => 503,
            Self::NotIdentified => 401,
            Self::NoTeam | Self::NotGranted => {
                if hidden {
                    404
                } else {
                    403
                }
            }
            Self::UnknownModel | Self::EndpointNotServed | Self::ModelRetired => 404,
            Self::NotStarted | Self::Ended | Self::ApprovalLapsed | Self::OtherSubscription => 403,
            _ => 0,
        }
    }
}

coded! {
    /// What a limit counts.
    Measure: u8 {
        /// Tokens; which ones says [`Count`].
        Tokens = 1, "tokens";
        /// Requests.
        Requests = 2, "requests";
        /// Money in 10⁻⁹ of the currency.
        Cost = 3, "cost";
        /// Requests at the same time.
        Concurrency = 4, "concurrency";
    }
}

coded! {
    /// Which tokens a token limit counts; `none` for other measures.
    Count: u8 {
        /// Not a token limit.
        None = 0, "none";
        /// Input and output.
        Total = 1, "total";
        /// Input only.
        Input = 2, "input";
        /// Output only.
        Output = 3, "output";
    }
}

coded! {
    /// Whose counter a limit is.
    Scope: u8 {
        /// Each API key has its own; a caller without a key counts as a user.
        Key = 1, "key";
        /// Each user or service account has its own.
        User = 2, "user";
        /// Each team has its own.
        Team = 3, "team";
        /// All callers together.
        Organization = 4, "organization";
    }
}

coded! {
    /// What is added up in one counter.
    Over: u8 {
        /// Each model has its own counter.
        Model = 1, "model";
        /// All models of the subscription together.
        Subscription = 2, "subscription";
        /// Everything: ceilings.
        Everything = 3, "everything";
    }
}

coded! {
    /// The kind of window in which a limit counts.
    WindowKind: u8 {
        /// No window: concurrency.
        None = 0, "none";
        /// A fixed length, aligned to the Unix epoch.
        Fixed = 1, "fixed";
        /// A calendar day in the organization's time zone.
        Day = 2, "day";
        /// A calendar week, from Monday.
        Week = 3, "week";
        /// A calendar month.
        Month = 4, "month";
    }
}

/// Flag of a limit: a cap that the client asked for and that does not fit is shortened instead of refused.
pub const LIMIT_SHORTEN: u8 = 1;
/// Flag of a limit: it is a ceiling of a team or of the organization.
pub const LIMIT_CEILING: u8 = 2;

/// Obligation: answer with a `Deprecation` header.
pub const OBLIGATION_DEPRECATED: u32 = 1;
