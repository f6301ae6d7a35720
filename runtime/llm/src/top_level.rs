//! Picks the values of some top-level members out of a JSON object that arrives in chunks of any size.

/// A value longer than this is not kept.
const LONGEST_VALUE: usize = 16 << 10;

/// Follows an object without holding it; remembers the values of the wanted members.
#[derive(Debug)]
pub struct TopLevel {
    wanted: &'static [&'static str],
    values: Vec<Option<Vec<u8>>>,
    depth: u32,
    state: State,
    /// Name of the member at depth 1 that is being read.
    name: Vec<u8>,
    capture: Option<usize>,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between tokens.
    Between { key_next: bool },
    /// In a string; `key`: it is a name at depth 1.
    Text { key: bool, escape: bool },
}

impl TopLevel {
    /// Starts at the beginning of an object.
    #[must_use]
    pub fn new(wanted: &'static [&'static str]) -> Self {
        Self {
            wanted,
            values: vec![None; wanted.len()],
            depth: 0,
            state: State::Between { key_next: false },
            name: Vec::new(),
            capture: None,
            closed: false,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            if let State::Text { key, escape: false } = self.state
                && !matches!(byte, b'"' | b'\\')
            {
                // The inside of a string is skipped in one go.
                let plain = tail.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(tail.len());
                let (skipped, behind) = tail.split_at(plain);
                self.keep(key, byte);
                self.keep_all(key, skipped);
                rest = behind;
                continue;
            }
            self.step(byte);
        }
    }

    /// Returns the value of a wanted member, once it has been read to its end.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let index = self.wanted.iter().position(|wanted| *wanted == name)?;
        if self.capture == Some(index) {
            return None;
        }
        self.values.get(index)?.as_deref().map(<[u8]>::trim_ascii)
    }

    /// Says whether the object has been read to its closing brace.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    fn step(&mut self, byte: u8) {
        match self.state {
            State::Text { key, escape: true } => {
                self.state = State::Text { key, escape: false };
                self.keep(key, byte);
            }
            State::Text { key, escape: false } if byte == b'\\' => {
                self.state = State::Text { key, escape: true };
                self.keep(key, byte);
            }
            State::Text { key, .. } => {
                self.state = State::Between { key_next: false };
                if !key {
                    self.keep(false, byte);
                }
            }
            State::Between { key_next } => self.between(byte, key_next),
        }
    }

    fn between(&mut self, byte: u8, key_next: bool) {
        match byte {
            b'"' => {
                let key = key_next && self.depth == 1;
                if key {
                    self.name.clear();
                } else {
                    self.keep(false, byte);
                }
                self.state = State::Text { key, escape: false };
            }
            b'{' | b'[' => {
                self.keep(false, byte);
                self.depth = self.depth.saturating_add(1);
                self.state = State::Between { key_next: self.depth == 1 };
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.capture = None;
                    self.closed = true;
                } else {
                    self.keep(false, byte);
                }
            }
            b',' if self.depth == 1 => {
                self.capture = None;
                self.state = State::Between { key_next: true };
            }
            b':' if self.depth == 1 => {
                self.capture = self.wanted.iter().position(|wanted| wanted.as_bytes() == self.name);
                if let Some(slot) = self.capture.and_then(|index| self.values.get_mut(index)) {
                    *slot = Some(Vec::new());
                }
            }
            _ => self.keep(false, byte),
        }
    }

    fn keep(&mut self, key: bool, byte: u8) {
        self.keep_all(key, &[byte]);
    }

    fn keep_all(&mut self, key: bool, bytes: &[u8]) {
        if key {
            if self.name.len() + bytes.len() <= 64 {
                self.name.extend_from_slice(bytes);
            } else {
                // Longer than any wanted name; one byte too many so that it cannot match by chance.
                self.name.resize(65, 0);
            }
            return;
        }
        let Some(slot) = self.capture.and_then(|index| self.values.get_mut(index)) else { return };
        match slot {
            Some(value) if value.len() + bytes.len() <= LONGEST_VALUE => value.extend_from_slice(bytes),
            _ => {
                *slot = None;
                self.capture = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TopLevel;

    const WANTED: &[&str] = &["usage", "model"];

    fn check(text: &str, usage: Option<&str>, model: Option<&str>) {
        for cut in 0..=text.len() {
            let (left, right) = text.as_bytes().split_at(cut);
            let mut tap = TopLevel::new(WANTED);
            tap.push(left);
            tap.push(right);
            assert_eq!(tap.get("usage"), usage.map(str::as_bytes), "{text} cut at {cut}");
            assert_eq!(tap.get("model"), model.map(str::as_bytes), "{text} cut at {cut}");
        }
        let mut tap = TopLevel::new(WANTED);
        text.bytes().for_each(|byte| tap.push(&[byte]));
        assert_eq!(tap.get("usage"), usage.map(str::as_bytes));
    }

    #[test]
    fn finds_top_level_members_only() {
        check(
            r#"{"id":"x","choices":[{"usage":1,"text":"\"usage\":{2}, }"}], "usage" : {"a":[1,{"b":"}"}]} ,"model":"m\"x"}"#,
            Some(r#"{"a":[1,{"b":"}"}]}"#),
            Some(r#""m\"x""#),
        );
        check(r#"{"model":"a"}"#, None, Some("\"a\""));
        check(r#"{"usage":null,"model":12}"#, Some("null"), Some("12"));
        check(r#"["usage",{"usage":1}]"#, None, None);
        check("", None, None);
    }

    #[test]
    fn an_unfinished_value_is_no_value() {
        let mut tap = TopLevel::new(WANTED);
        tap.push(br#"{"usage":{"a":1"#);
        assert_eq!(tap.get("usage"), None);
        assert!(!tap.is_closed());
        tap.push(b"}}");
        assert_eq!(tap.get("usage"), Some(&br#"{"a":1}"#[..]));
        assert!(tap.is_closed());
    }

    #[test]
    fn a_huge_value_is_not_held() {
        let mut tap = TopLevel::new(WANTED);
        tap.push(b"{\"usage\":\"");
        for _ in 0..100 {
            tap.push(&[b'x'; 1000]);
        }
        tap.push(b"\",\"model\":\"m\"}");
        assert_eq!(tap.get("usage"), None);
        assert_eq!(tap.get("model"), Some(&b"\"m\""[..]));
    }
}
