//! Compresses blocks into zstd frames or gzip members. They can be read one by one, or together as one
//! stream.

use flate2::{Compress, FlushCompress, Status};
use pipeline::Compression;

/// The fastest level. Lines of one account are so alike that the next levels gain little.
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 1;
/// gzip's window of 32 KiB, the largest there is.
const GZIP_WINDOW_BITS: u8 = 15;

/// A compressor for a whole file. Its tables are larger than most blocks, so they are allocated once.
pub(crate) struct Compressor {
    codec: Codec,
    frame: Vec<u8>,
}

enum Codec {
    Zstd(zstd::bulk::Compressor<'static>),
    Gzip(Compress),
}

impl Compressor {
    pub(crate) fn new(compression: Compression) -> Self {
        let codec = match compression {
            Compression::Zstd => {
                let mut codec = zstd::bulk::Compressor::default();
                let settings = codec
                    .set_compression_level(ZSTD_LEVEL)
                    .and_then(|()| codec.include_checksum(true));
                assert!(settings.is_ok(), "zstd knows its own settings: {settings:?}");
                Codec::Zstd(codec)
            }
            Compression::Gzip => {
                let level = flate2::Compression::new(GZIP_LEVEL);
                Codec::Gzip(Compress::new_gzip(level, GZIP_WINDOW_BITS))
            }
        };
        Self { codec, frame: Vec::new() }
    }

    /// Compresses a block into a frame of its own. Equal blocks give equal bytes.
    pub(crate) fn compress(&mut self, block: &[u8]) -> Box<[u8]> {
        self.frame.clear();
        self.frame.reserve(bound(block.len()));
        match &mut self.codec {
            Codec::Zstd(codec) => {
                let result = codec.compress_to_buffer(block, &mut self.frame);
                assert!(result.is_ok(), "zstd has room for a whole frame: {result:?}");
            }
            Codec::Gzip(codec) => {
                codec.reset();
                let result = codec.compress_vec(block, &mut self.frame, FlushCompress::Finish);
                let ended = matches!(result, Ok(Status::StreamEnd));
                assert!(ended, "gzip has room for a whole member: {result:?}");
            }
        }
        self.frame.as_slice().into()
    }
}

/// An upper limit for the size of a compressed block. The fastest level of gzip needs up to nine bits for
/// a byte.
const fn bound(block_bytes: usize) -> usize {
    block_bytes + block_bytes / 8 + 1024
}
