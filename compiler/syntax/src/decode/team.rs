//! `Team.spec`.

use super::Decoder;
use super::field::Field;
use crate::ast::{Members, Team};

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Team> {
    let [display_name, parent, owners, members, cost_centre, limits, _gateways] = decoder.section(
        spec,
        "Team.spec",
        ["displayName", "parent", "owners", "members", "costCentre", "limits", "gateways"],
    )?;
    Some(Team {
        display_name: decoder.text(display_name),
        parent: decoder.text(parent),
        owners: decoder.texts(owners),
        members: members_of(decoder, members),
        cost_centre: decoder.text(cost_centre),
        limits: decoder.limits(limits),
    })
}

fn members_of(decoder: &mut Decoder<'_>, field: Field) -> Members {
    let names = ["groups", "users", "serviceAccounts"];
    let Some([groups, users, service_accounts]) = decoder.section(field, "Team.spec.members", names) else {
        return Members::default();
    };
    Members {
        groups: decoder.texts(groups),
        users: decoder.texts(users),
        service_accounts: decoder.texts(service_accounts),
    }
}
