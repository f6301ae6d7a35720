//! The request: whether it follows the ABI, whose it is, which subscription it names.

use maas_schemas::abi::{
    ATTRIBUTE_SIZE, Endpoint, MAX_ATTRIBUTES, MAX_STRING, MAX_TEAMS, NONE, REQUEST_ADDRESS, REQUEST_CAPACITY,
    REQUEST_HEADER, Reason, attribute,
};
use wasm_encoder::Function;

use super::{Functions, record, size};
use crate::wasm::assembler::{Body, Word, call, word};
use crate::wasm::layout::{Table, key, request, scratch};

/// "The named subscription exists in no table": no grant has this number, and it is not [`NONE`].
const NOBODY: u32 = NONE - 1;

/// `(req_len) -> reason`: says whether the request follows the ABI and notes where its attributes are.
pub(super) fn check() -> Function {
    let (mut f, [length]) = Body::new();
    let malformed = u32::from(Reason::Malformed.code());
    let refuse_if = |f: &mut Body, condition: Word| f.when(condition, |f| f.give(malformed));

    f.clear(scratch::MODEL, scratch::SINGLE - scratch::MODEL);
    refuse_if(&mut f, length.below(size(REQUEST_HEADER)) | length.above(REQUEST_CAPACITY));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load32(request::SIZE).differs(length));
    let last_endpoint = Endpoint::ALL.last().map_or(0, |endpoint| u32::from(endpoint.code()));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load16(request::ENDPOINT).above(last_endpoint));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load64(request::FLAGS).differs(0));
    let n = f.word(word(REQUEST_ADDRESS).load16(request::N_ATTRIBUTES));
    refuse_if(&mut f, n.above(size(MAX_ATTRIBUTES)));
    refuse_if(&mut f, (n * size(ATTRIBUTE_SIZE) + size(REQUEST_HEADER)).above(length));

    let at = f.word(REQUEST_ADDRESS + size(REQUEST_HEADER));
    let previous = f.word(0);
    let n_teams = f.word(0);
    let n_identity = f.word(0);
    f.count_down(n, |f, _| {
        let kind = f.word(at.load16(0));
        let text_length = f.word(at.load16(request::LENGTH));
        let offset = f.word(at.load32(request::OFFSET));
        // Zero wraps around and is above as well.
        refuse_if(f, (kind - 1).at_least(u32::from(attribute::SERVICE_ACCOUNT)));
        refuse_if(f, kind.below(previous));
        let may_repeat = word((1 << attribute::TEAM) | (1 << attribute::GROUP)) >> kind;
        refuse_if(f, kind.equals(previous) & (may_repeat & 1).negated());
        refuse_if(f, text_length.above(size(MAX_STRING)));
        refuse_if(f, offset.above(length) | text_length.above(length - offset));
        f.when(kind.equals(u32::from(attribute::MODEL)), |f| f.store32(scratch::MODEL, 0, at));
        f.when(kind.equals(u32::from(attribute::SUBSCRIPTION)), |f| f.store32(scratch::SUBSCRIPTION, 0, at));
        f.when(kind.equals(u32::from(attribute::TEAM)), |f| {
            f.when(n_teams.negated(), |f| f.store32(scratch::TEAMS, 0, at));
            f.set(n_teams, n_teams + 1);
        });
        f.when(kind.above(u32::from(attribute::TEAM)), |f| {
            f.when(n_identity.negated(), |f| f.store32(scratch::IDENTITY, 0, at));
            f.set(n_identity, n_identity + 1);
        });
        f.set(previous, kind);
        f.set(at, at + size(ATTRIBUTE_SIZE));
    });
    refuse_if(&mut f, n_teams.above(size(MAX_TEAMS)));
    f.store32(scratch::N_TEAMS, 0, n_teams);
    f.store32(scratch::N_IDENTITY, 0, n_identity);
    f.finish(0)
}

/// `(n, principal) -> n`: puts a principal into the set of scratch, which keeps the least 64, ascending.
pub(super) fn insert() -> Function {
    let (mut f, [n, principal]) = Body::new();
    let end = f.word(n * 4 + scratch::PRINCIPALS);
    let at = f.word(end);
    let counter = f.word(n);
    f.count_down(counter, |f, found| {
        let other = f.word((at - 4).load32(0));
        f.when(other.equals(principal), |f| f.give(n));
        f.leave_if(other.below(principal), found);
        f.set(at, at - 4);
    });
    f.when(n.equals(size(MAX_TEAMS)), |f| {
        // All 64 are less.
        f.when(at.equals(end), |f| f.give(n));
        f.set(end, end - 4);
        f.set(n, n - 1);
    });
    f.when(at.below(end), |f| f.copy(at + 4, at, end - at));
    f.store32(at, 0, principal);
    f.finish(n + 1)
}

impl Functions {
    /// `() -> n`: collects the caller's principals in scratch, after `check`.
    pub(super) fn principals_body(self) -> Function {
        let (mut f, []) = Body::new();
        let n = f.word(0);
        let n_teams = f.word(word(scratch::N_TEAMS).load32(0));
        let n_identity = f.word(word(scratch::N_IDENTITY).load32(0));
        let identity = word(scratch::IDENTITY).load32(0);
        f.either(
            n_teams,
            |f| {
                let at = f.word(word(scratch::TEAMS).load32(0));
                f.count_down(n_teams, |f, _| {
                    let found = f.word(self.find_text(Table::PrincipalDisplacements, at, word(0)));
                    f.when(found, |f| f.set(n, call(self.insert(), [n.into(), found.load32(key::VALUE)])));
                    f.set(at, at + size(ATTRIBUTE_SIZE));
                });
            },
            |f| {
                let at = f.word(identity.clone());
                let counter = f.word(n_identity);
                f.count_down(counter, |f, _| {
                    let found = f.word(self.find_text(Table::MemberDisplacements, at, at.load16(0)));
                    f.when(found, |f| {
                        let list = f.word(record(Table::MemberPrincipals, found.load32(key::VALUE)));
                        let k = f.word(found.load16(key::N));
                        f.count_down(k, |f, _| {
                            f.set(n, call(self.insert(), [n.into(), list.load32(0)]));
                            f.set(list, list + 4);
                        });
                    });
                    f.set(at, at + size(ATTRIBUTE_SIZE));
                });
            },
        );
        // The user's own principal stays, whoever else is there. The user is the first attribute of an identity.
        f.when(n_identity, |f| {
            let user = f.word(identity);
            f.when(user.load16(0).equals(u32::from(attribute::USER)), |f| {
                let found = f.word(self.find_text(Table::PrincipalDisplacements, user, word(0)));
                f.when(found, |f| {
                    // Teams have a name space of their own, but nothing in a token can name one.
                    f.when(found.load16(key::N), |f| {
                        let own = f.word(found.load32(key::VALUE));
                        f.set(n, call(self.insert(), [n.into(), own.into()]));
                        let last = n * 4 + (scratch::PRINCIPALS - 4);
                        f.when(last.clone().load32(0).below(own), |f| f.store32(last, 0, own));
                    });
                });
            });
        });
        f.finish(n)
    }

    /// `() -> subscription`: the named one, [`NONE`] when none is named, [`NOBODY`] when no table has it.
    pub(super) fn wanted_body(self) -> Function {
        let (mut f, []) = Body::new();
        let named = f.word(word(scratch::SUBSCRIPTION).load32(0));
        f.when(named.negated(), |f| f.give(NONE));
        let found = f.word(self.find_text(Table::SubscriptionDisplacements, named, word(0)));
        f.when(found.negated(), |f| f.give(NOBODY));
        f.finish(found.load32(key::VALUE))
    }
}
