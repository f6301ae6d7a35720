//! Results of policy tests as JSON: `maasc test --format json`.

use serde::{Deserialize, Serialize};

use crate::provenance::Source;

/// The `format` of this version.
pub const FORMAT: &str = "maasc.test/v1";

/// All results of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// [`FORMAT`].
    pub format: String,
    /// The time for cases that name none, RFC 3339 in UTC.
    pub at: String,
    /// In the order of documents, cases, environments.
    pub results: Vec<TestResult>,
    /// How many passed.
    pub n_passed: u32,
    /// How many failed.
    pub n_failed: u32,
    /// What the tests looked at, by environment.
    pub coverage: Vec<Coverage>,
    /// Changes of the policy that no test noticed; only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mutants: Option<Mutants>,
}

/// One case, or one row of a matrix, in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// Name of the `PolicyTest`.
    pub test: String,
    /// Name of the case, or `matrix: payments`.
    pub name: String,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// Where it is written.
    pub source: Source,
    /// What did not come out as written; empty when it passed.
    pub failures: Vec<TestFailure>,
}

/// One thing that did not come out as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestFailure {
    /// One phrase.
    pub message: String,
    /// What is written.
    pub expected: String,
    /// What came out.
    pub actual: String,
    /// Where the expectation is written.
    pub source: Source,
    /// The line of the policy that decided, where one did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_by: Option<Source>,
}

/// What the tests of one environment looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// Granted cells that a test asked.
    pub n_cells_asked: u64,
    /// Granted cells.
    pub n_cells: u64,
    /// Limits of granted cells that a test expects with their amount.
    pub n_limits_asked: u64,
    /// Limits of granted cells.
    pub n_limits: u64,
    /// The first granted cells that no test asked: `payments gpt-4o`.
    pub cells_left: Vec<String>,
    /// The first limits that no test expects.
    pub limits_left: Vec<String>,
}

/// What became of small changes of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutants {
    /// Changes made, one at a time.
    pub n_made: u64,
    /// Changes that made a test fail.
    pub n_noticed: u64,
    /// The first changes that no test noticed.
    pub survivors: Vec<Mutant>,
}

/// One change that no test noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutant {
    /// What was changed: ``without the grant of `payments-standard` for `gpt-4o` ``.
    pub change: String,
    /// Name of the `Gateway` document.
    pub gateway: String,
    /// The line that was changed.
    pub source: Source,
}
