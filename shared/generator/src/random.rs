//! Numbers that look random and are the same on every machine.
//!
//! Nothing here has a state. Everything random about a resource is a function of the resource's key, so
//! nothing has to be remembered from one hour to the next.

/// Steele, Lea and Flood's `SplitMix64` finalizer, the mixing step of many generators.
const fn scramble(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A number that depends on `key` and `salt`, and on nothing else.
pub(crate) const fn mix(key: u64, salt: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    scramble(key ^ scramble(salt.wrapping_mul(GOLDEN).wrapping_add(GOLDEN)))
}

/// One of `0..count`.
pub(crate) fn pick(key: u64, count: usize) -> usize {
    // Both casts are lossless, because a remainder of a `usize` fits into a `usize`.
    usize::try_from(key % (count.max(1) as u64)).unwrap_or_default()
}

/// Writes an identifier of sixteen hexadecimal digits.
pub(crate) fn write_hex(key: u64, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend((0..16).rev().map(|digit| DIGITS[pick(key >> (4 * digit), 16)]));
}

/// Writes a line item id: 52 characters of base 32. Each random number gives twelve of them.
pub(crate) fn write_line_item_id(key: u64, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LENGTH: usize = 52;
    let mut text = [0; 60];
    for (part, salt) in text.chunks_exact_mut(12).zip(1..) {
        let mut bits = mix(key, salt);
        for byte in part {
            *byte = DIGITS[pick(bits, 32)];
            bits >>= 5;
        }
    }
    out.extend_from_slice(&text[..LENGTH]);
}

/// A stock keeping unit: sixteen capitals and digits.
pub(crate) fn sku(key: u64) -> String {
    const DIGITS: &[u8; 32] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ7";
    let digit = |salt: u64| char::from(DIGITS[pick(mix(key, salt), 32)]);
    (0..16).map(digit).collect()
}

/// A UUID of version 4, variant 1.
pub(crate) fn uuid(key: u64) -> String {
    let (high, low) = (mix(key, 1), mix(key, 2));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}
