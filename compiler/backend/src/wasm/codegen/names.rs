//! Names: comparing texts, hashing them, finding them in the tables of keys.

use maas_schemas::abi::REQUEST_ADDRESS;
use wasm_encoder::Function;

use super::Functions;
use crate::wasm::assembler::{Body, Long, LongLocal, Word, WordLocal, call, long, word};
use crate::wasm::keys::{DISPLACE, FINISH, GOLDEN, MIX};
use crate::wasm::layout::{DIRECTORY_ENTRY, Table, entry, key, request};

/// Keeps the lowest `length` bytes of a word read from memory; `length` is 1 to 7.
fn mask(length: WordLocal) -> Long {
    (long(1) << (length * 8).wide()) - 1
}

/// `(a, b, length) -> 0 or 1`
pub(super) fn equal() -> Function {
    let (mut f, [a, b, length]) = Body::new();
    let words = f.word(length >> 3);
    f.count_down(words, |f, _| {
        f.when(a.load64(0).differs(b.load64(0)), |f| f.give(0));
        f.set(a, a + 8);
        f.set(b, b + 8);
    });
    f.set(length, length & 7);
    // With no bytes left the mask is empty.
    f.finish(((a.load64(0) ^ b.load64(0)) & mask(length)).equals(0))
}

/// The hash of `keys.rs`.
fn hash(f: &mut Body, text: WordLocal, length: WordLocal, kind: WordLocal, seed: Word) -> LongLocal {
    let hash = f.long(long(GOLDEN) ^ seed.wide() ^ (kind.wide() << 32) ^ (length.wide() * GOLDEN));
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

impl Functions {
    /// Looks the text of an attribute up; answers the record of the key, or 0.
    pub(super) fn find_text(self, keys: Table, attribute: WordLocal, kind: Word) -> Word {
        call(self.find_attribute(), [word(keys.entry()), attribute.into(), kind])
    }

    /// `(directory entry of displacements, attribute, kind) -> key record or 0`
    pub(super) fn find_attribute_body(self) -> Function {
        let (f, [entry, attribute, kind]) = Body::new();
        let text = attribute.load32(request::OFFSET) + REQUEST_ADDRESS;
        let arguments = [entry.into(), text, attribute.load16(request::LENGTH), kind.into()];
        f.finish(call(self.find(), arguments))
    }

    /// `(directory entry of displacements, text, length, kind) -> key record or 0`
    pub(super) fn find_body(self) -> Function {
        let (mut f, [displacements, text, length, kind]) = Body::new();
        let keys = f.word(displacements + DIRECTORY_ENTRY);
        let at = f.word(keys.load32(entry::ADDRESS));
        let n = f.word(keys.load32(entry::COUNT));
        let n_buckets = f.word(displacements.load32(entry::COUNT));
        f.when(n_buckets, |f| {
            let hash = hash(f, text, length, kind, keys.load32(entry::SEED));
            let bucket = (hash.high().wide() * n_buckets.wide()).high();
            let displacement = (displacements.load32(entry::ADDRESS) + bucket * 4).load32(0);
            let mixed = f.word(hash.low() + displacement * DISPLACE);
            f.set(mixed, (mixed ^ (mixed >> 16)) * MIX[0]);
            f.set(mixed, (mixed ^ (mixed >> 13)) * MIX[1]);
            f.set(mixed, mixed ^ (mixed >> 16));
            let slot = (mixed.wide() * n.wide()).high();
            f.set(at, at + slot * key::SIZE);
            f.set(n, 1);
        });
        f.count_down(n, |f, _| {
            let same_length = at.load32(key::LENGTH).equals(length);
            f.when(same_length & at.load16(key::KIND).equals(kind), |f| {
                let same = call(self.equal(), [at.load32(key::TEXT), text.into(), length.into()]);
                f.when(same, |f| f.give(at));
            });
            f.set(at, at + key::SIZE);
        });
        f.finish(0)
    }
}
