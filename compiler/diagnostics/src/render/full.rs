//! For people: the source, what is wrong in it, and the fix as a patch. The one file that names annotate-snippets.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Patch, Renderer, Snippet};
use maas_schemas::diagnostics::{Finding, Fix, Labelled};

use super::report::{Prepared, closing};
use super::text::{clean, wrap};
use super::{Colour, Options};
use crate::{SourceFile, SourceMap};

/// Columns that the renderer puts before a message of an element.
const INDENT: usize = 12;
/// Lines are not broken shorter than this, however narrow the terminal is.
const NARROWEST: usize = 40;

/// What is replaced, and by what.
type Replacement<'a> = (Range<usize>, &'a str);

/// Returns one block for each finding and a closing line.
pub(super) fn render(prepared: &Prepared<'_>, options: &Options<'_>) -> String {
    let report = &prepared.report;
    let mut out = drawings(&prepared.sources, &report.findings, options);
    out.push_str(&closing(&report.summary));
    out.push('\n');
    if let Some(finding) = worst(&report.findings) {
        out.push_str(&format!("`maasc explain {}` says more\n", finding.name));
    }
    out
}

/// Returns one block for each finding, an empty line after each.
pub(super) fn drawings(sources: &SourceMap, findings: &[Finding], options: &Options<'_>) -> String {
    let renderer = match options.colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    };
    let width = options.width.max(NARROWEST);
    let renderer = renderer.term_width(width);
    let files: BTreeMap<&str, &SourceFile> = sources.iter().map(|(_, file)| (file.path.as_str(), file)).collect();
    let mut out = String::new();
    for finding in findings {
        out.push_str(&renderer.render(&groups(&files, finding, width - INDENT)));
        out.push_str("\n\n");
    }
    out
}

/// Returns the first of the worst findings.
fn worst(findings: &[Finding]) -> Option<&Finding> {
    let of = |severity: &'static str| findings.iter().find(move |finding| finding.severity == severity);
    of("error").or_else(|| of("warn")).or_else(|| of("note"))
}

fn groups<'a>(files: &BTreeMap<&str, &'a SourceFile>, finding: &'a Finding, width: usize) -> Vec<Group<'a>> {
    let level = match finding.severity.as_str() {
        "error" => Level::ERROR,
        "warn" => Level::WARNING,
        _ => Level::NOTE,
    };
    let mut main =
        level.primary_title(clean(&finding.message)).id(finding.code.as_str()).elements(places(files, finding));
    let lines = |text: &str| wrap(&clean(text), width).join("\n");
    for value in &finding.values {
        let text = format!("`{}` is `{}`", value.expression, value.value);
        main = main.element(Level::INFO.with_name("where").message(lines(&text)));
    }
    for note in &finding.notes {
        main = main.element(Level::NOTE.message(lines(note)));
    }
    let single = match finding.fixes.as_slice() {
        [fix] => Some(fix),
        _ => None,
    };
    let patched = |fix: &'a Fix, title: &str| {
        let title = match fix.applicability.as_str() {
            "unsafe" => format!("{title} (changes what is granted: `--unsafe-fixes`)"),
            _ => title.to_owned(),
        };
        patches(files, fix, lines(&title))
    };
    match (&finding.help, single) {
        // The help says what the one fix does: once is enough.
        (Some(help), Some(fix)) => std::iter::once(main).chain(patched(fix, help)).collect(),
        (help, _) => {
            if let Some(help) = help {
                main = main.element(Level::HELP.message(lines(help)));
            }
            std::iter::once(main).chain(finding.fixes.iter().flat_map(|fix| patched(fix, &fix.message))).collect()
        }
    }
}

/// Returns the excerpts of all files that the finding names, the culprit's first.
fn places<'a>(files: &BTreeMap<&str, &'a SourceFile>, finding: &'a Finding) -> Vec<Element<'a>> {
    let primary = finding.primary.iter().map(|place| (AnnotationKind::Primary, place));
    let others = finding.labels.iter().map(|place| (AnnotationKind::Context, place));
    let mut by_file: Vec<(&str, Vec<(AnnotationKind, &'a Labelled)>)> = Vec::new();
    for (kind, place) in primary.chain(others) {
        let file = place.location.file.as_str();
        match by_file.iter_mut().find(|(known, _)| *known == file) {
            Some((_, places)) => places.push((kind, place)),
            None => by_file.push((file, vec![(kind, place)])),
        }
    }
    let excerpts = by_file.into_iter().filter_map(|(path, places)| {
        let file = files.get(path)?;
        let ranges: Vec<Range<usize>> = places.iter().map(|(_, place)| first_line(file, place)).collect();
        let excerpt = Excerpt::new(file, &ranges);
        let annotations = places.iter().zip(ranges).map(|((kind, place), range)| {
            let label = Some(place.label.as_str()).filter(|label| !label.is_empty()).map(clean);
            let annotation: Annotation<'a> = kind.span(excerpt.relative(&range));
            match label {
                Some(label) => annotation.label(label),
                None => annotation,
            }
        });
        Some(Element::from(excerpt.snippet::<Annotation<'a>>().annotations(annotations)))
    });
    excerpts.collect()
}

/// Returns a group for each file that a fix edits; only the first has the title.
fn patches<'a>(files: &BTreeMap<&str, &'a SourceFile>, fix: &'a Fix, title: String) -> Vec<Group<'a>> {
    let mut by_file: Vec<(&str, Vec<Replacement<'a>>)> = Vec::new();
    for edit in &fix.edits {
        let range = edit.byte.start as usize..edit.byte.end as usize;
        match by_file.iter_mut().find(|(path, _)| *path == edit.file) {
            Some((_, edits)) => edits.push((range, edit.insert.as_str())),
            None => by_file.push((edit.file.as_str(), vec![(range, edit.insert.as_str())])),
        }
    }
    let mut title = Some(title);
    let groups = by_file.into_iter().filter_map(|(path, edits)| {
        let file = files.get(path)?;
        let ranges: Vec<Range<usize>> = edits.iter().map(|(range, _)| range.clone()).collect();
        let excerpt = Excerpt::new(file, &ranges);
        let patches = edits.iter().map(|(range, insert)| Patch::new(excerpt.relative(range), clean(insert)));
        let title = title.take().unwrap_or_else(|| format!("and in `{}`", clean(path)));
        Some(Level::HELP.secondary_title(title).element(excerpt.snippet::<Patch<'a>>().patches(patches)))
    });
    groups.collect()
}

/// Returns the place up to the end of its first line: a whole document as a place is a word, not a page.
fn first_line(file: &SourceFile, place: &Labelled) -> Range<usize> {
    let start = place.location.byte.start as usize;
    let end = place.location.byte.end as usize;
    let text = file.text.get(start..end).unwrap_or("");
    let line = text.split('\n').next().unwrap_or("").trim_end();
    start.min(file.text.len())..(start + line.len()).min(file.text.len())
}

/// The lines of a file from the first to the last place, so that drawing costs what is drawn.
struct Excerpt<'a> {
    path: &'a str,
    text: &'a str,
    first_line: u32,
    start: usize,
}

impl<'a> Excerpt<'a> {
    fn new(file: &'a SourceFile, ranges: &[Range<usize>]) -> Self {
        let offset = |range: Option<usize>| u32::try_from(range.unwrap_or(0)).unwrap_or(u32::MAX);
        let first = file.position(offset(ranges.iter().map(|range| range.start).min())).line;
        let last = file.position(offset(ranges.iter().map(|range| range.end).max())).line;
        let start = file.line_start(first) as usize;
        let end = file.line_start(last.saturating_add(1)) as usize;
        Self { path: &file.path, text: file.text.get(start..end).unwrap_or(""), first_line: first, start }
    }

    fn relative(&self, range: &Range<usize>) -> Range<usize> {
        let inside = |offset: usize| offset.saturating_sub(self.start).min(self.text.len());
        inside(range.start)..inside(range.end)
    }

    fn snippet<T: Clone>(&self) -> Snippet<'a, T> {
        Snippet::source(self.text).path(self.path).line_start(self.first_line as usize)
    }
}
