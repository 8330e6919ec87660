//! Any bytes as a report file, cut anywhere: what the splitter finds is what an obvious reader finds.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/adversarial/reference.rs"]
mod reference;

/// The columns that every step reads first, so that their cells are compared as well.
const HEADER: &[u8] = b"lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UnblendedCost\n";

fuzz_target!(|input: (bool, [u8; 3], &[u8])| {
    let (has_header, pieces, bytes) = input;
    let header = if has_header { HEADER } else { b"" };
    let file = [header, bytes].concat();
    reference::check(&file, &pieces.map(|length| usize::from(length) + 1));
});
