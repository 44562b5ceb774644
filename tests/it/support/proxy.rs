//! A proxy between client and node that changes the JSON of answers: a dishonest node.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::process::http_client;

/// Changes the status and the JSON of the answer to a path.
type Change = dyn Fn(&str, &mut u16, &mut Value) + Send + Sync;

/// A running proxy. Dropped, it stops.
pub(crate) struct Proxy {
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Proxy {
    /// In front of the node at `upstream`.
    pub(crate) fn before(upstream: &str, change: impl Fn(&str, &mut u16, &mut Value) + Send + Sync + 'static) -> Self {
        let (upstream, change) = (upstream.to_owned(), Arc::new(change) as Arc<Change>);
        let (sender, receiver) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
                let client = http_client();
                let router = Router::new().fallback(move |request: Request| {
                    forward(client.clone(), upstream.clone(), Arc::clone(&change), request)
                });
                let ended = async move {
                    let _ = stopped.await;
                };
                axum::serve(listener, router).with_graceful_shutdown(ended).await.unwrap();
            });
        });
        Self { url: receiver.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        let joined = self.thread.take().unwrap().join();
        assert!(joined.is_ok() || std::thread::panicking());
    }
}

async fn forward(client: reqwest::Client, upstream: String, change: Arc<Change>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().unwrap().as_str().to_owned();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut sent = client.request(head.method, format!("{upstream}{path}")).body(body);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != HOST && *name != CONTENT_LENGTH) {
        sent = sent.header(name, value);
    }
    let answer = sent.send().await.unwrap();
    let (mut status, media_type) = (answer.status().as_u16(), answer.headers().get(CONTENT_TYPE).cloned());
    let mut bytes = answer.bytes().await.unwrap().to_vec();
    if let Ok(mut json) = serde_json::from_slice::<Value>(&bytes) {
        let before = json.clone();
        change(&path, &mut status, &mut json);
        if json != before {
            bytes = serde_json::to_vec(&json).unwrap();
        }
    }
    let mut response = Response::builder().status(status);
    if let Some(media_type) = media_type {
        response = response.header(CONTENT_TYPE, media_type);
    }
    response.body(Body::from(bytes)).unwrap()
}
