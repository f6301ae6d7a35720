//! `Model`: a governed name clients ask for.

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::{Span, Spanned};

use super::{Entries, Text};

/// `Model.spec`.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// For people.
    pub display_name: Option<Text>,
    /// For people.
    pub description: Option<Text>,
    /// For people.
    pub tags: Vec<Text>,
    /// The team that answers for it.
    pub owner: Option<Text>,
    /// Other names that clients send.
    pub aliases: Vec<Text>,
    /// What it serves; `chat` when it says nothing.
    pub endpoints: Option<Vec<Spanned<Endpoint>>>,
    /// `visibility: hidden`.
    pub hidden: Option<Spanned<bool>>,
    /// Who may see its answers.
    pub exposure: Option<Spanned<Exposure>>,
    /// What may be sent to it.
    pub data_class: Option<Spanned<DataClass>>,
    /// Draft to retired.
    pub lifecycle: Lifecycle,
    /// What it can do: `tools`, `vision`, `json`.
    pub capabilities: Vec<Text>,
    /// Input and output together, in tokens.
    pub context_window: Option<Text>,
    /// The most output tokens of one request.
    pub max_output_tokens: Option<Text>,
    /// Prices: one, or a list with `from` dates.
    pub price: Vec<Price>,
    /// Where requests go.
    pub upstreams: Vec<UpstreamLine>,
    /// Deadlines.
    pub timeouts: Timeouts,
    /// When to try again.
    pub retry: Option<Retry>,
    /// What happens when the client goes away.
    pub on_disconnect: Option<Spanned<OnDisconnect>>,
    /// Bounds and defaults of request parameters.
    pub parameters: Entries<ParameterBounds>,
}

/// Who may see a model's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum Exposure {
    #[default]
    Internal,
    CustomerFacing,
    Public,
}

impl Exposure {
    /// All members with the words of the language.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Internal, "internal"), (Self::CustomerFacing, "customer-facing"), (Self::Public, "public")];

    /// Returns the word of the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::CustomerFacing => "customer-facing",
            Self::Public => "public",
        }
    }
}

/// What may be sent to a model, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum DataClass {
    Public,
    #[default]
    Internal,
    Confidential,
    Restricted,
}

impl DataClass {
    /// All members with the words of the language.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Public, "public"),
        (Self::Internal, "internal"),
        (Self::Confidential, "confidential"),
        (Self::Restricted, "restricted"),
    ];

    /// Returns the word of the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

/// `lifecycle`.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// `approved` when it says nothing.
    pub stage: Option<Spanned<Stage>>,
    /// When it is retired.
    pub retires_at: Option<Text>,
    /// The model that replaces it.
    pub replaced_by: Option<Text>,
}

/// Stage of a model's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of the language")]
pub enum Stage {
    Draft,
    #[default]
    Approved,
    Deprecated,
    Retired,
}

impl Stage {
    /// All members with the words of the language.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Draft, "draft"),
        (Self::Approved, "approved"),
        (Self::Deprecated, "deprecated"),
        (Self::Retired, "retired"),
    ];

    /// Returns the word of the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }
}

/// Prices per million tokens.
#[derive(Clone, Debug)]
pub struct Price {
    /// The whole entry.
    pub span: Span,
    /// From when; the first entry of a list may leave it out.
    pub from: Option<Text>,
    /// Input tokens.
    pub input: Text,
    /// Input tokens that the provider had cached; as `input` when it says nothing.
    pub cached_input: Option<Text>,
    /// Output tokens; 0 when it says nothing.
    pub output: Option<Text>,
}

/// One of `upstreams`.
#[derive(Clone, Debug)]
pub struct UpstreamLine {
    /// The whole entry.
    pub span: Span,
    /// A `Provider`.
    pub provider: Text,
    /// The model's name there; the document's name when it says nothing.
    pub model: Option<Text>,
    /// Share among the primary ones.
    pub weight: Option<Text>,
    /// Tier of a fallback, from 1.
    pub fallback: Option<Text>,
}

/// `timeouts`.
#[derive(Clone, Debug, Default)]
pub struct Timeouts {
    /// Until the first byte of the answer.
    pub first_byte: Option<Text>,
    /// For the whole answer.
    pub total: Option<Text>,
}

/// `retry`.
#[derive(Clone, Debug)]
pub struct Retry {
    /// How often one upstream is tried.
    pub attempts: Option<Text>,
    /// On what: `connect`, `timeout`, `429`, `5xx`.
    pub on: Vec<Text>,
}

/// What happens when the client goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// Read the answer to its end, so that its usage is exact.
    Drain,
    /// Stop at once; usage is estimated.
    Cancel,
}

/// Bounds and default of one parameter.
#[derive(Clone, Debug, Default)]
pub struct ParameterBounds {
    /// Smallest allowed.
    pub min: Option<Text>,
    /// Largest allowed.
    pub max: Option<Text>,
    /// Written when the client says nothing.
    pub default: Option<Text>,
}
