//! A usage record as one line of canonical JSON: fields in the order of the type, no white space, nothing unknown.

use maas_schemas::usage::{FORMAT, UsageRecord};

/// Why a text is no usage record of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError(String);

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}

/// Writes a record. JSON escapes every control character, so the text has no line break.
///
/// # Errors
/// Never for a [`UsageRecord`]; the serializer's signature allows it.
pub fn encode(record: &UsageRecord) -> Result<String, RecordError> {
    serde_json::to_string(record).map_err(|error| RecordError(error.to_string()))
}

/// Reads a record.
///
/// # Errors
/// When it is not JSON, has unknown fields or another format.
pub fn decode(text: &str) -> Result<UsageRecord, RecordError> {
    let record: UsageRecord = serde_json::from_str(text).map_err(|error| RecordError(error.to_string()))?;
    if record.format != FORMAT {
        return Err(RecordError(format!("format `{}` is not `{FORMAT}`", record.format)));
    }
    Ok(record)
}
