//! `credential-in-clear-text`: a credential that is sent without TLS.

use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned};
use maasc_syntax::ast::SecretRef;

/// A credential that is sent without TLS.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0510",
    name: "credential-in-clear-text",
    summary: "a credential that is sent without TLS",
    level: Level::Warn,
    page: include_str!("credential_in_clear_text.md"),
};

/// Returns a finding when the credential would be sent in clear text.
pub(crate) fn check(endpoint: &Spanned<String>, credential: &SecretRef) -> Option<Diagnostic> {
    let rest = endpoint.value.strip_prefix("http://")?;
    let host = rest.split(['/', ':']).next().unwrap_or("");
    let inside = matches!(host, "localhost" | "127.0.0.1")
        || !host.contains('.')
        || [".svc", ".svc.cluster.local"].iter().any(|suffix| host.ends_with(suffix));
    if inside {
        return None;
    }
    let message = format!("credential `{}` is sent without TLS", credential.secret.value);
    let meant = format!("https://{rest}");
    let finding = Diagnostic::new(&RULE, endpoint.span, message).also(credential.secret.span, "this credential");
    Some(finding.help(format!("write `{meant}`")))
}
