//! Certificates in several Secrets or under other keys than Istio's.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use crate::facts::Facts;
use crate::istio::destination_rule::is_expressible;
use crate::istio::hosts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0723",
    name: "provider-tls",
    summary: "certificates of a provider that one Secret of Istio cannot hold",
    level: Level::Error,
    page: include_str!("provider_tls.md"),
};

/// Reports providers whose certificates Istio cannot read.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for (provider, rule) in facts.used_providers() {
        if is_expressible(&provider.tls) {
            continue;
        }
        let message = format!("Istio cannot read the certificates of provider `{}`", provider.name);
        let finding = Diagnostic::new(&RULE, facts.span(rule), message)
            .label("it reads one Secret: `ca.crt`, or `ca.crt`, `tls.crt` and `tls.key`")
            .help("put all of them into the Secret of `clientCertificate` and name it in `tls.ca` as well");
        facts.report(finding, acc);
    }
    for host in hosts(facts) {
        let [first, rest @ ..] = host.providers.as_slice() else { continue };
        for other in rest.iter().filter(|other| other.tls != first.tls) {
            let message = format!("providers `{}` and `{}` share a host but not `tls`", first.name, other.name);
            let rule = facts.used_providers().find(|(provider, _)| provider.name == other.name).map(|(_, rule)| rule);
            let finding = Diagnostic::new(&RULE, rule.map_or_else(Default::default, |rule| facts.span(rule)), message)
                .label("a host has one DestinationRule")
                .help("write the same `tls` in both");
            facts.report(finding, acc);
        }
    }
}
