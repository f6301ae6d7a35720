//! The one writer of YAML: typed values in, text out that every YAML reader understands alike.

use serde::Serialize;

/// Writes a value as one YAML document with a trailing newline.
///
/// # Errors
/// When the value has no YAML form (a map whose keys are not scalars).
pub(crate) fn to_yaml<T: Serialize>(value: &T) -> Result<String, serde_saphyr::ser::Error> {
    // Block scalars would fold long expressions over several lines; a diff of them is unreadable.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let mut text = serde_saphyr::to_string_with_options(value, options)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
