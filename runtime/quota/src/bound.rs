//! The most that a request can use, and how far its output cap may be shortened to fit what is left.

/// An answer shorter than this is not worth a request: what does not leave room for it is refused.
pub const LEAST_OUTPUT: u32 = 16;
/// The output cap where neither client, policy nor context window names one.
pub const FALLBACK_OUTPUT: u32 = 4_096;

/// What is known of a request before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Size of the body; a byte-level tokenizer never makes more tokens than bytes.
    pub body_bytes: u64,
    /// What templates, tools, images and hidden prompts may add: constants of provider and model.
    pub declared_tokens: u64,
    /// The input where it could be counted exactly.
    pub exact_input: Option<u64>,
    /// Input and output together, 0 when not known.
    pub context_window: u64,
    /// How many answers are asked for (`n`, `best_of`), 0 where the endpoint generates nothing.
    pub choices: u32,
    /// The cap that the client wrote.
    pub asked_output: Option<u32>,
    /// The cap of policy and model, 0 for none.
    pub policy_output: u32,
}

/// How many output tokens each answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputCap {
    /// Reserved when everything fits.
    pub wanted: u32,
    /// Refused below; equal to `wanted` where nothing may be shortened.
    pub least: u32,
}

/// The most that a request can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Input tokens.
    pub input: u64,
    /// Output tokens of each answer.
    pub output: OutputCap,
    /// Number of answers.
    pub choices: u32,
}

/// Returns the bound of a request. `client_cap_may_shrink`: the subscription says `exceed: shorten`; a cap that the client
/// did not ask for may always shrink.
#[must_use]
pub fn bound(shape: &Shape, client_cap_may_shrink: Shrink) -> Bound {
    let window = Some(shape.context_window).filter(|window| *window > 0);
    let by_bytes = shape.body_bytes.saturating_add(shape.declared_tokens);
    let input = shape.exact_input.unwrap_or_else(|| window.map_or(by_bytes, |window| by_bytes.min(window)));
    if shape.choices == 0 {
        return Bound { input, output: OutputCap { wanted: 0, least: 0 }, choices: 0 };
    }
    let policy = Some(shape.policy_output).filter(|cap| *cap > 0);
    let by_window = window.map(|window| u32::try_from(window).unwrap_or(u32::MAX));
    let most = [policy, by_window].into_iter().flatten().min();
    let wanted = match (shape.asked_output, most) {
        (Some(asked), Some(most)) => asked.min(most),
        (Some(asked), None) => asked,
        (None, most) => most.unwrap_or(FALLBACK_OUTPUT),
    };
    let may_shrink = shape.asked_output.is_none() || client_cap_may_shrink == Shrink::Allowed;
    let least = if may_shrink { wanted.min(LEAST_OUTPUT) } else { wanted };
    Bound { input, output: OutputCap { wanted, least }, choices: shape.choices }
}

/// Whether a cap that the client asked for may shrink to what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shrink {
    /// `exceed: shorten`.
    Allowed,
    /// `exceed: refuse`.
    Refused,
}

impl Shrink {
    /// Returns what the limits of a decision say: one that allows it speaks for its subscription.
    #[must_use]
    pub fn of(limits: &[maas_schemas::decision::Limit]) -> Self {
        let allowed = limits.iter().any(|limit| limit.flags & maas_schemas::abi::LIMIT_SHORTEN != 0);
        if allowed { Self::Allowed } else { Self::Refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: Shape = Shape {
        body_bytes: 300,
        declared_tokens: 20,
        exact_input: None,
        context_window: 8_000,
        choices: 1,
        asked_output: None,
        policy_output: 1_000,
    };

    #[test]
    fn input_is_exact_or_bytes_but_never_above_the_window() {
        assert_eq!(bound(&CHAT, Shrink::Refused).input, 320);
        assert_eq!(bound(&Shape { exact_input: Some(50), ..CHAT }, Shrink::Refused).input, 50);
        assert_eq!(bound(&Shape { body_bytes: 1 << 20, ..CHAT }, Shrink::Refused).input, 8_000);
        assert_eq!(bound(&Shape { body_bytes: 1 << 20, context_window: 0, ..CHAT }, Shrink::Refused).input, 1_048_596);
    }

    #[test]
    fn output_cap() {
        let cap = |asked_output, policy_output, context_window, shrink| {
            bound(&Shape { asked_output, policy_output, context_window, ..CHAT }, shrink).output
        };
        let may = |wanted, least| OutputCap { wanted, least };
        assert_eq!(cap(None, 1_000, 8_000, Shrink::Refused), may(1_000, LEAST_OUTPUT));
        assert_eq!(cap(Some(99_999), 1_000, 8_000, Shrink::Refused), may(1_000, 1_000));
        assert_eq!(cap(Some(500), 1_000, 8_000, Shrink::Refused), may(500, 500));
        assert_eq!(cap(Some(500), 1_000, 8_000, Shrink::Allowed), may(500, LEAST_OUTPUT));
        assert_eq!(cap(Some(5), 0, 0, Shrink::Allowed), may(5, 5));
        assert_eq!(cap(None, 0, 8_000, Shrink::Refused), may(8_000, LEAST_OUTPUT));
        assert_eq!(cap(None, 0, 0, Shrink::Refused), may(FALLBACK_OUTPUT, LEAST_OUTPUT));
    }

    #[test]
    fn what_generates_nothing_has_no_cap() {
        let embeddings = bound(&Shape { choices: 0, ..CHAT }, Shrink::Allowed);
        assert_eq!((embeddings.output.wanted, embeddings.choices), (0, 0));
    }
}
