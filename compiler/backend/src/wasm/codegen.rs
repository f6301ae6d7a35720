//! The decision procedure as functions of the module: the same bytes for every policy.
//!
//! It follows the description of `maasc_ir::eval` step by step. Each loop counts down a number that comes from the
//! request (bounded by `check`) or from a field of a table.

use maas_schemas::abi::{
    ATTRIBUTE_SIZE, Endpoint, LIMIT_SIZE, MAX_ATTRIBUTES, MAX_LIMITS, MAX_MODELS, MAX_STRING, MAX_TEAMS, MAX_UPSTREAMS,
    NONE, REQUEST_ADDRESS, REQUEST_CAPACITY, REQUEST_HEADER, RESULT_ADDRESS, RESULT_HEADER, Reason, UPSTREAM_SIZE,
    attribute,
};
use wasm_encoder::{Function, ValType};

use super::ABI;
use super::assembler::{Body, Callee, Long, LongLocal, Word, WordLocal, call, long, word};
use super::keys::{DISPLACE, FINISH, GOLDEN, MIX};
use super::layout::{Table, entry, grant, key, model, principal, row, scratch, stretch};

/// "The named subscription exists in no table": no grant has this number, and it is not [`NONE`].
const NOBODY: u32 = NONE - 1;

/// Offsets in a request.
mod request {
    pub(super) const SIZE: u32 = 0;
    pub(super) const ENDPOINT: u32 = 4;
    pub(super) const N_ATTRIBUTES: u32 = 6;
    pub(super) const FLAGS: u32 = 8;
    pub(super) const NOW: u32 = 16;
    /// In an attribute.
    pub(super) const LENGTH: u32 = 2;
    pub(super) const OFFSET: u32 = 4;
}

/// Offsets in a result.
mod result {
    pub(super) const SIZE: u32 = 0;
    pub(super) const REASON: u32 = 4;
    pub(super) const HTTP: u32 = 6;
    pub(super) const RULE: u32 = 8;
    pub(super) const TEAM: u32 = 12;
    pub(super) const SUBSCRIPTION: u32 = 16;
    pub(super) const MODEL: u32 = 20;
    pub(super) const ROUTE: u32 = 24;
    pub(super) const PRICE: u32 = 28;
    pub(super) const MAX_OUTPUT_TOKENS: u32 = 32;
    pub(super) const OBLIGATIONS: u32 = 36;
    pub(super) const N_LIMITS: u32 = 40;
    pub(super) const N_UPSTREAMS: u32 = 42;
    /// In the answers of `maas_visible` and `maas_teams`.
    pub(super) const N: u32 = 4;
}

/// Indices of the functions of the procedure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Functions {
    first: u32,
}

impl Functions {
    /// The functions follow `n_imports` imported ones.
    pub(super) const fn after(n_imports: u32) -> Self {
        Self { first: n_imports }
    }

    /// How many there are.
    pub(super) const COUNT: u32 = 16;

    const fn at(self, index: u32) -> Callee {
        Callee(self.first + index)
    }

    pub(super) const fn abi(self) -> Callee {
        self.at(0)
    }
    pub(super) const fn decide(self) -> Callee {
        self.at(1)
    }
    pub(super) const fn visible(self) -> Callee {
        self.at(2)
    }
    pub(super) const fn teams(self) -> Callee {
        self.at(3)
    }
    const fn check(self) -> Callee {
        self.at(4)
    }
    const fn equal(self) -> Callee {
        self.at(5)
    }
    const fn find(self) -> Callee {
        self.at(6)
    }
    const fn find_attribute(self) -> Callee {
        self.at(7)
    }
    const fn insert(self) -> Callee {
        self.at(8)
    }
    const fn principals(self) -> Callee {
        self.at(9)
    }
    const fn wanted(self) -> Callee {
        self.at(10)
    }
    const fn load_cell(self) -> Callee {
        self.at(11)
    }
    const fn find_cell(self) -> Callee {
        self.at(12)
    }
    const fn is_usable(self) -> Callee {
        self.at(13)
    }
    const fn refuse(self) -> Callee {
        self.at(14)
    }
    const fn copy_limits(self) -> Callee {
        self.at(15)
    }

    /// Returns the bodies with their number of parameters, in the order of the indices. All answer an `i32`.
    pub(super) fn bodies(self) -> [(usize, Function); Self::COUNT as usize] {
        [
            (0, abi()),
            (1, self.decide_body()),
            (1, self.visible_body()),
            (1, self.teams_body()),
            (1, check()),
            (3, equal()),
            (4, self.find_body()),
            (3, self.find_attribute_body()),
            (2, insert()),
            (0, self.principals_body()),
            (0, self.wanted_body()),
            (2, load_cell()),
            (2, self.find_cell_body()),
            (2, self.is_usable_body()),
            (6, refuse()),
            (3, copy_limits()),
        ]
    }
}

/// The parameters of a function of the procedure.
pub(super) fn parameters(n: usize) -> Vec<ValType> {
    vec![ValType::I32; n]
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Returns where a table starts.
fn table(table: Table) -> Word {
    word(table.entry()).load32(entry::ADDRESS)
}

/// Returns the address of a record.
fn record(of: Table, index: impl Into<Word>) -> Word {
    table(of) + index.into() * u32::from(of.stride())
}

fn abi() -> Function {
    let (body, []) = Body::new();
    body.finish(word(ABI))
}

/// `(req_len) -> reason`: says whether the request follows the ABI and notes where its attributes are.
fn check() -> Function {
    let (mut f, [length]) = Body::new();
    let malformed = u32::from(Reason::Malformed.code());
    let refuse_if = |f: &mut Body, condition: Word| f.when(condition, |f| f.give(malformed));

    f.clear(scratch::MODEL, scratch::SINGLE - scratch::MODEL);
    refuse_if(&mut f, length.below(size(REQUEST_HEADER)) | length.above(REQUEST_CAPACITY));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load32(request::SIZE).is_not(length));
    let last_endpoint = Endpoint::ALL.last().map_or(0, |endpoint| u32::from(endpoint.code()));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load16(request::ENDPOINT).above(last_endpoint));
    refuse_if(&mut f, word(REQUEST_ADDRESS).load64(request::FLAGS).is_not(0));
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
        refuse_if(f, kind.is(previous) & (may_repeat & 1).is_zero());
        refuse_if(f, text_length.above(size(MAX_STRING)));
        refuse_if(f, offset.above(length) | text_length.above(length - offset));
        f.when(kind.is(u32::from(attribute::MODEL)), |f| f.store32(scratch::MODEL, 0, at));
        f.when(kind.is(u32::from(attribute::SUBSCRIPTION)), |f| f.store32(scratch::SUBSCRIPTION, 0, at));
        f.when(kind.is(u32::from(attribute::TEAM)), |f| {
            f.when(n_teams.is_zero(), |f| f.store32(scratch::TEAMS, 0, at));
            f.set(n_teams, n_teams + 1);
        });
        f.when(kind.above(u32::from(attribute::TEAM)), |f| {
            f.when(n_identity.is_zero(), |f| f.store32(scratch::IDENTITY, 0, at));
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

/// Keeps the lowest `length` bytes of a word read from memory; `length` is 1 to 7.
fn mask(length: WordLocal) -> Long {
    (long(1) << (length * 8).to_long()) - 1
}

/// `(a, b, length) -> 0 or 1`
fn equal() -> Function {
    let (mut f, [a, b, length]) = Body::new();
    let words = f.word(length >> 3);
    f.count_down(words, |f, _| {
        f.when(a.load64(0).is_not(b.load64(0)), |f| f.give(0));
        f.set(a, a + 8);
        f.set(b, b + 8);
    });
    f.set(length, length & 7);
    // With no bytes left the mask is empty.
    f.finish(((a.load64(0) ^ b.load64(0)) & mask(length)).is(0))
}

/// `(reason, hidden, rule, team, subscription, model) -> reason`: writes a refusal, which is also the start of an
/// answer that allows.
fn refuse() -> Function {
    let (mut f, [reason, hidden, rule, team, subscription, model]) = Body::new();
    let http = f.word(0);
    // One line for each status; both values of `hidden` are asked.
    for status in [401_u16, 403, 404, 503] {
        for is_hidden in [false, true] {
            let reasons = Reason::ALL.iter().filter(|reason| reason.code() < 32 && reason.http(is_hidden) == status);
            let set = reasons.fold(0_u32, |set, reason| set | (1 << reason.code()));
            let condition = (word(set) >> reason) & hidden.is(u32::from(is_hidden)) & reason.below(32);
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
fn copy_limits() -> Function {
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

/// `(n, principal) -> n`: puts a principal into the set of scratch, which keeps the least 64, ascending.
fn insert() -> Function {
    let (mut f, [n, principal]) = Body::new();
    let end = f.word(n * 4 + scratch::PRINCIPALS);
    let at = f.word(end);
    let counter = f.word(n);
    f.count_down(counter, |f, found| {
        let other = f.word((at - 4).load32(0));
        f.when(other.is(principal), |f| f.give(n));
        f.leave_if(other.below(principal), found);
        f.set(at, at - 4);
    });
    f.when(n.is(size(MAX_TEAMS)), |f| {
        // All 64 are less.
        f.when(at.is(end), |f| f.give(n));
        f.set(end, end - 4);
        f.set(n, n - 1);
    });
    f.when(at.below(end), |f| f.copy(at + 4, at, end - at));
    f.store32(at, 0, principal);
    f.finish(n + 1)
}

/// `(row, index) -> cell`: reads a cell of a `SORTED` or `DIRECT` row.
fn load_cell() -> Function {
    let (mut f, [row, index]) = Body::new();
    let at = f.word(row.load32(row::ADDRESS));
    f.when(row.load8(row::KIND).is(u32::from(row::SORTED)), |f| f.set(at, at + row.load16(row::N) * 2));
    let width = f.word(row.load8(row::WIDTH));
    f.set(at, at + index * width);
    f.when(width.is(1), |f| f.give(at.load8(0)));
    f.when(width.is(2), |f| f.give(at.load16(0)));
    f.finish(at.load32(0))
}

/// The grants of a cell: its index numbers start at `at`, there are `n` of them.
struct Candidates {
    at: WordLocal,
    n: WordLocal,
}

/// Opens a cell that is not 0.
fn candidates(f: &mut Body, cell: WordLocal) -> Candidates {
    let number = f.word((cell - 1) >> 1);
    let at = f.word(scratch::SINGLE);
    let n = f.word(1);
    f.either(
        cell & 1,
        |f| f.store32(scratch::SINGLE, 0, number),
        |f| {
            let list = f.word(record(Table::CandidateLists, number));
            f.set(n, list.load16(stretch::N));
            f.set(at, record(Table::Candidates, list.load32(stretch::FIRST)));
        },
    );
    Candidates { at, n }
}

/// Returns the address of the next grant of a cell.
fn next_grant(f: &mut Body, candidates: &Candidates) -> WordLocal {
    let grant = f.word(record(Table::Grants, candidates.at.load32(0)));
    f.set(candidates.at, candidates.at + 4);
    grant
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

    /// Looks the text of an attribute up; answers the record of the key, or 0.
    fn find_text(self, keys: Table, attribute: WordLocal, kind: Word) -> Word {
        call(self.find_attribute(), [word(keys.entry()), attribute.into(), kind])
    }

    /// `(directory entry of displacements, attribute, kind) -> key record or 0`
    fn find_attribute_body(self) -> Function {
        let (f, [entry, attribute, kind]) = Body::new();
        let text = attribute.load32(request::OFFSET) + REQUEST_ADDRESS;
        let arguments = [entry.into(), text, attribute.load16(request::LENGTH), kind.into()];
        f.finish(call(self.find(), arguments))
    }

    /// `(directory entry of displacements, text, length, kind) -> key record or 0`
    fn find_body(self) -> Function {
        let (mut f, [displacements, text, length, kind]) = Body::new();
        let keys = f.word(displacements + super::layout::DIRECTORY_ENTRY);
        let at = f.word(keys.load32(entry::ADDRESS));
        let n = f.word(keys.load32(entry::COUNT));
        let n_buckets = f.word(displacements.load32(entry::COUNT));
        f.when(n_buckets, |f| {
            let hash = hash(f, text, length, kind, keys.load32(entry::SEED));
            let bucket = (hash.high().to_long() * n_buckets.to_long()).high();
            let displacement = (displacements.load32(entry::ADDRESS) + bucket * 4).load32(0);
            let mixed = f.word(hash.to_word() + displacement * DISPLACE);
            f.set(mixed, (mixed ^ (mixed >> 16)) * MIX[0]);
            f.set(mixed, (mixed ^ (mixed >> 13)) * MIX[1]);
            f.set(mixed, mixed ^ (mixed >> 16));
            let slot = (mixed.to_long() * n.to_long()).high();
            f.set(at, at + slot * key::SIZE);
            f.set(n, 1);
        });
        f.count_down(n, |f, _| {
            let same_length = at.load32(key::LENGTH).is(length);
            f.when(same_length & at.load16(key::KIND).is(kind), |f| {
                let same = call(self.equal(), [at.load32(key::TEXT), text.into(), length.into()]);
                f.when(same, |f| f.give(at));
            });
            f.set(at, at + key::SIZE);
        });
        f.finish(0)
    }

    /// `() -> n`: collects the caller's principals in scratch, after `check`.
    fn principals_body(self) -> Function {
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
            f.when(user.load16(0).is(u32::from(attribute::USER)), |f| {
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
    fn wanted_body(self) -> Function {
        let (mut f, []) = Body::new();
        let named = f.word(word(scratch::SUBSCRIPTION).load32(0));
        f.when(named.is_zero(), |f| f.give(NONE));
        let found = f.word(self.find_text(Table::SubscriptionDisplacements, named, word(0)));
        f.when(found.is_zero(), |f| f.give(NOBODY));
        f.finish(found.load32(key::VALUE))
    }

    /// `(row, column) -> cell`: 0 when nothing is granted.
    fn find_cell_body(self) -> Function {
        let (mut f, [row, column]) = Body::new();
        let at = f.word(row.load32(row::ADDRESS));
        let n = f.word(row.load16(row::N));
        let kind = f.word(row.load8(row::KIND));
        f.when(kind.is(u32::from(row::SORTED)), |f| {
            // The number of columns halves each time: a number of 16 bits does so at most 17 times.
            let first = f.word(0);
            let rest = f.word(n);
            let steps = f.word(17);
            f.count_down(steps, |f, end| {
                f.leave_if(rest.is_zero(), end);
                let half = f.word(rest >> 1);
                let here = f.word((at + (first + half) * 2).load16(0));
                f.when(here.is(column), |f| f.give(call(self.load_cell(), [row.into(), first + half])));
                f.either(
                    here.below(column),
                    |f| {
                        f.set(first, first + half + 1);
                        f.set(rest, rest - half - 1);
                    },
                    |f| f.set(rest, half),
                );
            });
            f.give(0);
        });
        f.when(column.at_least(n), |f| f.give(0));
        f.when(kind.is(u32::from(row::BITS)), |f| {
            let bit = ((at + (column >> 3)).load8(4) >> (column & 7)) & 1;
            f.give(at.load32(0).if_or(bit, 0));
        });
        f.finish(call(self.load_cell(), [row.into(), column.into()]))
    }

    /// `(cell, wanted) -> 0 or 1`: some grant of the cell is of the wanted subscription and in force.
    fn is_usable_body(self) -> Function {
        let (mut f, [cell, wanted]) = Body::new();
        f.when(cell.is_zero(), |f| f.give(0));
        let now = f.long(word(REQUEST_ADDRESS).load64(request::NOW));
        let list = candidates(&mut f, cell);
        f.count_down(list.n, |f, _| {
            let grant = next_grant(f, &list);
            let is_wanted = wanted.is(NONE) | grant.load32(grant::SUBSCRIPTION).is(wanted);
            let has_begun = now.below_signed(grant.load64(grant::FROM)).is_zero();
            let goes_on = now.below_signed(grant.load64(grant::UNTIL));
            let has_endpoints = grant.load16(grant::ENDPOINTS).is_not(0);
            f.when(is_wanted & has_begun & goes_on & has_endpoints, |f| f.give(1));
        });
        f.finish(0)
    }

    /// `maas_decide`
    fn decide_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        f.when(call(self.check(), [length.into()]), |f| f.give(self.refuse_unknown(Reason::Malformed)));
        let endpoint = f.word(word(REQUEST_ADDRESS).load16(request::ENDPOINT));
        let name = f.word(word(scratch::MODEL).load32(0));
        f.when(endpoint.is_zero() | name.is_zero(), |f| f.give(self.refuse_unknown(Reason::Malformed)));
        let n_attributes = word(scratch::N_TEAMS).load32(0) | word(scratch::N_IDENTITY).load32(0);
        f.when(n_attributes.is_zero(), |f| f.give(self.refuse_unknown(Reason::NotIdentified)));

        let found = f.word(self.find_text(Table::ModelDisplacements, name, word(0)));
        f.when(found.is_zero(), |f| f.give(self.refuse_unknown(Reason::UnknownModel)));
        let index = f.word(found.load32(key::VALUE));
        let model = f.word(record(Table::Models, index));
        let hidden = f.word(model.load16(model::FLAGS) & u32::from(model::HIDDEN));

        let n = f.word(call(self.principals(), []));
        let known = [model.load32(model::RULE), word(NONE), word(NONE), index.into()];
        f.when(n.is_zero(), |f| f.give(self.refuse_with(Reason::NoTeam, hidden.into(), known.clone())));
        let best = self.best_candidate(&mut f, n, model, endpoint);
        f.when(best.grant.is_zero(), |f| f.give(self.refuse_with(Reason::NotGranted, hidden.into(), known)));

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
                        f.leave_if(wanted.is_not(NONE) & subscription.is_not(wanted), failed);
                        f.set(passed, 1);
                        f.set(reason, grant.load16(grant::AFTER));
                        let goes_on = now.below_signed(grant.load64(grant::UNTIL));
                        f.leave_if(goes_on.is_zero(), failed);
                        f.set(reason, grant.load16(grant::BEFORE));
                        f.leave_if(now.below_signed(grant.load64(grant::FROM)), failed);
                        f.set(passed, 2);
                        f.set(reason, u32::from(Reason::EndpointNotServed.code()));
                        f.leave_if(((grant.load16(grant::ENDPOINTS) >> endpoint) & 1).is_zero(), failed);
                        f.set(passed, 3);
                        f.set(reason, u32::from(Reason::Allow.code()));
                    });
                    // Principals ascend, so of equals in subscription the one that is there already stays.
                    let is_better = passed.above(best_passed)
                        | (passed.is(best_passed) & subscription.below(best_subscription))
                        | best.grant.is_zero();
                    f.when(is_better, |f| {
                        f.set(best.grant, grant);
                        f.set(best.principal, principal);
                        f.set(best.reason, reason);
                        f.set(best_passed, passed);
                        f.set(best_subscription, subscription);
                    });
                    // Subscriptions ascend in a cell: nothing behind a grant that passed all is better.
                    f.leave_if(passed.is(3), end);
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

    /// `maas_teams`
    fn teams_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        let reason = f.word(call(self.check(), [length.into()]));
        let n = f.word(0);
        f.when(reason.is_zero(), |f| f.set(n, call(self.principals(), [])));
        f.copy(RESULT_ADDRESS + 8, scratch::PRINCIPALS, n * 4);
        f.store32(RESULT_ADDRESS, result::SIZE, n * 4 + 8);
        f.store32(RESULT_ADDRESS, result::N, n);
        f.finish(reason)
    }

    /// `maas_visible`
    fn visible_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        let reason = f.word(call(self.check(), [length.into()]));
        let models = f.word(word(Table::Models.entry()).load32(entry::COUNT));
        f.when(models.above(MAX_MODELS), |f| f.set(models, MAX_MODELS));
        let n_bytes = f.word((models + 7) >> 3);
        f.store32(RESULT_ADDRESS, result::SIZE, n_bytes + 8);
        f.store32(RESULT_ADDRESS, result::N, models);
        f.clear(RESULT_ADDRESS + 8, n_bytes);
        f.when(reason, |f| f.give(reason));
        self.mark_columns(&mut f);

        let model = f.word(table(Table::Models));
        let index = f.word(0);
        f.count_down(models, |f, _| {
            let column = f.word(model.load32(model::COLUMN) & 0xFFFF);
            let bit = ((column >> 3) + scratch::COLUMNS).load8(0) >> (column & 7);
            let to = f.word((index >> 3) + (RESULT_ADDRESS + 8));
            f.store8(to, 0, to.load8(0) | ((bit & 1) << (index & 7)));
            f.set(model, model + u32::from(Table::Models.stride()));
            f.set(index, index + 1);
        });
        f.finish(0)
    }

    /// Sets the bit of each column that some principal may use.
    fn mark_columns(self, f: &mut Body) {
        f.clear(scratch::COLUMNS, scratch::COLUMNS_SIZE);
        let n = f.word(call(self.principals(), []));
        let wanted = f.word(call(self.wanted(), []));
        let principals = f.word(scratch::PRINCIPALS);
        f.count_down(n, |f, _| {
            let principal = f.word(record(Table::Principals, principals.load32(0)));
            f.set(principals, principals + 4);
            let row = f.word(record(Table::Rows, principal.load32(principal::ROW)));
            let at = f.word(row.load32(row::ADDRESS));
            let left = f.word(row.load16(row::N));
            let kind = f.word(row.load8(row::KIND));
            f.block(|f, done| {
                f.when(kind.is(u32::from(row::BITS)), |f| {
                    f.leave_if(call(self.is_usable(), [at.load32(0), wanted.into()]).is_zero(), done);
                    f.set(left, (left + 7) >> 3);
                    let to = f.word(scratch::COLUMNS);
                    f.count_down(left, |f, _| {
                        f.store8(to, 0, to.load8(0) | at.load8(4));
                        f.set(to, to + 1);
                        f.set(at, at + 1);
                    });
                    f.leave(done);
                });
                f.count_down(left, |f, _| {
                    let column = f.word(left);
                    f.when(kind.is(u32::from(row::SORTED)), |f| f.set(column, (at + left * 2).load16(0)));
                    let to = f.word((column >> 3) + scratch::COLUMNS);
                    let bit = f.word(word(1) << (column & 7));
                    f.when((to.load8(0) & bit).is_zero(), |f| {
                        let cell = call(self.load_cell(), [row.into(), left.into()]);
                        f.when(call(self.is_usable(), [cell, wanted.into()]), |f| {
                            f.store8(to, 0, to.load8(0) | bit);
                        });
                    });
                });
            });
        });
    }
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

/// The hash of `keys.rs`.
fn hash(f: &mut Body, text: WordLocal, length: WordLocal, kind: WordLocal, seed: Word) -> LongLocal {
    let hash = f.long(long(GOLDEN) ^ seed.to_long() ^ (kind.to_long() << 32) ^ (length.to_long() * GOLDEN));
    let at = f.word(text);
    let words = f.word(length >> 3);
    let rest = f.word(length & 7);
    f.count_down(words, |f, _| {
        f.set_long(hash, (hash ^ at.load64(0)) * GOLDEN);
        f.set_long(hash, hash ^ (hash >> 29));
        f.set(at, at + 8);
    });
    f.when(rest, |f| {
        f.set_long(hash, (hash ^ (at.load64(0) & mask(rest))) * GOLDEN);
        f.set_long(hash, hash ^ (hash >> 29));
    });
    f.set_long(hash, hash * FINISH);
    f.set_long(hash, hash ^ (hash >> 32));
    hash
}
