//! One line of limits.

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maasc_diagnostics::{Span, Spanned};

use super::Text;

/// One line: exactly one measure with its amount, `per` (not with `concurrency`) and `scope`.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The whole line.
    pub span: Span,
    /// What is counted; its span is the key's.
    pub measure: Spanned<Measure>,
    /// The amount as typed.
    pub amount: Text,
    /// `1h`, `day`, `week`, `month`.
    pub per: Option<Text>,
    /// Whose counter it is.
    pub scope: Spanned<Scope>,
    /// What is added up in it.
    pub over: Option<Spanned<Over>>,
    /// Which tokens.
    pub count: Option<Spanned<Count>>,
}
