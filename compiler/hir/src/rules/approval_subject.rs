//! `approval-subject`: an approval of something else than the requirement asks about.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::{ApprovalFor, Document, Spec};

use crate::hir::Requirement;

/// An approval of something else than the requirement asks about.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0411",
    name: "approval-subject",
    summary: "an approval of something else than the requirement asks about",
    level: Level::Error,
    page: include_str!("approval_subject.md"),
};

/// Returns what is wrong with `for`, given the requirement.
pub(crate) fn check(document: &Document, subject: &ApprovalFor, asks: &Requirement) -> Option<Diagnostic> {
    let (per, form) = match (asks.per_model, &subject.model, &subject.subscription) {
        (true, Some(_), None) | (false, _, Some(_)) => return None,
        (true, ..) => ("model", "for: {model: NAME}"),
        (false, ..) => ("subscription", "for: {subscription: NAME}"),
    };
    let Spec::Approval(approval) = &document.spec else { return None };
    let message = format!("requirement `{}` is asked once per {per}", asks.name.value);
    let finding = Diagnostic::new(&RULE, approval.requirement.span, message);
    let what = subject.subscription.as_ref().or(subject.model.as_ref());
    let finding = match what {
        Some(what) => finding.also(what.span, "the approval is for this"),
        None => finding,
    };
    Some(finding.also(asks.when.text.span, "what it reads decides").help(format!("write `{form}`")))
}
