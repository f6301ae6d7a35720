//! Shapes of well-known secrets.

/// A part of a text with such a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
    /// What it seems to be.
    pub(super) what: &'static str,
}

/// What follows a prefix.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// At least so many token characters, not all of which are words.
    Token(usize),
    /// Exactly so many capitals and digits.
    Capitals(usize),
    /// At least so many letters and digits.
    Alphanumeric(usize),
}

const PREFIXES: &[(&str, Body, &str)] = &[
    ("sk-", Body::Token(12), "an API key"),
    ("sk_live_", Body::Alphanumeric(10), "an API key"),
    ("sk_test_", Body::Alphanumeric(10), "an API key"),
    ("rk_live_", Body::Alphanumeric(10), "an API key"),
    ("AKIA", Body::Capitals(16), "an AWS access key"),
    ("ASIA", Body::Capitals(16), "an AWS access key"),
    ("AIza", Body::Token(30), "a Google API key"),
    ("ghp_", Body::Alphanumeric(20), "a GitHub token"),
    ("gho_", Body::Alphanumeric(20), "a GitHub token"),
    ("ghs_", Body::Alphanumeric(20), "a GitHub token"),
    ("ghu_", Body::Alphanumeric(20), "a GitHub token"),
    ("github_pat_", Body::Token(20), "a GitHub token"),
    ("glpat-", Body::Token(16), "a GitLab token"),
    ("gsk_", Body::Alphanumeric(20), "an API key"),
    ("hf_", Body::Alphanumeric(20), "a Hugging Face token"),
    ("xoxb-", Body::Token(10), "a Slack token"),
    ("xoxp-", Body::Token(10), "a Slack token"),
    ("npm_", Body::Alphanumeric(30), "an npm token"),
    ("maas_", Body::Token(24), "a key of `maas-gateway`"),
];

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";

/// Finds all parts of a text with the shape of a secret, in their order.
pub(super) fn scan(text: &str) -> Vec<Shape> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut position = 0;
    let mut before = b' ';
    while let Some(byte) = bytes.get(position) {
        let begins = match byte {
            b's' | b'r' | b'A' | b'g' | b'h' | b'x' | b'n' | b'm' | b'e' => !is_token(before),
            b'-' => before != b'-',
            b':' => true,
            _ => false,
        };
        if begins
            && let Some(rest) = text.get(position..)
            && let Some((offset, length, what)) = at(rest)
        {
            let start = position + offset;
            found.push(Shape { start, end: start + length, what });
            position = start + length;
            before = b' ';
            continue;
        }
        before = *byte;
        position += 1;
    }
    found
}

/// Returns offset, length and name of the secret at the start of a text.
fn at(rest: &str) -> Option<(usize, usize, &'static str)> {
    if rest.starts_with("eyJ") {
        return Some((0, jwt(rest)?, "a JWT"));
    }
    if rest.starts_with(PEM_BEGIN) {
        return Some((0, pem(rest), "a PEM block"));
    }
    if let Some(authority) = rest.strip_prefix("://") {
        let (offset, length) = password(authority)?;
        return Some((offset + 3, length, "a password in a URL"));
    }
    PREFIXES.iter().find_map(|(prefix, body, what)| {
        let tail = rest.strip_prefix(prefix)?;
        Some((0, prefix.len() + body_length(tail, *body)?, *what))
    })
}

fn body_length(tail: &str, body: Body) -> Option<usize> {
    match body {
        Body::Token(shortest) => {
            let length = run(tail, is_token);
            let token = tail.get(..length)?;
            (length >= shortest && token.split(['-', '_']).any(is_no_word)).then_some(length)
        }
        Body::Capitals(exactly) => {
            let length = run(tail, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            (length == exactly && run(tail, is_token) == length).then_some(length)
        }
        Body::Alphanumeric(shortest) => {
            let length = run(tail, |byte| byte.is_ascii_alphanumeric());
            (length >= shortest).then_some(length)
        }
    }
}

/// Says whether a part of a token is too long, or too mixed, to be a word of a name.
fn is_no_word(part: &str) -> bool {
    part.len() >= 20
        || part.len() >= 8
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
        || part.len() >= 10 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Header, claims and signature; the first two are JSON objects, which begin with `eyJ`.
fn jwt(rest: &str) -> Option<usize> {
    let header = run(rest, is_base64url);
    let claims_text = rest.get(header..)?.strip_prefix('.')?;
    let claims = run(claims_text, is_base64url);
    let signature_text = claims_text.get(claims..)?.strip_prefix('.')?;
    if header < 10 || claims < 6 || !claims_text.starts_with("eyJ") {
        return None;
    }
    Some(header + 1 + claims + 1 + run(signature_text, is_base64url))
}

/// From `BEGIN` to the end of the line of `END`, or of the text.
fn pem(rest: &str) -> usize {
    let Some(end) = rest.find(PEM_END) else { return rest.trim_end().len() };
    let last_line = rest.get(end..).unwrap_or("");
    let closed =
        last_line.get(PEM_END.len()..).and_then(|tail| tail.find("-----")).map(|dashes| PEM_END.len() + dashes + 5);
    let line_end = last_line.find('\n').unwrap_or(last_line.len());
    end + closed.filter(|closed| *closed <= line_end).unwrap_or(line_end)
}

/// The password of `user:password@host`; placeholders such as `${PASSWORD}` are none.
fn password(authority: &str) -> Option<(usize, usize)> {
    let end = authority.find(|letter: char| letter.is_whitespace() || "/?#\"'<>,]})".contains(letter));
    let authority = authority.get(..end.unwrap_or(authority.len()))?;
    let at = authority.rfind('@')?;
    let user_info = authority.get(..at)?;
    let colon = user_info.find(':')?;
    let password = user_info.get(colon + 1..)?;
    (!password.is_empty() && !password.starts_with(['$', '{'])).then_some((colon + 1, password.len()))
}

fn run(text: &str, accept: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| accept(*byte)).count()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_base64url(byte: u8) -> bool {
    is_token(byte)
}
