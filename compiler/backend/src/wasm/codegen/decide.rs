//! `maas_decide`: the candidate that answers, and the answer.

use maas_schemas::abi::{
    LIMIT_SIZE, MAX_LIMITS, MAX_UPSTREAMS, NONE, REQUEST_ADDRESS, RESULT_ADDRESS, RESULT_HEADER, Reason, UPSTREAM_SIZE,
};
use wasm_encoder::Function;

use super::cells::{candidates, next_grant};
use super::{Functions, record, size};
use crate::wasm::assembler::{Body, Word, WordLocal, call, long, word};
use crate::wasm::layout::{Table, grant, key, model, principal, request, result, scratch, stretch};

/// `(reason, hidden, rule, team, subscription, model) -> reason`: writes a refusal, which is also the start of an
/// answer that allows.
pub(super) fn refuse() -> Function {
    let (mut f, [reason, hidden, rule, team, subscription, model]) = Body::new();
    let http = f.word(0);
    // One line for each status; both values of `hidden` are asked.
    for status in [401_u16, 403, 404, 503] {
        for is_hidden in [false, true] {
            let reasons = Reason::ALL.iter().filter(|reason| reason.code() < 32 && reason.http(is_hidden) == status);
            let set = reasons.fold(0_u32, |set, reason| set | (1 << reason.code()));
            let condition = (word(set) >> reason) & hidden.equals(u32::from(is_hidden)) & reason.below(32);
            f.when(condition, |f| f.set(http, u32::from(status)));
        }
    }
    let at = RESULT_ADDRESS;
    f.clear(at, size(RESULT_HEADER));
    f.store32(at, result::SIZE, size(RESULT_HEADER));
    f.store16(at, result::REASON, reason);
    f.store16(at, result::HTTP, http);
    f.store32(at, result::RULE, rule);
    f.store32(at, result::TEAM, team);
    f.store32(at, result::SUBSCRIPTION, subscription);
    f.store32(at, result::MODEL, model);
    f.store64(at, result::ROUTE, long(u64::MAX));
    f.finish(reason)
}

/// `(first, n, to) -> end`: copies the records of a stretch of `LimitLists` into the result.
pub(super) fn copy_limits() -> Function {
    let (mut f, [first, n, to]) = Body::new();
    let from = f.word(record(Table::LimitLists, first));
    f.count_down(n, |f, end| {
        // A compiled policy keeps within the bound; tables that nobody compiled may not write elsewhere.
        f.leave_if(to.at_least(RESULT_ADDRESS + size(RESULT_HEADER + MAX_LIMITS * LIMIT_SIZE)), end);
        let limit = f.word(record(Table::Limits, from.load32(0)));
        for offset in (0..size(LIMIT_SIZE)).step_by(8) {
            f.store64(to, offset, limit.load64(offset));
        }
        f.set(from, from + u32::from(Table::LimitLists.stride()));
        f.set(to, to + size(LIMIT_SIZE));
    });
    f.finish(to)
}

/// The candidate that answers: the first that passed all tests, else the first of those that passed most.
struct Best {
    /// Its address, 0 when there is no candidate.
    grant: WordLocal,
    principal: WordLocal,
    reason: WordLocal,
}

/// A reason, known now or when the module runs.
struct ReasonCode(Word);

impl From<Reason> for ReasonCode {
    fn from(reason: Reason) -> Self {
        Self(word(reason.code().into()))
    }
}

impl From<WordLocal> for ReasonCode {
    fn from(reason: WordLocal) -> Self {
        Self(reason.into())
    }
}

impl Functions {
    /// Refuses and reports nothing but the reason.
    fn refuse_unknown(self, reason: Reason) -> Word {
        self.refuse_with(reason, word(0), [word(NONE), word(NONE), word(NONE), word(NONE)])
    }

    /// Refuses; `known` is rule, team, subscription and model.
    fn refuse_with(self, reason: impl Into<ReasonCode>, hidden: Word, known: [Word; 4]) -> Word {
        let arguments = [reason.into().0, hidden].into_iter().chain(known);
        call(self.refuse(), arguments)
    }

    /// `maas_decide`
    pub(super) fn decide_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        f.when(call(self.check(), [length.into()]), |f| f.give(self.refuse_unknown(Reason::Malformed)));
        let endpoint = f.word(word(REQUEST_ADDRESS).load16(request::ENDPOINT));
        let name = f.word(word(scratch::MODEL).load32(0));
        f.when(endpoint.negated() | name.negated(), |f| f.give(self.refuse_unknown(Reason::Malformed)));
        let n_attributes = word(scratch::N_TEAMS).load32(0) | word(scratch::N_IDENTITY).load32(0);
        f.when(n_attributes.negated(), |f| f.give(self.refuse_unknown(Reason::NotIdentified)));

        let found = f.word(self.find_text(Table::ModelDisplacements, name, word(0)));
        f.when(found.negated(), |f| f.give(self.refuse_unknown(Reason::UnknownModel)));
        let index = f.word(found.load32(key::VALUE));
        let model = f.word(record(Table::Models, index));
        let hidden = f.word(model.load16(model::FLAGS) & u32::from(model::HIDDEN));

        let n = f.word(call(self.principals(), []));
        let known = [model.load32(model::RULE), word(NONE), word(NONE), index.into()];
        f.when(n.negated(), |f| f.give(self.refuse_with(Reason::NoTeam, hidden.into(), known.clone())));
        let best = self.best_candidate(&mut f, n, model, endpoint);
        f.when(best.grant.negated(), |f| f.give(self.refuse_with(Reason::NotGranted, hidden.into(), known)));

        let principal = f.word(best.principal);
        let known =
            [best.grant.load32(grant::RULE), principal.into(), best.grant.load32(grant::SUBSCRIPTION), index.into()];
        let reason = f.word(self.refuse_with(best.reason, hidden.into(), known));
        f.when(reason, |f| f.give(reason));
        self.write_allowed(&mut f, model, principal, best.grant);
        f.finish(0)
    }

    /// Puts every candidate to the tests.
    fn best_candidate(self, f: &mut Body, n: WordLocal, model: WordLocal, endpoint: WordLocal) -> Best {
        let column = f.word(model.load32(model::COLUMN));
        let wanted = f.word(call(self.wanted(), []));
        let now = f.long(word(REQUEST_ADDRESS).load64(request::NOW));
        let best = Best { grant: f.word(0), principal: f.word(0), reason: f.word(0) };
        let best_passed = f.word(0);
        let best_subscription = f.word(0);
        let principals = f.word(scratch::PRINCIPALS);
        f.count_down(n, |f, _| {
            let principal = f.word(principals.load32(0));
            f.set(principals, principals + 4);
            let row = record(Table::Rows, record(Table::Principals, principal).load32(principal::ROW));
            let cell = f.word(call(self.find_cell(), [row, column.into()]));
            f.when(cell, |f| {
                let list = candidates(f, cell);
                f.count_down(list.n, |f, end| {
                    let grant = next_grant(f, &list);
                    let subscription = f.word(grant.load32(grant::SUBSCRIPTION));
                    let reason = f.word(u32::from(Reason::OtherSubscription.code()));
                    let passed = f.word(0);
                    f.block(|f, failed| {
                        f.leave_if(wanted.differs(NONE) & subscription.differs(wanted), failed);
                        f.set(passed, 1);
                        f.set(reason, grant.load16(grant::AFTER));
                        let goes_on = now.below_signed(grant.load64(grant::UNTIL));
                        f.leave_if(goes_on.negated(), failed);
                        f.set(reason, grant.load16(grant::BEFORE));
                        f.leave_if(now.below_signed(grant.load64(grant::FROM)), failed);
                        f.set(passed, 2);
                        f.set(reason, u32::from(Reason::EndpointNotServed.code()));
                        f.leave_if(((grant.load16(grant::ENDPOINTS) >> endpoint) & 1).negated(), failed);
                        f.set(passed, 3);
                        f.set(reason, u32::from(Reason::Allow.code()));
                    });
                    // Principals ascend, so of equals in subscription the one that is there already stays.
                    let is_better = passed.above(best_passed)
                        | (passed.equals(best_passed) & subscription.below(best_subscription))
                        | best.grant.negated();
                    f.when(is_better, |f| {
                        f.set(best.grant, grant);
                        f.set(best.principal, principal);
                        f.set(best.reason, reason);
                        f.set(best_passed, passed);
                        f.set(best_subscription, subscription);
                    });
                    // Subscriptions ascend in a cell: nothing behind a grant that passed all is better.
                    f.leave_if(passed.equals(3), end);
                });
            });
        });
        best
    }

    /// Completes the header that `refuse` began, and appends limits and upstreams.
    fn write_allowed(self, f: &mut Body, model: WordLocal, principal: WordLocal, grant: WordLocal) {
        let at = RESULT_ADDRESS;
        let first = at + size(RESULT_HEADER);
        f.store32(at, result::ROUTE, model.load32(model::ROUTE));
        f.store32(at, result::PRICE, model.load32(model::PRICE));
        f.store32(at, result::MAX_OUTPUT_TOKENS, grant.load32(grant::MAX_OUTPUT_TOKENS));
        f.store32(at, result::OBLIGATIONS, grant.load32(grant::OBLIGATIONS));

        let principal = f.word(record(Table::Principals, principal));
        let own = [grant.load32(grant::LIMITS), grant.load16(grant::N_LIMITS), word(first)];
        let to = f.word(call(self.copy_limits(), own));
        let ceilings = [principal.load32(principal::CEILINGS), principal.load16(principal::N_CEILINGS), to.into()];
        f.set(to, call(self.copy_limits(), ceilings));
        f.store16(at, result::N_LIMITS, (to - first).divided_by(size(LIMIT_SIZE)));

        let route = f.word(record(Table::Routes, model.load32(model::ROUTE)));
        let n = f.word(route.load16(stretch::N));
        f.when(n.above(size(MAX_UPSTREAMS)), |f| f.set(n, size(MAX_UPSTREAMS)));
        let upstreams = record(Table::Upstreams, route.load32(stretch::FIRST));
        let upstreams_size = f.word(n * size(UPSTREAM_SIZE));
        f.copy(to, upstreams, upstreams_size);
        f.store16(at, result::N_UPSTREAMS, n);
        f.store32(at, result::SIZE, to + upstreams_size - at);
    }
}
