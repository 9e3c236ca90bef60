//! The known word nearest to one that is not known, for a hint. It knows letters, not meanings.

/// The known word that takes fewest edits, where few enough are needed to call it a slip.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let allowed = (word.chars().count() / 3).max(1);
    let measured = known.into_iter().map(|candidate| (edits(word, candidate), candidate));
    let (distance, candidate) = measured.min()?;
    (distance <= allowed).then(|| format!("did you mean {candidate}?"))
}

/// Insertions, deletions and replacements between two words, row by row.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let known = ["restart", "command", "env"];
        assert_eq!(nearest("restrat", known).unwrap(), "did you mean restart?");
        assert_eq!(nearest("comand", known).unwrap(), "did you mean command?");
        assert_eq!(nearest("flavour", known), None);
    }
}
