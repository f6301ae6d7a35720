//! CEL expressions as trees: printed with quoting and parentheses, and parsed again before anybody sees them.

use std::fmt::{self, Write};

use cel::Program;

/// Bytes from which lists of constants are not parsed element by element.
const LONG: usize = 16 * 1024;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// A string.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A list.
    List(Vec<Expression>),
    /// A map with texts as keys, in this order.
    Map(Vec<(&'static str, Expression)>),
    /// A variable.
    Name(&'static str),
    /// A field of a value.
    Field(Box<Expression>, &'static str),
    /// An element of a list or map.
    Index(Box<Expression>, Box<Expression>),
    /// A function or macro of a value.
    Method(Box<Expression>, &'static str, Vec<Expression>),
    /// A function.
    Call(&'static str, Vec<Expression>),
    /// All hold; true for none.
    All(Vec<Expression>),
    /// One holds; false for none.
    Any(Vec<Expression>),
    /// Texts one after the other; there is at least one.
    Sum(Vec<Expression>),
    /// The first is related to the second so.
    Compare(&'static str, Box<Expression>, Box<Expression>),
    /// The opposite.
    Not(Box<Expression>),
    /// One or the other.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// An expression that the parser of CEL refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotParsed {
    /// Its text.
    pub(crate) text: String,
    /// What the parser says.
    pub(crate) reason: String,
}

impl fmt::Display for NotParsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.text)
    }
}

impl Expression {
    /// Returns a string.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns a list of strings.
    pub(crate) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// Returns the variable or field that a path of names leads to.
    pub(crate) fn path(first: &'static str, fields: &[&'static str]) -> Self {
        fields.iter().fold(Self::Name(first), |value, field| value.field(field))
    }

    /// Returns a field of this value.
    pub(crate) fn field(self, name: &'static str) -> Self {
        Self::Field(Box::new(self), name)
    }

    /// Returns an element of this value.
    pub(crate) fn index(self, index: Self) -> Self {
        Self::Index(Box::new(self), Box::new(index))
    }

    /// Returns the value of a method of this value.
    pub(crate) fn method(self, name: &'static str, arguments: Vec<Self>) -> Self {
        Self::Method(Box::new(self), name, arguments)
    }

    /// Returns whether this value equals another.
    pub(crate) fn equals(self, other: Self) -> Self {
        Self::Compare("==", Box::new(self), Box::new(other))
    }

    /// Returns whether this value differs from another.
    pub(crate) fn differs(self, other: Self) -> Self {
        Self::Compare("!=", Box::new(self), Box::new(other))
    }

    /// Returns whether a list or map has this value.
    pub(crate) fn within(self, list: Self) -> Self {
        Self::Compare("in", Box::new(self), Box::new(list))
    }

    /// Returns the opposite.
    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Returns one value where this holds, else another.
    pub(crate) fn then_else(self, then: Self, otherwise: Self) -> Self {
        Self::If(Box::new(self), Box::new(then), Box::new(otherwise))
    }

    /// Returns the text, which the parser of CEL accepts.
    ///
    /// Of a long list of constants the parser sees the first and those of another shape: it takes a second for a list
    /// that is written in milliseconds. The texts in the rest are read back one by one.
    ///
    /// # Errors
    /// When the parser refuses it.
    pub(crate) fn print(&self) -> Result<String, NotParsed> {
        let text = self.to_string();
        let parsed = if text.len() > LONG { self.abridged().to_string() } else { text.clone() };
        if let Err(error) = Program::compile(&parsed) {
            return Err(NotParsed { reason: error.to_string(), text: parsed });
        }
        match self.unreadable() {
            Some(literal) => Err(NotParsed { reason: "a text changes when it is quoted".to_owned(), text: literal }),
            None => Ok(text),
        }
    }

    /// Returns the expression with long lists of constants cut to one of each shape.
    fn abridged(&self) -> Self {
        let all = |parts: &[Self]| parts.iter().map(Self::abridged).collect::<Vec<_>>();
        let boxed = |part: &Self| Box::new(part.abridged());
        match self {
            Self::List(items) => {
                let mut shapes: Vec<Self> = Vec::new();
                for item in items.iter().map(Self::abridged) {
                    if !shapes.iter().any(|kept| kept.has_shape_of(&item)) {
                        shapes.push(item);
                    }
                }
                Self::List(shapes)
            }
            Self::Map(entries) => Self::Map(entries.iter().map(|(key, value)| (*key, value.abridged())).collect()),
            Self::Field(value, name) => Self::Field(boxed(value), name),
            Self::Index(value, index) => Self::Index(boxed(value), boxed(index)),
            Self::Method(value, name, arguments) => Self::Method(boxed(value), name, all(arguments)),
            Self::Call(name, arguments) => Self::Call(name, all(arguments)),
            Self::All(parts) => Self::All(all(parts)),
            Self::Any(parts) => Self::Any(all(parts)),
            Self::Sum(parts) => Self::Sum(all(parts)),
            Self::Compare(operator, left, right) => Self::Compare(operator, boxed(left), boxed(right)),
            Self::Not(value) => Self::Not(boxed(value)),
            Self::If(condition, then, otherwise) => Self::If(boxed(condition), boxed(then), boxed(otherwise)),
            Self::Text(_) | Self::Bool(_) | Self::Int(_) | Self::Name(_) => self.clone(),
        }
    }

    /// Says whether two constants differ in nothing but their texts.
    fn has_shape_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(_), Self::Text(_)) => true,
            (Self::List(mine), Self::List(theirs)) => {
                mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(a, b)| a.has_shape_of(b))
            }
            (Self::Map(mine), Self::Map(theirs)) => {
                mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(a, b)| a.0 == b.0 && a.1.has_shape_of(&b.1))
            }
            _ => false,
        }
    }

    /// Returns a literal that does not mean its text, if there is one.
    fn unreadable(&self) -> Option<String> {
        let first = |parts: &[Self]| parts.iter().find_map(Self::unreadable);
        match self {
            Self::Text(text) => {
                let literal = self.to_string();
                (unquote(&literal).as_ref() != Some(text)).then_some(literal)
            }
            Self::Bool(_) | Self::Int(_) | Self::Name(_) => None,
            Self::Map(entries) => entries.iter().find_map(|(_, value)| value.unreadable()),
            Self::List(parts) | Self::Call(_, parts) | Self::All(parts) | Self::Any(parts) | Self::Sum(parts) => {
                first(parts)
            }
            Self::Field(value, _) | Self::Not(value) => value.unreadable(),
            Self::Method(value, _, arguments) => value.unreadable().or_else(|| first(arguments)),
            Self::Index(left, right) | Self::Compare(_, left, right) => {
                left.unreadable().or_else(|| right.unreadable())
            }
            Self::If(condition, then, otherwise) => {
                condition.unreadable().or_else(|| then.unreadable()).or_else(|| otherwise.unreadable())
            }
        }
    }

    /// How tightly the outermost operator binds; operands that bind less get parentheses.
    fn precedence(&self) -> u8 {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::Sum(parts) if parts.len() == 1 => {
                parts.iter().map(Self::precedence).sum()
            }
            Self::If(..) => 0,
            Self::Any(_) => 1,
            Self::All(_) => 2,
            Self::Compare(..) => 3,
            Self::Sum(_) => 4,
            Self::Not(_) => 5,
            _ => 6,
        }
    }

    /// Writes an operand of an operator that binds with `precedence`.
    fn operand(&self, precedence: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.precedence() >= precedence { write!(f, "{self}") } else { write!(f, "({self})") }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quote(text, f),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Name(name) => f.write_str(name),
            Self::List(items) => {
                f.write_char('[')?;
                separated(items, f)?;
                f.write_char(']')
            }
            Self::Map(entries) => {
                f.write_char('{')?;
                for (n, (key, value)) in entries.iter().enumerate() {
                    if n > 0 {
                        f.write_str(", ")?;
                    }
                    quote(key, f)?;
                    write!(f, ": {value}")?;
                }
                f.write_char('}')
            }
            Self::Field(value, name) => {
                value.operand(6, f)?;
                write!(f, ".{name}")
            }
            Self::Index(value, index) => {
                value.operand(6, f)?;
                write!(f, "[{index}]")
            }
            Self::Method(value, name, arguments) => {
                value.operand(6, f)?;
                write!(f, ".{name}(")?;
                separated(arguments, f)?;
                f.write_char(')')
            }
            Self::Call(name, arguments) => {
                write!(f, "{name}(")?;
                separated(arguments, f)?;
                f.write_char(')')
            }
            Self::All(parts) => joined(parts, " && ", "true", 3, f),
            Self::Any(parts) => joined(parts, " || ", "false", 2, f),
            Self::Sum(parts) => joined(parts, " + ", "''", 5, f),
            Self::Compare(operator, left, right) => {
                left.operand(4, f)?;
                write!(f, " {operator} ")?;
                right.operand(4, f)
            }
            Self::Not(value) => {
                f.write_char('!')?;
                value.operand(6, f)
            }
            Self::If(condition, then, otherwise) => {
                condition.operand(1, f)?;
                f.write_str(" ? ")?;
                then.operand(1, f)?;
                f.write_str(" : ")?;
                otherwise.operand(1, f)
            }
        }
    }
}

fn separated(items: &[Expression], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn joined(parts: &[Expression], operator: &str, none: &str, precedence: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let [only] = parts {
        return write!(f, "{only}");
    }
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(operator)?;
        }
        part.operand(precedence, f)?;
    }
    if parts.is_empty() { f.write_str(none) } else { Ok(()) }
}

/// Writes a string literal. `${` is written so that Flux, which replaces it in rendered text, does not see it.
fn quote(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '$' if characters.peek() == Some(&'{') => f.write_str("\\u0024")?,
            character if needs_escape(character) => write!(f, "\\U{:08x}", u32::from(character))?,
            character => f.write_char(character)?,
        }
    }
    f.write_char('\'')
}

/// Returns the text that a literal of [`quote`] means, by the rules of CEL; `None` for what is no such literal.
fn unquote(literal: &str) -> Option<String> {
    let mut text = String::with_capacity(literal.len());
    let mut characters = literal.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    while let Some(character) = characters.next() {
        if character == '\'' || character == '\n' || character == '\r' {
            return None;
        }
        if character != '\\' {
            text.push(character);
            continue;
        }
        let digits = match characters.next()? {
            'n' => return_to(&mut text, '\n'),
            'r' => return_to(&mut text, '\r'),
            't' => return_to(&mut text, '\t'),
            'u' => 4,
            'U' => 8,
            escaped @ ('\'' | '\\') => return_to(&mut text, escaped),
            _ => return None,
        };
        if digits > 0 {
            let code: String = characters.by_ref().take(digits).collect();
            let code = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == digits);
            text.push(code.and_then(char::from_u32)?);
        }
    }
    Some(text)
}

/// Adds a character that was escaped by a letter: no digits follow.
fn return_to(text: &mut String, character: char) -> usize {
    text.push(character);
    0
}

/// Says whether a character cannot be seen or is a line break to some reader.
fn needs_escape(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
