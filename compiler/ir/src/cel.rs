//! CEL of approvals and invariants on a decision table: what names stand for, and what comes out.
//!
//! Names and types are `hir`'s (`maasc_hir::cel`); here they get values. An expression is evaluated once for each
//! distinct tuple of the values that it reads, never once per cell: [`Memo`] remembers answers, and [`over_grants`]
//! goes through all grants by classes of principals and models that look alike to the expression.

mod bind;
mod datum;
mod sweep;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cel::{Context, Env, Program, Value};
use maasc_hir::hir::Expression;

pub use datum::{Datum, Number};
pub use sweep::{Combination, over_grants};
pub(crate) use values::{GrantParts, Parts, time};
pub use values::{Subject, Values};

/// Operators and functions of the language.
static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Values in the order of [`Condition::reads`]; `None` where the value does not exist.
pub type Tuple = Vec<Option<Datum>>;

/// Why an expression has no answer. It is an error, never `false`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// It does not parse.
    #[error("the expression does not parse")]
    Syntax,
    /// It fails.
    #[error("{0}")]
    Failed(String),
    /// It is neither true nor false.
    #[error("the expression is {0}, not a condition")]
    NoCondition(&'static str),
}

/// An expression that is ready to be evaluated.
#[derive(Debug)]
pub struct Condition {
    program: Program,
    reads: Vec<Path>,
}

/// What an expression reads, as segments: `team`, `labels`, `division`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    segments: Vec<String>,
}

impl Path {
    /// Reads a dotted path. What follows `labels` and `dataRegions` is one key, dots and all.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((segment, behind)) = rest.split_once('.') {
            segments.push(segment.to_owned());
            rest = behind;
            if matches!(segment, "labels" | "dataRegions") {
                break;
            }
        }
        segments.push(rest.to_owned());
        Self { segments }
    }

    /// Returns the variable that it starts from.
    #[must_use]
    pub fn variable(&self) -> &str {
        self.segments.first().map_or("", String::as_str)
    }

    /// Returns what follows the variable.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        self.segments.get(1..).unwrap_or_default()
    }

    /// Says whether it reads a field of a variable.
    fn reads(&self, variable: &str, field: &str) -> bool {
        self.variable() == variable && self.fields().first().is_none_or(|name| name == field)
    }
}

/// The path as it is written.
impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

impl Condition {
    /// Makes an expression ready.
    ///
    /// # Errors
    /// When it does not parse; `hir` has reported that.
    pub fn new(expression: &Expression) -> Result<Self, EvalError> {
        let program = LANGUAGE.compile(&expression.text.value).map_err(|_| EvalError::Syntax)?;
        Ok(Self { program, reads: expression.reads.iter().map(|path| Path::new(path)).collect() })
    }

    /// Returns what it reads.
    #[must_use]
    pub fn reads(&self) -> &[Path] {
        &self.reads
    }

    /// Evaluates it where the paths that it reads have these values.
    ///
    /// # Errors
    /// When it fails or is no condition.
    pub fn evaluate(&self, tuple: &[Option<Datum>]) -> Result<bool, EvalError> {
        let mut variables: BTreeMap<String, Datum> = BTreeMap::new();
        for (path, datum) in self.reads.iter().zip(tuple) {
            insert(&mut variables, &path.segments, datum.as_ref());
        }
        let failed = |error: cel::ExecutionError| EvalError::Failed(phrase(&error));
        let mut context = Context::with_env(Arc::clone(&LANGUAGE));
        for (name, datum) in &variables {
            context.add_variable_as_val(name.clone(), bind::bind(datum).map_err(failed)?);
        }
        match self.program.execute(&context).map_err(failed)? {
            Value::Bool(answer) => Ok(answer),
            other => Err(EvalError::NoCondition(kind(&other))),
        }
    }
}

/// Returns what the interpreter says as a phrase of ours.
fn phrase(error: &cel::ExecutionError) -> String {
    let text = match error {
        cel::ExecutionError::NoSuchKey(key) => return format!("there is no `{key}`"),
        cel::ExecutionError::IndexOutOfBounds(_) => return "an index is beyond the end of its list".to_owned(),
        other => other.to_string(),
    };
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_lowercase).chain(characters).collect()
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "a list",
        Value::Map(_) | Value::Struct(_) => "a mapping",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::String(_) | Value::Bytes(_) => "a text",
        _ => "a value",
    }
}

/// Puts a value at its path. A shorter path stands before a longer one and holds it already.
fn insert(fields: &mut BTreeMap<String, Datum>, path: &[String], datum: Option<&Datum>) {
    let Some((name, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        if let Some(datum) = datum {
            fields.entry(name.clone()).or_insert_with(|| datum.clone());
        }
        return;
    }
    let empty = || match name.as_str() {
        "labels" => Datum::Labels(BTreeMap::new()),
        "dataRegions" => Datum::Map(BTreeMap::new()),
        _ => Datum::Object(BTreeMap::new()),
    };
    match (fields.entry(name.clone()).or_insert_with(empty), datum, rest.first()) {
        (Datum::Labels(labels), Some(Datum::Text(text)), Some(key)) if !text.is_empty() => {
            labels.entry(key.clone()).or_insert_with(|| text.clone());
        }
        (Datum::Object(inner) | Datum::Map(inner), ..) => insert(inner, rest, datum),
        _ => {}
    }
}

/// Remembers the answers of a condition.
#[derive(Debug)]
pub struct Memo<'c> {
    condition: &'c Condition,
    answers: BTreeMap<Tuple, Result<bool, EvalError>>,
}

impl<'c> Memo<'c> {
    /// Returns an empty memory.
    #[must_use]
    pub const fn new(condition: &'c Condition) -> Self {
        Self { condition, answers: BTreeMap::new() }
    }

    /// Returns the answer for these values; evaluated the first time only.
    ///
    /// # Errors
    /// When the condition fails for them or is none.
    pub fn evaluate(&mut self, tuple: &Tuple) -> Result<bool, EvalError> {
        if let Some(answer) = self.answers.get(tuple) {
            return answer.clone();
        }
        let answer = self.condition.evaluate(tuple);
        self.answers.insert(tuple.clone(), answer.clone());
        answer
    }
}

/// Evaluates an expression for one subject.
///
/// # Errors
/// When it does not parse, fails or is no condition.
pub fn evaluate(expression: &Expression, values: &Values<'_>, subject: Subject) -> Result<bool, EvalError> {
    let condition = Condition::new(expression)?;
    condition.evaluate(&values.tuple(condition.reads(), subject))
}
