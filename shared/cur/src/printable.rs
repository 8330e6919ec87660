//! Text of strangers on its way to people: a terminal or a log shows what is in it and obeys nothing.

use std::borrow::Cow;

/// The text with an escape for every character that would not be seen: `\u001b`. It is JSON's escape, so
/// a JSON document stays one.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_obeyed(character) {
            let code = u32::from(character);
            shown.push_str("\\u");
            shown.extend(
                [12, 8, 4, 0].iter().filter_map(|bit| char::from_digit((code >> bit) & 15, 16)),
            );
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

/// Controls, which move a terminal's cursor or worse, and the marks that turn the direction of writing.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
