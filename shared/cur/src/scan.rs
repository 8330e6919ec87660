//! Finds the delimiters of CSV, 64 bytes at a time.
//!
//! Reports have some two hundred columns, and most cells are empty. So a search from comma to comma would
//! cost more than a look at every byte. Each block becomes a few 64-bit masks with one bit for each byte.
//! A byte is inside quotes if the number of quotes before it is odd.

/// How many bytes are scanned at once: each has one bit of a `u64`.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Some tools write a byte order mark before the header. The first column's name may still be in quotes.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the scanner remembers from one block to the next. Each mask is 0 or 1.
pub(crate) struct Scanner {
    /// How many bytes of a byte order mark the file has begun with; `None` once that is decided.
    mark_bytes: Option<usize>,
    inside_quotes: u64,
    /// Whether an opening quote may follow the byte before.
    may_open: u64,
    after_closing_quote: u64,
    after_return: u64,
}

/// The marks of one block, one bit for each byte. The first byte has the lowest bit.
pub(crate) struct Marks {
    /// Commas and line feeds outside quotes, before the first mistake.
    pub(crate) delimiters: u64,
    /// The delimiters that end a record.
    pub(crate) record_ends: u64,
    /// Every line feed, inside quotes or not.
    pub(crate) line_feeds: u64,
    /// Whether the block has a mistake.
    pub(crate) malformed: bool,
}

impl Scanner {
    pub(crate) const fn new() -> Self {
        Self {
            mark_bytes: Some(0),
            inside_quotes: 0,
            may_open: 1,
            after_closing_quote: 0,
            after_return: 0,
        }
    }

    /// Whether the bytes so far end within quotes.
    pub(crate) const fn is_inside_quotes(&self) -> bool {
        self.inside_quotes != 0
    }

    /// Whether the bytes so far end with a carriage return that still needs its line feed.
    pub(crate) const fn is_after_return(&self) -> bool {
        self.after_return != 0
    }

    /// Scans the first `length` bytes of a block. The other bytes of the block are zero.
    pub(crate) fn scan(&mut self, block: &[u8; BLOCK_BYTES], length: usize) -> Marks {
        let [quotes, commas, line_feeds, returns] = positions(block);
        let inside = parity(quotes) ^ 0_u64.wrapping_sub(self.inside_quotes);
        let record_ends = line_feeds & !inside;
        let delimiters = (commas & !inside) | record_ends;
        let returns = returns & !inside;
        let closing_quotes = quotes & !inside;

        // By RFC 4180 a quote opens only where a field begins, or is the second of two quotes within
        // quotes. Only a delimiter follows a closing quote. A carriage return outside quotes has a line
        // feed after it. CSV readers disagree on everything else, so it is refused.
        let may_open = delimiters | quotes | self.end_of_mark(&block[..length]);
        let opens_wrongly = (quotes & inside) & !((may_open << 1) | self.may_open);
        let follows_wrongly =
            ((closing_quotes << 1) | self.after_closing_quote) & !(may_open | returns);
        let returns_wrongly = ((returns << 1) | self.after_return) & !record_ends;
        let last = length - 1;
        let mistakes = (opens_wrongly | follows_wrongly | returns_wrongly) & through(last);

        self.inside_quotes = (inside >> last) & 1;
        self.may_open = (may_open >> last) & 1;
        self.after_closing_quote = (closing_quotes >> last) & 1;
        self.after_return = (returns >> last) & 1;

        // The bits below the first mistake, or all bits if there is no mistake.
        let sound = (mistakes & mistakes.wrapping_neg()).wrapping_sub(1);
        Marks { delimiters: delimiters & sound, record_ends, line_feeds, malformed: mistakes != 0 }
    }

    /// The bit of the last byte of the byte order mark, if that byte is in this block. The first field
    /// begins after it.
    fn end_of_mark(&mut self, bytes: &[u8]) -> u64 {
        let Some(seen) = self.mark_bytes else {
            return 0;
        };
        let rest = &BYTE_ORDER_MARK[seen..];
        let length = rest.len().min(bytes.len());
        let goes_on = bytes[..length] == rest[..length];
        self.mark_bytes = (goes_on && length < rest.len()).then_some(seen + length);
        u64::from(goes_on && length == rest.len()) << (length - 1)
    }
}

/// All bits up to this one, and this one too.
pub(crate) const fn through(bit: usize) -> u64 {
    u64::MAX >> (BLOCK_BYTES - 1 - bit)
}

/// Each bit says whether the number of quotes up to its byte, and in it, is odd.
const fn parity(quotes: u64) -> u64 {
    let mut parity = quotes;
    parity ^= parity << 1;
    parity ^= parity << 2;
    parity ^= parity << 4;
    parity ^= parity << 8;
    parity ^= parity << 16;
    parity ^= parity << 32;
    parity
}

/// The bits of the quotes, of the commas, of the line feeds and of the carriage returns.
fn positions(block: &[u8; BLOCK_BYTES]) -> [u64; 4] {
    let mut positions = [0; 4];
    let (words, _) = block.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        for (positions, byte) in positions.iter_mut().zip(*b"\",\n\r") {
            *positions |= equal_bytes(word, byte) << (8 * index);
        }
    }
    positions
}

/// Compares each of eight bytes with one byte. The result has one bit for each, in the lowest eight bits.
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    const LOW_SEVEN: u64 = u64::from_le_bytes([0x7f; 8]);
    let differing = word ^ u64::from_le_bytes([byte; 8]);
    // Each byte that does not differ has its high bit set now. No addition carries into the next byte.
    let equal = !(((differing & LOW_SEVEN) + LOW_SEVEN) | differing | LOW_SEVEN);
    // Each bit of the factor moves one of the eight bits into the highest byte.
    (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
