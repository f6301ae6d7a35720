//! `Quota.spec`.

use super::Decoder;
use super::field::Field;
use crate::ast::Quota;

pub(super) fn decode(decoder: &mut Decoder<'_>, spec: Field) -> Option<Quota> {
    let [display_name, limits, _gateways] =
        decoder.section(spec, "Quota.spec", ["displayName", "limits", "gateways"])?;
    decoder.require(limits);
    Some(Quota { display_name: decoder.text(display_name), limits: decoder.limits(limits) })
}
