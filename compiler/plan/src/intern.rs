//! Small numbers for equal values, the same on both sides of a comparison.

use std::collections::BTreeMap;

/// "No such value" in place of a number.
pub(crate) const NONE: u32 = u32::MAX;

/// Values and their numbers, in the order in which they were first seen.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    numbers: BTreeMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Ord + Clone> Interner<T> {
    /// Returns the number of a value.
    pub(crate) fn add(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        // INVARIANT: tables are addressed by u32, so there are fewer values than that.
        let number = u32::try_from(self.values.len()).unwrap_or(NONE);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// Returns the value of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }
}
