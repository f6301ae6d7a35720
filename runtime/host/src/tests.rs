//! What needs no compiled policy; bundles and their damage are tested in `tests/all/bundle.rs`.

use maas_schemas::decision::{DecodeError, EncodeError};

use crate::{Bundle, Engine, EvaluateError, LoadError, Policy, Ticker};

fn is_shared<T: Clone + Send + Sync>() {}

#[test]
fn policies_are_shared_by_threads() {
    is_shared::<Policy>();
    is_shared::<Bundle>();
    is_shared::<Engine>();
}

#[test]
fn a_ticker_ends_when_it_is_dropped() {
    let engine = Engine::with_deadline().unwrap();
    let ticker = Ticker::start(&engine).unwrap();
    // Returns only when the thread has ended.
    drop(ticker);
}

#[test]
fn what_is_no_module_is_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0", b"{}"] {
        let error = Bundle::read(bytes).unwrap_err();
        assert!(matches!(error, LoadError::Verify(_)), "{error}");
        assert_eq!(error.step(), "verify");
    }
}

#[test]
fn only_the_module_can_be_at_fault() {
    assert!(!EvaluateError::from(EncodeError::TooLarge).is_fault_of_policy());
    assert!(EvaluateError::from(DecodeError("size")).is_fault_of_policy());
    assert!(EvaluateError::Deadline.is_fault_of_policy());
}
