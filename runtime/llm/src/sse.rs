//! Finds the events of a server-sent event stream in chunks of any size, without copying what is passed on.

use bytes::{BufMut, Bytes, BytesMut};

/// An event longer than this is passed on unread, so that a stream cannot fill the memory.
const LONGEST_EVENT: usize = 4 << 20;

/// What to do with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass its bytes on.
    Keep,
    /// Leave it out.
    Drop,
    /// Pass other bytes on, with their blank line.
    Replace(Bytes),
}

/// Cuts a stream at blank lines.
#[derive(Debug, Default)]
pub struct Scanner {
    held: BytesMut,
    line: Line,
    // The event is too long to be held: its bytes go out as they come.
    oversize: bool,
}

/// Where in a line the last byte stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    /// At the start of an event: nothing of it has been seen.
    #[default]
    Fresh,
    /// Inside a line.
    Text,
    /// Behind the `\n` of a line with text.
    Newline,
    /// Behind the `\r` of a line with text: a `\n` may follow.
    Return,
    /// Behind a `\r` that ended the event: a `\n` still belongs to it.
    Ended,
}

impl Scanner {
    /// Takes the next chunk, asks about each event that is now whole, and returns what is to be sent: mostly one slice.
    ///
    /// The bytes of an event include its blank line. Bytes of an unfinished event are held back.
    pub fn push(&mut self, chunk: &Bytes, mut each: impl FnMut(&[u8]) -> Verdict) -> Vec<Bytes> {
        let mut out = Vec::new();
        // Start of the bytes that go out as they are, and of the event being read.
        let (mut run, mut start) = (0, 0);
        let mut position = 0;
        while let Some(end) = self.event_end(chunk, position) {
            position = end;
            if self.oversize {
                self.oversize = false;
                start = end;
                continue;
            }
            let verdict = if self.held.is_empty() {
                each(chunk.get(start..end).unwrap_or_default())
            } else {
                self.held.put_slice(chunk.get(start..end).unwrap_or_default());
                each(&self.held)
            };
            match verdict {
                Verdict::Keep if self.held.is_empty() => {}
                Verdict::Keep => {
                    out.push(self.held.split().freeze());
                    run = end;
                }
                verdict => {
                    push_slice(&mut out, chunk, run, start);
                    if let Verdict::Replace(bytes) = verdict {
                        out.push(bytes);
                    }
                    self.held.clear();
                    run = end;
                }
            }
            start = end;
        }
        if self.oversize {
            push_slice(&mut out, chunk, run, chunk.len());
            return out;
        }
        push_slice(&mut out, chunk, run, start);
        self.held.put_slice(chunk.get(start..).unwrap_or_default());
        if self.held.len() > LONGEST_EVENT {
            self.oversize = true;
            out.push(self.held.split().freeze());
        }
        out
    }

    /// Ends the stream: an event without its blank line is asked about like the others.
    pub fn finish(&mut self, mut each: impl FnMut(&[u8]) -> Verdict) -> Option<Bytes> {
        let tail = self.held.split().freeze();
        if tail.is_empty() {
            return None;
        }
        match each(&tail) {
            Verdict::Keep => Some(tail),
            Verdict::Drop => None,
            Verdict::Replace(bytes) => Some(bytes),
        }
    }

    /// Returns the offset behind the next blank line, from `position` on.
    fn event_end(&mut self, chunk: &[u8], position: usize) -> Option<usize> {
        let mut at = position;
        while let Some(byte) = chunk.get(at) {
            match (self.line, byte) {
                (Line::Ended, b'\n') => {
                    self.line = Line::Fresh;
                    return Some(at + 1);
                }
                (Line::Ended, _) => {
                    self.line = Line::Fresh;
                    return Some(at);
                }
                (Line::Return, b'\n') => self.line = Line::Newline,
                (Line::Fresh | Line::Newline, b'\n') => {
                    self.line = Line::Fresh;
                    return Some(at + 1);
                }
                (Line::Fresh | Line::Newline | Line::Return, b'\r') => self.line = Line::Ended,
                (Line::Text, b'\n') => self.line = Line::Newline,
                (Line::Text, b'\r') => self.line = Line::Return,
                _ => {
                    self.line = Line::Text;
                    let rest = chunk.get(at + 1..).unwrap_or_default();
                    at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                }
            }
            at += 1;
        }
        None
    }
}

fn push_slice(out: &mut Vec<Bytes>, chunk: &Bytes, from: usize, to: usize) {
    if from < to && to <= chunk.len() {
        out.push(chunk.slice(from..to));
    }
}

/// Returns the payload of an event: the one `data` line as it stands, several joined by newlines.
#[must_use]
pub fn data(event: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    let mut lines = fields(event, b"data");
    let first = lines.next()?;
    let Some(second) = lines.next() else { return Some(first.into()) };
    let mut joined = first.to_vec();
    for line in std::iter::once(second).chain(lines) {
        joined.push(b'\n');
        joined.extend_from_slice(line);
    }
    Some(joined.into())
}

/// Returns the name of an event, if it has one.
#[must_use]
pub fn name(event: &[u8]) -> Option<&[u8]> {
    fields(event, b"event").last()
}

/// Returns an event with one `data` line.
#[must_use]
pub fn event(data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 8);
    out.put_slice(b"data: ");
    out.put_slice(data);
    out.put_slice(b"\n\n");
    out.freeze()
}

/// Returns an event with a name and one `data` line.
#[must_use]
pub fn named_event(name: &str, data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(name.len() + data.len() + 16);
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\ndata: ");
    out.put_slice(data);
    out.put_slice(b"\n\n");
    out.freeze()
}

fn fields<'a>(event: &'a [u8], name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    event.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(move |line| {
        let value = line.strip_prefix(name)?;
        if value.is_empty() {
            return Some(value);
        }
        let value = value.strip_prefix(b":")?;
        Some(value.strip_prefix(b" ").unwrap_or(value))
    })
}

#[cfg(test)]
mod tests;
