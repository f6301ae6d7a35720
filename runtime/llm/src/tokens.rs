//! Estimates the tokens of a text when a provider did not count them: the same for every split of the text.

/// Counts tokens the way common vocabularies cut text: words, digits in threes, punctuation in pairs.
///
/// The count never exceeds the number of bytes, and a text cut in pieces counts like the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimator {
    tokens: u64,
    class: Class,
    // Characters of the current run.
    run: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Class {
    #[default]
    Start,
    Space,
    Letter,
    Digit,
    Mark,
    Foreign,
    Wide,
}

impl Estimator {
    /// Adds the next piece of the text.
    pub fn push(&mut self, text: &str) {
        for character in text.chars() {
            self.add(character);
        }
    }

    /// Ends a text: what comes next is not part of its last word.
    pub const fn boundary(&mut self) {
        self.class = Class::Start;
    }

    /// Returns the tokens so far.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.tokens
    }

    fn add(&mut self, character: char) {
        let class = classify(character);
        self.run = if class == self.class { self.run.saturating_add(1) } else { 1 };
        self.class = class;
        let begins = match class {
            Class::Start => false,
            // A single space belongs to the word behind it.
            Class::Space => character == '\n' || self.run == 2,
            Class::Letter => self.run == 1 || (self.run >= 8 && self.run.is_multiple_of(4)),
            Class::Digit => self.run % 3 == 1,
            Class::Mark | Class::Foreign => self.run % 2 == 1,
            Class::Wide => true,
        };
        self.tokens += u64::from(begins);
    }
}

/// Returns the estimated tokens of one text.
#[must_use]
pub fn estimate(text: &str) -> u64 {
    let mut estimator = Estimator::default();
    estimator.push(text);
    estimator.tokens()
}

fn classify(character: char) -> Class {
    match character {
        ' ' | '\t' | '\n' | '\r' => Class::Space,
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        _ if character.is_ascii() => Class::Mark,
        // CJK, kana, hangul, and everything beyond the basic plane.
        '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{10000}'.. => Class::Wide,
        _ => Class::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::{Estimator, estimate};
    use proptest::prelude::*;

    #[test]
    fn words_marks_and_digits() {
        for (text, tokens) in [
            ("", 0),
            ("hello", 1),
            ("hello world", 2),
            ("hello, world.", 4),
            ("internationalization", 5),
            ("1234567", 3),
            ("a  b", 3),
            ("日本語", 3),
            ("a\nb", 3),
        ] {
            assert_eq!(estimate(text), tokens, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(text in ".{0,80}", at in 0usize..80) {
            let at = text.char_indices().map(|(index, _)| index).nth(at).unwrap_or(text.len());
            let mut pieces = Estimator::default();
            let (left, right) = text.split_at(at);
            pieces.push(left);
            pieces.push(right);
            prop_assert_eq!(pieces.tokens(), estimate(&text));
            prop_assert!(estimate(&text) <= text.len() as u64);
        }
    }
}
