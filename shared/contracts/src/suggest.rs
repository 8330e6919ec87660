//! What a mistyped word was probably meant to be.

/// Advice for a word that is none of the known ones: the one it resembles, or all of them.
pub(crate) fn one_of(word: &str, known: &[&str], introduction: &str) -> String {
    // A third of the letters may be wrong: `acounts` is `accounts`, but `x` is not `id`.
    let tolerance = word.chars().count() / 3;
    let closest = known.iter().map(|candidate| (distance(word, candidate), candidate)).min();
    match closest {
        Some((distance, candidate)) if distance <= tolerance => {
            format!("did you mean `{candidate}`?")
        }
        _ => format!("{introduction} {}", known.join(", ")),
    }
}

/// How many letters must be added, removed or replaced to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // The distances from the letters of `a` so far to each beginning of `b`.
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
