//! "Did you mean": the nearest of a set of names.

/// Returns the candidate nearest to `name` if at most `max(1, len / 3)` edits away, ties by name.
///
/// An edit is an insertion, deletion, replacement or swap of neighbours; case does not count.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let most = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(wanted.len()) <= most)
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let get = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (get(&previous, j) + usize::from(left != right)).min(get(&previous, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(right) && b.get(j - 1) == Some(left);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typing_mistakes_and_nothing_far_away() {
        let names = ["gpt-4o", "llama-3-70b", "granite-8b"];
        assert_eq!(nearest("gpt-4x", names), Some("gpt-4o"));
        assert_eq!(nearest("gtp-4o", names), Some("gpt-4o"));
        assert_eq!(nearest("GRANITE-8b", names), Some("granite-8b"));
        assert_eq!(nearest("mistral", names), None);
        assert_eq!(nearest("", names), None);
    }
}
