//! The policy packs that come with the compiler.

/// A pack: its files as (path, text).
#[derive(Debug)]
pub struct Pack {
    /// What `Organization.spec.packs` names.
    pub name: &'static str,
    /// Paths begin with `pack:`, so that findings show where they come from.
    pub files: &'static [(&'static str, &'static str)],
}

macro_rules! pack {
    ($name:literal: $($file:literal),*) => {
        Pack {
            name: $name,
            files: &[ $( (
                concat!("pack:", $name, "/", $file),
                include_str!(concat!("../../../policies/", $name, "/", $file)),
            ), )* ],
        }
    };
}

/// All packs, by name.
pub const PACKS: &[Pack] = &[
    pack!("baseline": "maasc.yaml", "invariants.yaml"),
    pack!("cost-guard": "maasc.yaml", "invariants.yaml", "quotas.yaml"),
    pack!("regulated": "maasc.yaml", "invariants.yaml"),
];

/// Returns a pack.
#[must_use]
pub fn find(name: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|pack| pack.name == name)
}
