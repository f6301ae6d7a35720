//! `subscription-without-members`: a subscription whose teams have no members.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Team};
use crate::lower::Lowering;

/// A subscription whose teams have no members.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0403",
    name: "subscription-without-members",
    summary: "a subscription whose teams have no members",
    level: Level::Warn,
    page: include_str!("subscription_without_members.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    for (index, subscription) in (0_u32..).zip(&hir.subscriptions) {
        if !subscription.users.is_empty() || lowering.is_broken(Kind::Subscription, index) {
            continue;
        }
        let teams = || subscription.teams.iter().filter_map(|id| Some((id, hir.teams.get(id.value.index())?)));
        let is_empty =
            |team: &Team| team.groups.is_empty() && team.users.is_empty() && team.service_accounts.is_empty();
        let all_empty = teams().all(|(id, team)| is_empty(team) && !lowering.is_broken(Kind::Team, id.value.0));
        let Some((id, team)) = teams().next().filter(|_| all_empty) else { continue };
        let message = format!("no team of subscription `{}` has a member", subscription.header.name.value);
        lowering.acc.push(
            Diagnostic::new(&RULE, id.span, message)
                .also(team.header.name.span, "it has no `members`")
                .help("add `members` to the team; a parent's and a child's do not count"),
        );
    }
}
