//! Texts with a unit: reads one and reports what is wrong with it.

use maasc_diagnostics::Spanned;
use maasc_syntax::ast::Text;

use super::{Lowering, Subject};
use crate::rules::{bad_unit, bad_url};
use crate::units::{self, Duration, Money, Time, UnitError};

impl Lowering<'_> {
    /// Reads a text with a function of `units`; what is wrong with it is reported.
    pub(super) fn unit<T>(
        &mut self,
        subject: Subject<'_>,
        text: &Text,
        read: impl Fn(&str) -> Result<T, UnitError>,
    ) -> Option<Spanned<T>> {
        match read(&text.value) {
            Ok(value) => Some(Spanned::new(value, text.span)),
            Err(error) => {
                self.acc.push(bad_unit::finding(text.span, error));
                self.mark_broken(subject);
                None
            }
        }
    }

    pub(super) fn count(&mut self, subject: Subject<'_>, text: Option<&Text>) -> Option<Spanned<u64>> {
        self.unit(subject, text?, units::count)
    }

    /// A count between bounds.
    pub(super) fn bounded<T: TryFrom<u64> + Copy>(
        &mut self,
        subject: Subject<'_>,
        text: Option<&Text>,
        (least, most): (u64, u64),
    ) -> Option<Spanned<T>> {
        self.unit(subject, text?, |text| {
            let count = units::count(text)?;
            let inside = (least..=most).contains(&count).then(|| T::try_from(count).ok()).flatten();
            inside.ok_or_else(|| UnitError {
                message: format!("`{text}` is not between {least} and {}", units::grouped(most)),
                help: format!("write a number from {least} to {}", units::grouped(most)),
                meant: None,
            })
        })
    }

    pub(super) fn duration(&mut self, subject: Subject<'_>, text: Option<&Text>) -> Option<Spanned<Duration>> {
        self.unit(subject, text?, units::duration)
    }

    pub(super) fn money(&mut self, subject: Subject<'_>, text: Option<&Text>) -> Option<Spanned<Money>> {
        self.unit(subject, text?, units::money)
    }

    pub(super) fn time(&mut self, subject: Subject<'_>, text: Option<&Text>) -> Option<Spanned<Time>> {
        let zone = self.zone.clone();
        self.unit(subject, text?, |text| units::time(text, &zone))
    }

    /// Reads a base URL and takes a slash at its end away.
    pub(super) fn url(&mut self, subject: Subject<'_>, text: &Text) -> Option<Spanned<String>> {
        match bad_url::mistake(&text.value) {
            None => Some(Spanned::new(text.value.trim_end_matches('/').to_owned(), text.span)),
            Some(mistake) => {
                self.acc.push(bad_url::finding(text, mistake));
                self.mark_broken(subject);
                None
            }
        }
    }
}
