//! A JSON object as the places of its members, so that one of them can be replaced without re-serialising the others.

use std::fmt;
use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object and where its members stand in the text.
#[derive(Clone, Debug)]
pub struct Object {
    bytes: Bytes,
    // INVARIANT: the ranges lie inside `bytes`; no two members have the same name.
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    name: Name,
    value: Range<usize>,
}

#[derive(Clone, Debug)]
enum Name {
    /// Between two quotes, without escapes.
    Plain(Range<usize>),
    Decoded(Box<str>),
}

/// Why bytes are no object that can be worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectError {
    /// Not JSON, or not an object; the text says where.
    Syntax(String),
    /// A member stands twice: readers disagree which of them counts.
    Duplicate(String),
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => write!(f, "the body is not a JSON object: {message}"),
            Self::Duplicate(name) => write!(f, "`{name}` stands twice in the body"),
        }
    }
}

impl std::error::Error for ObjectError {}

impl Object {
    /// Reads an object; the whole text is checked.
    ///
    /// # Errors
    /// When the text is no JSON object, or names a member twice.
    pub fn parse(bytes: Bytes) -> Result<Self, ObjectError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let members = deserializer
            .deserialize_map(Members { base: &bytes })
            .and_then(|members| deserializer.end().map(|()| members))
            .map_err(|error| ObjectError::Syntax(error.to_string()))?;
        let object = Self { bytes, members };
        match object.duplicate() {
            Some(name) => Err(ObjectError::Duplicate(name)),
            None => Ok(object),
        }
    }

    /// Returns the whole text.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the text of a member's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let member = self.members.iter().find(|member| self.name(member) == name.as_bytes())?;
        self.bytes.get(member.value.clone())
    }

    /// Returns a member's value as a type, `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn read<'de, T: serde::Deserialize<'de>>(&'de self, name: &str) -> Result<Option<T>, serde_json::Error> {
        match self.get(name) {
            Some(text) => serde_json::from_slice::<Option<T>>(text),
            None => Ok(None),
        }
    }

    /// Says whether a member is there and is not `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text != b"null")
    }

    /// Returns the names of all members, as written when they hold no escapes.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.members.iter().map(|member| self.name(member))
    }

    /// Returns the text with some members replaced, added (at the end) or, with `None`, removed.
    ///
    /// Values that are not named keep their bytes.
    #[must_use]
    pub fn with(&self, changes: &[(&str, Option<&[u8]>)]) -> Bytes {
        let added: usize = changes.iter().map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + 8).sum();
        let mut out = BytesMut::with_capacity(self.bytes.len() + added);
        let mut separator = b'{';
        for member in &self.members {
            let name = self.name(member);
            let value = match changes.iter().find(|(changed, _)| changed.as_bytes() == name) {
                Some((_, Some(value))) => *value,
                Some((_, None)) => continue,
                None => self.bytes.get(member.value.clone()).unwrap_or_default(),
            };
            out.put_u8(separator);
            separator = b',';
            match &member.name {
                Name::Plain(_) => {
                    out.put_u8(b'"');
                    out.put_slice(name);
                    out.put_u8(b'"');
                }
                Name::Decoded(name) => put_string(&mut out, name),
            }
            out.put_u8(b':');
            out.put_slice(value);
        }
        for (name, value) in changes {
            let Some(value) = value else { continue };
            if self.get(name).is_some() {
                continue;
            }
            out.put_u8(separator);
            separator = b',';
            put_string(&mut out, name);
            out.put_u8(b':');
            out.put_slice(value);
        }
        if separator == b'{' {
            out.put_u8(b'{');
        }
        out.put_u8(b'}');
        out.freeze()
    }

    fn name<'a>(&'a self, member: &'a Member) -> &'a [u8] {
        match &member.name {
            Name::Plain(range) => self.bytes.get(range.clone()).unwrap_or_default(),
            Name::Decoded(name) => name.as_bytes(),
        }
    }

    fn duplicate(&self) -> Option<String> {
        if self.members.len() > 64 {
            let mut names: Vec<&[u8]> = self.names().collect();
            names.sort_unstable();
            let pair = names.array_windows::<2>().find(|[left, right]| left == right)?;
            return Some(String::from_utf8_lossy(pair[0]).into_owned());
        }
        let mut rest = self.members.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            let name = self.name(first);
            if tail.iter().any(|member| self.name(member) == name) {
                return Some(String::from_utf8_lossy(name).into_owned());
            }
            rest = tail;
        }
        None
    }
}

/// Returns a text as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

fn put_string(out: &mut BytesMut, text: &str) {
    out.put_slice(&quoted(text));
}

struct Members<'a> {
    base: &'a [u8],
}

impl Members<'_> {
    fn range(&self, text: &str) -> Option<Range<usize>> {
        let start = text.as_ptr().addr().checked_sub(self.base.as_ptr().addr())?;
        let range = start..start + text.len();
        self.base.get(range.clone()).is_some().then_some(range)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some(Key(name)) = map.next_key::<Key<'de>>()? {
            let value = map.next_value::<&'de RawValue>()?;
            let value = self.range(value.get()).ok_or_else(|| A::Error::custom("text is not borrowed"))?;
            let plain = match &name {
                std::borrow::Cow::Borrowed(text) => self.range(text),
                std::borrow::Cow::Owned(_) => None,
            };
            let name = plain.map_or_else(|| Name::Decoded(name.into()), Name::Plain);
            members.push(Member { name, value });
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests;
