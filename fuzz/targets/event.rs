//! Any text as a message of a queue: refused, or requests.
#![no_main]

use lambda::event::decode_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(refused) = decode_text(text) {
        assert!(!refused.to_string().is_empty());
    }
});
