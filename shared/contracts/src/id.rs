//! Ids of customers and of parts of their contracts.

use crate::document::Field;

/// The name of unassigned accounts in keys and tables. A file system or a reader could take an id for this
/// name if it differs only by case or punctuation.
const UNASSIGNED: &str = "unassigned";

/// Reads an id. An id that is refused is returned too, because other tables may refer to it.
pub(crate) fn read_id<'d>(field: &Field<'d>) -> Option<&'d str> {
    let id = field.text()?;
    let is_letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_well = id.bytes().next().is_some_and(is_letter_or_digit);
    let goes_on_well = id.bytes().all(|byte| is_letter_or_digit(byte) || b"._-".contains(&byte));
    let letters: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    if letters.eq_ignore_ascii_case(UNASSIGNED) {
        field.refuse(format!(
            "`id` cannot be `{id}`: this is the name of what belongs to no customer; choose another"
        ));
    } else if !(starts_well && goes_on_well && id.len() <= 64) {
        field.refuse(format!(
            "`id` cannot be `{id}`: use at most 64 of a-z, 0-9, `.`, `_` and `-`, \
             starting with a letter or a digit"
        ));
    }
    Some(id)
}
