//! A request to the policy module and its answer, as values and as the bytes that cross the ABI.

use serde::{Deserialize, Serialize};

use crate::abi::{
    ATTRIBUTE_SIZE, Count, Endpoint, LIMIT_SIZE, MAX_ATTRIBUTES, MAX_STRING, MAX_TEAMS, Measure, NONE, Over,
    REQUEST_CAPACITY, REQUEST_HEADER, RESULT_HEADER, Reason, Scope, UPSTREAM_SIZE, WindowKind, attribute,
};

/// Who asks for what, and when. Limits are outputs of a decision, so no count and no price stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// What is called; `None` where no endpoint is asked (`maas_visible`, `maas_teams`).
    pub endpoint: Option<Endpoint>,
    /// Unix time in milliseconds.
    pub now_ms: i64,
    /// The model or alias as the client sent it.
    pub model: Option<String>,
    /// The subscription that the key is bound to or that the client named.
    pub subscription: Option<String>,
    /// If not empty: these are the caller's teams, whatever the identity says.
    pub teams: Vec<String>,
    /// `provider:subject`.
    pub user: Option<String>,
    /// `provider:group`, each.
    pub groups: Vec<String>,
    /// `namespace/name`.
    pub service_account: Option<String>,
}

/// Why a request cannot be put into the bytes of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A string is longer than [`MAX_STRING`].
    StringTooLong,
    /// More than [`MAX_TEAMS`] teams or [`MAX_ATTRIBUTES`] attributes.
    TooManyAttributes,
    /// More than [`REQUEST_CAPACITY`] bytes in all.
    TooLarge,
}

impl std::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StringTooLong => "a name in the request is longer than 1024 bytes",
            Self::TooManyAttributes => "the caller has too many teams or groups",
            Self::TooLarge => "the caller's identity does not fit 16384 bytes",
        })
    }
}

impl std::error::Error for EncodeError {}

impl Request {
    /// Writes the bytes of the ABI (`abi.md`, "Request") into `out`, replacing what was there.
    ///
    /// # Errors
    /// When the request exceeds a limit of the ABI; `out` is then empty.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.clear();
        let attributes = self.attributes()?;
        let n_attributes = u16::try_from(attributes.len()).map_err(|_| EncodeError::TooManyAttributes)?;
        let mut offset = REQUEST_HEADER + attributes.len() * ATTRIBUTE_SIZE;
        let size = offset + attributes.iter().map(|(_, text)| text.len()).sum::<usize>();
        let size = u32::try_from(size).ok().filter(|size| *size <= REQUEST_CAPACITY).ok_or(EncodeError::TooLarge)?;
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&self.endpoint.map_or(0, Endpoint::code).to_le_bytes());
        out.extend_from_slice(&n_attributes.to_le_bytes());
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&self.now_ms.to_le_bytes());
        for (key, text) in &attributes {
            let length = u16::try_from(text.len()).map_err(|_| EncodeError::StringTooLong)?;
            let start = u32::try_from(offset).map_err(|_| EncodeError::TooLarge)?;
            out.extend_from_slice(&key.to_le_bytes());
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&start.to_le_bytes());
            offset += text.len();
        }
        for (_, text) in &attributes {
            out.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }

    /// Returns the attributes in the order of the ABI.
    fn attributes(&self) -> Result<Vec<(u16, &str)>, EncodeError> {
        let mut attributes: Vec<(u16, &str)> = Vec::new();
        attributes.extend(self.model.as_deref().map(|text| (attribute::MODEL, text)));
        attributes.extend(self.subscription.as_deref().map(|text| (attribute::SUBSCRIPTION, text)));
        attributes.extend(self.teams.iter().map(|text| (attribute::TEAM, text.as_str())));
        attributes.extend(self.user.as_deref().map(|text| (attribute::USER, text)));
        attributes.extend(self.groups.iter().map(|text| (attribute::GROUP, text.as_str())));
        attributes.extend(self.service_account.as_deref().map(|text| (attribute::SERVICE_ACCOUNT, text)));
        if self.teams.len() > MAX_TEAMS || attributes.len() > MAX_ATTRIBUTES {
            return Err(EncodeError::TooManyAttributes);
        }
        if attributes.iter().any(|(_, text)| text.len() > MAX_STRING) {
            return Err(EncodeError::StringTooLong);
        }
        Ok(attributes)
    }
}

/// The whole answer to a [`Request`]. Indices are valid inside one bundle only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// The status that goes with the reason, 0 for allow.
    pub http: u16,
    /// The line that granted or came closest: an index into the source map, or `None`.
    pub rule: Option<u32>,
    /// The team that is charged.
    pub team: Option<u32>,
    /// The subscription that granted or came closest.
    pub subscription: Option<u32>,
    /// The model, once known.
    pub model: Option<u32>,
    /// The route of the model, in the manifest; only when allowed.
    pub route: Option<u32>,
    /// The price list of the model, in the manifest; only when allowed.
    pub price: Option<u32>,
    /// The policy's cap on output tokens, 0 for none.
    pub max_output_tokens: u32,
    /// Bits `OBLIGATION_*`.
    pub obligations: u32,
    /// Every limit that the request must fit: the subscription's, the team's, each parent team's, the organization's.
    pub limits: Vec<Limit>,
    /// In the order to try: tiers ascend.
    pub upstreams: Vec<UpstreamChoice>,
}

/// One limit of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit {
    /// The stable name of the counter (`abi.md`, "Counter keys").
    pub key: u64,
    /// How much; money in 10⁻⁹ of the currency.
    pub amount: u64,
    /// Length of a fixed window in seconds, else 0.
    pub window_s: u32,
    /// What is counted.
    pub measure: Measure,
    /// Which tokens.
    pub count: Count,
    /// Whose counter it is.
    pub scope: Scope,
    /// What is added up in it.
    pub over: Over,
    /// The kind of window.
    pub window: WindowKind,
    /// Bits `LIMIT_*`.
    pub flags: u8,
    /// The team whose counter it is (ceilings of teams); `None`: the caller's own key, user or team, or the organization.
    pub owner: Option<u32>,
    /// Index of the name of the limit, for messages.
    pub name: u32,
    /// The line that a refusal names.
    pub rule: u32,
}

/// One upstream of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UpstreamChoice {
    /// Index in the manifest.
    pub upstream: u32,
    /// Share inside its tier.
    pub weight: u16,
    /// 0 primary, then fallbacks.
    pub tier: u8,
    /// Reserved, 0.
    pub flags: u8,
    /// The line that named it.
    pub rule: u32,
}

/// Why bytes are no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError(pub &'static str);

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the policy module returned a malformed result: {}", self.0)
    }
}

impl std::error::Error for DecodeError {}

impl Decision {
    /// Returns a refusal that knows nothing but its reason.
    #[must_use]
    pub const fn refusal(reason: Reason, hidden: bool) -> Self {
        Self {
            reason,
            http: reason.http(hidden),
            rule: None,
            team: None,
            subscription: None,
            model: None,
            route: None,
            price: None,
            max_output_tokens: 0,
            obligations: 0,
            limits: Vec::new(),
            upstreams: Vec::new(),
        }
    }

    /// Says whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.reason == Reason::Allow
    }

    /// Returns the bytes of the ABI (`abi.md`, "Result").
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let size = RESULT_HEADER + self.limits.len() * LIMIT_SIZE + self.upstreams.len() * UPSTREAM_SIZE;
        let mut out = Vec::with_capacity(size);
        put_u32(&mut out, u32::try_from(size).unwrap_or(u32::MAX));
        out.extend_from_slice(&self.reason.code().to_le_bytes());
        out.extend_from_slice(&self.http.to_le_bytes());
        for index in [self.rule, self.team, self.subscription, self.model, self.route, self.price] {
            put_u32(&mut out, index.unwrap_or(NONE));
        }
        put_u32(&mut out, self.max_output_tokens);
        put_u32(&mut out, self.obligations);
        out.extend_from_slice(&u16::try_from(self.limits.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(&u16::try_from(self.upstreams.len()).unwrap_or(u16::MAX).to_le_bytes());
        put_u32(&mut out, 0);
        for limit in &self.limits {
            limit.encode_into(&mut out);
        }
        for upstream in &self.upstreams {
            upstream.encode_into(&mut out);
        }
        out
    }

    /// Reads the bytes of the ABI; trailing bytes within `size` that this version does not know are ignored.
    ///
    /// # Errors
    /// When a length, a code or an enumeration is not one of the ABI.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader { bytes };
        let size = reader.u32()?;
        if usize::try_from(size).ok().is_none_or(|size| size < RESULT_HEADER || size > bytes.len()) {
            return Err(DecodeError("size"));
        }
        let reason = Reason::from_code(reader.u16()?).ok_or(DecodeError("reason"))?;
        let http = reader.u16()?;
        let [rule, team, subscription, model, route, price] =
            [reader.index()?, reader.index()?, reader.index()?, reader.index()?, reader.index()?, reader.index()?];
        let max_output_tokens = reader.u32()?;
        let obligations = reader.u32()?;
        let n_limits = reader.u16()?;
        let n_upstreams = reader.u16()?;
        reader.u32()?;
        let limits = (0..n_limits).map(|_| Limit::decode(&mut reader)).collect::<Result<_, _>>()?;
        let upstreams = (0..n_upstreams).map(|_| UpstreamChoice::decode(&mut reader)).collect::<Result<_, _>>()?;
        Ok(Self {
            reason,
            http,
            rule,
            team,
            subscription,
            model,
            route,
            price,
            max_output_tokens,
            obligations,
            limits,
            upstreams,
        })
    }
}

impl Limit {
    /// Appends the 40 bytes of the ABI.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.amount.to_le_bytes());
        put_u32(out, self.window_s);
        out.extend_from_slice(&[
            self.measure.code(),
            self.count.code(),
            self.scope.code(),
            self.over.code(),
            self.window.code(),
            self.flags,
            0,
            0,
        ]);
        put_u32(out, self.owner.unwrap_or(NONE));
        put_u32(out, self.name);
        put_u32(out, self.rule);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let key = reader.u64()?;
        let amount = reader.u64()?;
        let window_s = reader.u32()?;
        let [measure, count, scope, over, window, flags, _, _] = reader.take::<8>()?;
        Ok(Self {
            key,
            amount,
            window_s,
            measure: Measure::from_code(measure).ok_or(DecodeError("measure"))?,
            count: Count::from_code(count).ok_or(DecodeError("count"))?,
            scope: Scope::from_code(scope).ok_or(DecodeError("scope"))?,
            over: Over::from_code(over).ok_or(DecodeError("over"))?,
            window: WindowKind::from_code(window).ok_or(DecodeError("window"))?,
            flags,
            owner: reader.index()?,
            name: reader.u32()?,
            rule: reader.u32()?,
        })
    }
}

impl UpstreamChoice {
    /// Appends the 16 bytes of the ABI.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        put_u32(out, self.upstream);
        out.extend_from_slice(&self.weight.to_le_bytes());
        out.extend_from_slice(&[self.tier, self.flags]);
        put_u32(out, self.rule);
        put_u32(out, 0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let upstream = reader.u32()?;
        let weight = reader.u16()?;
        let [tier, flags] = reader.take::<2>()?;
        let rule = reader.u32()?;
        reader.u32()?;
        Ok(Self { upstream, weight, tier, flags, rule })
    }
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.bytes.split_first_chunk::<N>().ok_or(DecodeError("truncated"))?;
        self.bytes = tail;
        Ok(*head)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.take().map(u64::from_le_bytes)
    }

    fn index(&mut self) -> Result<Option<u32>, DecodeError> {
        Ok(Some(self.u32()?).filter(|index| *index != NONE))
    }
}
