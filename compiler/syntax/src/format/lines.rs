//! The lines of a text with new indentation.

use std::ops::Range;

use super::inside::{self, Inside, Shape};
use super::spacing;
use crate::yaml::Yaml;

/// Blanks per level.
const STEP: usize = 2;

/// What a level of indentation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Keys, or a single value.
    Keys,
    /// Dashes.
    Dashes,
}

/// An open level of indentation.
#[derive(Clone, Copy, Debug)]
struct Level {
    old: usize,
    new: usize,
    holds: Holds,
}

/// One line of the text.
#[derive(Clone, Debug)]
struct Line {
    /// Its bytes without its end.
    range: Range<usize>,
    /// What it goes on with, as an index.
    inside: Option<usize>,
}

/// A line that was laid out.
#[derive(Clone, Debug)]
struct Laid {
    indent: usize,
    text: String,
    kind: Kind,
    /// The indentation that it had.
    old: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Content,
    Comment,
    Blank,
    /// A blank line that belongs to a text.
    Kept,
    Marker,
}

/// Lays a text out; whether it still says the same is for the caller to prove.
pub(super) fn format(text: &str, yaml: &Yaml<'_>) -> String {
    let insides = inside::of_several_lines(text, yaml);
    let comments: Vec<usize> = yaml.comments.iter().map(|span| span.start as usize).collect();
    let spacing = spacing::Edits::new(text, yaml);
    let mut layout = Layout { text, insides: &insides, comments, spacing, levels: Vec::new(), owner: (0, 0), depth: 0 };
    let mut laid: Vec<Laid> = Vec::new();
    let mut keep_blanks = false;
    for line in lines(text, &insides) {
        let one = layout.line(&line);
        let source = text.get(line.range.clone()).unwrap_or("");
        if one.kind == Kind::Blank && keep_blanks {
            laid.push(Laid { kind: Kind::Kept, ..one });
            continue;
        }
        if one.kind != Kind::Blank {
            let is_block = line.inside.and_then(|index| insides.get(index)).is_some_and(|it| it.shape == Shape::Block);
            keep_blanks = keeps_line_ends(source) || keep_blanks && is_block;
        }
        laid.push(one);
    }
    indent_comments(&mut laid);
    join(&laid)
}

/// Says whether a line begins a text that keeps the line ends behind it (`|+`).
fn keeps_line_ends(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or("").trim_end();
    let header = line.rsplit([' ', '\t']).next().unwrap_or("");
    header.starts_with(['|', '>']) && header.contains('+')
}

fn lines(text: &str, insides: &[Inside]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = usize::from(text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
    let mut next = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or("");
        let length = rest.find('\n').unwrap_or(rest.len());
        let end = start + length;
        let content = rest.get(..length).unwrap_or("");
        let trimmed = start + content.strip_suffix('\r').unwrap_or(content).len();
        while insides.get(next).is_some_and(|inside| inside.range.end <= start) {
            next += 1;
        }
        let inside = insides.get(next).filter(|inside| match inside.shape {
            // The place of such a text begins behind the indentation of its first line.
            Shape::Block => inside.range.start <= end,
            Shape::Plain | Shape::Quoted | Shape::Flow => inside.range.start < start,
        });
        lines.push(Line { range: start..trimmed, inside: inside.map(|_| next) });
        start = end + 1;
    }
    lines
}

struct Layout<'a> {
    text: &'a str,
    insides: &'a [Inside],
    /// Where comments begin, ascending.
    comments: Vec<usize>,
    spacing: spacing::Edits,
    levels: Vec<Level>,
    /// Old and new indentation of the line that the next lines may go on with.
    owner: (usize, usize),
    /// Open brackets.
    depth: usize,
}

impl Layout<'_> {
    fn line(&mut self, line: &Line) -> Laid {
        let source = self.text.get(line.range.clone()).unwrap_or("");
        let body = source.trim_start_matches([' ', '\t']);
        let old = source.len() - body.len();
        let start = line.range.start + old;
        if let Some(inside) = line.inside.and_then(|index| self.insides.get(index)) {
            return self.continued(source, body, old, start, inside);
        }
        if body.trim().is_empty() {
            return Laid { indent: 0, text: String::new(), kind: Kind::Blank, old };
        }
        if body.starts_with('#') {
            return Laid { indent: 0, text: body.to_owned(), kind: Kind::Comment, old };
        }
        if old == 0 && is_marker(body) {
            self.levels.clear();
            self.owner = (0, 0);
            return Laid { indent: 0, text: self.tidy(body, start), kind: Kind::Marker, old };
        }
        let mut dashes = 0;
        let mut at = old;
        let mut indent = None;
        let mut rest = body;
        while let Some(tail) = rest.strip_prefix('-').filter(|tail| tail.is_empty() || tail.starts_with([' ', '\t'])) {
            let new = self.enter(at, Holds::Dashes);
            indent = indent.or(Some(new));
            self.owner = (at, new);
            dashes += 1;
            let content = tail.trim_start_matches([' ', '\t']);
            at += rest.len() - content.len();
            rest = content;
            if rest.is_empty() {
                break;
            }
        }
        let mut text = "- ".repeat(dashes);
        if !rest.is_empty() && !rest.starts_with('#') {
            let new = self.enter(at, Holds::Keys);
            indent = indent.or(Some(new));
            let value = line.range.start + at;
            let is_inside =
                self.insides.iter().any(|inside| inside.range.start == value && inside.shape != Shape::Block);
            let is_value_itself = dashes > 0 && (is_inside || rest.starts_with(['|', '>']));
            if !is_value_itself {
                self.owner = (at, new);
            }
        }
        self.depth = 0;
        text.push_str(&self.tidy(rest, line.range.start + at));
        self.count_brackets(line.range.start + at..line.range.end);
        if rest.is_empty() {
            text.truncate(text.trim_end().len());
        }
        Laid { indent: indent.unwrap_or(0), text, kind: Kind::Content, old }
    }

    /// Returns the new indentation of what begins at an old one.
    fn enter(&mut self, old: usize, holds: Holds) -> usize {
        while let Some(top) = self.levels.last() {
            let is_left = top.old > old || top.old == old && top.holds == Holds::Dashes && holds == Holds::Keys;
            if !is_left {
                break;
            }
            self.levels.pop();
        }
        match self.levels.last() {
            Some(top) if top.old == old && top.holds == holds => top.new,
            top => {
                let new = top.map_or(0, |top| top.new + STEP);
                self.levels.push(Level { old, new, holds });
                new
            }
        }
    }

    fn continued(&mut self, source: &str, body: &str, old: usize, start: usize, inside: &Inside) -> Laid {
        let (owner_old, owner_new) = self.owner;
        let laid = |indent: usize, text: &str, kind: Kind| Laid { indent, text: text.to_owned(), kind, old };
        if body.trim().is_empty() && inside.shape != Shape::Block {
            return laid(0, "", if inside.shape == Shape::Flow { Kind::Blank } else { Kind::Kept });
        }
        match inside.shape {
            Shape::Plain | Shape::Quoted => {
                let text = self.tidy(body, start);
                self.count_brackets(start..start + body.len());
                laid(owner_new + STEP * (self.depth + 1), &text, Kind::Content)
            }
            Shape::Block => {
                let line_start = self.text.get(..inside.range.start).and_then(|text| text.rfind('\n'));
                let was = inside.range.start - line_start.map_or(0, |index| index + 1);
                let has_digit = self.has_indentation_indicator(inside.range.start);
                let shift_to = if has_digit { (was + owner_new).saturating_sub(owner_old) } else { owner_new + STEP };
                if source.trim_start_matches(' ').is_empty() && source.len() <= was {
                    return laid(0, "", Kind::Kept);
                }
                laid(shift_to, source.get(was..).unwrap_or(body), Kind::Content)
            }
            Shape::Flow => {
                let closes = body
                    .bytes()
                    .take_while(|byte| matches!(byte, b']' | b'}' | b',' | b' '))
                    .filter(|byte| matches!(byte, b']' | b'}'))
                    .count();
                let depth = self.depth.saturating_sub(closes);
                let indent = owner_new + STEP * (depth + 1).min(self.depth + 1);
                if body.starts_with('#') {
                    return laid(indent, body, Kind::Content);
                }
                let text = self.tidy(body, start);
                self.count_brackets(start..start + body.len());
                laid(indent, &text, Kind::Content)
            }
        }
    }

    /// Says whether the header above a text in block style tells its indentation as a digit.
    fn has_indentation_indicator(&self, content: usize) -> bool {
        let before = self.text.get(..content).unwrap_or("");
        let Some(header) = before.lines().rev().skip(1).find(|line| !line.trim().is_empty()) else { return false };
        let header = header.split(" #").next().unwrap_or("").trim_end();
        let indicator = header.rsplit([' ', '\t']).next().unwrap_or("");
        indicator.starts_with(['|', '>']) && indicator.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Returns a part of a line with its blanks tidied; what stands behind a comment is not touched.
    fn tidy(&self, part: &str, start: usize) -> String {
        let end = start + part.len();
        let comment = self.comments.partition_point(|comment| *comment < start);
        let comment = self.comments.get(comment).copied().filter(|comment| *comment < end);
        let Some(comment) = comment else { return self.spacing.apply(self.text, start..end).trim_end().to_owned() };
        let mut tidied = self.spacing.apply(self.text, start..comment);
        if tidied.trim_end().is_empty() {
            tidied.clear();
        } else if !tidied.ends_with([' ', '\t']) {
            tidied.push(' ');
        }
        tidied.push_str(self.text.get(comment..end).unwrap_or(""));
        tidied
    }

    fn count_brackets(&mut self, range: Range<usize>) {
        for (_, byte) in self.spacing.brackets(self.text, range) {
            match byte {
                b'[' | b'{' => self.depth += 1,
                _ => self.depth = self.depth.saturating_sub(1),
            }
        }
    }
}

/// Says whether a line begins or ends a document, or is a directive.
fn is_marker(line: &str) -> bool {
    let is_alone = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    line.starts_with('%') || line.strip_prefix("---").or_else(|| line.strip_prefix("...")).is_some_and(is_alone)
}

/// Comments go with the line below, or with the line above if they stood deeper than the line below.
fn indent_comments(laid: &mut [Laid]) {
    let mut below: Option<(usize, usize)> = None;
    let mut wanted: Vec<Option<(usize, usize)>> = vec![None; laid.len()];
    for (index, line) in laid.iter().enumerate().rev() {
        match line.kind {
            Kind::Content => below = Some((line.old, line.indent)),
            Kind::Marker => below = None,
            Kind::Comment => {
                if let Some(slot) = wanted.get_mut(index) {
                    *slot = below;
                }
            }
            Kind::Blank | Kind::Kept => {}
        }
    }
    let mut above: Vec<(usize, usize)> = Vec::new();
    for (line, below) in laid.iter_mut().zip(wanted) {
        match line.kind {
            Kind::Content => {
                above.retain(|(old, _)| *old < line.old);
                above.push((line.old, line.indent));
            }
            Kind::Marker => above.clear(),
            Kind::Comment => {
                let below_old = below.map_or(0, |(old, _)| old);
                let at_above = above.iter().rev().find(|(old, _)| *old <= line.old && *old > below_old);
                line.indent = match (at_above, below) {
                    (Some((_, indent)), _) if line.old > below_old => *indent,
                    (_, Some((_, indent))) => indent,
                    (_, None) => 0,
                };
            }
            Kind::Blank | Kind::Kept => {}
        }
    }
}

/// Writes the lines, with at most one blank line between two, and none around the bounds of documents.
fn join(laid: &[Laid]) -> String {
    let mut text = String::new();
    let mut blank = false;
    let mut before: Option<Kind> = None;
    for line in laid {
        match line.kind {
            Kind::Blank => {
                blank = before.is_some_and(|kind| kind != Kind::Marker);
                continue;
            }
            Kind::Kept => blank = false,
            Kind::Marker => blank = false,
            Kind::Content | Kind::Comment => {
                if blank {
                    text.push('\n');
                }
                blank = false;
            }
        }
        text.extend(std::iter::repeat_n(' ', line.indent));
        text.push_str(&line.text);
        text.push('\n');
        before = Some(line.kind);
    }
    text
}
