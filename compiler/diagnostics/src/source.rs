//! Files of a workspace and places in them.

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place in a file: byte offsets from 0, the end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Returns the span from the start of `self` to the end of `other`, which must be in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Returns the empty span at the start.
    #[must_use]
    pub const fn at_start(self) -> Self {
        Self { file: self.file, start: self.start, end: self.start }
    }
}

/// A value and where it was written. Comparison looks at the value only.
#[derive(Clone, Debug, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Returns the value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Returns another value at the same place.
    pub fn map<U>(self, function: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: function(self.value), span: self.span }
    }

    /// Returns a reference to the value at the same place.
    pub const fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, span: self.span }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Line and column, both from 1; columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the workspace, with `/` on every platform.
    pub path: String,
    /// The text as it is on disk.
    pub text: String,
    /// Byte offset of the start of each line.
    lines: Vec<u32>,
}

impl SourceFile {
    /// Returns the line and column of a byte offset; an offset beyond the end is taken for the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start as usize..).unwrap_or("");
        let wanted = (offset.saturating_sub(start)) as usize;
        let column = before.char_indices().take_while(|(index, _)| *index < wanted).count() + 1;
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// Returns the byte offset of the start of a line, from 1; the length of the text beyond the last.
    #[must_use]
    pub fn line_start(&self, line: u32) -> u32 {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.lines.get(line.saturating_sub(1) as usize).copied().unwrap_or(end)
    }

    /// Returns the text of a byte range, or an empty text when the range is not in the file or cuts a character.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Returns a line without its end, from 1.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let index = line.saturating_sub(1) as usize;
        let start = self.lines.get(index).map_or(self.text.len(), |start| *start as usize);
        let end = self.lines.get(index + 1).map_or(self.text.len(), |start| *start as usize);
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its index.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        let lines = std::iter::once(0).chain(starts).map(|start| u32::try_from(start).unwrap_or(u32::MAX)).collect();
        self.files.push(SourceFile { path: path.into(), text, lines });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Returns a file.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file.0 as usize)
    }

    /// Returns all files with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// Returns the text of a place.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |file| file.slice(span))
    }

    /// Returns path, line and column of the start of a place.
    #[must_use]
    pub fn locate(&self, span: Span) -> (&str, Position) {
        self.get(span.file)
            .map_or(("", Position { line: 1, column: 1 }), |file| (file.path.as_str(), file.position(span.start)))
    }
}
