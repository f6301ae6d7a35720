//! Values of a policy as expressions see them, comparable and printable in one way.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// `true` or `false`.
    Bool(bool),
    /// A number; infinite where nothing bounds it.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A mapping with keys that the policy chooses.
    Map(BTreeMap<String, Self>),
    /// Labels: a key that is not set reads as `""`.
    Labels(BTreeMap<String, String>),
    /// A mapping with fields of the language.
    Object(BTreeMap<String, Self>),
}

/// A double with a total order.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Datum {
    /// The number that bounds nothing.
    pub const INFINITE: Self = Self::Number(Number(f64::INFINITY));

    /// Returns a text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns a list of texts.
    #[must_use]
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// Returns a number.
    #[must_use]
    pub fn number(number: impl Into<f64>) -> Self {
        Self::Number(Number(number.into()))
    }

    /// Returns a count; the nearest double where it is above 2⁵³.
    #[must_use]
    pub const fn count(count: u64) -> Self {
        Self::Number(Number(count as f64))
    }

    /// Returns an amount of money, given in 10⁻⁹ of the currency.
    #[must_use]
    pub const fn money(amount: u128) -> Self {
        Self::Number(Number(amount as f64 / 1e9))
    }

    /// Returns an object.
    #[must_use]
    pub fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(fields.into_iter().map(|(name, datum)| (name.to_owned(), datum)).collect())
    }

    /// Appends canonical JSON: keys sorted, no spaces, infinity as the text `infinite`.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(Number(number)) if number.is_finite() => {
                // Writing to a text cannot fail.
                let _ = write!(out, "{number}");
            }
            Self::Number(_) => out.push_str("\"infinite\""),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (item, position) in items.iter().zip(0_usize..) {
                    separate(position, out);
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Labels(labels) => write_fields(labels, out, |text, out| write_text(text, out)),
            Self::Map(fields) | Self::Object(fields) => write_fields(fields, out, Self::write_json),
        }
    }
}

/// Canonical JSON.
impl std::fmt::Display for Datum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write_json(&mut out);
        f.write_str(&out)
    }
}

fn write_fields<T>(fields: &BTreeMap<String, T>, out: &mut String, write: impl Fn(&T, &mut String)) {
    out.push('{');
    for ((name, value), position) in fields.iter().zip(0_usize..) {
        separate(position, out);
        write_text(name, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn separate(position: usize, out: &mut String) {
    if position > 0 {
        out.push(',');
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    if !text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
