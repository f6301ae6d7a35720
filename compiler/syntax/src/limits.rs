//! How much one file may hold before it is refused.

/// Bounds against files that are huge, or that become huge when their aliases are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one file; `--max-file-size`.
    pub max_file_size: u64,
    /// Most nodes of one file, each alias counted as what it stands for; `--max-nodes`.
    pub max_nodes: u32,
    /// Deepest nesting of lists and mappings; `--max-depth`.
    pub max_depth: u32,
}

impl Limits {
    /// What holds where no flag says otherwise.
    pub const DEFAULT: Self = Self { max_file_size: 16 * 1024 * 1024, max_nodes: 2_000_000, max_depth: 64 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
