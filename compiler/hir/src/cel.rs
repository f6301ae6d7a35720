//! CEL of approvals and invariants: parses it, and checks names and types against the declared environment.

mod environment;
mod infer;
mod operator;
mod syntax;
#[cfg(test)]
mod tests;

use cel::Program;
use maasc_diagnostics::{Diagnostic, Diagnostics, Span, Spanned};

pub use environment::{Field, Place, Type, Unset, type_of};

use crate::hir::Expression;
use crate::rules::{expression_syntax, guess};

/// The longest expression in bytes, and how deeply brackets may nest: reading one takes stack for each step.
const MAX_LENGTH: usize = 2_000;
const MAX_DEPTH: usize = 32;

/// Reads an expression at its place; `None` when it has an error, which is then among the findings.
pub fn expression(text: &Spanned<String>, place: Place, acc: &mut Diagnostics) -> Option<Expression> {
    let source = Source { text };
    if text.value.len() > MAX_LENGTH {
        acc.push(expression_syntax::too_long(text.span, MAX_LENGTH));
        return None;
    }
    if text.value.trim().is_empty() {
        acc.push(expression_syntax::empty(text.span));
        return None;
    }
    if let Some(at) = too_deep(&text.value) {
        acc.push(expression_syntax::too_deep(source.span(at, at + 1), MAX_DEPTH));
        return None;
    }
    let program = match Program::compile(&text.value) {
        Ok(program) => program,
        Err(errors) => {
            acc.push(syntax::finding(source, &errors));
            return None;
        }
    };
    let (reads, findings) = infer::check(source, &program, place);
    if findings.is_empty() {
        return Some(Expression { text: text.clone(), reads });
    }
    findings.into_iter().for_each(|finding| acc.push(finding));
    None
}

/// Returns the bracket that nests too deeply. Brackets in texts count too: nobody writes that many of them.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

/// An expression and where it was written.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a Spanned<String>,
}

impl Source<'_> {
    /// Returns the place of some bytes of the text, or of all of it where escapes or folding moved them.
    fn span(self, start: usize, end: usize) -> Span {
        let span = self.text.span;
        let length = self.text.value.len();
        let written = span.end.saturating_sub(span.start) as usize;
        let before = match written.checked_sub(length) {
            Some(0) => 0,
            // Quotes around it.
            Some(2) => 1,
            _ => return span,
        };
        let at = |offset: usize| u32::try_from(before + offset.min(length)).ok().map(|offset| span.start + offset);
        match (at(start), at(end.max(start))) {
            (Some(start), Some(end)) => Span { start, end, ..span },
            _ => span,
        }
    }

    /// Says whether an edit inside of the text can be written as it is.
    fn is_verbatim(self) -> bool {
        self.span(0, 0) != self.text.span && !self.text.value.contains('\n')
    }

    /// As [`Source::replace`], where another word may have been meant.
    fn guess(self, finding: Diagnostic, start: usize, end: usize, insert: &str) -> Diagnostic {
        if self.is_verbatim() { guess(finding, self.span(start, end), insert) } else { finding }
    }

    /// Adds a fix that replaces some bytes, where that is possible.
    fn replace(self, finding: Diagnostic, start: usize, end: usize, insert: &str) -> Diagnostic {
        if self.is_verbatim() { finding.replace(self.span(start, end), insert) } else { finding }
    }
}
