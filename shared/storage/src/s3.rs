//! A bucket in S3.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Config;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::{Created, Error, ErrorKind, Object, ObjectInfo, Replaced, Store, Upload};

/// How often a body that breaks is asked for before the call fails. The pauses are 0.2 s and 0.4 s. They
/// are short, because the queue retries the whole message.
const BODY_ATTEMPTS: u32 = 3;
const BODY_PAUSE: Duration = Duration::from_millis(200);

/// How often a write-once object is written before the queue has to try again.
const PUT_ATTEMPTS: u32 = 3;
const PUT_PAUSE: Duration = Duration::from_millis(200);

/// How many parts of an upload are sent at once. An upload holds these and one more that is held back: for
/// parts of 8 MiB that is 3 × 8 MiB = 24 MiB, whatever the object's size.
const PARTS_IN_FLIGHT: usize = 2;

/// Clones share the client.
#[derive(Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
}

impl S3Store {
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }

    fn get_request(&self, key: &str) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.bucket).key(key)
    }
}

#[async_trait]
impl Store for S3Store {
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, Error> {
        let request = self.client.head_object().bucket(&self.bucket).key(key);
        match request.send().await.map_err(failed("look up", key)) {
            Ok(answer) => Ok(Some(ObjectInfo {
                key: key.to_owned(),
                etag: answer.e_tag.unwrap_or_default(),
                size_bytes: size(answer.content_length),
                modified_unix: answer.last_modified.map_or(0, |time| time.secs()),
            })),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match read(self.get_request(key), key).await {
            Ok((answer, bytes)) => {
                let info = ObjectInfo {
                    key: key.to_owned(),
                    etag: answer.e_tag.unwrap_or_default(),
                    size_bytes: size(answer.content_length),
                    modified_unix: answer.last_modified.map_or(0, |time| time.secs()),
                };
                Ok(Some(Object { info, bytes }))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read_range(&self, key: &str, etag: &str, range: Range<u64>) -> Result<Bytes, Error> {
        if range.is_empty() {
            // HTTP has no header for an empty range.
            return Ok(Bytes::new());
        }
        let last = range.end - 1;
        let request =
            self.get_request(key).if_match(etag).range(format!("bytes={}-{last}", range.start));
        let (_, bytes) = read(request, key).await?;
        Ok(bytes)
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Created, Error> {
        let mut attempt = 1;
        let mut may_be_written = false;
        loop {
            let request = self.client.put_object().bucket(&self.bucket).key(key);
            let request = request.if_none_match("*").body(bytes.clone().into()).customize();
            // Attempts are counted here, because the outcome depends on how each of them ended.
            let once = Config::builder().retry_config(RetryConfig::disabled());
            let answer = request.config_override(once).send().await;
            may_be_written |= answer.as_ref().is_err_and(leaves_open);
            match created(answer.map_err(failed("write", key))) {
                Err(error) if error.kind == ErrorKind::Transient && attempt < PUT_ATTEMPTS => {
                    tracing::warn!(key, attempt, %error, "object not written");
                    tokio::time::sleep(PUT_PAUSE * attempt).await;
                    attempt += 1;
                }
                // An attempt before may have written the object, and only its answer was lost. Whoever is
                // told that an object is new goes on with what follows from it, and somebody has to.
                Ok(Created::AlreadyThere) if may_be_written => return Ok(Created::New),
                result => return result,
            }
        }
    }

    async fn replace(
        &self,
        key: &str,
        bytes: Bytes,
        expected: Option<&str>,
    ) -> Result<Replaced, Error> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).body(bytes.into());
        let request = match expected {
            Some(etag) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        match request.send().await.map_err(failed("write", key)) {
            Ok(_) => Ok(Replaced::Yes),
            // The expected object may also have been removed. If the answer to our own write was lost, the
            // client repeats the write and meets our object: the caller reads again and sees its own bytes.
            Err(error) if matches!(error.kind, ErrorKind::Changed | ErrorKind::NotFound) => {
                Ok(Replaced::Conflict)
            }
            Err(error) => Err(error),
        }
    }

    async fn upload(&self, key: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(S3Upload {
            store: self.clone(),
            key: key.to_owned(),
            held_back: None,
            multipart: None,
        }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let objects = self.list_objects(prefix).await?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    async fn list_objects(&self, prefix: &str) -> Result<Vec<ObjectInfo>, Error> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("list", prefix))?;
            let listed = page.contents.unwrap_or_default().into_iter();
            objects.extend(listed.filter_map(|object| {
                Some(ObjectInfo {
                    key: object.key?,
                    etag: object.e_tag.unwrap_or_default(),
                    size_bytes: size(object.size),
                    modified_unix: object.last_modified.map_or(0, |time| time.secs()),
                })
            }));
        }
        Ok(objects)
    }
}

/// The SDK repeats a request until an answer begins. If the body of an answer breaks, this function asks
/// again.
async fn read(
    request: GetObjectFluentBuilder,
    key: &str,
) -> Result<(GetObjectOutput, Bytes), Error> {
    let mut attempt = 1;
    loop {
        let mut answer = request.clone().send().await.map_err(failed("read", key))?;
        match std::mem::take(&mut answer.body).collect().await {
            Ok(body) => return Ok((answer, body.into_bytes())),
            Err(error) if attempt == BODY_ATTEMPTS => {
                return Err(Error::new(ErrorKind::Transient, "read", key, error));
            }
            Err(error) => tracing::warn!(key, attempt, %error, "body broke midway"),
        }
        tokio::time::sleep(BODY_PAUSE * attempt).await;
        attempt += 1;
    }
}

/// If a write-once object exists, an earlier delivery of the same message has written it, or an attempt whose
/// answer was lost.
fn created<T>(result: Result<T, Error>) -> Result<Created, Error> {
    match result {
        Ok(_) => Ok(Created::New),
        Err(error) if error.kind == ErrorKind::Changed => Ok(Created::AlreadyThere),
        Err(error) => Err(error),
    }
}

/// Whether nobody knows if the request was done: there was no answer, or S3 broke down over the request.
fn leaves_open<E>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ServiceError(refusal) => {
            matches!(refusal.raw().status().as_u16(), 500 | 502 | 504)
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

fn size(length: Option<i64>) -> u64 {
    length.unwrap_or_default().unsigned_abs()
}

fn failed<E>(operation: &'static str, key: &str) -> impl FnOnce(SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let kind = kind_of(&error);
        let words = match (error.code(), error.message(), &error) {
            (Some(code), Some(message), _) => format!("{code}: {message}"),
            // The answer to HEAD has no body, so it has no error message.
            (_, _, SdkError::ServiceError(refusal)) => format!("status {}", refusal.raw().status()),
            _ => DisplayErrorContext(error).to_string(),
        };
        Error::new(kind, operation, key, words)
    }
}

/// Sorts every answer of S3 by what the caller can do. No other function does this.
fn kind_of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> ErrorKind {
    let refusal = match error {
        SdkError::ServiceError(refusal) => refusal,
        // Our own request is wrong and was never sent.
        SdkError::ConstructionFailure(_) => return ErrorKind::Permanent,
        // A timeout, a broken connection, or an answer that the SDK cannot read.
        _ => return ErrorKind::Transient,
    };
    match (refusal.err().code().unwrap_or_default(), refusal.raw().status().as_u16()) {
        // By code and not by status: a missing bucket is also a 404, and it does not mean that there is no
        // such object.
        ("NoSuchKey" | "NotFound", _) => ErrorKind::NotFound,
        ("PreconditionFailed", _) | (_, 412) => ErrorKind::Changed,
        // By code too, because `CompleteMultipartUpload` may fail with status 200. If the upload does not
        // exist any more, it was aborted, or completed by a request whose answer was lost: the next
        // attempt starts another upload.
        (
            "ConditionalRequestConflict"
            | "OperationAborted"
            | "NoSuchUpload"
            | "InternalError"
            | "SlowDown"
            | "ServiceUnavailable"
            | "RequestTimeout"
            | "ExpiredToken",
            _,
        )
        | (_, 429 | 500..) => ErrorKind::Transient,
        (_, 401 | 403) => ErrorKind::Denied,
        _ => ErrorKind::Permanent,
    }
}

struct S3Upload {
    store: S3Store,
    key: String,
    /// The first part, until a second one shows that a single request is not enough.
    held_back: Option<Bytes>,
    multipart: Option<Multipart>,
}

struct Multipart {
    /// `None` once the upload is complete or aborted.
    upload_id: Option<String>,
    next_part: i32,
    in_flight: JoinSet<Result<CompletedPart, Error>>,
    completed: Vec<CompletedPart>,
}

#[async_trait]
impl Upload for S3Upload {
    async fn push(&mut self, part: Bytes) -> Result<(), Error> {
        if self.multipart.is_none() {
            let Some(first) = self.held_back.take() else {
                self.held_back = Some(part);
                return Ok(());
            };
            self.begin().await?;
            self.send(first).await?;
        }
        self.send(part).await
    }

    async fn finish(mut self: Box<Self>) -> Result<Created, Error> {
        if self.multipart.is_none() {
            let whole = self.held_back.take().unwrap_or_default();
            return self.store.create(&self.key, whole).await;
        }
        let result = created(self.complete().await);
        if matches!(result, Ok(Created::New)) {
            self.take_upload_id();
        } else {
            self.abort().await;
        }
        result
    }
}

impl S3Upload {
    async fn begin(&mut self) -> Result<(), Error> {
        let request = self.store.client.create_multipart_upload();
        let request = request.bucket(&self.store.bucket).key(&self.key);
        // The SDK sends a checksum with every part, and S3 refuses it unless the upload has announced it.
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let answer = request.send().await.map_err(failed("write", &self.key))?;
        self.multipart = Some(Multipart {
            upload_id: answer.upload_id,
            next_part: 1,
            in_flight: JoinSet::new(),
            completed: Vec::new(),
        });
        Ok(())
    }

    /// Waits until fewer parts are in flight, and then sends this one.
    async fn send(&mut self, part: Bytes) -> Result<(), Error> {
        let Some(multipart) = &mut self.multipart else {
            return Ok(());
        };
        while multipart.in_flight.len() >= PARTS_IN_FLIGHT {
            multipart.collect_one(&self.key).await?;
        }
        let number = multipart.next_part;
        multipart.next_part += 1;
        let request = self.store.client.upload_part();
        let request = request.bucket(&self.store.bucket).key(&self.key).part_number(number);
        let request = request.set_upload_id(multipart.upload_id.clone());
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32).body(part.into());
        let key = self.key.clone();
        multipart.in_flight.spawn(async move {
            let answer = request.send().await.map_err(failed("write", &key))?;
            Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(answer.e_tag)
                .set_checksum_crc32(answer.checksum_crc32)
                .build())
        });
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), Error> {
        let Some(multipart) = &mut self.multipart else {
            return Ok(());
        };
        while !multipart.in_flight.is_empty() {
            multipart.collect_one(&self.key).await?;
        }
        let mut parts = std::mem::take(&mut multipart.completed);
        parts.sort_by_key(|part| part.part_number);
        let request = self.store.client.complete_multipart_upload();
        let request = request.bucket(&self.store.bucket).key(&self.key).if_none_match("*");
        let request = request.set_upload_id(multipart.upload_id.clone());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = request.multipart_upload(parts);
        request.send().await.map_err(failed("write", &self.key))?;
        Ok(())
    }

    /// Removes the stored parts. If that fails, the bucket's lifecycle rule for incomplete uploads removes
    /// them later.
    async fn abort(&mut self) {
        let Some(upload_id) = self.take_upload_id() else {
            return;
        };
        abort(self.store.clone(), self.key.clone(), upload_id).await;
    }

    fn take_upload_id(&mut self) -> Option<String> {
        let multipart = self.multipart.as_mut()?;
        multipart.in_flight.abort_all();
        multipart.upload_id.take()
    }
}

impl Drop for S3Upload {
    fn drop(&mut self) {
        let Some(upload_id) = self.take_upload_id() else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(abort(self.store.clone(), self.key.clone(), upload_id));
        }
    }
}

async fn abort(store: S3Store, key: String, upload_id: String) {
    let request = store.client.abort_multipart_upload();
    let request = request.bucket(&store.bucket).key(&key).upload_id(upload_id);
    if let Err(error) = request.send().await.map_err(failed("abort the upload of", &key)) {
        tracing::warn!(%error, "upload not aborted");
    }
}

impl Multipart {
    async fn collect_one(&mut self, key: &str) -> Result<(), Error> {
        if let Some(part) = self.in_flight.join_next().await {
            let part =
                part.map_err(|error| Error::new(ErrorKind::Permanent, "write", key, error))?;
            self.completed.push(part?);
        }
        Ok(())
    }
}
