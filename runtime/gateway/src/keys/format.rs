//! The text of an API key: `maas_<id>_<secret>_<crc>`, all parts in lower-case base 32.

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key starts with, so that scanners find leaked ones.
pub const PREFIX: &str = "maas";
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const ID_BYTES: usize = 10;
const SECRET_BYTES: usize = 32;
/// Characters of an id, a secret and the check digits.
const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 52;
const CRC_LENGTH: usize = 7;

/// Why a text is no key. Never holds a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Another prefix or number of parts.
    #[error("it does not look like `maas_<id>_<secret>_<check>`")]
    Shape,
    /// The check digits do not fit: a character is missing or wrong.
    #[error("the check digits do not fit")]
    Check,
}

/// A presented key whose check digits fit.
pub struct KeyText {
    id: String,
    secret: SecretString,
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyText").field("id", &self.id).finish_non_exhaustive()
    }
}

impl KeyText {
    /// Reads a key.
    ///
    /// # Errors
    /// When it cannot be one of ours.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let (body, check) = text.rsplit_once('_').ok_or(FormatError::Shape)?;
        let (head, secret) = body.rsplit_once('_').ok_or(FormatError::Shape)?;
        let (prefix, id) = head.split_once('_').ok_or(FormatError::Shape)?;
        let fits = |part: &str, length| part.len() == length && part.bytes().all(|byte| ALPHABET.contains(&byte));
        if prefix != PREFIX || !fits(id, ID_LENGTH) || !fits(secret, SECRET_LENGTH) || !fits(check, CRC_LENGTH) {
            return Err(FormatError::Shape);
        }
        if check != check_digits(body) {
            return Err(FormatError::Check);
        }
        Ok(Self { id: id.to_owned(), secret: SecretString::from(secret) })
    }

    /// Returns the part that names the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says in constant time whether the secret is the one behind a hash.
    #[must_use]
    pub fn matches(&self, hash: &str) -> bool {
        hash_of(&self.id, self.secret.expose_secret()).as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

/// A secret that was just made.
pub struct NewSecret {
    id: String,
    secret: SecretString,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

impl NewSecret {
    /// Makes an id and a secret of 256 bits.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        Self::for_id(&base32(&id))
    }

    /// Makes a secret for an id that is there already.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn for_id(id: &str) -> Result<Self, getrandom::Error> {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(secret.as_mut())?;
        Ok(Self { id: id.to_owned(), secret: SecretString::from(base32(secret.as_ref())) })
    }

    /// Returns the part that names the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn hash(&self) -> String {
        hash_of(&self.id, self.secret.expose_secret())
    }

    /// Returns the whole key, to be shown once.
    #[must_use]
    pub fn text(&self) -> SecretString {
        let body = Zeroizing::new(format!("{PREFIX}_{}_{}", self.id, self.secret.expose_secret()));
        let check = check_digits(&body);
        SecretString::from(format!("{}_{check}", body.as_str()))
    }
}

/// A secret has 256 bits of entropy, so one round of SHA-256 is as good as a slow hash. The id binds the hash to its key.
fn hash_of(id: &str, secret: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(id.as_bytes());
    hasher.update(b"_");
    hasher.update(secret.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check_digits(body: &str) -> String {
    base32(&crc32fast::hash(body.as_bytes()).to_be_bytes())
}

/// Writes bytes five bits at a time, the last group padded with zero bits.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(8).div_ceil(5));
    let mut push = |bits: u32| {
        let digit = usize::try_from(bits & 31).ok().and_then(|index| ALPHABET.get(index));
        out.extend(digit.map(|byte| char::from(*byte)));
    };
    let (mut buffer, mut n_bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        n_bits += 8;
        while n_bits >= 5 {
            n_bits -= 5;
            push(buffer >> n_bits);
            buffer &= (1 << n_bits) - 1;
        }
    }
    if n_bits > 0 {
        push(buffer << (5 - n_bits));
    }
    out
}
