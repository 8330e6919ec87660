//! The fields of a CSV record.

use std::borrow::Cow;

/// The bytes of one field, with its quotes if it has any.
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
            // A quote within quotes is written twice. The parser has checked that the second one is there.
            bytes.next();
        }
    }
    Cow::Owned(text)
}
