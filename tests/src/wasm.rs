//! WebAssembly files by hand: sections and the digest of the program, as `schemas/abi.md` describes it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a harness fails loudly")]

use sha2::{Digest, Sha256};

/// Returns (id, content) of each section.
///
/// # Panics
/// When the module is truncated.
#[must_use]
pub fn sections(module: &[u8]) -> Vec<(u8, &[u8])> {
    let mut rest = &module[8..];
    let mut found = Vec::new();
    while let Some((id, tail)) = rest.split_first() {
        let (length, tail) = leb(tail);
        let (content, tail) = tail.split_at(length);
        found.push((*id, content));
        rest = tail;
    }
    found
}

/// Reads a LEB 128 number; returns it and what follows.
///
/// # Panics
/// When it is truncated.
#[must_use]
pub fn leb(bytes: &[u8]) -> (usize, &[u8]) {
    let n = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let value = bytes[..n].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7F));
    (value, &bytes[n..])
}

/// Returns the `code_digest` of a module.
#[must_use]
pub fn program_digest(module: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for (id, content) in sections(module) {
        // Type, import, function, global, export, code.
        if [1, 2, 3, 6, 7, 10].contains(&id) {
            hasher.update([id]);
            hasher.update(u32::try_from(content.len()).unwrap().to_le_bytes());
            hasher.update(content);
        }
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
