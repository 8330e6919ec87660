//! Makes text from a report safe to show: a terminal or a log then shows each character and obeys none.

use std::borrow::Cow;

/// The text with an escape such as `\u001b` for every character that a terminal would obey. The escape is
/// JSON's, so a JSON document is still JSON afterwards.
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

/// Control characters, which can move the cursor of a terminal, and marks that change the direction of
/// writing.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
