//! One field of a CSV record: where it lies in the record, and what it says without its quotes.

use std::borrow::Cow;

/// A field of a record, as written.
pub(crate) fn field<'a>(record: &'a [u8], ends: &[usize], position: usize) -> &'a [u8] {
    let start = match position.checked_sub(1) {
        None => Some(0),
        Some(previous) => ends.get(previous).map(|end| end + 1),
    };
    match (start, ends.get(position)) {
        (Some(start), Some(end)) => record.get(start..*end).unwrap_or_default(),
        _ => &[],
    }
}

/// A field without its quotes.
pub(crate) fn unquoted(field: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = field.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return Cow::Borrowed(field);
    };
    if !inner.contains(&b'"') {
        return Cow::Borrowed(inner);
    }
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        text.push(*byte);
        if *byte == b'"' {
            // The second of a pair: the parser has seen to it that there is one.
            bytes.next();
        }
    }
    Cow::Owned(text)
}
