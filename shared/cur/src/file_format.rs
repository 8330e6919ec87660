//! The format of a report file. Both its name and its first bytes say it.

use std::fmt;

/// The formats that AWS writes, and plain CSV, which is what is left when someone has unpacked a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Csv,
    CsvGzip,
    CsvZip,
    Parquet,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}`: a report file's name ends with .csv.gz, .csv.zip, .csv or .parquet")]
pub struct UnknownFormat(String);

impl FileFormat {
    /// The format by the file's name.
    pub fn of(key: &str) -> Result<Self, UnknownFormat> {
        let format = [Self::Csv, Self::CsvGzip, Self::CsvZip, Self::Parquet]
            .into_iter()
            .find(|format| key.ends_with(format.extension()));
        format.ok_or_else(|| UnknownFormat(key.to_owned()))
    }

    /// The format by the file's first four bytes.
    pub fn of_bytes(beginning: &[u8]) -> Self {
        match beginning {
            [0x1f, 0x8b, ..] => Self::CsvGzip,
            // The beginning of a file in an archive, of an empty archive, and of one volume of several.
            [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => Self::CsvZip,
            // `PARE` begins a file with an encrypted footer.
            b"PAR1" | b"PARE" => Self::Parquet,
            _ => Self::Csv,
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => ".csv",
            Self::CsvGzip => ".csv.gz",
            Self::CsvZip => ".csv.zip",
            Self::Parquet => ".parquet",
        }
    }

    /// The file's name without folder and extension.
    pub fn stem(self, key: &str) -> &str {
        let name = name_of(key);
        let stem = name.strip_suffix(self.extension()).unwrap_or(name);
        stem.strip_suffix(".snappy").unwrap_or(stem)
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.extension()[1..])
    }
}

pub(crate) fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}
