//! Types of expressions: every name must be declared, every comparison must be able to hold.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators};
use cel::{IdedExpr, Program};
use maasc_diagnostics::{Diagnostic, nearest};

use super::environment::{Field, Place, Type};
use super::{Source, operator};
use crate::rules::{expression_name, expression_type};

/// Returns the paths that an expression reads, and what is wrong with it.
pub(super) fn check(source: Source<'_>, program: &Program, place: Place) -> (Vec<String>, Vec<Diagnostic>) {
    let mut checker =
        Checker { source, program, place, bound: Vec::new(), reads: BTreeSet::new(), findings: Vec::new() };
    let root = program.expression();
    let ty = checker.infer(root);
    if checker.findings.is_empty() && !matches!(ty, Ty::Bool | Ty::Any) {
        let finding =
            expression_type::finding(source.text.span, format!("the expression is {}, not a condition", ty.describe()));
        checker.findings.push(finding.help("compare it with something: the result must be true or false"));
    }
    (checker.reads.into_iter().collect(), checker.findings)
}

/// The type of a part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Ty {
    /// Not known: everything fits, so that one mistake is one finding.
    Any,
    Bool,
    /// Whole numbers: literals and sizes. Arithmetic does not mix them with doubles.
    Int,
    Double,
    /// Any text; a literal keeps its value, so that it can be compared with a set of words.
    Text(Option<String>),
    Time,
    Word(&'static [&'static str]),
    /// The elements' types where the list was written out, else one for all.
    List(Vec<Ty>),
    Map(Box<Ty>),
    Object(&'static [Field]),
    Null,
}

impl Ty {
    fn of(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Number => Self::Double,
            Type::Text => Self::Text(None),
            Type::Time => Self::Time,
            Type::Word(words) => Self::Word(words),
            Type::List(element) => Self::List(vec![Self::of(*element)]),
            Type::Map(value) => Self::Map(Box::new(Self::of(*value))),
            Type::Object(fields) => Self::Object(fields),
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Time | Self::Word(_))
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Bool => "a condition",
            Self::Int | Self::Double => "a number",
            Self::Text(_) => "a text",
            Self::Time => "a time",
            Self::Word(_) => "a word",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Object(_) => "an object",
            Self::Null => "null",
        }
    }
}

pub(super) struct Checker<'a> {
    pub(super) source: Source<'a>,
    program: &'a Program,
    place: Place,
    /// Variables that macros bind, innermost last.
    bound: Vec<(&'a str, Ty)>,
    reads: BTreeSet<String>,
    pub(super) findings: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    /// The bytes of a node: of a call its operator, of a selection the dot.
    pub(super) fn bytes(&self, node: &IdedExpr) -> (usize, usize) {
        let (start, stop) = self.program.source_info().offset_for(node.id).unwrap_or((0, 0));
        (start as usize, stop as usize + 1)
    }

    pub(super) fn infer(&mut self, node: &'a IdedExpr) -> Ty {
        match &node.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(_) | Expr::Select(_) => self.path(node),
            Expr::Call(call) if call.func_name == operators::INDEX => self.path(node),
            Expr::Call(call) => self.call(node, call),
            Expr::List(list) => Ty::List(list.elements.iter().map(|element| self.infer(element)).collect()),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.infer(&entry.key);
                        self.infer(&entry.value);
                    }
                }
                Ty::Map(Box::new(Ty::Any))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(written) => {
                let (start, end) = self.bytes(node);
                let message = format!("there is no type `{}`", written.type_name);
                self.findings.push(expression_name::finding(self.source.span(start, end), message));
                Ty::Any
            }
            Expr::Unspecified => Ty::Any,
        }
    }

    /// A chain of selections; what it reads is recorded once, at its end.
    fn path(&mut self, node: &'a IdedExpr) -> Ty {
        let mut path = Some(String::new());
        let ty = self.step(node, &mut path);
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            self.reads.insert(path);
        }
        ty
    }

    /// The type of one step; `path` grows while it is known at compile time, and is `None` below bound variables.
    fn step(&mut self, node: &'a IdedExpr, path: &mut Option<String>) -> Ty {
        match &node.expr {
            Expr::Ident(name) => self.variable(node, name, path),
            Expr::Select(select) => self.select(node, select, path),
            Expr::Call(call) if call.func_name == operators::INDEX => self.index(call, path),
            _ => {
                *path = None;
                self.infer(node)
            }
        }
    }

    fn variable(&mut self, node: &'a IdedExpr, name: &'a str, path: &mut Option<String>) -> Ty {
        if let Some((_, ty)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            *path = None;
            return ty.clone();
        }
        let variables = self.place.variables();
        if let Some(field) = variables.iter().find(|field| field.name == name) {
            *path = Some(name.to_owned());
            return Ty::of(field.ty);
        }
        *path = None;
        let (start, end) = self.bytes(node);
        let names = || variables.iter().map(|field| field.name);
        let finding = expression_name::finding(self.source.span(start, end), format!("there is no `{name}` here"));
        let meant = nearest(name, names().chain(self.bound.iter().map(|(bound, _)| *bound)));
        self.findings.push(match meant {
            Some(meant) => self.source.replace(finding.help(format!("did you mean `{meant}`?")), start, end, meant),
            None => finding.help(format!("there are {}", listed(names()))),
        });
        Ty::Any
    }

    fn select(&mut self, node: &'a IdedExpr, select: &'a SelectExpr, path: &mut Option<String>) -> Ty {
        let below = self.step(&select.operand, path);
        let (dot, _) = self.bytes(if select.test { &select.operand } else { node });
        let ty = self.member(below, &select.field, dot, path, select.test);
        if select.test { Ty::Bool } else { ty }
    }

    fn index(&mut self, call: &'a CallExpr, path: &mut Option<String>) -> Ty {
        let [operand, index] = call.args.as_slice() else { return Ty::Any };
        let below = self.step(operand, path);
        let key = self.infer(index);
        match (&below, key) {
            (Ty::Map(_) | Ty::Object(_), Ty::Text(Some(key))) => {
                let (at, _) = self.bytes(index);
                self.member(below, &key, at, path, false)
            }
            (Ty::Map(value), key) if key.is_text() || matches!(key, Ty::Any) => {
                self.finish(path);
                (**value).clone()
            }
            (Ty::List(elements), Ty::Int | Ty::Any) => {
                self.finish(path);
                element_type(elements)
            }
            (Ty::Any, _) => Ty::Any,
            (_, key) => {
                let (start, end) = self.bytes(index);
                let message = format!("{} has no element by {}", below.describe(), key.describe());
                self.findings.push(expression_type::finding(self.source.span(start, end), message));
                *path = None;
                Ty::Any
            }
        }
    }

    /// What is below is chosen at run time: all of the path so far is read.
    fn finish(&mut self, path: &mut Option<String>) {
        if let Some(path) = path.take().filter(|path| !path.is_empty()) {
            self.reads.insert(path);
        }
    }

    fn member(&mut self, below: Ty, name: &str, at: usize, path: &mut Option<String>, test: bool) -> Ty {
        let (start, end) = self.name_bytes(name, at);
        let whole = path.clone().unwrap_or_default();
        if let Some(path) = path {
            path.push('.');
            path.push_str(name);
        }
        let always = |this: &mut Self, help: String| {
            let message = format!("`has` is always true of `{name}`");
            this.findings.push(expression_type::finding(this.source.span(start, end), message).help(help));
        };
        match below {
            Ty::Object(fields) => {
                if let Some(field) = fields.iter().find(|field| field.name == name) {
                    if test {
                        always(
                            self,
                            "every field is there: compare it with its empty value, `\"\"`, `0` or `[]`".into(),
                        );
                    }
                    return Ty::of(field.ty);
                }
                *path = None;
                let owner = if whole.is_empty() { "this object" } else { whole.as_str() };
                let finding =
                    expression_name::finding(self.source.span(start, end), format!("`{owner}` has no field `{name}`"));
                let names = || fields.iter().map(|field| field.name);
                self.findings.push(match nearest(name, names()) {
                    Some(meant) => {
                        let finding = finding.help(format!("did you mean `{meant}`?"));
                        match self.source.text.value.get(start..end) {
                            Some(written) if written == name => self.source.replace(finding, start, end, meant),
                            _ => finding,
                        }
                    }
                    None => finding.help(format!("it has {}", listed(names()))),
                });
                Ty::Any
            }
            Ty::Map(value) => {
                if test && whole.ends_with(".labels") {
                    always(self, format!("a label that is not set reads as \"\": write `{whole}[\"{name}\"] != \"\"`"));
                }
                *value
            }
            Ty::Any => Ty::Any,
            other => {
                *path = None;
                let message = format!("{} has no fields", other.describe());
                self.findings.push(expression_type::finding(self.source.span(start, end), message));
                Ty::Any
            }
        }
    }

    /// The bytes of a field's name at or after a place; of a quoted key without its quotes.
    fn name_bytes(&self, name: &str, at: usize) -> (usize, usize) {
        let text = self.source.text.value.as_str();
        let found = text.get(at..).and_then(|rest| rest.find(name)).map(|offset| at + offset);
        match found {
            Some(start) => (start, start + name.len()),
            None => (at, at + 1),
        }
    }

    fn call(&mut self, node: &'a IdedExpr, call: &'a CallExpr) -> Ty {
        let target = call.target.as_ref().map(|target| self.infer(target));
        let arguments: Vec<Ty> = call.args.iter().map(|argument| self.infer(argument)).collect();
        operator::result(self, node, call, target.as_ref(), &arguments)
    }

    fn comprehension(&mut self, comprehension: &'a ComprehensionExpr) -> Ty {
        let element = match self.infer(&comprehension.iter_range) {
            Ty::List(elements) => element_type(&elements),
            Ty::Map(_) => Ty::Text(None),
            Ty::Any => Ty::Any,
            other => {
                let (start, end) = self.bytes(&comprehension.iter_range);
                let message = format!("{} has no elements to look at", other.describe());
                self.findings.push(expression_type::finding(self.source.span(start, end), message));
                Ty::Any
            }
        };
        let accumulated = match self.infer(&comprehension.accu_init) {
            Ty::List(_) => Ty::List(vec![Ty::Any]),
            other => other,
        };
        let depth = self.bound.len();
        self.bound.push((&comprehension.accu_var, accumulated));
        self.bound.push((&comprehension.iter_var, element));
        self.infer(&comprehension.loop_step);
        let result = self.infer(&comprehension.result);
        self.bound.truncate(depth);
        result
    }
}

fn literal_type(literal: &LiteralValue) -> Ty {
    match literal {
        LiteralValue::Boolean(_) => Ty::Bool,
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Ty::Int,
        LiteralValue::Double(_) => Ty::Double,
        LiteralValue::String(text) => Ty::Text(Some(text.inner().to_owned())),
        LiteralValue::Null => Ty::Null,
        LiteralValue::Bytes(_) => Ty::Any,
    }
}

fn element_type(elements: &[Ty]) -> Ty {
    match elements {
        [one] => one.clone(),
        _ => Ty::Any,
    }
}

/// "`a`, `b` and `c`".
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "nothing".to_owned(),
    }
}
