//! A folder as a bucket. `sluice` uses it on a laptop.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use bytes::Bytes;
use md5::{Digest, Md5};

use crate::{Created, Error, ErrorKind, Object, ObjectInfo, Replaced, Store, Upload};

/// The folder of unfinished objects. No key of the pipeline has this name.
const UNFINISHED: &str = ".unfinished";

/// Clones share the folder and the known `ETag`s.
#[derive(Clone)]
pub struct FolderStore {
    root: Arc<PathBuf>,
    /// The `ETag`s of files that have been read, each with the file's stamp at that time.
    etags: Arc<Mutex<BTreeMap<PathBuf, (Stamp, String)>>>,
    /// Lets only one `replace` at a time check and write.
    pointer: Arc<Mutex<()>>,
    /// The number of the next unfinished file.
    next_unfinished: Arc<AtomicU64>,
}

/// The time and size of a file. At least one of them differs once the file has been written again.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified_nanos: u128,
    size_bytes: u64,
}

/// The quoted MD5, as S3 gives it to an object that was uploaded in one part.
pub(crate) fn etag_of(bytes: &[u8]) -> String {
    quoted(&Md5::digest(bytes))
}

fn quoted(digest: &[u8]) -> String {
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("\"{hex}\"")
}

impl FolderStore {
    /// The folder need not exist: the first write creates it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: Arc::new(root.into()),
            etags: Arc::default(),
            pointer: Arc::default(),
            next_unfinished: Arc::default(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a key. A key that would lead out of the folder is refused.
    fn path(&self, operation: &'static str, key: &str) -> Result<PathBuf, Error> {
        let safe = !key.is_empty() && key.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if safe {
            Ok(self.root.join(key))
        } else {
            Err(Error::new(ErrorKind::Permanent, operation, key, "no file can have this name"))
        }
    }

    fn info(&self, key: &str, path: &Path) -> io::Result<ObjectInfo> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let stamp = stamp(&metadata)?;
        let known = self.etags.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let etag = match known {
            Some((then, etag)) if then == stamp => etag,
            _ => {
                let etag = hash_file(path)?;
                let mut etags = self.etags.lock().unwrap_or_else(PoisonError::into_inner);
                etags.insert(path.to_owned(), (stamp, etag.clone()));
                etag
            }
        };
        let modified_unix = i64::try_from(stamp.modified_nanos / 1_000_000_000).unwrap_or(i64::MAX);
        Ok(ObjectInfo { key: key.to_owned(), etag, size_bytes: stamp.size_bytes, modified_unix })
    }

    fn unfinished(&self) -> io::Result<(PathBuf, File)> {
        let folder = self.root.join(UNFINISHED);
        fs::create_dir_all(&folder)?;
        let number = self.next_unfinished.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}", std::process::id()));
        let file = File::create(&path)?;
        Ok((path, file))
    }

    /// Makes a finished file visible under its name, if no file has the name yet. `rename` would replace
    /// such a file; `hard_link` refuses to.
    fn reveal(unfinished: &Path, path: &Path) -> io::Result<Created> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let created = match fs::hard_link(unfinished, path) {
            Ok(()) => Created::New,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::AlreadyThere,
            Err(error) => return Err(error),
        };
        fs::remove_file(unfinished)?;
        Ok(created)
    }

    fn write_unfinished(&self, bytes: &[u8]) -> io::Result<PathBuf> {
        let (path, mut file) = self.unfinished()?;
        file.write_all(bytes)?;
        Ok(path)
    }
}

fn stamp(metadata: &Metadata) -> io::Result<Stamp> {
    let since_1970 = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Stamp { modified_nanos: since_1970.as_nanos(), size_bytes: metadata.len() })
}

fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(quoted(&hash.finalize())),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

fn failed(operation: &'static str, key: &str) -> impl FnOnce(io::Error) -> Error {
    let key = key.to_owned();
    move |error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Permanent,
        };
        Error::new(kind, operation, &key, error)
    }
}

/// Makes `None` of the error that there is no such object.
fn if_found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Store for FolderStore {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        let path = self.path("look up", key)?;
        if_found(self.info(key, &path).map_err(failed("look up", key)))
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let path = self.path("read", key)?;
        let read = || {
            let info = self.info(key, &path)?;
            Ok(Object { info, bytes: fs::read(&path)?.into() })
        };
        if_found(read().map_err(failed("read", key)))
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        let path = self.path("read", key)?;
        if self.info(key, &path).map_err(failed("read", key))?.etag != etag {
            return Err(Error::bare(ErrorKind::Changed, "read", key));
        }
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = Vec::new();
            file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
            Ok(bytes.into())
        };
        read().map_err(failed("read", key))
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        let path = self.path("write", key)?;
        if path.exists() {
            return Ok(Created::AlreadyThere);
        }
        self.write_unfinished(&bytes)
            .and_then(|unfinished| Self::reveal(&unfinished, &path))
            .map_err(failed("write", key))
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        let path = self.path("write", key)?;
        let _one_at_a_time = self.pointer.lock().unwrap_or_else(PoisonError::into_inner);
        let found = if_found(self.info(key, &path).map_err(failed("write", key)))?;
        if found.map(|info| info.etag).as_deref() != expected {
            return Ok(Replaced::Conflict);
        }
        let replace = || {
            let unfinished = self.write_unfinished(&bytes)?;
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::rename(unfinished, &path)
        };
        replace().map_err(failed("write", key))?;
        Ok(Replaced::Yes)
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        let path = self.path("write", key)?;
        let (unfinished, file) = self.unfinished().map_err(failed("write", key))?;
        Ok(Box::new(FolderUpload { key: key.to_owned(), path, unfinished, file }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        // Only the folder of the prefix is walked.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        walk(&self.root, folder, &mut keys).map_err(failed("list", prefix))?;
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let keys = self.list(prefix).await?;
        let info = |key: String| {
            let path = self.path("list", &key)?;
            self.info(&key, &path).map_err(failed("list", &key))
        };
        keys.into_iter().map(info).collect()
    }
}

fn walk(root: &Path, folder: &str, keys: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name == UNFINISHED {
            continue;
        }
        let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if fs::metadata(entry.path())?.is_dir() {
            walk(root, &key, keys)?;
        } else {
            keys.push(key);
        }
    }
    Ok(())
}

struct FolderUpload {
    key: String,
    path: PathBuf,
    unfinished: PathBuf,
    file: File,
}

#[async_trait]
impl Upload for FolderUpload {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        self.file.write_all(&part).map_err(failed("write", &self.key))
    }

    async fn finish(self: Box<Self>) -> Result<Created, Error> {
        FolderStore::reveal(&self.unfinished, &self.path).map_err(failed("write", &self.key))
    }
}

impl Drop for FolderUpload {
    fn drop(&mut self) {
        // After `finish` the file is gone. After a failure it is removed here; if that fails too, the file
        // does no harm, because it is not an object.
        drop(fs::remove_file(&self.unfinished));
    }
}
