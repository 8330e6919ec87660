//! Writes objects to storage, several at once, and holds only a few bytes of them.

use std::panic;
use std::sync::Arc;

use bytes::Bytes;
use storage::{Error, Store, Upload};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How many objects are written at once. A report may become thousands of small objects, and one after the
/// other would take too long.
const IN_FLIGHT_MAX: usize = 32;
const IN_FLIGHT_BYTES: usize = 8 * 1024 * 1024;

/// Must be used on a blocking thread, because its methods wait for the runtime.
pub(crate) struct Uploads {
    store: Arc<dyn Store>,
    runtime: Handle,
    /// Each write returns how many bytes it held.
    in_flight: JoinSet<Result<usize, Error>>,
    in_flight_bytes: usize,
}

impl Uploads {
    pub(crate) fn new(store: Arc<dyn Store>, runtime: Handle) -> Self {
        Self { store, runtime, in_flight: JoinSet::new(), in_flight_bytes: 0 }
    }

    /// Sends a part of an object that is too large to hold, and waits until the part is sent.
    pub(crate) fn push(
        &self,
        key: &str,
        upload: &mut Option<Box<dyn Upload>>,
        part: Bytes,
    ) -> Result<(), Error> {
        self.runtime.block_on(async {
            match upload {
                Some(upload) => upload.push(part).await,
                None => upload.insert(self.store.upload(key).await?).push(part).await,
            }
        })
    }

    /// Starts to write a whole object, or the rest of an object whose first parts were sent.
    pub(crate) fn close(
        &mut self,
        key: String,
        upload: Option<Box<dyn Upload>>,
        rest: Bytes,
    ) -> Result<(), Error> {
        let length = rest.len();
        while self.in_flight.len() >= IN_FLIGHT_MAX
            || (self.in_flight_bytes > 0 && self.in_flight_bytes + length > IN_FLIGHT_BYTES)
        {
            self.settle_one()?;
        }
        self.in_flight_bytes += length;
        let store = Arc::clone(&self.store);
        let write = async move {
            // If the object exists, an earlier delivery of the message has written the same bytes.
            match upload {
                None => store.create(&key, rest).await?,
                Some(mut upload) => {
                    if !rest.is_empty() {
                        upload.push(rest).await?;
                    }
                    upload.finish().await?
                }
            };
            Ok(length)
        };
        self.in_flight.spawn_on(write, &self.runtime);
        Ok(())
    }

    /// Waits until every object exists.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        while !self.in_flight.is_empty() {
            self.settle_one()?;
        }
        Ok(())
    }

    fn settle_one(&mut self) -> Result<(), Error> {
        match self.runtime.block_on(self.in_flight.join_next()) {
            Some(Ok(written)) => self.in_flight_bytes -= written?,
            Some(Err(stopped)) => panic::resume_unwind(stopped.into_panic()),
            None => {}
        }
        Ok(())
    }
}
