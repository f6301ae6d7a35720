//! Blanks inside of brackets: `{a: 1, b: [2, 3]}`.

use std::ops::Range;

use super::inside;
use crate::tree::{NodeKind, Style};
use crate::yaml::Yaml;

/// Where blanks are put or taken away, and which bytes are brackets.
#[derive(Debug)]
pub(super) struct Edits {
    /// (range, replacement), ascending and apart.
    edits: Vec<(Range<usize>, &'static str)>,
    /// Places of brackets that are no part of a scalar or comment, ascending.
    brackets: Vec<usize>,
}

impl Edits {
    pub(super) fn new(text: &str, yaml: &Yaml<'_>) -> Self {
        let mut solid: Vec<Range<usize>> = Vec::new();
        for id in yaml.tree.ids() {
            let node = yaml.tree.node(id);
            if let NodeKind::Scalar { style: Style::Plain | Style::Quoted | Style::Block, .. } = node.kind {
                solid.push(node.span.start as usize..node.span.end as usize);
            }
        }
        solid.extend(yaml.comments.iter().map(|span| span.start as usize..span.end as usize));
        solid.sort_unstable_by_key(|range| range.start);
        let mut found = Self { edits: Vec::new(), brackets: Vec::new() };
        let mut next = 0;
        for flow in inside::flows(yaml) {
            let mut position = flow.start;
            while position < flow.end {
                while solid.get(next).is_some_and(|range| range.end <= position) {
                    next += 1;
                }
                let gap_end = solid.get(next).map_or(flow.end, |range| range.start.min(flow.end));
                if gap_end > position {
                    found.gap(text, position..gap_end, &flow);
                }
                position = solid.get(next).map_or(flow.end, |range| range.end.max(gap_end));
            }
        }
        found
    }

    /// Reads the text between two scalars inside of brackets.
    fn gap(&mut self, text: &str, gap: Range<usize>, flow: &Range<usize>) {
        let bytes = text.as_bytes();
        let at = |index: usize| bytes.get(index).copied().unwrap_or(b'\n');
        let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
        for position in gap.clone() {
            let byte = at(position);
            let blanks_before = (gap.start..position).rev().take_while(|index| is_blank(at(*index))).count();
            let blanks_after = (position + 1..gap.end).take_while(|index| is_blank(at(*index))).count();
            let after = position + 1 + blanks_after;
            match byte {
                b'[' | b'{' => {
                    self.brackets.push(position);
                    if blanks_after > 0 && !matches!(at(after), b'\n' | b'\r' | b'#') {
                        self.replace(position + 1..after, "");
                    }
                }
                b']' | b'}' => {
                    self.brackets.push(position);
                    let before = position - blanks_before;
                    if blanks_before > 0 && before > flow.start && !matches!(at(before - 1), b'\n' | b'[' | b'{') {
                        self.replace(before..position, "");
                    }
                }
                b',' => {
                    let before = position - blanks_before;
                    if blanks_before > 0 && before > flow.start && at(before - 1) != b'\n' {
                        self.replace(before..position, "");
                    }
                    if blanks_after == 0 && !matches!(at(after), b'\n' | b'\r' | b']' | b'}') {
                        self.replace(after..after, " ");
                    }
                }
                b':' if blanks_after == 0
                    && after == gap.end
                    && after < flow.end
                    && !matches!(at(after), b'\n' | b'\r') =>
                {
                    self.replace(after..after, " ");
                }
                _ => {}
            }
        }
    }

    fn replace(&mut self, range: Range<usize>, insert: &'static str) {
        let is_free = self.edits.last().is_none_or(|(last, _)| last.end <= range.start && *last != range);
        if is_free {
            self.edits.push((range, insert));
        }
    }

    /// Returns a part of the text with its edits made.
    pub(super) fn apply(&self, text: &str, range: Range<usize>) -> String {
        let first = self.edits.partition_point(|(edit, _)| edit.start < range.start);
        let mut result = String::with_capacity(range.len());
        let mut position = range.start;
        for (edit, insert) in self.edits.get(first..).unwrap_or(&[]) {
            if edit.end > range.end || edit.start >= range.end {
                break;
            }
            result.push_str(text.get(position..edit.start).unwrap_or(""));
            result.push_str(insert);
            position = edit.end;
        }
        result.push_str(text.get(position..range.end).unwrap_or(""));
        result
    }

    /// Returns the brackets in a range with their places.
    pub(super) fn brackets<'a>(&'a self, text: &'a str, range: Range<usize>) -> impl Iterator<Item = (usize, u8)> + 'a {
        let first = self.brackets.partition_point(|place| *place < range.start);
        self.brackets
            .iter()
            .skip(first)
            .take_while(move |place| **place < range.end)
            .filter_map(move |place| Some((*place, *text.as_bytes().get(*place)?)))
    }
}
