//! Where everything lies in the module's memory: addresses, tables, offsets of fields.
//!
//! The directory at [`TABLES_ADDRESS`] starts with `"MAAS"`, u16 format, u16 number of tables, u64 0; then 16 bytes
//! per [`Table`]: u32 address, u32 count, u16 stride, u16 0, u32 seed. The code reads addresses from there, so that
//! it is the same for every policy.

use maas_schemas::abi::{SCRATCH_ADDRESS, TABLES_ADDRESS};

/// Bytes of the directory before its entries.
pub(super) const DIRECTORY_HEADER: u32 = 16;
/// Bytes of one entry of the directory.
pub(super) const DIRECTORY_ENTRY: u32 = 16;
/// Bytes of one page of memory.
pub(super) const PAGE: usize = 0x1_0000;
/// Up to so many keys are searched one by one; more are hashed.
pub(super) const LINEAR_KEYS: usize = 16;

/// The tables, in the order of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Displacements of the perfect hash of the keys below; none while there are few. The same for the next three.
    PrincipalDisplacements,
    /// Names of teams and single users → principal.
    PrincipalKeys,
    ModelDisplacements,
    /// Names and aliases of models → model.
    ModelKeys,
    SubscriptionDisplacements,
    /// Names of subscriptions → subscription.
    SubscriptionKeys,
    MemberDisplacements,
    /// Users, groups and service accounts → a stretch of [`Table::MemberPrincipals`].
    MemberKeys,
    /// Principals of each member, ascending.
    MemberPrincipals,
    /// Teams, then single users.
    Principals,
    Models,
    /// Distinct rows of the access table.
    Rows,
    /// What rows point to; addressed by bytes.
    Cells,
    /// Stretches of [`Table::Candidates`].
    CandidateLists,
    /// Indices into [`Table::Grants`].
    Candidates,
    Grants,
    /// Indices into [`Table::Limits`].
    LimitLists,
    /// Copied into results as they are.
    Limits,
    /// Stretches of [`Table::Upstreams`].
    Routes,
    /// Copied into results as they are.
    Upstreams,
}

impl Table {
    /// All tables.
    pub(super) const ALL: [Self; 20] = [
        Self::PrincipalDisplacements,
        Self::PrincipalKeys,
        Self::ModelDisplacements,
        Self::ModelKeys,
        Self::SubscriptionDisplacements,
        Self::SubscriptionKeys,
        Self::MemberDisplacements,
        Self::MemberKeys,
        Self::MemberPrincipals,
        Self::Principals,
        Self::Models,
        Self::Rows,
        Self::Cells,
        Self::CandidateLists,
        Self::Candidates,
        Self::Grants,
        Self::LimitLists,
        Self::Limits,
        Self::Routes,
        Self::Upstreams,
    ];

    /// Returns the bytes of one record.
    pub(super) const fn stride(self) -> u16 {
        match self {
            Self::PrincipalDisplacements
            | Self::ModelDisplacements
            | Self::SubscriptionDisplacements
            | Self::MemberDisplacements
            | Self::MemberPrincipals
            | Self::Candidates
            | Self::LimitLists => 4,
            Self::PrincipalKeys | Self::ModelKeys | Self::SubscriptionKeys | Self::MemberKeys | Self::Upstreams => 16,
            Self::Principals => 12,
            Self::Models => 20,
            Self::Rows | Self::CandidateLists | Self::Routes => 8,
            Self::Cells => 1,
            Self::Grants => 48,
            Self::Limits => 40,
        }
    }

    /// Returns where its entry in the directory lies.
    pub(super) const fn entry(self) -> u32 {
        TABLES_ADDRESS + DIRECTORY_HEADER + DIRECTORY_ENTRY * self as u32
    }
}

/// An entry of the directory.
pub(super) mod entry {
    pub(in super::super) const ADDRESS: u32 = 0;
    pub(in super::super) const COUNT: u32 = 4;
    pub(in super::super) const SEED: u32 = 12;
}

/// A record of a key table.
pub(super) mod key {
    /// Address of the text.
    pub(in super::super) const TEXT: u32 = 0;
    /// Length of the text; [`EMPTY`] where a slot of the hash is free.
    pub(in super::super) const LENGTH: u32 = 4;
    /// Index, or the first of a stretch.
    pub(in super::super) const VALUE: u32 = 8;
    /// u16: attribute key of a member, else 0.
    pub(in super::super) const KIND: u32 = 12;
    /// u16: length of the stretch; of a principal 1 where it is a single user; else 0.
    pub(in super::super) const N: u32 = 14;
    pub(in super::super) const SIZE: u32 = 16;
    pub(in super::super) const EMPTY: u32 = u32::MAX;
}

/// A principal.
pub(super) mod principal {
    pub(in super::super) const ROW: u32 = 0;
    /// First of its ceilings in `LimitLists`.
    pub(in super::super) const CEILINGS: u32 = 4;
    /// u16
    pub(in super::super) const N_CEILINGS: u32 = 8;
}

/// A model.
pub(super) mod model {
    pub(in super::super) const COLUMN: u32 = 0;
    pub(in super::super) const ROUTE: u32 = 4;
    /// `NONE` without a price.
    pub(in super::super) const PRICE: u32 = 8;
    /// The line that a refusal names.
    pub(in super::super) const RULE: u32 = 12;
    /// u16: [`HIDDEN`].
    pub(in super::super) const FLAGS: u32 = 16;
    pub(in super::super) const HIDDEN: u16 = 1;
}

/// A row of the access table.
pub(super) mod row {
    /// Address in `Cells`.
    pub(in super::super) const ADDRESS: u32 = 0;
    /// u16: columns named (`SORTED`) or columns in all.
    pub(in super::super) const N: u32 = 4;
    /// u8
    pub(in super::super) const KIND: u32 = 6;
    /// u8: bytes of one cell.
    pub(in super::super) const WIDTH: u32 = 7;
    /// u16 columns, ascending, then their cells.
    pub(in super::super) const SORTED: u8 = 1;
    /// A cell for each column.
    pub(in super::super) const DIRECT: u8 = 2;
    /// One cell of 32 bits, then a bit for each column that has it.
    pub(in super::super) const BITS: u8 = 3;
}

/// A stretch of another table: a candidate list or a route.
pub(super) mod stretch {
    pub(in super::super) const FIRST: u32 = 0;
    /// u16
    pub(in super::super) const N: u32 = 4;
}

/// A grant.
pub(super) mod grant {
    /// i64
    pub(in super::super) const FROM: u32 = 0;
    /// i64
    pub(in super::super) const UNTIL: u32 = 8;
    pub(in super::super) const SUBSCRIPTION: u32 = 16;
    pub(in super::super) const RULE: u32 = 20;
    /// First of its limits in `LimitLists`.
    pub(in super::super) const LIMITS: u32 = 24;
    /// u16
    pub(in super::super) const N_LIMITS: u32 = 28;
    /// u16: bits of endpoints.
    pub(in super::super) const ENDPOINTS: u32 = 30;
    pub(in super::super) const MAX_OUTPUT_TOKENS: u32 = 32;
    pub(in super::super) const OBLIGATIONS: u32 = 36;
    /// u16: reason before `FROM`.
    pub(in super::super) const BEFORE: u32 = 40;
    /// u16: reason from `UNTIL` on.
    pub(in super::super) const AFTER: u32 = 42;
}

/// Offsets in a request.
pub(super) mod request {
    pub(in super::super) const SIZE: u32 = 0;
    pub(in super::super) const ENDPOINT: u32 = 4;
    pub(in super::super) const N_ATTRIBUTES: u32 = 6;
    pub(in super::super) const FLAGS: u32 = 8;
    pub(in super::super) const NOW: u32 = 16;
    /// In an attribute.
    pub(in super::super) const LENGTH: u32 = 2;
    pub(in super::super) const OFFSET: u32 = 4;
}

/// Offsets in a result.
pub(super) mod result {
    pub(in super::super) const SIZE: u32 = 0;
    pub(in super::super) const REASON: u32 = 4;
    pub(in super::super) const HTTP: u32 = 6;
    pub(in super::super) const RULE: u32 = 8;
    pub(in super::super) const TEAM: u32 = 12;
    pub(in super::super) const SUBSCRIPTION: u32 = 16;
    pub(in super::super) const MODEL: u32 = 20;
    pub(in super::super) const ROUTE: u32 = 24;
    pub(in super::super) const PRICE: u32 = 28;
    pub(in super::super) const MAX_OUTPUT_TOKENS: u32 = 32;
    pub(in super::super) const OBLIGATIONS: u32 = 36;
    pub(in super::super) const N_LIMITS: u32 = 40;
    pub(in super::super) const N_UPSTREAMS: u32 = 42;
    /// In the answers of `maas_visible` and `maas_teams`.
    pub(in super::super) const N: u32 = 4;
}

/// Scratch memory, below what Envoy allocates.
pub(super) mod scratch {
    use super::SCRATCH_ADDRESS;

    /// What `check` found in the request: addresses of attribute records and how many there are.
    pub(in super::super) const MODEL: u32 = SCRATCH_ADDRESS;
    /// Address of the record, 0 when there is none; the same for the one above.
    pub(in super::super) const SUBSCRIPTION: u32 = SCRATCH_ADDRESS + 4;
    /// Address of the first record.
    pub(in super::super) const TEAMS: u32 = SCRATCH_ADDRESS + 8;
    pub(in super::super) const N_TEAMS: u32 = SCRATCH_ADDRESS + 12;
    /// Address of the first record of user, groups and service account.
    pub(in super::super) const IDENTITY: u32 = SCRATCH_ADDRESS + 16;
    pub(in super::super) const N_IDENTITY: u32 = SCRATCH_ADDRESS + 20;
    /// A candidate list of one.
    pub(in super::super) const SINGLE: u32 = SCRATCH_ADDRESS + 24;
    /// The caller's principals, ascending: 64 × u32.
    pub(in super::super) const PRINCIPALS: u32 = SCRATCH_ADDRESS + 0x100;
    /// A bit for each column that the caller may use.
    pub(in super::super) const COLUMNS: u32 = SCRATCH_ADDRESS + 0x1000;
    /// Bytes of the above.
    pub(in super::super) const COLUMNS_SIZE: u32 = 0xC00;
}
