//! How a report file is packed, told by its name.

/// The formats this version reads. The name decides, because data exports say nothing else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    CsvGzip,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableFormat {
    #[error(
        "`{0}`: csv.zip reports are not read by this version; set the report's compression to GZIP"
    )]
    Zip(String),
    #[error(
        "`{0}`: Parquet reports are not read by this version; set the report's format to text/csv \
         with GZIP"
    )]
    Parquet(String),
    #[error("`{0}`: a report file's name ends with .csv.gz")]
    Unknown(String),
}

impl FileFormat {
    pub fn of(key: &str) -> Result<Self, UnreadableFormat> {
        let mut extensions = key.rsplit('.');
        match (extensions.next(), extensions.next()) {
            (Some("gz"), Some("csv")) => Ok(Self::CsvGzip),
            (Some("zip"), _) => Err(UnreadableFormat::Zip(key.to_owned())),
            (Some("parquet"), _) => Err(UnreadableFormat::Parquet(key.to_owned())),
            _ => Err(UnreadableFormat::Unknown(key.to_owned())),
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::CsvGzip => ".csv.gz",
        }
    }

    /// The file's name without folder and extension.
    pub fn stem(self, key: &str) -> &str {
        let name = name_of(key);
        name.strip_suffix(self.extension()).unwrap_or(name)
    }
}

pub(crate) fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}
