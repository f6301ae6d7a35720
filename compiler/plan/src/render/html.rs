//! The plan as one page without scripts or requests: for an artifact of a pipeline, or a mail.

use maas_schemas::plan::Plan;
use minijinja::{AutoEscape, Environment, Value, context};

use super::view::{Item, Line, Part, view};

const PAGE: &str = include_str!("plan.html.j2");

/// Returns the page.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let view = view(plan);
    let sections: Vec<Value> = view
        .sections
        .iter()
        .map(|section| {
            let items: Vec<Value> = section.items.iter().map(item).collect();
            context! { title => section.title, folded => section.folded, items => items }
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = context! {
        subject => line(&view.subject),
        headline => view.headline,
        blocked => view.blocked,
        sections => sections,
        domain => view.domain,
    };
    // The template is ours and a test renders it, so an error cannot reach a user.
    environment.render_str(PAGE, page).unwrap_or_default()
}

fn item(item: &Item) -> Value {
    let facts: Vec<Value> =
        item.facts.iter().map(|(label, parts)| context! { label => *label, line => line(parts) }).collect();
    context! { mark => item.mark, head => line(&item.head), facts => facts, diff => item.diff.as_str() }
}

fn line(line: &Line) -> Vec<Value> {
    let part = |part: &Part| match part {
        Part::Text(text) => context! { text => text.as_str(), code => false },
        Part::Code(text) => context! { text => text.as_str(), code => true },
    };
    line.iter().map(part).collect()
}
