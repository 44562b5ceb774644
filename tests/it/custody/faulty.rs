//! An object store that fails or blocks on demand.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use tokio::sync::{Notify, Semaphore};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    DiskFull,
    CompleteBefore,
    CompleteAfter,
}

/// What a test sees of it.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) fault: Fault,
    /// Bytes of the parts that were written.
    pub(crate) written: AtomicU64,
    pub(crate) completed: AtomicU64,
    /// Told when an upload is about to be completed.
    pub(crate) completing: Notify,
    /// Completing takes one of these.
    pub(crate) gate: Semaphore,
}

impl Watch {
    pub(crate) fn new(fault: Fault, gate: usize) -> Arc<Self> {
        let (written, completed) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { fault, written, completed, completing: Notify::new(), gate: Semaphore::new(gate) })
    }
}

/// A store in memory, with one fault.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    pub(crate) inner: Arc<InMemory>,
    pub(crate) watch: Arc<Watch>,
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a store that fails on purpose")
    }
}

fn failure(kind: io::ErrorKind) -> Error {
    Error::Generic { store: "faulty", source: Box::new(io::Error::from(kind)) }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    watch: Arc<Watch>,
}

impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let written = self.watch.written.fetch_add(data.content_length() as u64, Ordering::SeqCst);
        if self.watch.fault == Fault::DiskFull && written > 0 {
            return Box::pin(async { Err(failure(io::ErrorKind::StorageFull)) });
        }
        self.inner.put_part(data)
    }

    fn complete<'a, 'b>(&'a mut self) -> BoxFuture<'b, Result<PutResult>>
    where
        'a: 'b,
    {
        Box::pin(async {
            self.watch.completing.notify_one();
            self.watch.gate.acquire().await.unwrap().forget();
            if self.watch.fault == Fault::CompleteBefore {
                return Err(failure(io::ErrorKind::Other));
            }
            let done = self.inner.complete().await;
            self.watch.completed.fetch_add(1, Ordering::SeqCst);
            if self.watch.fault == Fault::CompleteAfter { Err(failure(io::ErrorKind::Other)) } else { done }
        })
    }

    fn abort<'a, 'b>(&'a mut self) -> BoxFuture<'b, Result<()>>
    where
        'a: 'b,
    {
        self.inner.abort()
    }
}

impl ObjectStore for FaultyStore {
    fn put_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> BoxFuture<'c, Result<PutResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.put_opts(location, payload, opts)
    }

    fn put_multipart_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Path,
        opts: PutMultipartOptions,
    ) -> BoxFuture<'c, Result<Box<dyn MultipartUpload>>>
    where
        'a: 'c,
        'b: 'c,
    {
        Box::pin(async {
            let inner = self.inner.put_multipart_opts(location, opts).await?;
            Ok(Box::new(Upload { inner, watch: Arc::clone(&self.watch) }) as Box<dyn MultipartUpload>)
        })
    }

    fn get_opts<'a, 'b, 'c>(&'a self, location: &'b Path, options: GetOptions) -> BoxFuture<'c, Result<GetResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.get_opts(location, options)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'a, 'b, 'c>(&'a self, prefix: Option<&'b Path>) -> BoxFuture<'c, Result<ListResult>>
    where
        'a: 'c,
        'b: 'c,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'c, 'd>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> BoxFuture<'d, Result<()>>
    where
        'a: 'd,
        'b: 'd,
        'c: 'd,
    {
        self.inner.copy_opts(from, to, options)
    }
}
