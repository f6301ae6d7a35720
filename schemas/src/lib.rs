//! Every format that crosses a process boundary: types and constants, no behaviour beyond reading and writing them.
//!
//! | format | version | where |
//! |---|---|---|
//! | policy documents | `maasc.dev/v1alpha1` | [`policy`] |
//! | the WebAssembly ABI | [`abi::ABI_VERSION`] | [`abi`], [`decision`] |
//! | the bundle's manifest | [`bundle::FORMAT`] | [`bundle`] |
//! | the source map of a bundle | [`provenance::FORMAT`] | [`provenance`] |
//! | findings | [`diagnostics::FORMAT`] | [`diagnostics`] |
//! | answers to questions | [`answers::MATRIX`], … | [`answers`] |
//! | past traffic under another policy | [`replay::FORMAT`] | [`replay`] |
//! | results of policy tests | [`test_report::FORMAT`] | [`test_report`] |
//! | plan | [`plan::FORMAT`] | [`plan`] |
//! | usage records | [`usage::FORMAT`] | [`usage`] |
//! | API keys | [`keys::FORMAT`] | [`keys`] |
//! | the gateway's configuration | [`gateway::FORMAT`] | [`gateway`] |

pub mod abi;
pub mod answers;
pub mod bundle;
pub mod decision;
pub mod diagnostics;
pub mod gateway;
pub mod keys;
pub mod plan;
pub mod policy;
pub mod provenance;
pub mod replay;
pub mod test_report;
pub mod usage;
