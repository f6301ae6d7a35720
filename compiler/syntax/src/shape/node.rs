//! The spanned tree as the JSON that a schema's validator walks.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::{Number, Value};

use crate::tree::{Meaning, NodeId, NodeKind, Tree};

/// The kind of JSON that our tree is.
#[derive(Debug)]
pub(crate) struct TreeJson;

/// A node of a tree, or a text that stands alone.
#[derive(Clone, Debug)]
pub(crate) enum TreeNode<'a> {
    In(&'a Tree<'a>, NodeId),
    Alone(&'a str),
}

impl<'a> TreeNode<'a> {
    pub(crate) fn new(tree: &'a Tree<'a>, id: NodeId) -> Self {
        Self::In(tree, id)
    }

    fn meaning(&self) -> Option<Meaning> {
        match self {
            Self::In(tree, id) => match tree.node(*id).kind {
                NodeKind::Broken => Some(Meaning::Null),
                NodeKind::Scalar { .. } | NodeKind::Sequence(_) | NodeKind::Mapping(_) => tree.meaning(*id),
            },
            Self::Alone(_) => Some(Meaning::Text),
        }
    }

    fn text(&self) -> &'a str {
        match self {
            Self::In(tree, id) => tree.text(*id).unwrap_or(""),
            Self::Alone(text) => text,
        }
    }
}

impl Json for TreeJson {
    type Node<'a> = TreeNode<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(TreeNode<'_>) -> T) -> T {
        string.clone_into(buffer);
        f(TreeNode::Alone(buffer))
    }
}

/// A number as it was typed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypedNumber<'a>(&'a str);

impl TypedNumber<'_> {
    fn whole(&self) -> Option<i128> {
        let (text, radix) = match self.0.get(..2) {
            Some("0x") => (self.0.get(2..)?, 16),
            Some("0o") => (self.0.get(2..)?, 8),
            _ => (self.0, 10),
        };
        i128::from_str_radix(text, radix).ok()
    }

    fn approximate(&self) -> Option<f64> {
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl JsonNumber for TypedNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.whole().and_then(|number| u64::try_from(number).ok())
    }

    fn as_i64(&self) -> Option<i64> {
        self.whole().and_then(|number| i64::try_from(number).ok())
    }

    fn as_f64(&self) -> Option<f64> {
        self.approximate()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        let number = self
            .as_u64()
            .map(Number::from)
            .or_else(|| self.as_i64().map(Number::from))
            .or_else(|| self.approximate().and_then(Number::from_f64));
        Cow::Owned(number.unwrap_or_else(|| Number::from(0)))
    }
}

impl<'a> Node<'a, TreeJson> for TreeNode<'a> {
    type Object = Self;
    type Array = Self;
    type Number = TypedNumber<'a>;

    fn as_object(&self) -> Option<Self> {
        (self.json_type() == JsonType::Object).then(|| self.clone())
    }

    fn as_array(&self) -> Option<Self> {
        (self.json_type() == JsonType::Array).then(|| self.clone())
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        (self.meaning() == Some(Meaning::Text)).then(|| Cow::Borrowed(self.text()))
    }

    fn as_number(&self) -> Option<TypedNumber<'a>> {
        (self.meaning() == Some(Meaning::Number)).then(|| TypedNumber(self.text()))
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.meaning() {
            Some(Meaning::Bool(value)) => Some(value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.meaning() == Some(Meaning::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.meaning() {
            Some(Meaning::Null) => JsonType::Null,
            Some(Meaning::Bool(_)) => JsonType::Boolean,
            Some(Meaning::Number) => JsonType::Number,
            Some(Meaning::Text) => JsonType::String,
            None => match self {
                Self::In(tree, id) if matches!(tree.node(*id).kind, NodeKind::Sequence(_)) => JsonType::Array,
                _ => JsonType::Object,
            },
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self.json_type() {
            JsonType::Null => Value::Null,
            JsonType::Boolean => Value::Bool(self.as_boolean().unwrap_or_default()),
            JsonType::Number | JsonType::Integer => {
                self.as_number().map_or(Value::Null, |number| Value::Number(number.to_number().into_owned()))
            }
            JsonType::String => Value::String(self.text().to_owned()),
            JsonType::Array => Value::Array(self.elements().map(|item| item.to_value().into_owned()).collect()),
            JsonType::Object => Value::Object(
                self.members().map(|(name, value)| (name.to_owned(), value.to_value().into_owned())).collect(),
            ),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            Self::In(tree, id) => {
                let address = std::ptr::from_ref::<Tree<'_>>(tree) as usize;
                Some(NodeIdentity::tagged(address, u32::try_from(id.index()).unwrap_or(u32::MAX)))
            }
            Self::Alone(_) => None,
        }
    }
}

impl<'a> Object<'a, TreeJson> for TreeNode<'a> {
    type Node = Self;
    type MemberName = &'a str;
    type MembersIter = std::vec::IntoIter<(&'a str, Self)>;

    fn len(&self) -> usize {
        match self {
            Self::In(tree, id) => tree.entries(*id).len(),
            Self::Alone(_) => 0,
        }
    }

    fn get(&self, key: &String) -> Option<Self> {
        match self {
            Self::In(tree, id) => tree.get(*id, key).map(|value| Self::In(tree, value)),
            Self::Alone(_) => None,
        }
    }

    fn members(&self) -> Self::MembersIter {
        let members: Vec<(&'a str, Self)> = match self {
            Self::In(tree, id) => {
                tree.entries(*id).map(|(key, value)| (tree.text(key).unwrap_or(""), Self::In(tree, value))).collect()
            }
            Self::Alone(_) => Vec::new(),
        };
        members.into_iter()
    }
}

impl<'a> Array<'a, TreeJson> for TreeNode<'a> {
    type Node = Self;
    type ElementsIter = std::vec::IntoIter<Self>;

    fn len(&self) -> usize {
        match self {
            Self::In(tree, id) => tree.items(*id).len(),
            Self::Alone(_) => 0,
        }
    }

    fn elements(&self) -> Self::ElementsIter {
        let items: Vec<Self> = match self {
            Self::In(tree, id) => tree.items(*id).iter().map(|item| Self::In(tree, *item)).collect(),
            Self::Alone(_) => Vec::new(),
        };
        items.into_iter()
    }
}
