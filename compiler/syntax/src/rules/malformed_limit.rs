//! `malformed-limit`: a limit line whose fields do not go together.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span};

/// A limit line whose fields do not go together.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0109",
    name: "malformed-limit",
    summary: "a limit line whose fields do not go together",
    level: Level::Error,
    page: include_str!("malformed_limit.md"),
};

/// Returns the finding for a line without an amount.
pub(crate) fn no_measure(span: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, "this limit does not say what it limits")
        .help("add one of `tokens`, `requests`, `cost`, `concurrency` with an amount")
}

/// Returns the finding for a second measure in one line.
pub(crate) fn two_measures(span: Span, first: Span, first_name: &str, name: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("one limit cannot have both `{first_name}` and `{name}`"))
        .also(first, "the other measure")
        .help("write two limits, one measure in each")
}

/// Returns the finding for a line without a window.
pub(crate) fn no_window(span: Span, measure: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("a limit on `{measure}` needs the window in which it counts"))
        .help("add `per`, for example `per: 1h` or `per: month`")
}

/// Returns the finding for a window that has no meaning.
pub(crate) fn window_of_concurrency(span: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, "a limit on `concurrency` has no window")
        .help("remove `per`: it counts the requests that run at the same time")
}

/// Returns the finding for `count` beside another measure than tokens.
pub(crate) fn count_without_tokens(span: Span, measure: &str) -> Diagnostic {
    Diagnostic::new(&RULE, span, format!("`count` has no meaning beside `{measure}`"))
        .help("remove `count`: it says which tokens a limit on `tokens` counts")
}
