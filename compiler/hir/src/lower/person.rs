//! Who: persons, groups and service accounts in their canonical text.

use maasc_diagnostics::Spanned;
use maasc_syntax::ast::Text;

use super::{Lowering, Subject};
use crate::hir::Person;
use crate::ids::IdentityProviderId;
use crate::rules::{malformed_identity, missing_prefix, unknown_identity_provider};

impl Lowering<'_> {
    /// Reads `provider:subject`.
    pub(super) fn person(&mut self, subject: Subject<'_>, text: &Text) -> Option<Spanned<Person>> {
        let (provider, name) = self.prefixed(subject, text, "person")?;
        let text = Spanned::new(name, text.span);
        Some(text.map(|text| Person { provider, text }))
    }

    /// Reads `provider:group`.
    pub(super) fn group(&mut self, subject: Subject<'_>, text: &Text) -> Option<Spanned<String>> {
        let (_, name) = self.prefixed(subject, text, "group")?;
        Some(Spanned::new(name, text.span))
    }

    /// Reads a list of persons.
    pub(super) fn persons(&mut self, subject: Subject<'_>, texts: &[Text]) -> Vec<Spanned<Person>> {
        let persons = texts.iter().filter_map(|text| self.person(subject, text)).collect();
        self.without_repeats(persons, |person: &Person| person.text.clone())
    }

    /// Reads a list of groups.
    pub(super) fn groups(&mut self, subject: Subject<'_>, texts: &[Text]) -> Vec<Spanned<String>> {
        let groups = texts.iter().filter_map(|text| self.group(subject, text)).collect();
        self.without_repeats(groups, String::clone)
    }

    /// Reads `namespace/name`.
    pub(super) fn service_account(&mut self, subject: Subject<'_>, text: &Text) -> Option<Spanned<String>> {
        if malformed_identity::is_service_account(&text.value) {
            return Some(text.clone());
        }
        self.acc.push(malformed_identity::service_account(text));
        self.mark_broken(subject);
        None
    }

    /// The provider, and the text with its prefix.
    fn prefixed(&mut self, subject: Subject<'_>, text: &Text, what: &str) -> Option<(IdentityProviderId, String)> {
        let found = match text.value.split_once(':') {
            Some((prefix, rest)) => match self.identity_provider(prefix) {
                Some(_) if rest.is_empty() => Err(malformed_identity::empty(text, what)),
                Some(provider) => Ok((provider, text.value.clone())),
                None => Err(unknown_identity_provider::finding(&self.identity_providers, text, prefix)),
            },
            None if text.value.is_empty() => Err(malformed_identity::empty(text, what)),
            None => match self.identity_providers.as_slice() {
                [only] => Ok((IdentityProviderId(0), format!("{only}:{}", text.value))),
                several => Err(missing_prefix::finding(several, text, what)),
            },
        };
        match found {
            Ok(found) => Some(found),
            Err(finding) => {
                self.mark_broken(subject);
                if self.organization_is_damaged {
                    return None;
                }
                if !self.identity_providers.is_empty() {
                    self.acc.push(finding);
                } else if !std::mem::replace(&mut self.said_no_identity_provider, true) {
                    self.acc.push(unknown_identity_provider::none(text));
                }
                None
            }
        }
    }

    fn identity_provider(&self, name: &str) -> Option<IdentityProviderId> {
        let index = self.identity_providers.iter().position(|provider| provider == name)?;
        u32::try_from(index).ok().map(IdentityProviderId)
    }
}
