//! Operators and functions of CEL: what they accept, what they return, and comparisons that can never hold.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, operators};
use maasc_diagnostics::nearest;

use super::infer::{Checker, Ty, listed};
use crate::rules::{expression_name, expression_type, expression_value};

/// Functions that are called on a value.
const METHODS: &[&str] =
    &["contains", "startsWith", "endsWith", "size", "all", "exists", "exists_one", "map", "filter"];
/// Functions that are called by their name.
const FUNCTIONS: &[&str] = &["size", "int", "double", "string", "has"];

/// Returns the type of a call whose arguments have these types.
pub(super) fn result(
    checker: &mut Checker<'_>,
    node: &IdedExpr,
    call: &CallExpr,
    target: Option<&Ty>,
    arguments: &[Ty],
) -> Ty {
    let name = call.func_name.as_str();
    match (name, arguments) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR, _) => {
            for (argument, ty) in call.args.iter().zip(arguments) {
                condition(checker, argument, ty);
            }
            Ty::Bool
        }
        (operators::LOGICAL_NOT, [ty]) => {
            call.args.iter().for_each(|argument| condition(checker, argument, ty));
            Ty::Bool
        }
        (operators::NOT_STRICTLY_FALSE, _) => Ty::Bool,
        (operators::CONDITIONAL, [test, one, other]) => {
            if let Some(argument) = call.args.first() {
                condition(checker, argument, test);
            }
            if std::mem::discriminant(one) == std::mem::discriminant(other) { one.clone() } else { Ty::Any }
        }
        (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
            equality(checker, node, call, left, right);
            Ty::Bool
        }
        (operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS, [left, right]) => {
            order(checker, node, call, left, right);
            Ty::Bool
        }
        (operators::IN, [left, right]) => {
            membership(checker, node, call, left, right);
            Ty::Bool
        }
        (operators::NEGATE, [ty]) if ty.is_number() => ty.clone(),
        (
            operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO,
            [left, right],
        ) => arithmetic(checker, node, call, left, right),
        _ => function(checker, node, call, target, arguments),
    }
}

fn condition(checker: &mut Checker<'_>, node: &IdedExpr, ty: &Ty) {
    if !matches!(ty, Ty::Bool | Ty::Any) {
        let (start, end) = checker.bytes(node);
        let message = format!("{} is no condition", ty.describe());
        let finding = expression_type::finding(checker.source.span(start, end), message);
        checker.findings.push(finding.help("compare it with something: the result must be true or false"));
    }
}

/// The place of an operator.
fn at(checker: &Checker<'_>, node: &IdedExpr) -> maasc_diagnostics::Span {
    let (start, end) = checker.bytes(node);
    checker.source.span(start, end)
}

fn equality(checker: &mut Checker<'_>, node: &IdedExpr, call: &CallExpr, left: &Ty, right: &Ty) {
    let [left_node, right_node] = call.args.as_slice() else { return };
    match (left, right) {
        (Ty::Any, _) | (_, Ty::Any) => {}
        (Ty::Word(_) | Ty::Time, Ty::Text(Some(literal))) => literal_fits(checker, left, right_node, literal),
        (Ty::Text(Some(literal)), Ty::Word(_) | Ty::Time) => literal_fits(checker, right, left_node, literal),
        (Ty::List(elements), Ty::List(others)) => {
            if let [Ty::Word(words)] = elements.as_slice() {
                elements_fit(checker, words, right_node, others);
            }
        }
        _ if left.is_text() && right.is_text() || left.is_number() && right.is_number() => {}
        _ if std::mem::discriminant(left) == std::mem::discriminant(right) => {}
        _ => {
            let message = format!("{} is compared with {}", left.describe(), right.describe());
            let finding = expression_type::finding(at(checker, node), message);
            checker.findings.push(finding.help("the two are never equal"));
        }
    }
}

/// A text literal that is compared with a word or a time must be one.
fn literal_fits(checker: &mut Checker<'_>, ty: &Ty, node: &IdedExpr, literal: &str) {
    let (start, end) = checker.bytes(node);
    // Without the quotes, where it is written without escapes.
    let inside = (start + 1, end.saturating_sub(1));
    let is_quoted = checker.source.text.value.get(inside.0..inside.1) == Some(literal);
    let (start, end) = if is_quoted { inside } else { (start, end) };
    match ty {
        Ty::Word(words) if !words.contains(&literal) => {
            let message = format!("the value is never `{literal}`");
            let finding = expression_value::finding(checker.source.span(start, end), message);
            checker.findings.push(match nearest(literal, words.iter().copied()) {
                Some(meant) => {
                    let finding = finding.help(format!("did you mean `{meant}`?"));
                    if is_quoted { checker.source.guess(finding, start, end, meant) } else { finding }
                }
                None => finding.help(format!("it is one of {}", listed(words.iter().copied()))),
            });
        }
        Ty::Time if !literal.is_empty() && !is_time_prefix(literal) => {
            let message = format!("`{literal}` is no time");
            let finding = expression_value::finding(checker.source.span(start, end), message);
            checker.findings.push(finding.help("write a date like `2026-11-01`, or `2026-11-01T12:00:00Z` in UTC"));
        }
        _ => {}
    }
}

/// Times are compared as text in UTC: a date alone, or all of it.
fn is_time_prefix(literal: &str) -> bool {
    crate::units::time(literal, &jiff::tz::TimeZone::UTC).is_ok() && (literal.len() == 10 || literal.ends_with('Z'))
}

/// Elements of a written list that are compared with words must be such words.
fn elements_fit(checker: &mut Checker<'_>, words: &'static [&'static str], list: &IdedExpr, elements: &[Ty]) {
    let Expr::List(list) = &list.expr else { return };
    for (node, element) in list.elements.iter().zip(elements) {
        if let Ty::Text(Some(literal)) = element {
            literal_fits(checker, &Ty::Word(words), node, literal);
        }
    }
}

fn order(checker: &mut Checker<'_>, node: &IdedExpr, call: &CallExpr, left: &Ty, right: &Ty) {
    let [left_node, right_node] = call.args.as_slice() else { return };
    match (left, right) {
        (Ty::Any, _) | (_, Ty::Any) => {}
        (Ty::Word(words), other) | (other, Ty::Word(words)) if other.is_text() => {
            let finding = expression_type::finding(at(checker, node), "words have no order in an expression");
            let example = words.last().copied().unwrap_or_default();
            checker.findings.push(finding.help(format!("name them: `… in [\"{example}\"]`")));
        }
        (Ty::Time, Ty::Text(Some(literal))) => literal_fits(checker, left, right_node, literal),
        (Ty::Text(Some(literal)), Ty::Time) => literal_fits(checker, right, left_node, literal),
        _ if left.is_number() && right.is_number() || left.is_text() && right.is_text() => {}
        _ => {
            let message = format!("{} is compared with {}", left.describe(), right.describe());
            checker.findings.push(expression_type::finding(at(checker, node), message));
        }
    }
}

fn membership(checker: &mut Checker<'_>, node: &IdedExpr, call: &CallExpr, left: &Ty, right: &Ty) {
    let [left_node, right_node] = call.args.as_slice() else { return };
    match (left, right) {
        (Ty::Word(words), Ty::List(elements)) => elements_fit(checker, words, right_node, elements),
        (Ty::Text(Some(literal)), Ty::List(elements)) => {
            if let [word @ Ty::Word(_)] = elements.as_slice() {
                literal_fits(checker, word, left_node, literal);
            }
        }
        (_, Ty::List(elements)) => {
            let never = elements
                .iter()
                .all(|element| !matches!(element, Ty::Any | Ty::Word(_)) && left.is_text() != element.is_text());
            if never && !elements.is_empty() && !matches!(left, Ty::Any) {
                let message = format!("{} is never in this list", left.describe());
                checker.findings.push(expression_type::finding(at(checker, node), message));
            }
        }
        (_, Ty::Map(_)) if matches!(&right_node.expr, Expr::Select(select) if select.field == "labels") => {
            let finding = expression_type::finding(at(checker, node), "labels are not asked for with `in`");
            let help = "a label that is not set reads as \"\": write `….labels[\"x\"] != \"\"`";
            checker.findings.push(finding.help(help));
        }
        (_, Ty::Map(_) | Ty::Any) => {}
        _ => {
            let message = format!("{} has no elements", right.describe());
            checker.findings.push(expression_type::finding(at(checker, node), message).help("`in` needs a list"));
        }
    }
}

fn arithmetic(checker: &mut Checker<'_>, node: &IdedExpr, call: &CallExpr, left: &Ty, right: &Ty) -> Ty {
    let is_add = call.func_name == operators::ADD;
    match (left, right) {
        (Ty::Any, other) | (other, Ty::Any) => other.clone(),
        (Ty::Int, Ty::Int) => Ty::Int,
        (Ty::Double, Ty::Double) if call.func_name != operators::MODULO => Ty::Double,
        (Ty::Int, Ty::Double) | (Ty::Double, Ty::Int) => {
            let finding = expression_type::finding(at(checker, node), "whole numbers and decimals do not mix here");
            let whole = if matches!(left, Ty::Int) { call.args.first() } else { call.args.last() };
            let finding = match whole {
                Some(whole) if matches!(whole.expr, Expr::Literal(_)) => {
                    let (start, end) = checker.bytes(whole);
                    let written = checker.source.text.value.get(start..end).unwrap_or("2");
                    let meant = format!("{written}.0");
                    let finding = finding.help(format!("write `{meant}`"));
                    checker.source.replace(finding, start, end, &meant)
                }
                _ => finding.help("write `double(…)` around the whole number"),
            };
            checker.findings.push(finding);
            Ty::Double
        }
        (Ty::List(_), Ty::List(_)) if is_add => Ty::List(vec![Ty::Any]),
        _ if is_add && left.is_text() && right.is_text() => Ty::Text(None),
        _ => {
            let sign = call.func_name.trim_matches('_');
            let message = format!("`{sign}` does not take {} and {}", left.describe(), right.describe());
            checker.findings.push(expression_type::finding(at(checker, node), message));
            Ty::Any
        }
    }
}

fn function(checker: &mut Checker<'_>, node: &IdedExpr, call: &CallExpr, target: Option<&Ty>, arguments: &[Ty]) -> Ty {
    let name = call.func_name.as_str();
    let (open, _) = checker.bytes(node);
    let start = open.saturating_sub(name.len());
    let span = checker.source.span(start, open);
    let is_method = target.is_some();
    let known = if is_method { METHODS } else { FUNCTIONS };
    match (name, target, arguments) {
        ("size", Some(value), []) | ("size", None, [value]) => {
            if !(value.is_text() || matches!(value, Ty::List(_) | Ty::Map(_) | Ty::Any)) {
                let message = format!("{} has no size", value.describe());
                checker.findings.push(expression_type::finding(span, message));
            }
            return Ty::Int;
        }
        ("contains" | "startsWith" | "endsWith", Some(value), [part]) => {
            if matches!(value, Ty::List(_)) && name == "contains" {
                let finding = expression_type::finding(span, "a list has no `contains`");
                checker.findings.push(finding.help("write `\"x\" in list`"));
            } else if !(value.is_text() || matches!(value, Ty::Any)) {
                let message = format!("{} has no `{name}`", value.describe());
                checker.findings.push(expression_type::finding(span, message));
            } else if !(part.is_text() || matches!(part, Ty::Any)) {
                let message = format!("`{name}` needs a text, not {}", part.describe());
                checker.findings.push(expression_type::finding(span, message));
            }
            return Ty::Bool;
        }
        ("int", None, [_]) => return Ty::Int,
        ("double", None, [_]) => return Ty::Double,
        ("string", None, [_]) => return Ty::Text(None),
        ("matches", ..) => {
            let finding = expression_name::finding(span, "expressions have no `matches`");
            checker.findings.push(finding.help("write `contains`, `startsWith` or `endsWith`"));
            return Ty::Any;
        }
        _ => {}
    }
    let finding = if known.contains(&name) {
        expression_name::finding(span, format!("`{name}` takes other arguments"))
    } else if METHODS.contains(&name) || FUNCTIONS.contains(&name) {
        let form = if is_method { format!("{name}(…)") } else { format!("value.{name}(…)") };
        expression_name::finding(span, format!("`{name}` is called otherwise")).help(format!("write `{form}`"))
    } else {
        let finding = expression_name::finding(span, format!("there is no function `{name}`"));
        match nearest(name, known.iter().copied()) {
            Some(meant) => checker.source.replace(finding.help(format!("did you mean `{meant}`?")), start, open, meant),
            None => finding.help(format!("there are {}", listed(known.iter().copied()))),
        }
    };
    checker.findings.push(finding);
    Ty::Any
}
