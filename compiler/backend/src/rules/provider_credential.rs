//! Credentials of providers: Kuadrant cannot put a Secret into a request.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0722",
    name: "provider-credential",
    summary: "a credential that nothing adds to requests",
    level: Level::Error,
    page: include_str!("provider_credential.md"),
};

/// Reports providers that want a credential.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (provider, rule) in facts.used_providers() {
        let Some(credential) = &provider.credential else { continue };
        let message = format!("Kuadrant cannot add the credential of provider `{}` to requests", provider.name);
        let finding = Diagnostic::new(&RULE, facts.span(rule), message)
            .label(format!("the Secret `{}` would not be used", credential.secret))
            .help("add it at an egress of yours and accept this, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
