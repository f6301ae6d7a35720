//! Values that several kinds have.

use maas_schemas::abi::Endpoint;
use maasc_diagnostics::Spanned;

use super::Decoder;
use super::field::Field;
use crate::ast::{SecretRef, Text};
use crate::rules;

const ENDPOINTS: &[(Endpoint, &str)] = &[
    (Endpoint::Chat, Endpoint::Chat.name()),
    (Endpoint::Completions, Endpoint::Completions.name()),
    (Endpoint::Embeddings, Endpoint::Embeddings.name()),
    (Endpoint::Responses, Endpoint::Responses.name()),
    (Endpoint::Messages, Endpoint::Messages.name()),
    (Endpoint::CountTokens, Endpoint::CountTokens.name()),
];

impl Decoder<'_> {
    /// Makes a finding for a name that is no DNS-1123 label.
    pub(super) fn check_name(&mut self, name: &Text) {
        if let Some(finding) = rules::invalid_name::check(name.span, name) {
            self.acc.push(finding);
        }
    }

    /// Returns a field that is a name; a wrong one stays, so that others can refer to it.
    pub(super) fn name(&mut self, field: Field) -> Option<Text> {
        let name = self.text(field)?;
        self.check_name(&name);
        Some(name)
    }

    /// Returns the endpoint of a field.
    pub(super) fn endpoint(&mut self, field: Field) -> Option<Spanned<Endpoint>> {
        self.word(field, ENDPOINTS)
    }

    /// Returns the endpoints of a field, or `None` where it was not written.
    pub(super) fn endpoints(&mut self, field: Field) -> Option<Vec<Spanned<Endpoint>>> {
        self.words(field, ENDPOINTS)
    }

    /// Returns the text of a field that is a mapping with one required field.
    pub(super) fn only_text(&mut self, field: Field, of: &'static str, name: &'static str) -> Option<Text> {
        let [text] = self.section(field, of, [name])?;
        self.required_text(text)
    }

    /// Returns `{secret, key}`.
    pub(super) fn secret_ref(&mut self, field: Field, of: &'static str) -> Option<SecretRef> {
        let [secret, key] = self.section(field, of, ["secret", "key"])?;
        let (secret, key) = (self.required_text(secret), self.required_text(key));
        Some(SecretRef { secret: secret?, key: key? })
    }
}
