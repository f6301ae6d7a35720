//! `# maasc: allow <rule> reason="…" until=DATE`: findings that somebody answers for.

use maasc_diagnostics::{Diagnostics, FileId, Rule, Span, Spanned};

use crate::ast::Text;
use crate::findings::Findings;
use crate::rules;

/// Permission for the findings of one rule on one line.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The comment.
    pub span: Span,
    /// The line that it covers, without its end: its own if something stands before it, else the next with content.
    pub line: Span,
    /// The name of the rule.
    pub rule: Text,
    /// Why.
    pub reason: Text,
    /// `YYYY-MM-DD`: the first day on which it does not hold any more.
    pub until: Text,
}

/// Drops the findings that suppressions allow, adds findings about suppressions, and returns how many were dropped.
///
/// Call it once all findings are there. `rules` are all that exist; `today` is `YYYY-MM-DD` in the organization's time
/// zone.
pub fn apply_suppressions(
    acc: &mut Diagnostics,
    suppressions: &[Suppression],
    rules: &[&'static Rule],
    today: &str,
) -> usize {
    let mut used = vec![false; suppressions.len()];
    let mut in_force: Vec<(FileId, Span, &str, usize)> = Vec::new();
    let mut about = Vec::new();
    for (index, suppression) in suppressions.iter().enumerate() {
        let rule = rules.iter().find(|rule| rule.name == suppression.rule.value);
        match rule {
            None => about.push(rules::unused_allow::unknown(&suppression.rule, rules)),
            Some(rule) if !is_allowable(rule) => about.push(rules::unused_allow::not_allowable(&suppression.rule)),
            Some(_) if suppression.until.value.as_str() <= today => {
                about.push(rules::expired_allow::finding(&suppression.until, &suppression.rule));
            }
            Some(_) => {
                in_force.push((suppression.line.file, suppression.line, suppression.rule.as_str(), index));
            }
        }
    }
    in_force.sort_unstable();
    let before = acc.len();
    acc.retain(|finding| {
        let Some(primary) = &finding.primary else { return true };
        let place = primary.span;
        // Lines do not overlap, so the covering one, if any, begins last before the place.
        let end = in_force.partition_point(|(file, line, ..)| (*file, line.start) <= (place.file, place.start));
        let mut keep = true;
        for (file, line, rule, index) in in_force.get(..end).unwrap_or(&[]).iter().rev() {
            if *file != place.file || line.end < place.start {
                break;
            }
            if *rule == finding.rule.name {
                keep = false;
                if let Some(used) = used.get_mut(*index) {
                    *used = true;
                }
            }
        }
        keep
    });
    let dropped = before - acc.len();
    for (_, _, rule, index) in in_force {
        if let (Some(false), Some(suppression)) = (used.get(index), suppressions.get(index)) {
            about.push(rules::unused_allow::finding(suppression.span, rule));
        }
    }
    for finding in about {
        acc.push(finding);
    }
    dropped
}

/// Says whether findings of a rule may be allowed at all.
///
/// What a file says and the compiler did not understand (`MAAS00xx`, `MAAS01xx`) would be missing in the policy; for
/// the rest see [`Rule::is_suppressible`].
#[must_use]
pub fn is_allowable(rule: &Rule) -> bool {
    !rule.code.starts_with("MAAS00") && !rule.code.starts_with("MAAS01") && rule.is_suppressible()
}

/// Reads the suppressions among the comments of a file.
pub(crate) fn suppressions(file: FileId, text: &str, comments: &[Span], acc: &mut Findings) -> Vec<Suppression> {
    let mut found: Vec<Suppression> = Vec::new();
    for comment in comments.iter().rev() {
        let slice = text.get(comment.start as usize..comment.end as usize).unwrap_or("");
        let Some(body) = slice.trim_start_matches('#').trim_start().strip_prefix("maasc:") else { continue };
        let start = comment.start as usize + (slice.len() - body.len());
        match read(file, body, start) {
            Ok((rule, reason, until)) => {
                let line = covered_line(file, text, *comment, found.last());
                found.push(Suppression { span: *comment, line, rule, reason, until });
            }
            Err(what) => acc.push(rules::malformed_allow::finding(*comment, what)),
        }
    }
    found.reverse();
    found
}

/// Returns the line that a comment covers; `below` is the suppression below it.
fn covered_line(file: FileId, text: &str, comment: Span, below: Option<&Suppression>) -> Span {
    let before = text.get(..comment.start as usize).unwrap_or("");
    let line_start = before.rfind(['\n', '\r']).map_or(0, |index| index + 1);
    let own = text.get(line_start..).unwrap_or("");
    if !before.get(line_start..).unwrap_or("").trim_start_matches('\u{feff}').trim().is_empty() {
        return line_at(file, line_start, own);
    }
    let mut start = comment.end as usize;
    loop {
        let rest = text.get(start..).unwrap_or("");
        let Some(line_end) = rest.find('\n') else { return line_at(file, text.len(), "") };
        start += line_end + 1;
        let line = text.get(start..).unwrap_or("");
        let content = line.trim_start_matches([' ', '\t', '\r']);
        if let Some(below) = below
            && (start..start + line.len() - content.len() + 1).contains(&(below.span.start as usize))
        {
            return below.line;
        }
        if !content.starts_with(['#', '\n']) {
            return line_at(file, start, line);
        }
    }
}

fn line_at(file: FileId, start: usize, rest: &str) -> Span {
    let length = rest.find('\n').unwrap_or(rest.len());
    let length = rest.get(..length).unwrap_or("").trim_end().len();
    span(file, start, start + length)
}

/// Reads what stands behind `maasc:`, which begins at `start`.
fn read(file: FileId, body: &str, start: usize) -> Result<(Text, Text, Text), &'static str> {
    let mut words = Words { file, body, start, position: 0 };
    match words.next() {
        Some(("allow", _)) => {}
        Some(_) => return Err("the only verb is `allow`"),
        None => return Err("it says nothing"),
    }
    let Some((rule, rule_span)) = words.next() else { return Err("the name of a rule is missing") };
    if rule.contains('=') {
        return Err("the name of a rule is missing");
    }
    let (mut reason, mut until) = (None, None);
    while let Some((word, place)) = words.next() {
        let Some((name, value)) = word.split_once('=') else { return Err("expected `reason=\"…\"` or `until=DATE`") };
        let slot = match name {
            "reason" => &mut reason,
            "until" => &mut until,
            _ => return Err("it knows only `reason` and `until`"),
        };
        if slot.is_some() {
            return Err("something is said twice");
        }
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"').ok_or("a quote is never closed")?,
            None => value,
        };
        *slot = Some(Spanned::new(value.trim().to_owned(), place));
    }
    let reason = reason.filter(|reason: &Text| !reason.is_empty()).ok_or("the reason is missing")?;
    let until = until.ok_or("the end (`until=`) is missing")?;
    if !is_date(&until) {
        return Err("`until` must be a date such as `2027-01-31`");
    }
    Ok((Spanned::new(rule.to_owned(), rule_span), reason, until))
}

/// Words between blanks; a quoted part keeps its blanks.
struct Words<'text> {
    file: FileId,
    body: &'text str,
    start: usize,
    position: usize,
}

impl<'text> Words<'text> {
    fn next(&mut self) -> Option<(&'text str, Span)> {
        let rest = self.body.get(self.position..)?;
        let word_start = self.position + (rest.len() - rest.trim_start().len());
        let word = self.body.get(word_start..)?;
        let mut in_quotes = false;
        let length = word
            .char_indices()
            .find(|(_, letter)| {
                in_quotes ^= *letter == '"';
                letter.is_whitespace() && !in_quotes
            })
            .map_or(word.len(), |(index, _)| index);
        self.position = word_start + length;
        let place = span(self.file, self.start + word_start, self.start + self.position);
        let word = word.get(..length)?;
        (!word.is_empty()).then_some((word, place))
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |length: usize, range: std::ops::RangeInclusive<u32>| {
        parts.next().is_some_and(|part| {
            part.len() == length
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse().is_ok_and(|number: u32| range.contains(&number))
        })
    };
    part(4, 1..=9999) && part(2, 1..=12) && part(2, 1..=31) && parts.next().is_none()
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let offset = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span { file, start: offset(start), end: offset(end) }
}

#[cfg(test)]
mod tests;
