//! Indices into the arenas of [`crate::hir::Hir`].

macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident; )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the position in the arena.
            #[must_use]
            pub const fn index(self) -> usize { self.0 as usize }
        }
    )* };
}

ids! {
    /// A `Gateway`.
    GatewayId;
    /// A `Team`.
    TeamId;
    /// A `Provider`.
    ProviderId;
    /// A `Model`.
    ModelId;
    /// A `Quota`.
    QuotaId;
    /// A `Subscription`.
    SubscriptionId;
    /// An identity provider of the organization.
    IdentityProviderId;
    /// A rule of `approvals.required`.
    RequirementId;
}
