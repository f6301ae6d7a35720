//! What CEL makes of the text of an expression.

use std::sync::Arc;

use cel::{Context, Env, Value, extensions};

use super::{Expression, LONG, unquote};

/// Returns what an expression is worth where `a` is a list of two texts and `b` is true.
fn value(expression: &Expression) -> Value {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings).unwrap();
    let env = Arc::new(env);
    let program = env.compile(&expression.print().unwrap()).unwrap();
    let mut context = Context::with_env(env);
    context.add_variable("a", vec!["x", "y"]).unwrap();
    context.add_variable("b", true).unwrap();
    program.execute(&context).unwrap()
}

#[test]
fn every_text_is_quoted_so_that_it_means_itself() {
    for text in ["", "'", "\"", "\\", "\\'", "a\nb", "\t", "\r", "${x}", "$", "é 日本 😀", "\u{0}", "\u{7f}", "\u{85}"]
    {
        assert_eq!(value(&Expression::text(text)), Value::from(text), "{text:?}");
        assert_eq!(unquote(&Expression::text(text).to_string()).as_deref(), Some(text));
    }
    assert_eq!(value(&Expression::text("\u{2028}\u{feff}")), Value::from("\u{2028}\u{feff}"));
}

#[test]
fn what_flux_would_replace_is_never_written() {
    assert_eq!(Expression::text("${x} $y").to_string(), "'\\u0024{x} $y'");
}

#[test]
fn operands_that_bind_less_get_parentheses() {
    let b = || Expression::Name("b");
    let either = Expression::Any(vec![b(), b().negated()]);
    let both = Expression::All(vec![either.clone(), b()]);
    assert_eq!(both.to_string(), "(b || !b) && b");
    assert_eq!(both.clone().negated().to_string(), "!((b || !b) && b)");
    assert_eq!(either.then_else(both, b()).to_string(), "b || !b ? (b || !b) && b : b");
    let choice = b().then_else(Expression::text("x"), Expression::text("z"));
    assert_eq!(choice.clone().within(Expression::Name("a")).to_string(), "(b ? 'x' : 'z') in a");
    assert_eq!(Expression::Sum(vec![choice.clone(), Expression::text("!")]).to_string(), "(b ? 'x' : 'z') + '!'");
    assert_eq!(value(&Expression::Sum(vec![choice.clone(), Expression::text("!")])), Value::from("x!"));
    assert_eq!(choice.clone().method("size", vec![]).to_string(), "(b ? 'x' : 'z').size()");
    assert_eq!(value(&choice.within(Expression::Name("a"))), Value::from(true));
}

#[test]
fn nothing_and_one_thing_are_conditions_too() {
    assert_eq!(Expression::All(vec![]).to_string(), "true");
    assert_eq!(Expression::Any(vec![]).to_string(), "false");
    let only = Expression::All(vec![Expression::Any(vec![Expression::Name("a"), Expression::Name("b")])]);
    assert_eq!(only.to_string(), "a || b");
    assert_eq!(only.negated().to_string(), "!(a || b)");
    assert_eq!(Expression::Any(vec![]).negated().to_string(), "!(false)");
}

#[test]
fn what_is_no_expression_is_not_printed() {
    let error = Expression::Name("a b").print().unwrap_err();
    assert_eq!(error.text, "a b");
}

#[test]
fn a_long_list_is_parsed_by_its_shapes() {
    let entry = |n: usize| {
        let groups = Expression::texts((0..=n % 2).map(|m| format!("group-{n}-{m}")));
        Expression::Map(vec![("team", Expression::text(format!("team-{n}"))), ("groups", groups)])
    };
    let list = Expression::List((0..1_000).map(entry).collect());
    let size = Expression::Call("size", vec![list.clone()]);
    assert!(size.to_string().len() > LONG);
    assert_eq!(value(&size), Value::from(1_000));
    let shapes = "[{'team': 'team-0', 'groups': ['group-0-0']}]";
    assert_eq!(list.abridged().to_string(), shapes);
    let mut broken = vec![Expression::Name("not an expression")];
    broken.extend((0..1_000).map(entry));
    assert!(Expression::List(broken).print().is_err());
}

#[test]
fn literals_that_nobody_wrote_are_not_read() {
    for literal in ["", "'", "x", "'a'b'", "'\\'", "'\\x'", "'\\u00'", "'\\Udddddddd'", "'a\nb'"] {
        assert_eq!(unquote(literal), None, "{literal:?}");
    }
}
