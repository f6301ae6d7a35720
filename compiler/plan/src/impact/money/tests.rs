//! Sums and minima, and when they are exact.

use super::*;

#[test]
fn amounts_as_text() {
    let texts = [None, Some(0), Some(1_500_000_000), Some(1)].map(text);
    assert_eq!(texts, ["", "0.00", "1.50", "0.000000001"]);
    assert_eq!([with_sign(0), with_sign(-2_000_000_000), with_sign(1)], ["0.00", "-2.00", "+0.000000001"]);
}
