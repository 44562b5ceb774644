//! Listeners to the growth of the chain (`GET /chain/events`), which stay connected during a load, and count what they get.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{ACCEPT, HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::load::traffic::{TrafficError, connect};

/// What an event begins with, after the comments and the wait of the first answer.
const EVENT: &[u8] = b"id: ";

/// What the listeners got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListenersReport {
    /// How many listened from beginning to end.
    pub listeners: usize,
    /// Events that all of them got.
    pub events: usize,
    /// The shortest time between two events of one listener after its first, in milliseconds.
    pub shortest_ms: Option<f64>,
}

/// Open listeners.
#[derive(Debug)]
pub struct Listeners {
    tasks: JoinSet<Result<Heard, TrafficError>>,
    end: watch::Sender<bool>,
}

/// What one listener got.
#[derive(Debug, Default)]
struct Heard {
    events: usize,
    last: Option<Instant>,
    shortest: Option<Duration>,
}

impl Heard {
    /// Counts the events of a frame. Returns whether it was the last one.
    fn frame(&mut self, frame: Option<Result<Frame<Bytes>, hyper::Error>>) -> Result<bool, TrafficError> {
        let Some(frame) = frame else { return Ok(true) };
        let frame = frame?;
        let bytes = frame.data_ref().map_or(&[][..], |bytes| bytes);
        let events = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(EVENT)).count();
        (0..events).for_each(|_| self.event(Instant::now()));
        Ok(false)
    }

    fn event(&mut self, now: Instant) {
        self.events += 1;
        // The first event of a connection says where the chain is; the second one may follow at any time.
        let since = self.last.filter(|_| self.events > 2).map(|last| now - last);
        self.shortest = [self.shortest, since].into_iter().flatten().min();
        self.last = Some(now);
    }
}

impl Listeners {
    /// Opens `count` connections that listen, each answered before the next is opened.
    ///
    /// # Errors
    ///
    /// [`TrafficError`]: a connection broke, or the node did not accept a listener.
    pub async fn open(address: SocketAddr, count: usize) -> Result<Self, TrafficError> {
        let host = HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
        let (end, ended) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            let mut sender = connect(address).await?;
            let mut request = Request::new(Full::new(Bytes::new()));
            *request.uri_mut() = Uri::from_static("/chain/events");
            request.headers_mut().insert(HOST, host.clone());
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            let answer = sender.send_request(request).await?;
            if answer.status() != StatusCode::OK {
                return Err(TrafficError::NotAccepted { status: answer.status().as_u16() });
            }
            let (mut body, mut heard, ended) = (answer.into_body(), Heard::default(), ended.clone());
            // Where the chain is, which a listener gets at once.
            heard.frame(body.frame().await)?;
            tasks.spawn(async move {
                let heard = listen(body, heard, ended).await;
                drop(sender);
                heard
            });
        }
        Ok(Self { tasks, end })
    }

    /// Closes all listeners.
    ///
    /// # Errors
    ///
    /// [`TrafficError`]: a connection broke before.
    pub async fn close(mut self) -> Result<ListenersReport, TrafficError> {
        // An error means that no task is left.
        let _ = self.end.send(true);
        let mut report = ListenersReport { listeners: 0, events: 0, shortest_ms: None };
        let mut shortest = None;
        while let Some(heard) = self.tasks.join_next().await {
            let heard = heard??;
            report.listeners += 1;
            report.events += heard.events;
            shortest = [shortest, heard.shortest].into_iter().flatten().min();
        }
        report.shortest_ms = shortest.map(|time: Duration| time.as_secs_f64() * 1_000.0);
        Ok(report)
    }
}

/// Counts events until `ended` says so, or until the node ends.
async fn listen(mut body: Incoming, mut heard: Heard, mut ended: watch::Receiver<bool>) -> Result<Heard, TrafficError> {
    loop {
        let frame = tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => return Ok(heard),
            frame = body.frame() => frame,
        };
        if heard.frame(frame)? {
            return Ok(heard);
        }
    }
}
