//! Tests of sse.

use bytes::Bytes;
use proptest::prelude::*;

use super::{LONGEST_EVENT, Scanner, Verdict, data, name};

/// Feeds `text` cut at `cuts`; drops events whose data is `drop` and replaces those whose data is `swap`.
fn check(text: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut scanner = Scanner::default();
    let mut seen = Vec::new();
    let mut out = Vec::new();
    let mut each = |event: &[u8]| {
        seen.push(event.to_vec());
        match data(event).as_deref() {
            Some(b"drop") => Verdict::Drop,
            Some(b"swap") => Verdict::Replace(Bytes::from_static(b"data: swapped\n\n")),
            _ => Verdict::Keep,
        }
    };
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).chain([0, text.len()]).collect();
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        let chunk = Bytes::copy_from_slice(&text[pair[0]..pair[1]]);
        for piece in scanner.push(&chunk, &mut each) {
            out.extend_from_slice(&piece);
        }
    }
    out.extend(scanner.finish(&mut each).into_iter().flatten());
    (out, seen)
}

#[test]
fn kept_events_of_one_chunk_are_one_slice() {
    let chunk = Bytes::from_static(b"data: a\n\ndata: b\n\ndata: c\n\n");
    let pieces = Scanner::default().push(&chunk, |_| Verdict::Keep);
    assert_eq!(pieces, [chunk]);
}

#[test]
fn every_kind_of_line_end_ends_an_event() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("event: x{end}data: 1{end}{end}data: drop{end}{end}: ping{end}{end}data: 2{end}{end}");
        for cut in 0..text.len() {
            let (out, seen) = check(text.as_bytes(), &[cut]);
            let expected = text.replace(&format!("data: drop{end}{end}"), "");
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{end:?} cut at {cut}");
            assert_eq!(seen.len(), 4, "{end:?} cut at {cut}");
        }
    }
}

#[test]
fn an_event_without_its_blank_line_is_seen_at_the_end() {
    let (out, seen) = check(b"data: a\n\ndata: [DONE]\n", &[]);
    assert_eq!(out, b"data: a\n\ndata: [DONE]\n");
    assert_eq!(seen.len(), 2);
}

#[test]
fn fields_are_read_as_the_standard_says() {
    assert_eq!(data(b"data:x\ndata: y\ndata\n\n").as_deref(), Some(&b"x\ny\n"[..]));
    assert_eq!(data(b"datax: 1\n: data: 2\n\n"), None);
    assert_eq!(name(b"event: a\nevent:b\ndata: 1\n\n"), Some(&b"b"[..]));
}

#[test]
fn an_endless_event_is_not_held() {
    let mut scanner = Scanner::default();
    let chunk = Bytes::from(vec![b'x'; 1 << 20]);
    let mut passed = 0;
    for _ in 0..10 {
        passed += scanner.push(&chunk, |_| Verdict::Drop).iter().map(Bytes::len).sum::<usize>();
        assert!(scanner.held.len() <= LONGEST_EVENT);
    }
    assert_eq!(passed, 10 << 20);
    let rest = Bytes::from_static(b"end\n\ndata: drop\n\ndata: a\n\n");
    let mut seen = Vec::new();
    let pieces = scanner.push(&rest, |event| {
        seen.push(event.to_vec());
        if data(event).as_deref() == Some(b"drop") { Verdict::Drop } else { Verdict::Keep }
    });
    assert_eq!(pieces.concat(), b"end\n\ndata: a\n\n");
    assert_eq!(seen.len(), 2);
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        events in prop::collection::vec(prop::sample::select(vec![
            "data: a\n\n", "data: drop\n\n", "data: swap\r\n\r\n", ": c\n\n", "event: e\ndata: 1\ndata: 2\n\n", "\n", "data: drop\r\r",
        ]), 0..12),
        cuts in prop::collection::vec(0usize..400, 0..12),
    ) {
        let text = events.concat();
        let (out, seen) = check(text.as_bytes(), &cuts);
        let (whole, whole_seen) = check(text.as_bytes(), &[]);
        prop_assert_eq!(out, whole);
        prop_assert_eq!(seen.concat(), whole_seen.concat());
        prop_assert_eq!(seen, whole_seen);
    }
}
