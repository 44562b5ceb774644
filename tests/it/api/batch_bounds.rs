//! Memory bounds of batches, counted at the node itself without a network whose buffers would hold part of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::{FutureExt as _, stream};
use http_body_util::BodyExt as _;
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::http::admission::DepositLimits;
use tiezheng::http::api::court::shutdown::ShutdownSignal;
use tiezheng::http::app_state::AppState;
use tiezheng::http::fast_path::FastPath;
use tiezheng::http::options::Options;
use tiezheng::http::router::router;
use tiezheng::query::service::QueryService;
use tiezheng::store::traits::LedgerReader;

use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode, request};
use crate::support::waiting::Timers;

/// Another counter over the ledger of `state`.
fn counter(state: &TestNode, options: Options) -> Arc<AppState> {
    let reader = Arc::clone(&state.store) as Arc<dyn LedgerReader>;
    let state = AppState::new(Arc::new(QueryService::new(reader, 16)), state.sequencer.clone(), options);
    Arc::new(state.with_admission(DepositPolicy::Open, &DepositLimits::none()))
}

async fn post(state: &Arc<AppState>, path: &str, media_type: &str, body: Body) -> (u16, Body) {
    let request = Request::post(path).header("host", "localhost").header("content-type", media_type);
    let front = FastPath::new(Arc::clone(state), router(Arc::clone(state), ShutdownSignal::default()));
    let answer = front.answer([127, 0, 0, 1].into(), request.body(body).unwrap()).await.unwrap();
    (answer.status().as_u16(), answer.into_body())
}

/// A body of `frames` frames of `lines` each, and how many of them were taken.
fn counted(frames: usize, lines: String) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let frames = (0..frames).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(Bytes::from(lines.clone()))
    });
    (Body::from_stream(stream::iter(frames)), taken)
}

fn count(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

#[tokio::test]
async fn a_client_that_reads_no_verdicts_is_not_read_from() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let state = counter(&state, Options::default());
    let (body, taken) = counted(2_000, "{}\n".repeat(10));
    let (status, mut answer) = post(&state, "/v1/deposits/batch", "application/x-ndjson", body).await;
    assert_eq!(status, 200);
    let mut read = 0;
    while let Some(frame) = answer.frame().await {
        read += count(frame.unwrap().data_ref().unwrap());
        let ahead = taken.load(Ordering::Relaxed) * 10 - read;
        assert!(ahead <= 1_024 + 10, "{ahead} lines are held");
        // However long it waits, nothing moves.
        tokio::task::yield_now().await;
    }
    assert_eq!((read, taken.load(Ordering::Relaxed)), (20_000, 2_000));
}

#[tokio::test]
async fn long_lines_are_held_by_their_bytes() {
    let state = TestNode::in_memory(NodeConfig::default()).await;
    let state = counter(&state, Options::default());
    let (body, taken) = counted(1_000, format!("{}\n", "x".repeat(64 * 1024 - 1)));
    let (_, mut answer) = post(&state, "/v1/deposits/batch", "application/x-ndjson", body).await;
    let first = answer.frame().await.unwrap().unwrap();
    assert!(first.data_ref().unwrap().starts_with(b"{\"line\":1,\"status\":400"));
    // 4 MiB, a line that was begun before, and the one whose verdict came.
    assert!(taken.load(Ordering::Relaxed) <= 64 + 2, "{taken:?} lines of 64 KiB are held");
}

#[tokio::test]
async fn batches_leave_a_part_of_the_pool_to_others() {
    let timers = Timers::stop();
    let state = TestNode::in_memory(NodeConfig { pool: 4, ..NodeConfig::default() }).await;
    let state = counter(&state, Options::default());
    let mut shares = Vec::new();
    while let Some(share) = state.batch_queue_permit().now_or_never() {
        shares.push(share.unwrap());
    }
    assert_eq!(shares.len(), 3);
    let batch = || post(&state, "/v1/deposits/batch", "application/x-ndjson", Body::from(request(&note(1))));
    let answered = |body: Body| async { body.collect().await.unwrap().to_bytes() };
    let turned_away = timers.passing(Duration::from_secs(1), answered(batch().await.1)).await;
    assert!(turned_away.starts_with(b"{\"line\":1,\"status\":503"), "{turned_away:?}");
    let single = post(&state, "/v1/deposits", "application/json", Body::from(request(&note(2)))).await;
    assert_eq!(single.0, 201);
    drop(shares);
    let kept = answered(batch().await.1).await;
    assert!(kept.starts_with(b"{\"line\":1,\"status\":201"), "{kept:?}");
}
