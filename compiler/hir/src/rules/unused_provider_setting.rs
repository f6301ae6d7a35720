//! `unused-provider-setting`: a setting of another type of provider.

use maas_schemas::bundle::ProviderType;
use maasc_diagnostics::{Diagnostic, Level, Rule, Span};
use maasc_syntax::ast::Provider;

/// A setting of another type of provider.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0509",
    name: "unused-provider-setting",
    summary: "a setting of another type of provider",
    level: Level::Warn,
    page: include_str!("unused_provider_setting.md"),
};

/// Returns settings that the type does not read.
pub(crate) fn check(spec: &Provider) -> Vec<Diagnostic> {
    let kind = spec.kind.value;
    let is_simulator = kind == ProviderType::Simulator;
    let simulator = spec.simulator.as_ref().and_then(|simulator| {
        let texts = [simulator.latency.as_ref(), simulator.tokens_per_second.as_ref()];
        texts.into_iter().flatten().map(|text| text.span).chain(simulator.faults.iter().map(|fault| fault.span)).next()
    });
    let settings = [
        ("azure", spec.azure_api_version.as_ref().map(|text| text.span), kind == ProviderType::AzureOpenai),
        ("bedrock", spec.bedrock_region.as_ref().map(|text| text.span), kind == ProviderType::Bedrock),
        ("kserve", spec.kserve.as_ref().map(|(name, _)| name.span), kind == ProviderType::Kserve),
        ("simulator", simulator, is_simulator),
        ("endpoint", spec.endpoint.as_ref().map(|text| text.span), !is_simulator),
        ("credential", spec.credential.as_ref().map(|credential| credential.secret.span), !is_simulator),
    ];
    let unused = settings.into_iter().filter(|(_, _, is_read)| !is_read);
    let finding = |(name, span, _): (&str, Option<Span>, bool)| {
        let message = format!("type `{}` does not read `{name}`", kind.name());
        Some(
            Diagnostic::new(&RULE, span?, message).also(spec.kind.span, "the type").help("remove it, or change `type`"),
        )
    };
    unused.filter_map(finding).collect()
}
