//! Finds the name that is most like a mistyped word.

/// Returns the name that is most like this word, or none if none is much like it.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let names = names.into_iter().map(|name| (distance(word, name), name));
    let (distance, name) = names.min_by_key(|&(distance, _)| distance)?;
    // A third of the letters may be wrong, or one letter in a short name.
    let bound = (name.chars().count() / 3).max(1);
    (1..=bound).contains(&distance).then_some(name)
}

/// Returns how many letters have to be put in, left out, replaced or exchanged with
/// their neighbours to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    // `row` has the distances from what has been read of `one` to each beginning of
    // `other`; `above` has those of one letter less, and `two_above` of two less.
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut above = row.clone();
    let mut before = None;
    for (at, letter) in one.chars().enumerate() {
        let two_above = std::mem::replace(&mut above, row);
        row = Vec::with_capacity(above.len());
        row.push(at + 1);
        for (to, &wanted) in other.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = get(&above, to) + usize::from(letter != wanted);
            least = least.min(get(&above, to + 1) + 1).min(get(&row, to) + 1);
            if let Some(last) = to.checked_sub(1)
                && before == Some(wanted)
                && other.get(last) == Some(&letter)
            {
                least = least.min(get(&two_above, last) + 1);
            }
            row.push(least);
        }
        before = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, wanted) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ac", 1),
            ("ab", "ba", 1),
            ("wieght", "weight", 1),
            ("kitten", "sitting", 3),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(one, other), wanted, "{one} {other}");
            assert_eq!(distance(other, one), wanted, "{other} {one}");
        }
    }
}
