//! YAML text to spanned trees; the only module that names the parser.

mod builder;
mod wording;

use granit_parser::{Event, Parser};
use maasc_diagnostics::{FileId, Span};

use crate::findings::Findings;
use crate::limits::Limits;
use crate::tree::{NodeId, Tree};
use builder::Builder;

/// What stands in one file.
#[derive(Debug, Default)]
pub(crate) struct Yaml<'text> {
    /// All nodes.
    pub(crate) tree: Tree<'text>,
    /// The documents that are not empty.
    pub(crate) roots: Vec<Root>,
    /// The comments, from `#` to the end of the line.
    pub(crate) comments: Vec<Span>,
    /// The lists and mappings in brackets, ascending.
    pub(crate) flows: Vec<NodeId>,
}

/// One document of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    /// Its node.
    pub(crate) node: NodeId,
    /// Its syntax is broken: the tree ends where the mistake was found.
    pub(crate) broken: bool,
}

/// Reads all documents of a text, also those behind a broken one.
pub(crate) fn read<'text>(file: FileId, text: &'text str, limits: &Limits, acc: &mut Findings) -> Yaml<'text> {
    let depth = usize::try_from(limits.max_depth).unwrap_or(usize::MAX);
    let mut options = granit_parser::options! {
        strict_indentation: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
    };
    // Comments between a key and its value are held back by the parser; the text bounds their number.
    options.max_buffered_comment_events = text.len();
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(file, text, limits);
    while let Some(result) = parser.next_event() {
        let (event, place) = match result {
            Ok(item) => item,
            Err(error) => {
                builder.abandon();
                acc.push_with(|| wording::syntax_error(file, text, limits, &error));
                match parser.proceed_next_document() {
                    Ok(true) => continue,
                    Ok(false) | Err(_) => break,
                }
            }
        };
        let range = place.byte_range().unwrap_or(0..0);
        let span = builder::span(file, range.start, range.end);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, tag_span(file, &place, span)));
                builder.scalar(value, style, anchor, tag, span, acc);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, tag_span(file, &place, span)));
                builder.start(builder::Shape::Mapping, style, anchor, tag, span, acc);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, tag_span(file, &place, span)));
                builder.start(builder::Shape::Sequence, style, anchor, tag, span, acc);
            }
            Event::MappingEnd | Event::SequenceEnd => builder.end(span, acc),
            Event::Alias(anchor) => builder.alias(anchor, span, acc),
            Event::UnresolvedAlias(name) => builder.unknown_alias(&name, span, acc),
            Event::Comment(_, _) => builder.comment(span),
            Event::DocumentEnd => builder.finish_document(),
            _ => {}
        }
        if builder.is_exhausted() {
            builder.abandon();
            break;
        }
    }
    builder.into_yaml()
}

fn tag_span(file: FileId, place: &granit_parser::Span, node: Span) -> Span {
    place
        .tag_span()
        .and_then(|span| span.byte_range())
        .map_or(node, |range| builder::span(file, range.start, range.end))
}

#[cfg(test)]
mod tests;
