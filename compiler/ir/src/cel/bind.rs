//! Values as the interpreter takes them: objects by field, labels that read as `""` where they are not set.

use std::collections::BTreeMap;

use cel::common::traits::{Container, Indexer, Iterable, Sizer};
use cel::common::types::{CelBool, CelDouble, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::{ExecutionError, Value};

use super::datum::{Datum, Number};

/// Returns a value for the interpreter.
pub(super) fn bind(datum: &Datum) -> Result<Box<dyn Val>, ExecutionError> {
    match datum {
        Datum::Bool(value) => Ok(Box::new(CelBool::from(*value))),
        Datum::Number(Number(number)) => Ok(Box::new(CelDouble::from(*number))),
        Datum::Text(text) => Ok(Box::new(CelString::from(text.clone()))),
        Datum::List(_) | Datum::Map(_) => boxed(value(datum)),
        Datum::Labels(labels) => Ok(Box::new(Labels { set: boxed(value(datum))?, texts: labels.clone() })),
        Datum::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| Ok((name.clone(), bind(field)?)));
            Ok(Box::new(Object { fields: fields.collect::<Result<_, ExecutionError>>()? }))
        }
    }
}

fn boxed(value: Value) -> Result<Box<dyn Val>, ExecutionError> {
    value.try_into()
}

/// Returns a value that is held by another one.
fn value(datum: &Datum) -> Value {
    match datum {
        Datum::Bool(value) => Value::Bool(*value),
        Datum::Number(Number(number)) => Value::Float(*number),
        Datum::Text(text) => Value::from(text.as_str()),
        Datum::List(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        Datum::Labels(labels) => map(labels.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str())))),
        Datum::Map(fields) | Datum::Object(fields) => {
            map(fields.iter().map(|(name, field)| (name.clone(), value(field))))
        }
    }
}

fn map(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let entries = entries.map(|(name, value)| (cel::objects::Key::from(name), value));
    Value::Map(cel::objects::Map { map: std::sync::Arc::new(entries.collect()) })
}

/// A mapping with fields of the language.
#[derive(Debug)]
struct Object {
    fields: BTreeMap<String, Box<dyn Val>>,
}

impl Val for Object {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        let fields = self.fields.iter().map(|(name, field)| (name.clone(), field.clone_as_boxed()));
        Box::new(Self { fields: fields.collect() })
    }
}

impl Indexer for Object {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = name(key)?;
        let field = self.fields.get(name).ok_or_else(|| ExecutionError::no_such_key(name))?;
        Ok(CowVal::Borrowed(field.as_ref()))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

/// Labels. They hold what was set, can be counted and gone through; any other name reads as `""`.
#[derive(Debug)]
struct Labels {
    /// The same labels as an ordinary mapping.
    set: Box<dyn Val>,
    texts: BTreeMap<String, String>,
}

impl Val for Labels {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        self.set.as_container()
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        self.set.as_iterable()
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        self.set.as_sizer()
    }

    fn equals(&self, other: &dyn Val) -> bool {
        // Whatever it is compared with is an ordinary mapping, or labels that compare themselves.
        other.equals(self.set.as_ref())
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Self { set: self.set.clone_as_boxed(), texts: self.texts.clone() })
    }
}

impl Indexer for Labels {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let text = self.texts.get(name(key)?).map_or("", String::as_str);
        Ok(CowVal::owned(CelString::from(text.to_owned())))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

fn name(key: &dyn Val) -> Result<&str, ExecutionError> {
    let text = key.downcast_ref::<CelString<'_>>().map(|text| text.inner());
    text.ok_or_else(|| ExecutionError::UnexpectedType {
        got: key.get_type().name().to_owned(),
        want: "string".to_owned(),
    })
}
