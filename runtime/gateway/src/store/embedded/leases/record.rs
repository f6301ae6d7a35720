//! One line of the log of leases: u32 length, u32 CRC, then key, window, sum of grants and the names of the counter.

use maas_quota::lease::Shelf;
use maas_quota::limit::CounterId;
use maas_quota::window::Window;

use super::Shelves;

/// Appends a line. The last line of a counter and window is the one that holds.
pub(super) fn write(out: &mut Vec<u8>, counter: &CounterId, window: Window, shelf: Shelf) {
    let mut body = Vec::with_capacity(64);
    body.extend_from_slice(&counter.key.to_le_bytes());
    body.extend_from_slice(&window.start_ms.to_le_bytes());
    body.extend_from_slice(&window.end_ms.to_le_bytes());
    body.extend_from_slice(&shelf.granted.to_le_bytes());
    body.extend_from_slice(&length_of(counter.scope.as_bytes()).to_le_bytes());
    body.extend_from_slice(counter.scope.as_bytes());
    body.extend_from_slice(counter.over.as_bytes());
    out.extend_from_slice(&length_of(&body).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    out.extend_from_slice(&body);
}

/// Reads lines up to the first that is torn; returns how many bytes were good.
pub(super) fn read_all(bytes: &[u8]) -> (Shelves, usize) {
    let mut shelves = Shelves::new();
    let mut rest = bytes;
    while let Some(Line { counter, window, shelf, after }) = read(rest) {
        shelves.insert((counter, window.start_ms), (window, shelf));
        rest = after;
    }
    (shelves, bytes.len().saturating_sub(rest.len()))
}

struct Line<'a> {
    counter: CounterId,
    window: Window,
    shelf: Shelf,
    after: &'a [u8],
}

fn read(bytes: &[u8]) -> Option<Line<'_>> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let (crc, bytes) = bytes.split_first_chunk()?;
    let (body, after) = bytes.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (key, body) = body.split_first_chunk()?;
    let (start, body) = body.split_first_chunk()?;
    let (end, body) = body.split_first_chunk()?;
    let (granted, body) = body.split_first_chunk()?;
    let (scope_length, body) = body.split_first_chunk()?;
    let (scope, over) = body.split_at_checked(usize::try_from(u32::from_le_bytes(*scope_length)).ok()?)?;
    let counter = CounterId {
        key: u64::from_le_bytes(*key),
        scope: String::from_utf8(scope.to_vec()).ok()?,
        over: String::from_utf8(over.to_vec()).ok()?,
    };
    let window = Window { start_ms: i64::from_le_bytes(*start), end_ms: i64::from_le_bytes(*end) };
    Some(Line { counter, window, shelf: Shelf { granted: u64::from_le_bytes(*granted) }, after })
}

fn length_of(bytes: &[u8]) -> u32 {
    // INVARIANT: names in a bundle have at most 1,024 bytes.
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
