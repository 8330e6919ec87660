//! Finds the word that a mistyped word probably stands for.

/// Advice for a word that is not known: the known word that it resembles, or all known words.
pub(crate) fn one_of(word: &str, known: &[&str], introduction: &str) -> String {
    // At most a third of the letters may be wrong: `acounts` stands for `accounts`, but `x` not for `id`.
    let tolerance = word.chars().count() / 3;
    let closest = known.iter().map(|candidate| (distance(word, candidate), candidate)).min();
    match closest {
        Some((distance, candidate)) if distance <= tolerance => {
            format!("did you mean `{candidate}`?")
        }
        _ => format!("{introduction} {}", known.join(", ")),
    }
}

/// How many letters must be added, removed or replaced to turn one word into the other (Levenshtein
/// distance).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // The distance between the letters of `a` so far and each beginning of `b`.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(letter != *other);
            left = replaced.min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
